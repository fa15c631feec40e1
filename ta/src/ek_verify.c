/* SPDX-License-Identifier: Apache-2.0 */
/* ek_verify.c - signatures of TPM makers by the TEE; see ek_verify.h. */
#include "ek_verify.h"

#include "crypt.h"
#include "der/spki.h"
#include "verify.h"
#include "wire/alg.h"

/* Row = enum btz_ek_sig. */
static const struct {
	uint8_t ec; /* algorithm of the key; 0: RSA */
	enum ta_rsa_hash hash;
} sigs[] = {
	[BTZ_EK_SIG_ECDSA_SHA256] = { .ec = BTZ_ALG_EC_P256 },
	[BTZ_EK_SIG_ECDSA_SHA384] = { .ec = BTZ_ALG_EC_P384 },
	[BTZ_EK_SIG_RSA_SHA256] = { .hash = TA_RSA_SHA256 },
	[BTZ_EK_SIG_RSA_SHA384] = { .hash = TA_RSA_SHA384 },
};

static enum btz_rc
by_ec(uint8_t alg, struct btz_span spki, struct btz_span message,
    struct btz_span signature)
{
	struct btz_span bits;

	return btz_spki_key_alg(spki, &bits) == alg
		   ? ta_spki_verify(spki, message, signature)
		   : BTZ_E_UNSUPPORTED;
}

static enum btz_rc
by_rsa(enum ta_rsa_hash hash, struct btz_span spki, struct btz_span message,
    struct btz_span signature)
{
	const size_t len = hash == TA_RSA_SHA384 ? 48 : 32;
	struct btz_span n, e;
	uint8_t digest[48];
	enum btz_rc rc;

	if (!btz_spki_rsa(spki, &n, &e))
		return BTZ_E_UNSUPPORTED;
	rc = len == 48 ? ta_sha384(&message, 1, digest)
		       : ta_sha256(&message, 1, digest);
	return rc == BTZ_OK ? ta_rsa_verify(n, e, hash,
				  btz_span_of(digest, len), signature)
			    : rc;
}

enum btz_rc
ta_ek_verify(void *arg, struct btz_span spki, struct btz_span alg,
    struct btz_span message, struct btz_span signature)
{
	const enum btz_ek_sig sig = btz_ek_sig_of(alg);

	(void)arg;
	if (sig == BTZ_EK_SIG_NONE)
		return BTZ_E_UNSUPPORTED;
	return sigs[sig].ec != 0
		   ? by_ec(sigs[sig].ec, spki, message, signature)
		   : by_rsa(sigs[sig].hash, spki, message, signature);
}
