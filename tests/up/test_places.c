/* SPDX-License-Identifier: Apache-2.0 */
/* test_places.c - modes of sockets and directories, and links in their place
 * (sockets.c, layout.c). */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/cmocka_all.h"
#include "up/up.h"

static char home[32];
static struct btz_up up;

static int
setup(void **state)
{
	(void)state;
	(void)snprintf(home, sizeof(home), "/tmp/btz-up-XXXXXX");
	assert_non_null(mkdtemp(home));
	(void)snprintf(up.home, sizeof(up.home), "%s", home);
	up.home_or_null = up.home;
	(void)snprintf(up.conf.parsec.socket, sizeof(up.conf.parsec.socket),
	    "run/parsec/parsec.sock"); /* its default */
	return 0;
}

static int
teardown(void **state)
{
	char cmd[64];

	(void)state;
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", home);
	return system(cmd);
}

static const char *
at(const char *rel)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", home, rel);
	return path;
}

static mode_t
mode_of(const char *rel)
{
	struct stat st;

	assert_int_equal(lstat(at(rel), &st), 0);
	return st.st_mode & 07777;
}

/* The owner of run/http (Apache's uid) swaps the socket for a link between two
 * calls of the supervisor, which is root: whatever it does to the path it must
 * not do to a file elsewhere. chmod by path is the one that would. */
static unsigned chmods;

int
chmod(const char *path, mode_t mode)
{
	int (*real)(const char *, mode_t) = NULL;

	*(void **)&real = dlsym(RTLD_NEXT, "chmod");
	chmods++;
	return real(path, mode);
}

static void
test_sockets(void **state)
{
	struct btz_err err;
	int fd;

	(void)state;
	assert_int_equal(btz_up_layout(&up, &err), BTZ_OK);
	chmods = 0;
	for (size_t i = 0; i < btz_listeners_count; i++) {
		const struct btz_listener *l = &btz_listeners[i];
		char rel[64];

		(void)snprintf(rel, sizeof(rel), "run/%s", l->path);
		print_message("# case: %s\n", rel);
		for (int again = 0; again < 2; again++) {
			assert_int_equal(
			    btz_up_listen(&up, l, &fd, &err), BTZ_OK);
			assert_int_equal(mode_of(rel),
			    l->role == BTZ_ROLE_ADMIN ? 0600 : 0666);
			(void)close(fd);
		}
	}
	assert_int_equal(chmods, 0);
}

static void
test_link_for_directory(void **state)
{
	static const char *const rels[] = { "run", "etc", "log" };
	struct btz_err err;
	char to[64], from[128];

	(void)state;
	(void)snprintf(to, sizeof(to), "%s/elsewhere", home);
	assert_int_equal(mkdir(to, 0711), 0);
	for (size_t i = 0; i < BTZ_COUNT(rels); i++) {
		print_message("# case: %s\n", rels[i]);
		(void)snprintf(from, sizeof(from), "%s", at(rels[i]));
		(void)rmdir(from);
		assert_int_equal(symlink(to, from), 0);
		assert_int_equal(btz_up_layout(&up, &err), BTZ_E_IO);
		assert_int_equal(mode_of("elsewhere"), 0711);
		(void)unlink(from);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sockets, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_link_for_directory, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
