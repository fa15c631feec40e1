/* SPDX-License-Identifier: Apache-2.0 */
/* der_help.h - keys, hex and signatures for the tests of src/der. */
#ifndef BTZ_TESTS_DER_HELP_H
#define BTZ_TESTS_DER_HELP_H

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "der/der.h"
#include "der/spki.h"
#include "support/cmocka_all.h"

#define BYTES(...)                                                             \
	{                                                                      \
		(const uint8_t[]){ __VA_ARGS__ },                              \
		    sizeof((const uint8_t[]){ __VA_ARGS__ })                   \
	}
#define LIT(s)                                                                 \
	{                                                                      \
		(const uint8_t *)(s), sizeof(s) - 1                            \
	}

struct test_key {
	EVP_PKEY *pkey;
	uint8_t spki[1024];
	size_t spki_len;
	uint8_t ski[20];
};

static inline struct btz_span
key_spki(const struct test_key *k)
{
	return btz_span_of(k->spki, k->spki_len);
}

static inline struct btz_span
key_ski(const struct test_key *k)
{
	return btz_span_of(k->ski, 20);
}

static inline void
key_new(struct test_key *k, bool rsa)
{
	struct btz_span bits;
	uint8_t *p = k->spki;

	k->pkey = rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
	assert_non_null(k->pkey);
	k->spki_len = (size_t)i2d_PUBKEY(k->pkey, &p);
	assert_int_not_equal(btz_spki_alg(key_spki(k), &bits), 0);
	SHA1(bits.p, bits.len, k->ski);
}

static inline size_t
key_sign(const struct test_key *k, struct btz_span m, uint8_t sig[1024])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = 1024;

	assert_int_equal(
	    EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, k->pkey), 1);
	assert_int_equal(EVP_DigestSign(ctx, sig, &len, m.p, m.len), 1);
	EVP_MD_CTX_free(ctx);
	return len;
}

#endif
