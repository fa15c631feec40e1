/* SPDX-License-Identifier: Apache-2.0 */
/* dn.c - Names as bytes; contract in dn.h. */
#include "der/dn.h"

#include "der/oid.h"

#include <string.h>

/* AttributeTypeAndValue: a type and any one value. */
static bool
attribute(struct btz_rd *set, struct btz_span *oid, uint8_t *tag,
    struct btz_span *value)
{
	struct btz_rd atv;

	return btz_der_enter(set, BTZ_DER_SEQ, &atv) &&
	       btz_der_oid(&atv, oid) && btz_der_any(&atv, tag, value, NULL) &&
	       btz_rd_end(&atv);
}

/* X.690 11.6: the elements of a SET OF ascend. */
static bool
ascends(struct btz_span a, struct btz_span b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = memcmp(a.p, b.p, n);

	return c < 0 || (c == 0 && a.len < b.len);
}

static bool
rdn_ok(struct btz_rd *set)
{
	struct btz_span last = { NULL, 0 }, oid, value;
	uint8_t tag;

	if (btz_rd_end(set))
		return false;
	while (!btz_rd_end(set)) {
		struct btz_span now;
		const uint8_t *from = set->p;

		if (!attribute(set, &oid, &tag, &value))
			return false;
		now = btz_span_of(from, (size_t)(set->p - from));
		if (last.len > 0 && !ascends(last, now))
			return false;
		last = now;
	}
	return true;
}

bool
btz_dn_check(struct btz_span name)
{
	struct btz_rd rd, seq, set;

	btz_rd_span(&rd, name);
	if (name.len > BTZ_DN_MAX || !btz_der_enter(&rd, BTZ_DER_SEQ, &seq) ||
	    !btz_rd_end(&rd))
		return false;
	while (!btz_rd_end(&seq))
		if (!btz_der_enter(&seq, BTZ_DER_SET, &set) || !rdn_ok(&set))
			return false;
	return true;
}

bool
btz_dn_empty(struct btz_span name)
{
	return name.len == 2;
}

bool
btz_dn_cn(struct btz_span name, struct btz_span *cn)
{
	struct btz_rd rd, seq, set;
	struct btz_span oid;
	uint8_t tag = 0;
	bool ok;

	btz_rd_span(&rd, name);
	*cn = btz_span_of(NULL, 0);
	ok = btz_der_enter(&rd, BTZ_DER_SEQ, &seq) && btz_rd_end(&rd) &&
	     btz_der_enter(&seq, BTZ_DER_SET, &set) && btz_rd_end(&seq) &&
	     attribute(&set, &oid, &tag, cn) && btz_rd_end(&set) &&
	     btz_oid_of(oid) == BTZ_OID_CN &&
	     (tag == BTZ_DER_UTF8 || tag == BTZ_DER_PRINTABLE) && cn->len > 0 &&
	     cn->len <= BTZ_CN_MAX;
	if (!ok)
		*cn = btz_span_of(NULL, 0);
	return ok;
}

void
btz_dn_put(struct btz_wr *wr, struct btz_span cn)
{
	size_t seq = btz_der_begin(wr, BTZ_DER_SEQ), set, atv;

	if (cn.len > BTZ_CN_MAX)
		wr->failed = true;
	if (cn.len > 0) {
		set = btz_der_begin(wr, BTZ_DER_SET);
		atv = btz_der_begin(wr, BTZ_DER_SEQ);
		btz_der_put_oid(wr, BTZ_OID_CN);
		btz_der_put(wr, BTZ_DER_UTF8, cn);
		btz_der_end(wr, atv);
		btz_der_end(wr, set);
	}
	btz_der_end(wr, seq);
}
