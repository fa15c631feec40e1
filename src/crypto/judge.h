/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judge.h - what a request about a key means: does the verb fit usage, state
 * and kind of the key, the algorithm the key, the length the hash. Which key a
 * lease may name at all is lease.h; how often it was used, uses.h.
 */
#ifndef BTZ_CRYPTO_JUDGE_H
#define BTZ_CRYPTO_JUDGE_H

#include "base/err.h"
#include "crypto/backend/backend.h"
#include "wire/msg_crypt.h"
#include "wire/msg_sign.h"
#include "wire/msg_verify.h"

struct btz_key_facts { /* what the judge needs to know about a key */
	uint8_t alg;   /* enum btz_key_alg */
	uint8_t kind;  /* enum btz_kind */
	uint8_t state; /* enum btz_key_state */
	uint8_t flags; /* enum btz_keyblob_flags, btz_key_flag */
	uint32_t usage;
	uint64_t not_after; /* Unix seconds, 0: none */
	uint16_t only_sig, only_crypt;
	uint64_t uses_max;
};

/* Fills *out (spans borrow from rq) for the backend, digest included.
 * BTZ_E_KEY_*, BTZ_E_DIGEST_LEN, BTZ_E_EXPIRED, BTZ_E_INVAL. */
BTZ_MUST_CHECK enum btz_rc btz_judge_sign(const struct btz_key_facts *k,
    const struct btz_sign *rq, uint64_t now, struct btz_backend_sign *out,
    struct btz_err *err);
/* Verifying needs the usage VERIFY of an application's key; a key that has
 * expired or was disabled still verifies. Fills digest (not for Ed25519, whose
 * message is signed itself). */
BTZ_MUST_CHECK enum btz_rc btz_judge_verify(const struct btz_key_facts *k,
    const struct btz_verify *rq, uint8_t digest[BTZ_DIGEST_MAX],
    struct btz_err *err);

/* ENCRYPT, DECRYPT, MAC, MAC_VERIFY, DERIVE: use is the one of the operation
 * (MAC: SIGN, MAC_VERIFY: VERIFY). What is older than the key's expiry can
 * still be decrypted and verified. BTZ_E_KEY_*, BTZ_E_EXPIRED. */
BTZ_MUST_CHECK enum btz_rc btz_judge_use(const struct btz_key_facts *k,
    enum btz_use use, uint16_t alg, uint64_t now, struct btz_err *err);
/* The lengths that no backend has to look at. BTZ_E_INVAL, BTZ_E_RANGE. */
BTZ_MUST_CHECK enum btz_rc btz_judge_derive(
    const struct btz_derive *rq, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_judge_crypt(const struct btz_key_facts *k,
    enum btz_use use, const struct btz_crypt *rq, struct btz_err *err);

/* Is it in this backend? BTZ_E_UNSUPPORTED; the text names those that have it.
 * A backend that lists no signatures makes those of its keys. */
BTZ_MUST_CHECK enum btz_rc btz_judge_sig_here(
    const struct btz_backend_ops *ops, uint16_t alg, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_judge_crypt_here(
    const struct btz_backend_ops *ops, uint16_t alg, struct btz_err *err);

/* What generate (or import) asks for, against what the backend makes and the
 * lease may: kinds are bits 1 << enum btz_kind. */
BTZ_MUST_CHECK enum btz_rc btz_judge_generate(const struct btz_backend_ops *ops,
    uint32_t kinds, const struct btz_generate *g, uint64_t now,
    struct btz_err *err);
/* The part that the backend seals: flags of the service are not. */
struct btz_generate btz_judge_sealed(const struct btz_generate *g);
/* NAME=VALUE lines, each with a newline, each name once. NAME: a-z 0-9 . _ -;
 * VALUE: UTF-8 without control characters. Empty: none. */
BTZ_MUST_CHECK bool btz_labels_ok(struct btz_span labels);

#endif
