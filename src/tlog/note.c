/* SPDX-License-Identifier: Apache-2.0 */
/* note.c - signed notes; format and contract in note.h. */
#include "tlog/note.h"

#include <string.h>

#include "tlog/b64.h"
#include "tlog/utf8.h"

#define DASH "\xe2\x80\x94 "
#define DASH_LEN 4u

bool
btz_note_name_ok(struct btz_span name)
{
	struct btz_rd rd;
	uint32_t c;

	if (name.len == 0 || name.len > BTZ_NOTE_NAME_MAX)
		return false;
	btz_rd_span(&rd, name);
	while (!btz_rd_end(&rd))
		if (!btz_utf8_next(&rd, &c) || c == '+' || c < 0x20 ||
		    c == 0x7f || btz_utf8_space(c))
			return false;
	return true;
}

bool
btz_note_text_ok(struct btz_span text)
{
	struct btz_rd rd;
	uint32_t c;

	if (text.len == 0 || text.p[text.len - 1] != '\n')
		return false;
	btz_rd_span(&rd, text);
	while (!btz_rd_end(&rd))
		if (!btz_utf8_next(&rd, &c) || (c < 0x20 && c != '\n'))
			return false;
	return true;
}

/* One signature line without its LF. */
static bool
parse_sig(struct btz_span line, struct btz_note_sig *s)
{
	uint8_t raw[BTZ_NOTE_SIG_MAX];
	const uint8_t *sp;
	size_t n;

	if (line.len <= DASH_LEN || memcmp(line.p, DASH, DASH_LEN) != 0)
		return false;
	line = btz_span_of(line.p + DASH_LEN, line.len - DASH_LEN);
	sp = memchr(line.p, ' ', line.len);
	if (sp == NULL)
		return false;
	s->name = btz_span_of(line.p, (size_t)(sp - line.p));
	s->b64 = btz_span_of(sp + 1, line.len - s->name.len - 1);
	if (!btz_note_name_ok(s->name) ||
	    !btz_b64_read(s->b64, raw, sizeof(raw), &n) || n <= BTZ_NOTE_ID_LEN)
		return false;
	memcpy(s->id, raw, BTZ_NOTE_ID_LEN);
	return true;
}

/* Where the last empty line begins; 0: there is none. */
static size_t
last_blank(struct btz_span in)
{
	for (size_t i = in.len - 1; i > 0; i--)
		if (in.p[i] == '\n' && in.p[i - 1] == '\n')
			return i;
	return 0;
}

enum btz_rc
btz_note_parse(struct btz_span in, struct btz_note *out)
{
	const uint8_t *p, *end;
	size_t at;

	memset(out, 0, sizeof(*out));
	if (!btz_note_text_ok(in) || (at = last_blank(in)) == 0)
		return BTZ_E_INVAL;
	end = in.p + in.len;
	for (p = in.p + at + 1; p < end; out->n++) {
		const uint8_t *lf = memchr(p, '\n', (size_t)(end - p));

		if (lf == NULL || out->n == BTZ_NOTE_SIGS_MAX ||
		    !parse_sig(
			btz_span_of(p, (size_t)(lf - p)), &out->sig[out->n]))
			break;
		p = lf + 1;
	}
	if (p < end || out->n == 0) {
		memset(out, 0, sizeof(*out));
		return BTZ_E_INVAL;
	}
	out->text = btz_span_of(in.p, at);
	return BTZ_OK;
}

bool
btz_note_sig_bytes(const struct btz_note_sig *sig,
    uint8_t buf[BTZ_NOTE_SIG_MAX], struct btz_span *out)
{
	size_t n;

	*out = btz_span_of(NULL, 0);
	if (!btz_b64_read(sig->b64, buf, BTZ_NOTE_SIG_MAX, &n) ||
	    n <= BTZ_NOTE_ID_LEN)
		return false;
	*out = btz_span_of(buf + BTZ_NOTE_ID_LEN, n - BTZ_NOTE_ID_LEN);
	return true;
}

static const struct btz_note_verifier *
find(const struct btz_note_sig *s, const struct btz_note_verifier *known,
    size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (btz_span_eq(s->name, known[i].name) &&
		    memcmp(s->id, known[i].id, BTZ_NOTE_ID_LEN) == 0)
			return &known[i];
	return NULL;
}

enum btz_rc
btz_note_verify(const struct btz_note *note,
    const struct btz_note_verifier *known, size_t n)
{
	uint8_t buf[BTZ_NOTE_SIG_MAX];
	struct btz_span sig;
	bool good = false;

	for (size_t i = 0; i < note->n; i++) {
		const struct btz_note_verifier *v;

		v = find(&note->sig[i], known, n);
		if (v == NULL)
			continue;
		if (!btz_note_sig_bytes(&note->sig[i], buf, &sig) ||
		    v->verify(v->ctx, note->text, sig) != BTZ_OK)
			return BTZ_E_SIGNATURE;
		good = true;
	}
	return good ? BTZ_OK : BTZ_E_SIGNATURE;
}

void
btz_note_key_id(const struct btz_tlog_hash *h, struct btz_span name,
    enum btz_note_type type, struct btz_span pub, uint8_t id[BTZ_NOTE_ID_LEN])
{
	uint8_t mid[2], sum[BTZ_TLOG_HASH];
	struct btz_span parts[3] = { name, { mid, sizeof(mid) }, pub };

	mid[0] = '\n';
	mid[1] = (uint8_t)type;
	if (type == BTZ_NOTE_ECDSA)
		h->sha256(h->ctx, &parts[2], 1, sum);
	else
		h->sha256(h->ctx, parts, BTZ_COUNT(parts), sum);
	memcpy(id, sum, BTZ_NOTE_ID_LEN);
}

void
btz_note_write_text(struct btz_wr *wr, struct btz_span text)
{
	if (!btz_note_text_ok(text))
		wr->failed = true;
	btz_wr_raw(wr, text.p, text.len);
	btz_wr_u8(wr, '\n');
}

void
btz_note_write_sig(struct btz_wr *wr, struct btz_span name,
    const uint8_t id[BTZ_NOTE_ID_LEN], struct btz_span sig)
{
	uint8_t raw[BTZ_NOTE_SIG_MAX];

	if (!btz_note_name_ok(name) || sig.len == 0 ||
	    sig.len > sizeof(raw) - BTZ_NOTE_ID_LEN) {
		wr->failed = true;
		return;
	}
	memcpy(raw, id, BTZ_NOTE_ID_LEN);
	memcpy(raw + BTZ_NOTE_ID_LEN, sig.p, sig.len);
	btz_wr_raw(wr, DASH, DASH_LEN);
	btz_wr_raw(wr, name.p, name.len);
	btz_wr_u8(wr, ' ');
	btz_b64_write(wr, btz_span_of(raw, BTZ_NOTE_ID_LEN + sig.len));
	btz_wr_u8(wr, '\n');
}

static void
write_hex(struct btz_wr *wr, const uint8_t *p, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		btz_wr_u8(wr, (uint8_t)digits[p[i] >> 4]);
		btz_wr_u8(wr, (uint8_t)digits[p[i] & 15]);
	}
}

void
btz_note_write_vkey(const struct btz_tlog_hash *h, struct btz_wr *wr,
    struct btz_span name, enum btz_note_type type, struct btz_span pub)
{
	uint8_t id[BTZ_NOTE_ID_LEN], raw[BTZ_NOTE_SIG_MAX];

	if (!btz_note_name_ok(name) || pub.len == 0 ||
	    pub.len > sizeof(raw) - 1) {
		wr->failed = true;
		return;
	}
	btz_note_key_id(h, name, type, pub, id);
	raw[0] = (uint8_t)type;
	memcpy(raw + 1, pub.p, pub.len);
	btz_wr_raw(wr, name.p, name.len);
	btz_wr_u8(wr, '+');
	write_hex(wr, id, sizeof(id));
	btz_wr_u8(wr, '+');
	btz_b64_write(wr, btz_span_of(raw, 1 + pub.len));
}

enum btz_rc
btz_note_parse_vkey(const struct btz_tlog_hash *h, struct btz_span text,
    struct btz_note_vkey *out)
{
	uint8_t hex[2 * BTZ_NOTE_ID_LEN];
	struct btz_wr wr;
	const uint8_t *plus = NULL;
	size_t at, n;

	memset(out, 0, sizeof(*out));
	if (text.len > 0)
		plus = memchr(text.p, '+', text.len);
	if (plus == NULL)
		return BTZ_E_INVAL;
	at = (size_t)(plus - text.p) + 1;
	if (text.len - at <= sizeof(hex) || text.p[at + sizeof(hex)] != '+' ||
	    !btz_b64_read(btz_span_of(plus + 2 + sizeof(hex),
			      text.len - at - sizeof(hex) - 1),
		out->buf, sizeof(out->buf), &n) ||
	    n < 2 || !btz_note_name_ok(btz_span_of(text.p, at - 1)))
		return BTZ_E_INVAL;
	out->name = btz_span_of(text.p, at - 1);
	out->type = out->buf[0];
	out->pub = btz_span_of(out->buf + 1, n - 1);
	btz_note_key_id(
	    h, out->name, (enum btz_note_type)out->type, out->pub, out->id);
	btz_wr_init(&wr, hex, sizeof(hex));
	write_hex(&wr, out->id, sizeof(out->id));
	return memcmp(hex, text.p + at, sizeof(hex)) == 0 ? BTZ_OK
							  : BTZ_E_INVAL;
}
