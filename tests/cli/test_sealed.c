/* SPDX-License-Identifier: Apache-2.0 */
/* test_sealed.c - the form of an encrypted file, byte by byte. */
#include "cli/sealed.h"

#include <string.h>

#include "support/cmocka_all.h"
#include "wire/alg.h"

static uint8_t head[BTZ_SEALED_HEAD], piece[BTZ_SEALED_PIECE];

static void
test_golden(void **state)
{
	static const uint8_t want_head[] = { 'B', 'T', 'Z', 'E', 1, 0, 0, 1, 7,
		7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7 };
	static const uint8_t want_piece[] = { 0, 0, 0, 9, 3, 'a', 'b', 'c', 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2 };
	struct btz_sealed_head h = { .alg = BTZ_CRYPT_AES_GCM };
	struct btz_sealed_piece p = {
		.version = 9, .nonce = btz_span_str("abc"), .len = 258
	};
	uint8_t aad[64];
	struct btz_wr wr;

	(void)state;
	memset(h.id, 7, sizeof(h.id));
	btz_wr_init(&wr, head, sizeof(head));
	btz_sealed_head_put(&h, &wr);
	assert_true(btz_span_eq(
	    btz_wr_span(&wr), btz_span_of(want_head, sizeof(want_head))));
	btz_wr_init(&wr, piece, sizeof(piece));
	btz_sealed_piece_put(&p, &wr);
	assert_true(btz_span_eq(
	    btz_wr_span(&wr), btz_span_of(want_piece, sizeof(want_piece))));
	btz_wr_init(&wr, aad, sizeof(aad));
	btz_sealed_aad(&h, 258, true, btz_span_str("user"), &wr);
	assert_int_equal(wr.len, BTZ_SEALED_AAD + 4);
	assert_memory_equal(aad, want_head, sizeof(want_head));
	assert_memory_equal(
	    aad + sizeof(want_head), "\0\0\0\0\0\0\1\2\1user", 13);
}

static const struct {
	const char *name;
	size_t at;
	uint8_t to;
} bad_heads[] = { { "magic", 0, 'b' }, { "version", 4, 2 },
	{ "reserved", 5, 1 }, { "algorithm 0", 7, 0 },
	{ "algorithm 255", 7, 255 }, { "algorithm 257", 6, 1 } },
  bad_pieces[] = { { "nonce of 17", 4, 17 }, { "bytes behind it", 12, 1 },
	  { "last byte behind it", 20, 1 }, { "too long", 21, 1 } };

static void
test_bad(void **state)
{
	struct btz_sealed_head h;
	struct btz_sealed_piece p;
	uint8_t copy[32];

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(bad_heads); i++) {
		print_message("# case: %s\n", bad_heads[i].name);
		memcpy(copy, head, sizeof(head));
		copy[bad_heads[i].at] = bad_heads[i].to;
		assert_false(
		    btz_sealed_head_get(btz_span_of(copy, sizeof(head)), &h));
	}
	for (size_t i = 0; i < BTZ_COUNT(bad_pieces); i++) {
		print_message("# case: %s\n", bad_pieces[i].name);
		memcpy(copy, piece, sizeof(piece));
		copy[bad_pieces[i].at] = bad_pieces[i].to;
		assert_false(
		    btz_sealed_piece_get(btz_span_of(copy, sizeof(piece)), &p));
	}
	assert_false(
	    btz_sealed_head_get(btz_span_of(head, sizeof(head) - 1), &h));
	assert_false(
	    btz_sealed_piece_get(btz_span_of(piece, sizeof(piece) - 1), &p));
	assert_true(btz_sealed_head_get(btz_span_of(head, sizeof(head)), &h));
	assert_int_equal(h.alg, BTZ_CRYPT_AES_GCM);
	assert_true(
	    btz_sealed_piece_get(btz_span_of(piece, sizeof(piece)), &p));
	assert_int_equal(p.len, 258);
	assert_true(btz_span_eq(p.nonce, btz_span_str("abc")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
