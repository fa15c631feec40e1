/* SPDX-License-Identifier: Apache-2.0 */
/* record.c - makes records out of messages; contract in record.h. */
#include "audit/record.h"

#include <string.h>

#define ELLIPSIS "..."
/* Room for all keys and punctuation, numbers, names and hashes. */
#define FIXED_MAX 512u

/* Encodes at most max bytes into buf; *whole says whether all fitted. */
static struct btz_span
put(struct btz_record_buf *buf, struct btz_span raw, bool path, size_t max,
    bool *whole)
{
	struct btz_wr wr;

	btz_wr_init(&wr, buf->bytes + buf->len, sizeof(buf->bytes) - buf->len);
	*whole = btz_record_encode(&wr, raw, path, max);
	buf->len += wr.len;
	return btz_span_of(wr.buf, wr.len);
}

static struct btz_span
text(struct btz_record_buf *buf, struct btz_span raw)
{
	size_t before = buf->len;
	bool whole;
	struct btz_span s = put(buf, raw, false, BTZ_RECORD_TEXT_MAX, &whole);

	if (whole)
		return s;
	buf->len = before;
	s = put(
	    buf, raw, false, BTZ_RECORD_TEXT_MAX - strlen(ELLIPSIS), &whole);
	memcpy(buf->bytes + buf->len, ELLIPSIS, strlen(ELLIPSIS));
	buf->len += strlen(ELLIPSIS);
	s.len += strlen(ELLIPSIS);
	return s;
}

static size_t
encoded_size(struct btz_span raw)
{
	uint8_t none[1];
	struct btz_wr wr;
	size_t n = 0;

	for (size_t i = 0; i < raw.len; i++) {
		btz_wr_init(&wr, none, sizeof(none));
		(void)btz_record_encode(
		    &wr, btz_span_of(raw.p + i, 1), true, 3);
		n += wr.failed ? 3 : 1;
	}
	return n;
}

/* obj and dst share what the other fields leave; the shorter comes first. */
static void
put_paths(const struct btz_audit *m, struct btz_record_buf *buf,
    struct btz_record *out)
{
	size_t left = BTZ_RECORD_MAX - FIXED_MAX - buf->len;
	size_t obj = encoded_size(m->obj), dst = encoded_size(m->dst);
	bool obj_whole, dst_whole;

	if (obj + dst > left) {
		if (obj < left / 2)
			dst = left - obj;
		else if (dst < left / 2)
			obj = left - dst;
		else
			obj = dst = left / 2;
	}
	out->obj = put(buf, m->obj, true, obj, &obj_whole);
	out->dst = put(buf, m->dst, true, dst, &dst_whole);
	out->cut = !obj_whole || !dst_whole;
}

void
btz_record_make(const struct btz_audit *m, const struct btz_record_stamp *stamp,
    struct btz_record_buf *buf, struct btz_record *out)
{
	buf->len = 0;
	*out = (struct btz_record){
		.time_ms = stamp->time_ms,
		.boot = btz_span_str(stamp->boot),
		.src = btz_span_str(stamp->src),
		.phase = m->phase == 0 ? BTZ_PH_EVENT : m->phase,
		.req = stamp->req,
		.via = m->via,
		.decision = m->decision,
		.pol = m->pol,
		.has_n = m->has_n != 0,
		.n = m->n,
		.tenant = text(buf, m->tenant),
		.who = text(buf, m->who),
		.cred = text(buf, m->cred),
		.from = text(buf, m->from),
		.act = text(buf, m->act),
		.why = text(buf, m->why),
		.out = text(buf, m->out),
	};
	put_paths(m, buf, out);
}
