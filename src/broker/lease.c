/* SPDX-License-Identifier: Apache-2.0 */
/* lease.c - the broker's table of leases; states in lease.h. Start at
 * btz_lease_grant() and on_grant(). */
#include "broker/lease.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sock.h"
#include "wire/msg_open.h"

#define GRANT_MS 5000u

struct btz_lease_entry *
btz_lease_find(struct btz_broker *b, uint64_t id)
{
	struct btz_lease_entry *l = b->leases;

	while (l != NULL && l->id != id)
		l = l->next;
	return l;
}

size_t
btz_lease_count(const struct btz_broker *b, uint32_t uid)
{
	size_t n = 0;

	for (const struct btz_lease_entry *l = b->leases; l != NULL;
	     l = l->next)
		n += l->uid == uid;
	return n;
}

static void
entry_free(struct btz_lease_entry *l)
{
	struct btz_lease_entry **at = &l->broker->leases;

	while (*at != NULL && *at != l)
		at = &(*at)->next;
	if (*at != NULL) {
		*at = l->next;
		l->broker->n_leases--;
	}
	if (l->client_fd >= 0)
		(void)close(l->client_fd);
	free(l);
}

static void
tell(const struct btz_lease_entry *l, const char *act, enum btz_rc rc)
{
	char who[BTZ_NAME_MAX + 32];

	(void)snprintf(
	    who, sizeof(who), "app:%s uid:%u", l->application, l->uid);
	btz_broker_tell(l->broker, l->opener.id, act, who, l->route->label, rc);
}

/* Sets the timer to the next expiry; none: no wake-up. */
static void
plan(struct btz_broker *b)
{
	uint64_t next = 0, now = btz_boot_ms(), in;

	for (const struct btz_lease_entry *l = b->leases; l != NULL;
	     l = l->next)
		if (l->expiry != 0 && !l->withdrawing &&
		    (next == 0 || l->expiry < next))
			next = l->expiry;
	btz_timer_cancel(b->expiry);
	if (next == 0)
		return;
	in = next > now ? next - now : 1;
	btz_timer_set(b->expiry, in > 86400000 ? 86400000 : (uint32_t)in);
}

/* The lease is in force: the client gets its end. */
static void
hand_over(struct btz_lease_entry *l)
{
	struct btz_open_ok ok = { .lease = l->id,
		.ops = l->ops,
		.expiry = l->expiry,
		.backend = btz_span_str(l->route->label) };

	l->state = BTZ_LEASE_HELD;
	btz_reply_fd(&l->opener, &btz_def_open_ok, &ok, l->client_fd);
	(void)close(l->client_fd);
	l->client_fd = -1;
	tell(l, "lease.open", BTZ_OK);
	plan(l->broker);
}

static void
on_grant(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct btz_lease_entry *l = arg;
	struct btz_broker *b = l->broker;

	(void)fd;
	if (rc == BTZ_OK && (f->flags & BTZ_FRAME_MORE) != 0) {
		if (l->state == BTZ_LEASE_GRANTING)
			hand_over(l);
		return;
	}
	if (l->state == BTZ_LEASE_GRANTING) {
		btz_reply(&l->opener,
		    rc == BTZ_OK || rc == BTZ_E_GONE || rc == BTZ_E_TIMEOUT
			? BTZ_E_AGAIN
			: rc,
		    NULL, NULL);
		tell(l, "lease.open", rc == BTZ_OK ? BTZ_E_AGAIN : rc);
	}
	entry_free(l);
	plan(b);
}

static uint64_t
new_id(struct btz_broker *b)
{
	uint64_t id = 0;

	while (id == 0 || btz_lease_find(b, id) != NULL)
		if (getrandom(&id, sizeof(id), 0) != (ssize_t)sizeof(id))
			id = 0;
	return id;
}

static enum btz_rc
ask_service(struct btz_lease_entry *l, int service_fd, struct btz_err *err)
{
	struct btz_lease m = { .lease = l->id,
		.application = btz_span_str(l->application),
		.uid = l->uid,
		.role = btz_span_str(l->role),
		.ops = l->ops,
		.kinds = l->kinds,
		.rate = l->rate,
		.expiry = l->expiry };
	enum btz_rc rc = btz_host_ask(l->broker->host, l->route->prog,
	    BTZ_OP_GRANT, l->opener.id, &btz_def_lease, &m, service_fd,
	    GRANT_MS, on_grant, l);

	return rc == BTZ_OK ? rc
			    : BTZ_FAIL(err, rc, "backend '%s' does not answer",
				  l->route->name);
}

/* The kernel names the sender of each message from the first one on. */
static enum btz_rc
make_pair(int out[2], struct btz_err *err)
{
	int on = 1;
	enum btz_rc rc = btz_sock_pair(false, out, err);

	if (rc == BTZ_OK &&
	    setsockopt(out[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) != 0) {
		(void)close(out[0]);
		(void)close(out[1]);
		rc = BTZ_FAIL_SYS(err, BTZ_E_IO, "SO_PASSCRED");
	}
	return rc;
}

enum btz_rc
btz_lease_grant(struct btz_broker *b, const struct btz_ticket *opener,
    const struct btz_allowance *a, struct btz_route *route, struct btz_err *err)
{
	struct btz_lease_entry *l = calloc(1, sizeof(*l));
	int pair[2];
	enum btz_rc rc;

	if (l == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "lease");
	*l = (struct btz_lease_entry){ .broker = b,
		.opener = *opener,
		.client_fd = -1,
		.id = new_id(b),
		.uid = a->uid,
		.ops = a->ops,
		.kinds = a->kinds,
		.rate = a->rate,
		.expiry = btz_boot_ms() + (uint64_t)b->conf.lease_s * 1000,
		.route = route,
		.role = a->role };
	memcpy(l->application, a->application, sizeof(l->application));
	if ((rc = make_pair(pair, err)) != BTZ_OK) {
		free(l);
		return rc;
	}
	l->client_fd = pair[1];
	l->next = b->leases;
	b->leases = l;
	b->n_leases++;
	rc = ask_service(l, pair[0], err);
	(void)close(pair[0]);
	if (rc != BTZ_OK)
		entry_free(l);
	return rc;
}

static void
on_withdrawn(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	(void)f;
	(void)fd;
	(void)arg;
	if (rc != BTZ_OK)
		btz_log(BTZ_LOG_WARN, 0, "expired lease: withdraw: %s",
		    btz_rc_name(rc));
}

/* The service checks the expiry itself; this closes idle sockets. */
void
btz_lease_on_expiry(void *broker)
{
	struct btz_broker *b = broker;
	uint64_t now = btz_boot_ms();

	for (struct btz_lease_entry *l = b->leases; l != NULL; l = l->next) {
		struct btz_lease_ref m = { .lease = l->id };

		if (l->expiry == 0 || l->expiry > now || l->withdrawing ||
		    l->state != BTZ_LEASE_HELD)
			continue;
		l->withdrawing = true;
		tell(l, "lease.expire", BTZ_OK);
		(void)!btz_host_ask(b->host, l->route->prog, BTZ_OP_WITHDRAW,
		    l->opener.id, &btz_def_lease_ref, &m, -1, GRANT_MS,
		    on_withdrawn, NULL);
	}
	plan(b);
}
