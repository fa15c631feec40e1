/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_soft_part.c - private parts: RFC 8410 10.3 and RFC 5915 inside of RFC
 * 5208, by the byte; what test_contract.c does not make.
 */
#include <string.h>

#include "crypto/backend/soft_part.h"
#include "crypto/softtool.h"
#include "support/cmocka_all.h"

/* The examples of the RFC: without, and with attributes and public key. */
#define RFC8410                                                                \
	"d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842"
#define RFC8410_V1 "302e020100300506032b657004220420" RFC8410
#define P256_ALG "301306072a8648ce3d020106082a8648ce3d030107"
#define K1_ALG "301006072a8648ce3d020106052b8104000a"
#define ONE "0000000000000000000000000000000000000000000000000000000000000001"
/* ECPrivateKey of 1: with nothing else, and with the public key of 1 and 2 */
#define EC_ONE "30250201010420" ONE
#define G                                                                      \
	"046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"   \
	"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
#define G2                                                                     \
	"047cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978"   \
	"07775510db8ed040293d9ac69f7430dbba7dade63ce982299e04b79d227873d1"

static const struct {
	const char *name;
	uint8_t alg;
	const char *in, *bytes; /* NULL: BTZ_E_INVAL */
} rows[] = {
	{ "RFC 8410 10.3", BTZ_ALG_ED25519, RFC8410_V1, RFC8410 },
	{ "RFC 8410 10.3, seed alone", BTZ_ALG_ED25519, RFC8410, RFC8410 },
	{ "an Ed25519 key as X25519", BTZ_ALG_X25519, RFC8410_V1, NULL },
	{ "48 bytes that are an Ed25519 key, as P-384", BTZ_ALG_EC_P384,
	    RFC8410_V1, NULL },
	{ "trailing byte", BTZ_ALG_ED25519, RFC8410_V1 "00", NULL },
	{ "P-256: the curve outside", BTZ_ALG_EC_P256,
	    "3041020100" P256_ALG "0427" EC_ONE, ONE },
	{ "P-256: with its public key", BTZ_ALG_EC_P256,
	    "308187020100" P256_ALG "046d306b0201010420" ONE "a144034200" G,
	    ONE },
	{ "P-256: with the public key of another", BTZ_ALG_EC_P256,
	    "308187020100" P256_ALG "046d306b0201010420" ONE "a144034200" G2,
	    NULL },
	{ "secp256k1 as P-256", BTZ_ALG_EC_P256,
	    "303e020100" K1_ALG "0427" EC_ONE, NULL },
	{ "ECPrivateKey alone", BTZ_ALG_EC_P256, EC_ONE, NULL },
	{ "P-521 that is longer than its order", BTZ_ALG_EC_P521,
	    "02000000000000000000000000000000000000000000000000000000000000000"
	    "000000000000000000000000000000000000000000000000000000000000000000"
	    "0",
	    NULL },
	{ "AES of 16", BTZ_ALG_AES_128, "000102030405060708090a0b0c0d0e0f",
	    "000102030405060708090a0b0c0d0e0f" },
	{ "AES of 16 as of 32", BTZ_ALG_AES_256,
	    "000102030405060708090a0b0c0d0e0f", NULL },
	{ "secret of one byte", BTZ_ALG_SECRET, "07", "07" },
	{ "secret that looks like a key", BTZ_ALG_SECRET, RFC8410_V1,
	    RFC8410_V1 },
};

static void
test_imports(void **state)
{
	uint8_t in[256], want[256];
	struct btz_softpart p;
	struct btz_err err;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		const size_t n = soft_unhex(rows[i].in, in, sizeof(in));
		enum btz_rc rc;

		print_message("# case: %s\n", rows[i].name);
		memset(&p, 0, sizeof(p));
		rc = btz_softpart_import(
		    &p, rows[i].alg, 0, btz_span_of(in, n), &err);
		assert_int_equal(
		    rc, rows[i].bytes != NULL ? BTZ_OK : BTZ_E_INVAL);
		if (rc == BTZ_OK) {
			assert_int_equal(p.len,
			    soft_unhex(rows[i].bytes, want, sizeof(want)));
			assert_memory_equal(p.bytes, want, p.len);
		}
		btz_softpart_end(&p);
	}
}

static void
test_ended_is_wiped(void **state)
{
	static const struct btz_softpart zero;
	static struct btz_softpart p;
	struct btz_err err;

	(void)state;
	for (uint8_t alg = 1; alg <= BTZ_ALG_MAX; alg++) {
		if (btz_family(alg) == BTZ_FAMILY_RSA)
			continue;
		assert_int_equal(btz_softpart_draw(&p, alg, 0, &err), BTZ_OK);
		assert_true(p.len > 0);
		btz_softpart_end(&p);
		assert_memory_equal(&p, &zero, sizeof(p));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_imports),
		cmocka_unit_test(test_ended_is_wiped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
