/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.h - the body of list answers (btz_table in msg_list.h): columns with a
 * type, rows of text cells. Programs fill it, the command line prints it as
 * aligned text or as JSON.
 *
 * columns: repeat { u8 type, u16 length, name }; rows: repeat { for each
 * column: u16 length, text }.
 */
#ifndef BTZ_WIRE_TABLE_H
#define BTZ_WIRE_TABLE_H

#include "wire/msg_list.h"

#define BTZ_TABLE_COLS_MAX 24u

enum btz_cell {
	BTZ_CELL_TEXT = 1,
	BTZ_CELL_NUMBER = 2, /* decimal digits */
	BTZ_CELL_TIME = 3,   /* Unix seconds, decimal; 0: never */
	BTZ_CELL_BOOL = 4,   /* "true" or "false" */
};

struct btz_column {
	uint8_t type; /* enum btz_cell */
	const char *name;
};

/* Writing: memory is the caller's. */
struct btz_table_wr {
	struct btz_wr columns, rows;
	size_t n_cols, cell, row_start;
	uint8_t colbuf[1024];
};

void btz_table_begin(struct btz_table_wr *t, const struct btz_column *cols,
    size_t n, void *rowbuf, size_t rowcap);
/* Cells in column order; a row that does not fit is undone by row_end. */
void btz_table_text(struct btz_table_wr *t, struct btz_span s);
void btz_table_str(struct btz_table_wr *t, const char *s);
void btz_table_num(struct btz_table_wr *t, uint64_t n);
void btz_table_bool(struct btz_table_wr *t, bool b);
void btz_table_hex(struct btz_table_wr *t, const void *p, size_t len);
/* False: the row did not fit and was taken back; end this page before it. */
bool btz_table_row_end(struct btz_table_wr *t) BTZ_MUST_CHECK;
/* The answer; borrows from t and rowbuf. */
struct btz_table btz_table_done(const struct btz_table_wr *t,
    struct btz_span next);

/* Reading. */
struct btz_table_rd {
	size_t n_cols;
	struct btz_span names[BTZ_TABLE_COLS_MAX];
	uint8_t types[BTZ_TABLE_COLS_MAX];
	struct btz_rd rows;
};

bool btz_table_read(struct btz_table_rd *t,
    const struct btz_table *msg) BTZ_MUST_CHECK;
/* Next row into cells[n_cols]: 1 a row, 0 the end, -1 malformed. */
int btz_table_row(struct btz_table_rd *t, struct btz_span *cells);

#endif
