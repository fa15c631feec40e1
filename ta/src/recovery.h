/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recovery.h - private parts on their way out and in: sealed to the recovery
 * key of the record, and sealed for a transport key of this TA by whoever holds
 * the recovery key (docs/protocol/backup.md). Linux carries both and can open
 * neither.
 */
#ifndef BTZ_TA_RECOVERY_H
#define BTZ_TA_RECOVERY_H

#include "ta.h"
#include "wire/msg_backup.h"

/* Empty, or the SPKI of a P-256 key: else nobody could open a backup. */
bool ta_recovery_key_ok(struct btz_span spki);
bool ta_recovery_set(const struct ta *ta);
/* Appends a BTZR file. BTZ_E_RECOVERY_KEY: there is no recovery key. */
enum btz_rc ta_recovery_seal(const struct ta *ta, enum btz_backup_scope scope,
    struct btz_span plain, struct btz_wr *out) BTZ_MUST_CHECK;

/* A new one; of more than TA_TRANSPORTS the oldest gives way. It stands in
 * memory only, for seven days, and opens one file. */
enum btz_rc ta_transport_new(
    struct ta *ta, const struct ta_transport **out) BTZ_MUST_CHECK;
/* plain: as long as the ciphertext. BTZ_E_TRANSPORT: no such key (any more);
 * BTZ_E_VERIFY: altered. */
enum btz_rc ta_transport_open(struct ta *ta, const struct btz_transport_file *f,
    uint8_t *plain) BTZ_MUST_CHECK;
void ta_transport_used(struct ta *ta, const struct btz_transport_file *f);

/* op_key_import.c */
/* The private part belongs to the public one, and both to the algorithm:
 * BTZ_E_INVAL, BTZ_E_UNSUPPORTED. */
enum btz_rc ta_import_check(
    uint8_t alg, struct btz_span secret, struct btz_span spki) BTZ_MUST_CHECK;
/* Takes a slot for b (filled but for id, slot and generation), and seals. */
enum btz_rc ta_import_seal(struct ta *ta, struct btz_keyblob *b,
    struct btz_span secret, struct btz_wr *blob) BTZ_MUST_CHECK;

#endif
