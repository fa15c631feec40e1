/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.c - writing and strict reading of audit records; form in record.h.
 * Both walk the one table `keys`; characters and times are in rectext.c.
 */
#include "tlog/record.h"

#include <string.h>

#include "tlog/b64.h"
#include "tlog/rectext.h"
#include "wire/msg_audit.h"

enum kind {
	K_VERSION,
	K_NUMBER,    /* uint64_t, always there */
	K_NUMBER_NZ, /* uint64_t, absent when 0 */
	K_SIZE,	     /* n, with has_n */
	K_TIME,
	K_TEXT,	     /* span, absent when empty */
	K_TEXT_MUST, /* span, never empty */
	K_PATH,
	K_HEX64, /* uint64_t, 16 digits */
	K_PHASE,
	K_VIA,
	K_DECISION,
	K_CUT,
	K_HASH,
};

struct key {
	const char *name;
	enum kind kind;
	size_t offset;
};

#define KEY(name, kind, member)                                                \
	{                                                                      \
		name, kind, offsetof(struct btz_record, member)                \
	}

static const struct key keys[] = {
	{ "v", K_VERSION, 0 },
	KEY("seq", K_NUMBER, seq),
	KEY("time", K_TIME, time_ms),
	KEY("boot", K_TEXT_MUST, boot),
	KEY("src", K_TEXT_MUST, src),
	KEY("ph", K_PHASE, phase),
	KEY("req", K_HEX64, req),
	KEY("tenant", K_TEXT, tenant),
	KEY("who", K_TEXT, who),
	KEY("cred", K_TEXT, cred),
	KEY("via", K_VIA, via),
	KEY("from", K_TEXT, from),
	KEY("act", K_TEXT, act),
	KEY("obj", K_PATH, obj),
	KEY("dst", K_PATH, dst),
	KEY("dec", K_DECISION, decision),
	KEY("why", K_TEXT, why),
	KEY("pol", K_NUMBER_NZ, pol),
	KEY("out", K_TEXT, out),
	KEY("n", K_SIZE, n),
	KEY("cut", K_CUT, cut),
	KEY("prev", K_HASH, prev),
};

#define NAMES 5
static const char *const phases[NAMES] = { "", "decision", "outcome", "event" };
static const char *const vias[NAMES] = { "", "https", "vpn", "cli",
	"internal" };
static const char *const decisions[NAMES] = { "", "allow", "deny" };

static const char *
name_of(const char *const *names, uint8_t value)
{
	return value < NAMES && names[value] != NULL ? names[value] : "";
}

const char *
btz_record_phase_name(uint8_t phase)
{
	return name_of(phases, phase);
}

const char *
btz_record_via_name(uint8_t via)
{
	return name_of(vias, via);
}

const char *
btz_record_decision_name(uint8_t decision)
{
	return name_of(decisions, decision);
}

static const char *const *
names_of(enum kind k)
{
	return k == K_PHASE ? phases : k == K_VIA ? vias : decisions;
}

/* --- writing ------------------------------------------------------------ */

static void
put_str(struct btz_wr *wr, const char *s)
{
	btz_wr_raw(wr, s, strlen(s));
}

static void
put_hex(struct btz_wr *wr, const uint8_t *p, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		btz_wr_u8(wr, (uint8_t)digits[p[i] >> 4]);
		btz_wr_u8(wr, (uint8_t)digits[p[i] & 15]);
	}
}

static bool
present(const struct key *k, const struct btz_record *r, const void *at)
{
	switch (k->kind) {
	case K_NUMBER_NZ:
		return *(const uint64_t *)at != 0;
	case K_SIZE:
		return r->has_n;
	case K_TEXT:
	case K_PATH:
		return ((const struct btz_span *)at)->len > 0;
	case K_VIA:
	case K_DECISION:
		return *(const uint8_t *)at != 0;
	case K_CUT:
		return r->cut;
	case K_VERSION:
	case K_NUMBER:
	case K_TIME:
	case K_TEXT_MUST:
	case K_HEX64:
	case K_PHASE:
	case K_HASH:
		break;
	}
	return true;
}

static void
put_text(struct btz_wr *wr, struct btz_span s, bool path)
{
	size_t max = path ? BTZ_RECORD_MAX : BTZ_RECORD_TEXT_MAX;

	if (s.len == 0 || s.len > max ||
	    btz_rectext_len(s.p, s.len, path) != s.len)
		wr->failed = true;
	btz_wr_raw(wr, s.p, s.len);
}

static void
put_name(struct btz_wr *wr, const char *name)
{
	if (name[0] == '\0')
		wr->failed = true;
	put_str(wr, name);
}

static void
put_time(struct btz_wr *wr, uint64_t ms)
{
	char t[BTZ_RECORD_TIME_LEN];

	if (ms >= UINT64_C(253402300800000)) { /* year 10000 */
		wr->failed = true;
		return;
	}
	btz_record_time(ms, t);
	btz_wr_raw(wr, t, sizeof(t));
}

static void
put_hex64(struct btz_wr *wr, uint64_t v)
{
	uint8_t be[8];

	for (unsigned i = 0; i < 8; i++)
		be[i] = (uint8_t)(v >> (56 - 8 * i));
	put_hex(wr, be, sizeof(be));
}

/* A value between quotes. */
static void
put_string(struct btz_wr *wr, const struct key *k, const void *at)
{
	btz_wr_u8(wr, '"');
	if (k->kind == K_TIME)
		put_time(wr, *(const uint64_t *)at);
	else if (k->kind == K_HEX64)
		put_hex64(wr, *(const uint64_t *)at);
	else if (k->kind == K_HASH)
		put_hex(wr, at, BTZ_TLOG_HASH);
	else if (k->kind == K_PHASE || k->kind == K_VIA ||
		 k->kind == K_DECISION)
		put_name(wr, name_of(names_of(k->kind), *(const uint8_t *)at));
	else
		put_text(wr, *(const struct btz_span *)at, k->kind == K_PATH);
	btz_wr_u8(wr, '"');
}

static void
put_value(struct btz_wr *wr, const struct key *k, const void *at)
{
	if (k->kind == K_VERSION)
		btz_decimal_write(wr, BTZ_RECORD_V);
	else if (k->kind == K_NUMBER || k->kind == K_NUMBER_NZ ||
		 k->kind == K_SIZE)
		btz_decimal_write(wr, *(const uint64_t *)at);
	else if (k->kind == K_CUT)
		put_str(wr, "true");
	else
		put_string(wr, k, at);
}

void
btz_record_write(struct btz_wr *wr, const struct btz_record *r)
{
	for (size_t i = 0; i < BTZ_COUNT(keys); i++) {
		const void *at = (const uint8_t *)r + keys[i].offset;

		if (!present(&keys[i], r, at))
			continue;
		put_str(wr, i == 0 ? "{\"" : ",\"");
		put_str(wr, keys[i].name);
		put_str(wr, "\":");
		put_value(wr, &keys[i], at);
	}
	btz_wr_u8(wr, '}');
}

/* --- reading ------------------------------------------------------------ */

static bool
take(struct btz_rd *rd, const char *s)
{
	size_t n = strlen(s);

	if (btz_rd_left(rd) < n || memcmp(rd->p, s, n) != 0)
		return false;
	rd->p += n;
	return true;
}

/* `,"name":` (or `{"name":`) if it is next. */
static bool
take_key(struct btz_rd *rd, const char *name, bool first)
{
	const uint8_t *back = rd->p;

	if (take(rd, first ? "{\"" : ",\"") && take(rd, name) &&
	    take(rd, "\":"))
		return true;
	rd->p = back;
	return false;
}

static bool
take_number(struct btz_rd *rd, uint64_t *out)
{
	size_t n = 0;

	while (n < btz_rd_left(rd) && rd->p[n] >= '0' && rd->p[n] <= '9')
		n++;
	if (!btz_decimal_read(btz_span_of(rd->p, n), out))
		return false;
	rd->p += n;
	return true;
}

static bool
take_text(struct btz_rd *rd, struct btz_span *out, bool path)
{
	size_t n = btz_rectext_len(rd->p, btz_rd_left(rd), path);

	if (n == 0 || n > (path ? BTZ_RECORD_MAX : BTZ_RECORD_TEXT_MAX)) {
		rd->p += n;
		return false;
	}
	return btz_rd_raw(rd, out, n);
}

static bool
take_time(struct btz_rd *rd, uint64_t *ms)
{
	if (btz_rd_left(rd) < BTZ_RECORD_TIME_LEN ||
	    !btz_rectext_time(rd->p, ms))
		return false;
	rd->p += BTZ_RECORD_TIME_LEN;
	return true;
}

static bool
take_hex(struct btz_rd *rd, uint8_t *out, size_t len)
{
	for (size_t i = 0; i < 2 * len; i++) {
		int d = btz_rd_left(rd) > 0 ? btz_rectext_hex(*rd->p, 'a') : -1;

		if (d < 0)
			return false;
		rd->p++;
		out[i / 2] = (uint8_t)(out[i / 2] << 4 | d);
	}
	return true;
}

static bool
take_hex64(struct btz_rd *rd, uint64_t *out)
{
	uint8_t be[8] = { 0 };

	if (!take_hex(rd, be, sizeof(be)))
		return false;
	*out = 0;
	for (unsigned i = 0; i < 8; i++)
		*out = *out << 8 | be[i];
	return true;
}

static bool
take_name(struct btz_rd *rd, const char *const *names, uint8_t *out)
{
	for (uint8_t i = 1; i < NAMES && names[i] != NULL; i++)
		if (take(rd, names[i])) {
			*out = i;
			return true;
		}
	return false;
}

static bool
take_string(struct btz_rd *rd, const struct key *k, void *at)
{
	bool ok;

	if (!take(rd, "\""))
		return false;
	if (k->kind == K_TIME)
		ok = take_time(rd, at);
	else if (k->kind == K_HEX64)
		ok = take_hex64(rd, at);
	else if (k->kind == K_HASH)
		ok = take_hex(rd, at, BTZ_TLOG_HASH);
	else if (k->kind == K_PHASE || k->kind == K_VIA ||
		 k->kind == K_DECISION)
		ok = take_name(rd, names_of(k->kind), at);
	else
		ok = take_text(rd, at, k->kind == K_PATH);
	return ok && take(rd, "\"");
}

static bool
take_value(
    struct btz_rd *rd, const struct key *k, struct btz_record *r, void *at)
{
	uint64_t v;

	switch (k->kind) {
	case K_VERSION:
		return take_number(rd, &v) && v == BTZ_RECORD_V;
	case K_NUMBER:
		return take_number(rd, at);
	case K_NUMBER_NZ:
		return take_number(rd, at) && *(uint64_t *)at != 0;
	case K_SIZE:
		r->has_n = true;
		return take_number(rd, at);
	case K_CUT:
		r->cut = true;
		return take(rd, "true");
	case K_TIME:
	case K_TEXT:
	case K_TEXT_MUST:
	case K_PATH:
	case K_HEX64:
	case K_PHASE:
	case K_VIA:
	case K_DECISION:
	case K_HASH:
		break;
	}
	return take_string(rd, k, at);
}

static bool
mandatory(enum kind k)
{
	return k == K_VERSION || k == K_NUMBER || k == K_TIME ||
	       k == K_TEXT_MUST || k == K_HEX64 || k == K_PHASE || k == K_HASH;
}

static bool
parse(struct btz_rd *rd, struct btz_record *r)
{
	for (size_t i = 0; i < BTZ_COUNT(keys); i++) {
		void *at = (uint8_t *)r + keys[i].offset;

		if (take_key(rd, keys[i].name, i == 0)) {
			if (!take_value(rd, &keys[i], r, at))
				return false;
		} else if (mandatory(keys[i].kind)) {
			return false;
		}
	}
	return take(rd, "}") && btz_rd_end(rd);
}

enum btz_rc
btz_record_parse(struct btz_span in, struct btz_record *out, size_t *where)
{
	struct btz_rd rd;
	bool ok;

	memset(out, 0, sizeof(*out));
	btz_rd_span(&rd, in);
	ok = in.len <= BTZ_RECORD_MAX && parse(&rd, out);
	if (where != NULL)
		*where = btz_rd_offset(&rd);
	if (ok)
		return BTZ_OK;
	memset(out, 0, sizeof(*out));
	return BTZ_E_LOG_RECORD;
}
