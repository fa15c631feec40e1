/* SPDX-License-Identifier: Apache-2.0 */
/* backends.c - see backends.h. */
#include "cli/backends.h"

#include <stdio.h>
#include <string.h>

#include "cli/output.h"

enum btz_rc
btz_backends_get(struct btz_cli *c, struct btz_out **out, struct btz_err *err)
{
	static struct btz_conn conn;
	const struct btz_list rq = { .noun = BTZ_NOUN_BACKEND };
	struct btz_table t;
	enum btz_rc rc = btz_cli_connect(c, BTZ_PROG_BROKER, &conn, err);

	*out = NULL;
	if (rc == BTZ_OK)
		rc = btz_conn_call(&conn, BTZ_OP_LIST, &btz_def_list, &rq,
		    &btz_def_table, &t, NULL, err);
	if (rc == BTZ_OK)
		rc = btz_out_table(out, &t, err);
	btz_conn_close(&conn);
	if (rc != BTZ_OK) {
		btz_out_free(*out);
		*out = NULL;
	}
	return rc;
}

struct btz_span
btz_backends_cell(const struct btz_out *all, size_t row, const char *column)
{
	int col = btz_out_col(all, column);

	return col < 0 ? btz_span_of(NULL, 0)
		       : btz_out_cell(all, row, (size_t)col);
}

struct btz_out *
btz_backends_one(const struct btz_out *all, struct btz_span name)
{
	static const struct btz_column columns[] = {
		{ BTZ_CELL_TEXT, "backend" },
		{ BTZ_CELL_TEXT, "shown_as" },
		{ BTZ_CELL_TEXT, "protection" },
		{ BTZ_CELL_TEXT, "state" },
		{ BTZ_CELL_TEXT, "kinds" },
		{ BTZ_CELL_TEXT, "algorithms" },
		{ BTZ_CELL_TEXT, "signatures" },
		{ BTZ_CELL_TEXT, "operations" },
		{ BTZ_CELL_TEXT, "transfer" },
		{ BTZ_CELL_TEXT, "apart" },
	};
	struct btz_out *one = btz_out_new(columns, BTZ_COUNT(columns));

	for (size_t r = 0; r < btz_out_rows(all); r++)
		for (size_t i = 0;
		     btz_span_eq(btz_backends_cell(all, r, "backend"), name) &&
		     i < BTZ_COUNT(columns);
		     i++)
			btz_out_text(
			    one, btz_backends_cell(all, r, columns[i].name));
	return one;
}

static bool
has_word(struct btz_span list, const char *word)
{
	const size_t n = strlen(word);

	for (size_t i = 0; i + n <= list.len; i++)
		if (memcmp(list.p + i, word, n) == 0 &&
		    (i == 0 || list.p[i - 1] == ' ') &&
		    (i + n == list.len || list.p[i + n] == ' '))
			return true;
	return false;
}

void
btz_backends_hint(struct btz_cli *c, enum btz_rc rc, const char *backend,
    const char *column, const char *word)
{
	struct btz_out *all;
	struct btz_span name;
	char text[120] = "";
	size_t n = 0;
	bool own = false;

	if (rc != BTZ_E_UNSUPPORTED)
		return;
	if (btz_backends_get(c, &all, NULL) != BTZ_OK) {
		c->hint[0] = '\0'; /* of the connection */
		return;
	}
	for (size_t r = 0; r < btz_out_rows(all) && n < sizeof(text); r++) {
		if (!has_word(btz_backends_cell(all, r, column), word))
			continue;
		name = btz_backends_cell(all, r, "backend");
		own = own || btz_span_eq(name, btz_span_str(backend));
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%.*s",
		    n > 0 ? ", " : "", (int)name.len, (const char *)name.p);
	}
	btz_out_free(all);
	if (own)
		return; /* then it is something else that it lacks */
	btz_cli_hint(c, n > 0 ? "%s is in backend %s" : "no backend has %s%s",
	    word, text);
}
