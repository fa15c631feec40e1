/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_access_init.c - BTZ_OP_ACCESS_INIT: the trust domain, once. Everything
 * that names a principal depends on it; repeating it with the same value is
 * fine. Not waited for by the log: there are no rights yet.
 */
#include "access/access.h"
#include "wire/msg_change.h"
#include "wire/name.h"

static enum btz_rc
apply(struct btz_access *a, const void *msg, struct btz_outcome *o,
    struct btz_err *err)
{
	const struct btz_access_init *m = msg;
	char old[254];
	enum btz_rc rc;

	btz_text_put(o->object, sizeof(o->object), m->trust_domain);
	if (!btz_domain_ok(m->trust_domain) ||
	    (m->box.len != 0 && !btz_name_ok(m->box)))
		return BTZ_FAIL(err, BTZ_E_NAME, "trust domain or box");
	rc = btz_store_text(a->db, "trust_domain", old, sizeof(old), err);
	if (rc != BTZ_OK)
		return rc;
	o->same = btz_span_eq(btz_span_str(old), m->trust_domain);
	if (old[0] != '\0' && !o->same)
		return BTZ_FAIL(err, BTZ_E_PROVISIONED,
		    "trust domain is '%s' already", old);
	o->policy = true;
	rc = btz_store_set_text(a->db, "trust_domain", m->trust_domain, err);
	if (rc == BTZ_OK)
		rc = btz_store_set_text(a->db, "box", m->box, err);
	return rc;
}

void
btz_op_access_init(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_access *a = btz_host_data(h);
	struct btz_outcome o;
	struct btz_err err = { .rc = BTZ_OK };
	enum btz_rc rc;

	a->now = btz_unix_now();
	rc = btz_job_apply(a, apply, msg, &o, &err);
	if (!o.same)
		btz_access_event(a, &c->ticket, "access.init", &o, rc);
	if (rc == BTZ_OK)
		btz_reply(&c->ticket, BTZ_OK, NULL, NULL);
	else
		btz_reply_err(&c->ticket, &err);
}
