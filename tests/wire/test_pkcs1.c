/* SPDX-License-Identifier: Apache-2.0 */
/* test_pkcs1.c - every place of the padding's end, wrong heads, and the length
 * of what stands in. The real HMAC: tests/crypto/test_soft_pkcs1.c. */
#include "support/cmocka_all.h"

#include <string.h>

#include "wire/pkcs1.h"

#define K 128u

static struct btz_pkcs1 p;

/* Candidates for the length: all of them high, the one at byte at low. */
struct stand_in {
	uint8_t high[2], low[2];
	size_t at;
	int fail; /* the call that fails, from 1; 0: none */
};

static bool
prf(void *arg, struct btz_span in, uint8_t out[32])
{
	struct stand_in *s = arg;
	const size_t from = 32u * in.p[1];

	if (s->fail != 0 && --s->fail == 0)
		return false;
	if (in.p[2] == 'm') { /* "message" */
		memset(out, 0xa0 + in.p[1], 32);
		return true;
	}
	assert_int_equal(in.len, 2 + 6 + 2);
	for (size_t i = 0; i < 32; i++)
		out[i] = from + i - s->at < 2 ? s->low[from + i - s->at]
					      : s->high[i % 2];
	return true;
}

static size_t
run(struct stand_in s)
{
	size_t len = 99;

	assert_true(btz_pkcs1_open(&p, prf, &s, &len));
	return len;
}

/* 0 || 2 || 0x5a up to end || 0, 1, 2, 3, 0, ... */
static void
block(size_t end)
{
	p.k = K;
	memset(p.em, 0x5a, sizeof(p.em));
	p.em[0] = 0;
	p.em[1] = 2;
	for (size_t i = end; i < K; i++)
		p.em[i] = (i - end) % 4;
}

static const struct stand_in seven = { .high = { 0, 7 } };

static bool
stood_in(size_t len, size_t want)
{
	for (size_t i = 0; i < len; i++)
		if (p.em[i] != 0xa3) /* the end of K bytes */
			return false;
	return len == want;
}

static void
test_ends(void **state)
{
	(void)state;
	for (size_t end = 2; end <= K; end++) {
		const bool ok = end >= 10 && end < K;
		size_t len;

		print_message("# case: end at %zu\n", end);
		block(end);
		len = run(seven);
		assert_int_equal(len, ok ? K - 1 - end : 7);
		for (size_t i = 0; i < len; i++)
			assert_int_equal(p.em[i], ok ? (i + 1) % 4 : 0xa3);
	}
}

static void
test_heads(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < 16; bit++) {
		block(64);
		p.em[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_true(stood_in(run(seven), 7));
	}
}

static const struct {
	const char *name;
	struct stand_in s;
	size_t len;
} lengths[] = {
	{ "none fits", { .high = { 0, 127 }, .low = { 0, 127 } }, 0 },
	{ "none fits, just", { .high = { 0, K - 10 } }, 0 },
	{ "the longest", { .high = { 0, K - 11 } }, K - 11 },
	{ "high bits are not counted", { .high = { 0xff, 0x85 } }, 5 },
	{ "the first", { .high = { 0, 127 }, .low = { 0, 9 }, .at = 0 }, 9 },
	{ "the last", { .high = { 0, 3 }, .low = { 0, 9 }, .at = 254 }, 9 },
	{ "the last that fits",
	    { .high = { 0, 3 }, .low = { 0, 126 }, .at = 254 }, 3 },
};

static void
test_lengths(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(lengths); i++) {
		print_message("# case: %s\n", lengths[i].name);
		block(K);
		assert_int_equal(run(lengths[i].s), lengths[i].len);
	}
}

static void
test_refused(void **state)
{
	struct stand_in s = seven;
	size_t len = 1;

	(void)state;
	block(64);
	p.k = BTZ_PKCS1_MAX + 1;
	assert_false(btz_pkcs1_open(&p, prf, &s, &len));
	p.k = 63;
	assert_false(btz_pkcs1_open(&p, prf, &s, &len));
	p.k = K;
	for (int i = 1; i <= 8 + 4; i++) {
		len = 1;
		s.fail = i;
		assert_false(btz_pkcs1_open(&p, prf, &s, &len));
		assert_int_equal(len, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
