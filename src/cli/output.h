/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output.h - results of a command: rows of named cells, printed as aligned
 * text or as {"v":1,"items":[...]}. Fill rows cell by cell in column order,
 * then print; the whole is kept in memory so that columns align.
 */
#ifndef BTZ_CLI_OUTPUT_H
#define BTZ_CLI_OUTPUT_H

#include "cli/cli.h"
#include "wire/table.h"

struct btz_out;

/* Columns are copied. Never NULL (ends the program when out of memory). */
struct btz_out *btz_out_new(const struct btz_column *cols, size_t n);
void btz_out_free(struct btz_out *o); /* NULL is fine */
/* One cell; TIME cells are Unix seconds (0: "-" and null). */
void btz_out_text(struct btz_out *o, struct btz_span s);
void btz_out_str(struct btz_out *o, const char *s); /* NULL: empty */
void btz_out_num(struct btz_out *o, uint64_t n);
void btz_out_bool(struct btz_out *o, bool b);
void btz_out_hex(struct btz_out *o, const void *p, size_t len);
size_t btz_out_rows(const struct btz_out *o);
/* Appends the rows of an answer; *o NULL: made with the answer's columns. */
BTZ_MUST_CHECK enum btz_rc btz_out_table(
    struct btz_out **o, const struct btz_table *msg, struct btz_err *err);
/* A cell that was filled; empty span when out of range. */
struct btz_span btz_out_cell(const struct btz_out *o, size_t row, size_t col);
/* Column number by name, or -1. */
int btz_out_col(const struct btz_out *o, const char *name);

/* A table with a heading line, or JSON; then c->root_approval. */
void btz_out_print(const struct btz_cli *c, const struct btz_out *o);
/* Each row as "name: value" lines (one thing), or the same JSON. */
void btz_out_print_item(const struct btz_cli *c, const struct btz_out *o);
/* The error on standard error, as text or JSON; returns the exit status. */
int btz_out_error(const struct btz_cli *c, const struct btz_err *err);

#endif
