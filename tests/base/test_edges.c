/* SPDX-License-Identifier: Apache-2.0 */
/* The table of edges: consistent in itself, and the one in the documents. */
#include "base/edges.h"

#include <stdio.h>
#include <string.h>

#include "support/cmocka_all.h"

static void
test_slots(void **state)
{
	size_t total = 0;

	(void)state;
	for (int p = 1; p < BTZ_PROG_COUNT; p++) {
		struct btz_slot s[BTZ_SLOTS_MAX];
		size_t n = btz_slots((enum btz_prog)p, s);

		assert_true(n < BTZ_SLOTS_MAX); /* none was cut off */
		for (size_t i = 0; i < n; i++)
			total += s[i].edge != NULL;
		assert_int_equal(
		    btz_prog_by_name(btz_prog_name((enum btz_prog)p)), p);
	}
	assert_int_equal(total, 2 * btz_edges_count); /* both ends */
	assert_int_equal(btz_prog_by_name("nobody"), BTZ_PROG_NONE);
}

/* Never both ways: whoever is asked must not ask back. */
static void
test_no_cycle_of_two(void **state)
{
	(void)state;
	for (size_t i = 0; i < btz_edges_count; i++)
		for (size_t k = 0; k < btz_edges_count; k++)
			assert_false(btz_edges[i].from == btz_edges[k].to &&
				     btz_edges[i].to == btz_edges[k].from &&
				     btz_edges[i].from != BTZ_PROG_BROKER &&
				     btz_edges[i].from != BTZ_PROG_AUDIT);
}

/* docs/architecture.md has one row `| from | to | ops |` per edge. */
static void
test_documented(void **state)
{
	const char *path = BTZ_TOP "/docs/architecture.md";
	static char text[100000];
	size_t n, rows = 0;
	FILE *f;

	(void)state;
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	(void)fclose(f);
	text[n] = '\0';
	for (size_t i = 0; i < btz_edges_count; i++) {
		char row[200];

		(void)snprintf(row, sizeof(row), "| %s | %s | %s |",
		    btz_prog_name(btz_edges[i].from),
		    btz_prog_name(btz_edges[i].to), btz_edges[i].what);
		print_message("# %s\n", row);
		assert_non_null(strstr(text, row));
		rows++;
	}
	assert_int_equal(rows, btz_edges_count);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slots),
		cmocka_unit_test(test_no_cycle_of_two),
		cmocka_unit_test(test_documented),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
