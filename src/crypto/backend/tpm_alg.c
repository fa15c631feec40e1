/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tpm_alg.c - our algorithms as the TPM's, in tables, and which of them a TPM
 * has: it is asked for its lists of algorithms and commands, and whether it
 * makes keys of each form (TestParms), all in the session.
 */
#include "crypto/backend/tpm_direct.h"

#define KEYS                                                                   \
	(BTZ_TPM_OA_FIXED_TPM | BTZ_TPM_OA_FIXED_PARENT |                      \
	    BTZ_TPM_OA_DATA_ORIGIN | BTZ_TPM_OA_USER_AUTH | BTZ_TPM_OA_NO_DA)

static const struct alg {
	uint8_t alg;
	uint16_t type, curve, bits;
} algs[] = {
	{ BTZ_ALG_EC_P256, BTZ_TPM_ALG_ECC, BTZ_TPM_ECC_P256, 0 },
	{ BTZ_ALG_EC_P384, BTZ_TPM_ALG_ECC, BTZ_TPM_ECC_P384, 0 },
	{ BTZ_ALG_EC_P521, BTZ_TPM_ALG_ECC, BTZ_TPM_ECC_P521, 0 },
	{ BTZ_ALG_RSA_2048, BTZ_TPM_ALG_RSA, 0, 2048 },
	{ BTZ_ALG_RSA_3072, BTZ_TPM_ALG_RSA, 0, 3072 },
	{ BTZ_ALG_RSA_4096, BTZ_TPM_ALG_RSA, 0, 4096 },
	{ BTZ_ALG_AES_128, BTZ_TPM_ALG_SYMCIPHER, 0, 128 },
	{ BTZ_ALG_AES_192, BTZ_TPM_ALG_SYMCIPHER, 0, 192 },
	{ BTZ_ALG_AES_256, BTZ_TPM_ALG_SYMCIPHER, 0, 256 },
	{ BTZ_ALG_SECRET, BTZ_TPM_ALG_KEYEDHASH, 0, 0 },
};

/* What a TPM needs for it; alg 0: nothing more. */
static const struct need {
	uint16_t ours;
	uint16_t alg;
	uint32_t command;
} crypts[] = {
	{ BTZ_CRYPT_RSA_OAEP_SHA256, 0, BTZ_TPM_CC_RSA_DECRYPT },
	{ BTZ_CRYPT_RSA_OAEP_SHA384, 0, BTZ_TPM_CC_RSA_DECRYPT },
	{ BTZ_CRYPT_RSA_OAEP_SHA512, 0, BTZ_TPM_CC_RSA_DECRYPT },
	{ BTZ_CRYPT_RSA_PKCS1, 0, BTZ_TPM_CC_RSA_DECRYPT },
	{ BTZ_CRYPT_AES_CBC, BTZ_TPM_ALG_CBC, BTZ_TPM_CC_ENCRYPT_DECRYPT2 },
	{ BTZ_CRYPT_AES_CBC_NOPAD, BTZ_TPM_ALG_CBC,
	    BTZ_TPM_CC_ENCRYPT_DECRYPT2 },
	{ BTZ_CRYPT_AES_CTR, BTZ_TPM_ALG_CTR, BTZ_TPM_CC_ENCRYPT_DECRYPT2 },
	{ BTZ_CRYPT_HMAC_SHA256, BTZ_TPM_ALG_SHA256, BTZ_TPM_CC_HMAC },
	{ BTZ_CRYPT_HMAC_SHA384, BTZ_TPM_ALG_SHA384, BTZ_TPM_CC_HMAC },
	{ BTZ_CRYPT_HMAC_SHA512, BTZ_TPM_ALG_SHA512, BTZ_TPM_CC_HMAC },
	{ BTZ_CRYPT_ECDH, 0, BTZ_TPM_CC_ECDH_ZGEN },
};

/* A key without either of the two is none (Part 1, 27.3): the usage is looked
 * at before. */
static uint32_t
purpose(uint16_t type, uint32_t usage)
{
	const uint32_t both = (uint32_t)BTZ_USE_ENCRYPT | BTZ_USE_DECRYPT;
	uint32_t a = 0;

	if (type == BTZ_TPM_ALG_KEYEDHASH) /* else bound to one hash */
		return BTZ_TPM_OA_SIGN_ENCRYPT | BTZ_TPM_OA_DECRYPT;
	if (type == BTZ_TPM_ALG_SYMCIPHER) {
		a |= (usage & BTZ_USE_ENCRYPT) != 0 ? BTZ_TPM_OA_SIGN_ENCRYPT
						    : 0;
		a |= (usage & BTZ_USE_DECRYPT) != 0 ? BTZ_TPM_OA_DECRYPT : 0;
	} else {
		a |= (usage & BTZ_USE_SIGN) != 0 ? BTZ_TPM_OA_SIGN_ENCRYPT : 0;
		a |= (usage & (both | BTZ_USE_DERIVE)) != 0 ? BTZ_TPM_OA_DECRYPT
							    : 0;
	}
	return a != 0 ? a : BTZ_TPM_OA_SIGN_ENCRYPT;
}

bool
btz_tpmd_form(uint8_t alg, uint32_t usage, enum btz_tpmd_origin origin,
    struct btz_tpm_keyform *out)
{
	static const uint32_t without[] = {
		[BTZ_TPMD_DRAWN] = 0,
		[BTZ_TPMD_GIVEN] = BTZ_TPM_OA_DATA_ORIGIN,
		[BTZ_TPMD_IMPORTED] = BTZ_TPM_OA_DATA_ORIGIN |
				      BTZ_TPM_OA_FIXED_TPM |
				      BTZ_TPM_OA_FIXED_PARENT,
	};

	for (size_t i = 0; i < BTZ_COUNT(algs); i++)
		if (algs[i].alg == alg) {
			*out = (struct btz_tpm_keyform){ .type = algs[i].type,
				.curve = algs[i].curve,
				.bits = algs[i].bits,
				.attrs = (KEYS & ~without[origin]) |
					 purpose(algs[i].type, usage) };
			return true;
		}
	return false;
}

uint16_t
btz_tpmd_hash(uint8_t hash)
{
	static const uint16_t of[] = { [BTZ_HASH_SHA256] = BTZ_TPM_ALG_SHA256,
		[BTZ_HASH_SHA384] = BTZ_TPM_ALG_SHA384,
		[BTZ_HASH_SHA512] = BTZ_TPM_ALG_SHA512 };

	return hash < BTZ_COUNT(of) ? of[hash] : 0;
}

uint16_t
btz_tpmd_scheme(uint16_t sig)
{
	static const uint16_t of[] = {
		[BTZ_SIG_ECDSA_SHA256] = BTZ_TPM_ALG_ECDSA,
		[BTZ_SIG_ECDSA_SHA384] = BTZ_TPM_ALG_ECDSA,
		[BTZ_SIG_ECDSA_SHA512] = BTZ_TPM_ALG_ECDSA,
		[BTZ_SIG_RSA_PKCS1_SHA256] = BTZ_TPM_ALG_RSASSA,
		[BTZ_SIG_RSA_PKCS1_SHA384] = BTZ_TPM_ALG_RSASSA,
		[BTZ_SIG_RSA_PKCS1_SHA512] = BTZ_TPM_ALG_RSASSA,
		[BTZ_SIG_RSA_PSS_SHA256] = BTZ_TPM_ALG_RSAPSS,
		[BTZ_SIG_RSA_PSS_SHA384] = BTZ_TPM_ALG_RSAPSS,
		[BTZ_SIG_RSA_PSS_SHA512] = BTZ_TPM_ALG_RSAPSS,
	};

	return sig < BTZ_COUNT(of) ? of[sig] : 0;
}

/* Is this number in that list of the TPM? */
static enum btz_rc
listed(struct btz_tpmd *t, uint32_t cap, uint32_t number, bool *is,
    struct btz_err *err)
{
	const struct btz_tpm_in_key_ask in = { .cap = cap, .first = number };
	struct btz_tpm_out_key_ask out;
	const enum btz_rc rc = btz_tpmd_run(
	    t, NULL, &btz_tpm_key_ask, &in, &out, err);

	*is = rc == BTZ_OK && out.cap == cap && out.id == number;
	return rc;
}

static enum btz_rc
ask_algs(struct btz_tpmd *t, struct btz_err *err)
{
	enum btz_rc rc = BTZ_OK;

	for (size_t i = 0; rc == BTZ_OK && i < BTZ_COUNT(algs); i++) {
		struct btz_tpm_keyform form;
		const struct btz_tpm_in_key_form in = { .form = &form };

		(void)btz_tpmd_form(
		    algs[i].alg, BTZ_USE_SIGN, BTZ_TPMD_DRAWN, &form);
		rc = btz_tpmd_run(t, NULL, &btz_tpm_key_test, &in, NULL, err);
		if (rc == BTZ_OK)
			t->algs |= 1u << algs[i].alg;
		else if (rc == BTZ_E_TPM_UNAVAILABLE && t->tpm.tpm_rc != 0)
			rc = BTZ_OK; /* it says no */
	}
	return rc;
}

static enum btz_rc
ask_sigs(struct btz_tpmd *t, struct btz_err *err)
{
	enum btz_rc rc = BTZ_OK;

	for (uint16_t i = 1; rc == BTZ_OK && i < 32; i++) {
		bool scheme = false, hash = false;

		if ((BTZ_TPMD_SIGS & 1u << i) == 0)
			continue;
		rc = listed(
		    t, BTZ_TPM_CAP_ALGS, btz_tpmd_scheme(i), &scheme, err);
		if (rc == BTZ_OK)
			rc = listed(t, BTZ_TPM_CAP_ALGS,
			    btz_tpmd_hash(btz_sig_hash(i)), &hash, err);
		if (scheme && hash)
			t->sigs |= 1u << i;
	}
	return rc;
}

static enum btz_rc
ask_crypts(struct btz_tpmd *t, struct btz_err *err)
{
	enum btz_rc rc = BTZ_OK;

	for (size_t i = 0; rc == BTZ_OK && i < BTZ_COUNT(crypts); i++) {
		bool alg = crypts[i].alg == 0, command = false;

		rc = listed(
		    t, BTZ_TPM_CAP_COMMANDS, crypts[i].command, &command, err);
		if (rc == BTZ_OK && !alg)
			rc = listed(
			    t, BTZ_TPM_CAP_ALGS, crypts[i].alg, &alg, err);
		if (alg && command)
			t->crypts |= 1u << crypts[i].ours;
	}
	return rc;
}

enum btz_rc
btz_tpmd_ask(struct btz_tpmd *t, struct btz_err *err)
{
	const uint32_t aes = 1u << BTZ_CRYPT_AES_CBC | 1u << BTZ_CRYPT_AES_CTR;
	enum btz_rc rc;

	t->algs = t->sigs = t->crypts = 0;
	if ((rc = ask_algs(t, err)) != BTZ_OK ||
	    (rc = ask_sigs(t, err)) != BTZ_OK ||
	    (rc = ask_crypts(t, err)) != BTZ_OK)
		return rc;
	if ((t->crypts & aes) == 0) /* a key that would be of no use */
		t->algs &= ~(1u << BTZ_ALG_AES_128 | 1u << BTZ_ALG_AES_192 |
			     1u << BTZ_ALG_AES_256);
	return BTZ_OK;
}
