/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg_backup.h - a key with its private parts, as it is inside a backup; never
 * on a socket in this form (docs/protocol/backup.md)
 */
#ifndef BTZ_WIRE_MSG_BACKUP_H
#define BTZ_WIRE_MSG_BACKUP_H

#include "wire/field.h"
#include "wire/limits.h"

struct btz_backup {
	uint8_t id[BTZ_ID_LEN]; /* of the key that it was */
	struct btz_span owner;
	struct btz_span key; /* an encoded generate */
	uint8_t state;	     /* enum btz_key_state: ENABLED or DISABLED */
	uint32_t min_version;
	/* backup_version messages one after the other, oldest first */
	struct btz_span versions;
};
extern const struct btz_msgdef btz_def_backup;

struct btz_backup_version {
	uint32_t version;
	uint8_t state; /* ENABLED or DISABLED */
	uint64_t created;
	uint64_t uses;
	struct btz_span secret; /* in the form of its family */
};
extern const struct btz_msgdef btz_def_backup_version;

/* Outer form of a backup: what is sealed to the recovery key. */
#define BTZ_BACKUP_MAGIC "BTZR"
#define BTZ_BACKUP_POINT 65u /* ephemeral public key, uncompressed P-256 */
#define BTZ_BACKUP_HEAD (4u + 2u + BTZ_SHA256_LEN + BTZ_BACKUP_POINT)
#define BTZ_BACKUP_TAG 16u
#define BTZ_BACKUP_INFO "bartizan backup 1" /* of HKDF, before the point */
/* Outer form of what RESTORE gets: wrapped for one RSA key of the box. */
#define BTZ_RESTORE_MAGIC "BTZI"
#define BTZ_RESTORE_HEAD (4u + 2u + BTZ_ID_LEN)

#endif
