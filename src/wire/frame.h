/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame.h - the 24-byte header of every internal message.
 *
 *   u8 version (1) | u8 flags | u16 op | u32 status | u32 body length
 *   | u32 tag | u64 id
 *
 * One SOCK_SEQPACKET message is one frame; body length must equal what follows
 * the header. `status` is 0 in requests and an enum btz_rc in answers; an
 * answer with a status other than BTZ_OK has an empty body. `id` is chosen by
 * whoever asks first (the CLI or the HTTP module) and passed on by everybody
 * who works for that request; `tag` is chosen per connection by whoever asks
 * and tells its open requests apart; answers echo both. Op numbers are in ops.h.
 */
#ifndef BTZ_WIRE_FRAME_H
#define BTZ_WIRE_FRAME_H

#include "wire/cursor.h"

#define BTZ_WIRE_VERSION 1u
#define BTZ_FRAME_HDR 24u

enum btz_frame_flag {
	BTZ_FRAME_ANSWER = 1,	/* else a request or an event */
	BTZ_FRAME_FD = 2,	/* exactly one descriptor travels along */
	BTZ_FRAME_MORE = 4,	/* progress: further answers to this id follow */
	BTZ_FRAME_EVENT = 8,	/* no answer is expected; with a tag: none but
				 * a refusal */
};

struct btz_frame {
	uint8_t flags;
	uint16_t op;
	uint32_t status;
	uint32_t tag;
	uint64_t id;
	struct btz_span body; /* borrowed from the received message */
};

/* False: not a well-formed frame of our version; close the connection. */
bool btz_frame_decode(struct btz_span in, struct btz_frame *out) BTZ_MUST_CHECK;
/* Writes the header for a body of body_len bytes that the caller appends. */
void btz_frame_put_header(struct btz_wr *wr, const struct btz_frame *f,
    size_t body_len);

#endif
