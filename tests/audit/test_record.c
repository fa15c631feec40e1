/* SPDX-License-Identifier: Apache-2.0 */
/* test_record.c - audit/record: whatever a message holds, the record has the
 * one form, at most 8 KiB, and says when a path was cut. */
#include "audit/record.h"

#include <string.h>

#include "support/cmocka_all.h"

static uint8_t bytes[BTZ_PATH_MAX], json[BTZ_RECORD_MAX];
static struct btz_record_buf buf;
static const struct btz_record_stamp stamp = { UINT64_C(253402300799999),
	UINT64_MAX, "00000000-0000-0000-0000-000000000000", "crypto-soft" };

/* Largest values everywhere, then the row's texts. */
static struct btz_audit
largest(uint8_t fill, size_t obj, size_t dst, size_t text)
{
	size_t name = text < 63 ? text : 63;

	memset(bytes, fill, sizeof(bytes));
	return (struct btz_audit){ .phase = BTZ_PH_DECISION,
		.via = BTZ_VIA_INTERNAL,
		.decision = BTZ_DEC_ALLOW,
		.pol = UINT64_MAX,
		.has_n = 1,
		.n = UINT64_MAX,
		.tenant = btz_span_of(bytes, name),
		.who = btz_span_of(bytes, text < 512 ? text : 512),
		.cred = btz_span_of(bytes, name),
		.from = btz_span_of(bytes, name),
		.act = btz_span_of(bytes, name),
		.obj = btz_span_of(bytes, obj),
		.dst = btz_span_of(bytes, dst),
		.why = btz_span_of(bytes, text),
		.out = btz_span_of(bytes, text) };
}

static const struct {
	const char *name;
	uint8_t fill;
	size_t obj, dst, text;
	bool cut;
} rows[] = {
	{ "all at their limits, encoded", 0xff, 4096, 4096, 1024, true },
	{ "all at their limits, plain", 'a', 4096, 4096, 1024, true },
	{ "long object, encoded", 0x01, 4096, 0, 10, true },
	{ "long target, encoded", 0x01, 0, 4096, 10, true },
	{ "short object, long target", '%', 10, 4096, 10, true },
	{ "two paths that just fit", 'p', 3600, 3600, 10, false },
	{ "one path of the limit", 'p', 4096, 0, 0, false },
	{ "nothing", 'p', 0, 0, 0, false },
};

static void
limits(void **state)
{
	struct btz_record r, again;
	struct btz_wr wr;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		struct btz_audit m = largest(
		    rows[i].fill, rows[i].obj, rows[i].dst, rows[i].text);

		print_message("# case: %s\n", rows[i].name);
		btz_record_make(&m, &stamp, &buf, &r);
		r.seq = UINT64_MAX;
		btz_wr_init(&wr, json, sizeof(json));
		btz_record_write(&wr, &r);
		assert_true(btz_wr_ok(&wr));
		assert_int_equal(r.cut, rows[i].cut);
		if (rows[i].cut) /* the room is used */
			assert_true(wr.len > BTZ_RECORD_MAX - 600);
		assert_int_equal(
		    btz_record_parse(btz_wr_span(&wr), &again, NULL), BTZ_OK);
		assert_true(btz_span_eq(again.obj, r.obj));
	}
}

/* A path that is cut is a prefix of the whole one, never half a %XX. */
static void
cut_at_a_character(void **state)
{
	struct btz_audit m = largest(0xe4, 4096, 0, 0);
	struct btz_record r;

	(void)state;
	btz_record_make(&m, &stamp, &buf, &r);
	assert_true(r.cut && r.obj.len % 3 == 0 && r.obj.len > 6000);
	assert_memory_equal(r.obj.p + r.obj.len - 3, "%E4", 3);
}

static void
long_text(void **state)
{
	struct btz_audit m = largest('"', 0, 0, 1024);
	struct btz_record r;

	(void)state;
	btz_record_make(&m, &stamp, &buf, &r);
	assert_int_equal(r.why.len, 3 * (1021 / 3) + 3);
	assert_memory_equal(r.why.p + r.why.len - 6, "%22...", 6);
	assert_false(r.cut);
}

static void
stamped(void **state)
{
	struct btz_audit m = { .phase = 0, .act = btz_span_str("x") };
	struct btz_record r;

	(void)state;
	btz_record_make(&m, &stamp, &buf, &r);
	assert_int_equal(r.phase, BTZ_PH_EVENT);
	assert_true(r.req == UINT64_MAX && r.time_ms == stamp.time_ms);
	assert_true(btz_span_eq(r.src, btz_span_str("crypto-soft")));
	assert_int_equal(r.who.len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits),
		cmocka_unit_test(cut_at_a_character),
		cmocka_unit_test(long_text),
		cmocka_unit_test(stamped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
