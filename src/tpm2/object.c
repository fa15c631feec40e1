/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object.c - public areas and Names; contract in object.h. The templates and
 * their comparers are in template.c.
 */
#include "tpm2/object.h"

#include <string.h>

#include "tpm2/kdf.h"

static struct btz_span
policy_of(const struct btz_tpm_public *p)
{
	return btz_span_of(p->policy, p->policy_len);
}

/* TPMT_SYM_DEF_OBJECT, Part 2 11.1.7 */
static void
put_sym(struct btz_wr *wr, const struct btz_tpm_public *p)
{
	btz_wr_u16(wr, p->sym);
	if (p->sym == BTZ_TPM_ALG_NULL)
		return;
	btz_wr_u16(wr, p->sym_bits);
	btz_wr_u16(wr, p->sym_mode);
}

static bool
get_sym(struct btz_rd *rd, struct btz_tpm_public *p)
{
	if (!btz_rd_u16(rd, &p->sym))
		return false;
	if (p->sym == BTZ_TPM_ALG_NULL)
		return true;
	return p->sym == BTZ_TPM_ALG_AES && btz_rd_u16(rd, &p->sym_bits) &&
	       btz_rd_u16(rd, &p->sym_mode);
}

/* Of the schemes only ECDSA, which has a hash, and NULL (Part 2 11.2.3) */
static void
put_scheme(struct btz_wr *wr, const struct btz_tpm_public *p)
{
	btz_wr_u16(wr, p->scheme);
	if (p->scheme != BTZ_TPM_ALG_NULL)
		btz_wr_u16(wr, p->scheme_hash);
}

static bool
get_scheme(struct btz_rd *rd, struct btz_tpm_public *p)
{
	if (!btz_rd_u16(rd, &p->scheme))
		return false;
	if (p->scheme == BTZ_TPM_ALG_NULL)
		return true;
	return p->scheme == BTZ_TPM_ALG_ECDSA &&
	       btz_rd_u16(rd, &p->scheme_hash);
}

/* A TPM2B into a fixed field. */
static bool
get_2b(struct btz_rd *rd, uint8_t *out, uint16_t *len, size_t max)
{
	struct btz_span s;

	if (!btz_rd_bytes16(rd, &s, max))
		return false;
	*len = (uint16_t)s.len;
	if (s.len > 0)
		memcpy(out, s.p, s.len);
	return true;
}

static bool
get_ecc(struct btz_rd *rd, struct btz_tpm_public *p)
{
	return get_sym(rd, p) && get_scheme(rd, p) &&
	       btz_rd_u16(rd, &p->curve) && btz_tpm_curve_len(p->curve) > 0 &&
	       btz_rd_u16(rd, &p->kdf) && p->kdf == BTZ_TPM_ALG_NULL &&
	       get_2b(rd, p->x, &p->x_len, btz_tpm_curve_len(p->curve)) &&
	       get_2b(rd, p->y, &p->y_len, btz_tpm_curve_len(p->curve));
}

static bool
get_keyedhash(struct btz_rd *rd, struct btz_tpm_public *p)
{
	return get_scheme(rd, p) && p->scheme == BTZ_TPM_ALG_NULL &&
	       get_2b(rd, p->x, &p->x_len, sizeof(p->x));
}

void
btz_tpm_public_write(struct btz_wr *wr, const struct btz_tpm_public *p)
{
	bool ecc = p->type == BTZ_TPM_ALG_ECC;

	if ((!ecc && p->type != BTZ_TPM_ALG_KEYEDHASH) ||
	    p->policy_len > sizeof(p->policy) || p->x_len > sizeof(p->x) ||
	    p->y_len > sizeof(p->y)) {
		wr->failed = true;
		return;
	}
	btz_wr_u16(wr, p->type);
	btz_wr_u16(wr, p->name_alg);
	btz_wr_u32(wr, p->attrs);
	btz_wr_bytes16(wr, policy_of(p));
	if (ecc)
		put_sym(wr, p);
	put_scheme(wr, p);
	if (ecc) {
		btz_wr_u16(wr, p->curve);
		btz_wr_u16(wr, p->kdf);
	}
	btz_wr_bytes16(wr, btz_span_of(p->x, p->x_len));
	if (ecc)
		btz_wr_bytes16(wr, btz_span_of(p->y, p->y_len));
}

bool
btz_tpm_public_parse(struct btz_span in, struct btz_tpm_public *p)
{
	struct btz_rd rd;
	bool ok;

	memset(p, 0, sizeof(*p));
	btz_rd_span(&rd, in);
	ok = btz_rd_u16(&rd, &p->type) && btz_rd_u16(&rd, &p->name_alg) &&
	     btz_tpm_hash_len(p->name_alg) > 0 && btz_rd_u32(&rd, &p->attrs) &&
	     get_2b(&rd, p->policy, &p->policy_len, sizeof(p->policy));
	if (ok && p->type == BTZ_TPM_ALG_ECC)
		ok = get_ecc(&rd, p);
	else if (ok)
		ok = p->type == BTZ_TPM_ALG_KEYEDHASH && get_keyedhash(&rd, p);
	if (ok && btz_rd_end(&rd))
		return true;
	memset(p, 0, sizeof(*p));
	return false;
}

static void
put_nv(struct btz_wr *wr, const struct btz_tpm_nv *nv, uint32_t attrs)
{
	if (nv->policy_len > sizeof(nv->policy)) {
		wr->failed = true;
		return;
	}
	btz_wr_u32(wr, nv->index);
	btz_wr_u16(wr, nv->name_alg);
	btz_wr_u32(wr, attrs);
	btz_wr_bytes16(wr, btz_span_of(nv->policy, nv->policy_len));
	btz_wr_u16(wr, nv->size);
}

void
btz_tpm_nv_write_area(struct btz_wr *wr, const struct btz_tpm_nv *nv)
{
	put_nv(wr, nv, nv->attrs);
}

bool
btz_tpm_nv_parse(struct btz_span in, struct btz_tpm_nv *nv)
{
	struct btz_rd rd;

	memset(nv, 0, sizeof(*nv));
	btz_rd_span(&rd, in);
	if (btz_rd_u32(&rd, &nv->index) && btz_rd_u16(&rd, &nv->name_alg) &&
	    btz_tpm_hash_len(nv->name_alg) > 0 && btz_rd_u32(&rd, &nv->attrs) &&
	    get_2b(&rd, nv->policy, &nv->policy_len, sizeof(nv->policy)) &&
	    btz_rd_u16(&rd, &nv->size) && btz_rd_end(&rd))
		return true;
	memset(nv, 0, sizeof(*nv));
	return false;
}

void
btz_tpm_name_handle(struct btz_tpm_name *n, uint32_t handle)
{
	struct btz_wr wr;

	memset(n, 0, sizeof(*n));
	btz_wr_init(&wr, n->b, sizeof(n->b));
	btz_wr_u32(&wr, handle);
	n->len = 4;
}

/* nameAlg || H_nameAlg(area) */
static enum btz_rc
name_of(const struct btz_tpm_crypto *c, uint16_t alg, const struct btz_wr *area,
    struct btz_tpm_name *n)
{
	struct btz_span part = btz_wr_span(area);
	enum btz_rc rc;

	memset(n, 0, sizeof(*n));
	if (!btz_wr_ok(area) || btz_tpm_hash_len(alg) == 0)
		return BTZ_E_INVAL;
	n->b[0] = (uint8_t)(alg >> 8);
	n->b[1] = (uint8_t)alg;
	if ((rc = c->hash(c->arg, alg, &part, 1, n->b + 2)) != BTZ_OK)
		return rc;
	n->len = (uint16_t)(2 + btz_tpm_hash_len(alg));
	return BTZ_OK;
}

enum btz_rc
btz_tpm_name_public(const struct btz_tpm_crypto *c,
    const struct btz_tpm_public *p, struct btz_tpm_name *n)
{
	uint8_t buf[BTZ_TPM_PUBLIC_MAX];
	struct btz_wr wr;

	btz_wr_init(&wr, buf, sizeof(buf));
	btz_tpm_public_write(&wr, p);
	return name_of(c, p->name_alg, &wr, n);
}

enum btz_rc
btz_tpm_name_nv(const struct btz_tpm_crypto *c, const struct btz_tpm_nv *nv,
    bool written, struct btz_tpm_name *n)
{
	uint8_t buf[BTZ_TPM_PUBLIC_MAX];
	uint32_t attrs = nv->attrs & ~BTZ_TPM_NVA_WRITTEN;
	struct btz_wr wr;

	btz_wr_init(&wr, buf, sizeof(buf));
	put_nv(&wr, nv, attrs | (written ? BTZ_TPM_NVA_WRITTEN : 0));
	return name_of(c, nv->name_alg, &wr, n);
}

bool
btz_tpm_name_eq(const struct btz_tpm_name *a, const struct btz_tpm_name *b)
{
	return a->len == b->len && a->len > 0 && a->len <= sizeof(a->b) &&
	       memcmp(a->b, b->b, a->len) == 0;
}

struct btz_tpm_entity
btz_tpm_hierarchy(uint32_t handle, struct btz_span auth)
{
	struct btz_tpm_entity e = { .handle = handle, .auth = auth };

	btz_tpm_name_handle(&e.name, handle);
	return e;
}
