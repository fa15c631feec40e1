/* SPDX-License-Identifier: Apache-2.0 */
/* test_der.c - reader and writer, element by element. */
#include "der_help.h"

#include <string.h>

static const struct {
	const char *name;
	struct btz_span in;
	bool ok;
} check_cases[] = {
	{ "nothing", { NULL, 0 }, false },
	{ "tag alone", BYTES(0x30), false },
	{ "length past end", BYTES(0x30, 0x01), false },
	{ "trailing byte", BYTES(0x30, 0x00, 0x00), false },
	{ "indefinite length", BYTES(0x30, 0x80, 0x00, 0x00), false },
	{ "long form of a short length", BYTES(0x04, 0x81, 0x01, 0x00), false },
	{ "length with leading zero", BYTES(0x04, 0x82, 0x00, 0x01, 0x00),
	    false },
	{ "length of 5 octets", BYTES(0x04, 0x85, 1, 0, 0, 0, 0), false },
	{ "length 2^32-1", BYTES(0x04, 0x84, 0xff, 0xff, 0xff, 0xff), false },
	{ "multi-byte tag", BYTES(0x1f, 0x01, 0x00), false },
	{ "end-of-contents", BYTES(0x30, 0x02, 0x00, 0x00), false },
	{ "primitive SEQUENCE", BYTES(0x10, 0x00), false },
	{ "constructed OCTET STRING", BYTES(0x24, 0x03, 0x04, 0x01, 0x00),
	    false },
	{ "constructed INTEGER", BYTES(0x22, 0x00), false },
	{ "empty INTEGER", BYTES(0x02, 0x00), false },
	{ "padded INTEGER", BYTES(0x02, 0x02, 0x00, 0x7f), false },
	{ "padded negative INTEGER", BYTES(0x02, 0x02, 0xff, 0x80), false },
	{ "BOOLEAN 1", BYTES(0x01, 0x01, 0x01), false },
	{ "BOOLEAN of 2 octets", BYTES(0x01, 0x02, 0xff, 0xff), false },
	{ "NULL with content", BYTES(0x05, 0x01, 0x00), false },
	{ "BIT STRING without unused octet", BYTES(0x03, 0x00), false },
	{ "BIT STRING, 8 unused", BYTES(0x03, 0x02, 0x08, 0x00), false },
	{ "BIT STRING, unused of nothing", BYTES(0x03, 0x01, 0x01), false },
	{ "BIT STRING, unused bit set", BYTES(0x03, 0x02, 0x01, 0x01), false },
	{ "empty OID", BYTES(0x06, 0x00), false },
	{ "OID that does not end", BYTES(0x06, 0x02, 0x2a, 0x86), false },
	{ "OID with padded arc", BYTES(0x06, 0x03, 0x2a, 0x80, 0x01), false },
	{ "child past its parent", BYTES(0x30, 0x03, 0x04, 0x02, 0, 0x05),
	    false },
	{ "bad deep inside", BYTES(0x30, 0x05, 0x31, 0x03, 0x02, 0x01), false },
	{ "16 deep",
	    BYTES(0x30, 32, 0x30, 30, 0x30, 28, 0x30, 26, 0x30, 24, 0x30, 22,
		0x30, 20, 0x30, 18, 0x30, 16, 0x30, 14, 0x30, 12, 0x30, 10,
		0x30, 8, 0x30, 6, 0x30, 4, 0x30, 2, 0x05, 0),
	    false },
	{ "15 deep",
	    BYTES(0x30, 30, 0x30, 28, 0x30, 26, 0x30, 24, 0x30, 22, 0x30, 20,
		0x30, 18, 0x30, 16, 0x30, 14, 0x30, 12, 0x30, 10, 0x30, 8, 0x30,
		6, 0x30, 4, 0x30, 2, 0x05, 0),
	    true },
	{ "empty SEQUENCE", BYTES(0x30, 0x00), true },
	{ "two children", BYTES(0x30, 0x04, 0x05, 0x00, 0x05, 0x00), true },
	{ "zero", BYTES(0x02, 0x01, 0x00), true },
	{ "128", BYTES(0x02, 0x02, 0x00, 0x80), true },
	{ "-129", BYTES(0x02, 0x02, 0xff, 0x7f), true },
	{ "BOOLEAN FALSE by itself", BYTES(0x01, 0x01, 0x00), true },
	{ "BIT STRING", BYTES(0x03, 0x02, 0x01, 0x02), true },
	{ "context tags", BYTES(0xa0, 0x02, 0x81, 0x00), true },
};

static void
test_check(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(check_cases); i++) {
		print_message("# case: %s\n", check_cases[i].name);
		assert_int_equal(
		    btz_der_check(check_cases[i].in), check_cases[i].ok);
	}
}

static void
test_long_length(void **state)
{
	static uint8_t b[300];

	(void)state;
	b[0] = 0x04;
	b[1] = 0x81;
	b[2] = 0x80;
	assert_true(btz_der_check(btz_span_of(b, 131)));
	b[1] = 0x82;
	b[2] = 0x00;
	b[3] = 0xff;
	assert_false(btz_der_check(btz_span_of(b, 4 + 255)));
	b[2] = 0x01;
	b[3] = 0x00;
	assert_true(btz_der_check(btz_span_of(b, 4 + 256)));
}

static const struct {
	const char *name;
	struct btz_span in;
	bool positive, u64;
	uint64_t value;
} int_cases[] = {
	{ "not an INTEGER", BYTES(0x0a, 0x01, 0x01), false, false, 0 },
	{ "padded", BYTES(0x02, 0x02, 0x00, 0x01), false, false, 0 },
	{ "negative", BYTES(0x02, 0x01, 0x80), false, false, 0 },
	{ "zero", BYTES(0x02, 0x01, 0x00), false, true, 0 },
	{ "65 bits", BYTES(0x02, 0x09, 1, 0, 0, 0, 0, 0, 0, 0, 0), true, false,
	    0 },
	{ "64 bits", BYTES(0x02, 0x09, 0, 0xff, 0, 0, 0, 0, 0, 0, 1), true,
	    true, 0xff00000000000001 },
	{ "one", BYTES(0x02, 0x01, 0x01), true, true, 1 },
};

static void
test_int(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(int_cases); i++) {
		struct btz_span out;
		struct btz_rd rd;
		uint64_t v;

		print_message("# case: %s\n", int_cases[i].name);
		btz_rd_span(&rd, int_cases[i].in);
		assert_int_equal(
		    btz_der_positive(&rd, &out), int_cases[i].positive);
		btz_rd_span(&rd, int_cases[i].in);
		assert_int_equal(btz_der_u64(&rd, &v), int_cases[i].u64);
		if (int_cases[i].u64)
			assert_true(v == int_cases[i].value);
	}
}

static void
test_bool_default(void **state)
{
	static const uint8_t encoded_false[] = { 1, 1, 0 }, other[] = { 5, 0 },
			     yes[] = { 1, 1, 0xff };
	struct btz_rd rd;
	bool b;

	(void)state;
	btz_rd_init(&rd, encoded_false, 3);
	assert_false(btz_der_bool_default(&rd, &b));
	btz_rd_init(&rd, other, 2);
	assert_true(btz_der_bool_default(&rd, &b));
	assert_false(b);
	assert_int_equal(btz_rd_left(&rd), 2);
	btz_rd_init(&rd, yes, 3);
	assert_true(btz_der_bool_default(&rd, &b));
	assert_true(b);
}

/* Lengths around each change of form, nested, against the reader. */
static void
test_nested_lengths(void **state)
{
	static const size_t sizes[] = { 0, 1, 120, 122, 123, 124, 125, 126, 127,
		128, 129, 250, 252, 253, 254, 255, 256, 257, 65530, 65535,
		65536 };
	static uint8_t body[65536], buf[65536 + 32];

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(sizes); i++) {
		struct btz_rd rd, in;
		struct btz_span c;
		struct btz_wr wr;
		size_t m;

		print_message("# case: %zu octets\n", sizes[i]);
		memset(body, (int)i, sizes[i]);
		btz_wr_init(&wr, buf, sizeof(buf));
		m = btz_der_begin(&wr, BTZ_DER_SEQ);
		btz_der_put(&wr, BTZ_DER_OCTETS, btz_span_of(body, sizes[i]));
		btz_der_end(&wr, m);
		assert_true(btz_wr_ok(&wr));
		assert_true(btz_der_check(btz_wr_span(&wr)));
		btz_rd_span(&rd, btz_wr_span(&wr));
		assert_true(btz_der_enter(&rd, BTZ_DER_SEQ, &in));
		assert_true(btz_der_get(&in, BTZ_DER_OCTETS, &c));
		assert_true(btz_span_eq(c, btz_span_of(body, sizes[i])));
		/* one octet less must fail, not overrun */
		btz_wr_init(&wr, buf, btz_wr_span(&wr).len - 1);
		m = btz_der_begin(&wr, BTZ_DER_SEQ);
		btz_der_put(&wr, BTZ_DER_OCTETS, btz_span_of(body, sizes[i]));
		btz_der_end(&wr, m);
		assert_false(btz_wr_ok(&wr));
	}
}

static const struct {
	const char *name;
	struct btz_span magnitude, want;
} uint_cases[] = {
	{ "nothing", { NULL, 0 }, BYTES(2, 1, 0) },
	{ "zeros", BYTES(0, 0), BYTES(2, 1, 0) },
	{ "leading zeros", BYTES(0, 0, 5), BYTES(2, 1, 5) },
	{ "top bit", BYTES(0x80), BYTES(2, 2, 0, 0x80) },
	{ "padded top bit", BYTES(0, 0x80), BYTES(2, 2, 0, 0x80) },
	{ "plain", BYTES(0x7f, 0xff), BYTES(2, 2, 0x7f, 0xff) },
};

static const struct {
	uint16_t v;
	struct btz_span want;
} bit_cases[] = {
	{ 0, BYTES(3, 1, 0) },
	{ 1, BYTES(3, 2, 7, 0x80) },
	{ 1u << 5 | 1u << 6, BYTES(3, 2, 1, 0x06) },
	{ 1u << 7, BYTES(3, 2, 0, 0x01) },
	{ 1u << 8, BYTES(3, 3, 7, 0, 0x80) },
};

static void
test_write(void **state)
{
	uint8_t buf[32];
	struct btz_wr wr;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(uint_cases); i++) {
		print_message("# case: %s\n", uint_cases[i].name);
		btz_wr_init(&wr, buf, sizeof(buf));
		btz_der_put_uint(&wr, uint_cases[i].magnitude);
		assert_true(btz_span_eq(btz_wr_span(&wr), uint_cases[i].want));
	}
	for (size_t i = 0; i < BTZ_COUNT(bit_cases); i++) {
		print_message("# case: bits %x\n", bit_cases[i].v);
		btz_wr_init(&wr, buf, sizeof(buf));
		btz_der_put_named_bits(&wr, bit_cases[i].v);
		assert_true(btz_span_eq(btz_wr_span(&wr), bit_cases[i].want));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_long_length),
		cmocka_unit_test(test_int),
		cmocka_unit_test(test_bool_default),
		cmocka_unit_test(test_nested_lengths),
		cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests_name("der", tests, NULL, NULL);
}
