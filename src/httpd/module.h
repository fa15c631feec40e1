/* SPDX-License-Identifier: Apache-2.0 */
/*
 * module.h - what the files of mod_bartizan.so share. The way of a request:
 *
 *   access.c   btz_mod_judge     before the path is looked up on disk: decide,
 *                                record the decision of a change
 *              btz_mod_confirm   nothing passes that was not judged
 *   guard.c    the body of an upload: judged again while and when it ends
 *   relay.c    /.bartizan/ to the CA
 *   finish.c   the record of a read, an outcome or a denial
 *
 * One child process serves requests in threads (mpm_event): struct btz_child is
 * set up in child_init and safe between threads.
 */
#ifndef BTZ_HTTPD_MODULE_H
#define BTZ_HTTPD_MODULE_H

#include <stdbool.h>
#include <string.h>

#include <httpd.h> /* the others need it first */

#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

#include "httpd/cert.h"
#include "httpd/decide.h"
#include "httpd/link.h"
#include "httpd/record.h"

extern module AP_MODULE_DECLARE_DATA bartizan_module;

#define BTZ_MOD_RELAY "bartizan-ca" /* handler name */

struct btz_mod_conf {	  /* of the main server */
	const char *home; /* NULL: the system's places */
	bool home_set;
	bool reads_without_log;
	apr_array_header_t *tunnels; /* apr_ipsubnet_t *: networks of VPNs */
};

struct btz_child {
	struct btz_policy_reader *reader;
	struct btz_link *audit, *ca;
	const char *shares; /* directory */
	bool reads_without_log;
	const apr_array_header_t *tunnels;
};
extern struct btz_child btz_child;

enum btz_stage {
	BTZ_STAGE_DENIED,
	BTZ_STAGE_RESERVED, /* /.bartizan/, /.well-known/ */
	BTZ_STAGE_ALLOWED,
};

struct btz_state { /* of one request */
	uint64_t id;
	enum btz_stage stage;
	struct btz_want want;
	struct btz_facts facts; /* spans borrow from the request's pool */
	bool anonymous;
	bool withdrawn; /* an upload's permission went meanwhile */
	bool logged;	/* nothing more to record */
};

/* NULL: Apache refused the request before it was judged. */
struct btz_state *btz_mod_state(request_rec *r);

/* peer.c: the client certificate of this connection, read once; NULL: none
 * that TLS accepted. */
const struct btz_client_cert *btz_mod_peer(request_rec *r);
/* DER of the same, in the request's pool; empty without one. */
struct btz_span btz_mod_peer_der(request_rec *r);
struct btz_span btz_mod_from(request_rec *r); /* "address:port" */
/* enum btz_audit_via for the policy: vpn when the peer has an address of a
 * tunnel. An answer to one goes into the tunnel, so that nobody outside of it
 * can finish a handshake with it. */
uint8_t btz_mod_via(request_rec *r);
void btz_mod_peer_register(void); /* finds mod_ssl's functions */

/* access.c */
int btz_mod_judge(request_rec *r);
int btz_mod_confirm(request_rec *r);
/* Judges an allowed request again; always: also when the policy is the same.
 * False: it is not allowed any more. */
bool btz_mod_still(request_rec *r, struct btz_state *st, bool always);

void btz_mod_guard_register(void); /* guard.c: the filter */
void btz_mod_guard_insert(request_rec *r);
int btz_mod_relay(request_rec *r);
int btz_mod_finish(request_rec *r);

/* Logs err once, with the request id. */
void btz_mod_log(
    request_rec *r, const struct btz_state *st, const struct btz_err *err);

#endif
