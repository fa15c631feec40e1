/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bartizan.h - libbartizan: keys of a Bartizan box, from a program of its own.
 *
 *	struct bartizan *b;
 *	struct bartizan_result r;
 *	uint8_t id[BARTIZAN_ID_LEN];
 *
 *	if (bartizan_open(NULL, NULL, &b) != BARTIZAN_OK ||
 *	    bartizan_find(b, "signing", id) != BARTIZAN_OK ||
 *	    bartizan_sign(b, id, BARTIZAN_ECDSA_SHA256, text, n, &r) !=
 *		BARTIZAN_OK)
 *		errx(1, "%s", bartizan_error(b));
 *
 * A struct bartizan is one lease with one backend. It is not for two threads
 * at a time; each thread may have its own. Nothing here prints, exits or
 * installs a signal handler. Private keys never come here, but for
 * BARTIZAN_OP_EXPORT_PRIVATE.
 *
 * Blocking: bartizan_call() and the functions that end in it. Not blocking:
 * bartizan_submit(), then bartizan_process() when bartizan_fd() is readable.
 * Both may be mixed; answers come in the order in which the service has them.
 *
 * Numbers are stable: they are those of the wire (docs/protocol/kms.md).
 */
#ifndef BARTIZAN_H
#define BARTIZAN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BARTIZAN_VERSION_MAJOR 0
#define BARTIZAN_VERSION_MINOR 1
#define BARTIZAN_ID_LEN 16
#define BARTIZAN_PENDING_MAX 64 /* requests under way at a time */

/* Those that a program may want to tell apart; every other number is an error
 * too: bartizan_strerror() knows all. */
enum bartizan_status {
	BARTIZAN_OK = 0,
	BARTIZAN_NOMEM = 2,
	BARTIZAN_INVALID = 6,
	BARTIZAN_NOT_FOUND = 10,
	BARTIZAN_EXISTS = 11,
	BARTIZAN_AMBIGUOUS = 12,
	BARTIZAN_DENIED = 13,
	BARTIZAN_UNSUPPORTED = 14,
	BARTIZAN_DOWN = 16,  /* nobody answers on the box */
	BARTIZAN_AGAIN = 17, /* busy; submit: process() first */
	BARTIZAN_TIMEOUT = 18,
	BARTIZAN_QUOTA = 19,
	BARTIZAN_GONE = 28, /* the connection broke; the next call opens
				  * a new one */
	BARTIZAN_BAD_SIGNATURE = 32, /* also: tag, MAC or padding is wrong */
	BARTIZAN_LEASE = 64,	     /* was withdrawn or has ended */
};

enum bartizan_key_alg {
	BARTIZAN_EC_P256 = 1,
	BARTIZAN_RSA_2048 = 2,
	BARTIZAN_EC_P384 = 3,
	BARTIZAN_ED25519 = 4,
	BARTIZAN_EC_P521 = 5,
	BARTIZAN_RSA_3072 = 6,
	BARTIZAN_RSA_4096 = 7,
	BARTIZAN_X25519 = 8,
	BARTIZAN_AES_128 = 9,
	BARTIZAN_AES_192 = 10,
	BARTIZAN_AES_256 = 11,
	BARTIZAN_CHACHA20 = 12,
	BARTIZAN_SECRET = 13, /* for HMAC and HKDF */
};

/* SIGN, VERIFY. ECDSA: DER ECDSA-Sig-Value (RFC 3279 2.2.3). */
enum bartizan_sig_alg {
	BARTIZAN_ECDSA_SHA256 = 1,
	BARTIZAN_RSA_PKCS1_SHA256 = 2,
	BARTIZAN_RSA_PSS_SHA256 = 3,
	BARTIZAN_ECDSA_SHA384 = 4,
	BARTIZAN_EDDSA = 5, /* RFC 8032: the message, never a digest */
	BARTIZAN_ECDSA_SHA512 = 6,
	BARTIZAN_ECDSA_DET_SHA256 = 7, /* RFC 6979 */
	BARTIZAN_ECDSA_DET_SHA384 = 8,
	BARTIZAN_ECDSA_DET_SHA512 = 9,
	BARTIZAN_RSA_PKCS1_SHA384 = 10,
	BARTIZAN_RSA_PKCS1_SHA512 = 11,
	BARTIZAN_RSA_PSS_SHA384 = 12,
	BARTIZAN_RSA_PSS_SHA512 = 13,
};

/* ENCRYPT, DECRYPT, MAC, MAC_VERIFY, DERIVE */
enum bartizan_crypt_alg {
	BARTIZAN_AES_GCM = 1,
	BARTIZAN_AES_CCM = 2,
	BARTIZAN_AES_CBC = 3,
	BARTIZAN_AES_CTR = 4,
	BARTIZAN_CHACHA20_POLY1305 = 5,
	BARTIZAN_RSA_OAEP_SHA256 = 6,
	BARTIZAN_RSA_OAEP_SHA384 = 7,
	BARTIZAN_RSA_OAEP_SHA512 = 8,
	BARTIZAN_AES_CBC_NOPAD = 9,
	BARTIZAN_RSA_PKCS1 = 10, /* keys made for nothing else */
	BARTIZAN_HMAC_SHA256 = 16,
	BARTIZAN_HMAC_SHA384 = 17,
	BARTIZAN_HMAC_SHA512 = 18,
	BARTIZAN_CMAC = 19,
	BARTIZAN_ECDH = 24,
	BARTIZAN_HKDF_SHA256 = 25,
	BARTIZAN_HKDF_SHA384 = 26,
	BARTIZAN_HKDF_SHA512 = 27,
};

enum bartizan_hash_alg {
	BARTIZAN_SHA256 = 1,
	BARTIZAN_SHA384 = 2,
	BARTIZAN_SHA512 = 3,
	BARTIZAN_SHA3_256 = 4,
	BARTIZAN_SHA3_384 = 5,
	BARTIZAN_SHA3_512 = 6,
	BARTIZAN_SHA224 = 7,
	BARTIZAN_SHA3_224 = 8,
	BARTIZAN_SHA512_256 = 9,
};

/* What a key may be used for: bits. MACs are SIGN and VERIFY. */
enum bartizan_usage {
	BARTIZAN_USE_SIGN = 1,
	BARTIZAN_USE_VERIFY = 2,
	BARTIZAN_USE_ENCRYPT = 4,
	BARTIZAN_USE_DECRYPT = 8,
	BARTIZAN_USE_DERIVE = 16,
};

enum bartizan_flag { /* of a new key */
	BARTIZAN_EXPORTABLE = 1,
	BARTIZAN_BACKUPABLE = 2,
};

enum bartizan_op {
	/* field of struct bartizan_request -> field of the result */
	BARTIZAN_OP_GENERATE =
	    1,		     /* alg, usage, flags, label -> id, output: SPKI */
	BARTIZAN_OP_PUBLIC,  /* id -> output: DER SubjectPublicKeyInfo */
	BARTIZAN_OP_SIGN,    /* id, alg, digest, input -> output */
	BARTIZAN_OP_VERIFY,  /* id, alg, digest, input, proof -> - */
	BARTIZAN_OP_ENCRYPT, /* id, alg, aad, input -> version, nonce, output */
	BARTIZAN_OP_DECRYPT, /* id, version, alg, nonce, aad, input -> output */
	BARTIZAN_OP_MAC,     /* id, alg, input -> version, output */
	BARTIZAN_OP_MAC_VERIFY, /* id, version, alg, input, proof -> - */
	BARTIZAN_OP_DERIVE, /* id, alg, input: peer | salt, info, len -> output */
	BARTIZAN_OP_HASH,   /* alg, input -> output */
	BARTIZAN_OP_RANDOM,  /* len -> output */
	BARTIZAN_OP_ROTATE,  /* id -> version, output: SPKI */
	BARTIZAN_OP_DESTROY, /* id -> - */
	BARTIZAN_OP_IMPORT, /* as GENERATE, and input: the private part -> id */
	BARTIZAN_OP_EXPORT_PRIVATE, /* id -> output */
};

struct bartizan_bytes {
	const uint8_t *p;
	size_t len;
};

/* Set to zero what an operation has no use for. Everything is copied before
 * submit or call returns. */
struct bartizan_request {
	enum bartizan_op op;
	uint8_t id[BARTIZAN_ID_LEN];
	uint16_t alg;	  /* of the key, signature, crypt or hash: see op */
	uint32_t version; /* 0: the newest; DECRYPT: any */
	uint32_t usage;	  /* enum bartizan_usage */
	uint8_t flags;	  /* enum bartizan_flag */
	int digest;	  /* SIGN, VERIFY: input is already hashed */
	size_t len;	  /* RANDOM, HKDF: bytes wanted */
	const char *label;
	struct bartizan_bytes input, proof, nonce, aad, salt, info;
};

/* Borrowed: valid until the next function on the same struct bartizan; in a
 * callback until it returns, or calls bartizan_call or bartizan_process. */
struct bartizan_result {
	int status; /* enum bartizan_status or another number */
	uint8_t id[BARTIZAN_ID_LEN];
	uint32_t version;
	struct bartizan_bytes output, nonce;
};

struct bartizan;

/* socket NULL: $BARTIZAN_HOME/run/kms.sock, else that of the system. backend
 * NULL: the one the administrator set for this application. *out is NULL on
 * BARTIZAN_NOMEM only; else bartizan_error() says what was wrong, and it is to
 * be closed as well. */
int bartizan_open(
    const char *socket, const char *backend, struct bartizan **out);
void bartizan_close(struct bartizan *b); /* NULL is fine; pending: dropped */
/* "soft", "tee-emulated", "pkcs11:NAME"; "" when not connected. */
const char *bartizan_backend(const struct bartizan *b);
/* What was wrong with the last function that failed, and what to do. */
const char *bartizan_error(const struct bartizan *b);
const char *bartizan_strerror(int status);
const char *bartizan_hint(int status);
/* For an answer, ms; default 30,000. */
void bartizan_set_timeout(struct bartizan *b, unsigned ms);

/* Sends and waits. The answers of others that come meanwhile are delivered to
 * their callbacks. */
int bartizan_call(struct bartizan *b, const struct bartizan_request *rq,
    struct bartizan_result *out);

typedef void bartizan_callback(const struct bartizan_result *r, void *arg);
/* Sends. BARTIZAN_OK: fn is called once, from bartizan_process() or
 * bartizan_call(); it may submit. BARTIZAN_AGAIN: too many are under way. */
int bartizan_submit(struct bartizan *b, const struct bartizan_request *rq,
    bartizan_callback *fn, void *arg);
/* To poll for reading; -1 when not connected. It changes when the connection
 * breaks. */
int bartizan_fd(const struct bartizan *b);
size_t bartizan_pending(const struct bartizan *b);
/* Delivers what is there, after waiting at most so long for the first (0: not
 * at all, -1: the timeout). BARTIZAN_GONE: every pending request was delivered
 * with that status. */
int bartizan_process(struct bartizan *b, int wait_ms);

/* The id of the key with this label. BARTIZAN_NOT_FOUND, _AMBIGUOUS. */
int bartizan_find(
    struct bartizan *b, const char *label, uint8_t id[BARTIZAN_ID_LEN]);

/* bartizan_call in one line. */
int bartizan_generate(struct bartizan *b, uint16_t key_alg, uint32_t usage,
    const char *label, uint8_t id[BARTIZAN_ID_LEN]);
int bartizan_sign(struct bartizan *b, const uint8_t id[BARTIZAN_ID_LEN],
    uint16_t alg, const void *message, size_t len, struct bartizan_result *out);
int bartizan_verify(struct bartizan *b, const uint8_t id[BARTIZAN_ID_LEN],
    uint16_t alg, const void *message, size_t len, const void *signature,
    size_t signature_len);
int bartizan_random(struct bartizan *b, void *out, size_t len);

#ifdef __cplusplus
}
#endif
#endif
