/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attributes.c - from protobuf to what can be compared; contract in
 * attributes.h, what is ours of it in ours.c. Every variant that a client may
 * name is accepted here, supported or not: Parsec tells the two apart.
 */
#include "parsec/attributes.h"

#include <string.h>

#include "wire/alg.h"

#define HASH_MAX 15
#define CIPHER_MAX 8
#define AEAD_MAX 3
#define RAW_MAX 2
#define ECC_MAX 9

/* A number of a closed set: 1 to max. */
static uint16_t
number(int32_t in, int32_t max, uint8_t *out)
{
	if (in < 1 || in > max)
		return BTZ_PS_ENCODING;
	*out = (uint8_t)in;
	return BTZ_PS_OK;
}

static uint16_t
with_hash(const Parsec__WithHash *in, uint8_t *hash)
{
	return in == NULL ? BTZ_PS_ENCODING : number(in->hash, HASH_MAX, hash);
}

static uint16_t
with_sign_hash(const Parsec__WithSignHash *in, uint8_t *hash)
{
	if (in == NULL || in->hash == NULL)
		return BTZ_PS_ENCODING;
	if (in->hash->variant_case == PARSEC__SIGN_HASH__VARIANT_SPECIFIC)
		return number(in->hash->specific, HASH_MAX, hash);
	*hash = BTZ_PHASH_ANY;
	return in->hash->variant_case == PARSEC__SIGN_HASH__VARIANT_ANY
		   ? BTZ_PS_OK
		   : BTZ_PS_ENCODING;
}

uint16_t
btz_palg_signature(const Parsec__AsymmetricSignature *in, struct btz_palg *out)
{
	*out = (struct btz_palg){ .cls = BTZ_PC_SIGNATURE };
	if (in == NULL)
		return BTZ_PS_ENCODING;
	out->scheme = (uint8_t)in->variant_case;
	switch (in->variant_case) {
	case PARSEC__ASYMMETRIC_SIGNATURE__VARIANT_RSA_PKCS1:
		return with_sign_hash(in->rsa_pkcs1, &out->hash);
	case PARSEC__ASYMMETRIC_SIGNATURE__VARIANT_RSA_PSS:
		return with_sign_hash(in->rsa_pss, &out->hash);
	case PARSEC__ASYMMETRIC_SIGNATURE__VARIANT_ECDSA:
		return with_sign_hash(in->ecdsa, &out->hash);
	case PARSEC__ASYMMETRIC_SIGNATURE__VARIANT_DETERMINISTIC_ECDSA:
		return with_sign_hash(in->deterministic_ecdsa, &out->hash);
	case PARSEC__ASYMMETRIC_SIGNATURE__VARIANT_RSA_PKCS1_RAW:
	case PARSEC__ASYMMETRIC_SIGNATURE__VARIANT_ECDSA_ANY:
		return BTZ_PS_OK;
	case PARSEC__ASYMMETRIC_SIGNATURE__VARIANT__NOT_SET:
	case _PARSEC__ASYMMETRIC_SIGNATURE__VARIANT__CASE_IS_INT_SIZE:
		break;
	}
	return BTZ_PS_ENCODING;
}

uint16_t
btz_palg_encryption(
    const Parsec__AsymmetricEncryption *in, struct btz_palg *out)
{
	*out = (struct btz_palg){ .cls = BTZ_PC_ENCRYPTION };
	if (in == NULL)
		return BTZ_PS_ENCODING;
	out->scheme = (uint8_t)in->variant_case;
	switch (in->variant_case) {
	case PARSEC__ASYMMETRIC_ENCRYPTION__VARIANT_RSA_PKCS1:
		return BTZ_PS_OK;
	case PARSEC__ASYMMETRIC_ENCRYPTION__VARIANT_RSA_OAEP:
		return with_hash(in->rsa_oaep, &out->hash);
	case PARSEC__ASYMMETRIC_ENCRYPTION__VARIANT__NOT_SET:
	case _PARSEC__ASYMMETRIC_ENCRYPTION__VARIANT__CASE_IS_INT_SIZE:
		break;
	}
	return BTZ_PS_ENCODING;
}

uint16_t
btz_palg_aead(const Parsec__Aead *in, struct btz_palg *out)
{
	*out = (struct btz_palg){ .cls = BTZ_PC_AEAD };
	if (in == NULL)
		return BTZ_PS_ENCODING;
	switch (in->variant_case) {
	case PARSEC__AEAD__VARIANT_DEFAULT_TAG:
		return number(in->default_tag, AEAD_MAX, &out->scheme);
	case PARSEC__AEAD__VARIANT_SHORT_TAG:
		/* the full length, said or not, is the same algorithm */
		out->len = in->short_tag->length == 16 ? 0
						       : in->short_tag->length;
		return number(in->short_tag->aead, AEAD_MAX, &out->scheme);
	case PARSEC__AEAD__VARIANT__NOT_SET:
	case _PARSEC__AEAD__VARIANT__CASE_IS_INT_SIZE:
		break;
	}
	return BTZ_PS_ENCODING;
}

uint16_t
btz_palg_cipher(int32_t in, struct btz_palg *out)
{
	*out = (struct btz_palg){ .cls = BTZ_PC_CIPHER };
	return number(in, CIPHER_MAX, &out->scheme);
}

uint16_t
btz_palg_agreement(int32_t in, struct btz_palg *out)
{
	*out = (struct btz_palg){ .cls = BTZ_PC_AGREEMENT };
	return number(in, RAW_MAX, &out->scheme);
}

uint16_t
btz_phash(int32_t in, uint8_t *out)
{
	static const uint8_t ours[HASH_MAX + 1] = { [6] = BTZ_HASH_SHA224,
		[7] = BTZ_HASH_SHA256,
		[8] = BTZ_HASH_SHA384,
		[9] = BTZ_HASH_SHA512,
		[11] = BTZ_HASH_SHA512_256,
		[12] = BTZ_HASH_SHA3_224,
		[13] = BTZ_HASH_SHA3_256,
		[14] = BTZ_HASH_SHA3_384,
		[15] = BTZ_HASH_SHA3_512 };
	uint8_t i = 0;
	const uint16_t status = number(in, HASH_MAX, &i);

	*out = ours[i];
	return status;
}

static uint16_t
full_mac(const Parsec__FullMac *in, struct btz_palg *out)
{
	if (in == NULL)
		return BTZ_PS_ENCODING;
	out->scheme = (uint8_t)in->variant_case;
	switch (in->variant_case) {
	case PARSEC__FULL_MAC__VARIANT_HMAC:
		return with_hash(in->hmac, &out->hash);
	case PARSEC__FULL_MAC__VARIANT_CBC_MAC:
	case PARSEC__FULL_MAC__VARIANT_CMAC:
		return BTZ_PS_OK;
	case PARSEC__FULL_MAC__VARIANT__NOT_SET:
	case _PARSEC__FULL_MAC__VARIANT__CASE_IS_INT_SIZE:
		break;
	}
	return BTZ_PS_ENCODING;
}

static uint16_t
mac(const Parsec__Mac *in, struct btz_palg *out)
{
	*out = (struct btz_palg){ .cls = BTZ_PC_MAC };
	switch (in->variant_case) {
	case PARSEC__MAC__VARIANT_FULL:
		return full_mac(in->full, out);
	case PARSEC__MAC__VARIANT_TRUNCATED:
		out->len = in->truncated->length;
		return full_mac(in->truncated->mac, out);
	case PARSEC__MAC__VARIANT__NOT_SET:
	case _PARSEC__MAC__VARIANT__CASE_IS_INT_SIZE:
		break;
	}
	return BTZ_PS_ENCODING;
}

static uint16_t
derivation(const Parsec__KeyDerivation *in, struct btz_palg *out)
{
	*out = (struct btz_palg){ .cls = BTZ_PC_DERIVATION };
	if (in == NULL)
		return BTZ_PS_ENCODING;
	out->scheme = (uint8_t)in->variant_case;
	switch (in->variant_case) {
	case PARSEC__KEY_DERIVATION__VARIANT_HKDF:
		return with_hash(in->hkdf, &out->hash);
	case PARSEC__KEY_DERIVATION__VARIANT_TLS12_PRF:
		return with_hash(in->tls12_prf, &out->hash);
	case PARSEC__KEY_DERIVATION__VARIANT_TLS12_PSK_TO_MS:
		return with_hash(in->tls12_psk_to_ms, &out->hash);
	case PARSEC__KEY_DERIVATION__VARIANT__NOT_SET:
	case _PARSEC__KEY_DERIVATION__VARIANT__CASE_IS_INT_SIZE:
		break;
	}
	return BTZ_PS_ENCODING;
}

/* An agreement that ends in a derivation: well-formed, none of ours. */
static uint16_t
agreement(const Parsec__KeyAgreement *in, struct btz_palg *out)
{
	struct btz_palg kdf;
	uint16_t status;

	switch (in->variant_case) {
	case PARSEC__KEY_AGREEMENT__VARIANT_RAW:
		return btz_palg_agreement(in->raw, out);
	case PARSEC__KEY_AGREEMENT__VARIANT_WITH_KDF:
		status = btz_palg_agreement(in->with_kdf->raw, out);
		out->scheme = BTZ_PALG_OTHER;
		return status != BTZ_PS_OK
			   ? status
			   : derivation(in->with_kdf->kdf, &kdf);
	case PARSEC__KEY_AGREEMENT__VARIANT__NOT_SET:
	case _PARSEC__KEY_AGREEMENT__VARIANT__CASE_IS_INT_SIZE:
		break;
	}
	return BTZ_PS_ENCODING;
}

static uint16_t
algorithm(const Parsec__Algorithm *in, struct btz_palg *out)
{
	if (in == NULL)
		return BTZ_PS_ENCODING;
	*out = (struct btz_palg){ .cls = (uint8_t)in->variant_case };
	switch (in->variant_case) {
	case PARSEC__ALGORITHM__VARIANT_NONE:
		return BTZ_PS_OK;
	case PARSEC__ALGORITHM__VARIANT_HASH:
		return number(in->hash, HASH_MAX, &out->hash);
	case PARSEC__ALGORITHM__VARIANT_MAC:
		return mac(in->mac, out);
	case PARSEC__ALGORITHM__VARIANT_CIPHER:
		return btz_palg_cipher(in->cipher, out);
	case PARSEC__ALGORITHM__VARIANT_AEAD:
		return btz_palg_aead(in->aead, out);
	case PARSEC__ALGORITHM__VARIANT_SIGNATURE:
		return btz_palg_signature(in->signature, out);
	case PARSEC__ALGORITHM__VARIANT_ENCRYPTION:
		return btz_palg_encryption(in->encryption, out);
	case PARSEC__ALGORITHM__VARIANT_AGREEMENT:
		return agreement(in->agreement, out);
	case PARSEC__ALGORITHM__VARIANT_DERIVATION:
		return derivation(in->derivation, out);
	case PARSEC__ALGORITHM__VARIANT__NOT_SET:
	case _PARSEC__ALGORITHM__VARIANT__CASE_IS_INT_SIZE:
		break;
	}
	return BTZ_PS_ENCODING;
}

/* ECC and DH keys have a family; DH: only RFC 7919, which is 0. */
static uint16_t
key_type(const Parsec__KeyType *in, struct btz_pattr *out)
{
	if (in == NULL ||
	    in->variant_case == PARSEC__KEY_TYPE__VARIANT__NOT_SET)
		return BTZ_PS_ENCODING;
	out->type = (uint8_t)in->variant_case;
	if (in->variant_case == PARSEC__KEY_TYPE__VARIANT_ECC_PAIR)
		return number(in->ecc_pair->family, ECC_MAX, &out->family);
	if (in->variant_case == PARSEC__KEY_TYPE__VARIANT_ECC_PUBLIC)
		return number(in->ecc_public->family, ECC_MAX, &out->family);
	return BTZ_PS_OK;
}

static uint32_t
usage(const Parsec__UsageFlags *f)
{
	const bool set[] = { false, f->export_key, f->copy, f->cache,
		f->encrypt, f->decrypt, f->sign_message, f->verify_message,
		f->sign_hash, f->verify_hash, f->derive };
	uint32_t flags = 0;

	for (size_t i = 0; i < BTZ_COUNT(set); i++)
		flags |= (uint32_t)set[i] << i;
	/* PSA 1.1, 9.7: who signs hashes signs messages; so with verifying. */
	if (f->sign_hash)
		flags |= BTZ_PF_SIGN_MESSAGE;
	if (f->verify_hash)
		flags |= BTZ_PF_VERIFY_MESSAGE;
	return flags;
}

uint16_t
btz_pattr_read(const Parsec__KeyAttributes *in, struct btz_pattr *out)
{
	uint16_t status;

	memset(out, 0, sizeof(*out));
	if (in == NULL || in->policy == NULL || in->policy->usage == NULL)
		return BTZ_PS_ENCODING;
	out->bits = in->bits;
	out->flags = usage(in->policy->usage);
	status = key_type(in->type, out);
	return status != BTZ_PS_OK
		   ? status
		   : algorithm(in->policy->algorithm, &out->alg);
}
