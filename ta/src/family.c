/* SPDX-License-Identifier: Apache-2.0 */
/* family.c - the table of families; contract in family.h. */
#include "family.h"

#include <string.h>

#include "der/spki.h"
#include "ta.h"

static enum btz_rc
ec_draw(uint8_t alg, struct ta_parts *out)
{
	const struct ta_ec *e = ta_ec_of(alg);
	uint8_t pub[TA_EC_PUB_MAX];
	struct btz_wr wr;
	enum btz_rc rc = e->generate(e, out->secret, pub);

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

	if (secret.len != e->secret ||
	    btz_spki_key_alg(spki, &bits) != k->alg || bits.len != e->pub)
		return BTZ_E_KEY_BLOB;
	memcpy(k->point, bits.p, bits.len);
	k->ec = e;
	return e->load(e, secret.p, k->point, &k->key);
}

static const struct ta_family families[] = {
	{ BTZ_FAMILY_EC, ec_draw, ec_load },
	{ BTZ_FAMILY_ED, ec_draw, ec_load },
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
