/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rsa.c - RSA by TEE_*: a key is RSAPrivateKey in the TA's memory, and an
 * object of the TEE for one operation, because the objects of 64 open keys do
 * not fit into the heap of OP-TEE's core (docs/decisions/0021).
 */
#include "rsa.h"

#include <string.h>

#include "der/spki.h"
#include "key_crypt.h"
#include "rsa_key.h"

#define DRAWS 3

static const uint32_t attrs[TA_RSA_NUMBERS] = { TEE_ATTR_RSA_MODULUS,
	TEE_ATTR_RSA_PUBLIC_EXPONENT, TEE_ATTR_RSA_PRIVATE_EXPONENT,
	TEE_ATTR_RSA_PRIME1, TEE_ATTR_RSA_PRIME2, TEE_ATTR_RSA_EXPONENT1,
	TEE_ATTR_RSA_EXPONENT2, TEE_ATTR_RSA_COEFFICIENT };

static const struct sig {
	uint16_t alg; /* enum btz_sig_alg */
	bool pss;
	uint32_t tee;
} sigs[] = {
	{ BTZ_SIG_RSA_PKCS1_SHA256, false, TEE_ALG_RSASSA_PKCS1_V1_5_SHA256 },
	{ BTZ_SIG_RSA_PKCS1_SHA384, false, TEE_ALG_RSASSA_PKCS1_V1_5_SHA384 },
	{ BTZ_SIG_RSA_PKCS1_SHA512, false, TEE_ALG_RSASSA_PKCS1_V1_5_SHA512 },
	{ BTZ_SIG_RSA_PSS_SHA256, true, TEE_ALG_RSASSA_PKCS1_PSS_MGF1_SHA256 },
	{ BTZ_SIG_RSA_PSS_SHA384, true, TEE_ALG_RSASSA_PKCS1_PSS_MGF1_SHA384 },
	{ BTZ_SIG_RSA_PSS_SHA512, true, TEE_ALG_RSASSA_PKCS1_PSS_MGF1_SHA512 },
};
/* An operation with the pair, or with its public half. */
static enum btz_rc
begin(const struct ta_key *k, uint32_t alg, uint32_t mode,
    TEE_OperationHandle *op)
{
	const bool public = mode == TEE_MODE_VERIFY || mode == TEE_MODE_ENCRYPT;
	const uint32_t n = public ? 2 : TA_RSA_NUMBERS,
		       bits = (uint32_t)btz_alg_bits(k->alg);
	TEE_Attribute a[TA_RSA_NUMBERS];
	TEE_ObjectHandle key;
	struct ta_rsa rsa;
	enum btz_rc rc = BTZ_E_INTERNAL;

	if (!ta_rsa_read(btz_span_of(k->secret, k->secret_len), &rsa))
		return BTZ_E_INTERNAL;
	if (TEE_AllocateTransientObject(
		public ? TEE_TYPE_RSA_PUBLIC_KEY : TEE_TYPE_RSA_KEYPAIR, bits,
		&key) != TEE_SUCCESS)
		return BTZ_E_NOMEM;
	for (uint32_t i = 0; i < n; i++)
		TEE_InitRefAttribute(&a[i], attrs[i], rsa.v[i].p, rsa.v[i].len);
	if (TEE_PopulateTransientObject(key, a, n) == TEE_SUCCESS)
		rc = TEE_AllocateOperation(op, alg, mode, bits) == TEE_SUCCESS
			 ? BTZ_OK
			 : BTZ_E_NOMEM;
	if (rc == BTZ_OK && TEE_SetOperationKey(*op, key) != TEE_SUCCESS) {
		TEE_FreeOperation(*op);
		rc = BTZ_E_INTERNAL;
	}
	TEE_FreeTransientObject(key);
	return rc;
}

static enum btz_rc
sign(const struct ta_key *k, const struct sig *s, struct btz_span digest,
    uint8_t *out)
{
	size_t len = btz_alg_bits(k->alg) / 8, want = len;
	TEE_OperationHandle op;
	TEE_Attribute salt;
	enum btz_rc rc = begin(k, s->tee, TEE_MODE_SIGN, &op);

	if (rc != BTZ_OK)
		return rc;
	TEE_InitValueAttribute(
	    &salt, TEE_ATTR_RSA_PSS_SALT_LENGTH, (uint32_t)digest.len, 0);
	if (TEE_AsymmetricSignDigest(op, s->pss ? &salt : NULL, s->pss ? 1 : 0,
		digest.p, digest.len, out, &len) != TEE_SUCCESS ||
	    len != want)
		rc = BTZ_E_INTERNAL;
	TEE_FreeOperation(op);
	return rc;
}

static enum btz_rc
verify(const struct ta_key *k, const struct sig *s, struct btz_span digest,
    const uint8_t *sig)
{
	TEE_OperationHandle op;
	TEE_Attribute salt;
	enum btz_rc rc = begin(k, s->tee, TEE_MODE_VERIFY, &op);

	if (rc != BTZ_OK)
		return rc;
	TEE_InitValueAttribute(
	    &salt, TEE_ATTR_RSA_PSS_SALT_LENGTH, (uint32_t)digest.len, 0);
	if (TEE_AsymmetricVerifyDigest(op, s->pss ? &salt : NULL,
		s->pss ? 1 : 0, digest.p, digest.len, sig,
		btz_alg_bits(k->alg) / 8) != TEE_SUCCESS)
		rc = BTZ_E_INTERNAL;
	TEE_FreeOperation(op);
	return rc;
}

enum btz_rc
ta_rsa_sign(const struct ta_key *k, uint16_t alg, struct btz_span digest,
    struct btz_wr *out)
{
	const struct sig *s = sigs;
	uint8_t sig[TA_RSA_MAX];
	enum btz_rc rc;

	while (s->alg != alg)
		s++;
	rc = sign(k, s, digest, sig);
	if (rc == BTZ_OK)
		rc = verify(k, s, digest, sig);
	if (rc == BTZ_OK)
		btz_wr_raw(out, sig, btz_alg_bits(k->alg) / 8);
	btz_wipe(sig, sizeof(sig));
	return rc == BTZ_OK && !btz_wr_ok(out) ? BTZ_E_TOOBIG : rc;
}

static bool
get_numbers(TEE_ObjectHandle key, uint8_t buf[TA_RSA_NUMBERS][TA_RSA_MAX],
    struct ta_rsa *out)
{
	for (size_t i = 0; i < TA_RSA_NUMBERS; i++) {
		size_t n = TA_RSA_MAX;

		if (TEE_GetObjectBufferAttribute(key, attrs[i], buf[i], &n) !=
		    TEE_SUCCESS)
			return false;
		out->v[i] = btz_span_of(buf[i], n);
		while (out->v[i].len > 0 && out->v[i].p[0] == 0) {
			out->v[i].p++;
			out->v[i].len--;
		}
	}
	return true;
}

/* One key; BTZ_E_AGAIN: not one of the size that was asked for. */
static enum btz_rc
draw(uint32_t bits, struct ta_parts *out)
{
	uint8_t buf[TA_RSA_NUMBERS][TA_RSA_MAX];
	TEE_ObjectHandle key;
	struct ta_rsa rsa;
	struct btz_wr secret, spki;
	enum btz_rc rc = BTZ_E_INTERNAL;

	if (TEE_AllocateTransientObject(TEE_TYPE_RSA_KEYPAIR, bits, &key) !=
	    TEE_SUCCESS)
		return BTZ_E_NOMEM;
	btz_wr_init(&secret, out->secret, sizeof(out->secret));
	btz_wr_init(&spki, out->spki, sizeof(out->spki));
	if (TEE_GenerateKey(key, bits, NULL, 0) == TEE_SUCCESS &&
	    get_numbers(key, buf, &rsa)) {
		ta_rsa_write(&secret, &rsa);
		btz_spki_put_rsa(&spki, rsa.v[TA_RSA_N], rsa.v[TA_RSA_E]);
		rc = ta_rsa_sound(&rsa, bits) ? BTZ_OK : BTZ_E_AGAIN;
	}
	TEE_FreeTransientObject(key);
	btz_wipe(buf, sizeof(buf));
	if (rc == BTZ_OK && (!btz_wr_ok(&secret) || !btz_wr_ok(&spki)))
		rc = BTZ_E_INTERNAL;
	out->secret_len = secret.len;
	out->spki_len = spki.len;
	return rc;
}

enum btz_rc
ta_rsa_draw(uint8_t alg, uint16_t bits, struct ta_parts *out)
{
	enum btz_rc rc = BTZ_E_AGAIN;

	if (bits != 0)
		return BTZ_E_INVAL;
	for (int i = 0; rc == BTZ_E_AGAIN && i < DRAWS; i++)
		rc = draw((uint32_t)btz_alg_bits(alg), out);
	return rc == BTZ_E_AGAIN ? BTZ_E_INTERNAL : rc;
}

enum btz_rc
ta_rsa_load(struct ta_key *k, struct btz_span secret, struct btz_span spki)
{
	uint8_t own[BTZ_SPKI_MAX];
	struct ta_rsa rsa;
	struct btz_wr wr;

	if (!ta_rsa_read(secret, &rsa) ||
	    !ta_rsa_sound(&rsa, btz_alg_bits(k->alg)))
		return BTZ_E_KEY_BLOB;
	btz_wr_init(&wr, own, sizeof(own));
	btz_spki_put_rsa(&wr, rsa.v[TA_RSA_N], rsa.v[TA_RSA_E]);
	if (!btz_wr_ok(&wr) || !btz_span_eq(btz_wr_span(&wr), spki))
		return BTZ_E_KEY_BLOB;
	return ta_keys_hold(k, secret);
}

static uint32_t
oaep_of(uint16_t alg)
{
	return alg == BTZ_CRYPT_RSA_OAEP_SHA512
		   ? TEE_ALG_RSAES_PKCS1_OAEP_MGF1_SHA512
	       : alg == BTZ_CRYPT_RSA_OAEP_SHA384
		   ? TEE_ALG_RSAES_PKCS1_OAEP_MGF1_SHA384
		   : TEE_ALG_RSAES_PKCS1_OAEP_MGF1_SHA256;
}

/* A TEE may end the TA for a number that is not below the modulus. */
static bool
below_modulus(const struct ta_key *k, struct btz_span c)
{
	struct ta_rsa rsa;

	return ta_rsa_read(btz_span_of(k->secret, k->secret_len), &rsa) &&
	       rsa.v[TA_RSA_N].len == c.len &&
	       memcmp(c.p, rsa.v[TA_RSA_N].p, c.len) < 0;
}

static enum btz_rc
oaep(const struct ta_key *k, const struct btz_ta_key_crypt *rq, uint8_t *to,
    size_t *len)
{
	const bool seal = rq->verb == BTZ_VERB_ENCRYPT;
	const uint32_t n = rq->aad.len > 0 ? 1 : 0;
	TEE_OperationHandle op;
	TEE_Attribute label;
	TEE_Result res;
	enum btz_rc rc = begin(k, oaep_of(rq->alg),
	    seal ? TEE_MODE_ENCRYPT : TEE_MODE_DECRYPT, &op);

	if (rc != BTZ_OK)
		return rc;
	TEE_InitRefAttribute(
	    &label, TEE_ATTR_RSA_OAEP_LABEL, rq->aad.p, rq->aad.len);
	res = seal ? TEE_AsymmetricEncrypt(op, n > 0 ? &label : NULL, n,
			 rq->input.p, rq->input.len, to, len)
		   : TEE_AsymmetricDecrypt(op, n > 0 ? &label : NULL, n,
			 rq->input.p, rq->input.len, to, len);
	TEE_FreeOperation(op);
	if (res == TEE_SUCCESS)
		return BTZ_OK;
	return seal ? BTZ_E_INTERNAL : BTZ_E_SIGNATURE;
}

enum btz_rc
ta_crypt_oaep(const struct ta_key *k, const struct btz_ta_key_crypt *rq,
    struct btz_wr *out)
{
	const size_t len = btz_alg_bits(k->alg) / 8,
		     h = btz_hash_len(btz_crypt_hash(rq->alg));
	const bool seal = rq->verb == BTZ_VERB_ENCRYPT;
	uint8_t text[TA_RSA_MAX];
	size_t n = sizeof(text);
	enum btz_rc rc;

	if (seal ? rq->input.len > len - 2 * h - 2 : rq->input.len != len)
		return BTZ_E_INVAL;
	if (!seal && !below_modulus(k, rq->input))
		return BTZ_E_SIGNATURE;
	rc = oaep(k, rq, text, &n);
	if (rc == BTZ_OK && ta_crypt_room(out, n) == NULL)
		rc = BTZ_E_TOOBIG;
	if (rc == BTZ_OK)
		btz_wr_raw(out, text, n);
	btz_wipe(text, sizeof(text));
	return rc;
}
