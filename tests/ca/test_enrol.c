/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_enrol.c - the enrolment, refused requests first, then each peer
 * refusing, silent or dying at its step, then the whole way.
 */
#include "ca/profile.h"
#include "der/pem.h"
#include "fake.h"
#include "wire/msg_list.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

static struct fake fx;
static struct fake_answer ans;
static struct btz_http_ok ok;

static int
setup(void **state)
{
	(void)state;
	fake_new(&fx, NULL);
	assert_int_equal(fake_init(&fx), BTZ_OK);
	fx.log[0] = '\0';
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	assert_int_equal(fx.ca->enrols, 0); /* each ended exactly once */
	fake_end(&fx, false);
	return 0;
}

static unsigned
enrol_with(const struct fake_key *k, const char *ext, const char *value)
{
	char pem[4096];
	size_t n = fake_csr(k, ext, value, pem, sizeof(pem));

	return fake_enrol(&fx, btz_span_of(pem, n), FAKE_TOKEN, &ans, &ok);
}

static const struct {
	const char *name, *body, *token;
	unsigned status;
} texts[] = {
	{ "empty body", "", FAKE_TOKEN, 400 },
	{ "not PEM", "hello", FAKE_TOKEN, 400 },
	{ "a certificate",
	    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
	    FAKE_TOKEN, 400 },
	{ "not a request",
	    "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n"
	    "-----END CERTIFICATE REQUEST-----\n",
	    FAKE_TOKEN, 400 },
	{ "no token", "", "", 403 },
	{ "short token", "", "abc", 403 },
	{ "token of 15 octets", "", "dGVzdC10b2tlbi0xMjM0", 403 },
	{ "token with padding", "", FAKE_TOKEN "==", 403 },
	{ "token in another alphabet", "", "dGVzdC10b2tlbi0xMjM+NQ", 403 },
	{ "long token", "",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aa",
	    403 },
};

static void
test_bad_texts(void **state)
{
	static uint8_t big[30000];

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(texts); i++) {
		print_message("# case: %s\n", texts[i].name);
		assert_int_equal(fake_enrol(&fx, btz_span_str(texts[i].body),
				     texts[i].token, &ans, &ok),
		    texts[i].status);
		assert_true(ok.body.len > 20); /* a clear text */
	}
	memset(big, 'A', sizeof(big));
	assert_int_equal(fake_enrol(&fx, btz_span_of(big, sizeof(big)),
			     FAKE_TOKEN, &ans, &ok),
	    413);
	assert_int_equal(fx.signs, 1); /* the first CRL */
	assert_int_equal(fx.n_creds, 0);
}

static const struct {
	const char *name, *ext, *value;
} asks[] = {
	{ "CA:TRUE", "basicConstraints", "CA:TRUE" },
	{ "a SAN", "subjectAltName",
	    "URI:spiffe://" FAKE_TD "/home/user/root" },
	{ "an IP SAN", "subjectAltName", "IP:10.0.0.1" },
	{ "keyCertSign", "keyUsage", "keyCertSign" },
	{ "an unknown extension", "1.2.3.4", "DER:0500" },
};

static void
test_bad_requests(void **state)
{
	char pem[4096];
	struct fake_key k;
	size_t n;

	(void)state;
	fake_key_new(&k);
	for (size_t i = 0; i < BTZ_COUNT(asks); i++) {
		print_message("# case: asks for %s\n", asks[i].name);
		assert_int_equal(
		    enrol_with(&k, asks[i].ext, asks[i].value), 400);
	}
	/* signed by another key: the last base64 line is of the signature */
	n = fake_csr(&k, NULL, NULL, pem, sizeof(pem));
	pem[n - 45] = pem[n - 45] == 'A' ? 'B' : 'A';
	assert_int_equal(
	    fake_enrol(&fx, btz_span_of(pem, n), FAKE_TOKEN, &ans, &ok), 400);
	assert_int_equal(fx.signs, 1);
	assert_null(strstr(fx.log, "allow"));
	assert_non_null(strstr(fx.log, "certificate.issue/deny/"));
	fake_key_end(&k);
}

static void
test_other_keys(void **state)
{
	struct fake_key k = { .pkey = EVP_EC_gen("P-384") };

	(void)state;
	assert_int_equal(enrol_with(&k, NULL, NULL), 400);
	fake_key_end(&k);
	k.pkey = EVP_RSA_gen(2048);
	assert_int_equal(enrol_with(&k, NULL, NULL), 400);
	fake_key_end(&k);
	/* the box's own keys are nobody's credential */
	assert_int_equal(enrol_with(&fx.issuing, NULL, NULL), 409);
	assert_int_equal(enrol_with(&fx.root, NULL, NULL), 409);
}

static const struct {
	const char *name;
	uint16_t op;
	enum fake_how how;
	enum btz_rc rc;
	unsigned status;
	unsigned in_access; /* credentials afterwards */
} steps[] = {
	{ "invite unknown", BTZ_OP_INVITE_RESERVE, FAKE_REFUSE, BTZ_E_INVITE,
	    403, 0 },
	{ "key reserved by another", BTZ_OP_INVITE_RESERVE, FAKE_REFUSE,
	    BTZ_E_SPKI_SEEN, 409, 0 },
	{ "too many tries", BTZ_OP_INVITE_RESERVE, FAKE_REFUSE, BTZ_E_QUOTA,
	    429, 0 },
	{ "access has no log", BTZ_OP_INVITE_RESERVE, FAKE_REFUSE, BTZ_E_NO_LOG,
	    503, 0 },
	{ "access is silent", BTZ_OP_INVITE_RESERVE, FAKE_SILENT, 0, 503, 0 },
	{ "access dies at reserve", BTZ_OP_INVITE_RESERVE, FAKE_DIE, 0, 503,
	    0 },
	{ "signer refuses", BTZ_OP_SIGN, FAKE_REFUSE, BTZ_E_KEY_CONSTRAINT, 503,
	    0 },
	{ "lease withdrawn", BTZ_OP_SIGN, FAKE_REFUSE, BTZ_E_LEASE, 503, 0 },
	{ "signer is silent", BTZ_OP_SIGN, FAKE_SILENT, 0, 503, 0 },
	{ "signer dies", BTZ_OP_SIGN, FAKE_DIE, 0, 503, 0 },
	{ "audit refuses", BTZ_OP_APPEND, FAKE_REFUSE, BTZ_E_FULL, 503, 0 },
	{ "audit is silent", BTZ_OP_APPEND, FAKE_SILENT, 0, 503, 0 },
	{ "audit dies", BTZ_OP_APPEND, FAKE_DIE, 0, 503, 0 },
	{ "access refuses to add", BTZ_OP_CREDENTIAL_ADD, FAKE_REFUSE,
	    BTZ_E_INVITE, 403, 0 },
	{ "access is silent at add", BTZ_OP_CREDENTIAL_ADD, FAKE_SILENT, 0, 503,
	    0 },
	{ "access dies at add", BTZ_OP_CREDENTIAL_ADD, FAKE_DIE, 0, 503, 0 },
};

static void
bring_back(void)
{
	if (fx.access == NULL)
		fake_connect(&fx, BTZ_PROG_ACCESS);
	if (fx.audit == NULL)
		fake_connect(&fx, BTZ_PROG_AUDIT);
	fake_run(&fx, 20);
}

/* After each failure the same request succeeds: nothing is stuck. */
static void
test_steps(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(steps); i++) {
		struct fake_key k;

		print_message("# case: %s\n", steps[i].name);
		fake_key_new(&k);
		fx.n_creds = 0;
		fx.invite_used = false;
		fx.bad_op = steps[i].op;
		fx.how = steps[i].how;
		fx.rc = steps[i].rc;
		assert_int_equal(enrol_with(&k, NULL, NULL), steps[i].status);
		assert_int_equal(fx.n_creds, steps[i].in_access);
		assert_int_equal(fx.ca->enrols, 0);
		fx.bad_op = 0;
		bring_back();
		assert_int_equal(enrol_with(&k, NULL, NULL), 200);
		assert_int_equal(fx.n_creds, 1);
		fake_key_end(&k);
	}
}

static void
test_peers_down(void **state)
{
	struct fake_key k;

	(void)state;
	fake_key_new(&k);
	fake_kill(&fx, BTZ_PROG_ACCESS);
	assert_int_equal(enrol_with(&k, NULL, NULL), 503);
	fake_connect(&fx, BTZ_PROG_ACCESS);
	fake_kill(&fx, BTZ_PROG_AUDIT);
	assert_int_equal(enrol_with(&k, NULL, NULL), 503);
	assert_int_equal(fx.n_creds, 0);
	fake_connect(&fx, BTZ_PROG_AUDIT);
	assert_int_equal(enrol_with(&k, NULL, NULL), 200);
	fake_key_end(&k);
}

static X509 *
next_cert(BIO *bio)
{
	return PEM_read_bio_X509(bio, NULL, NULL, NULL);
}

static void
check_chain(struct btz_span pem, const struct fake_key *k)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *mid = sk_X509_new_null();
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.len);
	X509 *leaf = next_cert(bio), *ca = next_cert(bio),
	     *root = next_cert(bio);
	X509_STORE *store = X509_STORE_new();

	assert_non_null(root);
	assert_null(next_cert(bio));
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(leaf), k->pkey), 1);
	X509_STORE_add_cert(store, root);
	sk_X509_push(mid, ca);
	X509_STORE_CTX_init(ctx, store, leaf, mid);
	X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_X509_STRICT);
	X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_CLIENT);
	assert_int_equal(X509_verify_cert(ctx), 1);
	X509_STORE_CTX_free(ctx);
	sk_X509_free(mid);
	X509_STORE_free(store);
	X509_free(leaf);
	X509_free(ca);
	X509_free(root);
	BIO_free(bio);
}

static void
test_whole_way(void **state)
{
	struct btz_cert_row row;
	struct btz_err err;
	struct fake_key k;
	unsigned signs;

	(void)state;
	fake_key_new(&k);
	assert_int_equal(enrol_with(&k, NULL, NULL), 200);
	check_chain(ok.body, &k);
	assert_string_equal(
	    fx.creds[0].principal, "spiffe://" FAKE_TD "/home/user/alice");
	assert_string_equal(
	    fx.log, "certificate.issue/allow/ w\ncertificate.issue/-/ok\n");
	assert_int_equal(
	    btz_store_by_spki(fx.ca->db, fx.creds[0].spki_hash, &row, &err),
	    BTZ_OK);
	assert_int_equal(row.state, BTZ_CERT_ACTIVE);
	assert_string_equal(row.tenant, "home");
	assert_memory_equal(row.serial, fx.creds[0].serial, 16);
	/* the same once more, as after a lost answer: the same certificate */
	fx.invite_used = false;
	signs = fx.signs;
	assert_int_equal(enrol_with(&k, NULL, NULL), 200);
	assert_int_equal(fx.signs, signs);
	assert_int_equal(fx.n_creds, 1);
	/* the same key for somebody else */
	fx.invite_used = false;
	strcpy(fx.name, "bob");
	assert_int_equal(enrol_with(&k, NULL, NULL), 409);
	/* a used invite */
	fx.invite_used = true;
	assert_int_equal(enrol_with(&k, NULL, NULL), 403);
	fake_key_end(&k);
}

static void
test_lying_access(void **state)
{
	struct fake_key k;

	(void)state;
	fake_key_new(&k);
	strcpy(fx.name, "../root");
	assert_int_equal(enrol_with(&k, NULL, NULL), 503);
	strcpy(fx.name, "root");
	strcpy(fx.kind, "admin");
	assert_int_equal(enrol_with(&k, NULL, NULL), 503);
	assert_int_equal(fx.signs, 1);
	strcpy(fx.kind, "device");
	assert_int_equal(enrol_with(&k, NULL, NULL), 200);
	assert_string_equal(
	    fx.creds[0].principal, "spiffe://" FAKE_TD "/home/device/root");
	fake_key_end(&k);
}

static const struct {
	const char *method, *path;
	unsigned status;
} gets[] = {
	{ "GET", "", 404 },
	{ "GET", "crl/2.crl", 404 },
	{ "GET", "ca.pem/", 404 },
	{ "GET", "enrol", 405 },
	{ "POST", "ca.pem", 405 },
	{ "DELETE", "crl/1.crl", 405 },
	{ "GET", "ca.pem", 200 },
	{ "GET", "/.bartizan/ca.pem", 200 },
	{ "GET", "crl/1.crl", 200 },
};

static void
test_routes(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(gets); i++) {
		struct btz_http rq = { .method = btz_span_str(gets[i].method),
			.path = btz_span_str(gets[i].path) };

		print_message("# case: %s %s\n", gets[i].method, gets[i].path);
		fake_ask(&fx, fx.http, BTZ_OP_HTTP, &btz_def_http, &rq, &ans);
		assert_int_equal(ans.rc, BTZ_OK);
		assert_true(btz_msg_decode(
		    &btz_def_http_ok, btz_span_of(ans.body, ans.len), &ok));
		assert_int_equal(ok.status, gets[i].status);
	}
	const uint8_t *p = ok.body.p;
	X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)ok.body.len);

	assert_non_null(crl);
	assert_int_equal(X509_CRL_verify(crl, fx.issuing.pkey), 1);
	X509_CRL_free(crl);
}

/* More at once than allowed: 429, and all others end. */
static void
on_any(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	unsigned *count = arg;
	struct btz_http_ok o;

	(void)fd;
	assert_int_equal(rc, BTZ_OK);
	assert_true(btz_msg_decode(&btz_def_http_ok, f->body, &o));
	count[o.status == 429 ? 1 : 0]++;
}

static void
test_flood(void **state)
{
	unsigned count[2] = { 0, 0 };
	char pem[4096];
	struct fake_key k;
	struct btz_http rq = { .method = btz_span_str("POST"),
		.path = btz_span_str("enrol"),
		.token = btz_span_str(FAKE_TOKEN) };

	(void)state;
	fake_key_new(&k);
	rq.body = btz_span_of(pem, fake_csr(&k, NULL, NULL, pem, sizeof(pem)));
	fx.bad_op = BTZ_OP_INVITE_RESERVE;
	fx.how = FAKE_SILENT;
	for (unsigned i = 0; i < BTZ_CA_ENROL_MAX + 8; i++)
		assert_int_equal(btz_chan_ask(fx.http, BTZ_OP_HTTP, i,
				     &btz_def_http, &rq, -1, 0, on_any, count),
		    BTZ_OK);
	fake_run(&fx, 100);
	for (unsigned i = 0; i < 80 && fx.ca->enrols > 0; i++)
		fake_run(&fx, 100);
	fake_run(&fx, 100);
	assert_int_equal(count[0], BTZ_CA_ENROL_MAX);
	assert_int_equal(count[1], 8);
	fake_key_end(&k);
}

/* What costs nothing to send does not fill the log. */
static void
test_denials_are_counted(void **state)
{
	unsigned n = 0;

	(void)state;
	for (unsigned i = 0; i < 120; i++)
		assert_int_equal(
		    fake_enrol(&fx, btz_span_str(""), "abc", &ans, &ok), 403);
	for (const char *s = fx.log;
	     (s = strstr(s, "certificate.issue/")) != NULL; s++)
		n++;
	print_message("# %u records\n", n);
	assert_true(n >= 40 && n < 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_bad_texts, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_bad_requests, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_other_keys, setup, teardown),
		cmocka_unit_test_setup_teardown(test_steps, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_peers_down, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_whole_way, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_lying_access, setup, teardown),
		cmocka_unit_test_setup_teardown(test_routes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flood, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_denials_are_counted, setup, teardown),
	};

	return cmocka_run_group_tests_name("enrol", tests, NULL, NULL);
}
