/* SPDX-License-Identifier: Apache-2.0 */
/* frame.c - frame header; layout in frame.h. */
#include "wire/frame.h"

#include "wire/limits.h"

#define KNOWN_FLAGS \
	(BTZ_FRAME_ANSWER | BTZ_FRAME_FD | BTZ_FRAME_MORE | BTZ_FRAME_EVENT)

bool
btz_frame_decode(struct btz_span in, struct btz_frame *out)
{
	struct btz_rd rd;
	uint8_t version;
	uint32_t len;

	*out = (struct btz_frame){ .op = 0 };
	btz_rd_span(&rd, in);
	return in.len <= BTZ_FRAME_MAX && btz_rd_u8(&rd, &version) &&
	    version == BTZ_WIRE_VERSION && btz_rd_u8(&rd, &out->flags) &&
	    (out->flags & ~KNOWN_FLAGS) == 0 && btz_rd_u16(&rd, &out->op) &&
	    btz_rd_u32(&rd, &out->status) && btz_rd_u32(&rd, &len) &&
	    btz_rd_u32(&rd, &out->tag) && btz_rd_u64(&rd, &out->id) && len == btz_rd_left(&rd) &&
	    btz_rd_raw(&rd, &out->body, len) && btz_rd_end(&rd);
}

void
btz_frame_put_header(struct btz_wr *wr, const struct btz_frame *f,
    size_t body_len)
{
	if (body_len > BTZ_FRAME_MAX - BTZ_FRAME_HDR)
		wr->failed = true;
	btz_wr_u8(wr, BTZ_WIRE_VERSION);
	btz_wr_u8(wr, f->flags);
	btz_wr_u16(wr, f->op);
	btz_wr_u32(wr, f->status);
	btz_wr_u32(wr, (uint32_t)body_len);
	btz_wr_u32(wr, f->tag);
	btz_wr_u64(wr, f->id);
}
