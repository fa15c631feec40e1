/* SPDX-License-Identifier: Apache-2.0 */
/* test_fetch.c - what the HTTPS client refuses: answers that are not HTTP,
 * secrets to a server that is not verified, a man in the middle (a TLS server
 * with another root, in a thread), chains that are not for us. */
#include "cli/fetch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/cmocka_all.h"

static struct btz_fetch_answer answer;

static const struct {
	const char *name, *text;
	bool ok;
	int status;
	const char *body;
} answers[] = {
	{ "empty", "", false, 0, NULL },
	{ "no end of the head", "HTTP/1.1 200 OK\r\nA: b\r\n", false, 0, NULL },
	{ "not HTTP", "SSH-2.0-OpenSSH\r\n\r\n", false, 0, NULL },
	{ "HTTP/2", "HTTP/2.0 200\r\n\r\n", false, 0, NULL },
	{ "status of two digits", "HTTP/1.1 20 OK\r\n\r\n", false, 0, NULL },
	{ "body", "HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody\r\n\r\nmore", true, 200,
	    "body\r\n\r\nmore" },
	{ "empty body", "HTTP/1.0 403 Forbidden\r\n\r\n", true, 403, "" },
};

static void
test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(answers); i++) {
		print_message("# case: %s\n", answers[i].name);
		answer.len = strlen(answers[i].text);
		memcpy(answer.buf, answers[i].text, answer.len + 1);
		assert_int_equal(btz_fetch_parse(&answer), answers[i].ok);
		if (!answers[i].ok)
			continue;
		assert_int_equal(answer.status, answers[i].status);
		assert_true(
		    btz_span_eq(answer.body, btz_span_str(answers[i].body)));
	}
}

static void
test_no_secret_unverified(void **state)
{
	struct btz_fetch rq = { .url = { "127.0.0.1", "1" },
		.method = "POST",
		.path = "/.bartizan/enrol",
		.token = "secret" };
	struct btz_err err = { .rc = BTZ_OK };

	(void)state;
	assert_int_equal(btz_fetch(&rq, &answer, &err), BTZ_E_INTERNAL);
	rq.token = NULL;
	rq.body = btz_span_str("csr");
	assert_int_equal(btz_fetch(&rq, &answer, &err), BTZ_E_INTERNAL);
}

static void
test_nobody_there(void **state)
{
	struct btz_fetch rq = {
		.url = { "127.0.0.1", "1" }, .method = "GET", .path = "/"
	};
	struct btz_err err = { .rc = BTZ_OK };

	(void)state;
	assert_int_equal(btz_fetch(&rq, &answer, &err), BTZ_E_DOWN);
	assert_non_null(strstr(err.msg, "127.0.0.1:1"));
}

static void
test_no_chain(void **state)
{
	struct btz_err err = { .rc = BTZ_OK };

	(void)state;
	assert_int_equal(btz_fetch_check_chain(btz_span_str(""),
			     btz_span_str(""), btz_span_str(""), &err),
	    BTZ_E_PEM);
}

/* --- a server of our own ------------------------------------------------ */

struct pair {
	EVP_PKEY *key;
	X509 *cert;
};

static struct pair root_a, root_b, server_a, server_b;
static uint8_t der_a[2048], spki_a[256];
static struct btz_span root_der, server_spki;

static void
add_ext(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(e);
	assert_int_equal(X509_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
}

static struct pair
make_pair(const char *name, const struct pair *issuer)
{
	struct pair p = { EVP_EC_gen("P-256"), X509_new() };
	const struct pair *by = issuer == NULL ? &p : issuer;
	X509_NAME *n = X509_get_subject_name(p.cert);

	assert_non_null(p.key);
	(void)X509_set_version(p.cert, 2);
	(void)ASN1_INTEGER_set(X509_get_serialNumber(p.cert), 1);
	(void)X509_gmtime_adj(X509_getm_notBefore(p.cert), -60);
	(void)X509_gmtime_adj(X509_getm_notAfter(p.cert), 3600);
	(void)X509_NAME_add_entry_by_txt(
	    n, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	(void)X509_set_issuer_name(p.cert, X509_get_subject_name(by->cert));
	(void)X509_set_pubkey(p.cert, p.key);
	add_ext(p.cert, by->cert, NID_basic_constraints,
	    issuer == NULL ? "critical,CA:TRUE" : "critical,CA:FALSE");
	if (issuer != NULL)
		add_ext(p.cert, by->cert, NID_subject_alt_name, "IP:127.0.0.1");
	assert_true(X509_sign(p.cert, by->key, EVP_sha256()) > 0);
	return p;
}

static void
end_pair(struct pair *p)
{
	X509_free(p->cert);
	EVP_PKEY_free(p->key);
}

struct server {
	pthread_t thread;
	int fd;
	char port[6];
	const struct pair *id;
	char heard[2048];
	size_t len;
};

static void
serve(struct server *s, SSL *ssl)
{
	static const char answer_text[] = "HTTP/1.0 200 OK\r\n\r\nwelcome";
	int n;

	if (SSL_accept(ssl) != 1)
		return;
	n = SSL_read(ssl, s->heard, sizeof(s->heard) - 1);
	s->len = n > 0 ? (size_t)n : 0;
	if (n > 0 && strstr(s->heard, "Content-Length: 0") == NULL)
		(void)SSL_read(
		    ssl, s->heard + n, (int)sizeof(s->heard) - 1 - n);
	(void)SSL_write(ssl, answer_text, (int)strlen(answer_text));
	(void)SSL_shutdown(ssl);
}

static void *
server_main(void *arg)
{
	struct server *s = arg;
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	int fd = accept(s->fd, NULL, NULL);
	SSL *ssl;

	(void)SSL_CTX_use_certificate(ctx, s->id->cert);
	(void)SSL_CTX_use_PrivateKey(ctx, s->id->key);
	ssl = SSL_new(ctx);
	(void)SSL_set_fd(ssl, fd);
	serve(s, ssl);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	(void)close(fd);
	return NULL;
}

static void
server_start(struct server *s, const struct pair *id)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	socklen_t len = sizeof(sa);

	memset(s, 0, sizeof(*s));
	s->id = id;
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
	    bind(s->fd, (const struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(s->fd, 1), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&sa, &len), 0);
	(void)snprintf(s->port, sizeof(s->port), "%u", ntohs(sa.sin_port));
	assert_int_equal(pthread_create(&s->thread, NULL, server_main, s), 0);
}

static void
server_end(struct server *s)
{
	assert_int_equal(pthread_join(s->thread, NULL), 0);
	(void)close(s->fd);
}

static const struct {
	const char *name;
	const struct pair *server;
	const char *host;
	enum btz_rc rc;
} meets[] = {
	{ "a man in the middle with another root", &server_b, "127.0.0.1",
	    BTZ_E_VERIFY },
	{ "a server that is its own root", &root_b, "127.0.0.1", BTZ_E_VERIFY },
	{ "the box under another name", &server_a, "localhost", BTZ_E_VERIFY },
	{ "the box", &server_a, "127.0.0.1", BTZ_OK },
};

static void
test_token_for_the_box_only(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(meets); i++) {
		struct server s;
		struct btz_err err = { .rc = BTZ_OK };
		struct btz_fetch rq = { .method = "POST",
			.path = "/.bartizan/enrol",
			.token = "the-secret-token",
			.root = root_der };

		print_message("# case: %s\n", meets[i].name);
		server_start(&s, meets[i].server);
		(void)snprintf(
		    rq.url.host, sizeof(rq.url.host), "%s", meets[i].host);
		(void)snprintf(rq.url.port, sizeof(rq.url.port), "%s", s.port);
		assert_int_equal(btz_fetch(&rq, &answer, &err), meets[i].rc);
		server_end(&s);
		if (meets[i].rc != BTZ_OK) {
			assert_int_equal(s.len, 0);
			continue;
		}
		assert_non_null(strstr(
		    s.heard, "Authorization: Bearer the-secret-token\r\n"));
		assert_true(btz_span_eq(answer.body, btz_span_str("welcome")));
	}
}

/* The root may be fetched from anybody: the pin tells. No secret goes along. */
static void
test_unverified_says_nothing(void **state)
{
	struct server s;
	struct btz_err err = { .rc = BTZ_OK };
	struct btz_fetch rq = { .method = "GET", .path = "/.bartizan/ca.pem" };

	(void)state;
	server_start(&s, &server_b);
	(void)snprintf(rq.url.host, sizeof(rq.url.host), "127.0.0.1");
	(void)snprintf(rq.url.port, sizeof(rq.url.port), "%s", s.port);
	assert_int_equal(btz_fetch(&rq, &answer, &err), BTZ_OK);
	server_end(&s);
	assert_null(strstr(s.heard, "Authorization"));
}

/* --- what the box sends back -------------------------------------------- */

/* PEM of n certificates in memory of exactly that size: read beyond it and
 * the sanitizer says so. */
static struct btz_span
pem_of(const struct pair *const *list, size_t n)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text, *copy;
	size_t len;

	for (size_t i = 0; i < n; i++)
		assert_int_equal(PEM_write_bio_X509(bio, list[i]->cert), 1);
	len = (size_t)BIO_get_mem_data(bio, &text);
	copy = malloc(len == 0 ? 1 : len);
	assert_non_null(copy);
	if (len > 0)
		memcpy(copy, text, len);
	BIO_free(bio);
	return btz_span_of(copy, len);
}

static const struct {
	const char *name;
	const struct pair *chain[2];
	size_t n;
	enum btz_rc rc;
} chains[] = {
	{ "nothing", { NULL, NULL }, 0, BTZ_E_PEM },
	{ "for another key", { &server_b, &root_b }, 2, BTZ_E_VERIFY },
	{ "only the root", { &root_a, NULL }, 1, BTZ_E_VERIFY },
	{ "root first", { &root_a, &server_a }, 2, BTZ_E_VERIFY },
	{ "leaf alone", { &server_a, NULL }, 1, BTZ_OK },
	{ "leaf and root", { &server_a, &root_a }, 2, BTZ_OK },
};

static void
test_chains(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(chains); i++) {
		struct btz_err err = { .rc = BTZ_OK };
		struct btz_span pem = pem_of(chains[i].chain, chains[i].n);

		print_message("# case: %s\n", chains[i].name);
		assert_int_equal(
		    btz_fetch_check_chain(pem, root_der, server_spki, &err),
		    chains[i].rc);
		free((void *)(uintptr_t)pem.p);
	}
}

/* The right key, signed by a root that is not the pinned one. */
static void
test_chain_of_another_root(void **state)
{
	struct btz_err err = { .rc = BTZ_OK };
	const struct pair *list[] = { &server_a, &root_a };
	struct btz_span pem = pem_of(list, 2);
	uint8_t der[2048], *p = der;
	int len = i2d_X509(root_b.cert, &p);

	(void)state;
	assert_int_equal(btz_fetch_check_chain(pem,
			     btz_span_of(der, (size_t)len), server_spki, &err),
	    BTZ_E_VERIFY);
	free((void *)(uintptr_t)pem.p);
}

static int
setup(void **state)
{
	uint8_t *p = der_a;
	int len;

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	root_a = make_pair("root a", NULL);
	root_b = make_pair("root b", NULL);
	server_a = make_pair("a", &root_a);
	server_b = make_pair("b", &root_b);
	len = i2d_X509(root_a.cert, &p);
	root_der = btz_span_of(der_a, (size_t)len);
	p = spki_a;
	len = i2d_PUBKEY(server_a.key, &p);
	server_spki = btz_span_of(spki_a, (size_t)len);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	end_pair(&root_a);
	end_pair(&root_b);
	end_pair(&server_a);
	end_pair(&server_b);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_no_secret_unverified),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_no_chain),
		cmocka_unit_test(test_token_for_the_box_only),
		cmocka_unit_test(test_unverified_says_nothing),
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_chain_of_another_root),
	};

	return cmocka_run_group_tests_name("cli/fetch", tests, setup, teardown);
}
