/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide.h - may this HTTP request go on? Without Apache, sockets or memory of
 * its own, so that it is tested and fuzzed as it is.
 *
 * Two steps. btz_want_parse judges the form: what the method means (a table),
 * which share the path names, where Destination leads. btz_want_judge asks the
 * policy about each share that is touched and applies the rules for share
 * roots. Whatever is not expressly allowed is denied.
 *
 * Statuses: 403 no usable credential, or some grant but not for this; 404 no
 * grant on the share, no such share, or outside any share; 400 a path or
 * Destination that no honest client sends; 502 Destination on another server
 * (RFC 4918 9.8.5); 405 a method that /.bartizan/ does not have.
 */
#ifndef BTZ_HTTPD_DECIDE_H
#define BTZ_HTTPD_DECIDE_H

#include "httpd/place.h"
#include "policy/policy.h"

struct btz_hreq { /* borrowed */
	struct btz_span method;
	struct btz_span path; /* decoded, as Apache maps it to a file */
	struct btz_span host; /* Host header */
	bool has_destination;
	struct btz_span destination; /* header as it came */
	bool keep_existing;	     /* "Overwrite: F" */
	bool partial;		     /* Content-Range */
};

enum btz_effect {
	BTZ_EFFECT_READ,   /* one record, not waited for */
	BTZ_EFFECT_CHANGE, /* the decision is durable before it happens */
};

struct btz_want {
	const char *act; /* static lower-case verb for the record */
	enum btz_effect effect;
	bool has_dst;
	uint32_t src_actions, dst_actions; /* enum btz_action bits */
	bool root_fixed; /* the method may not be applied to a share root */
	struct btz_place src, dst;
	size_t dst_len;
	uint8_t dst_path[BTZ_PATH_MAX]; /* normalised Destination */
};

struct btz_decision {
	int status;	 /* 0: go on */
	const char *why; /* static text for the record */
};

/* False: *d says why not; what is known of *w is filled for the record. */
bool btz_want_parse(const struct btz_hreq *q, struct btz_want *w,
    struct btz_decision *d) BTZ_MUST_CHECK;

/* The policy: fills *out for one share (tenant and share may be empty: the
 * credential alone is judged, BTZ_DENY_ABSENT at best). */
typedef void btz_grants_fn(void *arg, struct btz_span tenant,
    struct btz_span share, uint32_t actions, struct btz_policy_answer *out);

/* answer: of the source share, for the record. */
void btz_want_judge(const struct btz_want *w, btz_grants_fn *fn, void *arg,
    struct btz_policy_answer *answer, struct btz_decision *d);

/* A sub-request that the server makes while it serves w: the destination again,
 * or a child of a listed collection. */
void btz_want_judge_sub(const struct btz_want *w, struct btz_span path,
    btz_grants_fn *fn, void *arg, struct btz_decision *d);

/* Open to everybody, without certificate and policy: what lies below
 * /.bartizan/ and /.well-known/. d is set when w is such a request. */
bool btz_want_reserved(const struct btz_want *w);

#endif
