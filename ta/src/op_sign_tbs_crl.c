/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_sign_tbs_crl.c - an issuing key signs the next revocation list of its CA
 * (check_crl.c). The very list that was signed last may be signed again: its
 * answer may have been lost. Its digest stands in the record beside its
 * number: the number alone would refuse that list for ever. The first list of
 * a key is committed at once: after a crash nothing else would stop a second
 * number 1.
 */
#include <string.h>

#include "der/oid.h"
#include "der/spki.h"
#include "op_sign_tbs.h"
#include "wire/msg_sign.h"

/* ECDSA-Sig-Value to r || s; the form was checked. */
static bool
raw_signature(struct btz_span der, uint8_t rs[64])
{
	struct btz_rd rd, seq;

	btz_rd_span(&rd, der);
	memset(rs, 0, 64);
	if (!btz_ecdsa_sig_ok(der) || !btz_der_enter(&rd, BTZ_DER_SEQ, &seq))
		return false;
	for (size_t i = 0; i < 2; i++) {
		struct btz_span n;

		if (!btz_der_positive(&seq, &n))
			return false;
		while (n.len > 0 && n.p[0] == 0) {
			n.p++;
			n.len--;
		}
		if (n.len > 32)
			return false;
		memcpy(rs + 32 * i + 32 - n.len, n.p, n.len);
	}
	return true;
}

/* The list that comes along counts only if this key has signed it. */
static enum btz_rc
take_previous(
    const struct ta_issuing *s, struct btz_span der, struct btz_crl *out)
{
	uint8_t rs[64], digest[32];
	enum btz_rc rc = btz_crl_parse(der, out);

	if (rc != BTZ_OK)
		return rc;
	if (!out->has_number ||
	    btz_sigalg_of(out->sig_alg) != BTZ_SIG_ECDSA_SHA256)
		return BTZ_E_CRL_FORM;
	if (!raw_signature(out->signature, rs))
		return BTZ_E_SIGNATURE;
	rc = ta_sha256(&out->tbs, 1, digest);
	return rc == BTZ_OK ? s->key->ec->verify(s->key->ec, s->key->point,
				  btz_span_of(digest, sizeof(digest)), rs)
			    : rc;
}

static enum btz_rc
check(const struct ta_issuing *s, const struct btz_ta_sign *req,
    struct btz_crl *next)
{
	struct btz_crl previous;
	enum btz_rc rc = btz_crl_parse_tbs(req->input, next);

	if (rc == BTZ_OK && req->previous.len > 0)
		rc = take_previous(s, req->previous, &previous);
	if (rc != BTZ_OK)
		return rc;
	return ta_check_crl(&s->is, s->books->crl_number,
	    req->previous.len > 0 ? &previous : NULL, next);
}

enum btz_rc
ta_op_sign_tbs_crl(
    struct ta *ta, const void *session, struct btz_span in, struct btz_wr *out)
{
	struct btz_ta_sign req;
	struct ta_issuing s;
	struct btz_crl next;
	uint8_t digest[32];
	enum btz_rc rc;

	if (!btz_msg_decode(&btz_def_ta_sign, in, &req))
		return BTZ_E_PROTO;
	rc = ta_issuer_begin(ta, session, &req, BTZ_IN_TBS_CRL, &s);
	if (rc == BTZ_OK && s.books->crl_number <= 1) /* will be committed */
		rc = ta_tpm_free(ta);
	if (rc == BTZ_OK)
		rc = ta_sha256(&req.input, 1, digest);
	if (rc != BTZ_OK)
		return rc;
	if (s.books->crl_number == 0 ||
	    memcmp(s.books->last_crl, digest, 32) != 0) {
		rc = check(&s, &req, &next);
		if (rc != BTZ_OK)
			return rc;
		rc = ta_issuer_sign(ta, &s, req.input, out);
		if (rc != BTZ_OK)
			return rc;
		s.books->crl_number = next.number;
		memcpy(s.books->last_crl, digest, 32);
	} else {
		rc = ta_issuer_sign(ta, &s, req.input, out);
	}
	/* An answer leaves only with BTZ_OK. */
	if (rc == BTZ_OK && s.books->crl_number == 1)
		rc = ta_store_commit(ta);
	return rc;
}
