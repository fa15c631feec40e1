/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_attest.c - what ActivateCredential needs: TCG's RSA endorsement key, the
 * policy session that it asks for, the command. Chapters are of Part 3.
 */
#include <string.h>

#include "tpm2/key.h"

/* TCG EK Credential Profile, template L-1 */
static void
put_ek_head(struct btz_wr *wr)
{
	struct btz_tpm_public l2;

	btz_tpm_tmpl_ek_p256(&l2); /* has the same policy */
	btz_wr_u16(wr, BTZ_TPM_ALG_RSA);
	btz_wr_u16(wr, BTZ_TPM_ALG_SHA256);
	btz_wr_u32(wr, BTZ_TPM_OA_EK_LOW);
	btz_wr_bytes16(wr, btz_span_of(l2.policy, l2.policy_len));
	btz_wr_u16(wr, BTZ_TPM_ALG_AES);
	btz_wr_u16(wr, 128);
	btz_wr_u16(wr, BTZ_TPM_ALG_CFB);
	btz_wr_u16(wr, BTZ_TPM_ALG_NULL);
	btz_wr_u16(wr, 8 * BTZ_TPM_KEY_EK_LEN);
	btz_wr_u32(wr, 0);
}

void
btz_tpm_keyform_ek_write(struct btz_wr *wr)
{
	static const uint8_t zeros[BTZ_TPM_KEY_EK_LEN];

	put_ek_head(wr);
	btz_wr_bytes16(wr, btz_span_of(zeros, sizeof(zeros)));
}

bool
btz_tpm_keyform_ek_parse(struct btz_span area, struct btz_span *n)
{
	uint8_t head[80];
	struct btz_span got;
	struct btz_wr wr;
	struct btz_rd rd;

	btz_wr_init(&wr, head, sizeof(head));
	put_ek_head(&wr);
	btz_rd_span(&rd, area);
	return btz_wr_ok(&wr) && btz_rd_raw(&rd, &got, wr.len) &&
	       btz_span_eq(got, btz_wr_span(&wr)) &&
	       btz_rd_bytes16(&rd, n, BTZ_TPM_KEY_EK_LEN) &&
	       n->len == BTZ_TPM_KEY_EK_LEN && btz_rd_end(&rd);
}

/* 24.1: inSensitive (empty), inPublic, outsideInfo (empty), creationPCR (none) */
static void
put_primary(struct btz_wr *wr, const void *in)
{
	const struct btz_tpm_in_key_primary *a = in;
	const size_t mark = btz_wr_mark16(wr);

	btz_wr_u16(wr, 0);
	btz_wr_u16(wr, 0);
	btz_wr_patch16(wr, mark);
	btz_wr_bytes16(wr, a->area);
	btz_wr_u16(wr, 0);
	btz_wr_u32(wr, 0);
}

static bool
get_primary(struct btz_rd *rd, void *out)
{
	struct btz_tpm_out_key_primary *a = out;
	struct btz_span pub, name, s;
	uint16_t tag;
	uint32_t hierarchy;

	if (!btz_rd_bytes16(rd, &pub, sizeof(a->pub)) ||
	    !btz_rd_bytes16(rd, &s, 512) || !btz_rd_bytes16(rd, &s, 64) ||
	    !btz_rd_u16(rd, &tag) || tag != BTZ_TPM_ST_CREATION ||
	    !btz_rd_u32(rd, &hierarchy) || !btz_rd_bytes16(rd, &s, 64) ||
	    !btz_rd_bytes16(rd, &name, sizeof(a->name.b)) || pub.len == 0 ||
	    name.len == 0)
		return false;
	memcpy(a->pub, pub.p, pub.len);
	a->pub_len = (uint16_t)pub.len;
	memcpy(a->name.b, name.p, name.len);
	a->name.len = (uint16_t)name.len;
	return true;
}

/* 11.1: neither salted nor bound, a policy session with SHA-256 */
static void
put_policy(struct btz_wr *wr, const void *in)
{
	const struct btz_tpm_in_key_policy *a = in;

	btz_wr_bytes16(wr, btz_span_of(a->nonce, sizeof(a->nonce)));
	btz_wr_u16(wr, 0);
	btz_wr_u8(wr, BTZ_TPM_SE_POLICY);
	btz_wr_u16(wr, BTZ_TPM_ALG_NULL);
	btz_wr_u16(wr, BTZ_TPM_ALG_SHA256);
}

static bool
get_policy(struct btz_rd *rd, void *out)
{
	struct btz_span nonce;

	(void)out;
	return btz_rd_bytes16(rd, &nonce, 32);
}

/* 23.4: nonceTPM, cpHashA, policyRef (all empty), expiration (none) */
static void
put_secret(struct btz_wr *wr, const void *in)
{
	(void)in;
	btz_wr_u16(wr, 0);
	btz_wr_u16(wr, 0);
	btz_wr_u16(wr, 0);
	btz_wr_u32(wr, 0);
}

/* timeout, policyTicket: both null without an expiration */
static bool
get_secret(struct btz_rd *rd, void *out)
{
	struct btz_span s;
	uint16_t tag;
	uint32_t hierarchy;

	(void)out;
	return btz_rd_bytes16(rd, &s, 64) && btz_rd_u16(rd, &tag) &&
	       btz_rd_u32(rd, &hierarchy) && btz_rd_bytes16(rd, &s, 64);
}

/* 12.5 */
static void
put_activate(struct btz_wr *wr, const void *in)
{
	const struct btz_tpm_in_key_activate *a = in;

	btz_wr_bytes16(wr, a->blob);
	btz_wr_bytes16(wr, a->secret);
}

static bool
get_activate(struct btz_rd *rd, void *out)
{
	struct btz_tpm_out_data *a = out;
	struct btz_span s;

	if (!btz_rd_bytes16(rd, &s, BTZ_TPM_KEY_CREDENTIAL_MAX) || s.len == 0)
		return false;
	memcpy(a->b, s.p, s.len);
	a->len = (uint16_t)s.len;
	return true;
}

/* clang-format off */
#define OUT(s) .out_size = sizeof(struct btz_tpm_##s)

const struct btz_tpm_cmd btz_tpm_key_primary = { .name = "CreatePrimary",
	.cc = BTZ_TPM_CC_CREATE_PRIMARY, .handles = 1, .auth = true,
	.out_handle = BTZ_TPM_HT_TRANSIENT, .crypt = BTZ_TPM_SA_DECRYPT,
	.put = put_primary, .get = get_primary, OUT(out_key_primary) };
const struct btz_tpm_cmd btz_tpm_key_policy = { .name = "StartAuthSession",
	.cc = BTZ_TPM_CC_START_AUTH_SESSION, .handles = 2,
	.out_handle = BTZ_TPM_HT_POLICY_SESSION, .sessionless = true,
	.put = put_policy, .get = get_policy, OUT(out_load) };
const struct btz_tpm_cmd btz_tpm_key_policy_secret = { .name = "PolicySecret",
	.cc = BTZ_TPM_CC_POLICY_SECRET, .handles = 2, .auth = true,
	.put = put_secret, .get = get_secret };
const struct btz_tpm_cmd btz_tpm_key_activate = { .name = "ActivateCredential",
	.cc = BTZ_TPM_CC_ACTIVATE_CREDENTIAL, .handles = 2, .auth = true,
	.policy = true, .crypt = BTZ_TPM_SA_DECRYPT | BTZ_TPM_SA_ENCRYPT,
	.put = put_activate, .get = get_activate, OUT(out_data) };
/* clang-format on */
