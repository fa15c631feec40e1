/* SPDX-License-Identifier: Apache-2.0 */
/* test_session.c - clients from CONNECT to DISCONNECT: who is denied at which
 * step, in which order a session is ended, what a change of roles does. */
#include "vpn/stage.h"

#define IN_AUTH                                                                \
	"client-auth 5 1\n"                                                    \
	"ifconfig-push 10.88.0.2 255.255.255.0\n"                              \
	"push \"topology subnet\"\npush \"route-gateway 10.88.0.1\"\n"         \
	"push \"route 10.77.0.0 255.255.255.0\"\nEND\n"                        \
	"client-pending-auth 5 1 "

/* Up to the answer to client-auth; then it is in. */
static struct btz_session *
let_in(const char *name, unsigned cid)
{
	char kind[64];

	(void)snprintf(kind, sizeof(kind), "CONNECT,%u,1", cid);
	s_client(kind, name, false);
	assert_int_equal(s_answer(BTZ_OK, NULL, NULL), BTZ_OP_APPEND);
	assert_int_equal(s_keeper(BTZ_OK).op, BTZ_KEEPER_MEMBERS);
	(void)snprintf(kind, sizeof(kind), "client-auth %u 1\n", cid);
	assert_true(s_heard_has(kind));
	s_say("SUCCESS: client-auth\r\nSUCCESS: client-pending-auth\r\n");
	assert_non_null(btz_session_find(st.s, cid));
	assert_int_equal(btz_session_find(st.s, cid)->state, BTZ_SESSION_IN);
	return btz_session_find(st.s, cid);
}

/* Whatever it answered or was asked: nobody is in, no address is taken. */
static void
nobody(void)
{
	while (s_keeper_waits() > 0)
		(void)s_keeper(BTZ_OK);
	assert_null(st.s->sessions);
	assert_int_equal(st.s->n_sessions, 0);
	for (size_t i = 0; i < BTZ_COUNT(st.s->pool.used); i++)
		assert_int_equal(st.s->pool.used[i], 0);
}

static void
full(void)
{
	st.s->n_sessions = 100;
}

static void
no_cutoff(void)
{
	st.s->cutoff = false;
}

static void
no_audit(void)
{
	st.ask_rc = BTZ_E_DOWN;
}

static void
no_address(void)
{
	while (btz_vpn_pool_take(&st.s->pool) != 0)
		continue;
}

static void
expired(void)
{
	const struct s_user u = { "alice", S_FAMILY, btz_unix_now() - 1,
		false };

	s_policy(&u, 1);
}

static void
disabled(void)
{
	const struct s_user u = { "alice", S_FAMILY, 0, true };

	s_policy(&u, 1);
}

static void
no_role(void)
{
	s_alice(0);
}

/* At once, before anything was asked of anybody. */
static const struct {
	const char *name, *who;
	bool foreign;
	void (*prepare)(void);
	const char *why;
} denials[] = {
	{ "nobody's certificate", "mallory", false, NULL,
	    "connect-(credential is not registered)" },
	{ "another issuing key", "alice", true, NULL,
	    "connect-(certificate is not from" },
	{ "disabled", "alice", false, disabled, "connect-(" },
	{ "no role", "alice", false, no_role, "connect-(" },
	{ "expired", "alice", false, expired, "connect-(" },
	{ "full", "alice", false, full, "connect-(max_clients" },
	{ "no nftables", "alice", false, no_cutoff, "connect-(no-cutoff" },
	{ "no address", "alice", false, no_address, "connect-(no address" },
	{ "no audit log", "alice", false, no_audit, "refused(the audit log" },
};

static void
test_denied(void **state)
{
	for (size_t i = 0; i < BTZ_COUNT(denials); i++) {
		print_message("# case: %s\n", denials[i].name);
		assert_int_equal(s_begin_up(state), 0);
		if (denials[i].prepare != NULL)
			denials[i].prepare();
		s_client("CONNECT,5,1", denials[i].who, denials[i].foreign);
		assert_true(s_heard_has("client-deny 5 1 \""));
		assert_true(s_trail_has(denials[i].why));
		assert_int_equal(s_keeper_waits() + s_peer_waits(), 0);
		assert_null(btz_session_find(st.s, 5));
		if (denials[i].prepare == full)
			st.s->n_sessions = 0;
		assert_int_equal(s_end(state), 0);
	}
}

/* What is shown is the same in all cases. */
static void
test_shown(void **state)
{
	(void)state;
	s_client("CONNECT,5,1", "mallory", false);
	assert_true(s_heard_has("\" \"not permitted\"\n"));
	no_role();
	s_client("CONNECT,6,1", "alice", false);
	assert_true(s_heard_has("\" \"not permitted\"\n"));
}

enum when { ASKED, OPENING };

static void
killed(void)
{
	btz_session_cut(btz_session_find(st.s, 5), "by hand");
}

static void
left(void)
{
	s_say(">CLIENT:DISCONNECT,5\r\n>CLIENT:ENV,END\r\n");
}

static void
closed(void)
{
	btz_link_close(st.s, "test");
}

static void
boss(void)
{
	s_alice(S_BOSS);
}

/* Something happens while the record is written, or the sets are changed. */
static const struct {
	const char *name;
	enum when when;
	void (*what)(void);
	enum btz_rc rc;	  /* of the audit log or the keeper */
	const char *deny; /* NULL: OpenVPN is told nothing */
} ways[] = {
	{ "the record cannot be written", ASKED, NULL, BTZ_E_NO_LOG,
	    "the audit log" },
	{ "nftables refuses", OPENING, NULL, BTZ_E_NO_CUTOFF, "no-cutoff" },
	{ "killed before the record", ASKED, killed, BTZ_OK, "ended by" },
	{ "killed before the sets", OPENING, killed, BTZ_OK, "ended by" },
	{ "left before the record", ASKED, left, BTZ_OK, NULL },
	{ "left before the sets", OPENING, left, BTZ_OK, NULL },
	{ "left, and nftables refuses", OPENING, left, BTZ_E_NO_CUTOFF, NULL },
	{ "OpenVPN dies before the record", ASKED, closed, BTZ_OK, NULL },
	{ "OpenVPN dies before the sets", OPENING, closed, BTZ_OK, NULL },
	{ "revoked before the sets", OPENING, disabled, BTZ_OK, "" },
	{ "its role goes before the sets", OPENING, no_role, BTZ_OK, "" },
	{ "another address part", OPENING, boss, BTZ_OK, "its roles have" },
};

static void
test_ways(void **state)
{
	for (size_t i = 0; i < BTZ_COUNT(ways); i++) {
		const bool opening = ways[i].when == OPENING;

		print_message("# case: %s\n", ways[i].name);
		assert_int_equal(s_begin_up(state), 0);
		s_client("CONNECT,5,1", "alice", false);
		if (opening)
			(void)s_answer(BTZ_OK, NULL, NULL);
		if (ways[i].what != NULL)
			ways[i].what();
		if (opening)
			(void)s_keeper(ways[i].rc);
		else
			(void)s_answer(ways[i].rc, NULL, NULL);
		if (ways[i].deny != NULL) {
			const char *text = s_heard();

			assert_non_null(strstr(text, "client-deny 5 1 "));
			assert_non_null(strstr(text, ways[i].deny));
			assert_null(strstr(text, "client-auth"));
			assert_true(s_trail_has("refused("));
		} else if (st.s->fd >= 0) {
			assert_string_equal(s_heard(), "");
		}
		/* what may be in a set is taken out of it */
		assert_int_equal(s_keeper_waits(), opening ? 1 : 0);
		if (opening)
			assert_int_equal(s_keeper(BTZ_OK).del, S_FAMILY);
		nobody();
		assert_int_equal(s_end(state), 0);
	}
}

static void
test_in_and_out(void **state)
{
	struct btz_keeper_ask ask;
	struct btz_session *v;

	(void)state;
	s_client("CONNECT,5,1", "alice", false);
	assert_true(s_trail_has("connect+("));
	assert_int_equal(s_keeper_waits(), 0); /* not before it is recorded */
	assert_string_equal(s_heard(), "");
	(void)s_answer(BTZ_OK, NULL, NULL);
	assert_string_equal(s_heard(), ""); /* nor this before it is in */
	ask = s_keeper(BTZ_OK);
	assert_int_equal(ask.addr, 0x0a580002);
	assert_int_equal(ask.add, S_FAMILY);
	assert_int_equal(ask.del, 0);
	assert_true(s_heard_has(IN_AUTH));
	v = btz_session_find(st.s, 5);
	assert_int_equal(v->state, BTZ_SESSION_SENT);
	s_say(">CLIENT:ESTABLISHED,5\r\n>CLIENT:ENV,END\r\n");
	assert_false(s_trail_has("connected("));
	s_say("SUCCESS: client-auth\r\nSUCCESS: client-pending-auth\r\n");
	assert_int_equal(v->state, BTZ_SESSION_IN);
	s_say(">CLIENT:ESTABLISHED,5\r\n>CLIENT:ENV,END\r\n");
	assert_true(s_trail_has("connected("));
	s_say(">BYTECOUNT_CLI:5,100,200\r\n");
	assert_int_equal(v->from_client, 100);
	s_say(">BYTECOUNT_CLI:6,100,200\r\n"); /* nobody */
	s_say(">CLIENT:DISCONNECT,5\r\n>CLIENT:ENV,bytes_received=300\r\n"
	      ">CLIENT:ENV,bytes_sent=100\r\n>CLIENT:ENV,END\r\n");
	assert_true(s_trail_has("disconnect("));
	assert_true(s_trail_has("300 bytes from and 200 to the client"));
	assert_int_equal(s_keeper(BTZ_OK).del, S_FAMILY);
	nobody();
	s_say(">CLIENT:DISCONNECT,5\r\n>CLIENT:ENV,END\r\n"); /* again */
}

/* OpenVPN did not know it any more when it was admitted. */
static void
test_unknown(void **state)
{
	(void)state;
	s_client("CONNECT,5,1", "alice", false);
	(void)s_answer(BTZ_OK, NULL, NULL);
	(void)s_keeper(BTZ_OK);
	s_say("ERROR: client-auth\r\nERROR: client-pending-auth\r\n");
	assert_int_equal(s_keeper(BTZ_OK).del, S_FAMILY);
	nobody();
}

/* Half of an admission must not stand: the link goes, and with it everybody. */
static void
test_half_written(void **state)
{
	(void)state;
	(void)let_in("alice", 4);
	s_client("CONNECT,5,1", "alice", false);
	(void)s_answer(BTZ_OK, NULL, NULL);
	/* room for one answer that is due, not for two */
	st.s->mgmt.due_count = BTZ_MGMT_DUE_MAX - 1;
	(void)s_keeper(BTZ_OK);
	assert_null(strstr(s_heard(), "client-auth"));
	assert_int_equal(st.s->fd, -1);
	assert_true(s_trail_has("disconnect(OpenVPN closed"));
	nobody();
}

/* First out of the sets, then client-kill; then it is told that it left. */
static void
cut_in_order(const char *why)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "cut(%s", why);
	assert_true(s_trail_has(text));
	assert_int_equal(btz_session_find(st.s, 5)->state, BTZ_SESSION_CUT);
	assert_string_equal(s_heard(), "");
	assert_int_equal(s_keeper_waits(), 1);
	assert_int_equal(s_keeper(BTZ_OK).del, S_FAMILY);
	assert_string_equal(s_heard(), "client-kill 5\n");
	s_say("SUCCESS: client-kill\r\n");
	assert_int_equal(s_keeper_waits(), 0);
	assert_non_null(btz_session_find(st.s, 5)); /* still there */
	left();
	assert_true(s_trail_has("disconnect("));
	nobody(); /* it had left its sets */
}

static void
test_kill(void **state)
{
	(void)state;
	(void)let_in("alice", 5);
	killed();
	killed(); /* once */
	cut_in_order("by hand");
}

static void
test_revoked(void **state)
{
	(void)state;
	(void)let_in("alice", 5);
	btz_session_review(&st.d);
	assert_int_equal(btz_session_find(st.s, 5)->state, BTZ_SESSION_IN);
	disabled();
	btz_session_review(&st.d);
	cut_in_order("");
}

/* A grant ends while the client is in; no policy is published then. */
static void
test_expiry(void **state)
{
	const struct s_user u = { "alice", S_FAMILY, btz_unix_now() + 2,
		false };

	(void)state;
	s_policy(&u, 1);
	(void)let_in("alice", 5);
	btz_session_review(&st.d);
	assert_int_equal(btz_session_find(st.s, 5)->state, BTZ_SESSION_IN);
	while (btz_unix_now() <= u.until)
		(void)usleep(50000);
	btz_session_review(&st.d);
	cut_in_order("");
}

/* Roles before and after; what the keeper is asked, or that it is ended. */
static const struct {
	const char *name;
	unsigned from, to;
	bool cut;
	uint64_t del, add;
} changes[] = {
	{ "none is left", S_FAMILY, 0, true, S_FAMILY, 0 },
	{ "other routes", S_FAMILY, S_STAFF, true, S_FAMILY, 0 },
	{ "a route more", S_FAMILY, S_FAMILY | S_STAFF, true, S_FAMILY, 0 },
	{ "a route less", S_FAMILY | S_STAFF, S_STAFF, true, S_FAMILY | S_STAFF,
	    0 },
	{ "an address part", S_FAMILY, S_FAMILY | S_BOSS, true, S_FAMILY, 0 },
	{ "another with the same routes", S_FAMILY, S_GUEST, false, S_FAMILY,
	    S_GUEST },
	{ "one more with the same routes", S_FAMILY, S_FAMILY | S_GUEST, false,
	    0, S_FAMILY | S_GUEST },
	{ "one less with the same routes", S_FAMILY | S_GUEST, S_GUEST, false,
	    S_FAMILY, S_GUEST },
	{ "the same", S_FAMILY, S_FAMILY, false, 0, 0 },
};

static void
test_role_change(void **state)
{
	for (size_t i = 0; i < BTZ_COUNT(changes); i++) {
		struct btz_keeper_ask ask;

		print_message("# case: %s\n", changes[i].name);
		assert_int_equal(s_begin_up(state), 0);
		s_alice(changes[i].from);
		(void)let_in("alice", 5);
		s_alice(changes[i].to);
		btz_session_review(&st.d);
		assert_int_equal(s_trail_has("cut("), changes[i].cut);
		assert_int_equal(
		    s_keeper_waits(), changes[i].del | changes[i].add ? 1 : 0);
		if (s_keeper_waits() > 0) {
			ask = s_keeper(BTZ_OK);
			assert_int_equal(ask.del, changes[i].del);
			assert_int_equal(ask.add, changes[i].add);
		}
		assert_int_equal(
		    strcmp(s_heard(), "client-kill 5\n") == 0, changes[i].cut);
		assert_int_equal(btz_session_find(st.s, 5)->state,
		    changes[i].cut ? BTZ_SESSION_CUT : BTZ_SESSION_IN);
		left();
		nobody();
		assert_int_equal(s_end(state), 0);
	}
}

/* Its roles change while it is on the way in: it is told the new ones' routes,
 * and the old ones' are other routes from then on. */
static void
test_changed_on_the_way(void **state)
{
	struct btz_keeper_ask ask;

	(void)state;
	s_client("CONNECT,5,1", "alice", false);
	(void)s_answer(BTZ_OK, NULL, NULL);
	s_alice(S_STAFF);
	(void)s_keeper(BTZ_OK);
	assert_true(s_heard_has("push \"route 10.78.0.0 255.255.255.0\"\nEND"));
	ask = s_keeper(BTZ_OK);
	assert_int_equal(ask.del, S_FAMILY);
	assert_int_equal(ask.add, S_STAFF);
	s_say("SUCCESS: client-auth\r\nSUCCESS: client-pending-auth\r\n");
	assert_false(s_trail_has("cut("));
	s_alice(S_FAMILY);
	btz_session_review(&st.d);
	assert_true(s_trail_has("cut(its roles"));
	assert_int_equal(s_keeper(BTZ_OK).del, S_STAFF);
}

/* It comes back and is told what its roles give it now. */
static void
test_comes_back(void **state)
{
	(void)state;
	(void)let_in("alice", 5);
	s_alice(S_FAMILY | S_BOSS);
	btz_session_review(&st.d);
	(void)s_keeper(BTZ_OK);
	(void)s_heard();
	s_say("SUCCESS: client-kill\r\n");
	s_client("CONNECT,6,1", "alice", false);
	(void)s_answer(BTZ_OK, NULL, NULL);
	assert_int_equal(s_keeper(BTZ_OK).addr, 0x0a580008);
	assert_true(s_heard_has("ifconfig-push 10.88.0.8 255.255.255.0\n"));
}

/* Takes all that are free. */
static bool
free_is(uint32_t wanted)
{
	bool is = false;
	uint32_t addr;

	while ((addr = btz_vpn_pool_take(&st.s->pool)) != 0)
		is |= addr == wanted;
	return is;
}

/* nftables refuses a change of roles: nobody knows what it reaches. */
static void
test_change_fails(void **state)
{
	(void)state;
	(void)let_in("alice", 5);
	s_alice(S_GUEST);
	btz_session_review(&st.d);
	(void)s_keeper(BTZ_E_NO_CUTOFF);
	assert_true(s_trail_has("cut(no-cutoff"));
	/* until it is known to be out of a set it counts as in it */
	assert_int_equal(s_keeper(BTZ_E_NO_CUTOFF).del, S_FAMILY | S_GUEST);
	assert_true(s_heard_has("client-kill 5\n"));
	left();
	assert_int_equal(s_keeper(BTZ_E_NO_CUTOFF).del, S_FAMILY | S_GUEST);
	assert_null(st.s->sessions);
	/* its address is nobody's, until the table is made anew */
	assert_false(free_is(0x0a580002));
	btz_session_reclaim(st.s);
	assert_true(free_is(0x0a580002));
}

/* An address that a session has is kept when the others are taken back. */
static void
test_reclaim(void **state)
{
	(void)state;
	(void)let_in("alice", 5);
	btz_session_reclaim(st.s);
	assert_false(free_is(0x0a580002));
	btz_session_reclaim(st.s);
	left();
	assert_int_equal(s_keeper(BTZ_OK).addr, 0x0a580002);
	nobody();
}

static void
two(void)
{
	const struct s_user u[] = { { "alice", S_FAMILY, 0, false },
		{ "bob", S_FAMILY, 0, false } };

	s_policy(u, 2);
}

/* REAUTH of session 5, which alice has. */
static const struct {
	const char *name, *kind, *who;
	void (*prepare)(void);
	const char *heard; /* at once */
	bool cut;
} reauths[] = {
	{ "revoked", "REAUTH,5,2", "alice", disabled, "client-deny 5 2 ",
	    true },
	{ "another certificate", "REAUTH,5,2", "bob", two, "client-deny 5 2 ",
	    true },
	{ "nobody's", "REAUTH,5,2", "mallory", NULL, "client-deny 5 2 ", true },
	{ "a session that is not there", "REAUTH,9,2", "alice", NULL,
	    "client-deny 9 2 ", false },
	{ "other routes", "REAUTH,5,2", "alice", boss, "", true },
	{ "as before", "REAUTH,5,2", "alice", NULL, "client-auth 5 2\nEND\n",
	    false },
};

static void
test_reauth(void **state)
{
	for (size_t i = 0; i < BTZ_COUNT(reauths); i++) {
		const char *text;

		print_message("# case: %s\n", reauths[i].name);
		assert_int_equal(s_begin_up(state), 0);
		(void)let_in("alice", 5);
		if (reauths[i].prepare != NULL)
			reauths[i].prepare();
		s_client(reauths[i].kind, reauths[i].who, false);
		text = s_heard();
		print_message("# %s\n", text[0] == '\0' ? "nothing" : "text");
		assert_int_equal(
		    strncmp(text, reauths[i].heard, strlen(reauths[i].heard)),
		    0);
		assert_int_equal(text[0] == '\0', reauths[i].heard[0] == '\0');
		assert_int_equal(s_trail_has("cut("), reauths[i].cut);
		assert_int_equal(s_keeper_waits(), reauths[i].cut ? 1 : 0);
		assert_int_equal(s_end(state), 0);
	}
}

/* OpenVPN does not take the new key of one who is in. */
static void
test_reauth_refused(void **state)
{
	(void)state;
	(void)let_in("alice", 5);
	s_client("REAUTH,5,2", "alice", false);
	s_say("ERROR: client-auth\r\n");
	assert_true(s_trail_has("cut(OpenVPN did not take"));
}

/* Nothing heard of it; and an end that OpenVPN does not tell. */
static void
test_silent(void **state)
{
	struct btz_session *v;

	(void)state;
	v = let_in("alice", 5);
	v->heard -= 149000;
	btz_session_review(&st.d);
	assert_int_equal(v->state, BTZ_SESSION_IN);
	s_say(">BYTECOUNT_CLI:5,1,1\r\n");
	v->heard -= 149000;
	btz_session_review(&st.d);
	assert_int_equal(v->state, BTZ_SESSION_IN);
	v->heard -= 2000;
	btz_session_review(&st.d);
	assert_true(s_trail_has("cut(not heard"));
	(void)s_keeper(BTZ_OK);
	s_say("SUCCESS: client-kill\r\n");
	v->heard -= 61000;
	btz_session_review(&st.d);
	nobody();
}

/* It left while it was being killed. */
static void
test_kill_unknown(void **state)
{
	(void)state;
	(void)let_in("alice", 5);
	killed();
	(void)s_keeper(BTZ_OK);
	s_say("ERROR: client-kill\r\n");
	nobody();
}

/* Everybody leaves the sets when OpenVPN is gone. */
static void
test_all_go(void **state)
{
	(void)state;
	two();
	(void)let_in("alice", 5);
	(void)let_in("bob", 6);
	s_client("CONNECT,7,1", "alice", false);
	(void)close(st.ovpn);
	st.ovpn = -1;
	s_pump();
	assert_int_equal(st.s->state, BTZ_SITE_DOWN);
	assert_null(btz_session_find(st.s, 5));
	assert_int_equal(s_keeper_waits(), 2);
	(void)s_answer(BTZ_OK, NULL, NULL);
	nobody();
}

/* OpenVPN asks about a connection that is in: not a second session. */
static void
test_same_again(void **state)
{
	(void)state;
	(void)let_in("alice", 5);
	s_client("CONNECT,5,2", "alice", false);
	assert_true(s_heard_has("client-deny 5 2"));
	assert_int_equal(st.s->n_sessions, 1);
}

static void
test_of_one(void **state)
{
	(void)state;
	for (unsigned cid = 1; cid <= 64; cid++)
		(void)let_in("alice", cid);
	s_client("CONNECT,65,1", "alice", false);
	assert_true(s_heard_has("client-deny 65 1"));
	assert_true(s_trail_has("connect-(too many connections with one"));
	assert_int_equal(st.s->n_sessions, 64);
}

#define T(f) cmocka_unit_test_setup_teardown(f, s_begin_up, s_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_denied),
		T(test_shown),
		cmocka_unit_test(test_ways),
		T(test_in_and_out),
		T(test_unknown),
		T(test_half_written),
		T(test_kill),
		T(test_revoked),
		T(test_expiry),
		cmocka_unit_test(test_role_change),
		T(test_changed_on_the_way),
		T(test_comes_back),
		T(test_change_fails),
		T(test_reclaim),
		cmocka_unit_test(test_reauth),
		T(test_reauth_refused),
		T(test_silent),
		T(test_kill_unknown),
		T(test_all_go),
		T(test_same_again),
		T(test_of_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
