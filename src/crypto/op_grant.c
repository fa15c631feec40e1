/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_grant.c - the broker gives, narrows and withdraws leases. GRANT is
 * answered when the lease has ended, so that the broker knows what is in use.
 */
#include "base/log.h"
#include "crypto/core.h"
#include "crypto/lease.h"

/* As the client of the lease can use it: he did not write it. */
static enum btz_rc
for_client(enum btz_rc why)
{
	switch ((unsigned)why) {
	case BTZ_E_INVAL: /* a form of another release */
		return BTZ_E_VERSION;
	case BTZ_E_EXIST: /* its number */
		return BTZ_E_AGAIN;
	default:
		return why;
	}
}

/* The broker is told at once; the client has been given its end, and learns why
 * by the answer to whatever it asks. */
static void
refuse(struct btz_host *h, struct btz_call *c, uint32_t uid,
    const struct btz_err *err)
{
	struct btz_leased *l = btz_leased_refuse(
	    btz_core_of(h), uid, for_client(err->rc));
	struct btz_err again;
	int fd = c->fd;

	btz_reply_err(&c->ticket, err);
	if (l == NULL)
		return;
	c->fd = -1;
	if (btz_host_adopt(h, fd, BTZ_ROLE_LEASE, l, &l->conn, &again) !=
	    BTZ_OK)
		btz_leased_end(l);
}

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
		refuse(h, c, m->uid, &err);
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
