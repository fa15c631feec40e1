/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_keys_life.c - a key from creation to destruction, blobs that were
 * touched, handles, what a plain key signs.
 */
#include "ta_rig.h"

#include <string.h>

static struct rig r;
static struct rig_key key;

static struct btz_span
blob_of(const struct rig_key *k)
{
	return btz_span_of(k->blob, k->blob_len);
}

static void
test_create_refusals(void **state)
{
	uint8_t tlv[512];
	size_t n = rig_constraints(tlv, sizeof(tlv));
	struct btz_ta_key_create req = { .alg = BTZ_ALG_RSA_2048,
		.kind = BTZ_KIND_PLAIN };
	struct rig_key k;

	(void)state;
	assert_int_equal(rig_do(&r, BTZ_TA_KEY_CREATE, &btz_def_ta_key_create,
			     &req, NULL, NULL),
	    BTZ_E_UNSUPPORTED);
	for (uint8_t kind = BTZ_KIND_CRL; kind < 9; kind++)
		if (kind != BTZ_KIND_OCSP && kind != BTZ_KIND_TLS)
			assert_int_equal(
			    rig_create(&r, kind, btz_span_of(NULL, 0), &k),
			    BTZ_E_UNSUPPORTED);
	/* an issuing key without limits; limits that nothing enforces */
	assert_int_equal(
	    rig_create(&r, BTZ_KIND_ISSUING, btz_span_of(NULL, 0), &k),
	    BTZ_E_KEY_CONSTRAINT);
	assert_int_equal(
	    rig_create(&r, BTZ_KIND_PLAIN, btz_span_of(tlv, n), &k),
	    BTZ_E_KEY_CONSTRAINT);
	req.alg = BTZ_ALG_EC_P256;
	req.flags = BTZ_KEYBLOB_BACKUPABLE; /* with nobody to open it */
	assert_int_equal(rig_do(&r, BTZ_TA_KEY_CREATE, &btz_def_ta_key_create,
			     &req, NULL, NULL),
	    BTZ_E_RECOVERY_KEY);
	req.kind = BTZ_KIND_TLS;
	req.flags = BTZ_KEYBLOB_EXPORTABLE;
	assert_int_equal(rig_do(&r, BTZ_TA_KEY_CREATE, &btz_def_ta_key_create,
			     &req, NULL, NULL),
	    BTZ_E_KEY_KIND);
}

static void
test_every_byte(void **state)
{
	uint32_t handle;

	(void)state;
	assert_int_equal(
	    rig_create(&r, BTZ_KIND_PLAIN, btz_span_of(NULL, 0), &key), BTZ_OK);
	for (size_t i = 0; i < key.blob_len; i++) {
		enum btz_rc rc;

		key.blob[i] ^= 0x01;
		rc = rig_open(&r, blob_of(&key), &handle);
		if (rc != BTZ_E_KEY_BLOB)
			print_message("# byte %zu: %u\n", i, rc);
		assert_int_equal(rc, BTZ_E_KEY_BLOB);
		key.blob[i] ^= 0x01;
		assert_int_equal(
		    rig_open(&r, btz_span_of(key.blob, i), &handle),
		    BTZ_E_KEY_BLOB);
	}
	assert_int_equal(rig_open(&r, blob_of(&key), &handle), BTZ_OK);
}

static void
test_sign(void **state)
{
	static const uint8_t text[] = "text";
	uint8_t digest[33] = { 0x98, 0x2d, 0x9e, 0x3e, 0xb9, 0x96, 0xf5, 0x59,
		0xe6, 0x33, 0xf4, 0xd1, 0x94, 0xde, 0xf3, 0x76, 0x1d, 0x90,
		0x9f, 0x5a, 0x3b, 0x64, 0x7d, 0x1a, 0x85, 0x1f, 0xea, 0xd6,
		0x7c, 0x32, 0xc9, 0xd1 };
	struct btz_span none = { NULL, 0 }, in = btz_span_of(digest, 32);
	struct btz_signature sig;
	struct btz_ta_sign rq = { .alg = BTZ_SIG_RSA_PSS_SHA256, .input = in };
	uint32_t h;

	(void)state;
	assert_int_equal(rig_open(&r, blob_of(&key), &h), BTZ_OK);
	assert_int_equal(
	    rig_sign(&r, BTZ_TA_SIGN_DIGEST, h + 1, RIG_NOW, in, none),
	    BTZ_E_NOENT);
	assert_int_equal(rig_sign(&r, BTZ_TA_SIGN_DIGEST, 0, RIG_NOW, in, none),
	    BTZ_E_NOENT);
	assert_int_equal(rig_sign(&r, BTZ_TA_SIGN_DIGEST, h, RIG_NOW,
			     btz_span_of(digest, 31), none),
	    BTZ_E_DIGEST_LEN);
	assert_int_equal(rig_sign(&r, BTZ_TA_SIGN_DIGEST, h, RIG_NOW,
			     btz_span_of(digest, 33), none),
	    BTZ_E_DIGEST_LEN);
	assert_int_equal(
	    rig_sign(&r, BTZ_TA_SIGN_TBS_CERT, h, RIG_NOW, in, none),
	    BTZ_E_KEY_KIND);
	assert_int_equal(
	    rig_sign(&r, BTZ_TA_SIGN_TBS_CRL, h, RIG_NOW, in, none),
	    BTZ_E_KEY_KIND);
	rq.handle = h;
	assert_int_equal(
	    rig_do(&r, BTZ_TA_SIGN_DIGEST, &btz_def_ta_sign, &rq, NULL, NULL),
	    BTZ_E_KEY_ALG);
	assert_int_equal(
	    rig_sign(&r, BTZ_TA_SIGN_DIGEST, h, RIG_NOW, in, none), BTZ_OK);
	assert_true(btz_msg_decode(
	    &btz_def_signature, btz_span_of(r.answer, r.answer_len), &sig));
	assert_true(rig_verify(btz_span_of(key.spki, key.spki_len),
	    btz_span_of(text, 4), sig.signature));
	assert_false(rig_verify(btz_span_of(key.spki, key.spki_len),
	    btz_span_of(text, 3), sig.signature));
}

static void
test_usage_and_end(void **state)
{
	uint8_t digest[32] = { 1 };
	struct btz_ta_key_create req = { .alg = BTZ_ALG_EC_P256,
		.kind = BTZ_KIND_PLAIN,
		.operations = BTZ_USE_VERIFY };
	struct btz_ta_key k;
	struct btz_span none = { NULL, 0 };
	uint8_t copy[BTZ_BLOB_MAX];
	uint32_t h;

	(void)state;
	assert_int_equal(rig_do(&r, BTZ_TA_KEY_CREATE, &btz_def_ta_key_create,
			     &req, &btz_def_ta_key, &k),
	    BTZ_OK);
	memcpy(copy, k.blob.p, k.blob.len);
	assert_int_equal(
	    rig_open(&r, btz_span_of(copy, k.blob.len), &h), BTZ_OK);
	assert_int_equal(rig_sign(&r, BTZ_TA_SIGN_DIGEST, h, RIG_NOW,
			     btz_span_of(digest, 32), none),
	    BTZ_E_KEY_USAGE);
	req.operations = BTZ_USE_SIGN;
	req.not_after = RIG_NOW;
	assert_int_equal(rig_do(&r, BTZ_TA_KEY_CREATE, &btz_def_ta_key_create,
			     &req, &btz_def_ta_key, &k),
	    BTZ_OK);
	memcpy(copy, k.blob.p, k.blob.len);
	assert_int_equal(
	    rig_open(&r, btz_span_of(copy, k.blob.len), &h), BTZ_OK);
	assert_int_equal(rig_sign(&r, BTZ_TA_SIGN_DIGEST, h, RIG_NOW + 1,
			     btz_span_of(digest, 32), none),
	    BTZ_E_EXPIRED);
	assert_int_equal(rig_sign(&r, BTZ_TA_SIGN_DIGEST, h, RIG_NOW,
			     btz_span_of(digest, 32), none),
	    BTZ_OK);
}

static void
test_handles(void **state)
{
	uint8_t digest[32] = { 1 };
	struct btz_span in = btz_span_of(digest, 32), none = { NULL, 0 };
	uint32_t first, h = 0;
	void *mine = r.session, *other;
	TEE_Param p[4];

	(void)state;
	memset(p, 0, sizeof(p));
	assert_int_equal(rig_open(&r, blob_of(&key), &first), BTZ_OK);
	/* a handle is of its session */
	assert_int_equal(TA_OpenSessionEntryPoint(0, p, &other), TEE_SUCCESS);
	r.session = other;
	assert_int_equal(
	    rig_sign(&r, BTZ_TA_SIGN_DIGEST, first, RIG_NOW, in, none),
	    BTZ_E_NOENT);
	TA_CloseSessionEntryPoint(other);
	r.session = mine;
	assert_int_equal(
	    rig_sign(&r, BTZ_TA_SIGN_DIGEST, first, RIG_NOW, in, none), BTZ_OK);
	/* the least recently used gives way, the last one works */
	for (int i = 0; i < 64; i++)
		assert_int_equal(rig_open(&r, blob_of(&key), &h), BTZ_OK);
	assert_int_equal(
	    rig_sign(&r, BTZ_TA_SIGN_DIGEST, first, RIG_NOW, in, none),
	    BTZ_E_NOENT);
	assert_int_equal(
	    rig_sign(&r, BTZ_TA_SIGN_DIGEST, h, RIG_NOW, in, none), BTZ_OK);
}

static void
test_destroy(void **state)
{
	uint8_t digest[32] = { 1 };
	struct btz_ta_blob req = { blob_of(&key) };
	struct btz_ta_info info;
	uint32_t h, used;

	(void)state;
	assert_int_equal(rig_open(&r, blob_of(&key), &h), BTZ_OK);
	rig_info(&r, &info);
	used = info.slots_used;
	assert_int_equal(
	    rig_do(&r, BTZ_TA_KEY_DESTROY, &btz_def_ta_blob, &req, NULL, NULL),
	    BTZ_OK);
	rig_info(&r, &info);
	assert_int_equal(info.slots_used, used - 1);
	/* the open handle too */
	assert_int_equal(rig_sign(&r, BTZ_TA_SIGN_DIGEST, h, RIG_NOW,
			     btz_span_of(digest, 32), btz_span_of(NULL, 0)),
	    BTZ_E_NOENT);
	assert_int_equal(rig_open(&r, blob_of(&key), &h), BTZ_E_KEY_GENERATION);
	assert_int_equal(
	    rig_do(&r, BTZ_TA_KEY_DESTROY, &btz_def_ta_blob, &req, NULL, NULL),
	    BTZ_E_KEY_GENERATION);
	rig_kill(&r);
	rig_start(&r);
	assert_int_equal(rig_open(&r, blob_of(&key), &h), BTZ_E_KEY_GENERATION);
}

/* The commit fails, and is made up for when it is asked for again: "gone" is
 * said only of what stays gone. */
static void
test_destroy_again(void **state)
{
	struct rig_key k;
	struct btz_ta_blob m;
	uint32_t h;

	(void)state;
	assert_int_equal(
	    rig_create(&r, BTZ_KIND_PLAIN, btz_span_of(NULL, 0), &k), BTZ_OK);
	m.blob = blob_of(&k);
	btz_hostkit_fail_storage_after(0);
	assert_int_equal(
	    rig_do(&r, BTZ_TA_KEY_DESTROY, &btz_def_ta_blob, &m, NULL, NULL),
	    BTZ_E_IO);
	assert_int_equal(
	    rig_do(&r, BTZ_TA_KEY_DESTROY, &btz_def_ta_blob, &m, NULL, NULL),
	    BTZ_E_IO);
	btz_hostkit_fail_storage_after(-1);
	assert_int_equal(
	    rig_do(&r, BTZ_TA_KEY_DESTROY, &btz_def_ta_blob, &m, NULL, NULL),
	    BTZ_E_KEY_GENERATION);
	rig_kill(&r);
	rig_start(&r);
	assert_int_equal(rig_open(&r, blob_of(&k), &h), BTZ_E_KEY_GENERATION);
}

/* Keys made without a commit of their own: two never share a slot, whatever
 * is cut off in between. */
static void
test_slots_after_kill(void **state)
{
	struct rig_key k[6];
	struct btz_keyblob a, b;
	uint32_t h;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(k); i++) {
		if (i == 2)
			assert_int_equal(
			    rig_do(&r, BTZ_TA_STOP, NULL, NULL, NULL, NULL),
			    BTZ_OK);
		if (i == 1 || i == 4) {
			rig_kill(&r);
			rig_start(&r);
		}
		assert_int_equal(
		    rig_create(&r, BTZ_KIND_PLAIN, btz_span_of(NULL, 0), &k[i]),
		    BTZ_OK);
	}
	for (size_t i = 0; i < BTZ_COUNT(k); i++) {
		assert_true(btz_keyblob_decode(blob_of(&k[i]), &a));
		assert_int_equal(rig_open(&r, blob_of(&k[i]), &h), BTZ_OK);
		for (size_t j = 0; j < i; j++) {
			assert_true(btz_keyblob_decode(blob_of(&k[j]), &b));
			assert_int_not_equal(a.slot, b.slot);
		}
	}
}

static uint32_t
slots_used(void)
{
	struct btz_ta_info info;

	rig_info(&r, &info);
	return info.slots_used;
}

/* A crash wastes a short range, or about as many slots as keys were made before
 * it: with long ones 250 of them would leave a box without a fresh slot. */
static void
test_slots_of_crashes(void **state)
{
	struct rig_key k;
	struct btz_keyblob b;
	uint32_t first = 0;

	(void)state;
	for (uint32_t i = 0; i <= 20; i++) {
		rig_kill(&r);
		rig_start(&r);
		assert_int_equal(
		    rig_create(&r, BTZ_KIND_PLAIN, btz_span_of(NULL, 0), &k),
		    BTZ_OK);
		assert_true(btz_keyblob_decode(blob_of(&k), &b));
		if (i == 0)
			first = b.slot;
	}
	assert_in_range(b.slot - first, 20, 20 * 16);
	/* ... and many keys do not cost a commit each */
	for (uint32_t i = 0; i < 200; i++)
		assert_int_equal(
		    rig_create(&r, BTZ_KIND_PLAIN, btz_span_of(NULL, 0), &k),
		    BTZ_OK);
	rig_kill(&r);
	rig_start(&r);
	assert_int_equal(
	    rig_create(&r, BTZ_KIND_PLAIN, btz_span_of(NULL, 0), &k), BTZ_OK);
	assert_true(btz_keyblob_decode(blob_of(&k), &b));
	assert_in_range(b.slot - first, 220, 20 * 16 + 201 + 64);
}

/* A key that was not made takes no slot: nobody has its blob to destroy. */
static void
test_slots_of_failures(void **state)
{
	uint8_t tlv[512];
	const struct btz_span limits = btz_span_of(
	    tlv, rig_constraints(tlv, sizeof(tlv)));
	struct rig_key k;
	enum btz_rc rc = BTZ_OK;
	uint32_t used;

	(void)state;
	for (int i = 0; rc == BTZ_OK && i < 32; i++)
		rc = rig_create(&r, BTZ_KIND_ISSUING, limits, &k);
	assert_int_equal(rc, BTZ_E_SLOTS_FULL); /* of the record */
	used = slots_used();
	for (int i = 0; i < 8; i++)
		assert_int_equal(rig_create(&r, BTZ_KIND_ISSUING, limits, &k),
		    BTZ_E_SLOTS_FULL);
	assert_int_equal(slots_used(), used);
}

static int
begin(void **state)
{
	(void)state;
	rig_begin(&r);
	rig_start(&r);
	rig_provision(&r);
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
		cmocka_unit_test(test_create_refusals),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_sign),
		cmocka_unit_test(test_usage_and_end),
		cmocka_unit_test(test_handles),
		cmocka_unit_test(test_destroy),
		cmocka_unit_test(test_destroy_again),
		cmocka_unit_test(test_slots_after_kill),
		cmocka_unit_test(test_slots_of_crashes),
		cmocka_unit_test(test_slots_of_failures),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
