/* SPDX-License-Identifier: Apache-2.0 */
/* mitm_attacks.c - one function per attack of mitm.h, table at the end. */
#include "mitm_own.h"

#include <string.h>
#include <unistd.h>

#include "hostkit.h"
#include "support/cmocka_all.h"
#include "tpm2/spec.h"

#define PRIMARY_AT BTZ_TPM_H_FIRST

static bool
in_session(const uint8_t *p)
{
	return p[0] == 0x80 && p[1] == 0x02;
}

static size_t
handles(uint32_t cc)
{
	switch (cc) {
	case BTZ_TPM_CC_EVICT_CONTROL:
	case BTZ_TPM_CC_NV_WRITE:
	case BTZ_TPM_CC_NV_READ:
	case BTZ_TPM_CC_START_AUTH_SESSION:
		return 2;
	case BTZ_TPM_CC_STARTUP:
	case BTZ_TPM_CC_GET_CAPABILITY:
	case BTZ_TPM_CC_GET_RANDOM:
	case BTZ_TPM_CC_READ_CLOCK:
		return 0;
	default:
		return 1;
	}
}

static bool
pass(struct mitm_shot *s)
{
	return btz_hostkit_tpm_raw(s->buf, s->len, s->cap, s->outlen);
}

static bool
give(struct mitm_shot *s, const uint8_t *p, size_t len)
{
	memcpy(s->buf, p, len);
	*s->outlen = len;
	return true;
}

static bool
answered(const struct mitm_frame *f)
{
	return f->rsp != NULL;
}

static bool
resends(const struct mitm_frame *f)
{
	/* not FlushContext: that would be a reset of another kind */
	return mitm_get32(f->cmd + 6) != BTZ_TPM_CC_FLUSH_CONTEXT;
}

static bool
flip(struct mitm_shot *s)
{
	if (!pass(s))
		return false;
	s->buf[s->a % *s->outlen] ^= (uint8_t)(1 + s->b % 255);
	return true;
}

static bool
truncate_it(struct mitm_shot *s)
{
	if (!pass(s))
		return false;
	*s->outlen = s->a % *s->outlen;
	if ((s->b & 1) != 0 && *s->outlen >= 6)
		mitm_put32(s->buf + 2, (uint32_t)*s->outlen);
	return true;
}

static bool
oversize(struct mitm_shot *s)
{
	uint64_t seed = s->b;
	size_t more = (s->b & 2) != 0 ? s->cap : 1 + s->a % 64;

	if (!pass(s))
		return false;
	if (more > s->cap - *s->outlen)
		more = s->cap - *s->outlen;
	for (size_t i = 0; i < more; i++)
		s->buf[*s->outlen + i] = (uint8_t)mitm_random(&seed);
	*s->outlen += more;
	if ((s->b & 1) != 0)
		mitm_put32(s->buf + 2, (uint32_t)*s->outlen);
	return true;
}

static bool
replay_rsp(struct mitm_shot *s)
{
	const struct mitm_frame *f = mitm_old(s->a, answered);

	if ((s->b & 1) != 0 && !pass(s))
		return false;
	return f != NULL && give(s, f->rsp, f->rsp_len);
}

static bool
reorder(struct mitm_shot *s)
{
	static uint8_t held[4096];
	static size_t held_len;
	const struct mitm_frame *last = mitm_last();
	uint8_t mine[4096];
	size_t len;

	if (!pass(s))
		return false;
	len = *s->outlen;
	memcpy(mine, s->buf, len);
	if (s->number > 1)
		(void)give(s, held, held_len);
	else if (last != NULL && last->rsp != NULL)
		(void)give(s, last->rsp, last->rsp_len);
	memcpy(held, mine, len);
	held_len = len;
	return true;
}

static bool
replay_cmd(struct mitm_shot *s)
{
	uint8_t now[4096];
	const struct mitm_frame *f = mitm_old(s->a, resends);
	size_t len = s->len;

	memcpy(now, s->buf, len);
	if (f == NULL)
		return pass(s);
	memcpy(s->buf, f->cmd, f->cmd_len);
	s->len = f->cmd_len;
	if (!pass(s) || (s->b & 1) != 0)
		return *s->outlen > 0;
	memcpy(s->buf, now, len);
	s->len = len;
	return pass(s);
}

static bool
other_handle(struct mitm_shot *s)
{
	static const uint32_t others[] = { BTZ_TPM_H_SRK, PRIMARY_AT,
		PRIMARY_AT + 1, PRIMARY_AT + 2, BTZ_TPM_RH_NULL,
		BTZ_TPM_RH_OWNER, BTZ_TPM_RH_ENDORSEMENT, 0x02000000,
		0x80000000, BTZ_TPM_NV_INDEX };

	mitm_put32(s->buf + 10, others[s->a % BTZ_COUNT(others)]);
	return pass(s);
}

/* Where the index stands: both handles of NV_Read and NV_Write. */
static bool
other_index(struct mitm_shot *s)
{
	for (size_t i = 10; i + 4 <= s->len && i < 18; i += 4)
		if (mitm_get32(s->buf + i) == BTZ_TPM_NV_INDEX)
			mitm_put32(s->buf + i, MITM_DECOY);
	return pass(s);
}

/* Another point: the middle byte of the two coordinates, wherever they end. */
static bool
other_ek(struct mitm_shot *s)
{
	if (!pass(s))
		return false;
	for (size_t i = 0; i + 34 < *s->outlen; i++)
		if (s->buf[i] == 0 && i > 30 &&
		    (s->buf[i + 1] == 0x20 || s->buf[i + 1] == 0x30))
			s->buf[i + 2 + s->a % 32] ^= (uint8_t)(1 + s->b % 255);
	return true;
}

/* The key of Linux at the handle of ours. */
static bool
other_primary(struct mitm_shot *s)
{
	mitm_put32(s->buf + 10, BTZ_TPM_H_SRK);
	return pass(s);
}

static void
scramble(uint8_t *p, size_t len, uint64_t seed)
{
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)mitm_random(&seed);
}

/* nonceTPM stands 32+2+1+32+2 before the end of a response in session. */
static bool
other_nonce(struct mitm_shot *s)
{
	uint32_t cc = mitm_get32(s->buf + 6);
	size_t at = 10 + 4 * handles(cc);

	if (cc == BTZ_TPM_CC_START_AUTH_SESSION)
		at += 2;
	else
		at += 10;
	if ((s->b & 1) != 0 && at + 32 <= s->len) {
		scramble(s->buf + at, 32, s->a);
		return pass(s);
	}
	if (!pass(s))
		return false;
	if (cc == BTZ_TPM_CC_START_AUTH_SESSION && *s->outlen >= 48)
		scramble(s->buf + 16, 32, s->a);
	else if (in_session(s->buf) && *s->outlen > 80)
		scramble(s->buf + *s->outlen - 67, 32, s->a);
	return true;
}

static bool
reset(struct mitm_shot *s)
{
	btz_hostkit_tpm_drop();
	assert_true(btz_swtpm_restart(s->tpm));
	(void)close(s->tpm->fd);
	s->tpm->fd = -1;
	return pass(s);
}

static bool
is_primary(const uint8_t *cmd)
{
	return handles(mitm_get32(cmd + 6)) > 0 &&
	       mitm_get32(cmd + 10) == PRIMARY_AT;
}

static bool
swap(struct mitm_shot *s)
{
	if (s->number == 1)
		return reset(s);
	return is_primary(s->buf) ? other_primary(s) : pass(s);
}

static bool
forge_ok(struct mitm_shot *s)
{
	static const uint8_t bare[10] = { 0x80, 1, 0, 0, 0, 10 };
	const struct mitm_frame *f = mitm_old(s->a, answered);

	switch (s->b % 3) {
	case 0: /* not done, but said to be */
		return give(s, bare, sizeof(bare));
	case 1: /* the TPM's own answer, as a success */
		mitm_put32(s->buf + 10, 0x81ffffffu); /* will fail */
		if (!pass(s))
			return false;
		mitm_put32(s->buf + 6, 0);
		return true;
	default: /* the body of another, as a success */
		if (f == NULL)
			return give(s, bare, sizeof(bare));
		(void)give(s, f->rsp, f->rsp_len);
		mitm_put32(s->buf + 6, 0);
		return true;
	}
}

static bool
forge_fail(struct mitm_shot *s)
{
	static const uint32_t codes[] = { BTZ_TPM_RC_HANDLE_1,
		BTZ_TPM_RC_HIERARCHY_1, BTZ_TPM_RC_AUTH_FAIL_S1,
		BTZ_TPM_RC_BAD_AUTH_S1, BTZ_TPM_RC_VALUE_S1,
		BTZ_TPM_RC_REFERENCE_S0, BTZ_TPM_RC_OBJECT_MEMORY,
		BTZ_TPM_RC_SESSION_MEMORY, BTZ_TPM_RC_INITIALIZE,
		BTZ_TPM_RC_LOCKOUT, BTZ_TPM_RC_RETRY, 0x101, 0x14a, 0x28b };
	uint8_t head[10] = { 0x80, 1, 0, 0, 0, 10 };

	if ((s->b & 1) != 0 && !pass(s))
		return false;
	mitm_put32(head + 6, codes[s->a % BTZ_COUNT(codes)]);
	return give(s, head, sizeof(head));
}

static bool
drop(struct mitm_shot *s)
{
	if ((s->b & 1) != 0)
		(void)pass(s);
	return false;
}

static bool
always(const uint8_t *cmd)
{
	(void)cmd;
	return true;
}

static bool
has_handle(const uint8_t *cmd)
{
	return handles(mitm_get32(cmd + 6)) > 0;
}

static bool
is_nv(const uint8_t *cmd)
{
	uint32_t cc = mitm_get32(cmd + 6);

	return cc == BTZ_TPM_CC_NV_READ || cc == BTZ_TPM_CC_NV_WRITE ||
	       cc == BTZ_TPM_CC_NV_READ_PUBLIC;
}

static bool
is_ek(const uint8_t *cmd)
{
	return mitm_get32(cmd + 6) == BTZ_TPM_CC_CREATE_PRIMARY &&
	       mitm_get32(cmd + 10) == BTZ_TPM_RH_ENDORSEMENT;
}

static bool
has_nonce(const uint8_t *cmd)
{
	return in_session(cmd) ||
	       mitm_get32(cmd + 6) == BTZ_TPM_CC_START_AUTH_SESSION;
}

const struct mitm_row mitm_rows[MITM_ATTACKS] = {
	[MITM_FLIP] = { "flip", always, flip },
	[MITM_TRUNCATE] = { "truncate", always, truncate_it },
	[MITM_OVERSIZE] = { "oversize", always, oversize },
	[MITM_REPLAY_RSP] = { "replay response", always, replay_rsp },
	[MITM_REORDER] = { "reorder", always, reorder },
	[MITM_REPLAY_CMD] = { "replay command", always, replay_cmd },
	[MITM_HANDLES] = { "handles", has_handle, other_handle },
	[MITM_NV_INDEX] = { "NV index", is_nv, other_index },
	[MITM_EK] = { "EK", is_ek, other_ek },
	[MITM_PRIMARY] = { "primary", is_primary, other_primary },
	[MITM_NONCE] = { "nonce", has_nonce, other_nonce },
	[MITM_RESET] = { "reset", always, reset },
	[MITM_SWAP] = { "swap", always, swap },
	[MITM_FORGE_OK] = { "forged success", always, forge_ok },
	[MITM_FORGE_FAIL] = { "forged failure", always, forge_fail },
	[MITM_DROP] = { "drop", always, drop },
};
