/* SPDX-License-Identifier: Apache-2.0 */
/* wire.c - see wire.h. */
#include "parsec/wire.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void
pw_make(struct pw *p, uint8_t provider, uint32_t opcode, uint8_t auth,
    uint32_t uid, const void *body, size_t len)
{
	struct btz_parsec_header h = { .magic = BTZ_PARSEC_MAGIC,
		.size = 30,
		.major = 1,
		.provider = provider,
		.auth = auth,
		.body_len = (uint32_t)len,
		.auth_len = auth == BTZ_PAUTH_PEER ? 4 : 0,
		.opcode = opcode };

	if (len > sizeof(p->bytes) - BTZ_PARSEC_HDR - 4)
		abort();
	btz_parsec_header_write(&h, p->bytes);
	if (len > 0)
		memcpy(p->bytes + BTZ_PARSEC_HDR, body, len);
	p->len = BTZ_PARSEC_HDR + len;
	for (unsigned i = 0; i < h.auth_len; i++)
		p->bytes[p->len++] = (uint8_t)(uid >> (8 * i));
}

void
pw_make_msg(
    struct pw *p, uint8_t provider, uint32_t opcode, const ProtobufCMessage *m)
{
	uint8_t body[3000];
	size_t len = m == NULL ? 0 : protobuf_c_message_get_packed_size(m);

	if (len > sizeof(body))
		abort();
	if (m != NULL)
		(void)protobuf_c_message_pack(m, body);
	pw_make(p, provider, opcode, BTZ_PAUTH_PEER, getuid(), body, len);
}

int
pw_connect(struct btz_box *box)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(sa.sun_path, sizeof(sa.sun_path),
	    "%s/run/parsec/parsec.sock", btz_box_home(box));
	if (connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

void
pw_send(int fd, const void *p, size_t len)
{
	const uint8_t *at = p;

	while (len > 0) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		at += n;
		len -= (size_t)n;
	}
}

static bool
read_all(int fd, void *out, size_t len, int ms)
{
	uint8_t *at = out;

	while (len > 0) {
		struct pollfd pf = { .fd = fd, .events = POLLIN };
		ssize_t n;

		if (poll(&pf, 1, ms) != 1 || (n = read(fd, at, len)) <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

bool
pw_read(int fd, struct pw_answer *out, int ms)
{
	uint8_t head[BTZ_PARSEC_HDR];

	if (!read_all(fd, head, sizeof(head), ms))
		return false;
	btz_parsec_header_read(head, &out->head);
	out->len = out->head.body_len;
	return out->len <= sizeof(out->body) &&
	       read_all(fd, out->body, out->len, ms);
}

bool
pw_closed(int fd, int ms)
{
	struct pollfd pf = { .fd = fd, .events = POLLIN };
	uint8_t b;
	ssize_t n;

	if (poll(&pf, 1, ms) != 1)
		return false;
	n = read(fd, &b, 1);
	return n == 0 || (n < 0 && errno == ECONNRESET);
}

int
pw_ask(struct btz_box *box, const struct pw *p, struct pw_answer *out)
{
	int fd = pw_connect(box);
	bool ok;

	if (fd < 0)
		return -1;
	pw_send(fd, p->bytes, p->len);
	ok = pw_read(fd, out, 20000);
	(void)close(fd);
	return ok ? out->head.status : -1;
}

size_t
pw_hex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned v;

	for (; *hex != '\0'; hex++) {
		if (*hex == ' ')
			continue;
		if (sscanf(hex, "%2x", &v) != 1)
			abort();
		out[n++] = (uint8_t)v;
		hex++;
	}
	return n;
}
