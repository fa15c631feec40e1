/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_x509.c - certificates made by libcrypto with one oddity each; the
 * good ones are in test_build.c.
 */
#include "der/x509.h"
#include "der_help.h"
#include "wire/constraint.h"

#include <string.h>

static struct test_key key;

struct ext_case {
	const char *name, *ext, *value;
	enum btz_rc rc;
};

/* `ext` twice when value is prefixed by "twice:" */
static const struct ext_case cases[] = {
	{ "SAN twice", "subjectAltName", "twice:DNS:a.b", BTZ_E_X509_EXT_DUP },
	{ "unknown twice", "1.2.3.4", "twice:DER:0500", BTZ_E_X509_EXT_DUP },
	{ "empty SAN", "subjectAltName", "DER:3000", BTZ_E_X509_SAN },
	{ "SAN with NUL", "subjectAltName", "DER:30058203610062",
	    BTZ_E_X509_SAN },
	{ "SAN IP of 5", "subjectAltName", "DER:300787050102030405",
	    BTZ_E_X509_SAN },
	{ "SAN tag 9", "subjectAltName", "DER:3003890161", BTZ_E_X509_SAN },
	{ "SAN constructed DNS", "subjectAltName", "DER:3005a2030c0161",
	    BTZ_E_X509_SAN },
	{ "SAN not DER", "subjectAltName", "DER:308001", BTZ_E_DER },
	{ "pathLen without CA", "basicConstraints", "DER:3003020100",
	    BTZ_E_DER },
	{ "negative pathLen", "basicConstraints", "DER:30060101ff0201ff",
	    BTZ_E_DER },
	{ "KU ten bits", "keyUsage", "DER:0303060040", BTZ_E_DER },
	{ "empty EKU", "extendedKeyUsage", "DER:3000", BTZ_E_DER },
	{ "empty SKI", "subjectKeyIdentifier", "DER:0400", BTZ_E_DER },
	{ "AKI lone serial", "authorityKeyIdentifier", "DER:3003820101",
	    BTZ_E_DER },
	{ "CRLDP ldap", "crlDistributionPoints", "URI:ldap://a/b",
	    BTZ_E_X509_URI },
	{ "CRLDP two", "crlDistributionPoints",
	    "URI:http://a/1.crl,URI:http://a/2.crl", BTZ_E_X509_URI },
	{ "empty AIA", "authorityInfoAccess", "DER:3000", BTZ_E_X509_URI },
	{ "empty NC", "nameConstraints", "DER:3000", BTZ_E_DER },
	{ "NC with minimum", "nameConstraints",
	    "DER:300aa008300682016180"
	    "0100",
	    BTZ_E_DER },
	{ "NC IP of 4", "nameConstraints", "DER:300aa008300687040a000000",
	    BTZ_E_DER },
	{ "unknown extension is reported, not refused", "1.2.3.4",
	    "critical,DER:0500", BTZ_OK },
	{ "CRLDP", "crlDistributionPoints", "URI:http://a/1.crl", BTZ_OK },
	{ "NC", "nameConstraints",
	    "critical,permitted;IP:10.0.0.0/255.0.0.0,excluded;DNS:x", BTZ_OK },
	{ "SAN of all kinds", "subjectAltName",
	    "DNS:a.b,IP:10.0.0.1,IP:fd00::1,URI:spiffe://a/b,email:a@b,"
	    "RID:1.2.3",
	    BTZ_OK },
	{ "KU decipherOnly", "keyUsage", "keyAgreement,decipherOnly", BTZ_OK },
};

static void
add_ext(X509 *x, const struct ext_case *c)
{
	bool twice = c->value != NULL && strncmp(c->value, "twice:", 6) == 0;
	X509_EXTENSION *e;

	if (c->ext == NULL)
		return;
	e = X509V3_EXT_conf(NULL, NULL, c->ext, c->value + (twice ? 6 : 0));
	assert_non_null(e);
	X509_add_ext(x, e, -1);
	if (twice)
		X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
}

/* A v3 certificate by libcrypto; what may be changed before signing. */
static size_t
make(const struct ext_case *c, long version, ASN1_INTEGER *serial,
    const char *not_after, uint8_t *der)
{
	X509 *x = X509_new();
	uint8_t *p = der;
	int n;

	X509_set_version(x, version);
	if (serial != NULL)
		X509_set_serialNumber(x, serial);
	else
		ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
	    (const uint8_t *)"x", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	ASN1_TIME_set_string(X509_getm_notAfter(x), not_after);
	X509_set_pubkey(x, key.pkey);
	add_ext(x, c);
	assert_true(X509_sign(x, key.pkey, EVP_sha256()) > 0);
	n = i2d_X509(x, &p);
	assert_true(n > 0);
	X509_free(x);
	return (size_t)n;
}

static void
test_extensions(void **state)
{
	uint8_t der[2048];
	struct btz_x509 x;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		size_t n = make(&cases[i], 2, NULL, "490101000000Z", der);

		print_message("# case: %s\n", cases[i].name);
		assert_int_equal(
		    btz_x509_parse(btz_span_of(der, n), &x), cases[i].rc);
		assert_int_equal(x.der.len, cases[i].rc == BTZ_OK ? n : 0);
	}
}

static void
test_unknown(void **state)
{
	static const struct ext_case c = { "", "1.2.3.4", "critical,DER:0500",
		BTZ_OK };
	uint8_t der[2048];
	size_t n = make(&c, 2, NULL, "490101000000Z", der);
	struct btz_x509 x;

	(void)state;
	assert_int_equal(btz_x509_parse(btz_span_of(der, n), &x), BTZ_OK);
	assert_int_equal(x.ext.n_unknown, 1);
	assert_true(x.ext.unknown_critical);
	assert_int_equal(x.ext.unknown_oid.len, 3);
	assert_int_equal(x.ext.present, 0);
}

static void
test_version_and_serial(void **state)
{
	static const struct ext_case none = { NULL };
	ASN1_INTEGER *s = ASN1_INTEGER_new();
	BIGNUM *bn = BN_new();
	uint8_t der[2048];
	struct btz_x509 x;
	size_t n;

	(void)state;
	n = make(&none, 0, NULL, "490101000000Z", der);
	assert_int_equal(
	    btz_x509_parse(btz_span_of(der, n), &x), BTZ_E_X509_VERSION);
	n = make(&none, 1, NULL, "490101000000Z", der);
	assert_int_equal(
	    btz_x509_parse(btz_span_of(der, n), &x), BTZ_E_X509_VERSION);
	ASN1_INTEGER_set(s, 0);
	n = make(&none, 2, s, "490101000000Z", der);
	assert_int_equal(
	    btz_x509_parse(btz_span_of(der, n), &x), BTZ_E_X509_SERIAL);
	ASN1_INTEGER_set(s, -5);
	n = make(&none, 2, s, "490101000000Z", der);
	assert_int_equal(
	    btz_x509_parse(btz_span_of(der, n), &x), BTZ_E_X509_SERIAL);
	BN_set_bit(bn, 160); /* 21 octets */
	BN_to_ASN1_INTEGER(bn, s);
	n = make(&none, 2, s, "490101000000Z", der);
	assert_int_equal(
	    btz_x509_parse(btz_span_of(der, n), &x), BTZ_E_X509_SERIAL);
	BN_zero(bn);
	BN_set_bit(bn, 158);
	BN_to_ASN1_INTEGER(bn, s);
	n = make(&none, 2, s, "490101000000Z", der);
	assert_int_equal(btz_x509_parse(btz_span_of(der, n), &x), BTZ_OK);
	BN_free(bn);
	ASN1_INTEGER_free(s);
}

/* The parsed spans are what OpenSSL says they are. */
static void
test_spans(void **state)
{
	static const struct ext_case c = { "", "subjectAltName",
		"DNS:a.b,IP:10.0.0.1", BTZ_OK };
	uint8_t der[2048], tbs[2048], *p = tbs;
	size_t n = make(&c, 2, NULL, "20510101000000Z", der), len;
	const uint8_t *q = der;
	X509 *o = d2i_X509(NULL, &q, (long)n);
	struct btz_x509 x;
	struct btz_gn gn;
	struct btz_rd it;

	(void)state;
	assert_int_equal(btz_x509_parse(btz_span_of(der, n), &x), BTZ_OK);
	len = (size_t)i2d_re_X509_tbs(o, &p);
	assert_true(btz_span_eq(x.tbs, btz_span_of(tbs, len)));
	assert_true(btz_span_eq(x.spki, key_spki(&key)));
	assert_true(x.not_after == 2556144000);
	btz_rd_span(&it, x.ext.san);
	assert_int_equal(btz_gn_next(&it, &gn), 1);
	assert_int_equal(gn.type, BTZ_GN_DNS);
	assert_int_equal(btz_gn_next(&it, &gn), 1);
	assert_int_equal(gn.type, BTZ_GN_IP);
	assert_int_equal(btz_gn_next(&it, &gn), 0);
	/* the TBS alone */
	assert_int_equal(btz_x509_parse_tbs(btz_span_of(tbs, len), &x), BTZ_OK);
	assert_int_equal(x.der.len, 0);
	X509_free(o);
}

/* Inner and outer algorithm differ (RFC 5280 4.1.1.2), and cut inputs. */
static void
test_whole(void **state)
{
	static const struct ext_case none = { NULL };
	uint8_t der[2048];
	size_t n = make(&none, 2, NULL, "490101000000Z", der);
	struct btz_x509 x;
	size_t at;

	(void)state;
	assert_int_equal(btz_x509_parse(btz_span_of(der, n), &x), BTZ_OK);
	at = (size_t)(x.sig_alg.p - der) + x.sig_alg.len - 1;
	der[at] = 3;
	assert_int_equal(
	    btz_x509_parse(btz_span_of(der, n), &x), BTZ_E_X509_SIGALG);
	der[at] = 2;
	assert_int_equal(
	    btz_x509_parse(btz_span_of(der, n + 1), &x), BTZ_E_DER);
	for (size_t cut = 0; cut < n; cut++)
		assert_int_equal(
		    btz_x509_parse(btz_span_of(der, cut), &x), BTZ_E_DER);
}

static int
setup(void **state)
{
	(void)state;
	key_new(&key, false);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	EVP_PKEY_free(key.pkey);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_extensions),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_version_and_serial),
		cmocka_unit_test(test_spans),
		cmocka_unit_test(test_whole),
	};

	return cmocka_run_group_tests_name("x509", tests, setup, teardown);
}
