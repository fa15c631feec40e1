/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_crl.c - any bytes as a revocation list. A list of the form we build is
 * built again from what was read and must have the same length (extensions
 * may stand in another order), without extensions the same entries.
 */
#include "der/crl.h"
#include "der/oid.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
rebuild(const struct btz_crl *crl)
{
	static uint8_t buf[1 << 20];
	struct btz_crl_spec spec = { .sig_alg = btz_sigalg_of(crl->inner_alg),
		.issuer = crl->issuer,
		.this_update = crl->this_update,
		.next_update = crl->next_update,
		.number = crl->number,
		.aki = crl->aki };
	struct btz_crl_build b;
	struct btz_crl_entry e;
	struct btz_crl back;
	struct btz_wr wr;
	struct btz_rd it;

	btz_wr_init(&wr, buf, sizeof(buf));
	btz_crl_begin(&b, &spec, &wr);
	btz_rd_span(&it, crl->entries);
	while (btz_crl_next(&it, &e) == 1)
		btz_crl_add(&b, e.serial, e.date, e.reason);
	if (btz_crl_end(&b) != BTZ_OK)
		abort();
	if (wr.len != crl->tbs.len ||
	    btz_crl_parse_tbs(btz_wr_span(&wr), &back) != BTZ_OK ||
	    !btz_span_eq(back.entries, crl->entries))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct btz_span in = btz_span_of(data, size);
	struct btz_crl crl;

	if (btz_crl_parse(in, &crl) != BTZ_OK &&
	    btz_crl_parse_tbs(in, &crl) != BTZ_OK)
		return 0;
	if (crl.n_unknown == 0 && crl.has_number && crl.aki.len > 0 &&
	    btz_sigalg_of(crl.inner_alg) != 0 &&
	    crl.next_update > crl.this_update)
		rebuild(&crl);
	return 0;
}
