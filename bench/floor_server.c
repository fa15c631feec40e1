/* SPDX-License-Identifier: Apache-2.0 */
/*
 * floor_server.c - the floor of bench_sign: the least that a program in C can
 * do for the same signature. One SEQPACKET socket per client, epoll, recv of a
 * message, SHA-256 and ECDSA P-256 with contexts that are ready, send. No
 * frames, no leases, no records, no checks.
 *
 *   floor_server PATH      (serves until it is killed)
 */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static EVP_PKEY_CTX *sign_ctx;
static EVP_MD_CTX *md_ctx;

static int
make_key(void)
{
	EVP_PKEY_CTX *gen = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
	EVP_PKEY *pkey = NULL;

	if (gen == NULL || EVP_PKEY_keygen_init(gen) <= 0 ||
	    EVP_PKEY_CTX_set_ec_paramgen_curve_nid(gen, NID_X9_62_prime256v1) <=
		0 ||
	    EVP_PKEY_keygen(gen, &pkey) <= 0)
		return -1;
	EVP_PKEY_CTX_free(gen);
	sign_ctx = EVP_PKEY_CTX_new(pkey, NULL);
	md_ctx = EVP_MD_CTX_new();
	if (sign_ctx == NULL || md_ctx == NULL ||
	    EVP_PKEY_sign_init(sign_ctx) <= 0 ||
	    EVP_DigestInit_ex(md_ctx, EVP_sha256(), NULL) <= 0)
		return -1;
	return 0;
}

static int
serve(int fd)
{
	uint8_t in[4096], digest[32], sig[128];
	size_t n = sizeof(sig);
	ssize_t len = recv(fd, in, sizeof(in), 0);

	if (len <= 0)
		return -1;
	if (EVP_DigestInit_ex(md_ctx, NULL, NULL) <= 0 ||
	    EVP_DigestUpdate(md_ctx, in, (size_t)len) <= 0 ||
	    EVP_DigestFinal_ex(md_ctx, digest, NULL) <= 0 ||
	    EVP_PKEY_sign(sign_ctx, sig, &n, digest, sizeof(digest)) <= 0)
		return -1;
	return send(fd, sig, n, MSG_NOSIGNAL) == (ssize_t)n ? 0 : -1;
}

static int
open_socket(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&sa, sizeof(sa)) != 0 ||
	    listen(fd, 64) != 0)
		return -1;
	return fd;
}

int
main(int argc, char **argv)
{
	int listener = argc == 2 ? open_socket(argv[1]) : -1;
	int ep = epoll_create1(0);
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = listener };

	if (listener < 0 || make_key() != 0 ||
	    epoll_ctl(ep, EPOLL_CTL_ADD, listener, &ev) != 0)
		return 1;
	for (;;) {
		struct epoll_event got[32];
		int n = epoll_wait(ep, got, 32, -1);

		for (int i = 0; i < n; i++) {
			int fd = got[i].data.fd;

			if (fd == listener) {
				ev.data.fd = accept(listener, NULL, NULL);
				(void)epoll_ctl(
				    ep, EPOLL_CTL_ADD, ev.data.fd, &ev);
			} else if (serve(fd) != 0) {
				(void)close(fd);
			}
		}
	}
}
