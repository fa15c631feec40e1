/* SPDX-License-Identifier: Apache-2.0 */
/* kdf.c - KDFa, KDFe and AES-CFB of TPM sessions; contract in kdf.h. */
#include "tpm2/kdf.h"

#include <string.h>

#include "tpm2/spec.h"

#define KDF_OUT_MAX 64u

size_t
btz_tpm_hash_len(uint16_t alg)
{
	if (alg == BTZ_TPM_ALG_SHA256)
		return 32;
	return alg == BTZ_TPM_ALG_SHA384 ? 48 : 0;
}

size_t
btz_tpm_curve_len(uint16_t curve)
{
	if (curve == BTZ_TPM_ECC_P256)
		return 32;
	return curve == BTZ_TPM_ECC_P384 ? 48 : 0;
}

static void
put_u32(uint8_t b[4], size_t v)
{
	for (unsigned i = 0; i < 4; i++)
		b[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* The label with its NUL, as both functions want it. */
static struct btz_span
label_span(const char *label)
{
	return btz_span_of(label, strlen(label) + 1);
}

/*
 * Both functions are a counter in front of fixed parts; parts[0] is the
 * counter. hmac_key NULL: plain hash.
 */
static enum btz_rc
expand(const struct btz_tpm_crypto *c, uint16_t alg,
    const struct btz_span *hmac_key, struct btz_span parts[5], uint8_t *out,
    size_t len)
{
	uint8_t counter[4], block[BTZ_TPM_HASH_MAX];
	size_t hlen = btz_tpm_hash_len(alg), done = 0, take;
	enum btz_rc rc = BTZ_OK;

	if (hlen == 0 || len == 0 || len > KDF_OUT_MAX)
		return BTZ_E_INVAL;
	parts[0] = btz_span_of(counter, sizeof(counter));
	for (uint32_t i = 1; rc == BTZ_OK && done < len; i++) {
		put_u32(counter, i);
		rc = hmac_key != NULL
			 ? c->hmac(c->arg, alg, *hmac_key, parts, 5, block)
			 : c->hash(c->arg, alg, parts, 5, block);
		take = len - done < hlen ? len - done : hlen;
		if (rc == BTZ_OK)
			memcpy(out + done, block, take);
		done += take;
	}
	btz_wipe(block, sizeof(block));
	return rc;
}

enum btz_rc
btz_tpm_kdfa(const struct btz_tpm_crypto *c, uint16_t alg, struct btz_span key,
    const char *label, const struct btz_span ctx[2], uint8_t *out, size_t len)
{
	struct btz_span parts[5];
	uint8_t bits[4];

	put_u32(bits, len * 8);
	parts[1] = label_span(label);
	parts[2] = ctx[0];
	parts[3] = ctx[1];
	parts[4] = btz_span_of(bits, sizeof(bits));
	return expand(c, alg, &key, parts, out, len);
}

enum btz_rc
btz_tpm_kdfe(const struct btz_tpm_crypto *c, uint16_t alg, struct btz_span z,
    const char *label, const struct btz_span ctx[2], uint8_t *out, size_t len)
{
	struct btz_span parts[5];

	parts[1] = z;
	parts[2] = label_span(label);
	parts[3] = ctx[0];
	parts[4] = ctx[1];
	return expand(c, alg, NULL, parts, out, len);
}

enum btz_rc
btz_tpm_cfb(const struct btz_tpm_crypto *c, const uint8_t key[16],
    const uint8_t iv[16], bool encrypt, uint8_t *data, size_t len)
{
	uint8_t reg[16], pad[16], in;
	enum btz_rc rc;

	memcpy(reg, iv, sizeof(reg));
	for (size_t i = 0; i < len; i++) {
		if (i % 16 == 0 &&
		    (rc = c->aes128_ecb(c->arg, key, reg, pad)) != BTZ_OK)
			return rc;
		in = data[i];
		data[i] ^= pad[i % 16];
		reg[i % 16] = encrypt ? data[i] : in;
	}
	btz_wipe(pad, sizeof(pad));
	return BTZ_OK;
}

bool
btz_tpm_ct_eq(const uint8_t *a, const uint8_t *b, size_t len)
{
	volatile uint8_t diff = 0;

	for (size_t i = 0; i < len; i++)
		diff = (uint8_t)(diff | (a[i] ^ b[i]));
	return diff == 0;
}
