/* SPDX-License-Identifier: Apache-2.0 */
/* test_judge.c - what a request means, row by row. */
#include "crypto/judge.h"

#include <openssl/evp.h>
#include <string.h>

#include "support/cmocka_all.h"
#include "wire/keyblob.h"

#define NOW 1000u

#define PLAIN                                                                  \
	{                                                                      \
		.alg = BTZ_ALG_EC_P256, .kind = BTZ_KIND_PLAIN,                \
		.state = BTZ_KEY_ENABLED,                                      \
		.usage = BTZ_USE_SIGN | BTZ_USE_VERIFY                         \
	}
#define KEY(a, k, s, u, n)                                                     \
	{                                                                      \
		.alg = BTZ_ALG_##a, .kind = BTZ_KIND_##k,                      \
		.state = BTZ_KEY_##s, .usage = (u), .not_after = (n)           \
	}
#define S BTZ_USE_SIGN
#define V BTZ_USE_VERIFY
#define E BTZ_USE_ENCRYPT
#define D BTZ_USE_DECRYPT
#define DV BTZ_USE_DERIVE
#define P384 KEY(EC_P384, PLAIN, ENABLED, S, 0)
#define ED KEY(ED25519, PLAIN, ENABLED, S, 0)

#define ONLY_PSS                                                               \
	{                                                                      \
		.alg = BTZ_ALG_RSA_2048, .kind = BTZ_KIND_PLAIN,               \
		.state = BTZ_KEY_ENABLED, .usage = S,                          \
		.only_sig = BTZ_SIG_RSA_PSS_SHA256                             \
	}

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
	{ "P-256, SHA-384", PLAIN, BTZ_SIG_ECDSA_SHA384, BTZ_IN_DIGEST, 48, 0,
	    BTZ_OK },
	{ "P-256, SHA-512, message", PLAIN, BTZ_SIG_ECDSA_DET_SHA512,
	    BTZ_IN_MESSAGE, 8, 0, BTZ_OK },
	{ "P-521, SHA-256", KEY(EC_P521, PLAIN, ENABLED, S, 0), 1,
	    BTZ_IN_MESSAGE, 8, 0, BTZ_E_KEY_ALG },
	{ "RSA-4096, SHA-512", KEY(RSA_4096, PLAIN, ENABLED, S, 0),
	    BTZ_SIG_RSA_PSS_SHA512, BTZ_IN_MESSAGE, 8, 0, BTZ_OK },
	{ "certificate, SHA-384", KEY(EC_P256, ISSUING, ENABLED, S, 0),
	    BTZ_SIG_ECDSA_SHA384, BTZ_IN_TBS_CERT, 8, 0, BTZ_E_KEY_ALG },
	{ "AES key", KEY(AES_128, PLAIN, ENABLED, S, 0), 1, BTZ_IN_MESSAGE, 8,
	    0, BTZ_E_KEY_ALG },
	{ "doomed", KEY(EC_P256, PLAIN, DOOMED, S, 0), 1, BTZ_IN_MESSAGE, 8, 0,
	    BTZ_E_KEY_STATE },
	{ "only another", ONLY_PSS, BTZ_SIG_RSA_PKCS1_SHA256, BTZ_IN_MESSAGE, 8,
	    0, BTZ_E_KEY_ALG },
	{ "only this", ONLY_PSS, BTZ_SIG_RSA_PSS_SHA256, BTZ_IN_MESSAGE, 8, 0,
	    BTZ_OK },
	{ "Ed25519, digest", ED, 5, BTZ_IN_DIGEST, 32, 0, BTZ_E_KEY_ALG },
	{ "Ed25519", ED, 5, BTZ_IN_MESSAGE, 8, 0, BTZ_OK },
	{ "certificate", KEY(EC_P256, ISSUING, ENABLED, S, 0), 1,
	    BTZ_IN_TBS_CERT, 8, 0, BTZ_OK },
	{ "CRL", KEY(EC_P256, ISSUING, ENABLED, S, 0), 1, BTZ_IN_TBS_CRL, 8, 1,
	    BTZ_OK },
};

static const EVP_MD *
md_of(uint16_t alg)
{
	const size_t len = btz_sig_digest_len(alg);

	return len == 32   ? EVP_sha256()
	       : len == 48 ? EVP_sha384()
			   : EVP_sha512();
}

static void
test_sign(void **state)
{
	uint8_t hash[BTZ_DIGEST_MAX];

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
			assert_int_equal(EVP_Digest(rq.input.p, rq.input.len,
					     hash, NULL, md_of(rq.alg), NULL),
			    1);
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

#define AES KEY(AES_256, PLAIN, ENABLED, E | D | S | V, 0)
#define AES_OF(s, u, n) KEY(AES_256, PLAIN, s, (u), (n))
#define HMAC KEY(SECRET, PLAIN, ENABLED, S | V | DV, 0)
#define ONLY_CCM                                                               \
	{                                                                      \
		.alg = BTZ_ALG_AES_128, .kind = BTZ_KIND_PLAIN,                \
		.state = BTZ_KEY_ENABLED, .usage = E,                          \
		.only_crypt = BTZ_CRYPT_AES_CCM                                \
	}

#define ONLY_PKCS1                                                             \
	{                                                                      \
		.alg = BTZ_ALG_RSA_2048, .kind = BTZ_KIND_PLAIN,               \
		.state = BTZ_KEY_ENABLED, .usage = D,                          \
		.only_crypt = BTZ_CRYPT_RSA_PKCS1                              \
	}

static const struct {
	const char *name;
	struct btz_key_facts key;
	enum btz_use use;
	uint16_t alg;
	enum btz_rc rc;
} use_cases[] = {
	{ "disabled, encrypt", AES_OF(DISABLED, E | D, 0), E, 1,
	    BTZ_E_KEY_STATE },
	{ "disabled, decrypt", AES_OF(DISABLED, E | D, 0), D, 1,
	    BTZ_E_KEY_STATE },
	{ "doomed, decrypt", AES_OF(DOOMED, E | D, 0), D, 1, BTZ_E_KEY_STATE },
	{ "destroyed", AES_OF(DESTROYED, E | D, 0), D, 1, BTZ_E_KEY_STATE },
	{ "expired, encrypt", AES_OF(ENABLED, E | D, NOW - 1), E, 1,
	    BTZ_E_EXPIRED },
	{ "expired, MAC", AES_OF(ENABLED, S, NOW - 1), S, BTZ_CRYPT_CMAC,
	    BTZ_E_EXPIRED },
	{ "expired, derive", KEY(X25519, PLAIN, ENABLED, DV, NOW - 1), DV,
	    BTZ_CRYPT_ECDH, BTZ_E_EXPIRED },
	{ "decrypt only", AES_OF(ENABLED, D, 0), E, 1, BTZ_E_KEY_USAGE },
	{ "encrypt only", AES_OF(ENABLED, E, 0), D, 1, BTZ_E_KEY_USAGE },
	{ "encrypt only, MAC", AES_OF(ENABLED, E, 0), S, BTZ_CRYPT_CMAC,
	    BTZ_E_KEY_USAGE },
	{ "sign only, derive", KEY(EC_P256, PLAIN, ENABLED, S, 0), DV,
	    BTZ_CRYPT_ECDH, BTZ_E_KEY_USAGE },
	{ "tls key", KEY(RSA_2048, TLS, ENABLED, D, 0), D,
	    BTZ_CRYPT_RSA_OAEP_SHA256, BTZ_E_KEY_KIND },
	{ "issuing key", KEY(EC_P256, ISSUING, ENABLED, DV, 0), DV,
	    BTZ_CRYPT_ECDH, BTZ_E_KEY_KIND },
	{ "algorithm 0", AES, E, 0, BTZ_E_KEY_ALG },
	{ "algorithm 65535", AES, E, 65535, BTZ_E_KEY_ALG },
	{ "another cipher", AES, E, BTZ_CRYPT_CHACHA20_POLY1305,
	    BTZ_E_KEY_ALG },
	{ "MAC to encrypt", AES, E, BTZ_CRYPT_CMAC, BTZ_E_KEY_ALG },
	{ "cipher as MAC", AES, S, BTZ_CRYPT_AES_GCM, BTZ_E_KEY_ALG },
	{ "HMAC with AES", AES, S, BTZ_CRYPT_HMAC_SHA256, BTZ_E_KEY_ALG },
	{ "HKDF as MAC", HMAC, S, BTZ_CRYPT_HKDF_SHA256, BTZ_E_KEY_ALG },
	{ "only another", ONLY_CCM, E, BTZ_CRYPT_AES_GCM, BTZ_E_KEY_ALG },
	{ "PKCS#1 not named", KEY(RSA_2048, PLAIN, ENABLED, E | D, 0), D,
	    BTZ_CRYPT_RSA_PKCS1, BTZ_E_KEY_ALG },
	{ "nor to encrypt", KEY(RSA_2048, PLAIN, ENABLED, E | D, 0), E,
	    BTZ_CRYPT_RSA_PKCS1, BTZ_E_KEY_ALG },
	{ "OAEP of a PKCS#1 key", ONLY_PKCS1, D, BTZ_CRYPT_RSA_OAEP_SHA256,
	    BTZ_E_KEY_ALG },
	{ "PKCS#1 named", ONLY_PKCS1, D, BTZ_CRYPT_RSA_PKCS1, BTZ_OK },
	{ "only this", ONLY_CCM, E, BTZ_CRYPT_AES_CCM, BTZ_OK },
	{ "expired, decrypt", AES_OF(ENABLED, E | D, NOW - 1), D, 1, BTZ_OK },
	{ "expired, verify", AES_OF(ENABLED, V, NOW - 1), V, BTZ_CRYPT_CMAC,
	    BTZ_OK },
	{ "GCM", AES, E, BTZ_CRYPT_AES_GCM, BTZ_OK },
	{ "CMAC", AES, S, BTZ_CRYPT_CMAC, BTZ_OK },
	{ "HKDF", HMAC, DV, BTZ_CRYPT_HKDF_SHA512, BTZ_OK },
	{ "OAEP", KEY(RSA_3072, PLAIN, ENABLED, E | D, 0), D,
	    BTZ_CRYPT_RSA_OAEP_SHA256, BTZ_OK },
};

static void
test_use(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(use_cases); i++) {
		struct btz_err err;

		print_message("# case: %s\n", use_cases[i].name);
		assert_int_equal(
		    btz_judge_use(&use_cases[i].key, use_cases[i].use,
			use_cases[i].alg, NOW, &err),
		    use_cases[i].rc);
	}
}

static const struct {
	const char *name;
	uint8_t flags;
	enum btz_use use;
	uint16_t alg;
	size_t nonce, aad;
	enum btz_rc rc;
} crypt_cases[] = {
	{ "own nonce", 0, E, BTZ_CRYPT_AES_GCM, 12, 0, BTZ_E_KEY_USAGE },
	{ "own nonce, other flag", BTZ_KEYBLOB_EXPORTABLE, E, BTZ_CRYPT_AES_GCM,
	    12, 0, BTZ_E_KEY_USAGE },
	{ "OAEP has none", BTZ_KEYFLAG_CALLER_NONCE, E,
	    BTZ_CRYPT_RSA_OAEP_SHA256, 12, 0, BTZ_E_INVAL },
	{ "decrypt without", 0, D, BTZ_CRYPT_AES_GCM, 0, 0, BTZ_E_INVAL },
	{ "CBC with AAD", 0, E, BTZ_CRYPT_AES_CBC, 0, 1, BTZ_E_INVAL },
	{ "CTR with AAD", 0, D, BTZ_CRYPT_AES_CTR, 16, 1, BTZ_E_INVAL },
	{ "PKCS#1 with a label", 0, D, BTZ_CRYPT_RSA_PKCS1, 0, 1, BTZ_E_INVAL },
	{ "PKCS#1", 0, D, BTZ_CRYPT_RSA_PKCS1, 0, 0, BTZ_OK },
	{ "own nonce, allowed", BTZ_KEYFLAG_CALLER_NONCE, E, BTZ_CRYPT_AES_GCM,
	    12, 0, BTZ_OK },
	{ "drawn", 0, E, BTZ_CRYPT_AES_GCM, 0, 3, BTZ_OK },
	{ "decrypt", 0, D, BTZ_CRYPT_AES_GCM, 12, 3, BTZ_OK },
	{ "OAEP, label", 0, D, BTZ_CRYPT_RSA_OAEP_SHA256, 0, 3, BTZ_OK },
};

static void
test_crypt(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(crypt_cases); i++) {
		struct btz_key_facts k = AES;
		struct btz_crypt rq = { .alg = crypt_cases[i].alg,
			.nonce = { input, crypt_cases[i].nonce },
			.aad = { input, crypt_cases[i].aad } };
		struct btz_err err;

		print_message("# case: %s\n", crypt_cases[i].name);
		k.flags = crypt_cases[i].flags;
		assert_int_equal(
		    btz_judge_crypt(&k, crypt_cases[i].use, &rq, &err),
		    crypt_cases[i].rc);
	}
}

static const struct {
	const char *name;
	uint16_t alg;
	size_t peer, salt, info;
	uint16_t len;
	enum btz_rc rc;
} derive_cases[] = {
	{ "ECDH, salt", BTZ_CRYPT_ECDH, 32, 1, 0, 0, BTZ_E_INVAL },
	{ "ECDH, info", BTZ_CRYPT_ECDH, 32, 0, 1, 0, BTZ_E_INVAL },
	{ "ECDH, length", BTZ_CRYPT_ECDH, 32, 0, 0, 32, BTZ_E_INVAL },
	{ "HKDF, peer", BTZ_CRYPT_HKDF_SHA256, 32, 0, 0, 32, BTZ_E_INVAL },
	{ "HKDF, nothing", BTZ_CRYPT_HKDF_SHA256, 0, 0, 0, 0, BTZ_E_RANGE },
	{ "HKDF, too much", BTZ_CRYPT_HKDF_SHA256, 0, 0, 0, 8161, BTZ_E_RANGE },
	{ "HKDF-512, too much for a frame", BTZ_CRYPT_HKDF_SHA512, 0, 0, 0,
	    8161, BTZ_E_RANGE },
	{ "HKDF, most", BTZ_CRYPT_HKDF_SHA256, 0, 0, 0, 8160, BTZ_OK },
	{ "HKDF", BTZ_CRYPT_HKDF_SHA256, 0, 3, 4, 1, BTZ_OK },
	{ "ECDH", BTZ_CRYPT_ECDH, 32, 0, 0, 0, BTZ_OK },
};

static void
test_derive(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(derive_cases); i++) {
		struct btz_derive rq = { .alg = derive_cases[i].alg,
			.peer = { input, derive_cases[i].peer },
			.salt = { input, derive_cases[i].salt },
			.info = { input, derive_cases[i].info },
			.len = derive_cases[i].len };
		struct btz_err err;

		print_message("# case: %s\n", derive_cases[i].name);
		assert_int_equal(
		    btz_judge_derive(&rq, &err), derive_cases[i].rc);
	}
}

#define PLAIN_BIT (1u << BTZ_KIND_PLAIN)
#define NEW(a, k, ...)                                                         \
	{                                                                      \
		.alg = (a), .kind = (k), .usage = __VA_ARGS__                  \
	}

static const struct {
	const char *name;
	struct btz_generate g;
	uint32_t kinds;
	enum btz_rc rc;
} generate_cases[] = {
	{ "algorithm 0", NEW(0, 1, S), PLAIN_BIT, BTZ_E_UNSUPPORTED },
	{ "algorithm 255", NEW(255, 1, S), PLAIN_BIT, BTZ_E_UNSUPPORTED },
	{ "Ed25519", NEW(BTZ_ALG_ED25519, 1, S), PLAIN_BIT, BTZ_OK },
	{ "Ed25519 for TLS", NEW(BTZ_ALG_ED25519, BTZ_KIND_TLS, S), ~0u,
	    BTZ_E_UNSUPPORTED },
	{ "P-384 for TLS", NEW(BTZ_ALG_EC_P384, BTZ_KIND_TLS, S), ~0u,
	    BTZ_E_UNSUPPORTED },
	{ "TLS key to derive", NEW(1, BTZ_KIND_TLS, S | DV), ~0u, BTZ_E_INVAL },
	{ "kind 0", NEW(1, 0, S), ~0u, BTZ_E_UNSUPPORTED },
	{ "kind 255", NEW(1, 255, S), ~0u, BTZ_E_UNSUPPORTED },
	{ "kind the backend has not", NEW(1, BTZ_KIND_ISSUING, S), ~0u,
	    BTZ_E_UNSUPPORTED },
	{ "kind the lease has not", NEW(1, 1, S), 0, BTZ_E_DENIED },
	{ "no usage", NEW(1, 1, 0), PLAIN_BIT, BTZ_E_INVAL },
	{ "usage of leases", NEW(1, 1, BTZ_USE_PROVISION), PLAIN_BIT,
	    BTZ_E_INVAL },
	{ "P-256 to encrypt", NEW(1, 1, E), PLAIN_BIT, BTZ_E_INVAL },
	{ "Ed25519 to derive", NEW(BTZ_ALG_ED25519, 1, S | DV), PLAIN_BIT,
	    BTZ_E_INVAL },
	{ "X25519 to sign", NEW(BTZ_ALG_X25519, 1, S), PLAIN_BIT, BTZ_E_INVAL },
	{ "ChaCha20 as MAC", NEW(BTZ_ALG_CHACHA20, 1, S), PLAIN_BIT,
	    BTZ_E_INVAL },
	{ "HMAC key to encrypt", NEW(BTZ_ALG_SECRET, 1, E), PLAIN_BIT,
	    BTZ_E_INVAL },
	{ "bits of P-256", NEW(1, 1, S, .bits = 256), PLAIN_BIT, BTZ_E_RANGE },
	{ "half a byte", NEW(BTZ_ALG_SECRET, 1, S, .bits = 124), PLAIN_BIT,
	    BTZ_E_RANGE },
	{ "too many bits", NEW(BTZ_ALG_SECRET, 1, S, .bits = 32776), PLAIN_BIT,
	    BTZ_E_RANGE },
	{ "unknown flag", NEW(1, 1, S, .flags = 0x40), PLAIN_BIT, BTZ_E_INVAL },
	{ "nonces of P-256", NEW(1, 1, S, .flags = BTZ_KEYFLAG_CALLER_NONCE),
	    PLAIN_BIT, BTZ_E_INVAL },
	{ "only, of another key", NEW(1, 1, S, .only_sig = BTZ_SIG_ED25519),
	    PLAIN_BIT, BTZ_E_INVAL },
	{ "only to sign, derives",
	    NEW(1, 1, DV, .only_sig = BTZ_SIG_ECDSA_SHA256), PLAIN_BIT,
	    BTZ_E_INVAL },
	{ "only a MAC, encrypts",
	    NEW(BTZ_ALG_AES_128, 1, E, .only_crypt = BTZ_CRYPT_CMAC), PLAIN_BIT,
	    BTZ_E_INVAL },
	{ "only what is not here",
	    NEW(BTZ_ALG_RSA_2048, 1, D, .only_crypt = BTZ_CRYPT_RSA_PKCS1),
	    PLAIN_BIT, BTZ_E_UNSUPPORTED },
	{ "only what is not here, to sign",
	    NEW(1, 1, S, .only_sig = BTZ_SIG_ECDSA_DET_SHA256), PLAIN_BIT,
	    BTZ_E_UNSUPPORTED },
	{ "expired", NEW(1, 1, S, .not_after = NOW), PLAIN_BIT, BTZ_E_RANGE },
	{ "constraints", NEW(1, 1, S, .constraints = { input, 2 }), PLAIN_BIT,
	    BTZ_E_INVAL },
	{ "labels", NEW(1, 1, S, .labels = { input, 2 }), PLAIN_BIT,
	    BTZ_E_INVAL },
	{ "good", NEW(1, 1, S | V, .not_after = NOW + 1), PLAIN_BIT, BTZ_OK },
	{ "P-256, agreement", NEW(1, 1, S | V | DV), PLAIN_BIT, BTZ_OK },
	{ "AES", NEW(BTZ_ALG_AES_256, 1, E | D | S | V), PLAIN_BIT, BTZ_OK },
	{ "AES, own nonces",
	    NEW(BTZ_ALG_AES_128, 1, E, .flags = BTZ_KEYFLAG_CALLER_NONCE),
	    PLAIN_BIT, BTZ_OK },
	{ "AES, only GCM",
	    NEW(BTZ_ALG_AES_128, 1, D, .only_crypt = BTZ_CRYPT_AES_GCM),
	    PLAIN_BIT, BTZ_OK },
	{ "HMAC", NEW(BTZ_ALG_SECRET, 1, S | V, .bits = 512), PLAIN_BIT,
	    BTZ_OK },
};

/* soft, with everything but two algorithms. */
static struct btz_backend_ops
backend(void)
{
	struct btz_backend_ops ops = btz_backend_soft;

	ops.algs = ~1u;
	ops.crypts = ~(1u | 1u << BTZ_CRYPT_RSA_PKCS1);
	ops.sigs = ~(1u | 1u << BTZ_SIG_ECDSA_DET_SHA256);
	ops.caps = BTZ_CAP_EXPORT | BTZ_CAP_IMPORT;
	return ops;
}

static void
test_generate(void **state)
{
	const struct btz_backend_ops ops = backend();
	struct btz_err err;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(generate_cases); i++) {
		print_message("# case: %s\n", generate_cases[i].name);
		assert_int_equal(
		    btz_judge_generate(&ops, generate_cases[i].kinds,
			&generate_cases[i].g, NOW, &err),
		    generate_cases[i].rc);
	}
}

/* What a backend has not is said together with those that have it. */
static void
test_elsewhere(void **state)
{
	struct btz_generate g = NEW(BTZ_ALG_EC_P384, 1, S);
	struct btz_backend_ops ops = backend();
	struct btz_err err;

	(void)state;
	ops.name = "small";
	ops.algs = 1u << BTZ_ALG_EC_P256;
	assert_int_equal(btz_judge_generate(&ops, PLAIN_BIT, &g, NOW, &err),
	    BTZ_E_UNSUPPORTED);
	assert_non_null(strstr(err.msg, "ec-p384 in 'small'; soft"));
	assert_non_null(strstr(err.msg, "have it"));
	ops.caps = 0;
	g = (struct btz_generate)NEW(1, 1, S, .flags = BTZ_KEYBLOB_EXPORTABLE);
	assert_int_equal(btz_judge_generate(&ops, PLAIN_BIT, &g, NOW, &err),
	    BTZ_E_UNSUPPORTED);
	ops.sigs = 1u << BTZ_SIG_ECDSA_SHA256;
	assert_int_equal(
	    btz_judge_sig_here(&ops, BTZ_SIG_ED25519, &err), BTZ_E_UNSUPPORTED);
	assert_int_equal(
	    btz_judge_sig_here(&ops, BTZ_SIG_ECDSA_SHA256, &err), BTZ_OK);
	ops.crypts = 1u << BTZ_CRYPT_AES_GCM;
	ops.crypt = NULL;
	assert_int_equal(btz_judge_crypt_here(&ops, BTZ_CRYPT_AES_GCM, &err),
	    BTZ_E_UNSUPPORTED);
}

static const struct {
	const char *text;
	bool ok;
} label_cases[] = {
	{ "a=1", false },
	{ "a\n", false },
	{ "=1\n", false },
	{ "A=1\n", false },
	{ "a b=1\n", false },
	{ "a=\t\n", false },
	{ "a=1\n\n", false },
	{ "a=1\nb=2\na=3\n", false },
	{ "a=1\nb=2\nb=2\n", false },
	{ "", true },
	{ "a=\n", true },
	{ "a=1\nab=1\nb=x=y\n", true },
	{ "team=photos \xc3\xa9\n", true },
};

static void
test_labels(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(label_cases); i++) {
		print_message("# case: %zu\n", i);
		assert_int_equal(
		    btz_labels_ok(btz_span_str(label_cases[i].text)),
		    label_cases[i].ok);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sign),
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_verify),
		cmocka_unit_test(test_use),
		cmocka_unit_test(test_crypt),
		cmocka_unit_test(test_derive),
		cmocka_unit_test(test_generate),
		cmocka_unit_test(test_elsewhere),
		cmocka_unit_test(test_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
