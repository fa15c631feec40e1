/* SPDX-License-Identifier: Apache-2.0 */
/* verify.c - signatures of others' keys; contract in verify.h. */
#include "verify.h"

#include <string.h>

#include "crypt.h"
#include "der/spki.h"
#include "ec.h"
#include "wire/alg.h"

/* A positive INTEGER of at most n bytes, padded to n. */
static bool
take_scalar(struct btz_rd *rd, uint8_t *out, size_t n)
{
	struct btz_span v;

	if (!btz_der_positive(rd, &v))
		return false;
	if (v.len == n + 1 && v.p[0] == 0)
		v = btz_span_of(v.p + 1, n);
	if (v.len > n)
		return false;
	memset(out, 0, n - v.len);
	memcpy(out + n - v.len, v.p, v.len);
	return true;
}

static bool
take_rs(struct btz_span sig, uint8_t *rs, size_t n)
{
	struct btz_rd rd, in;

	btz_rd_span(&rd, sig);
	return btz_der_enter(&rd, BTZ_DER_SEQ, &in) && btz_rd_end(&rd) &&
	       take_scalar(&in, rs, n) && take_scalar(&in, rs + n, n) &&
	       btz_rd_end(&in);
}

static enum btz_rc
verify_ecdsa(const struct ta_ec *e, struct btz_span bits,
    struct btz_span message, struct btz_span signature)
{
	const size_t coord = e->sig_len / 2;
	uint8_t digest[TA_EC_DIGEST_MAX], rs[TA_EC_SIG_MAX];
	enum btz_rc rc;

	if (!ta_ec_on_curve(coord, bits.p + 1, bits.p + 1 + coord) ||
	    !take_rs(signature, rs, coord))
		return BTZ_E_SIGNATURE;
	rc = e->digest == 48 ? ta_sha384(&message, 1, digest)
			     : ta_sha256(&message, 1, digest);
	return rc == BTZ_OK
		   ? e->verify(e, bits.p, btz_span_of(digest, e->digest), rs)
		   : rc;
}

enum btz_rc
ta_spki_verify(
    struct btz_span spki, struct btz_span message, struct btz_span signature)
{
	struct btz_span bits;
	const uint8_t alg = btz_spki_key_alg(spki, &bits);

	if (alg == BTZ_ALG_ED25519)
		return signature.len != ta_ec_of(alg)->sig_len
			   ? BTZ_E_SIGNATURE
			   : ta_ec_of(alg)->verify(
				 ta_ec_of(alg), bits.p, message, signature.p);
	if (alg == BTZ_ALG_EC_P256 || alg == BTZ_ALG_EC_P384)
		return verify_ecdsa(ta_ec_of(alg), bits, message, signature);
	return BTZ_E_UNSUPPORTED;
}
