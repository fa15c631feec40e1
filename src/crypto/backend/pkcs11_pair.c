/* SPDX-License-Identifier: Apache-2.0 */
/* pkcs11_pair.c - public keys out of a token; contract in pkcs11.h. */
#include <string.h>

#include "crypto/backend/pkcs11.h"
#include "der/der.h"
#include "der/spki.h"

struct btz_span
btz_p11_point(struct btz_span attribute, size_t len)
{
	struct btz_span point;
	struct btz_rd rd;

	btz_rd_span(&rd, attribute);
	if (btz_der_get(&rd, BTZ_DER_OCTETS, &point) && btz_rd_end(&rd) &&
	    point.len == len)
		return point;
	return attribute.len == len ? attribute : btz_span_of(NULL, 0);
}

/* RFC 5480 2 with a curve that btz_spki_put does not know. */
static void
put_ec(struct btz_wr *wr, const struct btz_p11_alg *a, struct btz_span point)
{
	static const uint8_t ec_public_key[] = { 0x06, 0x07, 0x2a, 0x86, 0x48,
		0xce, 0x3d, 0x02, 0x01 };
	const size_t all = btz_der_begin(wr, BTZ_DER_SEQ);
	const size_t alg = btz_der_begin(wr, BTZ_DER_SEQ);

	btz_wr_raw(wr, ec_public_key, sizeof(ec_public_key));
	btz_wr_raw(wr, a->params, a->params_len);
	btz_der_end(wr, alg);
	btz_der_put_bits(wr, point);
	btz_der_end(wr, all);
}

static enum btz_rc
spki_ec(struct btz_p11 *t, CK_OBJECT_HANDLE public, const struct btz_p11_alg *a,
    struct btz_wr *wr, struct btz_err *err)
{
	uint8_t raw[160];
	CK_ATTRIBUTE at = { CKA_EC_POINT, raw, sizeof(raw) };
	CK_RV rv = t->f->C_GetAttributeValue(t->session, public, &at, 1);
	struct btz_span point;

	if (rv != CKR_OK)
		return btz_p11_failed(t, rv, "public key", err);
	point = btz_p11_point(btz_span_of(raw, at.ulValueLen), a->size);
	if (point.len == 0 || (a->alg != BTZ_ALG_ED25519 && point.p[0] != 4))
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED,
		    "token gives no uncompressed point");
	if (a->alg == BTZ_ALG_EC_P521)
		put_ec(wr, a, point);
	else
		btz_spki_put(wr, a->alg, point.p);
	return BTZ_OK;
}

static enum btz_rc
spki_rsa(struct btz_p11 *t, CK_OBJECT_HANDLE public, struct btz_wr *wr,
    struct btz_err *err)
{
	static const uint8_t rsa[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48,
		0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00 };
	uint8_t n[520], e[16], key[560];
	CK_ATTRIBUTE at[] = { { CKA_MODULUS, n, sizeof(n) },
		{ CKA_PUBLIC_EXPONENT, e, sizeof(e) } };
	CK_RV rv = t->f->C_GetAttributeValue(t->session, public, at, 2);
	struct btz_wr in;
	size_t mark;

	if (rv != CKR_OK)
		return btz_p11_failed(t, rv, "public key", err);
	btz_wr_init(&in, key, sizeof(key));
	mark = btz_der_begin(&in, BTZ_DER_SEQ);
	btz_der_put_uint(&in, btz_span_of(n, at[0].ulValueLen));
	btz_der_put_uint(&in, btz_span_of(e, at[1].ulValueLen));
	btz_der_end(&in, mark);
	mark = btz_der_begin(wr, BTZ_DER_SEQ);
	btz_wr_raw(wr, rsa, sizeof(rsa));
	btz_der_put_bits(wr, btz_wr_span(&in));
	btz_der_end(wr, mark);
	if (!btz_wr_ok(&in))
		wr->failed = true;
	return BTZ_OK;
}

enum btz_rc
btz_p11_spki(struct btz_p11 *t, CK_OBJECT_HANDLE public,
    const struct btz_p11_alg *a, struct btz_backend_key *out,
    struct btz_err *err)
{
	struct btz_wr wr;
	enum btz_rc rc;

	btz_wr_init(&wr, out->spki, sizeof(out->spki));
	if (btz_family(a->alg) == BTZ_FAMILY_RSA)
		rc = spki_rsa(t, public, &wr, err);
	else
		rc = spki_ec(t, public, a, &wr, err);
	if (rc == BTZ_OK && !btz_wr_ok(&wr))
		rc = BTZ_FAIL(err, BTZ_E_INTERNAL, "public key");
	out->spki_len = rc == BTZ_OK ? wr.len : 0;
	return rc;
}
