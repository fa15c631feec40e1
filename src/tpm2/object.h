/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object.h - public areas, our templates, Names.
 *
 * A struct btz_tpm_public is a TPMT_PUBLIC (Part 2 12.2.4) of the two types
 * that we use, ECC and KEYEDHASH. What is pinned about an object is its Name,
 * computed here from the public area, never taken from the TPM.
 */
#ifndef BTZ_TPM2_OBJECT_H
#define BTZ_TPM2_OBJECT_H

#include "tpm2/crypto.h"
#include "tpm2/spec.h"

#define BTZ_TPM_NAME_MAX (2u + BTZ_TPM_HASH_MAX)
#define BTZ_TPM_PUBLIC_MAX 256u	 /* a marshalled TPMT_PUBLIC of ours */
#define BTZ_TPM_PRIVATE_MAX 512u /* a TPM2B_PRIVATE, without its size */

struct btz_tpm_name {
	uint16_t len; /* 4: a handle; 34 or 50: nameAlg || digest */
	uint8_t b[BTZ_TPM_NAME_MAX];
};

struct btz_tpm_public {
	uint16_t type; /* BTZ_TPM_ALG_ECC or _KEYEDHASH */
	uint16_t name_alg;
	uint32_t attrs;
	uint16_t policy_len;
	uint8_t policy[BTZ_TPM_HASH_MAX];
	uint16_t sym, sym_bits, sym_mode; /* ECC; bits, mode 0 if sym NULL */
	uint16_t scheme, scheme_hash;	  /* hash 0 if scheme is NULL */
	uint16_t curve;			  /* ECC */
	uint16_t kdf;			  /* ECC, always NULL */
	uint16_t x_len, y_len;		  /* KEYEDHASH: x is the digest */
	uint8_t x[BTZ_TPM_COORD_MAX];
	uint8_t y[BTZ_TPM_COORD_MAX];
};

/* What a command names: the caller fills it and keeps it. */
struct btz_tpm_entity {
	uint32_t handle;
	struct btz_tpm_name name; /* pinned */
	struct btz_span auth;	  /* borrowed; empty: no authorization value */
};

/* An NV index, TPMS_NV_PUBLIC (Part 2 13.5). */
struct btz_tpm_nv {
	uint32_t index;
	uint16_t name_alg;
	uint32_t attrs;
	uint16_t policy_len;
	uint8_t policy[BTZ_TPM_HASH_MAX];
	uint16_t size;
};

/* Templates; every field is set, the point as the template asks. */
void btz_tpm_tmpl_primary(struct btz_tpm_public *p, const uint8_t unique[32]);
void btz_tpm_tmpl_srk(struct btz_tpm_public *p); /* TCG's P-256 SRK */
/* TCG's endorsement keys L-2, H-2, H-3 (ek.h) */
void btz_tpm_tmpl_ek_p256(struct btz_tpm_public *p);
void btz_tpm_tmpl_ek_p256_high(struct btz_tpm_public *p);
void btz_tpm_tmpl_ek_p384_high(struct btz_tpm_public *p);
void btz_tpm_tmpl_sign(struct btz_tpm_public *p);
void btz_tpm_tmpl_sealed(struct btz_tpm_public *p);
void btz_tpm_tmpl_nv(struct btz_tpm_nv *nv, uint32_t index);

/*
 * Every field but the point (or digest) equal, and the point present in full
 * length: else BTZ_E_TPM_TEMPLATE.
 */
enum btz_rc btz_tpm_public_check(const struct btz_tpm_public *tmpl,
    const struct btz_tpm_public *got) BTZ_MUST_CHECK;
/* All fields of the index equal; `written` says what WRITTEN has to be. */
enum btz_rc btz_tpm_nv_check(const struct btz_tpm_nv *want, bool written,
    const struct btz_tpm_nv *got) BTZ_MUST_CHECK;
/* May it be a tpmKey: restricted decryption key on P-256 or P-384? */
enum btz_rc btz_tpm_salt_key_check(
    const struct btz_tpm_public *p) BTZ_MUST_CHECK;

/* TPMT_PUBLIC, TPMS_NV_PUBLIC without the TPM2B size; failure is in wr. */
void btz_tpm_public_write(struct btz_wr *wr, const struct btz_tpm_public *p);
void btz_tpm_nv_write_area(struct btz_wr *wr, const struct btz_tpm_nv *nv);
/* The whole of `in` is one area; false: malformed or a type we do not use. */
bool btz_tpm_public_parse(
    struct btz_span in, struct btz_tpm_public *p) BTZ_MUST_CHECK;
bool btz_tpm_nv_parse(struct btz_span in, struct btz_tpm_nv *nv) BTZ_MUST_CHECK;

/* Names (Part 1, 16). Of a handle: hierarchies, sessions. */
void btz_tpm_name_handle(struct btz_tpm_name *n, uint32_t handle);
enum btz_rc btz_tpm_name_public(const struct btz_tpm_crypto *c,
    const struct btz_tpm_public *p, struct btz_tpm_name *n) BTZ_MUST_CHECK;
/* With or without WRITTEN in the attributes, whatever nv->attrs says. */
enum btz_rc btz_tpm_name_nv(const struct btz_tpm_crypto *c,
    const struct btz_tpm_nv *nv, bool written,
    struct btz_tpm_name *n) BTZ_MUST_CHECK;
bool btz_tpm_name_eq(
    const struct btz_tpm_name *a, const struct btz_tpm_name *b);

/* An entity that is its handle: BTZ_TPM_RH_OWNER and so on. */
struct btz_tpm_entity btz_tpm_hierarchy(uint32_t handle, struct btz_span auth);

#endif
