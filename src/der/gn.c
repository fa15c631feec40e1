/* SPDX-License-Identifier: Apache-2.0 */
/* gn.c - GeneralName iterators (RFC 5280 4.2.1.6, 4.2.1.10); see x509.h. */
#include "der/x509.h"

/* IA5String in which control characters and spaces have no place. */
static bool
is_text(struct btz_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] <= 0x20 || s.p[i] >= 0x7f)
			return false;
	return true;
}

/* otherName, x400Address, directoryName and ediPartyName are constructed. */
static bool
general_name(struct btz_rd *it, struct btz_gn *out)
{
	uint8_t tag, want;

	*out = (struct btz_gn){ .type = 0 };
	if (!btz_der_any(it, &tag, &out->value, NULL))
		return false;
	out->type = tag & 0x1fu;
	if (out->type > BTZ_GN_RID)
		return false;
	want = out->type == BTZ_GN_OTHER || out->type == BTZ_GN_X400 ||
		       out->type == BTZ_GN_DIR || out->type == BTZ_GN_EDI
		   ? BTZ_DER_CTXC(out->type)
		   : BTZ_DER_CTX(out->type);
	return tag == want;
}

static bool
is_string(uint8_t type)
{
	return type == BTZ_GN_EMAIL || type == BTZ_GN_DNS || type == BTZ_GN_URI;
}

int
btz_gn_next(struct btz_rd *it, struct btz_gn *out)
{
	*out = (struct btz_gn){ .type = 0 };
	if (btz_rd_end(it))
		return 0;
	if (!general_name(it, out))
		return -1;
	if (is_string(out->type) &&
	    (out->value.len == 0 || !is_text(out->value)))
		return -1;
	if (out->type == BTZ_GN_IP && out->value.len != 4 &&
	    out->value.len != 16)
		return -1;
	return 1;
}

int
btz_subtree_next(struct btz_rd *it, struct btz_gn *out)
{
	struct btz_rd tree;

	*out = (struct btz_gn){ .type = 0 };
	if (btz_rd_end(it))
		return 0;
	/* minimum is 0 and left out, maximum absent (RFC 5280 4.2.1.10) */
	if (!btz_der_enter(it, BTZ_DER_SEQ, &tree) ||
	    !general_name(&tree, out) || !btz_rd_end(&tree))
		return -1;
	if (is_string(out->type) && !is_text(out->value))
		return -1;
	if (out->type == BTZ_GN_IP && out->value.len != 8 &&
	    out->value.len != 32)
		return -1;
	return 1;
}
