/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.c - TEEC_* (GlobalPlatform TEE Client API 1.0) over hostkit's
 * transport; see teec_wire.h. A lost connection is TEEC_ERROR_COMMUNICATION,
 * origin COMMS, from then on.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <tee_client_api.h>

#include "teec_wire.h"
#include "wire/cursor.h"

#define TIMEOUT_S 90

static int
connect_path(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(sun.sun_path))
		return -1;
	memcpy(sun.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd >= 0 &&
	    connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) != 0) {
		(void)close(fd);
		fd = -1;
	}
	return fd;
}

TEEC_Result
TEEC_InitializeContext(const char *name, TEEC_Context *context)
{
	const struct timeval tv = { .tv_sec = TIMEOUT_S };
	char *end;
	long n;

	context->fd = -1;
	if (name == NULL)
		return TEEC_ERROR_BAD_PARAMETERS;
	if (strncmp(name, "fd:", 3) == 0) {
		n = strtol(name + 3, &end, 10);
		if (end == name + 3 || *end != '\0' || n < 0 || n > 65535)
			return TEEC_ERROR_BAD_PARAMETERS;
		context->fd = (int)n;
	} else {
		context->fd = connect_path(name);
	}
	/* Calls block, whatever the descriptor was given with; the receive
	 * time-out is for a TA that hangs. */
	if (context->fd < 0 ||
	    fcntl(context->fd, F_SETFL,
		fcntl(context->fd, F_GETFL) & ~O_NONBLOCK) != 0 ||
	    setsockopt(
		context->fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) != 0)
		return TEEC_ERROR_COMMUNICATION;
	return TEEC_SUCCESS;
}

void
TEEC_FinalizeContext(TEEC_Context *context)
{
	if (context->fd >= 0)
		(void)close(context->fd);
	context->fd = -1;
}

static uint32_t
type_of(const TEEC_Operation *op, size_t i)
{
	return op == NULL ? TEEC_NONE : (op->paramTypes >> (4 * i)) & 0xf;
}

static void
put_param(struct btz_wr *wr, const TEEC_Operation *op, size_t i)
{
	switch (type_of(op, i)) {
	case TEEC_VALUE_INPUT:
		btz_wr_u32(wr, op->params[i].value.a);
		btz_wr_u32(wr, op->params[i].value.b);
		break;
	case TEEC_MEMREF_TEMP_INPUT:
		btz_wr_bytes32(wr, btz_span_of(op->params[i].tmpref.buffer,
				       op->params[i].tmpref.size));
		break;
	case TEEC_MEMREF_TEMP_OUTPUT:
		btz_wr_u32(wr, (uint32_t)op->params[i].tmpref.size);
		break;
	default:
		break;
	}
}

static bool
take_param(struct btz_rd *rd, TEEC_Operation *op, size_t i)
{
	TEEC_TempMemoryReference *m;
	struct btz_span s;
	uint32_t size;

	if (type_of(op, i) == TEEC_VALUE_OUTPUT)
		return btz_rd_u32(rd, &op->params[i].value.a) &&
		       btz_rd_u32(rd, &op->params[i].value.b);
	if (type_of(op, i) != TEEC_MEMREF_TEMP_OUTPUT)
		return true;
	m = &op->params[i].tmpref;
	if (!btz_rd_u32(rd, &size) || !btz_rd_bytes32(rd, &s, m->size))
		return false;
	if (s.len > 0)
		memcpy(m->buffer, s.p, s.len);
	m->size = size;
	return true;
}

struct head {
	uint32_t op, session, command;
};

static TEEC_Result
exchange(
    int fd, uint8_t *buf, struct head *h, TEEC_Operation *op, uint32_t *origin)
{
	struct btz_wr wr;
	struct btz_rd rd;
	uint32_t result;
	ssize_t n;

	btz_wr_init(&wr, buf, TEEC_WIRE_MAX);
	btz_wr_u32(&wr, h->op);
	btz_wr_u32(&wr, h->session);
	btz_wr_u32(&wr, h->command);
	btz_wr_u32(&wr, op == NULL ? 0 : op->paramTypes);
	for (size_t i = 0; i < 4; i++)
		put_param(&wr, op, i);
	if (!btz_wr_ok(&wr))
		return TEEC_ERROR_BAD_PARAMETERS;
	if (send(fd, wr.buf, wr.len, MSG_NOSIGNAL) != (ssize_t)wr.len)
		return TEEC_ERROR_COMMUNICATION;
	do
		n = recv(fd, buf, TEEC_WIRE_MAX, 0);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return TEEC_ERROR_COMMUNICATION;
	btz_rd_init(&rd, buf, (size_t)n);
	if (!btz_rd_u32(&rd, &result) || !btz_rd_u32(&rd, origin) ||
	    !btz_rd_u32(&rd, &h->session))
		return TEEC_ERROR_COMMUNICATION;
	for (size_t i = 0; i < 4; i++)
		if (!take_param(&rd, op, i))
			return TEEC_ERROR_COMMUNICATION;
	return btz_rd_end(&rd) ? result : TEEC_ERROR_COMMUNICATION;
}

/* After a failed exchange the next answer would be that of this request. */
static TEEC_Result
call(TEEC_Context *ctx, struct head *h, TEEC_Operation *op, uint32_t *origin)
{
	uint8_t *buf;
	uint32_t from = TEEC_ORIGIN_COMMS;
	TEEC_Result res = TEEC_ERROR_COMMUNICATION;

	if (ctx->fd >= 0) {
		buf = malloc(TEEC_WIRE_MAX);
		if (buf == NULL)
			return TEEC_ERROR_GENERIC;
		res = exchange(ctx->fd, buf, h, op, &from);
		btz_wipe(buf, TEEC_WIRE_MAX);
		free(buf);
	}
	if (res == TEEC_ERROR_COMMUNICATION) {
		from = TEEC_ORIGIN_COMMS;
		TEEC_FinalizeContext(ctx);
	}
	if (origin != NULL)
		*origin = from;
	return res;
}

TEEC_Result
TEEC_OpenSession(TEEC_Context *context, TEEC_Session *session,
    const TEEC_UUID *destination, uint32_t method, const void *data,
    TEEC_Operation *operation, uint32_t *origin)
{
	struct head h = { .op = TEEC_WIRE_OPEN };
	TEEC_Result res;

	/* One TA behind this socket: the UUID chooses nothing. */
	(void)destination, (void)data, (void)operation;
	if (method != TEEC_LOGIN_PUBLIC)
		return TEEC_ERROR_NOT_SUPPORTED;
	res = call(context, &h, NULL, origin);
	session->ctx = context;
	session->session_id = h.session;
	return res;
}

void
TEEC_CloseSession(TEEC_Session *session)
{
	struct head h = { .op = TEEC_WIRE_CLOSE,
		.session = session->session_id };

	if (session->ctx != NULL)
		(void)call(session->ctx, &h, NULL, NULL);
	session->ctx = NULL;
}

TEEC_Result
TEEC_InvokeCommand(TEEC_Session *session, uint32_t command,
    TEEC_Operation *operation, uint32_t *origin)
{
	struct head h = { .op = TEEC_WIRE_INVOKE,
		.session = session->session_id,
		.command = command };

	if (session->ctx == NULL)
		return TEEC_ERROR_COMMUNICATION;
	return call(session->ctx, &h, operation, origin);
}
