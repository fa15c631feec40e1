/* SPDX-License-Identifier: Apache-2.0 */
/* change.h - what the nouns of access (tenant, user, device, role, share,
 * invite) have in common. */
#ifndef BTZ_CLI_CHANGE_H
#define BTZ_CLI_CHANGE_H

#include "cli/cli.h"
#include "wire/msg_change.h"

struct btz_cli_changed {
	char id[513];	  /* URI, tenant id or invite token */
	char detail[513]; /* tenant, or id of an invite */
	uint64_t generation;
};

/* BTZ_OP_CHANGE; m->tenant is set from --tenant (empty: access takes the only
 * one). The error names `what`. */
BTZ_MUST_CHECK enum btz_rc btz_cli_change(struct btz_cli *c,
    struct btz_change *m, const char *what, struct btz_cli_changed *out,
    struct btz_err *err);
/* The change, and one line (or item) that says it was done. */
BTZ_MUST_CHECK enum btz_rc btz_cli_change_print(struct btz_cli *c,
    struct btz_change *m, const char *what, const char *done,
    struct btz_err *err);
/* LIST of a noun from access, with --tenant and argument 0 as filter. */
BTZ_MUST_CHECK enum btz_rc btz_cli_list_access(
    struct btz_cli *c, uint8_t noun, struct btz_err *err);
/* "30d", "12h", "2w", "2027-01-31" (its end, UTC), "2027-01-31T12:00:00Z" or
 * Unix seconds. NULL: 0, never. */
BTZ_MUST_CHECK enum btz_rc btz_cli_expiry(const char *option, const char *text,
    uint64_t now, uint64_t *out, struct btz_err *err);
/* The same forms for the option named, also of the past; a date alone is its
 * beginning. NULL: 0. */
BTZ_MUST_CHECK enum btz_rc btz_cli_time(const char *option, const char *text,
    uint64_t now, uint64_t *out, struct btz_err *err);

/* "-t, --tenant NAME", the row that all of them have. */
#define BTZ_CLI_TENANT                                                         \
	{                                                                      \
		't', "tenant", "NAME",                                         \
		    "tenant; may be left out when there is only one"           \
	}
#define BTZ_CLI_END                                                            \
	{                                                                      \
		0, NULL, NULL, NULL                                            \
	}

#endif
