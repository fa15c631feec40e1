/* SPDX-License-Identifier: Apache-2.0 */
/* test_mgmt.c - lines to events: refused lines, then a recorded exchange. */
#include "support/cmocka_all.h"

#include "vpn/link.h"

static struct btz_mgmt m;

/* base64 of "Bartizan" */
#define B64 "QmFydGl6YW4="
#define ECDSA ",ECDSA,hashalg=SHA256,data=message"

static const struct {
	const char *name, *text;
} refused[] = {
	{ "empty line", "\r\n" },
	{ "unknown notice", ">LOG:1,I,x\r\n" },
	{ "second greeting", HELLO },
	{ "no notice", "hello\r\n" },
	{ "control character", ">HOLD:Waiting for hold release:\t0\r\n" },
	{ "carriage return inside", ">HOLD:Waiting for hold release:\r0\r\n" },
	{ "hold of another kind", ">HOLD:Waiting\r\n" },
	{ "success that is not due",
	    "SUCCESS: client-auth command succeeded\r\n" },
	{ "error that is not due", "ERROR: unknown command\r\n" },
	{ "env outside a block", ENV("a=b") },
	{ "connect without kid", ">CLIENT:CONNECT,1\r\n" },
	{ "connect, empty kid", ">CLIENT:CONNECT,1,\r\n" },
	{ "connect with a third number", ">CLIENT:CONNECT,1,2,3\r\n" },
	{ "connect, cid not a number", ">CLIENT:CONNECT,a,2\r\n" },
	{ "connect, negative", ">CLIENT:CONNECT,-1,2\r\n" },
	{ "connect, leading zero", ">CLIENT:CONNECT,01,2\r\n" },
	{ "connect, cid above 64 bits",
	    ">CLIENT:CONNECT,18446744073709551616,2\r\n" },
	{ "connect in a block",
	    ">CLIENT:CONNECT,0,1\r\n>CLIENT:CONNECT,1,1\r\n" },
	{ "bytes in a block",
	    ">CLIENT:CONNECT,0,1\r\n>BYTECOUNT_CLI:0,1,2\r\n" },
	{ "answer in a block", ">CLIENT:CONNECT,0,1\r\nSUCCESS: x\r\n" },
	{ "unknown client notice", ">CLIENT:OTHER,0\r\n" },
	{ "established with kid", ">CLIENT:ESTABLISHED,0,1\r\n" },
	{ "bytes, two numbers", ">BYTECOUNT_CLI:0,1\r\n" },
	{ "bytes, four numbers", ">BYTECOUNT_CLI:0,1,2,3\r\n" },
	{ "address without priority", ">CLIENT:ADDRESS,0,10.0.0.1\r\n" },
	{ "address, priority 2", ">CLIENT:ADDRESS,0,10.0.0.1,2\r\n" },
	{ "address, empty", ">CLIENT:ADDRESS,0,,1\r\n" },
	{ "address, a name", ">CLIENT:ADDRESS,0,host,1\r\n" },
	{ "address, too long",
	    ">CLIENT:ADDRESS,0,"
	    "1111111111111111111111111111111111111111111111111111111111111111,"
	    "1\r\n" },
	{ "sign without algorithm", ">PK_SIGN:" B64 "\r\n" },
	{ "sign, RSA", ">PK_SIGN:" B64 ",RSA_PKCS1_PADDING\r\n" },
	{ "sign, a digest",
	    ">PK_SIGN:" B64 ",ECDSA,hashalg=SHA256,data=digest\r\n" },
	{ "sign, another hash",
	    ">PK_SIGN:" B64 ",ECDSA,hashalg=SHA384,data=message\r\n" },
	{ "sign, more parameters", ">PK_SIGN:" B64 ECDSA ",x\r\n" },
	{ "sign, nothing", ">PK_SIGN:" ECDSA "\r\n" },
	{ "sign, base64 cut", ">PK_SIGN:QmFydGl6YW4" ECDSA "\r\n" },
	{ "sign, not base64", ">PK_SIGN:QmFy*Gl6YW4=" ECDSA "\r\n" },
};

static void
refuses(void **state)
{
	struct btz_mgmt_event ev;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(refused); i++) {
		print_message("# case: %s\n", refused[i].name);
		assert_int_equal(ready(&m), BTZ_OK);
		assert_int_equal(
		    first_event(&m, refused[i].text, &ev), BTZ_E_PROTO);
		assert_int_equal(ev.kind, BTZ_MGMT_NONE);
		/* and it stays refused, whatever comes */
		assert_int_equal(
		    first_event(
			&m, ">HOLD:Waiting for hold release:0\r\n", &ev),
		    BTZ_E_PROTO);
	}
}

static void
refuses_before_greeting(void **state)
{
	static const char *const texts[] = {
		">HOLD:Waiting for hold release:0\r\n",
		">INFO:OpenVPN Management Interface Version 4\r\n",
		">INFO:OpenVPN Management Interface Version \r\n",
		">CLIENT:CONNECT,0,1\r\n",
		"SUCCESS: x\r\n",
	};
	struct btz_mgmt_event ev;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(texts); i++) {
		print_message("# case: %s", texts[i]);
		btz_mgmt_init(&m);
		assert_int_equal(first_event(&m, texts[i], &ev), BTZ_E_PROTO);
	}
}

static void
refuses_long_line(void **state)
{
	static uint8_t big[BTZ_MGMT_LINE_MAX + 1];
	struct btz_span in = btz_span_of(big, BTZ_MGMT_LINE_MAX);
	struct btz_mgmt_event ev;
	struct btz_err err;

	(void)state;
	memset(big, 'x', sizeof(big));
	assert_int_equal(ready(&m), BTZ_OK);
	assert_int_equal(btz_mgmt_next(&m, &in, &ev, &err), BTZ_OK);
	in = btz_span_of(big, 1);
	assert_int_equal(btz_mgmt_next(&m, &in, &ev, &err), BTZ_E_TOOBIG);
	in = btz_span_str("\n");
	assert_int_equal(btz_mgmt_next(&m, &in, &ev, &err), BTZ_E_PROTO);
}

static void
refuses_endless_block(void **state)
{
	struct btz_mgmt_event ev;

	(void)state;
	assert_int_equal(ready(&m), BTZ_OK);
	assert_int_equal(
	    first_event(&m, ">CLIENT:CONNECT,0,1\r\n", &ev), BTZ_OK);
	for (size_t i = 0; i < BTZ_MGMT_ENV_MAX; i++)
		assert_int_equal(first_event(&m, ENV("a=b"), &ev), BTZ_OK);
	assert_int_equal(first_event(&m, ENV("a=b"), &ev), BTZ_E_PROTO);
}

/* What a client that is in may send at will must not cut the link. */
static void
drops_responses(void **state)
{
	struct btz_mgmt_event ev;

	(void)state;
	assert_int_equal(ready(&m), BTZ_OK);
	assert_int_equal(
	    first_event(&m,
		">CLIENT:CR_RESPONSE,0,1,\"=any,text\r\n" ALICE ENV(
		    "END") ">BYTECOUNT_CLI:7,8,9\r\n",
		&ev),
	    BTZ_OK);
	assert_int_equal(ev.kind, BTZ_MGMT_BYTES);
	assert_int_equal(ev.cid, 7);
	assert_int_equal(ev.from_client, 8);
	assert_int_equal(ev.to_client, 9);
	assert_null(ev.env); /* nothing of the block that was dropped */
	assert_int_equal(ev.kid, 0);
	/* a good-bye, with words of the client's own */
	assert_int_equal(ready(&m), BTZ_OK);
	assert_int_equal(
	    first_event(&m,
		">NOTIFY:info,remote-exit,EXIT,,\r\n>BYTECOUNT_CLI:3,1,2\r\n",
		&ev),
	    BTZ_OK);
	assert_int_equal(ev.kind, BTZ_MGMT_BYTES);
	assert_int_equal(ev.cid, 3);
}

static const char exchange[] = HELLO
    ">HOLD:Waiting for hold release:0\r\n"
    "SUCCESS: bytecount interval changed\r\n"
    "SUCCESS: hold release succeeded\r\n"
    ">PK_SIGN:" B64 ECDSA "\r\n"
    ">CLIENT:CONNECT,5,1\r\n" ALICE ENV(
	"END") "SUCCESS: client-auth command succeeded\r\n"
	       ">CLIENT:ADDRESS,5,10.254.88.50,1\r\n"
	       ">CLIENT:ESTABLISHED,5\r\n" ALICE ENV(
		   "END") ">BYTECOUNT_CLI:5,2003,1775\r\n"
			  ">CLIENT:REAUTH,5,2\r\n" ALICE ENV(
			      "END") "ERROR: client-kill command failed\r\n"
				     ">CLIENT:DISCONNECT,5\r\n" ENV(
					 "time_duration=1")
					 ENV("bytes_sent=1969") ENV(
					     "bytes_received=2003")
					     ALICE ENV(
						 "END") ">FATAL:no more\r\n";

static const enum btz_mgmt_kind expected[] = { BTZ_MGMT_HOLD, BTZ_MGMT_ANSWER,
	BTZ_MGMT_ANSWER, BTZ_MGMT_SIGN, BTZ_MGMT_CONNECT, BTZ_MGMT_ANSWER,
	BTZ_MGMT_ADDRESS, BTZ_MGMT_ESTABLISHED, BTZ_MGMT_BYTES, BTZ_MGMT_REAUTH,
	BTZ_MGMT_ANSWER, BTZ_MGMT_DISCONNECT, BTZ_MGMT_FATAL };

static void
check(size_t i, const struct btz_mgmt_event *ev)
{
	static const enum btz_mgmt_cmd answers[] = {
		[1] = BTZ_MGMT_CMD_BYTECOUNT,
		[2] = BTZ_MGMT_CMD_RELEASE,
		[5] = BTZ_MGMT_CMD_AUTH,
		[10] = BTZ_MGMT_CMD_KILL,
	};

	print_message("# event %zu\n", i);
	assert_true(i < BTZ_COUNT(expected));
	assert_int_equal(ev->kind, expected[i]);
	if (i >= 4 && i < 12)
		assert_int_equal(ev->cid, 5);
	if (ev->kind == BTZ_MGMT_ANSWER) {
		assert_int_equal(ev->cmd, answers[i]);
		assert_int_equal(ev->ok, i != 10);
	}
	if (ev->kind == BTZ_MGMT_SIGN)
		assert_true(btz_span_eq(ev->input, btz_span_str("Bartizan")));
	if (ev->kind == BTZ_MGMT_CONNECT || ev->kind == BTZ_MGMT_REAUTH)
		assert_int_equal(ev->kid, ev->kind == BTZ_MGMT_CONNECT ? 1 : 2);
	if (ev->kind == BTZ_MGMT_ADDRESS)
		assert_string_equal(ev->addr, "10.254.88.50");
	if (ev->kind == BTZ_MGMT_DISCONNECT) {
		assert_int_equal(ev->env->duration, 1);
		assert_int_equal(ev->env->to_client, 1969);
		assert_int_equal(ev->env->from_client, 2003);
		assert_string_equal(ev->env->san, SAN);
	}
}

/* The whole exchange in pieces of `step` bytes. */
static void
play(size_t step)
{
	struct btz_mgmt_event ev;
	struct btz_err err;
	uint8_t out[512];
	struct btz_wr wr;
	size_t n = 0;

	btz_wr_init(&wr, out, sizeof(out));
	btz_mgmt_init(&m);
	assert_int_equal(btz_mgmt_put_start(&m, &wr, 2), BTZ_OK);
	assert_int_equal(btz_mgmt_put_release(&m, &wr), BTZ_OK);
	assert_int_equal(btz_mgmt_put_auth(&m, &wr, 5, 1, NULL, 0), BTZ_OK);
	assert_int_equal(btz_mgmt_put_kill(&m, &wr, 5), BTZ_OK);
	for (size_t at = 0; at < sizeof(exchange) - 1; at += step) {
		size_t left = sizeof(exchange) - 1 - at;
		struct btz_span in = btz_span_of(
		    exchange + at, left < step ? left : step);

		do {
			assert_int_equal(
			    btz_mgmt_next(&m, &in, &ev, &err), BTZ_OK);
			if (ev.kind != BTZ_MGMT_NONE)
				check(n++, &ev);
		} while (ev.kind != BTZ_MGMT_NONE);
		assert_int_equal(in.len, 0);
	}
	assert_int_equal(n, BTZ_COUNT(expected));
}

static void
plays_exchange(void **state)
{
	static const size_t steps[] = { 1, 2, 7, 100, sizeof(exchange) };

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(steps); i++)
		play(steps[i]);
}

/* A line may have held a password: nothing of it stays. */
static void
wipes_lines(void **state)
{
	struct btz_mgmt_event ev;

	(void)state;
	assert_int_equal(ready(&m), BTZ_OK);
	assert_int_equal(
	    first_event(&m,
		">CLIENT:CONNECT,0,1\r\n" ENV("password=correct horse"), &ev),
	    BTZ_OK);
	assert_null(memmem(&m, sizeof(m), "horse", 5));
}

static void
knows_server_verify(void **state)
{
	static const char context[] = "TLS 1.3, server CertificateVerify";
	uint8_t in[64 + sizeof(context) + 48];
	static const size_t lens[] = { 0, 64, 97, 98, 129, 131, 145 };

	(void)state;
	memset(in, ' ', sizeof(in));
	memcpy(in + 64, context, sizeof(context));
	for (size_t i = 0; i < BTZ_COUNT(lens); i++)
		assert_false(
		    btz_mgmt_is_server_verify(btz_span_of(in, lens[i])));
	assert_true(btz_mgmt_is_server_verify(btz_span_of(in, 64 + 34 + 32)));
	assert_true(btz_mgmt_is_server_verify(btz_span_of(in, 64 + 34 + 48)));
	for (size_t i = 0; i < 64 + sizeof(context); i++) {
		in[i] ^= 1;
		assert_false(
		    btz_mgmt_is_server_verify(btz_span_of(in, sizeof(in))));
		in[i] ^= 1;
	}
	memcpy(in + 73, "client", 6);
	assert_false(btz_mgmt_is_server_verify(btz_span_of(in, sizeof(in))));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses),
		cmocka_unit_test(refuses_before_greeting),
		cmocka_unit_test(refuses_long_line),
		cmocka_unit_test(refuses_endless_block),
		cmocka_unit_test(drops_responses),
		cmocka_unit_test(plays_exchange),
		cmocka_unit_test(wipes_lines),
		cmocka_unit_test(knows_server_verify),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
