/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_csr.c - any bytes as a certification request: parts put together again
 * are the same bytes; what passes the policy asks for nothing.
 */
#include "der/csr.h"
#include "der/spki.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t buf[1 << 20];
	struct btz_span bits;
	struct btz_csr csr;
	struct btz_wr wr;
	size_t m;

	if (btz_csr_parse(btz_span_of(data, size), &csr) != BTZ_OK)
		return 0;
	btz_wr_init(&wr, buf, sizeof(buf));
	m = btz_der_begin(&wr, BTZ_DER_SEQ);
	btz_wr_raw(&wr, csr.info.p, csr.info.len);
	btz_wr_raw(&wr, csr.sig_alg.p, csr.sig_alg.len);
	btz_der_put_bits(&wr, csr.signature);
	btz_der_end(&wr, m);
	if (btz_wr_ok(&wr) &&
	    !btz_span_eq(btz_wr_span(&wr), btz_span_of(data, size)))
		abort();
	if (btz_csr_policy(&csr, false) == BTZ_OK &&
	    (csr.ext.ca || btz_exts_has(&csr.ext, BTZ_EXT_SAN) ||
		csr.ext.n_unknown > 0))
		abort();
	(void)btz_spki_alg(csr.spki, &bits);
	return 0;
}
