/* SPDX-License-Identifier: Apache-2.0 */
/* Verification by SPKI: keys we do not take, signatures that do not fit. */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "prim/prim.h"
#include "support/cmocka_all.h"
#include "wire/alg.h"

struct made {
	uint8_t spki[1024], sig[512];
	size_t spki_len, sig_len;
};

static void
make(EVP_PKEY *key, bool pss, struct made *m)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;
	uint8_t *der = NULL;
	int n = i2d_PUBKEY(key, &der);

	assert_true(n > 0 && (size_t)n <= sizeof(m->spki));
	memcpy(m->spki, der, (size_t)n);
	m->spki_len = (size_t)n;
	m->sig_len = sizeof(m->sig);
	assert_int_equal(
	    EVP_DigestSignInit(ctx, &pctx, EVP_sha256(), NULL, key), 1);
	if (pss) {
		assert_int_equal(
		    EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING),
		    1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, 32), 1);
	}
	assert_int_equal(
	    EVP_DigestSign(ctx, m->sig, &m->sig_len, (const uint8_t *)"msg", 3),
	    1);
	OPENSSL_free(der);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
}

static enum btz_rc
check(const struct made *m, uint16_t alg, const char *msg)
{
	return btz_verify(btz_span_of(m->spki, m->spki_len), alg,
	    btz_span_str(msg), btz_span_of(m->sig, m->sig_len));
}

static void
test_p256(void **state)
{
	struct made m;

	(void)state;
	make(EVP_EC_gen("P-256"), false, &m);
	assert_int_equal(
	    check(&m, BTZ_SIG_ECDSA_SHA256, "msh"), BTZ_E_SIGNATURE);
	assert_int_equal(check(&m, BTZ_SIG_ECDSA_SHA256, "msg"), BTZ_OK);
	m.sig[m.sig_len - 1] ^= 1;
	assert_int_equal(
	    check(&m, BTZ_SIG_ECDSA_SHA256, "msg"), BTZ_E_SIGNATURE);
	m.sig_len = 0;
	assert_int_equal(
	    check(&m, BTZ_SIG_ECDSA_SHA256, "msg"), BTZ_E_SIGNATURE);
	m.spki[40] ^= 1; /* a point that is not on the curve */
	assert_int_equal(
	    check(&m, BTZ_SIG_ECDSA_SHA256, "msg"), BTZ_E_X509_SPKI);
	m.spki_len--;
	assert_int_equal(
	    check(&m, BTZ_SIG_ECDSA_SHA256, "msg"), BTZ_E_X509_SPKI);
	assert_int_equal(
	    check(&m, BTZ_SIG_RSA_PSS_SHA256, "msg"), BTZ_E_X509_SPKI);
	assert_int_equal(check(&m, 99, "msg"), BTZ_E_X509_SPKI);
}

static void
test_other_keys(void **state)
{
	struct made m;

	(void)state;
	make(EVP_EC_gen("P-384"), false, &m);
	assert_int_equal(
	    check(&m, BTZ_SIG_ECDSA_SHA256, "msg"), BTZ_E_X509_SPKI);
	make(EVP_RSA_gen(1024), false, &m);
	assert_int_equal(
	    check(&m, BTZ_SIG_RSA_PKCS1_SHA256, "msg"), BTZ_E_X509_SPKI);
}

static void
test_rsa(void **state)
{
	struct made m;

	(void)state;
	make(EVP_RSA_gen(2048), false, &m);
	assert_int_equal(
	    check(&m, BTZ_SIG_RSA_PSS_SHA256, "msg"), BTZ_E_SIGNATURE);
	assert_int_equal(check(&m, BTZ_SIG_RSA_PKCS1_SHA256, "msg"), BTZ_OK);
	make(EVP_RSA_gen(2048), true, &m);
	assert_int_equal(
	    check(&m, BTZ_SIG_RSA_PKCS1_SHA256, "msg"), BTZ_E_SIGNATURE);
	assert_int_equal(check(&m, BTZ_SIG_RSA_PSS_SHA256, "msg"), BTZ_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_p256),
		cmocka_unit_test(test_other_keys),
		cmocka_unit_test(test_rsa),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
