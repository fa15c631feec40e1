/* SPDX-License-Identifier: Apache-2.0 */
/* test_server.c - the box's own HTTPS certificate, refused names first. */
#include "der/pem.h"
#include "fake.h"

#include <openssl/x509v3.h>
#include <string.h>

static struct fake fx;
static struct fake_answer ans;
static struct fake_key key;

static int
setup(void **state)
{
	(void)state;
	fake_new(&fx, NULL);
	assert_int_equal(fake_init(&fx), BTZ_OK);
	fake_key_new(&key);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	fake_key_end(&key);
	fake_end(&fx, false);
	return 0;
}

static const struct {
	const char *name, *dns, *ips, *ext, *value;
	enum btz_rc rc;
} cases[] = {
	{ "no name", "", "", NULL, NULL, BTZ_E_INVAL },
	{ "a malformed name", "a..b", "", NULL, NULL, BTZ_E_INVAL },
	{ "a wildcard", "*.edge-1.lan", "", NULL, NULL, BTZ_E_INVAL },
	{ "a name as address", "", "edge-1.lan", NULL, NULL, BTZ_E_INVAL },
	{ "a foreign name", "example.org", "", NULL, NULL, BTZ_E_X509_SAN },
	{ "a foreign name that ends alike", "xedge-1.lan", "", NULL, NULL,
	    BTZ_E_X509_SAN },
	{ "one good, one foreign", "edge-1.lan example.org", "", NULL, NULL,
	    BTZ_E_X509_SAN },
	{ "a foreign address", "", "10.0.0.1", NULL, NULL, BTZ_E_X509_SAN },
	{ "SAN that is not given", "edge-1.lan", "", "subjectAltName",
	    "DNS:localhost", BTZ_E_CSR_EXT },
	{ "a URI SAN", "edge-1.lan", "", "subjectAltName", "URI:spiffe://a/b",
	    BTZ_E_CSR_EXT },
	{ "CA:TRUE", "edge-1.lan", "", "basicConstraints", "CA:TRUE",
	    BTZ_E_X509_CA },
	{ "SAN that is given", "edge-1.lan", "192.168.1.1", "subjectAltName",
	    "DNS:edge-1.lan,IP:192.168.1.1", BTZ_OK },
	{ "below the name", "files.edge-1.lan", "127.0.0.1", NULL, NULL,
	    BTZ_OK },
	{ "configured names in one text", "localhost 127.0.0.1 192.168.1.1", "",
	    NULL, NULL, BTZ_OK },
};

static enum btz_rc
issue(const char *dns, const char *ips, const char *ext, const char *value)
{
	uint8_t der[4096];
	char pem[4096];
	struct btz_issue_server rq = { .dns = btz_span_str(dns),
		.ips = btz_span_str(ips) };
	struct btz_wr wr;
	size_t n = fake_csr(&key, ext, value, pem, sizeof(pem));

	btz_wr_init(&wr, der, sizeof(der));
	assert_int_equal(
	    btz_pem_decode(btz_span_of(pem, n), BTZ_PEM_CSR, &wr), BTZ_OK);
	rq.csr = btz_wr_span(&wr);
	fake_ask(&fx, fx.admin, BTZ_OP_ISSUE_SERVER, &btz_def_issue_server, &rq,
	    &ans);
	return ans.rc;
}

static void
test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		print_message("# case: %s\n", cases[i].name);
		assert_int_equal(issue(cases[i].dns, cases[i].ips, cases[i].ext,
				     cases[i].value),
		    cases[i].rc);
	}
}

static void
test_chain(void **state)
{
	struct btz_span leaf, ca;
	struct btz_chain chain;
	const uint8_t *p, *q;
	struct btz_rd rd;
	X509 *l, *c;

	(void)state;
	assert_int_equal(
	    issue("edge-1.lan", "192.168.1.1", NULL, NULL), BTZ_OK);
	assert_true(btz_msg_decode(
	    &btz_def_chain, btz_span_of(ans.body, ans.len), &chain));
	btz_rd_span(&rd, chain.certs);
	assert_true(btz_rd_bytes32(&rd, &leaf, 4096) &&
		    btz_rd_bytes32(&rd, &ca, 4096) && btz_rd_end(&rd));
	p = leaf.p;
	q = ca.p;
	l = d2i_X509(NULL, &p, (long)leaf.len);
	c = d2i_X509(NULL, &q, (long)ca.len);
	assert_int_equal(X509_verify(l, X509_get0_pubkey(c)), 1);
	assert_int_equal(X509_check_host(l, "edge-1.lan", 0, 0, NULL), 1);
	assert_int_equal(X509_check_ip_asc(l, "192.168.1.1", 0), 1);
	assert_int_equal(X509_check_host(l, "localhost", 0, 0, NULL), 0);
	X509_free(l);
	X509_free(c);
	/* without a log there is no certificate */
	fake_kill(&fx, BTZ_PROG_AUDIT);
	assert_int_equal(issue("edge-1.lan", "", NULL, NULL), BTZ_E_NO_LOG);
}

/* The key of a user is not the server's, and the other way round. */
static void
test_keys_apart(void **state)
{
	struct btz_http_ok ok;
	char pem[4096];
	size_t n = fake_csr(&key, NULL, NULL, pem, sizeof(pem));

	(void)state;
	assert_int_equal(
	    fake_enrol(&fx, btz_span_of(pem, n), FAKE_TOKEN, &ans, &ok), 200);
	assert_int_equal(issue("edge-1.lan", "", NULL, NULL), BTZ_E_SPKI_SEEN);
	fake_key_end(&key);
	fake_key_new(&key);
	assert_int_equal(issue("edge-1.lan", "", NULL, NULL), BTZ_OK);
	n = fake_csr(&key, NULL, NULL, pem, sizeof(pem));
	fx.invite_used = false;
	assert_int_equal(
	    fake_enrol(&fx, btz_span_of(pem, n), FAKE_TOKEN, &ans, &ok), 409);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_table, setup, teardown),
		cmocka_unit_test_setup_teardown(test_chain, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_keys_apart, setup, teardown),
	};

	return cmocka_run_group_tests_name("server", tests, NULL, NULL);
}
