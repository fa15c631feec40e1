/* SPDX-License-Identifier: Apache-2.0 */
/*
 * daemon.h - the life of one of our processes, the same for all: options,
 * configuration, open everything, confine, loop. A daemon is a const struct
 * btz_daemon with a table of operations; see edges.h for its descriptors.
 *
 * Started by `bartizan up` as:  bartizan-X --as NAME [--home DIR]
 * with fd 3 control, fd 4 configuration, fd 5.. its slots. Tests start it the
 * same way.
 */
#ifndef BTZ_BASE_DAEMON_H
#define BTZ_BASE_DAEMON_H

#include "base/chan.h"
#include "base/conf.h"
#include "base/confine.h"
#include "base/edges.h"
#include "wire/ops.h"

struct btz_host; /* this process */

/* Enough to answer later, from another callback: a value, copy it freely. An
 * answer to a connection that is gone meanwhile is dropped. */
struct btz_ticket {
	struct btz_host *host;
	uint64_t conn; /* never reused */
	uint64_t id;   /* request id, for logs and for passing on */
	uint32_t tag;
	uint16_t op;
	bool quiet; /* only a refusal is answered */
};

struct btz_call {
	struct btz_ticket ticket;
	uint32_t role; /* one bit: BTZ_ROLE_OF(prog) or enum btz_role */
	struct btz_peer peer;
	int fd;		 /* descriptor that came along or -1; closed after the
		     * handler unless it sets this to -1 */
	void *conn_data; /* of btz_host_adopt, else NULL */
};

/* msg: decoded body by the row's def (NULL when the row has none); borrowed
 * until the handler returns. Every handler answers exactly once, now or
 * later, with btz_reply; of events (BTZ_FRAME_EVENT) only those with a tag are
 * answered, and only when the answer is a refusal. */
typedef void btz_handler(
    struct btz_host *h, struct btz_call *c, const void *msg);

struct btz_op_row {
	uint16_t op;
	uint32_t roles;		     /* who may ask: bits */
	const struct btz_msgdef *in; /* NULL: empty body */
	btz_handler *fn;
};

struct btz_daemon {
	const char *name;	      /* "bartizan-ca" */
	const enum btz_prog *progs;   /* which it can be, BTZ_PROG_NONE ends */
	const struct btz_op_row *ops; /* PING is built in */
	size_t n_ops;
	/* Configuration: targets with `into`; parsed before start. */
	const struct btz_conf_target *conf;
	size_t n_conf;
	const char *const
	    *usage; /* extra lines for --help, NULL ends; or NULL */
	/* An option this daemon knows beyond the common ones; false: usage. */
	bool (*option)(const char *name, const char *value);
	/* Open files and databases, check state. Before confinement. */
	enum btz_rc (*start)(struct btz_host *h, struct btz_err *err);
	/* After confinement, before the loop: ask peers, start timers. */
	enum btz_rc (*ready)(struct btz_host *h, struct btz_err *err);
	/* SIGTERM or the supervisor's stop: finish, then btz_host_exit. NULL:
	 * exit at once. */
	void (*stop)(struct btz_host *h);
	/* An edge went down or came (back) up. May be NULL. */
	void (*on_edge)(struct btz_host *h, enum btz_prog other, bool up);
	/* Takes the descriptor of an edge that does not speak frames (the TEE
	 * client's): true if it did. May be NULL. */
	bool (*raw_edge)(
	    struct btz_host *h, const struct btz_edge *edge, int fd);
	/* Takes a listening socket that does not speak frames: true if it did;
	 * the descriptor stays open for good. May be NULL. */
	bool (*raw_listen)(struct btz_host *h, int fd);
	/* Looks at every message before anything of it is done, PING included;
	 * false: not for us (it may have closed the connection). May be NULL. */
	bool (*admit)(struct btz_host *h, const struct btz_call *c);
	/* A connection accepted from a listener is gone. May be NULL. */
	void (*on_gone)(struct btz_host *h, uint64_t conn, void *conn_data);
	/* Fills what this daemon may touch; paths are absolute. */
	enum btz_rc (*confine)(
	    struct btz_host *h, struct btz_confine *c, struct btz_err *err);
};

/* The whole of main(). */
int btz_daemon_main(int argc, char **argv, const struct btz_daemon *d);

struct btz_loop *btz_host_loop(struct btz_host *h);
enum btz_prog btz_host_prog(const struct btz_host *h);
const char *btz_host_home(const struct btz_host *h); /* BARTIZAN_HOME */
/* home + "/" + rel into out; BTZ_E_TOOBIG. */
BTZ_MUST_CHECK enum btz_rc btz_host_path(const struct btz_host *h,
    const char *rel, char *out, size_t cap, struct btz_err *err);
void btz_host_set_data(struct btz_host *h, void *data);
void *btz_host_data(struct btz_host *h);
void btz_host_exit(struct btz_host *h, int status);
/* A fresh request id (random), for work nobody asked for. */
uint64_t btz_host_new_id(struct btz_host *h);

/* Channel on which this program asks `callee`; NULL while it is down. */
struct btz_chan *btz_host_edge(struct btz_host *h, enum btz_prog callee);
/* Asks over an edge; BTZ_E_DOWN at once (fn not called) while it is down. */
BTZ_MUST_CHECK enum btz_rc btz_host_ask(struct btz_host *h,
    enum btz_prog callee, uint16_t op, uint64_t id,
    const struct btz_msgdef *def, const void *msg, int pass_fd,
    uint32_t timeout_ms, btz_answer_fn *fn, void *arg);
/* Tells the supervisor, an event; BTZ_E_DOWN, BTZ_E_QUOTA. */
BTZ_MUST_CHECK enum btz_rc btz_host_tell_up(struct btz_host *h, uint16_t op,
    const struct btz_msgdef *def, const void *msg);
/* Sends an event over an edge, no answer; BTZ_E_DOWN, BTZ_E_QUOTA. */
BTZ_MUST_CHECK enum btz_rc btz_host_event(struct btz_host *h,
    enum btz_prog callee, uint16_t op, uint64_t id,
    const struct btz_msgdef *def, const void *msg);
/* Serves a socket with the daemon's table (leased sockets): takes fd. The
 * peer of each message is checked by the kernel (SO_PASSCRED). */
BTZ_MUST_CHECK enum btz_rc btz_host_adopt(struct btz_host *h, int fd,
    uint32_t role, void *conn_data, uint64_t *conn, struct btz_err *err);
void btz_host_drop(struct btz_host *h, uint64_t conn); /* closes it */
/* Its descriptor, which stays the host's; -1: gone. */
int btz_host_fd(struct btz_host *h, uint64_t conn);

/* Answers. rc other than BTZ_OK: empty body. */
void btz_reply(const struct btz_ticket *t, enum btz_rc rc,
    const struct btz_msgdef *def, const void *msg);
void btz_reply_fd(const struct btz_ticket *t, const struct btz_msgdef *def,
    const void *msg, int pass_fd); /* pass_fd stays the caller's */
/* Logs the error once with the request id, then answers its number. */
void btz_reply_err(const struct btz_ticket *t, const struct btz_err *err);
/* An answer with BTZ_FRAME_MORE (msg_list.h: progress). */
void btz_reply_progress(const struct btz_ticket *t, uint16_t step,
    uint16_t steps, const char *what);

#endif
