/* SPDX-License-Identifier: Apache-2.0 */
/* test_keystore.c - rows of keys: order, owners, what destroy leaves. */
#include "crypto/keystore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/cmocka_all.h"
#include "wire/alg.h"

static char dir[] = "/tmp/btz-test-XXXXXX";
static char path[64];
static struct btz_keystore *ks;
static struct btz_err err;

static int
setup(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/btz-test-XXXXXX");
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/keys.db", dir);
	assert_int_equal(btz_keystore_open(path, &ks, &err), BTZ_OK);
	return 0;
}

static int
teardown(void **state)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char file[80];

	(void)state;
	btz_keystore_close(ks);
	for (size_t i = 0; i < BTZ_COUNT(ends); i++) {
		(void)snprintf(file, sizeof(file), "%s%s", path, ends[i]);
		(void)unlink(file);
	}
	assert_int_equal(rmdir(dir), 0);
	return 0;
}

static enum btz_rc
add(uint8_t id, const char *owner, const char *label)
{
	struct btz_key_row row = { .info = { .id = { id },
				       .owner = btz_span_str(owner),
				       .label = btz_span_str(label),
				       .alg = BTZ_ALG_EC_P256,
				       .kind = BTZ_KIND_PLAIN,
				       .protection = BTZ_PROT_SOFT,
				       .state = BTZ_KEY_ENABLED,
				       .usage = BTZ_USE_SIGN,
				       .created = 11,
				       .not_after = 12,
				       .spki = btz_span_str("spki") },
		.tenant_id = { 9 },
		.blob = btz_span_str("very secret blob") };

	return btz_keystore_add(ks, &row, &err);
}

static bool
count_all(const struct btz_key_row *row, void *arg)
{
	uint8_t *seen = arg;

	seen[++seen[0]] = row->info.id[0];
	return seen[0] < 3;
}

static void
test_rows(void **state)
{
	static const uint8_t zero[BTZ_ID_LEN], two[BTZ_ID_LEN] = { 2 };
	static const uint8_t none[BTZ_ID_LEN] = { 77 };
	struct btz_key_row row;
	uint8_t seen[8] = { 0 };
	uint64_t n;

	(void)state;
	assert_int_equal(btz_keystore_get(ks, none, &row, &err), BTZ_E_NOENT);
	assert_int_equal(add(3, "one", "c"), BTZ_OK);
	assert_int_equal(add(2, "one", "b"), BTZ_OK);
	assert_int_equal(add(1, "two", "b"), BTZ_OK);
	assert_int_equal(add(2, "one", "again"), BTZ_E_EXIST);
	assert_int_equal(btz_keystore_get(ks, two, &row, &err), BTZ_OK);
	assert_true(btz_span_eq(row.info.owner, btz_span_str("one")));
	assert_true(btz_span_eq(row.info.label, btz_span_str("b")));
	assert_true(btz_span_eq(row.info.spki, btz_span_str("spki")));
	assert_int_equal(row.info.created, 11);
	assert_int_equal(row.info.not_after, 12);
	assert_int_equal(row.tenant_id[0], 9);
	assert_int_equal(btz_keystore_count(ks, "one", &n, &err), BTZ_OK);
	assert_int_equal(n, 2);
	assert_int_equal(btz_keystore_list(ks, NULL, zero, btz_span_of(NULL, 0),
			     count_all, seen, &err),
	    BTZ_OK);
	assert_memory_equal(seen, "\3\1\2\3", 4);
	seen[0] = 0;
	assert_int_equal(btz_keystore_list(ks, "one", two, btz_span_of(NULL, 0),
			     count_all, seen, &err),
	    BTZ_OK);
	assert_memory_equal(seen, "\1\3", 2);
	seen[0] = 0;
	assert_int_equal(btz_keystore_list(ks, "one", zero, btz_span_str("b"),
			     count_all, seen, &err),
	    BTZ_OK);
	assert_memory_equal(seen, "\1\2", 2);
}

/* The wrapped key is not in any file of the database after destroy. */
static void
test_destroy(void **state)
{
	static const uint8_t id[BTZ_ID_LEN] = { 5 };
	static char text[1 << 20];
	struct btz_key_row row;
	size_t len;
	FILE *f;

	(void)state;
	assert_int_equal(add(5, "one", "x"), BTZ_OK);
	assert_int_equal(btz_keystore_destroy(ks, id, &err), BTZ_OK);
	assert_int_equal(btz_keystore_get(ks, id, &row, &err), BTZ_OK);
	assert_int_equal(row.info.state, BTZ_KEY_DESTROYED);
	assert_int_equal(row.blob.len, 0);
	assert_int_equal(add(5, "one", "x"), BTZ_E_EXIST);
	btz_keystore_close(ks); /* checkpoints the write-ahead log */
	ks = NULL;
	f = fopen(path, "rb");
	assert_non_null(f);
	len = fread(text, 1, sizeof(text), f);
	(void)fclose(f);
	assert_true(len > 0 && len < sizeof(text));
	assert_null(memmem(text, len, "very secret blob", 16));
}

static void
test_survives(void **state)
{
	static const uint8_t id[BTZ_ID_LEN] = { 6 };
	struct btz_key_row row;
	struct stat sb;

	(void)state;
	assert_int_equal(add(6, "one", "x"), BTZ_OK);
	btz_keystore_close(ks);
	assert_int_equal(btz_keystore_open(path, &ks, &err), BTZ_OK);
	assert_int_equal(btz_keystore_get(ks, id, &row, &err), BTZ_OK);
	assert_true(btz_span_eq(row.blob, btz_span_str("very secret blob")));
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0600);
}

#define WITH(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_rows),
		WITH(test_destroy),
		WITH(test_survives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
