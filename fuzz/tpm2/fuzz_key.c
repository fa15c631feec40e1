/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_key.c - parameters of answers to the commands of application keys, and
 * public areas. Input: an octet that chooses, then the bytes. Asserted: lengths
 * are within their fields; an area that is taken, written again, is the same.
 */
#include <stdlib.h>
#include <string.h>

#include "tpm2/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static union {
	struct btz_tpm_out_load load;
	struct btz_tpm_key_blob blob;
	struct btz_tpm_out_key_sign sign;
	struct btz_tpm_out_key_data data;
	struct btz_tpm_out_key_cipher cipher;
	struct btz_tpm_out_key_ask ask;
	struct btz_tpm_out_key_primary primary;
	struct btz_tpm_out_data credential;
} out;

static const struct btz_tpm_cmd *const rows[] = { &btz_tpm_key_create,
	&btz_tpm_key_load, &btz_tpm_key_import, &btz_tpm_key_sign,
	&btz_tpm_key_zgen, &btz_tpm_key_rsa_decrypt, &btz_tpm_key_hmac,
	&btz_tpm_key_complete, &btz_tpm_key_cipher, &btz_tpm_key_ask };

static const struct btz_tpm_keyform forms[] = {
	{ BTZ_TPM_ALG_ECC, BTZ_TPM_ECC_P256, 0, 0x40472 },
	{ BTZ_TPM_ALG_ECC, BTZ_TPM_ECC_P521, 0, 0x40472 },
	{ BTZ_TPM_ALG_RSA, 0, 2048, 0x60472 },
	{ BTZ_TPM_ALG_KEYEDHASH, 0, 0, 0x60472 },
};

/* Chosen behind the forms, so that older seeds mean what they did. */
static const struct btz_tpm_cmd *const attest[] = { &btz_tpm_key_primary,
	&btz_tpm_key_policy, &btz_tpm_key_policy_secret,
	&btz_tpm_key_activate };

static bool
within(const struct btz_tpm_cmd *row)
{
	if (row == &btz_tpm_key_create || row == &btz_tpm_key_import)
		return out.blob.priv_len <= sizeof(out.blob.priv) &&
		       out.blob.pub_len <= sizeof(out.blob.pub);
	if (row == &btz_tpm_key_load)
		return out.load.name.len <= sizeof(out.load.name.b);
	if (row == &btz_tpm_key_sign)
		return out.sign.len <= sizeof(out.sign.b) &&
		       out.sign.s_len <= sizeof(out.sign.s);
	if (row == &btz_tpm_key_cipher)
		return out.cipher.len <= sizeof(out.cipher.b) &&
		       out.cipher.iv_len <= sizeof(out.cipher.iv);
	if (row == &btz_tpm_key_primary)
		return out.primary.pub_len <= sizeof(out.primary.pub) &&
		       out.primary.name.len <= sizeof(out.primary.name.b);
	if (row == &btz_tpm_key_activate)
		return out.credential.len <= sizeof(out.credential.b);
	if (row == &btz_tpm_key_policy || row == &btz_tpm_key_policy_secret)
		return true;
	return row == &btz_tpm_key_ask || out.data.len <= sizeof(out.data.b);
}

static void
area(const struct btz_tpm_keyform *f, struct btz_span in)
{
	uint8_t again[BTZ_TPM_KEY_PUBLIC_MAX];
	struct btz_span x, y;
	struct btz_wr wr;

	if (!btz_tpm_keyform_parse(f, in, &x, &y))
		return;
	btz_wr_init(&wr, again, sizeof(again));
	btz_tpm_keyform_write(&wr, f, x, y);
	if (!btz_span_eq(btz_wr_span(&wr), in))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t n = BTZ_COUNT(rows), all = n + BTZ_COUNT(forms);
	const struct btz_tpm_cmd *row;
	struct btz_span in, modulus;
	struct btz_rd rd;
	size_t i;

	if (size == 0)
		return 0;
	in = btz_span_of(data + 1, size - 1);
	i = data[0] % (all + BTZ_COUNT(attest) + 1);
	if (i >= n && i < all) {
		area(&forms[i - n], in);
		return 0;
	}
	if (i == all + BTZ_COUNT(attest)) {
		if (btz_tpm_keyform_ek_parse(in, &modulus) &&
		    modulus.len != BTZ_TPM_KEY_EK_LEN)
			abort();
		return 0;
	}
	row = i < n ? rows[i] : attest[i - all];
	memset(&out, 0, sizeof(out));
	btz_rd_span(&rd, in);
	if (row->get(&rd, &out) && !within(row))
		abort();
	return 0;
}
