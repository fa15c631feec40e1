/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_wycheproof_keys.c - what a key does besides signing, against the
 * Wycheproof vectors: client, broker, service, for every backend of the table
 * and the files whose algorithm it has. Each key is imported (KWP: by a wrapped
 * import). Where the files are: test_wycheproof.c. A token takes 50 ms for each
 * import: of its vectors one in wyche_backend.step runs, all of them with
 * $BTZ_WYCHEPROOF=all (make soak). What a vector asks for and we do not offer
 * (nonces of other lengths, keys that are none) must be refused, whatever the
 * verdict.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/kms.h"
#include "crypto/wychebox.h"
#include "prim/prim.h"
#include "support/cmocka_all.h"
#include "wire/keyblob.h"

struct hex {
	uint8_t bytes[BTZ_INPUT_MAX];
	size_t len;
};

static struct hex key, iv, aad, msg, ct, tag, out;

static struct btz_span
span(const struct hex *h)
{
	return btz_span_of(h->bytes, h->len);
}

static void
take(struct hex *h, const json_t *o, const char *name)
{
	const char *text = json_string_value(json_object_get(o, name));

	assert_non_null(text);
	h->len = strlen(text) / 2;
	assert_true(h->len <= sizeof(h->bytes));
	assert_true(btz_unhex(btz_span_str(text), h->bytes, h->len));
}

static long
number(const json_t *o, const char *name)
{
	return (long)json_integer_value(json_object_get(o, name));
}

/* The last imported key is kept: rows of a file often share one. */
static struct {
	uint8_t id[BTZ_ID_LEN], bytes[BTZ_BLOB_MAX];
	size_t len;
	uint8_t alg; /* 0: none */
} last;

static uint8_t wrapping[BTZ_ID_LEN]; /* an RSA key, for KWP */

static enum btz_rc
import(uint8_t alg, uint32_t usage, struct btz_span secret,
    const uint8_t *wrapped_by, uint8_t id[BTZ_ID_LEN])
{
	static uint8_t body[4096];
	const bool enc = (usage & BTZ_USE_ENCRYPT) != 0;
	struct btz_generate g = { .alg = alg,
		.kind = BTZ_KIND_PLAIN,
		.flags = wrapped_by != NULL ? BTZ_KEYBLOB_EXPORTABLE
			 : enc && alg != BTZ_ALG_RSA_2048
			     ? BTZ_KEYFLAG_CALLER_NONCE
			     : 0,
		.usage = usage };
	struct btz_import rq = { .secret = secret };
	struct btz_key_info info;
	struct btz_wr wr;
	enum btz_rc rc;

	if (alg == last.alg && wrapped_by == NULL &&
	    btz_span_eq(secret, btz_span_of(last.bytes, last.len))) {
		memcpy(id, last.id, BTZ_ID_LEN);
		return BTZ_OK;
	}
	if (secret.len > sizeof(last.bytes) || alg == 0)
		return BTZ_E_INVAL;
	btz_wr_init(&wr, body, sizeof(body));
	btz_msg_write(&btz_def_generate, &g, &wr);
	rq.key = btz_wr_span(&wr);
	if (wrapped_by != NULL)
		memcpy(rq.wrapped_by, wrapped_by, BTZ_ID_LEN);
	rc = btz_kms_import(&wyche.c, &rq, &info, &wyche.err);
	if (rc != BTZ_OK)
		return rc;
	memcpy(id, info.id, BTZ_ID_LEN);
	memcpy(last.id, id, BTZ_ID_LEN);
	if (secret.len > 0)
		memcpy(last.bytes, secret.p, secret.len);
	last.len = secret.len;
	last.alg = wrapped_by == NULL ? alg : 0;
	return BTZ_OK;
}

static uint8_t
aes_of(size_t len)
{
	return len == 16   ? BTZ_ALG_AES_128
	       : len == 24 ? BTZ_ALG_AES_192
	       : len == 32 ? BTZ_ALG_AES_256
			   : 0;
}

/* What the service makes of one vector: rc, and whether it is offered. */
struct result {
	enum btz_rc rc;
	bool offered;
};

static enum btz_rc
run_crypt(bool seals, const uint8_t *id, uint16_t alg, struct btz_span in,
    struct btz_span want)
{
	struct btz_crypt rq = {
		.alg = alg, .nonce = span(&iv), .aad = span(&aad), .input = in
	};
	struct btz_crypt_ok ok;
	enum btz_rc rc;

	memcpy(rq.id, id, BTZ_ID_LEN);
	rc = seals ? btz_kms_encrypt(&wyche.c, &rq, &ok, &wyche.err)
		   : btz_kms_decrypt(&wyche.c, &rq, &ok, &wyche.err);
	return rc == BTZ_OK && !btz_span_eq(ok.output, want) ? BTZ_E_CORRUPT
							     : rc;
}

static struct result
cipher(uint8_t key_alg, uint16_t alg, size_t iv_min, size_t iv_max, bool valid)
{
	struct result r = { .offered = iv.len >= iv_min && iv.len <= iv_max &&
				       tag.len == 16 };
	uint8_t id[BTZ_ID_LEN];

	r.rc = import(
	    key_alg, BTZ_USE_ENCRYPT | BTZ_USE_DECRYPT, span(&key), NULL, id);
	if (r.rc == BTZ_OK)
		r.rc = run_crypt(false, id, alg, span(&ct), span(&msg));
	if (r.rc == BTZ_OK && valid)
		r.rc = run_crypt(true, id, alg, span(&msg), span(&ct));
	return r;
}

static struct result
check_aead(const json_t *g, const json_t *t, uint16_t alg, bool valid)
{
	const bool ccm = alg == BTZ_CRYPT_AES_CCM;

	(void)g;
	take(&key, t, "key");
	take(&iv, t, "iv");
	take(&aad, t, "aad");
	take(&msg, t, "msg");
	take(&ct, t, "ct");
	take(&tag, t, "tag");
	assert_true(ct.len + tag.len <= sizeof(ct.bytes));
	memcpy(ct.bytes + ct.len, tag.bytes, tag.len);
	ct.len += tag.len;
	return cipher(alg == BTZ_CRYPT_CHACHA20_POLY1305 ? BTZ_ALG_CHACHA20
							 : aes_of(key.len),
	    alg, ccm ? 7 : 12, ccm ? 13 : 12, valid);
}

static struct result
check_cbc(const json_t *g, const json_t *t, uint16_t alg, bool valid)
{
	(void)g;
	take(&key, t, "key");
	take(&iv, t, "iv");
	take(&msg, t, "msg");
	take(&ct, t, "ct");
	aad.len = 0;
	tag.len = 16; /* none */
	return cipher(aes_of(key.len), alg, 16, 16, valid);
}

static struct result
check_oaep(const json_t *g, const json_t *t, uint16_t alg, bool valid)
{
	struct result r = { .offered = true };
	uint8_t id[BTZ_ID_LEN];

	(void)valid;
	take(&key, g, "privateKeyPkcs8");
	take(&aad, t, "label");
	take(&msg, t, "msg");
	take(&ct, t, "ct");
	iv.len = 0;
	r.rc = import(BTZ_ALG_RSA_2048, BTZ_USE_DECRYPT, span(&key), NULL, id);
	assert_int_equal(r.rc, BTZ_OK);
	r.rc = run_crypt(false, id, alg, span(&ct), span(&msg));
	return r;
}

/* In full length MAC_VERIFY too; a shorter tag is compared here. */
static struct result
check_mac(const json_t *g, const json_t *t, uint16_t alg, bool valid)
{
	struct result r = { .offered = true };
	struct btz_mac rq = { .alg = alg };
	struct btz_mac_ok ok;

	(void)g;
	(void)valid;
	take(&key, t, "key");
	take(&msg, t, "msg");
	take(&tag, t, "tag");
	if (alg != BTZ_CRYPT_CMAC)
		r.offered = key.len >= wyche_backends[wyche.which].secret_min;
	r.rc = import(alg == BTZ_CRYPT_CMAC ? aes_of(key.len) : BTZ_ALG_SECRET,
	    BTZ_USE_SIGN | BTZ_USE_VERIFY, span(&key), NULL, rq.id);
	rq.input = span(&msg);
	if (r.rc == BTZ_OK)
		r.rc = btz_kms_mac(&wyche.c, &rq, &ok, &wyche.err);
	if (r.rc != BTZ_OK)
		return r;
	if (tag.len > ok.mac.len || memcmp(tag.bytes, ok.mac.p, tag.len) != 0)
		r.rc = BTZ_E_SIGNATURE;
	if (tag.len == ok.mac.len) {
		rq.mac = span(&tag);
		assert_int_equal(
		    btz_kms_mac_verify(&wyche.c, &rq, &wyche.err), r.rc);
	}
	return r;
}

static struct result
check_hkdf(const json_t *g, const json_t *t, uint16_t alg, bool valid)
{
	struct result r = { .offered = true };
	struct btz_derive rq = { .alg = alg,
		.len = (uint16_t)number(t, "size") };
	struct btz_span secret;

	(void)g;
	take(&key, t, "ikm");
	take(&iv, t, "salt");
	take(&aad, t, "info");
	r.rc = import(BTZ_ALG_SECRET, BTZ_USE_DERIVE, span(&key), NULL, rq.id);
	assert_int_equal(r.rc, BTZ_OK);
	rq.salt = span(&iv);
	rq.info = span(&aad);
	r.rc = btz_kms_derive(&wyche.c, &rq, &secret, &wyche.err);
	if (r.rc != BTZ_OK || !valid)
		return r;
	take(&out, t, "okm");
	if (!btz_span_eq(secret, span(&out)))
		r.rc = BTZ_E_CORRUPT;
	return r;
}

/* The private value in as many bytes as the curve has. */
static void
take_private(const json_t *t, size_t len)
{
	size_t extra;

	take(&key, t, "private");
	for (extra = 0; key.len - extra > len; extra++)
		assert_int_equal(key.bytes[extra], 0);
	memmove(key.bytes, key.bytes + extra, key.len - extra);
	key.len -= extra;
	memmove(key.bytes + (len - key.len), key.bytes, key.len);
	memset(key.bytes, 0, len - key.len);
	key.len = len;
}

static struct result
agree(uint8_t alg, const json_t *t)
{
	struct result r = { .offered = true };
	struct btz_derive rq = { .alg = BTZ_CRYPT_ECDH, .peer = span(&msg) };
	struct btz_span secret;

	take_private(t, 32);
	take(&out, t, "shared");
	r.rc = import(alg, BTZ_USE_DERIVE, span(&key), NULL, rq.id);
	assert_int_equal(r.rc, BTZ_OK);
	r.rc = btz_kms_derive(&wyche.c, &rq, &secret, &wyche.err);
	if (r.rc == BTZ_OK && !btz_span_eq(secret, span(&out)))
		r.rc = BTZ_E_CORRUPT;
	return r;
}

static struct result
check_point(const json_t *g, const json_t *t, uint16_t alg, bool valid)
{
	(void)g;
	(void)alg;
	(void)valid;
	take(&msg, t, "public");
	return agree(BTZ_ALG_EC_P256, t);
}

/* The service takes points. Of SubjectPublicKeyInfo only the one form (RFC
 * 5480 2.1.1, named curve), as `bartizan key derive` does it. */
static struct result
check_spki(const json_t *g, const json_t *t, uint16_t alg, bool valid)
{
	static const uint8_t form[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07,
		0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
		0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00 };
	struct result r = { .rc = BTZ_E_INVAL, .offered = true };

	(void)g;
	(void)alg;
	(void)valid;
	take(&msg, t, "public");
	if (msg.len != sizeof(form) + 65 ||
	    memcmp(msg.bytes, form, sizeof(form)) != 0)
		return r;
	memmove(msg.bytes, msg.bytes + sizeof(form), 65);
	msg.len = 65;
	return agree(BTZ_ALG_EC_P256, t);
}

static struct result
check_x25519(const json_t *g, const json_t *t, uint16_t alg, bool valid)
{
	(void)g;
	(void)alg;
	(void)valid;
	take(&msg, t, "public");
	return agree(BTZ_ALG_X25519, t);
}

static void
make_wrapping(void)
{
	struct btz_generate g = { .alg = BTZ_ALG_RSA_2048,
		.kind = BTZ_KIND_PLAIN,
		.usage = BTZ_USE_ENCRYPT | BTZ_USE_DECRYPT };
	struct btz_key_info info;

	assert_int_equal(
	    btz_kms_generate(&wyche.c, &g, &info, &wyche.err), BTZ_OK);
	memcpy(wrapping, info.id, BTZ_ID_LEN);
}

/* OAEP(key) || ct, as a wrapped import; then exported and compared. */
static struct result
check_kwp(const json_t *g, const json_t *t, uint16_t alg, bool valid)
{
	static const uint8_t zero[BTZ_ID_LEN];
	struct result r = { .rc = BTZ_E_INVAL,
		.offered = number(g, "keySize") == 256 };
	struct btz_crypt rq = { .alg = BTZ_CRYPT_RSA_OAEP_SHA256 };
	struct btz_crypt_ok ok;
	struct btz_span secret;
	uint8_t id[BTZ_ID_LEN];

	(void)alg;
	(void)valid;
	if (memcmp(wrapping, zero, BTZ_ID_LEN) == 0)
		make_wrapping();
	take(&key, t, "key");
	take(&ct, t, "ct");
	take(&msg, t, "msg");
	memcpy(rq.id, wrapping, BTZ_ID_LEN);
	rq.input = span(&key);
	assert_int_equal(
	    btz_kms_encrypt(&wyche.c, &rq, &ok, &wyche.err), BTZ_OK);
	memcpy(out.bytes, ok.output.p, ok.output.len);
	memcpy(out.bytes + ok.output.len, ct.bytes, ct.len);
	out.len = ok.output.len + ct.len;
	r.rc = import(BTZ_ALG_SECRET, BTZ_USE_SIGN, span(&out), wrapping, id);
	if (r.rc != BTZ_OK)
		return r;
	r.rc = btz_kms_export_private(&wyche.c, id, &secret, &wyche.err);
	if (r.rc == BTZ_OK && !btz_span_eq(secret, span(&msg)))
		r.rc = BTZ_E_CORRUPT;
	return r;
}

static const struct {
	const char *file;
	struct result (*check)(
	    const json_t *g, const json_t *t, uint16_t alg, bool valid);
	uint16_t alg;
	/* Vectors that are offered and valid at least (swtpm lacks AES-192);
	 * 0: the backend does not have it. */
	unsigned least[WYCHE_BACKENDS];
} files[] = {
	{ "aes_gcm_test.json", check_aead, BTZ_CRYPT_AES_GCM,
	    { 116, 116, 0, 116 } },
	{ "aes_ccm_test.json", check_aead, BTZ_CRYPT_AES_CCM,
	    { 261, 0, 0, 261 } },
	{ "chacha20_poly1305_test.json", check_aead,
	    BTZ_CRYPT_CHACHA20_POLY1305, { 200, 0, 0, 0 } },
	{ "aes_cbc_pkcs5_test.json", check_cbc, BTZ_CRYPT_AES_CBC,
	    { 72, 72, 48, 72 } },
	{ "rsa_oaep_2048_sha256_mgf1sha256_test.json", check_oaep,
	    BTZ_CRYPT_RSA_OAEP_SHA256, { 18, 0, 18, 18 } },
	{ "aes_cmac_test.json", check_mac, BTZ_CRYPT_CMAC, { 63, 63, 0, 63 } },
	{ "hmac_sha256_test.json", check_mac, BTZ_CRYPT_HMAC_SHA256,
	    { 66, 40, 60, 66 } },
	{ "hmac_sha384_test.json", check_mac, BTZ_CRYPT_HMAC_SHA384,
	    { 66, 0, 60, 66 } },
	{ "hkdf_sha256_test.json", check_hkdf, BTZ_CRYPT_HKDF_SHA256,
	    { 80, 0, 0, 80 } },
	{ "ecdh_secp256r1_ecpoint_test.json", check_point, BTZ_CRYPT_ECDH,
	    { 330, 330, 330, 330 } },
	{ "ecdh_secp256r1_test.json", check_spki, BTZ_CRYPT_ECDH,
	    { 330, 330, 330, 330 } },
	{ "x25519_test.json", check_x25519, BTZ_CRYPT_ECDH,
	    { 264, 0, 0, 264 } },
	{ "aes_kwp_test.json", check_kwp, 0, { 20, 0, 0, 20 } },
};

static json_t *root[BTZ_COUNT(files)];

static bool
load(const char *dir)
{
	for (size_t f = 0; f < BTZ_COUNT(files); f++) {
		char path[512];

		(void)snprintf(path, sizeof(path), "%s/%s", dir, files[f].file);
		root[f] = json_load_file(path, 0, NULL);
		if (root[f] == NULL)
			return false;
	}
	return true;
}

/* True: offered, valid, and as it should be. */
static bool
check_one(size_t f, const json_t *g, const json_t *t)
{
	const char *want = json_string_value(json_object_get(t, "result"));
	const bool valid = strcmp(want, "valid") == 0,
		   any = strcmp(want, "acceptable") == 0;
	struct result r = files[f].check(g, t, files[f].alg, valid);
	bool good;

	if (wyche.which == WYCHE_TPM && r.rc == BTZ_E_UNSUPPORTED)
		r.offered = false;
	good = r.offered ? (r.rc == BTZ_OK) == valid : r.rc != BTZ_OK;

	if (any)
		good = r.rc != BTZ_E_CORRUPT;
	if (!good)
		fail_msg("%s tcId %ld (%s): %s, want %s%s", files[f].file,
		    number(t, "tcId"),
		    json_string_value(json_object_get(t, "comment")),
		    btz_rc_name(r.rc), want, r.offered ? "" : ", refused");
	return valid && r.offered;
}

static void
run_file(size_t f, size_t step)
{
	json_t *group, *test;
	size_t g, i, at = f, all = 0, valid = 0;

	json_array_foreach(json_object_get(root[f], "testGroups"), g, group)
	    json_array_foreach(json_object_get(group, "tests"), i, test)
	{
		if (at++ % step != 0)
			continue;
		valid += check_one(f, group, test);
		all++;
	}
	print_message("# %s: %zu vectors%s, %zu valid and offered\n",
	    files[f].file, all,
	    step == 1 ? "" : " (a sample; BTZ_WYCHEPROOF=all: every one)",
	    valid);
	assert_true(valid >= (step == 1 ? files[f].least[wyche.which] : 1));
}

static void
run_backend(enum wyche_which which)
{
	const struct wyche_backend *b = &wyche_backends[which];
	const char *all = getenv("BTZ_WYCHEPROOF");
	const bool every = all != NULL && strcmp(all, "all") == 0;

	memset(&last, 0, sizeof(last));
	memset(wrapping, 0, sizeof(wrapping));
	if (!wyche_start(which)) {
		print_message("# backend %s: skipped, no device\n", b->name);
		return;
	}
	print_message("# backend %s\n", b->name);
	for (size_t f = 0; f < BTZ_COUNT(files); f++)
		if (files[f].least[which] != 0)
			run_file(f, every ? 1 : b->step);
	wyche_end();
}

static void
test_vectors(void **state)
{
	(void)state;
	for (unsigned b = 0; b < WYCHE_BACKENDS; b++)
		run_backend((enum wyche_which)b);
	for (size_t f = 0; f < BTZ_COUNT(files); f++)
		json_decref(root[f]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
	};
	const char *dir = getenv("BARTIZAN_VECTORS");

	if (!load(
		dir != NULL ? dir : BTZ_TOP "/../shared/vectors/wycheproof")) {
		(void)puts(
		    "1..0 # SKIP no Wycheproof vectors in BARTIZAN_VECTORS "
		    "nor ../shared/vectors/wycheproof");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
