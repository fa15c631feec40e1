/* SPDX-License-Identifier: Apache-2.0 */
/* test_place.c - which share a path lies in. */
#include "support/cmocka_all.h"

#include <string.h>

#include "httpd/place.h"

static const struct {
	const char *name, *path;
	enum btz_place_kind kind;
	const char *tenant, *share, *rest;
} cases[] = {
	{ "empty", "", BTZ_PLACE_BAD, "", "", "" },
	{ "relative", "home/photos", BTZ_PLACE_BAD, "", "", "" },
	{ "double slash first", "//home/photos/x", BTZ_PLACE_BAD, "", "", "" },
	{ "double slash", "/home//photos/x", BTZ_PLACE_BAD, "", "", "" },
	{ "double slash last", "/home/photos//", BTZ_PLACE_BAD, "", "", "" },
	{ "two slashes only", "//", BTZ_PLACE_BAD, "", "", "" },
	{ "dot", "/home/./photos/x", BTZ_PLACE_BAD, "", "", "" },
	{ "dots", "/home/photos/../papers/x", BTZ_PLACE_BAD, "", "", "" },
	{ "dots first", "/../home/photos", BTZ_PLACE_BAD, "", "", "" },
	{ "dots last", "/home/photos/..", BTZ_PLACE_BAD, "", "", "" },
	{ "dots only", "/..", BTZ_PLACE_BAD, "", "", "" },
	{ "dots below ours", "/.bartizan/../home", BTZ_PLACE_BAD, "", "", "" },
	{ "backslash", "/home/photos\\..\\papers", BTZ_PLACE_BAD, "", "", "" },
	{ "control", "/home/photos/a\nb", BTZ_PLACE_BAD, "", "", "" },
	{ "DEL", "/home/photos/a\x7f", BTZ_PLACE_BAD, "", "", "" },
	{ "case of tenant", "/Home/photos/x", BTZ_PLACE_NOWHERE, "", "", "" },
	{ "case of share", "/home/Photos/x", BTZ_PLACE_NOWHERE, "home", "",
	    "" },
	{ "parameter", "/home/photos;a/x", BTZ_PLACE_NOWHERE, "home", "", "" },
	{ "parameter of tenant", "/home;a/photos/x", BTZ_PLACE_NOWHERE, "", "",
	    "" },
	{ "percent left", "/home/%70hotos/x", BTZ_PLACE_NOWHERE, "home", "",
	    "" },
	{ "a VPN", "/home/vpn.main", BTZ_PLACE_NOWHERE, "home", "", "" },
	{ "below a VPN", "/home/vpn.main/x", BTZ_PLACE_NOWHERE, "home", "",
	    "" },
	{ "space", "/home/photos /x", BTZ_PLACE_NOWHERE, "home", "", "" },
	{ "dotfile as tenant", "/.git/config", BTZ_PLACE_NOWHERE, "", "", "" },
	{ "like ours", "/.bartizan2/enrol", BTZ_PLACE_NOWHERE, "", "", "" },
	{ "case of ours", "/.Bartizan/enrol", BTZ_PLACE_NOWHERE, "", "", "" },
	{ "properties", "/home/photos/.DAV/x.dir", BTZ_PLACE_NOWHERE, "home",
	    "photos", ".DAV/x.dir" },
	{ "properties deep", "/home/photos/a/.dav", BTZ_PLACE_NOWHERE, "home",
	    "photos", "a/.dav" },
	{ "unfinished upload", "/home/photos/.davfs.tmpab12", BTZ_PLACE_NOWHERE,
	    "home", "photos", ".davfs.tmpab12" },
	{ "star", "*", BTZ_PLACE_STAR, "", "", "" },
	{ "top", "/", BTZ_PLACE_TOP, "", "", "" },
	{ "tenant", "/home", BTZ_PLACE_TENANT, "home", "", "" },
	{ "tenant slash", "/home/", BTZ_PLACE_TENANT, "home", "", "" },
	{ "share", "/home/photos", BTZ_PLACE_SHARE, "home", "photos", "" },
	{ "share slash", "/home/photos/", BTZ_PLACE_SHARE, "home", "photos",
	    "" },
	{ "file", "/home/photos/x.jpg", BTZ_PLACE_INSIDE, "home", "photos",
	    "x.jpg" },
	{ "deep", "/home/photos/a/b c/%41;v=1", BTZ_PLACE_INSIDE, "home",
	    "photos", "a/b c/%41;v=1" },
	{ "collection", "/home/photos/a/", BTZ_PLACE_INSIDE, "home", "photos",
	    "a/" },
	{ "three dots", "/home/photos/...", BTZ_PLACE_INSIDE, "home", "photos",
	    "..." },
	{ "like properties", "/home/photos/.DAVID", BTZ_PLACE_INSIDE, "home",
	    "photos", ".DAVID" },
	{ "trailing dot is another share", "/home/photos./x", BTZ_PLACE_INSIDE,
	    "home", "photos.", "x" },
	{ "like a VPN", "/home/vpnx/a", BTZ_PLACE_INSIDE, "home", "vpnx", "a" },
	{ "ours", "/.bartizan/enrol", BTZ_PLACE_OURS, "", "", "enrol" },
	{ "ours alone", "/.bartizan", BTZ_PLACE_OURS, "", "", "" },
	{ "ours deep", "/.bartizan/crl/a.crl", BTZ_PLACE_OURS, "", "",
	    "crl/a.crl" },
	{ "well-known", "/.well-known/acme/x", BTZ_PLACE_WELL_KNOWN, "", "",
	    "acme/x" },
};

static void
check_span(struct btz_span got, const char *want)
{
	assert_int_equal(got.len, strlen(want));
	if (got.len > 0)
		assert_memory_equal(got.p, want, got.len);
}

static void
test_cases(void **state)
{
	struct btz_place p;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		print_message("# case: %s\n", cases[i].name);
		btz_place_parse(btz_span_str(cases[i].path), &p);
		assert_int_equal(p.kind, cases[i].kind);
		check_span(p.tenant, cases[i].tenant);
		check_span(p.share, cases[i].share);
		check_span(p.rest, cases[i].rest);
	}
}

static enum btz_place_kind
kind_of(const uint8_t *p, size_t len)
{
	struct btz_place place;

	btz_place_parse(btz_span_of(p, len), &place);
	return place.kind;
}

static void
test_lengths(void **state)
{
	static uint8_t path[BTZ_PATH_MAX + 1];

	(void)state;
	memset(path, 'a', sizeof(path));
	memcpy(path, "/home/photos/", 13);
	assert_int_equal(kind_of(path, 13 + 256), BTZ_PLACE_BAD);
	assert_int_equal(kind_of(path, 13 + 255), BTZ_PLACE_INSIDE);
	for (size_t i = 12; i < sizeof(path); i += 200)
		path[i] = '/';
	assert_int_equal(kind_of(path, BTZ_PATH_MAX + 1), BTZ_PLACE_BAD);
	assert_int_equal(kind_of(path, BTZ_PATH_MAX), BTZ_PLACE_INSIDE);
	path[20] = '\0';
	assert_int_equal(kind_of(path, 40), BTZ_PLACE_BAD);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
