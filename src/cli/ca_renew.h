/* SPDX-License-Identifier: Apache-2.0 */
/* ca_renew.h - a new certificate for the issuing key: what it would be, asked
 * of ca, and made; used by `ca renew` and by ceremonies. */
#ifndef BTZ_CLI_CA_RENEW_H
#define BTZ_CLI_CA_RENEW_H

#include "cli/cli.h"
#include "wire/msg_ca.h"

/* Out of the options --ca and --days of the command. */
BTZ_MUST_CHECK enum btz_rc btz_ca_renew_plan(
    struct btz_cli *c, struct btz_approve_issuing *out, struct btz_err *err);
/* approvals and nonce: of the ceremony; empty and zero where nobody is
 * pinned. Prints what was made. */
BTZ_MUST_CHECK enum btz_rc btz_ca_renew(struct btz_cli *c,
    const struct btz_approve_issuing *plan, const uint8_t nonce[BTZ_SHA256_LEN],
    struct btz_span approvals, struct btz_err *err);
/* `ca renew` */
BTZ_MUST_CHECK enum btz_rc btz_ca_renew_local(
    struct btz_cli *c, struct btz_err *err);

#endif
