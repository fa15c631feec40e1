/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_keeper.c - what the keeper makes of numbers, which ones it refuses; and
 * (where a network namespace may be made) that a keeper whose parent is gone
 * leaves empty sets behind, one that is told to end leaves nothing, and a table
 * that somebody took away is missed.
 */
#include "support/cmocka_all.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vpn/keeper.h"

static struct btz_sites sites;
static uint8_t out[16384];

static int
setup(void **state)
{
	static const char text[] =
	    "[vpn main]\ntenant = home\nnetwork = 10.88.0.0/24\n"
	    "network6 = fd88::/64\n"
	    "[reach a]\nvpn = main\nrole = viewer\nto = box\n"
	    "service = tcp/8443\n"
	    "[reach b]\nvpn = main\nrole = owner\nto = 10.77.0.0/24\n";
	const struct btz_conf_target targets[] = {
		{ &btz_conf_vpn, NULL, btz_sites_on_vpn, &sites },
		{ &btz_conf_reach, NULL, btz_sites_on_reach, &sites },
	};
	struct btz_err err;

	(void)state;
	return btz_conf_parse("f", text, targets, 2, &err) == BTZ_OK ? 0 : -1;
}

#define NET 0x0a580000u
static const struct {
	const char *name;
	struct btz_keeper_ask ask;
	enum btz_rc rc;
	const char *has;
} cases[] = {
	{ "in", { BTZ_KEEPER_MEMBERS, 0, NET + 2, 0, 1 }, BTZ_OK,
	    "add element inet bartizan_main r_viewer { 10.88.0.2 }\n"
	    "add element inet bartizan_main r6_viewer { fd88::2 }\n" },
	{ "out of one, into the other",
	    { BTZ_KEEPER_MEMBERS, 0, NET + 2, 1, 2 }, BTZ_OK,
	    "delete element inet bartizan_main r_viewer { 10.88.0.2 }\n"
	    "add element inet bartizan_main r6_viewer { fd88::2 }\n"
	    "delete element inet bartizan_main r6_viewer { fd88::2 }\n"
	    "add element inet bartizan_main r_owner { 10.88.0.2 }\n" },
	{ "no role", { BTZ_KEEPER_MEMBERS, 0, NET + 2, 0, 0 }, BTZ_OK, "" },
	{ "table", { BTZ_KEEPER_TABLE, 0, 0, 0, 0 }, BTZ_OK,
	    "iifname \"btz0\" jump inward" },
	{ "no such VPN", { BTZ_KEEPER_MEMBERS, 1, NET + 2, 0, 1 }, BTZ_E_INVAL,
	    NULL },
	{ "VPN far away", { BTZ_KEEPER_TABLE, 0xffffffffu, 0, 0, 0 },
	    BTZ_E_INVAL, NULL },
	{ "no such role", { BTZ_KEEPER_MEMBERS, 0, NET + 2, 0, 4 }, BTZ_E_INVAL,
	    NULL },
	{ "last bit", { BTZ_KEEPER_MEMBERS, 0, NET + 2, UINT64_C(1) << 31, 0 },
	    BTZ_E_INVAL, NULL },
	{ "the box itself", { BTZ_KEEPER_MEMBERS, 0, NET + 1, 0, 1 },
	    BTZ_E_INVAL, NULL },
	{ "outside", { BTZ_KEEPER_MEMBERS, 0, 0x0a4d0001u, 0, 1 }, BTZ_E_INVAL,
	    NULL },
	{ "no address", { BTZ_KEEPER_MEMBERS, 0, 0, 0, 1 }, BTZ_E_INVAL, NULL },
	{ "no such request", { 9, 0, NET + 2, 0, 1 }, BTZ_E_INVAL, NULL },
};

static void
test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		struct btz_wr wr;

		print_message("# case: %s\n", cases[i].name);
		btz_wr_init(&wr, out, sizeof(out) - 1);
		assert_int_equal(
		    btz_keeper_text(&sites, &cases[i].ask, &wr), cases[i].rc);
		if (cases[i].has == NULL)
			continue;
		out[wr.len] = '\0';
		assert_non_null(strstr((char *)out, cases[i].has));
	}
}

/* In a namespace of its own: exit status of a shell line there. */
static int
shell(const char *line)
{
	int status = system(line);

	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static uint32_t
tell(int fd, struct btz_keeper_ask ask)
{
	uint32_t rc = 9999;

	if (send(fd, &ask, sizeof(ask), 0) != (ssize_t)sizeof(ask) ||
	    recv(fd, &rc, sizeof(rc), 0) != (ssize_t)sizeof(rc))
		return 9999;
	return rc;
}

static pid_t
start(int *fd)
{
	uint32_t ready;
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0)
		_exit(10);
	pid = fork();
	if (pid == 0) {
		(void)close(pair[0]);
		_exit(btz_keeper_run(&sites, 0, pair[1]));
	}
	(void)close(pair[1]);
	*fd = pair[0];
	if (recv(*fd, &ready, sizeof(ready), 0) != (ssize_t)sizeof(ready))
		_exit(11);
	return pid;
}

#define HAS "nft list set inet bartizan_main r_viewer | grep -q 10.88.0.2"

/* Private_Dirty, kB; a sanitizer's memory is not ours. */
static unsigned long
dirty(pid_t pid)
{
	char path[64], line[256];
	unsigned long kb = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	f = fopen(path, "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		(void)sscanf(line, "Private_Dirty: %lu", &kb);
	if (f != NULL)
		(void)fclose(f);
	print_message("# keeper: %lu kB private dirty\n", kb);
#ifdef BTZ_SANITIZED
	kb = 0;
#endif
	return kb;
}

/* The whole life, in a child that has a network namespace; exit status: the
 * number of the step that went wrong. */
static int
life(void)
{
	const struct btz_keeper_ask in = { BTZ_KEEPER_MEMBERS, 0, NET + 2, 0,
		1 };
	/* in one of them only */
	const struct btz_keeper_ask out_of_both = { BTZ_KEEPER_MEMBERS, 0,
		NET + 2, 3, 0 };
	int fd;
	pid_t pid = start(&fd);

	if (tell(fd, (struct btz_keeper_ask){ BTZ_KEEPER_TABLE }) != BTZ_OK)
		return 1;
	if (tell(fd, in) != BTZ_OK || shell(HAS) != 0)
		return 2;
	if (tell(fd, (struct btz_keeper_ask){ 9 }) != BTZ_E_INVAL)
		return 3;
	if (tell(fd, out_of_both) != BTZ_OK || shell(HAS) == 0)
		return 8;
	if (tell(fd, in) != BTZ_OK ||
	    tell(fd, (struct btz_keeper_ask){ BTZ_KEEPER_CHECK }) != BTZ_OK)
		return 9;
	(void)usleep(50000); /* it tidies up after the answer */
	if (dirty(pid) > 1072)
		return 12;
	(void)close(fd); /* its parent is gone */
	(void)waitpid(pid, NULL, 0);
	if (shell("nft list table inet bartizan_main >/dev/null") != 0 ||
	    shell(HAS) == 0)
		return 4;
	pid = start(&fd);
	if (tell(fd, (struct btz_keeper_ask){ BTZ_KEEPER_TABLE }) != BTZ_OK)
		return 5;
	if (shell("ip link show btz0 >/dev/null && nft flush ruleset") != 0 ||
	    tell(fd, (struct btz_keeper_ask){ BTZ_KEEPER_CHECK }) !=
		BTZ_E_NO_CUTOFF)
		return 10;
	if (send(fd, &(struct btz_keeper_ask){ BTZ_KEEPER_END },
		sizeof(struct btz_keeper_ask), 0) < 0)
		return 6;
	(void)waitpid(pid, NULL, 0);
	return shell("test -z \"$(nft list tables)\" && ! ip link show btz0 "
		     ">/dev/null 2>&1") == 0
		   ? 0
		   : 7;
}

static unsigned gone_times, answers;
static enum btz_rc last;

static void
on_gone(void *arg)
{
	(void)arg;
	gone_times++;
}

static void
on_answer(enum btz_rc rc, void *arg)
{
	assert_ptr_equal(arg, &answers);
	answers++;
	last = rc;
}

static pid_t
only_child(void)
{
	char path[64];
	int pid = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children",
	    (int)getpid(), (int)getpid());
	f = fopen(path, "r");
	if (f == NULL || fscanf(f, "%d", &pid) != 1)
		pid = 0;
	if (f != NULL)
		(void)fclose(f);
	return pid;
}

static void
run_for(struct btz_loop *loop, unsigned ms)
{
	uint64_t end = btz_boot_ms() + ms;

	while (btz_boot_ms() < end && gone_times == 0)
		btz_loop_once(loop, 20);
}

/* One that hangs is as good as dead; one that is only asked much is not. */
static int
hang(void)
{
	const struct btz_keeper_ask table = { BTZ_KEEPER_TABLE };
	struct btz_keeper *k;
	struct btz_loop *loop;
	struct btz_err err;
	uint64_t began;
	pid_t pid;

	if (btz_loop_new(&loop, &err) != BTZ_OK ||
	    btz_keeper_start(loop, &sites, 0, on_gone, NULL, &k, &err) !=
		BTZ_OK)
		return 20;
	pid = only_child();
	if (pid == 0)
		return 21;
	for (int i = 0; i < 100; i++)
		btz_keeper_tell(k, &table, on_answer, &answers);
	run_for(loop, 6000); /* longer than one may take */
	if (answers != 100 || last != BTZ_OK || gone_times != 0)
		return 22;
	(void)kill(pid, SIGSTOP);
	began = btz_boot_ms();
	btz_keeper_tell(k, &table, on_answer, &answers);
	run_for(loop, 9000);
	if (gone_times != 1 || answers != 100 || btz_boot_ms() - began < 4000)
		return 23;
	(void)kill(pid, SIGKILL);
	btz_keeper_stop(k);
	if (answers != 101 || last != BTZ_E_GONE)
		return 24;
	btz_loop_free(loop);
	return 0;
}

static void
in_namespace(int (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (unshare(CLONE_NEWNET) != 0 ||
		    shell("nft list tables >/dev/null 2>&1") != 0)
			_exit(99);
		_exit(fn());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 99)
		skip();
	assert_int_equal(status, 0);
}

static void
test_life(void **state)
{
	(void)state;
	in_namespace(life);
}

static void
test_hang(void **state)
{
	(void)state;
	in_namespace(hang);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_hang),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
