/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_op_root_crl.c - the root's list comes in: what is refused, with lists
 * made by libcrypto; what is stored is served, also after a restart.
 */
#include "fake.h"
#include "wire/msg_certify.h"

#include <openssl/x509v3.h>
#include <string.h>

#define DAY 86400

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
	fake_end(&fx, false);
	return 0;
}

enum flaw {
	NONE,
	GARBAGE,
	CUT,
	OTHER_KEY,    /* right names */
	OTHER_ISSUER, /* the issuing key's own list */
	OTHER_NAME,   /* the root's key, the issuing name */
	OTHER_AKI,
	NO_NUMBER,
	DELTA, /* RFC 5280 5.2.4 */
	UNKNOWN_EXT,
};

struct want {
	enum flaw flaw;
	uint64_t number;
	long from, to; /* seconds from now */
	bool entry;
};

static void
put_ext(X509_CRL *crl, int nid, int crit, void *value)
{
	assert_int_equal(
	    X509_CRL_add1_ext_i2d(crl, nid, value, crit, X509V3_ADD_DEFAULT),
	    1);
}

static void
put_number(X509_CRL *crl, int nid, int crit, uint64_t number)
{
	ASN1_INTEGER *n = ASN1_INTEGER_new();

	assert_int_equal(ASN1_INTEGER_set_uint64(n, number), 1);
	put_ext(crl, nid, crit, n);
	ASN1_INTEGER_free(n);
}

static void
put_aki(X509_CRL *crl, const uint8_t ski[20])
{
	AUTHORITY_KEYID *aki = AUTHORITY_KEYID_new();

	aki->keyid = ASN1_OCTET_STRING_new();
	assert_int_equal(ASN1_OCTET_STRING_set(aki->keyid, ski, 20), 1);
	put_ext(crl, NID_authority_key_identifier, 0, aki);
	AUTHORITY_KEYID_free(aki);
}

static void
put_entry(X509_CRL *crl)
{
	X509_REVOKED *r = X509_REVOKED_new();
	ASN1_INTEGER *serial = ASN1_INTEGER_new();
	ASN1_TIME *t = ASN1_TIME_adj(NULL, time(NULL), 0, 0);

	assert_int_equal(ASN1_INTEGER_set_uint64(serial, 4711), 1);
	assert_int_equal(X509_REVOKED_set_serialNumber(r, serial), 1);
	assert_int_equal(X509_REVOKED_set_revocationDate(r, t), 1);
	assert_int_equal(X509_CRL_add0_revoked(crl, r), 1);
	ASN1_INTEGER_free(serial);
	ASN1_TIME_free(t);
}

static void
put_head(X509_CRL *crl, const struct want *w)
{
	const struct btz_span der = w->flaw == OTHER_ISSUER ||
					    w->flaw == OTHER_NAME
					? fx.ca->issuing.der
					: fx.ca->root.der;
	const uint8_t *p = der.p;
	X509 *by = d2i_X509(NULL, &p, (long)der.len);
	ASN1_TIME *from = ASN1_TIME_adj(NULL, time(NULL), 0, w->from);
	ASN1_TIME *to = ASN1_TIME_adj(NULL, time(NULL), 0, w->to);

	assert_int_equal(X509_CRL_set_version(crl, X509_CRL_VERSION_2), 1);
	assert_int_equal(
	    X509_CRL_set_issuer_name(crl, X509_get_subject_name(by)), 1);
	assert_int_equal(X509_CRL_set1_lastUpdate(crl, from), 1);
	assert_int_equal(X509_CRL_set1_nextUpdate(crl, to), 1);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	X509_free(by);
}

static struct btz_span
make(const struct want *w)
{
	static uint8_t der[4096];
	const struct fake_key *by = w->flaw == OTHER_KEY ||
					    w->flaw == OTHER_ISSUER
					? &fx.issuing
					: &fx.root;
	const struct fake_key *aki = w->flaw == OTHER_AKI ||
					     w->flaw == OTHER_ISSUER
					 ? &fx.issuing
					 : &fx.root;
	X509_CRL *crl = X509_CRL_new();
	uint8_t *p = der;
	int n;

	put_head(crl, w);
	if (w->flaw != NO_NUMBER)
		put_number(crl, NID_crl_number, 0, w->number);
	put_aki(crl, aki->ski);
	if (w->flaw == DELTA)
		put_number(crl, NID_delta_crl, 1, 1);
	if (w->flaw == UNKNOWN_EXT)
		put_number(crl, NID_inhibit_any_policy, 0, 1);
	if (w->entry)
		put_entry(crl);
	assert_true(X509_CRL_sign(crl, by->pkey, EVP_sha256()) > 0);
	n = i2d_X509_CRL(crl, NULL);
	assert_true(n > 0 && (size_t)n <= sizeof(der));
	n = i2d_X509_CRL(crl, &p);
	X509_CRL_free(crl);
	if (w->flaw == GARBAGE)
		der[0] = 'x';
	return btz_span_of(der, (size_t)n - (w->flaw == CUT ? 1 : 0));
}

static enum btz_rc
give(struct btz_span der)
{
	const struct btz_certificate rq = { .der = der };

	fake_ask(
	    &fx, fx.admin, BTZ_OP_ROOT_CRL, &btz_def_certificate, &rq, &ans);
	return ans.rc;
}

static unsigned
fetch(void)
{
	const struct btz_http rq = { .method = btz_span_str("GET"),
		.path = btz_span_str("/.bartizan/crl/root.crl") };

	fake_ask(&fx, fx.http, BTZ_OP_HTTP, &btz_def_http, &rq, &ans);
	assert_int_equal(ans.rc, BTZ_OK);
	assert_true(btz_msg_decode(
	    &btz_def_http_ok, btz_span_of(ans.body, ans.len), &ok));
	return ok.status;
}

static enum btz_rc
ask_crl(struct btz_span *der)
{
	const struct btz_ca_ref rq = { .ca_id = btz_span_str("root") };
	struct btz_certificate c = { .der = btz_span_of(NULL, 0) };

	fake_ask(&fx, fx.admin, BTZ_OP_CRL, &btz_def_ca_ref, &rq, &ans);
	if (ans.rc == BTZ_OK)
		assert_true(btz_msg_decode(
		    &btz_def_certificate, btz_span_of(ans.body, ans.len), &c));
	*der = c.der;
	return ans.rc;
}

/* The list with this number is what the box gives out. */
static void
serves(uint64_t number)
{
	const uint8_t *p;
	struct btz_span der;
	X509_CRL *crl;
	ASN1_INTEGER *n;
	uint64_t got = 0;

	assert_int_equal(fetch(), 200);
	assert_true(
	    btz_span_eq(ok.content_type, btz_span_str("application/pkix-crl")));
	p = ok.body.p;
	crl = d2i_X509_CRL(NULL, &p, (long)ok.body.len);
	assert_non_null(crl);
	n = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
	assert_int_equal(ASN1_INTEGER_get_uint64(&got, n), 1);
	assert_true(got == number);
	ASN1_INTEGER_free(n);
	X509_CRL_free(crl);
	assert_int_equal(ask_crl(&der), BTZ_OK);
	assert_true(btz_span_eq(
	    der, btz_span_of(fx.ca->root_crl.der, fx.ca->root_crl.len)));
	assert_true(fx.ca->root_crl.number == number);
}

/* In turn on one CA. */
static const struct {
	const char *name;
	struct want list;
	enum btz_rc rc;
	uint64_t served; /* after it; 0: nothing yet */
} rows[] = {
	{ "no DER", { GARBAGE, 1, -60, DAY, false }, BTZ_E_DER, 0 },
	{ "cut off", { CUT, 1, -60, DAY, false }, BTZ_E_DER, 0 },
	{ "by another key", { OTHER_KEY, 1, -60, DAY, false }, BTZ_E_SIGNATURE,
	    0 },
	{ "the issuing key's list", { OTHER_ISSUER, 1, -60, DAY, false },
	    BTZ_E_VERIFY, 0 },
	{ "another name", { OTHER_NAME, 1, -60, DAY, false }, BTZ_E_VERIFY, 0 },
	{ "another key's identifier", { OTHER_AKI, 1, -60, DAY, false },
	    BTZ_E_VERIFY, 0 },
	{ "no number", { NO_NUMBER, 0, -60, DAY, false }, BTZ_E_CRL_FORM, 0 },
	{ "a delta list", { DELTA, 1, -60, DAY, false }, BTZ_E_CRL_FORM, 0 },
	{ "unknown extension", { UNKNOWN_EXT, 1, -60, DAY, false },
	    BTZ_E_CRL_FORM, 0 },
	{ "emergency list", { NONE, INT64_MAX, -60, DAY, true },
	    BTZ_E_CRL_EMERGENCY, 0 },
	{ "above the emergency list", { NONE, UINT64_MAX, -60, DAY, true },
	    BTZ_E_CRL_EMERGENCY, 0 },
	{ "not yet valid", { NONE, 5, 3600, DAY, false }, BTZ_E_CRL_WINDOW, 0 },
	{ "over", { NONE, 5, -DAY, -60, false }, BTZ_E_CRL_WINDOW, 0 },
	{ "good", { NONE, 5, -60, DAY, false }, BTZ_OK, 5 },
	{ "the same number, another list", { NONE, 5, -60, DAY, true },
	    BTZ_E_CRL_NUMBER, 5 },
	{ "an older one", { NONE, 4, -60, 2 * DAY, true }, BTZ_E_CRL_NUMBER,
	    5 },
	{ "emergency list, later", { NONE, INT64_MAX, -60, DAY, true },
	    BTZ_E_CRL_EMERGENCY, 5 },
	{ "a newer one", { NONE, 7, -60, DAY, true }, BTZ_OK, 7 },
	{ "one below the emergency list", { NONE, INT64_MAX - 1, -60, DAY, 1 },
	    BTZ_OK, INT64_MAX - 1 },
};

static void
test_rows(void **state)
{
	struct btz_span der;

	(void)state;
	assert_int_equal(ask_crl(&der), BTZ_E_UNPROVISIONED);
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		print_message("# case: %s\n", rows[i].name);
		fx.log[0] = '\0';
		assert_int_equal(give(make(&rows[i].list)), rows[i].rc);
		assert_int_equal(strstr(fx.log, "ca.root-crl/") != NULL,
		    rows[i].rc == BTZ_OK);
		if (rows[i].served == 0)
			assert_int_equal(fetch(), 503);
		else
			serves(rows[i].served);
	}
}

/* The same list again is no error and no record: `ceremony finish` and the
 * hand may both bring it. */
static void
test_again(void **state)
{
	static const struct want w = { NONE, 3, -60, DAY, true };
	struct btz_span der = make(&w);

	(void)state;
	assert_int_equal(give(der), BTZ_OK);
	assert_non_null(strstr(fx.log, "ca.root-crl/"));
	assert_non_null(strstr(fx.log, "ca.root-crl/-/ok"));
	fx.log[0] = '\0';
	assert_int_equal(give(der), BTZ_OK);
	assert_null(strstr(fx.log, "ca.root-crl/"));
	serves(3);
}

static void
test_no_record(void **state)
{
	static const struct want w = { NONE, 3, -60, DAY, true };

	(void)state;
	fx.bad_op = BTZ_OP_APPEND;
	fx.how = FAKE_REFUSE;
	fx.rc = BTZ_E_FULL;
	assert_int_equal(give(make(&w)), BTZ_E_NO_LOG);
	assert_int_equal(fetch(), 503);
	fx.bad_op = 0;
	assert_int_equal(give(make(&w)), BTZ_OK);
	serves(3);
}

static void
test_restart(void **state)
{
	static const struct want w = { NONE, 3, -60, DAY, true },
				 old = { NONE, 2, -60, DAY, false };
	uint64_t number = fx.ca->crl.cur.number;
	struct btz_crl_row row = { .number = 2 };
	struct btz_err err;
	char dir[64];

	(void)state;
	assert_int_equal(give(make(&w)), BTZ_OK);
	/* the store itself does not go back, nor does it touch the other */
	row.der = fx.ca->root_crl.der;
	row.len = fx.ca->root_crl.len;
	assert_int_equal(
	    btz_store_root_crl_save(fx.ca->db, &row, &err), BTZ_E_CRL_NUMBER);
	strcpy(dir, fx.dir);
	fake_end(&fx, true);
	fake_new(&fx, dir);
	serves(3);
	assert_true(fx.ca->crl.cur.number == number);
	assert_int_not_equal(give(make(&old)), BTZ_OK);
}

static void
test_no_root(void **state)
{
	(void)state;
	fake_end(&fx, false);
	fake_new(&fx, NULL);
	assert_int_equal(give(btz_span_str("x")), BTZ_E_UNPROVISIONED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rows, setup, teardown),
		cmocka_unit_test_setup_teardown(test_again, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_no_record, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_root, setup, teardown),
	};

	return cmocka_run_group_tests_name("root-crl", tests, NULL, NULL);
}
