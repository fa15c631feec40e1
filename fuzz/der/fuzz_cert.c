/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_cert.c - any bytes as a certificate. What parses is put together again
 * from its spans and must be the same bytes; all iterators must end well.
 */
#include "der/x509.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
walk(struct btz_span list, int (*next)(struct btz_rd *, struct btz_gn *))
{
	struct btz_gn gn;
	struct btz_rd it;
	int more;

	btz_rd_span(&it, list);
	while ((more = next(&it, &gn)) == 1)
		;
	if (more != 0)
		abort();
}

static void
again(const struct btz_x509 *x)
{
	static uint8_t buf[1 << 20];
	struct btz_wr wr;
	size_t m;

	btz_wr_init(&wr, buf, sizeof(buf));
	m = btz_der_begin(&wr, BTZ_DER_SEQ);
	btz_wr_raw(&wr, x->tbs.p, x->tbs.len);
	btz_wr_raw(&wr, x->sig_alg.p, x->sig_alg.len);
	btz_der_put_bits(&wr, x->signature);
	btz_der_end(&wr, m);
	if (btz_wr_ok(&wr) && !btz_span_eq(btz_wr_span(&wr), x->der))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct btz_span in = btz_span_of(data, size);
	struct btz_x509 x, t;

	if (btz_x509_parse(in, &x) == BTZ_OK) {
		if (x.der.len != size || x.serial.len > 20 ||
		    btz_x509_parse_tbs(x.tbs, &t) != BTZ_OK)
			abort();
		walk(x.ext.san, btz_gn_next);
		walk(x.ext.nc_permitted, btz_subtree_next);
		walk(x.ext.nc_excluded, btz_subtree_next);
		again(&x);
	} else if (x.der.p != NULL || x.spki.p != NULL) {
		abort();
	}
	(void)!btz_x509_parse_tbs(in, &x);
	return 0;
}
