/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_nft.c - texts for nft: what is refused, exact bytes, and that nft itself
 * takes them (in a network namespace of its own, where one may be made).
 */
#include "support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vpn/nft.h"

static uint8_t out[8192];
static struct btz_wr wr;

static struct btz_span
S(const char *s) {
	return btz_span_str(s);
}

static struct btz_vpn
vpn_of(const char *name)
{
	return (struct btz_vpn){ .name = S(name) };
}

#define LAN                                                                    \
	{                                                                      \
		0x0a4d0000u, 24                                                \
	}
static const struct {
	const char *name, *vpn, *device, *role;
	struct btz_vpn_dest dest;
	uint8_t proto;
	uint16_t port;
} bad[] = {
	{ "VPN: breaks out", "a;b", "tun0", "viewer", LAN, 6, 445 },
	{ "VPN: empty", "", "tun0", "viewer", LAN, 6, 445 },
	{ "device: breaks out", "a", "tun\" drop", "viewer", LAN, 6, 445 },
	{ "device: too long", "a", "tun4567890123456", "viewer", LAN, 6, 445 },
	{ "role: breaks out", "a", "tun0", "v } x", LAN, 6, 445 },
	{ "role: newline", "a", "tun0", "v\nflush", LAN, 6, 445 },
	{ "host bits", "a", "tun0", "viewer", { 0x0a4d0001u, 24 }, 6, 445 },
	{ "mask of 33", "a", "tun0", "viewer", { 0x0a4d0000u, 33 }, 6, 445 },
	{ "TCP without port", "a", "tun0", "viewer", LAN, 6, 0 },
	{ "ICMP with port", "a", "tun0", "viewer", LAN, 1, 7 },
	{ "any with port", "a", "tun0", "viewer", LAN, 0, 7 },
	{ "another protocol", "a", "tun0", "viewer", LAN, 47, 0 },
};

static void
refuses(void **state)
{
	struct btz_vpn vpn;
	struct btz_span role = S("a b");

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(bad); i++) {
		struct btz_vpn_reach r = { S(bad[i].role), bad[i].dest,
			bad[i].proto, bad[i].port };

		print_message("# case: %s\n", bad[i].name);
		vpn = vpn_of(bad[i].vpn);
		btz_wr_init(&wr, out, sizeof(out));
		assert_int_equal(
		    btz_nft_table(&wr, &vpn, S(bad[i].device), &r, 1),
		    BTZ_E_INVAL);
		assert_int_equal(btz_wr_span(&wr).len, 0);
	}
	vpn = vpn_of("a");
	btz_wr_init(&wr, out, sizeof(out));
	assert_int_equal(
	    btz_nft_members(&wr, &vpn, &role, 1, 0x0a580002u, true),
	    BTZ_E_INVAL);
	role = S("viewer");
	btz_wr_init(&wr, out, sizeof(out));
	assert_int_equal(
	    btz_nft_members(&wr, &vpn, &role, 1, 0, true), BTZ_E_INVAL);
	vpn = vpn_of("a b");
	btz_wr_init(&wr, out, sizeof(out));
	assert_int_equal(btz_nft_remove(&wr, &vpn), BTZ_E_INVAL);
	vpn = vpn_of("a");
	btz_wr_init(&wr, out, 100);
	assert_int_equal(
	    btz_nft_table(&wr, &vpn, S("tun0"), NULL, 0), BTZ_E_TOOBIG);
}

static const char want[] =
    "add table inet bartizan_main\n"
    "delete table inet bartizan_main\n"
    "table inet bartizan_main {\n"
    " set r_viewer { type ipv4_addr; }\n"
    " set r6_viewer { type ipv6_addr; }\n"
    " set r_net.admin-2 { type ipv4_addr; }\n"
    " set r6_net.admin-2 { type ipv6_addr; }\n"
    " chain inward {\n"
    "  ip saddr @r_viewer ip daddr 10.77.0.0/24 tcp dport 445 accept\n"
    "  ip saddr @r_net.admin-2 ip daddr 0.0.0.0/0 accept\n"
    "  ip saddr @r_viewer ip daddr 10.77.0.9/32 meta l4proto icmp accept\n"
    "  drop\n }\n"
    " chain outward {\n"
    "  ip daddr @r_viewer ip saddr 10.77.0.0/24 tcp sport 445 accept\n"
    "  ip daddr @r_net.admin-2 ip saddr 0.0.0.0/0 accept\n"
    "  ip daddr @r_viewer ip saddr 10.77.0.9/32 meta l4proto icmp accept\n"
    "  drop\n }\n"
    " chain input {\n"
    "  type filter hook input priority -5; policy accept;\n"
    "  iifname \"tun-main\" jump inward\n }\n"
    " chain forward {\n"
    "  type filter hook forward priority -5; policy accept;\n"
    "  iifname \"tun-main\" jump inward\n"
    "  oifname \"tun-main\" jump outward\n }\n"
    " chain output {\n"
    "  type filter hook output priority -5; policy accept;\n"
    "  oifname \"tun-main\" jump outward\n }\n"
    "}\n"
    "add element inet bartizan_main r_viewer { 10.88.0.50 }\n"
    "add element inet bartizan_main r_net.admin-2 { 10.88.0.50 }\n"
    "add element inet bartizan_main r_viewer { 10.88.0.50 }\n"
    "delete element inet bartizan_main r_viewer { 10.88.0.50 }\n";

static void
build(void)
{
	const struct btz_vpn_reach reach[] = {
		{ S("viewer"), LAN, BTZ_VPN_TCP, 445 },
		{ S("net.admin-2"), { 0, 0 }, BTZ_VPN_ANY, 0 },
		{ S("viewer"), { 0x0a4d0009u, 32 }, BTZ_VPN_ICMP, 0 },
	};
	const struct btz_span roles[] = { S("viewer"), S("net.admin-2") };
	struct btz_vpn vpn = vpn_of("main");

	btz_wr_init(&wr, out, sizeof(out));
	assert_int_equal(
	    btz_nft_table(&wr, &vpn, S("tun-main"), reach, 3), BTZ_OK);
	assert_int_equal(
	    btz_nft_members(&wr, &vpn, roles, 2, 0x0a580032u, true), BTZ_OK);
	assert_int_equal(
	    btz_nft_members(&wr, &vpn, roles, 1, 0x0a580032u, false), BTZ_OK);
}

static void
writes(void **state)
{
	(void)state;
	build();
	assert_int_equal(wr.len, sizeof(want) - 1);
	assert_memory_equal(out, want, sizeof(want) - 1);
}

#define OWN_NET "unshare -n "

/* nft in a namespace of its own: the exit status, and what it printed. */
static int
nft(const char *text, size_t len, const char *then)
{
	char path[] = "/tmp/btz-nft-XXXXXX", cmd[256];
	int fd = mkstemp(path), status;
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	(void)snprintf(cmd, sizeof(cmd),
	    OWN_NET "sh -c 'nft -f %s >/dev/null 2>&1 && %s'", path, then);
	status = system(cmd);
	(void)remove(path);
	return status;
}

static void
nft_takes_it(void **state)
{
	struct btz_vpn vpn = vpn_of("main");

	(void)state;
	if (system(OWN_NET "nft list tables >/dev/null 2>&1") != 0)
		skip();
	build();
	assert_int_not_equal(nft("rubbish\n", 8, "true"), 0);
	assert_int_equal(nft((const char *)out, wr.len,
			     "nft list set inet bartizan_main r_net.admin-2"
			     " | grep -q 10.88.0.50"),
	    0);
	assert_int_not_equal(nft((const char *)out, wr.len,
				 "nft list set inet bartizan_main r_viewer"
				 " | grep -q 10.88.0.50"),
	    0);
	assert_int_equal(btz_nft_remove(&wr, &vpn), BTZ_OK);
	assert_int_equal(
	    nft((const char *)out, wr.len, "test -z \"$(nft list tables)\""),
	    0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses),
		cmocka_unit_test(writes),
		cmocka_unit_test(nft_takes_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
