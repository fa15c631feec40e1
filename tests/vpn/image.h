/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image.h - a policy with a VPN: in tenant home, alice's role `family` and bob's
 * `guest` give connect on vpn.main, bob's until T_BOB; carol only reads there,
 * dave is disabled; eve of tenant work may connect to work's vpn.main. Key of
 * NAME: SHA-256 of NAME; its serial: the first 16 bytes of that.
 */
#ifndef BTZ_TESTS_VPN_IMAGE_H
#define BTZ_TESTS_VPN_IMAGE_H

#include <stdlib.h>
#include <string.h>

#include "policy/build.h"
#include "policy/policy.h"
#include "prim/prim.h"

#define T_NOW 1000000000u
#define T_BOB 1000000100u
#define T_CERT 1000001000u /* notAfter of all credentials */

static inline struct btz_span
S(const char *s) {
	return btz_span_str(s);
}

static inline void
key_of(const char *name, uint8_t out[BTZ_SHA256_LEN])
{
	btz_sha256(S(name), out);
}

static inline void
add_key(struct btz_policy_build *b, const char *name, const char *serial_of,
    uint32_t principal, bool enabled)
{
	uint8_t hash[BTZ_SHA256_LEN], serial[BTZ_SHA256_LEN];

	key_of(name, hash);
	key_of(serial_of, serial);
	(void)btz_policy_add_credential(
	    b, hash, serial, principal, T_CERT, enabled);
}

static inline void
grant(struct btz_policy_build *b, uint32_t who, uint32_t share, uint32_t role,
    uint64_t expires, uint8_t via)
{
	(void)btz_policy_add_binding(
	    b, who, share, role, expires, via, BTZ_POLICY_NONE);
}

static inline enum btz_rc
fill(struct btz_policy_build *b, uint8_t **out, size_t *len)
{
	static const uint8_t id1[BTZ_ID_LEN] = { 1 }, id2[BTZ_ID_LEN] = { 2 };
	uint32_t home = btz_policy_add_tenant(b, S("home"), id1);
	uint32_t work = btz_policy_add_tenant(b, S("shop"), id2);
	uint32_t vpn = btz_policy_add_share(b, home, S("vpn.main"));
	uint32_t other = btz_policy_add_share(b, work, S("vpn.main"));
	uint32_t family = btz_policy_add_role(
	    b, home, S("family"), BTZ_ACT_CONNECT);
	uint32_t guest = btz_policy_add_role(
	    b, home, S("guest"), BTZ_ACT_CONNECT | BTZ_ACT_LIST);
	uint32_t reader = btz_policy_add_role(
	    b, home, S("reader"), BTZ_ACT_READ);
	uint32_t staff = btz_policy_add_role(
	    b, work, S("staff"), BTZ_ACT_CONNECT);
	uint32_t alice, bob, carol, dave, eve, web;
	struct btz_err err;

	alice = btz_policy_add_principal(b, home, S("user"), S("alice"), true);
	bob = btz_policy_add_principal(b, home, S("user"), S("bob"), true);
	carol = btz_policy_add_principal(b, home, S("user"), S("carol"), true);
	dave = btz_policy_add_principal(b, home, S("user"), S("dave"), false);
	web = btz_policy_add_principal(b, home, S("user"), S("web"), true);
	eve = btz_policy_add_principal(b, work, S("user"), S("eve"), true);
	grant(b, alice, vpn, family, 0, 0);
	grant(b, alice, vpn, guest, 0, 1u << 2);
	grant(b, alice, vpn, reader, 0, 0);
	grant(b, bob, vpn, guest, T_BOB, 0);
	grant(b, carol, vpn, reader, 0, 0);
	grant(b, dave, vpn, family, 0, 0);
	grant(b, web, vpn, family, 0, 1u << 1);
	grant(b, eve, other, staff, 0, 0);
	add_key(b, "alice", "alice", alice, true);
	add_key(b, "alice-old", "alice-old", alice, false);
	add_key(b, "twin1", "twin", alice, true);
	add_key(b, "twin2", "twin", bob, true);
	add_key(b, "bob", "bob", bob, true);
	add_key(b, "carol", "carol", carol, true);
	add_key(b, "dave", "dave", dave, true);
	add_key(b, "web", "web", web, true);
	add_key(b, "eve", "eve", eve, true);
	add_key(b, "eve-as-bob", "bob", eve, true);
	add_key(b, "gone", "gone", BTZ_POLICY_NONE, false);
	return btz_policy_build_finish(b, 9, T_NOW, out, len, &err);
}

static inline enum btz_rc
vpn_policy(struct btz_policy **out)
{
	struct btz_policy_build *b;
	struct btz_err err;
	uint8_t *image = NULL;
	size_t len = 0;
	enum btz_rc rc = btz_policy_build_new(S("box.test"), &b, &err);

	*out = NULL;
	if (rc != BTZ_OK)
		return rc;
	rc = fill(b, &image, &len);
	btz_policy_build_free(b);
	if (rc == BTZ_OK)
		rc = btz_policy_from_bytes(btz_span_of(image, len), out, &err);
	free(image);
	return rc;
}

#endif
