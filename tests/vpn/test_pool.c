/* SPDX-License-Identifier: Apache-2.0 */
/* test_pool.c - tunnel addresses and the pushed lines. */
#include "support/cmocka_all.h"

#include <string.h>

#include "vpn/admit.h"

#define NET 0x0a580000u /* 10.88.0.0 */

static struct btz_vpn_pool pool;

static struct btz_vpn
vpn_of(uint32_t net, uint8_t bits)
{
	return (struct btz_vpn){ .net = net, .bits = bits };
}

static void
refuses_networks(void **state)
{
	static const struct {
		uint32_t net;
		uint8_t bits;
	} rows[] = { { NET, 19 }, { NET, 30 }, { NET, 32 }, { NET, 0 },
		{ NET, 255 }, { NET + 1, 24 }, { 0, 24 } };

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		struct btz_vpn vpn = vpn_of(rows[i].net, rows[i].bits);

		print_message("# case: %zu\n", i);
		assert_false(btz_vpn_pool_init(&pool, &vpn));
		assert_int_equal(btz_vpn_pool_take(&pool), 0);
		assert_false(btz_vpn_pool_give(&pool, rows[i].net));
	}
}

/* Every address once, none of the network's, the server's, the broadcast. */
static void
gives_each_once(void **state)
{
	struct btz_vpn vpn;

	(void)state;
	for (uint8_t bits = 20; bits <= 29; bits++) {
		uint32_t size = 1u << (32 - bits), addr;

		vpn = vpn_of(NET, bits);
		assert_true(btz_vpn_pool_init(&pool, &vpn));
		for (uint32_t i = 2; i < size - 1; i++)
			assert_int_equal(btz_vpn_pool_take(&pool), NET + i);
		assert_int_equal(btz_vpn_pool_take(&pool), 0);
		assert_false(btz_vpn_pool_give(&pool, NET + 1));
		assert_false(btz_vpn_pool_give(&pool, NET + size - 1));
		assert_true(btz_vpn_pool_give(&pool, NET + 4));
		assert_false(btz_vpn_pool_give(&pool, NET + 4));
		addr = btz_vpn_pool_take(&pool);
		assert_int_equal(addr, NET + 4);
	}
}

static void
reuses_late(void **state)
{
	struct btz_vpn vpn = vpn_of(NET, 29); /* .2 to .6 */

	(void)state;
	assert_true(btz_vpn_pool_init(&pool, &vpn));
	assert_int_equal(btz_vpn_pool_take(&pool), NET + 2);
	assert_true(btz_vpn_pool_give(&pool, NET + 2));
	for (uint32_t i = 3; i <= 6; i++)
		assert_int_equal(btz_vpn_pool_take(&pool), NET + i);
	assert_int_equal(btz_vpn_pool_take(&pool), NET + 2);
}

static void
writes_lines(void **state)
{
	static const char *const want[] = {
		"ifconfig-push 10.88.0.50 255.255.255.0",
		"push \"topology subnet\"",
		"push \"route-gateway 10.88.0.1\"",
		"push \"route 10.77.0.0 255.255.255.0\"",
		"push \"route 255.255.255.255 255.255.255.255\"",
	};
	struct btz_vpn_push routes[50] = { { { .net = 0x0a4d0000u, .bits = 24 },
					       .route = true },
		{ { .net = 0xffffffffu, .bits = 32 }, .route = true } };
	struct btz_vpn vpn = vpn_of(NET, 24);
	static struct btz_vpn_lines lines;

	(void)state;
	for (size_t i = 2; i < BTZ_COUNT(routes); i++)
		routes[i] = routes[0];
	assert_false(btz_vpn_lines(&vpn, NET + 50, routes, 50, &lines));
	assert_int_equal(lines.n, 0);
	assert_true(btz_vpn_lines(&vpn, NET + 50, routes, 2, &lines));
	assert_int_equal(lines.n, BTZ_COUNT(want));
	for (size_t i = 0; i < lines.n; i++)
		assert_true(btz_span_eq(lines.line[i], btz_span_str(want[i])));
	routes[1].dest.bits = 31;
	assert_false(btz_vpn_lines(&vpn, NET + 50, routes, 2, &lines));
	routes[1].dest.bits = 33;
	assert_false(btz_vpn_lines(&vpn, NET + 50, routes, 2, &lines));
}

static void
writes_lines_of_both(void **state)
{
	static const char *const want[] = {
		"ifconfig-push 10.88.0.50 255.255.255.0",
		"push \"topology subnet\"",
		"push \"route-gateway 10.88.0.1\"",
		"ifconfig-ipv6-push fd88::32/64 fd88::1",
		"push \"route-ipv6 fd00::/8\"",
		"push \"dhcp-option DNS 10.77.0.53\"",
		"push \"dhcp-option DNS6 fd77::53\"",
	};
	struct btz_vpn_push push[] = {
		{ .dest = { .v6 = true, .bits = 8, .net6 = { 0xfd } },
		    .route = true },
		{ .dest = { .net = 0x0a4d0035u, .bits = 32 }, .dns = true },
		{ .dest = { .v6 = true,
		      .bits = 128,
		      .net6 = { 0xfd, 0x77, [15] = 0x53 } },
		    .dns = true },
	};
	struct btz_vpn vpn = vpn_of(NET, 24);
	static struct btz_vpn_lines lines;

	(void)state;
	vpn.has6 = true;
	vpn.net6[0] = 0xfd;
	vpn.net6[1] = 0x88;
	assert_true(btz_vpn_lines(&vpn, NET + 50, push, 3, &lines));
	assert_int_equal(lines.n, BTZ_COUNT(want));
	for (size_t i = 0; i < lines.n; i++)
		assert_true(btz_span_eq(lines.line[i], btz_span_str(want[i])));
	push[0].dest.net6[15] = 1; /* a host bit */
	assert_false(btz_vpn_lines(&vpn, NET + 50, push, 3, &lines));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_networks),
		cmocka_unit_test(gives_each_once),
		cmocka_unit_test(reuses_late),
		cmocka_unit_test(writes_lines),
		cmocka_unit_test(writes_lines_of_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
