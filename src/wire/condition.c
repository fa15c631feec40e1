/* SPDX-License-Identifier: Apache-2.0 */
/* condition.c - ways in and windows of the week; grammar in condition.h. */
#include "wire/condition.h"

#include <string.h>

#include "wire/msg_audit.h"

#define DAY_MINUTES 1440u
#define ALL_DAYS 0x7fu

static const char day_names[7][4] = { "sun", "mon", "tue", "wed", "thu", "fri",
	"sat" };

static const struct {
	uint8_t via;
	const char *name;
} ways[] = {
	{ BTZ_VIA_HTTPS, "https" },
	{ BTZ_VIA_VPN, "vpn" },
	{ BTZ_VIA_CLI, "cli" },
};

/* Everything up to sep, which is consumed; all of it when there is none. */
static struct btz_span
take(struct btz_span *in, char sep)
{
	struct btz_span out = *in;
	const uint8_t *at = in->len == 0 ? NULL : memchr(in->p, sep, in->len);

	if (at == NULL) {
		*in = btz_span_of(NULL, 0);
		return out;
	}
	out.len = (size_t)(at - in->p);
	in->p = at + 1;
	in->len -= out.len + 1;
	return out;
}

static uint8_t
way_bit(struct btz_span name)
{
	for (size_t i = 0; i < BTZ_COUNT(ways); i++)
		if (btz_span_eq(name, btz_span_str(ways[i].name)))
			return (uint8_t)(1u << ways[i].via);
	return 0;
}

bool
btz_via_parse(struct btz_span text, uint8_t *out)
{
	uint8_t bit, bits = 0;

	*out = 0;
	for (bool more = true; more; bits |= bit) {
		more = text.len > 0 && memchr(text.p, ',', text.len) != NULL;
		bit = way_bit(take(&text, ','));
		if (bit == 0)
			return false;
	}
	*out = bits;
	return true;
}

static int
day_of(struct btz_span name)
{
	uint8_t low[3];

	if (name.len != sizeof(low))
		return -1;
	for (size_t i = 0; i < sizeof(low); i++)
		low[i] = name.p[i] | 0x20;
	for (int d = 0; d < 7; d++)
		if (memcmp(low, day_names[d], sizeof(low)) == 0)
			return d;
	return -1;
}

/* "Mon" or "Fri-Mon", which goes over the end of the week. */
static bool
add_range(struct btz_span text, uint8_t *days)
{
	bool range = text.len > 0 && memchr(text.p, '-', text.len) != NULL;
	int first = day_of(take(&text, '-'));
	int last = range ? day_of(text) : first;

	if (first < 0 || last < 0)
		return false;
	for (int d = first;; d = (d + 1) % 7) {
		*days |= (uint8_t)(1u << d);
		if (d == last)
			return true;
	}
}

static bool
parse_days(struct btz_span text, uint8_t *days)
{
	*days = ALL_DAYS;
	if (btz_span_eq(text, btz_span_str("daily")))
		return true;
	*days = 0;
	for (bool more = true; more;) {
		more = text.len > 0 && memchr(text.p, ',', text.len) != NULL;
		if (!add_range(take(&text, ','), days))
			return false;
	}
	return true;
}

static bool
two_digits(const uint8_t *p, unsigned *out)
{
	*out = (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
	return p[0] >= '0' && p[0] <= '9' && p[1] >= '0' && p[1] <= '9';
}

static bool
parse_minute(struct btz_span text, uint16_t *out)
{
	unsigned h, m;

	if (text.len != 5 || text.p[2] != ':' || !two_digits(text.p, &h) ||
	    !two_digits(text.p + 3, &m) || m > 59 || h * 60 + m > DAY_MINUTES)
		return false;
	*out = (uint16_t)(h * 60 + m);
	return true;
}

bool
btz_window_ok(const struct btz_window *w)
{
	return w->days != 0 && w->days <= ALL_DAYS && w->from < DAY_MINUTES &&
	       w->to > 0 && w->to <= DAY_MINUTES && w->from != w->to;
}

bool
btz_window_parse(struct btz_span text, struct btz_window *out)
{
	struct btz_window w = { .days = 0 };

	*out = w;
	if (!parse_days(take(&text, ' '), &w.days) ||
	    !parse_minute(take(&text, '-'), &w.from) ||
	    !parse_minute(text, &w.to))
		return false;
	if (w.to == 0) /* midnight is the end of the day before */
		w.to = DAY_MINUTES;
	if (!btz_window_ok(&w))
		return false;
	*out = w;
	return true;
}

bool
btz_condition_parse(struct btz_span text, struct btz_condition *out)
{
	struct btz_condition c = { .via = 0 };
	struct btz_span via;

	*out = c;
	if (text.len == 0)
		return true;
	if (memchr(text.p, ';', text.len) == NULL)
		return false;
	via = take(&text, ';');
	if ((via.len > 0 && !btz_via_parse(via, &c.via)) ||
	    (text.len > 0 && !btz_window_parse(text, &c.window)))
		return false;
	*out = c;
	return true;
}

static char *
append(char *at, const char *s)
{
	size_t n = strlen(s);

	memcpy(at, s, n + 1);
	return at + n;
}

void
btz_via_text(uint8_t via, char out[BTZ_VIA_TEXT])
{
	char *at = out;

	*at = '\0';
	for (size_t i = 0; i < BTZ_COUNT(ways); i++) {
		if ((via >> ways[i].via & 1) == 0)
			continue;
		if (at != out)
			at = append(at, ",");
		at = append(at, ways[i].name);
	}
}

static char *
append_day(char *at, unsigned d)
{
	at = append(at, day_names[d % 7]);
	at[-3] &= (char)~0x20; /* "Mon" */
	return at;
}

/* From Monday on; three or more in a row as a range. */
static char *
append_days(char *at, uint8_t days)
{
	char *start = at;

	if (days == ALL_DAYS)
		return append(at, "daily");
	for (unsigned d = 1; d <= 7; d++) {
		unsigned last = d;

		if ((days >> d % 7 & 1) == 0)
			continue;
		while (last < 7 && (days >> (last + 1) % 7 & 1) != 0)
			last++;
		if (at != start)
			at = append(at, ",");
		at = append_day(at, d);
		if (last - d >= 2) {
			at = append_day(append(at, "-"), last);
			d = last;
		}
	}
	return at;
}

static char *
append_minute(char *at, unsigned m)
{
	char text[6] = { (char)('0' + m / 600), (char)('0' + m / 60 % 10), ':',
		(char)('0' + m % 60 / 10), (char)('0' + m % 10), '\0' };

	return append(at, text);
}

void
btz_window_text(const struct btz_window *w, char out[BTZ_WINDOW_TEXT])
{
	char *at = out;

	*at = '\0';
	if (!btz_window_ok(w))
		return;
	at = append(append_days(at, w->days), " ");
	at = append(append_minute(at, w->from), "-");
	(void)append_minute(at, w->to);
}

bool
btz_window_has(const struct btz_window *w, uint64_t now)
{
	unsigned minute = (unsigned)(now / 60 % DAY_MINUTES);
	unsigned day = (unsigned)((now / 86400 + 4) % 7); /* 1970: Thursday */
	bool today = (w->days >> day & 1) != 0;
	bool yesterday = (w->days >> (day + 6) % 7 & 1) != 0;

	if (w->days == 0)
		return true;
	if (w->from < w->to)
		return today && minute >= w->from && minute < w->to;
	return (today && minute >= w->from) || (yesterday && minute < w->to);
}
