/* SPDX-License-Identifier: Apache-2.0 */
/* host.h - the inside of struct btz_host: shared by daemon.c (life of the
 * process), host.c (connections and dispatch) and listen.c (accept). */
#ifndef BTZ_BASE_HOST_H
#define BTZ_BASE_HOST_H

#include "base/daemon.h"

#define BTZ_CONNS_MAX 512     /* accepted connections of one process */
#define BTZ_CONNS_PER_UID 64  /* of one listener and uid */
#define BTZ_CONN_BUCKETS 256u /* numbers are handed out in turn: they spread */

struct btz_conn_entry {
	struct btz_conn_entry *next;
	struct btz_conn_entry *chain; /* same bucket */
	struct btz_host *host;
	struct btz_chan *chan;
	uint64_t conn;
	uint32_t role;
	enum btz_prog other;		     /* an edge, else NONE */
	const struct btz_listener *listener; /* accepted, else NULL */
	void *data;
};

struct btz_listen_entry {
	struct btz_host *host;
	const struct btz_listener *listener;
	struct btz_watch *watch;
	int fd;
};

struct btz_host {
	const struct btz_daemon *d;
	enum btz_prog prog;
	char home[256];
	struct btz_loop *loop;
	struct btz_chan *control;
	struct btz_conn_entry *conns;
	struct btz_conn_entry *by_conn[BTZ_CONN_BUCKETS];
	size_t n_conns, n_accepted;
	uint64_t last_conn;
	uint64_t ids[32]; /* random, drawn together: for btz_host_new_id */
	size_t n_ids;
	struct btz_listen_entry listeners[BTZ_SLOTS_MAX];
	size_t n_listeners;
	struct btz_slot slots[BTZ_SLOTS_MAX];
	size_t n_slots;
	void *data;
	int status;
};

extern const struct btz_chan_ops btz_host_chan_ops;

/* A connection served with the daemon's table; takes fd. */
enum btz_rc btz_host_add(struct btz_host *h, int fd, unsigned chan_flags,
    struct btz_conn_entry *like, struct btz_conn_entry **out,
    struct btz_err *err);
void btz_host_remove(struct btz_conn_entry *c); /* closes, frees */
enum btz_rc btz_host_open_slots(struct btz_host *h, struct btz_err *err);
enum btz_rc btz_host_open_edge(
    struct btz_host *h, size_t slot, int fd, struct btz_err *err);
enum btz_rc btz_host_listen(struct btz_host *h,
    const struct btz_listener *listener, int fd, struct btz_err *err);
void btz_host_end(struct btz_host *h);

#endif
