/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_sign_issuing.c - the root key certifies an issuing key. The certificate
 * is built here from the constraints in the key's blob: a key that is not of
 * this TEE, or more than its constraints say, cannot be certified.
 */
#include <string.h>

#include "approval.h"
#include "der/build.h"
#include "der/dn.h"
#include "der/spki.h"
#include "ta.h"
#include "wire/msg_certify.h"

#define BEFORE 3600u
#define AHEAD 300u

static enum btz_rc
check_times(const struct ta *ta, const struct btz_ta_sign_issuing *req,
    const struct btz_keyblob *b)
{
	if (req->not_before + BEFORE < req->now ||
	    req->not_before > req->now + AHEAD)
		return BTZ_E_X509_NOT_BEFORE;
	if (req->not_after <= req->not_before ||
	    req->not_after > ta->rec.root_not_after ||
	    (b->not_after != 0 && req->not_after > b->not_after))
		return BTZ_E_X509_LIFETIME;
	return BTZ_OK;
}

static enum btz_rc
key_id(struct btz_span spki, uint8_t out[20])
{
	struct btz_span bits;

	if (btz_spki_alg(spki, &bits) != BTZ_ALG_EC_P256)
		return BTZ_E_KEY_BLOB;
	return ta_sha1(bits, out);
}

static enum btz_rc
build(const struct ta *ta, const struct btz_ta_sign_issuing *req,
    const struct btz_keyblob *b, struct btz_wr *tbs)
{
	uint8_t name[128], ski[20], aki[20], root[BTZ_SPKI_P256_LEN];
	struct btz_constraints c;
	struct btz_cert_spec spec;
	struct btz_wr wn;
	enum btz_rc rc = ta_tpm_spki(&ta->rec.root_pub, root);

	if (rc == BTZ_OK)
		rc = key_id(btz_span_of(root, sizeof(root)), aki);
	if (rc == BTZ_OK)
		rc = key_id(b->spki, ski);
	if (rc == BTZ_OK && !btz_constraints_decode(b->constraints, &c))
		rc = BTZ_E_KEY_BLOB;
	/* Anyone may create a key of another domain: not under this root. */
	if (rc == BTZ_OK &&
	    !btz_span_eq(c.trust_domain, ta_text_span(&ta->rec.trust_domain)))
		rc = BTZ_E_KEY_CONSTRAINT;
	if (rc != BTZ_OK)
		return rc;
	btz_wr_init(&wn, name, sizeof(name));
	btz_dn_put(&wn, ta_text_span(&ta->rec.box));
	memset(&spec, 0, sizeof(spec));
	spec.profile = BTZ_PROFILE_ISSUING;
	spec.sig_alg = BTZ_SIG_ECDSA_SHA256;
	spec.serial = btz_span_of(req->serial, sizeof(req->serial));
	spec.issuer = btz_wr_span(&wn);
	spec.subject_cn = c.subject_cn;
	spec.not_before = req->not_before;
	spec.not_after = req->not_after;
	spec.spki = b->spki;
	spec.ski = btz_span_of(ski, sizeof(ski));
	spec.aki = btz_span_of(aki, sizeof(aki));
	spec.ekus = c.ekus;
	spec.uri = c.trust_domain;
	spec.dns = c.dns;
	spec.n_dns = c.n_dns;
	spec.ips = c.ips;
	spec.n_ips = c.n_ips;
	return btz_cert_build(&spec, tbs);
}

/* The first certification of a box belongs to its making and needs no
 * approval: whoever makes a box could keep it from having administrators. Nor
 * does the very same certificate again (is_first_again). */
static enum btz_rc
check_approval(struct ta *ta, const struct btz_ta_sign_issuing *req,
    const struct btz_keyblob *b)
{
	const struct ta_constrained *root = ta_constrained_of(
	    ta, ta->rec.root_id);
	struct btz_approve_issuing what = { .not_after = req->not_after };
	uint8_t buf[128], digest[32];
	const struct ta_approval a = { .operation = BTZ_APPROVE_ISSUING,
		.digest = digest,
		.nonce = req->nonce,
		.approvals = req->approvals };
	struct btz_span request;
	struct btz_wr wr;
	enum btz_rc rc = ta_sha256(&b->spki, 1, what.spki_digest);

	if (root != NULL && root->count == 0)
		return BTZ_OK;
	memcpy(what.issuing_id, b->key_id, sizeof(what.issuing_id));
	memcpy(what.serial, req->serial, sizeof(what.serial));
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_msg_write(&btz_def_approve_issuing, &what, &wr);
	request = btz_wr_span(&wr);
	if (rc == BTZ_OK)
		rc = ta_sha256(&request, 1, digest);
	return rc == BTZ_OK ? ta_approval_check(ta, &a) : rc;
}

/* Counted and committed first: Linux carries the TPM's answer and could keep a
 * signature that the TA never saw. Leaves end with the certificate; of several
 * the latest counts. */
static enum btz_rc
account(struct ta *ta, struct ta_constrained *books, uint64_t not_after,
    struct btz_span tbs)
{
	struct ta_constrained *root = ta_constrained_of(ta, ta->rec.root_id);
	enum btz_rc rc = root == NULL ? BTZ_E_INTERNAL
				      : ta_constrained_room(ta);

	if (rc == BTZ_OK)
		rc = ta_constrained_note(ta, root, tbs);
	if (rc != BTZ_OK)
		return rc;
	if (not_after > books->not_after)
		books->not_after = not_after;
	return ta_store_commit(ta);
}

/* Is it what the root signed first, and only, by its books? The answer may have
 * been lost, and the making of a box has no approvals. */
static enum btz_rc
is_first_again(struct ta *ta, struct btz_span tbs, bool *is)
{
	const struct ta_constrained *root = ta_constrained_of(
	    ta, ta->rec.root_id);
	struct ta_constrained before = { .count = 0 };
	uint8_t head[32];
	enum btz_rc rc;

	*is = false;
	if (root == NULL || root->count != 1)
		return BTZ_OK;
	memcpy(before.id, root->id, sizeof(before.id));
	rc = ta_constrained_head(&before, tbs, head);
	*is = rc == BTZ_OK && memcmp(head, root->head, sizeof(head)) == 0;
	return rc;
}

static enum btz_rc
finish(
    struct ta *ta, struct btz_span tbs, struct btz_span sig, struct btz_wr *out)
{
	uint8_t cert[BTZ_BLOB_MAX + 256];
	struct btz_certificate answer;
	struct btz_wr wc;
	enum btz_rc rc;

	(void)ta;
	btz_wr_init(&wc, cert, sizeof(cert));
	rc = btz_signed_put(&wc, tbs, BTZ_SIG_ECDSA_SHA256, sig);
	answer.der = btz_wr_span(&wc);
	if (rc == BTZ_OK)
		btz_msg_write(&btz_def_certificate, &answer, out);
	return rc;
}

static enum btz_rc
check_blob(struct ta *ta, struct btz_span blob, struct btz_keyblob *b,
    struct ta_constrained **books)
{
	uint8_t d[TA_SECRET_MAX];
	enum btz_rc rc = ta_blob_open(ta, blob, b, d);

	btz_wipe(d, sizeof(d));
	if (rc != BTZ_OK)
		return rc;
	if (b->kind != BTZ_KIND_ISSUING)
		return BTZ_E_KEY_KIND;
	*books = ta_constrained_of(ta, b->key_id);
	return *books == NULL ? BTZ_E_KEY_STATE : BTZ_OK;
}

/* Into tbs, and into the books unless it is there: its times were judged. */
static enum btz_rc
judge(struct ta *ta, const struct btz_ta_sign_issuing *req,
    const struct btz_keyblob *b, struct ta_constrained *books,
    struct btz_wr *tbs)
{
	const enum btz_rc times = check_times(ta, req, b);
	bool again = false;
	enum btz_rc rc = build(ta, req, b, tbs);

	if (rc == BTZ_OK)
		rc = is_first_again(ta, btz_wr_span(tbs), &again);
	if (again)
		return ta_store_commit(ta);
	if (times != BTZ_OK || rc != BTZ_OK)
		return times != BTZ_OK ? times : rc;
	rc = check_approval(ta, req, b);
	return rc == BTZ_OK
		   ? account(ta, books, req->not_after, btz_wr_span(tbs))
		   : rc;
}

enum btz_rc
ta_op_sign_issuing(
    struct ta *ta, const void *session, struct btz_span in, struct btz_wr *out)
{
	struct btz_ta_sign_issuing req;
	struct btz_keyblob b;
	struct ta_constrained *books = NULL;
	struct ta_sign_what what = { .pub = &ta->rec.root_pub,
		.handle = TA_H_ROOT,
		.auth = TA_AUTH_ROOT,
		.finish = finish };
	uint8_t tbs[BTZ_BLOB_MAX];
	struct btz_wr wt;
	enum btz_rc rc;

	(void)out;
	if (!btz_msg_decode(&btz_def_ta_sign_issuing, in, &req))
		return BTZ_E_PROTO;
	rc = check_blob(ta, req.blob, &b, &books);
	if (rc == BTZ_OK)
		rc = ta_time_use(ta, req.now);
	btz_wr_init(&wt, tbs, sizeof(tbs));
	if (rc == BTZ_OK)
		rc = judge(ta, &req, &b, books, &wt);
	what.text = btz_wr_span(&wt);
	return rc == BTZ_OK ? ta_tpm_sign_begin(ta, session, &what) : rc;
}
