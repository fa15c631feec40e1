/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parsec_load.c - a client of Parsec's wire protocol 1.0 for measurements: the
 * same bytes for whatever service listens. A connection for each request, as
 * clients of Parsec make it; several clients are one process, each with one
 * request under way. Bytes as in docs/protocol/parsec.md and Parsec's book;
 * nothing of src/parsec is used. One JSON object on standard output.
 *
 *   parsec_load SOCKET PROVIDER generate PREFIX CLIENTS COUNT
 *   parsec_load SOCKET PROVIDER sign KEY CLIENTS MILLISECONDS [kept]
 *   parsec_load SOCKET PROVIDER each PREFIX COUNT      one signature of each
 *   parsec_load SOCKET PROVIDER crowded KEY N          one, after N others who
 *                                                      connect and say nothing
 */
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "measure.h"

#define HEAD 36
#define CLIENTS_MAX 64
#define TIMES_MAX (1u << 20)
#define GENERATE 0x02
#define SIGN_HASH 0x04
#define VERIFY_HASH 0x05
#define WAIT_MS 60000

struct request {
	uint8_t bytes[512];
	size_t len;
};

struct client {
	int fd; /* -1: none */
	uint64_t since;
	uint8_t in[512];
	size_t len;
};

static struct sockaddr_un address = { .sun_family = AF_UNIX };
static uint8_t provider;
static bool kept;
static double took[TIMES_MAX];
static size_t n_took;

/* P-256, to sign and verify hashes and messages by ECDSA with SHA-256. */
static const uint8_t attributes[] = { 0x0a, 0x04, 0x5a, 0x02, 0x08, 0x02, 0x10,
	0x80, 0x02, 0x1a, 0x14, 0x0a, 0x08, 0x30, 0x01, 0x38, 0x01, 0x40, 0x01,
	0x48, 0x01, 0x12, 0x08, 0x32, 0x06, 0x22, 0x04, 0x0a, 0x02, 0x10,
	0x07 };
static const uint8_t ecdsa_sha256[] = { 0x22, 0x04, 0x0a, 0x02, 0x10, 0x07 };
static const uint8_t digest[32] = "thirty-two bytes to be signed";

_Noreturn static void
give_up(const char *what, int status)
{
	(void)fprintf(stderr, "parsec_load: %s: status %d\n", what, status);
	exit(1);
}

/* A field of bytes; all that we send are shorter than 128. */
static void
put(struct request *r, uint8_t number, const void *p, size_t len)
{
	if (len > 127 || r->len + 2 + len > sizeof(r->bytes))
		abort();
	r->bytes[r->len++] = (uint8_t)(number << 3 | 2);
	r->bytes[r->len++] = (uint8_t)len;
	memcpy(r->bytes + r->len, p, len);
	r->len += len;
}

static void
begin(struct request *r, uint8_t opcode, const char *key)
{
	static const uint8_t head[HEAD] = { 0x10, 0xa7, 0xc0, 0x5e, 0x1e, 0x00,
		0x01, 0x00, [21] = 3, [26] = 4 };

	memcpy(r->bytes, head, HEAD);
	r->bytes[10] = provider;
	r->bytes[28] = opcode;
	r->len = HEAD;
	put(r, 1, key, strlen(key));
}

/* The body's length, and who we are. */
static void
end(struct request *r)
{
	const size_t body = r->len - HEAD;
	const uid_t uid = getuid();

	r->bytes[22] = (uint8_t)body;
	r->bytes[23] = (uint8_t)(body >> 8);
	for (unsigned i = 0; i < 4; i++)
		r->bytes[r->len++] = (uint8_t)(uid >> (8 * i));
}

static void
make_generate(struct request *r, const char *key)
{
	begin(r, GENERATE, key);
	put(r, 2, attributes, sizeof(attributes));
	end(r);
}

static void
make_sign(struct request *r, const char *key)
{
	begin(r, SIGN_HASH, key);
	put(r, 2, ecdsa_sha256, sizeof(ecdsa_sha256));
	put(r, 3, digest, sizeof(digest));
	end(r);
}

static int
connect_anew(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&address,
			  sizeof(address)) != 0)
		btz_die(address.sun_path);
	return fd;
}

static void
ask(struct client *c, const struct request *r)
{
	c->since = btz_now_ns();
	if (c->fd < 0)
		c->fd = connect_anew();
	c->len = 0;
	if (send(c->fd, r->bytes, r->len, MSG_NOSIGNAL) != (ssize_t)r->len)
		btz_die("send");
}

/* True: the answer is whole, and a good one. */
static bool
take(struct client *c, size_t body)
{
	ssize_t n = recv(c->fd, c->in + c->len, sizeof(c->in) - c->len, 0);
	int status;

	if (n <= 0)
		btz_die("recv");
	c->len += (size_t)n;
	if (c->len < HEAD)
		return false;
	status = c->in[32] | c->in[33] << 8;
	if (status != 0)
		give_up("answer", status);
	if (c->len < HEAD + (size_t)c->in[22])
		return false;
	if (c->len != HEAD + body)
		give_up("length of the answer", (int)c->len);
	if (!kept) {
		(void)close(c->fd);
		c->fd = -1;
	}
	if (n_took < TIMES_MAX)
		took[n_took++] = (double)(btz_now_ns() - c->since) / 1000;
	return true;
}

/* One request, alone. */
static void
once(struct client *c, const struct request *r, size_t body)
{
	ask(c, r);
	while (!take(c, body))
		;
}

#define SIGNATURE_BODY 66 /* tag, length, r, s */

/* What is measured is a signature, says the service itself. */
static void
check(const char *key)
{
	struct request r;
	struct client c = { .fd = -1 };

	make_sign(&r, key);
	once(&c, &r, SIGNATURE_BODY);
	begin(&r, VERIFY_HASH, key);
	put(&r, 2, ecdsa_sha256, sizeof(ecdsa_sha256));
	put(&r, 3, digest, sizeof(digest));
	put(&r, 4, c.in + HEAD + 2, SIGNATURE_BODY - 2);
	end(&r);
	once(&c, &r, 0);
	if (c.fd >= 0)
		(void)close(c.fd);
	n_took = 0;
}

struct load {
	struct client c[CLIENTS_MAX];
	struct pollfd p[CLIENTS_MAX];
	size_t clients, body;
	/* The next request; NULL: none any more. */
	const struct request *(*next)(void);
	size_t open; /* clients that wait for an answer */
};

static void
go_on(struct load *l, size_t i)
{
	const struct request *r = l->next();

	l->p[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
	if (r == NULL)
		return;
	ask(&l->c[i], r);
	l->p[i].fd = l->c[i].fd;
	l->open++;
}

/* Seconds from the first request to the last answer. */
static double
run(struct load *l)
{
	const uint64_t start = btz_now_ns();

	for (size_t i = 0; i < l->clients; i++) {
		l->c[i].fd = -1;
		go_on(l, i);
	}
	while (l->open > 0) {
		if (poll(l->p, l->clients, WAIT_MS) <= 0)
			btz_die("no answer");
		for (size_t i = 0; i < l->clients; i++)
			if (l->p[i].fd >= 0 && l->p[i].revents != 0 &&
			    take(&l->c[i], l->body)) {
				l->open--;
				go_on(l, i);
			}
	}
	return (double)(btz_now_ns() - start) / 1e9;
}

static void
print(double seconds)
{
	const size_t n = n_took;
	const double p99 = btz_quantile(took, n, 0.99);

	(void)printf("{\"n\":%zu,\"ops_s\":%.6g,\"p50_us\":%.6g,"
		     "\"p99_us\":%.6g}\n",
	    n, (double)n / seconds, btz_median(took, n), p99);
}

static struct request request;
static uint64_t until;
static const char *prefix;
static unsigned made, to_make;

static const struct request *
sign_until(void)
{
	return btz_now_ns() < until ? &request : NULL;
}

static const struct request *
generate_next(void)
{
	char key[64];

	if (made == to_make)
		return NULL;
	(void)snprintf(key, sizeof(key), "%.40s%u", prefix, made++);
	make_generate(&request, key);
	return &request;
}

static void
set_clients(struct load *l, const char *n)
{
	l->clients = strtoul(n, NULL, 10);
	if (l->clients == 0 || l->clients > CLIENTS_MAX)
		give_up("clients", (int)l->clients);
}

static int
sign_command(int argc, char **argv)
{
	static struct load l = { .body = SIGNATURE_BODY, .next = sign_until };

	if (argc < 3)
		return 2;
	set_clients(&l, argv[1]);
	check(argv[0]);
	kept = argc > 3 && strcmp(argv[3], "kept") == 0;
	make_sign(&request, argv[0]);
	until = btz_now_ns() + strtoul(argv[2], NULL, 10) * 1000000u;
	print(run(&l));
	return 0;
}

static int
generate_command(int argc, char **argv)
{
	static struct load l = { .body = 0, .next = generate_next };

	if (argc < 3)
		return 2;
	set_clients(&l, argv[1]);
	prefix = argv[0];
	to_make = (unsigned)strtoul(argv[2], NULL, 10);
	print(run(&l));
	return 0;
}

static int
each_command(int argc, char **argv)
{
	struct client c = { .fd = -1 };
	const uint64_t start = btz_now_ns();
	char key[64];

	if (argc < 2)
		return 2;
	for (unsigned i = 0; i < strtoul(argv[1], NULL, 10); i++) {
		(void)snprintf(key, sizeof(key), "%.40s%u", argv[0], i);
		make_sign(&request, key);
		once(&c, &request, SIGNATURE_BODY);
	}
	print((double)(btz_now_ns() - start) / 1e9);
	return 0;
}

static int
crowded_command(int argc, char **argv)
{
	struct client c = { .fd = -1 };
	uint64_t start;

	if (argc < 2)
		return 2;
	make_sign(&request, argv[0]);
	for (unsigned i = 0; i < strtoul(argv[1], NULL, 10); i++)
		(void)connect_anew(); /* open to the end of this process */
	start = btz_now_ns();
	once(&c, &request, SIGNATURE_BODY);
	print((double)(btz_now_ns() - start) / 1e9);
	return 0;
}

static const struct {
	const char *name;
	int (*fn)(int argc, char **argv);
} commands[] = {
	{ "sign", sign_command },
	{ "generate", generate_command },
	{ "each", each_command },
	{ "crowded", crowded_command },
};

int
main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	(void)snprintf(
	    address.sun_path, sizeof(address.sun_path), "%s", argv[1]);
	provider = (uint8_t)strtoul(argv[2], NULL, 10);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[3], commands[i].name) == 0)
			return commands[i].fn(argc - 4, argv + 4);
	return 2;
}
