/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_crypt.c - encryption, MACs, agreement, derivation and hashes by a real
 * broker and service; nonces and counts over kill -9.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/kms.h"
#include "support/auditor.h"
#include "support/cmocka_all.h"
#include "support/memory.h"
#include "support/spawn.h"

#define E BTZ_USE_ENCRYPT
#define D BTZ_USE_DECRYPT
#define S BTZ_USE_SIGN
#define V BTZ_USE_VERIFY
#define DV BTZ_USE_DERIVE

static struct {
	struct btz_box *box;
	struct btz_auditor *audit;
	struct btz_conn broker, c;
	struct btz_err err;
} env;

static void
start_service(void)
{
	btz_box_start(env.box, BTZ_PROG_CRYPTO_SOFT, NULL);
	env.audit = btz_auditor_new(
	    btz_box_take(env.box, BTZ_PROG_CRYPTO_SOFT, BTZ_PROG_AUDIT));
}

static void
open_lease(void)
{
	struct btz_open_ok ok;

	btz_conn_close(&env.broker);
	btz_conn_close(&env.c);
	btz_conn_adopt(&env.broker, btz_box_connect(env.box, "kms.sock"));
	assert_int_equal(
	    btz_kms_open(&env.broker, NULL, 0, &env.c, &ok, &env.err), BTZ_OK);
}

static void
kill_service(void)
{
	btz_auditor_free(env.audit);
	assert_int_equal(
	    btz_box_kill(env.box, BTZ_PROG_CRYPTO_SOFT, SIGKILL), SIGKILL);
	start_service();
	open_lease();
}

static int
start_with(const char *crypto)
{
	char conf[512];

	(void)snprintf(conf, sizeof(conf),
	    "[crypto]\n%s\n[broker]\nmax_leases_per_uid = 8\n[app one]\n"
	    "uid = %u\n",
	    crypto, getuid());
	env.box = btz_box_new(conf);
	env.broker.fd = env.c.fd = -1;
	start_service();
	btz_box_start(env.box, BTZ_PROG_BROKER, NULL);
	open_lease();
	return 0;
}

static int
setup(void **state)
{
	(void)state;
	return start_with("");
}

static int
setup_small(void **state)
{
	(void)state;
	return start_with("nonce_limit = 64\nhot_keys = 1");
}

static int
teardown(void **state)
{
	(void)state;
	btz_conn_close(&env.broker);
	btz_conn_close(&env.c);
	btz_auditor_free(env.audit);
	assert_int_equal(btz_box_free(env.box), 0);
	return 0;
}

static void
make(struct btz_generate g, uint8_t id[BTZ_ID_LEN])
{
	struct btz_key_info key;

	g.kind = BTZ_KIND_PLAIN;
	assert_int_equal(btz_kms_generate(&env.c, &g, &key, &env.err), BTZ_OK);
	memcpy(id, key.id, BTZ_ID_LEN);
}

static void
new_key(uint8_t alg, uint32_t usage, uint8_t id[BTZ_ID_LEN])
{
	make((struct btz_generate){ .alg = alg, .usage = usage }, id);
}

struct sealed {
	uint32_t version;
	uint8_t nonce[BTZ_NONCE_MAX], bytes[512];
	size_t nonce_len, len;
};

static enum btz_rc
encrypt(const uint8_t *id, uint16_t alg, const char *aad, const char *text,
    struct sealed *out)
{
	struct btz_crypt rq = { .alg = alg,
		.aad = btz_span_str(aad),
		.input = btz_span_str(text) };
	struct btz_crypt_ok ok;
	enum btz_rc rc;

	memcpy(rq.id, id, BTZ_ID_LEN);
	rc = btz_kms_encrypt(&env.c, &rq, &ok, &env.err);
	if (rc != BTZ_OK)
		return rc;
	assert_true(ok.output.len <= sizeof(out->bytes));
	*out = (struct sealed){ .version = ok.version,
		.nonce_len = ok.nonce.len,
		.len = ok.output.len };
	if (ok.nonce.len > 0)
		memcpy(out->nonce, ok.nonce.p, ok.nonce.len);
	memcpy(out->bytes, ok.output.p, ok.output.len);
	return BTZ_OK;
}

/* Version 0, or the one that it was. */
static enum btz_rc
decrypt(const uint8_t *id, uint16_t alg, const char *aad,
    const struct sealed *in, uint32_t version, const char *want)
{
	struct btz_crypt rq = { .version = version,
		.alg = alg,
		.nonce = { in->nonce, in->nonce_len },
		.aad = btz_span_str(aad),
		.input = { in->bytes, in->len } };
	struct btz_crypt_ok ok;
	enum btz_rc rc;

	memcpy(rq.id, id, BTZ_ID_LEN);
	rc = btz_kms_decrypt(&env.c, &rq, &ok, &env.err);
	if (rc == BTZ_OK) {
		assert_true(btz_span_eq(ok.output, btz_span_str(want)));
		assert_int_equal(ok.version, in->version);
	}
	return rc;
}

static const struct {
	uint8_t key;
	uint16_t alg;
	const char *aad, *text;
	size_t nonce;
} ciphers[] = {
	{ BTZ_ALG_AES_128, BTZ_CRYPT_AES_GCM, "a", "hello", 12 },
	{ BTZ_ALG_AES_192, BTZ_CRYPT_AES_CCM, "", "hello", 12 },
	{ BTZ_ALG_AES_256, BTZ_CRYPT_AES_GCM, "", "", 12 },
	{ BTZ_ALG_AES_256, BTZ_CRYPT_AES_CBC, "", "hello", 16 },
	{ BTZ_ALG_AES_256, BTZ_CRYPT_AES_CTR, "", "hello", 16 },
	{ BTZ_ALG_AES_256, BTZ_CRYPT_AES_CBC_NOPAD, "", "sixteen bytes 16",
	    16 },
	{ BTZ_ALG_CHACHA20, BTZ_CRYPT_CHACHA20_POLY1305, "aad", "hello", 12 },
	{ BTZ_ALG_RSA_2048, BTZ_CRYPT_RSA_OAEP_SHA256, "label", "hello", 0 },
};

static void
test_ciphers(void **state)
{
	uint8_t id[BTZ_ID_LEN];
	struct sealed s, again;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(ciphers); i++) {
		const uint16_t alg = ciphers[i].alg;
		const bool tells = btz_crypt_is_aead(alg) ||
				   ciphers[i].nonce == 0;

		print_message("# case: %s\n", btz_crypt_name(alg));
		new_key(ciphers[i].key, E | D, id);
		assert_int_equal(
		    encrypt(id, alg, ciphers[i].aad, ciphers[i].text, &s),
		    BTZ_OK);
		assert_int_equal(
		    encrypt(id, alg, ciphers[i].aad, ciphers[i].text, &again),
		    BTZ_OK);
		assert_int_equal(s.nonce_len, ciphers[i].nonce);
		if (s.nonce_len > 0)
			assert_memory_not_equal(
			    s.nonce, again.nonce, s.nonce_len);
		if (s.len > 0)
			assert_memory_not_equal(s.bytes, again.bytes, s.len);
		assert_int_equal(
		    decrypt(id, alg, ciphers[i].aad, &s, 0, ciphers[i].text),
		    BTZ_OK);
		assert_int_equal(
		    decrypt(id, alg, ciphers[i].aad, &s, 1, ciphers[i].text),
		    BTZ_OK);
		assert_int_equal(
		    decrypt(id, alg, ciphers[i].aad, &s, 2, ""), BTZ_E_NOENT);
		assert_int_equal(decrypt(id, alg, tells ? "other" : "", &s, 0,
				     ciphers[i].text),
		    tells ? BTZ_E_SIGNATURE : BTZ_OK);
		s.bytes[0] ^= 1;
		if (tells)
			assert_int_equal(
			    decrypt(id, alg, ciphers[i].aad, &s, 0, ""),
			    BTZ_E_SIGNATURE);
	}
	assert_true(btz_auditor_wait(env.audit, "key.encrypt", 8, 3000));
	assert_true(btz_auditor_wait(env.audit, "key.decrypt", 8, 3000));
}

static void
test_refused(void **state)
{
	struct btz_generate own = { .alg = BTZ_ALG_AES_128,
		.usage = E | D,
		.flags = BTZ_KEYFLAG_CALLER_NONCE,
		.only_crypt = BTZ_CRYPT_AES_GCM };
	struct btz_crypt rq = { .alg = BTZ_CRYPT_AES_GCM,
		.nonce = btz_span_str("twelve bytes") };
	struct btz_crypt_ok ok;
	uint8_t id[BTZ_ID_LEN], none[BTZ_ID_LEN] = { 1 };
	struct btz_heard heard;
	struct sealed s;

	(void)state;
	new_key(BTZ_ALG_AES_128, E, id);
	assert_int_equal(
	    encrypt(none, BTZ_CRYPT_AES_GCM, "", "x", &s), BTZ_E_NOENT);
	assert_int_equal(encrypt(id, BTZ_CRYPT_CHACHA20_POLY1305, "", "x", &s),
	    BTZ_E_KEY_ALG);
	assert_int_equal(
	    encrypt(id, BTZ_CRYPT_AES_CBC, "aad", "x", &s), BTZ_E_INVAL);
	assert_int_equal(
	    encrypt(id, BTZ_CRYPT_AES_CBC_NOPAD, "", "x", &s), BTZ_E_INVAL);
	assert_int_equal(encrypt(id, BTZ_CRYPT_AES_GCM, "", "x", &s), BTZ_OK);
	assert_int_equal(
	    decrypt(id, BTZ_CRYPT_AES_GCM, "", &s, 0, "x"), BTZ_E_KEY_USAGE);
	assert_true(btz_auditor_wait(env.audit, "key.decrypt", 1, 1000));
	(void)btz_auditor_heard(env.audit, "key.decrypt", &heard);
	assert_string_equal(heard.out, "E_KEY_USAGE");
	memcpy(rq.id, id, BTZ_ID_LEN);
	assert_int_equal(
	    btz_kms_encrypt(&env.c, &rq, &ok, &env.err), BTZ_E_KEY_USAGE);
	make(own, id);
	memcpy(rq.id, id, BTZ_ID_LEN);
	assert_int_equal(btz_kms_encrypt(&env.c, &rq, &ok, &env.err), BTZ_OK);
	assert_true(btz_span_eq(ok.nonce, btz_span_str("twelve bytes")));
	rq.alg = BTZ_CRYPT_AES_CCM;
	assert_int_equal(
	    btz_kms_encrypt(&env.c, &rq, &ok, &env.err), BTZ_E_KEY_ALG);
}

static const struct {
	uint8_t key;
	uint16_t alg;
	size_t len;
} macs[] = {
	{ BTZ_ALG_SECRET, BTZ_CRYPT_HMAC_SHA256, 32 },
	{ BTZ_ALG_SECRET, BTZ_CRYPT_HMAC_SHA384, 48 },
	{ BTZ_ALG_SECRET, BTZ_CRYPT_HMAC_SHA512, 64 },
	{ BTZ_ALG_AES_256, BTZ_CRYPT_CMAC, 16 },
};

static void
test_macs(void **state)
{
	uint8_t mac[BTZ_DIGEST_MAX];
	struct btz_mac_ok ok;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(macs); i++) {
		struct btz_mac rq = { .alg = macs[i].alg,
			.input = btz_span_str("message") };

		print_message("# case: %s\n", btz_crypt_name(macs[i].alg));
		new_key(macs[i].key, S | V, rq.id);
		assert_int_equal(
		    btz_kms_mac(&env.c, &rq, &ok, &env.err), BTZ_OK);
		assert_int_equal(ok.mac.len, macs[i].len);
		assert_int_equal(ok.version, 1);
		memcpy(mac, ok.mac.p, ok.mac.len);
		rq.mac = btz_span_of(mac, macs[i].len);
		assert_int_equal(
		    btz_kms_mac(&env.c, &rq, &ok, &env.err), BTZ_E_INVAL);
		assert_int_equal(
		    btz_kms_mac_verify(&env.c, &rq, &env.err), BTZ_OK);
		rq.mac.len--;
		assert_int_equal(
		    btz_kms_mac_verify(&env.c, &rq, &env.err), BTZ_E_SIGNATURE);
		rq.mac.len++;
		mac[0] ^= 0x80;
		assert_int_equal(
		    btz_kms_mac_verify(&env.c, &rq, &env.err), BTZ_E_SIGNATURE);
	}
}

static void
test_agreement(void **state)
{
	static const struct {
		uint8_t alg;
		size_t point, secret;
	} rows[] = { { BTZ_ALG_EC_P256, 65, 32 }, { BTZ_ALG_EC_P384, 97, 48 },
		{ BTZ_ALG_X25519, 32, 32 } };
	uint8_t first[64];
	struct btz_span secret;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		uint8_t id[2][BTZ_ID_LEN], point[2][128];

		print_message("# case: %s\n", btz_alg_name(rows[i].alg));
		for (int k = 0; k < 2; k++) {
			struct btz_key_info key;

			new_key(rows[i].alg, DV, id[k]);
			assert_int_equal(btz_kms_export_public(
					     &env.c, id[k], &key, &env.err),
			    BTZ_OK);
			memcpy(point[k],
			    key.spki.p + key.spki.len - rows[i].point,
			    rows[i].point);
		}
		for (int k = 0; k < 2; k++) {
			struct btz_derive rq = { .alg = BTZ_CRYPT_ECDH,
				.peer = { point[1 - k], rows[i].point } };

			memcpy(rq.id, id[k], BTZ_ID_LEN);
			assert_int_equal(
			    btz_kms_derive(&env.c, &rq, &secret, &env.err),
			    BTZ_OK);
			assert_int_equal(secret.len, rows[i].secret);
			if (k == 0)
				memcpy(first, secret.p, secret.len);
			else
				assert_memory_equal(
				    first, secret.p, secret.len);
			rq.peer.len--;
			assert_int_equal(
			    btz_kms_derive(&env.c, &rq, &secret, &env.err),
			    BTZ_E_INVAL);
		}
	}
}

static void
test_hkdf_and_hash(void **state)
{
	struct btz_derive rq = { .alg = BTZ_CRYPT_HKDF_SHA256,
		.salt = btz_span_str("salt"),
		.info = btz_span_str("info"),
		.len = 100 };
	uint8_t first[100];
	struct btz_span out;

	(void)state;
	new_key(BTZ_ALG_SECRET, DV, rq.id);
	assert_int_equal(btz_kms_derive(&env.c, &rq, &out, &env.err), BTZ_OK);
	assert_int_equal(out.len, 100);
	memcpy(first, out.p, 100);
	rq.info = btz_span_str("other");
	assert_int_equal(btz_kms_derive(&env.c, &rq, &out, &env.err), BTZ_OK);
	assert_memory_not_equal(first, out.p, 100);
	rq.len = 0;
	assert_int_equal(
	    btz_kms_derive(&env.c, &rq, &out, &env.err), BTZ_E_RANGE);
	assert_int_equal(btz_kms_hash(&env.c, BTZ_HASH_SHA3_256,
			     btz_span_str("abc"), &out, &env.err),
	    BTZ_OK);
	assert_int_equal(out.len, 32);
	assert_int_equal(out.p[0], 0x3a);
	assert_int_equal(
	    btz_kms_hash(&env.c, 77, btz_span_str("abc"), &out, &env.err),
	    BTZ_E_UNSUPPORTED);
}

/* So often and no more, also when the service dies in between. */
static void
test_uses_max(void **state)
{
	struct btz_generate g = {
		.alg = BTZ_ALG_EC_P256, .usage = S | V, .uses_max = 5
	};
	struct btz_sign rq = { .alg = BTZ_SIG_ECDSA_SHA256,
		.input_kind = BTZ_IN_MESSAGE,
		.input = btz_span_str("x") };
	struct btz_key_info key;
	struct btz_span sig;

	(void)state;
	make(g, rq.id);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(
		    btz_kms_sign(&env.c, &rq, &sig, &env.err), BTZ_OK);
		if (i % 2 == 0)
			kill_service();
	}
	assert_int_equal(
	    btz_kms_sign(&env.c, &rq, &sig, &env.err), BTZ_E_KEY_USAGE);
	kill_service();
	assert_int_equal(
	    btz_kms_sign(&env.c, &rq, &sig, &env.err), BTZ_E_KEY_USAGE);
	assert_int_equal(
	    btz_kms_export_public(&env.c, rq.id, &key, &env.err), BTZ_OK);
	assert_int_equal(key.uses, 5);
	assert_int_equal(key.uses_max, 5);
	g.alg = BTZ_ALG_AES_128;
	g.usage = E | D;
	g.uses_max = 3;
	make(g, rq.id);
	for (int i = 0; i < 4; i++) {
		struct sealed s;

		assert_int_equal(encrypt(rq.id, BTZ_CRYPT_AES_GCM, "", "x", &s),
		    i < 3 ? BTZ_OK : BTZ_E_KEY_USAGE);
	}
}

static int
remembers(const char *text)
{
	return memory_has(
	    btz_box_pid(env.box, BTZ_PROG_CRYPTO_SOFT), text, strlen(text));
}

/* A public input is still there, which shows that we look where it was. */
static void
test_wiped(void **state)
{
	static const char plain[] = "PLAIN TEXT, NOT TO BE FOUND LATER ON",
			  open_text[] = "A MESSAGE THAT ANYBODY MAY READ HERE";
	struct btz_mac rq = { .alg = BTZ_CRYPT_CMAC,
		.input = btz_span_str(open_text) };
	struct btz_mac_ok ok;
	uint8_t id[BTZ_ID_LEN];
	struct sealed s;

	(void)state;
	new_key(BTZ_ALG_AES_256, E | D | S, id);
	assert_int_equal(encrypt(id, BTZ_CRYPT_AES_GCM, "", plain, &s), BTZ_OK);
	assert_int_not_equal(remembers(plain), 1);
	assert_int_equal(
	    decrypt(id, BTZ_CRYPT_AES_GCM, "", &s, 0, plain), BTZ_OK);
	assert_int_not_equal(remembers(plain), 1);
	memcpy(rq.id, id, BTZ_ID_LEN);
	assert_int_equal(btz_kms_mac(&env.c, &rq, &ok, &env.err), BTZ_OK);
	if (remembers(open_text) == -1)
		print_message("# the memory may not be read here\n");
	else
		assert_int_equal(remembers(open_text), 1);
}

#define A_ROUND 341 /* nonces at most */

static int
order(const void *a, const void *b)
{
	return memcmp(a, b, 12);
}

/* One more encryption is on its way when the service is killed. */
static void
send_one(const uint8_t *id)
{
	static struct btz_msgbuf buf;
	struct btz_frame f = { .op = BTZ_OP_ENCRYPT, .tag = 77 };
	struct btz_crypt rq = { .alg = BTZ_CRYPT_AES_GCM,
		.input = btz_span_str("x") };

	memcpy(rq.id, id, BTZ_ID_LEN);
	assert_int_equal(btz_sock_pack(&buf, &f, &btz_def_crypt, &rq), BTZ_OK);
	assert_int_equal(
	    btz_sock_send(env.c.fd, buf.bytes, buf.len, -1), BTZ_OK);
}

/* Kills: 12, or a tenth of BTZ_NONCE_ROUNDS (test_uses.c). */
static size_t
kills(void)
{
	const char *text = getenv("BTZ_NONCE_ROUNDS");

	return text == NULL ? 12 : strtoul(text, NULL, 10) / 10;
}

static void
test_nonces(void **state)
{
	uint8_t(*seen)[12] = calloc(kills() * A_ROUND, 12);
	unsigned seed = (unsigned)getpid();
	uint8_t id[BTZ_ID_LEN];
	struct sealed s;
	size_t n = 0;

	(void)state;
	print_message("# seed %u\n", seed);
	srand(seed);
	new_key(BTZ_ALG_AES_256, E | D, id);
	assert_non_null(seen);
	for (size_t round = 0; round < kills(); round++) {
		for (int i = rand() % A_ROUND; i > 0; i--) {
			assert_int_equal(encrypt(id,
					     i % 3 == 0 ? BTZ_CRYPT_AES_CTR
							: BTZ_CRYPT_AES_GCM,
					     "", "x", &s),
			    BTZ_OK);
			memcpy(seen[n++], s.nonce, 12);
		}
		send_one(id);
		kill_service();
	}
	qsort(seen, n, 12, order);
	for (size_t i = 1; i < n; i++)
		assert_memory_not_equal(seen[i - 1], seen[i], 12);
	/* Also without the random bits: the numbers alone. */
	for (size_t i = 0; i < n; i++)
		memset(seen[i], 0, 4);
	qsort(seen, n, 12, order);
	for (size_t i = 1; i < n; i++)
		assert_memory_not_equal(seen[i - 1], seen[i], 12);
	print_message("# %zu nonces, %zu kills\n", n, kills());
	free(seen);
}

/* The service rotates by itself; what was encrypted before opens. */
static void
test_renewed(void **state)
{
	struct sealed first, s;
	struct btz_heard heard;
	uint8_t id[BTZ_ID_LEN];
	uint32_t newest = 0;

	(void)state;
	new_key(BTZ_ALG_AES_128, E | D, id);
	assert_int_equal(
	    encrypt(id, BTZ_CRYPT_AES_GCM, "", "first", &first), BTZ_OK);
	for (int i = 0; i < 200; i++) {
		enum btz_rc rc = encrypt(id, BTZ_CRYPT_AES_GCM, "", "x", &s);

		if (rc == BTZ_E_KEY_USAGE) { /* the record is under way */
			(void)usleep(2000);
			continue;
		}
		assert_int_equal(rc, BTZ_OK);
		assert_true(s.version >= newest);
		newest = s.version;
	}
	assert_true(newest >= 3);
	assert_int_equal(
	    decrypt(id, BTZ_CRYPT_AES_GCM, "", &first, 0, "first"), BTZ_OK);
	assert_int_equal(
	    decrypt(id, BTZ_CRYPT_AES_GCM, "", &first, 1, "first"), BTZ_OK);
	assert_int_equal(decrypt(id, BTZ_CRYPT_AES_GCM, "", &first, newest, ""),
	    BTZ_E_SIGNATURE);
	assert_true(btz_auditor_heard(env.audit, "key.rotate", &heard) >= 4);
	assert_string_equal(heard.who, "service");
	/* CBC does not tell which version it was. */
	assert_int_equal(encrypt(id, BTZ_CRYPT_AES_CBC, "", "cbc", &s), BTZ_OK);
	assert_int_equal(
	    decrypt(id, BTZ_CRYPT_AES_CBC, "", &s, 0, "cbc"), BTZ_E_INVAL);
	assert_int_equal(
	    decrypt(id, BTZ_CRYPT_AES_CBC, "", &s, s.version, "cbc"), BTZ_OK);
}

/* Decryptions are counted where there is a limit, and take numbers too: those
 * beyond the limit of nonces are no nonces. */
static void
test_two_limits(void **state)
{
	struct btz_generate g = {
		.alg = BTZ_ALG_AES_128, .usage = E | D, .uses_max = 5000
	};
	uint8_t id[BTZ_ID_LEN];
	struct sealed s;

	(void)state;
	make(g, id);
	assert_int_equal(encrypt(id, BTZ_CRYPT_AES_GCM, "", "x", &s), BTZ_OK);
	for (int i = 0; i < 80; i++)
		assert_int_equal(
		    decrypt(id, BTZ_CRYPT_AES_GCM, "", &s, 0, "x"), BTZ_OK);
	assert_int_equal(
	    encrypt(id, BTZ_CRYPT_AES_GCM, "", "x", &s), BTZ_E_KEY_USAGE);
}

/* Without the audit log it is not renewed, and then refuses. */
static void
test_not_renewed(void **state)
{
	uint8_t id[BTZ_ID_LEN];
	struct sealed s;
	int done = 0;

	(void)state;
	new_key(BTZ_ALG_CHACHA20, E | D, id);
	btz_auditor_free(env.audit);
	env.audit = NULL;
	btz_box_cut(env.box, BTZ_PROG_CRYPTO_SOFT, BTZ_PROG_AUDIT);
	while (encrypt(id, BTZ_CRYPT_CHACHA20_POLY1305, "", "x", &s) == BTZ_OK)
		done++;
	assert_int_equal(env.err.rc, BTZ_E_KEY_USAGE);
	assert_int_equal(done, 64);
	assert_int_equal(
	    decrypt(id, BTZ_CRYPT_CHACHA20_POLY1305, "", &s, 0, "x"), BTZ_OK);
}

#define WITH(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
#define SMALL(t) cmocka_unit_test_setup_teardown(t, setup_small, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_ciphers),
		WITH(test_refused),
		WITH(test_macs),
		WITH(test_agreement),
		WITH(test_hkdf_and_hash),
		WITH(test_uses_max),
		WITH(test_wiped),
		WITH(test_nonces),
		SMALL(test_renewed),
		SMALL(test_two_limits),
		SMALL(test_not_renewed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
