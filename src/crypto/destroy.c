/* SPDX-License-Identifier: Apache-2.0 */
/* destroy.c - the end of a key, now or at its time; contract in destroy.h.
 * Start at btz_doom_plan(). */
#include "crypto/destroy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "crypto/hot.h"
#include "crypto/keystore.h"
#include "crypto/report.h"
#include "crypto/share.h"
#include "crypto/slow.h"

#define DAY_MS 86400000u
#define RETRY_MS 60000u

struct btz_doom {
	struct btz_core *core;
	struct btz_timer *timer;
	bool asked; /* a record is waited for */
	/* The key whose turn was the last one to fail: the others are next. */
	bool failed;
	struct btz_doomed at;
	uint64_t req;
	char hex[2 * BTZ_ID_LEN + 1];
};

struct blobs { /* of one key; the store is not asked while it is walked */
	struct btz_core *core;
	struct btz_err *err;
	enum btz_rc rc;
};

static bool
destroy_blob(const struct btz_key_row *row, void *arg)
{
	struct blobs *b = arg;

	if (row->blob.len > 0)
		b->rc = b->core->ops->destroy(
		    b->core->be->st, row->blob, b->err);
	/* From an attempt that did not come to its end. */
	if (b->rc == BTZ_E_KEY_GENERATION)
		b->rc = BTZ_OK;
	return b->rc == BTZ_OK;
}

/* Where the backend forgets keys: doomed from now on, so that a half
 * destroyed one is never used, and is finished (btz_doom_plan) after a crash or
 * a full disk. */
static enum btz_rc
mark(struct btz_core *core, struct btz_key_row *row, struct btz_err *err)
{
	if (row->info.protection == BTZ_PROT_SOFT ||
	    (row->info.state == BTZ_KEY_DOOMED &&
		row->info.destroy_at <= btz_unix_now()))
		return BTZ_OK;
	row->info.state = BTZ_KEY_DOOMED;
	row->info.destroy_at = btz_unix_now();
	return btz_keystore_change(core->store, &row->info, err);
}

enum btz_rc
btz_destroy_key(
    struct btz_core *core, const uint8_t id[BTZ_ID_LEN], struct btz_err *err)
{
	struct blobs b = { .core = core, .err = err, .rc = BTZ_OK };
	struct btz_key_row row;
	enum btz_rc rc;

	btz_core_look(core);
	btz_hot_drop(core->hot, id);
	if (core->be == NULL)
		return BTZ_FAIL(err, BTZ_E_TEE_DOWN, "backend");
	rc = btz_keystore_get(core->store, id, &row, err);
	if (rc == BTZ_OK && row.info.state == BTZ_KEY_DESTROYED)
		rc = BTZ_FAIL(err, BTZ_E_KEY_STATE, "already destroyed");
	/* Before anything is written: whoever is refused has changed nothing. */
	if (rc == BTZ_OK && row.info.protection != BTZ_PROT_SOFT &&
	    btz_slow_busy(core->slow))
		rc = BTZ_FAIL(err, BTZ_E_AGAIN, "the TPM is at work");
	if (rc == BTZ_OK)
		rc = mark(core, &row, err);
	if (rc == BTZ_OK)
		rc = btz_keystore_versions(
		    core->store, id, 0, destroy_blob, &b, err);
	if (rc == BTZ_OK)
		rc = b.rc;
	if (rc == BTZ_OK)
		rc = btz_keystore_destroy(core->store, id, err);
	if (rc == BTZ_OK)
		btz_shares_drop(core->shares, id);
	return rc;
}

static struct btz_audit
record(const struct btz_doom *d, uint8_t phase)
{
	return (struct btz_audit){ .phase = phase,
		.who = btz_span_str("service"),
		.via = BTZ_VIA_INTERNAL,
		.act = btz_span_str("key.destroy"),
		.obj = btz_span_str(d->hex) };
}

/* Rescued, or doomed anew, while the record was written? */
static bool
still_due(const struct btz_doom *d)
{
	struct btz_key_row row;
	struct btz_err err;

	return btz_keystore_get(d->core->store, d->at.id, &row, &err) ==
		   BTZ_OK &&
	       row.info.state == BTZ_KEY_DOOMED &&
	       row.info.destroy_at <= btz_unix_now();
}

static void
on_recorded(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct btz_doom *d = arg;
	struct btz_audit rec = record(d, BTZ_PH_OUTCOME);
	struct btz_err err = { .rc = BTZ_OK };

	(void)f;
	(void)fd;
	d->asked = false;
	if (rc != BTZ_OK) {
		btz_timer_set(d->timer, RETRY_MS);
		return;
	}
	rc = still_due(d) ? btz_destroy_key(d->core, d->at.id, &err)
			  : BTZ_E_STATE;
	rec.out = btz_span_str(rc == BTZ_OK ? "ok" : btz_rc_name(rc));
	btz_report_tell(d->core, d->req, &rec);
	if (rc == BTZ_OK || rc == BTZ_E_STATE) {
		btz_doom_plan(d);
	} else {
		btz_log_err(d->req, &err);
		d->failed = true;
		btz_timer_set(d->timer, RETRY_MS);
	}
}

static void
begin(struct btz_doom *d)
{
	struct btz_audit rec;

	for (size_t i = 0; i < BTZ_ID_LEN; i++)
		(void)snprintf(d->hex + 2 * i, 3, "%02x", d->at.id[i]);
	d->req = btz_host_new_id(d->core->host);
	rec = record(d, BTZ_PH_DECISION);
	rec.decision = BTZ_DEC_ALLOW;
	rec.why = btz_span_str("doomed");
	d->asked = btz_report_wait(d->core, d->req, &rec, on_recorded, d) ==
		   BTZ_OK;
	if (!d->asked)
		btz_timer_set(d->timer, RETRY_MS);
}

void
btz_doom_plan(struct btz_doom *d)
{
	const uint64_t now = btz_unix_now();
	uint64_t in;
	struct btz_err err;
	enum btz_rc rc;

	if (d == NULL || d->asked)
		return;
	btz_timer_cancel(d->timer);
	if (!d->failed)
		d->at = (struct btz_doomed){ .time = 0 };
	rc = btz_keystore_doomed(d->core->store, &d->at, &err);
	if (rc == BTZ_E_NOENT)
		return;
	if (rc != BTZ_OK) {
		btz_log_err(0, &err);
		return;
	}
	if (d->at.time <= now) {
		begin(d);
		return;
	}
	in = d->at.time - now;
	in = in < DAY_MS / 1000 ? in * 1000 : DAY_MS;
	if (d->failed && in > RETRY_MS)
		in = RETRY_MS;
	d->failed = false; /* all had their turn */
	btz_timer_set(d->timer, (uint32_t)in);
}

static void
on_time(void *arg)
{
	btz_doom_plan(arg);
}

enum btz_rc
btz_doom_new(struct btz_core *core, struct btz_doom **out, struct btz_err *err)
{
	struct btz_doom *d = calloc(1, sizeof(*d));

	*out = NULL;
	if (d == NULL || (d->timer = btz_timer_new(
			      btz_host_loop(core->host), on_time, d)) == NULL) {
		free(d);
		return BTZ_FAIL(err, BTZ_E_NOMEM, "doomed keys");
	}
	d->core = core;
	*out = d;
	return BTZ_OK;
}

void
btz_doom_free(struct btz_doom *d)
{
	if (d == NULL)
		return;
	btz_timer_free(d->timer);
	free(d);
}
