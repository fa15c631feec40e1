/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_key_change.c - what may be done with a key changes. One table says what
 * there is; each row is asked twice: before the record (does it mean
 * something?) and after it, on the key as it is then.
 */
#include <stdio.h>
#include <string.h>

#include "crypto/destroy.h"
#include "crypto/hot.h"
#include "crypto/judge.h"
#include "crypto/keystore.h"
#include "crypto/labels.h"
#include "crypto/share.h"
#include "crypto/task.h"
#include "wire/msg_lifecycle.h"
#include "wire/name.h"

#define TEN_YEARS 315360000u
#define SHARED_USES (BTZ_USES_OF_KEY | BTZ_USE_EXPORT_PUBLIC)

struct change { /* of one key */
	struct btz_core *core;
	const struct btz_key_set *rq;
	struct btz_key_row *row; /* in: as it is; out: as it is to be */
	uint8_t *room;		 /* BTZ_LABELS_MAX, for what is made anew */
	bool own;		 /* asked by its owner, not an administrator */
};

struct job {
	struct btz_task t;
	struct btz_key_set rq; /* text points below */
	char text[BTZ_TEXT_MAX];
};

static enum btz_rc
wants_settled(const struct btz_key_info *k, struct btz_err *err)
{
	if (k->state != BTZ_KEY_ENABLED && k->state != BTZ_KEY_DISABLED)
		return BTZ_FAIL(err, BTZ_E_KEY_STATE, "key is %s",
		    btz_key_state_name(k->state));
	return BTZ_OK;
}

/* Of the whole key, or of a version that there is. */
static enum btz_rc
set_state(struct change *c, uint8_t state, struct btz_err *err)
{
	struct btz_key_info *k = &c->row->info;
	struct btz_key_row at;
	enum btz_rc rc = wants_settled(k, err);

	if (rc != BTZ_OK)
		return rc;
	if (c->rq->value == 0) {
		k->state = state;
		return BTZ_OK;
	}
	if (c->rq->value > BTZ_VERSIONS_MAX)
		return BTZ_FAIL(err, BTZ_E_NOENT, "version of the key");
	return btz_keystore_version(
	    c->core->store, k->id, (uint32_t)c->rq->value, &at, err);
}

static enum btz_rc
enable(struct change *c, struct btz_err *err)
{
	return set_state(c, BTZ_KEY_ENABLED, err);
}

static enum btz_rc
disable(struct change *c, struct btz_err *err)
{
	return set_state(c, BTZ_KEY_DISABLED, err);
}

static enum btz_rc
min_version(struct change *c, struct btz_err *err)
{
	struct btz_key_info *k = &c->row->info;

	if (c->rq->value > k->version)
		return BTZ_FAIL(err, BTZ_E_NOENT, "version %llu, %u is in use",
		    (unsigned long long)c->rq->value, k->version);
	if (c->rq->value <= k->min_version)
		return BTZ_FAIL(err, BTZ_E_KEY_POLICY,
		    "least version %llu, it is %u",
		    (unsigned long long)c->rq->value, k->min_version);
	k->min_version = (uint32_t)c->rq->value;
	return BTZ_OK;
}

static enum btz_rc
doom(struct change *c, struct btz_err *err)
{
	const struct btz_conf_crypto *cf = &c->core->conf;
	const uint64_t now = btz_unix_now();
	struct btz_key_info *k = &c->row->info;
	uint64_t at = c->rq->value;
	enum btz_rc rc = wants_settled(k, err);

	if (rc != BTZ_OK)
		return rc;
	if (at == 0)
		at = now + (uint64_t)cf->destroy_grace;
	if (at < now + (uint64_t)cf->destroy_grace_min || at > now + TEN_YEARS)
		return BTZ_FAIL(err, BTZ_E_RANGE,
		    "destruction in %lld s, crypto.destroy_grace_min is %lld",
		    (long long)(at - now), (long long)cf->destroy_grace_min);
	k->state = BTZ_KEY_DOOMED;
	k->destroy_at = at;
	return BTZ_OK;
}

static enum btz_rc
rescue(struct change *c, struct btz_err *err)
{
	struct btz_key_info *k = &c->row->info;

	if (k->state != BTZ_KEY_DOOMED)
		return BTZ_FAIL(err, BTZ_E_KEY_STATE, "key is %s",
		    btz_key_state_name(k->state));
	/* Versions of it may be gone already. */
	if (k->destroy_at <= btz_unix_now())
		return BTZ_FAIL(err, BTZ_E_KEY_STATE, "key is being destroyed");
	k->state = BTZ_KEY_DISABLED;
	k->destroy_at = 0;
	return BTZ_OK;
}

static enum btz_rc
label(struct change *c, struct btz_err *err)
{
	struct btz_key_info *k = &c->row->info;
	struct btz_span made;
	enum btz_rc rc = btz_labels_set(
	    k->labels, c->rq->text, c->room, &made, err);

	if (rc == BTZ_OK && !btz_labels_ok(made))
		rc = BTZ_FAIL(err, BTZ_E_INVAL, "value of a label");
	if (rc == BTZ_OK)
		k->labels = made;
	return rc;
}

static enum btz_rc
rename_key(struct change *c, struct btz_err *err)
{
	if (c->rq->text.len == 0 || c->rq->text.len > BTZ_LABEL_MAX)
		return BTZ_FAIL(
		    err, BTZ_E_INVAL, "label of %zu bytes", c->rq->text.len);
	c->row->info.label = c->rq->text;
	return BTZ_OK;
}

static enum btz_rc
not_after(struct change *c, struct btz_err *err)
{
	struct btz_key_info *k = &c->row->info;

	if (c->rq->value == 0 ||
	    (k->not_after != 0 && c->rq->value >= k->not_after))
		return BTZ_FAIL(err, BTZ_E_KEY_POLICY, "expiry not earlier");
	k->not_after = c->rq->value;
	return BTZ_OK;
}

static enum btz_rc
uses_max(struct change *c, struct btz_err *err)
{
	struct btz_key_info *k = &c->row->info;

	if (c->rq->value == 0 ||
	    (k->uses_max != 0 && c->rq->value >= k->uses_max))
		return BTZ_FAIL(err, BTZ_E_KEY_POLICY, "number of uses");
	k->uses_max = c->rq->value;
	return BTZ_OK;
}

/* An administrator manages every key, but does not give himself its use. */
static enum btz_rc
share(struct change *c, struct btz_err *err)
{
	const struct btz_key_info *k = &c->row->info;
	const struct btz_span app = c->rq->text;

	if (!btz_name_ok(app))
		return BTZ_FAIL(err, BTZ_E_NAME, "application");
	if ((c->rq->value & ~(uint64_t)SHARED_USES) != 0)
		return BTZ_FAIL(err, BTZ_E_INVAL, "uses 0x%llx",
		    (unsigned long long)c->rq->value);
	if (btz_span_eq(app, k->owner) ||
	    (!c->own && btz_span_eq(app, btz_span_str("admin"))))
		return BTZ_FAIL(err, BTZ_E_DENIED, "share with '%.*s'",
		    (int)app.len, (const char *)app.p);
	if (c->rq->value != 0 && !btz_shares_room(c->core->shares))
		return BTZ_FAIL(err, BTZ_E_QUOTA, "%u shares", BTZ_SHARES_MAX);
	return wants_settled(k, err);
}

static const struct row {
	uint8_t what; /* enum btz_key_change */
	const char *act;
	bool value, text; /* may be given; else zero, empty */
	/* Changes c->row, or says why not. */
	enum btz_rc (*judge)(struct change *c, struct btz_err *err);
} table[] = {
	{ BTZ_KC_ENABLE, "key.enable", true, false, enable },
	{ BTZ_KC_DISABLE, "key.disable", true, false, disable },
	{ BTZ_KC_MIN_VERSION, "key.min_version", true, false, min_version },
	{ BTZ_KC_DOOM, "key.doom", true, false, doom },
	{ BTZ_KC_RESCUE, "key.rescue", false, false, rescue },
	{ BTZ_KC_LABEL, "key.label", false, true, label },
	{ BTZ_KC_RENAME, "key.rename", false, true, rename_key },
	{ BTZ_KC_NOT_AFTER, "key.not_after", true, false, not_after },
	{ BTZ_KC_USES_MAX, "key.uses_max", true, false, uses_max },
	{ BTZ_KC_SHARE, "key.share", true, true, share },
};

static const struct row *
row_of(uint8_t what)
{
	for (size_t i = 0; i < BTZ_COUNT(table); i++)
		if (table[i].what == what)
			return &table[i];
	return NULL;
}

/* c->row is then the key as it is to be. */
static enum btz_rc
judge(struct change *c, const struct btz_leased *l, struct btz_err *err)
{
	const struct row *r = row_of(c->rq->what);
	char owner[BTZ_NAME_MAX + 1] = "";
	enum btz_rc rc;

	if (r == NULL || (!r->value && c->rq->value != 0) ||
	    (!r->text && c->rq->text.len != 0))
		return BTZ_FAIL(err, BTZ_E_INVAL, "change %u", c->rq->what);
	rc = btz_keystore_get(c->core->store, c->rq->id, c->row, err);
	if (rc != BTZ_OK)
		return rc;
	memcpy(owner, c->row->info.owner.p, c->row->info.owner.len);
	if (!btz_leased_manages(l, c->rq->id, owner))
		return BTZ_FAIL(err, BTZ_E_NOENT, "key of '%s' asked by '%s'",
		    owner, l->application);
	c->own = strcmp(owner, l->application) == 0;
	if (c->row->info.kind != BTZ_KIND_PLAIN &&
	    c->row->info.kind != BTZ_KIND_TLS)
		return BTZ_FAIL(err, BTZ_E_KEY_KIND, "%s key",
		    btz_kind_name(c->row->info.kind));
	if (c->row->info.state == BTZ_KEY_DESTROYED)
		return BTZ_FAIL(err, BTZ_E_KEY_STATE, "key is destroyed");
	return r->judge(c, err);
}

static enum btz_rc
store_share(
    struct btz_core *core, const struct btz_key_set *rq, struct btz_err *err)
{
	struct btz_share s = { .application = rq->text,
		.uses = (uint32_t)rq->value };
	enum btz_rc rc;

	memcpy(s.id, rq->id, BTZ_ID_LEN);
	rc = btz_keystore_share(core->store, &s, err);
	return rc == BTZ_OK ? btz_shares_set(core->shares, &s, err) : rc;
}

static enum btz_rc
store(struct change *c, struct btz_err *err)
{
	const struct btz_key_set *rq = c->rq;

	if (rq->what == BTZ_KC_SHARE)
		return store_share(c->core, rq, err);
	if (rq->what <= BTZ_KC_DISABLE && rq->value != 0)
		return btz_keystore_set_version(c->core->store, rq->id,
		    (uint32_t)rq->value,
		    rq->what == BTZ_KC_ENABLE ? BTZ_KEY_ENABLED
					      : BTZ_KEY_DISABLED,
		    err);
	return btz_keystore_change(c->core->store, &c->row->info, err);
}

static enum btz_rc
run(struct btz_task *t, struct btz_leased *l, struct btz_err *err)
{
	static uint8_t shares[BTZ_SHARES_TEXT_MAX];
	struct job *j = (struct job *)(void *)t;
	uint8_t room[BTZ_LABELS_MAX];
	struct btz_key_row row;
	struct change c = {
		.core = t->core, .rq = &j->rq, .row = &row, .room = room
	};
	enum btz_rc rc = judge(&c, l, err);

	if (rc == BTZ_OK)
		rc = store(&c, err);
	btz_hot_drop(t->core->hot, j->rq.id);
	btz_doom_plan(t->core->doom);
	if (rc == BTZ_OK)
		rc = btz_keystore_get(t->core->store, j->rq.id, &row, err);
	if (rc != BTZ_OK)
		return rc;
	row.info.shares = btz_shares_of(t->core->shares, j->rq.id, shares);
	btz_task_done(t, &btz_def_key_info, &row.info);
	return BTZ_OK;
}

/* What the record says besides the key. */
static void
describe(struct job *j)
{
	const struct row *r = row_of(j->rq.what);
	char *at = j->t.why;
	int n = 0;

	if (r->text)
		n = snprintf(at, sizeof(j->t.why), "%.*s%s",
		    (int)(j->rq.text.len < 120 ? j->rq.text.len : 120), j->text,
		    r->value ? " " : "");
	if (r->value)
		(void)snprintf(at + n, sizeof(j->t.why) - (size_t)n,
		    j->rq.what == BTZ_KC_SHARE ? "0x%llx" : "%llu",
		    (unsigned long long)j->rq.value);
}

void
btz_op_key_change(struct btz_host *h, struct btz_call *c, const void *msg)
{
	static const struct btz_task_kind kind = { "key.change", BTZ_USE_MANAGE,
		sizeof(struct job), run };
	struct btz_leased *l = btz_enter(c, BTZ_USE_MANAGE);
	uint8_t room[BTZ_LABELS_MAX];
	struct btz_key_row row;
	struct change ch = {
		.core = btz_core_of(h), .rq = msg, .row = &row, .room = room
	};
	struct btz_err err;
	struct job *j;

	if (l == NULL)
		return;
	if (judge(&ch, l, &err) != BTZ_OK) {
		btz_reply_err(&c->ticket, &err);
		return;
	}
	if ((j = btz_task_new(&kind, c, l)) == NULL)
		return;
	j->rq = *ch.rq;
	if (j->rq.text.len > 0)
		memcpy(j->text, j->rq.text.p, j->rq.text.len);
	j->rq.text = btz_span_of(j->text, j->rq.text.len);
	j->t.act = row_of(j->rq.what)->act;
	btz_task_key(&j->t, j->rq.id);
	describe(j);
	btz_task_start(&j->t);
}
