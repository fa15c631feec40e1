/* SPDX-License-Identifier: Apache-2.0 */
/* admins.h - administrators for tests: keys, challenges, approvals. */
#ifndef BTZ_TESTS_TA_ADMINS_H
#define BTZ_TESTS_TA_ADMINS_H

#include "ta_rig.h"

#include "wire/msg_approval.h"

#define ADMINS 4u /* the last is a stranger where three are pinned */

void admins_make(void);
void admins_free(void);
struct btz_span admin_spki(size_t i);
/* An encoded admin_set of the first n, k of them; static memory. */
struct btz_span admins_set(uint8_t k, size_t n);
/* A challenge for operation and request. */
void admins_challenge(struct rig *r, uint8_t operation, struct btz_span request,
    struct btz_challenge *out);
/* The approval of one, appended. */
void admin_sign(size_t who, const struct btz_challenge *c, struct btz_wr *wr);
/* A whole approved operation by administrators 0 and 1. */
enum btz_rc admins_do(struct rig *r, uint32_t command, uint8_t operation,
    struct btz_span request, uint64_t now);

#endif
