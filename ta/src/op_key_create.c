/* SPDX-License-Identifier: Apache-2.0 */
/* op_key_create.c - a new key of the TEE: what it is and may do is sealed into
 * its blob. Root and checkpoint keys are made by PROVISION only. */
#include <string.h>

#include "recovery.h"

/* What is sealed into the key, and who its issuer is. */
struct limits {
	struct btz_constraints c;
	uint8_t tlv[BTZ_CONSTRAINTS_MAX];
	struct btz_wr wr;
};

static enum btz_rc
check_none(const struct btz_constraints *c, struct btz_span in)
{
	(void)c;
	return in.len == 0 ? BTZ_OK : BTZ_E_KEY_CONSTRAINT;
}

/* An issuing key without limits would be a key to everything. */
static enum btz_rc
check_issuing(const struct btz_constraints *c, struct btz_span in)
{
	const uint32_t ekus = BTZ_EKU_CLIENT_AUTH | BTZ_EKU_SERVER_AUTH;

	(void)in;
	return c->trust_domain.len == 0 || c->subject_cn.len == 0 ||
		       c->ekus == 0 || c->max_lifetime == 0 ||
		       c->issuer_key.len != 0 || (c->ekus & ~ekus) != 0
		   ? BTZ_E_KEY_CONSTRAINT
		   : BTZ_OK;
}

/* Trust domain and issuer, nothing else: the rest is the issuer's. */
static enum btz_rc
check_ocsp(const struct btz_constraints *c, struct btz_span in)
{
	struct btz_constraints only = { .trust_domain = c->trust_domain };
	uint8_t buf[BTZ_CONSTRAINTS_MAX];
	struct btz_wr wr;

	memcpy(only.issuer_id, c->issuer_id, sizeof(only.issuer_id));
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_constraints_encode(&only, &wr);
	return c->trust_domain.len > 0 && btz_wr_ok(&wr) &&
		       btz_span_eq(btz_wr_span(&wr), in)
		   ? BTZ_OK
		   : BTZ_E_KEY_CONSTRAINT;
}

static const struct {
	uint8_t kind;
	bool books; /* counted and chained */
	enum btz_rc (*check)(
	    const struct btz_constraints *c, struct btz_span in);
} kinds[] = {
	{ BTZ_KIND_PLAIN, false, check_none },
	{ BTZ_KIND_ISSUING, true, check_issuing },
	{ BTZ_KIND_OCSP, true, check_ocsp },
	{ BTZ_KIND_TLS, false, check_none },
};

static bool
constrained(uint8_t kind)
{
	for (size_t i = 0; i < BTZ_COUNT(kinds); i++)
		if (kinds[i].kind == kind)
			return kinds[i].books;
	return false;
}

static enum btz_rc
check_constraints(
    const struct btz_ta_key_create *req, struct btz_constraints *c)
{
	for (size_t i = 0; i < BTZ_COUNT(kinds); i++) {
		if (kinds[i].kind != req->kind)
			continue;
		return btz_constraints_decode(req->constraints, c)
			   ? kinds[i].check(c, req->constraints)
			   : BTZ_E_INVAL;
	}
	return BTZ_E_UNSUPPORTED;
}

static enum btz_rc
check(const struct ta *ta, const struct btz_ta_key_create *req,
    struct btz_constraints *c)
{
	/* What a constrained key signs says P-256 in its certificates. */
	if (ta_family_of(req->alg) == NULL ||
	    (req->alg != BTZ_ALG_EC_P256 && req->kind != BTZ_KIND_PLAIN))
		return BTZ_E_UNSUPPORTED;
	/* What is constrained never leaves the TA. */
	if (req->flags != 0 && req->kind != BTZ_KIND_PLAIN)
		return BTZ_E_KEY_KIND;
	/* Else who is root could name himself and then back it up. */
	if ((req->flags & BTZ_KEYBLOB_BACKUPABLE) != 0 && !ta_recovery_set(ta))
		return BTZ_E_RECOVERY_KEY;
	return check_constraints(req, c);
}

/* Name and key of an ocsp key's issuer, from the issuing key itself: whoever
 * has it open has shown its blob. */
static enum btz_rc
take_issuer(struct ta *ta, const void *session, struct limits *l)
{
	const struct ta_key *k = ta_keys_find(ta, l->c.issuer_id, session);
	struct btz_constraints of;

	if (k == NULL)
		return BTZ_E_NOENT;
	if (k->kind != BTZ_KIND_ISSUING)
		return BTZ_E_KEY_KIND;
	if (ta_constrained_of(ta, k->id) == NULL)
		return BTZ_E_KEY_STATE;
	if (!btz_constraints_decode(
		btz_span_of(k->constraints, k->constraints_len), &of))
		return BTZ_E_KEY_BLOB;
	if (!btz_span_eq(of.trust_domain, l->c.trust_domain))
		return BTZ_E_KEY_CONSTRAINT;
	l->c.subject_cn = of.subject_cn;
	l->c.issuer_key = btz_span_of(k->point, k->ec->pub);
	return BTZ_OK;
}

/* The constraints as they are sealed, copied: keys may be closed meanwhile. */
static enum btz_rc
seal_limits(struct ta *ta, const void *session,
    const struct btz_ta_key_create *req, struct limits *l)
{
	enum btz_rc rc = BTZ_OK;

	if (req->kind == BTZ_KIND_OCSP)
		rc = take_issuer(ta, session, l);
	btz_wr_init(&l->wr, l->tlv, sizeof(l->tlv));
	btz_constraints_encode(&l->c, &l->wr);
	if (rc == BTZ_OK && !btz_wr_ok(&l->wr))
		rc = BTZ_E_TOOBIG;
	return rc;
}

enum btz_rc
ta_key_seal(struct ta *ta, const struct btz_ta_key_create *req,
    struct btz_span constraints, const struct ta_parts *parts,
    struct btz_keyblob *b, struct btz_wr *blob)
{
	b->alg = req->alg;
	b->kind = req->kind;
	b->flags = req->flags;
	b->operations = req->operations;
	memcpy(b->tenant_id, req->tenant_id, sizeof(b->tenant_id));
	b->not_after = req->not_after;
	b->constraints = constraints;
	b->spki = btz_span_of(parts->spki, parts->spki_len);
	TEE_GenerateRandom(b->key_id, sizeof(b->key_id));
	return ta_blob_seal(
	    ta, b, btz_span_of(parts->secret, parts->secret_len), blob);
}

static enum btz_rc
make(struct ta *ta, const struct btz_ta_key_create *req,
    struct btz_span constraints, struct ta_parts *parts, struct btz_keyblob *b,
    struct btz_wr *blob)
{
	enum btz_rc rc = ta_family_of(req->alg)->draw(
	    req->alg, req->bits, parts);

	if (rc == BTZ_OK)
		rc = ta_key_seal(ta, req, constraints, parts, b, blob);
	btz_wipe(parts->secret, sizeof(parts->secret));
	return rc;
}

/* The books of a constrained key begin before anybody has the key. */
static enum btz_rc
enter_books(
    struct ta *ta, const struct btz_constraints *c, const struct btz_keyblob *b)
{
	struct ta_constrained like = { .slot = b->slot, .kind = b->kind };
	enum btz_rc rc;

	if (!constrained(b->kind))
		return BTZ_OK;
	memcpy(like.id, b->key_id, sizeof(like.id));
	if (b->kind == BTZ_KIND_OCSP)
		memcpy(like.issuer, c->issuer_id, sizeof(like.issuer));
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
	struct ta_parts parts;
	uint8_t buf[BTZ_BLOB_MAX];
	struct limits l;
	struct btz_wr blob;
	enum btz_rc rc;

	if (!btz_msg_decode(&btz_def_ta_key_create, in, &req))
		return BTZ_E_PROTO;
	rc = check(ta, &req, &l.c);
	if (rc == BTZ_OK && !ta->has_kek)
		rc = BTZ_E_TPM_UNAVAILABLE;
	if (rc == BTZ_OK && constrained(req.kind)) /* it will be committed */
		rc = ta_tpm_free(ta);
	if (rc == BTZ_OK)
		rc = seal_limits(ta, session, &req, &l);
	memset(&b, 0, sizeof(b));
	if (rc == BTZ_OK)
		rc = ta_slots_take(ta, &b.slot, &b.generation);
	btz_wr_init(&blob, buf, sizeof(buf));
	if (rc == BTZ_OK)
		rc = make(ta, &req, btz_wr_span(&l.wr), &parts, &b, &blob);
	if (rc == BTZ_OK)
		rc = enter_books(ta, &l.c, &b);
	if (rc != BTZ_OK) {
		ta_slots_untake(ta, b.slot, b.generation);
		return rc;
	}
	memcpy(answer.key_id, b.key_id, sizeof(answer.key_id));
	answer.spki = b.spki;
	answer.blob = btz_wr_span(&blob);
	btz_msg_write(&btz_def_ta_key, &answer, out);
	return BTZ_OK;
}
