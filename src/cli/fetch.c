/* SPDX-License-Identifier: Apache-2.0 */
/* fetch.c - HTTPS client of `bartizan enrol`; contract in fetch.h. Start at
 * btz_fetch(). */
#include "cli/fetch.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define TIMEOUT_S 20

static bool
is_address(const char *host)
{
	uint8_t buf[16];

	return inet_pton(AF_INET, host, buf) == 1 ||
	       inet_pton(AF_INET6, host, buf) == 1;
}

static int
connect_one(const struct addrinfo *ai)
{
	const struct timeval tv = { .tv_sec = TIMEOUT_S };
	int fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	if (connect(fd, ai->ai_addr, ai->ai_addrlen) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

static enum btz_rc
connect_to(const struct btz_url *url, int *out, struct btz_err *err)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list;
	int rc = getaddrinfo(url->host, url->port, &hints, &list);

	*out = -1;
	if (rc != 0)
		return BTZ_FAIL(
		    err, BTZ_E_DOWN, "%s: %s", url->host, gai_strerror(rc));
	for (const struct addrinfo *ai = list; ai != NULL && *out < 0;
	     ai = ai->ai_next)
		*out = connect_one(ai);
	freeaddrinfo(list);
	if (*out < 0)
		return BTZ_FAIL_SYS(err, BTZ_E_DOWN,
		    "no connection to https://%s:%s", url->host, url->port);
	return BTZ_OK;
}

/* The root is the only trust anchor; no system store is ever loaded. */
static bool
trust(SSL_CTX *ctx, struct btz_span root)
{
	const unsigned char *p = root.p;
	X509 *x = d2i_X509(NULL, &p, (long)root.len);
	bool ok = x != NULL &&
		  X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), x) == 1;

	X509_free(x);
	return ok;
}

static SSL_CTX *
make_context(const struct btz_fetch *rq)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (ctx == NULL)
		return NULL;
	(void)SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	if (rq->root.len == 0)
		return ctx; /* the caller checks what comes by its pin */
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	if (!trust(ctx, rq->root)) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

static bool
expect_host(SSL *ssl, const char *host)
{
	if (is_address(host))
		return X509_VERIFY_PARAM_set1_ip_asc(
			   SSL_get0_param(ssl), host) == 1;
	return SSL_set_tlsext_host_name(ssl, host) == 1 &&
	       SSL_set1_host(ssl, host) == 1;
}

static enum btz_rc
tls_failed(SSL *ssl, const struct btz_url *url, struct btz_err *err)
{
	long v = SSL_get_verify_result(ssl);

	if (v != X509_V_OK)
		return BTZ_FAIL(err, BTZ_E_VERIFY,
		    "https://%s:%s is not the box of this invite: %s",
		    url->host, url->port, X509_verify_cert_error_string(v));
	return BTZ_FAIL(err, BTZ_E_GONE, "TLS with https://%s:%s: %s",
	    url->host, url->port,
	    ERR_reason_error_string(ERR_peek_last_error()));
}

static bool
send_request(SSL *ssl, const struct btz_fetch *rq)
{
	bool v6 = strchr(rq->url.host, ':') != NULL;
	char head[1024];
	int n;

	n = snprintf(head, sizeof(head),
	    "%s %s HTTP/1.0\r\nHost: %s%s%s:%s\r\nConnection: close\r\n"
	    "Content-Length: %zu\r\n%s%s%s%s\r\n",
	    rq->method, rq->path, v6 ? "[" : "", rq->url.host, v6 ? "]" : "",
	    rq->url.port, rq->body.len,
	    rq->body.len > 0 ? "Content-Type: application/x-pem-file\r\n" : "",
	    rq->token == NULL ? "" : "Authorization: Bearer ",
	    rq->token == NULL ? "" : rq->token,
	    rq->token == NULL ? "" : "\r\n");
	if (n < 0 || (size_t)n >= sizeof(head) || SSL_write(ssl, head, n) != n)
		return false;
	btz_wipe(head, sizeof(head));
	return rq->body.len == 0 || SSL_write(ssl, rq->body.p,
					(int)rq->body.len) == (int)rq->body.len;
}

static void
read_answer(SSL *ssl, struct btz_fetch_answer *out)
{
	int n;

	out->len = 0;
	while (out->len < BTZ_FETCH_MAX &&
	       (n = SSL_read(ssl, out->buf + out->len,
		    (int)(BTZ_FETCH_MAX - out->len))) > 0)
		out->len += (size_t)n;
	out->buf[out->len] = '\0';
}

bool
btz_fetch_parse(struct btz_fetch_answer *a)
{
	static const char start[] = "HTTP/1."; /* then "1 200 OK" */
	const size_t n = sizeof(start) - 1;
	char *end = strstr(a->buf, "\r\n\r\n");

	a->status = 0;
	a->body = btz_span_of(NULL, 0);
	if (end == NULL || strncmp(a->buf, start, n) != 0 || a->buf[n] < '0' ||
	    a->buf[n] > '9' || a->buf[n + 1] != ' ')
		return false;
	for (size_t i = n + 2; i < n + 5; i++) {
		if (a->buf[i] < '0' || a->buf[i] > '9')
			return false;
		a->status = a->status * 10 + (a->buf[i] - '0');
	}
	end += 4;
	a->body = btz_span_of(end, a->len - (size_t)(end - a->buf));
	return true;
}

static enum btz_rc
talk(SSL *ssl, const struct btz_fetch *rq, struct btz_fetch_answer *out,
    struct btz_err *err)
{
	if (!expect_host(ssl, rq->url.host) || SSL_connect(ssl) != 1)
		return tls_failed(ssl, &rq->url, err);
	if (!send_request(ssl, rq))
		return tls_failed(ssl, &rq->url, err);
	read_answer(ssl, out);
	if (!btz_fetch_parse(out))
		return BTZ_FAIL(err, BTZ_E_PROTO,
		    "https://%s:%s%s: answer is not HTTP", rq->url.host,
		    rq->url.port, rq->path);
	(void)SSL_shutdown(ssl);
	return BTZ_OK;
}

enum btz_rc
btz_fetch(const struct btz_fetch *rq, struct btz_fetch_answer *out,
    struct btz_err *err)
{
	SSL_CTX *ctx = NULL;
	SSL *ssl = NULL;
	enum btz_rc rc;
	int fd;

	if (rq->root.len == 0 && (rq->token != NULL || rq->body.len > 0))
		return BTZ_FAIL(err, BTZ_E_INTERNAL,
		    "nothing is sent to a server that is not verified");
	ERR_clear_error();
	rc = connect_to(&rq->url, &fd, err);
	if (rc != BTZ_OK)
		return rc;
	ctx = make_context(rq);
	ssl = ctx == NULL ? NULL : SSL_new(ctx);
	if (ssl == NULL || SSL_set_fd(ssl, fd) != 1)
		rc = BTZ_FAIL(err, BTZ_E_NOMEM, "TLS");
	else
		rc = talk(ssl, rq, out, err);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	(void)close(fd);
	return rc;
}

static STACK_OF(X509) * read_chain(struct btz_span pem)
{
	STACK_OF(X509) *all = sk_X509_new_null();
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.len);
	X509 *x;

	while (all != NULL && bio != NULL &&
	       (x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
		if (sk_X509_push(all, x) == 0)
			X509_free(x);
	BIO_free(bio);
	ERR_clear_error();
	return all;
}

static bool
has_key(const X509 *leaf, struct btz_span spki)
{
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(leaf), &der);
	bool same = len > 0 && btz_span_eq(btz_span_of(der, (size_t)len), spki);

	OPENSSL_free(der);
	return same;
}

static int
verify_chain(STACK_OF(X509) * chain, struct btz_span root)
{
	const unsigned char *p = root.p;
	X509 *anchor = d2i_X509(NULL, &p, (long)root.len);
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int result = X509_V_ERR_UNSPECIFIED;

	if (anchor != NULL && store != NULL && ctx != NULL &&
	    X509_STORE_add_cert(store, anchor) == 1 &&
	    X509_STORE_CTX_init(ctx, store, sk_X509_value(chain, 0), chain) ==
		1) {
		(void)X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_CLIENT);
		result = X509_verify_cert(ctx) == 1
			     ? X509_V_OK
			     : X509_STORE_CTX_get_error(ctx);
	}
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	X509_free(anchor);
	return result;
}

enum btz_rc
btz_fetch_check_chain(struct btz_span chain_pem, struct btz_span root,
    struct btz_span spki, struct btz_err *err)
{
	STACK_OF(X509) *chain = read_chain(chain_pem);
	enum btz_rc rc = BTZ_OK;
	int v;

	if (chain == NULL || sk_X509_num(chain) < 1)
		rc = BTZ_FAIL(err, BTZ_E_PEM, "answer holds no certificate");
	else if (!has_key(sk_X509_value(chain, 0), spki))
		rc = BTZ_FAIL(err, BTZ_E_VERIFY,
		    "certificate is not for the key that was sent");
	else if ((v = verify_chain(chain, root)) != X509_V_OK)
		rc = BTZ_FAIL(err, BTZ_E_VERIFY, "certificate: %s",
		    X509_verify_cert_error_string(v));
	sk_X509_pop_free(chain, X509_free);
	return rc;
}
