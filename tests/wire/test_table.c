/* SPDX-License-Identifier: Apache-2.0 */
/* List answers: written, read back, a row that does not fit is taken back. */
#include "wire/table.h"

#include "support/cmocka_all.h"

static const struct btz_column cols[] = {
	{ BTZ_CELL_TEXT, "name" },
	{ BTZ_CELL_NUMBER, "n" },
	{ BTZ_CELL_BOOL, "on" },
};

static void
put_row(struct btz_table_wr *t, const char *name, uint64_t n)
{
	btz_table_str(t, name);
	btz_table_num(t, n);
	btz_table_bool(t, n != 0);
}

static void
test_round_trip(void **state)
{
	uint8_t rows[128];
	struct btz_table_wr w;
	struct btz_table_rd r;
	struct btz_table msg;
	struct btz_span cell[BTZ_TABLE_COLS_MAX];

	(void)state;
	btz_table_begin(&w, cols, BTZ_COUNT(cols), rows, sizeof(rows));
	put_row(&w, "first", 0);
	assert_true(btz_table_row_end(&w));
	put_row(&w, "second", UINT64_MAX);
	assert_true(btz_table_row_end(&w));
	msg = btz_table_done(&w, btz_span_str("next"));
	assert_true(btz_table_read(&r, &msg));
	assert_int_equal(r.n_cols, 3);
	assert_true(btz_span_eq(r.names[1], btz_span_str("n")));
	assert_int_equal(btz_table_row(&r, cell), 1);
	assert_true(btz_span_eq(cell[1], btz_span_str("0")));
	assert_int_equal(btz_table_row(&r, cell), 1);
	assert_true(btz_span_eq(cell[0], btz_span_str("second")));
	assert_true(btz_span_eq(cell[1], btz_span_str("18446744073709551615")));
	assert_true(btz_span_eq(cell[2], btz_span_str("true")));
	assert_int_equal(btz_table_row(&r, cell), 0);
}

static void
test_row_that_does_not_fit(void **state)
{
	uint8_t rows[24];
	struct btz_table_wr w;

	(void)state;
	btz_table_begin(&w, cols, BTZ_COUNT(cols), rows, sizeof(rows));
	put_row(&w, "a", 1);
	assert_true(btz_table_row_end(&w));
	put_row(&w, "much too long for this", 2);
	assert_false(btz_table_row_end(&w));
	assert_int_equal(w.rows.len, 3 + 3 + 6);
	btz_table_str(&w, "one cell only");
	assert_false(btz_table_row_end(&w));
	assert_int_equal(w.rows.len, 12);
}

static void
test_malformed(void **state)
{
	static const uint8_t columns[] = { 1, 0, 1, 'a' };
	static const uint8_t cut[] = { 0, 5, 'x' };
	struct btz_table msg = { .columns = { columns, sizeof(columns) },
		.rows = { cut, sizeof(cut) } };
	struct btz_span cell[BTZ_TABLE_COLS_MAX];
	struct btz_table_rd r;

	(void)state;
	assert_true(btz_table_read(&r, &msg));
	assert_int_equal(btz_table_row(&r, cell), -1);
	msg.columns.len = 3;
	assert_false(btz_table_read(&r, &msg));
	msg.columns.len = 0;
	assert_false(btz_table_read(&r, &msg));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_row_that_does_not_fit),
		cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
