/* SPDX-License-Identifier: Apache-2.0 */
/* The frame header: bad rows, and one golden frame. */
#include "wire/frame.h"

#include <string.h>

#include "support/cmocka_all.h"
#include "wire/limits.h"

/* version 1, request, op 0x0112, status 0, body 2, tag 7, id 0x8f3a */
static const uint8_t golden[] = { 1, 0, 0x01, 0x12, 0, 0, 0, 0, 0, 0, 0, 2, 0,
	0, 0, 7, 0, 0, 0, 0, 0, 0, 0x8f, 0x3a, 0xaa, 0xbb };

static const struct {
	const char *name;
	size_t at;
	uint8_t value;
} bad_bytes[] = {
	{ "version 0", 0, 0 },
	{ "version 2", 0, 2 },
	{ "unknown flag", 1, 0x10 },
	{ "body longer than the message", 11, 3 },
	{ "trailing byte", 11, 1 },
	{ "length 2^32-1", 8, 0xff },
};

static void
test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(bad_bytes); i++) {
		uint8_t b[sizeof(golden)];
		struct btz_frame f;

		print_message("# case: %s\n", bad_bytes[i].name);
		memcpy(b, golden, sizeof(b));
		b[bad_bytes[i].at] = bad_bytes[i].value;
		assert_false(btz_frame_decode(btz_span_of(b, sizeof(b)), &f));
	}
	for (size_t n = 0; n < sizeof(golden); n++) {
		struct btz_frame f;

		print_message("# case: cut to %zu\n", n);
		assert_false(btz_frame_decode(btz_span_of(golden, n), &f));
	}
}

static void
test_golden(void **state)
{
	uint8_t out[64];
	struct btz_frame f;
	struct btz_wr wr;

	(void)state;
	assert_true(btz_frame_decode(btz_span_of(golden, sizeof(golden)), &f));
	assert_int_equal(f.op, 0x0112);
	assert_int_equal(f.tag, 7);
	assert_true(f.id == 0x8f3a);
	assert_int_equal(f.body.len, 2);
	btz_wr_init(&wr, out, sizeof(out));
	btz_frame_put_header(&wr, &f, f.body.len);
	btz_wr_raw(&wr, f.body.p, f.body.len);
	assert_true(btz_wr_ok(&wr));
	assert_int_equal(wr.len, sizeof(golden));
	assert_memory_equal(out, golden, sizeof(golden));
}

static void
test_too_long(void **state)
{
	static uint8_t big[BTZ_FRAME_MAX + 1];
	struct btz_frame f;
	struct btz_wr wr;

	(void)state;
	memcpy(big, golden, BTZ_FRAME_HDR);
	big[8] = 0;
	big[9] = 0;
	big[10] = (uint8_t)((sizeof(big) - BTZ_FRAME_HDR) >> 8);
	big[11] = (uint8_t)(sizeof(big) - BTZ_FRAME_HDR);
	assert_false(btz_frame_decode(btz_span_of(big, sizeof(big)), &f));
	btz_wr_init(&wr, big, sizeof(big));
	btz_frame_put_header(&wr, &f, BTZ_FRAME_MAX);
	assert_false(btz_wr_ok(&wr));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
