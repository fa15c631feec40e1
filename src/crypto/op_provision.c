/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_provision.c - the box gets its identity, one step of the backend per
 * turn of the loop, with progress. Interrupted, it goes on when asked again.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/hot.h"
#include "crypto/keystore.h"
#include "crypto/report.h"
#include "der/x509.h"

#define BUSY_MS 16u
/* as in wire/msg_provision.c */
#define ADMINS_MAX (2u * BTZ_ADMINS_BYTES)

struct job {
	struct btz_core *core;
	struct btz_ticket ticket;
	uint64_t lease;
	struct btz_timer *timer;
	struct btz_provision rq; /* spans point below */
	uint8_t trust_domain[256], box[BTZ_NAME_MAX], origin[256];
	uint8_t admins[ADMINS_MAX], ek_chain[BTZ_EK_CHAIN_BYTES];
};

static struct btz_span
keep(uint8_t *at, struct btz_span s)
{
	if (s.len > 0)
		memcpy(at, s.p, s.len);
	return btz_span_of(at, s.len);
}

static void
end(struct job *j, const struct btz_err *err, const struct btz_provision_ok *ok)
{
	struct btz_leased *l = btz_leased_find(j->core, j->lease);
	char who[BTZ_WHO_MAX];
	struct btz_audit rec;

	j->core->provisioning = false;
	if (l != NULL) {
		rec = btz_report_begin(l, "backend.provision", who);
		rec.obj = btz_span_str(j->core->ops->name);
		rec.out = btz_span_str(
		    ok != NULL ? "ok" : btz_rc_name(err->rc));
		btz_report_tell(j->core, j->ticket.id, &rec);
	}
	if (ok != NULL)
		btz_reply(&j->ticket, BTZ_OK, &btz_def_provision_ok, ok);
	else
		btz_reply_err(&j->ticket, err);
	btz_timer_free(j->timer);
	free(j);
}

static enum btz_rc
add_key(struct btz_core *core, const char *owner, uint8_t kind,
    const uint8_t id[BTZ_ID_LEN], struct btz_span spki, struct btz_err *err)
{
	struct btz_key_row row = { .info = { .owner = btz_span_str(owner),
				       .label = btz_span_str(
					   btz_kind_name(kind)),
				       .alg = BTZ_ALG_EC_P256,
				       .kind = kind,
				       .protection = BTZ_PROT_TPM,
				       .state = BTZ_KEY_ENABLED,
				       .usage = BTZ_USE_SIGN,
				       .created = btz_unix_now(),
				       .spki = spki } };
	enum btz_rc rc;

	memcpy(row.info.id, id, BTZ_ID_LEN);
	btz_hot_drop(core->hot, id);
	rc = btz_keystore_add(core->store, &row, err);
	return rc == BTZ_E_EXIST ? BTZ_OK : rc;
}

enum btz_rc
btz_core_register(struct btz_core *core, const struct btz_provision_ok *ok,
    struct btz_err *err)
{
	struct btz_x509 root;
	enum btz_rc rc = btz_x509_parse(ok->root_cert, &root);

	if (rc != BTZ_OK)
		return BTZ_FAIL(err, rc, "root certificate of the backend");
	rc = add_key(core, "ca", BTZ_KIND_ROOT, ok->root_id, root.spki, err);
	if (rc == BTZ_OK)
		rc = add_key(core, "audit", BTZ_KIND_CHECKPOINT,
		    ok->checkpoint_id, ok->checkpoint_spki, err);
	return rc;
}

static enum btz_rc
take_step(
    struct job *j, struct btz_provision_ok *ok, bool *done, struct btz_err *err)
{
	static struct btz_backend_step step;
	const struct btz_backend *be = j->core->be;
	enum btz_rc rc;

	*done = false;
	if (be == NULL)
		return BTZ_FAIL(err, BTZ_E_TEE_DOWN, "backend");
	memset(&step, 0, sizeof(step));
	rc = be->ops->provision(be->st, &j->rq, &step, err);
	if (rc != BTZ_OK)
		return rc;
	btz_reply_progress(&j->ticket, step.step, step.steps, step.what);
	*done = step.done;
	if (!step.done)
		return BTZ_OK;
	if (!btz_msg_decode(
		&btz_def_provision_ok, btz_span_of(step.ok, step.ok_len), ok))
		return BTZ_FAIL(err, BTZ_E_PROTO, "answer of the backend");
	return btz_core_register(j->core, ok, err);
}

static void
on_step(void *arg)
{
	struct job *j = arg;
	struct btz_leased *l = btz_leased_find(j->core, j->lease);
	struct btz_provision_ok ok;
	struct btz_err err;
	bool done = false;
	enum btz_rc rc = BTZ_OK;

	if (l == NULL ||
	    btz_leased_check(l, BTZ_USE_PROVISION, btz_boot_ms()) != BTZ_OK)
		rc = BTZ_FAIL(&err, BTZ_E_LEASE, "ended while provisioning");
	if (rc == BTZ_OK)
		rc = take_step(j, &ok, &done, &err);
	if (rc == BTZ_E_AGAIN) /* the TPM is at work, for somebody else */
		btz_timer_set(j->timer, BUSY_MS);
	else if (rc != BTZ_OK)
		end(j, &err, NULL);
	else if (done)
		end(j, NULL, &ok);
	else
		btz_timer_set(j->timer, 0);
}

static struct job *
job_new(struct btz_core *core, const struct btz_call *c,
    const struct btz_leased *l, const struct btz_provision *rq)
{
	struct job *j = calloc(1, sizeof(*j));

	if (j == NULL)
		return NULL;
	j->core = core;
	j->ticket = c->ticket;
	j->lease = l->id;
	j->rq = *rq;
	j->rq.trust_domain = keep(j->trust_domain, rq->trust_domain);
	j->rq.box = keep(j->box, rq->box);
	j->rq.origin = keep(j->origin, rq->origin);
	j->rq.admins = keep(j->admins, rq->admins);
	j->rq.ek_chain = keep(j->ek_chain, rq->ek_chain);
	j->timer = btz_timer_new(btz_host_loop(core->host), on_step, j);
	if (j->timer == NULL) {
		free(j);
		return NULL;
	}
	return j;
}

void
btz_op_provision(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_core *core = btz_core_of(h);
	struct btz_leased *l = btz_enter(c, BTZ_USE_PROVISION);
	struct btz_provision rq = *(const struct btz_provision *)msg;
	struct btz_err err;
	struct job *j;
	enum btz_rc rc = BTZ_OK;

	if (l == NULL)
		return;
	if (btz_ek_conf_use(&core->ek, &rq, &err) != BTZ_OK) {
		btz_reply_err(&c->ticket, &err);
		return;
	}
	if (core->ops->provision == NULL)
		rc = BTZ_E_UNSUPPORTED;
	else if (core->provisioning)
		rc = BTZ_E_AGAIN;
	else if ((j = job_new(core, c, l, &rq)) == NULL)
		rc = BTZ_E_NOMEM;
	else
		btz_timer_set(j->timer, 0);
	if (rc == BTZ_OK)
		core->provisioning = true;
	else
		btz_reply(&c->ticket, rc, NULL, NULL);
}
