/* SPDX-License-Identifier: Apache-2.0 */
/* recovery_share.c - the file with one share; form in recovery_share.h. */
#include "cli/recovery_share.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "prim/prim.h"
#include "prim/shamir.h"

#define FORMAT "bartizan-share/1"

static bool
take_number(const json_t *o, const char *name, uint8_t least, uint8_t *out)
{
	const json_t *v = json_object_get(o, name);
	json_int_t n = json_integer_value(v);

	if (!json_is_integer(v) || n < least || n > (json_int_t)BTZ_SHAMIR_MAX)
		return false;
	*out = (uint8_t)n;
	return true;
}

static struct btz_span
text_of(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	return btz_span_of(json_string_value(v), json_string_length(v));
}

static bool
take(const json_t *o, struct btz_recovery_share *out)
{
	const struct btz_span format = text_of(o, "format"),
			      id = text_of(o, "recovery"),
			      share = text_of(o, "share");
	size_t len;

	return json_object_size(o) == 5 && format.p != NULL && id.p != NULL &&
	       share.p != NULL && btz_span_eq(format, btz_span_str(FORMAT)) &&
	       btz_unhex(id, out->recovery, sizeof(out->recovery)) &&
	       take_number(o, "threshold", 2, &out->threshold) &&
	       take_number(o, "number", 1, &out->number) &&
	       btz_base64url_decode(
		   share, out->bytes, sizeof(out->bytes), &len) &&
	       len == sizeof(out->bytes);
}

enum btz_rc
btz_recovery_share_parse(
    struct btz_span text, struct btz_recovery_share *out, struct btz_err *err)
{
	json_t *o = json_loadb(
	    (const char *)text.p, text.len, JSON_REJECT_DUPLICATES, NULL);
	bool ok;

	memset(out, 0, sizeof(*out));
	ok = take(o, out);
	json_decref(o);
	if (ok)
		return BTZ_OK;
	btz_wipe(out, sizeof(*out));
	return BTZ_FAIL(err, BTZ_E_INVAL, "not a file of format '" FORMAT "'");
}

enum btz_rc
btz_recovery_share_put(
    const struct btz_recovery_share *s, struct btz_wr *wr, struct btz_err *err)
{
	char id[2 * BTZ_SHA256_LEN + 1], share[64], text[BTZ_SHARE_FILE_MAX];
	int n;

	btz_hex(s->recovery, sizeof(s->recovery), id);
	(void)btz_base64url(
	    btz_span_of(s->bytes, sizeof(s->bytes)), share, sizeof(share));
	n = snprintf(text, sizeof(text),
	    "{\"format\":\"" FORMAT "\",\"recovery\":\"%s\",\"threshold\":%u,"
	    "\"number\":%u,\"share\":\"%s\"}\n",
	    id, s->threshold, s->number, share);
	btz_wr_raw(wr, text, (size_t)n);
	btz_wipe(share, sizeof(share));
	btz_wipe(text, sizeof(text));
	return btz_wr_ok(wr) ? BTZ_OK : BTZ_FAIL(err, BTZ_E_TOOBIG, "share");
}
