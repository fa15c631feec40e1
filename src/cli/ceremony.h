/* SPDX-License-Identifier: Apache-2.0 */
/* ceremony.h - the box's side of a ceremony: requests made from the words of a
 * command, the connection to the root, and who its administrators are. */
#ifndef BTZ_CLI_CEREMONY_H
#define BTZ_CLI_CEREMONY_H

#include "cli/ceremony_file.h"
#include "cli/cli.h"

#define BTZ_CEREMONY_APPROVALS 16

/* Out of STATUS: what the trusted application says of itself. */
struct btz_box_facts {
	unsigned k;
	size_t n; /* 0: root-approval local */
	uint8_t admin[BTZ_ADMINS_MAX][BTZ_SHA256_LEN];
	bool has_recovery, rolled_back;
	uint8_t recovery[BTZ_SHA256_LEN];
	uint8_t record[BTZ_SHA256_LEN], index[BTZ_SHA256_LEN]; /* rolled_back */
};
BTZ_MUST_CHECK enum btz_rc btz_box_facts(
    struct btz_cli *c, struct btz_box_facts *out, struct btz_err *err);

/* "2 of 3 administrators", or that nobody is pinned. */
#define BTZ_BOX_APPROVAL_MAX 48
void btz_box_approval_text(
    const struct btz_box_facts *f, char out[BTZ_BOX_APPROVAL_MAX]);
/* Asks the box and keeps it for the listing (c->root_approval); "unknown" when
 * it does not say. */
void btz_box_approval(struct btz_cli *c);

/* A lease on the root for ceremonies. */
BTZ_MUST_CHECK enum btz_rc btz_ceremony_lease(
    struct btz_cli *c, struct btz_conn *leased, struct btz_err *err);
/* The request that `ceremony start OPERATION ARGS` means, appended. */
BTZ_MUST_CHECK enum btz_rc btz_ceremony_request(struct btz_cli *c,
    uint8_t operation, struct btz_wr *wr, struct btz_err *err);
/* The file that `ceremony start` wrote. */
BTZ_MUST_CHECK enum btz_rc btz_ceremony_load(
    const char *path, struct btz_ceremony *out, struct btz_err *err);
/* The approvals that the arguments from the second on name, checked as far as
 * they can be here, appended. */
BTZ_MUST_CHECK enum btz_rc btz_ceremony_approvals(struct btz_cli *c,
    const struct btz_challenge *ch, struct btz_wr *wr, struct btz_err *err);
/* `ceremony finish FILE [APPROVAL...]` */
BTZ_MUST_CHECK enum btz_rc btz_ceremony_finish(
    struct btz_cli *c, struct btz_err *err);

#endif
