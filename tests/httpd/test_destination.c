/* SPDX-License-Identifier: Apache-2.0 */
/* test_destination.c - the Destination header: what is refused, what it means. */
#include "support/cmocka_all.h"

#include <string.h>

#include "httpd/place.h"

static const struct {
	const char *name, *header, *host;
	int status;
	const char *path;
} cases[] = {
	{ "empty", "", "box", 400, "" },
	{ "relative", "photos/x", "box", 400, "" },
	{ "network path", "//box/home/photos/x", "box", 400, "" },
	{ "other scheme", "http://box/home/photos/x", "box", 502, "" },
	{ "file scheme", "file:///etc/passwd", "box", 502, "" },
	{ "scheme without slashes", "https:/home/photos/x", "box", 502, "" },
	{ "other host", "https://evil/home/photos/x", "box", 502, "" },
	{ "other port", "https://box:444/home/photos/x", "box", 502, "" },
	{ "longer host", "https://box.evil/home/photos/x", "box", 502, "" },
	{ "shorter host", "https://bo/home/photos/x", "box", 502, "" },
	{ "no host", "https:///home/photos/x", "box", 502, "" },
	{ "no Host header", "https://box/home/photos/x", "", 502, "" },
	{ "user", "https://alice@box/home/photos/x", "box", 400, "" },
	{ "user is host", "https://box@evil/home/photos/x", "box", 400, "" },
	{ "no path", "https://box", "box", 400, "" },
	{ "query", "https://box/home/photos/x?a", "box", 400, "" },
	{ "query in authority", "https://box?/home/photos/x", "box", 400, "" },
	{ "fragment", "/home/photos/x#a", "box", 400, "" },
	{ "space", "/home/photos/a b", "box", 400, "" },
	{ "two headers joined", "/home/photos/a, /home/papers/b", "box", 400,
	    "" },
	{ "control", "/home/photos/a\tb", "box", 400, "" },
	{ "eight bits", "/home/photos/\xc3\xa9", "box", 400, "" },
	{ "backslash", "/home/photos/..\\x", "box", 400, "" },
	{ "encoded slash", "/home/photos%2f..%2fpapers/x", "box", 400, "" },
	{ "encoded slash upper", "/home/photos/a%2Fb", "box", 400, "" },
	{ "encoded NUL", "/home/photos/a%00", "box", 400, "" },
	{ "half an escape", "/home/photos/a%2", "box", 400, "" },
	{ "percent at end", "/home/photos/a%", "box", 400, "" },
	{ "bad escape", "/home/photos/%zz", "box", 400, "" },
	{ "above the top", "/../etc/passwd", "box", 400, "" },
	{ "far above", "/home/photos/../../../x", "box", 400, "" },
	{ "encoded above", "/home/%2e%2e/%2E./x", "box", 400, "" },
	{ "path only", "/home/photos/x", "box", 0, "/home/photos/x" },
	{ "absolute", "https://box/home/photos/x", "box", 0, "/home/photos/x" },
	{ "case of host", "HTTPS://BOX:8443/home/photos/x", "box:8443", 0,
	    "/home/photos/x" },
	{ "default port in header", "https://box:443/a", "box", 0, "/a" },
	{ "default port in Host", "https://box/a", "box:443", 0, "/a" },
	{ "address", "https://[::1]:8443/a", "[::1]:8443", 0, "/a" },
	{ "top", "https://box/", "box", 0, "/" },
	{ "decoded once", "/home/%70hotos/%2570", "box", 0,
	    "/home/photos/%70" },
	{ "encoded backslash stays for place.c", "/a%5cb", "box", 0, "/a\\b" },
	{ "doubled slashes", "///", "box", 400, "" },
	{ "slashes inside", "/home//photos///x", "box", 0, "/home/photos/x" },
	{ "dot", "/home/./photos/.", "box", 0, "/home/photos/" },
	{ "dots", "/home/photos/../papers/x", "box", 0, "/home/papers/x" },
	{ "encoded dots", "/home/photos/%2e%2E/papers/x", "box", 0,
	    "/home/papers/x" },
	{ "dots at end", "/home/photos/a/..", "box", 0, "/home/photos/" },
	{ "dots to the top", "/home/photos/../..", "box", 0, "/" },
	{ "slash and dots", "/home/photos/a//../b", "box", 0,
	    "/home/photos/b" },
	{ "three dots are a name", "/home/photos/...", "box", 0,
	    "/home/photos/..." },
	{ "trailing slash", "/home/photos/d/", "box", 0, "/home/photos/d/" },
	{ "semicolon", "/home/photos;v=1/x", "box", 0, "/home/photos;v=1/x" },
};

static void
test_cases(void **state)
{
	uint8_t out[BTZ_PATH_MAX];
	const char *why;
	size_t len;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		print_message("# case: %s\n", cases[i].name);
		assert_int_equal(btz_destination(btz_span_str(cases[i].header),
				     btz_span_str(cases[i].host), out,
				     sizeof(out), &len, &why),
		    cases[i].status);
		assert_int_equal(len, strlen(cases[i].path));
		assert_memory_equal(out, cases[i].path, len);
		assert_int_equal(why != NULL, cases[i].status != 0);
	}
}

static void
test_long(void **state)
{
	static uint8_t header[4 * BTZ_PATH_MAX], out[BTZ_PATH_MAX];
	const char *why;
	size_t len;

	(void)state;
	memset(header, 'a', sizeof(header));
	header[0] = '/';
	assert_int_equal(btz_destination(btz_span_of(header, sizeof(header)),
			     btz_span_str("box"), out, sizeof(out), &len, &why),
	    400);
	assert_int_equal(btz_destination(btz_span_of(header, BTZ_PATH_MAX + 1),
			     btz_span_str("box"), out, sizeof(out), &len, &why),
	    400);
	assert_int_equal(btz_destination(btz_span_of(header, BTZ_PATH_MAX),
			     btz_span_str("box"), out, sizeof(out), &len, &why),
	    0);
	assert_int_equal(len, BTZ_PATH_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
