/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template.c - what our objects have to look like, and the comparers: an
 * object that differs in any field but its point is not ours.
 */
#include <string.h>

#include "tpm2/kdf.h"
#include "tpm2/object.h"

/* PolicyA of the TCG EK Credential Profile, B.3.2: PolicySecret(endorsement) */
static const uint8_t ek_policy_a[32] = { 0x83, 0x71, 0x97, 0x67, 0x44, 0x84,
	0xb3, 0xf8, 0x1a, 0x90, 0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24, 0xfd, 0x52,
	0xd7, 0x6e, 0x06, 0x52, 0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14,
	0x69, 0xaa };

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

void
btz_tpm_tmpl_ek_p256(struct btz_tpm_public *p)
{
	storage(p, BTZ_TPM_OA_EK_LOW);
	p->policy_len = sizeof(ek_policy_a);
	memcpy(p->policy, ek_policy_a, sizeof(ek_policy_a));
	p->y_len = 32;
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
