/* SPDX-License-Identifier: Apache-2.0 */
/* lib.c - libbartizan: open and close a lease, errors, keys by label, and
 * calls in one line. Requests and answers: link.c, request.c. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/home.h"
#include "client/kms.h"
#include "lib/lib.h"

#define TIMEOUT_MS 30000u

static char *
default_path(struct btz_err *err)
{
	char path[512];

	if (btz_home_path(getenv("BARTIZAN_HOME"), "run/kms.sock", path,
		sizeof(path), err) != BTZ_OK)
		return NULL;
	return strdup(path);
}

static enum btz_rc
open_lease(struct bartizan *b, struct btz_conn *c)
{
	struct btz_open_ok ok;
	enum btz_rc rc = btz_conn_open(c, b->path, &b->err);

	c->timeout_ms = b->timeout_ms;
	if (rc == BTZ_OK)
		rc = btz_kms_open_here(c, b->want, 0, &ok, &b->err);
	if (rc != BTZ_OK) {
		btz_conn_close(c);
		return rc;
	}
	b->fd = c->fd;
	b->id = c->id;
	(void)snprintf(b->backend, sizeof(b->backend), "%.*s",
	    (int)ok.backend.len, (const char *)ok.backend.p);
	return rc;
}

/* Its buffer is large: not on the caller's stack, and not zeroed. */
static struct btz_conn *
new_conn(void)
{
	struct btz_conn *c = malloc(sizeof(*c));

	if (c != NULL)
		c->fd = -1;
	return c;
}

int
btz_lib_connect(struct bartizan *b)
{
	struct btz_conn *c;
	enum btz_rc rc;

	if (b->fd >= 0)
		return BARTIZAN_OK;
	if (b->path == NULL)
		return (int)BTZ_FAIL(&b->err, BTZ_E_NAME, "path of the socket");
	c = new_conn();
	if (c == NULL)
		return (int)BTZ_FAIL(&b->err, BTZ_E_NOMEM, "lease");
	rc = open_lease(b, c);
	free(c);
	return (int)rc;
}

int
bartizan_open(const char *socket, const char *backend, struct bartizan **out)
{
	struct bartizan *b = calloc(1, sizeof(*b));

	*out = b;
	if (b == NULL)
		return BARTIZAN_NOMEM;
	b->fd = -1;
	b->timeout_ms = TIMEOUT_MS;
	b->path = socket != NULL ? strdup(socket) : default_path(&b->err);
	b->want = backend != NULL ? strdup(backend) : NULL;
	return btz_lib_connect(b);
}

void
bartizan_close(struct bartizan *b)
{
	if (b == NULL)
		return;
	if (b->fd >= 0)
		(void)close(b->fd);
	free(b->path);
	free(b->want);
	btz_wipe(b, sizeof(*b));
	free(b);
}

const char *
bartizan_backend(const struct bartizan *b)
{
	return b->backend;
}

const char *
bartizan_error(const struct bartizan *b)
{
	/* Its own memory, not its state. */
	static _Thread_local char text[512];

	(void)snprintf(text, sizeof(text), "%s: %s%s%s", b->err.msg,
	    btz_rc_text(b->err.rc), *btz_rc_hint(b->err.rc) != '\0' ? "; " : "",
	    btz_rc_hint(b->err.rc));
	return text;
}

const char *
bartizan_strerror(int status)
{
	return btz_rc_text((uint32_t)status);
}

const char *
bartizan_hint(int status)
{
	return btz_rc_hint((uint32_t)status);
}

void
bartizan_set_timeout(struct bartizan *b, unsigned ms)
{
	b->timeout_ms = ms > INT32_MAX ? INT32_MAX : ms;
}

static enum btz_rc
only_one(
    struct btz_conn *c, const char *label, uint8_t *id, struct btz_err *err)
{
	struct btz_key_rows rows;
	struct btz_key_info k;
	struct btz_rd rd;
	enum btz_rc rc = btz_kms_list(c, NULL, label, &rows, err);
	int n = 0;

	if (rc != BTZ_OK)
		return rc;
	btz_rd_span(&rd, rows.rows);
	while (btz_kms_list_next(&rd, &k) == 1) {
		memcpy(id, k.id, BARTIZAN_ID_LEN);
		n++;
	}
	if (n == 0)
		return BTZ_FAIL(err, BTZ_E_NOENT, "key '%.100s'", label);
	return n == 1 ? BTZ_OK
		      : BTZ_FAIL(err, BTZ_E_AMBIGUOUS, "key '%.100s'", label);
}

/* On a lease of its own: lists are blocking calls of src/client. */
int
bartizan_find(
    struct bartizan *b, const char *label, uint8_t id[BARTIZAN_ID_LEN])
{
	struct btz_conn *c = new_conn();
	struct btz_open_ok ok;
	enum btz_rc rc;

	memset(id, 0, BARTIZAN_ID_LEN);
	if (c == NULL || b->path == NULL || *label == '\0') {
		free(c);
		return (int)BTZ_FAIL(&b->err, BTZ_E_INVAL, "find");
	}
	rc = btz_conn_open(c, b->path, &b->err);
	if (rc == BTZ_OK)
		rc = btz_kms_open_here(c, b->want, BTZ_USE_LIST, &ok, &b->err);
	if (rc == BTZ_OK)
		rc = only_one(c, label, id, &b->err);
	btz_conn_close(c);
	free(c);
	return (int)rc;
}

int
bartizan_generate(struct bartizan *b, uint16_t key_alg, uint32_t usage,
    const char *label, uint8_t id[BARTIZAN_ID_LEN])
{
	struct bartizan_request rq = { .op = BARTIZAN_OP_GENERATE,
		.alg = key_alg,
		.usage = usage,
		.label = label };
	struct bartizan_result r;
	int rc = bartizan_call(b, &rq, &r);

	memcpy(id, r.id, BARTIZAN_ID_LEN);
	return rc;
}

int
bartizan_sign(struct bartizan *b, const uint8_t id[BARTIZAN_ID_LEN],
    uint16_t alg, const void *message, size_t len, struct bartizan_result *out)
{
	struct bartizan_request rq = {
		.op = BARTIZAN_OP_SIGN, .alg = alg, .input = { message, len }
	};

	memcpy(rq.id, id, sizeof(rq.id));
	return bartizan_call(b, &rq, out);
}

int
bartizan_verify(struct bartizan *b, const uint8_t id[BARTIZAN_ID_LEN],
    uint16_t alg, const void *message, size_t len, const void *signature,
    size_t signature_len)
{
	struct bartizan_request rq = { .op = BARTIZAN_OP_VERIFY,
		.alg = alg,
		.input = { message, len },
		.proof = { signature, signature_len } };
	struct bartizan_result r;

	memcpy(rq.id, id, sizeof(rq.id));
	return bartizan_call(b, &rq, &r);
}

int
bartizan_random(struct bartizan *b, void *out, size_t len)
{
	struct bartizan_request rq = { .op = BARTIZAN_OP_RANDOM, .len = len };
	struct bartizan_result r;
	int rc = bartizan_call(b, &rq, &r);

	if (rc == BARTIZAN_OK && r.output.len != len)
		return (int)BTZ_FAIL(&b->err, BTZ_E_PROTO, "random");
	if (rc == BARTIZAN_OK)
		memcpy(out, r.output.p, len);
	return rc;
}
