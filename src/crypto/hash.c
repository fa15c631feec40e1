/* SPDX-License-Identifier: Apache-2.0 */
/* hash.c - see hash.h. */
#include "crypto/hash.h"

#include "wire/alg.h"

static const EVP_MD *(*const mds[])(void) = {
	[BTZ_HASH_SHA256] = EVP_sha256,
	[BTZ_HASH_SHA384] = EVP_sha384,
	[BTZ_HASH_SHA512] = EVP_sha512,
	[BTZ_HASH_SHA3_256] = EVP_sha3_256,
	[BTZ_HASH_SHA3_384] = EVP_sha3_384,
	[BTZ_HASH_SHA3_512] = EVP_sha3_512,
	[BTZ_HASH_SHA224] = EVP_sha224,
	[BTZ_HASH_SHA3_224] = EVP_sha3_224,
	[BTZ_HASH_SHA512_256] = EVP_sha512_256,
};

const EVP_MD *
btz_hash_md(uint8_t alg)
{
	return alg < BTZ_COUNT(mds) && mds[alg] != NULL ? mds[alg]() : NULL;
}

/* One context for the life of the process: starting it again with the same
 * hash costs no look-up. */
static bool
sha256(struct btz_span in, uint8_t *out)
{
	static EVP_MD_CTX *ctx;

	if (ctx == NULL) {
		ctx = EVP_MD_CTX_new();
		if (ctx == NULL ||
		    EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) <= 0) {
			EVP_MD_CTX_free(ctx);
			ctx = NULL;
			return false;
		}
	}
	return EVP_DigestInit_ex(ctx, NULL, NULL) > 0 &&
	       EVP_DigestUpdate(ctx, in.p, in.len) > 0 &&
	       EVP_DigestFinal_ex(ctx, out, NULL) > 0;
}

bool
btz_hash_run(uint8_t alg, struct btz_span in, uint8_t out[BTZ_DIGEST_MAX])
{
	const EVP_MD *md = btz_hash_md(alg);

	if (alg == BTZ_HASH_SHA256)
		return sha256(in, out);
	return md != NULL && EVP_Digest(in.p, in.len, out, NULL, md, NULL) > 0;
}
