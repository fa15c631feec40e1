/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.h - the TA's only memory besides the slot pages. Layout:
 *
 *   "BTZR" u8 version | provisioning_id[32] | nonce[12] | sealed | tag[16]
 *
 * sealed = AES-256-GCM under HKDF(tee_secret, "btz/1 record"), AAD what
 * stands before the nonce, of:
 *   previous[32] | u32 ta_version | u64 epoch | u8 clean | u8 previous_clean |
 *   u8 phase | trust_domain, box, origin (u16 length each) | u64 provisioned |
 *   u64 root_not_after | auth[7][32] | unique[32] | u32 nv_index |
 *   primary public | sealed public, private | root public, private |
 *   checkpoint public, private (u16 length each) | root_id[16] |
 *   checkpoint_id[16] | u16 n, root certificate | u8 EK state |
 *   u8 n, EK Name | u8 k | u8 n administrators, each u8 n, SPKI |
 *   u16 n, recovery key | u32 recoveries | u16 n, constrained keys, each
 *   id[16], u32 slot, u8 kind, issuer[16], SPKI digest[32], u64 count,
 *   head[32], u64 crl_number, u64 not_after, last_crl[32] |
 *   u64 size, root[32] of the checkpoint | u64 last_time | u64 t0 |
 *   u64 t0_clock | u32 next_slot | u32 reserved_slots | u32 generation |
 *   u8 n slot pages, each u8 side, digest[32]
 * The TPM's index holds the SHA-256 of the whole; previous is the value the
 * index had before (all zero: not written yet).
 */
#ifndef BTZ_TA_RECORD_H
#define BTZ_TA_RECORD_H

#include "wire/cursor.h"
#include "wire/limits.h"
#include "wire/rc.h"

#define TA_RECORD_VERSION 3u
#define TA_RECORD_HEAD (4u + 1u + 32u)
#define TA_RECORD_MAX 32768u
#define TA_VERSION 2u
#define TA_CONSTRAINED_MAX 24u /* all of them fit into a checkpoint */
#define TA_ADMINS_MAX 8u
#define TA_ADMIN_SPKI_MAX 128u
#define TA_NAME_MAX 50u /* a TPM Name: u16 nameAlg, digest */
#define TA_PAGES 16u
#define TA_AREA_MAX 512u /* a TPM public or private area */
#define TA_ROOT_CERT_MAX 2048u

enum ta_auth {
	TA_AUTH_OWNER,
	TA_AUTH_LOCKOUT,
	TA_AUTH_NV,
	TA_AUTH_PRIMARY,
	TA_AUTH_SEALED,
	TA_AUTH_ROOT,
	TA_AUTH_CHECKPOINT,
	TA_AUTH_COUNT
};

/* What PROVISION does next; recorded before it is done. */
enum ta_phase {
	TA_PHASE_NONE = 0, /* no record: draw the secrets */
	TA_PHASE_SRK,
	TA_PHASE_NV,
	TA_PHASE_PRIMARY, /* from here on the index holds the digest */
	TA_PHASE_SEAL,
	TA_PHASE_ROOT_KEY,
	TA_PHASE_ROOT_PERSIST,
	TA_PHASE_CP_KEY,
	TA_PHASE_CP_PERSIST,
	TA_PHASE_AUTHS,
	TA_PHASE_CLEAR,
	TA_PHASE_ROOT_CERT,
	TA_PHASE_FINISH,
	TA_PHASE_READY,
};

struct ta_area {
	uint16_t len;
	uint8_t b[TA_AREA_MAX];
};

struct ta_text {
	uint16_t len;
	uint8_t b[256];
};

struct ta_name {
	uint8_t len;
	uint8_t b[TA_NAME_MAX];
};

struct ta_admin { /* an administrator's public key, DER */
	uint8_t len;
	uint8_t spki[TA_ADMIN_SPKI_MAX];
};

struct ta_admins { /* k of n; both 0: root-approval local */
	uint8_t k, n;
	struct ta_admin key[TA_ADMINS_MAX];
	struct ta_area
	    recovery; /* SPKI that backups are wrapped to, or empty */
};

struct ta_constrained {
	uint8_t id[16];
	uint32_t slot;
	uint8_t kind;	    /* enum btz_kind */
	uint8_t issuer[16]; /* ocsp: key id of its issuing key; else zero */
	uint8_t spki_digest[32];
	uint64_t count; /* signatures */
	uint8_t head[32];
	uint64_t crl_number; /* last signed */
	uint64_t not_after;  /* of its certificate, 0: not certified */
	/* SHA-256 of the TBSCertList of crl_number: signed again for whoever
	 * lost the answer, also after a restart. */
	uint8_t last_crl[32];
};

enum ta_ek {
	TA_EK_UNCHECKED = 0,
	TA_EK_CHECKED = 1,   /* certified by a manufacturer's root */
	TA_EK_TEST_ROOT = 2, /* ... by the root of test builds */
};

struct ta_page {
	uint8_t side; /* 0 or 1: which of its two objects */
	uint8_t digest[32];
};

struct ta_record {
	uint8_t provisioning_id[32];
	uint8_t previous[32];
	uint32_t ta_version;
	uint64_t epoch;
	uint8_t clean, previous_clean;
	uint8_t phase; /* enum ta_phase */
	struct ta_text trust_domain, box, origin;
	uint64_t provisioned, root_not_after;
	uint8_t auth[TA_AUTH_COUNT][32];
	uint8_t unique[32];
	uint32_t nv_index;
	struct ta_area primary_pub, sealed_pub, sealed_priv;
	struct ta_area root_pub, root_priv, cp_pub, cp_priv;
	uint8_t root_id[16], checkpoint_id[16];
	uint16_t root_cert_len;
	uint8_t root_cert[TA_ROOT_CERT_MAX];
	/* The endorsement key that the sessions of provisioning are salted
	 * to. */
	uint8_t ek_state; /* enum ta_ek */
	struct ta_name ek_name;
	struct ta_admins admins;
	uint32_t recoveries; /* RECOVER was used so often */
	uint16_t n_constrained;
	struct ta_constrained constrained[TA_CONSTRAINED_MAX];
	uint64_t cp_size;
	uint8_t cp_root[32];
	uint64_t last_time;
	uint64_t t0;	   /* 0: no statement of an administrator */
	uint64_t t0_clock; /* ms of the TPM's clock when it was taken */
	uint32_t next_slot, reserved_slots, generation;
	uint8_t n_pages;
	struct ta_page pages[TA_PAGES];
};

/* The part that is sealed. Failure is remembered in wr. */
void ta_record_write(const struct ta_record *r, struct btz_wr *wr);
/* BTZ_E_CORRUPT: malformed; BTZ_E_TA_TOO_OLD: of a newer TA. provisioning_id
 * is left alone. */
enum btz_rc ta_record_read(
    struct btz_span in, struct ta_record *out) BTZ_MUST_CHECK;
struct btz_span ta_text_span(const struct ta_text *t);
bool ta_text_set(struct ta_text *t, struct btz_span s);
bool ta_area_set(struct ta_area *a, struct btz_span s);
struct btz_span ta_area_span(const struct ta_area *a);

#endif
