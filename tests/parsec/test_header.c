/* SPDX-License-Identifier: Apache-2.0 */
/* test_header.c - the 36 bytes, both ways, and the order of checks. */
#include "parsec/header.h"

#include <string.h>

#include "support/cmocka_all.h"

static const uint8_t golden[BTZ_PARSEC_HDR] = { 0x10, 0xa7, 0xc0, 0x5e, 0x1e, 0,
	1, 0, 0x34, 0x12, 3, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 3, 0x2e, 0, 1, 0, 4,
	0, 0x20, 0, 0, 0, 0x6d, 0x04, 0, 0 };

static void
test_fields(void **state)
{
	struct btz_parsec_header h;
	uint8_t out[BTZ_PARSEC_HDR];

	(void)state;
	btz_parsec_header_read(golden, &h);
	assert_int_equal(h.magic, BTZ_PARSEC_MAGIC);
	assert_int_equal(h.size, 30);
	assert_int_equal(h.major, 1);
	assert_int_equal(h.flags, 0x1234);
	assert_int_equal(h.provider, 3);
	assert_true(h.session == 0x0807060504030201u);
	assert_int_equal(h.auth, 3);
	assert_int_equal(h.body_len, 0x1002e);
	assert_int_equal(h.auth_len, 4);
	assert_int_equal(h.opcode, 0x20);
	assert_int_equal(h.status, 1133);
	assert_int_equal(h.reserved, 0);
	btz_parsec_header_write(&h, out);
	assert_memory_equal(out, golden, sizeof(out));
}

/* Each row breaks one thing more than the one before it is told of. */
static void
test_order(void **state)
{
	struct btz_parsec_header h;

	(void)state;
	btz_parsec_header_read(golden, &h);
	assert_int_equal(btz_parsec_check_start(&h, 0x1002e), 0);
	assert_int_equal(btz_parsec_check_start(&h, 0x1002d), 20);
	h.reserved = 1;
	assert_int_equal(btz_parsec_check_start(&h, 0), 17);
	h.minor = 1;
	assert_int_equal(btz_parsec_check_start(&h, 0), 4);
	h.size = 31;
	assert_int_equal(btz_parsec_check_start(&h, 0), 17);
	assert_int_equal(btz_parsec_check_rest(&h), 0);
	h.provider = 6;
	assert_int_equal(btz_parsec_check_rest(&h), 6);
	h.opcode = 0x21;
	assert_int_equal(btz_parsec_check_rest(&h), 9);
	h.auth = 5;
	assert_int_equal(btz_parsec_check_rest(&h), 12);
	h.accept = 1;
	assert_int_equal(btz_parsec_check_rest(&h), 3);
	h.content = 1;
	assert_int_equal(btz_parsec_check_rest(&h), 2);
}

static void
test_answer(void **state)
{
	struct btz_parsec_header h, a;

	(void)state;
	btz_parsec_header_read(golden, &h);
	a = btz_parsec_answer(&h, 1140, 7);
	assert_int_equal(a.provider, 3);
	assert_true(a.session == h.session);
	assert_int_equal(a.opcode, 0x20);
	assert_int_equal(a.status, 1140);
	assert_int_equal(a.body_len, 7);
	assert_int_equal(a.flags + a.auth + a.auth_len, 0);
	a = btz_parsec_answer(NULL, 17, 0);
	assert_int_equal(a.provider, 0);
	assert_true(a.session == 0);
	assert_int_equal(a.opcode, 1);
	assert_int_equal(a.magic, BTZ_PARSEC_MAGIC);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
