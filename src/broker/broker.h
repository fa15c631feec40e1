/* SPDX-License-Identifier: Apache-2.0 */
/*
 * broker.h - what the parts of the broker share. The broker is the front door
 * of the KMS: who are you (policy.c), what may you use, here is your socket
 * (op_open.c); it narrows and withdraws leases (lease.c) and shows what there
 * is (op_list.c, op_status.c). Nothing of `sign` is here.
 */
#ifndef BTZ_BROKER_BROKER_H
#define BTZ_BROKER_BROKER_H

#include "base/backends.h"
#include "base/daemon.h"
#include "wire/limits.h"

#define BTZ_APPS_MAX 256u
#define BTZ_LEASES_MAX 1024u

struct btz_app { /* [app NAME] */
	char name[BTZ_NAME_MAX + 1];
	struct btz_conf_app conf;
};

struct btz_route {	  /* a backend and the program that reaches it */
	const char *name; /* of struct btz_backends */
	enum btz_prog prog;
	bool up;
	char label[BTZ_NAME_MAX + 1]; /* as it calls itself */
};

/* What the caller of OPEN may have. */
struct btz_allowance {
	char application[BTZ_NAME_MAX + 1];
	const char *role;
	uint32_t uid, ops, kinds, rate, max_keys;
	const char *backend; /* default route */
};

struct btz_lease_entry;
struct btz_open;

struct btz_broker {
	struct btz_host *host;
	struct btz_conf_broker conf;
	struct btz_app apps[BTZ_APPS_MAX];
	size_t n_apps;
	struct btz_backends backends;
	struct btz_route routes[BTZ_BACKENDS_MAX];
	size_t n_routes;
	struct btz_lease_entry *leases;
	size_t n_leases;
	struct btz_timer *expiry;
};

extern const struct btz_op_row btz_broker_ops[]; /* dispatch.c */
extern const size_t btz_broker_ops_count;

struct btz_broker *btz_broker_of(struct btz_host *h);
struct btz_route *btz_broker_route(struct btz_broker *b, struct btz_span name);
/* policy.c: from the role of the connection and the kernel's uid.
 * BTZ_E_DENIED: nobody we know. */
BTZ_MUST_CHECK enum btz_rc btz_policy_allow(const struct btz_broker *b,
    const struct btz_call *c, const struct btz_open *rq,
    struct btz_allowance *out, struct btz_err *err);
/* A record that is not waited for; the same again within a second is counted
 * (tell.c). act is a literal. */
void btz_broker_tell(struct btz_broker *b, uint64_t id, const char *act,
    const char *who, const char *obj, enum btz_rc rc);
void btz_broker_tell_counts(void *broker); /* what was counted so far */

btz_handler btz_op_open, btz_op_open_here, btz_op_lease_revoke, btz_op_narrow,
    btz_op_list, btz_op_status;

#endif
