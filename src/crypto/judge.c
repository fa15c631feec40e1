/* SPDX-License-Identifier: Apache-2.0 */
/* judge.c - the meaning of requests with a key; contract in judge.h. What
 * generate asks for: judge_generate.c. */
#include "crypto/judge.h"

#include <string.h>

#include "crypto/hash.h"
#include "der/ocsp.h"
#include "wire/tlscv.h"

static enum btz_rc
digest_of(uint16_t alg, uint8_t input_kind, struct btz_span in,
    uint8_t out[BTZ_DIGEST_MAX], struct btz_err *err)
{
	const size_t len = btz_sig_digest_len(alg);

	memset(out, 0, BTZ_DIGEST_MAX);
	if (len == 0) /* the message is signed itself */
		return BTZ_OK;
	if (input_kind == BTZ_IN_DIGEST) {
		if (in.len != len)
			return BTZ_FAIL(err, BTZ_E_DIGEST_LEN,
			    "digest of %zu bytes, %s has %zu", in.len,
			    btz_hash_name(btz_sig_hash(alg)), len);
		memcpy(out, in.p, len);
		return BTZ_OK;
	}
	return btz_hash_run(btz_sig_hash(alg), in, out)
		   ? BTZ_OK
		   : BTZ_FAIL(err, BTZ_E_INTERNAL, "libcrypto: %s",
			 btz_hash_name(btz_sig_hash(alg)));
}

static enum btz_rc
fits(const struct btz_key_facts *k, uint8_t input_kind, uint16_t alg,
    struct btz_err *err)
{
	if (!btz_kind_takes(k->kind, input_kind))
		return BTZ_FAIL(err, BTZ_E_KEY_KIND, "%s key, input kind %u",
		    btz_kind_name(k->kind), input_kind);
	if (!btz_sig_fits(k->alg, alg))
		return BTZ_FAIL(err, BTZ_E_KEY_ALG, "%s key, %s",
		    btz_alg_name(k->alg), btz_sig_name(alg));
	if (k->kind != BTZ_KIND_PLAIN && btz_family(k->alg) == BTZ_FAMILY_EC &&
	    alg != BTZ_SIG_ECDSA_SHA256) /* RFC 8446 4.2.3; certificates */
		return BTZ_FAIL(err, BTZ_E_KEY_ALG, "%s key, %s",
		    btz_kind_name(k->kind), btz_sig_name(alg));
	if (k->only_sig != 0 && k->only_sig != alg)
		return BTZ_FAIL(err, BTZ_E_KEY_ALG, "key is for %s only",
		    btz_sig_name(k->only_sig));
	if (btz_sig_digest_len(alg) == 0 && input_kind != BTZ_IN_MESSAGE)
		return BTZ_FAIL(err, BTZ_E_KEY_ALG,
		    "RFC 8032 5.1: Ed25519 signs a message, not its digest");
	return BTZ_OK;
}

static bool
rsa_pkcs1(uint16_t alg)
{
	return alg == BTZ_SIG_RSA_PKCS1_SHA256 ||
	       alg == BTZ_SIG_RSA_PKCS1_SHA384 ||
	       alg == BTZ_SIG_RSA_PKCS1_SHA512;
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
		if (rsa_pkcs1(rq->alg))
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

/* A key that may be used at all. What is older than its expiry can still be
 * decrypted and verified. */
static enum btz_rc
usable(const struct btz_key_facts *k, enum btz_use use, uint64_t now,
    struct btz_err *err)
{
	const bool later = use == BTZ_USE_DECRYPT || use == BTZ_USE_VERIFY;

	if (k->state != BTZ_KEY_ENABLED)
		return BTZ_FAIL(err, BTZ_E_KEY_STATE, "key is %s",
		    btz_key_state_name(k->state));
	if (!later && k->not_after != 0 && now > k->not_after)
		return BTZ_FAIL(err, BTZ_E_EXPIRED, "key");
	if ((k->usage & use) == 0)
		return BTZ_FAIL(err, BTZ_E_KEY_USAGE, "use 0x%x", use);
	return BTZ_OK;
}

enum btz_rc
btz_judge_sign(const struct btz_key_facts *k, const struct btz_sign *rq,
    uint64_t now, struct btz_backend_sign *out, struct btz_err *err)
{
	enum btz_rc rc;

	if ((rc = usable(k, BTZ_USE_SIGN, now, err)) != BTZ_OK)
		return rc;
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

static uint8_t
verb_of(enum btz_use use)
{
	switch ((unsigned)use) {
	case BTZ_USE_ENCRYPT:
		return BTZ_VERB_ENCRYPT;
	case BTZ_USE_DECRYPT:
		return BTZ_VERB_DECRYPT;
	case BTZ_USE_DERIVE:
		return BTZ_VERB_DERIVE;
	default:
		return BTZ_VERB_MAC;
	}
}

enum btz_rc
btz_judge_use(const struct btz_key_facts *k, enum btz_use use, uint16_t alg,
    uint64_t now, struct btz_err *err)
{
	enum btz_rc rc = usable(k, use, now, err);

	if (rc != BTZ_OK)
		return rc;
	if (k->kind != BTZ_KIND_PLAIN)
		return BTZ_FAIL(err, BTZ_E_KEY_KIND, "%s key, %s",
		    btz_kind_name(k->kind), btz_crypt_name(alg));
	if (!btz_crypt_fits(k->alg, verb_of(use), alg))
		return BTZ_FAIL(err, BTZ_E_KEY_ALG, "%s key, %s, verb %u",
		    btz_alg_name(k->alg), btz_crypt_name(alg), verb_of(use));
	if (k->only_crypt != 0 && k->only_crypt != alg)
		return BTZ_FAIL(err, BTZ_E_KEY_ALG, "key is for %s only",
		    btz_crypt_name(k->only_crypt));
	if (k->only_crypt == 0 && btz_crypt_named_only(alg))
		return BTZ_FAIL(err, BTZ_E_KEY_ALG,
		    "%s needs a key that was made for nothing else",
		    btz_crypt_name(alg));
	return BTZ_OK;
}

enum btz_rc
btz_judge_crypt(const struct btz_key_facts *k, enum btz_use use,
    const struct btz_crypt *rq, struct btz_err *err)
{
	const bool none = btz_crypt_nonce_len(rq->alg) == 0; /* RSA */

	if (none && rq->nonce.len != 0)
		return BTZ_FAIL(err, BTZ_E_INVAL, "%s has no nonce",
		    btz_crypt_name(rq->alg));
	if (!none && use == BTZ_USE_DECRYPT && rq->nonce.len == 0)
		return BTZ_FAIL(err, BTZ_E_INVAL, "%s without its nonce",
		    btz_crypt_name(rq->alg));
	if (use == BTZ_USE_ENCRYPT && rq->nonce.len != 0 &&
	    (k->flags & BTZ_KEYFLAG_CALLER_NONCE) == 0)
		return BTZ_FAIL(
		    err, BTZ_E_KEY_USAGE, "the service draws the nonce");
	if (rq->aad.len != 0 && !btz_crypt_tells(rq->alg))
		return BTZ_FAIL(err, BTZ_E_INVAL, "%s has no associated data",
		    btz_crypt_name(rq->alg));
	return BTZ_OK;
}

enum btz_rc
btz_judge_derive(const struct btz_derive *rq, struct btz_err *err)
{
	const size_t hash = btz_hash_len(btz_crypt_hash(rq->alg));

	if (hash == 0 &&
	    (rq->len != 0 || rq->salt.len != 0 || rq->info.len != 0))
		return BTZ_FAIL(err, BTZ_E_INVAL, "%s gives its whole secret",
		    btz_crypt_name(rq->alg));
	if (hash == 0)
		return BTZ_OK;
	if (rq->peer.len != 0)
		return BTZ_FAIL(err, BTZ_E_INVAL, "HKDF has no peer");
	/* RFC 5869 2.3: L <= 255 * HashLen */
	if (rq->len == 0 || rq->len > 255 * hash || rq->len > BTZ_DERIVED_MAX)
		return BTZ_FAIL(err, BTZ_E_RANGE,
		    "RFC 5869 2.3: %u bytes, at most %zu", rq->len,
		    255 * hash < BTZ_DERIVED_MAX ? 255 * hash
						 : (size_t)BTZ_DERIVED_MAX);
	return BTZ_OK;
}

enum btz_rc
btz_judge_sig_here(
    const struct btz_backend_ops *ops, uint16_t alg, struct btz_err *err)
{
	if (ops->sigs == 0 || (alg < 32 && (ops->sigs & 1u << alg) != 0))
		return BTZ_OK;
	return BTZ_FAIL(err, BTZ_E_UNSUPPORTED, "%s in '%s'; %s",
	    btz_sig_name(alg), ops->name,
	    btz_backends_having(offsetof(struct btz_backend_ops, sigs), alg));
}

enum btz_rc
btz_judge_crypt_here(
    const struct btz_backend_ops *ops, uint16_t alg, struct btz_err *err)
{
	if (ops->crypt != NULL && alg < 32 && (ops->crypts & 1u << alg) != 0)
		return BTZ_OK;
	return BTZ_FAIL(err, BTZ_E_UNSUPPORTED, "%s in '%s'; %s",
	    btz_crypt_name(alg), ops->name,
	    btz_backends_having(offsetof(struct btz_backend_ops, crypts), alg));
}
