/* SPDX-License-Identifier: Apache-2.0 */
/* test_link.c - the management socket and what OpenVPN says on it: connecting
 * again, lines that break it, one that hangs, one that reads slowly, signatures
 * that are late. Also tests serve.c. */
#include "vpn/stage.h"

#include "wire/msg_sign.h"

/* What a TLS 1.3 server signs, in Base64. */
#define SIGN                                                                   \
	"ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg"         \
	"ICAgICAgICAgICAgICAgICAgIFRMUyAxLjMsIHNlcnZlciBDZXJ0aWZpY2F0"         \
	"ZVZlcmlmeQAAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHw=="

static void
is_down(const char *why)
{
	assert_int_equal(st.s->state, BTZ_SITE_DOWN);
	assert_int_equal(st.s->fd, -1);
	assert_null(st.s->watch);
	assert_non_null(strstr(st.s->why, why));
	assert_true(btz_timer_pending(st.s->timer)); /* again */
	assert_false(btz_timer_pending(st.s->look));
}

/* Nobody listens yet, then somebody does. */
static void
test_connects(void **state)
{
	char path[128];

	(void)state;
	(void)close(st.listener);
	(void)snprintf(path, sizeof(path), "%s/main.sock", st.dir);
	st.s->delay = 1;
	btz_link_start(st.s); /* refused: nobody listens */
	is_down("does not answer");
	assert_int_equal(st.s->delay, 2);
	(void)unlink(path);
	btz_link_start(st.s); /* nothing is there */
	for (int i = 0; i < 12; i++)
		btz_link_start(st.s);
	assert_int_equal(st.s->delay, 1000); /* not ever longer */
	s_listen();
	btz_timer_cancel(st.s->timer);
	btz_timer_set(st.s->timer, 1);
	for (int i = 0; i < 50 && st.s->state != BTZ_SITE_UP; i++)
		btz_loop_once(st.loop, 10);
	assert_int_equal(st.s->state, BTZ_SITE_UP);
	s_accept();
	assert_true(s_heard_has("version 3\nbytecount 2\n"));
	assert_string_equal(st.s->why, "");
	btz_link_start(st.s); /* is up already */
	assert_int_equal(st.hung, 0);
}

static void
test_not_in_setup(void **state)
{
	(void)state;
	st.s->state = BTZ_SITE_SETUP;
	btz_link_start(st.s);
	assert_int_equal(st.s->fd, -1);
	st.s->state = BTZ_SITE_DOWN;
}

#define DENIAL "SUCCESS: x\r\n"
static const struct {
	const char *name, *text;
} breaks[] = {
	{ "no such line", "nonsense\r\n" },
	{ "an answer that is not due", DENIAL },
	{ "number of a client", ">CLIENT:CONNECT,-1,2\r\n" },
	{ "number without end", ">CLIENT:CONNECT,18446744073709551616,1\r\n" },
	{ "a line within a block", ">CLIENT:CONNECT,1,1\r\n>HOLD:x\r\n" },
	{ "hello twice", HELLO },
	{ "control character", ">BYTECOUNT_CLI:1,2,3\x01\r\n" },
	{ "another key", ">PK_SIGN:QUJD,RSA_PKCS1_PADDING\r\n" },
	{ "a signature while one is due",
	    ">PK_SIGN:" SIGN ",ECDSA,hashalg=SHA256,data=message\r\n"
	    ">PK_SIGN:" SIGN ",ECDSA,hashalg=SHA256,data=message\r\n" },
	{ "an error that it tells", ">FATAL:out of memory\r\n" },
};

static void
test_breaks(void **state)
{
	for (size_t i = 0; i < BTZ_COUNT(breaks); i++) {
		print_message("# case: %s\n", breaks[i].name);
		assert_int_equal(s_begin_up(state), 0);
		s_client("CONNECT,5,1", "alice", false);
		(void)s_answer(BTZ_OK, NULL, NULL);
		(void)s_keeper(BTZ_OK);
		s_say("SUCCESS: a\r\nSUCCESS: b\r\n");
		assert_non_null(btz_session_find(st.s, 5));
		s_say("%s", breaks[i].text);
		is_down("OpenVPN");
		assert_null(btz_session_find(st.s, 5)); /* nobody stays */
		assert_int_equal(s_keeper(BTZ_OK).del, S_FAMILY);
		assert_int_equal(s_end(state), 0);
	}
}

/* What a client may cause, and says nothing to us. */
static void
test_passes(void **state)
{
	(void)state;
	s_say(">NOTIFY:info,remote-exit,EXIT\r\n"
	      ">NOTIFY:info,remote-exit,EXIT,any text: \"x\"\r\n"
	      ">CLIENT:CR_RESPONSE,1,2,QUJD\r\n>CLIENT:ENV,x=y\r\n"
	      ">CLIENT:ENV,END\r\n>CLIENT:ADDRESS,0,10.88.0.50,1\r\n");
	assert_int_equal(st.s->state, BTZ_SITE_UP);
}

/* A line may come in pieces, and many at once. */
static void
test_pieces(void **state)
{
	static const char text[] = ">CLIENT:CONNECT,9,1\r\n>CLIENT:ENV,END\r\n";
	char many[4096] = "";

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(text); i++)
		s_say("%c", text[i]);
	assert_true(s_heard_has("client-deny 9 1 "));
	s_say("SUCCESS: x\r\n");
	for (int i = 0; i < 50; i++)
		(void)strcat(many, text);
	s_say("%s", many);
	assert_int_equal(st.s->mgmt.due_count, 50);
}

/* As if so much time had passed. */
static void
later(uint64_t ms)
{
	st.s->alive.since -= ms;
	st.s->alive.looked -= ms;
}

/* Nothing comes after it was asked: nobody stays, the supervisor is told. */
static void
test_hangs(void **state)
{
	(void)state;
	s_client("CONNECT,5,1", "alice", false);
	(void)s_answer(BTZ_OK, NULL, NULL);
	(void)s_keeper(BTZ_OK);
	s_say("SUCCESS: a\r\nSUCCESS: b\r\n");
	assert_true(btz_timer_pending(st.s->look));
	(void)s_heard();
	btz_link_look(st.s);
	assert_string_equal(s_heard(), "pid\n");
	s_say("SUCCESS: pid=77\r\n");
	later(5000);
	btz_link_look(st.s);
	assert_string_equal(s_heard(), "pid\n");
	btz_link_look(st.s); /* too early to tell */
	assert_int_equal(st.hung, 0);
	later(5000);
	btz_link_look(st.s);
	assert_int_equal(st.hung, 1);
	is_down("OpenVPN hangs");
	assert_null(btz_session_find(st.s, 5));
	assert_true(s_trail_has("disconnect(OpenVPN hangs"));
	assert_int_equal(s_keeper(BTZ_OK).del, S_FAMILY);
	btz_link_look(st.s); /* a look that is late does no harm */
	assert_int_equal(st.hung, 1);
}

#define PK_SIGN ">PK_SIGN:" SIGN ",ECDSA,hashalg=SHA256,data=message\r\n"

/* It waits for our signature: not its fault. */
static void
test_waits_for_us(void **state)
{
	const struct btz_signature sig = { btz_span_str("\x30\x01") };

	(void)state;
	btz_link_look(st.s);
	s_say(PK_SIGN);
	assert_int_equal(s_peer_waits(), 1);
	st.s->alive.asked = true; /* asked meanwhile */
	later(5000);
	btz_link_look(st.s);
	assert_int_equal(st.hung, 0);
	later(2000);
	(void)s_answer(BTZ_OK, &btz_def_signature, &sig);
	later(3000);
	btz_link_look(st.s);
	assert_int_equal(st.hung, 0);
	later(5000);
	btz_link_look(st.s);
	assert_int_equal(st.hung, 1);
}

/* One that takes no connection for half a minute hangs, too. */
static void
test_down_for_long(void **state)
{
	(void)state;
	(void)close(st.listener);
	st.listener = -1;
	st.s->down_since -= 29000;
	btz_link_start(st.s);
	assert_int_equal(st.hung, 0);
	st.s->down_since -= 2000;
	btz_link_start(st.s);
	assert_int_equal(st.hung, 1);
	btz_link_start(st.s); /* it gets time to start */
	assert_int_equal(st.hung, 1);
}

static void
test_reload(void **state)
{
	(void)state;
	btz_link_reload(st.s); /* nothing has changed */
	assert_string_equal(s_heard(), "");
	st.s->reload = true;
	btz_link_reload(st.s);
	assert_string_equal(s_heard(), "signal SIGTERM\n");
	btz_link_reload(st.s); /* once */
	assert_string_equal(s_heard(), "");
	/* one that was not there then is told when it is */
	btz_link_close(st.s, "test");
	st.s->reload = true;
	btz_link_reload(st.s);
	assert_true(st.s->reload);
	(void)close(st.ovpn);
	btz_link_start(st.s);
	s_accept();
	assert_true(s_heard_has("bytecount 2\nsignal SIGTERM\n"));
	assert_false(st.s->reload);
	/* one that cannot be told is ended */
	st.s->mgmt.due_count = BTZ_MGMT_DUE_MAX;
	st.s->reload = true;
	btz_link_reload(st.s);
	assert_int_equal(st.hung, 1);
	is_down("does not read");
}

static void
small_buffer(void)
{
	int small = 4096;

	assert_int_equal(
	    setsockopt(st.s->fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)),
	    0);
}

/* Writes until so much waits; false: it does not fit. */
static bool
fill(size_t wanted)
{
	struct btz_span lines[30];
	struct btz_wr wr;

	for (size_t i = 0; i < BTZ_COUNT(lines); i++)
		lines[i] = btz_span_str(
		    "push \"route 255.255.255.255 255.255.255.255\"");
	while (st.s->out_len - st.s->out_at < wanted) {
		st.s->mgmt.due_count = 0; /* as if it had answered */
		btz_link_begin(st.s, &wr, 2048);
		if (btz_mgmt_put_auth(&st.s->mgmt, &wr, 1, 1, lines,
			BTZ_COUNT(lines)) != BTZ_OK)
			return false;
		btz_link_send(st.s, &wr);
	}
	return true;
}

#define ROUTE "push \"route 255.255.255.255 255.255.255.255\"\n"
#define BLOCK (16 + 30 * (sizeof(ROUTE) - 1) + 4)

/* Reads some of what fill() wrote; at: where in the stream. */
static size_t
check_stream(size_t at)
{
	char want[BLOCK + 1] = "client-auth 1 1\n";
	const char *text = s_heard();

	for (int i = 0; i < 30; i++)
		(void)strcat(want, ROUTE);
	(void)strcat(want, "END\n");
	for (; *text != '\0'; text++)
		assert_int_equal(*text, want[at++ % BLOCK]);
	return at;
}

/* One that reads, but never all, is not cut off for what it has read; and it
 * gets every byte in order. */
static void
test_slow_reader(void **state)
{
	size_t at = 0;

	(void)state;
	small_buffer();
	for (int i = 0; i < 4; i++) {
		assert_true(fill(900000));
		while (st.s->out_len - st.s->out_at > 300000)
			at = check_stream(at);
		assert_int_equal(st.s->state, BTZ_SITE_UP);
	}
	while (st.s->out_len > 0)
		at = check_stream(at);
	at = check_stream(at);
	assert_int_equal(at % BLOCK, 0);
	assert_true(at > 2000000);
}

/* One that reads nothing at all is not with us any more. */
static void
test_no_reader(void **state)
{
	(void)state;
	small_buffer();
	assert_false(fill(1u << 20));
	assert_true(st.s->out_cap <= 1u << 20);
	/* a signature that does not fit breaks it */
	s_say(PK_SIGN);
	assert_int_equal(s_peer_waits(), 1);
	(void)s_answer(BTZ_E_TIMEOUT, NULL, NULL);
	s_pump();
	is_down("closed");
}

static void
test_signs(void **state)
{
	const struct btz_signature sig = { btz_span_str("\x30\x01") };
	uint64_t life;

	(void)state;
	s_say(">PK_SIGN:QUJD,ECDSA,hashalg=SHA256,data=message\r\n");
	assert_int_equal(s_peer_waits(), 0); /* no TLS 1.3 server's */
	assert_string_equal(s_heard(), "pk-sig\nEND\n");
	s_say("ERROR: pk-sig\r\n" PK_SIGN);
	assert_int_equal(
	    s_answer(BTZ_OK, &btz_def_signature, &sig), BTZ_OP_SIGN);
	assert_string_equal(s_heard(), "pk-sig\nMAE=\nEND\n");
	s_say("SUCCESS: pk-sig\r\n" PK_SIGN);
	(void)s_answer(BTZ_OK, &btz_def_audit_ok, &(struct btz_audit_ok){ 1 });
	assert_string_equal(s_heard(), "pk-sig\nEND\n"); /* not an answer */
	s_say("SUCCESS: pk-sig\r\n" PK_SIGN);
	(void)s_answer(BTZ_E_LEASE, NULL, NULL);
	assert_int_equal(st.lost, 1);
	(void)s_heard();
	st.ask_rc = BTZ_E_DOWN;
	s_say("SUCCESS: pk-sig\r\n" PK_SIGN);
	assert_string_equal(s_heard(), "pk-sig\nEND\n");
	st.ask_rc = BTZ_OK;
	/* the answer to one who is gone is nobody's */
	s_say("SUCCESS: pk-sig\r\n" PK_SIGN);
	life = st.s->life;
	btz_link_close(st.s, "test");
	(void)close(st.ovpn);
	btz_link_start(st.s);
	s_accept();
	assert_true(st.s->life > life);
	s_say(HELLO PK_SIGN);
	assert_int_equal(s_peer_waits(), 2);
	(void)s_answer(BTZ_OK, &btz_def_signature, &sig);
	assert_null(strstr(s_heard(), "pk-sig"));
	assert_true(st.s->signing);
	(void)s_answer(BTZ_OK, &btz_def_signature, &sig);
	assert_string_equal(s_heard(), "pk-sig\nMAE=\nEND\n");
}

/* A signer that hangs holds up all tunnels once in a while, not for long. */
static void
test_signer_hangs(void **state)
{
	(void)state;
	s_say(PK_SIGN);
	(void)s_answer(BTZ_E_TIMEOUT, NULL, NULL);
	assert_string_equal(s_heard(), "pk-sig\nEND\n");
	s_say("ERROR: pk-sig\r\n" PK_SIGN);
	assert_int_equal(s_peer_waits(), 0); /* not asked now */
	assert_string_equal(s_heard(), "pk-sig\nEND\n");
	st.s->sign_after -= BTZ_VPN_SIGN_REST_MS;
	s_say("ERROR: pk-sig\r\n" PK_SIGN);
	assert_int_equal(s_peer_waits(), 1);
}

#define UP(f) cmocka_unit_test_setup_teardown(f, s_begin_up, s_end)
#define DOWN(f) cmocka_unit_test_setup_teardown(f, s_begin, s_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		DOWN(test_connects),
		DOWN(test_not_in_setup),
		cmocka_unit_test(test_breaks),
		UP(test_passes),
		UP(test_pieces),
		UP(test_hangs),
		UP(test_waits_for_us),
		DOWN(test_down_for_long),
		UP(test_reload),
		UP(test_slow_reader),
		UP(test_no_reader),
		UP(test_signs),
		UP(test_signer_hangs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
