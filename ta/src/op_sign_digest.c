/* SPDX-License-Identifier: Apache-2.0 */
/* op_sign_digest.c - a plain key signs a digest as long as its algorithm
 * says, one of Ed25519 the message itself (RFC 8032 5.1: nothing else is
 * PureEdDSA). */
#include "ta.h"
#include "wire/msg_sign.h"

/* In the set of its family, and of its size. */
static bool
signs(const struct ta_key *k, uint16_t alg)
{
	return alg < 32 && (ta_family_of(k->alg)->sigs & 1u << alg) != 0 &&
	       btz_sig_fits(k->alg, alg);
}

static enum btz_rc
check(const struct ta_key *k, const struct btz_ta_sign *req)
{
	const size_t n = btz_sig_digest_len(req->alg);

	if (k == NULL)
		return BTZ_E_NOENT;
	if (!btz_kind_takes(k->kind, BTZ_IN_DIGEST))
		return BTZ_E_KEY_KIND;
	if ((k->operations & BTZ_USE_SIGN) == 0)
		return BTZ_E_KEY_USAGE;
	if (!signs(k, req->alg))
		return BTZ_E_KEY_ALG;
	if (n != 0 ? req->input.len != n : req->input.len > BTZ_INPUT_MAX)
		return BTZ_E_DIGEST_LEN;
	if (req->previous.len != 0)
		return BTZ_E_INVAL;
	if (k->not_after != 0 && req->now > k->not_after)
		return BTZ_E_EXPIRED;
	return BTZ_OK;
}

enum btz_rc
ta_op_sign_digest(
    struct ta *ta, const void *session, struct btz_span in, struct btz_wr *out)
{
	struct btz_ta_sign req;
	struct btz_signature answer;
	const struct ta_key *k;
	uint8_t sig[BTZ_SIG_MAX];
	struct btz_wr wr;
	enum btz_rc rc;

	if (!btz_msg_decode(&btz_def_ta_sign, in, &req))
		return BTZ_E_PROTO;
	k = ta_keys_get(ta, req.handle, session);
	rc = check(k, &req);
	/* A key that ends must not be used with a clock that was put back. */
	if (rc == BTZ_OK && k->not_after != 0)
		rc = ta_time_use(ta, req.now);
	btz_wr_init(&wr, sig, sizeof(sig));
	if (rc == BTZ_OK)
		rc = ta_family_of(k->alg)->sign(k, req.alg, req.input, &wr);
	if (rc != BTZ_OK)
		return rc;
	answer.signature = btz_wr_span(&wr);
	btz_msg_write(&btz_def_signature, &answer, out);
	return BTZ_OK;
}
