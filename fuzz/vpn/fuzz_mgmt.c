/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_mgmt.c - lines of the management interface. First byte: in pieces of
 * how many bytes. The same bytes in one piece must give the same events (as a
 * sum over what they hold); texts must be terminated and free of control
 * characters; no more answers than commands that were put.
 */
#include <stdlib.h>
#include <string.h>

#include "vpn/mgmt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t
mix(uint64_t h, const void *p, size_t len)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < len; i++)
		h = (h ^ b[i]) * 1099511628211u;
	return h;
}

static uint64_t
text(uint64_t h, const char *s, size_t cap)
{
	size_t len = strnlen(s, cap);

	if (len == cap)
		abort();
	for (size_t i = 0; i < len; i++)
		if ((uint8_t)s[i] < 0x20 || s[i] == 0x7f)
			abort();
	return mix(h, s, len + 1);
}

static uint64_t
event(uint64_t h, const struct btz_mgmt_event *ev)
{
	h = mix(h, &ev->kind, sizeof(ev->kind));
	h = mix(h, &ev->cid, sizeof(ev->cid));
	h = mix(h, &ev->kid, sizeof(ev->kid));
	h = text(h, ev->addr, sizeof(ev->addr));
	h = mix(h, ev->input.p, ev->input.len);
	if (ev->input.len > BTZ_MGMT_SIGN_MAX)
		abort();
	if (ev->env == NULL)
		return h;
	h = text(h, ev->env->san, sizeof(ev->env->san));
	h = text(h, ev->env->ip, sizeof(ev->env->ip));
	h = text(h, ev->env->port, sizeof(ev->env->port));
	h = mix(h, ev->env->serial, sizeof(ev->env->serial));
	return mix(h, &ev->env->duration, sizeof(ev->env->duration));
}

/* Sum over all events up to the end or the first refused line. */
static uint64_t
run(const uint8_t *data, size_t size, size_t step)
{
	static struct btz_mgmt m;
	struct btz_mgmt_event ev;
	struct btz_err err;
	uint8_t out[256];
	struct btz_wr wr;
	unsigned answers = 0;
	uint64_t h = 14695981039346656037u;

	btz_mgmt_init(&m);
	btz_wr_init(&wr, out, sizeof(out));
	if (btz_mgmt_put_start(&m, &wr, 2) != BTZ_OK ||
	    btz_mgmt_put_release(&m, &wr) != BTZ_OK)
		abort();
	for (size_t at = 0; at < size; at += step) {
		size_t n = size - at < step ? size - at : step;
		struct btz_span in = btz_span_of(data + at, n);

		do {
			enum btz_rc rc = btz_mgmt_next(&m, &in, &ev, &err);

			if (rc != BTZ_OK)
				return h + (uint64_t)rc;
			if (ev.kind == BTZ_MGMT_NONE)
				continue;
			h = event(h, &ev);
			if (ev.kind == BTZ_MGMT_ANSWER && ++answers > 2)
				abort();
		} while (ev.kind != BTZ_MGMT_NONE);
		if (in.len != 0)
			abort();
	}
	return h;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (run(data + 1, size - 1, size) !=
	    run(data + 1, size - 1, (size_t)data[0] + 1))
		abort();
	return 0;
}
