/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link.h - connections of one Apache child to one of our sockets, shared by
 * its threads: each call takes a free connection or opens another, so that
 * threads wait for their own answer only (audit commits them in groups). A
 * new connection is pinged first: the supervisor holds the listening socket of
 * a program that is down, so that connecting alone says nothing. After a
 * failure to connect, calls fail at once for 200 ms.
 */
#ifndef BTZ_HTTPD_LINK_H
#define BTZ_HTTPD_LINK_H

#include "base/err.h"
#include "wire/field.h"
#include "wire/limits.h"

struct btz_link;

/* path: of the socket; copied. Nothing is connected yet. */
BTZ_MUST_CHECK enum btz_rc btz_link_new(const char *path, uint32_t timeout_ms,
    struct btz_link **out, struct btz_err *err);
void btz_link_free(struct btz_link *l); /* no call may be under way; NULL ok */

/* Asks and waits. When rc is BTZ_OK and done is set, done(out, arg) runs while
 * the spans in *out still borrow from the connection. BTZ_E_DOWN, BTZ_E_GONE,
 * BTZ_E_TIMEOUT, BTZ_E_PROTO, or what the answer says. When the connection is
 * found gone the call is repeated once over a new one: only for operations
 * whose repetition does no harm. */
struct btz_link_call {
	uint16_t op;
	uint64_t id; /* request id */
	const struct btz_msgdef *in_def;
	const void *in;
	const struct btz_msgdef *out_def; /* NULL: no body */
	void *out;
	void (*done)(const void *out, void *arg);
	void *arg;
};
BTZ_MUST_CHECK enum btz_rc btz_link_call(
    struct btz_link *l, const struct btz_link_call *c, struct btz_err *err);
/* Sends an event; no answer. */
BTZ_MUST_CHECK enum btz_rc btz_link_event(struct btz_link *l, uint16_t op,
    uint64_t id, const struct btz_msgdef *def, const void *msg,
    struct btz_err *err);
/* Would an event go out? Connects if need be and waits a second at most: the
 * other side hanging with a full buffer is no. */
bool btz_link_ready(struct btz_link *l);

#endif
