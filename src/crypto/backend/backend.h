/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backend.h - where private keys live: one const table of functions per
 * backend, one array that lists all of them (backend.c). Capabilities are
 * data in the table. The contract below is one test over every entry
 * (tests/crypto/test_contract.c).
 *
 * The service judges first (judge.h): a backend may rely on input kind,
 * algorithm and digest length fitting the key, but what is sealed in a blob
 * is the backend's to check. Everything is called from one thread (what
 * generate_begin starts is the backend's own affair); functions
 * may block as long as the device does (the service answers nothing else
 * meanwhile), and a device with a slow part behind it need not: see end. A
 * function may refuse with BTZ_E_AGAIN when it needs that part and the part is
 * at work; then it has changed nothing. Memory is the caller's; every `out` is written on success only.
 */
#ifndef BTZ_CRYPTO_BACKEND_H
#define BTZ_CRYPTO_BACKEND_H

#include <stddef.h>

#include "base/err.h"
#include "wire/alg.h"
#include "wire/cursor.h"
#include "wire/limits.h"
#include "wire/msg_approval.h"
#include "wire/msg_attest.h"
#include "wire/msg_certify.h"
#include "wire/msg_checkpoint.h"
#include "wire/msg_generate.h"
#include "wire/msg_provision.h"

struct btz_conf_tpm_direct;
struct btz_table_wr;
struct btz_token;

/* What open gets. Strings are borrowed for the life of the state. */
struct btz_backend_env {
	const char *dir; /* absolute, 0700, of this backend alone */
	/* Connected socket to the secure world (edge to BTZ_PROG_TA), or -1;
	 * stays the caller's. */
	int device_fd;
	const struct btz_token *token; /* base/backends.h; pkcs11 only */
	const struct btz_conf_tpm_direct *tpm; /* tpm-direct only */
};

/* A new key: public id, public key, wrapped private key. */
struct btz_backend_key {
	uint8_t id[BTZ_ID_LEN];
	uint8_t spki[BTZ_SPKI_MAX];
	size_t spki_len;
	uint8_t blob[BTZ_BLOB_MAX];
	size_t blob_len;
};

struct btz_backend_sign {
	uint16_t alg;	    /* enum btz_sig_alg */
	uint8_t input_kind; /* enum btz_input */
	/* Set by the service, as long as the algorithm's (btz_sig_digest_len):
	 * hash of input, or the input itself when its kind is BTZ_IN_DIGEST. */
	uint8_t digest[BTZ_DIGEST_MAX];
	struct btz_span input;
	struct btz_span previous; /* BTZ_IN_TBS_CRL, else empty */
	uint64_t now;		  /* Unix seconds */
};

/* What is signed: the digest, or the message of Ed25519. */
static inline struct btz_span
btz_backend_signed(const struct btz_backend_sign *rq)
{
	const size_t n = btz_sig_digest_len(rq->alg);

	return n == 0 ? rq->input : btz_span_of(rq->digest, n);
}

struct btz_backend_sig {
	uint8_t bytes[BTZ_SIG_MAX];
	size_t len;
};

/* What a key does besides signing. The service has judged that verb and alg
 * fit the key and its usage; lengths of nonce, aad and input are the
 * backend's to check (BTZ_E_INVAL). A wrong tag or padding is BTZ_E_SIGNATURE
 * and nothing else is said. */
struct btz_backend_crypt {
	uint8_t verb; /* enum btz_verb */
	uint16_t alg; /* enum btz_crypt_alg */
	struct btz_span nonce, aad;
	struct btz_span input;	    /* ECDH: the peer's point (msg_crypt.h) */
	struct btz_span salt, info; /* HKDF */
	size_t len;		    /* HKDF: bytes wanted */
	uint64_t now;		    /* Unix seconds */
};

/* Wiped by the caller; contents as in attested (wire/msg_attest.h). */
struct btz_backend_attested {
	struct btz_attested is; /* spans into bytes */
	uint8_t bytes[2048];
};

struct btz_backend_step {
	uint16_t step; /* the one just done, from 1 */
	uint16_t steps;
	char what[128];
	bool done;
	uint8_t ok[32768]; /* when done: an encoded provision_ok */
	size_t ok_len;
};

enum btz_backend_cap { /* bits */
	BTZ_CAP_CERTIFY =
	    1, /* certify_issuing, root_cert, approval_*, approved */
	BTZ_CAP_CHECKPOINT = 2, /* checkpoint */
	BTZ_CAP_PROVISION = 4,	/* provision */
	BTZ_CAP_IMPORT = 8,	/* import */
	BTZ_CAP_EXPORT = 16,	/* export_key, of keys made exportable */
	BTZ_CAP_BACKUP = 32,	/* backup, of keys made backupable */
	BTZ_CAP_ATTEST = 64,	/* attest */
};

/* Is number n in the mask `algs`, `sigs`, `crypts` or `kinds`? */
static inline bool
btz_backend_has(uint32_t mask, unsigned n)
{
	return n < 32 && (mask & 1u << n) != 0;
}

/* What is not in a mask, a function refuses with BTZ_E_UNSUPPORTED. */
struct btz_backend_ops {
	const char *name;   /* as in leases, configuration, keys-NAME.db */
	uint8_t protection; /* enum btz_protection of what generate makes */
	uint32_t caps;	    /* enum btz_backend_cap */
	uint32_t algs;	    /* bits 1 << enum btz_key_alg, of generate */
	uint32_t slow_algs; /* of these, generate runs in a forked child, or
			     * beside the rest (generate_begin) */
	uint32_t kinds;	    /* bits 1 << enum btz_kind, of generate */
	uint32_t sigs;	    /* bits 1 << enum btz_sig_alg, of sign */
	uint32_t crypts;    /* bits 1 << enum btz_crypt_alg, of crypt */
	size_t state_size;  /* zeroed memory that open gets */
	size_t key_size;    /* zeroed memory that open_key gets */

	enum btz_rc (*open)(
	    void *st, const struct btz_backend_env *env, struct btz_err *err);
	void (*close)(void *st); /* also after a failed open */
	/* Takes out of the sets above what this device lacks, once it is open.
	 * May be NULL: it has all of them. */
	void (*offers)(void *st, struct btz_backend_ops *narrowed);
	/* How it is shown: "soft", "tee", "tee-emulated". Static text. */
	const char *(*label)(void *st);
	/* usage, constraints and the rest of *g are sealed into the blob. Kind
	 * ocsp: the issuing key that the constraints name is a hot key; when
	 * the device forgot it BTZ_E_NOENT. */
	enum btz_rc (*generate)(void *st, const struct btz_generate *g,
	    struct btz_backend_key *out, struct btz_err *err);
	/* With slow_algs of a device that cannot follow into a forked child,
	 * else NULL: generate in a thread. *fd is readable when it is over, and
	 * stays the backend's; the spans of *g live until its end. May be
	 * refused with BTZ_E_UNSUPPORTED (not now: generate does it) and
	 * BTZ_E_AGAIN (as many as can be are at work). */
	enum btz_rc (*generate_begin)(void *st, const struct btz_generate *g,
	    int *fd, struct btz_err *err);
	/* The outcome, waited for if need be; fd is over. out NULL: nobody wants
	 * the key, it is destroyed. */
	enum btz_rc (*generate_end)(
	    void *st, int fd, struct btz_backend_key *out, struct btz_err *err);
	/* Forgets for ever: the blob never opens again, where the backend can
	 * do that (slot table); else BTZ_OK and the service drops the blob.
	 * Destroyed before: BTZ_OK. */
	enum btz_rc (*destroy)(
	    void *st, struct btz_span blob, struct btz_err *err);
	/* A hot key: *key is key_size zeroed bytes, moved by nobody. id is
	 * compared with the one sealed in the blob (BTZ_E_KEY_BLOB). After a
	 * failure key is not closed. */
	enum btz_rc (*open_key)(void *st, const uint8_t id[BTZ_ID_LEN],
	    struct btz_span blob, void *key, struct btz_err *err);
	void (*close_key)(void *st, void *key);
	/* BTZ_E_NOENT: the device forgot the hot key (restart); the service
	 * opens it again and repeats once. A device that does not cut a digest
	 * longer than the curve refuses that with BTZ_E_KEY_ALG. */
	enum btz_rc (*sign)(void *st, void *key,
	    const struct btz_backend_sign *rq, struct btz_backend_sig *out,
	    struct btz_err *err);
	enum btz_rc (*random)(
	    void *st, void *out, size_t len, struct btz_err *err);
	/* NULL where crypts is 0. Appends to out (its memory is wiped by the
	 * caller); BTZ_E_NOENT as of sign. */
	enum btz_rc (*crypt)(void *st, void *key,
	    const struct btz_backend_crypt *rq, struct btz_wr *out,
	    struct btz_err *err);
	/* BTZ_CAP_IMPORT: as generate, of a private part in the form of its
	 * family (enum btz_family). BTZ_E_INVAL: it is none. */
	enum btz_rc (*import)(void *st, const struct btz_generate *g,
	    struct btz_span secret, struct btz_backend_key *out,
	    struct btz_err *err);
	/* BTZ_CAP_EXPORT: appends the private part, if the blob is marked
	 * BTZ_KEYBLOB_EXPORTABLE (else BTZ_E_KEY_USAGE). */
	enum btz_rc (*export_key)(
	    void *st, void *key, struct btz_wr *out, struct btz_err *err);
	/* BTZ_CAP_BACKUP: whole is a backup (wire/msg_backup.h) with blobs
	 * for private parts. Appends it with the private parts, sealed to the
	 * recovery key: the device's own, or else `recovery` (base64; may be
	 * ""). BTZ_E_RECOVERY_KEY: there is none; BTZ_E_KEY_USAGE: a blob is
	 * not marked BTZ_KEYBLOB_BACKUPABLE. */
	enum btz_rc (*backup)(void *st, const char *recovery,
	    struct btz_span whole, struct btz_wr *out, struct btz_err *err);
	/* Where backups do not come in by import, both, else NULL. A key that a
	 * backup may be sealed for: its note is appended; BTZ_E_PENDING as
	 * below. Then the backup that is in a file for it, with approvals for
	 * this file: appended to out with new blobs for private parts. All
	 * blobs or none were made. */
	enum btz_rc (*transport)(
	    void *st, struct btz_wr *out, struct btz_err *err);
	enum btz_rc (*restore)(void *st, struct btz_span file,
	    const struct btz_approved *ap, struct btz_wr *out,
	    struct btz_err *err);

	/* BTZ_CAP_ATTEST: both spans empty: Name and public area of the key and
	 * the public key of the device's endorsement key; else the credential
	 * that was made for this key and this device. Any other: BTZ_E_INVAL
	 * and nothing else is said. */
	enum btz_rc (*attest)(void *st, void *key, struct btz_span blob,
	    struct btz_span secret, struct btz_backend_attested *out,
	    struct btz_err *err);

	/* With the capability only, else NULL. blob is the issuing key's; now
	 * in Unix seconds. DER is appended to out. */
	enum btz_rc (*certify_issuing)(void *st,
	    const struct btz_certify_issuing *rq, struct btz_span blob,
	    uint64_t now, struct btz_wr *out, struct btz_err *err);
	enum btz_rc (*root_cert)(
	    void *st, struct btz_wr *out, struct btz_err *err);
	/* A challenge for k of n administrators, and its end before it is used:
	 * BTZ_E_APPROVAL_NONCE when there is none. */
	enum btz_rc (*approval_nonce)(void *st,
	    const struct btz_approval_request *rq, struct btz_challenge *out,
	    struct btz_err *err);
	/* out: what it was for. */
	enum btz_rc (*approval_cancel)(void *st,
	    const struct btz_approval_ref *rq, struct btz_approval_request *out,
	    struct btz_err *err);
	/* What administrators approve; operation is judged by the device. Root
	 * list: its DER is appended to out. */
	enum btz_rc (*approved)(void *st, const struct btz_approved *rq,
	    struct btz_wr *out, struct btz_err *err);
	/* *size and the note as in checkpoint_ok. */
	enum btz_rc (*checkpoint)(void *st, const struct btz_checkpoint *rq,
	    uint64_t *size, struct btz_wr *note, struct btz_err *err);
	/* certify_issuing, approved, transport and checkpoint may answer BTZ_E_PENDING: everything
	 * is checked, the slow part is at work (slow.h). Then this is asked,
	 * and gives BTZ_E_PENDING again, or the outcome once: DER or note
	 * appended to out, *size of a checkpoint. */
	enum btz_rc (*end)(
	    void *st, uint64_t *size, struct btz_wr *out, struct btz_err *err);
	/* One step; called until out->done. Repeating it when all is done
	 * gives done with the same ok again. */
	enum btz_rc (*provision)(void *st, const struct btz_provision *rq,
	    struct btz_backend_step *out, struct btz_err *err);
	/* The answer of a finished provisioning: an encoded provision_ok;
	 * BTZ_E_UNPROVISIONED before. Used at start to register the keys. */
	enum btz_rc (*identity)(
	    void *st, struct btz_wr *out, struct btz_err *err);

	/* Rows (item, value, level) for STATUS; level: info, weak, error. Items
	 * without prefix: the broker puts "<label>: " before. */
	void (*status)(void *st, struct btz_table_wr *rows);
	/* The device does not answer any more: to be opened again. May be NULL. */
	bool (*lost)(void *st);
	/* The service is going to stop (commit); may be NULL. */
	void (*stop)(void *st);
};

/* Why no private part is had from a backend without BTZ_CAP_EXPORT: hardware
 * never gives one. */
static inline enum btz_rc
btz_backend_keeps(const struct btz_backend_ops *ops)
{
	return ops->protection == BTZ_PROT_HSM ||
		       ops->protection == BTZ_PROT_TPM
		   ? BTZ_E_KEY_STAYS
		   : BTZ_E_UNSUPPORTED;
}

/* The array of the program this is linked into; NULL ends. */
extern const struct btz_backend_ops *const btz_backends[];

extern const struct btz_backend_ops btz_backend_soft; /* soft.c */
extern const struct btz_backend_ops btz_backend_tee;  /* tee.c */
/* fake.c, tests only; the second is called "tee" */
extern const struct btz_backend_ops btz_backend_fake, btz_backend_fake_tee;

extern const struct btz_backend_ops btz_backend_pkcs11;	    /* pkcs11.c */
extern const struct btz_backend_ops btz_backend_tpm_direct; /* tpm_direct.c */

/* An opened backend: the wrapper owns and wipes the memory of its state. */
struct btz_backend {
	const struct btz_backend_ops *ops; /* the sets: of this device */
	void *st;
	struct btz_backend_ops own;
};
BTZ_MUST_CHECK enum btz_rc btz_backend_new(const struct btz_backend_ops *ops,
    const struct btz_backend_env *env, struct btz_backend **out,
    struct btz_err *err);
void btz_backend_free(struct btz_backend *be); /* NULL is fine */
const struct btz_backend_ops *btz_backend_by_name(const char *name);
/* "soft, tee have it", "no backend has it": those whose set (algs, sigs,
 * crypts, by its offset) has this number. Static text, until the next call. */
const char *btz_backends_having(size_t set, unsigned number);

#endif
