/* SPDX-License-Identifier: Apache-2.0 */
/* test_files.c - audit/files: whole or not at all, errors told apart. */
#include "audit/files.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "support/cmocka_all.h"
#include "tmpdir.h"

static char path[64];
static int dir;

static int
setup(void **state)
{
	(void)state;
	tmpdir_make(path);
	dir = open(path, O_RDONLY);
	return dir >= 0 ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	(void)close(dir);
	tmpdir_remove(path);
	return 0;
}

static void
numbers(void **state)
{
	(void)state;
	assert_int_equal(btz_files_rc(EIO), BTZ_E_IO);
	assert_int_equal(btz_files_rc(EROFS), BTZ_E_IO);
	assert_int_equal(btz_files_rc(ENOSPC), BTZ_E_FULL);
	assert_int_equal(btz_files_rc(EDQUOT), BTZ_E_FULL);
}

static void
write_and_read(void **state)
{
	char buf[8];
	size_t n;

	(void)state;
	assert_int_equal(
	    btz_files_read(dir, "a/b/c", buf, 8, &n, NULL), BTZ_E_NOENT);
	assert_int_equal(btz_files_write(dir, "a/b/c", btz_span_str("one two"),
			     BTZ_FILES_FULL, NULL),
	    BTZ_OK);
	assert_int_equal(
	    btz_files_read(dir, "a/b/c", buf, 6, &n, NULL), BTZ_E_TOOBIG);
	assert_int_equal(
	    btz_files_read(dir, "a/b/c", buf, 7, &n, NULL), BTZ_OK);
	assert_int_equal(n, 7);
	assert_memory_equal(buf, "one two", 7);
	assert_int_equal(btz_files_write(dir, "a/b/c", btz_span_str("new"),
			     BTZ_FILES_LAZY, NULL),
	    BTZ_OK);
	assert_int_equal(
	    btz_files_read(dir, "a/b/c", buf, 8, &n, NULL), BTZ_OK);
	assert_int_equal(n, 3);
	btz_files_remove_dir(dir, "a/b");
	btz_files_remove_dir(dir, "a/none");
	assert_int_equal(faccessat(dir, "a/b", F_OK, 0), -1);
}

/* No room: the old file stays, nothing is left beside it. */
static void
full(void **state)
{
	static uint8_t big[20000];
	struct rlimit old, low;
	char buf[8];
	size_t n;

	(void)state;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(btz_files_write(dir, "f", btz_span_str("old"),
			     BTZ_FILES_DATA, NULL),
	    BTZ_OK);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	low = (struct rlimit){ 10000, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
	assert_int_equal(
	    btz_files_write(
		dir, "f", btz_span_of(big, sizeof(big)), BTZ_FILES_DATA, NULL),
	    BTZ_E_FULL);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(btz_files_read(dir, "f", buf, 8, &n, NULL), BTZ_OK);
	assert_int_equal(n, 3);
	assert_int_equal(faccessat(dir, "f.tmp", F_OK, 0), -1);
}

#define ON_DIR(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		ON_DIR(write_and_read),
		ON_DIR(full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
