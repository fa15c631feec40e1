/* SPDX-License-Identifier: Apache-2.0 */
/* crypto_digest.c - hashes and MACs (GP Internal Core API 6.3, 6.5). */
#include <string.h>

#include <openssl/core_names.h>

#include "object.h"

void
TEE_DigestUpdate(TEE_OperationHandle op, const void *chunk, size_t len)
{
	hostkit_expect(op, HOSTKIT_DIGEST, HOSTKIT_ANY_MODE, false);
	if (EVP_DigestUpdate(op->md, chunk, len) != 1)
		hostkit_panic("digest");
}

TEE_Result
TEE_DigestDoFinal(TEE_OperationHandle op, const void *chunk, size_t len,
    void *hash, size_t *hash_len)
{
	const EVP_MD *md = EVP_get_digestbyname(op->alg->name);
	unsigned n = 0;
	size_t need;

	hostkit_expect(op, HOSTKIT_DIGEST, HOSTKIT_ANY_MODE, false);
	need = (size_t)EVP_MD_get_size(md);
	if (*hash_len < need) {
		*hash_len = need;
		return TEE_ERROR_SHORT_BUFFER;
	}
	if ((len > 0 && EVP_DigestUpdate(op->md, chunk, len) != 1) ||
	    EVP_DigestFinal_ex(op->md, hash, &n) != 1 ||
	    EVP_DigestInit_ex(op->md, md, NULL) != 1)
		hostkit_panic("digest");
	*hash_len = n;
	return TEE_SUCCESS;
}

static EVP_MAC_CTX *
mac_context(const char *name)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, name, NULL);
	EVP_MAC_CTX *ctx = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;

	EVP_MAC_free(mac);
	return ctx;
}

void
TEE_MACInit(TEE_OperationHandle op, const void *iv, size_t iv_len)
{
	const bool cmac = op->alg->alg == TEE_ALG_AES_CMAC;
	char name[16];
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(
		    cmac ? OSSL_MAC_PARAM_CIPHER : OSSL_MAC_PARAM_DIGEST, name,
		    0),
		OSSL_PARAM_construct_end(),
	};

	(void)iv, (void)iv_len;
	hostkit_expect(op, HOSTKIT_MAC, HOSTKIT_ANY_MODE, false);
	if (cmac)
		memcpy(name,
		    op->key.secret_len == 16   ? "AES-128-CBC"
		    : op->key.secret_len == 24 ? "AES-192-CBC"
					       : "AES-256-CBC",
		    12);
	else
		memcpy(name, op->alg->name, strlen(op->alg->name) + 1);
	EVP_MAC_CTX_free(op->mac);
	op->mac = mac_context(cmac ? "CMAC" : "HMAC");
	if (op->mac == NULL || EVP_MAC_init(op->mac, op->key.secret,
				   op->key.secret_len, params) != 1)
		hostkit_panic("mac");
	op->active = true;
}

void
TEE_MACUpdate(TEE_OperationHandle op, const void *chunk, size_t len)
{
	hostkit_expect(op, HOSTKIT_MAC, HOSTKIT_ANY_MODE, true);
	if (EVP_MAC_update(op->mac, chunk, len) != 1)
		hostkit_panic("mac");
}

TEE_Result
TEE_MACComputeFinal(TEE_OperationHandle op, const void *msg, size_t len,
    void *mac, size_t *mac_len)
{
	size_t need;

	hostkit_expect(op, HOSTKIT_MAC, HOSTKIT_ANY_MODE, true);
	need = EVP_MAC_CTX_get_mac_size(op->mac);
	if (*mac_len < need) {
		*mac_len = need;
		return TEE_ERROR_SHORT_BUFFER;
	}
	if ((len > 0 && EVP_MAC_update(op->mac, msg, len) != 1) ||
	    EVP_MAC_final(op->mac, mac, mac_len, *mac_len) != 1)
		hostkit_panic("mac");
	op->active = false;
	return TEE_SUCCESS;
}
