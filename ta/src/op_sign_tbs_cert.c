/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_sign_tbs_cert.c - an issuing key signs a TBSCertificate that lies within
 * its sealed constraints (check_cert.c), counted and chained.
 */
#include "op_sign_tbs.h"

#include <string.h>

#include "der/dn.h"
#include "der/spki.h"
#include "wire/msg_sign.h"

static enum ta_ours
ours(const void *ctx, const uint8_t issuer[16], struct btz_span spki)
{
	if (!ta_constrained_spki(ctx, spki))
		return TA_OURS_NOT;
	return ta_constrained_is_ocsp(ctx, issuer, spki) ? TA_OURS_OCSP
							 : TA_OURS_OTHER;
}

static enum btz_rc
sha256(struct btz_span in, uint8_t out[32])
{
	return ta_sha256(&in, 1, out);
}

static enum btz_rc
issuer_name(struct ta_issuer *is)
{
	struct btz_wr wr;

	btz_wr_init(&wr, is->name, sizeof(is->name));
	btz_dn_put(&wr, is->c.subject_cn);
	is->name_len = wr.len;
	return btz_wr_ok(&wr) ? BTZ_OK : BTZ_E_KEY_CONSTRAINT;
}

static void
set_limit(struct ta_issuer *is, uint64_t t)
{
	if (t != 0 && (is->not_after == 0 || t < is->not_after))
		is->not_after = t;
}

static enum btz_rc
check_key(const struct ta_key *k, const struct btz_ta_sign *req, uint8_t input)
{
	if (k == NULL)
		return BTZ_E_NOENT;
	if (!btz_kind_takes(k->kind, input))
		return BTZ_E_KEY_KIND;
	if ((k->operations & BTZ_USE_SIGN) == 0)
		return BTZ_E_KEY_USAGE;
	if (k->ec == NULL || req->alg != k->ec->sig)
		return BTZ_E_KEY_ALG;
	if (k->not_after != 0 && req->now > k->not_after)
		return BTZ_E_EXPIRED;
	return BTZ_OK;
}

enum btz_rc
ta_issuer_begin(struct ta *ta, const void *session,
    const struct btz_ta_sign *req, uint8_t input, struct ta_issuing *out)
{
	struct ta_issuer *is = &out->is;
	enum btz_rc rc;

	memset(out, 0, sizeof(*out));
	out->key = ta_keys_get(ta, req->handle, session);
	rc = check_key(out->key, req, input);
	if (rc != BTZ_OK)
		return rc;
	out->books = ta_constrained_of(ta, out->key->id);
	if (out->books == NULL)
		return BTZ_E_KEY_STATE;
	rc = ta_time_use(ta, req->now);
	if (rc != BTZ_OK)
		return rc;
	if (!btz_constraints_decode(
		btz_span_of(out->key->constraints, out->key->constraints_len),
		&is->c))
		return BTZ_E_KEY_BLOB;
	is->now = req->now;
	set_limit(is, out->key->not_after);
	set_limit(is, out->books->not_after);
	is->ours = ours;
	is->ctx = ta;
	is->sha1 = ta_sha1;
	is->sha256 = sha256;
	memcpy(is->id, out->key->id, sizeof(is->id));
	rc = ta_sha1(btz_span_of(out->key->point, BTZ_P256_POINT_LEN), is->ski);
	return rc == BTZ_OK ? issuer_name(is) : rc;
}

enum btz_rc
ta_issuer_sign(struct ta *ta, struct ta_issuing *s, struct btz_span tbs,
    struct btz_wr *out)
{
	struct btz_signature answer;
	uint8_t sig[80], digest[32];
	struct btz_wr wr;
	enum btz_rc rc = ta_constrained_room(ta);

	btz_wr_init(&wr, sig, sizeof(sig));
	if (rc == BTZ_OK)
		rc = ta_sha256(&tbs, 1, digest);
	if (rc == BTZ_OK)
		rc = ta_keys_sign(s->key, btz_span_of(digest, 32), &wr);
	if (rc == BTZ_OK)
		rc = ta_constrained_note(ta, s->books, tbs);
	if (rc != BTZ_OK)
		return rc;
	answer.signature = btz_wr_span(&wr);
	btz_msg_write(&btz_def_signature, &answer, out);
	return BTZ_OK;
}

enum btz_rc
ta_op_sign_tbs_cert(
    struct ta *ta, const void *session, struct btz_span in, struct btz_wr *out)
{
	struct btz_ta_sign req;
	struct ta_issuing s;
	struct btz_x509 x;
	enum btz_rc rc;

	if (!btz_msg_decode(&btz_def_ta_sign, in, &req))
		return BTZ_E_PROTO;
	if (req.input.len > BTZ_TBS_MAX || req.previous.len != 0)
		return BTZ_E_TOOBIG;
	rc = ta_issuer_begin(ta, session, &req, BTZ_IN_TBS_CERT, &s);
	if (rc == BTZ_OK)
		rc = btz_x509_parse_tbs(req.input, &x);
	if (rc == BTZ_OK)
		rc = ta_check_cert(&s.is, &x);
	return rc == BTZ_OK ? ta_issuer_sign(ta, &s, req.input, out) : rc;
}
