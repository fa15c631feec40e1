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
	struct btz_span spki; /* empty: symmetric */
	/* In the form of its family; between service and backend: the blob. */
	struct btz_span secret;
};
extern const struct btz_msgdef btz_def_backup_version;

/* What RESTORE of a trusted application would make: in the clear beside what is
 * sealed for it, and what administrators approve. It compares. */
struct btz_restore_what {
	uint8_t id[BTZ_ID_LEN]; /* of the key that it was */
	struct btz_span owner;
	struct btz_span label;
	uint8_t alg;
	uint8_t flags; /* enum btz_keyblob_flags */
	uint32_t usage;
	uint32_t versions;		     /* how many */
	uint8_t spki_digest[BTZ_SHA256_LEN]; /* of the newest; or zero */
};
extern const struct btz_msgdef btz_def_restore_what;
/* False: backup is none, or a version of it. */
bool btz_restore_describe(const struct btz_backup *b,
    void (*sha256)(struct btz_span in, uint8_t out[BTZ_SHA256_LEN]),
    struct btz_restore_what *out) BTZ_MUST_CHECK;

/* Outer form of a backup: what is sealed to the recovery key. Magic, then the
 * scope. */
#define BTZ_BACKUP_MAGIC "BTZR"
#define BTZ_BACKUP_FORM "BTZR\2"
enum btz_backup_scope {
	BTZ_BACKUP_ANYWHERE = 0,
	BTZ_BACKUP_TEE = 1, /* for trusted applications only */
};
#define BTZ_BACKUP_POINT 65u /* ephemeral public key, uncompressed P-256 */
#define BTZ_BACKUP_HEAD (4u + 2u + BTZ_SHA256_LEN + BTZ_BACKUP_POINT)
#define BTZ_BACKUP_TAG 16u
#define BTZ_BACKUP_INFO "bartizan backup 1" /* of HKDF, before the point */
/* Outer form of what RESTORE gets: wrapped for one RSA key of the box. */
#define BTZ_RESTORE_MAGIC "BTZI"
#define BTZ_RESTORE_HEAD (4u + 2u + BTZ_ID_LEN)

/* Or sealed for a transport key of a trusted application: magic | id of that
 * key | ephemeral public key | u16 n, restore_what | ciphertext | tag */
#define BTZ_TRANSPORT_MAGIC "BTZI\2"
#define BTZ_TRANSPORT_TITLE "bartizan-transport/1" /* of its note */
#define BTZ_TRANSPORT_INFO "bartizan restore 1" /* of HKDF, before the point */
#define BTZ_TRANSPORT_WHAT_MAX 512u
/* Inside one that a trusted application makes or takes: with approvals it is
 * one frame. */
#define BTZ_TRANSPORT_PLAIN_MAX 49152u
struct btz_transport_file {
	uint8_t id[BTZ_ID_LEN]; /* start of the SHA-256 of the point */
	uint8_t point[BTZ_BACKUP_POINT];
	struct btz_span what;
	struct btz_span head; /* all before the ciphertext */
	struct btz_span ciphertext, tag;
};
bool btz_transport_file_read(
    struct btz_span in, struct btz_transport_file *out) BTZ_MUST_CHECK;
/* The head; ciphertext and tag are appended by the caller. */
void btz_transport_file_head(
    const struct btz_transport_file *f, struct btz_wr *wr);

#endif
