/* SPDX-License-Identifier: Apache-2.0 */
/* test_judge.c - what a request means, row by row. */
#include "crypto/judge.h"

#include <string.h>

#include "prim/prim.h"
#include "support/cmocka_all.h"

#define NOW 1000u

#define PLAIN                                                                  \
	{                                                                      \
		BTZ_ALG_EC_P256, BTZ_KIND_PLAIN, BTZ_KEY_ENABLED,              \
		    BTZ_USE_SIGN | BTZ_USE_VERIFY, 0                           \
	}
#define KEY(a, k, s, u, n)                                                     \
	{                                                                      \
		BTZ_ALG_##a, BTZ_KIND_##k, BTZ_KEY_##s, (u), (n)               \
	}
#define S BTZ_USE_SIGN
#define V BTZ_USE_VERIFY
#define P384 KEY(EC_P384, PLAIN, ENABLED, S, 0)
#define ED KEY(ED25519, PLAIN, ENABLED, S, 0)

static const uint8_t input[64] = { 1, 2, 3 };

static const struct {
	const char *name;
	struct btz_key_facts key;
	uint16_t alg;
	uint8_t kind;
	size_t len, previous;
	enum btz_rc rc;
} sign_cases[] = {
	{ "disabled", KEY(EC_P256, PLAIN, DISABLED, S, 0), 1, BTZ_IN_MESSAGE, 8,
	    0, BTZ_E_KEY_STATE },
	{ "destroyed", KEY(EC_P256, PLAIN, DESTROYED, S, 0), 1, BTZ_IN_MESSAGE,
	    8, 0, BTZ_E_KEY_STATE },
	{ "expired", KEY(EC_P256, PLAIN, ENABLED, S, NOW - 1), 1,
	    BTZ_IN_MESSAGE, 8, 0, BTZ_E_EXPIRED },
	{ "verify only", KEY(EC_P256, PLAIN, ENABLED, V, 0), 1, BTZ_IN_MESSAGE,
	    8, 0, BTZ_E_KEY_USAGE },
	{ "plain, certificate", PLAIN, 1, BTZ_IN_TBS_CERT, 8, 0,
	    BTZ_E_KEY_KIND },
	{ "plain, CRL", PLAIN, 1, BTZ_IN_TBS_CRL, 8, 0, BTZ_E_KEY_KIND },
	{ "plain, checkpoint", PLAIN, 1, BTZ_IN_CHECKPOINT, 8, 0,
	    BTZ_E_KEY_KIND },
	{ "plain, kind 0", PLAIN, 1, 0, 8, 0, BTZ_E_KEY_KIND },
	{ "plain, kind 200", PLAIN, 1, 200, 8, 0, BTZ_E_KEY_KIND },
	{ "issuing, digest", KEY(EC_P256, ISSUING, ENABLED, S, 0), 1,
	    BTZ_IN_DIGEST, 32, 0, BTZ_E_KEY_KIND },
	{ "issuing, message", KEY(EC_P256, ISSUING, ENABLED, S, 0), 1,
	    BTZ_IN_MESSAGE, 8, 0, BTZ_E_KEY_KIND },
	{ "root signs nothing", KEY(EC_P256, ROOT, ENABLED, S, 0), 1,
	    BTZ_IN_TBS_CERT, 8, 0, BTZ_E_KEY_KIND },
	{ "checkpoint key", KEY(EC_P256, CHECKPOINT, ENABLED, S, 0), 1,
	    BTZ_IN_CHECKPOINT, 8, 0, BTZ_E_KEY_KIND },
	{ "RSA algorithm", PLAIN, BTZ_SIG_RSA_PSS_SHA256, BTZ_IN_MESSAGE, 8, 0,
	    BTZ_E_KEY_ALG },
	{ "algorithm 0", PLAIN, 0, BTZ_IN_MESSAGE, 8, 0, BTZ_E_KEY_ALG },
	{ "EC algorithm", KEY(RSA_2048, PLAIN, ENABLED, S, 0), 1,
	    BTZ_IN_MESSAGE, 8, 0, BTZ_E_KEY_ALG },
	{ "short digest", PLAIN, 1, BTZ_IN_DIGEST, 31, 0, BTZ_E_DIGEST_LEN },
	{ "long digest", PLAIN, 1, BTZ_IN_DIGEST, 33, 0, BTZ_E_DIGEST_LEN },
	{ "no digest", PLAIN, 1, BTZ_IN_DIGEST, 0, 0, BTZ_E_DIGEST_LEN },
	{ "previous CRL", PLAIN, 1, BTZ_IN_MESSAGE, 8, 1, BTZ_E_INVAL },
	{ "last second", KEY(EC_P256, PLAIN, ENABLED, S, NOW), 1,
	    BTZ_IN_MESSAGE, 8, 0, BTZ_OK },
	{ "digest", PLAIN, 1, BTZ_IN_DIGEST, 32, 0, BTZ_OK },
	{ "message", PLAIN, 1, BTZ_IN_MESSAGE, 8, 0, BTZ_OK },
	{ "empty message", PLAIN, 1, BTZ_IN_MESSAGE, 0, 0, BTZ_OK },
	{ "RSA", KEY(RSA_2048, PLAIN, ENABLED, S, 0), 3, BTZ_IN_MESSAGE, 8, 0,
	    BTZ_OK },
	{ "P-384, short digest", P384, 4, BTZ_IN_DIGEST, 32, 0,
	    BTZ_E_DIGEST_LEN },
	{ "P-384, P-256's", P384, 1, BTZ_IN_MESSAGE, 8, 0, BTZ_E_KEY_ALG },
	{ "P-384", P384, 4, BTZ_IN_DIGEST, 48, 0, BTZ_OK },
	{ "Ed25519, digest", ED, 5, BTZ_IN_DIGEST, 32, 0, BTZ_E_KEY_ALG },
	{ "Ed25519", ED, 5, BTZ_IN_MESSAGE, 8, 0, BTZ_OK },
	{ "certificate", KEY(EC_P256, ISSUING, ENABLED, S, 0), 1,
	    BTZ_IN_TBS_CERT, 8, 0, BTZ_OK },
	{ "CRL", KEY(EC_P256, ISSUING, ENABLED, S, 0), 1, BTZ_IN_TBS_CRL, 8, 1,
	    BTZ_OK },
};

static void
test_sign(void **state)
{
	uint8_t hash[48];

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(sign_cases); i++) {
		struct btz_sign rq = { .alg = sign_cases[i].alg,
			.input_kind = sign_cases[i].kind,
			.input = { input, sign_cases[i].len },
			.previous = { input, sign_cases[i].previous } };
		struct btz_backend_sign out;
		struct btz_err err;

		print_message("# case: %s\n", sign_cases[i].name);
		assert_int_equal(
		    btz_judge_sign(&sign_cases[i].key, &rq, NOW, &out, &err),
		    sign_cases[i].rc);
		if (sign_cases[i].rc != BTZ_OK)
			continue;
		if (rq.alg == BTZ_SIG_ED25519) {
			assert_true(
			    btz_span_eq(btz_backend_signed(&out), rq.input));
			continue;
		}
		if (rq.input_kind == BTZ_IN_DIGEST)
			memcpy(hash, input, sizeof(hash));
		else
			btz_sha256(rq.input, hash);
		assert_true(btz_span_eq(btz_backend_signed(&out),
		    btz_span_of(hash, btz_sig_digest_len(rq.alg))));
	}
}

#define TLS KEY(EC_P256, TLS, ENABLED, S, 0)
#define TLS_RSA KEY(RSA_2048, TLS, ENABLED, S, 0)
#define SERVER "TLS 1.3, server CertificateVerify"

/* What a key of kind tls signs also without a trusted application. */
static const struct {
	const char *name;
	struct btz_key_facts key;
	uint16_t alg;
	uint8_t kind;
	const char *context;
	size_t hash;
	enum btz_rc rc;
} form_cases[] = {
	{ "a digest", TLS, 1, BTZ_IN_DIGEST, SERVER, 32, BTZ_E_KEY_KIND },
	{ "a message", TLS, 1, BTZ_IN_MESSAGE, SERVER, 32, BTZ_E_KEY_KIND },
	{ "plain key", PLAIN, 1, BTZ_IN_TLS_CV, SERVER, 32, BTZ_E_KEY_KIND },
	{ "of a client", TLS, 1, BTZ_IN_TLS_CV,
	    "TLS 1.3, client CertificateVerify", 32, BTZ_E_TLS_CV },
	{ "hash of 20", TLS, 1, BTZ_IN_TLS_CV, SERVER, 20, BTZ_E_TLS_CV },
	{ "RSA without PSS", TLS_RSA, BTZ_SIG_RSA_PKCS1_SHA256, BTZ_IN_TLS_CV,
	    SERVER, 32, BTZ_E_KEY_ALG },
	{ "RSA", TLS_RSA, BTZ_SIG_RSA_PSS_SHA256, BTZ_IN_TLS_CV, SERVER, 32,
	    BTZ_OK },
	{ "SHA-256", TLS, 1, BTZ_IN_TLS_CV, SERVER, 32, BTZ_OK },
	{ "SHA-384", TLS, 1, BTZ_IN_TLS_CV, SERVER, 48, BTZ_OK },
	{ "no response data", KEY(EC_P256, OCSP, ENABLED, S, 0), 1, BTZ_IN_OCSP,
	    SERVER, 32, BTZ_E_DER },
};

static void
test_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(form_cases); i++) {
		uint8_t in[256];
		struct btz_sign rq = { .alg = form_cases[i].alg,
			.input_kind = form_cases[i].kind,
			.input = {
			    in, 64 + sizeof(SERVER) + form_cases[i].hash } };
		struct btz_backend_sign out;
		struct btz_err err;

		print_message("# case: %s\n", form_cases[i].name);
		memset(in, 0x20, 64);
		memcpy(in + 64, form_cases[i].context, sizeof(SERVER));
		memset(in + 64 + sizeof(SERVER), 7, form_cases[i].hash);
		assert_int_equal(
		    btz_judge_sign(&form_cases[i].key, &rq, NOW, &out, &err),
		    form_cases[i].rc);
	}
}

static const struct {
	const char *name;
	struct btz_key_facts key;
	uint8_t kind;
	size_t len;
	enum btz_rc rc;
} verify_cases[] = {
	{ "destroyed", KEY(EC_P256, PLAIN, DESTROYED, V, 0), BTZ_IN_MESSAGE, 8,
	    BTZ_E_KEY_STATE },
	{ "sign only", KEY(EC_P256, PLAIN, ENABLED, S, 0), BTZ_IN_MESSAGE, 8,
	    BTZ_E_KEY_USAGE },
	{ "other kind", PLAIN, BTZ_IN_TBS_CERT, 8, BTZ_E_KEY_KIND },
	{ "short digest", PLAIN, BTZ_IN_DIGEST, 31, BTZ_E_DIGEST_LEN },
	{ "disabled", KEY(EC_P256, PLAIN, DISABLED, V, 0), BTZ_IN_MESSAGE, 8,
	    BTZ_OK },
	{ "expired", KEY(EC_P256, PLAIN, ENABLED, V, 1), BTZ_IN_MESSAGE, 8,
	    BTZ_OK },
};

static void
test_verify(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(verify_cases); i++) {
		struct btz_verify rq = { .alg = 1,
			.input_kind = verify_cases[i].kind,
			.input = { input, verify_cases[i].len } };
		uint8_t digest[BTZ_DIGEST_MAX];
		struct btz_err err;

		print_message("# case: %s\n", verify_cases[i].name);
		assert_int_equal(
		    btz_judge_verify(&verify_cases[i].key, &rq, digest, &err),
		    verify_cases[i].rc);
	}
}

#define PLAIN_BIT (1u << BTZ_KIND_PLAIN)

static const struct {
	const char *name;
	uint8_t alg, kind;
	uint32_t usage, kinds;
	uint64_t not_after;
	const char *constraints;
	enum btz_rc rc;
} generate_cases[] = {
	{ "algorithm 0", 0, 1, S, PLAIN_BIT, 0, "", BTZ_E_UNSUPPORTED },
	{ "algorithm 255", 255, 1, S, PLAIN_BIT, 0, "", BTZ_E_UNSUPPORTED },
	{ "unused algorithm", 5, 1, S, PLAIN_BIT, 0, "", BTZ_E_UNSUPPORTED },
	{ "Ed25519", BTZ_ALG_ED25519, 1, S, PLAIN_BIT, 0, "", BTZ_OK },
	{ "Ed25519 for TLS", BTZ_ALG_ED25519, BTZ_KIND_TLS, S, ~0u, 0, "",
	    BTZ_E_UNSUPPORTED },
	{ "P-384 for TLS", BTZ_ALG_EC_P384, BTZ_KIND_TLS, S, ~0u, 0, "",
	    BTZ_E_UNSUPPORTED },
	{ "kind 0", 1, 0, S, ~0u, 0, "", BTZ_E_UNSUPPORTED },
	{ "kind 255", 1, 255, S, ~0u, 0, "", BTZ_E_UNSUPPORTED },
	{ "kind the backend has not", 1, BTZ_KIND_ISSUING, S, ~0u, 0, "",
	    BTZ_E_UNSUPPORTED },
	{ "kind the lease has not", 1, 1, S, 0, 0, "", BTZ_E_DENIED },
	{ "no usage", 1, 1, 0, PLAIN_BIT, 0, "", BTZ_E_INVAL },
	{ "usage of leases", 1, 1, BTZ_USE_PROVISION, PLAIN_BIT, 0, "",
	    BTZ_E_INVAL },
	{ "expired", 1, 1, S, PLAIN_BIT, NOW, "", BTZ_E_RANGE },
	{ "constraints", 1, 1, S, PLAIN_BIT, 0, "\xff\xff", BTZ_E_INVAL },
	{ "good", 1, 1, S | V, PLAIN_BIT, NOW + 1, "", BTZ_OK },
};

static void
test_generate(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(generate_cases); i++) {
		struct btz_generate g = { .alg = generate_cases[i].alg,
			.kind = generate_cases[i].kind,
			.usage = generate_cases[i].usage,
			.not_after = generate_cases[i].not_after,
			.constraints = btz_span_str(
			    generate_cases[i].constraints) };
		struct btz_err err;

		print_message("# case: %s\n", generate_cases[i].name);
		assert_int_equal(btz_judge_generate(&btz_backend_soft,
				     generate_cases[i].kinds, &g, NOW, &err),
		    generate_cases[i].rc);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sign),
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_verify),
		cmocka_unit_test(test_generate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
