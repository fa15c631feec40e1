/* SPDX-License-Identifier: Apache-2.0 */
/*
 * time.c - which time is believed.
 *
 * With a statement of the administrators (TIME_SET: T0) the base is T0 and
 * what the TPM's clock has counted since; that clock stands still while the
 * box is off and cannot be put back. Linux's time is taken from 5 minutes
 * before the later of base and last use to 30 days after the base: one
 * budget for all the time that the box was off. It used up, TIME_SET is due.
 *
 * Without one the base is the last time used; INFO says "time: unsigned". A
 * later time is refused, and remembered as nothing but a claim: a clock that
 * is wrong for a while must not make the right time unbelievable for good. A
 * claim that has gone on at the pace of the TEE's own clock for an hour is
 * believed, or a box that was off for longer would never come back.
 */
#include "approval.h"

#define SLACK 300u
#define JUMP (30u * 86400u)
#define HOLD 3600u
#define LATEST 253402300799u /* 9999-12-31: X.509 has no later time */

static bool
claim_held(struct ta *ta, uint64_t now)
{
	uint64_t up = ta_port_uptime();
	uint64_t want = ta->claim + (up - ta->claim_at);

	if (ta->claim != 0 && now + SLACK >= want && now <= want + SLACK)
		return up - ta->claim_at >= HOLD;
	ta->claim = now;
	ta->claim_at = up;
	return false;
}

/* After a power cut the TPM's clock may be up to 70 minutes behind what it
 * was (Part 1, 36.3.2): then T0 itself is the base. */
static uint64_t
base(const struct ta *ta)
{
	uint64_t ms = ta->tpm_clock > ta->rec.t0_clock
			  ? ta->tpm_clock - ta->rec.t0_clock
			  : 0;

	return ta->rec.t0 + ms / 1000 + (ta_port_uptime() - ta->tpm_clock_at);
}

static bool
believable(struct ta *ta, uint64_t now)
{
	if (now > LATEST || now + SLACK < ta->rec.last_time)
		return false;
	if (ta->rec.t0 != 0)
		return now + SLACK >= base(ta) && now <= base(ta) + JUMP;
	if (now > ta->rec.last_time + JUMP && !claim_held(ta, now))
		return false;
	ta->claim = 0;
	return true;
}

enum btz_rc
ta_time_use(struct ta *ta, uint64_t now)
{
	bool ok = believable(ta, now);

	if (ok && now > ta->rec.last_time)
		ta->rec.last_time = now;
	if (ok && ta->state == BTZ_TA_TIME_UNSURE) {
		ta->state = BTZ_TA_READY;
		ta->last_rc = BTZ_OK;
	}
	if (!ok && ta->state == BTZ_TA_READY) {
		ta->state = BTZ_TA_TIME_UNSURE;
		ta->last_rc = BTZ_E_TIME_UNSURE;
	}
	return ok ? BTZ_OK : BTZ_E_TIME_UNSURE;
}

static enum btz_rc
read_clock(struct ta *ta, void *arg)
{
	return btz_tpm_read_clock(&ta->tpm, arg);
}

enum btz_rc
ta_time_clock(struct ta *ta)
{
	struct btz_tpm_out_clock c;
	enum btz_rc rc = ta_tpm_run(ta, read_clock, &c);

	if (rc != BTZ_OK)
		return rc;
	ta->tpm_clock = c.clock;
	ta->tpm_clock_at = ta_port_uptime();
	return BTZ_OK;
}

/* The only way back for a time that was used: that is what it is for. */
static enum btz_rc
take(struct ta *ta, uint64_t time)
{
	const uint64_t last = ta->rec.last_time, t0 = ta->rec.t0;
	const uint64_t at = ta->rec.t0_clock;
	enum btz_rc rc;

	ta->rec.t0 = time;
	ta->rec.last_time = time;
	ta->rec.t0_clock = ta->tpm_clock;
	rc = ta_store_commit(ta);
	if (rc != BTZ_OK) {
		ta->rec.t0 = t0;
		ta->rec.last_time = last;
		ta->rec.t0_clock = at;
		return rc;
	}
	ta->claim = 0;
	if (ta->state == BTZ_TA_TIME_UNSURE)
		ta_state_ready(ta);
	return BTZ_OK;
}

enum btz_rc
ta_op_time_set(
    struct ta *ta, const void *session, struct btz_span in, struct btz_wr *out)
{
	struct btz_approved ap;
	struct btz_time_set req;
	enum btz_rc rc;

	(void)session, (void)out;
	if (!btz_msg_decode(&btz_def_approved, in, &ap) ||
	    ap.operation != BTZ_APPROVE_TIME_SET ||
	    !btz_msg_decode(&btz_def_time_set, ap.request, &req))
		return BTZ_E_PROTO;
	if (req.time == 0 || req.time > LATEST)
		return BTZ_E_RANGE;
	rc = ta_time_clock(ta);
	if (rc == BTZ_OK)
		rc = ta_approved_check(ta, &ap);
	return rc == BTZ_OK ? take(ta, req.time) : rc;
}
