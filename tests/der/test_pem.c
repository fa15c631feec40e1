/* SPDX-License-Identifier: Apache-2.0 */
/* test_pem.c - RFC 7468, strict, against RFC 4648's padding rules. */
#include "der/pem.h"
#include "der_help.h"

#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#define B "-----BEGIN X-----\n"
#define E "-----END X-----\n"
#define L64 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static const struct {
	const char *name, *text;
	size_t len; /* decoded; 0: refused */
} cases[] = {
	{ "nothing", "", 0 },
	{ "no body", B E, 0 },
	{ "empty line as body", B "\n" E, 0 },
	{ "another label", "-----BEGIN Y-----\nAAAA\n-----END Y-----\n", 0 },
	{ "END of another label", B "AAAA\n-----END Y-----\n", 0 },
	{ "no END", B "AAAA\n", 0 },
	{ "END on the same line", B "AAAA" E, 0 },
	{ "text before", "hello\n" B "AAAA\n" E, 0 },
	{ "text after", B "AAAA\n" E "x", 0 },
	{ "empty line after", B "AAAA\n" E "\n", 0 },
	{ "space at a line's end", B "AAAA \n" E, 0 },
	{ "empty line inside", B L64 "\n\nAAAA\n" E, 0 },
	{ "short line inside", B "AAAA\nAAAA\n" E, 0 },
	{ "line of 68", B L64 "AAAA\n" E, 0 },
	{ "three characters", B "AAA\n" E, 0 },
	{ "no padding", B "AA\n" E, 0 },
	{ "padding alone", B "====\n" E, 0 },
	{ "three paddings", B "A===\n" E, 0 },
	{ "padding in the middle", B "AA==AAAA\n" E, 0 },
	{ "padding then letter", B "AA=A\n" E, 0 },
	{ "pad bits set, two", B "AB==\n" E, 0 },
	{ "pad bits set, one", B "AAB=\n" E, 0 },
	{ "URL alphabet", B "AA-_\n" E, 0 },
	{ "a header", B "Proc-Type: 4\n\nAAAA\n" E, 0 },
	{ "CRLF, then LF", "-----BEGIN X-----\r\nAAAA\n-----END X-----\r\n",
	    0 },
	{ "LF, then CRLF", B "AAAA\r\n" E, 0 },
	{ "lone CR", "-----BEGIN X-----\rAAAA\r-----END X-----\r", 0 },
	{ "line after padding",
	    B
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n"
	    "AAAA\n" E,
	    0 },
	{ "one octet", B "AA==\n" E, 1 },
	{ "two octets", B "AAA=\n" E, 2 },
	{ "three octets", B "AAAA\n" E, 3 },
	{ "full line", B L64 "\n" E, 48 },
	{ "full line and more", B L64 "\nAAAA\n" E, 51 },
	{ "CRLF", "-----BEGIN X-----\r\nAAAA\r\n-----END X-----\r\n", 3 },
	{ "last line end missing", B "AAAA\n-----END X-----", 3 },
};

static void
test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		struct btz_wr wr;
		uint8_t out[128];
		enum btz_rc rc;

		print_message("# case: %s\n", cases[i].name);
		btz_wr_init(&wr, out, sizeof(out));
		rc = btz_pem_decode(btz_span_str(cases[i].text), "X", &wr);
		assert_int_equal(rc, cases[i].len == 0 ? BTZ_E_PEM : BTZ_OK);
		if (cases[i].len > 0)
			assert_int_equal(wr.len, cases[i].len);
	}
}

static void
test_no_room(void **state)
{
	struct btz_wr wr;
	uint8_t out[2];

	(void)state;
	btz_wr_init(&wr, out, sizeof(out));
	assert_int_equal(
	    btz_pem_decode(btz_span_str(B "AAAA\n" E), "X", &wr), BTZ_E_TOOBIG);
}

/* All lengths, against OpenSSL's encoder, and back. */
static void
test_against_openssl(void **state)
{
	uint8_t in[200], back[200];
	char ours[512];

	(void)state;
	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(i * 37 + 11);
	for (size_t n = 1; n <= sizeof(in); n++) {
		BIO *bio = BIO_new(BIO_s_mem());
		struct btz_wr wr, out;
		char *theirs;
		long len;

		assert_true(PEM_write_bio(bio, "X", "", in, (long)n) > 0);
		len = BIO_get_mem_data(bio, &theirs);
		btz_wr_init(&wr, ours, BTZ_PEM_ROOM(n));
		btz_pem_encode(&wr, "X", btz_span_of(in, n));
		assert_true(btz_span_eq(
		    btz_wr_span(&wr), btz_span_of(theirs, (size_t)len)));
		btz_wr_init(&out, back, sizeof(back));
		assert_int_equal(
		    btz_pem_decode(btz_wr_span(&wr), "X", &out), BTZ_OK);
		assert_true(btz_span_eq(btz_wr_span(&out), btz_span_of(in, n)));
		BIO_free(bio);
	}
}

static void
test_chain(void **state)
{
	const char *text = B "AAAA\n" E B "AAAAAAAA\n" E;
	struct btz_wr wr;
	struct btz_rd rd;
	uint8_t out[16];

	(void)state;
	btz_rd_span(&rd, btz_span_str(text));
	btz_wr_init(&wr, out, sizeof(out));
	assert_int_equal(btz_pem_next(&rd, "X", &wr), BTZ_OK);
	assert_int_equal(wr.len, 3);
	assert_int_equal(btz_pem_next(&rd, "X", &wr), BTZ_OK);
	assert_int_equal(wr.len, 9);
	assert_true(btz_rd_end(&rd));
	assert_int_equal(btz_pem_next(&rd, "X", &wr), BTZ_E_PEM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_against_openssl),
		cmocka_unit_test(test_chain),
	};

	return cmocka_run_group_tests_name("pem", tests, NULL, NULL);
}
