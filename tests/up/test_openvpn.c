/* SPDX-License-Identifier: Apache-2.0 */
/* test_openvpn.c - the configuration that an OpenVPN gets: of which VPN, and the
 * lines that keep everybody out who was not admitted. */
#include "up/up.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/cmocka_all.h"
#include "wire/ops.h"

static struct btz_up up;
static char text[16384];

static const char conf[] =
    "[vpn main]\ntenant = home\nlisten = [::]:1194\nnetwork6 = fd88::/64\n"
    "[vpn shop]\ntenant = shop\nlisten = 192.0.2.1:443\nproto = tcp\n"
    "network = 10.89.0.0/24\nmax_clients = 7\n";

static void
make(const char *dir)
{
	char path[400];

	(void)snprintf(path, sizeof(path), "%s/%s", up.home, dir);
	assert_int_equal(mkdir(path, 0700), 0);
}

static int
setup(void **state)
{
	struct btz_err err;

	(void)state;
	(void)snprintf(up.home, sizeof(up.home), "/tmp/btz-openvpn-XXXXXX");
	if (mkdtemp(up.home) == NULL ||
	    btz_up_conf_parse("f", conf, &up.conf, &err) != BTZ_OK)
		return -1;
	up.home_or_null = up.home;
	make("openvpn");
	make("lib");
	make("lib/vpn");
	make("lib/vpn/main");
	return 0;
}

static int
teardown(void **state)
{
	char cmd[400];

	(void)state;
	(void)snprintf(cmd, sizeof(cmd), "rm -rf '%s'", up.home);
	return system(cmd);
}

static void
written(enum btz_prog prog)
{
	const char *argv[8] = { NULL };
	char path[512];
	struct btz_err err;
	size_t n;
	FILE *f;

	assert_int_equal(
	    btz_up_openvpn_prepare(&up, prog, argv, path, sizeof(path), &err),
	    BTZ_OK);
	assert_string_equal(argv[1], "--config");
	assert_string_equal(argv[2], path);
	assert_null(argv[3]);
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	(void)fclose(f);
	text[n] = '\0';
}

static bool
has(const char *line)
{
	char whole[300];

	(void)snprintf(whole, sizeof(whole), "\n%s\n", line);
	return strstr(text, whole) != NULL;
}

/* Without one of these somebody could come in unasked, or a key would lie
 * about, or OpenVPN would need a right. */
static const char *const always[] = { "verify-client-cert require",
	"remote-cert-tls client", "management-client-auth", "management-hold",
	"management-signal", "management-external-key pss digest nopadding",
	"tls-version-min 1.3", "x509-track subjectAltName", "ifconfig-noexec",
	"route-noexec", "script-security 0", "disable-dco" };

static void
test_files(void **state)
{
	(void)state;
	for (enum btz_prog p = BTZ_PROG_OPENVPN1; p <= BTZ_PROG_OPENVPN2; p++) {
		written(p);
		for (size_t i = 0; i < BTZ_COUNT(always); i++) {
			print_message("# %s\n", always[i]);
			assert_true(has(always[i]));
		}
		assert_null(strstr(text, "\nkey "));
	}
	assert_true(has("dev btz1"));
	assert_true(has("local 192.0.2.1"));
	assert_true(has("port 443"));
	assert_true(has("proto tcp4-server"));
	assert_true(has("max-clients 284"));
	assert_null(strstr(text, "ipv6"));
	assert_null(strstr(text, "explicit-exit-notify")); /* UDP only */
	written(BTZ_PROG_OPENVPN1);
	assert_true(has("dev btz0"));
	assert_true(has("local ::"));
	assert_true(has("proto udp6"));
	assert_true(has("ifconfig 10.88.0.1 255.255.255.0"));
	assert_true(has("ifconfig-ipv6 fd88::1/64 fd88::2"));
}

/* The same again is not written: it starts on a full disk, too. */
static void
test_unchanged(void **state)
{
	const char *argv[16];
	char path[400], tmp[420];
	struct stat before, after;
	struct btz_err err;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(btz_up_openvpn_prepare(&up, BTZ_PROG_OPENVPN1,
				     argv, path, sizeof(path), &err),
		    BTZ_OK);
		assert_int_equal(stat(path, i == 0 ? &before : &after), 0);
		if (i == 1) { /* somebody has changed it: put right */
			FILE *f = fopen(path, "a");

			assert_int_equal(before.st_ino, after.st_ino);
			assert_non_null(f);
			(void)fputs("script-security 2\n", f);
			(void)fclose(f);
		}
	}
	written(BTZ_PROG_OPENVPN1);
	assert_false(has("script-security 2"));
	/* a place where it cannot be written: nothing is left behind */
	(void)snprintf(tmp, sizeof(tmp), "%s.new", path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(btz_up_openvpn_prepare(&up, BTZ_PROG_OPENVPN1, argv,
			     path, sizeof(path), &err),
	    BTZ_E_IO);
	assert_int_equal(access(tmp, F_OK), -1);
	assert_int_equal(rmdir(path), 0);
}

static void
test_wanted(void **state)
{
	char path[400];
	FILE *f;

	(void)state;
	assert_true(btz_up_vpn_wanted(&up, BTZ_PROG_VPN));
	assert_true(btz_up_vpn_wanted(&up, BTZ_PROG_OPENVPN2));
	assert_false(btz_up_vpn_wanted(&up, BTZ_PROG_OPENVPN3));
	assert_true(btz_up_vpn_wanted(&up, BTZ_PROG_CA));
	assert_false(btz_up_openvpn_have_cert(&up, BTZ_PROG_OPENVPN1));
	(void)snprintf(
	    path, sizeof(path), "%s/lib/vpn/main/server.pem", up.home);
	f = fopen(path, "w");
	assert_non_null(f);
	(void)fclose(f);
	assert_true(btz_up_openvpn_have_cert(&up, BTZ_PROG_OPENVPN1));
	assert_false(btz_up_openvpn_have_cert(&up, BTZ_PROG_OPENVPN2));
}

/* A child of ours in a group of its own, that nothing but SIGKILL ends. */
static pid_t
stopped_child(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)setpgid(0, 0);
		for (;;)
			(void)raise(SIGSTOP);
	}
	(void)setpgid(pid, pid);
	return pid;
}

static void
test_hung(void **state)
{
	static const struct {
		const char *name;
		enum btz_prog from, of;
		size_t len;
		bool killed;
	} cases[] = {
		{ "not of a program of ours", BTZ_PROG_VPN, BTZ_PROG_CA, 1,
		    false },
		{ "no such VPN", BTZ_PROG_VPN, BTZ_PROG_OPENVPN3, 1, false },
		{ "no such program", BTZ_PROG_VPN, 255, 1, false },
		{ "from another", BTZ_PROG_CA, BTZ_PROG_OPENVPN2, 1, false },
		{ "no body", BTZ_PROG_VPN, BTZ_PROG_OPENVPN2, 0, false },
		{ "not running", BTZ_PROG_VPN, BTZ_PROG_OPENVPN1, 1, false },
		{ "hangs", BTZ_PROG_VPN, BTZ_PROG_OPENVPN2, 1, true },
	};
	pid_t pid = stopped_child();
	int status;

	(void)state;
	assert_true(pid > 0);
	up.children[BTZ_PROG_OPENVPN2].pid = pid;
	up.children[BTZ_PROG_CA].pid = pid;
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		const struct btz_child from = { .up = &up,
			.prog = btz_up_prog(cases[i].from) };
		const uint8_t of = (uint8_t)cases[i].of;
		const struct btz_frame f = { .op = BTZ_OP_CHILD_HUNG,
			.body = btz_span_of(&of, cases[i].len) };

		print_message("# case: %s\n", cases[i].name);
		assert_int_equal(
		    btz_up_openvpn_hung(&from, &f), cases[i].killed);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	up.children[BTZ_PROG_OPENVPN2].pid = 0;
	up.children[BTZ_PROG_CA].pid = 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_unchanged),
		cmocka_unit_test(test_wanted),
		cmocka_unit_test(test_hung),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
