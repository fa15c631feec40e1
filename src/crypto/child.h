/* SPDX-License-Identifier: Apache-2.0 */
/*
 * child.h - key generation that takes long (RSA), in a forked child with a
 * limit, so that the loop goes on. Only the wrapped key comes back.
 */
#ifndef BTZ_CRYPTO_CHILD_H
#define BTZ_CRYPTO_CHILD_H

#include "crypto/core.h"

/* key is NULL unless rc is BTZ_OK; borrowed. Called once. */
typedef void btz_child_fn(
    enum btz_rc rc, const struct btz_backend_key *key, void *arg);

/* g is used by the child before this returns in the parent: nothing is
 * borrowed. BTZ_E_AGAIN: too many at a time; fn is then not called. */
BTZ_MUST_CHECK enum btz_rc btz_child_generate(struct btz_core *core,
    const struct btz_generate *g, btz_child_fn *fn, void *arg,
    struct btz_err *err);

#endif
