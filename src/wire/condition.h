/* SPDX-License-Identifier: Apache-2.0 */
/*
 * condition.h - when a grant counts beside its expiry: by which ways in, and
 * in which hours of the week. As text, for people and in BTZ_OP_CHANGE:
 *
 *	condition = "" | [ways] ";" [window]
 *	ways      = way *("," way)               way: https, vpn, cli
 *	window    = days SP HH:MM "-" HH:MM      in UTC
 *	days      = "daily" | range *("," range)
 *	range     = day ["-" day]                day: Mon ... Sun, in any case
 *
 * A window includes its first minute and not its last; one that ends before it
 * begins goes on into the next day, and its days say where it begins.
 */
#ifndef BTZ_WIRE_CONDITION_H
#define BTZ_WIRE_CONDITION_H

#include "wire/cursor.h"

struct btz_window {
	uint8_t days;  /* bit 0 Sunday ... 6 Saturday; 0: any time */
	uint16_t from; /* minute of the day, below 1440 */
	uint16_t to;   /* first minute outside, 1 to 1440, not from */
};

struct btz_condition {
	uint8_t via; /* bit per enum btz_audit_via; 0: any */
	struct btz_window window;
};

/* Bytes that hold the texts, with the NUL. */
#define BTZ_VIA_TEXT 16
#define BTZ_WINDOW_TEXT 48

/* "vpn,https" -> bits; false (0): empty or an unknown way. */
bool btz_via_parse(struct btz_span text, uint8_t *out) BTZ_MUST_CHECK;
/* false (any time): not a window. */
bool btz_window_parse(
    struct btz_span text, struct btz_window *out) BTZ_MUST_CHECK;
/* Both; empty is no condition at all. */
bool btz_condition_parse(
    struct btz_span text, struct btz_condition *out) BTZ_MUST_CHECK;

bool btz_window_ok(const struct btz_window *w) BTZ_MUST_CHECK;
/* "https,vpn"; empty for 0. */
void btz_via_text(uint8_t via, char out[BTZ_VIA_TEXT]);
/* "Mon-Fri 08:00-18:00"; empty for any time. Read back it is the same. */
void btz_window_text(const struct btz_window *w, char out[BTZ_WINDOW_TEXT]);
/* now: Unix seconds. */
bool btz_window_has(const struct btz_window *w, uint64_t now) BTZ_MUST_CHECK;

#endif
