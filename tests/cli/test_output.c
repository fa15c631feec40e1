/* SPDX-License-Identifier: Apache-2.0 */
/* test_output.c - cells as text and as JSON, errors as people and programs see
 * them: what, once, and what to do. Standard output and error go to a file. */
#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/cmocka_all.h"
#include "support/memory.h"

static char got[32768];

static const struct btz_column cols[] = {
	{ BTZ_CELL_TEXT, "text" },
	{ BTZ_CELL_NUMBER, "number" },
	{ BTZ_CELL_BOOL, "bool" },
	{ BTZ_CELL_TIME, "time" },
};

/* fd (1 or 2) to a file while fn runs; what came is in got. */
static int
capture(int fd, int (*fn)(const void *), const void *arg)
{
	FILE *f = tmpfile();
	int saved = dup(fd), result;
	size_t n;

	assert_non_null(f);
	(void)fflush(stdout);
	assert_int_equal(dup2(fileno(f), fd), fd);
	result = fn(arg);
	(void)fflush(stdout);
	(void)fflush(stderr);
	assert_int_equal(dup2(saved, fd), fd);
	(void)close(saved);
	rewind(f);
	n = fread(got, 1, sizeof(got) - 1, f);
	got[n] = '\0';
	(void)fclose(f);
	return result;
}

struct print {
	bool json, item;
	const char *text;
	size_t len;
	uint64_t number, time;
};

static int
print_row(const void *arg)
{
	const struct print *p = arg;
	struct btz_cli c = { .json = p->json };
	struct btz_out *o = btz_out_new(cols, BTZ_COUNT(cols));

	btz_out_text(o, btz_span_of(p->text, p->len));
	btz_out_num(o, p->number);
	btz_out_bool(o, true);
	btz_out_num(o, p->time);
	if (p->item)
		btz_out_print_item(&c, o);
	else
		btz_out_print(&c, o);
	btz_out_free(o);
	return 0;
}

static const struct {
	const char *name;
	struct print p;
	const char *prints;
} prints[] = {
	{ "JSON, not UTF-8", { true, false, "a\xff", 2, 1, 0 },
	    "{\"v\":1,\"items\":[{\"text\":\"a\\\\xff\",\"number\":1,"
	    "\"bool\":true,\"time\":null}]}\n" },
	{ "JSON, quotes", { true, true, "\"\n", 2, 7, 1 },
	    "{\"v\":1,\"items\":[{\"text\":\"\\\"\\n\",\"number\":7,"
	    "\"bool\":true,\"time\":\"1970-01-01T00:00:01Z\"}]}\n" },
	{ "escape sequences stay harmless", { false, true, "\x1b[2J", 4, 0, 0 },
	    "text: \\x1b[2J\nnumber: 0\nbool: true\ntime: -\n" },
	{ "no text", { false, true, "", 0, 0, 0 },
	    "text: -\nnumber: 0\nbool: true\ntime: -\n" },
	{ "columns", { false, false, "longer", 6, 12, 0 },
	    "text    number  bool  time\nlonger  12      true  -\n" },
};

static void
test_print(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(prints); i++) {
		print_message("# case: %s\n", prints[i].name);
		(void)capture(1, print_row, &prints[i].p);
		assert_string_equal(got, prints[i].prints);
	}
}

struct error {
	bool json;
	const char *hint;
	enum btz_rc rc;
	int sys;
	const char *msg;
};

static int
show_error(const void *arg)
{
	const struct error *e = arg;
	struct btz_cli c = { .json = e->json };
	struct btz_err err = { .rc = BTZ_OK };

	(void)btz_err_set(&err, "test", e->rc, e->sys, "%s", e->msg);
	if (e->hint != NULL)
		btz_cli_hint(&c, "%s", e->hint);
	return btz_out_error(&c, &err);
}

static const struct {
	const char *name;
	struct error e;
	int status;
	const char *prints;
} errors[] = {
	{ "not doubled", { false, NULL, BTZ_E_GONE, 0, "ca: connection lost" },
	    75, "bartizan: ca: connection lost\n  hint: try again\n" },
	{ "the code's text is added", { false, NULL, BTZ_E_GONE, 0, "ca" }, 75,
	    "bartizan: ca: connection lost\n  hint: try again\n" },
	{ "a program that is down, said in full",
	    { false, "-", BTZ_E_DOWN, 0, "ca does not answer at x" }, 69,
	    "bartizan: ca does not answer at x\n  hint: -\n" },
	{ "the system's text is enough",
	    { false, NULL, BTZ_E_NOENT, ENOENT, "open x" }, 65,
	    "bartizan: open x: No such file or directory\n"
	    "  hint: check the path\n" },
	{ "permissions", { false, NULL, BTZ_E_INVAL, EACCES, "open x" }, 65,
	    "bartizan: open x: Permission denied\n"
	    "  hint: check the permissions of the file and its directory\n" },
	{ "hint of the command", { false, "do that", BTZ_E_NOENT, 0, "x" }, 65,
	    "bartizan: x: not found\n  hint: do that\n" },
	{ "bytes of others", { false, "-", BTZ_E_NAME, 0, "\x1b\xff" }, 65,
	    "bartizan: \\x1b\\xff: not a valid name\n  hint: -\n" },
	{ "JSON, not UTF-8", { true, "-", BTZ_E_NAME, 0, "\xff" }, 65,
	    "{\"error\":{\"code\":\"E_NAME\",\"message\":\"\\\\xff: not a "
	    "valid name\",\"hint\":\"-\"}}\n" },
};

static void
test_error(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(errors); i++) {
		print_message("# case: %s\n", errors[i].name);
		assert_int_equal(
		    capture(2, show_error, &errors[i].e), errors[i].status);
		assert_string_equal(got, errors[i].prints);
	}
}

/* A signature of RSA is longer than any buffer that "is enough for a hash". */
static int
print_hex(const void *arg)
{
	static const uint8_t bytes[4096] = { 0xab };
	struct btz_cli c = { .json = false };
	struct btz_out *o = btz_out_new(cols, 1);

	(void)arg;
	btz_out_hex(o, bytes, 4096); /* BTZ_SECRET_MAX */
	assert_int_equal(btz_out_cell(o, 0, 0).len, 8192);
	btz_out_print_item(&c, o);
	btz_out_free(o);
	return 0;
}

static void
test_hex(void **state)
{
	(void)state;
	(void)capture(1, print_hex, NULL);
	assert_int_equal(strlen(got), strlen("text: \n") + 8192);
	assert_memory_equal(got, "text: ab00", 10);
}

/* What was private is nowhere afterwards, however often it grew. */
static void
test_wiped(void **state)
{
	struct btz_out *o = btz_out_new(cols, 1);
	char text[24];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i * 11 % 26);
	for (int i = 0; i < 100; i++)
		btz_out_text(o, btz_span_of(text, sizeof(text)));
	if (memory_has(getpid(), text, sizeof(text)) == -1)
		print_message("# the memory may not be read here\n");
	else
		assert_int_equal(memory_has(getpid(), text, sizeof(text)), 1);
	btz_out_free(o);
	assert_int_not_equal(memory_has(getpid(), text, sizeof(text)), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_error),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_wiped),
	};

	return cmocka_run_group_tests_name("cli/output", tests, NULL, NULL);
}
