/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keyuse.h - what every operation with a private key does the same way: find
 * the key that the lease reaches, run the backend on the open key, tell the
 * audit log.
 */
#ifndef BTZ_CRYPTO_KEYUSE_H
#define BTZ_CRYPTO_KEYUSE_H

#include "crypto/hot.h"
#include "crypto/lease.h"
#include "crypto/report.h"

/* The version (0: the newest) of the key that a request names. Borrowed as of
 * btz_hot_get. BTZ_E_NOENT: none, or not of this lease. */
BTZ_MUST_CHECK enum btz_rc btz_keyuse_find(struct btz_core *core,
    const struct btz_leased *l, const uint8_t id[BTZ_ID_LEN], uint32_t version,
    struct btz_hotkey **out, struct btz_err *err);
/* fn on the open key of k; once more when the device forgot it (restart). */
typedef enum btz_rc btz_keyuse_fn(
    const struct btz_backend *be, void *key, void *arg, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_keyuse_run(struct btz_core *core,
    struct btz_hotkey *k, btz_keyuse_fn *fn, void *arg, struct btz_err *err);
/* The crypt of the backend, counted; out is appended to. */
BTZ_MUST_CHECK enum btz_rc btz_keyuse_crypt(struct btz_core *core,
    struct btz_hotkey *k, const struct btz_backend_crypt *rq,
    struct btz_wr *out, struct btz_err *err);
/* A good use of an application's key is counted for the summary (what is
 * wrong with the input, BTZ_E_SIGNATURE, too), everything else is one record.
 * k NULL: nothing is told, the lease does not reach the key. */
void btz_keyuse_record(struct btz_core *core, const struct btz_leased *l,
    const struct btz_hotkey *k, uint64_t request, enum btz_use_act act,
    enum btz_rc rc);
/* The lease may have expired while a slow device worked. */
BTZ_MUST_CHECK enum btz_rc btz_keyuse_still(
    const struct btz_leased *l, uint32_t use, struct btz_err *err);

#endif
