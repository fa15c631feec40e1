/* SPDX-License-Identifier: Apache-2.0 */
/* hash.c - digests, HMAC, random and comparison over libcrypto; see prim.h. */
#include "prim/prim.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdlib.h>

#include "wire/alg.h"

/* Fetched once: EVP_sha256() fetches anew at every EVP_DigestInit. */
static const EVP_MD *
fetched(const char *name, EVP_MD **cache)
{
	if (*cache == NULL)
		*cache = EVP_MD_fetch(NULL, name, NULL);
	if (*cache == NULL)
		abort(); /* libcrypto without its basic digests */
	return *cache;
}

static void
digest(const EVP_MD *md, const struct btz_span *parts, size_t n, uint8_t *out)
{
	static _Thread_local EVP_MD_CTX *ctx;
	int ok;

	if (ctx == NULL && (ctx = EVP_MD_CTX_new()) == NULL)
		abort();
	ok = EVP_DigestInit_ex2(ctx, md, NULL);
	for (size_t i = 0; ok == 1 && i < n; i++)
		ok = EVP_DigestUpdate(ctx, parts[i].p, parts[i].len);
	if (ok != 1 || EVP_DigestFinal_ex(ctx, out, NULL) != 1)
		abort();
}

void
btz_sha256_parts(
    const struct btz_span *parts, size_t n, uint8_t out[BTZ_SHA256_LEN])
{
	static _Thread_local EVP_MD *md;

	digest(fetched("SHA256", &md), parts, n, out);
}

void
btz_sha256(struct btz_span in, uint8_t out[BTZ_SHA256_LEN])
{
	btz_sha256_parts(&in, 1, out);
}

void
btz_sha384(struct btz_span in, uint8_t out[BTZ_DIGEST_MAX])
{
	static _Thread_local EVP_MD *md;

	digest(fetched("SHA384", &md), &in, 1, out);
}

void
btz_sha512(struct btz_span in, uint8_t out[BTZ_DIGEST_MAX])
{
	static _Thread_local EVP_MD *md;

	digest(fetched("SHA512", &md), &in, 1, out);
}

void
btz_sha1(struct btz_span in, uint8_t out[20])
{
	static _Thread_local EVP_MD *md;

	digest(fetched("SHA1", &md), &in, 1, out);
}

size_t
btz_digest(uint8_t hash_alg, struct btz_span in, uint8_t out[BTZ_DIGEST_MAX])
{
	static const char *const names[] = { [BTZ_HASH_SHA256] = "SHA256",
		[BTZ_HASH_SHA384] = "SHA384",
		[BTZ_HASH_SHA512] = "SHA512",
		[BTZ_HASH_SHA3_256] = "SHA3-256",
		[BTZ_HASH_SHA3_384] = "SHA3-384",
		[BTZ_HASH_SHA3_512] = "SHA3-512",
		[BTZ_HASH_SHA224] = "SHA224",
		[BTZ_HASH_SHA3_224] = "SHA3-224",
		[BTZ_HASH_SHA512_256] = "SHA512-256" };
	static _Thread_local EVP_MD *md[BTZ_COUNT(names)];

	if (hash_alg >= BTZ_COUNT(names) || names[hash_alg] == NULL)
		return 0;
	digest(fetched(names[hash_alg], &md[hash_alg]), &in, 1, out);
	return btz_hash_len(hash_alg);
}

enum btz_rc
btz_hmac_sha256(
    struct btz_span key, struct btz_span in, uint8_t out[BTZ_SHA256_LEN])
{
	static const uint8_t none[1];
	unsigned len = BTZ_SHA256_LEN;

	if (key.len > INT32_MAX ||
	    HMAC(EVP_sha256(), key.len == 0 ? none : key.p, (int)key.len, in.p,
		in.len, out, &len) == NULL)
		return BTZ_E_INTERNAL;
	return BTZ_OK;
}

void
btz_random(void *out, size_t len)
{
	if (len > INT32_MAX || RAND_bytes(out, (int)len) != 1)
		abort();
}

bool
btz_equal_ct(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}
