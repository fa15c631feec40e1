/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ec.c - the table of key algorithms; contract in ec.h. The rows of the NIST
 * curves are ec_gp.c's or ec_mbed.c's: whichever is linked (docs/decisions/0008).
 */
#include "ec_rows.h"

#define ECDSA                                                                  \
	ta_ecdsa_generate, ta_ecdsa_load, ta_ecdsa_sign, ta_ecdsa_verify,      \
	    ta_ecdh_agree

static const struct ta_ec algs[] = {
	{ BTZ_ALG_EC_P256, BTZ_SIG_ECDSA_SHA256, 32, 65, 64, 32, &ta_p256,
	    ECDSA },
	{ BTZ_ALG_EC_P384, BTZ_SIG_ECDSA_SHA384, 48, 97, 96, 48, &ta_p384,
	    ECDSA },
	{ BTZ_ALG_EC_P521, BTZ_SIG_ECDSA_SHA512, 66, 133, 132, 64, &ta_p521,
	    ECDSA },
	{ BTZ_ALG_ED25519, BTZ_SIG_ED25519, 32, 32, 64, 0, NULL,
	    ta_ed25519_generate, ta_ed25519_load, ta_ed25519_sign,
	    ta_ed25519_verify, NULL },
};

const struct ta_ec *
ta_ec_of(uint8_t alg)
{
	for (size_t i = 0; i < BTZ_COUNT(algs); i++)
		if (algs[i].alg == alg)
			return &algs[i];
	return NULL;
}

enum btz_rc
ta_ec_ephemeral(uint8_t alg, const uint8_t *peer_x, const uint8_t *peer_y,
    uint8_t *x, uint8_t *y, uint8_t *z)
{
	const struct ta_ec *e = ta_ec_of(alg);

	if (e == NULL || e->curve == NULL)
		return BTZ_E_UNSUPPORTED;
	return ta_ecdh_ephemeral(e, peer_x, peer_y, x, y, z);
}

enum btz_rc
ta_ec_agree(uint8_t alg, const uint8_t *d, const uint8_t *point,
    const uint8_t *peer_x, const uint8_t *peer_y, uint8_t *z)
{
	const struct ta_ec *e = ta_ec_of(alg);

	if (e == NULL || e->curve == NULL)
		return BTZ_E_UNSUPPORTED;
	return ta_ecdh(e, d, point, peer_x, peer_y, z);
}
