/* SPDX-License-Identifier: Apache-2.0 */
/*
 * time.c - which time is believed. Without a statement of an administrator
 * (T0) Linux's time is taken unless it goes back by more than 5 minutes
 * behind what was used before; INFO says "time: unsigned".
 */
#include "ta.h"

#define SLACK 300u
#define LATEST 253402300799u /* 9999-12-31: X.509 has no later time */

enum btz_rc
ta_time_use(struct ta *ta, uint64_t now)
{
	bool ok = now <= LATEST && now + SLACK >= ta->rec.last_time;

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
