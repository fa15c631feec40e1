/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pkcs11_rsa.c - RSAES-PKCS1-v1_5 (RFC 8017 7.2): the token does the raw RSA, the
 * padding is taken off here and never told to be wrong (wire/pkcs1.h, decision
 * 0027). Encryption needs the public key alone.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* RSA_get0_key: LibreSSL has it too */
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "crypto/backend/pkcs11.h"
#include "wire/pkcs1.h"

static EVP_PKEY *
public_of(const struct btz_p11_key *k)
{
	const uint8_t *p = k->spki;

	return p == NULL ? NULL : d2i_PUBKEY(NULL, &p, (long)k->spki_len);
}

/* RFC 8017 5.1.2; that can be seen without the key. */
static bool
in_range(EVP_PKEY *public, struct btz_span in)
{
	RSA *rsa = EVP_PKEY_get1_RSA(public);
	BIGNUM *c = BN_bin2bn(in.p, (int)in.len, NULL);
	const BIGNUM *n = NULL;
	bool ok;

	if (rsa != NULL)
		RSA_get0_key(rsa, &n, NULL, NULL);
	ok = c != NULL && n != NULL && BN_cmp(c, n) < 0;
	BN_free(c);
	RSA_free(rsa);
	return ok;
}

/* Of the key and this ciphertext. The private exponent stays in the token: the
 * file key is what nobody outside has. */
static bool
rejection_key(const struct btz_p11 *t, const struct btz_p11_key *k,
    struct btz_span in, uint8_t out[32])
{
	static const char what[] = "bartizan pkcs11 rsa-pkcs1";
	uint8_t text[sizeof(what) + BTZ_ID_LEN], own[32];
	unsigned n = 32;
	bool ok;

	memcpy(text, what, sizeof(what));
	memcpy(text + sizeof(what), k->id, BTZ_ID_LEN);
	ok = HMAC(EVP_sha256(), t->kek, sizeof(t->kek), text, sizeof(text), own,
		 &n) != NULL &&
	     HMAC(EVP_sha256(), own, 32, in.p, in.len, out, &n) != NULL;
	btz_wipe(own, sizeof(own));
	return ok;
}

static bool
prf(void *arg, struct btz_span in, uint8_t out[32])
{
	unsigned n = 32;

	return HMAC(EVP_sha256(), arg, 32, in.p, in.len, out, &n) != NULL;
}

/* k bytes, zeros in front that a token may leave out. */
static enum btz_rc
raw(struct btz_p11 *t, const struct btz_p11_key *k, struct btz_span in,
    struct btz_pkcs1 *p, struct btz_err *err)
{
	CK_MECHANISM m = { CKM_RSA_X_509, NULL, 0 };
	CK_ULONG n = in.len;
	CK_RV rv = t->f->C_DecryptInit(t->session, &m, k->object);

	if (rv == CKR_OK)
		rv = t->f->C_Decrypt(t->session, (CK_BYTE_PTR)(uintptr_t)in.p,
		    in.len, p->em, &n);
	if (rv != CKR_OK || n > in.len)
		return btz_p11_failed(
		    t, rv != CKR_OK ? rv : CKR_GENERAL_ERROR, "RSA", err);
	memmove(p->em + (in.len - n), p->em, n);
	memset(p->em, 0, in.len - n);
	p->k = in.len;
	return BTZ_OK;
}

static enum btz_rc
decrypt(struct btz_p11 *t, const struct btz_p11_key *k, struct btz_span in,
    struct btz_wr *out, struct btz_err *err)
{
	struct btz_pkcs1 p = { .k = 0 };
	uint8_t secret[32];
	size_t len = 0;
	enum btz_rc rc = raw(t, k, in, &p, err);

	if (rc == BTZ_OK && (!rejection_key(t, k, in, secret) ||
				!btz_pkcs1_open(&p, prf, secret, &len)))
		rc = BTZ_FAIL(err, BTZ_E_INTERNAL, "PKCS#1");
	if (rc == BTZ_OK && out->cap - out->len < in.len)
		rc = BTZ_FAIL(err, BTZ_E_TOOBIG, "%zu bytes", in.len);
	if (rc == BTZ_OK)
		btz_wr_raw(out, p.em, len);
	btz_wipe(&p, sizeof(p));
	btz_wipe(secret, sizeof(secret));
	return rc;
}

static enum btz_rc
encrypt(EVP_PKEY *public, struct btz_span in, size_t k, struct btz_wr *out,
    struct btz_err *err)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(public, NULL);
	size_t n = k;
	bool ok;

	if (out->cap - out->len < k) {
		EVP_PKEY_CTX_free(ctx);
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "%zu bytes", k);
	}
	ok = ctx != NULL && EVP_PKEY_encrypt_init(ctx) > 0 &&
	     EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0 &&
	     EVP_PKEY_encrypt(ctx, out->buf + out->len, &n, in.p, in.len) > 0;
	EVP_PKEY_CTX_free(ctx);
	if (!ok)
		return BTZ_FAIL(err, BTZ_E_INTERNAL, "libcrypto: PKCS#1");
	out->len += n;
	return BTZ_OK;
}

enum btz_rc
btz_p11_pkcs1(struct btz_p11 *t, const struct btz_p11_key *k,
    const struct btz_backend_crypt *rq, struct btz_wr *out, struct btz_err *err)
{
	const size_t size = btz_alg_bits(k->alg) / 8;
	const bool seal = rq->verb == BTZ_VERB_ENCRYPT;
	EVP_PKEY *public;
	enum btz_rc rc;

	if (size > BTZ_PKCS1_MAX ||
	    (seal ? rq->input.len > size - BTZ_PKCS1_PADDING
		  : rq->input.len != size))
		return BTZ_FAIL(
		    err, BTZ_E_INVAL, "RFC 8017 7.2: %zu bytes", rq->input.len);
	if ((public = public_of(k)) == NULL)
		rc = BTZ_FAIL(err, BTZ_E_INTERNAL, "public key");
	else if (seal)
		rc = encrypt(public, rq->input, size, out, err);
	else if (in_range(public, rq->input))
		rc = decrypt(t, k, rq->input, out, err);
	else
		rc = BTZ_FAIL(err, BTZ_E_INVAL,
		    "RFC 8017 5.1.2: not smaller than the modulus");
	EVP_PKEY_free(public);
	ERR_clear_error();
	return rc;
}
