/* SPDX-License-Identifier: Apache-2.0 */
/* output.c - rows to aligned text or JSON; contract in output.h. */
#include "cli/output.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct column {
	uint8_t type;
	char name[64];
};

struct cell {
	size_t at, len; /* in text */
};

struct btz_out {
	size_t n_cols, n_cells, cells_cap, len, cap;
	struct column cols[BTZ_TABLE_COLS_MAX];
	struct cell *cells;
	char *text;
};

/* It may be a secret: what is left behind is wiped. */
static void *
grow(void *p, size_t need, size_t *cap, size_t size)
{
	void *more;

	if (need <= *cap)
		return p;
	more = malloc(need * 2 * size);
	if (more == NULL) {
		(void)fputs("bartizan: out of memory\n", stderr);
		exit(75);
	}
	if (*cap > 0)
		memcpy(more, p, *cap * size);
	btz_wipe(p, *cap * size);
	free(p);
	*cap = need * 2;
	return more;
}

static struct btz_out *
out_alloc(void)
{
	size_t cap = 0;
	struct btz_out *o = grow(NULL, 1, &cap, sizeof(*o));

	memset(o, 0, sizeof(*o));
	return o;
}

static void
add_column(struct btz_out *o, uint8_t type, struct btz_span name)
{
	struct column *c = &o->cols[o->n_cols++];

	c->type = type;
	(void)snprintf(c->name, sizeof(c->name), "%.*s", (int)name.len,
	    (const char *)name.p);
}

struct btz_out *
btz_out_new(const struct btz_column *cols, size_t n)
{
	struct btz_out *o = out_alloc();

	for (size_t i = 0; i < n && i < BTZ_TABLE_COLS_MAX; i++)
		add_column(o, cols[i].type, btz_span_str(cols[i].name));
	return o;
}

void
btz_out_free(struct btz_out *o)
{
	if (o == NULL)
		return;
	free(o->cells);
	btz_wipe(o->text, o->cap);
	free(o->text);
	free(o);
}

static void
add_bytes(struct btz_out *o, const void *p, size_t len)
{
	o->text = grow(o->text, o->len + len + 1, &o->cap, 1);
	if (len > 0)
		memcpy(o->text + o->len, p, len);
	o->len += len;
}

void
btz_out_text(struct btz_out *o, struct btz_span s)
{
	o->cells = grow(
	    o->cells, o->n_cells + 1, &o->cells_cap, sizeof(*o->cells));
	o->cells[o->n_cells++] = (struct cell){ o->len, s.len };
	add_bytes(o, s.p, s.len);
}

void
btz_out_str(struct btz_out *o, const char *s)
{
	btz_out_text(o, btz_span_str(s));
}

void
btz_out_num(struct btz_out *o, uint64_t n)
{
	char buf[24];

	(void)snprintf(buf, sizeof(buf), "%llu", (unsigned long long)n);
	btz_out_str(o, buf);
}

void
btz_out_bool(struct btz_out *o, bool b)
{
	btz_out_str(o, b ? "true" : "false");
}

void
btz_out_hex(struct btz_out *o, const void *p, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *b = p;
	struct btz_span none = { NULL, 0 };
	char two[2];

	btz_out_text(o, none);
	for (size_t i = 0; i < len; i++) {
		two[0] = digits[b[i] >> 4];
		two[1] = digits[b[i] & 15];
		add_bytes(o, two, sizeof(two));
	}
	o->cells[o->n_cells - 1].len = 2 * len;
}

size_t
btz_out_rows(const struct btz_out *o)
{
	return o == NULL || o->n_cols == 0 ? 0 : o->n_cells / o->n_cols;
}

struct btz_span
btz_out_cell(const struct btz_out *o, size_t row, size_t col)
{
	const struct cell *c;

	if (col >= o->n_cols || row >= btz_out_rows(o))
		return btz_span_of(NULL, 0);
	c = &o->cells[row * o->n_cols + col];
	return btz_span_of(o->text + c->at, c->len);
}

int
btz_out_col(const struct btz_out *o, const char *name)
{
	for (size_t i = 0; i < o->n_cols; i++)
		if (strcmp(o->cols[i].name, name) == 0)
			return (int)i;
	return -1;
}

enum btz_rc
btz_out_table(
    struct btz_out **o, const struct btz_table *msg, struct btz_err *err)
{
	struct btz_span cells[BTZ_TABLE_COLS_MAX];
	struct btz_table_rd t;
	int got;

	if (!btz_table_read(&t, msg))
		return BTZ_FAIL(err, BTZ_E_PROTO, "table of the answer");
	if (*o == NULL) {
		*o = out_alloc();
		for (size_t i = 0; i < t.n_cols; i++)
			add_column(*o, t.types[i], t.names[i]);
	}
	if ((*o)->n_cols != t.n_cols)
		return BTZ_FAIL(err, BTZ_E_PROTO, "columns of the answer");
	while ((got = btz_table_row(&t, cells)) > 0)
		for (size_t i = 0; i < t.n_cols; i++)
			btz_out_text(*o, cells[i]);
	return got == 0 ? BTZ_OK
			: BTZ_FAIL(err, BTZ_E_PROTO, "rows of the answer");
}

static unsigned long long
number_of(struct btz_span s)
{
	char buf[24] = "";

	if (s.len < sizeof(buf) && s.len > 0)
		memcpy(buf, s.p, s.len);
	return strtoull(buf, NULL, 10);
}

/* A cell as people read it, to be put away. Bytes of others never reach the
 * terminal unescaped. */
static char *
human(uint8_t type, struct btz_span s)
{
	size_t n = 0, cap = 0;
	char *buf = grow(NULL, 2 * s.len + 16, &cap, 1);

	if (type == BTZ_CELL_TIME) {
		time_t t = (time_t)number_of(s);
		struct tm tm;

		if (t == 0 || gmtime_r(&t, &tm) == NULL)
			(void)snprintf(buf, cap, "-");
		else
			(void)strftime(buf, cap, "%Y-%m-%dT%H:%M:%SZ", &tm);
		return buf;
	}
	if (s.len == 0)
		buf[n++] = '-';
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] >= 0x20 && s.p[i] != 0x7f && s.p[i] < 0x80)
			buf[n++] = (char)s.p[i];
		else
			n += (size_t)snprintf(
			    buf + n, cap - n, "\\x%02x", s.p[i]);
	buf[n] = '\0';
	return buf;
}

static void
put_away(char *buf)
{
	btz_wipe(buf, strlen(buf));
	free(buf);
}

static json_t *
json_human(uint8_t type, struct btz_span s)
{
	char *buf = human(type, s);
	json_t *v = json_string(buf);

	put_away(buf);
	return v;
}

static json_t *
json_cell(uint8_t type, struct btz_span s)
{
	json_t *v;

	if (type == BTZ_CELL_NUMBER)
		return json_integer((json_int_t)number_of(s));
	if (type == BTZ_CELL_BOOL)
		return json_boolean(s.len == 4);
	if (type == BTZ_CELL_TIME) {
		return number_of(s) == 0 ? json_null() : json_human(type, s);
	}
	v = json_stringn(s.p == NULL ? "" : (const char *)s.p, s.len);
	/* not UTF-8: as people see it, escaped */
	return v != NULL ? v : json_human(BTZ_CELL_TEXT, s);
}

static void
print_json(const struct btz_cli *c, const struct btz_out *o)
{
	json_t *items = json_array();

	for (size_t r = 0; r < btz_out_rows(o); r++) {
		json_t *item = json_object();

		for (size_t i = 0; i < o->n_cols; i++)
			(void)json_object_set_new(item, o->cols[i].name,
			    json_cell(o->cols[i].type, btz_out_cell(o, r, i)));
		(void)json_array_append_new(items, item);
	}
	items = json_pack("{s:i,s:o}", "v", 1, "items", items);
	if (c->root_approval[0] != '\0')
		(void)json_object_set_new(
		    items, "root_approval", json_string(c->root_approval));
	(void)json_dumpf(items, stdout, JSON_COMPACT);
	(void)fputc('\n', stdout);
	json_decref(items);
}

static void
print_padded(const char *s, size_t width, bool last)
{
	if (last)
		(void)printf("%s\n", s);
	else
		(void)printf("%-*s  ", (int)width, s);
}

/* As people see it: the longest cell of the column, or its name. */
static size_t
width_of(const struct btz_out *o, size_t col)
{
	size_t width = strlen(o->cols[col].name);

	for (size_t r = 0; r < btz_out_rows(o); r++) {
		char *buf = human(o->cols[col].type, btz_out_cell(o, r, col));

		if (strlen(buf) > width)
			width = strlen(buf);
		put_away(buf);
	}
	return width;
}

void
btz_out_print(const struct btz_cli *c, const struct btz_out *o)
{
	size_t width[BTZ_TABLE_COLS_MAX] = { 0 };

	if (c->json) {
		print_json(c, o);
		return;
	}
	for (size_t i = 0; i < o->n_cols; i++)
		width[i] = width_of(o, i);
	for (size_t i = 0; i < o->n_cols; i++)
		print_padded(o->cols[i].name, width[i], i + 1 == o->n_cols);
	for (size_t r = 0; r < btz_out_rows(o); r++)
		for (size_t i = 0; i < o->n_cols; i++) {
			char *buf = human(
			    o->cols[i].type, btz_out_cell(o, r, i));

			print_padded(buf, width[i], i + 1 == o->n_cols);
			put_away(buf);
		}
	if (c->root_approval[0] != '\0')
		(void)printf("\nroot-approval: %s\n", c->root_approval);
}

void
btz_out_print_item(const struct btz_cli *c, const struct btz_out *o)
{
	if (c->json) {
		print_json(c, o);
		return;
	}
	for (size_t r = 0; r < btz_out_rows(o); r++)
		for (size_t i = 0; i < o->n_cols; i++) {
			char *buf = human(
			    o->cols[i].type, btz_out_cell(o, r, i));

			(void)printf("%s: %s\n", o->cols[i].name, buf);
			put_away(buf);
		}
}

/* What follows the message: the code's text, unless it says that already or
 * the system's own text is there. */
static const char *
tail_of(const struct btz_err *err)
{
	const char *text = btz_rc_text(err->rc);
	size_t n = strlen(text), len = strlen(err->msg);

	if (err->rc == BTZ_E_DOWN &&
	    strstr(err->msg, "does not answer") != NULL)
		return "";
	if (err->sys_errno != 0 ||
	    (len >= n && strcmp(err->msg + len - n, text) == 0))
		return "";
	return text;
}

static const char *
hint_of(const struct btz_cli *c, const struct btz_err *err)
{
	if (c->hint[0] != '\0')
		return c->hint;
	switch (err->sys_errno) {
	case ENOENT:
	case ENOTDIR:
	case EISDIR:
		return "check the path";
	case EACCES:
	case EPERM:
	case EROFS:
		return "check the permissions of the file and its directory";
	default:
		return btz_rc_hint(err->rc);
	}
}

static void
print_error(
    const struct btz_cli *c, enum btz_rc rc, const char *msg, const char *hint)
{
	json_t *e;

	if (c->json) {
		e = json_pack("{s:{s:s,s:s,s:s}}", "error", "code",
		    btz_rc_name(rc), "message", msg, "hint", hint);
		(void)json_dumpf(e, stderr, JSON_COMPACT);
		(void)fputc('\n', stderr);
		json_decref(e);
		return;
	}
	(void)fprintf(stderr, "bartizan: %s\n", msg);
	if (hint[0] != '\0')
		(void)fprintf(stderr, "  hint: %s\n", hint);
}

int
btz_out_error(const struct btz_cli *c, const struct btz_err *err)
{
	const char *tail = tail_of(err);
	char raw[512], *msg;

	(void)fflush(stdout);
	(void)snprintf(raw, sizeof(raw), "%s%s%s", err->msg,
	    tail[0] != '\0' && err->msg[0] != '\0' ? ": " : "", tail);
	msg = human(BTZ_CELL_TEXT, btz_span_str(raw));
	print_error(c, err->rc, msg, hint_of(c, err));
	put_away(msg);
	return btz_rc_exit(err->rc);
}
