/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_sign_ocsp.c - a key of kind ocsp signs a ResponseData about certificates
 * of the issuing key that it is sealed to (check_ocsp.c), counted and chained.
 */
#include "op_sign_tbs.h"

#include "wire/msg_sign.h"

enum btz_rc
ta_op_sign_ocsp(
    struct ta *ta, const void *session, struct btz_span in, struct btz_wr *out)
{
	struct btz_ta_sign req;
	struct ta_issuing s;
	struct btz_ocsp o;
	enum btz_rc rc;

	if (!btz_msg_decode(&btz_def_ta_sign, in, &req))
		return BTZ_E_PROTO;
	if (req.input.len > BTZ_TBS_MAX || req.previous.len != 0)
		return BTZ_E_TOOBIG;
	rc = ta_issuer_begin(ta, session, &req, BTZ_IN_OCSP, &s);
	/* It speaks for an issuer as long as that exists. */
	if (rc == BTZ_OK && ta_constrained_of(ta, s.is.c.issuer_id) == NULL)
		rc = BTZ_E_KEY_STATE;
	if (rc == BTZ_OK)
		rc = btz_ocsp_parse(req.input, &o);
	if (rc == BTZ_OK)
		rc = ta_check_ocsp(&s.is, &o);
	return rc == BTZ_OK ? ta_issuer_sign(ta, &s, req.input, out) : rc;
}
