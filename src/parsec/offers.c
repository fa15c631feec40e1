/* SPDX-License-Identifier: Apache-2.0 */
/* offers.c - contract in offers.h. Start at the table. */
#include "parsec/offers.h"

#include "wire/alg.h"
#include "wire/keyblob.h"

#define C(name) (1u << BTZ_CRYPT_##name)
#define OAEP (C(RSA_OAEP_SHA256) | C(RSA_OAEP_SHA384) | C(RSA_OAEP_SHA512))
#define AEAD (C(AES_GCM) | C(AES_CCM) | C(CHACHA20_POLY1305))
#define CIPHER (C(AES_CBC) | C(AES_CBC_NOPAD) | C(AES_CTR))

enum needs { NOTHING, SIGNING, TRANSFER, CRYPT };

/* 1 << enum btz_transfer or enum btz_crypt_alg: one of them. */
static const struct {
	uint8_t opcode, needs;
	uint32_t set;
} rows[] = {
	{ 0x02, NOTHING, 0 },
	{ 0x03, NOTHING, 0 },
	{ 0x04, SIGNING, 0 },
	{ 0x05, SIGNING, 0 },
	{ 0x06, TRANSFER, BTZ_TRANSFER_IMPORT },
	{ 0x07, NOTHING, 0 },
	{ 0x0a, CRYPT, OAEP | C(RSA_PKCS1) },
	{ 0x0b, CRYPT, OAEP | C(RSA_PKCS1) },
	{ 0x0c, TRANSFER, BTZ_TRANSFER_EXPORT },
	{ 0x0d, NOTHING, 0 },
	{ 0x0f, NOTHING, 0 },
	{ 0x10, NOTHING, 0 },
	{ 0x11, CRYPT, AEAD },
	{ 0x12, CRYPT, AEAD },
	{ 0x13, CRYPT, C(ECDH) },
	{ 0x14, CRYPT, CIPHER },
	{ 0x15, CRYPT, CIPHER },
	{ 0x18, SIGNING, 0 },
	{ 0x19, SIGNING, 0 },
	{ 0x1e, TRANSFER, BTZ_TRANSFER_ATTEST },
	{ 0x1f, TRANSFER, BTZ_TRANSFER_ATTEST },
	{ 0x20, NOTHING, 0 },
};
_Static_assert(BTZ_COUNT(rows) <= BTZ_POPCODES_MAX, "room of the answer");

static bool
signs(const struct btz_offers *o)
{
	for (uint8_t i = 1; i <= BTZ_ALG_MAX; i++)
		if ((o->algs & 1u << i) != 0 && btz_family(i) != 0 &&
		    btz_family(i) <= BTZ_FAMILY_ED)
			return true;
	return false;
}

static bool
has(const struct btz_offers *o, uint8_t needs, uint32_t set)
{
	switch ((enum needs)needs) {
	case SIGNING:
		return signs(o);
	case TRANSFER:
		return (o->transfers & set) != 0;
	case CRYPT:
		return (o->crypts & set) != 0;
	case NOTHING:
		break;
	}
	return true;
}

size_t
btz_poffers_opcodes(const struct btz_offers *o, uint32_t out[BTZ_POPCODES_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < BTZ_COUNT(rows); i++)
		if (has(o, rows[i].needs, rows[i].set))
			out[n++] = rows[i].opcode;
	return n;
}

bool
btz_poffers_key(const struct btz_offers *o, const struct btz_pattr *attr)
{
	struct btz_generate g;

	if (btz_pattr_ours(attr, &g) != BTZ_PS_OK ||
	    (o->algs & 1u << g.alg) == 0)
		return false;
	if (g.only_sig != 0 && o->sigs != 0 &&
	    (o->sigs & 1u << g.only_sig) == 0)
		return false;
	if (g.only_crypt != 0 && (o->crypts & 1u << g.only_crypt) == 0)
		return false;
	return (g.flags & BTZ_KEYBLOB_EXPORTABLE) == 0 ||
	       (o->transfers & BTZ_TRANSFER_EXPORT) != 0;
}
