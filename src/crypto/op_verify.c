/* SPDX-License-Identifier: Apache-2.0 */
/* op_verify.c - a signature is checked against a stored key's public half. */
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "crypto/hash.h"
#include "crypto/hot.h"
#include "crypto/judge.h"
#include "crypto/keystore.h"
#include "crypto/lease.h"
#include "crypto/report.h"

static enum btz_rc
load_public(struct btz_core *core, struct btz_hotkey *k, struct btz_err *err)
{
	struct btz_key_row row;
	const uint8_t *p;
	enum btz_rc rc;

	if (k->pub != NULL)
		return BTZ_OK;
	rc = btz_keystore_version(
	    core->store, k->key_id, k->version, &row, err);
	if (rc != BTZ_OK)
		return rc;
	p = row.info.spki.p;
	k->pub = d2i_PUBKEY(NULL, &p, (long)row.info.spki.len);
	if (k->pub == NULL)
		return BTZ_FAIL(err, BTZ_E_CORRUPT, "public key in the store");
	return BTZ_OK;
}

static bool
set_padding(EVP_PKEY_CTX *ctx, uint16_t alg)
{
	const int len = (int)btz_sig_digest_len(alg);

	switch (alg) {
	case BTZ_SIG_RSA_PKCS1_SHA256:
	case BTZ_SIG_RSA_PKCS1_SHA384:
	case BTZ_SIG_RSA_PKCS1_SHA512:
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0;
	case BTZ_SIG_RSA_PSS_SHA256:
	case BTZ_SIG_RSA_PSS_SHA384:
	case BTZ_SIG_RSA_PSS_SHA512:
		return EVP_PKEY_CTX_set_rsa_padding(
			   ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
		       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, len) > 0;
	default:
		return true;
	}
}

static EVP_PKEY_CTX *
context(struct btz_hotkey *k, uint16_t alg)
{
	EVP_PKEY_CTX **at = &k->verify[alg - 1];

	if (*at != NULL)
		return *at;
	*at = EVP_PKEY_CTX_new(k->pub, NULL);
	if (*at != NULL && EVP_PKEY_verify_init(*at) > 0 &&
	    set_padding(*at, alg) &&
	    EVP_PKEY_CTX_set_signature_md(*at, btz_hash_md(btz_sig_hash(alg))) >
		0)
		return *at;
	EVP_PKEY_CTX_free(*at);
	return *at = NULL;
}

static enum btz_rc
verify_digest(struct btz_hotkey *k, const struct btz_verify *rq,
    const uint8_t *digest, struct btz_err *err)
{
	EVP_PKEY_CTX *ctx = context(k, rq->alg);

	if (ctx == NULL)
		return BTZ_FAIL(err, BTZ_E_INTERNAL, "libcrypto: verify");
	return EVP_PKEY_verify(ctx, rq->signature.p, rq->signature.len, digest,
		   btz_sig_digest_len(rq->alg)) == 1
		   ? BTZ_OK
		   : BTZ_E_SIGNATURE;
}

static enum btz_rc
verify_message(const struct btz_hotkey *k, const struct btz_verify *rq)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx != NULL &&
		  EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, k->pub) == 1 &&
		  EVP_DigestVerify(ctx, rq->signature.p, rq->signature.len,
		      rq->input.p, rq->input.len) == 1;

	EVP_MD_CTX_free(ctx);
	return ok ? BTZ_OK : BTZ_E_SIGNATURE;
}

static enum btz_rc
verify_by(struct btz_core *core, struct btz_hotkey *k,
    const struct btz_verify *rq, const uint8_t *digest, struct btz_err *err)
{
	enum btz_rc rc = load_public(core, k, err);

	if (rc != BTZ_OK)
		return rc;
	if (btz_sig_digest_len(rq->alg) == 0)
		rc = verify_message(k, rq);
	else
		rc = verify_digest(k, rq, digest, err);
	ERR_clear_error();
	return rc;
}

/* By the version in use, else by older ones, as many as are tried. */
static enum btz_rc
verify(struct btz_core *core, struct btz_hotkey *k, const struct btz_verify *rq,
    struct btz_err *err)
{
	uint8_t digest[BTZ_DIGEST_MAX];
	enum btz_rc rc = btz_judge_verify(&k->facts, rq, digest, err);

	if (rc == BTZ_OK)
		rc = btz_hot_version(core->hot, k, 0, &k, err);
	if (rc == BTZ_OK)
		rc = verify_by(core, k, rq, digest, err);
	for (int i = 0; rc == BTZ_E_SIGNATURE && i < BTZ_HOT_TRIES; i++) {
		enum btz_rc more = btz_hot_older(core->hot, k, &k, err);

		if (more == BTZ_E_NOENT)
			break;
		rc = more == BTZ_OK ? verify_by(core, k, rq, digest, err)
				    : more;
	}
	return rc;
}

void
btz_op_verify(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_core *core = btz_core_of(h);
	const struct btz_verify *rq = msg;
	struct btz_leased *l = btz_enter(c, BTZ_USE_VERIFY);
	struct btz_hotkey *k;
	struct btz_err err;
	enum btz_rc rc;

	if (l == NULL)
		return;
	rc = btz_hot_get(core->hot, rq->id, &k, &err);
	if (rc == BTZ_OK)
		rc = btz_leased_may_use(l, rq->id, k->owner, &err);
	if (rc == BTZ_OK)
		rc = verify(core, k, rq, &err);
	if (rc == BTZ_OK || rc == BTZ_E_SIGNATURE) {
		btz_report_use(core->report, l, rq->id, BTZ_USED_VERIFY);
		btz_reply(&c->ticket, rc, NULL, NULL);
	} else {
		btz_reply_err(&c->ticket, &err);
	}
}
