/* SPDX-License-Identifier: Apache-2.0 */
/* op_init.c - BTZ_OP_AUDIT_INIT: the log learns its origin and the key that
 * signs its checkpoints; from now on there are checkpoints. */
#include "audit/service.h"
#include "base/log.h"

void
btz_op_audit_init(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_audit_svc *a = btz_host_data(h);
	const struct btz_audit_init *m = msg;
	struct btz_audit event = { .phase = BTZ_PH_EVENT,
		.via = BTZ_VIA_CLI,
		.act = btz_span_str("audit.init"),
		.obj = m->origin };
	bool known = a->id.known;
	struct btz_err err;

	if (btz_identity_set(a->dir, &a->id, m, &err) != BTZ_OK) {
		btz_reply_err(&c->ticket, &err);
		return;
	}
	if (!known)
		btz_append_own(a, &event);
	btz_reply(&c->ticket, BTZ_OK, NULL, NULL);
}
