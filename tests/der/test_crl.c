/* SPDX-License-Identifier: Apache-2.0 */
/* test_crl.c - lists that are refused, and ours against libcrypto. */
#include "der/build.h"
#include "der/crl.h"
#include "der/dn.h"
#include "der_help.h"
#include "wire/alg.h"

#include <string.h>

#define T0 1700000000ull
#define ALG 0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2
#define NAME 0x30, 12, 0x31, 10, 0x30, 8, 6, 3, 0x55, 4, 3, 0x0c, 1, 'a'
#define UTC                                                                    \
	0x17, 13, '2', '4', '0', '1', '0', '1', '0', '0', '0', '0', '0', '0',  \
	    'Z'
#define HEAD ALG, NAME, UTC, UTC /* 56 octets */
#define ENTRY_HEAD 2, 1, 5, UTC	 /* 18 octets */

static const struct {
	const char *name;
	struct btz_span tbs;
	enum btz_rc rc;
} cases[] = {
	{ "nothing", { NULL, 0 }, BTZ_E_DER },
	{ "v1", BYTES(0x30, 56, HEAD), BTZ_E_CRL_FORM },
	{ "version 2", BYTES(0x30, 59, 2, 1, 2, HEAD), BTZ_E_CRL_FORM },
	{ "no nextUpdate", BYTES(0x30, 44, 2, 1, 1, ALG, NAME, UTC),
	    BTZ_E_X509_TIME },
	{ "empty issuer", BYTES(0x30, 47, 2, 1, 1, ALG, 0x30, 0, UTC, UTC),
	    BTZ_E_X509_ISSUER },
	{ "empty revokedCertificates", BYTES(0x30, 61, 2, 1, 1, HEAD, 0x30, 0),
	    BTZ_E_CRL_FORM },
	{ "serial 0",
	    BYTES(0x30, 81, 2, 1, 1, HEAD, 0x30, 20, 0x30, 18, 2, 1, 0, UTC),
	    BTZ_E_X509_SERIAL },
	{ "negative serial",
	    BYTES(0x30, 81, 2, 1, 1, HEAD, 0x30, 20, 0x30, 18, 2, 1, 0x80, UTC),
	    BTZ_E_X509_SERIAL },
	{ "entry without date",
	    BYTES(0x30, 66, 2, 1, 1, HEAD, 0x30, 5, 0x30, 3, 2, 1, 5),
	    BTZ_E_X509_TIME },
	{ "reason unspecified",
	    BYTES(0x30, 95, 2, 1, 1, HEAD, 0x30, 34, 0x30, 32, ENTRY_HEAD, 0x30,
		12, 0x30, 10, 6, 3, 0x55, 0x1d, 0x15, 4, 3, 10, 1, 0),
	    BTZ_E_CRL_FORM },
	{ "reason 7",
	    BYTES(0x30, 95, 2, 1, 1, HEAD, 0x30, 34, 0x30, 32, ENTRY_HEAD, 0x30,
		12, 0x30, 10, 6, 3, 0x55, 0x1d, 0x15, 4, 3, 10, 1, 7),
	    BTZ_E_CRL_FORM },
	{ "reason 1",
	    BYTES(0x30, 95, 2, 1, 1, HEAD, 0x30, 34, 0x30, 32, ENTRY_HEAD, 0x30,
		12, 0x30, 10, 6, 3, 0x55, 0x1d, 0x15, 4, 3, 10, 1, 1),
	    BTZ_OK },
	{ "empty entry extensions",
	    BYTES(0x30, 83, 2, 1, 1, HEAD, 0x30, 22, 0x30, 20, ENTRY_HEAD, 0x30,
		0),
	    BTZ_E_DER },
	{ "empty extensions", BYTES(0x30, 63, 2, 1, 1, HEAD, 0xa0, 2, 0x30, 0),
	    BTZ_E_DER },
	{ "cRLNumber negative",
	    BYTES(0x30, 75, 2, 1, 1, HEAD, 0xa0, 14, 0x30, 12, 0x30, 10, 6, 3,
		0x55, 0x1d, 0x14, 4, 3, 2, 1, 0xff),
	    BTZ_E_CRL_FORM },
	{ "cRLNumber critical",
	    BYTES(0x30, 78, 2, 1, 1, HEAD, 0xa0, 17, 0x30, 15, 0x30, 13, 6, 3,
		0x55, 0x1d, 0x14, 1, 1, 0xff, 4, 3, 2, 1, 1),
	    BTZ_E_CRL_FORM },
	{ "duplicate cRLNumber",
	    BYTES(0x30, 87, 2, 1, 1, HEAD, 0xa0, 26, 0x30, 24, 0x30, 10, 6, 3,
		0x55, 0x1d, 0x14, 4, 3, 2, 1, 1, 0x30, 10, 6, 3, 0x55, 0x1d,
		0x14, 4, 3, 2, 1, 1),
	    BTZ_E_X509_EXT_DUP },
	{ "trailing element", BYTES(0x30, 61, 2, 1, 1, HEAD, 5, 0), BTZ_E_DER },
	{ "cRLNumber 1",
	    BYTES(0x30, 75, 2, 1, 1, HEAD, 0xa0, 14, 0x30, 12, 0x30, 10, 6, 3,
		0x55, 0x1d, 0x14, 4, 3, 2, 1, 1),
	    BTZ_OK },
	{ "no entries, no extensions", BYTES(0x30, 59, 2, 1, 1, HEAD), BTZ_OK },
	{ "one entry",
	    BYTES(0x30, 81, 2, 1, 1, HEAD, 0x30, 20, 0x30, 18, ENTRY_HEAD),
	    BTZ_OK },
};

static void
test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		struct btz_crl crl;

		print_message("# case: %s\n", cases[i].name);
		assert_int_equal(
		    btz_crl_parse_tbs(cases[i].tbs, &crl), cases[i].rc);
		assert_true(cases[i].rc == BTZ_OK || crl.tbs.p == NULL);
	}
}

static void
serial_of(unsigned i, uint8_t out[16])
{
	memset(out, 0x11, 16);
	out[14] = (uint8_t)(i >> 8);
	out[15] = (uint8_t)i;
}

static void
check_theirs(struct btz_span der, const struct test_key *k, unsigned n)
{
	const uint8_t *p = der.p;
	X509_CRL *o = d2i_X509_CRL(NULL, &p, (long)der.len);
	STACK_OF(X509_REVOKED) * list;

	assert_non_null(o);
	assert_int_equal(X509_CRL_verify(o, k->pkey), 1);
	list = X509_CRL_get_REVOKED(o);
	assert_int_equal(list == NULL ? 0 : sk_X509_REVOKED_num(list), n);
	assert_true(n > 0 || list == NULL);
	for (unsigned i = 0; i < n; i++) {
		X509_REVOKED *r = sk_X509_REVOKED_value(list, (int)i);
		int crit;
		ASN1_ENUMERATED *e = X509_REVOKED_get_ext_d2i(
		    r, NID_crl_reason, &crit, NULL);

		assert_int_equal(e == NULL, i % 3 == 0);
		if (e != NULL)
			assert_int_equal(ASN1_ENUMERATED_get(e), i % 3);
		ASN1_ENUMERATED_free(e);
	}
	X509_CRL_free(o);
}

static void
check_ours(struct btz_span der, const struct btz_crl_spec *spec, unsigned n)
{
	struct btz_crl_entry e;
	struct btz_crl crl;
	struct btz_rd it;
	uint8_t want[16];

	assert_int_equal(btz_crl_parse(der, &crl), BTZ_OK);
	assert_int_equal(crl.n_entries, n);
	assert_true(crl.has_number && crl.number == spec->number);
	assert_true(btz_span_eq(crl.aki, spec->aki));
	assert_true(btz_span_eq(crl.issuer, spec->issuer));
	assert_true(crl.this_update == spec->this_update &&
		    crl.next_update == spec->next_update);
	assert_int_equal(crl.n_unknown, 0);
	btz_rd_span(&it, crl.entries);
	for (unsigned i = 0; i < n; i++) {
		serial_of(i, want);
		assert_int_equal(btz_crl_next(&it, &e), 1);
		assert_true(btz_span_eq(e.serial, btz_span_of(want, 16)));
		assert_true(e.date == T0 + i && e.reason == i % 3);
	}
	assert_int_equal(btz_crl_next(&it, &e), 0);
}

static void
test_build(void **state)
{
	static const unsigned counts[] = { 0, 1, 3, 1000 };
	static uint8_t tbs[65536], der[66000];
	uint8_t name[64], sig[1024];
	struct btz_wr wr;
	struct test_key k;
	struct btz_crl_spec spec = { .sig_alg = BTZ_SIG_ECDSA_SHA256,
		.this_update = T0,
		.next_update = T0 + 604800,
		.number = 0xfffffffffful };

	(void)state;
	key_new(&k, false);
	btz_wr_init(&wr, name, sizeof(name));
	btz_dn_put(&wr, btz_span_str("edge-1 issuing CA 1"));
	spec.issuer = btz_wr_span(&wr);
	spec.aki = key_ski(&k);
	for (size_t c = 0; c < BTZ_COUNT(counts); c++) {
		struct btz_crl_build b;
		uint8_t serial[16];
		struct btz_wr out;
		size_t n;

		print_message("# case: %u entries\n", counts[c]);
		btz_wr_init(&wr, tbs, sizeof(tbs));
		btz_crl_begin(&b, &spec, &wr);
		for (unsigned i = 0; i < counts[c]; i++) {
			serial_of(i, serial);
			btz_crl_add(&b, btz_span_of(serial, 16), T0 + i,
			    (uint8_t)(i % 3));
		}
		assert_int_equal(btz_crl_end(&b), BTZ_OK);
		n = key_sign(&k, btz_wr_span(&wr), sig);
		btz_wr_init(&out, der, sizeof(der));
		assert_int_equal(btz_signed_put(&out, btz_wr_span(&wr),
				     BTZ_SIG_ECDSA_SHA256, btz_span_of(sig, n)),
		    BTZ_OK);
		check_ours(btz_wr_span(&out), &spec, counts[c]);
		check_theirs(btz_wr_span(&out), &k, counts[c]);
	}
	EVP_PKEY_free(k.pkey);
}

static void
test_build_refused(void **state)
{
	static const uint8_t serial[] = { 1 };
	struct btz_crl_spec spec = { .sig_alg = BTZ_SIG_ECDSA_SHA256,
		.this_update = T0,
		.next_update = T0,
		.aki = { serial, 1 },
		.issuer = { serial, 1 } };
	struct btz_crl_build b;
	struct btz_wr wr;
	uint8_t buf[256];

	(void)state;
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_crl_begin(&b, &spec, &wr); /* nextUpdate not after thisUpdate */
	assert_int_equal(btz_crl_end(&b), BTZ_E_TOOBIG);
	spec.next_update++;
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_crl_begin(&b, &spec, &wr);
	btz_crl_add(&b, btz_span_of(serial, 1), T0, 7);
	assert_int_equal(btz_crl_end(&b), BTZ_E_TOOBIG);
	btz_wr_init(&wr, buf, 60);
	btz_crl_begin(&b, &spec, &wr);
	assert_int_equal(btz_crl_end(&b), BTZ_E_TOOBIG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_build),
		cmocka_unit_test(test_build_refused),
	};

	return cmocka_run_group_tests_name("crl", tests, NULL, NULL);
}
