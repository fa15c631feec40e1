/* SPDX-License-Identifier: Apache-2.0 */
/* Readers never pass their end; writers remember failure. */
#include "wire/cursor.h"

#include <stdio.h>
#include <string.h>

#include "support/cmocka_all.h"

#define BYTES(...)                                                             \
	(const uint8_t[]){ __VA_ARGS__ },                                      \
	    sizeof((const uint8_t[]){ __VA_ARGS__ })

static const struct {
	const char *name;
	const uint8_t *in;
	size_t len, max;
	bool ok;
} bytes16_cases[] = {
	{ "no length", BYTES(0), 8, false },
	{ "length past end", BYTES(0, 3, 1, 2), 8, false },
	{ "longer than allowed", BYTES(0, 3, 1, 2, 3), 2, false },
	{ "length 65535", BYTES(0xff, 0xff, 1), 65535, false },
	{ "empty", BYTES(0, 0), 0, true },
	{ "exact maximum", BYTES(0, 3, 1, 2, 3), 3, true },
};

static void
test_bytes16(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(bytes16_cases); i++) {
		struct btz_rd rd;
		struct btz_span s;

		print_message("# case: %s\n", bytes16_cases[i].name);
		btz_rd_init(&rd, bytes16_cases[i].in, bytes16_cases[i].len);
		assert_int_equal(btz_rd_bytes16(&rd, &s, bytes16_cases[i].max),
		    bytes16_cases[i].ok);
		if (!bytes16_cases[i].ok)
			assert_int_equal(s.len, 0);
	}
}

static void
test_integers(void **state)
{
	static const uint8_t in[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
		14, 15 };
	struct btz_rd rd;
	uint8_t a;
	uint16_t b;
	uint32_t c;
	uint64_t d;

	(void)state;
	btz_rd_init(&rd, in, sizeof(in));
	assert_true(btz_rd_u8(&rd, &a) && btz_rd_u16(&rd, &b) &&
		    btz_rd_u32(&rd, &c) && btz_rd_u64(&rd, &d));
	assert_int_equal(a, 1);
	assert_int_equal(b, 0x0203);
	assert_int_equal(c, 0x04050607);
	assert_true(d == 0x08090a0b0c0d0e0fULL);
	assert_true(btz_rd_end(&rd));
	assert_false(btz_rd_u8(&rd, &a));
	assert_int_equal(btz_rd_offset(&rd), 15);
}

static void
test_short_reads_give_zero(void **state)
{
	struct btz_rd rd;
	uint64_t v = 7;
	uint8_t out[4] = { 1, 1, 1, 1 };

	(void)state;
	btz_rd_init(&rd, "\1\2\3", 3);
	assert_false(btz_rd_u64(&rd, &v));
	assert_true(v == 0);
	assert_false(btz_rd_copy(&rd, out, sizeof(out)));
	assert_memory_equal(out, "\0\0\0\0", 4);
	assert_int_equal(btz_rd_left(&rd), 3); /* nothing was consumed */
}

static void
test_writer_fails_for_good(void **state)
{
	uint8_t buf[4];
	struct btz_wr wr;

	(void)state;
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_wr_u16(&wr, 0x0102);
	btz_wr_u32(&wr, 1); /* does not fit */
	btz_wr_u8(&wr, 9);  /* would fit, but the writer has failed */
	assert_false(btz_wr_ok(&wr));
	assert_int_equal(btz_wr_span(&wr).len, 0);
}

static void
test_patched_length(void **state)
{
	uint8_t buf[16];
	struct btz_wr wr;
	size_t mark;

	(void)state;
	btz_wr_init(&wr, buf, sizeof(buf));
	mark = btz_wr_mark16(&wr);
	btz_wr_raw(&wr, "abc", 3);
	btz_wr_patch16(&wr, mark);
	assert_true(btz_wr_ok(&wr));
	assert_int_equal(wr.len, 5);
	assert_memory_equal(buf, "\0\3abc", 5);
}

static void
test_wipe(void **state)
{
	char secret[8] = "secret!";

	(void)state;
	btz_wipe(secret, sizeof(secret));
	assert_memory_equal(secret, "\0\0\0\0\0\0\0\0", 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes16),
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_short_reads_give_zero),
		cmocka_unit_test(test_writer_fails_for_good),
		cmocka_unit_test(test_patched_length),
		cmocka_unit_test(test_wipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
