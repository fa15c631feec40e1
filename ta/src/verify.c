/* SPDX-License-Identifier: Apache-2.0 */
/* verify.c - signatures of others' keys; contract in verify.h. */
#include "verify.h"

#include <string.h>

#include "crypt.h"
#include "der/spki.h"
#include "wire/alg.h"

#define COORD 32u

typedef enum btz_rc (*verify_fn)(
    struct btz_span bits, struct btz_span message, struct btz_span signature);

/* A positive INTEGER of at most 256 bits, padded to 32 bytes. */
static bool
take_scalar(struct btz_rd *rd, uint8_t out[COORD])
{
	struct btz_span v;

	if (!btz_der_positive(rd, &v))
		return false;
	if (v.len == COORD + 1 && v.p[0] == 0)
		v = btz_span_of(v.p + 1, COORD);
	if (v.len > COORD)
		return false;
	memset(out, 0, COORD - v.len);
	memcpy(out + COORD - v.len, v.p, v.len);
	return true;
}

static bool
take_rs(struct btz_span sig, uint8_t rs[2 * COORD])
{
	struct btz_rd rd, in;

	btz_rd_span(&rd, sig);
	return btz_der_enter(&rd, BTZ_DER_SEQ, &in) && btz_rd_end(&rd) &&
	       take_scalar(&in, rs) && take_scalar(&in, rs + COORD) &&
	       btz_rd_end(&in);
}

static enum btz_rc
verify_p256(
    struct btz_span bits, struct btz_span message, struct btz_span signature)
{
	const uint8_t *point = bits.p;
	uint8_t digest[32], rs[2 * COORD];
	enum btz_rc rc;

	if (!ta_ec_on_curve(point + 1, point + 1 + COORD) ||
	    !take_rs(signature, rs))
		return BTZ_E_SIGNATURE;
	rc = ta_sha256(&message, 1, digest);
	return rc == BTZ_OK ? ta_ec_verify(point, digest, rs) : rc;
}

static const struct {
	uint8_t alg;
	verify_fn fn;
} rows[] = {
	{ BTZ_ALG_EC_P256, verify_p256 },
};

enum btz_rc
ta_spki_verify(
    struct btz_span spki, struct btz_span message, struct btz_span signature)
{
	struct btz_span bits;
	uint8_t alg = btz_spki_alg(spki, &bits);

	for (size_t i = 0; i < BTZ_COUNT(rows); i++)
		if (rows[i].alg == alg)
			return rows[i].fn(bits, message, signature);
	return BTZ_E_UNSUPPORTED;
}
