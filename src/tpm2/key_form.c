/* SPDX-License-Identifier: Apache-2.0 */
/* key_form.c - public areas of application keys, and how one is brought in. */
#include <string.h>

#include "tpm2/kdf.h"
#include "tpm2/key.h"

#define SENSITIVE_MAX 512u

size_t
btz_tpm_keyform_coord(uint16_t curve)
{
	return curve == BTZ_TPM_ECC_P521 ? BTZ_TPM_KEY_COORD_MAX
					 : btz_tpm_curve_len(curve);
}

/* TPMU_PUBLIC_PARMS, Part 2 12.2.3.7, of keys without a scheme */
static void
put_params(struct btz_wr *wr, const struct btz_tpm_keyform *f)
{
	switch (f->type) {
	case BTZ_TPM_ALG_ECC: /* symmetric, scheme, curve, kdf */
		btz_wr_u16(wr, BTZ_TPM_ALG_NULL);
		btz_wr_u16(wr, BTZ_TPM_ALG_NULL);
		btz_wr_u16(wr, f->curve);
		btz_wr_u16(wr, BTZ_TPM_ALG_NULL);
		break;
	case BTZ_TPM_ALG_RSA: /* symmetric, scheme, bits, exponent 65537 */
		btz_wr_u16(wr, BTZ_TPM_ALG_NULL);
		btz_wr_u16(wr, BTZ_TPM_ALG_NULL);
		btz_wr_u16(wr, f->bits);
		btz_wr_u32(wr, 0);
		break;
	case BTZ_TPM_ALG_SYMCIPHER: /* the mode is each command's */
		btz_wr_u16(wr, BTZ_TPM_ALG_AES);
		btz_wr_u16(wr, f->bits);
		btz_wr_u16(wr, BTZ_TPM_ALG_NULL);
		break;
	case BTZ_TPM_ALG_KEYEDHASH: /* the hash is each command's */
		btz_wr_u16(wr, BTZ_TPM_ALG_NULL);
		break;
	default:
		wr->failed = true;
		break;
	}
}

void
btz_tpm_keyform_params(struct btz_wr *wr, const struct btz_tpm_keyform *f)
{
	btz_wr_u16(wr, f->type);
	put_params(wr, f);
}

static void
put_head(struct btz_wr *wr, const struct btz_tpm_keyform *f)
{
	btz_wr_u16(wr, f->type);
	btz_wr_u16(wr, BTZ_TPM_ALG_SHA256);
	btz_wr_u32(wr, f->attrs);
	btz_wr_u16(wr, 0);
	put_params(wr, f);
}

void
btz_tpm_keyform_write(struct btz_wr *wr, const struct btz_tpm_keyform *f,
    struct btz_span x, struct btz_span y)
{
	put_head(wr, f);
	btz_wr_bytes16(wr, x);
	if (f->type == BTZ_TPM_ALG_ECC)
		btz_wr_bytes16(wr, y);
}

/* Octets of the modulus, a coordinate, or the digest. */
static size_t
key_len(const struct btz_tpm_keyform *f)
{
	if (f->type == BTZ_TPM_ALG_ECC)
		return btz_tpm_keyform_coord(f->curve);
	return f->type == BTZ_TPM_ALG_RSA ? f->bits / 8u : 32u;
}

bool
btz_tpm_keyform_parse(const struct btz_tpm_keyform *f, struct btz_span area,
    struct btz_span *x, struct btz_span *y)
{
	const size_t n = key_len(f);
	uint8_t head[64];
	struct btz_span got;
	struct btz_wr wr;
	struct btz_rd rd;

	*x = *y = btz_span_of(NULL, 0);
	btz_wr_init(&wr, head, sizeof(head));
	put_head(&wr, f);
	btz_rd_span(&rd, area);
	return btz_wr_ok(&wr) && btz_rd_raw(&rd, &got, wr.len) &&
	       btz_span_eq(got, btz_wr_span(&wr)) &&
	       btz_rd_bytes16(&rd, x, n) && x->len == n &&
	       (f->type != BTZ_TPM_ALG_ECC ||
		   (btz_rd_bytes16(&rd, y, n) && y->len == n)) &&
	       btz_rd_end(&rd);
}

enum btz_rc
btz_tpm_keyform_name(const struct btz_tpm_crypto *c, struct btz_span area,
    struct btz_tpm_name *n)
{
	memset(n, 0, sizeof(*n));
	n->b[1] = BTZ_TPM_ALG_SHA256;
	n->len = 34;
	return c->hash(c->arg, BTZ_TPM_ALG_SHA256, &area, 1, n->b + 2);
}

/* TPM2B_SENSITIVE, Part 2 12.3.2.4 */
static void
put_sensitive(struct btz_wr *wr, const struct btz_tpm_keysecret *s)
{
	const size_t mark = btz_wr_mark16(wr);

	btz_wr_u16(wr, s->type);
	btz_wr_bytes16(wr, s->auth);
	btz_wr_bytes16(wr, s->seed);
	btz_wr_bytes16(wr, s->secret);
	btz_wr_patch16(wr, mark);
}

enum btz_rc
btz_tpm_keyform_wrap(const struct btz_tpm_crypto *c,
    const struct btz_tpm_keysecret *s, const struct btz_tpm_name *name,
    const uint8_t key[16], struct btz_wr *out)
{
	static const uint8_t iv[16];
	uint8_t clear[SENSITIVE_MAX], digest[32];
	const size_t start = out->len;
	struct btz_span parts[2];
	struct btz_wr wr;
	enum btz_rc rc;

	btz_wr_init(&wr, clear, sizeof(clear));
	put_sensitive(&wr, s);
	parts[0] = btz_wr_span(&wr);
	parts[1] = btz_span_of(name->b, name->len);
	rc = btz_wr_ok(&wr)
		 ? c->hash(c->arg, BTZ_TPM_ALG_SHA256, parts, 2, digest)
		 : BTZ_E_TOOBIG;
	btz_wr_bytes16(out, btz_span_of(digest, sizeof(digest)));
	btz_wr_raw(out, clear, wr.len);
	if (rc == BTZ_OK && !btz_wr_ok(out))
		rc = BTZ_E_TOOBIG;
	if (rc == BTZ_OK)
		rc = btz_tpm_cfb(
		    c, key, iv, true, out->buf + start, out->len - start);
	if (rc != BTZ_OK)
		btz_wipe(out->buf + start, out->len - start);
	btz_wipe(clear, sizeof(clear));
	return rc;
}
