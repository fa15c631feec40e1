/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_ek_verify.c - signatures of TPM makers: keys of libcrypto with every
 * algorithm, and algorithms that are not the key's.
 */
#include "ek_verify.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "support/cmocka_all.h"

static const char message[] = "the certificate of a chip";

/* Whole AlgorithmIdentifiers (RFC 5758 3.2, RFC 4055 5). */
static const struct {
	const char *name;
	uint8_t len, b[15];
} algs[] = {
	{ "ECDSA-SHA256", 12,
	    "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02" },
	{ "ECDSA-SHA384", 12,
	    "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03" },
	{ "RSA-SHA256", 15,
	    "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05" },
	{ "RSA-SHA384", 15,
	    "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c\x05" },
	{ "ECDSA-SHA512", 12,
	    "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x04" },
	{ "RSA-SHA512", 15,
	    "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d\x05" },
	{ "RSA-SHA256 without NULL", 13,
	    "\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b" },
	{ "none", 0, "" },
};

/* The key signs with `md`; algs[good] is its name, -1: not ours at all. read:
 * as what else a signature of this key is read, and found false. */
static const struct {
	const char *name, *curve;
	unsigned rsa;
	const char *md;
	int good;
	unsigned read;
} keys[] = {
	{ "P-256, SHA-256", "P-256", 0, "SHA256", 0, 0 },
	{ "P-256, SHA-384", "P-256", 0, "SHA384", -1, 1 << 0 },
	{ "P-384, SHA-384", "P-384", 0, "SHA384", 1, 0 },
	{ "P-384, SHA-256", "P-384", 0, "SHA256", -1, 1 << 1 },
	{ "P-521, SHA-256", "P-521", 0, "SHA256", -1, 0 },
	{ "RSA-2048, SHA-256", NULL, 2048, "SHA256", 2, 1 << 3 },
	{ "RSA-2048, SHA-384", NULL, 2048, "SHA384", 3, 1 << 2 },
	{ "RSA-3072, SHA-256", NULL, 3072, "SHA256", 2, 1 << 3 },
	{ "RSA-1024, SHA-256", NULL, 1024, "SHA256", -1, 0 },
};

struct made {
	uint8_t spki[600], sig[512];
	size_t spki_len, sig_len;
};

static void
make(size_t k, struct made *m)
{
	EVP_PKEY *key = keys[k].rsa != 0 ? EVP_RSA_gen(keys[k].rsa)
					 : EVP_EC_gen(keys[k].curve);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t *p = m->spki;

	m->sig_len = sizeof(m->sig);
	assert_true(i2d_PUBKEY(key, NULL) < (int)sizeof(m->spki));
	m->spki_len = (size_t)i2d_PUBKEY(key, &p);
	assert_int_equal(EVP_DigestSignInit(ctx, NULL,
			     EVP_get_digestbyname(keys[k].md), NULL, key),
	    1);
	assert_int_equal(EVP_DigestSign(ctx, m->sig, &m->sig_len,
			     (const uint8_t *)message, sizeof(message) - 1),
	    1);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
}

static enum btz_rc
check(const struct made *m, size_t alg, const char *text)
{
	return ta_ek_verify(NULL, btz_span_of(m->spki, m->spki_len),
	    btz_span_of(algs[alg].b, algs[alg].len), btz_span_str(text),
	    btz_span_of(m->sig, m->sig_len));
}

static enum btz_rc
verdict(size_t k, size_t alg)
{
	if ((int)alg == keys[k].good)
		return BTZ_OK;
	return (keys[k].read >> alg & 1) != 0 ? BTZ_E_SIGNATURE
					      : BTZ_E_UNSUPPORTED;
}

static void
test_pairs(void **state)
{
	struct made m;

	(void)state;
	for (size_t k = 0; k < BTZ_COUNT(keys); k++) {
		make(k, &m);
		for (size_t a = 0; a < BTZ_COUNT(algs); a++) {
			print_message(
			    "# case: %s as %s\n", keys[k].name, algs[a].name);
			assert_int_equal(check(&m, a, message), verdict(k, a));
		}
	}
}

static void
test_altered(void **state)
{
	struct made m;

	(void)state;
	for (size_t k = 0; k < BTZ_COUNT(keys); k++) {
		const size_t alg = (size_t)keys[k].good;

		if (keys[k].good < 0)
			continue;
		make(k, &m);
		assert_int_equal(check(&m, alg, "the certificate of a chop"),
		    BTZ_E_SIGNATURE);
		m.sig[m.sig_len - 1] ^= 1;
		assert_int_equal(check(&m, alg, message), BTZ_E_SIGNATURE);
		m.sig[m.sig_len - 1] ^= 1;
		m.sig_len--;
		assert_int_equal(check(&m, alg, message), BTZ_E_SIGNATURE);
		m.sig_len++;
		assert_int_equal(check(&m, alg, message), BTZ_OK);
		m.spki_len--;
		assert_int_equal(check(&m, alg, message), BTZ_E_UNSUPPORTED);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_altered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
