/* SPDX-License-Identifier: Apache-2.0 */
/* test_fetch.c - what the HTTPS client refuses without a server: answers that
 * are not HTTP, secrets to a server that is not verified, nobody there. */
#include "cli/fetch.h"

#include <string.h>

#include "support/cmocka_all.h"

static struct btz_fetch_answer answer;

static const struct {
	const char *name, *text;
	bool ok;
	int status;
	const char *body;
} answers[] = {
	{ "empty", "", false, 0, NULL },
	{ "no end of the head", "HTTP/1.1 200 OK\r\nA: b\r\n", false, 0, NULL },
	{ "not HTTP", "SSH-2.0-OpenSSH\r\n\r\n", false, 0, NULL },
	{ "HTTP/2", "HTTP/2.0 200\r\n\r\n", false, 0, NULL },
	{ "status of two digits", "HTTP/1.1 20 OK\r\n\r\n", false, 0, NULL },
	{ "body", "HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody\r\n\r\nmore", true, 200,
	    "body\r\n\r\nmore" },
	{ "empty body", "HTTP/1.0 403 Forbidden\r\n\r\n", true, 403, "" },
};

static void
test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(answers); i++) {
		print_message("# case: %s\n", answers[i].name);
		answer.len = strlen(answers[i].text);
		memcpy(answer.buf, answers[i].text, answer.len + 1);
		assert_int_equal(btz_fetch_parse(&answer), answers[i].ok);
		if (!answers[i].ok)
			continue;
		assert_int_equal(answer.status, answers[i].status);
		assert_true(
		    btz_span_eq(answer.body, btz_span_str(answers[i].body)));
	}
}

static void
test_no_secret_unverified(void **state)
{
	struct btz_fetch rq = { .url = { "127.0.0.1", "1" },
		.method = "POST",
		.path = "/.bartizan/enrol",
		.token = "secret" };
	struct btz_err err = { .rc = BTZ_OK };

	(void)state;
	assert_int_equal(btz_fetch(&rq, &answer, &err), BTZ_E_INTERNAL);
	rq.token = NULL;
	rq.body = btz_span_str("csr");
	assert_int_equal(btz_fetch(&rq, &answer, &err), BTZ_E_INTERNAL);
}

static void
test_nobody_there(void **state)
{
	struct btz_fetch rq = {
		.url = { "127.0.0.1", "1" }, .method = "GET", .path = "/"
	};
	struct btz_err err = { .rc = BTZ_OK };

	(void)state;
	assert_int_equal(btz_fetch(&rq, &answer, &err), BTZ_E_DOWN);
	assert_non_null(strstr(err.msg, "127.0.0.1:1"));
}

static void
test_no_chain(void **state)
{
	struct btz_err err = { .rc = BTZ_OK };

	(void)state;
	assert_int_equal(
	    btz_fetch_check_chain("", btz_span_str(""), btz_span_str(""), &err),
	    BTZ_E_PEM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_no_secret_unverified),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_no_chain),
	};

	return cmocka_run_group_tests_name("cli/fetch", tests, NULL, NULL);
}
