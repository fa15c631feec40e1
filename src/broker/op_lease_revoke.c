/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_lease_revoke.c - the administrator withdraws or narrows a lease. The
 * answer comes after the service's acknowledgement: when it does not come, the
 * answer is BTZ_E_NOT_CONFIRMED.
 */
#include <stdio.h>
#include <stdlib.h>

#include "broker/lease.h"

struct wait {
	struct btz_broker *b;
	struct btz_ticket ticket;
	uint64_t lease;
	const char *act;
	char who[64];
};

#define ACK_MS 5000u

static void
on_ack(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct wait *w = arg;
	char obj[24];

	(void)f;
	(void)fd;
	(void)snprintf(
	    obj, sizeof(obj), "%016llx", (unsigned long long)w->lease);
	/* The service is gone: so are all its leases. */
	if (rc == BTZ_E_GONE)
		rc = BTZ_OK;
	if (rc != BTZ_OK && rc != BTZ_E_NOENT)
		rc = BTZ_E_NOT_CONFIRMED;
	btz_broker_tell(w->b, w->ticket.id, w->act, w->who, obj, rc);
	btz_reply(&w->ticket, rc, NULL, NULL);
	free(w);
}

static void
ask(struct btz_host *h, const struct btz_call *c, uint16_t op,
    struct btz_lease_entry *l, const struct btz_msgdef *def, const void *msg)
{
	struct wait *w = calloc(1, sizeof(*w));
	enum btz_rc rc;

	if (w == NULL) {
		btz_reply(&c->ticket, BTZ_E_NOMEM, NULL, NULL);
		return;
	}
	*w = (struct wait){ .b = btz_broker_of(h),
		.ticket = c->ticket,
		.lease = l->id,
		.act = op == BTZ_OP_NARROW ? "lease.narrow" : "lease.revoke" };
	(void)snprintf(w->who, sizeof(w->who), "uid:%u", c->peer.uid);
	rc = btz_host_ask(h, l->route->prog, op, c->ticket.id, def, msg, -1,
	    ACK_MS, on_ack, w);
	if (rc == BTZ_OK)
		return;
	btz_reply(&c->ticket, BTZ_E_NOT_CONFIRMED, NULL, NULL);
	free(w);
}

void
btz_op_lease_revoke(struct btz_host *h, struct btz_call *c, const void *msg)
{
	const struct btz_lease_ref *rq = msg;
	struct btz_lease_entry *l = btz_lease_find(btz_broker_of(h), rq->lease);

	if (l == NULL) {
		btz_reply(&c->ticket, BTZ_E_NOENT, NULL, NULL);
		return;
	}
	l->withdrawing = true;
	ask(h, c, BTZ_OP_WITHDRAW, l, &btz_def_lease_ref, rq);
}

static uint64_t
sooner(uint64_t a, uint64_t b)
{
	if (a == 0 || b == 0)
		return a + b;
	return a < b ? a : b;
}

void
btz_op_narrow(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_lease m = *(const struct btz_lease *)msg;
	struct btz_lease_entry *l = btz_lease_find(btz_broker_of(h), m.lease);

	if (l == NULL) {
		btz_reply(&c->ticket, BTZ_E_NOENT, NULL, NULL);
		return;
	}
	l->ops = m.ops &= l->ops;
	l->kinds = m.kinds &= l->kinds;
	l->expiry = m.expiry = sooner(l->expiry, m.expiry);
	l->rate = m.rate = (uint32_t)sooner(l->rate, m.rate);
	ask(h, c, BTZ_OP_NARROW, l, &btz_def_lease, &m);
}
