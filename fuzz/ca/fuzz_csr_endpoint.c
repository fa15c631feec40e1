/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_csr_endpoint.c - any bytes as the body of POST /.bartizan/enrol, on the
 * way it takes before anybody else is asked: PEM, request, policy, key, proof
 * of possession. Bytes that are not PEM are wrapped, so that the DER behind it
 * is reached too. What is accepted asks for nothing and is of a P-256 key.
 */
#include "ca/profile.h"
#include "der/pem.h"
#include "der/spki.h"
#include "wire/alg.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
judge(struct btz_span der)
{
	uint8_t hash[BTZ_SHA256_LEN];
	struct btz_span bits;
	struct btz_csr csr;
	struct btz_names n;

	if (btz_profile_csr(der, false, &csr, hash) == BTZ_OK &&
	    (csr.ext.ca || btz_exts_has(&csr.ext, BTZ_EXT_SAN) ||
		btz_spki_alg(csr.spki, &bits) != BTZ_ALG_EC_P256))
		abort();
	if (btz_profile_csr(der, true, &csr, hash) == BTZ_OK &&
	    btz_names_parse(
		btz_span_str("a.b 10.0.0.1"), btz_span_of(NULL, 0), &n))
		(void)!btz_names_cover(&n, &csr);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t der[BTZ_CSR_MAX], text[BTZ_PEM_ROOM(BTZ_CSR_MAX)];
	struct btz_wr wr, again;

	btz_wr_init(&wr, der, sizeof(der));
	if (btz_pem_decode(btz_span_of(data, size), BTZ_PEM_CSR, &wr) ==
	    BTZ_OK) {
		judge(btz_wr_span(&wr));
		return 0;
	}
	if (size > sizeof(der))
		return 0;
	btz_wr_init(&again, text, sizeof(text));
	btz_pem_encode(&again, BTZ_PEM_CSR, btz_span_of(data, size));
	btz_wr_init(&wr, der, sizeof(der));
	if (size > 0 &&
	    (btz_pem_decode(btz_wr_span(&again), BTZ_PEM_CSR, &wr) != BTZ_OK ||
		!btz_span_eq(btz_wr_span(&wr), btz_span_of(data, size))))
		abort();
	judge(btz_span_of(data, size));
	return 0;
}
