/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity.h - whose log this is, as files of the audit folder: `origin`,
 * `checkpoint.pub` (PEM) and `checkpoint.id` (hex). Given once by AUDIT_INIT;
 * before it records are taken but no checkpoint is made.
 */
#ifndef BTZ_AUDIT_IDENTITY_H
#define BTZ_AUDIT_IDENTITY_H

#include "base/err.h"
#include "tlog/checkpoint.h"
#include "wire/msg_audit.h"

struct btz_identity {
	bool known;
	size_t spki_len;
	char origin[BTZ_NOTE_NAME_MAX + 1];
	uint8_t spki[BTZ_SPKI_MAX];
	uint8_t key_id[BTZ_ID_LEN];
};

/* Reads the files in folder `dir`; none there: known is false. */
BTZ_MUST_CHECK enum btz_rc btz_identity_load(
    int dir, struct btz_identity *id, struct btz_err *err);
/* Stores it, `origin` last. The same again is fine; another one is
 * BTZ_E_PROVISIONED. */
BTZ_MUST_CHECK enum btz_rc btz_identity_set(int dir, struct btz_identity *id,
    const struct btz_audit_init *m, struct btz_err *err);
/* A signed note of this log: origin and signature are checked. */
BTZ_MUST_CHECK enum btz_rc btz_identity_check(const struct btz_identity *id,
    struct btz_span note, struct btz_tlog_head *out, struct btz_err *err);

#endif
