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
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
