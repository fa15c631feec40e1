/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_op_sign_tls.c - a key of kind tls: the CertificateVerify of a TLS 1.3
 * server (RFC 8446 4.4.3) and nothing else, neither counted nor committed.
 */
#include "ta_rig.h"

#include <string.h>

#define SERVER "TLS 1.3, server CertificateVerify"
#define CLIENT "TLS 1.3, client CertificateVerify"

static struct rig r;
static struct rig_key key;
static uint32_t handle;

static const struct {
	const char *name;
	const char *context;
	size_t spaces, hash;
	enum btz_rc want;
} rows[] = {
	{ "a digest", NULL, 0, 32, BTZ_E_TLS_CV },
	{ "nothing", NULL, 0, 0, BTZ_E_TLS_CV },
	{ "TLS 1.2 ServerKeyExchange", NULL, 0, 64 + 4 + 65, BTZ_E_TLS_CV },
	{ "of a client", CLIENT, 64, 32, BTZ_E_TLS_CV },
	{ "63 spaces", SERVER, 63, 32, BTZ_E_TLS_CV },
	{ "63 spaces, the length right", SERVER, 63, 33, BTZ_E_TLS_CV },
	{ "65 spaces, the length right", SERVER, 65, 31, BTZ_E_TLS_CV },
	{ "hash of 31", SERVER, 64, 31, BTZ_E_TLS_CV },
	{ "hash of 64", SERVER, 64, 64, BTZ_E_TLS_CV },
	{ "hash of 32", SERVER, 64, 32, BTZ_OK },
	{ "hash of 48", SERVER, 64, 48, BTZ_OK },
};

/* Exactly as long as it is. */
static struct btz_span
content(size_t row)
{
	static uint8_t buf[256];
	size_t n = rows[row].spaces;

	memset(buf, 0x20, n);
	if (rows[row].context != NULL) {
		memcpy(buf + n, rows[row].context, sizeof(SERVER));
		n += sizeof(SERVER);
	}
	memset(buf + n, 0xa5, rows[row].hash);
	return btz_span_of(buf, n + rows[row].hash);
}

static enum btz_rc
sign(uint32_t command, uint32_t h, uint64_t now, struct btz_span in)
{
	return rig_sign(&r, command, h, now, in, btz_span_of(NULL, 0));
}

static void
test_rows(void **state)
{
	struct btz_ta_info before, after;
	struct btz_signature sig;

	(void)state;
	rig_info(&r, &before);
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		struct btz_span in = content(i);

		print_message("# case: %s\n", rows[i].name);
		assert_int_equal(
		    sign(BTZ_TA_SIGN_TLS, handle, RIG_NOW, in), rows[i].want);
		if (rows[i].want != BTZ_OK)
			continue;
		assert_true(btz_msg_decode(&btz_def_signature,
		    btz_span_of(r.answer, r.answer_len), &sig));
		assert_true(rig_verify(
		    btz_span_of(key.spki, key.spki_len), in, sig.signature));
	}
	rig_info(&r, &after);
	assert_int_equal(after.uncommitted, before.uncommitted);
	assert_int_equal(after.constrained_keys, before.constrained_keys);
}

/* No way around the form; and the form is not for other keys. */
static void
test_kinds(void **state)
{
	const size_t good = BTZ_COUNT(rows) - 2;
	const uint8_t digest[32] = { 1 };
	uint8_t tlv[512];
	struct rig_key plain, with;
	uint32_t h;

	(void)state;
	assert_int_equal(
	    sign(BTZ_TA_SIGN_DIGEST, handle, RIG_NOW, btz_span_of(digest, 32)),
	    BTZ_E_KEY_KIND);
	assert_int_equal(
	    sign(BTZ_TA_SIGN_TBS_CERT, handle, RIG_NOW, content(good)),
	    BTZ_E_KEY_KIND);
	assert_int_equal(sign(BTZ_TA_SIGN_OCSP, handle, RIG_NOW, content(good)),
	    BTZ_E_KEY_KIND);
	assert_int_equal(
	    rig_create(&r, BTZ_KIND_PLAIN, btz_span_of(NULL, 0), &plain),
	    BTZ_OK);
	assert_int_equal(
	    rig_open(&r, btz_span_of(plain.blob, plain.blob_len), &h), BTZ_OK);
	assert_int_equal(
	    sign(BTZ_TA_SIGN_TLS, h, RIG_NOW, content(good)), BTZ_E_KEY_KIND);
	assert_int_equal(
	    rig_create(&r, BTZ_KIND_TLS,
		btz_span_of(tlv, rig_constraints(tlv, sizeof(tlv))), &with),
	    BTZ_E_KEY_CONSTRAINT);
}

static void
test_end(void **state)
{
	struct btz_ta_key_create req = { .alg = BTZ_ALG_EC_P256,
		.kind = BTZ_KIND_TLS,
		.operations = BTZ_USE_SIGN,
		.not_after = RIG_NOW + 50 };
	const size_t good = BTZ_COUNT(rows) - 1;
	uint8_t blob[BTZ_BLOB_MAX];
	struct btz_ta_key k;
	uint32_t h;

	(void)state;
	assert_int_equal(rig_do(&r, BTZ_TA_KEY_CREATE, &btz_def_ta_key_create,
			     &req, &btz_def_ta_key, &k),
	    BTZ_OK);
	memcpy(blob, k.blob.p, k.blob.len);
	assert_int_equal(
	    rig_open(&r, btz_span_of(blob, k.blob.len), &h), BTZ_OK);
	assert_int_equal(sign(BTZ_TA_SIGN_TLS, h, RIG_NOW + 51, content(good)),
	    BTZ_E_EXPIRED);
	assert_int_equal(sign(BTZ_TA_SIGN_TLS, h, RIG_NOW - 301, content(good)),
	    BTZ_E_TIME_UNSURE);
	assert_int_equal(
	    sign(BTZ_TA_SIGN_TLS, h, RIG_NOW + 50, content(good)), BTZ_OK);
}

static int
begin(void **state)
{
	(void)state;
	rig_begin(&r);
	rig_start(&r);
	rig_provision(&r);
	assert_int_equal(
	    rig_create(&r, BTZ_KIND_TLS, btz_span_of(NULL, 0), &key), BTZ_OK);
	assert_int_equal(
	    rig_open(&r, btz_span_of(key.blob, key.blob_len), &handle), BTZ_OK);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	rig_end(&r);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_end),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
