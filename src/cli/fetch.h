/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch.h - one HTTPS request to a box, over libssl (docs/decisions/0004 says
 * why not libcurl). With a root: the server's chain must lead to that root and
 * to no other, and its certificate must have the host's name. Without one:
 * only for fetching the root itself, which the caller checks against a pin;
 * nothing secret may be sent, and the function refuses to.
 */
#ifndef BTZ_CLI_FETCH_H
#define BTZ_CLI_FETCH_H

#include "cli/invite.h"

#define BTZ_FETCH_MAX 131072u

struct btz_fetch {
	struct btz_url url;
	const char *method, *path;
	const char *token;    /* Bearer, or NULL */
	struct btz_span body; /* may be empty */
	struct btz_span root; /* DER; empty: not verified */
};

struct btz_fetch_answer {
	int status;
	struct btz_span body; /* in buf */
	size_t len;
	char buf[BTZ_FETCH_MAX + 1];
};

/* BTZ_E_DOWN: no connection. BTZ_E_VERIFY: the server is not the box. Any
 * HTTP status is BTZ_OK. */
BTZ_MUST_CHECK enum btz_rc btz_fetch(const struct btz_fetch *rq,
    struct btz_fetch_answer *out, struct btz_err *err);
/* Splits status and body; false: not an HTTP/1 answer. */
bool btz_fetch_parse(struct btz_fetch_answer *a) BTZ_MUST_CHECK;
/* leaf first, each verified by the next, the last one by root; the leaf's key
 * is spki. BTZ_E_VERIFY. */
BTZ_MUST_CHECK enum btz_rc btz_fetch_check_chain(struct btz_span chain_pem,
    struct btz_span root, struct btz_span spki, struct btz_err *err);

#endif
