/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_decide.c - methods, paths and roles together. The policy is a function
 * here: tenant home has share photos for everyone below and share notes for
 * editors; papers exists for nobody, nothing else exists.
 */
#include "support/cmocka_all.h"

#include <string.h>

#include "httpd/decide.h"

enum who { NOBODY, STRANGER, VIEWER, EDITOR, DROPBOX, WRITER };

static uint32_t
role_on(enum who who, struct btz_span share)
{
	static const uint32_t roles[] = { [NOBODY] = 0,
		[STRANGER] = 0,
		[VIEWER] = BTZ_ROLE_VIEWER,
		[EDITOR] = BTZ_ROLE_EDITOR,
		[DROPBOX] = BTZ_ACT_WRITE,
		[WRITER] = BTZ_ROLE_VIEWER | BTZ_ACT_WRITE };

	if (btz_span_eq(share, btz_span_str("photos")))
		return roles[who];
	if (btz_span_eq(share, btz_span_str("notes")) && who == EDITOR)
		return BTZ_ROLE_EDITOR;
	return 0;
}

static void
grants(void *arg, struct btz_span tenant, struct btz_span share,
    uint32_t actions, struct btz_policy_answer *out)
{
	enum who who = *(const enum who *)arg;
	uint32_t have = 0;

	if (btz_span_eq(tenant, btz_span_str("home")))
		have = role_on(who, share);
	out->reason = "test";
	if (who == NOBODY)
		out->verdict = BTZ_DENY_CREDENTIAL;
	else if (have == 0)
		out->verdict = BTZ_DENY_ABSENT;
	else if ((have & actions) != actions)
		out->verdict = BTZ_DENY;
	else
		out->verdict = BTZ_ALLOW;
}

static int
judge(const struct btz_hreq *q, enum who who, struct btz_want *w)
{
	struct btz_policy_answer answer;
	struct btz_decision d;

	if (!btz_want_parse(q, w, &d)) {
		assert_int_not_equal(d.status, 0);
		assert_true(d.why[0] != '\0');
		return d.status;
	}
	if (btz_want_reserved(w))
		return 0;
	btz_want_judge(w, grants, &who, &answer, &d);
	assert_true(d.why != NULL && d.why[0] != '\0');
	return d.status;
}

static const struct {
	const char *method, *path;
	int nobody, stranger, viewer, editor, dropbox;
} plain[] = {
	{ "BREW", "/home/photos/x", 403, 403, 403, 403, 403 },
	{ "get", "/home/photos/x", 403, 403, 403, 403, 403 },
	{ "", "/home/photos/x", 403, 403, 403, 403, 403 },
	{ "POST", "/home/photos/x", 403, 403, 403, 403, 403 },
	{ "PATCH", "/home/photos/x", 403, 403, 403, 403, 403 },
	{ "TRACE", "/home/photos/x", 403, 403, 403, 403, 403 },
	{ "CONNECT", "/home/photos/x", 403, 403, 403, 403, 403 },
	{ "REPORT", "/home/photos/x", 403, 403, 403, 403, 403 },
	{ "SEARCH", "/home/photos/x", 403, 403, 403, 403, 403 },
	{ "ACL", "/home/photos/x", 403, 403, 403, 403, 403 },
	{ "BIND", "/home/photos/x", 403, 403, 403, 403, 403 },
	{ "CHECKOUT", "/home/photos/x", 403, 403, 403, 403, 403 },
	{ "VERSION-CONTROL", "/home/photos/x", 403, 403, 403, 403, 403 },
	{ "MKACTIVITY", "/home/photos/x", 403, 403, 403, 403, 403 },
	{ "GET", "/home/photos/x", 403, 404, 0, 0, 403 },
	{ "HEAD", "/home/photos/x", 403, 404, 0, 0, 403 },
	{ "OPTIONS", "/home/photos/x", 403, 404, 0, 0, 403 },
	{ "PROPFIND", "/home/photos/x", 403, 404, 0, 0, 403 },
	{ "PUT", "/home/photos/x", 403, 404, 403, 0, 0 },
	{ "MKCOL", "/home/photos/x", 403, 404, 403, 0, 0 },
	{ "DELETE", "/home/photos/x", 403, 404, 403, 0, 403 },
	{ "PROPPATCH", "/home/photos/x", 403, 404, 403, 0, 0 },
	{ "LOCK", "/home/photos/x", 403, 404, 403, 0, 0 },
	{ "UNLOCK", "/home/photos/x", 403, 404, 403, 0, 0 },
	{ "GET", "/home/photos/", 403, 404, 0, 0, 403 },
	{ "PROPFIND", "/home/photos", 403, 404, 0, 0, 403 },
	{ "PUT", "/home/photos/", 403, 404, 403, 403, 403 },
	{ "MKCOL", "/home/photos", 403, 404, 403, 403, 403 },
	{ "DELETE", "/home/photos/", 403, 404, 403, 403, 403 },
	{ "DELETE", "/home/photos", 403, 404, 403, 403, 403 },
	{ "LOCK", "/home/photos/", 403, 404, 403, 0, 0 },
	{ "GET", "/home/papers/x", 403, 404, 404, 404, 404 },
	{ "PUT", "/home/papers/x", 403, 404, 404, 404, 404 },
	{ "DELETE", "/home/papers/", 403, 404, 404, 404, 404 },
	{ "PROPFIND", "/home/papers/", 403, 404, 404, 404, 404 },
	{ "OPTIONS", "/home/papers/", 403, 404, 404, 404, 404 },
	{ "GET", "/home/absent/x", 403, 404, 404, 404, 404 },
	{ "PUT", "/home/absent/x", 403, 404, 404, 404, 404 },
	{ "GET", "/other/photos/x", 403, 404, 404, 404, 404 },
	{ "GET", "/home/Photos/x", 403, 404, 404, 404, 404 },
	{ "GET", "/home/photos./x", 403, 404, 404, 404, 404 },
	{ "GET", "/home/photos;a/x", 403, 404, 404, 404, 404 },
	{ "GET", "/home/photos/.DAV/x", 403, 404, 404, 404, 404 },
	{ "PROPFIND", "/", 403, 404, 404, 404, 404 },
	{ "GET", "/", 403, 404, 404, 404, 404 },
	{ "PUT", "/", 403, 404, 404, 404, 404 },
	{ "DELETE", "/", 403, 404, 404, 404, 404 },
	{ "OPTIONS", "/", 403, 0, 0, 0, 0 },
	{ "OPTIONS", "*", 403, 0, 0, 0, 0 },
	{ "GET", "*", 403, 404, 404, 404, 404 },
	{ "PROPFIND", "/home", 403, 404, 404, 404, 404 },
	{ "PROPFIND", "/home/", 403, 404, 404, 404, 404 },
	{ "OPTIONS", "/home/", 403, 404, 404, 404, 404 },
	{ "PUT", "/home/x", 403, 404, 404, 404, 404 },
	{ "MKCOL", "/home/new", 403, 404, 404, 404, 404 },
	{ "DELETE", "/home", 403, 404, 404, 404, 404 },
	{ "GET", "/home/photos/../papers/x", 400, 400, 400, 400, 400 },
	{ "GET", "//home/photos/x", 400, 400, 400, 400, 400 },
	{ "GET", "/home/photos\\x", 400, 400, 400, 400, 400 },
	{ "GET", "/.bartizan/ca.pem", 0, 0, 0, 0, 0 },
	{ "POST", "/.bartizan/enrol", 0, 0, 0, 0, 0 },
	{ "PUT", "/.bartizan/ca.pem", 405, 405, 405, 405, 405 },
	{ "PROPFIND", "/.bartizan/", 405, 405, 405, 405, 405 },
	{ "MKCOL", "/.well-known/est", 405, 405, 405, 405, 405 },
	{ "GET", "/.well-known/est", 0, 0, 0, 0, 0 },
};

static void
test_plain(void **state)
{
	static struct btz_want w;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(plain); i++) {
		struct btz_hreq q = { .method = btz_span_str(plain[i].method),
			.path = btz_span_str(plain[i].path),
			.host = btz_span_str("box") };

		print_message(
		    "# case: %s %s\n", plain[i].method, plain[i].path);
		assert_int_equal(judge(&q, NOBODY, &w), plain[i].nobody);
		assert_int_equal(judge(&q, STRANGER, &w), plain[i].stranger);
		assert_int_equal(judge(&q, VIEWER, &w), plain[i].viewer);
		assert_int_equal(judge(&q, EDITOR, &w), plain[i].editor);
		assert_int_equal(judge(&q, DROPBOX, &w), plain[i].dropbox);
	}
}

static const struct {
	const char *method, *path, *dst;
	bool keep;
	int viewer, editor, writer;
} moves[] = {
	{ "MOVE", "/home/photos/a", NULL, false, 400, 400, 400 },
	{ "COPY", "/home/photos/a", "", false, 400, 400, 400 },
	{ "MOVE", "/home/photos/a", "https://evil/home/photos/b", false, 502,
	    502, 502 },
	{ "COPY", "/home/photos/a", "/home/photos/a%2fb", false, 400, 400,
	    400 },
	{ "COPY", "/home/photos/a", "/home/photos/a%5cb", false, 400, 400,
	    400 },
	{ "MOVE", "/home/photos/a", "/home/photos/b", false, 403, 0, 403 },
	{ "MOVE", "/home/photos/a", "/home/photos/b", true, 403, 0, 403 },
	{ "COPY", "/home/photos/a", "/home/photos/b", false, 403, 0, 403 },
	{ "COPY", "/home/photos/a", "/home/photos/b", true, 403, 0, 0 },
	{ "COPY", "/home/photos/a", "/home/notes/b", false, 404, 0, 404 },
	{ "COPY", "/home/photos/", "/home/notes/b", false, 404, 0, 404 },
	{ "COPY", "/home/photos/a", "/home/papers/b", true, 404, 404, 404 },
	{ "MOVE", "/home/photos/a", "/home/papers/b", false, 403, 404, 403 },
	{ "MOVE", "/home/photos/a", "/home/photos/../papers/b", false, 403, 404,
	    403 },
	{ "MOVE", "/home/photos/a", "/home/photos/%2e%2e/papers/b", false, 403,
	    404, 403 },
	{ "MOVE", "/home/photos/a", "/home/absent/b", false, 403, 404, 403 },
	{ "MOVE", "/home/photos/a", "/other/photos/b", false, 403, 404, 403 },
	{ "MOVE", "/home/papers/a", "/home/photos/b", false, 404, 404, 404 },
	{ "COPY", "/home/papers/a", "/home/photos/b", true, 404, 404, 404 },
	{ "MOVE", "/home/photos/", "/home/notes/b", false, 403, 403, 403 },
	{ "MOVE", "/home/photos", "/home/photos2", false, 403, 403, 403 },
	{ "MOVE", "/home/notes/d/", "/home/photos/", false, 404, 403, 404 },
	{ "COPY", "/home/notes/d/", "/home/photos", false, 404, 403, 404 },
	{ "COPY", "/home/photos/d/", "/home/photos/x/..", true, 403, 403, 403 },
	{ "COPY", "/home/photos/a", "/home", true, 404, 404, 404 },
	{ "COPY", "/home/photos/a", "/", true, 404, 404, 404 },
	{ "COPY", "/home/photos/a", "/.bartizan/enrol", true, 404, 404, 404 },
	{ "COPY", "/home/photos/a", "/home/photos/.DAV/b", true, 404, 404,
	    404 },
	{ "MOVE", "/home", "/home2", false, 404, 404, 404 },
};

static void
test_moves(void **state)
{
	static struct btz_want w;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(moves); i++) {
		struct btz_hreq q = { .method = btz_span_str(moves[i].method),
			.path = btz_span_str(moves[i].path),
			.host = btz_span_str("box"),
			.has_destination = moves[i].dst != NULL,
			.destination = btz_span_str(moves[i].dst),
			.keep_existing = moves[i].keep };

		print_message("# case: %s %s to %s\n", moves[i].method,
		    moves[i].path,
		    moves[i].dst == NULL ? "(none)" : moves[i].dst);
		assert_int_equal(judge(&q, VIEWER, &w), moves[i].viewer);
		assert_int_equal(judge(&q, EDITOR, &w), moves[i].editor);
		assert_int_equal(judge(&q, WRITER, &w), moves[i].writer);
	}
}

static void
test_partial_put(void **state)
{
	static struct btz_want w;
	struct btz_hreq q = { .method = btz_span_str("PUT"),
		.path = btz_span_str("/home/photos/x"),
		.partial = true };

	(void)state;
	assert_int_equal(judge(&q, EDITOR, &w), 400);
	q.method = btz_span_str("GET");
	assert_int_equal(judge(&q, EDITOR, &w), 0);
}

static const struct {
	const char *method, *path, *dst, *sub;
	int editor;
} subs[] = {
	{ "PROPFIND", "/home/photos/", NULL, "/home/notes/x", 403 },
	{ "PROPFIND", "/home/photos/", NULL, "/home/papers/x", 403 },
	{ "PROPFIND", "/home/photos/", NULL, "/", 403 },
	{ "PROPFIND", "/home/photos/", NULL, "/home/photos/.DAV", 404 },
	{ "PROPFIND", "/home/photos/", NULL, "/home/photos/x", 0 },
	{ "PROPFIND", "/home/photos/", NULL, "/home/photos/", 0 },
	{ "PUT", "/home/photos/x", NULL, "/home/photos/y", 403 },
	{ "MOVE", "/home/photos/a", "/home/photos/b", "/home/photos/c", 403 },
	{ "MOVE", "/home/photos/a", "/home/photos/b", "/home/notes/b", 403 },
	{ "MOVE", "/home/photos/a", "/home/photos/%62", "/home/photos/b", 0 },
};

static void
test_subs(void **state)
{
	static struct btz_want w;
	enum who who = EDITOR, nobody = NOBODY;
	struct btz_decision d;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(subs); i++) {
		struct btz_hreq q = { .method = btz_span_str(subs[i].method),
			.path = btz_span_str(subs[i].path),
			.has_destination = subs[i].dst != NULL,
			.destination = btz_span_str(subs[i].dst) };

		print_message("# case: %s %s, then %s\n", subs[i].method,
		    subs[i].path, subs[i].sub);
		assert_int_equal(judge(&q, EDITOR, &w), 0);
		btz_want_judge_sub(
		    &w, btz_span_str(subs[i].sub), grants, &who, &d);
		assert_int_equal(d.status, subs[i].editor);
		btz_want_judge_sub(
		    &w, btz_span_str(subs[i].sub), grants, &nobody, &d);
		assert_int_equal(d.status, 403);
	}
}

static void
silent(void *arg, struct btz_span tenant, struct btz_span share,
    uint32_t actions, struct btz_policy_answer *out)
{
	(void)arg;
	(void)tenant;
	(void)share;
	(void)actions;
	(void)out;
}

static void
test_no_answer_is_no(void **state)
{
	static struct btz_want w;
	struct btz_hreq q = { .method = btz_span_str("GET"),
		.path = btz_span_str("/home/photos/x") };
	struct btz_policy_answer answer;
	struct btz_decision d;

	(void)state;
	assert_true(btz_want_parse(&q, &w, &d));
	btz_want_judge(&w, silent, NULL, &answer, &d);
	assert_int_equal(d.status, 403);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_moves),
		cmocka_unit_test(test_partial_put),
		cmocka_unit_test(test_subs),
		cmocka_unit_test(test_no_answer_is_no),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
