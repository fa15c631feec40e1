/* SPDX-License-Identifier: Apache-2.0 */
/* ours.c - which of PSA's key types and algorithms are ours; contract in
 * attributes.h. Start at the two tables. */
#include <string.h>

#include "der/der.h"
#include "parsec/attributes.h"
#include "wire/alg.h"
#include "wire/keyblob.h"

#define FAMILY_R1 2u
#define FAMILY_MONTGOMERY 9u

static const struct {
	uint8_t type, family;
	uint32_t bits; /* 0: any */
	uint8_t alg;   /* enum btz_key_alg */
	size_t len;    /* of its private part; 0: by its form */
} keys[] = {
	{ BTZ_PT_HMAC, 0, 0, BTZ_ALG_SECRET, 0 },
	{ BTZ_PT_DERIVE, 0, 0, BTZ_ALG_SECRET, 0 },
	{ BTZ_PT_AES, 0, 128, BTZ_ALG_AES_128, 16 },
	{ BTZ_PT_AES, 0, 192, BTZ_ALG_AES_192, 24 },
	{ BTZ_PT_AES, 0, 256, BTZ_ALG_AES_256, 32 },
	{ BTZ_PT_CHACHA20, 0, 256, BTZ_ALG_CHACHA20, 32 },
	{ BTZ_PT_RSA_PAIR, 0, 2048, BTZ_ALG_RSA_2048, 0 },
	{ BTZ_PT_RSA_PAIR, 0, 3072, BTZ_ALG_RSA_3072, 0 },
	{ BTZ_PT_RSA_PAIR, 0, 4096, BTZ_ALG_RSA_4096, 0 },
	{ BTZ_PT_ECC_PAIR, FAMILY_R1, 256, BTZ_ALG_EC_P256, 32 },
	{ BTZ_PT_ECC_PAIR, FAMILY_R1, 384, BTZ_ALG_EC_P384, 48 },
	{ BTZ_PT_ECC_PAIR, FAMILY_R1, 521, BTZ_ALG_EC_P521, 66 },
	{ BTZ_PT_ECC_PAIR, FAMILY_MONTGOMERY, 255, BTZ_ALG_X25519, 32 },
};

static const struct {
	uint8_t cls, scheme, hash;
	uint16_t alg; /* SIGNATURE: enum btz_sig_alg, else btz_crypt_alg */
} algs[] = {
	{ BTZ_PC_MAC, 1, 7, BTZ_CRYPT_HMAC_SHA256 },
	{ BTZ_PC_MAC, 1, 8, BTZ_CRYPT_HMAC_SHA384 },
	{ BTZ_PC_MAC, 1, 9, BTZ_CRYPT_HMAC_SHA512 },
	{ BTZ_PC_MAC, 3, 0, BTZ_CRYPT_CMAC },
	{ BTZ_PC_CIPHER, 2, 0, BTZ_CRYPT_AES_CTR },
	{ BTZ_PC_CIPHER, 7, 0, BTZ_CRYPT_AES_CBC_NOPAD },
	{ BTZ_PC_CIPHER, 8, 0, BTZ_CRYPT_AES_CBC },
	{ BTZ_PC_AEAD, 1, 0, BTZ_CRYPT_AES_CCM },
	{ BTZ_PC_AEAD, 2, 0, BTZ_CRYPT_AES_GCM },
	{ BTZ_PC_AEAD, 3, 0, BTZ_CRYPT_CHACHA20_POLY1305 },
	{ BTZ_PC_SIGNATURE, 1, 7, BTZ_SIG_RSA_PKCS1_SHA256 },
	{ BTZ_PC_SIGNATURE, 1, 8, BTZ_SIG_RSA_PKCS1_SHA384 },
	{ BTZ_PC_SIGNATURE, 1, 9, BTZ_SIG_RSA_PKCS1_SHA512 },
	{ BTZ_PC_SIGNATURE, 3, 7, BTZ_SIG_RSA_PSS_SHA256 },
	{ BTZ_PC_SIGNATURE, 3, 8, BTZ_SIG_RSA_PSS_SHA384 },
	{ BTZ_PC_SIGNATURE, 3, 9, BTZ_SIG_RSA_PSS_SHA512 },
	{ BTZ_PC_SIGNATURE, 4, 7, BTZ_SIG_ECDSA_SHA256 },
	{ BTZ_PC_SIGNATURE, 4, 8, BTZ_SIG_ECDSA_SHA384 },
	{ BTZ_PC_SIGNATURE, 4, 9, BTZ_SIG_ECDSA_SHA512 },
	{ BTZ_PC_SIGNATURE, 6, 7, BTZ_SIG_ECDSA_DET_SHA256 },
	{ BTZ_PC_SIGNATURE, 6, 8, BTZ_SIG_ECDSA_DET_SHA384 },
	{ BTZ_PC_SIGNATURE, 6, 9, BTZ_SIG_ECDSA_DET_SHA512 },
	{ BTZ_PC_ENCRYPTION, 1, 0, BTZ_CRYPT_RSA_PKCS1 },
	{ BTZ_PC_ENCRYPTION, 2, 7, BTZ_CRYPT_RSA_OAEP_SHA256 },
	{ BTZ_PC_ENCRYPTION, 2, 8, BTZ_CRYPT_RSA_OAEP_SHA384 },
	{ BTZ_PC_ENCRYPTION, 2, 9, BTZ_CRYPT_RSA_OAEP_SHA512 },
	{ BTZ_PC_AGREEMENT, 2, 0, BTZ_CRYPT_ECDH },
	{ BTZ_PC_DERIVATION, 1, 7, BTZ_CRYPT_HKDF_SHA256 },
	{ BTZ_PC_DERIVATION, 1, 8, BTZ_CRYPT_HKDF_SHA384 },
	{ BTZ_PC_DERIVATION, 1, 9, BTZ_CRYPT_HKDF_SHA512 },
};

static uint16_t
find_alg(const struct btz_palg *a)
{
	for (size_t i = 0; i < BTZ_COUNT(algs); i++)
		if (algs[i].cls == a->cls && algs[i].scheme == a->scheme &&
		    algs[i].hash == a->hash && a->len == 0)
			return algs[i].alg;
	return 0;
}

uint16_t
btz_palg_sig(const struct btz_palg *a)
{
	return a->cls == BTZ_PC_SIGNATURE ? find_alg(a) : 0;
}

uint16_t
btz_palg_crypt(const struct btz_palg *a)
{
	return a->cls == BTZ_PC_SIGNATURE ? 0 : find_alg(a);
}

bool
btz_palg_permits(const struct btz_palg *policy, const struct btz_palg *a)
{
	const bool same = policy->cls == a->cls &&
			  policy->scheme == a->scheme && policy->len == a->len;

	return same &&
	       (policy->hash == a->hash || (policy->hash == BTZ_PHASH_ANY &&
					       a->cls == BTZ_PC_SIGNATURE));
}

/* RSAPrivateKey (RFC 8017 A.1.2): version, then the modulus. */
static uint32_t
rsa_bits(struct btz_span data)
{
	struct btz_rd rd, in;
	struct btz_span n;
	uint64_t version;
	uint32_t bits;

	btz_rd_span(&rd, data);
	if (!btz_der_enter(&rd, BTZ_DER_SEQ, &in) ||
	    !btz_der_u64(&in, &version) || !btz_der_positive(&in, &n))
		return 0;
	if (n.p[0] == 0 && n.len > 1)
		n = btz_span_of(n.p + 1, n.len - 1);
	bits = (uint32_t)(8 * n.len);
	for (uint8_t top = n.p[0]; (top & 0x80u) == 0;
	     top = (uint8_t)(top << 1))
		bits--;
	return bits;
}

uint16_t
btz_pattr_bits_of(struct btz_pattr *a, struct btz_span data)
{
	uint32_t bits = (uint32_t)(8 * data.len);

	if (a->type == BTZ_PT_RSA_PAIR)
		bits = rsa_bits(data);
	for (size_t i = 0; i < BTZ_COUNT(keys); i++)
		if (keys[i].type == a->type && keys[i].family == a->family &&
		    keys[i].len == data.len && data.len != 0)
			bits = keys[i].bits;
	if (bits == 0 || (a->bits != 0 && a->bits != bits))
		return BTZ_PS_INVALID;
	a->bits = bits;
	return BTZ_PS_OK;
}

static uint8_t
find_key(const struct btz_pattr *a)
{
	for (size_t i = 0; i < BTZ_COUNT(keys); i++)
		if (keys[i].type == a->type && keys[i].family == a->family &&
		    (keys[i].bits == 0 || keys[i].bits == a->bits))
			return keys[i].alg;
	return 0;
}

/* What the flags mean for a key of this algorithm; flags that mean nothing
 * for it are allowed and give nothing. */
static uint32_t
usage(const struct btz_pattr *a)
{
	static const struct {
		uint32_t flags, classes, use;
	} rows[] = {
		{ BTZ_PF_SIGN_MESSAGE | BTZ_PF_SIGN_HASH,
		    1u << BTZ_PC_SIGNATURE | 1u << BTZ_PC_MAC, BTZ_USE_SIGN },
		{ BTZ_PF_VERIFY_MESSAGE | BTZ_PF_VERIFY_HASH,
		    1u << BTZ_PC_SIGNATURE | 1u << BTZ_PC_MAC, BTZ_USE_VERIFY },
		{ BTZ_PF_ENCRYPT,
		    1u << BTZ_PC_CIPHER | 1u << BTZ_PC_AEAD |
			1u << BTZ_PC_ENCRYPTION,
		    BTZ_USE_ENCRYPT },
		{ BTZ_PF_DECRYPT,
		    1u << BTZ_PC_CIPHER | 1u << BTZ_PC_AEAD |
			1u << BTZ_PC_ENCRYPTION,
		    BTZ_USE_DECRYPT },
		{ BTZ_PF_DERIVE,
		    1u << BTZ_PC_AGREEMENT | 1u << BTZ_PC_DERIVATION,
		    BTZ_USE_DERIVE },
	};
	uint32_t use = 0;

	for (size_t i = 0; i < BTZ_COUNT(rows); i++)
		if ((a->flags & rows[i].flags) != 0 &&
		    (rows[i].classes & 1u << a->alg.cls) != 0)
			use |= rows[i].use;
	return use;
}

/* The algorithm that stands for the policy when it is asked whether a key can
 * do it: of any hash, one. */
static struct btz_palg
example(const struct btz_palg *policy, unsigned bits)
{
	struct btz_palg a = *policy;

	if (a.cls == BTZ_PC_SIGNATURE && a.scheme == BTZ_PS_ECDSA_ANY) {
		a.scheme = 4;
		a.hash = BTZ_PHASH_ANY;
	}
	if (a.hash == BTZ_PHASH_ANY)
		a.hash = bits == 384 ? 8 : bits == 521 ? 9 : 7;
	return a;
}

static bool
fits(const struct btz_generate *g, const struct btz_palg *a)
{
	static const uint8_t verbs[] = { BTZ_VERB_ENCRYPT, BTZ_VERB_MAC,
		BTZ_VERB_DERIVE };

	if (a->cls == BTZ_PC_SIGNATURE)
		return btz_sig_fits(g->alg, btz_palg_sig(a));
	for (size_t i = 0; i < BTZ_COUNT(verbs); i++)
		if (btz_crypt_fits(g->alg, verbs[i], btz_palg_crypt(a)))
			return true;
	return false;
}

uint16_t
btz_pattr_ours(const struct btz_pattr *a, struct btz_generate *out)
{
	const struct btz_palg ex = example(&a->alg, a->bits);

	memset(out, 0, sizeof(*out));
	out->alg = find_key(a);
	if (out->alg == 0 || find_alg(&ex) == 0)
		return BTZ_PS_NOT_SUPPORTED;
	out->kind = BTZ_KIND_PLAIN;
	out->usage = usage(a);
	out->only_sig = btz_palg_sig(&a->alg);
	out->only_crypt = btz_palg_crypt(&a->alg);
	if (!fits(out, &ex))
		return BTZ_PS_INVALID;
	/* A key pair for nothing but its export: whoever has it verifies. */
	if (out->usage == 0 && a->alg.cls == BTZ_PC_SIGNATURE)
		out->usage = BTZ_USE_VERIFY;
	if (out->usage == 0)
		return BTZ_PS_NOT_SUPPORTED;
	if (out->alg == BTZ_ALG_SECRET) {
		if (a->bits == 0 || a->bits % 8 != 0 ||
		    a->bits > 8 * BTZ_SECRET_MAX)
			return BTZ_PS_INVALID;
		out->bits = (uint16_t)a->bits;
	}
	if ((a->flags & BTZ_PF_EXPORT) != 0)
		out->flags |= BTZ_KEYBLOB_EXPORTABLE;
	if (a->alg.cls == BTZ_PC_AEAD)
		out->flags |= BTZ_KEYFLAG_CALLER_NONCE; /* PSA: the caller's */
	return BTZ_PS_OK;
}
