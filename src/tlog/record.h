/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.h - the bytes of one audit record: a JSON object in one fixed form.
 *
 * Keys in the order of struct btz_record, absent ones left out, no spaces.
 * Strings are ASCII and need no JSON escape: other bytes than 0x20..0x7e, and
 * '%', '"' and '\', are percent-encoded with upper-case digits; in obj and dst
 * (paths) the space too. Numbers are decimal. So a record has one spelling
 * only: what btz_record_parse takes, btz_record_write gives back.
 *
 * Freestanding; written by the audit program, read by `audit verify`.
 */
#ifndef BTZ_TLOG_RECORD_H
#define BTZ_TLOG_RECORD_H

#include "tlog/merkle.h"
#include "wire/limits.h"

#define BTZ_RECORD_V 1u
#define BTZ_RECORD_TEXT_MAX 1024u /* encoded bytes of a text but a path */

/* Spans are in the encoded form and borrow; empty: absent. */
struct btz_record {
	uint64_t seq;
	uint64_t time_ms; /* Unix time */
	struct btz_span boot, src;
	uint8_t phase; /* enum btz_audit_phase */
	uint64_t req;
	struct btz_span tenant, who, cred;
	uint8_t via; /* enum btz_audit_via, 0: absent */
	struct btz_span from, act, obj, dst;
	uint8_t decision; /* enum btz_audit_decision, 0: absent */
	struct btz_span why;
	uint64_t pol; /* 0: absent */
	struct btz_span out;
	bool has_n;
	uint64_t n;
	bool cut; /* a path was shortened */
	uint8_t prev[BTZ_TLOG_HASH];
};

/* Failure (a value that has no spelling, wr full) is remembered in wr. */
void btz_record_write(struct btz_wr *wr, const struct btz_record *r);
/*
 * BTZ_E_LOG_RECORD: not of this form; *where (may be NULL) is the offset of
 * the first byte that does not fit.
 */
enum btz_rc btz_record_parse(
    struct btz_span in, struct btz_record *out, size_t *where) BTZ_MUST_CHECK;

/*
 * Percent-encodes raw bytes into wr; stops before the first byte that would
 * make it longer than max and says so with false.
 */
bool btz_record_encode(
    struct btz_wr *wr, struct btz_span raw, bool path, size_t max);

/* "2026-01-31T23:59:59.042Z" for Unix milliseconds. */
#define BTZ_RECORD_TIME_LEN 24u
void btz_record_time(uint64_t ms, char out[BTZ_RECORD_TIME_LEN]);

/* Names of the enumerations as in the record; "" for unknown. */
const char *btz_record_phase_name(uint8_t phase);
const char *btz_record_via_name(uint8_t via);
const char *btz_record_decision_name(uint8_t decision);

#endif
