/* SPDX-License-Identifier: Apache-2.0 */
/* merkle.c - RFC 6962 tree and proofs, all iterative; contract in merkle.h. */
#include "tlog/merkle.h"

#include <string.h>

void
btz_tlog_leaf(const struct btz_tlog_hash *h, struct btz_span data,
    uint8_t out[BTZ_TLOG_HASH])
{
	static const uint8_t prefix[1] = { 0x00 };
	const struct btz_span parts[] = { { prefix, 1 }, data };

	h->sha256(h->ctx, parts, BTZ_COUNT(parts), out);
}

void
btz_tlog_node(const struct btz_tlog_hash *h, const uint8_t l[BTZ_TLOG_HASH],
    const uint8_t r[BTZ_TLOG_HASH], uint8_t out[BTZ_TLOG_HASH])
{
	uint8_t buf[1 + 2 * BTZ_TLOG_HASH];
	const struct btz_span parts[] = { { buf, sizeof(buf) } };

	buf[0] = 0x01;
	memcpy(buf + 1, l, BTZ_TLOG_HASH);
	memcpy(buf + 1 + BTZ_TLOG_HASH, r, BTZ_TLOG_HASH);
	h->sha256(h->ctx, parts, BTZ_COUNT(parts), out);
}

void
btz_tlog_tree_init(struct btz_tlog_tree *t)
{
	memset(t, 0, sizeof(*t));
}

enum btz_rc
btz_tlog_append(const struct btz_tlog_hash *h, struct btz_tlog_tree *t,
    const uint8_t leaf[BTZ_TLOG_HASH])
{
	uint8_t sum[BTZ_TLOG_HASH];
	unsigned level = 0;

	if (t->size >= BTZ_TLOG_SIZE_MAX)
		return BTZ_E_RANGE;
	memcpy(sum, leaf, BTZ_TLOG_HASH);
	for (; (t->size >> level & 1) != 0; level++)
		btz_tlog_node(h, t->stack[level], sum, sum);
	memcpy(t->stack[level], sum, BTZ_TLOG_HASH);
	t->size++;
	return BTZ_OK;
}

void
btz_tlog_root(const struct btz_tlog_hash *h, const struct btz_tlog_tree *t,
    uint8_t out[BTZ_TLOG_HASH])
{
	bool have = false;

	if (t->size == 0) {
		h->sha256(h->ctx, NULL, 0, out);
		return;
	}
	for (unsigned level = 0; level < BTZ_TLOG_LEVELS; level++) {
		if ((t->size >> level & 1) == 0)
			continue;
		if (have)
			btz_tlog_node(h, t->stack[level], out, out);
		else
			memcpy(out, t->stack[level], BTZ_TLOG_HASH);
		have = true;
	}
}

/* RFC 9162 2.1.3.2 and 2.1.4.2, the shifts that skip levels without sibling. */
static void
climb(uint64_t *fn, uint64_t *sn)
{
	if ((*fn & 1) == 0) {
		do {
			*fn >>= 1;
			*sn >>= 1;
		} while (*fn != 0 && (*fn & 1) == 0);
	}
	*fn >>= 1;
	*sn >>= 1;
}

static bool
proof_ok(struct btz_span proof)
{
	return proof.len % BTZ_TLOG_HASH == 0 &&
	       proof.len / BTZ_TLOG_HASH <= BTZ_TLOG_PROOF_MAX;
}

static bool
same(const uint8_t a[BTZ_TLOG_HASH], const uint8_t b[BTZ_TLOG_HASH])
{
	return memcmp(a, b, BTZ_TLOG_HASH) == 0;
}

enum btz_rc
btz_tlog_verify_inclusion(const struct btz_tlog_hash *h, uint64_t index,
    uint64_t size, const uint8_t leaf[BTZ_TLOG_HASH],
    const uint8_t root[BTZ_TLOG_HASH], struct btz_span proof)
{
	uint8_t r[BTZ_TLOG_HASH];
	uint64_t fn = index, sn = size - 1;

	if (index >= size || size > BTZ_TLOG_SIZE_MAX)
		return BTZ_E_RANGE;
	if (!proof_ok(proof))
		return BTZ_E_LOG_TREE;
	memcpy(r, leaf, BTZ_TLOG_HASH);
	for (size_t at = 0; at < proof.len; at += BTZ_TLOG_HASH) {
		const uint8_t *p = proof.p + at;

		if (sn == 0)
			return BTZ_E_LOG_TREE;
		if ((fn & 1) != 0 || fn == sn) {
			btz_tlog_node(h, p, r, r);
			climb(&fn, &sn);
		} else {
			btz_tlog_node(h, r, p, r);
			fn >>= 1;
			sn >>= 1;
		}
	}
	return sn == 0 && same(r, root) ? BTZ_OK : BTZ_E_LOG_TREE;
}

/* fr and sr start as the first hash of the path; the rest is climbed. */
static enum btz_rc
climb_consistency(const struct btz_tlog_hash *h,
    const struct btz_tlog_head *old, const struct btz_tlog_head *now,
    const uint8_t *first, struct btz_span rest)
{
	uint8_t fr[BTZ_TLOG_HASH], sr[BTZ_TLOG_HASH];
	uint64_t fn = old->size - 1, sn = now->size - 1;

	for (; (fn & 1) != 0; fn >>= 1)
		sn >>= 1;
	memcpy(fr, first, BTZ_TLOG_HASH);
	memcpy(sr, first, BTZ_TLOG_HASH);
	for (size_t at = 0; at < rest.len; at += BTZ_TLOG_HASH) {
		const uint8_t *c = rest.p + at;

		if (sn == 0)
			return BTZ_E_LOG_FORKED;
		if ((fn & 1) != 0 || fn == sn) {
			btz_tlog_node(h, c, fr, fr);
			btz_tlog_node(h, c, sr, sr);
			climb(&fn, &sn);
		} else {
			btz_tlog_node(h, sr, c, sr);
			fn >>= 1;
			sn >>= 1;
		}
	}
	return sn == 0 && same(fr, old->root) && same(sr, now->root)
		   ? BTZ_OK
		   : BTZ_E_LOG_FORKED;
}

enum btz_rc
btz_tlog_verify_consistency(const struct btz_tlog_hash *h,
    const struct btz_tlog_head *old, const struct btz_tlog_head *now,
    struct btz_span proof)
{
	if (now->size < old->size)
		return BTZ_E_LOG_SMALLER;
	if (now->size > BTZ_TLOG_SIZE_MAX)
		return BTZ_E_RANGE;
	if (!proof_ok(proof))
		return BTZ_E_LOG_FORKED;
	if (old->size == now->size)
		return proof.len == 0 && same(old->root, now->root)
			   ? BTZ_OK
			   : BTZ_E_LOG_FORKED;
	if (old->size == 0)
		return proof.len == 0 ? BTZ_OK : BTZ_E_LOG_FORKED;
	if (proof.len == 0)
		return BTZ_E_LOG_FORKED;
	if ((old->size & (old->size - 1)) == 0)
		return climb_consistency(h, old, now, old->root, proof);
	return climb_consistency(h, old, now, proof.p,
	    btz_span_of(proof.p + BTZ_TLOG_HASH, proof.len - BTZ_TLOG_HASH));
}

/* MTH(D[lo:hi]), hi > lo, lo a multiple of the largest power of 2 in it. */
static enum btz_rc
range_root(const struct btz_tlog_hash *h, const struct btz_tlog_source *src,
    uint64_t lo, uint64_t hi, uint8_t out[BTZ_TLOG_HASH])
{
	uint8_t left[BTZ_TLOG_HASH];
	uint64_t end = hi;
	enum btz_rc rc;

	for (unsigned level = 0; level < BTZ_TLOG_LEVELS; level++) {
		if (((hi - lo) >> level & 1) == 0)
			continue;
		rc = src->node(src->ctx, level, (end >> level) - 1, left);
		if (rc != BTZ_OK)
			return rc;
		if (end == hi)
			memcpy(out, left, BTZ_TLOG_HASH);
		else
			btz_tlog_node(h, left, out, out);
		end -= UINT64_C(1) << level;
	}
	return BTZ_OK;
}

/* The largest power of 2 strictly below n; n > 1. */
static uint64_t
split(uint64_t n)
{
	uint64_t k = 1;

	while (k << 1 < n)
		k <<= 1;
	return k;
}

static enum btz_rc
push(const struct btz_tlog_hash *h, const struct btz_tlog_source *src,
    uint64_t lo, uint64_t hi, struct btz_tlog_proof *p)
{
	if (p->n == BTZ_TLOG_PROOF_MAX)
		return BTZ_E_RANGE;
	return range_root(h, src, lo, hi, p->hash[p->n++]);
}

/* The walks below go from the root down, proofs are read from the leaf up. */
static void
reverse(struct btz_tlog_proof *p)
{
	uint8_t tmp[BTZ_TLOG_HASH];

	for (size_t i = 0; i < p->n / 2; i++) {
		uint8_t *a = p->hash[i], *b = p->hash[p->n - 1 - i];

		memcpy(tmp, a, BTZ_TLOG_HASH);
		memcpy(a, b, BTZ_TLOG_HASH);
		memcpy(b, tmp, BTZ_TLOG_HASH);
	}
}

struct btz_span
btz_tlog_proof_span(const struct btz_tlog_proof *p)
{
	return btz_span_of(p->hash, p->n * BTZ_TLOG_HASH);
}

enum btz_rc
btz_tlog_source_root(const struct btz_tlog_hash *h,
    const struct btz_tlog_source *src, uint64_t size,
    uint8_t out[BTZ_TLOG_HASH])
{
	if (size > BTZ_TLOG_SIZE_MAX)
		return BTZ_E_RANGE;
	if (size > 0)
		return range_root(h, src, 0, size, out);
	h->sha256(h->ctx, NULL, 0, out);
	return BTZ_OK;
}

enum btz_rc
btz_tlog_tree_load(
    struct btz_tlog_tree *t, const struct btz_tlog_source *src, uint64_t size)
{
	enum btz_rc rc;

	btz_tlog_tree_init(t);
	if (size > BTZ_TLOG_SIZE_MAX)
		return BTZ_E_RANGE;
	for (unsigned level = 0; level < BTZ_TLOG_LEVELS; level++) {
		if ((size >> level & 1) == 0)
			continue;
		rc = src->node(
		    src->ctx, level, (size >> level) - 1, t->stack[level]);
		if (rc != BTZ_OK)
			return rc;
	}
	t->size = size;
	return BTZ_OK;
}

enum btz_rc
btz_tlog_prove_inclusion(const struct btz_tlog_hash *h,
    const struct btz_tlog_source *src, uint64_t index, uint64_t size,
    struct btz_tlog_proof *out)
{
	uint64_t lo = 0, hi = size;
	enum btz_rc rc = BTZ_OK;

	out->n = 0;
	if (index >= size || size > BTZ_TLOG_SIZE_MAX)
		return BTZ_E_RANGE;
	while (rc == BTZ_OK && hi - lo > 1) {
		uint64_t mid = lo + split(hi - lo);

		if (index < mid) {
			rc = push(h, src, mid, hi, out);
			hi = mid;
		} else {
			rc = push(h, src, lo, mid, out);
			lo = mid;
		}
	}
	reverse(out);
	return rc;
}

enum btz_rc
btz_tlog_prove_consistency(const struct btz_tlog_hash *h,
    const struct btz_tlog_source *src, uint64_t old_size, uint64_t new_size,
    struct btz_tlog_proof *out)
{
	uint64_t lo = 0, hi = new_size;
	enum btz_rc rc = BTZ_OK;

	out->n = 0;
	if (old_size > new_size || new_size > BTZ_TLOG_SIZE_MAX)
		return BTZ_E_RANGE;
	if (old_size == 0)
		return BTZ_OK;
	while (rc == BTZ_OK && hi != old_size) {
		uint64_t mid = lo + split(hi - lo);

		if (old_size <= mid) {
			rc = push(h, src, mid, hi, out);
			hi = mid;
		} else {
			rc = push(h, src, lo, mid, out);
			lo = mid;
		}
	}
	/* What is left was a whole old tree: then its root is known already. */
	if (rc == BTZ_OK && lo > 0)
		rc = push(h, src, lo, hi, out);
	reverse(out);
	return rc;
}
