/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_generate.c - a new key. In order: btz_op_generate judges and asks for a
 * durable record, on_recorded makes the key (slow ones in a child), finish
 * stores it and answers. The lease is looked up again at each step.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/child.h"
#include "crypto/hot.h"
#include "crypto/judge.h"
#include "crypto/keystore.h"
#include "crypto/report.h"
#include "crypto/slow.h"
#include "wire/constraint.h"

struct job {
	struct btz_core *core;
	struct btz_ticket ticket;
	uint64_t lease;
	struct btz_generate g; /* spans point into the two below */
	uint8_t label[BTZ_LABEL_MAX];
	uint8_t constraints[BTZ_CONSTRAINTS_MAX];
};

static struct btz_span
keep(uint8_t *at, struct btz_span s)
{
	if (s.len > 0)
		memcpy(at, s.p, s.len);
	return btz_span_of(at, s.len);
}

static struct job *
job_new(struct btz_core *core, const struct btz_call *c,
    const struct btz_leased *l, const struct btz_generate *g)
{
	struct job *j = malloc(sizeof(*j));

	if (j == NULL)
		return NULL;
	j->core = core;
	j->ticket = c->ticket;
	j->lease = l->id;
	j->g = *g;
	j->g.label = keep(j->label, g->label);
	j->g.constraints = keep(j->constraints, g->constraints);
	return j;
}

/* The lease if it still allows this, else NULL. */
static struct btz_leased *
lease_of(const struct job *j)
{
	struct btz_leased *l = btz_leased_find(j->core, j->lease);

	if (l != NULL &&
	    btz_leased_check(l, BTZ_USE_GENERATE, btz_boot_ms()) == BTZ_OK)
		return l;
	return NULL;
}

/* What became of the recorded decision, then the answer. */
static void
end(struct job *j, const struct btz_err *err, const struct btz_key_info *info)
{
	struct btz_leased *l = btz_leased_find(j->core, j->lease);
	char who[BTZ_WHO_MAX] = "", hex[2 * BTZ_ID_LEN + 1] = "";
	struct btz_audit rec = { .via = BTZ_VIA_INTERNAL };

	if (l != NULL)
		rec = btz_report_begin(l, "key.generate", who);
	for (size_t i = 0; info != NULL && i < BTZ_ID_LEN; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", info->id[i]);
	rec.phase = BTZ_PH_OUTCOME;
	rec.act = btz_span_str("key.generate");
	rec.obj = btz_span_str(hex);
	rec.out = btz_span_str(info != NULL ? "ok" : btz_rc_name(err->rc));
	btz_report_tell(j->core, j->ticket.id, &rec);
	if (info != NULL)
		btz_reply(&j->ticket, BTZ_OK, &btz_def_key_info, info);
	else
		btz_reply_err(&j->ticket, err);
	free(j);
}

static struct btz_key_row
row_of(const struct job *j, const struct btz_leased *l,
    const struct btz_backend_key *key)
{
	const struct btz_generate *g = &j->g;
	struct btz_key_row row = {
		.info = { .owner = btz_span_str(l->application),
		    .label = g->label,
		    .alg = g->alg,
		    .kind = g->kind,
		    .protection = j->core->ops->protection,
		    .state = BTZ_KEY_ENABLED,
		    .usage = g->usage,
		    .created = btz_unix_now(),
		    .not_after = g->not_after,
		    .constraints = g->constraints,
		    .spki = btz_span_of(key->spki, key->spki_len) },
		.blob = btz_span_of(key->blob, key->blob_len)
	};

	memcpy(row.info.id, key->id, BTZ_ID_LEN);
	memcpy(row.tenant_id, g->tenant_id, BTZ_ID_LEN);
	return row;
}

/* Counted before the record and again when the key is there: requests that
 * came one after the other all saw the same count. */
static enum btz_rc
check_quota(
    struct btz_core *core, const struct btz_leased *l, struct btz_err *err)
{
	uint64_t n;
	enum btz_rc rc = btz_keystore_count(
	    core->store, l->application, &n, err);

	if (rc == BTZ_OK && n >= (uint64_t)core->conf.max_keys_per_app)
		rc = BTZ_FAIL(err, BTZ_E_QUOTA, "'%s' has %llu keys",
		    l->application, (unsigned long long)n);
	return rc;
}

static void
finish(enum btz_rc rc, const struct btz_backend_key *key, void *arg)
{
	struct job *j = arg;
	struct btz_leased *l = lease_of(j);
	struct btz_key_row row;
	struct btz_err err;

	if (rc != BTZ_OK)
		(void)BTZ_FAIL(&err, rc, "generate in a child");
	else if (l == NULL)
		rc = BTZ_FAIL(&err, BTZ_E_LEASE, "key made but not kept");
	if (rc == BTZ_OK)
		rc = check_quota(j->core, l, &err);
	if (rc == BTZ_OK) {
		row = row_of(j, l, key);
		rc = btz_keystore_add(j->core->store, &row, &err);
	}
	end(j, &err, rc == BTZ_OK ? &row.info : NULL);
}

/* An ocsp key is sealed to an issuing key that the lease may use too. */
static enum btz_rc
find_issuer(struct btz_core *core, const struct btz_leased *l,
    const struct btz_generate *g, struct btz_hotkey **k, struct btz_err *err)
{
	struct btz_constraints c;
	enum btz_rc rc;

	if (!btz_constraints_decode(g->constraints, &c))
		return BTZ_FAIL(err, BTZ_E_INVAL, "malformed constraints");
	if ((rc = btz_hot_get(core->hot, c.issuer_id, k, err)) != BTZ_OK)
		return btz_err_wrap(err, "issuer of the key");
	if (!btz_leased_reaches(l, c.issuer_id, (*k)->owner, false))
		return BTZ_FAIL(
		    err, BTZ_E_NOENT, "issuer is a key of '%s'", (*k)->owner);
	if ((*k)->facts.kind != BTZ_KIND_ISSUING)
		return BTZ_FAIL(err, BTZ_E_KEY_KIND, "issuer is a %s key",
		    btz_kind_name((*k)->facts.kind));
	return BTZ_OK;
}

/* The device wants the issuing key open, and may have forgotten it. */
static enum btz_rc
generate(struct btz_core *core, const struct btz_leased *l,
    const struct btz_generate *g, struct btz_backend_key *key,
    struct btz_err *err)
{
	const struct btz_backend *be = core->be;
	struct btz_hotkey *issuer;
	enum btz_rc rc;

	if (g->kind != BTZ_KIND_OCSP)
		return be->ops->generate(be->st, g, key, err);
	if ((rc = find_issuer(core, l, g, &issuer, err)) != BTZ_OK)
		return rc;
	for (int i = 0; i < 2; i++) {
		if ((rc = btz_hot_open(core->hot, issuer, err)) != BTZ_OK)
			return rc;
		rc = be->ops->generate(be->st, g, key, err);
		if (rc != BTZ_E_NOENT)
			return rc;
		btz_hot_shut(core->hot, issuer);
	}
	return rc;
}

static enum btz_rc
make(struct job *j, struct btz_err *err)
{
	static struct btz_backend_key key;
	const struct btz_backend *be = j->core->be;
	const struct btz_leased *l = lease_of(j);
	enum btz_rc rc;

	if (l == NULL)
		return BTZ_FAIL(err, BTZ_E_LEASE, "ended before generate");
	if ((rc = check_quota(j->core, l, err)) != BTZ_OK)
		return rc;
	if (be == NULL)
		return BTZ_FAIL(err, BTZ_E_TEE_DOWN, "backend");
	if ((be->ops->slow_algs & 1u << j->g.alg) != 0)
		return btz_child_generate(j->core, &j->g, finish, j, err);
	rc = generate(j->core, l, &j->g, &key, err);
	if (rc == BTZ_OK)
		finish(BTZ_OK, &key, j);
	return rc;
}

static void
on_turn(void *arg)
{
	struct job *j = arg;
	struct btz_err err;
	enum btz_rc rc = make(j, &err);

	/* It needs a commit, and the TPM is at work. */
	if (rc == BTZ_E_AGAIN &&
	    btz_slow_wait(j->core->slow, on_turn, j) == BTZ_OK)
		return;
	if (rc != BTZ_OK)
		end(j, &err, NULL);
}

static void
on_recorded(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct job *j = arg;
	struct btz_err err;

	(void)f;
	(void)fd;
	if (rc != BTZ_OK) {
		(void)BTZ_FAIL(&err, BTZ_E_NO_LOG, "record of generate: %s",
		    btz_rc_name(rc));
		btz_reply_err(&j->ticket, &err);
		free(j);
	} else {
		on_turn(j);
	}
}

static enum btz_rc
judge(struct btz_core *core, const struct btz_leased *l,
    const struct btz_generate *g, struct btz_err *err)
{
	enum btz_rc rc = btz_judge_generate(
	    core->ops, l->kinds, g, btz_unix_now(), err);

	return rc == BTZ_OK ? check_quota(core, l, err) : rc;
}

void
btz_op_generate(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_core *core = btz_core_of(h);
	struct btz_leased *l = btz_enter(c, BTZ_USE_GENERATE);
	char who[BTZ_WHO_MAX];
	struct btz_audit rec;
	struct btz_err err;
	struct job *j;

	if (l == NULL)
		return;
	if (judge(core, l, msg, &err) != BTZ_OK) {
		btz_reply_err(&c->ticket, &err);
		return;
	}
	if ((j = job_new(core, c, l, msg)) == NULL) {
		btz_reply(&c->ticket, BTZ_E_NOMEM, NULL, NULL);
		return;
	}
	rec = btz_report_begin(l, "key.generate", who);
	rec.phase = BTZ_PH_DECISION;
	rec.decision = BTZ_DEC_ALLOW;
	rec.obj = j->g.label;
	rec.why = btz_span_str(btz_kind_name(j->g.kind));
	if (btz_report_wait(core, c->ticket.id, &rec, on_recorded, j) == BTZ_OK)
		return;
	(void)BTZ_FAIL(&err, BTZ_E_NO_LOG, "audit is down");
	btz_reply_err(&c->ticket, &err);
	free(j);
}
