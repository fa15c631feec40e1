/* SPDX-License-Identifier: Apache-2.0 */
/* kwp.c - AES Key Wrap with Padding; contract in kwp.h. Names as in RFC 3394
 * 2.2.2 and RFC 5649 4.2. */
#include "crypto/kwp.h"

#include <openssl/evp.h>
#include <string.h>

#define SEMI 8u /* bytes of a block R[i] */
#define ROUNDS 6u

static bool
decrypt(EVP_CIPHER_CTX *aes, uint8_t block[2 * SEMI])
{
	uint8_t out[2 * SEMI];
	int n = 0;

	if (EVP_DecryptUpdate(aes, out, &n, block, sizeof(out)) <= 0 ||
	    n != (int)sizeof(out))
		return false;
	memcpy(block, out, sizeof(out));
	btz_wipe(out, sizeof(out));
	return true;
}

/* RFC 3394 2.2.2 with n blocks R behind A; one block: RFC 5649 4.2, 1. */
static bool
unwrap(EVP_CIPHER_CTX *aes, uint8_t a[SEMI], uint8_t *r, size_t n)
{
	uint8_t b[2 * SEMI];
	bool ok = true;

	for (size_t t = n > 1 ? ROUNDS * n : 1; ok && t > 0; t--) {
		uint8_t *ri = r + (t - 1) % n * SEMI;

		memcpy(b, a, SEMI);
		for (size_t i = 0; n > 1 && i < 4; i++)
			b[SEMI - 1 - i] ^= (uint8_t)(t >> 8 * i);
		memcpy(b + SEMI, ri, SEMI);
		ok = decrypt(aes, b);
		memcpy(a, b, SEMI);
		memcpy(ri, b + SEMI, SEMI);
	}
	btz_wipe(b, sizeof(b));
	return ok;
}

/* RFC 5649 3: constant, length, and as many zeros as are missing; looked at
 * to the end whatever is found. */
static bool
well_padded(const uint8_t a[SEMI], const uint8_t *r, size_t n, size_t *len)
{
	static const uint8_t magic[4] = { 0xa6, 0x59, 0x59, 0xa6 };
	const size_t mli = (size_t)a[4] << 24 | (size_t)a[5] << 16 |
			   (size_t)a[6] << 8 | a[7];
	uint8_t bad = 0;

	for (size_t i = 0; i < sizeof(magic); i++)
		bad |= a[i] ^ magic[i];
	bad |= mli > n * SEMI || mli + SEMI <= n * SEMI;
	for (size_t i = (n - 1) * SEMI; i < n * SEMI; i++)
		bad |= i < mli ? 0 : r[i];
	*len = bad == 0 ? mli : 0;
	return bad == 0;
}

enum btz_rc
btz_kwp_unwrap(const uint8_t kek[BTZ_KWP_KEK_LEN], struct btz_span in,
    uint8_t *out, size_t *len, struct btz_err *err)
{
	EVP_CIPHER_CTX *aes;
	uint8_t a[SEMI];
	size_t n;
	bool ok;

	*len = 0;
	if (in.len < 2 * SEMI || in.len % SEMI != 0)
		return BTZ_FAIL(err, BTZ_E_SIGNATURE,
		    "RFC 5649 4.2: %zu wrapped bytes", in.len);
	n = in.len / SEMI - 1;
	memcpy(a, in.p, SEMI);
	memcpy(out, in.p + SEMI, n * SEMI);
	aes = EVP_CIPHER_CTX_new();
	ok = aes != NULL &&
	     EVP_DecryptInit_ex(aes, EVP_aes_256_ecb(), NULL, kek, NULL) > 0 &&
	     EVP_CIPHER_CTX_set_padding(aes, 0) > 0 && unwrap(aes, a, out, n) &&
	     well_padded(a, out, n, len);
	EVP_CIPHER_CTX_free(aes);
	btz_wipe(a, sizeof(a));
	if (ok)
		return BTZ_OK;
	btz_wipe(out, n * SEMI);
	return BTZ_FAIL(err, BTZ_E_SIGNATURE, "RFC 5649 3: unwrap");
}

/* RFC 3394 2.2.1, one block: RFC 5649 4.1, 3. */
static bool
wrap(EVP_CIPHER_CTX *aes, uint8_t a[SEMI], uint8_t *r, size_t n)
{
	uint8_t b[2 * SEMI], c[2 * SEMI];
	const size_t most = n > 1 ? ROUNDS * n : 1;
	int len = 0;

	for (size_t t = 1; t <= most; t++) {
		uint8_t *ri = r + (t - 1) % n * SEMI;

		memcpy(b, a, SEMI);
		memcpy(b + SEMI, ri, SEMI);
		if (EVP_EncryptUpdate(aes, c, &len, b, sizeof(b)) <= 0 ||
		    len != (int)sizeof(c))
			return false;
		memcpy(a, c, SEMI);
		for (size_t i = 0; n > 1 && i < 4; i++)
			a[SEMI - 1 - i] ^= (uint8_t)(t >> 8 * i);
		memcpy(ri, c + SEMI, SEMI);
	}
	btz_wipe(b, sizeof(b));
	return true;
}

bool
btz_kwp_wrap(const uint8_t kek[BTZ_KWP_KEK_LEN], struct btz_span in,
    uint8_t *out, size_t *len)
{
	uint8_t a[SEMI] = { 0xa6, 0x59, 0x59, 0xa6, (uint8_t)(in.len >> 24),
		(uint8_t)(in.len >> 16), (uint8_t)(in.len >> 8),
		(uint8_t)in.len };
	const size_t n = (in.len + SEMI - 1) / SEMI;
	EVP_CIPHER_CTX *aes;
	bool ok;

	*len = 0;
	if (n == 0)
		return false;
	memcpy(out + SEMI, in.p, in.len);
	memset(out + SEMI + in.len, 0, n * SEMI - in.len);
	aes = EVP_CIPHER_CTX_new();
	ok = aes != NULL &&
	     EVP_EncryptInit_ex(aes, EVP_aes_256_ecb(), NULL, kek, NULL) > 0 &&
	     EVP_CIPHER_CTX_set_padding(aes, 0) > 0 &&
	     wrap(aes, a, out + SEMI, n);
	EVP_CIPHER_CTX_free(aes);
	memcpy(out, a, SEMI);
	*len = ok ? (n + 1) * SEMI : 0;
	if (!ok)
		btz_wipe(out, (n + 1) * SEMI);
	return ok;
}
