/* SPDX-License-Identifier: Apache-2.0 */
/* crl_build.c - TBSCertList (RFC 5280 5.1); contract in crl.h. */
#include "der/crl.h"

#include "der/dertime.h"
#include "der/oid.h"

void
btz_crl_begin(
    struct btz_crl_build *b, const struct btz_crl_spec *spec, struct btz_wr *wr)
{
	struct btz_span alg = btz_sigalg_der(spec->sig_alg);

	*b = (struct btz_crl_build){ .spec = spec, .wr = wr };
	if (alg.len == 0 || spec->next_update <= spec->this_update)
		wr->failed = true;
	b->outer = btz_der_begin(wr, BTZ_DER_SEQ);
	btz_der_put_u64(wr, 1);
	btz_wr_raw(wr, alg.p, alg.len);
	btz_wr_raw(wr, spec->issuer.p, spec->issuer.len);
	btz_der_put_time(wr, spec->this_update);
	btz_der_put_time(wr, spec->next_update);
}

static void
put_reason(struct btz_wr *wr, uint8_t reason)
{
	size_t exts = btz_der_begin(wr, BTZ_DER_SEQ);
	size_t ext = btz_der_begin(wr, BTZ_DER_SEQ), value;

	btz_der_put_oid(wr, BTZ_OID_REASON);
	value = btz_der_begin(wr, BTZ_DER_OCTETS);
	btz_der_put(wr, BTZ_DER_ENUM, btz_span_of(&reason, 1));
	btz_der_end(wr, value);
	btz_der_end(wr, ext);
	btz_der_end(wr, exts);
}

void
btz_crl_add(struct btz_crl_build *b, struct btz_span serial, uint64_t date,
    uint8_t reason)
{
	size_t entry;

	if (!b->any)
		b->list = btz_der_begin(b->wr, BTZ_DER_SEQ);
	b->any = true;
	entry = btz_der_begin(b->wr, BTZ_DER_SEQ);
	btz_der_put_uint(b->wr, serial);
	btz_der_put_time(b->wr, date);
	if (reason > 10 || reason == 7)
		b->wr->failed = true;
	else if (reason != 0)
		put_reason(b->wr, reason);
	btz_der_end(b->wr, entry);
}

static void
put_aki(struct btz_wr *wr, struct btz_span aki)
{
	size_t ext = btz_der_begin(wr, BTZ_DER_SEQ), value, seq;

	btz_der_put_oid(wr, BTZ_OID_AKI);
	value = btz_der_begin(wr, BTZ_DER_OCTETS);
	seq = btz_der_begin(wr, BTZ_DER_SEQ);
	btz_der_put(wr, BTZ_DER_CTX(0), aki);
	btz_der_end(wr, seq);
	btz_der_end(wr, value);
	btz_der_end(wr, ext);
}

static void
put_number(struct btz_wr *wr, uint64_t number)
{
	size_t ext = btz_der_begin(wr, BTZ_DER_SEQ), value;

	btz_der_put_oid(wr, BTZ_OID_CRL_NUMBER);
	value = btz_der_begin(wr, BTZ_DER_OCTETS);
	btz_der_put_u64(wr, number);
	btz_der_end(wr, value);
	btz_der_end(wr, ext);
}

enum btz_rc
btz_crl_end(struct btz_crl_build *b)
{
	struct btz_wr *wr = b->wr;
	size_t outer, seq;

	if (b->any)
		btz_der_end(wr, b->list);
	outer = btz_der_begin(wr, BTZ_DER_CTXC(0));
	seq = btz_der_begin(wr, BTZ_DER_SEQ);
	put_aki(wr, b->spec->aki);
	put_number(wr, b->spec->number);
	btz_der_end(wr, seq);
	btz_der_end(wr, outer);
	btz_der_end(wr, b->outer);
	return btz_wr_ok(wr) ? BTZ_OK : BTZ_E_TOOBIG;
}
