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
};

/* Signature algorithm of one request. ECDSA: DER ECDSA-Sig-Value (RFC 3279). */
enum btz_sig_alg {
	BTZ_SIG_ECDSA_SHA256 = 1,
	BTZ_SIG_RSA_PKCS1_SHA256 = 2, /* RFC 8017 8.2 */
	BTZ_SIG_RSA_PSS_SHA256 = 3,   /* RFC 8017 8.1, salt 32 */
	BTZ_SIG_ECDSA_SHA384 = 4,
	BTZ_SIG_ED25519 = 5, /* RFC 8032 5.1: of the message, R || S */
};

enum btz_kind { /* what a key may sign */
	BTZ_KIND_PLAIN = 1,
	BTZ_KIND_ISSUING = 2,	/* TBSCertificate, and the TBSCertList of that CA */
	BTZ_KIND_CRL = 3,	/* reserved: indirect CRLs */
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
};

/* Operations of a lease, and (SIGN, VERIFY, ...) usage of a key: bits. */
enum btz_use {
	BTZ_USE_SIGN = 1u << 0,
	BTZ_USE_VERIFY = 1u << 1,
	BTZ_USE_ENCRYPT = 1u << 2, /* reserved */
	BTZ_USE_DECRYPT = 1u << 3, /* reserved */
	BTZ_USE_DERIVE = 1u << 4,  /* reserved */
	BTZ_USE_EXPORT_PUBLIC = 1u << 8,
	BTZ_USE_GENERATE = 1u << 9,
	BTZ_USE_DESTROY = 1u << 10,
	BTZ_USE_LIST = 1u << 11,
	BTZ_USE_RANDOM = 1u << 12,
	BTZ_USE_CERTIFY = 1u << 13,    /* CERTIFY_ISSUING, ROOT_CERT */
	BTZ_USE_CHECKPOINT = 1u << 14, /* SIGN_CHECKPOINT */
	BTZ_USE_PROVISION = 1u << 15,
	BTZ_USE_CEREMONY = 1u << 16, /* APPROVAL_NONCE, _CANCEL, APPROVED */
};

/* True if a key of this kind takes this input (the table of the design). */
bool btz_kind_takes(uint8_t kind, uint8_t input);
/* Signature algorithms that fit a key algorithm. */
bool btz_sig_fits(uint8_t key_alg, uint16_t sig_alg);
/* Bytes of the digest that is signed; 0: the message itself (Ed25519). */
size_t btz_sig_digest_len(uint16_t sig_alg);
const char *btz_alg_name(uint8_t alg);	 /* "ec-p256", or "?" */
const char *btz_kind_name(uint8_t kind); /* "issuing", or "?" */
const char *btz_protection_name(uint8_t prot);
const char *btz_key_state_name(uint8_t state);
uint8_t btz_alg_by_name(const char *name, size_t len); /* 0: unknown */
uint8_t btz_kind_by_name(const char *name, size_t len);

#endif
