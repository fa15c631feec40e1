/* SPDX-License-Identifier: Apache-2.0 */
/* decide.h - inside of src/policy: what decide.c and explain.c share. */
#ifndef BTZ_POLICY_DECIDE_H
#define BTZ_POLICY_DECIDE_H

#include "policy/format.h"
#include "policy/policy.h"
#include "wire/condition.h"

const struct btz_policy_view *btz_policy_get_view(const struct btz_policy *p);

enum btz_grant {
	BTZ_GRANT_ACTIVE = 0,
	BTZ_GRANT_EXPIRED,
	BTZ_GRANT_VIA,	  /* not by this way in */
	BTZ_GRANT_WINDOW, /* not at this time of the week */
};

/* Is this binding in force? */
enum btz_grant btz_policy_grant(const struct btz_policy_view *v,
    const uint8_t *binding, uint64_t now, uint8_t via);

/* Window i of the file; false: there is none, or not one of sense. */
bool btz_policy_window(
    const struct btz_policy_view *v, uint32_t i, struct btz_window *out);

/* Everything after the credential: out->who and ->tenant are set from the
 * principal, then verdict, reason and granted. */
void btz_policy_decide_principal(const struct btz_policy_view *v, uint64_t now,
    uint32_t principal, const struct btz_policy_ask *ask,
    struct btz_policy_answer *out);

#endif
