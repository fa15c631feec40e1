/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_cli.c - the nouns of access on the command line, against the real
 * daemon: exit status and what is printed. Rows build on each other.
 */
#include "support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sock.h"
#include "support/auditor.h"
#include "support/spawn.h"
#include "wire/msg_change.h"
#include "wire/ops.h"

static struct btz_box *box;
static struct btz_auditor *auditor;

static int
setup(void **state)
{
	struct btz_access_init m = { .trust_domain = btz_span_str("box.test") };
	struct btz_frame f = { .op = BTZ_OP_ACCESS_INIT, .tag = 1 };
	static struct btz_msgbuf buf;
	int fd, got;

	(void)state;
	box = btz_box_new("");
	btz_box_start(box, BTZ_PROG_ACCESS, NULL);
	auditor = btz_auditor_new(
	    btz_box_take(box, BTZ_PROG_ACCESS, BTZ_PROG_AUDIT));
	fd = btz_box_connect(box, "admin/access.sock");
	if (btz_sock_pack(&buf, &f, &btz_def_access_init, &m) != BTZ_OK ||
	    btz_sock_send(fd, buf.bytes, buf.len, -1) != BTZ_OK ||
	    btz_sock_recv(fd, &buf, &got, NULL) != BTZ_OK)
		return -1;
	(void)close(fd);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	btz_auditor_free(auditor);
	return btz_box_free(box);
}

/* Runs the command line; standard output and error together. */
static int
run(const char *args, char *out, size_t cap)
{
	char cmd[1024];
	size_t n;
	FILE *p;

	(void)snprintf(cmd, sizeof(cmd),
	    "ASAN_OPTIONS=detect_leaks=0 %s/src/cli/bartizan --home %s %s "
	    "2>&1",
	    getenv("BTZ_BUILD"), btz_box_home(box), args);
	p = popen(cmd, "r");
	assert_non_null(p);
	n = fread(out, 1, cap - 1, p);
	out[n] = '\0';
	return WEXITSTATUS(pclose(p));
}

static const struct {
	const char *args;
	int status;
	const char *says;
} rows[] = {
	{ "user add", 2, "NAME" },
	{ "user add alice", 65, "user 'alice': not found" },
	{ "tenant add Home", 65, "tenant 'Home': not a valid name" },
	{ "tenant add home", 0, "tenant 'home': added, in force with policy" },
	{ "tenant add home", 65, "already exists" },
	{ "user add alice", 0, "user 'alice': added" },
	{ "user add bob --tenant work", 65, "not found" },
	{ "user add bob --tenant W", 65, "--tenant 'W'" },
	{ "user add bob --tenant home", 0, "added" },
	{ "device add cam", 0, "device 'cam': added" },
	{ "user list", 0, "spiffe://box.test/home/user/bob" },
	{ "--json user list", 0, "\"name\":\"alice\"" },
	{ "share add photos", 69, "shares/home/photos" }, /* no supervisor */
	{ "share list", 0, "photos" },
	{ "role list", 0, "list,read,write,delete,manage" },
	{ "role add dropbox fly", 65, "role 'dropbox' with 'fly'" },
	{ "role add dropbox write,list", 0, "role 'dropbox'" },
	{ "role grant alice editor music", 65, "share 'music'" },
	{ "role grant alice editor photos --expires yesterday", 2,
	    "--expires 'yesterday'" },
	{ "role grant alice editor photos --expires 2001-01-01", 65,
	    "is in the past" },
	{ "role grant alice editor photos --expires 30d", 0, "granted" },
	{ "role grant device/cam dropbox photos", 0, "granted" },
	{ "role list --grants", 0, "user/alice" },
	{ "role list --grants", 0, "device/cam" },
	{ "access explain alice photos write", 0, "allowed: granted by role" },
	{ "access explain alice /home/photos/a/b manage", 1, "refused: role" },
	{ "access explain bob photos", 1, "no grant on this share" },
	{ "access explain eve photos", 65, "user 'eve'" },
	{ "--json access explain bob photos read", 1, "\"allow\":false" },
	{ "share add vpn.main", 65, "bartizan vpn define" },
	{ "share add vpn:main", 65, "not a valid name" },
	{ "role grant bob viewer vpn:main", 65, "'vpn names'" },
	{ "vpn define vpn:main", 65, "without 'vpn:'" },
	{ "vpn define main", 0, "VPN 'main': defined, in force with policy" },
	{ "vpn define main", 65, "already exists" },
	{ "vpn names", 0, "main" },
	{ "share list main", 0, "" },
	{ "role grant bob viewer vpn:main", 0, "VPN 'vpn:main': granted" },
	{ "role list --grants vpn:main", 0, "vpn:main" },
	{ "--json role list --grants vpn:main", 0,
	    "\"permissions\":\"connect\"" },
	{ "--json role list --grants alice", 0,
	    "\"permissions\":\"list,read,write,delete\"" },
	{ "access explain bob vpn:main connect", 0,
	    "allowed: granted by role; role viewer permits connect" },
	{ "access explain bob vpn:main read", 1, "refused: role does not" },
	{ "access explain alice vpn:main", 1, "no grant on this VPN" },
	{ "access explain alice vpn.main", 65, "not a valid name" },
	{ "role grant bob viewer vpn:main --only-by fax", 2,
	    "--only-by 'fax': give vpn or https" },
	{ "role grant bob viewer vpn:main --only-by https", 2,
	    "would let nobody in: a VPN is entered by vpn" },
	{ "role grant bob viewer photos --only-by cli", 2,
	    "would let nobody in: files are reached by" },
	{ "role grant bob viewer vpn:main --window 8-18", 2,
	    "days and hours in UTC, as 'Mon-Fri 08:00-18:00'" },
	{ "role grant bob viewer vpn:main --until 1h --expires 1h", 2,
	    "give one" },
	{ "role grant bob viewer vpn:main --until someday", 2,
	    "--until 'someday': give 12h, 30d" },
	{ "role grant bob viewer vpn:main --until 2001-01-01", 65,
	    "--until '2001-01-01' is in the past" },
	{ "role grant bob viewer vpn:main --until 2099-12-31 --only-by vpn "
	  "--window 'Mon-Fri 08:00-18:00'",
	    0, "granted" },
	{ "role list --grants bob", 0, "Mon-Fri 08:00-18:00" },
	{ "--json role list --grants bob", 0, "\"only_by\":\"vpn\"" },
	{ "--json role list --grants bob", 0,
	    "\"window_utc\":\"Mon-Fri 08:00-18:00\"" },
	{ "access explain bob vpn:main connect --at never", 2, "--at 'never'" },
	{ "access explain bob vpn:main connect --via fax", 2, "--via 'fax'" },
	{ "access explain bob vpn:main connect --at 2027-02-01T08:00:00Z", 0,
	    "only by vpn within Mon-Fri 08:00-18:00 UTC until "
	    "2100-01-01T00:00:00Z (decides)" },
	{ "access explain bob vpn:main connect --at 2027-01-31", 1,
	    "refused: grant is not for this time; role viewer permits connect "
	    "only by vpn within Mon-Fri 08:00-18:00 UTC" },
	{ "access explain bob vpn:main connect --via https --at "
	  "2027-02-01T08:00:00Z",
	    1, "refused: grant is not for this way in" },
	{ "access explain bob vpn:main connect --at 2100-01-01T09:00:00Z", 1,
	    "refused: grant has expired" },
	{ "role revoke bob viewer vpn:main", 0, "revoked" },
	{ "vpn undefine main", 0, "not defined any more" },
	{ "vpn undefine main", 65, "not found" },
	{ "role revoke alice viewer photos", 65, "not found" },
	{ "role revoke alice editor photos", 0, "revoked" },
	{ "role remove viewer", 1, "not possible" },
	{ "role remove dropbox", 0, "removed" },
	{ "user disable bob", 0, "disabled" },
	{ "user list bob", 0, "disabled" },
	{ "user enable bob", 0, "enabled" },
	{ "user remove bob", 0, "removed" },
	{ "invite create alice --url http://x", 2, "--url" },
	{ "invite create alice --hours 1000", 2, "--hours" },
	{ "invite create alice --url https://x", 69, "ca does not answer" },
	{ "invite list", 0, "" },
	{ "invite cancel abcd", 65, "invite 'abcd'" },
	{ "credential list", 0, "" },
	{ "credential show abcd", 65, "credential 'abcd'" },
	{ "credential revoke abcd --reason boredom", 2, "--reason" },
	{ "credential revoke abcd", 69, "ca does not answer" },
	{ "access status", 0, "box.test" },
	{ "share remove photos", 0, "removed" },
	{ "tenant list", 0, "home" },
	{ "tenant remove home", 0, "removed" },
	{ "access --help", 0, "explain" },
	{ "role grant --help", 0, "UTC" },
};

static void
test_commands(void **state)
{
	char out[8192];

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		int status = run(rows[i].args, out, sizeof(out));

		printf("# %s\n", rows[i].args);
		if (status != rows[i].status ||
		    strstr(out, rows[i].says) == NULL)
			fail_msg(
			    "%s: exit %d, said: %s", rows[i].args, status, out);
	}
	assert_true(btz_auditor_heard(auditor, "user.add", NULL) >= 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
