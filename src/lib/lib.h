/* SPDX-License-Identifier: Apache-2.0 */
/* lib.h - between the files of libbartizan: the lease, what is under way
 * (link.c), and how a request looks on the wire (request.c). */
#ifndef BTZ_LIB_LIB_H
#define BTZ_LIB_LIB_H

#include "base/err.h"
#include "base/sock.h"
#include "lib/bartizan.h"

struct btz_pending {
	uint32_t tag; /* 0: free */
	uint16_t op;  /* enum bartizan_op */
	bartizan_callback *fn;
	void *arg;
};

struct bartizan {
	int fd; /* leased socket, -1: none */
	char *path, *want;
	char backend[64];
	uint32_t next_tag;
	unsigned timeout_ms;
	uint64_t id; /* of requests, for logs */
	size_t n_pending;
	struct btz_pending pending[BARTIZAN_PENDING_MAX];
	struct btz_err err;
	struct btz_msgbuf out;	/* what is sent */
	struct btz_msgbuf in;	/* the answer at hand: callbacks borrow it */
	struct btz_msgbuf mine; /* answer that call waits for */
};

/* One row per enum bartizan_op. */
struct btz_lib_op {
	uint16_t op;			   /* enum btz_op */
	const struct btz_msgdef *in, *out; /* out NULL: empty answer */
	/* false: it has a value that the wire has no room for */
	bool (*put)(const struct bartizan_request *rq, void *msg);
	void (*take)(const void *msg, struct bartizan_result *out);
};
/* NULL: no such operation. */
const struct btz_lib_op *btz_lib_op(int op);
#define BTZ_LIB_MSG_MAX 512u /* sizeof the largest message struct */

/* Opens a lease if there is none. */
int btz_lib_connect(struct bartizan *b);
/* The connection is given up: whoever waits is told. */
void btz_lib_break(struct bartizan *b, enum btz_rc rc);

#endif
