/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_key_import.c - plain keys from outside, and out again: KEY_IMPORT,
 * KEY_EXPORT. Linux has seen their private parts. What RESTORE takes in goes
 * through the same checks.
 */
#include <string.h>

#include "der/spki.h"
#include "family.h"
#include "recovery.h"
#include "wire/msg_crypt.h"

/* Loading compares what the API lets it (ec_gp.c: x); a signature that stays
 * here shows the rest. */
static enum btz_rc
check_pair(const struct ta_key *k)
{
	const uint8_t text[TA_EC_DIGEST_MAX] = { 1 };
	const struct btz_span in = btz_span_of(text, k->ec->digest);
	uint8_t sig[TA_EC_SIG_MAX];
	enum btz_rc rc = k->ec->sign(k->ec, k->key, in, sig);

	if (rc == BTZ_OK)
		rc = k->ec->verify(k->ec, k->point, in, sig);
	btz_wipe(sig, sizeof(sig));
	return rc;
}

/* Before anything calculates with it. */
static bool
on_curve(uint8_t alg, struct btz_span spki)
{
	const struct ta_ec *e = ta_ec_of(alg);
	struct btz_span bits;

	return btz_family(alg) != BTZ_FAMILY_EC ||
	       (btz_spki_key_alg(spki, &bits) == alg && bits.len == e->pub &&
		   ta_ec_on_curve(
		       e->secret, bits.p + 1, bits.p + 1 + e->secret));
}

enum btz_rc
ta_import_check(uint8_t alg, struct btz_span secret, struct btz_span spki)
{
	const struct ta_family *f = ta_family_of(alg);
	struct ta_key k;
	enum btz_rc rc;

	memset(&k, 0, sizeof(k));
	k.key = TEE_HANDLE_NULL;
	k.alg = alg;
	if (f == NULL)
		return BTZ_E_UNSUPPORTED;
	if (!on_curve(alg, spki))
		return BTZ_E_INVAL;
	rc = f->load(&k, secret, spki);
	if (rc == BTZ_OK && btz_family(alg) == BTZ_FAMILY_EC)
		rc = check_pair(&k);
	ta_keys_end(&k);
	return rc == BTZ_E_NOMEM || rc == BTZ_OK ? rc : BTZ_E_INVAL;
}

enum btz_rc
ta_import_seal(struct ta *ta, struct btz_keyblob *b, struct btz_span secret,
    struct btz_wr *blob)
{
	enum btz_rc rc = ta_slots_take(ta, &b->slot, &b->generation);

	if (rc != BTZ_OK)
		return rc;
	TEE_GenerateRandom(b->key_id, sizeof(b->key_id));
	rc = ta_blob_seal(ta, b, secret, blob);
	if (rc != BTZ_OK)
		ta_slots_untake(ta, b->slot, b->generation);
	return rc;
}

static enum btz_rc
judge(const struct ta *ta, const struct btz_ta_key_import *req)
{
	if (!ta->has_kek)
		return BTZ_E_TPM_UNAVAILABLE;
	/* Else who is root could name himself and then back it up. */
	if ((req->flags & BTZ_KEYBLOB_BACKUPABLE) != 0 && !ta_recovery_set(ta))
		return BTZ_E_RECOVERY_KEY;
	return ta_import_check(req->alg, req->secret, req->spki);
}

enum btz_rc
ta_op_key_import(
    struct ta *ta, const void *session, struct btz_span in, struct btz_wr *out)
{
	struct btz_ta_key_import req;
	struct btz_keyblob b = { .kind = BTZ_KIND_PLAIN };
	struct btz_ta_key answer;
	uint8_t buf[BTZ_BLOB_MAX];
	struct btz_wr blob;
	enum btz_rc rc;

	(void)session;
	if (!btz_msg_decode(&btz_def_ta_key_import, in, &req))
		return BTZ_E_PROTO;
	rc = judge(ta, &req);
	if (rc != BTZ_OK)
		return rc;
	b.alg = req.alg;
	b.flags = req.flags;
	b.operations = req.operations;
	memcpy(b.tenant_id, req.tenant_id, sizeof(b.tenant_id));
	b.not_after = req.not_after;
	b.spki = req.spki;
	btz_wr_init(&blob, buf, sizeof(buf));
	rc = ta_import_seal(ta, &b, req.secret, &blob);
	if (rc != BTZ_OK)
		return rc;
	memcpy(answer.key_id, b.key_id, sizeof(answer.key_id));
	answer.spki = b.spki;
	answer.blob = btz_wr_span(&blob);
	btz_msg_write(&btz_def_ta_key, &answer, out);
	return BTZ_OK;
}

enum btz_rc
ta_op_key_export(
    struct ta *ta, const void *session, struct btz_span in, struct btz_wr *out)
{
	uint8_t secret[TA_SECRET_MAX];
	struct btz_secret_ok answer;
	struct btz_ta_blob req;
	struct btz_keyblob b;
	enum btz_rc rc;

	(void)session;
	if (!btz_msg_decode(&btz_def_ta_blob, in, &req))
		return BTZ_E_PROTO;
	rc = ta_blob_open(ta, req.blob, &b, secret);
	if (rc == BTZ_OK && b.kind != BTZ_KIND_PLAIN)
		rc = BTZ_E_KEY_KIND;
	if (rc == BTZ_OK && (b.flags & BTZ_KEYBLOB_EXPORTABLE) == 0)
		rc = BTZ_E_KEY_USAGE;
	if (rc == BTZ_OK) {
		answer.secret = btz_span_of(secret, b.ciphertext.len);
		btz_msg_write(&btz_def_secret_ok, &answer, out);
	}
	btz_wipe(secret, sizeof(secret));
	return rc;
}
