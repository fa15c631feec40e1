/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tpm_direct.h - the inside of the backend "tpm-direct": keys of a TPM 2.0
 * under its storage root key, without a TEE between. Start at tpm_direct.c
 * (the table);
 *   tpm_io.c      frames to a device or a socket and back
 *   tpm_prim.c    the primitives that src/tpm2 asks for, by libcrypto
 *   tpm_srk.c     the storage root key: found, made, pinned
 *   tpm_link.c    session, loaded keys, what a failure means
 *   tpm_alg.c     our algorithms as the TPM's, and which it has
 *   tpm_key.c     blobs; tpm_import.c   keys from outside
 *   tpm_sign.c, tpm_crypt.c, tpm_rsa.c   what keys do
 *   tpm_attest.c  that a key is in this TPM
 *
 * One HMAC session, salted to the SRK, first parameters encrypted both ways.
 * A key that is loaded costs one command, another one two (Load and what was
 * asked): the one that has to make room is flushed behind the answer. TPMs
 * hold three objects, and a Load needs two of them (parent and key); behind a
 * resource manager the parent does not count.
 */
#ifndef BTZ_CRYPTO_TPM_DIRECT_H
#define BTZ_CRYPTO_TPM_DIRECT_H

#include "base/conf.h"
#include "crypto/backend/backend.h"
#include "crypto/backend/kek.h"
#include "tpm2/key.h"
#include "tpm2/tpm.h"

#define BTZ_TPMD_LOADED 3u
/* HMAC key: a block of nameAlg's hash (Part 3, 12.1) */
#define BTZ_TPMD_SECRET_MAX 64u

struct btz_tpmd_io {
	int fd; /* -1: not connected */
	bool device;
	bool owed; /* an answer that nobody waits for is to come */
	char path[BTZ_CONF_TEXT];
};

/* tpm_io.c. "device:PATH" or "unix:PATH"; false: neither. */
bool btz_tpmd_io_set(struct btz_tpmd_io *io, const char *tcti);
void btz_tpmd_io_drop(struct btz_tpmd_io *io);
btz_tpm_transceive btz_tpmd_io_send; /* arg: io; connects if need be */
/* Sent now, its answer is dropped when the next command is sent; of a device
 * at once. */
void btz_tpmd_io_post(struct btz_tpmd_io *io, const uint8_t *cmd, size_t len);

/* tpm_prim.c. NULL: no memory. */
struct btz_tpmd_prim;
struct btz_tpmd_prim *btz_tpmd_prim_new(struct btz_tpm_crypto *out);
void btz_tpmd_prim_free(struct btz_tpmd_prim *p); /* NULL is fine */

struct btz_tpmd_key {	 /* a hot key */
	uint32_t handle; /* 0: not loaded */
	uint64_t used;
	uint8_t alg;
	uint32_t usage;
	uint8_t auth[32];
	struct btz_tpm_name name;
	uint8_t *bytes; /* the secret of the blob: pub and priv lie in it */
	size_t len;
	struct btz_span pub, priv;
	struct btz_span x; /* of the public key, in pub: coordinate, modulus */
};

struct btz_tpmd {
	struct btz_tpmd_io io;
	struct btz_tpmd_prim *prim;
	struct btz_tpm_crypto crypto;
	struct btz_tpm tpm;
	struct btz_tpm_entity srk;
	struct btz_tpm_public srk_pub;
	uint8_t kek[BTZ_FILE_KEY_LEN];
	bool alone; /* no resource manager: handles are the TPM's own */
	bool lost;
	uint64_t clock; /* of uses */
	struct btz_tpmd_key *loaded[BTZ_TPMD_LOADED];
	unsigned forged; /* answers that were not authentic */
	unsigned sessions;
	uint32_t algs, sigs, crypts; /* what the TPM has of ours */
	uint32_t firmware;
	char maker[5];
	bool emulated;
};

/* tpm_srk.c: t->srk and srk_pub, the same as ever (DIR/srk). */
BTZ_MUST_CHECK enum btz_rc btz_tpmd_srk(
    struct btz_tpmd *t, uint32_t handle, const char *dir, struct btz_err *err);

/* tpm_link.c */
BTZ_MUST_CHECK enum btz_rc btz_tpmd_connect(
    struct btz_tpmd *t, struct btz_err *err);
/* One command of a key (loaded first if need be), of the SRK (k is NULL), or of
 * neither (rows without handles); lost sessions, forgotten keys, a TPM that
 * was off: repeated. */
BTZ_MUST_CHECK enum btz_rc btz_tpmd_run(struct btz_tpmd *t,
    struct btz_tpmd_key *k, const struct btz_tpm_cmd *row, const void *in,
    void *out, struct btz_err *err);
/* The same with several commands of a key: fn is called in the session with
 * the key loaded, and again after what could be healed; it may make
 * one object, and leaves none behind. What failed: t->tpm.why, tpm_rc. */
typedef enum btz_rc btz_tpmd_steps(
    struct btz_tpmd *t, const struct btz_tpm_entity *key, void *arg);
BTZ_MUST_CHECK enum btz_rc btz_tpmd_with(
    struct btz_tpmd *t, struct btz_tpmd_key *k, btz_tpmd_steps *fn, void *arg);
/* Of another object; not repeated. */
BTZ_MUST_CHECK enum btz_rc btz_tpmd_run_on(struct btz_tpmd *t,
    const struct btz_tpm_entity *e, const struct btz_tpm_cmd *row,
    const void *in, void *out, struct btz_err *err);
/* Behind the answer. */
void btz_tpmd_flush(struct btz_tpmd *t, uint32_t handle);
void btz_tpmd_unload(struct btz_tpmd *t, struct btz_tpmd_key *k);
/* Is it this format 1 error, of whatever parameter? */
bool btz_tpmd_is(uint32_t tpm_rc, uint32_t code);

/* tpm_alg.c */
enum btz_tpmd_origin {
	BTZ_TPMD_DRAWN = 0, /* by the TPM */
	BTZ_TPMD_GIVEN,	    /* to Create, symmetric */
	BTZ_TPMD_IMPORTED,
};
/* False: no such key in any TPM. */
bool btz_tpmd_form(uint8_t alg, uint32_t usage, enum btz_tpmd_origin origin,
    struct btz_tpm_keyform *out);
uint16_t btz_tpmd_hash(uint8_t hash_alg); /* enum btz_hash_alg; 0: none */
/* BTZ_TPM_ALG_ECDSA, ...; 0: none */
uint16_t btz_tpmd_scheme(uint16_t sig_alg);
BTZ_MUST_CHECK enum btz_rc btz_tpmd_ask(
    struct btz_tpmd *t, struct btz_err *err);
#define BTZ_TPMD_ALGS                                                          \
	(1u << BTZ_ALG_EC_P256 | 1u << BTZ_ALG_EC_P384 |                       \
	    1u << BTZ_ALG_EC_P521 | 1u << BTZ_ALG_RSA_2048 |                   \
	    1u << BTZ_ALG_RSA_3072 | 1u << BTZ_ALG_RSA_4096 |                  \
	    1u << BTZ_ALG_AES_128 | 1u << BTZ_ALG_AES_192 |                    \
	    1u << BTZ_ALG_AES_256 | 1u << BTZ_ALG_SECRET)
#define BTZ_TPMD_SIGS                                                          \
	(1u << BTZ_SIG_ECDSA_SHA256 | 1u << BTZ_SIG_ECDSA_SHA384 |             \
	    1u << BTZ_SIG_ECDSA_SHA512 | 1u << BTZ_SIG_RSA_PKCS1_SHA256 |      \
	    1u << BTZ_SIG_RSA_PKCS1_SHA384 | 1u << BTZ_SIG_RSA_PKCS1_SHA512 |  \
	    1u << BTZ_SIG_RSA_PSS_SHA256 | 1u << BTZ_SIG_RSA_PSS_SHA384 |      \
	    1u << BTZ_SIG_RSA_PSS_SHA512)
#define BTZ_TPMD_CRYPTS                                                        \
	(1u << BTZ_CRYPT_RSA_OAEP_SHA256 | 1u << BTZ_CRYPT_RSA_OAEP_SHA384 |   \
	    1u << BTZ_CRYPT_RSA_OAEP_SHA512 | 1u << BTZ_CRYPT_RSA_PKCS1 |      \
	    1u << BTZ_CRYPT_AES_CBC | 1u << BTZ_CRYPT_AES_CTR |                \
	    1u << BTZ_CRYPT_AES_CBC_NOPAD | 1u << BTZ_CRYPT_HMAC_SHA256 |      \
	    1u << BTZ_CRYPT_HMAC_SHA384 | 1u << BTZ_CRYPT_HMAC_SHA512 |        \
	    1u << BTZ_CRYPT_ECDH)

/* tpm_key.c */
enum btz_rc btz_tpmd_generate(void *state, const struct btz_generate *g,
    struct btz_backend_key *out, struct btz_err *err);
enum btz_rc btz_tpmd_open_key(void *state, const uint8_t id[BTZ_ID_LEN],
    struct btz_span blob, void *key, struct btz_err *err);
void btz_tpmd_close_key(void *state, void *key);
/* Refuses what the TPM lacks and what cannot leave; draws out->id and the
 * authorization value of that key. */
BTZ_MUST_CHECK enum btz_rc btz_tpmd_begin_key(struct btz_tpmd *t,
    const struct btz_generate *g, struct btz_backend_key *out, uint8_t auth[32],
    struct btz_err *err);
/* SPKI and blob of out, from what the TPM made. */
BTZ_MUST_CHECK enum btz_rc btz_tpmd_seal_key(struct btz_tpmd *t,
    const struct btz_generate *g, const struct btz_tpm_keyform *form,
    const struct btz_tpm_key_blob *made, struct btz_backend_key *out,
    struct btz_err *err);
/* Create; data: of symmetric keys from outside, else empty. */
BTZ_MUST_CHECK enum btz_rc btz_tpmd_create(struct btz_tpmd *t,
    const struct btz_generate *g, const struct btz_tpm_keyform *form,
    struct btz_span data, struct btz_backend_key *out, struct btz_err *err);

/* tpm_import.c */
enum btz_rc btz_tpmd_import(void *state, const struct btz_generate *g,
    struct btz_span secret, struct btz_backend_key *out, struct btz_err *err);

/* tpm_attest.c */
enum btz_rc btz_tpmd_attest(void *state, void *key, struct btz_span blob,
    struct btz_span secret, struct btz_backend_attested *out,
    struct btz_err *err);

enum btz_rc btz_tpmd_sign(void *state, void *key,
    const struct btz_backend_sign *rq, struct btz_backend_sig *out,
    struct btz_err *err);
/* tpm_crypt.c, tpm_rsa.c: a request of a key. */
struct btz_tpmd_job {
	struct btz_tpmd *t;
	struct btz_tpmd_key *k;
	const struct btz_backend_crypt *rq;
};
/* What rc of btz_tpmd_run becomes when the input is to blame. */
enum btz_rc btz_tpmd_blame(const struct btz_tpmd_job *j, enum btz_rc rc,
    enum btz_rc as, struct btz_err *err);
enum btz_rc btz_tpmd_oaep(
    const struct btz_tpmd_job *j, struct btz_wr *out, struct btz_err *err);
enum btz_rc btz_tpmd_pkcs1(
    const struct btz_tpmd_job *j, struct btz_wr *out, struct btz_err *err);
enum btz_rc btz_tpmd_crypt(void *state, void *key,
    const struct btz_backend_crypt *rq, struct btz_wr *out,
    struct btz_err *err);

#endif
