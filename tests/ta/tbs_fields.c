/* SPDX-License-Identifier: Apache-2.0 */
/* tbs_fields.c - see tbs_fields.h. */
#include "tbs_fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypt.h"
#include "support/cmocka_all.h"
#include "ta_rig.h"

#define FIELD_MAX 1024u
#define SEEN_MAX 1000u
#define LIFE (30 * 86400)

struct field {
	uint8_t b[FIELD_MAX];
	size_t len;
};

static struct field good[TBS_FIELDS], now[TBS_FIELDS];
static uint8_t whole[TBS_FIELDS * FIELD_MAX];
static uint8_t seen[SEEN_MAX][32];
static unsigned n_seen;

size_t
tbs_tlv(uint8_t *out, uint8_t tag, const void *content, size_t len)
{
	size_t head = len < 128 ? 2 : len < 256 ? 3 : 4;

	if (len > 0)
		memmove(out + head, content, len);
	out[0] = tag;
	out[1] = (uint8_t)(head == 2 ? len : 0x80 + head - 2);
	if (head == 3)
		out[2] = (uint8_t)len;
	if (head == 4) {
		out[2] = (uint8_t)(len >> 8);
		out[3] = (uint8_t)len;
	}
	return head + len;
}

static size_t
from_hex(const char *hex, uint8_t *out)
{
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n; i++) {
		const char two[3] = { hex[2 * i], hex[2 * i + 1], 0 };

		out[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	return n;
}

void
tbs_bytes(enum tbs_field f, const void *p, size_t len)
{
	assert_true(len <= FIELD_MAX);
	if (len > 0)
		memcpy(now[f].b, p, len);
	now[f].len = len;
}

void
tbs_hex(enum tbs_field f, const char *hex)
{
	now[f].len = from_hex(hex, now[f].b);
}

void
tbs_poke(enum tbs_field f, size_t at, uint8_t with)
{
	assert_true(at < now[f].len && now[f].b[at] != with);
	now[f].b[at] = with;
}

/* SET { SEQUENCE { 2.5.4.x, text } } */
static size_t
rdn(uint8_t *out, uint8_t type, uint8_t tag, const char *text)
{
	uint8_t atv[160] = { 6, 3, 0x55, 4, type }, seq[180];
	size_t n = 5 + tbs_tlv(atv + 5, tag, text, strlen(text));

	n = tbs_tlv(seq, 0x30, atv, n);
	return tbs_tlv(out, 0x31, seq, n);
}

void
tbs_name(enum tbs_field f, const char *cn, const char *o, uint8_t tag)
{
	uint8_t buf[400];
	size_t n = o != NULL ? rdn(buf, 10, tag, o) : 0;

	n += rdn(buf + n, 3, tag, cn);
	now[f].len = tbs_tlv(now[f].b, 0x30, buf, n);
}

static size_t
utc(uint8_t *out, int64_t t)
{
	time_t tt = (time_t)t;
	struct tm tm;
	char text[32];

	assert_non_null(gmtime_r(&tt, &tm));
	assert_int_equal(
	    strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", &tm), 15);
	return tbs_tlv(out, 0x17, text + 2, 13);
}

void
tbs_validity(int64_t before, int64_t after)
{
	uint8_t buf[40];
	size_t n = utc(buf, (int64_t)RIG_NOW + before);

	n += utc(buf + n, (int64_t)RIG_NOW + LIFE + after);
	now[TBS_VALIDITY].len = tbs_tlv(now[TBS_VALIDITY].b, 0x30, buf, n);
}

void
tbs_validity_hex(const char *not_before)
{
	uint8_t buf[64];
	size_t n = from_hex(not_before, buf);

	n += utc(buf + n, (int64_t)RIG_NOW + LIFE);
	now[TBS_VALIDITY].len = tbs_tlv(now[TBS_VALIDITY].b, 0x30, buf, n);
}

void
tbs_ext(enum tbs_field f, const char *oid, bool critical, const void *value,
    size_t len)
{
	uint8_t buf[FIELD_MAX], id[16];
	size_t n = from_hex(oid, id);

	n = tbs_tlv(buf, 6, id, n);
	if (critical)
		n += from_hex("0101ff", buf + n);
	n += tbs_tlv(buf + n, 4, value, len);
	now[f].len = tbs_tlv(now[f].b, 0x30, buf, n);
}

void
tbs_ext_hex(enum tbs_field f, const char *oid, bool critical, const char *hex)
{
	uint8_t buf[512];

	tbs_ext(f, oid, critical, buf, from_hex(hex, buf));
}

/* BOOLEAN TRUE after the OID, put in or taken out. */
void
tbs_flip_critical(enum tbs_field f)
{
	uint8_t buf[FIELD_MAX];
	const uint8_t *b = now[f].b;
	size_t at = 2 + 2u + b[3], rest = at + (b[at] == 1 ? 3 : 0), n = at - 2;

	memcpy(buf, b + 2, n);
	if (rest == at)
		n += from_hex("0101ff", buf + n);
	memcpy(buf + n, b + rest, now[f].len - rest);
	n += now[f].len - rest;
	now[f].len = tbs_tlv(now[f].b, 0x30, buf, n);
}

void
tbs_twice(enum tbs_field f)
{
	now[TBS_MORE] = now[f];
}

void
tbs_good(void)
{
	memcpy(now, good, sizeof(now));
}

static size_t
put(uint8_t *out, size_t n, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		memcpy(out + n, now[i].b, now[i].len);
		n += now[i].len;
	}
	return n;
}

struct btz_span
tbs_whole(void)
{
	static uint8_t list[sizeof(whole)], body[sizeof(whole)];
	size_t n = put(list, 0, TBS_BC, TBS_FIELDS);

	n = tbs_tlv(body, 0x30, list, n);
	n = tbs_tlv(list, 0xa3, body, n);
	memcpy(body + put(body, 0, 0, TBS_BC), list, n);
	n += put(body, 0, 0, TBS_BC);
	n = tbs_tlv(whole, 0x30, body, n);
	return btz_span_of(whole, n);
}

bool
tbs_is_new(void)
{
	struct btz_span tbs = tbs_whole();
	uint8_t digest[32];

	assert_int_equal(ta_sha256(&tbs, 1, digest), BTZ_OK);
	for (unsigned i = 0; i < n_seen; i++)
		if (memcmp(seen[i], digest, 32) == 0)
			return false;
	assert_true(n_seen < SEEN_MAX);
	memcpy(seen[n_seen++], digest, 32);
	return true;
}

unsigned
tbs_count(void)
{
	return n_seen;
}

static void
good_san(void)
{
	static const char uri[] = "spiffe://box.example/home/user/alice";
	uint8_t gn[80], seq[90];
	size_t n = tbs_tlv(gn, 0x86, uri, sizeof(uri) - 1);

	n = tbs_tlv(seq, 0x30, gn, n);
	tbs_ext(TBS_SAN, OID_SAN, false, seq, n);
}

void
tbs_begin(struct btz_span spki, const uint8_t ski[20], const uint8_t aki[20])
{
	uint8_t id[26] = { 4, 20 }, key[26] = { 0x30, 22, 0x80, 20 };

	n_seen = 0;
	memset(now, 0, sizeof(now));
	tbs_hex(TBS_VERSION, "a003020102");
	tbs_hex(TBS_SERIAL, "021041000000000000000000000000000001");
	tbs_hex(TBS_ALG, "300a06082a8648ce3d040302");
	tbs_name(TBS_ISSUER, "nas issuing", NULL, 0x0c);
	tbs_validity(0, 0);
	tbs_name(TBS_SUBJECT, "alice", NULL, 0x0c);
	tbs_bytes(TBS_SPKI, spki.p, spki.len);
	tbs_ext_hex(TBS_BC, OID_BC, true, "3000");
	tbs_ext_hex(TBS_KU, OID_KU, true, "03020780");
	tbs_ext_hex(TBS_EKU, OID_EKU, false, "300a06082b06010505070302");
	memcpy(id + 2, ski, 20);
	tbs_ext(TBS_SKI, OID_SKI, false, id, 22);
	memcpy(key + 4, aki, 20);
	tbs_ext(TBS_AKI, OID_AKI, false, key, 24);
	good_san();
	/* http://box.example/ca.crl */
	tbs_ext_hex(TBS_CRLDP, OID_CRLDP, false,
	    "3021301fa01da01b8619687474703a2f2f626f782e6578616d706c652f63612e"
	    "63726c");
	/* caIssuers http://box.example/ca.pem */
	tbs_ext_hex(TBS_AIA, OID_AIA, false,
	    "3027302506082b060105050730028619687474703a2f2f626f782e6578616d70"
	    "6c652f63612e70656d");
	memcpy(good, now, sizeof(good));
}
