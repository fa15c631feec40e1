/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_tls_handshake.c - libssl on both ends of a connection; the server's key
 * is of kind tls, its certificate from the TA's issuing key. TLS 1.3 works,
 * TLS 1.2 ends in the TA, and so does a client that has such a key.
 *
 * libssl runs in a child, because the method that sends what is to be signed
 * to the TA replaces that of all EC keys there. The parent has the TA.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* methods of keys; no provider for a test \
				     */
#include "ta_rig.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "der/build.h"
#include "der/dn.h"

#define DAY 86400u
#define HOST "www.box.example"

static struct rig r;
static struct rig_key key;
static uint32_t handle;
static uint8_t server_der[2048], issuing_der[2048], root_der[2048];
static size_t server_len, issuing_len, root_len;
static int to_ta = -1; /* in the child */

struct reply {
	uint32_t rc, len;
	uint8_t sig[80];
};

/* In the child: what libssl wants signed, as it is, to the TA. */
static int
digestsign(EVP_MD_CTX *ctx, unsigned char *sig, size_t *len,
    const unsigned char *tbs, size_t tbs_len)
{
	struct reply re;

	(void)ctx;
	if (sig == NULL) {
		*len = sizeof(re.sig);
		return 1;
	}
	if (send(to_ta, tbs, tbs_len, 0) != (ssize_t)tbs_len ||
	    recv(to_ta, &re, sizeof(re), 0) != (ssize_t)sizeof(re) ||
	    re.rc != BTZ_OK || re.len > *len)
		return 0;
	memcpy(sig, re.sig, re.len);
	*len = re.len;
	return 1;
}

static X509 *
cert_of(const uint8_t *der, size_t len)
{
	return d2i_X509(NULL, &der, (long)len);
}

static bool
use_method(void)
{
	EVP_PKEY_METHOD *m = EVP_PKEY_meth_new(EVP_PKEY_EC, 0);

	EVP_PKEY_meth_copy(m, EVP_PKEY_meth_find(EVP_PKEY_EC));
	EVP_PKEY_meth_set_digestsign(m, digestsign);
	return EVP_PKEY_meth_add0(m) == 1;
}

/* The public key stands for the private one: nobody here has that. */
static bool
with_key(SSL_CTX *c)
{
	X509 *own = cert_of(server_der, server_len);

	return own != NULL && SSL_CTX_use_certificate(c, own) == 1 &&
	       SSL_CTX_add0_chain_cert(c, cert_of(issuing_der, issuing_len)) ==
		   1 &&
	       SSL_CTX_use_PrivateKey(c, X509_get0_pubkey(own)) == 1;
}

struct row {
	const char *name;
	int version;
	const char *suite; /* of TLS 1.3 */
	bool client_has_key, ok;
	enum btz_rc last; /* of the TA */
	size_t signatures;
};

static SSL_CTX *
context(const struct row *row, bool server)
{
	SSL_CTX *c = SSL_CTX_new(
	    server ? TLS_server_method() : TLS_client_method());

	if (c == NULL || SSL_CTX_set_min_proto_version(c, row->version) != 1 ||
	    SSL_CTX_set_max_proto_version(c, row->version) != 1 ||
	    SSL_CTX_set1_groups_list(c, "X25519:P-256") != 1 ||
	    SSL_CTX_set_ciphersuites(c, row->suite) != 1 ||
	    X509_STORE_add_cert(
		SSL_CTX_get_cert_store(c), cert_of(root_der, root_len)) != 1)
		_exit(3);
	X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(c), RIG_NOW + 60);
	SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
	if (server && !row->client_has_key)
		SSL_CTX_set_verify(c, SSL_VERIFY_NONE, NULL);
	if ((server || row->client_has_key) && !with_key(c))
		_exit(4);
	return c;
}

/* The child's life: 0, both ends are content; 1, they are not. */
static int
handshake(const struct row *row)
{
	SSL *server, *client;
	BIO *a, *b;

	if (!use_method())
		return 5;
	server = SSL_new(context(row, true));
	client = SSL_new(context(row, false));
	if (BIO_new_bio_pair(&a, 0, &b, 0) != 1 ||
	    SSL_set1_host(client, HOST) != 1)
		return 6;
	SSL_set_bio(server, a, a);
	SSL_set_bio(client, b, b);
	SSL_set_accept_state(server);
	SSL_set_connect_state(client);
	for (int i = 0; i < 20; i++) {
		(void)SSL_do_handshake(client);
		(void)SSL_do_handshake(server);
	}
	return SSL_is_init_finished(server) && SSL_is_init_finished(client) ? 0
									    : 1;
}

/* In the parent: signs what the child asks for until it ends. */
static enum btz_rc
serve(int fd, size_t *signatures)
{
	static uint8_t in[4096];
	enum btz_rc last = BTZ_E_INTERNAL;
	ssize_t n;

	*signatures = 0;
	while ((n = recv(fd, in, sizeof(in), 0)) > 0) {
		struct reply re = { 0 };
		struct btz_signature sig;

		last = rig_sign(&r, BTZ_TA_SIGN_TLS, handle, RIG_NOW,
		    btz_span_of(in, (size_t)n), btz_span_of(NULL, 0));
		re.rc = last;
		if (last == BTZ_OK) {
			assert_true(btz_msg_decode(&btz_def_signature,
			    btz_span_of(r.answer, r.answer_len), &sig));
			memcpy(re.sig, sig.signature.p, sig.signature.len);
			re.len = (uint32_t)sig.signature.len;
			++*signatures;
		}
		assert_int_equal(send(fd, &re, sizeof(re), 0), sizeof(re));
	}
	return last;
}

#define SHA256 "TLS_AES_128_GCM_SHA256"
#define SHA384 "TLS_AES_256_GCM_SHA384"

static const struct row rows[] = {
	{ "TLS 1.2", TLS1_2_VERSION, SHA256, false, false, BTZ_E_TLS_CV, 0 },
	{ "TLS 1.3, client with such a key", TLS1_3_VERSION, SHA256, true,
	    false, BTZ_E_TLS_CV, 1 },
	{ "TLS 1.3, SHA-256", TLS1_3_VERSION, SHA256, false, true, BTZ_OK, 1 },
	{ "TLS 1.3, SHA-384", TLS1_3_VERSION, SHA384, false, true, BTZ_OK, 1 },
};

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		size_t signatures;
		int fds[2], status;
		pid_t pid;

		print_message("# case: %s\n", rows[i].name);
		assert_int_equal(
		    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			(void)close(fds[0]);
			to_ta = fds[1];
			_exit(handshake(&rows[i]));
		}
		(void)close(fds[1]);
		assert_int_equal(serve(fds[0], &signatures), rows[i].last);
		(void)close(fds[0]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), rows[i].ok ? 0 : 1);
		assert_int_equal(signatures, rows[i].signatures);
	}
}

static size_t
take(const struct btz_span der, uint8_t *out)
{
	memcpy(out, der.p, der.len);
	return der.len;
}

static void
certify_issuing(struct rig_key *issuing, uint32_t *h)
{
	struct btz_ta_sign_issuing req = { .serial = { 0x41, 1 },
		.not_before = RIG_NOW,
		.not_after = RIG_NOW + 300 * DAY,
		.now = RIG_NOW };
	struct btz_certificate got;
	struct btz_ta_info info;
	uint8_t tlv[512];

	assert_int_equal(
	    rig_create(&r, BTZ_KIND_ISSUING,
		btz_span_of(tlv, rig_constraints(tlv, sizeof(tlv))), issuing),
	    BTZ_OK);
	req.blob = btz_span_of(issuing->blob, issuing->blob_len);
	assert_int_equal(
	    rig_do(&r, BTZ_TA_SIGN_ISSUING, &btz_def_ta_sign_issuing, &req,
		&btz_def_certificate, &got),
	    BTZ_OK);
	issuing_len = take(got.der, issuing_der);
	rig_info(&r, &info);
	root_len = take(info.root_cert, root_der);
	assert_int_equal(rig_open(&r, req.blob, h), BTZ_OK);
}

/* The server's certificate, for the key of kind tls. */
static void
certify_server(void)
{
	static const uint8_t serial[16] = { 0x42 };
	const struct btz_span dns[] = { btz_span_str(HOST) };
	struct btz_cert_spec spec = { .profile = BTZ_PROFILE_SERVER,
		.sig_alg = BTZ_SIG_ECDSA_SHA256,
		.serial = btz_span_of(serial, 16),
		.not_before = RIG_NOW,
		.not_after = RIG_NOW + 7 * DAY,
		.spki = btz_span_of(key.spki, key.spki_len),
		.ekus = BTZ_EKU_SERVER_AUTH,
		.dns = dns,
		.n_dns = 1 };
	uint8_t name[64], ski[20], aki[20], tbs[1024];
	struct btz_signature sig;
	struct rig_key issuing;
	struct btz_wr wr, wd;
	uint32_t h;

	certify_issuing(&issuing, &h);
	btz_wr_init(&wr, name, sizeof(name));
	btz_dn_put(&wr, btz_span_str("nas issuing"));
	spec.issuer = btz_wr_span(&wr);
	spec.ski = btz_span_of(
	    ski, rig_sha1(key.spki + key.spki_len - 65, 65, ski));
	spec.aki = btz_span_of(
	    aki, rig_sha1(issuing.spki + issuing.spki_len - 65, 65, aki));
	btz_wr_init(&wr, tbs, sizeof(tbs));
	assert_int_equal(btz_cert_build(&spec, &wr), BTZ_OK);
	assert_int_equal(rig_sign(&r, BTZ_TA_SIGN_TBS_CERT, h, RIG_NOW,
			     btz_wr_span(&wr), btz_span_of(NULL, 0)),
	    BTZ_OK);
	assert_true(btz_msg_decode(
	    &btz_def_signature, btz_span_of(r.answer, r.answer_len), &sig));
	btz_wr_init(&wd, server_der, sizeof(server_der));
	assert_int_equal(btz_signed_put(&wd, btz_wr_span(&wr),
			     BTZ_SIG_ECDSA_SHA256, sig.signature),
	    BTZ_OK);
	server_len = wd.len;
}

static int
begin(void **state)
{
	(void)state;
	rig_begin(&r);
	rig_start(&r);
	rig_provision(&r);
	assert_int_equal(
	    rig_create(&r, BTZ_KIND_TLS, btz_span_of(NULL, 0), &key), BTZ_OK);
	assert_int_equal(
	    rig_open(&r, btz_span_of(key.blob, key.blob_len), &handle), BTZ_OK);
	certify_server();
	return 0;
}

static int
end(void **state)
{
	(void)state;
	rig_end(&r);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
