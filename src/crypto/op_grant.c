/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_grant.c - the broker gives, narrows and withdraws leases. GRANT is
 * answered when the lease has ended, so that the broker knows what is in use.
 */
#include "base/log.h"
#include "crypto/core.h"
#include "crypto/lease.h"

void
btz_op_grant(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_core *core = btz_core_of(h);
	const struct btz_lease *m = msg;
	struct btz_leased *l;
	struct btz_err err;
	enum btz_rc rc;
	int fd = c->fd;

	if (fd < 0) {
		btz_reply(&c->ticket, BTZ_E_PROTO, NULL, NULL);
		return;
	}
	if (btz_leased_new(core, m, &l, &err) != BTZ_OK) {
		btz_reply_err(&c->ticket, &err);
		return;
	}
	c->fd = -1;
	rc = btz_host_adopt(h, fd, BTZ_ROLE_LEASE, l, &l->conn, &err);
	if (rc != BTZ_OK) {
		btz_leased_end(l);
		btz_reply_err(&c->ticket, &err);
		return;
	}
	l->grant = c->ticket;
}

void
btz_op_narrow(struct btz_host *h, struct btz_call *c, const void *msg)
{
	const struct btz_lease *m = msg;
	struct btz_leased *l = btz_leased_find(btz_core_of(h), m->lease);

	if (l != NULL)
		btz_leased_narrow(l, m);
	btz_reply(&c->ticket, l != NULL ? BTZ_OK : BTZ_E_NOENT, NULL, NULL);
}

/* A lease that is not there is withdrawn: the answer is the same. */
void
btz_op_withdraw(struct btz_host *h, struct btz_call *c, const void *msg)
{
	const struct btz_lease_ref *m = msg;
	struct btz_leased *l = btz_leased_find(btz_core_of(h), m->lease);

	if (l != NULL)
		btz_leased_end(l);
	btz_reply(&c->ticket, BTZ_OK, NULL, NULL);
}
