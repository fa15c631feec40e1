/* SPDX-License-Identifier: Apache-2.0 */
/* tpm_crypto_ossl.c - the TPM layer's primitives by libcrypto. */
#include "support/tpm_crypto_ossl.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "tpm2/spec.h"

static const EVP_MD *
md_of(uint16_t alg)
{
	return alg == BTZ_TPM_ALG_SHA256 ? EVP_sha256() : EVP_sha384();
}

static enum btz_rc
hash(void *arg, uint16_t alg, const struct btz_span *parts, size_t n,
    uint8_t *out)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool ok = c != NULL && EVP_DigestInit_ex(c, md_of(alg), NULL) == 1;

	(void)arg;
	for (size_t i = 0; ok && i < n; i++)
		ok = EVP_DigestUpdate(c, parts[i].p, parts[i].len) == 1;
	ok = ok && EVP_DigestFinal_ex(c, out, NULL) == 1;
	EVP_MD_CTX_free(c);
	return ok ? BTZ_OK : BTZ_E_INTERNAL;
}

static enum btz_rc
hmac(void *arg, uint16_t alg, struct btz_span key, const struct btz_span *parts,
    size_t n, uint8_t *out)
{
	uint8_t buf[4096];
	struct btz_wr wr;

	(void)arg;
	btz_wr_init(&wr, buf, sizeof(buf));
	for (size_t i = 0; i < n; i++)
		btz_wr_raw(&wr, parts[i].p, parts[i].len);
	if (!btz_wr_ok(&wr) ||
	    HMAC(md_of(alg), key.len > 0 ? key.p : buf, (int)key.len, buf,
		wr.len, out, NULL) == NULL)
		return BTZ_E_INTERNAL;
	btz_wipe(buf, wr.len);
	return BTZ_OK;
}

static enum btz_rc
aes128_ecb(
    void *arg, const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n = 0;
	bool ok;

	(void)arg;
	ok = c != NULL &&
	     EVP_EncryptInit_ex(c, EVP_aes_128_ecb(), NULL, key, NULL) == 1 &&
	     EVP_CIPHER_CTX_set_padding(c, 0) == 1 &&
	     EVP_EncryptUpdate(c, out, &n, in, 16) == 1 && n == 16;
	EVP_CIPHER_CTX_free(c);
	return ok ? BTZ_OK : BTZ_E_INTERNAL;
}

static enum btz_rc
random_bytes(void *arg, void *out, size_t len)
{
	(void)arg;
	return RAND_bytes(out, (int)len) == 1 ? BTZ_OK : BTZ_E_INTERNAL;
}

/* NULL when the point is not on the curve. */
static EVP_PKEY *
peer_key(const char *group, const uint8_t *x, const uint8_t *y, size_t n)
{
	uint8_t pt[1 + 2 * BTZ_TPM_COORD_MAX] = { 4 };
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;
	OSSL_PARAM p[3];
	char name[16];

	memcpy(pt + 1, x, n);
	memcpy(pt + 1 + n, y, n);
	snprintf(name, sizeof(name), "%s", group);
	p[0] = OSSL_PARAM_construct_utf8_string(
	    OSSL_PKEY_PARAM_GROUP_NAME, name, 0);
	p[1] = OSSL_PARAM_construct_octet_string(
	    OSSL_PKEY_PARAM_PUB_KEY, pt, 1 + 2 * n);
	p[2] = OSSL_PARAM_construct_end();
	if (c == NULL || EVP_PKEY_fromdata_init(c) != 1 ||
	    EVP_PKEY_fromdata(c, &key, EVP_PKEY_PUBLIC_KEY, p) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(c);
	return key;
}

static bool
derive(EVP_PKEY *mine, EVP_PKEY *peer, uint8_t *z, size_t n)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(mine, NULL);
	bool ok;

	ok = c != NULL && EVP_PKEY_derive_init(c) == 1 &&
	     EVP_PKEY_derive_set_peer_ex(c, peer, 1) == 1 &&
	     EVP_PKEY_derive(c, z, &n) == 1;
	EVP_PKEY_CTX_free(c);
	return ok;
}

static bool
public_point(EVP_PKEY *key, uint8_t *x, uint8_t *y, size_t n)
{
	uint8_t pt[1 + 2 * BTZ_TPM_COORD_MAX];
	size_t len = 0;

	if (EVP_PKEY_get_octet_string_param(
		key, OSSL_PKEY_PARAM_PUB_KEY, pt, sizeof(pt), &len) != 1 ||
	    len != 1 + 2 * n)
		return false;
	memcpy(x, pt + 1, n);
	memcpy(y, pt + 1 + n, n);
	return true;
}

static enum btz_rc
ecdh(void *arg, uint16_t curve, const uint8_t *peer_x, const uint8_t *peer_y,
    uint8_t *x, uint8_t *y, uint8_t *z)
{
	const char *group = curve == BTZ_TPM_ECC_P256 ? "P-256" : "P-384";
	size_t n = curve == BTZ_TPM_ECC_P256 ? 32 : 48;
	EVP_PKEY *peer = peer_key(group, peer_x, peer_y, n);
	EVP_PKEY *mine = EVP_EC_gen(group);
	bool ok;

	(void)arg;
	ok = peer != NULL && mine != NULL && derive(mine, peer, z, n) &&
	     public_point(mine, x, y, n);
	EVP_PKEY_free(peer);
	EVP_PKEY_free(mine);
	return ok ? BTZ_OK : BTZ_E_INVAL;
}

const struct btz_tpm_crypto btz_tpm_crypto_ossl = {
	.hash = hash,
	.hmac = hmac,
	.aes128_ecb = aes128_ecb,
	.random = random_bytes,
	.ecdh = ecdh,
};
