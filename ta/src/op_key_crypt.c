/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_key_crypt.c - a plain key encrypts, decrypts, makes a MAC or derives. What
 * the key is and may do was read from its blob; verb, algorithm and lengths are
 * the client's and are judged here, whatever the service judged before.
 */
#include "key_crypt.h"

enum gives { AAD = 1, INPUT = 2, HKDF = 4 };

static const struct how {
	uint16_t alg;  /* enum btz_crypt_alg */
	uint8_t takes; /* enum gives */
	uint8_t nonce_min, nonce_max;
	ta_crypt_fn *fn;
} hows[] = {
	{ BTZ_CRYPT_AES_GCM, AAD | INPUT, 12, 12, ta_crypt_aes },
	{ BTZ_CRYPT_AES_CCM, AAD | INPUT, 7, 13, ta_crypt_aes },
	{ BTZ_CRYPT_AES_CBC, INPUT, 16, 16, ta_crypt_aes },
	{ BTZ_CRYPT_AES_CTR, INPUT, 16, 16, ta_crypt_aes },
	{ BTZ_CRYPT_AES_CBC_NOPAD, INPUT, 16, 16, ta_crypt_aes },
	{ BTZ_CRYPT_RSA_OAEP_SHA256, AAD | INPUT, 0, 0, ta_crypt_oaep },
	{ BTZ_CRYPT_RSA_OAEP_SHA384, AAD | INPUT, 0, 0, ta_crypt_oaep },
	{ BTZ_CRYPT_RSA_OAEP_SHA512, AAD | INPUT, 0, 0, ta_crypt_oaep },
	{ BTZ_CRYPT_HMAC_SHA256, INPUT, 0, 0, ta_crypt_hmac },
	{ BTZ_CRYPT_HMAC_SHA384, INPUT, 0, 0, ta_crypt_hmac },
	{ BTZ_CRYPT_HMAC_SHA512, INPUT, 0, 0, ta_crypt_hmac },
	{ BTZ_CRYPT_CMAC, INPUT, 0, 0, ta_crypt_cmac },
	{ BTZ_CRYPT_ECDH, INPUT, 0, 0, ta_crypt_agree },
	{ BTZ_CRYPT_HKDF_SHA256, HKDF, 0, 0, ta_crypt_hkdf },
	{ BTZ_CRYPT_HKDF_SHA384, HKDF, 0, 0, ta_crypt_hkdf },
	{ BTZ_CRYPT_HKDF_SHA512, HKDF, 0, 0, ta_crypt_hkdf },
};

uint32_t
ta_crypt_algs(void)
{
	uint32_t mask = 0;

	for (size_t i = 0; i < BTZ_COUNT(hows); i++)
		mask |= 1u << hows[i].alg;
	return mask;
}

static const struct how *
how_of(uint16_t alg)
{
	for (size_t i = 0; i < BTZ_COUNT(hows); i++)
		if (hows[i].alg == alg)
			return &hows[i];
	return NULL;
}

/* MAC: also to verify one, which the service does by comparing. */
static bool
usage_allows(uint32_t usage, uint8_t verb)
{
	static const uint32_t of_verb[] = {
		[BTZ_VERB_ENCRYPT] = BTZ_USE_ENCRYPT,
		[BTZ_VERB_DECRYPT] = BTZ_USE_DECRYPT,
		[BTZ_VERB_MAC] = (uint32_t)BTZ_USE_SIGN | BTZ_USE_VERIFY,
		[BTZ_VERB_DERIVE] = BTZ_USE_DERIVE,
	};

	return verb < BTZ_COUNT(of_verb) && (usage & of_verb[verb]) != 0;
}

static enum btz_rc
check_key(const struct ta_key *k, const struct btz_ta_key_crypt *rq)
{
	if (k == NULL)
		return BTZ_E_NOENT;
	if (k->kind != BTZ_KIND_PLAIN)
		return BTZ_E_KEY_KIND;
	if (how_of(rq->alg) == NULL)
		return BTZ_E_UNSUPPORTED;
	if (!btz_crypt_fits(k->alg, rq->verb, rq->alg))
		return BTZ_E_KEY_ALG;
	if (!usage_allows(k->operations, rq->verb))
		return BTZ_E_KEY_USAGE;
	if (k->not_after != 0 && rq->now > k->not_after)
		return BTZ_E_EXPIRED;
	return BTZ_OK;
}

static bool
empty_unless(const struct how *h, uint8_t what, struct btz_span s)
{
	return s.len == 0 || (h->takes & what) != 0;
}

static enum btz_rc
check_given(const struct btz_ta_key_crypt *rq)
{
	const struct how *h = how_of(rq->alg);

	return rq->nonce.len >= h->nonce_min && rq->nonce.len <= h->nonce_max &&
		       empty_unless(h, AAD, rq->aad) &&
		       empty_unless(h, INPUT, rq->input) &&
		       empty_unless(h, HKDF, rq->salt) &&
		       empty_unless(h, HKDF, rq->info) &&
		       (rq->len == 0 || (h->takes & HKDF) != 0)
		   ? BTZ_OK
		   : BTZ_E_INVAL;
}

uint8_t *
ta_crypt_room(struct btz_wr *out, size_t len)
{
	return out->failed || out->cap - out->len < len ? NULL
							: out->buf + out->len;
}

enum btz_rc
ta_op_key_crypt(
    struct ta *ta, const void *session, struct btz_span in, struct btz_wr *out)
{
	const size_t head = 4; /* length of ta_output's only field */
	struct btz_ta_key_crypt rq;
	const struct ta_key *k;
	struct btz_wr text;
	enum btz_rc rc;

	if (!btz_msg_decode(&btz_def_ta_key_crypt, in, &rq))
		return BTZ_E_PROTO;
	k = ta_keys_get(ta, rq.handle, session);
	rc = check_key(k, &rq);
	if (rc == BTZ_OK)
		rc = check_given(&rq);
	/* As for signatures: op_sign_digest.c. */
	if (rc == BTZ_OK && k->not_after != 0)
		rc = ta_time_use(ta, rq.now);
	if (rc != BTZ_OK)
		return rc;
	if (out->cap - out->len < head)
		return BTZ_E_TOOBIG;
	btz_wr_init(
	    &text, out->buf + out->len + head, out->cap - out->len - head);
	rc = how_of(rq.alg)->fn(k, &rq, &text);
	if (rc != BTZ_OK)
		return rc;
	btz_wr_u32(out, (uint32_t)text.len);
	out->len += text.len;
	return BTZ_OK;
}
