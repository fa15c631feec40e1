/* SPDX-License-Identifier: Apache-2.0 */
/* renew.c - see renew.h. Start at btz_renew(). */
#include "crypto/renew.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "crypto/keystore.h"
#include "crypto/newkey.h"
#include "crypto/report.h"
#include "crypto/slow.h"

#define AGAIN_MS 15000u /* longer than a record takes (report.c) */

struct job {
	struct btz_core *core;
	uint64_t id; /* of its records and log lines */
	uint8_t key[BTZ_ID_LEN];
	uint32_t version; /* that is nearly used up */
	char hex[2 * BTZ_ID_LEN + 1];
};

static struct btz_audit
record(const struct job *j, uint8_t phase)
{
	return (struct btz_audit){ .phase = phase,
		.who = btz_span_str("service"),
		.via = BTZ_VIA_INTERNAL,
		.act = btz_span_str("key.rotate"),
		.obj = btz_span_str(j->hex),
		.why = btz_span_str("nonce limit") };
}

/* BTZ_E_NOENT: somebody else has done it. */
static enum btz_rc
make(const struct job *j, struct btz_err *err)
{
	static struct btz_backend_key key;
	const struct btz_backend *be = j->core->be;
	struct btz_generate g;
	struct btz_key_row row, next;
	enum btz_rc rc = btz_keystore_get(j->core->store, j->key, &row, err);

	if (rc != BTZ_OK)
		return rc;
	if (row.info.version != j->version || row.info.state != BTZ_KEY_ENABLED)
		return BTZ_FAIL(err, BTZ_E_NOENT, "version to renew");
	if (be == NULL)
		return BTZ_FAIL(err, BTZ_E_TEE_DOWN, "backend");
	g = btz_newkey_again(&row);
	if ((rc = be->ops->generate(be->st, &g, &key, err)) != BTZ_OK)
		return rc;
	next = (struct btz_key_row){ .info = { .created = btz_unix_now(),
					 .spki = btz_span_of(
					     key.spki, key.spki_len) },
		.blob = btz_span_of(key.blob, key.blob_len) };
	memcpy(next.info.id, j->key, BTZ_ID_LEN);
	memcpy(next.version_id, key.id, BTZ_ID_LEN);
	return btz_keystore_rotate(j->core->store, &next, err);
}

static void
on_turn(void *arg)
{
	struct job *j = arg;
	struct btz_audit rec = record(j, BTZ_PH_OUTCOME);
	struct btz_err err;
	enum btz_rc rc = make(j, &err);

	if (rc == BTZ_E_AGAIN &&
	    btz_slow_wait(j->core->slow, on_turn, j) == BTZ_OK)
		return;
	btz_hot_drop(j->core->hot, j->key);
	rec.out = btz_span_str(rc == BTZ_OK ? "ok" : btz_rc_name(rc));
	btz_report_tell(j->core, j->id, &rec);
	if (rc != BTZ_OK)
		btz_log_err(j->id, &err);
	free(j);
}

static void
give_up(struct job *j, enum btz_rc rc)
{
	btz_log(BTZ_LOG_WARN, j->id, "key %s is not renewed: %s", j->hex,
	    btz_rc_text(rc));
	free(j);
}

static void
on_recorded(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	(void)f;
	(void)fd;
	if (rc == BTZ_OK)
		on_turn(arg);
	else
		give_up(arg, rc);
}

void
btz_renew(struct btz_core *core, struct btz_hotkey *k)
{
	const uint64_t now = btz_boot_ms();
	struct btz_audit rec;
	struct job *j;

	if (now < k->renew_at || (j = calloc(1, sizeof(*j))) == NULL)
		return;
	k->renew_at = now + AGAIN_MS;
	*j = (struct job){ .core = core,
		.id = btz_host_new_id(core->host),
		.version = k->version };
	memcpy(j->key, k->key_id, BTZ_ID_LEN);
	for (size_t i = 0; i < BTZ_ID_LEN; i++)
		(void)snprintf(j->hex + 2 * i, 3, "%02x", j->key[i]);
	rec = record(j, BTZ_PH_DECISION);
	rec.decision = BTZ_DEC_ALLOW;
	if (btz_report_wait(core, j->id, &rec, on_recorded, j) != BTZ_OK)
		give_up(j, BTZ_E_NO_LOG);
}
