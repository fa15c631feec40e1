/* SPDX-License-Identifier: Apache-2.0 */
/*
 * destroy.h - the end of a key: at once (op_destroy.c), or at the time that it
 * is doomed to. What is due is found by a timer that is set only while a key
 * is doomed; it looks at the clock again at least once a day.
 */
#ifndef BTZ_CRYPTO_DESTROY_H
#define BTZ_CRYPTO_DESTROY_H

#include "crypto/core.h"

struct btz_doom;

/* Every version, in the backend and in the store. BTZ_E_AGAIN: the backend is
 * busy; what was done of it stays done, and the key does not work any more.
 * BTZ_E_KEY_STATE: it is destroyed. */
BTZ_MUST_CHECK enum btz_rc btz_destroy_key(
    struct btz_core *core, const uint8_t id[BTZ_ID_LEN], struct btz_err *err);

BTZ_MUST_CHECK enum btz_rc btz_doom_new(
    struct btz_core *core, struct btz_doom **out, struct btz_err *err);
void btz_doom_free(struct btz_doom *d); /* NULL is fine */
/* A key was doomed or rescued, or the backend is there (again). */
void btz_doom_plan(struct btz_doom *d); /* NULL is fine */

#endif
