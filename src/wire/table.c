/* SPDX-License-Identifier: Apache-2.0 */
/* table.c - list answers; layout in table.h. */
#include "wire/table.h"

void
btz_table_begin(struct btz_table_wr *t, const struct btz_column *cols,
    size_t n, void *rowbuf, size_t rowcap)
{
	t->n_cols = n;
	t->cell = t->row_start = 0;
	btz_wr_init(&t->columns, t->colbuf, sizeof(t->colbuf));
	btz_wr_init(&t->rows, rowbuf,
	    rowcap < BTZ_LIST_MAX ? rowcap : BTZ_LIST_MAX);
	for (size_t i = 0; i < n; i++) {
		btz_wr_u8(&t->columns, cols[i].type);
		btz_wr_bytes16(&t->columns, btz_span_str(cols[i].name));
	}
}

void
btz_table_text(struct btz_table_wr *t, struct btz_span s)
{
	btz_wr_bytes16(&t->rows, s);
	t->cell++;
}

void
btz_table_str(struct btz_table_wr *t, const char *s)
{
	btz_table_text(t, btz_span_str(s));
}

void
btz_table_num(struct btz_table_wr *t, uint64_t n)
{
	char buf[20];
	size_t at = sizeof(buf);

	do {
		buf[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	btz_table_text(t, btz_span_of(buf + at, sizeof(buf) - at));
}

void
btz_table_bool(struct btz_table_wr *t, bool b)
{
	btz_table_str(t, b ? "true" : "false");
}

void
btz_table_hex(struct btz_table_wr *t, const void *p, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *b = p;

	btz_wr_u16(&t->rows, (uint16_t)(2 * len));
	for (size_t i = 0; i < len; i++) {
		btz_wr_u8(&t->rows, (uint8_t)digits[b[i] >> 4]);
		btz_wr_u8(&t->rows, (uint8_t)digits[b[i] & 15]);
	}
	t->cell++;
}

bool
btz_table_row_end(struct btz_table_wr *t)
{
	bool ok = !t->rows.failed && t->cell == t->n_cols;

	if (!ok) {
		t->rows.len = t->row_start;
		t->rows.failed = false;
	}
	t->row_start = t->rows.len;
	t->cell = 0;
	return ok;
}

struct btz_table
btz_table_done(const struct btz_table_wr *t, struct btz_span next)
{
	return (struct btz_table){ .columns = btz_wr_span(&t->columns),
		.rows = btz_wr_span(&t->rows),
		.next = next };
}

bool
btz_table_read(struct btz_table_rd *t, const struct btz_table *msg)
{
	struct btz_rd rd;

	t->n_cols = 0;
	btz_rd_span(&t->rows, msg->rows);
	btz_rd_span(&rd, msg->columns);
	while (!btz_rd_end(&rd)) {
		size_t i = t->n_cols;

		if (i == BTZ_TABLE_COLS_MAX || !btz_rd_u8(&rd, &t->types[i]) ||
		    !btz_rd_bytes16(&rd, &t->names[i], BTZ_NAME_MAX))
			return false;
		t->n_cols++;
	}
	return t->n_cols > 0;
}

int
btz_table_row(struct btz_table_rd *t, struct btz_span *cells)
{
	if (btz_rd_end(&t->rows))
		return 0;
	for (size_t i = 0; i < t->n_cols; i++)
		if (!btz_rd_bytes16(&t->rows, &cells[i], BTZ_LIST_MAX))
			return -1;
	return 1;
}
