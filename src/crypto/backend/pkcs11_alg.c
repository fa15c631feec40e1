/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pkcs11_alg.c - our algorithms as mechanisms of PKCS #11 2.40 (Ed25519: 3.0).
 * Not here, as no token at hand can be tested with them: CCM, OAEP with
 * SHA-2, X25519, HKDF. No mechanism has RFC 6979. CKM_RSA_PKCS tells a wrong
 * padding: not used to decrypt (decision 0027), but the raw CKM_RSA_X_509.
 */
#include <stdlib.h>

#include "crypto/backend/pkcs11.h"

static const uint8_t p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03,
	0x01, 0x07 };
static const uint8_t p384[] = { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22 };
static const uint8_t p521[] = { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23 };
static const uint8_t ed25519[] = { 0x06, 0x03, 0x2b, 0x65, 0x70 };

#define PAIR CKO_PRIVATE_KEY
#define ONE CKO_SECRET_KEY
#define EC CKM_EC_KEY_PAIR_GEN
#define RSA CKM_RSA_PKCS_KEY_PAIR_GEN

static const struct btz_p11_alg algs[] = {
	{ BTZ_ALG_EC_P256, EC, PAIR, p256, sizeof(p256), 65 },
	{ BTZ_ALG_EC_P384, EC, PAIR, p384, sizeof(p384), 97 },
	{ BTZ_ALG_EC_P521, EC, PAIR, p521, sizeof(p521), 133 },
	{ BTZ_ALG_ED25519, CKM_EC_EDWARDS_KEY_PAIR_GEN, PAIR, ed25519,
	    sizeof(ed25519), 32 },
	{ BTZ_ALG_RSA_2048, RSA, PAIR, NULL, 0, 2048 },
	{ BTZ_ALG_RSA_3072, RSA, PAIR, NULL, 0, 3072 },
	{ BTZ_ALG_RSA_4096, RSA, PAIR, NULL, 0, 4096 },
	{ BTZ_ALG_AES_128, CKM_AES_KEY_GEN, ONE, NULL, 0, 16 },
	{ BTZ_ALG_AES_192, CKM_AES_KEY_GEN, ONE, NULL, 0, 24 },
	{ BTZ_ALG_AES_256, CKM_AES_KEY_GEN, ONE, NULL, 0, 32 },
	{ BTZ_ALG_SECRET, CKM_GENERIC_SECRET_KEY_GEN, ONE, NULL, 0, 32 },
};

/* DigestInfo (RFC 8017 9.2, note 1) up to the digest */
#define INFO(oid, n)                                                           \
	{                                                                      \
		0x30, 17 + (n), 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48,      \
		    0x01, 0x65, 0x03, 0x04, 0x02, (oid), 0x05, 0x00, 0x04, (n) \
	}
static const uint8_t info256[] = INFO(1, 32), info384[] = INFO(2, 48),
		     info512[] = INFO(3, 64);
#define PREFIX(info) 0, 0, info, sizeof(info)
#define PSS(bits) CKM_RSA_PKCS_PSS, CKM_SHA##bits, CKG_MGF1_SHA##bits, NULL, 0

static const struct btz_p11_sig sigs[] = {
	{ BTZ_SIG_ECDSA_SHA256, CKM_ECDSA, 0, 0, NULL, 0 },
	{ BTZ_SIG_ECDSA_SHA384, CKM_ECDSA, 0, 0, NULL, 0 },
	{ BTZ_SIG_ECDSA_SHA512, CKM_ECDSA, 0, 0, NULL, 0 },
	{ BTZ_SIG_ED25519, CKM_EDDSA, 0, 0, NULL, 0 },
	{ BTZ_SIG_RSA_PKCS1_SHA256, CKM_RSA_PKCS, PREFIX(info256) },
	{ BTZ_SIG_RSA_PKCS1_SHA384, CKM_RSA_PKCS, PREFIX(info384) },
	{ BTZ_SIG_RSA_PKCS1_SHA512, CKM_RSA_PKCS, PREFIX(info512) },
	{ BTZ_SIG_RSA_PSS_SHA256, PSS(256) },
	{ BTZ_SIG_RSA_PSS_SHA384, PSS(384) },
	{ BTZ_SIG_RSA_PSS_SHA512, PSS(512) },
};

static const struct btz_p11_crypt crypts[] = {
	{ BTZ_CRYPT_AES_GCM, CKM_AES_GCM, 12 },
	{ BTZ_CRYPT_AES_CBC, CKM_AES_CBC_PAD, 16 },
	{ BTZ_CRYPT_AES_CBC_NOPAD, CKM_AES_CBC, 16 },
	{ BTZ_CRYPT_AES_CTR, CKM_AES_CTR, 16 },
	{ BTZ_CRYPT_RSA_PKCS1, CKM_RSA_X_509, 0 },
	{ BTZ_CRYPT_HMAC_SHA256, CKM_SHA256_HMAC, 0 },
	{ BTZ_CRYPT_HMAC_SHA384, CKM_SHA384_HMAC, 0 },
	{ BTZ_CRYPT_HMAC_SHA512, CKM_SHA512_HMAC, 0 },
	{ BTZ_CRYPT_CMAC, CKM_AES_CMAC, 0 },
	{ BTZ_CRYPT_ECDH, CKM_ECDH1_DERIVE, 0 },
};

const struct btz_p11_alg *
btz_p11_alg_of(uint8_t alg)
{
	for (size_t i = 0; i < BTZ_COUNT(algs); i++)
		if (algs[i].alg == alg)
			return &algs[i];
	return NULL;
}

const struct btz_p11_sig *
btz_p11_sig_of(uint16_t alg)
{
	for (size_t i = 0; i < BTZ_COUNT(sigs); i++)
		if (sigs[i].alg == alg)
			return &sigs[i];
	return NULL;
}

const struct btz_p11_crypt *
btz_p11_crypt_of(uint16_t alg)
{
	for (size_t i = 0; i < BTZ_COUNT(crypts); i++)
		if (crypts[i].alg == alg)
			return &crypts[i];
	return NULL;
}

/* Sizes as the token says them: bits of RSA and EC. */
static bool
makes(const struct btz_p11 *t, const struct btz_p11_alg *a)
{
	/* Tokens count those of Ed25519 as 255 or 256. */
	const CK_ULONG bits = btz_alg_bits(a->alg) +
			      (a->alg == BTZ_ALG_ED25519);
	CK_MECHANISM_INFO i;

	if (t->f->C_GetMechanismInfo(t->slot, a->generate, &i) != CKR_OK)
		return false;
	/* AES: bytes in the standard, bits in some tokens. */
	return a->object == ONE || i.ulMaxKeySize == 0 ||
	       (i.ulMinKeySize <= bits && bits <= i.ulMaxKeySize);
}

/* An HMAC that wants more than the usual secret of 32 bytes (SoftHSM2: SHA-384
 * and SHA-512) would fail with most keys: not offered. *min: what it wants. */
static bool
takes_secrets(const struct btz_p11 *t, CK_MECHANISM_TYPE m, CK_ULONG *min)
{
	CK_MECHANISM_INFO i;

	*min = 0;
	if (m != CKM_SHA256_HMAC && m != CKM_SHA384_HMAC &&
	    m != CKM_SHA512_HMAC)
		return true;
	if (t->f->C_GetMechanismInfo(t->slot, m, &i) != CKR_OK ||
	    i.ulMinKeySize > 32)
		return false;
	*min = i.ulMinKeySize;
	return true;
}

static bool
has(const CK_MECHANISM_TYPE *list, CK_ULONG n, CK_MECHANISM_TYPE m)
{
	for (CK_ULONG i = 0; i < n; i++)
		if (list[i] == m)
			return true;
	return false;
}

static void
compare(struct btz_p11 *t, const CK_MECHANISM_TYPE *list, CK_ULONG n)
{
	CK_ULONG min;

	t->algs = t->sigs = t->crypts = 0;
	t->secret_min = 0;
	for (size_t i = 0; i < BTZ_COUNT(algs); i++)
		if (has(list, n, algs[i].generate) && makes(t, &algs[i]))
			t->algs |= 1u << algs[i].alg;
	for (size_t i = 0; i < BTZ_COUNT(sigs); i++)
		if (has(list, n, sigs[i].mechanism))
			t->sigs |= 1u << sigs[i].alg;
	for (size_t i = 0; i < BTZ_COUNT(crypts); i++) {
		if (!has(list, n, crypts[i].mechanism) ||
		    !takes_secrets(t, crypts[i].mechanism, &min))
			continue;
		t->crypts |= 1u << crypts[i].alg;
		if (min > t->secret_min)
			t->secret_min = min;
	}
}

enum btz_rc
btz_p11_ask_mechanisms(struct btz_p11 *t, struct btz_err *err)
{
	CK_MECHANISM_TYPE *list = NULL;
	CK_ULONG n = 0;
	CK_RV rv = t->f->C_GetMechanismList(t->slot, NULL, &n);

	if (rv == CKR_OK && n > 0 && n < 4096)
		list = calloc(n, sizeof(*list));
	if (list != NULL)
		rv = t->f->C_GetMechanismList(t->slot, list, &n);
	if (list != NULL && rv == CKR_OK)
		compare(t, list, n);
	free(list);
	return list != NULL && rv == CKR_OK
		   ? BTZ_OK
		   : BTZ_FAIL(err, BTZ_E_TEE_DOWN,
			 "token '%.32s': mechanisms: %s", t->token->conf.token,
			 btz_p11_name(rv));
}
