/* SPDX-License-Identifier: Apache-2.0 */
/* op_open.c - an application asks for a lease: OPEN, with a socket of its own;
 * OPEN_HERE, on the very connection that asks. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "broker/lease.h"
#include "wire/msg_open.h"

#define PARSEC_LEASES 256u	/* of all its clients */
#define PARSEC_CLIENT_LEASES 8u /* of one: a backend each */

/* Leases that the front end for Parsec holds: of one client (NULL: of all),
 * from this uid. */
static size_t
count_parsec(const struct btz_broker *b, const char *application, uint32_t uid)
{
	size_t n = 0;

	for (const struct btz_lease_entry *l = b->leases; l != NULL;
	     l = l->next)
		if (l->uid == uid && strncmp(l->role, "parsec", 6) == 0 &&
		    (application == NULL ||
			strcmp(l->application, application) == 0))
			n++;
	return n;
}

static enum btz_rc
check_parsec(const struct btz_broker *b, const struct btz_allowance *a,
    struct btz_err *err)
{
	if (count_parsec(b, NULL, a->uid) >= PARSEC_LEASES ||
	    count_parsec(b, a->application, a->uid) >= PARSEC_CLIENT_LEASES)
		return BTZ_FAIL(err, BTZ_E_QUOTA, "leases of Parsec");
	return BTZ_OK;
}

static enum btz_rc
check_quota(const struct btz_broker *b, const struct btz_call *c,
    const struct btz_allowance *a, struct btz_err *err)
{
	/* Where all programs share one uid, Parsec's are not its own. */
	size_t n = btz_lease_count(b, a->uid) - count_parsec(b, NULL, a->uid);

	if (c->role == BTZ_ROLE_OF(BTZ_PROG_PARSEC)) {
		n = 0;
		if (check_parsec(b, a, err) != BTZ_OK)
			return err->rc;
	}
	if (n >= (size_t)b->conf.max_leases_per_uid)
		return BTZ_FAIL(
		    err, BTZ_E_QUOTA, "uid %u has %zu leases", a->uid, n);
	if (b->n_leases >= BTZ_LEASES_MAX)
		return BTZ_FAIL(err, BTZ_E_QUOTA, "%zu leases", b->n_leases);
	return BTZ_OK;
}

static enum btz_rc
open_lease(struct btz_broker *b, const struct btz_call *c,
    const struct btz_open *rq, struct btz_allowance *a, bool here,
    struct btz_err *err)
{
	struct btz_route *route;
	enum btz_rc rc = btz_policy_allow(b, c, rq, a, err);

	if (rc == BTZ_OK)
		rc = check_quota(b, c, a, err);
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
	return btz_lease_grant(b, &c->ticket, a, route, here, err);
}

static void
open_for(struct btz_host *h, struct btz_call *c, const void *msg, bool here)
{
	struct btz_broker *b = btz_broker_of(h);
	struct btz_allowance a;
	struct btz_err err;
	char who[BTZ_NAME_MAX + 32];

	if (open_lease(b, c, msg, &a, here, &err) == BTZ_OK)
		return;
	(void)snprintf(who, sizeof(who), "app:%s uid:%u",
	    a.application[0] != '\0' ? a.application : "?", c->peer.uid);
	btz_broker_tell(b, c->ticket.id, "lease.open", who, "", err.rc);
	btz_reply_err(&c->ticket, &err);
}

void
btz_op_open(struct btz_host *h, struct btz_call *c, const void *msg)
{
	open_for(h, c, msg, false);
}

void
btz_op_open_here(struct btz_host *h, struct btz_call *c, const void *msg)
{
	open_for(h, c, msg, true);
}
