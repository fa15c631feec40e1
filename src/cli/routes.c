/* SPDX-License-Identifier: Apache-2.0 */
/* routes.c - which backends this box has; contract in routes.h. */
#include "cli/routes.h"

#include <stdio.h>

#include "wire/msg_list.h"
#include "wire/table.h"

enum btz_rc
btz_cli_routes_get(
    struct btz_conn *broker, struct btz_cli_routes *out, struct btz_err *err)
{
	const struct btz_list rq = { .noun = BTZ_NOUN_BACKEND };
	struct btz_span cells[BTZ_TABLE_COLS_MAX];
	struct btz_table_rd rd;
	struct btz_table m;
	int got = -1;
	enum btz_rc rc;

	out->n = 0;
	rc = btz_conn_call(broker, BTZ_OP_LIST, &btz_def_list, &rq,
	    &btz_def_table, &m, NULL, err);
	if (rc != BTZ_OK)
		return rc;
	if (!btz_table_read(&rd, &m) || rd.n_cols < 1)
		return BTZ_FAIL(err, BTZ_E_PROTO, "list of backends");
	while (
	    out->n < BTZ_CLI_ROUTES && (got = btz_table_row(&rd, cells)) == 1) {
		if (cells[0].len > BTZ_NAME_MAX)
			return BTZ_FAIL(err, BTZ_E_PROTO, "name of a backend");
		(void)snprintf(out->name[out->n++], BTZ_NAME_MAX + 1, "%.*s",
		    (int)cells[0].len, (const char *)cells[0].p);
	}
	return got >= 0 ? BTZ_OK
			: BTZ_FAIL(err, BTZ_E_PROTO, "list of backends");
}
