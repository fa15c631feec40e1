/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judge.h - what a request to sign or verify means: does the input kind fit
 * the kind of key, the algorithm the key, the length the hash. Which key a
 * lease may name at all is lease.h.
 */
#ifndef BTZ_CRYPTO_JUDGE_H
#define BTZ_CRYPTO_JUDGE_H

#include "base/err.h"
#include "crypto/backend/backend.h"
#include "wire/msg_sign.h"
#include "wire/msg_verify.h"

struct btz_key_facts { /* what the judge needs to know about a key */
	uint8_t alg;   /* enum btz_key_alg */
	uint8_t kind;  /* enum btz_kind */
	uint8_t state; /* enum btz_key_state */
	uint32_t usage;
	uint64_t not_after; /* Unix seconds, 0: none */
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
/* What generate asks for, against what the backend makes and the lease may:
 * kinds are bits 1 << enum btz_kind. */
BTZ_MUST_CHECK enum btz_rc btz_judge_generate(const struct btz_backend_ops *ops,
    uint32_t kinds, const struct btz_generate *g, uint64_t now,
    struct btz_err *err);

#endif
