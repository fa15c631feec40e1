/* SPDX-License-Identifier: Apache-2.0 */
/* test_logpipe.c - lines arrive, and a program that talks without end does not
 * fill the disk. */
#include "up/logpipe.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/cmocka_all.h"

static off_t
size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_size : -1;
}

static void
test_cap(void **state)
{
	char dir[] = "/tmp/btz-log-XXXXXX", path[64], old[64], cmd[64];
	struct btz_err err = { .rc = BTZ_OK };
	struct btz_logpipe *lp;
	struct btz_loop *loop;
	char block[4096];

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/x.log", dir);
	(void)snprintf(old, sizeof(old), "%s/x.log.1", dir);
	memset(block, 'x', sizeof(block));
	assert_int_equal(btz_loop_new(&loop, &err), BTZ_OK);
	assert_int_equal(btz_logpipe_new(loop, path, &lp, &err), BTZ_OK);
	assert_int_equal(size_of(path), -1);
	assert_int_equal(write(btz_logpipe_fd(lp), "line\n", 5), 5);
	btz_loop_once(loop, 100);
	assert_int_equal(size_of(path), 5);
	for (int i = 0; i < 700; i++) {
		assert_int_equal(
		    write(btz_logpipe_fd(lp), block, sizeof(block)),
		    sizeof(block));
		btz_loop_once(loop, 100);
	}
	assert_true(size_of(path) > 0);
	assert_true(size_of(path) <= (off_t)BTZ_LOG_FILE_MAX);
	assert_true(size_of(old) <= (off_t)BTZ_LOG_FILE_MAX);
	assert_true(size_of(old) > (off_t)BTZ_LOG_FILE_MAX / 2);
	btz_logpipe_free(lp);
	btz_loop_free(loop);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	assert_int_equal(system(cmd), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cap),
	};

	return cmocka_run_group_tests_name("up/logpipe", tests, NULL, NULL);
}
