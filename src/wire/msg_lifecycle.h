/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg_lifecycle.h - what happens to a key between generate and destroy
 */
#ifndef BTZ_WIRE_MSG_LIFECYCLE_H
#define BTZ_WIRE_MSG_LIFECYCLE_H

#include "wire/field.h"
#include "wire/limits.h"

/* BTZ_OP_IMPORT: a plain key with this private part. Forms: enum btz_family;
 * an asymmetric one may come as PrivateKeyInfo (RFC 5208) too. */
struct btz_import {
	struct btz_span key;	/* an encoded generate */
	struct btz_span secret; /* plain, or wrapped */
	/* Not zero: secret = RSA-OAEP-SHA256(AES-256 key) || AES-KWP(secret)
	 * (RFC 5649) under this RSA key of the same backend, which needs the
	 * usage DECRYPT. */
	uint8_t wrapped_by[BTZ_ID_LEN];
};
extern const struct btz_msgdef btz_def_import;

enum btz_key_change {
	BTZ_KC_ENABLE = 1,	/* value: version, 0: the whole key */
	BTZ_KC_DISABLE = 2,	/* value: version, 0: the whole key */
	BTZ_KC_MIN_VERSION = 3, /* value: version */
	BTZ_KC_DOOM = 4,	/* value: Unix seconds of its destruction */
	BTZ_KC_RESCUE = 5,	/* takes DOOM back; the key is disabled */
	BTZ_KC_LABEL = 6,	/* text: NAME=VALUE, or NAME to remove it */
	BTZ_KC_RENAME = 7,	/* text: the new label */
	BTZ_KC_NOT_AFTER = 8,	/* value: earlier than before */
	BTZ_KC_USES_MAX = 9,	/* value: less than before */
	BTZ_KC_SHARE = 10,	/* text: APPLICATION, value: enum btz_use bits;
				 * 0: no more */
};

/* BTZ_OP_KEY_CHANGE; answer: key_info. Policies only become narrower. */
struct btz_key_set {
	uint8_t id[BTZ_ID_LEN];
	uint8_t what; /* enum btz_key_change */
	uint64_t value;
	struct btz_span text;
};
extern const struct btz_msgdef btz_def_key_set;

/* BTZ_OP_BACKUP: answer. Blob of one key (all versions) for the recovery key
 * of the backend; docs/protocol/backup.md */
struct btz_backup_ok {
	struct btz_span blob;
};
extern const struct btz_msgdef btz_def_backup_ok;

/* BTZ_OP_RESTORE: opened on the administrators' side and wrapped anew to an
 * RSA key or a transport key of this backend. */
struct btz_restore {
	struct btz_span blob;
	/* Where the backend asks for them: an encoded `approved` (RESTORE),
	 * else empty. */
	struct btz_span approvals;
};
extern const struct btz_msgdef btz_def_restore;

#endif
