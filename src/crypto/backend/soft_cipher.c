/* SPDX-License-Identifier: Apache-2.0 */
/*
 * soft_cipher.c - AES modes and ChaCha20-Poly1305 of a hot key. The context
 * stays, the key is set again for each request: that costs less than looking
 * the cipher up, and leaves no state from one request to the next.
 */
#include <openssl/err.h>
#include <string.h>

#include "crypto/backend/soft_crypt.h"
#include "crypto/backend/soft_part.h"

#define TAG_LEN 16u
#define BLOCK_LEN 16u

static const struct cipher {
	uint16_t alg;
	bool aead, padded, blocks; /* blocks: input in whole blocks */
	/* by key length: 16, 24, 32 */
	const EVP_CIPHER *(*of[3])(void);
} ciphers[BTZ_SOFT_CIPHERS] = {
	{ BTZ_CRYPT_AES_GCM, true, false, false,
	    { EVP_aes_128_gcm, EVP_aes_192_gcm, EVP_aes_256_gcm } },
	{ BTZ_CRYPT_AES_CCM, true, false, false,
	    { EVP_aes_128_ccm, EVP_aes_192_ccm, EVP_aes_256_ccm } },
	{ BTZ_CRYPT_AES_CBC, false, true, true,
	    { EVP_aes_128_cbc, EVP_aes_192_cbc, EVP_aes_256_cbc } },
	{ BTZ_CRYPT_AES_CTR, false, false, false,
	    { EVP_aes_128_ctr, EVP_aes_192_ctr, EVP_aes_256_ctr } },
	{ BTZ_CRYPT_CHACHA20_POLY1305, true, false, false,
	    { NULL, NULL, EVP_chacha20_poly1305 } },
	{ BTZ_CRYPT_AES_CBC_NOPAD, false, false, true,
	    { EVP_aes_128_cbc, EVP_aes_192_cbc, EVP_aes_256_cbc } },
};

struct run { /* one request */
	const struct cipher *c;
	EVP_CIPHER_CTX *ctx;
	const struct btz_backend_crypt *rq;
	struct btz_span in; /* without the tag */
	uint8_t *tag;	    /* encrypt: to be written; decrypt: */
	uint8_t expected[TAG_LEN];
	bool seal;
};

static EVP_CIPHER_CTX *
context(struct btz_softkey *key, size_t row, bool seal)
{
	EVP_CIPHER_CTX **at = &key->crypt->cipher[row][seal];
	const EVP_CIPHER *type = ciphers[row].of[key->secret_len / 8 - 2]();

	if (*at != NULL)
		return *at;
	*at = EVP_CIPHER_CTX_new();
	if (*at != NULL &&
	    EVP_CipherInit_ex(*at, type, NULL, NULL, NULL, seal) > 0)
		return *at;
	EVP_CIPHER_CTX_free(*at);
	return *at = NULL;
}

/* CCM (SP 800-38C) builds nonce length, tag length and message length into the
 * first block: all three before key and text. */
static bool
start(const struct run *r, const struct btz_softkey *key)
{
	const bool ccm = r->c->alg == BTZ_CRYPT_AES_CCM;
	int n;

	if (r->c->aead && EVP_CIPHER_CTX_ctrl(r->ctx, EVP_CTRL_AEAD_SET_IVLEN,
			      (int)r->rq->nonce.len, NULL) <= 0)
		return false;
	if (r->c->aead && (ccm || !r->seal) &&
	    EVP_CIPHER_CTX_ctrl(r->ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN,
		r->seal ? NULL : r->tag) <= 0)
		return false;
	if (EVP_CipherInit_ex(r->ctx, NULL, NULL, key->secret, r->rq->nonce.p,
		r->seal) <= 0 ||
	    EVP_CIPHER_CTX_set_padding(r->ctx, r->c->padded) <= 0)
		return false;
	if (ccm &&
	    EVP_CipherUpdate(r->ctx, NULL, &n, NULL, (int)r->in.len) <= 0)
		return false;
	return r->rq->aad.len == 0 ||
	       EVP_CipherUpdate(
		   r->ctx, NULL, &n, r->rq->aad.p, (int)r->rq->aad.len) > 0;
}

/* The last step is where a wrong tag or padding shows; CCM has but the first,
 * and LibreSSL takes the last one there for another message. */
static bool
text(const struct run *r, uint8_t *out, size_t *len)
{
	static const uint8_t nothing[1];
	const uint8_t *in = r->in.len > 0 ? r->in.p : nothing;
	int n = 0, end = 0;

	if (EVP_CipherUpdate(r->ctx, out, &n, in, (int)r->in.len) <= 0)
		return false;
	if (r->c->alg != BTZ_CRYPT_AES_CCM &&
	    EVP_CipherFinal_ex(r->ctx, out + n, &end) <= 0)
		return false;
	*len = (size_t)n + (size_t)end;
	return !r->c->aead || !r->seal ||
	       EVP_CIPHER_CTX_ctrl(
		   r->ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, r->tag) > 0;
}

static enum btz_rc
wrong_length(const struct run *r, struct btz_err *err)
{
	return BTZ_FAIL(err, BTZ_E_INVAL, "%s of %zu bytes",
	    btz_crypt_name(r->c->alg), r->rq->input.len);
}

static enum btz_rc
check_length(struct run *r, struct btz_err *err)
{
	const size_t n = r->rq->input.len;
	/* SP 800-38C A.1: the length has 15 - nonce bytes. */
	const bool ccm_long = r->c->alg == BTZ_CRYPT_AES_CCM &&
			      r->rq->nonce.len == 13 && n > 65535;

	r->in = r->rq->input;
	if (ccm_long || n > 1u << 30)
		return wrong_length(r, err);
	if (r->c->aead && !r->seal) {
		if (n < TAG_LEN)
			return wrong_length(r, err);
		r->in.len -= TAG_LEN;
	}
	if (r->c->blocks && !(r->c->padded && r->seal) &&
	    (n % BLOCK_LEN != 0 || (r->c->padded && n == 0)))
		return wrong_length(r, err);
	return BTZ_OK;
}

static enum btz_rc
run(struct run *r, const struct btz_softkey *key, struct btz_wr *out,
    struct btz_err *err)
{
	const size_t tail = r->c->padded || r->c->aead ? TAG_LEN : 0;
	const size_t room = r->in.len + (r->seal ? tail : 0);
	uint8_t *to = btz_soft_room(out, room, err);
	size_t len = 0;

	if (to == NULL)
		return BTZ_E_TOOBIG;
	r->tag = r->seal ? to + r->in.len : r->expected;
	if (r->c->aead && !r->seal)
		memcpy(r->expected, r->in.p + r->in.len, TAG_LEN);
	if (!start(r, key))
		return btz_soft_failed(err, "cipher");
	if (!text(r, to, &len)) {
		btz_wipe(to, room);
		ERR_clear_error();
		return r->seal ? BTZ_FAIL(err, BTZ_E_INTERNAL, "cipher")
			       : BTZ_FAIL(err, BTZ_E_SIGNATURE, "decrypt");
	}
	out->len += len + (r->c->aead && r->seal ? TAG_LEN : 0);
	return BTZ_OK;
}

enum btz_rc
btz_soft_cipher(struct btz_softkey *key, const struct btz_backend_crypt *rq,
    struct btz_wr *out, struct btz_err *err)
{
	struct run r = { .rq = rq, .seal = rq->verb == BTZ_VERB_ENCRYPT };
	size_t row = 0;
	enum btz_rc rc;

	while (ciphers[row].alg != rq->alg)
		row++;
	r.c = &ciphers[row];
	if ((rc = check_length(&r, err)) != BTZ_OK)
		return rc;
	if ((r.ctx = context(key, row, r.seal)) == NULL)
		return btz_soft_failed(err, "cipher context");
	return run(&r, key, out, err);
}
