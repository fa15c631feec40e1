/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access.h - the inside of bartizan-access. Files: main.c (life of the
 * process), dispatch.c (who may ask what), job.c (a change: tried, recorded,
 * done, published, answered), op_*.c (what happens), store.c (database),
 * compile.c and publish.c (database to policy file).
 */
#ifndef BTZ_ACCESS_ACCESS_H
#define BTZ_ACCESS_ACCESS_H

#include <stdio.h>

#include "base/daemon.h"
#include "base/db.h"
#include "policy/policy.h"
#include "wire/condition.h"
#include "wire/limits.h"

#define BTZ_RESERVE_S 600 /* how long an invite is held for one key */

struct btz_access {
	struct btz_host *host; /* NULL in tests without a process */
	struct btz_db *db;
	int policy_dir;
	struct btz_policy_reader *reader; /* what enforcers see */
	struct btz_timer *retry;	  /* publication that failed */
	FILE *passwd;			  /* for login names, or NULL */
	int64_t invite_hours;
	uint64_t now; /* Unix seconds of the request at hand */
};

/* main.c: the whole life of the process. */
int btz_access_main(int argc, char **argv);

extern const struct btz_op_row btz_access_ops[];
extern const size_t btz_access_ops_count;

/* What a change did, for its record and its answer. Texts are NUL-terminated
 * and cut to fit. */
struct btz_outcome {
	char tenant[BTZ_NAME_MAX + 1];
	char object[BTZ_URI_MAX + 1];
	char why[BTZ_TEXT_MAX / 2];
	char cred[2 * BTZ_SHA256_LEN + 1];
	char id[BTZ_URI_MAX + 1]; /* of what was made; may be a secret */
	char detail[BTZ_NAME_MAX + 1];
	uint64_t generation; /* in force; set by the job */
	bool policy;	     /* the policy file changes */
	bool same;	     /* nothing to do: no record, no publication */
};

/* Does the change inside an open transaction. Called twice: tried and rolled
 * back before the record is written, then for good. */
typedef enum btz_rc btz_apply_fn(struct btz_access *a, const void *msg,
    struct btz_outcome *out, struct btz_err *err);
typedef void btz_done_fn(
    const struct btz_ticket *t, const struct btz_outcome *out);

struct btz_job_kind {
	const char *act; /* in the record: "user.add" */
	const struct btz_msgdef *def;
	btz_apply_fn *apply;
	btz_done_fn *done; /* answers */
};

/* job.c: answers in every case, now or later. */
void btz_job_start(struct btz_access *a, const struct btz_call *c,
    const struct btz_job_kind *kind, const void *msg);
/* The part of a job after the record: transaction, publication. Also without
 * a process (tests). BTZ_E_NOT_CONFIRMED: stored, not published. */
BTZ_MUST_CHECK enum btz_rc btz_job_apply(struct btz_access *a,
    btz_apply_fn *apply, const void *msg, struct btz_outcome *out,
    struct btz_err *err);
/* A record that nobody waits for. */
void btz_access_event(struct btz_access *a, const struct btz_ticket *t,
    const char *act, const struct btz_outcome *o, enum btz_rc rc);

/* store.c */
BTZ_MUST_CHECK enum btz_rc btz_store_open(
    const char *path, struct btz_db **out, struct btz_err *err);
/* meta: text or number by key; absent: empty, 0. */
BTZ_MUST_CHECK enum btz_rc btz_store_text(struct btz_db *db, const char *key,
    char *out, size_t cap, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_store_set_text(struct btz_db *db,
    const char *key, struct btz_span value, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_store_num(
    struct btz_db *db, const char *key, uint64_t *out, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_store_set_num(
    struct btz_db *db, const char *key, uint64_t value, struct btz_err *err);
/* The frozen trust domain; BTZ_E_UNPROVISIONED before `init`. */
BTZ_MUST_CHECK enum btz_rc btz_store_domain(
    struct btz_db *db, char out[254], struct btz_err *err);

struct btz_tenant_row {
	int64_t id;
	char name[BTZ_NAME_MAX + 1];
	uint8_t tenant_id[BTZ_ID_LEN];
};
/* name empty: the only one there is (BTZ_E_AMBIGUOUS, BTZ_E_NOENT). */
BTZ_MUST_CHECK enum btz_rc btz_store_tenant(struct btz_db *db,
    struct btz_span name, struct btz_tenant_row *out, struct btz_err *err);

struct btz_principal_row {
	int64_t id;
	bool enabled;
	char kind[8]; /* "user", "device" */
	char name[BTZ_NAME_MAX + 1];
	char uri[BTZ_URI_MAX + 1];
};
/* text: "alice" (a user, else a device), "user/alice", "device/cam". */
BTZ_MUST_CHECK enum btz_rc btz_store_principal(struct btz_db *db,
    const struct btz_tenant_row *tenant, struct btz_span text,
    struct btz_principal_row *out, struct btz_err *err);
/* By SPIFFE URI; the trust domain must be ours. */
BTZ_MUST_CHECK enum btz_rc btz_store_by_uri(struct btz_db *db,
    struct btz_span uri, struct btz_tenant_row *tenant,
    struct btz_principal_row *out, struct btz_err *err);
/* spiffe://<domain>/<tenant>/<kind>/<name> */
BTZ_MUST_CHECK enum btz_rc btz_store_uri(struct btz_db *db, const char *tenant,
    const char *kind, struct btz_span name, char out[BTZ_URI_MAX + 1],
    struct btz_err *err);

/* In SQL, the window of a row b of bindings as one number; 0: none. There the
 * operators << and | have the same rank. */
#define BTZ_SQL_WINDOW "((b.days<<24)|(b.from_minute<<12)|b.to_minute)"
struct btz_window btz_store_window(int64_t packed);

/* compile.c: the database as a policy image (malloc'ed, the caller's). */
BTZ_MUST_CHECK enum btz_rc btz_compile(struct btz_db *db, uint64_t generation,
    uint64_t made, uint8_t **out, size_t *len, struct btz_err *err);

/* publish.c. Inside a transaction: takes the next generation and compiles. */
BTZ_MUST_CHECK enum btz_rc btz_publish_prepare(struct btz_access *a,
    uint8_t **image, size_t *len, uint64_t *generation, struct btz_err *err);
/* At start and after a failure: brings the folder to what the database says.
 * BTZ_E_UNPROVISIONED before `init`: nothing to publish. */
BTZ_MUST_CHECK enum btz_rc btz_publish_repair(
    struct btz_access *a, struct btz_err *err);

/* op_*.c */
btz_handler btz_op_change, btz_op_explain, btz_op_list, btz_op_status,
    btz_op_access_init, btz_op_invite_reserve, btz_op_credential_add,
    btz_op_credential_disable, btz_op_credential_states;
/* By noun, in op_tenant.c (tenants, roles, shares, VPNs), op_principal.c (users,
 * devices), op_binding.c, op_invite.c; all take struct btz_change. */
btz_apply_fn btz_apply_tenant_add, btz_apply_tenant_remove, btz_apply_role_add,
    btz_apply_role_remove, btz_apply_share_add, btz_apply_share_remove,
    btz_apply_vpn_add, btz_apply_vpn_remove, btz_apply_user_add,
    btz_apply_user_remove, btz_apply_user_enable, btz_apply_user_disable,
    btz_apply_device_add, btz_apply_device_remove, btz_apply_device_enable,
    btz_apply_device_disable, btz_apply_binding_add, btz_apply_binding_remove,
    btz_apply_invite_add, btz_apply_invite_remove;
/* These take the ca's messages. */
btz_apply_fn btz_apply_reserve, btz_apply_credential_add,
    btz_apply_credential_disable;

/* Copies a span as text, cut to fit. */
void btz_text_put(char *out, size_t cap, struct btz_span s);

#endif
