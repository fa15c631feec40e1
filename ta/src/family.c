/* SPDX-License-Identifier: Apache-2.0 */
/* family.c - the table of families; contract in family.h. */
#include "family.h"

#include <string.h>

#include "agree.h"
#include "der/spki.h"
#include "rsa.h"
#include "ta.h"

static enum btz_rc
ec_draw(uint8_t alg, uint16_t bits, struct ta_parts *out)
{
	const struct ta_ec *e = ta_ec_of(alg);
	uint8_t pub[TA_EC_PUB_MAX];
	struct btz_wr wr;
	enum btz_rc rc;

	if (bits != 0)
		return BTZ_E_INVAL;
	rc = e->generate(e, out->secret, pub);

	btz_wr_init(&wr, out->spki, sizeof(out->spki));
	if (rc == BTZ_OK)
		btz_spki_put(&wr, alg, pub);
	out->secret_len = e->secret;
	out->spki_len = wr.len;
	return rc;
}

static enum btz_rc
ec_load(struct ta_key *k, struct btz_span secret, struct btz_span spki)
{
	const struct ta_ec *e = ta_ec_of(k->alg);
	struct btz_span bits;

	if (secret.len != e->secret || !btz_spki_bits(k->alg, spki, &bits) ||
	    bits.len != e->pub)
		return BTZ_E_KEY_BLOB;
	memcpy(k->point, bits.p, bits.len);
	k->ec = e;
	return e->load(e, secret.p, k->point, &k->key);
}

/* FIPS 186-5 6.4.1: of a longer digest the first bits, which are bytes here. */
static enum btz_rc
ec_sign(const struct ta_key *k, uint16_t alg, struct btz_span in,
    struct btz_wr *out)
{
	(void)alg;
	if (k->ec->digest != 0 && in.len > k->ec->digest)
		in.len = k->ec->digest;
	return ta_keys_sign(k, in, out);
}

static enum btz_rc
aes_draw(uint8_t alg, uint16_t bits, struct ta_parts *out)
{
	if (bits != 0)
		return BTZ_E_INVAL;
	out->secret_len = btz_alg_bits(alg) / 8;
	out->spki_len = 0;
	TEE_GenerateRandom(out->secret, out->secret_len);
	return BTZ_OK;
}

static enum btz_rc
aes_load(struct ta_key *k, struct btz_span secret, struct btz_span spki)
{
	if (spki.len != 0 || secret.len != btz_alg_bits(k->alg) / 8)
		return BTZ_E_KEY_BLOB;
	return ta_keys_hold(k, secret);
}

static enum btz_rc
secret_draw(uint8_t alg, uint16_t bits, struct ta_parts *out)
{
	(void)alg;
	if (bits % 8 != 0 || bits / 8 > TA_SECRET_MAX)
		return BTZ_E_INVAL;
	out->secret_len = bits != 0 ? bits / 8u : 32;
	out->spki_len = 0;
	TEE_GenerateRandom(out->secret, out->secret_len);
	return BTZ_OK;
}

static enum btz_rc
secret_load(struct ta_key *k, struct btz_span secret, struct btz_span spki)
{
	if (spki.len != 0 || secret.len == 0)
		return BTZ_E_KEY_BLOB;
	return ta_keys_hold(k, secret);
}

static const struct ta_family families[] = {
	{ BTZ_FAMILY_EC, ec_draw, ec_load,
	    1u << BTZ_SIG_ECDSA_SHA256 | 1u << BTZ_SIG_ECDSA_SHA384 |
		1u << BTZ_SIG_ECDSA_SHA512,
	    ec_sign },
	{ BTZ_FAMILY_RSA, ta_rsa_draw, ta_rsa_load, TA_RSA_SIGS, ta_rsa_sign },
	{ BTZ_FAMILY_ED, ec_draw, ec_load, 1u << BTZ_SIG_ED25519, ec_sign },
	{ BTZ_FAMILY_X, ta_x25519_draw, ta_x25519_load, 0, NULL },
	{ BTZ_FAMILY_AES, aes_draw, aes_load, 0, NULL },
	{ BTZ_FAMILY_SECRET, secret_draw, secret_load, 0, NULL },
};

const struct ta_family *
ta_family_of(uint8_t alg)
{
	const uint8_t family = btz_family(alg);

	if (family == BTZ_FAMILY_EC && ta_ec_of(alg) == NULL)
		return NULL;
	for (size_t i = 0; i < BTZ_COUNT(families); i++)
		if (families[i].family == family)
			return &families[i];
	return NULL;
}
