/* SPDX-License-Identifier: Apache-2.0 */
/*
 * invite.h - an invite as its owner gets it:
 *   bartizan-invite:v1:<url>:<token, 128 bit base64url>:<pin>
 * The URL contains ':' itself; the pin is the SHA-256 of the root's
 * SubjectPublicKeyInfo, 64 hex digits or 43 characters of base64url.
 */
#ifndef BTZ_CLI_INVITE_H
#define BTZ_CLI_INVITE_H

#include "base/err.h"
#include "wire/cursor.h"
#include "wire/limits.h"

struct btz_url {	/* https://HOST[:PORT], no path */
	char host[254]; /* without brackets */
	char port[6];
};

struct btz_invite {
	struct btz_url url;
	char token[65];
	uint8_t pin[BTZ_SHA256_LEN];
};

/* BTZ_E_INVITE; the message never has the token. */
BTZ_MUST_CHECK enum btz_rc btz_invite_parse(
    const char *text, struct btz_invite *out, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_url_parse(
    struct btz_span text, struct btz_url *out, struct btz_err *err);

#endif
