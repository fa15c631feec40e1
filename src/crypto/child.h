/* SPDX-License-Identifier: Apache-2.0 */
/*
 * child.h - key generation that takes long (RSA), in a forked child with a
 * limit, so that the loop goes on; only the wrapped key comes back. A backend
 * that cannot fork (a token) does it beside itself: generate_begin.
 */
#ifndef BTZ_CRYPTO_CHILD_H
#define BTZ_CRYPTO_CHILD_H

#include "crypto/core.h"

/* key is NULL unless rc is BTZ_OK; borrowed. Called once. */
typedef void btz_child_fn(
    enum btz_rc rc, const struct btz_backend_key *key, void *arg);

/* The spans of g live until fn is called. BTZ_E_AGAIN: too many at a time; fn
 * is then not called, nor after another failure. */
BTZ_MUST_CHECK enum btz_rc btz_child_generate(struct btz_core *core,
    const struct btz_generate *g, btz_child_fn *fn, void *arg,
    struct btz_err *err);
/* The backend is going to be closed: those beside it are waited for, and fn
 * told BTZ_E_TEE_DOWN. */
void btz_child_gone(struct btz_core *core);

#endif
