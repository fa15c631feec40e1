/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tpm_rsa.c - decryption by RSA keys of a TPM: it computes, the padding is taken
 * off here. TPMs take only labels that end in a zero byte (Part 1, B.4) and one
 * hash a scheme, and tell whether a padding is wrong. Encryption needs no TPM.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* RSA_*: what LibreSSL has too */
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "crypto/backend/soft_crypt.h"
#include "crypto/backend/soft_sign.h"
#include "crypto/backend/tpm_direct.h"
#include "wire/pkcs1.h"

#define EM_MAX BTZ_PKCS1_MAX

/* With the public key of what the TPM has: no command. */
static enum btz_rc
seal(const struct btz_tpmd_job *j, struct btz_wr *out, struct btz_err *err)
{
	struct btz_softkey key = { .alg = j->k->alg, .usage = j->k->usage };
	RSA *rsa = RSA_new();
	BIGNUM *n = BN_bin2bn(j->k->x.p, (int)j->k->x.len, NULL), *e = BN_new();
	enum btz_rc rc;

	key.pkey = EVP_PKEY_new();
	if (rsa != NULL && n != NULL && e != NULL &&
	    BN_set_word(e, 65537) > 0 && RSA_set0_key(rsa, n, e, NULL) > 0) {
		n = e = NULL;
		if (key.pkey != NULL && EVP_PKEY_set1_RSA(key.pkey, rsa) > 0)
			rc = btz_softkey_crypt(&key, j->rq, out, err);
		else
			rc = BTZ_FAIL(err, BTZ_E_INTERNAL, "public key");
	} else {
		rc = BTZ_FAIL(err, BTZ_E_INTERNAL, "public key");
	}
	BN_free(n);
	BN_free(e);
	RSA_free(rsa);
	btz_softkey_close(&key);
	return rc;
}

static enum btz_rc
oaep_unpad(const struct btz_tpmd_job *j, const uint8_t *em, struct btz_wr *out,
    struct btz_err *err)
{
	const EVP_MD *md = btz_soft_md(btz_crypt_hash(j->rq->alg));
	const size_t k = j->k->x.len;
	uint8_t clear[EM_MAX];
	enum btz_rc rc = BTZ_OK;
	int n;

	n = RSA_padding_check_PKCS1_OAEP_mgf1(clear, sizeof(clear), em, (int)k,
	    (int)k, j->rq->aad.p, (int)j->rq->aad.len, md, md);
	ERR_clear_error();
	if (n < 0)
		rc = BTZ_FAIL(err, BTZ_E_SIGNATURE, "decrypt");
	else if (out->failed || out->cap - out->len < (size_t)n)
		rc = BTZ_FAIL(err, BTZ_E_TOOBIG, "answer of %d bytes", n);
	else
		btz_wr_raw(out, clear, (size_t)n);
	btz_wipe(clear, sizeof(clear));
	return rc;
}

/* The private operation alone. TPMs give leading zeros; others are put back. */
static enum btz_rc
raw_decrypt(const struct btz_tpmd_job *j, enum btz_rc as, uint8_t em[EM_MAX],
    struct btz_err *err)
{
	const struct btz_tpm_in_key_data in = { .data = j->rq->input };
	static struct btz_tpm_out_key_data raw;
	const size_t k = j->k->x.len;
	enum btz_rc rc = btz_tpmd_run(
	    j->t, j->k, &btz_tpm_key_rsa_decrypt, &in, &raw, err);

	if (rc != BTZ_OK)
		return btz_tpmd_blame(j, rc, as, err);
	if (raw.len > k || k > EM_MAX) {
		rc = BTZ_FAIL(err, BTZ_E_INTERNAL, "RSA of the TPM");
	} else {
		memset(em, 0, k);
		memcpy(em + k - raw.len, raw.b, raw.len);
	}
	btz_wipe(&raw, sizeof(raw));
	return rc;
}

enum btz_rc
btz_tpmd_oaep(
    const struct btz_tpmd_job *j, struct btz_wr *out, struct btz_err *err)
{
	uint8_t em[EM_MAX];
	enum btz_rc rc;

	if (j->rq->verb == BTZ_VERB_ENCRYPT)
		return seal(j, out, err);
	if (j->rq->input.len != j->k->x.len)
		return BTZ_FAIL(err, BTZ_E_INVAL, "RFC 8017 7.1: %zu bytes",
		    j->rq->input.len);
	rc = raw_decrypt(j, BTZ_E_SIGNATURE, em, err);
	if (rc == BTZ_OK)
		rc = oaep_unpad(j, em, out, err);
	btz_wipe(em, sizeof(em));
	return rc;
}

/* Of a key and a ciphertext, without the private exponent: pkcs1.h. */
struct rejection {
	const struct btz_tpm_crypto *c;
	uint8_t secret[32];
};

static bool
prf(void *arg, struct btz_span in, uint8_t out[32])
{
	const struct rejection *r = arg;

	return r->c->hmac(r->c->arg, BTZ_TPM_ALG_SHA256,
		   btz_span_of(r->secret, sizeof(r->secret)), &in, 1,
		   out) == BTZ_OK;
}

static enum btz_rc
pkcs1_unpad(const struct btz_tpmd_job *j, struct btz_pkcs1 *p,
    struct btz_wr *out, struct btz_err *err)
{
	const struct btz_span parts[2] = {
		btz_span_str("btz/1 tpm-direct pkcs1"), j->rq->input
	};
	struct rejection r = { .c = &j->t->crypto };
	size_t len = 0;
	enum btz_rc rc = r.c->hmac(r.c->arg, BTZ_TPM_ALG_SHA256,
	    btz_span_of(j->k->auth, sizeof(j->k->auth)), parts, 2, r.secret);

	if (rc != BTZ_OK || !btz_pkcs1_open(p, prf, &r, &len))
		rc = BTZ_FAIL(err, BTZ_E_INTERNAL, "PKCS#1");
	else if (out->failed || out->cap - out->len < p->k)
		rc = BTZ_FAIL(err, BTZ_E_TOOBIG, "answer of %zu bytes", p->k);
	else
		btz_wr_raw(out, p->em, len);
	btz_wipe(&r, sizeof(r));
	return rc;
}

enum btz_rc
btz_tpmd_pkcs1(
    const struct btz_tpmd_job *j, struct btz_wr *out, struct btz_err *err)
{
	struct btz_pkcs1 p = { .k = j->k->x.len };
	enum btz_rc rc;

	if (j->rq->verb == BTZ_VERB_ENCRYPT)
		return seal(j, out, err);
	if (j->rq->input.len != p.k)
		return BTZ_FAIL(err, BTZ_E_INVAL, "RFC 8017 7.2: %zu bytes",
		    j->rq->input.len);
	rc = raw_decrypt(j, BTZ_E_INVAL, p.em, err);
	if (rc == BTZ_OK)
		rc = pkcs1_unpad(j, &p, out, err);
	btz_wipe(&p, sizeof(p));
	return rc;
}
