/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kek.c - what opens key blobs: a key made of the TPM's secret and the TEE's,
 * and one key per blob from it (secure-world.md, Keys).
 */
#include "ta.h"

#include <string.h>

enum btz_rc
ta_kek_derive(struct ta *ta, const uint8_t master[32])
{
	struct btz_span info = btz_span_str("btz/1 kek");
	uint8_t ikm[64], prk[32];
	enum btz_rc rc;

	memcpy(ikm, master, 32);
	memcpy(ikm + 32, ta->tee_secret, 32);
	rc = ta_hkdf_extract(btz_span_of(ta->rec.provisioning_id, 32),
	    btz_span_of(ikm, sizeof(ikm)), prk);
	if (rc == BTZ_OK)
		rc = ta_hkdf_expand(prk, &info, 1, ta->kek);
	btz_wipe(ikm, sizeof(ikm));
	btz_wipe(prk, sizeof(prk));
	ta->has_kek = rc == BTZ_OK;
	ta_port_tell("master", btz_span_of(master, 32));
	ta_port_tell("tee-secret", btz_span_of(ta->tee_secret, 32));
	ta_port_tell("kek", btz_span_of(ta->kek, 32));
	for (size_t i = 0; i < TA_AUTH_COUNT; i++)
		ta_port_tell("authorization", btz_span_of(ta->rec.auth[i], 32));
	return rc;
}

static enum btz_rc
blob_key(const struct ta *ta, const struct btz_keyblob *b, uint8_t key[32])
{
	uint8_t generation[4];
	struct btz_wr wr;
	struct btz_span info[3] = { btz_span_str("btz/1 blob"),
		btz_span_of(b->key_id, sizeof(b->key_id)),
		btz_span_of(generation, sizeof(generation)) };

	btz_wr_init(&wr, generation, sizeof(generation));
	btz_wr_u32(&wr, b->generation);
	return ta_hkdf_expand(ta->kek, info, 3, key);
}

enum btz_rc
ta_blob_seal(struct ta *ta, const struct btz_keyblob *b, struct btz_span secret,
    struct btz_wr *wr)
{
	uint8_t key[32], nonce[BTZ_KEYBLOB_NONCE_LEN];
	uint8_t sealed[TA_SECRET_MAX];
	uint8_t tag[BTZ_KEYBLOB_TAG_LEN];
	enum btz_rc rc;

	if (!ta->has_kek)
		return BTZ_E_TPM_UNAVAILABLE;
	if (secret.len > sizeof(sealed))
		return BTZ_E_INTERNAL;
	btz_keyblob_header(b, wr);
	if (!btz_wr_ok(wr))
		return BTZ_E_INVAL;
	ta_port_tell("private-key", secret);
	TEE_GenerateRandom(nonce, sizeof(nonce));
	rc = blob_key(ta, b, key);
	if (rc == BTZ_OK)
		rc = ta_gcm_seal(
		    key, nonce, btz_wr_span(wr), secret, sealed, tag);
	btz_wipe(key, sizeof(key));
	if (rc != BTZ_OK)
		return rc;
	btz_keyblob_seal(wr, nonce, btz_span_of(sealed, secret.len), tag);
	return btz_wr_ok(wr) ? BTZ_OK : BTZ_E_TOOBIG;
}

enum btz_rc
ta_blob_open(struct ta *ta, struct btz_span in, struct btz_keyblob *b,
    uint8_t secret[TA_SECRET_MAX])
{
	uint8_t key[32];
	enum btz_rc rc;

	if (!ta->has_kek)
		return BTZ_E_TPM_UNAVAILABLE;
	if (!btz_keyblob_decode(in, b) || ta_family_of(b->alg) == NULL)
		return BTZ_E_KEY_BLOB;
	rc = blob_key(ta, b, key);
	if (rc == BTZ_OK)
		rc = ta_gcm_open(
		    key, b->nonce, b->aad, b->ciphertext, b->tag, secret);
	btz_wipe(key, sizeof(key));
	if (rc != BTZ_OK)
		return rc == BTZ_E_VERIFY ? BTZ_E_KEY_BLOB : rc;
	if (ta_slots_current(ta, b->slot, b->generation))
		return BTZ_OK;
	btz_wipe(secret, b->ciphertext.len);
	return BTZ_E_KEY_GENERATION;
}
