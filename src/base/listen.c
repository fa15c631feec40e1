/* SPDX-License-Identifier: Apache-2.0 */
/* listen.c - a daemon's slots: listening sockets and edges (edges.h). */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/host.h"
#include "base/log.h"

static size_t
count_uid(const struct btz_host *h, const struct btz_listener *l, uid_t uid)
{
	size_t n = 0;

	for (const struct btz_conn_entry *c = h->conns; c != NULL; c = c->next)
		if (c->listener == l && btz_chan_peer(c->chan)->uid == uid)
			n++;
	return n;
}

static void
take_connection(struct btz_listen_entry *l, int fd)
{
	struct btz_conn_entry like = { .role = l->listener->role,
		.listener = l->listener },
			      *c;
	struct ucred cred = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(cred);
	struct btz_err err;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0 ||
	    l->host->n_accepted >= BTZ_CONNS_MAX ||
	    count_uid(l->host, l->listener, cred.uid) >= BTZ_CONNS_PER_UID) {
		(void)close(fd); /* the client sees a closed connection */
		return;
	}
	if (btz_host_add(l->host, fd, BTZ_CHAN_READY | BTZ_CHAN_LATER, &like,
		&c, &err) != BTZ_OK) {
		btz_log_err(0, &err);
		return;
	}
	btz_chan_set_peer(
	    c->chan, &(struct btz_peer){ cred.uid, cred.gid, cred.pid });
	btz_chan_begin(c->chan); /* c may be gone */
}

static void
on_connect(unsigned events, void *arg)
{
	struct btz_listen_entry *l = arg;
	int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (fd >= 0) /* the loop comes back while there are more */
		take_connection(l, fd);
}

enum btz_rc
btz_host_listen(struct btz_host *h, const struct btz_listener *listener, int fd,
    struct btz_err *err)
{
	struct btz_listen_entry *l = &h->listeners[h->n_listeners];

	*l = (struct btz_listen_entry){
		.host = h, .listener = listener, .fd = fd
	};
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	l->watch = btz_watch_new(h->loop, fd, BTZ_EV_READ, on_connect, l);
	if (l->watch == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "listener");
	h->n_listeners++;
	return BTZ_OK;
}

static void
drop_old(struct btz_host *h, enum btz_prog other, uint32_t role)
{
	for (struct btz_conn_entry *c = h->conns; c != NULL; c = c->next) {
		if (c->other != other || c->role != role)
			continue;
		btz_host_remove(c);
		if (h->d->on_edge != NULL)
			h->d->on_edge(h, other, false);
		return;
	}
}

enum btz_rc
btz_host_open_edge(struct btz_host *h, size_t slot, int fd, struct btz_err *err)
{
	const struct btz_slot *s = &h->slots[slot];
	struct btz_conn_entry like = { .role = 0 }, *c;
	enum btz_rc rc;

	like.other = s->asks ? s->edge->to : s->edge->from;
	if (!s->asks)
		like.role = BTZ_ROLE_OF(like.other);
	drop_old(h, like.other, like.role);
	/* The pair was made by the supervisor: only the kernel's word with
	 * each message says which uid asks. */
	rc = btz_host_add(
	    h, fd, s->asks ? 0 : BTZ_CHAN_PASSCRED, &like, &c, err);
	if (rc != BTZ_OK)
		return rc;
	btz_chan_set_queue(c->chan, 4096);
	if (!s->asks)
		btz_chan_urgent(c->chan);
	if (h->d->on_edge != NULL)
		h->d->on_edge(h, like.other, true);
	return BTZ_OK;
}

/* Slots 0.. are inherited from fd 5 on; the TA edge is the TEE client's. */
enum btz_rc
btz_host_open_slots(struct btz_host *h, struct btz_err *err)
{
	enum btz_rc rc = BTZ_OK;

	h->n_slots = btz_slots(h->prog, h->slots);
	for (size_t i = 0; i < h->n_slots && rc == BTZ_OK; i++) {
		int fd = BTZ_FD_SLOT0 + (int)i;

		if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
			continue; /* not given: that edge is down for now */
		if (h->slots[i].listener != NULL && h->d->raw_listen != NULL &&
		    h->d->raw_listen(h, fd))
			continue;
		if (h->slots[i].listener != NULL)
			rc = btz_host_listen(h, h->slots[i].listener, fd, err);
		else if (h->d->raw_edge == NULL ||
			 !h->d->raw_edge(h, h->slots[i].edge, fd))
			rc = btz_host_open_edge(h, i, fd, err);
	}
	return rc;
}
