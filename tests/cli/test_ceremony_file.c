/* SPDX-License-Identifier: Apache-2.0 */
/* test_ceremony_file.c - the files of a ceremony: one good one of each kind,
 * and what is changed in it must be seen. */
#include "cli/ceremony_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prim/prim.h"
#include "support/cmocka_all.h"

static struct btz_ceremony c, got;
static struct btz_err err;

static void
seal(uint8_t operation, const struct btz_msgdef *def, const void *m)
{
	struct btz_wr wr;

	memset(&c, 0, sizeof(c));
	btz_wr_init(&wr, c.request, sizeof(c.request));
	btz_msg_write(def, m, &wr);
	assert_true(btz_wr_ok(&wr));
	c.request_len = wr.len;
	c.until = 1800000000;
	c.challenge = (struct btz_challenge){ .operation = operation,
		.nonce = { 1, 2 },
		.k = 2,
		.n = 3,
		.expires = 3600 };
	btz_sha256(btz_wr_span(&wr), c.challenge.digest);
}

static void
seal_time(void)
{
	const struct btz_time_set m = { .time = 1700000000 };

	seal(BTZ_APPROVE_TIME_SET, &btz_def_time_set, &m);
}

static enum btz_rc
parse(const char *text)
{
	return btz_ceremony_parse(btz_span_str(text), &got, &err);
}

/* The text with the first `from` replaced; freed by the caller. */
static char *
change(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	char *out = malloc(strlen(text) + strlen(to) + 1);

	assert_non_null(at);
	assert_non_null(out);
	(void)sprintf(
	    out, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	return out;
}

static void
test_bad(void **state)
{
	static const struct {
		const char *name, *from, *to;
	} rows[] = {
		{ "cut off", "}\n", "" },
		{ "another version", "ceremony/1", "ceremony/2" },
		{ "an approval", "ceremony/1", "approval/1" },
		{ "a member more", "\"until\"", "\"more\": 1, \"until\"" },
		{ "a member twice", "\"until\"", "\"until\": 1, \"until\"" },
		{ "a member less", ",\n \"until\": 1800000000", "" },
		{ "another operation", "\"time-set\"", "\"recover\"" },
		{ "no operation", "\"time-set\"", "\"time\"" },
		{ "operation a number", "\"time-set\"", "4" },
		{ "another time", "AAAAAGVT8QA", "AAAAAGVT8QE" },
		{ "request cut", "AAAAAGVT8QA", "AAAAAGVT" },
		{ "not base64url", "AAAAAGVT8QA", "AAAAAGVT8Q=" },
		{ "challenge cut", "\"challenge\": \"AAAA",
		    "\"challenge\": \"" },
		{ "negative time", "1800000000", "-1" },
		{ "time as text", "1800000000", "\"1800000000\"" },
		{ "text behind", "}\n", "}\n{}" },
	};
	char *good;

	(void)state;
	seal_time();
	good = btz_ceremony_print(&c);
	assert_non_null(good);
	assert_int_equal(parse(good), BTZ_OK);
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		char *bad = change(good, rows[i].from, rows[i].to);

		print_message("# case: %s\n", rows[i].name);
		assert_int_equal(parse(bad), BTZ_E_INVAL);
		free(bad);
	}
	assert_int_equal(parse(""), BTZ_E_INVAL);
	assert_int_equal(parse("[]"), BTZ_E_INVAL);
	free(good);
}

/* A challenge that fits, for bytes that are no request of the operation. */
static void
test_bad_request(void **state)
{
	char *text;

	(void)state;
	seal_time();
	c.request[c.request_len++] = 0;
	btz_sha256(btz_span_of(c.request, c.request_len), c.challenge.digest);
	text = btz_ceremony_print(&c);
	assert_non_null(text);
	assert_int_equal(parse(text), BTZ_E_INVAL);
	free(text);
}

static void
test_words(void **state)
{
	static const uint8_t serial[BTZ_ID_LEN] = { 0x0a, 0xbc };
	static const uint8_t admins[] = { 0, 2, 'a', 'b' };
	const struct btz_root_crl crl = { .emergency = 1,
		.serials = btz_span_of(serial, sizeof(serial)) };
	const struct btz_root_crl list = { .next_update = 1700000000 };
	const struct btz_admin_set set = { .k = 2,
		.admins = btz_span_of(admins, sizeof(admins)) };
	const struct btz_recover rec = { .record_digest = { 0xde, 0xad } };
	const struct btz_approve_issuing iss = { .serial = { 0xbe, 0xef },
		.not_after = 1700000000 };
	const struct {
		uint8_t operation;
		const struct btz_msgdef *def;
		const void *m;
		const char *words;
	} rows[] = {
		{ BTZ_APPROVE_ROOT_CRL, &btz_def_root_crl, &crl, "EMERGENCY" },
		{ BTZ_APPROVE_ROOT_CRL, &btz_def_root_crl, &crl, "0abc0000" },
		{ BTZ_APPROVE_ROOT_CRL, &btz_def_root_crl, &list,
		    "2023-11-14 22:13:20 UTC" },
		{ BTZ_APPROVE_ROOT_CRL, &btz_def_root_crl, &list, "none" },
		{ BTZ_APPROVE_ADMIN_SET, &btz_def_admin_set, &set,
		    "fb8e20fc2e4c3f248c60c39bd652f3c1" }, /* of "ab" */
		{ BTZ_APPROVE_ADMIN_SET, &btz_def_admin_set, &set,
		    "on 2 of these" },
		{ BTZ_APPROVE_RECOVER, &btz_def_recover, &rec, "dead0000" },
		{ BTZ_APPROVE_ISSUING, &btz_def_approve_issuing, &iss,
		    "beef0000" },
	};
	char text[4096];
	struct btz_wr wr;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		char *file;

		print_message("# case: %s\n", rows[i].words);
		seal(rows[i].operation, rows[i].def, rows[i].m);
		file = btz_ceremony_print(&c);
		assert_non_null(file);
		assert_int_equal(parse(file), BTZ_OK);
		free(file);
		btz_wr_init(&wr, (uint8_t *)text, sizeof(text) - 1);
		btz_ceremony_words(&got, &wr);
		assert_true(btz_wr_ok(&wr));
		text[wr.len] = '\0';
		assert_non_null(strstr(text, rows[i].words));
	}
}

static void
test_approval(void **state)
{
	static const struct {
		const char *name, *from, *to;
	} rows[] = {
		{ "another version", "approval/1", "approval/2" },
		{ "nonce cut", "\"nonce\": \"AQIA", "\"nonce\": \"" },
		{ "no key", "\"key\"", "\"kex\"" },
		{ "signature not text", "\"AwQ\"", "34" },
	};
	static struct btz_approval_file a = { .nonce = { 1, 2 },
		.spki = { 9, 8, 7 },
		.spki_len = 3,
		.signature = { 3, 4 },
		.signature_len = 2 },
					back;
	char *good = btz_approval_print(&a);

	(void)state;
	assert_non_null(good);
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		char *bad = change(good, rows[i].from, rows[i].to);

		print_message("# case: %s\n", rows[i].name);
		assert_int_equal(
		    btz_approval_parse(btz_span_str(bad), &back, &err),
		    BTZ_E_INVAL);
		free(bad);
	}
	assert_int_equal(
	    btz_approval_parse(btz_span_str(good), &back, &err), BTZ_OK);
	assert_memory_equal(&a, &back, sizeof(a));
	free(good);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_bad_request),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_approval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
