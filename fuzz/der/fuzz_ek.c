/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_ek.c - any bytes as an endorsement certificate and its chain. The bytes
 * decide about signatures too, so that chains are walked.
 * Input: u16 n | leaf of n bytes | chain.
 */
#include "der/ek_cert.h"
#include "der/spki.h"
#include "der/x509.h"
#include "wire/alg.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Half of the pairs fit, an eighth ends the walk. */
static enum btz_rc
decide(void *arg, struct btz_span spki, struct btz_span alg,
    struct btz_span message, struct btz_span signature)
{
	size_t *calls = arg;
	uint8_t x;

	if (++*calls > (BTZ_EK_CHAIN_MAX + 1) * (2 + BTZ_EK_CHAIN_MAX) ||
	    btz_ek_sig_of(alg) == BTZ_EK_SIG_NONE || message.len == 0)
		abort();
	if (spki.len == 0 || signature.len == 0)
		return BTZ_E_UNSUPPORTED;
	x = spki.p[spki.len - 1] ^ signature.p[signature.len - 1];
	if ((x & 1) == 0)
		return BTZ_OK;
	return (x & 6) == 6 ? BTZ_E_NOMEM : BTZ_E_SIGNATURE;
}

/* What holds for every certificate that is accepted. */
static void
accepted(struct btz_span leaf, struct btz_span spki)
{
	struct btz_span bits, der;
	struct btz_x509 x;
	struct btz_rd rd;
	uint8_t alg = btz_spki_key_alg(spki, &bits);

	btz_rd_span(&rd, leaf);
	if ((alg != BTZ_ALG_EC_P256 && alg != BTZ_ALG_EC_P384) ||
	    !btz_der_whole(&rd, BTZ_DER_SEQ, &der))
		abort();
	/* the stricter reader, where it takes it, sees the same (but for critical
	 * certificate policies, which only this one knows) */
	if (btz_x509_parse(der, &x) == BTZ_OK &&
	    (x.spki.p != spki.p || x.ext.ca ||
		(x.ext.ku & BTZ_KU_KEY_AGREEMENT) == 0 ||
		x.ext.n_other_ekus == 0 || x.ext.san.len == 0))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t ends[2] = { 0, 1 };
	const struct btz_span anchors[2] = { { &ends[0], 1 }, { &ends[1], 1 } };
	struct btz_span leaf, spki;
	size_t anchor, calls = 0;
	struct btz_rd rd;
	enum btz_rc rc;

	btz_rd_init(&rd, data, size);
	if (!btz_rd_bytes16(&rd, &leaf, UINT16_MAX))
		return 0;
	/* which anchors there are: both, one, none */
	rc = btz_ek_check(leaf, btz_span_of(rd.p, btz_rd_left(&rd)), anchors,
	    leaf.len % 3, decide, &calls, &spki, &anchor);
	if ((rc == BTZ_OK) != (anchor < leaf.len % 3) ||
	    (rc == BTZ_OK) != (spki.len > 0) ||
	    (rc != BTZ_OK && rc != BTZ_E_EK_CERT && rc != BTZ_E_NOMEM))
		abort();
	if (rc == BTZ_OK)
		accepted(leaf, spki);
	return 0;
}
