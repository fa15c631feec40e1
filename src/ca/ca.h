/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ca.h - the certificate authority: its state and what its files share.
 *
 * One request = one file op_<verb>.c with a small struct that lives from the
 * handler to its one answer; each step asks a peer (edge or leased socket)
 * with a time-out and goes on in a callback on_<step>. Reading order: main.c,
 * dispatch.c, op_enrol.c, issue.c, base/signer.h, store.h.
 */
#ifndef BTZ_CA_CA_H
#define BTZ_CA_CA_H

#include "base/daemon.h"
#include "base/db.h"
#include "base/flood.h"
#include "base/signer.h"
#include "ca/store.h"
#include "der/x509.h"
#include "wire/msg_audit.h"
#include "wire/msg_ca.h"
#include "wire/msg_http.h"

#define BTZ_CA_STEP_MS 10000u /* one step that asks a peer */
#define BTZ_CA_KEY_MS 120000u /* a step that makes keys in the TEE or TPM */
#define BTZ_CA_ENROL_MAX 32u  /* enrolments at the same time; more: 429 */
#define BTZ_CA_BACKDATE 300u  /* notBefore and thisUpdate: now less this */

typedef void btz_ca_done_fn(enum btz_rc rc, void *arg);

struct btz_crl_waiter {
	struct btz_crl_waiter *next;
	btz_ca_done_fn *fn;
	void *arg;
};

struct btz_crl_state {
	struct btz_crl_row cur;		   /* what is published */
	struct btz_crl_waiter *now, *next; /* of this build, of the next one */
	bool busy, again;
	bool replay; /* the list at hand was asked for in an earlier life */
	struct btz_timer *timer;
	uint64_t building, this_update, next_update; /* of the build */
	struct btz_wr tbs;
};

struct btz_ca {
	struct btz_host *host;
	struct btz_conf_ca conf;
	struct btz_conf_https https;
	size_t n_vpns;
	struct btz_ca_vpn {
		char name[BTZ_NAME_MAX + 1];
		struct btz_conf_vpn conf;
	} vpns[BTZ_VPNS_MAX];
	struct btz_db *db;
	struct btz_signer *signer;
	struct btz_ca_row self;	       /* as stored */
	struct btz_x509 issuing, root; /* borrow from self, when ready */
	struct btz_crl_state crl;
	struct btz_crl_row root_crl; /* the root's newest, as stored */
	unsigned enrols;	     /* running now */
	struct btz_flood denials;
	uint64_t lost; /* records that could not be sent, not yet told */
	bool init_running, renewing;
	uint32_t step_ms; /* BTZ_CA_STEP_MS; tests shorten it */
	bool reconciling, reconciled;
	uint8_t crl_tbs[BTZ_CRL_MAX];
};

/* main.c's start and end, also used by tests: path is the database's. */
BTZ_MUST_CHECK enum btz_rc btz_ca_open(struct btz_ca *ca, struct btz_host *h,
    const char *path, struct btz_err *err);
void btz_ca_ready(struct btz_ca *ca); /* timers, first CRL, reconcile */
void btz_ca_close(struct btz_ca *ca);
/* Parses the stored certificates again after self changed. */
BTZ_MUST_CHECK enum btz_rc btz_ca_reload(
    struct btz_ca *ca, struct btz_err *err);
/* A certificate of the CA's key: by the root, a CA, of this key, with a serial
 * of ours. *x borrows from der. */
BTZ_MUST_CHECK enum btz_rc btz_ca_check_issuing(const struct btz_x509 *root,
    struct btz_span spki, struct btz_span der, struct btz_x509 *x);
void btz_ca_on_edge(struct btz_host *h, enum btz_prog other, bool up);

extern const struct btz_op_row btz_ca_ops[];
extern const size_t btz_ca_ops_count;

/* op_*.c */
btz_handler btz_ca_op_init, btz_ca_op_http, btz_ca_op_revoke, btz_ca_op_server,
    btz_ca_op_vpn, btz_ca_op_list, btz_ca_op_status, btz_ca_op_chain,
    btz_ca_op_crl;
btz_handler btz_ca_op_renew, btz_ca_op_renew_plan, btz_ca_op_root_crl;
/* Goes on with a renewal that an earlier life of the CA did not end. */
void btz_ca_renew_resume(struct btz_ca *ca);
/* A route of the HTTP relay (op_enrol.c); rq borrowed until it returns. */
void btz_ca_enrol(
    struct btz_ca *ca, const struct btz_ticket *t, const struct btz_http *rq);
/* Answers a relayed request: text about rc, or a document. */
void btz_ca_http_fail(
    const struct btz_ticket *t, uint16_t status, enum btz_rc rc);
void btz_ca_http_ok(
    const struct btz_ticket *t, const char *type, struct btz_span body);

/* vpn_info.c: [vpn NAME] of the configuration (arg: the CA); the document about
 * one, false: it is not the path of any. */
enum btz_rc btz_ca_on_vpn(
    const char *label, const void *conf, void *arg, struct btz_err *err);
bool btz_ca_vpn_info(
    struct btz_ca *ca, const struct btz_ticket *t, struct btz_span path);

/* crl.c: a new CRL that covers what is stored now; fn is called when it is
 * published or could not be made (then it is tried again by itself). */
void btz_ca_crl_rebuild(struct btz_ca *ca, btz_ca_done_fn *fn, void *arg);
void btz_ca_crl_start(struct btz_ca *ca);
void btz_ca_crl_end(struct btz_ca *ca);

/* issue.c: signs and stores one certificate. */
struct btz_issue_rq {
	uint64_t id;		/* request id */
	uint8_t profile;	/* enum btz_profile */
	struct btz_span spki;	/* P-256, checked */
	struct btz_span cn;	/* empty: empty subject */
	struct btz_span tenant; /* empty: the box */
	struct btz_span uri;	/* SPIFFE id of users and devices */
	const struct btz_span *dns, *ips;
	size_t n_dns, n_ips;
	uint64_t days;
};
typedef void btz_issued_fn(
    enum btz_rc rc, const struct btz_cert_row *row, void *arg);
/* fn is called exactly once, perhaps before this returns; row is NULL unless
 * BTZ_OK and borrowed until fn returns. All spans are copied. */
void btz_ca_issue(struct btz_ca *ca, const struct btz_issue_rq *rq,
    btz_issued_fn *fn, void *arg);

/* reconcile.c: compares with access and repairs; again when access is back. */
void btz_ca_reconcile(struct btz_ca *ca);

/* audit.c. Waited: fn with the result (BTZ_E_NO_LOG when audit is gone). */
void btz_ca_audit(struct btz_ca *ca, uint64_t id, const struct btz_audit *rec,
    btz_ca_done_fn *fn, void *arg);
void btz_ca_audit_event(
    struct btz_ca *ca, uint64_t id, const struct btz_audit *rec);
/* The same for what anybody can cause: beyond a rate it is only counted. */
void btz_ca_audit_denial(
    struct btz_ca *ca, uint64_t id, const struct btz_audit *rec);

#endif
