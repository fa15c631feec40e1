/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alg.h - closed sets that keys are described by. Numbers are stable: they
 * stand in frames, in key blobs and in databases.
 */
#ifndef BTZ_WIRE_ALG_H
#define BTZ_WIRE_ALG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum btz_key_alg {
	BTZ_ALG_EC_P256 = 1,
	BTZ_ALG_RSA_2048 = 2,
	BTZ_ALG_EC_P384 = 3,
	BTZ_ALG_ED25519 = 4,
	BTZ_ALG_EC_P521 = 5,
	BTZ_ALG_RSA_3072 = 6,
	BTZ_ALG_RSA_4096 = 7,
	BTZ_ALG_X25519 = 8,
	BTZ_ALG_AES_128 = 9,
	BTZ_ALG_AES_192 = 10,
	BTZ_ALG_AES_256 = 11,
	BTZ_ALG_CHACHA20 = 12,
	BTZ_ALG_SECRET = 13, /* any length, for HMAC and HKDF */
};

/* What has the same operations and the same form of its private part. */
enum btz_family {
	BTZ_FAMILY_EC = 1, /* NIST curves; big-endian private value */
	BTZ_FAMILY_RSA,	   /* RSAPrivateKey (RFC 8017 A.1.2) */
	BTZ_FAMILY_ED,	   /* seed (RFC 8032 5.1.5) */
	BTZ_FAMILY_X,	   /* scalar (RFC 7748 5) */
	BTZ_FAMILY_AES,	   /* the key; the rest likewise */
	BTZ_FAMILY_CHACHA,
	BTZ_FAMILY_SECRET,
};

/* Signature algorithm of one request. ECDSA: DER ECDSA-Sig-Value (RFC 3279).
 * DET: the nonce of RFC 6979. */
enum btz_sig_alg {
	BTZ_SIG_ECDSA_SHA256 = 1,
	BTZ_SIG_RSA_PKCS1_SHA256 = 2, /* RFC 8017 8.2 */
	BTZ_SIG_RSA_PSS_SHA256 = 3,   /* RFC 8017 8.1, salt 32 */
	BTZ_SIG_ECDSA_SHA384 = 4,
	BTZ_SIG_ED25519 = 5, /* RFC 8032 5.1: of the message, R || S */
	BTZ_SIG_ECDSA_SHA512 = 6,
	BTZ_SIG_ECDSA_DET_SHA256 = 7,
	BTZ_SIG_ECDSA_DET_SHA384 = 8,
	BTZ_SIG_ECDSA_DET_SHA512 = 9,
	BTZ_SIG_RSA_PKCS1_SHA384 = 10,
	BTZ_SIG_RSA_PKCS1_SHA512 = 11,
	BTZ_SIG_RSA_PSS_SHA384 = 12, /* salt as long as the hash */
	BTZ_SIG_RSA_PSS_SHA512 = 13,
};

/* What a key does besides signing: algorithm of ENCRYPT, DECRYPT, MAC,
 * MAC_VERIFY, DERIVE. AEAD output: ciphertext || tag of 16 bytes. */
enum btz_crypt_alg {
	BTZ_CRYPT_AES_GCM = 1, /* SP 800-38D; nonce 12 */
	BTZ_CRYPT_AES_CCM = 2, /* SP 800-38C; nonce 7 to 13, default 12 */
	BTZ_CRYPT_AES_CBC = 3, /* PKCS#7 padding (RFC 5652 6.3); IV 16 */
	BTZ_CRYPT_AES_CTR = 4, /* SP 800-38A 6.5; first counter block 16 */
	BTZ_CRYPT_CHACHA20_POLY1305 = 5, /* RFC 8439 2.8; nonce 12 */
	BTZ_CRYPT_RSA_OAEP_SHA256 = 6,	 /* RFC 8017 7.1; MGF1 same hash; */
	BTZ_CRYPT_RSA_OAEP_SHA384 = 7,	 /* aad is the label */
	BTZ_CRYPT_RSA_OAEP_SHA512 = 8,
	BTZ_CRYPT_AES_CBC_NOPAD = 9, /* whole blocks */
	BTZ_CRYPT_RSA_PKCS1 = 10,    /* RFC 8017 7.2; pkcs1.h */
	BTZ_CRYPT_HMAC_SHA256 = 16,  /* RFC 2104 */
	BTZ_CRYPT_HMAC_SHA384 = 17,
	BTZ_CRYPT_HMAC_SHA512 = 18,
	BTZ_CRYPT_CMAC = 19, /* AES (SP 800-38B) */
	BTZ_CRYPT_ECDH = 24, /* SP 800-56A 5.7.1.2 x of the point; RFC 7748 6 */
	BTZ_CRYPT_HKDF_SHA256 = 25, /* RFC 5869 */
	BTZ_CRYPT_HKDF_SHA384 = 26,
	BTZ_CRYPT_HKDF_SHA512 = 27,
};

enum btz_verb { /* operations of a key that take a btz_crypt_alg */
	BTZ_VERB_ENCRYPT = 1,
	BTZ_VERB_DECRYPT = 2,
	BTZ_VERB_MAC = 3, /* also under MAC_VERIFY: the service compares */
	BTZ_VERB_DERIVE = 4,
};

enum btz_hash_alg { /* FIPS 180-4, FIPS 202 */
	BTZ_HASH_SHA256 = 1,
	BTZ_HASH_SHA384 = 2,
	BTZ_HASH_SHA512 = 3,
	BTZ_HASH_SHA3_256 = 4,
	BTZ_HASH_SHA3_384 = 5,
	BTZ_HASH_SHA3_512 = 6,
	BTZ_HASH_SHA224 = 7,
	BTZ_HASH_SHA3_224 = 8,
	BTZ_HASH_SHA512_256 = 9,
};

enum btz_kind { /* what a key may sign */
	BTZ_KIND_PLAIN = 1,
	BTZ_KIND_ISSUING =
	    2,		  /* TBSCertificate, and the TBSCertList of that CA */
	BTZ_KIND_CRL = 3, /* reserved: indirect CRLs */
	BTZ_KIND_OCSP = 4,
	BTZ_KIND_TLS = 5,
	BTZ_KIND_ROOT = 6,
	BTZ_KIND_CHECKPOINT = 7,
};

enum btz_input { /* what the input of a sign request is */
	BTZ_IN_DIGEST = 1,
	BTZ_IN_MESSAGE = 2,
	BTZ_IN_TBS_CERT = 3,
	BTZ_IN_TBS_CRL = 4,
	BTZ_IN_OCSP = 5,
	BTZ_IN_CHECKPOINT = 6,
	BTZ_IN_TLS_CV = 7,
};

enum btz_protection {
	BTZ_PROT_SOFT = 1,
	BTZ_PROT_TEE = 2,
	BTZ_PROT_TPM = 3,
	BTZ_PROT_HSM = 4,
};

enum btz_key_state {
	BTZ_KEY_ENABLED = 1,
	BTZ_KEY_DISABLED = 2,
	BTZ_KEY_DESTROYED = 3,
	BTZ_KEY_DOOMED = 4, /* to be destroyed at a time; may be taken back */
};

/* Operations of a lease, and (SIGN, VERIFY, ...) usage of a key: bits. */
enum btz_use {
	BTZ_USE_SIGN = 1u << 0,
	BTZ_USE_VERIFY = 1u << 1,
	BTZ_USE_ENCRYPT = 1u << 2,
	BTZ_USE_DECRYPT = 1u << 3,
	BTZ_USE_DERIVE = 1u << 4, /* DERIVE: agreement, HKDF */
	BTZ_USE_EXPORT_PUBLIC = 1u << 8,
	BTZ_USE_GENERATE = 1u << 9,
	BTZ_USE_DESTROY = 1u << 10,
	BTZ_USE_LIST = 1u << 11,
	BTZ_USE_RANDOM = 1u << 12,
	BTZ_USE_CERTIFY = 1u << 13,    /* CERTIFY_ISSUING, ROOT_CERT */
	BTZ_USE_CHECKPOINT = 1u << 14, /* SIGN_CHECKPOINT */
	BTZ_USE_PROVISION = 1u << 15,
	BTZ_USE_CEREMONY = 1u << 16, /* APPROVAL_NONCE, _CANCEL, APPROVED */
	BTZ_USE_IMPORT = 1u << 17,
	BTZ_USE_EXPORT_PRIVATE = 1u << 18,
	BTZ_USE_MANAGE = 1u << 19, /* ROTATE, KEY_CHANGE */
	BTZ_USE_BACKUP = 1u << 20, /* BACKUP, RESTORE */
};
/* Of a key, beside enum btz_keyblob_flags: looked at by the service, never in
 * a blob. */
enum btz_key_flag {
	/* ENCRYPT takes the caller's nonce, and the caller answers for it. */
	BTZ_KEYFLAG_CALLER_NONCE = 1u << 7,
};

/* MAC and MAC_VERIFY are SIGN and VERIFY of a key, HASH needs RANDOM. */
#define BTZ_USES_OF_KEY                                                        \
	((uint32_t)(BTZ_USE_SIGN | BTZ_USE_VERIFY | BTZ_USE_ENCRYPT |          \
		    BTZ_USE_DECRYPT | BTZ_USE_DERIVE))

/* True if a key of this kind takes this input (the table of the design). */
bool btz_kind_takes(uint8_t kind, uint8_t input);
uint8_t btz_family(uint8_t key_alg); /* enum btz_family; 0: unknown */
/* Bits of the modulus, the curve or the key; 0: unknown, or any (SECRET). */
unsigned btz_alg_bits(uint8_t key_alg);
/* What a plain key of this algorithm can be for: of BTZ_USES_OF_KEY. */
uint32_t btz_alg_uses(uint8_t key_alg);
/* Signature algorithms that fit a key algorithm. A digest longer than the
 * curve is cut (FIPS 186-5 6.4.1), a shorter one is not taken. */
bool btz_sig_fits(uint8_t key_alg, uint16_t sig_alg);
bool btz_crypt_fits(uint8_t key_alg, uint8_t verb, uint16_t crypt_alg);
/* True for those that authenticate what they encrypt. */
bool btz_crypt_is_aead(uint16_t crypt_alg);
/* True for those that tell right from wrong when they decrypt: AEAD, OAEP. The
 * same take associated data (OAEP: the label). */
bool btz_crypt_tells(uint16_t crypt_alg);
/* True for those that a key does only if it was made for nothing else
 * (only_crypt): docs/decisions/0027. */
bool btz_crypt_named_only(uint16_t crypt_alg);
/* Bytes that a nonce or IV has when the service draws it; 0: none. */
size_t btz_crypt_nonce_len(uint16_t crypt_alg);
size_t btz_hash_len(uint8_t hash_alg); /* 0: unknown */
/* enum btz_hash_alg that sig_alg or crypt_alg hashes with; 0: none. */
uint8_t btz_sig_hash(uint16_t sig_alg);
uint8_t btz_crypt_hash(uint16_t crypt_alg);
/* Bytes of the digest that is signed; 0: the message itself (Ed25519). */
size_t btz_sig_digest_len(uint16_t sig_alg);
const char *btz_alg_name(uint8_t alg);	 /* "ec-p256", or "?" */
const char *btz_kind_name(uint8_t kind); /* "issuing", or "?" */
const char *btz_protection_name(uint8_t prot);
const char *btz_key_state_name(uint8_t state);
uint8_t btz_alg_by_name(const char *name, size_t len); /* 0: unknown */
uint8_t btz_kind_by_name(const char *name, size_t len);
const char *btz_sig_name(uint16_t sig_alg); /* "ecdsa-sha256", or "?" */
uint16_t btz_sig_by_name(const char *name, size_t len);
const char *btz_crypt_name(uint16_t crypt_alg); /* "aes-gcm", or "?" */
uint16_t btz_crypt_by_name(const char *name, size_t len);
const char *btz_hash_name(uint8_t hash_alg); /* "sha256", or "?" */
uint8_t btz_hash_by_name(const char *name, size_t len);

#endif
