/* SPDX-License-Identifier: Apache-2.0 */
/* test_ecdsa.c - r || s and DER, bad rows first. */
#include "parsec/ecdsa.h"

#include <string.h>

#include "support/cmocka_all.h"
#include "wire/alg.h"

#define BYTES(...)                                                             \
	(const uint8_t[]){ __VA_ARGS__ }, sizeof((uint8_t[]){ __VA_ARGS__ })

static const struct {
	const char *name;
	const uint8_t *in;
	size_t len;
	bool ok;
} ders[] = {
	{ "empty", (const uint8_t *)"", 0, false },
	{ "no sequence", BYTES(2, 1, 1, 2, 1, 1), false },
	{ "one integer", BYTES(0x30, 3, 2, 1, 1), false },
	{ "r is zero", BYTES(0x30, 6, 2, 1, 0, 2, 1, 1), false },
	{ "s is negative", BYTES(0x30, 6, 2, 1, 1, 2, 1, 0x81), false },
	{ "r not minimal", BYTES(0x30, 7, 2, 2, 0, 1, 2, 1, 1), false },
	{ "byte behind", BYTES(0x30, 6, 2, 1, 1, 2, 1, 1, 0), false },
	{ "third integer", BYTES(0x30, 9, 2, 1, 1, 2, 1, 1, 2, 1, 1), false },
	{ "r of 3 bytes in 2", BYTES(0x30, 8, 2, 3, 1, 0, 0, 2, 1, 1), false },
	{ "small", BYTES(0x30, 6, 2, 1, 1, 2, 1, 2), true },
	{ "full", BYTES(0x30, 10, 2, 3, 0, 0xff, 1, 2, 3, 0, 0x80, 0), true },
};

static void
test_to_raw(void **state)
{
	uint8_t out[4];

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(ders); i++) {
		print_message("# case: %s\n", ders[i].name);
		assert_int_equal(
		    btz_ecdsa_to_raw(
			btz_span_of(ders[i].in, ders[i].len), 2, out),
		    ders[i].ok);
	}
	assert_memory_equal(out, "\xff\x01\x80\x00", 4);
	memset(out, 0xee, sizeof(out));
	assert_true(btz_ecdsa_to_raw(
	    btz_span_of("\x30\x06\x02\x01\x01\x02\x01\x02", 8), 2, out));
	assert_memory_equal(out, "\x00\x01\x00\x02", 4);
}

static void
test_to_der(void **state)
{
	static const uint8_t raw[] = { 0xff, 1, 0, 5 };
	static const uint8_t zero[] = { 0, 0, 0, 5 };
	static const uint8_t want[] = { 0x30, 8, 2, 3, 0, 0xff, 1, 2, 1, 5 };
	uint8_t out[32];
	struct btz_wr wr;

	(void)state;
	btz_wr_init(&wr, out, sizeof(out));
	assert_false(btz_ecdsa_to_der(btz_span_of(raw, 3), 2, &wr));
	assert_false(btz_ecdsa_to_der(btz_span_of(raw, 0), 0, &wr));
	assert_false(btz_ecdsa_to_der(btz_span_of(zero, 4), 2, &wr));
	assert_true(btz_ecdsa_to_der(btz_span_of(raw, 4), 2, &wr));
	assert_int_equal(btz_wr_span(&wr).len, sizeof(want));
	assert_memory_equal(out, want, sizeof(want));
}

static void
test_half(void **state)
{
	(void)state;
	assert_int_equal(btz_ecdsa_half(BTZ_ALG_EC_P256), 32);
	assert_int_equal(btz_ecdsa_half(BTZ_ALG_EC_P384), 48);
	assert_int_equal(btz_ecdsa_half(BTZ_ALG_EC_P521), 66);
	assert_int_equal(btz_ecdsa_half(BTZ_ALG_RSA_2048), 0);
	assert_int_equal(btz_ecdsa_half(BTZ_ALG_X25519), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_to_raw),
		cmocka_unit_test(test_to_der),
		cmocka_unit_test(test_half),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
