/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ta.h - the one instance of the trusted application: what it holds in
 * memory, and what its files offer one another. Start reading at entry.c.
 *
 *   entry.c   entry points, dispatch     state.c  start-up, states
 *   op_*.c    one command each           store.c  record, commit
 *   slots.c   slot table                 kek.c    blobs and their key
 *   keys.c    open keys, handles         tpm.c    session, failures
 *   family.c  what keys are made of      key_crypt.h  what they do besides signing
 *   check_*.c what an issuing key signs  time.c   which time is believed
 *   port.c    platform                   crypt.c, curve.c  cryptography
 *   approval.c  challenges, administrators' approvals
 *   recovery.c  backups, transport keys
 *   op_tpm_end.c  signatures by TPM keys in two calls
 */
#ifndef BTZ_TA_TA_H
#define BTZ_TA_TA_H

#include <tee_internal_api.h>

#include "btz_ta.h"
#include "crypt.h"
#include "ec.h"
#include "family.h"
#include "port.h"
#include "record.h"
#include "tpm2/tpm.h"
#include "wire/constraint.h"
#include "wire/keyblob.h"
#include "wire/msg_ta.h"

#define TA_OPEN_KEYS 64u
#define TA_CHALLENGES 4u
#define TA_TRANSPORTS 4u
#define TA_SLOTS_PER_PAGE 1024u
#define TA_SLOTS (TA_PAGES * TA_SLOTS_PER_PAGE)
#define TA_COMMIT_EVERY 256u	/* constrained signatures */
#define TA_COMMIT_SECONDS 3600u /* checkpoints */
#define TA_H_PRIMARY BTZ_TPM_H_FIRST
#define TA_H_ROOT (BTZ_TPM_H_FIRST + 1u)
#define TA_H_CHECKPOINT (BTZ_TPM_H_FIRST + 2u)

struct ta_key {		 /* an open key */
	uint32_t serial; /* 0: free */
	uint64_t used;	 /* for eviction */
	const void *session;
	uint8_t alg, kind;
	uint32_t operations;
	uint8_t id[16];
	uint32_t slot;
	uint64_t not_after;
	const struct ta_ec *ec;	      /* curves; else NULL */
	uint8_t point[TA_EC_PUB_MAX]; /* as long as ec says */
	TEE_ObjectHandle key;	      /* of ec */
	uint8_t *secret;	      /* TEE_Malloc; of the other families */
	size_t secret_len;
	uint8_t *constraints; /* TEE_Malloc */
	size_t constraints_len;
};

struct ta;

/* A signature by a TPM key, as an operation asks for it (op_tpm_end.c). */
typedef enum btz_rc ta_sign_finish(struct ta *ta, struct btz_span text,
    struct btz_span sig, struct btz_wr *out); /* sig: DER */
struct ta_sign_what {
	const struct ta_area *pub; /* of the record */
	uint32_t handle;
	enum ta_auth auth;
	struct btz_span text;	/* is copied */
	ta_sign_finish *finish; /* writes the operation's answer */
};

struct ta_begun {
	bool on;	     /* the TPM is at work */
	const void *session; /* whose; NULL: it was closed */
	enum ta_begun_step { TA_SIGN, TA_NV_WRITE, TA_NV_READ } step;
	int attempt; /* of the step */
	struct ta_sign_what what;
	uint8_t *text; /* TEE_Malloc */
	struct btz_tpm_call call;
	uint8_t sig[80]; /* DER, after TA_SIGN */
	size_t sig_len;
	uint8_t digest[32], seen[32]; /* of the index */
};

struct ta_challenge {	   /* approval.c */
	uint8_t operation; /* enum btz_approve, 0: free */
	uint8_t nonce[32];
	uint8_t digest[32];
	uint64_t deadline; /* uptime */
};

struct ta_transport {	   /* recovery.c */
	uint8_t id[16];
	uint8_t d[32], point[65];
	uint64_t deadline; /* uptime, 0: free */
};

struct ta {
	enum btz_ta_state state;
	enum btz_rc last_rc;   /* why it is not ready */
	struct ta_record rec;  /* truth within a boot */
	uint8_t nv_digest[32]; /* what the index holds */
	uint8_t nv_pending[32];
	bool nv_unsure;	   /* ... or this */
	bool stored_clean; /* STOP was the last commit */
	bool has_record, has_tee_secret, has_kek;
	uint8_t tee_secret[32], kek[32];
	uint32_t slots[TA_SLOTS]; /* generation; 0: destroyed or never used */
	bool page_dirty[TA_PAGES];
	uint32_t ahead;	       /* slots that were last reserved in this boot */
	uint64_t claim;	       /* a time too late to be believed yet; 0: none */
	uint64_t claim_at;     /* uptime */
	uint64_t tpm_clock;    /* ms, as last read */
	uint64_t tpm_clock_at; /* uptime */
	struct ta_challenge challenges[TA_CHALLENGES];
	struct ta_transport transports[TA_TRANSPORTS];
	uint32_t uncommitted;  /* constrained signatures */
	uint32_t committing;   /* of these, in the record being committed */
	uint64_t committed_at; /* uptime */
	struct ta_key keys[TA_OPEN_KEYS];
	uint32_t next_serial;
	uint64_t clock; /* ticks per use of a key */
	/* TPM */
	struct btz_tpm tpm;
	struct ta_begun begun;
	bool tpm_up;	   /* session open, start-up checks done */
	bool platform_on;  /* hierarchy could not be switched off */
	uint32_t bad_macs; /* in a row */
	uint32_t failures; /* since start */
	uint32_t backoff;  /* seconds */
	uint64_t retry_at; /* uptime */
};

/* state.c */
void ta_boot(struct ta *ta);
/* The key of this boot and a new epoch, for a record that is the truth. */
enum btz_rc ta_boot_ready(struct ta *ta) BTZ_MUST_CHECK;
void ta_state_ready(struct ta *ta);
/* BTZ_OK if the command may run now, else the code of the state. */
enum btz_rc ta_state_allows(
    const struct ta *ta, uint32_t states) BTZ_MUST_CHECK;
/* A TPM operation's outcome moves between ready, tpm-unavailable, tamper. */
void ta_state_after_tpm(struct ta *ta, enum btz_rc rc);

/* store.c */
/* BTZ_E_NOENT: no record. BTZ_E_CORRUPT, BTZ_E_TA_TOO_OLD. */
enum btz_rc ta_store_load(struct ta *ta) BTZ_MUST_CHECK;
/* Record against index: BTZ_E_STORAGE_ROLLED; redoes an NV_Write that a crash
 * cut off. Needs the session. */
enum btz_rc ta_store_check(struct ta *ta) BTZ_MUST_CHECK;
/* Pages and record to storage, then (from TA_PHASE_PRIMARY on) its digest to
 * the index, read back. Failure: the stored state is the old or the new. */
enum btz_rc ta_store_commit(struct ta *ta) BTZ_MUST_CHECK;
/* The same in steps, behind a signature by a TPM key (op_tpm_end.c): worth one
 * now; pages and record; then NV_Write of digest and NV_Read; what it showed. */
bool ta_store_due(const struct ta *ta);
enum btz_rc ta_store_prepare(struct ta *ta, uint8_t digest[32]) BTZ_MUST_CHECK;
enum btz_rc ta_store_done(struct ta *ta, const uint8_t digest[32],
    const uint8_t seen[32]) BTZ_MUST_CHECK;
/* SHA-256 of the stored record, which is loaded, and the index. */
enum btz_rc ta_store_digests(
    struct ta *ta, uint8_t record[32], uint8_t index[32]) BTZ_MUST_CHECK;
/* Before the first change after STOP: the stored record no longer is what
 * it says, a clean end. */
enum btz_rc ta_store_touch(struct ta *ta) BTZ_MUST_CHECK;
enum btz_rc ta_store_tee_secret(struct ta *ta) BTZ_MUST_CHECK;
enum btz_rc ta_store_put(const char *id, struct btz_span data) BTZ_MUST_CHECK;
/* *out from TEE_Malloc; BTZ_E_NOENT, BTZ_E_CORRUPT. */
enum btz_rc ta_store_get(
    const char *id, size_t max, uint8_t **out, size_t *len) BTZ_MUST_CHECK;

/* slots.c */
enum btz_rc ta_slots_load(struct ta *ta) BTZ_MUST_CHECK;
enum btz_rc ta_slots_save(struct ta *ta) BTZ_MUST_CHECK; /* dirty pages */
/* A slot for a new key; may commit. BTZ_E_SLOTS_FULL. */
enum btz_rc ta_slots_take(
    struct ta *ta, uint32_t *slot, uint32_t *generation) BTZ_MUST_CHECK;
/* No blob with it has left the TA (generation 0: none was taken). */
void ta_slots_untake(struct ta *ta, uint32_t slot, uint32_t generation);
bool ta_slots_current(const struct ta *ta, uint32_t slot, uint32_t generation);
void ta_slots_destroy(struct ta *ta, uint32_t slot);
uint32_t ta_slots_used(const struct ta *ta);

/* kek.c */
enum btz_rc ta_kek_derive(
    struct ta *ta, const uint8_t master[32]) BTZ_MUST_CHECK;
/* Seals the secret into a blob. b: header fields, spki set. */
enum btz_rc ta_blob_seal(struct ta *ta, const struct btz_keyblob *b,
    struct btz_span secret, struct btz_wr *wr) BTZ_MUST_CHECK;
/* BTZ_E_KEY_BLOB, BTZ_E_KEY_GENERATION. b borrows from in; the secret is as
 * long as its ciphertext. */
enum btz_rc ta_blob_open(struct ta *ta, struct btz_span in,
    struct btz_keyblob *b, uint8_t secret[TA_SECRET_MAX]) BTZ_MUST_CHECK;

/* op_key_create.c */
/* A key of these parts, with an id of its own, in a blob. b: slot and
 * generation are set, the rest is written; it borrows from the parts. */
enum btz_rc ta_key_seal(struct ta *ta, const struct btz_ta_key_create *req,
    struct btz_span constraints, const struct ta_parts *parts,
    struct btz_keyblob *b, struct btz_wr *blob) BTZ_MUST_CHECK;

/* keys.c */
enum btz_rc ta_keys_open(struct ta *ta, struct btz_span blob,
    const void *session, uint32_t *handle) BTZ_MUST_CHECK;
/* NULL: not a handle of this session (any more). */
struct ta_key *ta_keys_get(struct ta *ta, uint32_t handle, const void *session);
/* An open key of the session; NULL: not open. */
struct ta_key *ta_keys_find(
    struct ta *ta, const uint8_t id[16], const void *session);
/* Copies the secret of a family that needs it at hand. */
enum btz_rc ta_keys_hold(
    struct ta_key *k, struct btz_span secret) BTZ_MUST_CHECK;
uint32_t ta_keys_sigs(void); /* of enum btz_sig_alg, bits */
void ta_keys_end(struct ta_key *k); /* what loading gave it; zeroed */
void ta_keys_close_session(struct ta *ta, const void *session);
void ta_keys_close_slot(struct ta *ta, uint32_t slot);
void ta_keys_close_all(struct ta *ta);
/* Constrained keys: row of the record, NULL: none. */
struct ta_constrained *ta_constrained_of(struct ta *ta, const uint8_t id[16]);
/* like: id, slot, kind, issuer; the books begin at zero. */
enum btz_rc ta_constrained_add(struct ta *ta, const struct ta_constrained *like,
    struct btz_span spki) BTZ_MUST_CHECK;
void ta_constrained_remove(struct ta *ta, uint32_t slot);
bool ta_constrained_spki(const struct ta *ta, struct btz_span spki);
/* Is it of a key of kind ocsp that is sealed to this issuing key? */
bool ta_constrained_is_ocsp(
    const struct ta *ta, const uint8_t issuer[16], struct btz_span spki);
/* Before a constrained signature: waits for a commit when 256 are open. */
enum btz_rc ta_constrained_room(struct ta *ta) BTZ_MUST_CHECK;
/* The chain's head after one more; may be c->head itself. */
enum btz_rc ta_constrained_head(const struct ta_constrained *c,
    struct btz_span tbs, uint8_t head[32]) BTZ_MUST_CHECK;
/* After it: count and chain head. */
enum btz_rc ta_constrained_note(struct ta *ta, struct ta_constrained *c,
    struct btz_span tbs) BTZ_MUST_CHECK;
/* Signs the digest (Ed25519: the message), verifies unless it is an
 * application's key; ECDSA-Sig-Value or the 64 octets into out. */
enum btz_rc ta_keys_sign(const struct ta_key *k, struct btz_span in,
    struct btz_wr *out) BTZ_MUST_CHECK;

/* tpm.c */
/* Before anything else at start: platform hierarchy off, leftovers flushed.
 * Whether it worked is judged where the session is opened. */
void ta_tpm_first(struct ta *ta);
/* Session and start-up checks, unless they stand; honours the back-off. */
enum btz_rc ta_tpm_up(struct ta *ta) BTZ_MUST_CHECK;
/* Runs fn in the session; once more with a new one when it was lost. */
typedef enum btz_rc ta_tpm_fn(struct ta *ta, void *arg);
enum btz_rc ta_tpm_run(struct ta *ta, ta_tpm_fn *fn, void *arg) BTZ_MUST_CHECK;
/* The outcome of attempt 0 or 1: counters, session; true: once more. */
bool ta_tpm_again(struct ta *ta, enum btz_rc rc, int attempt) BTZ_MUST_CHECK;
void ta_tpm_down(struct ta *ta);
struct btz_span ta_auth(const struct ta *ta, enum ta_auth which);
enum btz_rc ta_tpm_entity(const struct ta_area *pub, uint32_t handle,
    struct btz_span auth, struct btz_tpm_entity *out) BTZ_MUST_CHECK;
enum btz_rc ta_tpm_nv(const struct ta *ta, bool written,
    struct btz_tpm_entity *out) BTZ_MUST_CHECK;
/* Signature by a persistent key as DER, waited for: only while provisioning. */
enum btz_rc ta_tpm_sign(struct ta *ta, const struct ta_area *pub,
    uint32_t handle, enum ta_auth auth, const uint8_t digest[32],
    struct btz_wr *out) BTZ_MUST_CHECK;
enum btz_rc ta_tpm_unseal(struct ta *ta, uint8_t master[32]) BTZ_MUST_CHECK;
/* SPKI of a pinned TPM key into buf[91]. */
enum btz_rc ta_tpm_spki(
    const struct ta_area *pub, uint8_t buf[91]) BTZ_MUST_CHECK;

/* op_tpm_end.c */
/* Last act of an operation: BTZ_E_PENDING, the answer comes with TPM_END. */
enum btz_rc ta_tpm_sign_begin(struct ta *ta, const void *session,
    const struct ta_sign_what *what) BTZ_MUST_CHECK;
/* BTZ_E_AGAIN: the TPM is at work for another session or operation. */
enum btz_rc ta_tpm_free(struct ta *ta) BTZ_MUST_CHECK;
void ta_tpm_wait(struct ta *ta); /* until it is free; what was begun is lost */
void ta_tpm_orphan(struct ta *ta, const void *session); /* it is closed */
void ta_tpm_forget(struct ta *ta);

/* time.c */
/* Believes Linux's time or not (BTZ_E_TIME_UNSURE); remembers it. */
enum btz_rc ta_time_use(struct ta *ta, uint64_t now) BTZ_MUST_CHECK;
/* Reads the TPM's clock, which goes on from there by the TEE's. */
enum btz_rc ta_time_clock(struct ta *ta) BTZ_MUST_CHECK;

/* Commands: decode in, write the answer to out. */
typedef enum btz_rc ta_op(
    struct ta *ta, const void *session, struct btz_span in, struct btz_wr *out);
ta_op ta_op_info, ta_op_provision, ta_op_key_create, ta_op_key_open;
ta_op ta_op_key_destroy, ta_op_sign_digest, ta_op_sign_tbs_cert;
ta_op ta_op_sign_tbs_crl, ta_op_sign_issuing, ta_op_sign_checkpoint;
ta_op ta_op_sign_ocsp, ta_op_sign_tls, ta_op_sign_root_crl;
ta_op ta_op_offers, ta_op_key_crypt;
ta_op ta_op_random, ta_op_stop, ta_op_tpm_end;
ta_op ta_op_approval_nonce, ta_op_approval_cancel, ta_op_admin_set;
ta_op ta_op_time_set, ta_op_recover;
ta_op ta_op_key_import, ta_op_key_export;
ta_op ta_op_backup, ta_op_restore, ta_op_transport;

/* op_info.c: what is weaker than the threat model asks, as INFO lists it. */
void ta_weaknesses(const struct ta *ta, struct btz_wr *wr);

/* What provisioning tells (op_provision.c), also used by INFO. */
enum btz_rc ta_instance_id(const struct ta *ta, uint8_t out[32]) BTZ_MUST_CHECK;

#endif
