/* SPDX-License-Identifier: Apache-2.0 */
/* test_soft_agree.c - ECDH: RFC 5903 8; X25519: RFC 7748 6.1; bad points. */
#include <string.h>

#include "crypto/softtool.h"
#include "support/cmocka_all.h"

#define D256 "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433"
#define PEER256X                                                               \
	"d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
#define PEER256Y                                                               \
	"56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab"
#define X_ALICE                                                                \
	"77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"

static const struct {
	const char *name;
	uint8_t alg;
	const char *key, *peer, *shared; /* shared NULL: BTZ_E_INVAL */
} rows[] = {
	{ "nothing", BTZ_ALG_EC_P256, D256, "", NULL },
	{ "short by one", BTZ_ALG_EC_P256, D256,
	    "04" PEER256X
	    "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872",
	    NULL },
	{ "long by one", BTZ_ALG_EC_P256, D256, "04" PEER256X PEER256Y "00",
	    NULL },
	{ "compressed", BTZ_ALG_EC_P256, D256, "03" PEER256X, NULL },
	{ "hybrid form", BTZ_ALG_EC_P256, D256, "07" PEER256X PEER256Y, NULL },
	{ "infinity", BTZ_ALG_EC_P256, D256, "00", NULL },
	{ "not on the curve", BTZ_ALG_EC_P256, D256, "04" PEER256X PEER256X,
	    NULL },
	{ "x not below p", BTZ_ALG_EC_P256, D256,
	    "04ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
	    "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
	    NULL },
	{ "point of P-256, key P-384", BTZ_ALG_EC_P384,
	    "099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655e3"
	    "5b538041e649ee3faef896783ab194",
	    "04" PEER256X PEER256Y, NULL },
	{ "RFC 5903 8.1", BTZ_ALG_EC_P256, D256, "04" PEER256X PEER256Y,
	    "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442d"
	    "e" },
	{ "RFC 5903 8.2", BTZ_ALG_EC_P384,
	    "099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655e3"
	    "5b538041e649ee3faef896783ab194",
	    "04e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc50"
	    "9d0d1ac43a0336def96fda41d0774a3571dcfbec7aacf3196472169e838430367f"
	    "66eebe3c6e70c416dd5f0c68759dd1fff83fa40142209dff5eaad96db9e6386c",
	    "11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4d6"
	    "03135569b9e9d09cf5d4a270f59746" },
	{ "X25519: zero", BTZ_ALG_X25519, X_ALICE,
	    "0000000000000000000000000000000000000000000000000000000000000000",
	    NULL },
	{ "X25519: one", BTZ_ALG_X25519, X_ALICE,
	    "0100000000000000000000000000000000000000000000000000000000000000",
	    NULL },
	{ "X25519: of order 8", BTZ_ALG_X25519, X_ALICE,
	    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	    NULL },
	{ "X25519: 31 bytes", BTZ_ALG_X25519, X_ALICE,
	    "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b",
	    NULL },
	{ "RFC 7748 6.1", BTZ_ALG_X25519, X_ALICE,
	    "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
	    "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e16174"
	    "2" },
};

static void
test_agreements(void **state)
{
	uint8_t peer[160];
	struct btz_softkey key;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		struct btz_backend_crypt rq = { .verb = BTZ_VERB_DERIVE,
			.alg = BTZ_CRYPT_ECDH };

		print_message("# case: %s\n", rows[i].name);
		rq.input = btz_span_of(
		    peer, soft_unhex(rows[i].peer, peer, sizeof(peer)));
		soft_key_hex(&key, rows[i].alg, rows[i].key);
		if (rows[i].shared == NULL)
			assert_int_equal(soft_crypt_rc(&key, &rq), BTZ_E_INVAL);
		else
			soft_crypt_is(&key, &rq, rows[i].shared);
		btz_softkey_close(&key);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_agreements) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
