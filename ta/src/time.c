/* SPDX-License-Identifier: Apache-2.0 */
/*
 * time.c - which time is believed. Without a statement of an administrator
 * (T0) there is no base but the last time used: Linux's time is taken from 5
 * minutes before it to 30 days after it; INFO says "time: unsigned".
 *
 * A later time is refused, and remembered as nothing but a claim: a clock
 * that is wrong for a while must not make the right time unbelievable for
 * good. A claim that has gone on at the pace of the TEE's own clock for an
 * hour is believed, or a box that was off for longer would never come back.
 */
#include "ta.h"

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

static bool
believable(struct ta *ta, uint64_t now)
{
	if (now > LATEST || now + SLACK < ta->rec.last_time)
		return false;
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
