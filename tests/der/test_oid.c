/* SPDX-License-Identifier: Apache-2.0 */
/* test_oid.c - the table against OpenSSL's, by dotted name. */
#include "der/oid.h"
#include "der_help.h"
#include "wire/alg.h"

#include <openssl/objects.h>

static const char *const dotted[BTZ_OID_COUNT] = {
	[BTZ_OID_BC] = "2.5.29.19",
	[BTZ_OID_KU] = "2.5.29.15",
	[BTZ_OID_EKU] = "2.5.29.37",
	[BTZ_OID_SKI] = "2.5.29.14",
	[BTZ_OID_AKI] = "2.5.29.35",
	[BTZ_OID_SAN] = "2.5.29.17",
	[BTZ_OID_CRLDP] = "2.5.29.31",
	[BTZ_OID_AIA] = "1.3.6.1.5.5.7.1.1",
	[BTZ_OID_NC] = "2.5.29.30",
	[BTZ_OID_NOCHECK] = "1.3.6.1.5.5.7.48.1.5",
	[BTZ_OID_CRL_NUMBER] = "2.5.29.20",
	[BTZ_OID_REASON] = "2.5.29.21",
	[BTZ_OID_SERVER_AUTH] = "1.3.6.1.5.5.7.3.1",
	[BTZ_OID_CLIENT_AUTH] = "1.3.6.1.5.5.7.3.2",
	[BTZ_OID_OCSP_SIGNING] = "1.3.6.1.5.5.7.3.9",
	[BTZ_OID_CA_ISSUERS] = "1.3.6.1.5.5.7.48.2",
	[BTZ_OID_OCSP] = "1.3.6.1.5.5.7.48.1",
	[BTZ_OID_OCSP_NONCE] = "1.3.6.1.5.5.7.48.1.2",
	[BTZ_OID_CN] = "2.5.4.3",
	[BTZ_OID_EXT_REQUEST] = "1.2.840.113549.1.9.14",
	[BTZ_OID_CHALLENGE_PASSWORD] = "1.2.840.113549.1.9.7",
	[BTZ_OID_UNSTRUCTURED_NAME] = "1.2.840.113549.1.9.2",
};

static void
test_table(void **state)
{
	(void)state;
	for (int i = 1; i < BTZ_OID_COUNT; i++) {
		struct btz_span ours = btz_oid_bytes((enum btz_oid)i);
		ASN1_OBJECT *o;

		print_message("# case: %d %s\n", i, dotted[i]);
		o = OBJ_txt2obj(dotted[i], 1);
		assert_true(btz_span_eq(
		    ours, btz_span_of(OBJ_get0_data(o), OBJ_length(o))));
		assert_int_equal(btz_oid_of(ours), i);
		ASN1_OBJECT_free(o);
	}
	assert_int_equal(btz_oid_of(btz_span_str("x")), BTZ_OID_NONE);
	assert_int_equal(btz_oid_of(btz_span_of(NULL, 0)), BTZ_OID_NONE);
}

static void
test_sigalg(void **state)
{
	static const int nids[] = { NID_ecdsa_with_SHA256,
		NID_sha256WithRSAEncryption };

	(void)state;
	for (uint16_t i = 1; i <= 2; i++) {
		struct btz_span s = btz_sigalg_der(i);
		const uint8_t *p = s.p;
		X509_ALGOR *a = d2i_X509_ALGOR(NULL, &p, (long)s.len);
		const ASN1_OBJECT *o;
		int type;

		assert_non_null(a);
		X509_ALGOR_get0(&o, &type, NULL, a);
		assert_int_equal(OBJ_obj2nid(o), nids[i - 1]);
		assert_int_equal(type, i == 1 ? V_ASN1_UNDEF : V_ASN1_NULL);
		assert_int_equal(btz_sigalg_of(s), i);
		X509_ALGOR_free(a);
	}
	assert_int_equal(btz_sigalg_der(BTZ_SIG_RSA_PSS_SHA256).len, 0);
	assert_int_equal(btz_sigalg_of(btz_span_of(NULL, 0)), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_sigalg),
	};

	return cmocka_run_group_tests_name("oid", tests, NULL, NULL);
}
