/* SPDX-License-Identifier: Apache-2.0 */
/* constraint.c - TLV of key constraints; layout in constraint.h. */
#include "wire/constraint.h"

#include <string.h>

enum tag {
	TAG_TRUST_DOMAIN = 1,
	TAG_SUBJECT_CN,
	TAG_EKUS,
	TAG_LIFETIME,
	TAG_ISSUER,
	TAG_CRL_URI,
	TAG_ORIGIN,
	TAG_TENANT,
	TAG_DNS,
	TAG_IP,
	TAG_ISSUER_KEY,
};

static const uint8_t zero_id[16];

static bool
add(struct btz_span *list, size_t *n, struct btz_span v)
{
	if (*n == BTZ_CONSTRAINT_LIST_MAX || v.len == 0)
		return false;
	list[(*n)++] = v;
	return true;
}

static bool
set_text(struct btz_span *at, struct btz_span v)
{
	*at = v;
	return v.len > 0;
}

static bool
take_number(struct btz_span v, size_t len, uint64_t *out)
{
	struct btz_rd rd;
	uint32_t low = 0;

	btz_rd_span(&rd, v);
	if (v.len != len)
		return false;
	if (len == 8)
		return btz_rd_u64(&rd, out) && *out != 0;
	if (!btz_rd_u32(&rd, &low))
		return false;
	*out = low;
	return low != 0;
}

static bool
take_ekus(struct btz_constraints *c, struct btz_span v)
{
	uint64_t n;

	if (!take_number(v, 4, &n))
		return false;
	c->ekus = (uint32_t)n;
	return true;
}

static bool
take_id(struct btz_constraints *c, struct btz_span v)
{
	if (v.len != sizeof(c->issuer_id) ||
	    memcmp(v.p, zero_id, sizeof(zero_id)) == 0)
		return false;
	memcpy(c->issuer_id, v.p, v.len);
	return true;
}

static bool
take(struct btz_constraints *c, uint8_t tag, struct btz_span v)
{
	switch (tag) {
	case TAG_TRUST_DOMAIN:
		return set_text(&c->trust_domain, v);
	case TAG_SUBJECT_CN:
		return set_text(&c->subject_cn, v);
	case TAG_EKUS:
		return take_ekus(c, v);
	case TAG_LIFETIME:
		return take_number(v, 8, &c->max_lifetime);
	case TAG_ISSUER:
		return take_id(c, v);
	case TAG_CRL_URI:
		return set_text(&c->crl_uri, v);
	case TAG_ORIGIN:
		return set_text(&c->origin, v);
	case TAG_TENANT:
		return add(c->tenants, &c->n_tenants, v);
	case TAG_DNS:
		return add(c->dns, &c->n_dns, v);
	case TAG_IP:
		return (v.len == 8 || v.len == 32) &&
		    add(c->ips, &c->n_ips, v);
	case TAG_ISSUER_KEY:
		return set_text(&c->issuer_key, v);
	default:
		return false;
	}
}

static bool
repeats(uint8_t tag)
{
	return tag >= TAG_TENANT && tag <= TAG_IP;
}

bool
btz_constraints_decode(struct btz_span in, struct btz_constraints *out)
{
	struct btz_rd rd;
	uint8_t tag, last = 0;

	memset(out, 0, sizeof(*out));
	btz_rd_span(&rd, in);
	while (!btz_rd_end(&rd)) {
		struct btz_span v;

		if (!btz_rd_u8(&rd, &tag) ||
		    !btz_rd_bytes16(&rd, &v, UINT16_MAX) || tag < last ||
		    (tag == last && !repeats(tag)) || !take(out, tag, v)) {
			memset(out, 0, sizeof(*out));
			return false;
		}
		last = tag;
	}
	return true;
}

static void
put(struct btz_wr *wr, uint8_t tag, struct btz_span v)
{
	if (v.len == 0)
		return;
	btz_wr_u8(wr, tag);
	btz_wr_bytes16(wr, v);
}

static void
put_list(struct btz_wr *wr, uint8_t tag, const struct btz_span *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put(wr, tag, v[i]);
}

void
btz_constraints_encode(const struct btz_constraints *c, struct btz_wr *wr)
{
	put(wr, TAG_TRUST_DOMAIN, c->trust_domain);
	put(wr, TAG_SUBJECT_CN, c->subject_cn);
	if (c->ekus != 0) {
		btz_wr_u8(wr, TAG_EKUS);
		btz_wr_u16(wr, 4);
		btz_wr_u32(wr, c->ekus);
	}
	if (c->max_lifetime != 0) {
		btz_wr_u8(wr, TAG_LIFETIME);
		btz_wr_u16(wr, 8);
		btz_wr_u64(wr, c->max_lifetime);
	}
	if (memcmp(c->issuer_id, zero_id, sizeof(zero_id)) != 0)
		put(wr, TAG_ISSUER, btz_span_of(c->issuer_id, 16));
	put(wr, TAG_CRL_URI, c->crl_uri);
	put(wr, TAG_ORIGIN, c->origin);
	put_list(wr, TAG_TENANT, c->tenants, c->n_tenants);
	put_list(wr, TAG_DNS, c->dns, c->n_dns);
	put_list(wr, TAG_IP, c->ips, c->n_ips);
	put(wr, TAG_ISSUER_KEY, c->issuer_key);
}
