/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tpm_prim.c - hash, HMAC, AES, ECDH for TPM sessions. Contexts are made once:
 * to make one costs more than what a command computes with it.
 */
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/backend/tpm_direct.h"
#include "der/spki.h"

#define BLOCK_MAX 128u

struct hash { /* SHA-256, SHA-384 */
	EVP_MD_CTX *ctx;
	size_t len, block;
};

struct btz_tpmd_prim {
	struct hash hash[2];
	EVP_CIPHER_CTX *aes;
	uint8_t key[16]; /* that aes has */
	bool keyed;
};

static const struct hash *
hash_of(const struct btz_tpmd_prim *p, uint16_t alg)
{
	return &p->hash[alg == BTZ_TPM_ALG_SHA256 ? 0 : 1];
}

static bool
update(const struct hash *h, const struct btz_span *parts, size_t n)
{
	bool ok = true;

	for (size_t i = 0; ok && i < n; i++)
		ok = parts[i].len == 0 ||
		     EVP_DigestUpdate(h->ctx, parts[i].p, parts[i].len) > 0;
	return ok;
}

/* first, then the parts; without a type the context keeps its own */
static bool
digest(const struct hash *h, struct btz_span first,
    const struct btz_span *parts, size_t n, uint8_t *out)
{
	return EVP_DigestInit_ex(h->ctx, NULL, NULL) > 0 &&
	       update(h, &first, 1) && update(h, parts, n) &&
	       EVP_DigestFinal_ex(h->ctx, out, NULL) > 0;
}

static enum btz_rc
prim_hash(void *arg, uint16_t alg, const struct btz_span *parts, size_t n,
    uint8_t *out)
{
	return digest(hash_of(arg, alg), btz_span_of(NULL, 0), parts, n, out)
		   ? BTZ_OK
		   : BTZ_E_INTERNAL;
}

/* RFC 2104 */
static enum btz_rc
prim_hmac(void *arg, uint16_t alg, struct btz_span key,
    const struct btz_span *parts, size_t n, uint8_t *out)
{
	const struct hash *h = hash_of(arg, alg);
	uint8_t pad[BLOCK_MAX] = { 0 }, inner[BTZ_TPM_HASH_MAX];
	const struct btz_span none = { NULL, 0 }, body = { inner, h->len };
	bool ok = true;

	if (key.len > h->block)
		ok = digest(h, none, &key, 1, pad);
	else if (key.len > 0)
		memcpy(pad, key.p, key.len);
	for (size_t i = 0; i < h->block; i++)
		pad[i] ^= 0x36;
	ok = ok && digest(h, btz_span_of(pad, h->block), parts, n, inner);
	for (size_t i = 0; i < h->block; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	ok = ok && digest(h, btz_span_of(pad, h->block), &body, 1, out);
	btz_wipe(pad, sizeof(pad));
	return ok ? BTZ_OK : BTZ_E_INTERNAL;
}

static enum btz_rc
prim_aes(
    void *arg, const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
	struct btz_tpmd_prim *p = arg;
	int n = 0;

	if (!p->keyed || memcmp(p->key, key, sizeof(p->key)) != 0) {
		p->keyed = EVP_EncryptInit_ex(p->aes, NULL, NULL, key, NULL) >
			   0;
		memcpy(p->key, key, sizeof(p->key));
	}
	return p->keyed && EVP_EncryptUpdate(p->aes, out, &n, in, 16) > 0 &&
		       n == 16
		   ? BTZ_OK
		   : BTZ_E_INTERNAL;
}

static enum btz_rc
prim_random(void *arg, void *out, size_t len)
{
	(void)arg;
	return RAND_bytes(out, (int)len) > 0 ? BTZ_OK : BTZ_E_INTERNAL;
}

/* The decoder refuses points that are not on the curve. */
static EVP_PKEY *
peer_of(bool p256, const uint8_t *x, const uint8_t *y, size_t n)
{
	uint8_t point[1 + 2 * BTZ_TPM_COORD_MAX] = { 4 },
			      der[BTZ_SPKI_EC_MAX + 16];
	const uint8_t *at = der;
	struct btz_wr wr;

	memcpy(point + 1, x, n);
	memcpy(point + 1 + n, y, n);
	btz_wr_init(&wr, der, sizeof(der));
	btz_spki_put(&wr, p256 ? BTZ_ALG_EC_P256 : BTZ_ALG_EC_P384, point);
	return btz_wr_ok(&wr) ? d2i_PUBKEY(NULL, &at, (long)wr.len) : NULL;
}

static EVP_PKEY *
draw(bool p256)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
	EVP_PKEY *key = NULL;

	if (c == NULL || EVP_PKEY_keygen_init(c) <= 0 ||
	    EVP_PKEY_CTX_set_ec_paramgen_curve_nid(
		c, p256 ? NID_X9_62_prime256v1 : NID_secp384r1) <= 0 ||
	    EVP_PKEY_CTX_set_ec_param_enc(c, OPENSSL_EC_NAMED_CURVE) <= 0 ||
	    EVP_PKEY_keygen(c, &key) <= 0)
		key = NULL;
	EVP_PKEY_CTX_free(c);
	return key;
}

static bool
derive(EVP_PKEY *mine, EVP_PKEY *peer, uint8_t *z, size_t n)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(mine, NULL);
	size_t len = n;
	bool ok = c != NULL && EVP_PKEY_derive_init(c) > 0 &&
		  EVP_PKEY_derive_set_peer(c, peer) > 0 &&
		  EVP_PKEY_derive(c, z, &len) > 0 && len == n;

	EVP_PKEY_CTX_free(c);
	return ok;
}

/* The point stands at the end of the SPKI. */
static bool
point_of(EVP_PKEY *key, uint8_t *x, uint8_t *y, size_t n)
{
	uint8_t der[BTZ_SPKI_EC_MAX + 16], *at = der;
	const int len = i2d_PUBKEY(key, NULL);

	if (len < (int)(2 * n + 1) || len > (int)sizeof(der) ||
	    i2d_PUBKEY(key, &at) != len)
		return false;
	memcpy(x, der + (size_t)len - 2 * n, n);
	memcpy(y, der + (size_t)len - n, n);
	return true;
}

static enum btz_rc
prim_ecdh(void *arg, uint16_t curve, const uint8_t *peer_x,
    const uint8_t *peer_y, uint8_t *x, uint8_t *y, uint8_t *z)
{
	const bool p256 = curve == BTZ_TPM_ECC_P256;
	const size_t n = p256 ? 32 : 48;
	EVP_PKEY *peer = peer_of(p256, peer_x, peer_y, n);
	EVP_PKEY *mine = draw(p256);
	const bool ok = peer != NULL && mine != NULL &&
			derive(mine, peer, z, n) && point_of(mine, x, y, n);

	(void)arg;
	EVP_PKEY_free(peer);
	EVP_PKEY_free(mine);
	ERR_clear_error();
	return ok ? BTZ_OK : BTZ_E_INVAL;
}

static bool
begin_hash(struct hash *h, const EVP_MD *md, size_t len, size_t block)
{
	*h = (struct hash){ EVP_MD_CTX_new(), len, block };
	return h->ctx != NULL && EVP_DigestInit_ex(h->ctx, md, NULL) > 0;
}

struct btz_tpmd_prim *
btz_tpmd_prim_new(struct btz_tpm_crypto *out)
{
	struct btz_tpmd_prim *p = calloc(1, sizeof(*p));

	*out = (struct btz_tpm_crypto){ .arg = p,
		.hash = prim_hash,
		.hmac = prim_hmac,
		.aes128_ecb = prim_aes,
		.random = prim_random,
		.ecdh = prim_ecdh };
	if (p != NULL && begin_hash(&p->hash[0], EVP_sha256(), 32, 64) &&
	    begin_hash(&p->hash[1], EVP_sha384(), 48, 128) &&
	    (p->aes = EVP_CIPHER_CTX_new()) != NULL &&
	    EVP_EncryptInit_ex(p->aes, EVP_aes_128_ecb(), NULL, NULL, NULL) >
		0 &&
	    EVP_CIPHER_CTX_set_padding(p->aes, 0) > 0)
		return p;
	btz_tpmd_prim_free(p);
	return NULL;
}

void
btz_tpmd_prim_free(struct btz_tpmd_prim *p)
{
	if (p == NULL)
		return;
	EVP_MD_CTX_free(p->hash[0].ctx);
	EVP_MD_CTX_free(p->hash[1].ctx);
	EVP_CIPHER_CTX_free(p->aes);
	btz_wipe(p, sizeof(*p));
	free(p);
}
