/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service.h - the audit process: one struct, and who calls whom.
 *
 *   main.c        life: folders, log, identity, confinement
 *   dispatch.c    who may ask what
 *   append.c      op_append: group of records, answers after the sync
 *   op_tail.c, op_status.c, op_init.c
 *   checkpoint.c  when and how the tree is signed
 */
#ifndef BTZ_AUDIT_SERVICE_H
#define BTZ_AUDIT_SERVICE_H

#include "audit/identity.h"
#include "audit/log.h"
#include "audit/record.h"
#include "base/daemon.h"

#define BTZ_AUDIT_TAILS 16 /* requests that wait for new records */

struct btz_ckpt;

struct btz_waiting { /* an APPEND that is answered after the sync */
	struct btz_ticket ticket;
	uint64_t seq;
};

struct btz_tailer {
	struct btz_audit_svc *svc;
	struct btz_ticket ticket;
	struct btz_timer *timer; /* NULL: free */
	uint64_t from;
	uint16_t max;
};

struct btz_audit_svc {
	struct btz_host *host;
	struct btz_conf_audit conf;
	struct btz_log *log;
	struct btz_identity id;
	struct btz_ckpt *ckpt;
	int dir; /* the audit folder */
	char log_name[8];
	char boot[40];
	uint64_t recovered_cut;
	uint64_t lost;		/* not recorded since the last `lost` record */
	uint64_t lost_in_group; /* said by a `lost` record of the group */
	uint64_t lost_total;
	enum btz_rc disk; /* of the last commit */
	struct btz_waiting *waiting;
	size_t n_waiting;
	struct btz_timer *commit_timer;
	struct btz_tailer tails[BTZ_AUDIT_TAILS];
};

extern const struct btz_op_row btz_audit_ops[];
extern const size_t btz_audit_ops_count;

btz_handler btz_op_append, btz_op_tail, btz_op_status, btz_op_audit_init,
    btz_op_checkpoint_now;

/* append.c */
BTZ_MUST_CHECK enum btz_rc btz_append_start(
    struct btz_audit_svc *a, struct btz_err *err);
void btz_append_end(struct btz_audit_svc *a);
/* An event of our own; counted as lost when it cannot be written. */
void btz_append_own(struct btz_audit_svc *a, const struct btz_audit *m);
void btz_append_flush(struct btz_audit_svc *a);

/* op_tail.c: answers those who wait, after a commit. */
void btz_tail_wake(struct btz_audit_svc *a);
void btz_tail_end(struct btz_audit_svc *a);

/* checkpoint.c */
BTZ_MUST_CHECK enum btz_rc btz_ckpt_new(
    struct btz_audit_svc *a, struct btz_err *err);
void btz_ckpt_free(struct btz_ckpt *k);
void btz_ckpt_grown(struct btz_ckpt *k); /* records were committed */
void btz_ckpt_edge(struct btz_ckpt *k);	 /* the broker is (back) up */
struct btz_ckpt_status {
	uint64_t size;	/* signed records */
	uint64_t at;	/* Unix seconds of the last signature, 0: before us */
	enum btz_rc rc; /* of the last attempt */
	bool waiting;	/* an attempt is under way or planned */
};
void btz_ckpt_get(const struct btz_ckpt *k, struct btz_ckpt_status *out);

#endif
