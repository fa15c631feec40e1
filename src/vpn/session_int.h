/* SPDX-License-Identifier: Apache-2.0 */
/* session_int.h - what session.c and enter.c share of a session. */
#ifndef BTZ_VPN_SESSION_INT_H
#define BTZ_VPN_SESSION_INT_H

#include "vpn/vpn.h"

/* Its address out of the sets `del`, into `add`; fn gets the session, which it
 * holds until then. */
void btz_session_tell_keeper(
    struct btz_session *v, uint64_t del, uint64_t add, btz_keeper_fn *fn);
/* After OpenVPN has forgotten it (`gone`): freed when the last callback is
 * through and its address is out of all sets, perhaps in here. */
void btz_session_release(struct btz_session *v);
void btz_session_judge(
    struct btz_session *v, struct btz_policy *p, struct btz_vpn_decision *d);
/* Notes the roles of a decision for lists and records. */
void btz_session_keep_roles(
    struct btz_session *v, const struct btz_vpn_decision *d);
/* Moves it into the sets of its roles; one that would be told something else
 * now is cut. */
void btz_session_change_roles(
    struct btz_session *v, const struct btz_vpn_decision *d);

#endif
