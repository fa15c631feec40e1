/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call.h - blocking requests over one SEQPACKET socket, for the command line
 * and the Apache module (programs without an event loop). One request at a
 * time per struct; not shared between threads.
 */
#ifndef BTZ_CLIENT_CALL_H
#define BTZ_CLIENT_CALL_H

#include "base/err.h"
#include "base/sock.h"
#include "wire/ops.h"

struct btz_conn {
	int fd; /* -1: not connected */
	uint32_t next_tag;
	uint32_t timeout_ms; /* per answer; default 30000 */
	uint64_t id;	     /* request id put into frames */
	/* Called for each BTZ_OP_PROGRESS answer; may be NULL. */
	void (*on_progress)(
	    uint16_t step, uint16_t steps, struct btz_span what, void *arg);
	void *arg;
	uint32_t ahead;	  /* tag of btz_conn_ahead, until its end is known */
	const char *peer; /* for errors; static. NULL: the operation's number */
	struct btz_msgbuf buf; /* holds the last answer */
};

/* Connects; *c needs no initialisation. BTZ_E_DOWN, BTZ_E_DENIED. */
BTZ_MUST_CHECK enum btz_rc btz_conn_open(
    struct btz_conn *c, const char *path, struct btz_err *err);
void btz_conn_adopt(struct btz_conn *c, int fd); /* takes fd */
void btz_conn_close(struct btz_conn *c);	 /* also twice */

/* Asks and waits. Spans in *out borrow from c until the next call. in/out
 * definitions NULL: empty body. got_fd NULL: none expected. The rc of the
 * answer is returned; err says what was asked of whom. A connection that
 * failed (BTZ_E_GONE, BTZ_E_TIMEOUT, BTZ_E_PROTO) is closed. */
BTZ_MUST_CHECK enum btz_rc btz_conn_call(struct btz_conn *c, uint16_t op,
    const struct btz_msgdef *in_def, const void *in,
    const struct btz_msgdef *out_def, void *out, int *got_fd,
    struct btz_err *err);
/* Sends a request whose success is not waited for; a refusal becomes the result
 * of the next call, and closes the connection. What follows names its sender
 * to whoever has the other end by then (SO_PASSCRED). */
BTZ_MUST_CHECK enum btz_rc btz_conn_ahead(struct btz_conn *c, uint16_t op,
    const struct btz_msgdef *def, const void *msg, struct btz_err *err);
/* Sends an event (no answer). Does not block longer than timeout_ms. */
BTZ_MUST_CHECK enum btz_rc btz_conn_event(struct btz_conn *c, uint16_t op,
    const struct btz_msgdef *def, const void *msg, struct btz_err *err);

#endif
