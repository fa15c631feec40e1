/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signer.h - the leased socket to the crypto service that holds our keys.
 *
 *   idle --need--> opening --lease and socket--> open
 *   opening --refused, broker down--> waiting --50 ms .. 1 s--> opening
 *   open --socket closed, lease invalid--> waiting
 *
 * A request first says btz_signer_need() and asks when told that it is open.
 */
#ifndef BTZ_BASE_SIGNER_H
#define BTZ_BASE_SIGNER_H

#include "base/daemon.h"
#include "wire/limits.h"

struct btz_signer;

/* arg of fn: the caller's. BTZ_OK: ask now, from inside fn. */
typedef void btz_signer_fn(enum btz_rc rc, void *arg);

BTZ_MUST_CHECK enum btz_rc btz_signer_new(struct btz_host *h,
    const char *backend, struct btz_signer **out, struct btz_err *err);
void btz_signer_free(struct btz_signer *s); /* those who wait: BTZ_E_GONE */
/* Calls fn once: now when open, else when it opens or after timeout_ms with
 * the reason why it does not. */
void btz_signer_need(
    struct btz_signer *s, uint32_t timeout_ms, btz_signer_fn *fn, void *arg);
/* As btz_chan_ask; BTZ_E_DOWN while not open. A lease that is refused makes
 * the signer connect again. */
BTZ_MUST_CHECK enum btz_rc btz_signer_ask(struct btz_signer *s, uint16_t op,
    uint64_t id, const struct btz_msgdef *def, const void *msg,
    uint32_t timeout_ms, btz_answer_fn *fn, void *arg);
/* An operation answered BTZ_E_LEASE: the socket is of no use any more. */
void btz_signer_lost(struct btz_signer *s);
bool btz_signer_open(const struct btz_signer *s);
/* "tee", "tee-emulated", ... as the broker said; "" while not open. */
const char *btz_signer_backend(const struct btz_signer *s);

#endif
