/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_soft_part.c - private parts from outside: the algorithm, then bytes or
 * PrivateKeyInfo. What is taken is the same key when it is taken again from
 * its canonical bytes, and those do not change any more.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/backend/soft_part.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
same_again(const struct btz_softpart *p, uint8_t alg)
{
	static struct btz_softpart again;
	uint8_t a[BTZ_SPKI_MAX], b[BTZ_SPKI_MAX];
	size_t na, nb;

	if (btz_softpart_import(&again, alg, 0, btz_span_of(p->bytes, p->len),
		NULL) != BTZ_OK ||
	    !btz_softpart_spki(p, a, &na) ||
	    !btz_softpart_spki(&again, b, &nb) ||
	    !btz_span_eq(btz_span_of(a, na), btz_span_of(b, nb)) ||
	    !btz_span_eq(btz_span_of(p->bytes, p->len),
		btz_span_of(again.bytes, again.len)))
		abort();
	btz_softpart_end(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct btz_softpart p;
	uint8_t alg;

	if (size < 1)
		return 0;
	alg = data[0] % (BTZ_ALG_MAX + 2);
	if (btz_softpart_import(
		&p, alg, 0, btz_span_of(data + 1, size - 1), NULL) == BTZ_OK)
		same_again(&p, alg);
	btz_softpart_end(&p);
	return 0;
}
