/* SPDX-License-Identifier: Apache-2.0 */
/* test_keyblob.c - the layout of wrapped keys: golden bytes, refusals. */
#include "support/cmocka_all.h"

#include <string.h>

#include "wire/constraint.h"
#include "wire/keyblob.h"

static const uint8_t nonce[12] = "nonce-nonce";
static const uint8_t tag[16] = "tag-tag-tag-tag";

static size_t
make(uint8_t *buf, size_t cap)
{
	struct btz_keyblob b = { .alg = BTZ_ALG_EC_P256,
		.kind = BTZ_KIND_ISSUING,
		.flags = BTZ_KEYBLOB_BACKUPABLE,
		.operations = 0x01020304,
		.slot = 7,
		.generation = 9,
		.not_after = 0x1122334455667788 };
	uint8_t tlv[] = { 2, 0, 2, 'c', 'a' };
	struct btz_wr wr;

	memset(b.key_id, 0xa1, sizeof(b.key_id));
	memset(b.tenant_id, 0xb2, sizeof(b.tenant_id));
	b.constraints = btz_span_of(tlv, sizeof(tlv));
	b.spki = btz_span_str("spki");
	btz_wr_init(&wr, buf, cap);
	btz_keyblob_header(&b, &wr);
	btz_keyblob_seal(&wr, nonce, btz_span_str("secret"), tag);
	return btz_wr_ok(&wr) ? wr.len : 0;
}

/* offset, value put there: each must make decoding fail */
static const struct {
	const char *name;
	size_t at;
	uint8_t value;
} bad[] = {
	{ "magic", 0, 'b' },
	{ "magic end", 3, 'X' },
	{ "version", 4, 2 },
	{ "algorithm 0", 5, 0 },
	{ "algorithm unknown", 5, 14 },
	{ "kind 0", 6, 0 },
	{ "kind unknown", 6, 8 },
	{ "unknown flag", 7, 4 },
	{ "constraints length past end", 60, 0xff },
	{ "constraints not TLV", 62, 0x7f },
	{ "spki length past end", 67, 0xff },
};

static void
test_refusals(void **state)
{
	uint8_t buf[512];
	struct btz_keyblob b;
	size_t len = make(buf, sizeof(buf));

	(void)state;
	assert_int_not_equal(len, 0);
	for (size_t i = 0; i < BTZ_COUNT(bad); i++) {
		uint8_t keep = buf[bad[i].at];

		print_message("# case: %s\n", bad[i].name);
		buf[bad[i].at] = bad[i].value;
		assert_false(btz_keyblob_decode(btz_span_of(buf, len), &b));
		assert_null(b.aad.p);
		buf[bad[i].at] = keep;
	}
	for (size_t n = 0; n <= len - 6; n++)
		assert_false(btz_keyblob_decode(btz_span_of(buf, n), &b));
	assert_int_equal(make(buf, len - 1), 0);
}

static void
test_layout(void **state)
{
	/* secure-world.md, Keys: the order and widths of the fields */
	static const uint8_t head[] = "BTZK\x01\x01\x02\x02\x01\x02\x03\x04";
	uint8_t buf[512];
	struct btz_keyblob b;
	size_t len = make(buf, sizeof(buf));

	(void)state;
	assert_int_equal(len, 60 + 2 + 5 + 2 + 4 + 12 + 6 + 16);
	assert_memory_equal(buf, head, sizeof(head) - 1);
	assert_memory_equal(buf + 28, "\0\0\0\x07\0\0\0\x09", 8);
	assert_memory_equal(buf + 52, "\x11\x22\x33\x44\x55\x66\x77\x88", 8);
	assert_true(btz_keyblob_decode(btz_span_of(buf, len), &b));
	assert_int_equal(b.aad.len, 73);
	assert_int_equal(b.slot, 7);
	assert_int_equal(b.generation, 9);
	assert_int_equal(b.key_id[15], 0xa1);
	assert_int_equal(b.tenant_id[15], 0xb2);
	assert_true(btz_span_eq(b.spki, btz_span_str("spki")));
	assert_true(btz_span_eq(b.ciphertext, btz_span_str("secret")));
	assert_memory_equal(b.nonce.p, nonce, sizeof(nonce));
	assert_memory_equal(b.tag.p, tag, sizeof(tag));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_layout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
