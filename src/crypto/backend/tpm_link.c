/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tpm_link.c - session, loaded keys, and what is done about failures; contract
 * in tpm_direct.h. Failure codes are not authenticated (session.h): none of
 * them decides anything but what is tried again. Start at btz_tpmd_run().
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "crypto/backend/tpm_direct.h"

#define TRIES 5
#define NAP_MS 20

enum cure {
	NONE = 0,
	WAIT,	 /* the TPM says: the same again */
	SESSION, /* a new one */
	KEYS,	 /* loaded again */
	ROOM,	 /* flushes what is there */
	STARTUP, /* it was off */
};

static const struct {
	uint32_t tpm_rc;
	enum cure cure;
} cures[] = {
	{ BTZ_TPM_RC_RETRY, WAIT },
	{ BTZ_TPM_RC_YIELDED, WAIT },
	{ BTZ_TPM_RC_TESTING, WAIT },
	{ BTZ_TPM_RC_NV_RATE, WAIT },
	{ BTZ_TPM_RC_REFERENCE_H0, KEYS },
	{ BTZ_TPM_RC_HANDLE_1, KEYS },
	{ 0x184u, KEYS }, /* TPM_RC_VALUE, handle 1: a handle of nobody */
	{ BTZ_TPM_RC_OBJECT_MEMORY, ROOM },
	{ BTZ_TPM_RC_SESSION_MEMORY, ROOM },
	{ BTZ_TPM_RC_SESSION_HANDLES, ROOM },
	{ BTZ_TPM_RC_INITIALIZE, STARTUP },
};

bool
btz_tpmd_is(uint32_t tpm_rc, uint32_t code)
{
	return (tpm_rc & 0x80u) != 0 && (tpm_rc & 0xbfu) == code;
}

static void
forget_keys(struct btz_tpmd *t)
{
	for (size_t i = 0; i < BTZ_TPMD_LOADED; i++) {
		if (t->loaded[i] != NULL)
			t->loaded[i]->handle = 0;
		t->loaded[i] = NULL;
	}
}

void
btz_tpmd_flush(struct btz_tpmd *t, uint32_t handle)
{
	const struct btz_tpm_in_handle in = { .handle = handle };
	uint8_t buf[32];
	struct btz_tpm_call call;
	struct btz_wr wr;

	btz_wr_init(&wr, buf, sizeof(buf));
	if (btz_tpm_build(NULL, BTZ_TPM_PLAIN, BTZ_TPM_FLUSH_CONTEXT, NULL, &in,
		&call, &wr) == BTZ_OK)
		btz_tpmd_io_post(&t->io, wr.buf, wr.len);
}

void
btz_tpmd_unload(struct btz_tpmd *t, struct btz_tpmd_key *k)
{
	if (k->handle == 0)
		return;
	btz_tpmd_flush(t, k->handle);
	k->handle = 0;
	for (size_t i = 0; i < BTZ_TPMD_LOADED; i++)
		if (t->loaded[i] == k)
			t->loaded[i] = NULL;
}

/* So that the next Load finds room: see tpm_direct.h. */
static void
make_room(struct btz_tpmd *t)
{
	const size_t keep = t->alone ? 1 : 2;
	struct btz_tpmd_key *oldest = NULL;
	size_t n = 0;

	for (size_t i = 0; i < BTZ_TPMD_LOADED; i++) {
		struct btz_tpmd_key *k = t->loaded[i];

		if (k == NULL)
			continue;
		n++;
		if (oldest == NULL || k->used < oldest->used)
			oldest = k;
	}
	if (n > keep)
		btz_tpmd_unload(t, oldest);
}

/* What the TPM is asked again for, all of it. */
static void
forget_all(struct btz_tpmd *t)
{
	forget_keys(t);
	btz_tpm_session_end(&t->tpm.session);
}

/* Ours first; a resource manager frees what belonged to a connection. */
static void
free_room(struct btz_tpmd *t)
{
	enum btz_rc rc = BTZ_OK;

	for (size_t i = 0; i < BTZ_TPMD_LOADED; i++)
		if (t->loaded[i] != NULL)
			btz_tpmd_unload(t, t->loaded[i]);
	forget_all(t);
	if (t->alone)
		rc = btz_tpm_flush_all(&t->tpm); /* nobody else's */
	else
		btz_tpmd_io_drop(&t->io);
	(void)rc; /* what is asked next tells */
}

static enum cure
cure_of(const struct btz_tpmd *t, enum btz_rc rc)
{
	if (rc == BTZ_E_TPM_AUTH || rc == BTZ_E_TPM_FORMAT)
		return SESSION;
	if (rc != BTZ_E_TPM_UNAVAILABLE)
		return NONE;
	if (t->tpm.tpm_rc == 0) /* the transport */
		return STARTUP;
	if (btz_tpm_rc_session(t->tpm.tpm_rc))
		return SESSION;
	for (size_t i = 0; i < BTZ_COUNT(cures); i++)
		if (cures[i].tpm_rc == t->tpm.tpm_rc)
			return cures[i].cure;
	return NONE;
}

/* A connection that broke: the TPM may have been off. */
static void
start_up(struct btz_tpmd *t)
{
	uint32_t v;
	enum btz_rc rc;

	forget_all(t);
	rc = btz_tpm_property_plain(&t->tpm, BTZ_TPM_PT_MANUFACTURER, &v);
	if (rc == BTZ_E_TPM_UNAVAILABLE &&
	    t->tpm.tpm_rc == BTZ_TPM_RC_INITIALIZE)
		rc = btz_tpm_startup(&t->tpm);
	if (rc == BTZ_OK && t->alone)
		rc = btz_tpm_flush_all(&t->tpm);
	t->lost = t->io.fd < 0 && rc != BTZ_OK;
}

/* False: there is no use in trying again. */
static bool
heal(struct btz_tpmd *t, enum btz_rc rc)
{
	const struct timespec nap = { .tv_nsec = NAP_MS * 1000000L };

	if (rc == BTZ_E_TPM_AUTH)
		t->forged++;
	switch (cure_of(t, rc)) {
	case WAIT:
		(void)nanosleep(&nap, NULL);
		return true;
	case SESSION:
		btz_tpm_close(&t->tpm);
		return true;
	case KEYS:
		forget_keys(t);
		return true;
	case ROOM:
		free_room(t);
		return true;
	case STARTUP:
		start_up(t);
		return !t->lost;
	case NONE:
		break;
	}
	return false;
}

static enum btz_rc
session(struct btz_tpmd *t)
{
	if (!btz_tpm_session_stale(&t->tpm.session))
		return BTZ_OK;
	t->sessions++;
	return btz_tpm_open(&t->tpm, t->srk.handle, &t->srk_pub);
}

static enum btz_rc
load(struct btz_tpmd *t, struct btz_tpmd_key *k)
{
	const struct btz_tpm_in_key_load in = { .priv = k->priv,
		.pub = k->pub };
	const struct btz_tpm_entity *ents[1] = { &t->srk };
	struct btz_tpm_out_load out;
	enum btz_rc rc;
	size_t i = 0;

	k->used = ++t->clock;
	if (k->handle != 0)
		return BTZ_OK;
	rc = btz_tpm_exec_row(
	    &t->tpm, BTZ_TPM_HMAC, &btz_tpm_key_load, ents, &in, &out);
	if (rc != BTZ_OK)
		return rc;
	k->handle = out.handle;
	while (i + 1 < BTZ_TPMD_LOADED && t->loaded[i] != NULL)
		i++;
	t->loaded[i] = k;
	return BTZ_OK;
}

static struct btz_tpm_entity
entity_of(const struct btz_tpmd_key *k)
{
	return (struct btz_tpm_entity){ .handle = k->handle,
		.name = k->name,
		.auth = { k->auth, sizeof(k->auth) } };
}

static enum btz_rc
attempt(struct btz_tpmd *t, struct btz_tpmd_key *k,
    const struct btz_tpm_cmd *row, const void *in, void *out)
{
	struct btz_tpm_entity e = t->srk;
	const struct btz_tpm_entity *ents[1] = { &e };
	enum btz_rc rc = session(t);

	if (rc == BTZ_OK && k != NULL) {
		rc = load(t, k);
		e = entity_of(k);
	}
	return rc == BTZ_OK
		   ? btz_tpm_exec_row(&t->tpm, BTZ_TPM_HMAC, row, ents, in, out)
		   : rc;
}

static enum btz_rc
tell(const struct btz_tpmd *t, const struct btz_tpm_cmd *row, enum btz_rc rc,
    struct btz_err *err)
{
	return BTZ_FAIL(err, rc, "TPM: %s: %s (0x%x)", row->name, t->tpm.why,
	    t->tpm.tpm_rc);
}

enum btz_rc
btz_tpmd_run(struct btz_tpmd *t, struct btz_tpmd_key *k,
    const struct btz_tpm_cmd *row, const void *in, void *out,
    struct btz_err *err)
{
	enum btz_rc rc = BTZ_OK;

	for (int i = 0; i < TRIES; i++) {
		rc = attempt(t, k, row, in, out);
		if (rc == BTZ_OK || !heal(t, rc))
			break;
	}
	make_room(t);
	return rc == BTZ_OK ? rc : tell(t, row, rc, err);
}

enum btz_rc
btz_tpmd_with(
    struct btz_tpmd *t, struct btz_tpmd_key *k, btz_tpmd_steps *fn, void *arg)
{
	enum btz_rc rc = BTZ_OK;

	for (int i = 0; i < TRIES; i++) {
		if ((rc = session(t)) == BTZ_OK &&
		    (rc = load(t, k)) == BTZ_OK) {
			const struct btz_tpm_entity e = entity_of(k);

			make_room(t); /* for one object of fn */
			rc = fn(t, &e, arg);
		}
		if (rc == BTZ_OK || !heal(t, rc))
			break;
	}
	make_room(t);
	return rc;
}

enum btz_rc
btz_tpmd_run_on(struct btz_tpmd *t, const struct btz_tpm_entity *e,
    const struct btz_tpm_cmd *row, const void *in, void *out,
    struct btz_err *err)
{
	const struct btz_tpm_entity *ents[1] = { e };
	const enum btz_rc rc = btz_tpm_exec_row(
	    &t->tpm, BTZ_TPM_HMAC, row, ents, in, out);

	if (rc != BTZ_OK)
		(void)heal(t, rc);
	return rc == BTZ_OK ? rc : tell(t, row, rc, err);
}

enum btz_rc
btz_tpmd_connect(struct btz_tpmd *t, struct btz_err *err)
{
	uint32_t maker = 0;
	enum btz_rc rc = BTZ_OK;

	for (int i = 0; i < TRIES; i++) {
		rc = btz_tpm_property_plain(
		    &t->tpm, BTZ_TPM_PT_MANUFACTURER, &maker);
		if (rc == BTZ_OK || !heal(t, rc))
			break;
	}
	/* Left behind by a program that was killed: ours, as nobody else is. */
	if (rc == BTZ_OK && t->alone)
		rc = btz_tpm_flush_all(&t->tpm);
	if (rc != BTZ_OK)
		return BTZ_FAIL(err, BTZ_E_TEE_DOWN,
		    "TPM at '%.80s': %s (0x%x)", t->io.path, t->tpm.why,
		    t->tpm.tpm_rc);
	for (size_t i = 0; i < 4; i++) {
		const char c = (char)(maker >> (24 - 8 * i));

		t->maker[i] = c;
		if (c <= ' ' || c > '~')
			t->maker[i] = '\0';
	}
	return BTZ_OK;
}
