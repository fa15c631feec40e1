/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_merkle.c - tlog/merkle against the recursive definitions of RFC 6962
 * 2.1, written here a second time, for every (m, n) with n <= 70, and against
 * altered proofs.
 */
#include <string.h>

#include "hash.h"
#include "support/cmocka_all.h"

#define N 70u

static uint8_t leaves[N][BTZ_TLOG_HASH];

/* MTH(D[lo:hi]) as the RFC writes it. */
static void
mth(size_t lo, size_t hi, uint8_t *out)
{
	uint8_t l[BTZ_TLOG_HASH], r[BTZ_TLOG_HASH];
	size_t k = 1;

	if (hi - lo == 1) {
		memcpy(out, leaves[lo], BTZ_TLOG_HASH);
		return;
	}
	while (k * 2 < hi - lo)
		k *= 2;
	mth(lo, lo + k, l);
	mth(lo + k, hi, r);
	btz_tlog_node(&test_hash, l, r, out);
}

struct list {
	size_t n;
	uint8_t hash[BTZ_TLOG_PROOF_MAX][BTZ_TLOG_HASH];
};

static void
list_mth(struct list *l, size_t lo, size_t hi)
{
	mth(lo, hi, l->hash[l->n++]);
}

static void
path(size_t m, size_t lo, size_t hi, struct list *l)
{
	size_t k = 1;

	if (hi - lo == 1)
		return;
	while (k * 2 < hi - lo)
		k *= 2;
	if (m < k) {
		path(m, lo, lo + k, l);
		list_mth(l, lo + k, hi);
	} else {
		path(m - k, lo + k, hi, l);
		list_mth(l, lo, lo + k);
	}
}

static void
subproof(size_t m, size_t lo, size_t hi, bool b, struct list *l)
{
	size_t k = 1;

	if (m == hi - lo) {
		if (!b)
			list_mth(l, lo, hi);
		return;
	}
	while (k * 2 < hi - lo)
		k *= 2;
	if (m <= k) {
		subproof(m, lo, lo + k, b, l);
		list_mth(l, lo + k, hi);
	} else {
		subproof(m - k, lo + k, hi, false, l);
		list_mth(l, lo, lo + k);
	}
}

static enum btz_rc
node(void *ctx, unsigned level, uint64_t index, uint8_t *out)
{
	(void)ctx;
	if ((index + 1) << level > N)
		return BTZ_E_NOENT;
	mth((size_t)index << level, (size_t)(index + 1) << level, out);
	return BTZ_OK;
}

static const struct btz_tlog_source source = { node, NULL };

static void
head(size_t n, struct btz_tlog_head *h)
{
	h->size = n;
	if (n > 0)
		mth(0, n, h->root);
	else
		test_sha256(NULL, NULL, 0, h->root);
}

static void
known_roots(void **state)
{
	/* RFC 6962 test tree of Certificate Transparency: first two sizes. */
	static const uint8_t empty[] = { 0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc };
	static const uint8_t one[] = { 0x6e, 0x34, 0x0b, 0x9c, 0xff, 0xb3 };
	struct btz_tlog_tree t;
	uint8_t leaf[BTZ_TLOG_HASH], root[BTZ_TLOG_HASH];

	(void)state;
	btz_tlog_tree_init(&t);
	btz_tlog_root(&test_hash, &t, root);
	assert_memory_equal(root, empty, sizeof(empty));
	btz_tlog_leaf(&test_hash, btz_span_of("", 0), leaf);
	assert_int_equal(btz_tlog_append(&test_hash, &t, leaf), BTZ_OK);
	btz_tlog_root(&test_hash, &t, root);
	assert_memory_equal(root, one, sizeof(one));
}

static void
append_limit(void **state)
{
	struct btz_tlog_tree t;

	(void)state;
	btz_tlog_tree_init(&t);
	t.size = BTZ_TLOG_SIZE_MAX;
	assert_int_equal(
	    btz_tlog_append(&test_hash, &t, leaves[0]), BTZ_E_RANGE);
	t.size--;
	assert_int_equal(btz_tlog_append(&test_hash, &t, leaves[0]), BTZ_OK);
}

static void
append_gives_mth(void **state)
{
	struct btz_tlog_tree t, loaded;
	struct btz_tlog_head want;
	uint8_t got[BTZ_TLOG_HASH];

	(void)state;
	btz_tlog_tree_init(&t);
	for (size_t n = 1; n <= N; n++) {
		assert_int_equal(
		    btz_tlog_append(&test_hash, &t, leaves[n - 1]), BTZ_OK);
		head(n, &want);
		btz_tlog_root(&test_hash, &t, got);
		assert_memory_equal(got, want.root, BTZ_TLOG_HASH);
		assert_int_equal(
		    btz_tlog_tree_load(&loaded, &source, n), BTZ_OK);
		btz_tlog_root(&test_hash, &loaded, got);
		assert_memory_equal(got, want.root, BTZ_TLOG_HASH);
		assert_int_equal(
		    btz_tlog_source_root(&test_hash, &source, n, got), BTZ_OK);
		assert_memory_equal(got, want.root, BTZ_TLOG_HASH);
	}
	assert_int_equal(
	    btz_tlog_tree_load(&loaded, &source, N + 2), BTZ_E_NOENT);
}

static enum btz_rc
included(size_t m, size_t n, const uint8_t *root, struct btz_span proof)
{
	return btz_tlog_verify_inclusion(
	    &test_hash, m, n, leaves[m], root, proof);
}

/* Each hash altered, one missing, one too many, other leaf, other size. */
static void
inclusion_negatives(
    size_t m, size_t n, const struct btz_tlog_head *h, struct btz_tlog_proof *p)
{
	struct btz_span s = btz_tlog_proof_span(p);

	for (size_t i = 0; i < p->n; i++) {
		p->hash[i][7] ^= 1;
		assert_int_not_equal(included(m, n, h->root, s), BTZ_OK);
		p->hash[i][7] ^= 1;
	}
	if (p->n > 0)
		assert_int_not_equal(
		    included(
			m, n, h->root, btz_span_of(s.p, s.len - BTZ_TLOG_HASH)),
		    BTZ_OK);
	assert_int_not_equal(
	    included(m, n, h->root, btz_span_of(s.p, s.len + BTZ_TLOG_HASH)),
	    BTZ_OK);
	assert_int_not_equal(
	    included(m, n, h->root, btz_span_of(s.p, s.len + 1)), BTZ_OK);
	if (n > 1)
		assert_int_not_equal(included(m ^ 1, n, h->root, s), BTZ_OK);
	assert_int_equal(
	    btz_tlog_verify_inclusion(&test_hash, n, n, leaves[m], h->root, s),
	    BTZ_E_RANGE);
}

static void
inclusion_all(void **state)
{
	struct btz_tlog_proof p;
	struct btz_tlog_head h;
	struct list want;

	(void)state;
	for (size_t n = 1; n <= N; n++) {
		head(n, &h);
		for (size_t m = 0; m < n; m++) {
			want.n = 0;
			path(m, 0, n, &want);
			assert_int_equal(btz_tlog_prove_inclusion(
					     &test_hash, &source, m, n, &p),
			    BTZ_OK);
			assert_int_equal(p.n, want.n);
			assert_memory_equal(
			    p.hash, want.hash, p.n * BTZ_TLOG_HASH);
			memset(p.hash[p.n], 0, BTZ_TLOG_HASH);
			assert_int_equal(
			    included(m, n, h.root, btz_tlog_proof_span(&p)),
			    BTZ_OK);
			inclusion_negatives(m, n, &h, &p);
		}
	}
	assert_int_equal(
	    btz_tlog_prove_inclusion(&test_hash, &source, 3, 3, &p),
	    BTZ_E_RANGE);
}

static enum btz_rc
consistent(const struct btz_tlog_head *a, const struct btz_tlog_head *b,
    struct btz_span proof)
{
	return btz_tlog_verify_consistency(&test_hash, a, b, proof);
}

static void
consistency_negatives(
    struct btz_tlog_head *a, struct btz_tlog_head *b, struct btz_tlog_proof *p)
{
	struct btz_span s = btz_tlog_proof_span(p);

	for (size_t i = 0; i < p->n; i++) {
		p->hash[i][31] ^= 0x80;
		assert_int_equal(consistent(a, b, s), BTZ_E_LOG_FORKED);
		p->hash[i][31] ^= 0x80;
	}
	if (p->n > 0)
		assert_int_equal(
		    consistent(a, b, btz_span_of(s.p, s.len - BTZ_TLOG_HASH)),
		    BTZ_E_LOG_FORKED);
	assert_int_equal(
	    consistent(a, b, btz_span_of(s.p, s.len + BTZ_TLOG_HASH)),
	    BTZ_E_LOG_FORKED);
	assert_int_equal(
	    consistent(a, b, btz_span_of(s.p, s.len + 5)), BTZ_E_LOG_FORKED);
	a->root[0] ^= 1;
	assert_int_equal(consistent(a, b, s), BTZ_E_LOG_FORKED);
	a->root[0] ^= 1;
	b->root[0] ^= 1;
	assert_int_equal(consistent(a, b, s), BTZ_E_LOG_FORKED);
	b->root[0] ^= 1;
	if (a->size < b->size)
		assert_int_equal(consistent(b, a, s), BTZ_E_LOG_SMALLER);
}

static void
consistency_all(void **state)
{
	struct btz_tlog_head a, b;
	struct btz_tlog_proof p;
	struct list want;

	(void)state;
	for (size_t n = 1; n <= N; n++) {
		head(n, &b);
		for (size_t m = 1; m <= n; m++) {
			head(m, &a);
			want.n = 0;
			subproof(m, 0, n, true, &want);
			assert_int_equal(btz_tlog_prove_consistency(
					     &test_hash, &source, m, n, &p),
			    BTZ_OK);
			assert_int_equal(p.n, want.n);
			assert_memory_equal(
			    p.hash, want.hash, p.n * BTZ_TLOG_HASH);
			memset(p.hash[p.n], 0, BTZ_TLOG_HASH);
			assert_int_equal(
			    consistent(&a, &b, btz_tlog_proof_span(&p)),
			    BTZ_OK);
			consistency_negatives(&a, &b, &p);
		}
	}
}

/* A proof that ends below the root that a larger size would have. */
static void
proof_too_short(void **state)
{
	struct btz_tlog_head two, big;
	struct btz_span none = btz_span_of(NULL, 0);
	uint8_t first[BTZ_TLOG_HASH];

	(void)state;
	assert_int_equal(btz_tlog_verify_inclusion(
			     &test_hash, 0, 9, leaves[0], leaves[0], none),
	    BTZ_E_LOG_TREE);
	head(2, &two);
	head(3, &big);
	mth(2, 3, first);
	assert_int_equal(
	    consistent(&two, &big, btz_span_of(first, 32)), BTZ_OK);
	big.size = 9;
	assert_int_equal(
	    consistent(&two, &big, btz_span_of(first, 32)), BTZ_E_LOG_FORKED);
}

static void
consistency_edges(void **state)
{
	struct btz_tlog_head none, five;
	struct btz_tlog_proof p;

	(void)state;
	head(0, &none);
	head(5, &five);
	assert_int_equal(consistent(&none, &five, btz_span_of(leaves[0], 32)),
	    BTZ_E_LOG_FORKED);
	assert_int_equal(
	    consistent(&none, &five, btz_span_of(NULL, 0)), BTZ_OK);
	assert_int_equal(
	    btz_tlog_prove_consistency(&test_hash, &source, 0, 5, &p), BTZ_OK);
	assert_int_equal(p.n, 0);
	assert_int_equal(
	    btz_tlog_prove_consistency(&test_hash, &source, 6, 5, &p),
	    BTZ_E_RANGE);
	five.size = UINT64_MAX;
	assert_int_equal(
	    consistent(&none, &five, btz_span_of(NULL, 0)), BTZ_E_RANGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_roots),
		cmocka_unit_test(append_limit),
		cmocka_unit_test(append_gives_mth),
		cmocka_unit_test(inclusion_all),
		cmocka_unit_test(consistency_all),
		cmocka_unit_test(proof_too_short),
		cmocka_unit_test(consistency_edges),
	};

	for (uint8_t i = 0; i < N; i++)
		btz_tlog_leaf(&test_hash, btz_span_of(&i, 1), leaves[i]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
