/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch.h - group commit: new keys that are ready at about the same time go
 * to the disk by one commit. A key waits for others as long as there are tasks
 * that may bring one, but no longer than a millisecond.
 */
#ifndef BTZ_CRYPTO_BATCH_H
#define BTZ_CRYPTO_BATCH_H

#include "crypto/newkey.h"
#include "crypto/task.h"

struct btz_batch;

BTZ_MUST_CHECK enum btz_rc btz_batch_new(
    struct btz_core *core, struct btz_batch **out, struct btz_err *err);
/* What waits is stored and answered first. NULL is fine. */
void btz_batch_free(struct btz_batch *b);
/* The task ends by this: answered with its key_info when the key is durable,
 * or refused. g must live as long as t; key is copied. */
void btz_batch_add(struct btz_batch *b, struct btz_task *t,
    const struct btz_generate *g, const struct btz_backend_key *key);

#endif
