/* SPDX-License-Identifier: Apache-2.0 */
/* oid.c - the table behind oid.h. */
#include "der/oid.h"

#include "wire/alg.h"

#define PKIX 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07
#define PKCS9 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09

static const struct {
	uint8_t len;
	uint8_t b[9];
} oids[BTZ_OID_COUNT] = {
	[BTZ_OID_BC] = { 3, { 0x55, 0x1d, 0x13 } },
	[BTZ_OID_KU] = { 3, { 0x55, 0x1d, 0x0f } },
	[BTZ_OID_EKU] = { 3, { 0x55, 0x1d, 0x25 } },
	[BTZ_OID_SKI] = { 3, { 0x55, 0x1d, 0x0e } },
	[BTZ_OID_AKI] = { 3, { 0x55, 0x1d, 0x23 } },
	[BTZ_OID_SAN] = { 3, { 0x55, 0x1d, 0x11 } },
	[BTZ_OID_CRLDP] = { 3, { 0x55, 0x1d, 0x1f } },
	[BTZ_OID_AIA] = { 8, { PKIX, 0x01, 0x01 } },
	[BTZ_OID_NC] = { 3, { 0x55, 0x1d, 0x1e } },
	[BTZ_OID_NOCHECK] = { 9, { PKIX, 0x30, 0x01, 0x05 } },
	[BTZ_OID_CRL_NUMBER] = { 3, { 0x55, 0x1d, 0x14 } },
	[BTZ_OID_REASON] = { 3, { 0x55, 0x1d, 0x15 } },
	[BTZ_OID_SERVER_AUTH] = { 8, { PKIX, 0x03, 0x01 } },
	[BTZ_OID_CLIENT_AUTH] = { 8, { PKIX, 0x03, 0x02 } },
	[BTZ_OID_OCSP_SIGNING] = { 8, { PKIX, 0x03, 0x09 } },
	[BTZ_OID_CA_ISSUERS] = { 8, { PKIX, 0x30, 0x02 } },
	[BTZ_OID_OCSP] = { 8, { PKIX, 0x30, 0x01 } },
	[BTZ_OID_OCSP_NONCE] = { 9, { PKIX, 0x30, 0x01, 0x02 } },
	[BTZ_OID_CN] = { 3, { 0x55, 0x04, 0x03 } },
	[BTZ_OID_EXT_REQUEST] = { 9, { PKCS9, 0x0e } },
	[BTZ_OID_CHALLENGE_PASSWORD] = { 9, { PKCS9, 0x07 } },
	[BTZ_OID_UNSTRUCTURED_NAME] = { 9, { PKCS9, 0x02 } },
};

static const uint8_t ecdsa_sha256[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
	0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 };
static const uint8_t rsa_sha256[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48,
	0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00 };

struct btz_span
btz_oid_bytes(enum btz_oid oid)
{
	return btz_span_of(oids[oid].b, oids[oid].len);
}

enum btz_oid
btz_oid_of(struct btz_span content)
{
	for (unsigned i = 1; i < BTZ_OID_COUNT; i++)
		if (btz_span_eq(content, btz_oid_bytes((enum btz_oid)i)))
			return (enum btz_oid)i;
	return BTZ_OID_NONE;
}

void
btz_der_put_oid(struct btz_wr *wr, enum btz_oid oid)
{
	btz_der_put(wr, BTZ_DER_OID, btz_oid_bytes(oid));
}

struct btz_span
btz_sigalg_der(uint16_t sig_alg)
{
	switch (sig_alg) {
	case BTZ_SIG_ECDSA_SHA256:
		return btz_span_of(ecdsa_sha256, sizeof(ecdsa_sha256));
	case BTZ_SIG_RSA_PKCS1_SHA256:
		return btz_span_of(rsa_sha256, sizeof(rsa_sha256));
	default:
		return btz_span_of(NULL, 0);
	}
}

uint16_t
btz_sigalg_of(struct btz_span alg)
{
	for (unsigned i = BTZ_SIG_ECDSA_SHA256; i <= BTZ_SIG_RSA_PKCS1_SHA256;
	     i++)
		if (btz_span_eq(alg, btz_sigalg_der((uint16_t)i)))
			return (uint16_t)i;
	return 0;
}
