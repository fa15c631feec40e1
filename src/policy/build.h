/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build.h - makes and publishes a policy file. Used by access, by tests and by
 * the bench; never linked into an enforcer.
 *
 * Things are added in any order and named by what they belong to; _finish
 * sorts them and lays them out as format.h says.
 */
#ifndef BTZ_POLICY_BUILD_H
#define BTZ_POLICY_BUILD_H

#include "base/err.h"
#include "policy/action.h"
#include "wire/cursor.h"
#include "wire/limits.h"

struct btz_policy_build;

BTZ_MUST_CHECK enum btz_rc btz_policy_build_new(struct btz_span trust_domain,
    struct btz_policy_build **out, struct btz_err *err);
void btz_policy_build_free(struct btz_policy_build *b); /* NULL is fine */

/* Each returns the index that others refer to, or BTZ_POLICY_NONE when memory
 * ran out (also remembered: _finish fails then). Texts are copied. */
#define BTZ_POLICY_NONE 0xffffffffu
uint32_t btz_policy_add_tenant(struct btz_policy_build *b, struct btz_span name,
    const uint8_t id[BTZ_ID_LEN]);
/* kind: "user" or "device". The URI is made from it. */
uint32_t btz_policy_add_principal(struct btz_policy_build *b, uint32_t tenant,
    struct btz_span kind, struct btz_span name, bool enabled);
/* principal BTZ_POLICY_NONE: removed since; then it must be disabled. */
uint32_t btz_policy_add_credential(struct btz_policy_build *b,
    const uint8_t spki_hash[BTZ_SHA256_LEN], const uint8_t serial[BTZ_ID_LEN],
    uint32_t principal, uint64_t not_after, bool enabled);
uint32_t btz_policy_add_role(struct btz_policy_build *b, uint32_t tenant,
    struct btz_span name, uint32_t permissions);
uint32_t btz_policy_add_share(
    struct btz_policy_build *b, uint32_t tenant, struct btz_span name);
/* expires: Unix seconds, 0 never. via_mask: bit (1 << enum btz_audit_via), 0
 * any. window: index of one, or BTZ_POLICY_NONE. */
uint32_t btz_policy_add_binding(struct btz_policy_build *b, uint32_t principal,
    uint32_t share, uint32_t role, uint64_t expires, uint8_t via_mask,
    uint32_t window);
/* days: bit 0 Sunday ... bit 6 Saturday; minutes of the day in UTC, from <=
 * t < to (at most 1440); to below from: until then on the next day. */
uint32_t btz_policy_add_window(
    struct btz_policy_build *b, uint8_t days, uint32_t from, uint32_t to);

/* The file image, malloc'ed, the caller's. Checked by the reader's own check
 * before it is given out. BTZ_E_EXIST: the same thing twice. */
BTZ_MUST_CHECK enum btz_rc btz_policy_build_finish(struct btz_policy_build *b,
    uint64_t generation, uint64_t made, uint8_t **out, size_t *len,
    struct btz_err *err);

/* publish.c: writes dirfd/<generation>.btzp aside, fdatasync, rename, fsync of
 * the folder, then stores the generation in dirfd/current (made if missing);
 * keeps the last three files. */
BTZ_MUST_CHECK enum btz_rc btz_policy_publish(
    int dirfd, uint64_t generation, struct btz_span image, struct btz_err *err);
/* Generation in dirfd/current; 0 when there is none (or it is damaged). */
uint64_t btz_policy_published(int dirfd);

#endif
