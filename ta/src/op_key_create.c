/* SPDX-License-Identifier: Apache-2.0 */
/* op_key_create.c - a new key of the TEE: what it is and may do is sealed into
 * its blob. Root and checkpoint keys are made by PROVISION only. */
#include <string.h>

#include "der/spki.h"
#include "ta.h"

static bool
constrained(uint8_t kind)
{
	return kind == BTZ_KIND_ISSUING;
}

/* An issuing key without limits would be a key to everything. */
static enum btz_rc
check_constraints(const struct btz_ta_key_create *req)
{
	struct btz_constraints c;

	if (!btz_constraints_decode(req->constraints, &c))
		return BTZ_E_INVAL;
	if (!constrained(req->kind))
		return req->constraints.len == 0 ? BTZ_OK
						 : BTZ_E_KEY_CONSTRAINT;
	if (c.trust_domain.len == 0 || c.subject_cn.len == 0 || c.ekus == 0 ||
	    c.max_lifetime == 0 ||
	    (c.ekus & ~(uint32_t)(BTZ_EKU_CLIENT_AUTH | BTZ_EKU_SERVER_AUTH)) !=
		0)
		return BTZ_E_KEY_CONSTRAINT;
	return BTZ_OK;
}

static enum btz_rc
check(const struct btz_ta_key_create *req)
{
	if (req->alg != BTZ_ALG_EC_P256)
		return BTZ_E_UNSUPPORTED;
	if (req->kind != BTZ_KIND_PLAIN && req->kind != BTZ_KIND_ISSUING)
		return BTZ_E_UNSUPPORTED;
	/* Nothing that leaves the TA can be asked for yet. */
	if (req->flags != 0)
		return BTZ_E_UNSUPPORTED;
	return check_constraints(req);
}

static enum btz_rc
make(struct ta *ta, const struct btz_ta_key_create *req, struct btz_keyblob *b,
    uint8_t spki[BTZ_SPKI_P256_LEN], struct btz_wr *blob)
{
	uint8_t d[32], point[65];
	struct btz_wr wr;
	enum btz_rc rc = ta_ec_generate(d, point);

	btz_wr_init(&wr, spki, BTZ_SPKI_P256_LEN);
	if (rc == BTZ_OK)
		btz_spki_put_p256(&wr, point);
	b->alg = req->alg;
	b->kind = req->kind;
	b->operations = req->operations;
	memcpy(b->tenant_id, req->tenant_id, sizeof(b->tenant_id));
	b->not_after = req->not_after;
	b->constraints = req->constraints;
	b->spki = btz_wr_span(&wr);
	TEE_GenerateRandom(b->key_id, sizeof(b->key_id));
	if (rc == BTZ_OK)
		rc = ta_blob_seal(ta, b, d, blob);
	btz_wipe(d, sizeof(d));
	return rc;
}

/* The books of a constrained key begin before anybody has the key. */
static enum btz_rc
enter_books(struct ta *ta, const struct btz_keyblob *b)
{
	struct ta_constrained like = { .slot = b->slot, .kind = b->kind };
	enum btz_rc rc;

	if (!constrained(b->kind))
		return BTZ_OK;
	memcpy(like.id, b->key_id, sizeof(like.id));
	rc = ta_constrained_add(ta, &like, b->spki);
	if (rc == BTZ_OK)
		rc = ta_store_commit(ta);
	if (rc != BTZ_OK)
		ta_constrained_remove(ta, b->slot);
	return rc;
}

enum btz_rc
ta_op_key_create(
    struct ta *ta, const void *session, struct btz_span in, struct btz_wr *out)
{
	struct btz_ta_key_create req;
	struct btz_keyblob b;
	struct btz_ta_key answer;
	uint8_t spki[BTZ_SPKI_P256_LEN], buf[BTZ_BLOB_MAX];
	struct btz_wr blob;
	enum btz_rc rc;

	(void)session;
	if (!btz_msg_decode(&btz_def_ta_key_create, in, &req))
		return BTZ_E_PROTO;
	rc = check(&req);
	if (rc == BTZ_OK && !ta->has_kek)
		rc = BTZ_E_TPM_UNAVAILABLE;
	memset(&b, 0, sizeof(b));
	if (rc == BTZ_OK)
		rc = ta_slots_take(ta, &b.slot, &b.generation);
	btz_wr_init(&blob, buf, sizeof(buf));
	if (rc == BTZ_OK)
		rc = make(ta, &req, &b, spki, &blob);
	if (rc == BTZ_OK)
		rc = enter_books(ta, &b);
	if (rc != BTZ_OK)
		return rc;
	memcpy(answer.key_id, b.key_id, sizeof(answer.key_id));
	answer.spki = b.spki;
	answer.blob = btz_wr_span(&blob);
	btz_msg_write(&btz_def_ta_key, &answer, out);
	return BTZ_OK;
}
