/* SPDX-License-Identifier: Apache-2.0 */
/* client.c - a client that uses a box until it is stopped; contract in
 * client.h. Start at run(). */
#include "crash/client.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 5000

/* splitmix64 */
uint64_t
client_draw(struct client *c, uint64_t below)
{
	uint64_t z = c->random += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (z ^ z >> 31) % below;
}

void
client_complain(struct client *c, const char *form, ...)
{
	va_list ap;

	if (c->wrong[0] != '\0')
		return;
	va_start(ap, form);
	(void)vsnprintf(c->wrong, sizeof(c->wrong), form, ap);
	va_end(ap);
}

struct btz_conn *
client_conn(struct client *c, const struct key *k)
{
	return k->owner[0] == 'a'   ? &c->admin
	       : k->owner[0] == 'c' ? &c->ca
				    : &c->app;
}

bool
client_passing(enum btz_rc rc)
{
	static const enum btz_rc those[] = { BTZ_E_GONE, BTZ_E_IO, BTZ_E_FULL,
		BTZ_E_NO_LOG, BTZ_E_TIMEOUT, BTZ_E_AGAIN, BTZ_E_DOWN,
		BTZ_E_TEE_DOWN, BTZ_E_TPM_UNAVAILABLE };

	for (size_t i = 0; i < BTZ_COUNT(those); i++)
		if (rc == those[i])
			return true;
	return false;
}

/* Of a broker that was killed one would wait for the next, as `up` keeps the
 * socket. */
enum btz_rc
client_open(
    struct client *c, const char *path, struct btz_conn *to, uint32_t wait_ms)
{
	struct btz_open_ok ok;
	enum btz_rc rc = btz_conn_open(&c->broker, path, &c->err);

	c->broker.timeout_ms = wait_ms;
	if (rc == BTZ_OK)
		rc = btz_kms_open(
		    &c->broker, c->site->backend, 0, to, &ok, &c->err);
	btz_conn_close(&c->broker);
	return rc;
}

static enum btz_rc
open_ca(struct client *c)
{
	struct btz_open_ok ok;
	enum btz_rc rc;

	if (!c->site->tee)
		return BTZ_OK;
	btz_conn_adopt(&c->broker, dup(c->site->ca_fd));
	rc = btz_kms_open(&c->broker, "tee", 0, &c->ca, &ok, &c->err);
	btz_conn_close(&c->broker);
	return rc;
}

bool
client_connect(struct client *c)
{
	enum btz_rc rc = BTZ_OK;

	for (int ms = 0; ms < PATIENCE_MS; ms += 2) {
		client_hang_up(c);
		rc = client_open(c, c->site->app_path, &c->app, PATIENCE_MS);
		if (rc == BTZ_OK)
			rc = client_open(
			    c, c->site->admin_path, &c->admin, PATIENCE_MS);
		if (rc == BTZ_OK)
			rc = open_ca(c);
		if (rc == BTZ_OK)
			return true;
		(void)usleep(2000);
	}
	client_complain(c, "no lease: %s", c->err.msg);
	return false;
}

void
client_hang_up(struct client *c)
{
	btz_conn_close(&c->app);
	btz_conn_close(&c->admin);
	btz_conn_close(&c->ca);
}

void
client_forget(struct client *c, struct key *k)
{
	if (!k->unborn)
		memcpy(c->gone[c->n_gone++ % CLIENT_GONE], k->id, BTZ_ID_LEN);
	model_settle(k, false);
	*k = c->keys[--c->n_keys];
}

static bool
connected(const struct client *c)
{
	return c->app.fd >= 0 && c->admin.fd >= 0 &&
	       (c->ca.fd >= 0 || !c->site->tee);
}

/* Whatever is refused without a fault is wrong. */
static void
one(struct client *c)
{
	const unsigned i = client_draw_op(c);
	enum btz_rc rc = client_run_op(c, i);
	const bool fault = atomic_load(&c->site->fault);

	if (rc == BTZ_OK) {
		c->done++;
		atomic_fetch_add(&c->dones[i], 1);
	} else if (fault && client_passing(rc)) {
		c->in_doubt++;
		atomic_fetch_add(&c->doubts[i], 1);
		(void)usleep(500);
	} else if (rc != BTZ_E_NOENT || c->err.rc == BTZ_E_NOENT) {
		client_complain(
		    c, "%s: refused: %s", client_op_name(i), c->err.msg);
	}
}

static void *
run(void *arg)
{
	struct client *c = arg;

	while (!atomic_load(&c->site->stop) && connected(c) &&
	       c->wrong[0] == '\0') {
		memset(&c->err, 0, sizeof(c->err));
		one(c);
	}
	return NULL;
}

void
client_start(struct client *c)
{
	c->in_doubt = c->done = 0;
	if (pthread_create(&c->thread, NULL, run, c) != 0)
		abort();
}

void
client_end(struct client *c)
{
	client_hang_up(c);
	while (c->n_keys > 0)
		client_forget(c, &c->keys[0]);
	free(c->nonces);
	c->nonces = NULL;
	c->n_nonces = c->nonces_cap = c->n_gone = 0;
}
