/* SPDX-License-Identifier: Apache-2.0 */
/* aes.c - GCM, CCM, CBC, CTR and CMAC by TEE_*; contract in key_crypt.h. */
#include <string.h>

#include "key_crypt.h"

#define TAG_LEN 16u
#define BLOCK_LEN 16u

static const struct cipher {
	uint16_t alg;
	bool aead, padded, blocks; /* blocks: input in whole blocks */
	uint32_t tee;
} ciphers[] = {
	{ BTZ_CRYPT_AES_GCM, true, false, false, TEE_ALG_AES_GCM },
	{ BTZ_CRYPT_AES_CCM, true, false, false, TEE_ALG_AES_CCM },
	{ BTZ_CRYPT_AES_CBC, false, true, true, TEE_ALG_AES_CBC_NOPAD },
	{ BTZ_CRYPT_AES_CTR, false, false, false, TEE_ALG_AES_CTR },
	{ BTZ_CRYPT_AES_CBC_NOPAD, false, false, true, TEE_ALG_AES_CBC_NOPAD },
};

struct run { /* one request */
	const struct cipher *c;
	const struct btz_ta_key_crypt *rq;
	struct btz_span key, in; /* in: without the tag */
	bool seal;
	TEE_OperationHandle op;
};

static bool
length_ok(struct run *r)
{
	const size_t n = r->rq->input.len;

	r->in = r->rq->input;
	/* SP 800-38C A.1: the length has 15 - nonce bytes. */
	if (r->c->alg == BTZ_CRYPT_AES_CCM && r->rq->nonce.len == 13 &&
	    n > 65535)
		return false;
	if (r->c->aead && !r->seal) {
		if (n < TAG_LEN)
			return false;
		r->in.len -= TAG_LEN;
	}
	return !r->c->blocks || (r->c->padded && r->seal) ||
	       (n % BLOCK_LEN == 0 && !(r->c->padded && n == 0));
}

/* A span of no bytes may have no address, which TEE_* need not like. */
static const uint8_t *
at(struct btz_span s)
{
	static const uint8_t nothing[1];

	return s.len > 0 ? s.p : nothing;
}

static enum btz_rc
aead(struct run *r, uint8_t *to, size_t *len)
{
	uint8_t tag[TAG_LEN];
	size_t tag_len = TAG_LEN, n = r->in.len;
	TEE_Result res;

	if (TEE_AEInit(r->op, r->rq->nonce.p, r->rq->nonce.len, 8 * TAG_LEN,
		r->rq->aad.len, r->in.len) != TEE_SUCCESS)
		return BTZ_E_INTERNAL;
	if (r->rq->aad.len > 0)
		TEE_AEUpdateAAD(r->op, r->rq->aad.p, r->rq->aad.len);
	if (r->seal) {
		res = TEE_AEEncryptFinal(
		    r->op, at(r->in), r->in.len, to, &n, tag, &tag_len);
		if (res != TEE_SUCCESS || n != r->in.len || tag_len != TAG_LEN)
			return BTZ_E_INTERNAL;
		memcpy(to + n, tag, TAG_LEN);
		*len = n + TAG_LEN;
		return BTZ_OK;
	}
	memcpy(tag, r->in.p + r->in.len, TAG_LEN);
	res = TEE_AEDecryptFinal(
	    r->op, at(r->in), r->in.len, to, &n, tag, TAG_LEN);
	*len = n;
	return res == TEE_SUCCESS	      ? BTZ_OK
	       : res == TEE_ERROR_MAC_INVALID ? BTZ_E_SIGNATURE
					      : BTZ_E_INTERNAL;
}

/* RFC 5652 6.3; 1 to 16 bytes at the end, the same work for every value. */
static enum btz_rc
unpad(const uint8_t *to, size_t *len)
{
	const uint8_t *last = to + *len - 1;
	const uint32_t pad = *last;
	/* 1 if pad is 0 or above a block */
	uint32_t bad = ((pad - 1) >> 31) | ((BLOCK_LEN - pad) >> 31);

	for (uint32_t i = 0; i < BLOCK_LEN; i++) {
		const uint32_t inside = (i - pad) >> 31; /* 1: i < pad */

		bad |= (0u - inside) & (*(last - i) ^ pad);
	}
	if (bad != 0)
		return BTZ_E_SIGNATURE;
	*len -= pad;
	return BTZ_OK;
}

/* Whole blocks, then a last one that is built here. */
static enum btz_rc
pad_and_seal(struct run *r, uint8_t *to, size_t *len)
{
	const size_t whole = r->in.len - r->in.len % BLOCK_LEN,
		     rest = r->in.len - whole, room = whole + BLOCK_LEN;
	uint8_t last[BLOCK_LEN];
	size_t n = room, end;
	enum btz_rc rc = BTZ_OK;

	memset(last, (int)(BLOCK_LEN - rest), sizeof(last));
	if (rest > 0)
		memcpy(last, r->in.p + whole, rest);
	if (whole == 0)
		n = 0;
	else if (TEE_CipherUpdate(r->op, r->in.p, whole, to, &n) != TEE_SUCCESS)
		rc = BTZ_E_INTERNAL;
	end = room - n;
	if (rc == BTZ_OK && (TEE_CipherDoFinal(r->op, last, sizeof(last),
				 to + n, &end) != TEE_SUCCESS ||
				n + end != room))
		rc = BTZ_E_INTERNAL;
	btz_wipe(last, sizeof(last));
	*len = room;
	return rc;
}

static enum btz_rc
plain_cipher(struct run *r, uint8_t *to, size_t *len)
{
	TEE_CipherInit(r->op, r->rq->nonce.p, r->rq->nonce.len);
	if (r->c->padded && r->seal)
		return pad_and_seal(r, to, len);
	*len = r->in.len;
	if (r->in.len > 0 && (TEE_CipherDoFinal(r->op, r->in.p, r->in.len, to,
				  len) != TEE_SUCCESS ||
				 *len != r->in.len))
		return BTZ_E_INTERNAL;
	return r->c->padded ? unpad(to, len) : BTZ_OK;
}

enum btz_rc
ta_crypt_aes(const struct ta_key *k, const struct btz_ta_key_crypt *rq,
    struct btz_wr *out)
{
	struct run r = { .rq = rq,
		.c = ciphers,
		.key = { k->secret, k->secret_len },
		.seal = rq->verb == BTZ_VERB_ENCRYPT };
	size_t len = 0, room;
	uint8_t *to;
	enum btz_rc rc;

	while (r.c->alg != rq->alg)
		r.c++;
	if (!length_ok(&r))
		return BTZ_E_INVAL;
	room = r.in.len + (r.seal && (r.c->aead || r.c->padded) ? TAG_LEN : 0);
	if ((to = ta_crypt_room(out, room)) == NULL)
		return BTZ_E_TOOBIG;
	rc = ta_keyed(r.c->tee, r.seal ? TEE_MODE_ENCRYPT : TEE_MODE_DECRYPT,
	    TEE_TYPE_AES, r.key, &r.op);
	if (rc != BTZ_OK)
		return rc;
	rc = r.c->aead ? aead(&r, to, &len) : plain_cipher(&r, to, &len);
	TEE_FreeOperation(r.op);
	if (rc == BTZ_OK)
		out->len += len;
	else
		btz_wipe(to, room);
	return rc;
}

enum btz_rc
ta_crypt_cmac(const struct ta_key *k, const struct btz_ta_key_crypt *rq,
    struct btz_wr *out)
{
	TEE_OperationHandle op;
	size_t n = BLOCK_LEN;
	uint8_t *to = ta_crypt_room(out, n);
	enum btz_rc rc;

	if (to == NULL)
		return BTZ_E_TOOBIG;
	rc = ta_keyed(TEE_ALG_AES_CMAC, TEE_MODE_MAC, TEE_TYPE_AES,
	    btz_span_of(k->secret, k->secret_len), &op);
	if (rc != BTZ_OK)
		return rc;
	TEE_MACInit(op, NULL, 0);
	if (rq->input.len > 0)
		TEE_MACUpdate(op, rq->input.p, rq->input.len);
	if (TEE_MACComputeFinal(op, NULL, 0, to, &n) != TEE_SUCCESS ||
	    n != BLOCK_LEN)
		rc = BTZ_E_INTERNAL;
	TEE_FreeOperation(op);
	if (rc == BTZ_OK)
		out->len += n;
	return rc;
}
