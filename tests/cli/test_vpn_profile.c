/* SPDX-License-Identifier: Apache-2.0 */
/* Where a VPN is, from options and from the box, and the text of a profile. A
 * profile can run programs: nothing but names and numbers may get into it. */
#include "cli/vpn_profile.h"

#include <string.h>

#include "support/cmocka_all.h"

static const struct {
	const char *text, *host; /* host NULL: refused */
	uint16_t port;
} remotes[] = {
	{ "", NULL, 0 },
	{ ":1194", NULL, 0 },
	{ "box:", NULL, 0 },
	{ "box:0", NULL, 0 },
	{ "box:65536", NULL, 0 },
	{ "box:99999999999", NULL, 0 },
	{ "box:+1", NULL, 0 },
	{ "box:1194 tcp", NULL, 0 },
	{ "box\nscript-security 2", NULL, 0 },
	{ "box udp", NULL, 0 },
	{ "Box", NULL, 0 },
	{ "a/b", NULL, 0 },
	{ "[::1", NULL, 0 },
	{ "[::1]x", NULL, 0 },
	{ "[::1]:", NULL, 0 },
	{ "[fe80::1%eth0]:1", NULL, 0 },
	{ "box", "box", 1194 },
	{ "box.example:443", "box.example", 443 },
	{ "192.0.2.1:1", "192.0.2.1", 1 },
	{ "::1", "::1", 1194 },
	{ "[2001:db8::1]", "2001:db8::1", 1194 },
	{ "[2001:db8::1]:65535", "2001:db8::1", 65535 },
};

static void
test_remotes(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(remotes); i++) {
		struct btz_vpn_place p = { .n = 0 };
		struct btz_err err;
		bool ok = remotes[i].host != NULL;

		print_message("# remote %zu\n", i);
		assert_int_equal(
		    btz_vpn_place_add(&p, remotes[i].text, true, &err),
		    ok ? BTZ_OK : BTZ_E_USAGE);
		assert_int_equal(p.n, ok);
		if (!ok)
			continue;
		assert_string_equal(p.remote[0].host, remotes[i].host);
		assert_int_equal(p.remote[0].port, remotes[i].port);
		assert_true(p.remote[0].tcp);
		/* an address is no name of a server */
		assert_string_equal(
		    p.server, remotes[i].host[0] == 'b' ? remotes[i].host : "");
	}
}

static void
test_many(void **state)
{
	struct btz_vpn_place p = { .server = "vpn.example" };
	struct btz_err err;

	(void)state;
	for (int i = 0; i < BTZ_VPN_REMOTES; i++)
		assert_int_equal(
		    btz_vpn_place_add(&p, "box", false, &err), BTZ_OK);
	assert_int_equal(
	    btz_vpn_place_add(&p, "box", false, &err), BTZ_E_QUOTA);
	assert_string_equal(p.server, "vpn.example");
}

#define R "{\"host\":\"box\",\"port\":1194,\"proto\":\"udp\"}"
#define ALL(v, name, remote, server)                                           \
	"{\"v\":" v ",\"name\":\"" name "\",\"remote\":[" remote               \
	"],\"server_name\":\"" server "\"}"

static const struct {
	const char *name, *json;
	bool ok;
} places[] = {
	{ "nothing", "", false },
	{ "no JSON", "x", false },
	{ "a list", "[]", false },
	{ "version 2", ALL("2", "main", R, "box"), false },
	{ "another VPN", ALL("1", "lab", R, "box"), false },
	{ "no remote", ALL("1", "main", "", "box"), false },
	{ "no list of remotes",
	    "{\"v\":1,\"name\":\"main\",\"remote\":7,\"server_name\":\"box\"}",
	    false },
	{ "no name of the server", ALL("1", "main", R, ""), false },
	{ "a line in the server", ALL("1", "main", R, "box\\nup /bin/sh"),
	    false },
	{ "a line in a host",
	    ALL("1", "main",
		"{\"host\":\"b\\nup x\",\"port\":1,\"proto\":\"udp\"}", "box"),
	    false },
	{ "a word as protocol",
	    ALL("1", "main",
		"{\"host\":\"b\",\"port\":1,\"proto\":\"udp\\nup x\"}", "box"),
	    false },
	{ "port 0",
	    ALL("1", "main", "{\"host\":\"b\",\"port\":0,\"proto\":\"udp\"}",
		"box"),
	    false },
	{ "port 65536",
	    ALL("1", "main",
		"{\"host\":\"b\",\"port\":65536,\"proto\":\"udp\"}", "box"),
	    false },
	{ "port as text",
	    ALL("1", "main",
		"{\"host\":\"b\",\"port\":\"1\",\"proto\":\"udp\"}", "box"),
	    false },
	{ "too many remotes",
	    ALL("1", "main", R "," R "," R "," R "," R "," R "," R "," R "," R,
		"box"),
	    false },
	{ "one thing more",
	    "{\"v\":1,\"name\":\"main\",\"remote\":[" R
	    "],\"server_name\":\"box\",\"script\":\"x\"}",
	    false },
	{ "twice the same key",
	    "{\"v\":1,\"v\":1,\"name\":\"main\",\"remote\":[" R
	    "],\"server_name\":\"box\"}",
	    false },
	{ "one", ALL("1", "main", R, "box"), true },
	{ "two",
	    ALL("1", "main",
		R ",{\"host\":\"::1\",\"port\":443,\"proto\":\"tcp\"}", "box"),
	    true },
};

static void
test_places(void **state)
{
	struct btz_vpn_place p;
	struct btz_err err;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(places); i++) {
		print_message("# place: %s\n", places[i].name);
		assert_int_equal(
		    btz_vpn_place_parse(
			btz_span_str(places[i].json), "main", &p, &err),
		    places[i].ok ? BTZ_OK : BTZ_E_PROTO);
		assert_int_equal(p.n != 0, places[i].ok);
	}
	assert_int_equal(p.n, 2);
	assert_string_equal(p.remote[1].host, "::1");
	assert_true(p.remote[1].tcp);
}

static void
test_text(void **state)
{
	static const char want[] = "client\ndev tun\nnobind\n"
				   "remote box.example 1194 udp\n"
				   "remote 192.0.2.1 443 tcp\n"
				   "verify-x509-name box.example name\n"
				   "remote-cert-tls server\n"
				   "tls-version-min 1.3\n"
				   "data-ciphers "
				   "AES-256-GCM:CHACHA20-POLY1305\n"
				   "<ca>\nR\nI\n</ca>\n<cert>\nC\n</cert>\n"
				   "<key>\nK\n</key>\n";
	struct btz_vpn_place p = { .server = "box.example" };
	struct btz_vpn_keys k = { btz_span_str("R\n"), btz_span_str("I\n"),
		btz_span_str("C\n"), btz_span_str("K\n") };
	char buf[1024];
	struct btz_err err;
	struct btz_wr wr;

	(void)state;
	assert_int_equal(
	    btz_vpn_place_add(&p, "box.example", false, &err), BTZ_OK);
	assert_int_equal(
	    btz_vpn_place_add(&p, "192.0.2.1:443", true, &err), BTZ_OK);
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_vpn_profile_put(&wr, &p, &k);
	assert_int_equal(wr.len, strlen(want));
	assert_memory_equal(buf, want, wr.len);
	k.issuing = btz_span_of(NULL, 0);
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_vpn_profile_put(&wr, &p, &k);
	assert_int_equal(wr.len, strlen(want) - 2);
	btz_wr_init(&wr, buf, 100);
	btz_vpn_profile_put(&wr, &p, &k);
	assert_false(btz_wr_ok(&wr));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_remotes),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
