/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.c - checkpoint texts; format in checkpoint.h. */
#include "tlog/checkpoint.h"

#include <string.h>

#include "tlog/b64.h"

static bool
extensions_ok(struct btz_span ext)
{
	if (ext.len == 0)
		return true;
	if (ext.p[0] == '\n' || !btz_note_text_ok(ext))
		return false;
	for (size_t i = 1; i < ext.len; i++)
		if (ext.p[i] == '\n' && ext.p[i - 1] == '\n')
			return false;
	return true;
}

void
btz_tlog_checkpoint_write(
    struct btz_wr *wr, const struct btz_tlog_checkpoint *cp)
{
	if (!btz_note_name_ok(cp->origin) || !extensions_ok(cp->extensions))
		wr->failed = true;
	btz_wr_raw(wr, cp->origin.p, cp->origin.len);
	btz_wr_u8(wr, '\n');
	btz_decimal_write(wr, cp->head.size);
	btz_wr_u8(wr, '\n');
	btz_b64_write(wr, btz_span_of(cp->head.root, BTZ_TLOG_HASH));
	btz_wr_u8(wr, '\n');
	btz_wr_raw(wr, cp->extensions.p, cp->extensions.len);
}

/* Takes one line off the front of *text, without its LF. */
static bool
take_line(struct btz_span *text, struct btz_span *line)
{
	const uint8_t *lf = NULL;

	if (text->len > 0)
		lf = memchr(text->p, '\n', text->len);
	if (lf == NULL)
		return false;
	*line = btz_span_of(text->p, (size_t)(lf - text->p));
	*text = btz_span_of(lf + 1, text->len - line->len - 1);
	return true;
}

enum btz_rc
btz_tlog_checkpoint_parse(struct btz_span text, struct btz_tlog_checkpoint *out)
{
	struct btz_span size, root;
	size_t n;

	memset(out, 0, sizeof(*out));
	if (take_line(&text, &out->origin) && btz_note_name_ok(out->origin) &&
	    take_line(&text, &size) &&
	    btz_decimal_read(size, &out->head.size) &&
	    take_line(&text, &root) &&
	    btz_b64_read(root, out->head.root, BTZ_TLOG_HASH, &n) &&
	    n == BTZ_TLOG_HASH && extensions_ok(text)) {
		out->extensions = text;
		return BTZ_OK;
	}
	memset(out, 0, sizeof(*out));
	return BTZ_E_INVAL;
}
