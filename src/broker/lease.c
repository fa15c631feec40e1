/* SPDX-License-Identifier: Apache-2.0 */
/* lease.c - the broker's table of leases; states in lease.h. Start at
 * btz_lease_grant() and on_end(). */
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

#define WITHDRAW_MS 5000u

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
	free(l);
}

static void
tell(const struct btz_lease_entry *l, const char *act, enum btz_rc rc)
{
	char who[BTZ_NAME_MAX + 32];

	(void)snprintf(
	    who, sizeof(who), "app:%s uid:%u", l->application, l->uid);
	btz_broker_tell(l->broker, l->request, act, who, l->route->label, rc);
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

/* The client first: what it asks waits in the socket until the service has
 * read GRANT, and is then answered without another wake-up. */
static void
hand_over(const struct btz_lease_entry *l, const struct btz_ticket *opener,
    int client_fd)
{
	struct btz_open_ok ok = { .lease = l->id,
		.ops = l->ops,
		.expiry = l->expiry,
		.backend = btz_span_str(l->route->label) };

	btz_reply_fd(opener, &btz_def_open_ok, &ok, client_fd);
	tell(l, "lease.open", BTZ_OK);
	plan(l->broker);
}

/* It has ended: hung up, withdrawn, refused by the service, edge down. */
static void
on_end(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct btz_lease_entry *l = arg;
	struct btz_broker *b = l->broker;

	(void)f;
	(void)fd;
	if (rc != BTZ_OK && rc != BTZ_E_GONE)
		tell(l, "lease.refused", rc);
	entry_free(l);
	plan(b);
}

static uint64_t
new_id(struct btz_broker *b)
{
	static uint64_t drawn[32];
	static size_t left;
	uint64_t id = 0;

	while (id == 0 || btz_lease_find(b, id) != NULL) {
		if (left == 0 && getrandom(drawn, sizeof(drawn), 0) ==
				     (ssize_t)sizeof(drawn))
			left = BTZ_COUNT(drawn);
		if (left > 0)
			id = drawn[--left];
	}
	return id;
}

static enum btz_rc
ask_service(struct btz_lease_entry *l, int service_fd)
{
	struct btz_lease m = { .lease = l->id,
		.application = btz_span_str(l->application),
		.uid = l->uid,
		.role = btz_span_str(l->role),
		.ops = l->ops,
		.kinds = l->kinds,
		.rate = l->rate,
		.expiry = l->expiry,
		.max_keys = l->max_keys };

	return btz_host_ask(l->broker->host, l->route->prog, BTZ_OP_GRANT,
	    l->request, &btz_def_lease, &m, service_fd, 0, on_end, l);
}

struct ends {
	int service, client; /* client -1: it has its end, the connection */
};

static void
close_ends(const struct ends *e, const struct btz_ticket *opener)
{
	if (e->client < 0) {
		btz_host_drop(opener->host, opener->conn);
		return;
	}
	(void)close(e->service);
	(void)close(e->client);
}

/* The kernel names the sender of each message from the first one on: of the
 * first that follows the answer, which the client has not got yet. */
static enum btz_rc
make_ends(const struct btz_ticket *opener, bool here, struct ends *out,
    struct btz_err *err)
{
	int on = 1, pair[2] = { -1, -1 };
	enum btz_rc rc = BTZ_OK;

	if (here)
		pair[0] = btz_host_fd(opener->host, opener->conn);
	else
		rc = btz_sock_pair(false, pair, err);
	*out = (struct ends){ pair[0], pair[1] };
	if (rc != BTZ_OK || setsockopt(out->service, SOL_SOCKET, SO_PASSCRED,
				&on, sizeof(on)) == 0)
		return rc;
	rc = BTZ_FAIL_SYS(err, BTZ_E_IO, "SO_PASSCRED");
	if (!here)
		close_ends(out, opener);
	return rc;
}

enum btz_rc
btz_lease_grant(struct btz_broker *b, const struct btz_ticket *opener,
    const struct btz_allowance *a, struct btz_route *route, bool here,
    struct btz_err *err)
{
	struct btz_lease_entry *l;
	struct ends ends;
	enum btz_rc rc;

	if (btz_host_edge(b->host, route->prog) == NULL)
		return BTZ_FAIL(err, BTZ_E_DOWN, "backend '%s' does not answer",
		    route->name);
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "lease");
	*l = (struct btz_lease_entry){ .broker = b,
		.request = opener->id,
		.id = new_id(b),
		.uid = a->uid,
		.ops = a->ops,
		.kinds = a->kinds,
		.rate = a->rate,
		.max_keys = a->max_keys,
		.expiry = btz_boot_ms() + (uint64_t)b->conf.lease_s * 1000,
		.route = route,
		.role = a->role };
	memcpy(l->application, a->application, sizeof(l->application));
	if ((rc = make_ends(opener, here, &ends, err)) != BTZ_OK) {
		free(l);
		return rc;
	}
	l->next = b->leases;
	b->leases = l;
	b->n_leases++;
	hand_over(l, opener, ends.client);
	rc = ask_service(l, ends.service);
	close_ends(
	    &ends, opener); /* not sent: the client sees its end closed */
	if (rc != BTZ_OK)
		on_end(rc, NULL, -1, l);
	return BTZ_OK;
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

		if (l->expiry == 0 || l->expiry > now || l->withdrawing)
			continue;
		l->withdrawing = true;
		tell(l, "lease.expire", BTZ_OK);
		(void)!btz_host_ask(b->host, l->route->prog, BTZ_OP_WITHDRAW,
		    l->request, &btz_def_lease_ref, &m, -1, WITHDRAW_MS,
		    on_withdrawn, NULL);
	}
	plan(b);
}
