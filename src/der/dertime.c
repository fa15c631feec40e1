/* SPDX-License-Identifier: Apache-2.0 */
/* dertime.c - dates and their two DER forms; contract in dertime.h. */
#include "der/dertime.h"

#define DAY 86400ull

static bool
is_leap(uint32_t y)
{
	return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static uint32_t
month_days(uint32_t y, uint32_t m)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };

	return m == 2 && is_leap(y) ? 29 : days[m - 1];
}

/* Days from 0001-01-01 to the first of January of y. */
static uint64_t
days_before(uint32_t y)
{
	uint64_t n = y - 1;

	return n * 365 + n / 4 - n / 100 + n / 400;
}

bool
btz_date_to_unix(const struct btz_date *d, uint64_t *out)
{
	uint64_t days;

	*out = 0;
	if (d->year < 1970 || d->year > 9999 || d->month < 1 || d->month > 12 ||
	    d->day < 1 || d->day > month_days(d->year, d->month) ||
	    d->hour > 23 || d->minute > 59 || d->second > 59)
		return false;
	days = days_before(d->year) - days_before(1970) + d->day - 1;
	for (uint32_t m = 1; m < d->month; m++)
		days += month_days(d->year, m);
	*out = days * DAY + d->hour * 3600ull + d->minute * 60ull + d->second;
	return true;
}

void
btz_date_from_unix(uint64_t t, struct btz_date *out)
{
	uint64_t days, s = t % DAY;
	uint32_t y, m = 1;

	if (t > BTZ_TIME_MAX) {
		t = BTZ_TIME_MAX;
		s = DAY - 1;
	}
	days = t / DAY;
	y = 1970 +
	    (uint32_t)(days / 366); /* never too late, at most 22 early */
	while (days_before(y + 1) - days_before(1970) <= days)
		y++;
	days -= days_before(y) - days_before(1970);
	for (; days >= month_days(y, m); m++)
		days -= month_days(y, m);
	*out = (struct btz_date){ .year = y,
		.month = m,
		.day = (uint32_t)days + 1,
		.hour = (uint32_t)(s / 3600),
		.minute = (uint32_t)(s / 60 % 60),
		.second = (uint32_t)(s % 60) };
}

static bool
digits(struct btz_rd *rd, unsigned n, uint32_t *out)
{
	uint8_t c;

	*out = 0;
	while (n-- > 0) {
		if (!btz_rd_u8(rd, &c) || c < '0' || c > '9')
			return false;
		*out = *out * 10 + (uint32_t)(c - '0');
	}
	return true;
}

static bool
take(struct btz_rd *rd, bool utc, struct btz_date *d)
{
	struct btz_rd t;
	uint8_t z;

	return btz_der_enter(rd, utc ? BTZ_DER_UTCTIME : BTZ_DER_GENTIME, &t) &&
	       digits(&t, utc ? 2 : 4, &d->year) && digits(&t, 2, &d->month) &&
	       digits(&t, 2, &d->day) && digits(&t, 2, &d->hour) &&
	       digits(&t, 2, &d->minute) && digits(&t, 2, &d->second) &&
	       btz_rd_u8(&t, &z) && z == 'Z' && btz_rd_end(&t);
}

bool
btz_der_time(struct btz_rd *rd, uint64_t *out)
{
	bool utc = btz_der_peek(rd, BTZ_DER_UTCTIME);
	struct btz_date d;

	*out = 0;
	if (!take(rd, utc, &d))
		return false;
	if (utc)
		d.year += d.year < 50 ? 2000 : 1900;
	else if (d.year < 2050)
		return false;
	return btz_date_to_unix(&d, out);
}

bool
btz_der_gentime(struct btz_rd *rd, uint64_t *out)
{
	struct btz_date d;

	*out = 0;
	return take(rd, false, &d) && btz_date_to_unix(&d, out);
}

static void
put_digits(struct btz_wr *wr, uint32_t v, unsigned n)
{
	uint32_t unit = 1;

	while (--n > 0)
		unit *= 10;
	for (; unit > 0; unit /= 10)
		btz_wr_u8(wr, (uint8_t)('0' + v / unit % 10));
}

static void
put(struct btz_wr *wr, uint64_t t, bool utc_till_2049)
{
	struct btz_date d;
	size_t mark;
	bool utc;

	if (t > BTZ_TIME_MAX)
		wr->failed = true;
	btz_date_from_unix(t, &d);
	utc = utc_till_2049 && d.year < 2050;
	mark = btz_der_begin(wr, utc ? BTZ_DER_UTCTIME : BTZ_DER_GENTIME);
	if (utc)
		put_digits(wr, d.year % 100, 2);
	else
		put_digits(wr, d.year, 4);
	put_digits(wr, d.month, 2);
	put_digits(wr, d.day, 2);
	put_digits(wr, d.hour, 2);
	put_digits(wr, d.minute, 2);
	put_digits(wr, d.second, 2);
	btz_wr_u8(wr, 'Z');
	btz_der_end(wr, mark);
}

void
btz_der_put_time(struct btz_wr *wr, uint64_t t)
{
	put(wr, t, true);
}

void
btz_der_put_gentime(struct btz_wr *wr, uint64_t t)
{
	put(wr, t, false);
}
