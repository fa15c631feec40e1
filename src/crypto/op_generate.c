/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_generate.c - a new key. In order: btz_op_generate judges, the task waits
 * for its record (task.h), make makes the key (slow ones in a child), finish
 * has it stored (batch.h) and answered.
 */
#include <stdio.h>

#include "crypto/batch.h"
#include "crypto/child.h"
#include "crypto/hot.h"
#include "crypto/judge.h"
#include "crypto/newkey.h"
#include "crypto/task.h"
#include "wire/constraint.h"

#define BITS_LEAST 112u
#define BITS_OF_SECRET 256u

struct job {
	struct btz_task t;
	struct btz_newkey key;
};

static void
finish(enum btz_rc rc, const struct btz_backend_key *key, void *arg)
{
	struct job *j = arg;
	struct btz_err err;

	if (rc == BTZ_OK) {
		btz_batch_add(j->t.core->batch, &j->t, &j->key.g, key);
		return;
	}
	(void)BTZ_FAIL(&err, rc, "generate in a child");
	btz_task_fail(&j->t, &err);
}

/* An ocsp key is sealed to an issuing key that the lease may use too. */
static enum btz_rc
find_issuer(struct btz_core *core, const struct btz_leased *l,
    const struct btz_generate *g, struct btz_hotkey **k, struct btz_err *err)
{
	struct btz_constraints c;

	if (!btz_constraints_decode(g->constraints, &c))
		return BTZ_FAIL(err, BTZ_E_INVAL, "malformed constraints");
	if (btz_hot_get(core->hot, c.issuer_id, k, err) != BTZ_OK)
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
	struct btz_hotkey *issuer = NULL;
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
make(struct btz_task *t, struct btz_leased *l, struct btz_err *err)
{
	static struct btz_backend_key key;
	struct job *j = (struct job *)(void *)t;
	const struct btz_generate g = btz_judge_sealed(&j->key.g);
	enum btz_rc rc = btz_newkey_quota(t->core, l, err);

	if (rc != BTZ_OK)
		return rc;
	if ((t->core->ops->slow_algs & 1u << g.alg) != 0)
		return btz_child_generate(t->core, &g, finish, j, err);
	rc = generate(t->core, l, &g, &key, err);
	if (rc == BTZ_OK)
		finish(BTZ_OK, &key, j);
	return rc;
}

/* SP 800-131A: a drawn key is not shorter; an imported one may be. */
static enum btz_rc
judge(struct btz_core *core, const struct btz_leased *l,
    const struct btz_generate *g, struct btz_err *err)
{
	enum btz_rc rc = btz_judge_generate(
	    core->ops, l->kinds, g, btz_unix_now(), err);

	if (rc == BTZ_OK && g->bits != 0 && g->bits < BITS_LEAST)
		rc = BTZ_FAIL(err, BTZ_E_RANGE, "key of %u bits, at least %u",
		    g->bits, BITS_LEAST);
	return rc == BTZ_OK ? btz_newkey_quota(core, l, err) : rc;
}

void
btz_op_generate(struct btz_host *h, struct btz_call *c, const void *msg)
{
	static const struct btz_task_kind kind = { "key.generate",
		BTZ_USE_GENERATE, sizeof(struct job), make };
	struct btz_core *core = btz_core_of(h);
	struct btz_leased *l = btz_enter(c, BTZ_USE_GENERATE);
	struct btz_err err;
	struct job *j;

	if (l == NULL)
		return;
	if (judge(core, l, msg, &err) != BTZ_OK) {
		btz_reply_err(&c->ticket, &err);
		return;
	}
	if ((j = btz_task_new(&kind, c, l)) == NULL)
		return;
	btz_newkey_keep(&j->key, msg);
	if (j->key.g.alg == BTZ_ALG_SECRET && j->key.g.bits == 0)
		j->key.g.bits = BITS_OF_SECRET;
	btz_task_text(&j->t, j->key.g.label);
	(void)snprintf(
	    j->t.why, sizeof(j->t.why), "%s", btz_kind_name(j->key.g.kind));
	btz_task_start(&j->t);
}
