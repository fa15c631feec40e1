/* SPDX-License-Identifier: Apache-2.0 */
/* ek.c - endorsement keys and their certificates; contract in ek.h. */
#include "tpm2/ek.h"

#include <string.h>

const struct btz_tpm_ek btz_tpm_eks[BTZ_TPM_EK_COUNT] = {
	[BTZ_TPM_EK_H3] = { "H-3", btz_tpm_tmpl_ek_p384_high,
	    BTZ_TPM_ALG_SHA384, BTZ_TPM_NV_EK_P384_HIGH },
	[BTZ_TPM_EK_L2] = { "L-2", btz_tpm_tmpl_ek_p256, BTZ_TPM_ALG_SHA256,
	    BTZ_TPM_NV_EK_P256_LOW },
	[BTZ_TPM_EK_H2] = { "H-2", btz_tpm_tmpl_ek_p256_high,
	    BTZ_TPM_ALG_SHA256, BTZ_TPM_NV_EK_P256_HIGH },
};

/* One NV_Read: the index's own, empty authorization. */
static enum btz_rc
read_part(struct btz_tpm *t, const struct btz_tpm_entity *nv, uint8_t *out,
    uint16_t offset, uint16_t len)
{
	const struct btz_tpm_entity *ents[2] = { nv, nv };
	struct btz_tpm_in_nv_read in = { .len = len, .offset = offset };
	struct btz_tpm_out_data got;
	enum btz_rc rc;

	rc = btz_tpm_exec_how(
	    t, BTZ_TPM_PASSWORD, BTZ_TPM_NV_READ, ents, &in, &got);
	if (rc != BTZ_OK)
		return rc;
	if (got.len != len)
		return BTZ_E_TPM_FORMAT;
	memcpy(out, got.b, len);
	return BTZ_OK;
}

enum btz_rc
btz_tpm_ek_cert(struct btz_tpm *t, const struct btz_tpm_ek *ek, uint8_t *buf,
    size_t cap, size_t *len)
{
	struct btz_tpm_entity nv = { .handle = ek->cert };
	struct btz_tpm_nv area;
	uint16_t part;
	enum btz_rc rc;

	*len = 0;
	rc = btz_tpm_nv_read_public(t, BTZ_TPM_PLAIN, &nv, &area);
	if (rc == BTZ_OK && area.size > cap)
		rc = BTZ_E_TOOBIG;
	for (uint16_t at = 0; rc == BTZ_OK && at < area.size;
	     at = (uint16_t)(at + part)) {
		part = (uint16_t)(area.size - at);
		if (part > BTZ_TPM_DATA_MAX)
			part = BTZ_TPM_DATA_MAX;
		rc = read_part(t, &nv, buf + at, at, part);
	}
	if (rc == BTZ_OK)
		*len = area.size;
	return rc;
}

enum btz_rc
btz_tpm_ek_create(struct btz_tpm *t, const struct btz_tpm_ek *ek,
    struct btz_tpm_entity *key, struct btz_tpm_public *pub)
{
	struct btz_tpm_entity eh = btz_tpm_hierarchy(
	    BTZ_TPM_RH_ENDORSEMENT, btz_span_of(NULL, 0));
	const struct btz_tpm_entity *ents[1] = { &eh };
	struct btz_tpm_public tmpl;
	struct btz_tpm_in_create in = { .tmpl = &tmpl };
	struct btz_tpm_out_create out;
	enum btz_rc rc;

	memset(key, 0, sizeof(*key));
	memset(pub, 0, sizeof(*pub));
	ek->tmpl(&tmpl);
	rc = btz_tpm_exec_how(
	    t, BTZ_TPM_PASSWORD, BTZ_TPM_CREATE_PRIMARY, ents, &in, &out);
	if (rc != BTZ_OK)
		return rc;
	rc = btz_tpm_created_check(t->crypto, &tmpl, &out);
	if (rc != BTZ_OK) {
		if (btz_tpm_flush(t, out.handle) != BTZ_OK)
			rc = BTZ_E_TPM_UNAVAILABLE;
		return rc;
	}
	key->handle = out.handle;
	key->name = out.name;
	*pub = out.pub;
	return BTZ_OK;
}
