/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve.h - connections of Parsec's clients: the inside of serve.c (bytes in
 * and out) and owners.c (who has how many, who gives way).
 *
 *   READ   a request comes in. Too slow: status 15, then closed. Nothing came
 *          after a first answer: closed without a word, as Parsec's service
 *          closes after each answer, so that clients which read to the end
 *          get theirs. After a second request on a connection it may be idle
 *          for BTZ_PARSEC_KEEP_MS: that client knows that it is kept.
 *   JOB    a request is at work; nothing more is read.
 *   WRITE  its answer goes out -> READ, or after a broken one -> DRAIN
 *   DRAIN  what still comes is thrown away, so that the client gets to read
 *          the answer; then closed
 */
#ifndef BTZ_PARSEC_SERVE_H
#define BTZ_PARSEC_SERVE_H

#include "parsec/parsec.h"

#define BTZ_PARSEC_KEEP_MS 60000u
#define BTZ_PARSEC_BUF 4096u	/* what each connection has for a start */
#define BTZ_PARSEC_TIMEOUTS 10u /* a request takes so many at the most */

enum btz_pconn_state {
	BTZ_PCONN_READ,
	BTZ_PCONN_JOB,
	BTZ_PCONN_WRITE,
	BTZ_PCONN_DRAIN,
};

struct btz_powner { /* of connections: a uid */
	struct btz_powner *next;
	uint32_t uid;
	size_t conns, bytes;
};

struct btz_pconn {
	struct btz_pconn *next, **at; /* oldest first */
	struct btz_pserve *serve;
	struct btz_powner *owner;
	int fd;
	struct btz_watch *watch;
	struct btz_timer *timer;
	enum btz_pconn_state state;
	bool busy; /* in advance(): freed by it */
	bool dead;
	bool broken; /* no request can follow */
	uint64_t deadline;
	unsigned served;
	struct btz_pjob *job;
	struct btz_parsec_header head;
	bool have_head;
	size_t need; /* bytes of the request at hand */
	uint8_t *buf;
	size_t len, cap;
	uint8_t *out;
	size_t out_len, out_at;
	size_t held; /* of memory for answers, counted */
};

struct btz_pserve {
	struct btz_parsec *d;
	struct btz_watch *watch;
	int fd;
	struct btz_pconn *conns, **tail;
	size_t n_conns, bytes;
	struct btz_powner *owners;
};

/* The owner for one more connection of uid; NULL: no room, and none that
 * could give way. */
struct btz_powner *btz_powner_enter(struct btz_pserve *s, uint32_t uid);
void btz_powner_leave(struct btz_pserve *s, struct btz_powner *o);
/* More memory than BTZ_PARSEC_BUF for requests and answers of o; false: too
 * much. */
bool btz_powner_bytes(struct btz_pserve *s, struct btz_powner *o, size_t more);
void btz_powner_bytes_back(
    struct btz_pserve *s, struct btz_powner *o, size_t less);
void btz_pconn_close(struct btz_pconn *c);

#endif
