/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recovery_share.h - the file with one share of the recovery key: JSON,
 * {"format":"bartizan-share/1", "recovery": SHA-256 of its SPKI in hex,
 * "threshold": k, "number": 1 to 16, "share": base64url}.
 */
#ifndef BTZ_CLI_RECOVERY_SHARE_H
#define BTZ_CLI_RECOVERY_SHARE_H

#include "cli/recovery_key.h"

#define BTZ_SHARE_FILE_MAX 1024u

struct btz_recovery_share {
	uint8_t recovery[BTZ_SHA256_LEN];
	uint8_t threshold, number;
	uint8_t bytes[BTZ_RECOVERY_SECRET];
};

BTZ_MUST_CHECK enum btz_rc btz_recovery_share_parse(
    struct btz_span text, struct btz_recovery_share *out, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_recovery_share_put(
    const struct btz_recovery_share *s, struct btz_wr *wr, struct btz_err *err);

#endif
