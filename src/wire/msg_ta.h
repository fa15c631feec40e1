/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg_ta.h - bodies between the crypto service and the trusted application.
 * Commands, parameters and states: ta/include/btz_ta.h. PROVISION,
 * SIGN_CHECKPOINT and RANDOM use the messages of the kms operations.
 */
#ifndef BTZ_WIRE_MSG_TA_H
#define BTZ_WIRE_MSG_TA_H

#include "wire/field.h"
#include "wire/limits.h"

/* INFO answer; works in every state. Zero or empty: not known (yet). */
struct btz_ta_info {
	uint32_t abi;
	uint32_t ta_version;
	uint8_t state;	  /* enum btz_ta_state */
	uint32_t last_rc; /* enum btz_rc: why it is not ready */
	/* Comma-separated "what: how" of everything that is weaker than the
	 * threat model asks, e.g. "tee-emulated,ek: unchecked". */
	struct btz_span weaknesses;
	uint8_t instance_id[BTZ_SHA256_LEN];
	uint64_t epoch;
	uint8_t previous_clean; /* 1: the epoch before stopped cleanly */
	struct btz_span trust_domain;
	struct btz_span box;
	struct btz_span origin;
	uint8_t root_id[BTZ_ID_LEN];
	struct btz_span root_cert;
	uint8_t checkpoint_id[BTZ_ID_LEN];
	struct btz_span checkpoint_spki;
	uint64_t checkpoint_size; /* last signed */
	uint8_t checkpoint_root[BTZ_SHA256_LEN];
	uint32_t slots_used;
	uint32_t constrained_keys;
	uint32_t uncommitted;	/* constrained signatures since the commit */
	uint32_t tpm_failures;	/* since start */
	struct btz_span admins; /* an encoded admin_set, or empty: none */
	uint32_t recoveries;	/* RECOVER was used so often */
	/* what RECOVER is asked with: the stored record, the TPM's index */
	uint8_t record_digest[BTZ_SHA256_LEN];
	uint8_t index_digest[BTZ_SHA256_LEN];
	uint64_t t0;	    /* administrators' time statement; 0: none */
	uint64_t last_time; /* last time used */
	struct btz_span implementation; /* "OP-TEE 4.5, TA key 01ab..." */
};
extern const struct btz_msgdef btz_def_ta_info;

/* OFFERS answer: what KEY_CREATE, SIGN_DIGEST and KEY_CRYPT have; bits
 * 1 << enum btz_key_alg, btz_sig_alg, btz_crypt_alg. Works in every state. */
struct btz_ta_offers {
	uint32_t algs, sigs, crypts;
};
extern const struct btz_msgdef btz_def_ta_offers;

/* PROVISION answer: one step done. Call again until done. */
struct btz_ta_step {
	uint32_t step;	/* from 1 */
	uint32_t steps; /* in all */
	struct btz_span text;
	uint8_t done;
	struct btz_span ok; /* when done: an encoded provision_ok */
};
extern const struct btz_msgdef btz_def_ta_step;

struct btz_ta_key_create {
	uint8_t alg;
	uint8_t kind;
	uint8_t flags; /* enum btz_keyblob_flags */
	uint32_t operations;
	uint8_t tenant_id[BTZ_ID_LEN];
	uint64_t not_after;
	struct btz_span constraints;
	uint16_t bits; /* of a SECRET: as in btz_generate; else 0 */
};
extern const struct btz_msgdef btz_def_ta_key_create;

struct btz_ta_key {
	uint8_t key_id[BTZ_ID_LEN]; /* drawn by the TA */
	struct btz_span spki;
	struct btz_span blob;
};
extern const struct btz_msgdef btz_def_ta_key;

/* KEY_IMPORT: a plain key, whose private part Linux has seen */
struct btz_ta_key_import {
	uint8_t alg;
	uint8_t flags; /* enum btz_keyblob_flags */
	uint32_t operations;
	uint8_t tenant_id[BTZ_ID_LEN];
	uint64_t not_after;
	struct btz_span spki;	/* belongs to secret; empty: symmetric */
	struct btz_span secret; /* in the form of its family */
};
extern const struct btz_msgdef btz_def_ta_key_import;

/* RESTORE: the file (msg_backup.h), and approvals of approve_restore. The
 * answer is the backup that was in it, with new blobs for private parts. */
struct btz_ta_restore {
	struct btz_span file;
	struct btz_span request;
	uint8_t nonce[BTZ_SHA256_LEN];
	struct btz_span approvals;
};
extern const struct btz_msgdef btz_def_ta_restore;

struct btz_ta_blob {
	struct btz_span blob;
};
extern const struct btz_msgdef btz_def_ta_blob;

struct btz_ta_handle {
	uint32_t handle;
};
extern const struct btz_msgdef btz_def_ta_handle;

/* SIGN_DIGEST, SIGN_TBS_CERT, SIGN_TBS_CRL */
struct btz_ta_sign {
	uint32_t handle;
	uint16_t alg; /* enum btz_sig_alg */
	uint64_t now; /* Linux time, Unix seconds */
	struct btz_span input;
	struct btz_span previous; /* TBS_CRL: the CRL before; else empty */
};
extern const struct btz_msgdef btz_def_ta_sign;

/* KEY_CRYPT: ENCRYPT, DECRYPT, MAC, DERIVE of a plain key. A wrong tag or
 * padding is BTZ_E_SIGNATURE and nothing else is said. */
struct btz_ta_key_crypt {
	uint32_t handle;
	uint8_t verb; /* enum btz_verb */
	uint16_t alg; /* enum btz_crypt_alg */
	uint64_t now; /* Linux time, Unix seconds */
	struct btz_span nonce;
	struct btz_span aad;	    /* AEAD; OAEP: the label */
	struct btz_span input;	    /* ECDH: the peer's point */
	struct btz_span salt, info; /* HKDF */
	uint16_t len;		    /* HKDF: bytes wanted */
};
extern const struct btz_msgdef btz_def_ta_key_crypt;

struct btz_ta_output {
	struct btz_span output;
};
extern const struct btz_msgdef btz_def_ta_output;

/* SIGN_ISSUING: the rest is in the sealed constraints of the key */
struct btz_ta_sign_issuing {
	struct btz_span blob;
	uint8_t serial[BTZ_ID_LEN]; /* top bit 0 */
	uint64_t not_before;
	uint64_t not_after;
	uint64_t now;
	/* of an approve_issuing made from the above; zero and empty: none */
	uint8_t nonce[BTZ_SHA256_LEN];
	struct btz_span approvals;
};
extern const struct btz_msgdef btz_def_ta_sign_issuing;

#endif
