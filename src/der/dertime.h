/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dertime.h - times of certificates and CRLs (RFC 5280 4.1.2.5): UTCTime
 * through 2049, GeneralizedTime from 2050, seconds, 'Z', no fractions.
 * Unix seconds, UTC; times before 1970 are refused.
 */
#ifndef BTZ_DER_DERTIME_H
#define BTZ_DER_DERTIME_H

#include "der/der.h"

/* 9999-12-31T23:59:59Z: no expiry (RFC 5280 4.1.2.5). */
#define BTZ_TIME_MAX 253402300799ull

bool btz_der_time(struct btz_rd *rd, uint64_t *out) BTZ_MUST_CHECK;
/* GeneralizedTime of any year from 1970, the same form (RFC 6960 4.2.2.1). */
bool btz_der_gentime(struct btz_rd *rd, uint64_t *out) BTZ_MUST_CHECK;
/* Later than BTZ_TIME_MAX: failure in wr. */
void btz_der_put_time(struct btz_wr *wr, uint64_t t);
void btz_der_put_gentime(struct btz_wr *wr, uint64_t t);

struct btz_date {
	uint32_t year, month, day, hour, minute, second; /* month, day from 1 */
};
/* Proleptic Gregorian, UTC. False: not a date from 1970 to 9999. */
bool btz_date_to_unix(const struct btz_date *d, uint64_t *out) BTZ_MUST_CHECK;
void btz_date_from_unix(uint64_t t, struct btz_date *out);

#endif
