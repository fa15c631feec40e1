/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.h - from the message of whoever saw something (wire/msg_audit.h) to
 * the record that is stored: texts encoded, over-long paths cut. What audit
 * knows better (time, boot, src, request id) is the caller's to set; seq and
 * prev are set by the log.
 */
#ifndef BTZ_AUDIT_RECORD_H
#define BTZ_AUDIT_RECORD_H

#include "tlog/record.h"
#include "wire/msg_audit.h"

/* Memory that the spans of one record point into; reused for the next. */
struct btz_record_buf {
	size_t len;
	uint8_t bytes[4 * BTZ_RECORD_MAX];
};

struct btz_record_stamp {
	uint64_t time_ms;
	uint64_t req;
	const char *boot, *src;
};

/* Spans of *out point into buf and stamp. Never fails: what is too long is cut
 * (paths: with cut set; other texts end in "..."). */
void btz_record_make(const struct btz_audit *m,
    const struct btz_record_stamp *stamp, struct btz_record_buf *buf,
    struct btz_record *out);

#endif
