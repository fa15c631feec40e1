/* SPDX-License-Identifier: Apache-2.0 */
/* soft_oaep.c - RSAES-OAEP (RFC 8017 7.1) of a hot key; soft_crypt.h. */
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <string.h>

#include "crypto/backend/soft_crypt.h"
#include "crypto/backend/soft_part.h"
#include "crypto/backend/soft_sign.h"

static EVP_PKEY_CTX *
context(struct btz_softkey *key, const struct btz_backend_crypt *rq)
{
	const bool seal = rq->verb == BTZ_VERB_ENCRYPT;
	const EVP_MD *md = btz_soft_md(btz_crypt_hash(rq->alg));
	EVP_PKEY_CTX **at = &key->crypt->oaep[btz_soft_hash_row(rq->alg)][seal];

	if (*at != NULL)
		return *at;
	*at = EVP_PKEY_CTX_new(key->pkey, NULL);
	if (*at != NULL &&
	    (seal ? EVP_PKEY_encrypt_init(*at) : EVP_PKEY_decrypt_init(*at)) >
		0 &&
	    EVP_PKEY_CTX_set_rsa_padding(*at, RSA_PKCS1_OAEP_PADDING) > 0 &&
	    EVP_PKEY_CTX_set_rsa_oaep_md(*at, md) > 0 &&
	    EVP_PKEY_CTX_set_rsa_mgf1_md(*at, md) > 0)
		return *at;
	EVP_PKEY_CTX_free(*at);
	return *at = NULL;
}

/* libcrypto takes the copy over. */
static bool
set_label(EVP_PKEY_CTX *ctx, struct btz_span label)
{
	uint8_t *copy = OPENSSL_malloc(label.len + 1);

	if (copy == NULL)
		return false;
	if (label.len > 0)
		memcpy(copy, label.p, label.len);
	if (EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, copy, (int)label.len) > 0)
		return true;
	OPENSSL_free(copy);
	return false;
}

enum btz_rc
btz_soft_oaep(struct btz_softkey *key, const struct btz_backend_crypt *rq,
    struct btz_wr *out, struct btz_err *err)
{
	const size_t k = btz_alg_bits(key->alg) / 8,
		     h = btz_hash_len(btz_crypt_hash(rq->alg));
	const bool seal = rq->verb == BTZ_VERB_ENCRYPT;
	EVP_PKEY_CTX *ctx;
	size_t n = k;
	uint8_t *to;
	int done;

	if (seal ? rq->input.len > k - 2 * h - 2 : rq->input.len != k)
		return BTZ_FAIL(
		    err, BTZ_E_INVAL, "RFC 8017 7.1: %zu bytes", rq->input.len);
	if ((to = btz_soft_room(out, k, err)) == NULL)
		return BTZ_E_TOOBIG;
	ctx = context(key, rq);
	if (ctx == NULL || !set_label(ctx, rq->aad))
		return btz_soft_failed(err, "OAEP");
	done = seal ? EVP_PKEY_encrypt(ctx, to, &n, rq->input.p, rq->input.len)
		    : EVP_PKEY_decrypt(ctx, to, &n, rq->input.p, rq->input.len);
	if (done <= 0) {
		btz_wipe(to, k);
		ERR_clear_error();
		return seal ? BTZ_FAIL(err, BTZ_E_INTERNAL, "OAEP")
			    : BTZ_FAIL(err, BTZ_E_SIGNATURE, "decrypt");
	}
	out->len += n;
	return BTZ_OK;
}
