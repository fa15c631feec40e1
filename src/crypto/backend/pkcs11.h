/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pkcs11.h - the inside of the backend "pkcs11": keys that are objects of a
 * PKCS#11 token (OASIS PKCS #11 2.40). Start at pkcs11.c (the table);
 *   pkcs11_module.c   loading, C_Initialize, PINs that were refused
 *   pkcs11_token.c    slot, session, login
 *   pkcs11_error.c    what an error means
 *   pkcs11_alg.c      our algorithms as mechanisms, in tables
 *   pkcs11_object.c   objects: what they are told to be, finding them
 *   pkcs11_key.c      keys, and the blobs that find their objects
 *   pkcs11_import.c   keys from outside
 *   pkcs11_beside.c   slow keys, by a thread in a session of its own
 *   pkcs11_pair.c     public keys out of a token
 *   pkcs11_sign.c, pkcs11_crypt.c, pkcs11_rsa.c   what keys do
 *
 * Life of a token: away -> open (module, slot, session, login) -> lost (what
 * was asked failed as it does without a token) -> away; the service opens it
 * again every 2 s. A session or login that alone is gone is made anew at once,
 * and the key of that request opened again (BTZ_E_NOENT). One process serves
 * one token: requests in one session, one after the other; slow generation in
 * others, where the module locks (CKF_OS_LOCKING_OK).
 */
#ifndef BTZ_CRYPTO_PKCS11_H
#define BTZ_CRYPTO_PKCS11_H

#include <p11-kit/pkcs11.h>

#include "base/backends.h"
#include "crypto/backend/backend.h"
#include "crypto/backend/kek.h"

#define BTZ_P11_SERIAL 16u
#define BTZ_P11_BESIDE 2u /* keys made at a time, and their sessions */

struct btz_p11_module;
struct btz_p11_beside;

struct btz_p11 {
	const struct btz_token *token;
	struct btz_p11_module *module;
	CK_FUNCTION_LIST *f;
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session; /* 0: none */
	bool pinpad, read_only, lost;
	bool locks; /* the module takes calls of several threads */
	bool short_of_sessions;
	struct btz_p11_beside *beside[BTZ_P11_BESIDE];
	bool helper;	 /* a copy, in a thread: failures are noted here: */
	CK_RV helper_rv; /* the first */
	unsigned logins;
	uint8_t kek[BTZ_FILE_KEY_LEN];
	uint8_t serial[BTZ_P11_SERIAL];
	char model[80];
	uint32_t algs, sigs, crypts; /* what the token has of ours */
	CK_ULONG secret_min;	     /* bytes that its HMACs want */
	unsigned import;	     /* enum btz_p11_import_way bits */
	CK_RV import_rv;	     /* what it said when it refused */
};

enum btz_p11_import_way {    /* bits */
	BTZ_P11_CREATES = 1, /* C_CreateObject */
	BTZ_P11_UNWRAPS = 2, /* C_UnwrapKey */
};

struct btz_p11_key { /* a hot key */
	CK_OBJECT_HANDLE object;
	uint8_t alg;
	uint32_t usage;
	uint8_t id[BTZ_ID_LEN];
	uint8_t *spki; /* of RSA; else NULL */
	size_t spki_len;
};

/* pkcs11_module.c: the module is loaded once and stays; afterwards a confined
 * process could not map code. C_Finalize with the last `put`. */
BTZ_MUST_CHECK enum btz_rc btz_p11_module_get(
    const char *path, struct btz_p11_module **out, struct btz_err *err);
void btz_p11_module_put(struct btz_p11_module *m); /* NULL is fine */
CK_FUNCTION_LIST *btz_p11_functions(struct btz_p11_module *m);
/* It was initialised for several threads. */
bool btz_p11_locks(const struct btz_p11_module *m);
/* A refused PIN is not tried again while its file is the same: three wrong
 * ones lock a token. */
struct stat;
bool btz_p11_pin_refused(
    const struct btz_p11_module *m, const struct stat *file);
void btz_p11_pin_refuse(struct btz_p11_module *m, const struct stat *file);

/* pkcs11_token.c */
BTZ_MUST_CHECK enum btz_rc btz_p11_find_slot(
    struct btz_p11 *t, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_p11_login(
    struct btz_p11 *t, struct btz_err *err);
/* True also of a token that wants no login. */
bool btz_p11_logged_in(const struct btz_p11 *t);
/* Does slot, token and session still answer? */
bool btz_p11_answers(const struct btz_p11 *t);
/* Is our token in its slot, whatever became of the session? */
bool btz_p11_present(const struct btz_p11 *t);

/* pkcs11_error.c */
/* What a failure means, and what is to be done now: logs in again
 * (BTZ_E_NOENT: repeat with a key opened again), notes that the token is lost
 * (BTZ_E_TEE_DOWN). Never BTZ_OK. */
enum btz_rc btz_p11_failed(
    struct btz_p11 *t, CK_RV rv, const char *what, struct btz_err *err);
/* The token will not, however often it is asked. */
bool btz_p11_refused(CK_RV rv);
/* "CKR_DEVICE_REMOVED", or its number. Static text, until the next call. */
const char *btz_p11_name(CK_RV rv);

/* pkcs11_alg.c */
struct btz_p11_alg {
	uint8_t alg; /* enum btz_key_alg */
	CK_MECHANISM_TYPE generate;
	CK_OBJECT_CLASS object;
	const uint8_t *params; /* EC: DER OID of the curve */
	CK_ULONG params_len;
	CK_ULONG size; /* RSA: bits; symmetric: bytes; EC: of the point */
};
const struct btz_p11_alg *btz_p11_alg_of(uint8_t alg); /* NULL: none */
struct btz_p11_sig {
	uint16_t alg;				/* enum btz_sig_alg */
	CK_MECHANISM_TYPE mechanism, hash, mgf; /* PSS: the latter two */
	const uint8_t *prefix; /* PKCS#1: DigestInfo before the digest */
	size_t prefix_len;
};
const struct btz_p11_sig *btz_p11_sig_of(uint16_t alg);
struct btz_p11_crypt {
	uint16_t alg; /* enum btz_crypt_alg */
	CK_MECHANISM_TYPE mechanism;
	uint8_t nonce; /* its length */
};
const struct btz_p11_crypt *btz_p11_crypt_of(uint16_t alg);
/* algs, sigs and crypts of *t, from the token's list of mechanisms. */
BTZ_MUST_CHECK enum btz_rc btz_p11_ask_mechanisms(
    struct btz_p11 *t, struct btz_err *err);
/* All that there are, for the table of the backend. */
#define BTZ_P11_ALGS                                                           \
	(1u << BTZ_ALG_EC_P256 | 1u << BTZ_ALG_EC_P384 |                       \
	    1u << BTZ_ALG_EC_P521 | 1u << BTZ_ALG_ED25519 |                    \
	    1u << BTZ_ALG_RSA_2048 | 1u << BTZ_ALG_RSA_3072 |                  \
	    1u << BTZ_ALG_RSA_4096 | 1u << BTZ_ALG_AES_128 |                   \
	    1u << BTZ_ALG_AES_192 | 1u << BTZ_ALG_AES_256 |                    \
	    1u << BTZ_ALG_SECRET)
#define BTZ_P11_SIGS                                                           \
	(1u << BTZ_SIG_ECDSA_SHA256 | 1u << BTZ_SIG_ECDSA_SHA384 |             \
	    1u << BTZ_SIG_ECDSA_SHA512 | 1u << BTZ_SIG_ED25519 |               \
	    1u << BTZ_SIG_RSA_PKCS1_SHA256 | 1u << BTZ_SIG_RSA_PKCS1_SHA384 |  \
	    1u << BTZ_SIG_RSA_PKCS1_SHA512 | 1u << BTZ_SIG_RSA_PSS_SHA256 |    \
	    1u << BTZ_SIG_RSA_PSS_SHA384 | 1u << BTZ_SIG_RSA_PSS_SHA512)
#define BTZ_P11_CRYPTS                                                         \
	(1u << BTZ_CRYPT_AES_GCM | 1u << BTZ_CRYPT_AES_CBC |                   \
	    1u << BTZ_CRYPT_AES_CTR | 1u << BTZ_CRYPT_AES_CBC_NOPAD |          \
	    1u << BTZ_CRYPT_RSA_PKCS1 | 1u << BTZ_CRYPT_HMAC_SHA256 |          \
	    1u << BTZ_CRYPT_HMAC_SHA384 | 1u << BTZ_CRYPT_HMAC_SHA512 |        \
	    1u << BTZ_CRYPT_CMAC | 1u << BTZ_CRYPT_ECDH)

/* pkcs11_object.c */
#define BTZ_P11_FIND_MAX 4u
struct btz_p11_template { /* borrows what is added */
	CK_ATTRIBUTE at[24];
	CK_ULONG n;
};
void btz_p11_add(struct btz_p11_template *tp, CK_ATTRIBUTE_TYPE type,
    const void *v, size_t len);
void btz_p11_add_bool(
    struct btz_p11_template *tp, CK_ATTRIBUTE_TYPE type, bool v);
void btz_p11_add_class(struct btz_p11_template *tp, CK_OBJECT_CLASS class);
/* An empty template becomes that of an object that holds a secret: it never
 * leaves the token. */
void btz_p11_describe(struct btz_p11_template *tp, const struct btz_generate *g,
    const uint8_t *id);
/* Objects of the token of that class and CKA_ID, none perhaps; logged in again
 * once if need be. */
BTZ_MUST_CHECK enum btz_rc btz_p11_find(struct btz_p11 *t,
    CK_OBJECT_CLASS class, const uint8_t *id,
    CK_OBJECT_HANDLE out[BTZ_P11_FIND_MAX], CK_ULONG *n, struct btz_err *err);
/* After a search that found none: BTZ_E_KEY_GONE, somebody removed that object;
 * BTZ_E_TEE_DOWN, the token itself is gone and is noted as lost. */
enum btz_rc btz_p11_missing(struct btz_p11 *t, struct btz_err *err);

/* pkcs11_key.c */
/* The blob of the key that *out has id and SPKI of. */
BTZ_MUST_CHECK enum btz_rc btz_p11_seal(const struct btz_p11 *t,
    const struct btz_generate *g, const struct btz_p11_alg *a,
    struct btz_backend_key *out, struct btz_err *err);
enum btz_rc btz_p11_generate(void *state, const struct btz_generate *g,
    struct btz_backend_key *out, struct btz_err *err);
enum btz_rc btz_p11_destroy(
    void *state, struct btz_span blob, struct btz_err *err);
enum btz_rc btz_p11_open_key(void *state, const uint8_t id[BTZ_ID_LEN],
    struct btz_span blob, void *key, struct btz_err *err);

/* Can the token have such a key? *a: NULL unless BTZ_OK. */
BTZ_MUST_CHECK enum btz_rc btz_p11_judge(const struct btz_p11 *t,
    const struct btz_generate *g, const struct btz_p11_alg **a,
    struct btz_err *err);
/* BTZ_E_INVAL: a secret that no HMAC of the token would take. */
BTZ_MUST_CHECK enum btz_rc btz_p11_long_enough(const struct btz_p11 *t,
    const struct btz_generate *g, size_t len, struct btz_err *err);

/* A fresh key->id. */
BTZ_MUST_CHECK enum btz_rc btz_p11_new_id(
    struct btz_backend_key *key, struct btz_err *err);
/* out->id is set: the object, and the rest of *out. */
BTZ_MUST_CHECK enum btz_rc btz_p11_make(struct btz_p11 *t,
    const struct btz_generate *g, const struct btz_p11_alg *a,
    struct btz_backend_key *out, struct btz_err *err);

/* pkcs11_beside.c */
int btz_p11_beside_fd(const struct btz_p11_beside *b);
enum btz_rc btz_p11_generate_begin(
    void *state, const struct btz_generate *g, int *fd, struct btz_err *err);
enum btz_rc btz_p11_generate_end(
    void *state, int fd, struct btz_backend_key *out, struct btz_err *err);

/* pkcs11_import.c */
/* t->import, of an open session. */
void btz_p11_ask_import(struct btz_p11 *t);
enum btz_rc btz_p11_import(void *state, const struct btz_generate *g,
    struct btz_span secret, struct btz_backend_key *out, struct btz_err *err);

/* pkcs11_pair.c: SPKI of a public key object. */
BTZ_MUST_CHECK enum btz_rc btz_p11_spki(struct btz_p11 *t,
    CK_OBJECT_HANDLE public, const struct btz_p11_alg *a,
    struct btz_backend_key *out, struct btz_err *err);
/* CKA_EC_POINT: an OCTET STRING with the point in it (PKCS #11 2.40 2.3.3), or,
 * of tokens that predate it, the point. Empty: neither. */
struct btz_span btz_p11_point(struct btz_span attribute, size_t len);

enum btz_rc btz_p11_sign(void *state, void *key,
    const struct btz_backend_sign *rq, struct btz_backend_sig *out,
    struct btz_err *err);
enum btz_rc btz_p11_crypt(void *state, void *key,
    const struct btz_backend_crypt *rq, struct btz_wr *out,
    struct btz_err *err);
/* pkcs11_rsa.c: RSAES-PKCS1-v1_5 */
enum btz_rc btz_p11_pkcs1(struct btz_p11 *t, const struct btz_p11_key *k,
    const struct btz_backend_crypt *rq, struct btz_wr *out,
    struct btz_err *err);

#endif
