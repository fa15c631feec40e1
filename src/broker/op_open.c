/* SPDX-License-Identifier: Apache-2.0 */
/* op_open.c - an application asks for a lease. */
#include <stdio.h>

#include "base/log.h"
#include "broker/lease.h"
#include "wire/msg_open.h"

static enum btz_rc
check_quota(const struct btz_broker *b, const struct btz_allowance *a,
    struct btz_err *err)
{
	size_t n = btz_lease_count(b, a->uid);

	if (n >= (size_t)b->conf.max_leases_per_uid)
		return BTZ_FAIL(
		    err, BTZ_E_QUOTA, "uid %u has %zu leases", a->uid, n);
	if (b->n_leases >= BTZ_LEASES_MAX)
		return BTZ_FAIL(err, BTZ_E_QUOTA, "%zu leases", b->n_leases);
	return BTZ_OK;
}

static enum btz_rc
open_lease(struct btz_broker *b, const struct btz_call *c,
    const struct btz_open *rq, struct btz_allowance *a, struct btz_err *err)
{
	struct btz_route *route;
	enum btz_rc rc = btz_policy_allow(b, c, a, err);

	if (rc == BTZ_OK)
		rc = check_quota(b, a, err);
	if (rc != BTZ_OK)
		return rc;
	if (rq->ops != 0)
		a->ops &= rq->ops;
	if (a->ops == 0)
		return BTZ_FAIL(err, BTZ_E_DENIED, "operations 0x%x", rq->ops);
	route = btz_broker_route(
	    b, rq->backend.len > 0 ? rq->backend : btz_span_str(a->backend));
	if (route == NULL)
		return BTZ_FAIL(err, BTZ_E_NOENT, "backend");
	return btz_lease_grant(b, &c->ticket, a, route, err);
}

void
btz_op_open(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_broker *b = btz_broker_of(h);
	struct btz_allowance a;
	struct btz_err err;
	char who[BTZ_NAME_MAX + 32];

	if (open_lease(b, c, msg, &a, &err) == BTZ_OK)
		return;
	(void)snprintf(who, sizeof(who), "app:%s uid:%u",
	    a.application[0] != '\0' ? a.application : "?", c->peer.uid);
	btz_broker_tell(b, c->ticket.id, "lease.open", who, "", err.rc);
	btz_reply_err(&c->ticket, &err);
}
