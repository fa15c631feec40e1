/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every message table of msgs.c: filled with a pattern, encoded, decoded and
 * encoded again gives the same bytes; cut or extended by one byte it is
 * refused; over its limit it is refused. And golden bytes of some.
 */
#include "wire/field.h"

#include <string.h>

#include "support/cmocka_all.h"
#include "wire/limits.h"
#include "wire/msg_generate.h"
#include "wire/msg_random.h"
#include "wire/msg_sign.h"
#include "wire/msgs.h"

static uint8_t pattern[70000];
static uint8_t enc[300000], again[300000];

static void
fill_field(const struct btz_field *f, uint8_t *at, size_t len)
{
	struct btz_span s = btz_span_of(pattern, len < f->max ? len : f->max);

	switch ((enum btz_field_type)f->type) {
	case BTZ_FT_U8:
		*at = f->max == 0 ? 200 : (uint8_t)f->max;
		break;
	case BTZ_FT_U16:
		memcpy(at, "\1\2", 2);
		break;
	case BTZ_FT_U32:
		memcpy(at, "\1\2\3\4", 4);
		break;
	case BTZ_FT_U64:
		memcpy(at, "\1\2\3\4\5\6\7\10", 8);
		break;
	case BTZ_FT_RAW:
		memcpy(at, pattern, f->max);
		break;
	case BTZ_FT_BYTES:
	case BTZ_FT_TEXT:
		memcpy(at, &s, sizeof(s));
		break;
	}
}

static size_t
fill_and_encode(const struct btz_msgdef *def, uint8_t *msg, size_t len)
{
	struct btz_wr wr;

	memset(msg, 0, def->size);
	for (size_t i = 0; i < def->n; i++)
		fill_field(&def->fields[i], msg + def->fields[i].offset, len);
	btz_wr_init(&wr, enc, sizeof(enc));
	btz_msg_write(def, msg, &wr);
	assert_true(btz_wr_ok(&wr));
	return wr.len;
}

static void
test_round_trip(void **state)
{
	static const size_t lengths[] = { 0, 1, 20, 70000 };

	(void)state;
	for (size_t i = 0; i < btz_all_msgs_count; i++) {
		const struct btz_msgdef *def = btz_all_msgs[i];
		_Alignas(max_align_t) uint8_t msg[512];

		print_message("# message: %s\n", def->name);
		assert_true(def->size <= sizeof(msg));
		for (size_t l = 0; l < BTZ_COUNT(lengths); l++) {
			size_t n = fill_and_encode(def, msg, lengths[l]);
			struct btz_wr wr;

			assert_true(
			    btz_msg_decode(def, btz_span_of(enc, n), msg));
			btz_wr_init(&wr, again, sizeof(again));
			btz_msg_write(def, msg, &wr);
			assert_int_equal(wr.len, n);
			assert_memory_equal(enc, again, n);
			assert_false(
			    btz_msg_decode(def, btz_span_of(enc, n + 1), msg));
			assert_false(
			    n > 0 &&
			    btz_msg_decode(def, btz_span_of(enc, n - 1), msg));
		}
	}
}

static void
test_limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < btz_all_msgs_count; i++) {
		const struct btz_msgdef *def = btz_all_msgs[i];

		for (size_t k = 0; k < def->n; k++) {
			const struct btz_field *f = &def->fields[k];
			_Alignas(max_align_t) uint8_t msg[512];
			struct btz_span s = btz_span_of(pattern, f->max + 1);
			struct btz_wr wr;

			if (f->type != BTZ_FT_BYTES && f->type != BTZ_FT_TEXT)
				continue;
			print_message("# %s field %zu\n", def->name, k);
			(void)fill_and_encode(def, msg, 0);
			memcpy(msg + f->offset, &s, sizeof(s));
			btz_wr_init(&wr, again, sizeof(again));
			btz_msg_write(def, msg, &wr);
			assert_false(btz_wr_ok(&wr));
		}
	}
}

static void
test_text_refuses_control_bytes(void **state)
{
	struct btz_generate g = {
		.alg = 1, .kind = 1, .label = btz_span_str("a\nb")
	};
	struct btz_wr wr;

	(void)state;
	btz_wr_init(&wr, enc, sizeof(enc));
	btz_msg_write(&btz_def_generate, &g, &wr);
	assert_false(btz_wr_ok(&wr));
}

static void
test_golden(void **state)
{
	static const uint8_t random32[] = { 0, 0, 0, 32 };
	static const uint8_t signature[] = { 0, 0, 0, 2, 0x30, 0x00 };
	struct btz_random r;
	struct btz_signature s;

	(void)state;
	assert_true(btz_msg_decode(
	    &btz_def_random, btz_span_of(random32, sizeof(random32)), &r));
	assert_int_equal(r.n, 32);
	assert_true(btz_msg_decode(
	    &btz_def_signature, btz_span_of(signature, sizeof(signature)), &s));
	assert_int_equal(s.signature.len, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_text_refuses_control_bytes),
		cmocka_unit_test(test_golden),
	};

	memset(pattern, 'x', sizeof(pattern));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
