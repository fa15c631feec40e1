/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attributes.h - PSA key attributes and algorithms (PSA Certified Crypto API
 * 1.1, chapters 9 and 10) in a form that can be compared, and as ours. All by
 * tables; what is not in them is not supported.
 */
#ifndef BTZ_PARSEC_ATTRIBUTES_H
#define BTZ_PARSEC_ATTRIBUTES_H

#include "key.pb-c.h"
#include "parsec/status.h"
#include "wire/msg_generate.h"

/* Numbers of KeyType, UsageFlags, Algorithm as on the wire. */
enum btz_ptype {
	BTZ_PT_HMAC = 2,
	BTZ_PT_DERIVE = 3,
	BTZ_PT_AES = 4,
	BTZ_PT_CHACHA20 = 8,
	BTZ_PT_RSA_PUBLIC = 9,
	BTZ_PT_RSA_PAIR = 10,
	BTZ_PT_ECC_PAIR = 11,
	BTZ_PT_ECC_PUBLIC = 12,
};

enum btz_pflag {
	BTZ_PF_EXPORT = 1u << 1,
	BTZ_PF_ENCRYPT = 1u << 4,
	BTZ_PF_DECRYPT = 1u << 5,
	BTZ_PF_SIGN_MESSAGE = 1u << 6,
	BTZ_PF_VERIFY_MESSAGE = 1u << 7,
	BTZ_PF_SIGN_HASH = 1u << 8,
	BTZ_PF_VERIFY_HASH = 1u << 9,
	BTZ_PF_DERIVE = 1u << 10,
};

enum btz_pclass {
	BTZ_PC_NONE = 1,
	BTZ_PC_HASH = 2,
	BTZ_PC_MAC = 3,
	BTZ_PC_CIPHER = 4,
	BTZ_PC_AEAD = 5,
	BTZ_PC_SIGNATURE = 6,
	BTZ_PC_ENCRYPTION = 7,
	BTZ_PC_AGREEMENT = 8,
	BTZ_PC_DERIVATION = 9,
};

#define BTZ_PHASH_ANY 0xffu  /* policy of a key: any hash */
#define BTZ_PS_ECDSA_ANY 5u  /* scheme: a digest of no named hash */
#define BTZ_PALG_OTHER 0xfeu /* understood, and nothing that we have */

struct btz_palg {
	uint8_t cls;	/* enum btz_pclass */
	uint8_t scheme; /* number of the variant, or of the enum */
	uint8_t hash;	/* number of Hash, 0, BTZ_PHASH_ANY */
	uint32_t len;	/* of a shortened MAC or tag; 0: the full one */
};

struct btz_pattr {
	uint8_t type;	/* number of KeyType */
	uint8_t family; /* of an ECC or DH key */
	uint32_t bits;	/* 0 on import: those of the data */
	uint32_t flags; /* enum btz_pflag */
	struct btz_palg alg;
};

/* BTZ_PS_OK or BTZ_PS_ENCODING: a variant is missing, a number unknown. */
uint16_t btz_pattr_read(const Parsec__KeyAttributes *in, struct btz_pattr *out);
uint16_t btz_palg_signature(
    const Parsec__AsymmetricSignature *in, struct btz_palg *out);
uint16_t btz_palg_encryption(
    const Parsec__AsymmetricEncryption *in, struct btz_palg *out);
uint16_t btz_palg_aead(const Parsec__Aead *in, struct btz_palg *out);
uint16_t btz_palg_cipher(int32_t in, struct btz_palg *out);
uint16_t btz_palg_agreement(int32_t in, struct btz_palg *out);
/* *out: enum btz_hash_alg, 0: one that we do not have. */
uint16_t btz_phash(int32_t in, uint8_t *out);

/* Does the policy of a key allow this algorithm? */
bool btz_palg_permits(const struct btz_palg *policy, const struct btz_palg *a);
/* enum btz_sig_alg, btz_crypt_alg; 0: none of ours. */
uint16_t btz_palg_sig(const struct btz_palg *a);
uint16_t btz_palg_crypt(const struct btz_palg *a);

/* Bits of the key in data where the attributes do not say; BTZ_PS_INVALID. */
uint16_t btz_pattr_bits_of(struct btz_pattr *a, struct btz_span data);
/* A key of ours with these attributes: alg, kind, usage, bits, flags, only_*.
 * BTZ_PS_NOT_SUPPORTED, BTZ_PS_INVALID. */
uint16_t btz_pattr_ours(const struct btz_pattr *a, struct btz_generate *out);

#endif
