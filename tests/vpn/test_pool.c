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

#define P(host, bits)                                                          \
	{                                                                      \
		NET + (host), bits                                             \
	}
static const struct {
	const char *name;
	struct {
		uint32_t net;
		uint8_t bits;
	} part[4]; /* of 10.88.0.0/24; the last is refused unless ok */
	bool ok;
} aside_cases[] = {
	{ "before it", { { NET - 256, 25 } }, false },
	{ "behind it", { P(256, 25) }, false },
	{ "all of it", { P(0, 24) }, false },
	{ "more than it", { { NET & 0xffff0000u, 16 } }, false },
	{ "host bits", { P(65, 26) }, false },
	{ "no bits", { { 0, 0 } }, false },
	{ "bits of IPv6", { P(64, 255) }, false },
	{ "the box only", { P(1, 32) }, false },
	{ "network and box", { P(0, 31) }, false },
	{ "broadcast only", { P(255, 32) }, false },
	{ "the same twice", { P(64, 26), P(64, 26) }, false },
	{ "inside another", { P(64, 26), P(80, 28) }, false },
	{ "around another", { P(80, 28), P(64, 26) }, false },
	{ "side by side", { P(64, 26), P(128, 26), P(32, 27) }, true },
	{ "first part", { P(0, 25) }, true },
	{ "last part", { P(128, 25) }, true },
	{ "one address", { P(9, 32) }, true },
};

static void
sets_aside(void **state)
{
	const struct btz_vpn vpn = vpn_of(NET, 24);

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(aside_cases); i++) {
		size_t n = 0;

		print_message("# case: %s\n", aside_cases[i].name);
		assert_true(btz_vpn_pool_init(&pool, &vpn));
		while (n < 4 && (n == 0 || aside_cases[i].part[n].net != 0))
			n++;
		for (size_t k = 0; k < n; k++)
			assert_int_equal(btz_vpn_pool_set_aside(&pool,
					     aside_cases[i].part[k].net,
					     aside_cases[i].part[k].bits),
			    aside_cases[i].ok || k + 1 < n);
	}
}

/* Out of each part its own, out of the rest what is in no part. */
static void
takes_of_parts(void **state)
{
	const struct btz_vpn vpn = vpn_of(NET, 28); /* .2 to .14 */
	static const uint8_t rest[] = { 2, 3, 10, 11, 13, 14 };

	(void)state;
	assert_true(btz_vpn_pool_init(&pool, &vpn));
	assert_true(btz_vpn_pool_set_aside(&pool, NET + 4, 30));
	assert_true(btz_vpn_pool_set_aside(&pool, NET + 8, 31));
	assert_true(btz_vpn_pool_set_aside(&pool, NET + 12, 32));
	assert_int_equal(btz_vpn_pool_take_of(&pool, 4), 0);
	assert_int_equal(btz_vpn_pool_take_of(&pool, 3), NET + 12);
	assert_int_equal(btz_vpn_pool_take_of(&pool, 3), 0);
	for (uint32_t i = 4; i < 8; i++)
		assert_int_equal(btz_vpn_pool_take_of(&pool, 1), NET + i);
	assert_int_equal(btz_vpn_pool_take_of(&pool, 1), 0);
	for (size_t i = 0; i < BTZ_COUNT(rest); i++)
		assert_int_equal(btz_vpn_pool_take(&pool), NET + rest[i]);
	assert_int_equal(btz_vpn_pool_take(&pool), 0);
	assert_int_equal(btz_vpn_pool_take_of(&pool, 2), NET + 8);
	/* given back last, given out last, in a part too */
	assert_true(btz_vpn_pool_give(&pool, NET + 8));
	assert_int_equal(btz_vpn_pool_take_of(&pool, 2), NET + 9);
	assert_int_equal(btz_vpn_pool_take_of(&pool, 2), NET + 8);
	/* cleared but for one */
	btz_vpn_pool_clear(&pool);
	btz_vpn_pool_keep(&pool, NET + 6);
	btz_vpn_pool_keep(&pool, 0);
	btz_vpn_pool_keep(&pool, NET + 1);
	btz_vpn_pool_keep(&pool, NET + 15);
	for (size_t i = 0; i < 3; i++)
		assert_int_not_equal(btz_vpn_pool_take_of(&pool, 1), NET + 6);
	assert_int_equal(btz_vpn_pool_take_of(&pool, 1), 0);
	assert_true(btz_vpn_pool_give(&pool, NET + 6));
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
		"push \"route-ipv6 fd77::53/128\"",
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
		    .route = true,
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
		cmocka_unit_test(sets_aside),
		cmocka_unit_test(takes_of_parts),
		cmocka_unit_test(writes_lines),
		cmocka_unit_test(writes_lines_of_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
