/* SPDX-License-Identifier: Apache-2.0 */
/* test_profile.c - names, name space, constraints, serials. */
#include "ca/profile.h"

#include <string.h>

#include "support/cmocka_all.h"

static const struct {
	const char *url, *host;
} urls[] = {
	{ "", "" },
	{ "https://", "" },
	{ "ftp://a.lan", "" },
	{ "a.lan", "" },
	{ "https://a.lan", "a.lan" },
	{ "http://a.lan:8443/x", "a.lan" },
	{ "https://10.0.0.1:8443", "10.0.0.1" },
	{ "https://[fd00::1]:8443", "fd00::1" },
};

static void
test_urls(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(urls); i++) {
		print_message("# case: '%s'\n", urls[i].url);
		assert_true(btz_span_eq(btz_url_host(btz_span_str(urls[i].url)),
		    btz_span_str(urls[i].host)));
	}
}

static const struct {
	const char *name, *dns, *ips;
	bool ok;
	size_t n_dns, n_ips;
} names[] = {
	{ "nothing", "", "", false, 0, 0 },
	{ "spaces", "   ", " ", false, 0, 0 },
	{ "upper case", "A.lan", "", false, 0, 0 },
	{ "underscore", "a_b", "", false, 0, 0 },
	{ "trailing dot", "a.lan.", "", false, 0, 0 },
	{ "name among addresses", "", "a.lan", false, 0, 0 },
	{ "17 names", "a b c d e f g h i j k l m n o p q", "", false, 0, 0 },
	{ "an address that is none", "", "10.0.0.256", false, 0, 0 },
	{ "one name", "a.lan", "", true, 1, 0 },
	{ "mixed", " a.lan  10.0.0.1 b ", "::1", true, 2, 2 },
};

static void
test_names(void **state)
{
	struct btz_names n;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(names); i++) {
		print_message("# case: %s\n", names[i].name);
		assert_int_equal(btz_names_parse(btz_span_str(names[i].dns),
				     btz_span_str(names[i].ips), &n),
		    names[i].ok);
		if (!names[i].ok)
			continue;
		assert_int_equal(n.n_dns, names[i].n_dns);
		assert_int_equal(n.n_ips, names[i].n_ips);
	}
}

static struct btz_ca_plan
plan(void)
{
	return (
	    struct btz_ca_plan){ .trust_domain = btz_span_str("td.internal"),
		.box = btz_span_str("edge-1"),
		.base_url = btz_span_str("https://nas.lan:8443"),
		.names = btz_span_str("nas.lan 10.0.0.7"),
		.max_lifetime = 86400 };
}

static const struct {
	const char *name, *dns;
	bool inside;
} inside[] = {
	{ "foreign", "example.org", false },
	{ "ends alike", "xnas.lan", false },
	{ "above", "lan", false },
	{ "foreign address", "10.0.0.8", false },
	{ "foreign v6", "::1", false },
	{ "one inside, one not", "nas.lan example.org", false },
	{ "itself", "nas.lan", true },
	{ "below", "files.nas.lan", true },
	{ "box", "edge-1", true },
	{ "trust domain", "td.internal", true },
	{ "localhost", "localhost 127.0.0.1", true },
	{ "its address", "10.0.0.7", true },
};

static void
test_constraints(void **state)
{
	uint8_t buf[BTZ_CONSTRAINTS_MAX];
	struct btz_ca_plan p = plan();
	struct btz_constraints c;
	struct btz_names n;
	struct btz_wr wr;

	(void)state;
	btz_wr_init(&wr, buf, sizeof(buf));
	assert_int_equal(btz_profile_constraints(&p, &wr, NULL), BTZ_OK);
	assert_true(btz_constraints_decode(btz_wr_span(&wr), &c));
	assert_true(
	    btz_span_eq(c.subject_cn, btz_span_str("edge-1 issuing CA 1")));
	assert_true(btz_span_eq(c.crl_uri,
	    btz_span_str("https://nas.lan:8443/.bartizan/crl/1.crl")));
	assert_true(c.max_lifetime == 86400);
	for (size_t i = 0; i < BTZ_COUNT(inside); i++) {
		print_message("# case: %s\n", inside[i].name);
		assert_true(btz_names_parse(
		    btz_span_str(inside[i].dns), btz_span_of(NULL, 0), &n));
		assert_int_equal(btz_names_inside(&n, &c), inside[i].inside);
	}
}

static void
test_bad_plans(void **state)
{
	char long_box[64];
	struct btz_ca_plan p;
	uint8_t buf[BTZ_CONSTRAINTS_MAX];
	struct btz_wr wr;

	(void)state;
	btz_wr_init(&wr, buf, sizeof(buf));
	p = plan();
	p.trust_domain = btz_span_str("TD");
	assert_int_equal(btz_profile_constraints(&p, &wr, NULL), BTZ_E_INVAL);
	p = plan();
	p.base_url = btz_span_str("nas.lan");
	assert_int_equal(btz_profile_constraints(&p, &wr, NULL), BTZ_E_INVAL);
	p = plan();
	p.base_url = btz_span_str("https://nas lan/");
	assert_int_equal(btz_profile_constraints(&p, &wr, NULL), BTZ_E_INVAL);
	p = plan();
	p.base_url = btz_span_str("https://nas.lan/a b");
	assert_int_equal(btz_profile_constraints(&p, &wr, NULL), BTZ_E_INVAL);
	memset(long_box, 'a', sizeof(long_box));
	p = plan();
	p.box = btz_span_of(long_box, 60);
	assert_int_equal(btz_profile_constraints(&p, &wr, NULL), BTZ_E_TOOBIG);
}

static void
test_serials(void **state)
{
	uint8_t a[BTZ_ID_LEN], b[BTZ_ID_LEN];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		btz_profile_serial(a);
		btz_profile_serial(b);
		assert_true(a[0] > 0 && a[0] < 0x80);
		assert_memory_not_equal(a, b, sizeof(a));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_constraints),
		cmocka_unit_test(test_bad_plans),
		cmocka_unit_test(test_serials),
	};

	return cmocka_run_group_tests_name("profile", tests, NULL, NULL);
}
