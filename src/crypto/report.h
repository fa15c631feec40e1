/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.h - what the service tells the audit log. Waited for: generate and
 * destroy. Not waited for: the rest; signatures by application keys are
 * counted and told once per lease, key and second.
 */
#ifndef BTZ_CRYPTO_REPORT_H
#define BTZ_CRYPTO_REPORT_H

#include "crypto/lease.h"
#include "wire/msg_approval.h"
#include "wire/msg_audit.h"

struct btz_report;

BTZ_MUST_CHECK enum btz_rc btz_report_new(
    struct btz_core *core, struct btz_report **out, struct btz_err *err);
void btz_report_free(struct btz_report *r); /* NULL is fine */

/* Who, by which way and for which tenant, out of the lease; the rest is the
 * caller's. whobuf lives as long as the record. */
#define BTZ_WHO_MAX (BTZ_NAME_MAX + 32)
struct btz_audit btz_report_begin(
    const struct btz_leased *l, const char *act, char whobuf[BTZ_WHO_MAX]);
/* A record of a ceremony: obj is the challenge (the first half of its nonce),
 * why the operation and the digest of its request (operation 0: not known).
 * buf lives as long as the record. */
#define BTZ_CEREMONY_TEXT_MAX 128
void btz_report_ceremony(struct btz_audit *rec, const uint8_t nonce[BTZ_ID_LEN],
    const struct btz_approval_request *what, char buf[BTZ_CEREMONY_TEXT_MAX]);
/* Asks for a durable record: fn is called with BTZ_OK when it is, with
 * another rc when not; never called when this fails (BTZ_E_NO_LOG). */
BTZ_MUST_CHECK enum btz_rc btz_report_wait(struct btz_core *core, uint64_t id,
    struct btz_audit *rec, btz_answer_fn *fn, void *arg);
/* Tells without waiting; when it cannot, it counts, and the next record that
 * can be sent is the count (act "lost"). */
void btz_report_tell(struct btz_core *core, uint64_t id, struct btz_audit *rec);
/* One use of a key, for the summary. */
enum btz_use_act {
	BTZ_USED_SIGN,
	BTZ_USED_VERIFY,
	BTZ_USED_ENCRYPT,
	BTZ_USED_DECRYPT,
	BTZ_USED_MAC,
	BTZ_USED_MAC_VERIFY,
	BTZ_USED_DERIVE,
	BTZ_USED_ATTEST,
};
const char *btz_report_act(enum btz_use_act act); /* "key.sign" ... */
void btz_report_use(struct btz_report *r, const struct btz_leased *l,
    const uint8_t key[BTZ_ID_LEN], enum btz_use_act act);
void btz_report_flush(struct btz_report *r); /* tells the summaries now */

#endif
