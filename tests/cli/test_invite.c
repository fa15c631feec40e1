/* SPDX-License-Identifier: Apache-2.0 */
/* test_invite.c - invites and addresses, the bad ones first. */
#include "cli/invite.h"

#include <string.h>

#include "support/cmocka_all.h"

#define PIN                                                                    \
	"000102030405060708090a0b0c0d0e0f"                                     \
	"101112131415161718191a1b1c1d1e1f"
#define TOKEN "AAECAwQFBgcICQoLDA0ODw"
#define V1 "bartizan-invite:v1:"

static const struct {
	const char *name, *text;
	const char *host; /* NULL: refused */
	const char *port;
} invites[] = {
	{ "empty", "", NULL, NULL },
	{ "other version", "bartizan-invite:v2:https://a:1:" TOKEN ":" PIN,
	    NULL, NULL },
	{ "no pin", V1 "https://a:1:" TOKEN, NULL, NULL },
	{ "pin cut by one", V1 "https://a:1:" TOKEN ":" PIN "0", NULL, NULL },
	{ "pin not hex", V1 "https://a:1:" TOKEN ":x" PIN, NULL, NULL },
	{ "no token", V1 "https://a:1::" PIN, NULL, NULL },
	{ "token too short", V1 "https://a:1:AAECAw:" PIN, NULL, NULL },
	{ "token with a line end", V1 "https://a:1:AAECAwQFBgcICQoLDA0O\r:" PIN,
	    NULL, NULL },
	{ "not https", V1 "http://a:1:" TOKEN ":" PIN, NULL, NULL },
	{ "no host", V1 "https://:1:" TOKEN ":" PIN, NULL, NULL },
	{ "a path", V1 "https://a:1/x:" TOKEN ":" PIN, NULL, NULL },
	{ "user in the address", V1 "https://u@a:1:" TOKEN ":" PIN, NULL,
	    NULL },
	{ "port 0", V1 "https://a:0:" TOKEN ":" PIN, NULL, NULL },
	{ "port 65536", V1 "https://a:65536:" TOKEN ":" PIN, NULL, NULL },
	{ "open bracket", V1 "https://[::1:" TOKEN ":" PIN, NULL, NULL },
	{ "host with a space", V1 "https://a b:1:" TOKEN ":" PIN, NULL, NULL },
	{ "with port", V1 "https://box.example:8443:" TOKEN ":" PIN,
	    "box.example", "8443" },
	{ "without port", V1 "https://box.example:" TOKEN ":" PIN,
	    "box.example", "443" },
	{ "slash at the end", V1 "https://box.example:8443/:" TOKEN ":" PIN,
	    "box.example", "8443" },
	{ "IPv6", V1 "https://[2001:db8::1]:8443:" TOKEN ":" PIN, "2001:db8::1",
	    "8443" },
	{ "line end after it", V1 "https://a:1:" TOKEN ":" PIN "\n", "a", "1" },
	{ "pin in base64url",
	    V1 "https://a:1:" TOKEN
	       ":AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
	    "a", "1" },
};

static void
test_invites(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(invites); i++) {
		struct btz_err err = { .rc = BTZ_OK };
		struct btz_invite in;
		enum btz_rc rc;

		print_message("# case: %s\n", invites[i].name);
		rc = btz_invite_parse(invites[i].text, &in, &err);
		if (invites[i].host == NULL) {
			assert_int_equal(rc, BTZ_E_INVITE);
			assert_null(strstr(err.msg, TOKEN));
			continue;
		}
		assert_int_equal(rc, BTZ_OK);
		assert_string_equal(in.url.host, invites[i].host);
		assert_string_equal(in.url.port, invites[i].port);
		assert_string_equal(in.token, TOKEN);
		for (uint8_t k = 0; k < BTZ_SHA256_LEN; k++)
			assert_int_equal(in.pin[k], k);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_invites),
	};

	return cmocka_run_group_tests_name("cli/invite", tests, NULL, NULL);
}
