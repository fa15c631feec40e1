/* SPDX-License-Identifier: Apache-2.0 */
/* crypto_cipher.c - ciphers and authenticated encryption (GP Internal Core
 * API 6.4, 6.6). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "object.h"

static const EVP_CIPHER *
cipher_of(TEE_OperationHandle op)
{
	char name[20];

	(void)snprintf(name, sizeof(name), "AES-%zu-%s", 8 * op->key.secret_len,
	    op->alg->name);
	return EVP_get_cipherbyname(name);
}

static EVP_CIPHER_CTX *
new_context(TEE_OperationHandle op)
{
	EVP_CIPHER_CTX_free(op->cipher);
	op->cipher = EVP_CIPHER_CTX_new();
	if (op->cipher == NULL ||
	    EVP_CipherInit_ex(op->cipher, cipher_of(op), NULL, NULL, NULL,
		op->mode == TEE_MODE_ENCRYPT ? 1 : 0) != 1)
		hostkit_panic("cipher");
	return op->cipher;
}

void
TEE_CipherInit(TEE_OperationHandle op, const void *iv, size_t iv_len)
{
	hostkit_expect(op, HOSTKIT_CIPHER, HOSTKIT_ANY_MODE, false);
	if (op->alg->alg != TEE_ALG_AES_ECB_NOPAD && iv_len != 16)
		hostkit_panic("IV of another length");
	if (EVP_CipherInit_ex(
		new_context(op), NULL, NULL, op->key.secret, iv, -1) != 1 ||
	    EVP_CIPHER_CTX_set_padding(op->cipher, 0) != 1)
		hostkit_panic("cipher");
	op->active = true;
}

TEE_Result
TEE_CipherUpdate(TEE_OperationHandle op, const void *src, size_t len, void *dst,
    size_t *dst_len)
{
	int n = 0;

	hostkit_expect(op, HOSTKIT_CIPHER, HOSTKIT_ANY_MODE, true);
	if (*dst_len < len)
		return TEE_ERROR_SHORT_BUFFER;
	if (EVP_CipherUpdate(op->cipher, dst, &n, src, (int)len) != 1)
		hostkit_panic("cipher");
	*dst_len = (size_t)n;
	return TEE_SUCCESS;
}

/* 6.4.3: what is no whole number of blocks panics. */
TEE_Result
TEE_CipherDoFinal(TEE_OperationHandle op, const void *src, size_t len,
    void *dst, size_t *dst_len)
{
	int end = 0;
	TEE_Result res = TEE_CipherUpdate(op, src, len, dst, dst_len);

	if (res != TEE_SUCCESS)
		return res;
	if (EVP_CipherFinal_ex(op->cipher, (uint8_t *)dst + *dst_len, &end) !=
	    1)
		hostkit_panic("cipher: no whole block");
	*dst_len += (size_t)end;
	op->active = false;
	return TEE_SUCCESS;
}

/* 6.6.1: lengths count for CCM only. */
TEE_Result
TEE_AEInit(TEE_OperationHandle op, const void *nonce, size_t nonce_len,
    uint32_t tag_bits, size_t aad_len, size_t payload_len)
{
	const bool ccm = op->alg->alg == TEE_ALG_AES_CCM;

	hostkit_expect(op, HOSTKIT_AE, HOSTKIT_ANY_MODE, false);
	if (tag_bits != 128)
		return TEE_ERROR_NOT_SUPPORTED;
	if (nonce_len > sizeof(op->nonce) || nonce_len < 7 ||
	    (ccm && nonce_len > 13))
		hostkit_panic("nonce of another length");
	memcpy(op->nonce, nonce, nonce_len);
	op->nonce_len = nonce_len;
	op->tag_len = tag_bits / 8;
	op->aad_max = ccm ? aad_len : SIZE_MAX;
	op->text_max = ccm ? payload_len : SIZE_MAX;
	op->aad_len = 0;
	op->active = true;
	return TEE_SUCCESS;
}

void
TEE_AEUpdateAAD(TEE_OperationHandle op, const void *aad, size_t len)
{
	uint8_t *more;

	hostkit_expect(op, HOSTKIT_AE, HOSTKIT_ANY_MODE, true);
	if (len > op->aad_max - op->aad_len)
		hostkit_panic("aad longer than announced");
	more = realloc(op->aad, op->aad_len + len + 1);
	if (more == NULL)
		hostkit_panic("memory");
	memcpy(more + op->aad_len, aad, len);
	op->aad = more;
	op->aad_len += len;
}

/* CCM wants the tag (to decrypt) and the length of the text first. */
static bool
ae_start(TEE_OperationHandle op, size_t len, void *tag)
{
	const bool ccm = op->alg->alg == TEE_ALG_AES_CCM,
		   seal = op->mode == TEE_MODE_ENCRYPT;
	EVP_CIPHER_CTX *ctx = new_context(op);
	int n;

	if (ccm && (op->aad_len != op->aad_max || len != op->text_max))
		hostkit_panic("not as long as announced");
	return EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN,
		   (int)op->nonce_len, NULL) == 1 &&
	       ((seal && !ccm) ||
		   EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG,
		       (int)op->tag_len, seal ? NULL : tag) == 1) &&
	       EVP_CipherInit_ex(
		   ctx, NULL, NULL, op->key.secret, op->nonce, -1) == 1 &&
	       (!ccm || EVP_CipherUpdate(ctx, NULL, &n, NULL, (int)len) == 1) &&
	       (op->aad_len == 0 || EVP_CipherUpdate(ctx, NULL, &n, op->aad,
					(int)op->aad_len) == 1);
}

static bool
ae_text(TEE_OperationHandle op, const void *src, size_t len, void *dst)
{
	static const uint8_t nothing[1];
	int n = 0, end = 0;

	return EVP_CipherUpdate(op->cipher, dst, &n, len > 0 ? src : nothing,
		   (int)len) == 1 &&
	       (op->alg->alg == TEE_ALG_AES_CCM ||
		   EVP_CipherFinal_ex(op->cipher, (uint8_t *)dst + n, &end) ==
		       1);
}

TEE_Result
TEE_AEEncryptFinal(TEE_OperationHandle op, const void *src, size_t len,
    void *dst, size_t *dst_len, void *tag, size_t *tag_len)
{
	hostkit_expect(op, HOSTKIT_AE, TEE_MODE_ENCRYPT, true);
	if (*dst_len < len || *tag_len < op->tag_len)
		return TEE_ERROR_SHORT_BUFFER;
	if (!ae_start(op, len, NULL) || !ae_text(op, src, len, dst) ||
	    EVP_CIPHER_CTX_ctrl(
		op->cipher, EVP_CTRL_AEAD_GET_TAG, (int)op->tag_len, tag) != 1)
		hostkit_panic("seal");
	*dst_len = len;
	*tag_len = op->tag_len;
	op->active = false;
	return TEE_SUCCESS;
}

TEE_Result
TEE_AEDecryptFinal(TEE_OperationHandle op, const void *src, size_t len,
    void *dst, size_t *dst_len, void *tag, size_t tag_len)
{
	hostkit_expect(op, HOSTKIT_AE, TEE_MODE_DECRYPT, true);
	if (*dst_len < len)
		return TEE_ERROR_SHORT_BUFFER;
	if (tag_len != op->tag_len || !ae_start(op, len, tag) ||
	    !ae_text(op, src, len, dst)) {
		/* What stands in dst now is not defined: as bad as can be. */
		op->active = false;
		return TEE_ERROR_MAC_INVALID;
	}
	*dst_len = len;
	op->active = false;
	return TEE_SUCCESS;
}
