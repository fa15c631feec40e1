/* SPDX-License-Identifier: Apache-2.0 */
/* rectext.c - percent-encoding and times of audit records; see record.h. */
#include "tlog/rectext.h"

#include <string.h>

#include "tlog/record.h"

/* --- characters ------------------------------------------------------- */

static bool
plain(uint8_t c, bool path)
{
	return c >= (path ? 0x21 : 0x20) && c <= 0x7e && c != '%' && c != '"' &&
	       c != '\\';
}

bool
btz_record_encode(struct btz_wr *wr, struct btz_span raw, bool path, size_t max)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t used = 0;

	for (size_t i = 0; i < raw.len; i++) {
		uint8_t c = raw.p[i];
		size_t need = plain(c, path) ? 1 : 3;

		if (max - used < need)
			return false;
		used += need;
		if (need == 1) {
			btz_wr_u8(wr, c);
			continue;
		}
		btz_wr_u8(wr, '%');
		btz_wr_u8(wr, (uint8_t)digits[c >> 4]);
		btz_wr_u8(wr, (uint8_t)digits[c & 15]);
	}
	return true;
}

int
btz_rectext_hex(uint8_t c, char ten)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= ten && c < ten + 6 ? c - ten + 10 : -1;
}

/* How many bytes from p are encoded text; what is not ends it. */
size_t
btz_rectext_len(const uint8_t *p, size_t len, bool path)
{
	size_t i = 0;

	while (i < len) {
		if (plain(p[i], path)) {
			i++;
			continue;
		}
		if (p[i] != '%' || len - i < 3 ||
		    btz_rectext_hex(p[i + 1], 'A') < 0 ||
		    btz_rectext_hex(p[i + 2], 'A') < 0 ||
		    plain((uint8_t)(btz_rectext_hex(p[i + 1], 'A') * 16 +
				    btz_rectext_hex(p[i + 2], 'A')),
			path))
			break;
		i += 3;
	}
	return i;
}

/* --- time: days from civil (proleptic Gregorian), years 1970 to 9999 ---- */

#define DAY_MS UINT64_C(86400000)

static unsigned
month_days(uint64_t year, unsigned month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

static uint64_t
days_before_year(uint64_t year)
{
	uint64_t y = year - 1;

	return y * 365 + y / 4 - y / 100 + y / 400;
}

static void
put_digits(char *at, unsigned width, uint64_t v)
{
	while (width-- > 0) {
		at[width] = (char)('0' + v % 10);
		v /= 10;
	}
}

void
btz_record_time(uint64_t ms, char out[BTZ_RECORD_TIME_LEN])
{
	uint64_t days = ms / DAY_MS + days_before_year(1970),
		 in_day = ms % DAY_MS;
	uint64_t year = days / 366 + 1;
	unsigned month = 1;

	while (days_before_year(year + 1) <= days)
		year++;
	days -= days_before_year(year);
	for (; days >= month_days(year, month); month++)
		days -= month_days(year, month);
	/* NOLINTNEXTLINE(bugprone-not-null-terminated-result): no C string */
	memcpy(out, "0000-00-00T00:00:00.000Z", BTZ_RECORD_TIME_LEN);
	put_digits(out, 4, year);
	put_digits(out + 5, 2, month);
	put_digits(out + 8, 2, days + 1);
	put_digits(out + 11, 2, in_day / 3600000);
	put_digits(out + 14, 2, in_day / 60000 % 60);
	put_digits(out + 17, 2, in_day / 1000 % 60);
	put_digits(out + 20, 3, in_day % 1000);
}

static uint64_t
get_digits(const uint8_t *at, unsigned width)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < width; i++)
		v = v * 10 + (uint64_t)(at[i] - '0');
	return v;
}

/* What does not come back the same when written was no time. */
bool
btz_rectext_time(const uint8_t *p, uint64_t *ms)
{
	char again[BTZ_RECORD_TIME_LEN];
	uint64_t year, days;
	unsigned month;

	for (unsigned i = 0; i < BTZ_RECORD_TIME_LEN; i++)
		if ("0000-00-00T00:00:00.000Z"[i] == '0' &&
		    (p[i] < '0' || p[i] > '9'))
			return false;
	year = get_digits(p, 4);
	month = (unsigned)get_digits(p + 5, 2);
	days = get_digits(p + 8, 2);
	if (year < 1970 || month < 1 || month > 12 || days < 1)
		return false;
	days += days_before_year(year) - days_before_year(1970) - 1;
	for (unsigned m = 1; m < month; m++)
		days += month_days(year, m);
	*ms = days * DAY_MS + get_digits(p + 11, 2) * 3600000 +
	      get_digits(p + 14, 2) * 60000 + get_digits(p + 17, 2) * 1000 +
	      get_digits(p + 20, 3);
	btz_record_time(*ms, again);
	return memcmp(again, p, BTZ_RECORD_TIME_LEN) == 0;
}
