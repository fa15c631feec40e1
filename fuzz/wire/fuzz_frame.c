/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames, every message table, constraints and list tables. Property: what
 * decodes encodes to the same bytes.
 *
 * Planted mutation (seen to be found within seconds): read_field of TEXT
 * without its length limit; the second encoding then fails and traps.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/constraint.h"
#include "wire/frame.h"
#include "wire/keyblob.h"
#include "wire/limits.h"
#include "wire/msgs.h"
#include "wire/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t out[2 * BTZ_FRAME_MAX];

static void
same(const struct btz_wr *wr, struct btz_span in)
{
	if (!btz_wr_ok(wr) || !btz_span_eq(btz_wr_span(wr), in))
		abort();
}

static void
messages(struct btz_span in)
{
	for (size_t i = 0; i < btz_all_msgs_count; i++) {
		_Alignas(max_align_t) uint8_t msg[512];
		struct btz_wr wr;

		if (!btz_msg_decode(btz_all_msgs[i], in, msg))
			continue;
		btz_wr_init(&wr, out, sizeof(out));
		btz_msg_write(btz_all_msgs[i], msg, &wr);
		same(&wr, in);
	}
}

static void
constraints(struct btz_span in)
{
	struct btz_constraints c;
	struct btz_wr wr;

	if (!btz_constraints_decode(in, &c))
		return;
	btz_wr_init(&wr, out, sizeof(out));
	btz_constraints_encode(&c, &wr);
	same(&wr, in);
}

static void
table(struct btz_span in)
{
	struct btz_table t = { .columns = btz_span_of(in.p, in.len / 2),
		.rows = btz_span_of(in.p + in.len / 2, in.len - in.len / 2) };
	struct btz_span cells[BTZ_TABLE_COLS_MAX];
	struct btz_table_rd rd;

	if (!btz_table_read(&rd, &t))
		return;
	while (btz_table_row(&rd, cells) > 0)
		for (size_t i = 0; i < rd.n_cols; i++)
			if (cells[i].p < in.p ||
			    cells[i].p + cells[i].len > in.p + in.len)
				abort();
}

static void
frame(struct btz_span in)
{
	struct btz_frame f;
	struct btz_wr wr;

	if (!btz_frame_decode(in, &f))
		return;
	btz_wr_init(&wr, out, sizeof(out));
	btz_frame_put_header(&wr, &f, f.body.len);
	btz_wr_raw(&wr, f.body.p, f.body.len);
	same(&wr, in);
	messages(f.body);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct btz_span in = btz_span_of(data, size);

	frame(in);
	messages(in);
	constraints(in);
	table(in);
	return 0;
}
