/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template.c - what our objects have to look like, and the comparers: an
 * object that differs in any field but its point is not ours.
 */
#include <string.h>

#include "tpm2/kdf.h"
#include "tpm2/object.h"

/* PolicyA of the TCG EK Credential Profile: PolicySecret(endorsement) */
static const uint8_t ek_policy_a[32] = { 0x83, 0x71, 0x97, 0x67, 0x44, 0x84,
	0xb3, 0xf8, 0x1a, 0x90, 0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24, 0xfd, 0x52,
	0xd7, 0x6e, 0x06, 0x52, 0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14,
	0x69, 0xaa };
/* PolicyB of the profile: PolicyA, or what is written in an index of the
 * endorsement hierarchy's owner; with SHA-256 and SHA-384 */
static const uint8_t ek_policy_b[32] = { 0xca, 0x3d, 0x0a, 0x99, 0xa2, 0xb9,
	0x39, 0x06, 0xf7, 0xa3, 0x34, 0x24, 0x14, 0xef, 0xcf, 0xb3, 0xa3, 0x85,
	0xd4, 0x4c, 0xd1, 0xfd, 0x45, 0x90, 0x89, 0xd1, 0x9b, 0x50, 0x71, 0xc0,
	0xb7, 0xa0 };
static const uint8_t ek_policy_b384[48] = { 0xb2, 0x6e, 0x7d, 0x28, 0xd1, 0x1a,
	0x50, 0xbc, 0x53, 0xd8, 0x82, 0xbc, 0xf5, 0xfd, 0x3a, 0x1a, 0x07, 0x41,
	0x48, 0xbb, 0x35, 0xd3, 0xb4, 0xe4, 0xcb, 0x1c, 0x0a, 0xd9, 0xbd, 0xe4,
	0x19, 0xca, 0xcb, 0x47, 0xba, 0x09, 0x69, 0x96, 0x46, 0x15, 0x0f, 0x9f,
	0xc0, 0x00, 0xf3, 0xf8, 0x0e, 0x12 };

static void
ecc(struct btz_tpm_public *p, uint32_t attrs)
{
	*p = (struct btz_tpm_public){ .type = BTZ_TPM_ALG_ECC,
		.name_alg = BTZ_TPM_ALG_SHA256,
		.attrs = attrs,
		.sym = BTZ_TPM_ALG_NULL,
		.scheme = BTZ_TPM_ALG_NULL,
		.curve = BTZ_TPM_ECC_P256,
		.kdf = BTZ_TPM_ALG_NULL };
}

static void
storage(struct btz_tpm_public *p, uint32_t attrs)
{
	ecc(p, attrs);
	p->sym = BTZ_TPM_ALG_AES;
	p->sym_bits = 128;
	p->sym_mode = BTZ_TPM_ALG_CFB;
	p->x_len = 32;
}

void
btz_tpm_tmpl_primary(struct btz_tpm_public *p, const uint8_t unique[32])
{
	storage(p, BTZ_TPM_OA_STORAGE);
	memcpy(p->x, unique, 32);
}

void
btz_tpm_tmpl_srk(struct btz_tpm_public *p)
{
	storage(p, BTZ_TPM_OA_STORAGE);
	p->y_len = 32;
}

static void
policy(struct btz_tpm_public *p, const uint8_t *digest, size_t len)
{
	memcpy(p->policy, digest, len);
	p->policy_len = (uint16_t)len;
}

void
btz_tpm_tmpl_ek_p256(struct btz_tpm_public *p)
{
	storage(p, BTZ_TPM_OA_EK_LOW);
	policy(p, ek_policy_a, sizeof(ek_policy_a));
	p->y_len = 32;
}

/* The high range differs in policy, userWithAuth, and an empty point. */
void
btz_tpm_tmpl_ek_p256_high(struct btz_tpm_public *p)
{
	storage(p, BTZ_TPM_OA_EK_HIGH);
	policy(p, ek_policy_b, sizeof(ek_policy_b));
	p->x_len = 0;
}

void
btz_tpm_tmpl_ek_p384_high(struct btz_tpm_public *p)
{
	storage(p, BTZ_TPM_OA_EK_HIGH);
	p->name_alg = BTZ_TPM_ALG_SHA384;
	p->sym_bits = 256;
	p->curve = BTZ_TPM_ECC_P384;
	policy(p, ek_policy_b384, sizeof(ek_policy_b384));
	p->x_len = 0;
}

void
btz_tpm_tmpl_sign(struct btz_tpm_public *p)
{
	ecc(p, BTZ_TPM_OA_SIGN);
	p->scheme = BTZ_TPM_ALG_ECDSA;
	p->scheme_hash = BTZ_TPM_ALG_SHA256;
}

void
btz_tpm_tmpl_sealed(struct btz_tpm_public *p)
{
	*p = (struct btz_tpm_public){ .type = BTZ_TPM_ALG_KEYEDHASH,
		.name_alg = BTZ_TPM_ALG_SHA256,
		.attrs = BTZ_TPM_OA_SEALED,
		.scheme = BTZ_TPM_ALG_NULL };
}

void
btz_tpm_tmpl_nv(struct btz_tpm_nv *nv, uint32_t index)
{
	*nv = (struct btz_tpm_nv){ .index = index,
		.name_alg = BTZ_TPM_ALG_SHA256,
		.attrs = BTZ_TPM_NVA_OURS,
		.size = 32 };
}

static bool
same_policy(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	return btz_span_eq(btz_span_of(a, a_len), btz_span_of(b, b_len));
}

static bool
same_algs(const struct btz_tpm_public *a, const struct btz_tpm_public *b)
{
	return a->sym == b->sym && a->sym_bits == b->sym_bits &&
	       a->sym_mode == b->sym_mode && a->scheme == b->scheme &&
	       a->scheme_hash == b->scheme_hash && a->curve == b->curve &&
	       a->kdf == b->kdf;
}

/* Coordinates (ECC) or the digest (KEYEDHASH) in full length. */
static bool
whole_point(const struct btz_tpm_public *p)
{
	size_t n = p->type == BTZ_TPM_ALG_ECC ? btz_tpm_curve_len(p->curve)
					      : btz_tpm_hash_len(p->name_alg);

	return n > 0 && p->x_len == n &&
	       p->y_len == (p->type == BTZ_TPM_ALG_ECC ? n : 0);
}

enum btz_rc
btz_tpm_public_check(
    const struct btz_tpm_public *tmpl, const struct btz_tpm_public *got)
{
	if (tmpl->type == got->type && tmpl->name_alg == got->name_alg &&
	    tmpl->attrs == got->attrs && same_algs(tmpl, got) &&
	    same_policy(
		tmpl->policy, tmpl->policy_len, got->policy, got->policy_len) &&
	    whole_point(got))
		return BTZ_OK;
	return BTZ_E_TPM_TEMPLATE;
}

enum btz_rc
btz_tpm_nv_check(
    const struct btz_tpm_nv *want, bool written, const struct btz_tpm_nv *got)
{
	uint32_t attrs = want->attrs & ~BTZ_TPM_NVA_WRITTEN;

	if (written)
		attrs |= BTZ_TPM_NVA_WRITTEN;
	if (want->index == got->index && want->name_alg == got->name_alg &&
	    attrs == got->attrs && want->size == got->size &&
	    same_policy(
		want->policy, want->policy_len, got->policy, got->policy_len))
		return BTZ_OK;
	return BTZ_E_TPM_TEMPLATE;
}

enum btz_rc
btz_tpm_salt_key_check(const struct btz_tpm_public *p)
{
	const uint32_t need = BTZ_TPM_OA_RESTRICTED | BTZ_TPM_OA_DECRYPT;

	if (p->type == BTZ_TPM_ALG_ECC && (p->attrs & need) == need &&
	    btz_tpm_hash_len(p->name_alg) > 0 && whole_point(p))
		return BTZ_OK;
	return BTZ_E_TPM_TEMPLATE;
}
