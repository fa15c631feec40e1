/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key.c - the commands of application keys: how parameters are written and
 * answers are read, the rows at the end. Chapters are of Part 3.
 */
#include "tpm2/key.h"

#include <string.h>

#define D BTZ_TPM_SA_DECRYPT
#define E BTZ_TPM_SA_ENCRYPT

/* A TPM2B into a fixed field. */
static bool
get_2b(struct btz_rd *rd, uint8_t *out, uint16_t *len, size_t max)
{
	struct btz_span s;

	if (!btz_rd_bytes16(rd, &s, max))
		return false;
	*len = (uint16_t)s.len;
	if (s.len > 0)
		memcpy(out, s.p, s.len);
	return true;
}

/* 12.1: inSensitive, inPublic, outsideInfo (empty), creationPCR (none) */
static void
put_create(struct btz_wr *wr, const void *in)
{
	const struct btz_tpm_in_key_create *a = in;
	size_t mark = btz_wr_mark16(wr);

	btz_wr_bytes16(wr, a->user_auth);
	btz_wr_bytes16(wr, a->data);
	btz_wr_patch16(wr, mark);
	btz_wr_bytes16(wr, a->area);
	btz_wr_u16(wr, 0);
	btz_wr_u32(wr, 0);
}

static bool
get_create(struct btz_rd *rd, void *out)
{
	struct btz_tpm_key_blob *a = out;
	struct btz_span s;
	uint16_t tag;
	uint32_t hierarchy;

	return get_2b(rd, a->priv, &a->priv_len, sizeof(a->priv)) &&
	       get_2b(rd, a->pub, &a->pub_len, sizeof(a->pub)) &&
	       btz_rd_bytes16(rd, &s, 512) && btz_rd_bytes16(rd, &s, 64) &&
	       btz_rd_u16(rd, &tag) && tag == BTZ_TPM_ST_CREATION &&
	       btz_rd_u32(rd, &hierarchy) && btz_rd_bytes16(rd, &s, 64);
}

static void
put_load(struct btz_wr *wr, const void *in)
{
	const struct btz_tpm_in_key_load *a = in;

	btz_wr_bytes16(wr, a->priv);
	btz_wr_bytes16(wr, a->pub);
}

static bool
get_load(struct btz_rd *rd, void *out)
{
	struct btz_tpm_out_load *a = out;

	return get_2b(rd, a->name.b, &a->name.len, sizeof(a->name.b));
}

/* 13.3: the key of the inner wrapper is the encrypted parameter */
static void
put_import(struct btz_wr *wr, const void *in)
{
	const struct btz_tpm_in_key_import *a = in;

	btz_wr_bytes16(wr, btz_span_of(a->key, sizeof(a->key)));
	btz_wr_bytes16(wr, a->pub);
	btz_wr_bytes16(wr, a->wrapped);
	btz_wr_u16(wr, 0);
	btz_wr_u16(wr, BTZ_TPM_ALG_AES);
	btz_wr_u16(wr, 128);
	btz_wr_u16(wr, BTZ_TPM_ALG_CFB);
}

static bool
get_import(struct btz_rd *rd, void *out)
{
	struct btz_tpm_key_blob *a = out;

	return get_2b(rd, a->priv, &a->priv_len, sizeof(a->priv));
}

/* 20.2: the null ticket, as no key is restricted */
static void
put_sign(struct btz_wr *wr, const void *in)
{
	const struct btz_tpm_in_key_sign *a = in;

	btz_wr_bytes16(wr, a->digest);
	btz_wr_u16(wr, a->scheme);
	btz_wr_u16(wr, a->hash);
	btz_wr_u16(wr, BTZ_TPM_ST_HASHCHECK);
	btz_wr_u32(wr, BTZ_TPM_RH_NULL);
	btz_wr_u16(wr, 0);
}

static bool
get_sign(struct btz_rd *rd, void *out)
{
	struct btz_tpm_out_key_sign *a = out;

	if (!btz_rd_u16(rd, &a->scheme) || !btz_rd_u16(rd, &a->hash))
		return false;
	if (a->scheme == BTZ_TPM_ALG_ECDSA)
		return get_2b(rd, a->b, &a->len, BTZ_TPM_KEY_COORD_MAX) &&
		       get_2b(rd, a->s, &a->s_len, sizeof(a->s));
	return (a->scheme == BTZ_TPM_ALG_RSASSA ||
		   a->scheme == BTZ_TPM_ALG_RSAPSS) &&
	       get_2b(rd, a->b, &a->len, sizeof(a->b));
}

static void
put_point(struct btz_wr *wr, const void *in)
{
	const struct btz_tpm_in_key_point *a = in;
	const size_t mark = btz_wr_mark16(wr);

	btz_wr_bytes16(wr, a->x);
	btz_wr_bytes16(wr, a->y);
	btz_wr_patch16(wr, mark);
}

static bool
get_point(struct btz_rd *rd, void *out)
{
	struct btz_tpm_out_key_data *a = out;
	struct btz_span point, y;
	struct btz_rd in;

	if (!btz_rd_bytes16(rd, &point, 4 + 2 * BTZ_TPM_KEY_COORD_MAX))
		return false;
	btz_rd_span(&in, point);
	return get_2b(&in, a->b, &a->len, BTZ_TPM_KEY_COORD_MAX) &&
	       btz_rd_bytes16(&in, &y, BTZ_TPM_KEY_COORD_MAX) &&
	       btz_rd_end(&in);
}

/* 14.3: without a scheme, and so without a label */
static void
put_rsa(struct btz_wr *wr, const void *in)
{
	const struct btz_tpm_in_key_data *a = in;

	btz_wr_bytes16(wr, a->data);
	btz_wr_u16(wr, BTZ_TPM_ALG_NULL);
	btz_wr_u16(wr, 0);
}

static bool
get_data(struct btz_rd *rd, void *out)
{
	struct btz_tpm_out_key_data *a = out;

	return get_2b(rd, a->b, &a->len, sizeof(a->b));
}

static void
put_data(struct btz_wr *wr, const void *in)
{
	const struct btz_tpm_in_key_data *a = in;

	btz_wr_bytes16(wr, a->data);
}

static void
put_hmac(struct btz_wr *wr, const void *in)
{
	const struct btz_tpm_in_key_data *a = in;

	btz_wr_bytes16(wr, a->data);
	btz_wr_u16(wr, a->hash);
}

/* 17.2: the authorization of the sequence, empty, and the hash */
static void
put_hmac_start(struct btz_wr *wr, const void *in)
{
	const struct btz_tpm_in_key_data *a = in;

	btz_wr_u16(wr, 0);
	btz_wr_u16(wr, a->hash);
}

static bool
get_nothing(struct btz_rd *rd, void *out)
{
	(void)rd;
	(void)out;
	return true;
}

/* 17.5: buffer, hierarchy; result, the null ticket */
static void
put_complete(struct btz_wr *wr, const void *in)
{
	const struct btz_tpm_in_key_data *a = in;

	btz_wr_bytes16(wr, a->data);
	btz_wr_u32(wr, BTZ_TPM_RH_NULL);
}

static bool
get_complete(struct btz_rd *rd, void *out)
{
	struct btz_span s;
	uint16_t tag;
	uint32_t hierarchy;

	return get_data(rd, out) && btz_rd_u16(rd, &tag) &&
	       tag == BTZ_TPM_ST_HASHCHECK && btz_rd_u32(rd, &hierarchy) &&
	       btz_rd_bytes16(rd, &s, 64);
}

/* 15.3: inData, decrypt, mode, ivIn; outData, ivOut */
static void
put_cipher(struct btz_wr *wr, const void *in)
{
	const struct btz_tpm_in_key_cipher *a = in;

	btz_wr_bytes16(wr, a->data);
	btz_wr_u8(wr, a->decrypt ? 1 : 0);
	btz_wr_u16(wr, a->mode);
	btz_wr_bytes16(wr, a->iv);
}

static bool
get_cipher(struct btz_rd *rd, void *out)
{
	struct btz_tpm_out_key_cipher *a = out;

	return get_2b(rd, a->b, &a->len, sizeof(a->b)) &&
	       get_2b(rd, a->iv, &a->iv_len, sizeof(a->iv));
}

static void
put_test(struct btz_wr *wr, const void *in)
{
	const struct btz_tpm_in_key_form *a = in;

	btz_tpm_keyform_params(wr, a->form);
}

static void
put_ask(struct btz_wr *wr, const void *in)
{
	const struct btz_tpm_in_key_ask *a = in;

	btz_wr_u32(wr, a->cap);
	btz_wr_u32(wr, a->first);
	btz_wr_u32(wr, 1);
}

/* Part 2 10.8: TPML_ALG_PROPERTY, TPML_CCA (the low half is the command) */
static bool
get_ask(struct btz_rd *rd, void *out)
{
	struct btz_tpm_out_key_ask *a = out;
	uint8_t more;
	uint16_t alg;
	uint32_t n, bits;

	if (!btz_rd_u8(rd, &more) || more > 1 || !btz_rd_u32(rd, &a->cap) ||
	    !btz_rd_u32(rd, &n) || n > 1)
		return false;
	if (n == 0)
		return true;
	if (a->cap == BTZ_TPM_CAP_COMMANDS) {
		if (!btz_rd_u32(rd, &bits))
			return false;
		a->id = bits & 0xffffu;
		return true;
	}
	if (a->cap != BTZ_TPM_CAP_ALGS || !btz_rd_u16(rd, &alg) ||
	    !btz_rd_u32(rd, &bits))
		return false;
	a->id = alg;
	return true;
}

/* clang-format off */
#define OUT(s) .out_size = sizeof(struct btz_tpm_##s)
#define KEYED .handles = 1, .auth = true

const struct btz_tpm_cmd btz_tpm_key_create = { .name = "Create",
	.cc = BTZ_TPM_CC_CREATE, KEYED, .crypt = D | E, .put = put_create,
	.get = get_create, OUT(key_blob) };
const struct btz_tpm_cmd btz_tpm_key_load = { .name = "Load",
	.cc = BTZ_TPM_CC_LOAD, KEYED, .out_handle = BTZ_TPM_HT_TRANSIENT,
	.crypt = D, .put = put_load, .get = get_load, OUT(out_load) };
const struct btz_tpm_cmd btz_tpm_key_import = { .name = "Import",
	.cc = BTZ_TPM_CC_IMPORT, KEYED, .crypt = D | E, .put = put_import,
	.get = get_import, OUT(key_blob) };
const struct btz_tpm_cmd btz_tpm_key_sign = { .name = "Sign",
	.cc = BTZ_TPM_CC_SIGN, KEYED, .crypt = D, .put = put_sign,
	.get = get_sign, OUT(out_key_sign) };
const struct btz_tpm_cmd btz_tpm_key_zgen = { .name = "ECDH_ZGen",
	.cc = BTZ_TPM_CC_ECDH_ZGEN, KEYED, .crypt = D | E, .put = put_point,
	.get = get_point, OUT(out_key_data) };
const struct btz_tpm_cmd btz_tpm_key_rsa_decrypt = { .name = "RSA_Decrypt",
	.cc = BTZ_TPM_CC_RSA_DECRYPT, KEYED, .crypt = D | E, .put = put_rsa,
	.get = get_data, OUT(out_key_data) };
const struct btz_tpm_cmd btz_tpm_key_hmac = { .name = "HMAC",
	.cc = BTZ_TPM_CC_HMAC, KEYED, .crypt = D | E, .put = put_hmac,
	.get = get_data, OUT(out_key_data) };
const struct btz_tpm_cmd btz_tpm_key_hmac_start = { .name = "HMAC_Start",
	.cc = BTZ_TPM_CC_HMAC_START, KEYED,
	.out_handle = BTZ_TPM_HT_TRANSIENT, .crypt = D, .put = put_hmac_start,
	.get = get_nothing, OUT(out_load) };
const struct btz_tpm_cmd btz_tpm_key_update = { .name = "SequenceUpdate",
	.cc = BTZ_TPM_CC_SEQUENCE_UPDATE, KEYED, .nameless = true, .crypt = D,
	.put = put_data };
const struct btz_tpm_cmd btz_tpm_key_complete = { .name = "SequenceComplete",
	.cc = BTZ_TPM_CC_SEQUENCE_COMPLETE, KEYED, .nameless = true,
	.crypt = D | E, .put = put_complete, .get = get_complete,
	OUT(out_key_data) };
const struct btz_tpm_cmd btz_tpm_key_cipher = { .name = "EncryptDecrypt2",
	.cc = BTZ_TPM_CC_ENCRYPT_DECRYPT2, KEYED, .crypt = D | E,
	.put = put_cipher, .get = get_cipher, OUT(out_key_cipher) };
const struct btz_tpm_cmd btz_tpm_key_test = { .name = "TestParms",
	.cc = BTZ_TPM_CC_TEST_PARMS, .put = put_test };
const struct btz_tpm_cmd btz_tpm_key_ask = { .name = "GetCapability",
	.cc = BTZ_TPM_CC_GET_CAPABILITY, .put = put_ask, .get = get_ask,
	OUT(out_key_ask) };
/* clang-format on */
