/* SPDX-License-Identifier: Apache-2.0 */
/* judge.c - the meaning of sign, verify and generate; contract in judge.h. */
#include "crypto/judge.h"

#include <openssl/evp.h>
#include <string.h>

#include "der/ocsp.h"
#include "wire/constraint.h"
#include "wire/tlscv.h"

#define KEY_USES ((uint32_t)(BTZ_USE_SIGN | BTZ_USE_VERIFY))

/* One context for the life of the process: starting it again with the same
 * hash costs no look-up. */
static bool
sha256(struct btz_span in, uint8_t out[BTZ_SHA256_LEN])
{
	static EVP_MD_CTX *ctx;

	if (ctx == NULL) {
		ctx = EVP_MD_CTX_new();
		if (ctx == NULL ||
		    EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) <= 0) {
			EVP_MD_CTX_free(ctx);
			ctx = NULL;
			return false;
		}
	}
	return EVP_DigestInit_ex(ctx, NULL, NULL) > 0 &&
	       EVP_DigestUpdate(ctx, in.p, in.len) > 0 &&
	       EVP_DigestFinal_ex(ctx, out, NULL) > 0;
}

static enum btz_rc
digest_of(uint16_t alg, uint8_t input_kind, struct btz_span in,
    uint8_t out[BTZ_DIGEST_MAX], struct btz_err *err)
{
	const size_t len = btz_sig_digest_len(alg);
	bool ok;

	memset(out, 0, BTZ_DIGEST_MAX);
	if (len == 0) /* the message is signed itself */
		return BTZ_OK;
	if (input_kind == BTZ_IN_DIGEST) {
		if (in.len != len)
			return BTZ_FAIL(err, BTZ_E_DIGEST_LEN,
			    "digest of %zu bytes, SHA-%zu has %zu", in.len,
			    8 * len, len);
		memcpy(out, in.p, len);
		return BTZ_OK;
	}
	ok = len == BTZ_SHA256_LEN
		 ? sha256(in, out)
		 : EVP_Digest(in.p, in.len, out, NULL, EVP_sha384(), NULL) > 0;
	return ok ? BTZ_OK
		  : BTZ_FAIL(
			err, BTZ_E_INTERNAL, "libcrypto: SHA-%zu", 8 * len);
}

static enum btz_rc
fits(const struct btz_key_facts *k, uint8_t input_kind, uint16_t alg,
    struct btz_err *err)
{
	if (!btz_kind_takes(k->kind, input_kind))
		return BTZ_FAIL(err, BTZ_E_KEY_KIND, "%s key, input kind %u",
		    btz_kind_name(k->kind), input_kind);
	if (!btz_sig_fits(k->alg, alg))
		return BTZ_FAIL(err, BTZ_E_KEY_ALG,
		    "%s key, signature algorithm %u", btz_alg_name(k->alg),
		    alg);
	if (btz_sig_digest_len(alg) == 0 && input_kind != BTZ_IN_MESSAGE)
		return BTZ_FAIL(err, BTZ_E_KEY_ALG,
		    "RFC 8032 5.1: Ed25519 signs a message, not its digest");
	return BTZ_OK;
}

/* The form of what a constrained key signs. Certificates and lists are left
 * to the trusted application, which parses them anyway; of a soft key nobody
 * else looks. */
static enum btz_rc
well_formed(const struct btz_sign *rq, struct btz_err *err)
{
	struct btz_ocsp o;
	enum btz_rc rc;

	switch (rq->input_kind) {
	case BTZ_IN_TLS_CV:
		if (rq->alg == BTZ_SIG_RSA_PKCS1_SHA256)
			return BTZ_FAIL(err, BTZ_E_KEY_ALG,
			    "RFC 8446 4.2.3: RSA signs with PSS in TLS 1.3");
		if (!btz_tls_cv_ok(rq->input))
			return BTZ_FAIL(err, BTZ_E_TLS_CV,
			    "%zu bytes; TLS 1.2 and clients need a plain key",
			    rq->input.len);
		return BTZ_OK;
	case BTZ_IN_OCSP:
		if ((rc = btz_ocsp_parse(rq->input, &o)) != BTZ_OK)
			return BTZ_FAIL(err, rc, "OCSP response data");
		return BTZ_OK;
	default:
		return BTZ_OK;
	}
}

enum btz_rc
btz_judge_sign(const struct btz_key_facts *k, const struct btz_sign *rq,
    uint64_t now, struct btz_backend_sign *out, struct btz_err *err)
{
	enum btz_rc rc;

	if (k->state != BTZ_KEY_ENABLED)
		return BTZ_FAIL(err, BTZ_E_KEY_STATE, "key is %s",
		    btz_key_state_name(k->state));
	if (k->not_after != 0 && now > k->not_after)
		return BTZ_FAIL(err, BTZ_E_EXPIRED, "key");
	if ((k->usage & BTZ_USE_SIGN) == 0)
		return BTZ_FAIL(err, BTZ_E_KEY_USAGE, "sign");
	if ((rc = fits(k, rq->input_kind, rq->alg, err)) != BTZ_OK)
		return rc;
	if (rq->previous.len != 0 && rq->input_kind != BTZ_IN_TBS_CRL)
		return BTZ_FAIL(err, BTZ_E_INVAL, "previous CRL without a CRL");
	if ((rc = well_formed(rq, err)) != BTZ_OK)
		return rc;
	*out = (struct btz_backend_sign){ .alg = rq->alg,
		.input_kind = rq->input_kind,
		.input = rq->input,
		.previous = rq->previous,
		.now = now };
	return digest_of(rq->alg, rq->input_kind, rq->input, out->digest, err);
}

enum btz_rc
btz_judge_verify(const struct btz_key_facts *k, const struct btz_verify *rq,
    uint8_t digest[BTZ_DIGEST_MAX], struct btz_err *err)
{
	enum btz_rc rc;

	if (k->state == BTZ_KEY_DESTROYED)
		return BTZ_FAIL(err, BTZ_E_KEY_STATE, "key is destroyed");
	if ((k->usage & BTZ_USE_VERIFY) == 0)
		return BTZ_FAIL(err, BTZ_E_KEY_USAGE, "verify");
	if ((rc = fits(k, rq->input_kind, rq->alg, err)) != BTZ_OK)
		return rc;
	return digest_of(rq->alg, rq->input_kind, rq->input, digest, err);
}

enum btz_rc
btz_judge_generate(const struct btz_backend_ops *ops, uint32_t kinds,
    const struct btz_generate *g, uint64_t now, struct btz_err *err)
{
	struct btz_constraints c;

	if (g->alg > 31 || (ops->algs & 1u << g->alg) == 0)
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED, "algorithm %s in '%s'",
		    btz_alg_name(g->alg), ops->name);
	if (g->kind > 31 || (ops->kinds & 1u << g->kind) == 0)
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED, "kind %s in '%s'",
		    btz_kind_name(g->kind), ops->name);
	/* Certificates and TLS of the box: P-256 (and RSA) only. */
	if (g->kind != BTZ_KIND_PLAIN &&
	    (g->alg == BTZ_ALG_EC_P384 || g->alg == BTZ_ALG_ED25519))
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED, "%s key of kind %s",
		    btz_alg_name(g->alg), btz_kind_name(g->kind));
	if ((kinds & 1u << g->kind) == 0)
		return BTZ_FAIL(err, BTZ_E_DENIED, "%s keys by this lease",
		    btz_kind_name(g->kind));
	if (g->usage == 0 || (g->usage & ~KEY_USES) != 0)
		return BTZ_FAIL(err, BTZ_E_INVAL, "usage 0x%x", g->usage);
	if (g->not_after != 0 && g->not_after <= now)
		return BTZ_FAIL(err, BTZ_E_RANGE, "key would be expired");
	if (!btz_constraints_decode(g->constraints, &c))
		return BTZ_FAIL(err, BTZ_E_INVAL, "malformed constraints");
	return BTZ_OK;
}
