/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_sign_tls.c - a key of kind tls signs the CertificateVerify of a TLS 1.3
 * server and nothing else. Not counted: decision 0010.
 */
#include "ta.h"
#include "wire/msg_sign.h"
#include "wire/tlscv.h"

static enum btz_rc
check(const struct ta_key *k, const struct btz_ta_sign *req)
{
	if (k == NULL)
		return BTZ_E_NOENT;
	if (!btz_kind_takes(k->kind, BTZ_IN_TLS_CV))
		return BTZ_E_KEY_KIND;
	if ((k->operations & BTZ_USE_SIGN) == 0)
		return BTZ_E_KEY_USAGE;
	if (k->ec == NULL || req->alg != k->ec->sig)
		return BTZ_E_KEY_ALG;
	if (req->previous.len != 0)
		return BTZ_E_INVAL;
	if (!btz_tls_cv_ok(req->input))
		return BTZ_E_TLS_CV;
	if (k->not_after != 0 && req->now > k->not_after)
		return BTZ_E_EXPIRED;
	return BTZ_OK;
}

enum btz_rc
ta_op_sign_tls(
    struct ta *ta, const void *session, struct btz_span in, struct btz_wr *out)
{
	struct btz_ta_sign req;
	struct btz_signature answer;
	const struct ta_key *k;
	uint8_t sig[80], digest[32];
	struct btz_wr wr;
	enum btz_rc rc;

	if (!btz_msg_decode(&btz_def_ta_sign, in, &req))
		return BTZ_E_PROTO;
	k = ta_keys_get(ta, req.handle, session);
	rc = check(k, &req);
	/* As for plain keys: op_sign_digest.c. */
	if (rc == BTZ_OK && k->not_after != 0)
		rc = ta_time_use(ta, req.now);
	btz_wr_init(&wr, sig, sizeof(sig));
	if (rc == BTZ_OK)
		rc = ta_sha256(&req.input, 1, digest);
	if (rc == BTZ_OK)
		rc = ta_keys_sign(k, btz_span_of(digest, sizeof(digest)), &wr);
	if (rc != BTZ_OK)
		return rc;
	answer.signature = btz_wr_span(&wr);
	btz_msg_write(&btz_def_signature, &answer, out);
	return BTZ_OK;
}
