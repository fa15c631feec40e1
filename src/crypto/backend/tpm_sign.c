/* SPDX-License-Identifier: Apache-2.0 */
/* tpm_sign.c - signatures by a TPM; contract in backend.h. */
#include <string.h>

#include "crypto/backend/tpm_direct.h"
#include "der/spki.h"

/* A TPM may leave out leading zeros (Part 2 11.2.5.1). */
static bool
put_ecdsa(struct btz_wr *wr, const struct btz_tpm_out_key_sign *s, size_t n)
{
	uint8_t rs[2 * BTZ_TPM_KEY_COORD_MAX] = { 0 };

	if (s->len == 0 || s->len > n || s->s_len == 0 || s->s_len > n)
		return false;
	memcpy(rs + n - s->len, s->b, s->len);
	memcpy(rs + 2 * n - s->s_len, s->s, s->s_len);
	btz_ecdsa_sig_write(wr, rs, n);
	return btz_wr_ok(wr);
}

static enum btz_rc
put(const struct btz_tpmd_key *k, const struct btz_tpm_in_key_sign *in,
    const struct btz_tpm_out_key_sign *s, struct btz_backend_sig *out,
    struct btz_err *err)
{
	struct btz_wr wr;
	bool ok = s->scheme == in->scheme && s->hash == in->hash;

	btz_wr_init(&wr, out->bytes, sizeof(out->bytes));
	if (ok && s->scheme == BTZ_TPM_ALG_ECDSA) {
		ok = put_ecdsa(&wr, s, k->x.len);
	} else if (ok) {
		ok = s->len == k->x.len;
		btz_wr_raw(&wr, s->b, s->len);
	}
	if (!ok || !btz_wr_ok(&wr))
		return BTZ_FAIL(err, BTZ_E_INTERNAL, "signature of the TPM");
	out->len = wr.len;
	return BTZ_OK;
}

enum btz_rc
btz_tpmd_sign(void *state, void *key, const struct btz_backend_sign *rq,
    struct btz_backend_sig *out, struct btz_err *err)
{
	struct btz_tpmd *t = state;
	struct btz_tpmd_key *k = key;
	const struct btz_tpm_in_key_sign in = { .digest = btz_backend_signed(
						    rq),
		.scheme = btz_tpmd_scheme(rq->alg),
		.hash = btz_tpmd_hash(btz_sig_hash(rq->alg)) };
	struct btz_tpm_out_key_sign s;
	enum btz_rc rc;

	if (rq->alg > 31 || (t->sigs & 1u << rq->alg) == 0)
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED,
		    "TPM does not sign %s; %s", btz_sig_name(rq->alg),
		    btz_backends_having(
			offsetof(struct btz_backend_ops, sigs), rq->alg));
	if (!btz_sig_fits(k->alg, rq->alg))
		return BTZ_FAIL(
		    err, BTZ_E_KEY_ALG, "%s key", btz_alg_name(k->alg));
	if ((k->usage & BTZ_USE_SIGN) == 0)
		return BTZ_FAIL(err, BTZ_E_KEY_USAGE, "not for signing");
	rc = btz_tpmd_run(t, k, &btz_tpm_key_sign, &in, &s, err);
	return rc == BTZ_OK ? put(k, &in, &s, out, err) : rc;
}
