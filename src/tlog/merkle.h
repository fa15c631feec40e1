/* SPDX-License-Identifier: Apache-2.0 */
/*
 * merkle.h - the Merkle tree of the audit log (RFC 6962 2.1, SHA-256).
 *
 * Freestanding: no memory, no I/O, SHA-256 through a table that the caller
 * passes in. The trusted application checks consistency proofs with it, the
 * audit program appends and proves, the command line verifies.
 *
 *   leaf(d) = SHA256(0x00 || d)    node(l, r) = SHA256(0x01 || l || r)
 *   MTH({}) = SHA256("")
 *   MTH(D[n]) = node(MTH(D[0:k]), MTH(D[k:n])), k = largest power of 2 < n
 *
 * Start reading at btz_tlog_append. A proof is a span of 32-byte hashes.
 */
#ifndef BTZ_TLOG_MERKLE_H
#define BTZ_TLOG_MERKLE_H

#include "wire/cursor.h"
#include "wire/rc.h"

#define BTZ_TLOG_HASH 32u
#define BTZ_TLOG_LEVELS 63u
#define BTZ_TLOG_SIZE_MAX (UINT64_C(1) << 62) /* entries of one tree */
#define BTZ_TLOG_PROOF_MAX 64u		      /* hashes in any proof */

/* SHA-256 over the concatenation of n parts; cannot fail. */
struct btz_tlog_hash {
	void (*sha256)(void *ctx, const struct btz_span *parts, size_t n,
	    uint8_t out[BTZ_TLOG_HASH]);
	void *ctx;
};

/*
 * The whole state needed to append: one hash per set bit of size, the root of
 * the perfect subtree of that many leaves. Caller memory, plain data.
 */
struct btz_tlog_tree {
	uint64_t size;
	uint8_t stack[BTZ_TLOG_LEVELS][BTZ_TLOG_HASH];
};

void btz_tlog_leaf(const struct btz_tlog_hash *h, struct btz_span data,
    uint8_t out[BTZ_TLOG_HASH]);
/* out may be l or r. */
void btz_tlog_node(const struct btz_tlog_hash *h,
    const uint8_t l[BTZ_TLOG_HASH], const uint8_t r[BTZ_TLOG_HASH],
    uint8_t out[BTZ_TLOG_HASH]);

void btz_tlog_tree_init(struct btz_tlog_tree *t);
/* BTZ_E_RANGE: the tree has BTZ_TLOG_SIZE_MAX entries; unchanged. */
enum btz_rc btz_tlog_append(const struct btz_tlog_hash *h,
    struct btz_tlog_tree *t, const uint8_t leaf[BTZ_TLOG_HASH]) BTZ_MUST_CHECK;
void btz_tlog_root(const struct btz_tlog_hash *h, const struct btz_tlog_tree *t,
    uint8_t out[BTZ_TLOG_HASH]);

/*
 * RFC 9162 2.1.3.2: BTZ_E_LOG_TREE if the proof does not lead from the leaf at
 * `index` to `root`, BTZ_E_RANGE if index is not below size.
 */
enum btz_rc btz_tlog_verify_inclusion(const struct btz_tlog_hash *h,
    uint64_t index, uint64_t size, const uint8_t leaf[BTZ_TLOG_HASH],
    const uint8_t root[BTZ_TLOG_HASH], struct btz_span proof) BTZ_MUST_CHECK;

struct btz_tlog_head {
	uint64_t size;
	uint8_t root[BTZ_TLOG_HASH];
};

/*
 * RFC 9162 2.1.4.2: is `now` an extension of `old`? BTZ_E_LOG_SMALLER: it has
 * fewer entries. BTZ_E_LOG_FORKED: the proof does not show it. The empty tree
 * is extended by every tree, with an empty proof (its root is not looked at);
 * equal sizes need equal roots and an empty proof.
 */
enum btz_rc btz_tlog_verify_consistency(const struct btz_tlog_hash *h,
    const struct btz_tlog_head *old, const struct btz_tlog_head *now,
    struct btz_span proof) BTZ_MUST_CHECK;

/*
 * Where the hashes for proofs come from: node() gives the root of the perfect
 * subtree of leaves [index << level, (index + 1) << level), level 0 a leaf.
 */
struct btz_tlog_source {
	enum btz_rc (*node)(void *ctx, unsigned level, uint64_t index,
	    uint8_t out[BTZ_TLOG_HASH]);
	void *ctx;
};

struct btz_tlog_proof {
	size_t n;
	uint8_t hash[BTZ_TLOG_PROOF_MAX][BTZ_TLOG_HASH];
};

struct btz_span btz_tlog_proof_span(const struct btz_tlog_proof *p);

/* MTH of the first `size` leaves, from perfect subtrees. */
enum btz_rc btz_tlog_source_root(const struct btz_tlog_hash *h,
    const struct btz_tlog_source *src, uint64_t size,
    uint8_t out[BTZ_TLOG_HASH]) BTZ_MUST_CHECK;
/* Fills the append state for the first `size` leaves. */
enum btz_rc btz_tlog_tree_load(struct btz_tlog_tree *t,
    const struct btz_tlog_source *src, uint64_t size) BTZ_MUST_CHECK;
/* RFC 6962 2.1.1; BTZ_E_RANGE unless index < size; else what node() gave. */
enum btz_rc btz_tlog_prove_inclusion(const struct btz_tlog_hash *h,
    const struct btz_tlog_source *src, uint64_t index, uint64_t size,
    struct btz_tlog_proof *out) BTZ_MUST_CHECK;
/* RFC 6962 2.1.2; BTZ_E_RANGE unless old_size <= new_size. */
enum btz_rc btz_tlog_prove_consistency(const struct btz_tlog_hash *h,
    const struct btz_tlog_source *src, uint64_t old_size, uint64_t new_size,
    struct btz_tlog_proof *out) BTZ_MUST_CHECK;

#endif
