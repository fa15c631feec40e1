/* SPDX-License-Identifier: Apache-2.0 */
/* mitm.c - keeps the frames, follows the plan; see mitm.h. */
#include "mitm_own.h"

#include <stdlib.h>
#include <string.h>

#include "hostkit.h"
#include "support/cmocka_all.h"
#include "tpm2/spec.h"

#define FRAMES 4096u

static struct {
	struct btz_swtpm *tpm;
	const struct mitm_plan *plan;
	struct mitm_frame frames[FRAMES];
	uint32_t n; /* kept */
	uint32_t chances[MITM_ATTACKS];
	uint32_t acted;
} mitm;

uint64_t
mitm_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

uint32_t
mitm_get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

void
mitm_put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

const struct mitm_frame *
mitm_old(uint32_t number, bool (*pick)(const struct mitm_frame *f))
{
	for (uint32_t i = 0; i < mitm.n; i++) {
		const struct mitm_frame
		    *f = &mitm.frames[(number + i) % mitm.n];

		if (pick(f))
			return f;
	}
	return NULL;
}

const struct mitm_frame *
mitm_last(void)
{
	return mitm.n > 0 ? &mitm.frames[mitm.n - 1] : NULL;
}

static uint8_t *
copy_of(const uint8_t *p, size_t len)
{
	uint8_t *c = malloc(len + 1);

	assert_non_null(c);
	memcpy(c, p, len);
	return c;
}

/* Does this frame fall to the plan? */
static bool
falls(const uint8_t *cmd)
{
	bool mine = false;

	for (size_t i = 0; i < MITM_ATTACKS; i++) {
		uint32_t k;

		if (!mitm_rows[i].applies(cmd))
			continue;
		k = mitm.chances[i]++;
		if (mitm.plan != NULL && i == mitm.plan->attack)
			mine = k - mitm.plan->at < mitm.plan->count &&
			       k >= mitm.plan->at;
	}
	return mine;
}

static bool
on_frame(uint8_t *buf, size_t len, size_t cap, size_t *outlen)
{
	struct mitm_frame f = { .cmd = copy_of(buf, len), .cmd_len = len };
	struct mitm_shot s = { .buf = buf,
		.len = len,
		.cap = cap,
		.outlen = outlen,
		.tpm = mitm.tpm };
	bool ok;

	*outlen = 0;
	if (falls(buf)) {
		mitm.acted++;
		s.number = mitm.acted;
		s.a = mitm.plan->a;
		s.b = mitm.plan->b;
		ok = mitm_rows[mitm.plan->attack].fn(&s);
	} else {
		ok = btz_hostkit_tpm_raw(buf, len, cap, outlen);
	}
	if (ok) {
		f.rsp = copy_of(buf, *outlen);
		f.rsp_len = *outlen;
	}
	if (mitm.n == FRAMES) {
		free(f.cmd);
		free(f.rsp);
	} else {
		mitm.frames[mitm.n++] = f;
	}
	return ok;
}

void
mitm_begin(struct btz_swtpm *tpm, const struct mitm_plan *plan)
{
	mitm.tpm = tpm;
	mitm.plan = plan;
	mitm.acted = 0;
	memset(mitm.chances, 0, sizeof(mitm.chances));
	btz_hostkit_interpose(on_frame);
}

void
mitm_end(void)
{
	btz_hostkit_interpose(NULL);
	mitm.plan = NULL;
}

void
mitm_forget(void)
{
	while (mitm.n > 0) {
		mitm.n--;
		free(mitm.frames[mitm.n].cmd);
		free(mitm.frames[mitm.n].rsp);
	}
}

uint32_t
mitm_chances(enum mitm_attack a)
{
	return mitm.chances[a];
}

uint32_t
mitm_acted(void)
{
	return mitm.acted;
}

uint32_t
mitm_frames(void)
{
	return mitm.n;
}

bool
mitm_saw(struct btz_span what)
{
	for (uint32_t i = 0; i < mitm.n; i++) {
		const struct mitm_frame *f = &mitm.frames[i];

		if (memmem(f->cmd, f->cmd_len, what.p, what.len) != NULL ||
		    (f->rsp != NULL &&
			memmem(f->rsp, f->rsp_len, what.p, what.len) != NULL))
			return true;
	}
	return false;
}

const char *
mitm_name(enum mitm_attack a)
{
	return mitm_rows[a].name;
}

static void
raw(const uint8_t *cmd, size_t len)
{
	uint8_t buf[256];
	size_t n = 0;

	memcpy(buf, cmd, len);
	assert_true(btz_hostkit_tpm_raw(buf, len, sizeof(buf), &n));
	assert_true(n >= 10 && mitm_get32(buf + 6) == 0);
}

void
mitm_define_decoy(void)
{
	static const uint8_t define[] = { 0x80, 2, 0, 0, 0, 45, 0, 0, 1, 0x2a,
		0x40, 0, 0, 1, 0, 0, 0, 9, 0x40, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0,
		0, 14, 1, 0x80, 1, 1, 0, 11, 2, 4, 0, 4, 0, 0, 0, 32 };
	static const uint8_t put[67] = { 0x80, 2, 0, 0, 0, 67, 0, 0, 1, 0x37, 1,
		0x80, 1, 1, 1, 0x80, 1, 1, 0, 0, 0, 9, 0x40, 0, 0, 9, 0, 0, 0,
		0, 0, 0, 32, 7 };

	raw(define, sizeof(define));
	raw(put, sizeof(put));
}
