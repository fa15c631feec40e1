/* SPDX-License-Identifier: Apache-2.0 */
/* routes.h - which backends this box has, as the broker says. */
#ifndef BTZ_CLI_ROUTES_H
#define BTZ_CLI_ROUTES_H

#include "client/call.h"
#include "wire/limits.h"

#define BTZ_CLI_ROUTES 16u

struct btz_cli_routes {
	size_t n;
	char name[BTZ_CLI_ROUTES][BTZ_NAME_MAX + 1];
};

/* broker: a connection to it, as administrator or as application. */
BTZ_MUST_CHECK enum btz_rc btz_cli_routes_get(
    struct btz_conn *broker, struct btz_cli_routes *out, struct btz_err *err);

#endif
