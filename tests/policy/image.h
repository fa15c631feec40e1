/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image.h - a small policy for tests: tenant home (shares papers, photos),
 * tenant work (share photos); alice edits home/photos, bob views it until
 * T_BOB and may enter its VPN main (alice has a role without connect there), carol has nothing, dave is disabled, the device cam writes on
 * Sundays from 1 to 2 h over VPN only, and enters the VPN in the night to it. Credential of NAME: SHA-256 of NAME.
 */
#ifndef BTZ_TESTS_POLICY_IMAGE_H
#define BTZ_TESTS_POLICY_IMAGE_H

#include <stdlib.h>

#include "policy/build.h"
#include "policy/policy.h"
#include "prim/prim.h"

#define T_NOW 1000000000u /* Sunday 2001-09-09 01:46:40 UTC */
#define T_BOB 1000000100u
#define T_CERT 1000001000u /* notAfter of all credentials */

static inline struct btz_span
S(const char *s) {
	return btz_span_str(s);
}

static inline void
cred_of(const char *name, uint8_t out[BTZ_SHA256_LEN])
{
	btz_sha256(S(name), out);
}

static inline void
add_cred(struct btz_policy_build *b, const char *name, uint32_t principal,
    bool enabled)
{
	uint8_t hash[BTZ_SHA256_LEN], serial[BTZ_ID_LEN] = { 7 };

	cred_of(name, hash);
	(void)btz_policy_add_credential(
	    b, hash, serial, principal, T_CERT, enabled);
}

static inline enum btz_rc
small_image(uint64_t generation, uint8_t **out, size_t *len)
{
	static const uint8_t id1[BTZ_ID_LEN] = { 1 }, id2[BTZ_ID_LEN] = { 2 };
	struct btz_policy_build *b;
	struct btz_err err;
	uint32_t work, home, alice, bob, carol, dave, cam, eve;
	uint32_t photos, papers, vpn, viewer, editor, reader, empty, sunday;
	uint32_t night;
	enum btz_rc rc;

	if (btz_policy_build_new(S("box.test"), &b, &err) != BTZ_OK)
		return err.rc;
	work = btz_policy_add_tenant(b, S("shop"), id2);
	home = btz_policy_add_tenant(b, S("home"), id1);
	bob = btz_policy_add_principal(b, home, S("user"), S("bob"), true);
	alice = btz_policy_add_principal(b, home, S("user"), S("alice"), true);
	carol = btz_policy_add_principal(b, home, S("user"), S("carol"), true);
	dave = btz_policy_add_principal(b, home, S("user"), S("dave"), false);
	cam = btz_policy_add_principal(b, home, S("device"), S("cam"), true);
	eve = btz_policy_add_principal(b, work, S("user"), S("eve"), true);
	photos = btz_policy_add_share(b, home, S("photos"));
	papers = btz_policy_add_share(b, home, S("papers"));
	vpn = btz_policy_add_share(b, home, S("vpn.main"));
	(void)btz_policy_add_share(b, work, S("photos"));
	(void)btz_policy_add_role(b, work, S("viewer"), BTZ_ROLE_VIEWER);
	viewer = btz_policy_add_role(b, home, S("viewer"), BTZ_ROLE_VIEWER);
	editor = btz_policy_add_role(b, home, S("editor"), BTZ_ROLE_EDITOR);
	reader = btz_policy_add_role(b, home, S("reader"), BTZ_ACT_READ);
	empty = btz_policy_add_role(b, home, S("empty"), 0);
	sunday = btz_policy_add_window(b, 1, 60, 120);
	night = btz_policy_add_window(b, 1u << 6, 1320, 120); /* 22 to 2 h */
	(void)btz_policy_add_binding(
	    b, alice, photos, editor, 0, 0, BTZ_POLICY_NONE);
	(void)btz_policy_add_binding(
	    b, alice, photos, viewer, T_NOW - 1, 0, BTZ_POLICY_NONE);
	(void)btz_policy_add_binding(
	    b, alice, papers, empty, 0, 0, BTZ_POLICY_NONE);
	(void)btz_policy_add_binding(
	    b, bob, photos, viewer, T_BOB, 0, BTZ_POLICY_NONE);
	(void)btz_policy_add_binding(
	    b, bob, vpn, viewer, 0, 0, BTZ_POLICY_NONE);
	(void)btz_policy_add_binding(
	    b, alice, vpn, reader, 0, 0, BTZ_POLICY_NONE);
	(void)btz_policy_add_binding(
	    b, dave, photos, editor, 0, 0, BTZ_POLICY_NONE);
	(void)btz_policy_add_binding(b, cam, vpn, viewer, 0, 0, night);
	(void)btz_policy_add_binding(
	    b, cam, photos, editor, 0, 1u << 2, sunday);
	add_cred(b, "alice", alice, true);
	add_cred(b, "alice-old", alice, false);
	add_cred(b, "bob", bob, true);
	add_cred(b, "carol", carol, true);
	add_cred(b, "dave", dave, true);
	add_cred(b, "cam", cam, true);
	add_cred(b, "eve", eve, true);
	add_cred(b, "gone", BTZ_POLICY_NONE, false);
	rc = btz_policy_build_finish(b, generation, T_NOW, out, len, &err);
	btz_policy_build_free(b);
	return rc;
}

#endif
