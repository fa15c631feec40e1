/* SPDX-License-Identifier: Apache-2.0 */
/* server.c - the TEE side of hostkit's TEEC_* transport; see teec_wire.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <tee_internal_api.h>

#include "hostkit.h"
#include "teec_wire.h"
#include "wire/cursor.h"

#define SESSIONS 8u

struct btz_hostkit_conn {
	int fd;
	struct {
		bool open;
		void *ctx;
	} sessions[SESSIONS];
	uint8_t in[TEEC_WIRE_MAX], out[TEEC_WIRE_MAX];
};

struct call {
	uint32_t op, session, command, types;
	TEE_Param params[4];
	size_t cap[4]; /* of output buffers, in room */
};

/* Output buffers, all zero between calls: one call at a time. */
static uint8_t room[4][TEEC_WIRE_MAX];

struct btz_hostkit_conn *
btz_hostkit_conn_new(int fd)
{
	struct btz_hostkit_conn *c = calloc(1, sizeof(*c));

	if (c != NULL)
		c->fd = fd;
	return c;
}

int
btz_hostkit_conn_fd(const struct btz_hostkit_conn *c)
{
	return c->fd;
}

void
btz_hostkit_conn_free(struct btz_hostkit_conn *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < SESSIONS; i++)
		if (c->sessions[i].open)
			TA_CloseSessionEntryPoint(c->sessions[i].ctx);
	(void)close(c->fd);
	free(c);
}

static bool
take_output(struct btz_rd *rd, struct call *k, size_t i)
{
	uint32_t size;

	if (!btz_rd_u32(rd, &size) || size > TEEC_WIRE_MAX)
		return false;
	k->params[i].memref.buffer = room[i];
	k->params[i].memref.size = size;
	k->cap[i] = size;
	return true;
}

/* What an answer left there is gone before the next. A trusted application that
 * wrote more than it said would leave that: ours is known not to. */
static void
clear_outputs(struct call *k)
{
	for (size_t i = 0; i < 4; i++)
		if (k->cap[i] > 0)
			btz_wipe(room[i], k->params[i].memref.size < k->cap[i]
					      ? k->params[i].memref.size
					      : k->cap[i]);
}

static bool
take_param(struct btz_rd *rd, struct call *k, size_t i)
{
	struct btz_span s;

	switch (TEE_PARAM_TYPE_GET(k->types, i)) {
	case TEE_PARAM_TYPE_NONE:
	case TEE_PARAM_TYPE_VALUE_OUTPUT:
		return true;
	case TEE_PARAM_TYPE_VALUE_INPUT:
		return btz_rd_u32(rd, &k->params[i].value.a) &&
		       btz_rd_u32(rd, &k->params[i].value.b);
	case TEE_PARAM_TYPE_MEMREF_INPUT:
		if (!btz_rd_bytes32(rd, &s, TEEC_WIRE_MAX))
			return false;
		memcpy(&k->params[i].memref.buffer, &s.p, sizeof(s.p));
		k->params[i].memref.size = s.len;
		return true;
	case TEE_PARAM_TYPE_MEMREF_OUTPUT:
		return take_output(rd, k, i);
	default:
		return false;
	}
}

static bool
parse(struct btz_span in, struct call *k)
{
	struct btz_rd rd;

	memset(k, 0, sizeof(*k));
	btz_rd_span(&rd, in);
	if (!btz_rd_u32(&rd, &k->op) || !btz_rd_u32(&rd, &k->session) ||
	    !btz_rd_u32(&rd, &k->command) || !btz_rd_u32(&rd, &k->types))
		return false;
	for (size_t i = 0; i < 4; i++)
		if (!take_param(&rd, k, i))
			return false;
	return btz_rd_end(&rd);
}

static TEE_Result
open_session(struct btz_hostkit_conn *c, struct call *k)
{
	TEE_Param none[4];

	memset(none, 0, sizeof(none));
	for (uint32_t i = 0; i < SESSIONS; i++) {
		TEE_Result res;

		if (c->sessions[i].open)
			continue;
		res = TA_OpenSessionEntryPoint(0, none, &c->sessions[i].ctx);
		c->sessions[i].open = res == TEE_SUCCESS;
		k->session = i + 1;
		return res;
	}
	return TEE_ERROR_OUT_OF_MEMORY;
}

static TEE_Result
run(struct btz_hostkit_conn *c, struct call *k)
{
	uint32_t i = k->session - 1;

	if (k->op == TEEC_WIRE_OPEN)
		return open_session(c, k);
	if (i >= SESSIONS || !c->sessions[i].open)
		return TEE_ERROR_BAD_STATE;
	if (k->op == TEEC_WIRE_CLOSE) {
		TA_CloseSessionEntryPoint(c->sessions[i].ctx);
		c->sessions[i].open = false;
		return TEE_SUCCESS;
	}
	if (k->op != TEEC_WIRE_INVOKE)
		return TEE_ERROR_NOT_SUPPORTED;
	return TA_InvokeCommandEntryPoint(
	    c->sessions[i].ctx, k->command, k->types, k->params);
}

static void
put_param(struct btz_wr *wr, const struct call *k, size_t i)
{
	const TEE_Param *p = &k->params[i];
	uint32_t type = TEE_PARAM_TYPE_GET(k->types, i);

	if (type == TEE_PARAM_TYPE_VALUE_OUTPUT) {
		btz_wr_u32(wr, p->value.a);
		btz_wr_u32(wr, p->value.b);
	} else if (type == TEE_PARAM_TYPE_MEMREF_OUTPUT) {
		bool fits = p->memref.size <= k->cap[i];

		btz_wr_u32(wr, (uint32_t)p->memref.size);
		btz_wr_bytes32(wr,
		    btz_span_of(p->memref.buffer, fits ? p->memref.size : 0));
	}
}

static bool
answer(struct btz_hostkit_conn *c, struct btz_span in)
{
	struct call k;
	struct btz_wr wr;
	bool ok = parse(in, &k);
	TEE_Result res = TEE_ERROR_BAD_FORMAT;

	if (ok)
		res = run(c, &k);
	btz_wr_init(&wr, c->out, sizeof(c->out));
	btz_wr_u32(&wr, res);
	btz_wr_u32(&wr, 4); /* origin: trusted application */
	btz_wr_u32(&wr, k.session);
	for (size_t i = 0; ok && i < 4; i++)
		put_param(&wr, &k, i);
	clear_outputs(&k);
	return ok && btz_wr_ok(&wr) &&
	       send(c->fd, wr.buf, wr.len, MSG_NOSIGNAL) == (ssize_t)wr.len;
}

bool
btz_hostkit_conn_serve(struct btz_hostkit_conn *c)
{
	ssize_t n;

	do
		n = recv(c->fd, c->in, sizeof(c->in), MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return true;
	/* A frame that is too long or malformed: our own peer lies. */
	if (n <= 0 || (size_t)n > sizeof(c->in))
		return false;
	return answer(c, btz_span_of(c->in, (size_t)n));
}
