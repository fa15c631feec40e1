/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vpn_profile.h - an .ovpn for a stock OpenVPN 2.6 client, made on the user's
 * side. Where the VPN is: from options (HOST[:PORT]) or from the box's public
 * /.bartizan/vpn/NAME.json:
 *
 *	{"v":1,"name":"main","remote":[{"host":"box.example","port":1194,
 *	 "proto":"udp"}],"server_name":"box.example"}
 *
 * Nothing of either gets into the profile that is not checked: a profile can
 * run programs.
 */
#ifndef BTZ_CLI_VPN_PROFILE_H
#define BTZ_CLI_VPN_PROFILE_H

#include <stdbool.h>

#include "base/err.h"
#include "wire/cursor.h"
#include "wire/limits.h"

#define BTZ_VPN_REMOTES 8
#define BTZ_VPN_HOST_MAX 253

struct btz_vpn_place {
	char name[BTZ_NAME_MAX + 1];
	char server[BTZ_VPN_HOST_MAX + 1]; /* name in its certificate */
	struct btz_vpn_remote {
		char host[BTZ_VPN_HOST_MAX + 1]; /* without brackets */
		uint16_t port;
		bool tcp;
	} remote[BTZ_VPN_REMOTES];
	size_t n;
};

/* One more remote: "HOST", "HOST:PORT", "[IPV6]:PORT"; 1194 when no port is
 * given. The first host that is a name becomes the server's name when there is
 * none yet. BTZ_E_USAGE, BTZ_E_QUOTA. */
BTZ_MUST_CHECK enum btz_rc btz_vpn_place_add(
    struct btz_vpn_place *p, const char *text, bool tcp, struct btz_err *err);
/* The whole from JSON; name: which VPN it must be. BTZ_E_PROTO. */
BTZ_MUST_CHECK enum btz_rc btz_vpn_place_parse(struct btz_span json,
    const char *name, struct btz_vpn_place *out, struct btz_err *err);
/* Is this one name of a server (DNS, at most 64 bytes: a CN)? */
bool btz_vpn_server_ok(const char *name);

struct btz_vpn_keys { /* PEM texts */
	struct btz_span root, issuing, cert, key;
};

/* Appends the profile. Without the issuing certificate (empty) it is shorter:
 * the server sends that one along. Failure is remembered in wr. */
void btz_vpn_profile_put(struct btz_wr *wr, const struct btz_vpn_place *p,
    const struct btz_vpn_keys *k);

struct btz_cli;
/* vpn_profile_run.c: the command. */
BTZ_MUST_CHECK enum btz_rc btz_cli_vpn_profile(
    struct btz_cli *c, struct btz_err *err);

#endif
