/* SPDX-License-Identifier: Apache-2.0 */
/* test_site.c - [vpn NAME] and [reach NAME]: what is refused, and what becomes
 * of what is not. */
#include "support/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "vpn/site.h"

#define HEAD "[vpn main]\ntenant = home\n"

static struct btz_sites sites;

static enum btz_rc
parse(const char *text, struct btz_err *err)
{
	const struct btz_conf_target targets[] = {
		{ &btz_conf_vpn, NULL, btz_sites_on_vpn, &sites },
		{ &btz_conf_reach, NULL, btz_sites_on_reach, &sites },
	};

	memset(&sites, 0, sizeof(sites));
	return btz_conf_parse("f", text, targets, BTZ_COUNT(targets), err);
}

#define REACH "[reach a]\nvpn = main\nrole = viewer\n"
#define REACH2 "[reach b]\nvpn = main\nrole = viewer\n"
static const struct {
	const char *name, *text, *error; /* error NULL: accepted */
} cases[] = {
	{ "least", HEAD, NULL },
	{ "no tenant", "[vpn main]\nproto = udp\n", "tenant" },
	{ "tenant is no name", "[vpn main]\ntenant = a b\n", "not a name" },
	{ "name breaks out", "[vpn a;b]\ntenant = home\n", "not a name" },
	{ "upper case", "[vpn Main]\ntenant = home\n", "not a name" },
	{ "33 characters",
	    "[vpn a23456789012345678901234567890123]\ntenant = home\n",
	    "not a name" },
	{ "proto", HEAD "proto = gre\n", "neither udp nor tcp" },
	{ "no port", HEAD "listen = 0.0.0.0\n", "ADDRESS:PORT" },
	{ "IPv6 as network", HEAD "network = fd00::/64\n", "IPv4 network" },
	{ "host bits", HEAD "network = 10.88.0.1/24\n", "IPv4 network" },
	{ "too small", HEAD "network = 10.88.0.0/30\n", "/20 to /29" },
	{ "too large", HEAD "network = 10.88.0.0/16\n", "/20 to /29" },
	{ "IPv4 as network6", HEAD "network6 = 10.88.0.0/24\n", "/64" },
	{ "network6 of /48", HEAD "network6 = fd00::/48\n", "/64" },
	{ "network6", HEAD "network6 = fd00:1::/64\n", NULL },
	{ "two of a name",
	    HEAD "[vpn b]\ntenant = shop\nnetwork = 10.89.0.0/24\n" HEAD,
	    "name or network" },
	{ "two of a network", HEAD "[vpn b]\ntenant = shop\n",
	    "name or network" },
	{ "one inside the other",
	    HEAD "network = 10.88.0.0/20\n[vpn b]\ntenant = shop\n"
		 "network = 10.88.1.0/24\n",
	    "name or network" },
	{ "two", HEAD "[vpn b]\ntenant = shop\nnetwork = 10.89.0.0/24\n",
	    NULL },
	{ "reach of no VPN", REACH "to = box\n", "no such" },
	{ "reach", HEAD REACH "to = box\n", NULL },
	{ "role is no name", HEAD "[reach a]\nvpn = main\nrole = A\nto = box\n",
	    "not a name" },
	{ "to nothing", HEAD REACH "to = nas\n", "not an address" },
	{ "to host bits", HEAD REACH "to = 10.0.0.1/8\n", "not an address" },
	{ "to /33", HEAD REACH "to = 10.0.0.0/33\n", "not an address" },
	{ "to /x", HEAD REACH "to = 10.0.0.0/x\n", "not an address" },
	{ "to an IPv6 network", HEAD REACH "to = fd00::/8\n", NULL },
	{ "service", HEAD REACH "to = box\nservice = sctp/1\n", "none of" },
	{ "port 0", HEAD REACH "to = box\nservice = tcp/0\n", "none of" },
	{ "port 65536", HEAD REACH "to = box\nservice = tcp/65536\n",
	    "none of" },
	{ "port and more", HEAD REACH "to = box\nservice = tcp/1x\n",
	    "none of" },
	{ "any with a port", HEAD REACH "to = box\nservice = any/1\n",
	    "none of" },
	{ "addresses of another network",
	    HEAD REACH "to = box\naddresses = 10.89.0.0/26\n", "no part" },
	{ "addresses with host bits",
	    HEAD REACH "to = box\naddresses = 10.88.0.65/26\n", "no part" },
	{ "addresses of IPv6", HEAD REACH "to = box\naddresses = fd00::/120\n",
	    "no part" },
	{ "addresses: all of it",
	    HEAD REACH "to = box\naddresses = 10.88.0.0/24\n", "no part" },
	{ "addresses of a role twice",
	    HEAD REACH "to = box\naddresses = 10.88.0.64/26\n" REACH2
		       "to = box\naddresses = 10.88.0.128/26\n",
	    "given twice" },
	{ "addresses of two roles overlap",
	    HEAD REACH "to = box\naddresses = 10.88.0.64/26\n"
		       "[reach b]\nvpn = main\nrole = owner\nto = box\n"
		       "addresses = 10.88.0.96/28\n",
	    "another role's" },
	{ "addresses",
	    HEAD REACH "to = box\naddresses = 10.88.0.64/26\n"
		       "[reach b]\nvpn = main\nrole = owner\nto = box\n"
		       "addresses = 10.88.0.128/26\n",
	    NULL },
	{ "listens on port 70000", HEAD "listen = 0.0.0.0:70000\n",
	    "ADDRESS:PORT" },
	{ "listens on port 66730 (1194 + 65536)",
	    HEAD "listen = 0.0.0.0:66730\n", "ADDRESS:PORT" },
	{ "listens, and more", HEAD "listen = 0.0.0.0:1194 script\n",
	    "ADDRESS:PORT" },
	{ "listens on two words", HEAD "listen = a b:1194\n", "ADDRESS:PORT" },
	{ "listens on an open bracket", HEAD "listen = [::1194\n",
	    "ADDRESS:PORT" },
	{ "listens on IPv6 without brackets", HEAD "listen = fd00::1:1194\n",
	    "ADDRESS:PORT" },
	{ "listens on IPv6", HEAD "listen = [::]:1194\n", NULL },
	{ "listens on a name", HEAD "listen = box-1.test:443\n", NULL },
	{ "DNS of a network", HEAD REACH "to = 10.0.0.0/8\ndns = yes\n",
	    "one address" },
};

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		struct btz_err err = { .rc = BTZ_OK };
		enum btz_rc rc;

		print_message("# case: %s\n", cases[i].name);
		rc = parse(cases[i].text, &err);
		assert_int_equal(
		    rc, cases[i].error == NULL ? BTZ_OK : BTZ_E_CONFIG);
		if (cases[i].error != NULL)
			assert_non_null(strstr(err.msg, cases[i].error));
	}
}

static void
test_rules(void **state)
{
	const struct btz_site_conf *c = &sites.site[1];
	struct btz_err err;

	(void)state;
	assert_int_equal(
	    parse(HEAD "[vpn b]\ntenant = shop\nnetwork = 10.89.0.0/24\n"
		       "network6 = fd00::/64\n"
		       "[reach nas]\nvpn = b\nrole = viewer\nto = box\n"
		       "service = tcp/8443\n"
		       "[reach dns]\nvpn = b\nrole = viewer\nto = 10.1.0.53\n"
		       "service = udp/53\ndns = yes\nroute = no\n"
		       "[reach all]\nvpn = b\nrole = owner\nto = 0.0.0.0/0\n",
		&err),
	    BTZ_OK);
	assert_int_equal(sites.n, 2);
	assert_string_equal(c->device, "btz1");
	assert_int_equal(c->n_roles, 2);
	assert_int_equal(c->n_reach, 4); /* box: both families */
	assert_int_equal(c->reach[0].dest.net, 0x0a590001u);
	assert_int_equal(c->reach[0].dest.bits, 32);
	assert_int_equal(c->reach[0].port, 8443);
	assert_true(c->reach[1].dest.v6);
	assert_int_equal(c->reach[1].dest.net6[15], 1);
	assert_false(c->push[0].route); /* it is on the link */
	assert_true(c->push[2].dns);
	assert_false(c->push[2].route);
	assert_true(c->push[3].route);
	assert_true(btz_span_eq(c->reach[3].role, btz_span_str("owner")));
	assert_int_equal(sites.site[0].n_reach, 0);
}

#define A UINT64_C(1) /* viewer */
#define B UINT64_C(2) /* owner */
static const struct {
	const char *name;
	uint64_t roles;
	const char *is; /* last octet, r: route, d: name server */
} push_cases[] = {
	{ "no role", 0, "" },
	{ "a role that is not there", 4, "" },
	{ "one: two services on a host are one route", A, "5r 53d" },
	{ "the other", B, "53r 6r" },
	{ "both: route and name server are one destination", A | B,
	    "5r 53rd 6r" },
};

static void
test_push(void **state)
{
	struct btz_vpn_push push[BTZ_SITE_REACH_MAX];
	struct btz_err err;

	(void)state;
	assert_int_equal(
	    parse(HEAD REACH
		"to = 10.1.0.5\nservice = tcp/1\n" REACH2
		"to = 10.1.0.5\nservice = tcp/2\n"
		"[reach c]\nvpn = main\nrole = viewer\nto = 10.1.0.53\n"
		"dns = yes\nroute = no\n"
		"[reach d]\nvpn = main\nrole = viewer\nto = box\n"
		"[reach e]\nvpn = main\nrole = owner\nto = 10.1.0.53\n"
		"[reach f]\nvpn = main\nrole = owner\nto = 10.1.0.6\n"
		"[reach g]\nvpn = main\nrole = viewer\nto = 10.1.0.7\n"
		"route = no\n",
		&err),
	    BTZ_OK);
	for (size_t i = 0; i < BTZ_COUNT(push_cases); i++) {
		size_t n = btz_site_push(
		    &sites.site[0], push_cases[i].roles, push);
		char text[64] = "";

		print_message("# case: %s\n", push_cases[i].name);
		for (size_t k = 0; k < n; k++)
			(void)snprintf(text + strlen(text),
			    sizeof(text) - strlen(text), "%s%u%s%s",
			    k == 0 ? "" : " ", push[k].dest.net & 255,
			    push[k].route ? "r" : "", push[k].dns ? "d" : "");
		assert_string_equal(text, push_cases[i].is);
	}
}

static const struct {
	const char *name;
	uint64_t a, b;
	bool same;
	uint32_t part; /* of a */
} same_cases[] = {
	{ "one more route", A, A | B, false, 0 },
	{ "one less", A | B, A, false, 1 },
	{ "another", A, B, false, 0 },
	{ "name server and not", B, 4, false, 1 },
	{ "itself", A, A, true, 0 },
	{ "another order", A | 8, 8, true, 2 },
	{ "roles of two parts: the one named first", 8 | B, 8, false, 1 },
};

static void
test_same(void **state)
{
	struct btz_err err;

	(void)state;
	assert_int_equal(
	    parse(HEAD REACH
		"to = 10.1.0.5\n"
		"[reach b]\nvpn = main\nrole = owner\nto = 10.1.0.6\n"
		"[reach c]\nvpn = main\nrole = dns\nto = 10.1.0.6\n"
		"dns = yes\n"
		"[reach d]\nvpn = main\nrole = more\nto = 10.1.0.7\n"
		"addresses = 10.88.0.32/27\n"
		"[reach e]\nvpn = main\nrole = more\nto = 10.1.0.5\n"
		"[reach f]\nvpn = main\nrole = viewer\nto = 10.1.0.7\n"
		"[reach g]\nvpn = main\nrole = owner\nto = box\n"
		"addresses = 10.88.0.64/27\n",
		&err),
	    BTZ_OK);
	for (size_t i = 0; i < BTZ_COUNT(same_cases); i++) {
		print_message("# case: %s\n", same_cases[i].name);
		assert_int_equal(btz_site_same_push(&sites.site[0],
				     same_cases[i].a, same_cases[i].b),
		    same_cases[i].same);
		assert_int_equal(btz_site_part(&sites.site[0], same_cases[i].a),
		    same_cases[i].part);
	}
}

/* n destinations of role viewer, and the same ones of role owner. */
static enum btz_rc
with_routes(const char *head, int n, struct btz_err *err)
{
	static char text[16384];

	(void)snprintf(text, sizeof(text), "%s", head);
	for (int i = 0; i < n; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "[reach a%d]\nvpn = main\nrole = %s\nto = 10.1.0.%d\n", i,
		    i % 2 == 0 ? "viewer" : "owner", i + 1);
	if (parse(text, err) != BTZ_OK)
		return BTZ_E_INTERNAL;
	return btz_sites_check(&sites, err);
}

static void
test_check(void **state)
{
	static const struct {
		const char *name, *head;
		int n;
		enum btz_rc rc;
	} rows[] = {
		{ "one too many", HEAD, 46, BTZ_E_CONFIG },
		{ "one too many beside IPv6", HEAD "network6 = fd00:1::/64\n",
		    45, BTZ_E_CONFIG },
		{ "the second VPN's",
		    "[vpn b]\ntenant = shop\n"
		    "network = 10.89.0.0/24\n" HEAD,
		    46, BTZ_E_CONFIG },
		{ "as many as fit", HEAD, 45, BTZ_OK },
		{ "beside IPv6", HEAD "network6 = fd00:1::/64\n", 44, BTZ_OK },
		{ "none", HEAD, 0, BTZ_OK },
	};

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		struct btz_err err = { .rc = BTZ_OK };

		print_message("# case: %s\n", rows[i].name);
		assert_int_equal(
		    with_routes(rows[i].head, rows[i].n, &err), rows[i].rc);
		if (rows[i].rc != BTZ_OK)
			assert_non_null(strstr(err.msg, "[vpn main]"));
	}
}

static void
test_too_many(void **state)
{
	char text[2048] = "";
	struct btz_err err;

	(void)state;
	for (int i = 0; i < BTZ_VPNS_MAX + 1; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "[vpn v%d]\ntenant = home\nnetwork = 10.%d.0.0/24\n", i, i);
	assert_int_equal(parse(text, &err), BTZ_E_CONFIG);
	assert_int_equal(sites.n, BTZ_VPNS_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_push),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
