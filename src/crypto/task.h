/* SPDX-License-Identifier: Apache-2.0 */
/*
 * task.h - a request that changes something: it waits for its durable record,
 * happens, and its outcome is told and answered. The lease is looked up again
 * at each step.
 *
 *   state     what                            leaves when
 *   NEW       btz_task_new; the caller fills  btz_task_start
 *   RECORDED  the record is asked for         it is durable: run; else refused
 *   TURN      run said BTZ_E_AGAIN            the device is free: run again
 *   RUNNING   run said BTZ_OK                 btz_task_done or btz_task_fail
 *
 * Its memory is wiped before it is freed: it may hold secrets.
 */
#ifndef BTZ_CRYPTO_TASK_H
#define BTZ_CRYPTO_TASK_H

#include "crypto/lease.h"
#include "crypto/report.h"

#define BTZ_TASK_TEXT 160

struct btz_task;

struct btz_task_kind {
	const char *act; /* of its records */
	uint32_t use;	 /* enum btz_use, what the lease must allow */
	size_t size;	 /* of the struct that begins with a btz_task */
	/* BTZ_OK: it has called btz_task_done or _fail, or will. Else nothing
	 * has happened. */
	enum btz_rc (*run)(
	    struct btz_task *t, struct btz_leased *l, struct btz_err *err);
};

struct btz_task {
	const struct btz_task_kind *kind;
	const char *act; /* kind's, unless set */
	struct btz_core *core;
	struct btz_ticket ticket;
	uint64_t lease;
	uint8_t via;
	char who[BTZ_WHO_MAX], tenant[BTZ_NAME_MAX + 1];
	char obj[BTZ_LABEL_MAX + 1], why[BTZ_TASK_TEXT];
};

/* Zeroed but for the above; NULL: no memory, and that is answered. */
void *btz_task_new(const struct btz_task_kind *kind, const struct btz_call *c,
    const struct btz_leased *l);
/* What its records name: a key, or text (cut). */
void btz_task_key(struct btz_task *t, const uint8_t id[BTZ_ID_LEN]);
void btz_task_text(struct btz_task *t, struct btz_span obj);
/* From here on the task ends by itself. */
void btz_task_start(struct btz_task *t);
/* The lease, if it still allows this; else NULL. */
struct btz_leased *btz_task_lease(const struct btz_task *t);
/* The outcome, then the answer; t is gone. */
void btz_task_done(
    struct btz_task *t, const struct btz_msgdef *def, const void *msg);
void btz_task_fail(struct btz_task *t, const struct btz_err *err);

#endif
