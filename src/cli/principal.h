/* SPDX-License-Identifier: Apache-2.0 */
/* principal.h - what users and devices have in common: they are added, listed,
 * disabled, enabled and removed the same way. The noun is the command's. */
#ifndef BTZ_CLI_PRINCIPAL_H
#define BTZ_CLI_PRINCIPAL_H

#include "cli/change.h"

enum btz_rc btz_cli_principal_add(struct btz_cli *c, struct btz_err *err);
enum btz_rc btz_cli_principal_remove(struct btz_cli *c, struct btz_err *err);
enum btz_rc btz_cli_principal_enable(struct btz_cli *c, struct btz_err *err);
enum btz_rc btz_cli_principal_disable(struct btz_cli *c, struct btz_err *err);
enum btz_rc btz_cli_principal_list(struct btz_cli *c, struct btz_err *err);

extern const struct btz_cli_option btz_cli_principal_options[];

#endif
