/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slow.h - the slow device behind a backend (a TPM), so that nobody who does
 * not need it waits for it: what was begun there is asked for by a timer, what
 * finds it busy waits for its turn.
 *
 *   state  what is under way              leaves when
 *   IDLE   nothing, no timer              btz_slow_begun, or one waits
 *   BEGUN  the backend said PENDING       its end() says something else
 *   TURN   timer: the next of the queue   it ran; refused again: in 16 ms
 */
#ifndef BTZ_CRYPTO_SLOW_H
#define BTZ_CRYPTO_SLOW_H

#include "crypto/core.h"
#include "wire/msg_approval.h"

#define BTZ_SLOW_QUEUE 16u

struct btz_slow;

BTZ_MUST_CHECK enum btz_rc btz_slow_new(
    struct btz_core *core, struct btz_slow **out, struct btz_err *err);
/* What waits still has its turn (and is refused); NULL is fine. */
void btz_slow_free(struct btz_slow *s);
/* The backend is gone: what was begun is lost (BTZ_E_TEE_DOWN). */
void btz_slow_gone(struct btz_slow *s);

/* Is something begun, or does somebody wait? Then the asker waits too. */
bool btz_slow_busy(const struct btz_slow *s);
/* The outcome, exactly once. err is set unless rc is BTZ_OK; bytes borrow. */
typedef void btz_slow_fn(enum btz_rc rc, uint64_t size, struct btz_span bytes,
    const struct btz_err *err, void *arg);
/* The backend has just answered BTZ_E_PENDING. */
void btz_slow_begun(struct btz_slow *s, btz_slow_fn *fn, void *arg);

/* fn when the device is free, once; it may wait again. BTZ_E_AGAIN: too many
 * wait; BTZ_E_NOMEM. Then fn is not called. */
BTZ_MUST_CHECK enum btz_rc btz_slow_wait(
    struct btz_slow *s, void (*fn)(void *arg), void *arg);
/* For a request that was refused with BTZ_E_AGAIN and changed nothing: the
 * handler gets it once more, with its lease looked up again. Nothing of it is
 * left in the buffers of the channels (btz_chan_wipe): msg is over. False: it
 * could not be kept; the caller answers. */
BTZ_MUST_CHECK bool btz_slow_park(struct btz_slow *s, const struct btz_call *c,
    const struct btz_msgdef *def, const void *msg, btz_handler *fn);

/* Who asked for what was begun. */
struct btz_slow_asker {
	struct btz_core *core;
	struct btz_ticket ticket;
	uint64_t lease;
	uint32_t use;
	uint8_t key[BTZ_ID_LEN]; /* or what else the record names */
	/* of ceremonies; the first half of the challenge's nonce */
	struct btz_approval_request what;
	uint8_t nonce[BTZ_ID_LEN];
};
/* NULL: no memory. fn frees it. */
struct btz_slow_asker *btz_slow_asker_new(struct btz_core *core,
    const struct btz_call *c, uint32_t use, const uint8_t key[BTZ_ID_LEN]);
/* The lease, if it still allows this; else NULL. */
struct btz_leased *btz_slow_lease(const struct btz_slow_asker *a);

#endif
