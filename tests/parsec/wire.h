/* SPDX-License-Identifier: Apache-2.0 */
/* wire.h - a client of Parsec for tests: bytes of the wire, nothing clever. */
#ifndef BTZ_TESTS_PARSEC_WIRE_H
#define BTZ_TESTS_PARSEC_WIRE_H

#include <protobuf-c/protobuf-c.h>

#include "parsec/header.h"
#include "support/spawn.h"

struct pw { /* one request, changed at will before it is sent */
	uint8_t bytes[4096];
	size_t len;
};

struct pw_answer {
	struct btz_parsec_header head;
	size_t len; /* of the body */
	uint8_t body[1u << 21];
};

/* Header, body, and the auth field of uid (auth 3) or none (auth 0). */
void pw_make(struct pw *p, uint8_t provider, uint32_t opcode, uint8_t auth,
    uint32_t uid, const void *body, size_t len);
void pw_make_msg(
    struct pw *p, uint8_t provider, uint32_t opcode, const ProtobufCMessage *m);
int pw_connect(struct btz_box *box);
/* False: closed or reset before a whole answer; waits at most ms. */
bool pw_read(int fd, struct pw_answer *out, int ms);
bool pw_closed(int fd, int ms); /* end of file or reset within ms */
void pw_send(int fd, const void *p, size_t len);
/* A connection of its own; the status, -1: no answer. */
int pw_ask(struct btz_box *box, const struct pw *p, struct pw_answer *out);
/* "0a 02 6b31" to bytes. */
size_t pw_hex(const char *hex, uint8_t *out);

#endif
