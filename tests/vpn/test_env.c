/* SPDX-License-Identifier: Apache-2.0 */
/* test_env.c - ENV blocks: what makes one bad, and that the link lives on. */
#include "support/cmocka_all.h"

#include <stdio.h>

#include "vpn/link.h"

static struct btz_mgmt m;

static const struct {
	const char *name, *env;
	const char *bad; /* NULL: good */
} rows[] = {
	{ "serial twice", ALICE ENV("tls_serial_hex_0=" SERIAL),
	    "a field came twice" },
	{ "two addresses", ALICE ENV("untrusted_ip6=::1"),
	    "a field came twice" },
	{ "name twice", ALICE ENV("X509_0_subjectAltName=URI:x"),
	    "a field came twice" },
	{ "serial of 15 octets",
	    ENV("tls_serial_hex_0=71:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:"
		"0f"),
	    "serial is not ours" },
	{ "serial of 17 octets", ENV("tls_serial_hex_0=" SERIAL ":00"),
	    "serial is not ours" },
	{ "serial, not hex",
	    ENV("tls_serial_hex_0=7g:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:"
		"11"),
	    "serial is not ours" },
	{ "serial without colons",
	    ENV("tls_serial_hex_0=71-02-03-04-05-06-07-08-09-0a-0b-0c-0d-0e-0f-"
		"11"),
	    "serial is not ours" },
	{ "serial empty", ENV("tls_serial_hex_0="), "serial is not ours" },
	{ "digest cut", ENV("tls_digest_sha256_0=ea:5f"),
	    "digest is malformed" },
	{ "issuer's digest cut", ENV("tls_digest_sha256_1=ea:5f"),
	    "digest is malformed" },
	{ "name with a control character",
	    ENV("X509_0_subjectAltName=URI:a\tb"), "name is malformed" },
	{ "port above 65535", ENV("untrusted_port=65536"),
	    "port is malformed" },
	{ "address is a name", ENV("untrusted_ip=host"),
	    "address is malformed" },
	{ "address empty", ENV("untrusted_ip="), "address is malformed" },
	{ "negative counter", ENV("bytes_sent=-1"), "counter is malformed" },
	{ "later good fields do not mend it", ENV("time_duration=x") ALICE,
	    "duration is malformed" },
	{ "empty block", "", NULL },
	{ "alice", ALICE, NULL },
	{ "a client's own text: control characters",
	    ALICE ENV("IV_X=\001\002\t") ENV("username=\177"), NULL },
	{ "a client's own text: no form",
	    ALICE ENV("no equals sign") ENV("") ENV("="), NULL },
	{ "names that only begin alike",
	    ALICE ENV("tls_serial_hex_0x=1") ENV("tls_serial_hex_=2"), NULL },
	{ "END that is not the end", ALICE ENV("END=1") ENV("ENDE"), NULL },
};

static void
judges(void **state)
{
	static char text[8192];
	struct btz_mgmt_event ev;

	(void)state;
	assert_int_equal(ready(&m), BTZ_OK);
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		print_message("# case: %s\n", rows[i].name);
		(void)snprintf(text, sizeof(text),
		    ">CLIENT:CONNECT,3,1\r\n%s" ENV("END"), rows[i].env);
		assert_int_equal(first_event(&m, text, &ev), BTZ_OK);
		assert_int_equal(ev.kind, BTZ_MGMT_CONNECT);
		if (rows[i].bad == NULL)
			assert_null(ev.env->bad);
		else
			assert_string_equal(ev.env->bad, rows[i].bad);
	}
}

static void
keeps_fields(void **state)
{
	struct btz_mgmt_event ev;

	(void)state;
	assert_int_equal(ready(&m), BTZ_OK);
	assert_int_equal(
	    first_event(&m, ">CLIENT:CONNECT,3,1\r\n" ALICE ENV("END"), &ev),
	    BTZ_OK);
	assert_true(ev.env->has_serial && ev.env->has_digest);
	assert_memory_equal(ev.env->serial,
	    "\x71\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x11",
	    16);
	assert_int_equal(ev.env->digest[0], 0xea);
	assert_int_equal(ev.env->digest[31], 0xb1);
	assert_true(ev.env->has_issuer);
	assert_int_equal(ev.env->issuer[0], 0xe8);
	assert_int_equal(ev.env->issuer[31], 0x1c);
	assert_string_equal(ev.env->san, SAN);
	assert_string_equal(ev.env->ip, "127.0.0.1");
	assert_string_equal(ev.env->port, "35921");
	/* the next block starts empty */
	assert_int_equal(
	    first_event(&m, ">CLIENT:CONNECT,4,1\r\n" ENV("END"), &ev), BTZ_OK);
	assert_false(ev.env->has_serial || ev.env->has_digest);
	assert_string_equal(ev.env->san, "");
	assert_string_equal(ev.env->ip, "");
}

/* As long a user name as OpenVPN takes must not break the link. */
static void
takes_long_names(void **state)
{
	static char text[BTZ_MGMT_LINE_MAX];
	struct btz_mgmt_event ev;

	(void)state;
	assert_int_equal(ready(&m), BTZ_OK);
	assert_int_equal(
	    first_event(&m, ">CLIENT:CONNECT,3,1\r\n", &ev), BTZ_OK);
	(void)snprintf(
	    text, sizeof(text), ">CLIENT:ENV,username=%010000d\r\n", 1);
	assert_int_equal(first_event(&m, text, &ev), BTZ_OK);
	(void)snprintf(text, sizeof(text),
	    ">CLIENT:ENV,X509_0_subjectAltName=%0512d\r\n" ENV("END"), 1);
	assert_int_equal(first_event(&m, text, &ev), BTZ_OK);
	assert_int_equal(ev.kind, BTZ_MGMT_CONNECT);
	assert_string_equal(ev.env->bad, "name is malformed");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges),
		cmocka_unit_test(keeps_fields),
		cmocka_unit_test(takes_long_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
