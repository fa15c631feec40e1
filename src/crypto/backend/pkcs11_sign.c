/* SPDX-License-Identifier: Apache-2.0 */
/* pkcs11_sign.c - signatures by a token; contract in backend.h. */
#include <string.h>

#include "crypto/backend/pkcs11.h"
#include "der/spki.h"

#define PREFIX_MAX 32u

struct input {
	uint8_t bytes[PREFIX_MAX + BTZ_DIGEST_MAX];
	struct btz_span span;
};

/* What the mechanism signs: PKCS#1 a DigestInfo; ECDSA at most as many bytes
 * as the curve has (FIPS 186-5 6.4.1), as not every token cuts. */
static void
prepare(const struct btz_p11_sig *s, uint8_t key_alg,
    const struct btz_backend_sign *rq, struct input *in)
{
	const size_t bits = btz_alg_bits(key_alg);

	in->span = btz_backend_signed(rq);
	if (s->mechanism == CKM_ECDSA && in->span.len > bits / 8)
		in->span.len = bits / 8;
	if (s->prefix_len == 0)
		return;
	memcpy(in->bytes, s->prefix, s->prefix_len);
	memcpy(in->bytes + s->prefix_len, in->span.p, in->span.len);
	in->span = btz_span_of(in->bytes, s->prefix_len + in->span.len);
}

/* r || s of the token to ECDSA-Sig-Value. */
static enum btz_rc
put(const struct btz_p11_sig *s, const uint8_t *raw, size_t n,
    struct btz_backend_sig *out, struct btz_err *err)
{
	struct btz_wr wr;

	btz_wr_init(&wr, out->bytes, sizeof(out->bytes));
	if (s->mechanism != CKM_ECDSA)
		btz_wr_raw(&wr, raw, n);
	else if (n > 0 && n % 2 == 0)
		btz_ecdsa_sig_write(&wr, raw, n / 2);
	if (!btz_wr_ok(&wr) || wr.len == 0)
		return BTZ_FAIL(
		    err, BTZ_E_INTERNAL, "signature of %zu bytes", n);
	out->len = wr.len;
	return BTZ_OK;
}

static enum btz_rc
sign(struct btz_p11 *t, const struct btz_p11_key *k,
    const struct btz_p11_sig *s, const struct input *in,
    struct btz_backend_sig *out, struct btz_err *err)
{
	CK_RSA_PKCS_PSS_PARAMS pss = { s->hash, s->mgf,
		btz_sig_digest_len(s->alg) };
	CK_MECHANISM m = { s->mechanism, s->hash == 0 ? NULL : &pss,
		s->hash == 0 ? 0 : sizeof(pss) };
	uint8_t raw[BTZ_SIG_MAX];
	CK_ULONG n = sizeof(raw);
	CK_RV rv = t->f->C_SignInit(t->session, &m, k->object);

	if (rv == CKR_OK)
		rv = t->f->C_Sign(t->session,
		    (CK_BYTE_PTR)(uintptr_t)in->span.p, in->span.len, raw, &n);
	return rv == CKR_OK ? put(s, raw, n, out, err)
			    : btz_p11_failed(t, rv, "sign", err);
}

enum btz_rc
btz_p11_sign(void *state, void *key, const struct btz_backend_sign *rq,
    struct btz_backend_sig *out, struct btz_err *err)
{
	const struct btz_p11_sig *s = btz_p11_sig_of(rq->alg);
	const struct btz_p11_key *k = key;
	struct btz_p11 *t = state;
	struct input in;

	if (s == NULL || (t->sigs & 1u << s->alg) == 0)
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED,
		    "token does not sign %s", btz_sig_name(rq->alg));
	if (!btz_sig_fits(k->alg, rq->alg))
		return BTZ_FAIL(
		    err, BTZ_E_KEY_ALG, "%s key", btz_alg_name(k->alg));
	if ((k->usage & BTZ_USE_SIGN) == 0)
		return BTZ_FAIL(err, BTZ_E_KEY_USAGE, "not for signing");
	prepare(s, k->alg, rq, &in);
	return sign(t, k, s, &in, out, err);
}
