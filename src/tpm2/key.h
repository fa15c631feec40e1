/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key.h - keys of applications: of every type, in commands that the trusted
 * application does not need (it does not compile this). Public areas stay
 * bytes: a form (key_form.c) says what they begin with, what follows is the
 * key. The rows (key.c) go through btz_tpm_exec_row.
 */
#ifndef BTZ_TPM2_KEY_H
#define BTZ_TPM2_KEY_H

#include "tpm2/cmd.h"

#define BTZ_TPM_KEY_PUBLIC_MAX 640u   /* TPMT_PUBLIC of RSA 4096: 538 */
#define BTZ_TPM_KEY_PRIVATE_MAX 1600u /* TPM2B_PRIVATE, without its size */
#define BTZ_TPM_KEY_DATA_MAX 1024u    /* TPM2B_MAX_BUFFER */
#define BTZ_TPM_KEY_COORD_MAX 66u     /* P-521 */
#define BTZ_TPM_KEY_EK_LEN 256u	      /* modulus of TCG's RSA EK */
#define BTZ_TPM_KEY_CREDENTIAL_MAX 64u

struct btz_tpm_keyform {
	uint16_t type;	/* BTZ_TPM_ALG_ECC, _RSA, _SYMCIPHER or _KEYEDHASH */
	uint16_t curve; /* ECC */
	uint16_t bits;	/* RSA, SYMCIPHER */
	uint32_t attrs;
};

/*
 * TPMT_PUBLIC: nameAlg SHA-256, no policy, no scheme. x: point, modulus or
 * digest; y: ECC. Both empty: a template for Create.
 */
void btz_tpm_keyform_write(struct btz_wr *wr, const struct btz_tpm_keyform *f,
    struct btz_span x, struct btz_span y);
/* The TPMT_PUBLIC_PARMS of it, for TEST_PARMS. */
void btz_tpm_keyform_params(struct btz_wr *wr, const struct btz_tpm_keyform *f);
/* Is the whole area of that form, and its key of full length? x, y borrow. */
bool btz_tpm_keyform_parse(const struct btz_tpm_keyform *f,
    struct btz_span area, struct btz_span *x,
    struct btz_span *y) BTZ_MUST_CHECK;
/* Name of an area with nameAlg SHA-256. */
enum btz_rc btz_tpm_keyform_name(const struct btz_tpm_crypto *c,
    struct btz_span area, struct btz_tpm_name *n) BTZ_MUST_CHECK;
size_t btz_tpm_keyform_coord(uint16_t curve); /* 0: unknown */

/* TPM2B_SENSITIVE with its size; seed: empty of asymmetric keys. */
struct btz_tpm_keysecret {
	uint16_t type;
	struct btz_span auth, seed, secret;
};
/* The inner wrapper of Import (Part 1, 23.3.2.2) under an AES-128 key, as the
 * parameter `duplicate`; name: of the object. Into out. */
enum btz_rc btz_tpm_keyform_wrap(const struct btz_tpm_crypto *c,
    const struct btz_tpm_keysecret *s, const struct btz_tpm_name *name,
    const uint8_t key[16], struct btz_wr *out) BTZ_MUST_CHECK;

/* TCG's endorsement key L-1, RSA 2048 (key_attest.c): the template, and is an
 * area of it? *n borrows the modulus; its exponent is 65537. */
void btz_tpm_keyform_ek_write(struct btz_wr *wr);
bool btz_tpm_keyform_ek_parse(
    struct btz_span area, struct btz_span *n) BTZ_MUST_CHECK;

struct btz_tpm_key_blob { /* out of KEY_CREATE; KEY_IMPORT: priv alone */
	uint16_t priv_len, pub_len;
	uint8_t priv[BTZ_TPM_KEY_PRIVATE_MAX];
	uint8_t pub[BTZ_TPM_KEY_PUBLIC_MAX];
};

struct btz_tpm_in_key_create {
	struct btz_span area, user_auth;
	struct btz_span data; /* empty: the TPM draws */
};
struct btz_tpm_in_key_load { /* out: out_load */
	struct btz_span priv, pub;
};
struct btz_tpm_in_key_import {
	uint8_t key[16]; /* of the inner wrapper */
	struct btz_span pub, wrapped;
};
struct btz_tpm_in_key_sign {
	struct btz_span digest;
	uint16_t scheme, hash;
};
struct btz_tpm_out_key_sign {
	uint16_t scheme, hash, len, s_len;
	uint8_t b[512]; /* RSA: the signature; ECDSA: r */
	uint8_t s[BTZ_TPM_KEY_COORD_MAX];
};
struct btz_tpm_in_key_point {
	struct btz_span x, y;
};
struct btz_tpm_in_key_data { /* RSA_DECRYPT: data; HMAC, HMAC_START: hash */
	struct btz_span data;
	uint16_t hash;
};
struct btz_tpm_out_key_data { /* wipe it after use */
	uint16_t len;
	uint8_t b[BTZ_TPM_KEY_DATA_MAX];
};
struct btz_tpm_in_key_cipher {
	struct btz_span data, iv;
	uint16_t mode;
	bool decrypt;
};
struct btz_tpm_out_key_cipher {
	uint16_t len, iv_len;
	uint8_t b[BTZ_TPM_KEY_DATA_MAX];
	uint8_t iv[16];
};
struct btz_tpm_in_key_form {
	const struct btz_tpm_keyform *form;
};
struct btz_tpm_in_key_ask { /* the first of that number or above */
	uint32_t cap;	    /* BTZ_TPM_CAP_ALGS or _COMMANDS */
	uint32_t first;
};
struct btz_tpm_out_key_ask {
	uint32_t cap, id; /* id 0: none */
};
struct btz_tpm_in_key_primary {
	struct btz_span area;
};
struct btz_tpm_out_key_primary {
	uint32_t handle;
	struct btz_tpm_name name;
	uint16_t pub_len;
	uint8_t pub[BTZ_TPM_KEY_PUBLIC_MAX];
};
struct btz_tpm_in_key_policy {
	uint8_t nonce[32];
};
struct btz_tpm_in_key_activate { /* contents of the TPM2Bs; out: out_data */
	struct btz_span blob, secret;
};

extern const struct btz_tpm_cmd
    btz_tpm_key_primary,       /* hierarchy; in_key_primary; out_key_primary */
    btz_tpm_key_policy,	       /* NULL, NULL; in_key_policy; out_load */
    btz_tpm_key_policy_secret, /* hierarchy, policy; anything; - */
    btz_tpm_key_activate;      /* key, EK, policy; in_key_activate; out_data */

extern const struct btz_tpm_cmd
    btz_tpm_key_create,	     /* parent; in_key_create; key_blob */
    btz_tpm_key_load,	     /* parent; in_key_load; out_load */
    btz_tpm_key_import,	     /* parent; in_key_import; key_blob */
    btz_tpm_key_sign,	     /* key; in_key_sign; out_key_sign */
    btz_tpm_key_zgen,	     /* key; in_key_point; out_key_data: x */
    btz_tpm_key_rsa_decrypt, /* key; in_key_data; out_key_data: raw RSA */
    btz_tpm_key_hmac,	     /* key; in_key_data; out_key_data */
    btz_tpm_key_hmac_start,  /* key; in_key_data; out_load: the sequence */
    btz_tpm_key_update,	     /* sequence; in_key_data; - */
    btz_tpm_key_complete,    /* sequence; in_key_data; out_key_data */
    btz_tpm_key_cipher,	     /* key; in_key_cipher; out_key_cipher */
    btz_tpm_key_test,	     /* -; in_key_form; - */
    btz_tpm_key_ask;	     /* -; in_key_ask; out_key_ask */

#endif
