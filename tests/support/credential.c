/* SPDX-License-Identifier: Apache-2.0 */
/* credential.c - see credential.h. Part 1, 24 and B.10.4. */
#include "support/credential.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <string.h>

#include "support/tpm_crypto_ossl.h"
#include "tpm2/kdf.h"
#include "tpm2/spec.h"

#define SEED 32u

/* RSAES-OAEP with SHA-256; the label ends in a zero byte */
static bool
seal_seed(
    struct btz_span ek, const uint8_t seed[SEED], struct btz_credential *out)
{
	static const char label[] = "IDENTITY";
	const unsigned char *p = ek.p;
	EVP_PKEY *key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &p, (long)ek.len);
	EVP_PKEY_CTX *ctx = key != NULL ? EVP_PKEY_CTX_new(key, NULL) : NULL;
	char *copy = OPENSSL_memdup(label, sizeof(label));
	bool ok = ctx != NULL && copy != NULL && p == ek.p + ek.len &&
		  EVP_PKEY_encrypt_init(ctx) > 0 &&
		  EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) >
		      0 &&
		  EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) > 0 &&
		  EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) > 0 &&
		  EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, copy, sizeof(label)) >
		      0;

	if (ok)
		copy = NULL; /* the context's */
	out->secret_len = sizeof(out->secret);
	ok = ok && EVP_PKEY_encrypt(
		       ctx, out->secret, &out->secret_len, seed, SEED) > 0;
	OPENSSL_free(copy);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	return ok;
}

static bool
seal_value(const uint8_t seed[SEED], struct btz_span name,
    struct btz_span value, struct btz_credential *out)
{
	const struct btz_tpm_crypto *c = &btz_tpm_crypto_ossl;
	const struct btz_span key = btz_span_of(seed, SEED);
	const struct btz_span named[2] = { name, { NULL, 0 } };
	const struct btz_span none[2] = { { NULL, 0 }, { NULL, 0 } };
	static const uint8_t iv[16];
	uint8_t sym[16], mac_key[32], *mac = out->blob + 2;
	uint8_t *enc = out->blob + 34;
	struct btz_span parts[2] = { { enc, 2 + value.len }, name };
	struct btz_wr wr;

	btz_wr_init(&wr, enc, sizeof(out->blob) - 34);
	btz_wr_bytes16(&wr, value);
	out->blob[0] = 0;
	out->blob[1] = 32;
	out->blob_len = 34 + wr.len;
	return btz_wr_ok(&wr) &&
	       btz_tpm_kdfa(c, BTZ_TPM_ALG_SHA256, key, "STORAGE", named, sym,
		   sizeof(sym)) == BTZ_OK &&
	       btz_tpm_cfb(c, sym, iv, true, enc, wr.len) == BTZ_OK &&
	       btz_tpm_kdfa(c, BTZ_TPM_ALG_SHA256, key, "INTEGRITY", none,
		   mac_key, sizeof(mac_key)) == BTZ_OK &&
	       c->hmac(c->arg, BTZ_TPM_ALG_SHA256,
		   btz_span_of(mac_key, sizeof(mac_key)), parts, 2,
		   mac) == BTZ_OK;
}

bool
btz_credential_make(struct btz_span ek, struct btz_span name,
    struct btz_span value, struct btz_credential *out)
{
	uint8_t seed[SEED];

	memset(out, 0, sizeof(*out));
	return value.len <= 32 && RAND_bytes(seed, sizeof(seed)) > 0 &&
	       seal_seed(ek, seed, out) && seal_value(seed, name, value, out);
}
