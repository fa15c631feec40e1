/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commands.h - the list of nouns. X(noun, help): the table is
 * `const struct btz_cli_command btz_cmd_<noun>[]` in cmd_<noun>.c.
 * Order is the order of `bartizan --help`.
 */
#ifndef BTZ_CLI_COMMANDS_H
#define BTZ_CLI_COMMANDS_H

#include "cli/cli.h"

/* clang-format off */
#define BTZ_CLI_NOUNS(X) \
X(init,       "give the box its identity (once)") \
X(audit,      "read and verify the audit log") \
X(up,         "run the box: start and supervise all programs") \
X(status,     "what runs, and every weakness of this setup") \
X(tenant,     "tenants: households, departments, customers") \
X(user,       "users of a tenant") \
X(device,     "devices of a tenant") \
X(share,      "shares: folders that people are let into") \
X(vpn,        "VPNs: ways into the network that people are let in by") \
X(role,       "roles, and who has which on what") \
X(invite,     "invites: how a user or device gets a credential") \
X(enrol,      "turn an invite into a key and a certificate (user's side)") \
X(credential, "credentials: list, show, revoke") \
X(access,     "who may do what, and why") \
X(key,        "keys: make, list, sign, encrypt, derive, destroy") \
X(recovery,   "the key that opens backups: make, split, join, open") \
X(backend,    "where keys live, and who holds a lease") \
X(ca,         "certificates and revocation list of this box") \
X(admin,      "administrators who approve what the root does, and their keys") \
X(ceremony,   "k of n administrators approve an operation of the root") \
X(down,       "stop the box")
/* clang-format on */

#define BTZ_CLI_DECLARE(noun, help)                                            \
	extern const struct btz_cli_command btz_cmd_##noun[];
BTZ_CLI_NOUNS(BTZ_CLI_DECLARE)
#undef BTZ_CLI_DECLARE

#endif
