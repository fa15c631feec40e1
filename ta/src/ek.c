/* SPDX-License-Identifier: Apache-2.0 */
/* ek.c - the TPM's endorsement key; contract in ek.h, templates in tpm2/ek.h.
 * All that the TPM answers here is plain. */
#include "ek.h"

#include <string.h>

#include "der/spki.h"
#include "ek_roots.h"
#include "ek_verify.h"
#include "tpm2/ek.h"

/* Format 0 with the bit of a warning: the TPM may do it later (Part 2, 6.6.1) */
#define RC_WARNING 0x900u
#define RC_FORMAT_1 0x080u

struct choice {
	struct btz_span chain;
	bool required;
	struct ta_ek_pin *pin;
	uint8_t cert[BTZ_TPM_EK_CERT_MAX];
};

/* Is it about this key only, so that another may do? Not so when nobody
 * answered, or the TPM is busy. */
static bool
try_another(const struct ta *ta, enum btz_rc rc)
{
	const uint32_t t = ta->tpm.tpm_rc;

	if (rc == BTZ_E_TPM_UNAVAILABLE)
		return t != 0 && (t & (RC_WARNING | RC_FORMAT_1)) != RC_WARNING;
	return rc != BTZ_E_NOMEM && rc != BTZ_E_INTERNAL;
}

static bool
same_point(const struct btz_tpm_public *pub, struct btz_span spki)
{
	const uint8_t alg = pub->curve == BTZ_TPM_ECC_P384 ? BTZ_ALG_EC_P384
							   : BTZ_ALG_EC_P256;
	struct btz_span bits;

	return btz_spki_key_alg(spki, &bits) == alg &&
	       bits.len == 1u + pub->x_len + pub->y_len &&
	       memcmp(bits.p + 1, pub->x, pub->x_len) == 0 &&
	       memcmp(bits.p + 1 + pub->x_len, pub->y, pub->y_len) == 0;
}

static bool
name_set(struct ta_name *to, const struct btz_tpm_name *from)
{
	if (from->len > sizeof(to->b))
		return false;
	memcpy(to->b, from->b, from->len);
	to->len = (uint8_t)from->len;
	return true;
}

static enum btz_rc
flush(struct ta *ta, const struct btz_tpm_entity *key, enum btz_rc rc)
{
	if (btz_tpm_flush(&ta->tpm, key->handle) != BTZ_OK && rc == BTZ_OK)
		return BTZ_E_TPM_UNAVAILABLE;
	return rc;
}

/* spki: the certificate's, NULL: there is none. */
static enum btz_rc
pin(struct ta *ta, const struct btz_tpm_ek *ek, const struct btz_span *spki,
    uint8_t state, struct ta_ek_pin *out)
{
	struct btz_tpm_entity key;
	struct btz_tpm_public pub;
	enum btz_rc rc = btz_tpm_ek_create(&ta->tpm, ek, &key, &pub);

	if (rc != BTZ_OK)
		return rc;
	if (spki != NULL && !same_point(&pub, *spki))
		rc = BTZ_E_EK_CERT;
	else if (!name_set(&out->name, &key.name))
		rc = BTZ_E_INTERNAL;
	out->state = state;
	return flush(ta, &key, rc);
}

static enum btz_rc
certified(struct ta *ta, const struct btz_tpm_ek *ek, struct choice *c)
{
	struct btz_span spki;
	size_t len, root;
	enum btz_rc rc = btz_tpm_ek_cert(
	    &ta->tpm, ek, c->cert, sizeof(c->cert), &len);

	if (rc == BTZ_OK)
		rc = btz_ek_check(btz_span_of(c->cert, len), c->chain,
		    ta_ek_anchors, ta_ek_roots_count, ta_ek_verify, NULL, &spki,
		    &root);
	if (rc != BTZ_OK)
		return rc;
	return pin(ta, ek, &spki,
	    ta_ek_roots[root].test ? TA_EK_TEST_ROOT : TA_EK_CHECKED, c->pin);
}

static enum btz_rc
choose(struct ta *ta, void *arg)
{
	struct choice *c = arg;
	enum btz_rc rc;

	for (size_t i = 0; i < BTZ_TPM_EK_COUNT; i++) {
		rc = certified(ta, &btz_tpm_eks[i], c);
		if (rc == BTZ_OK || !try_another(ta, rc))
			return rc;
	}
	if (c->required)
		return BTZ_E_EK_CERT;
	return pin(
	    ta, &btz_tpm_eks[BTZ_TPM_EK_L2], NULL, TA_EK_UNCHECKED, c->pin);
}

enum btz_rc
ta_ek_choose(
    struct ta *ta, struct btz_span chain, bool required, struct ta_ek_pin *out)
{
	struct choice *c = TEE_Malloc(sizeof(*c), 0);
	enum btz_rc rc;

	memset(out, 0, sizeof(*out));
	if (c == NULL)
		return BTZ_E_NOMEM;
	c->chain = chain;
	c->required = required;
	c->pin = out;
	rc = ta_tpm_run(ta, choose, c);
	TEE_Free(c);
	if (rc != BTZ_OK)
		memset(out, 0, sizeof(*out));
	return rc;
}

/* want empty: any */
static enum btz_rc
open_on(struct ta *ta, const struct btz_tpm_ek *ek, const struct ta_name *want)
{
	struct btz_tpm_entity key;
	struct btz_tpm_public pub;
	enum btz_rc rc = btz_tpm_ek_create(&ta->tpm, ek, &key, &pub);

	if (rc != BTZ_OK)
		return rc;
	if (want->len > 0 && !btz_span_eq(btz_span_of(want->b, want->len),
				 btz_span_of(key.name.b, key.name.len)))
		rc = BTZ_E_TPM_SWAPPED;
	if (rc == BTZ_OK)
		rc = btz_tpm_open(&ta->tpm, key.handle, &pub);
	return flush(ta, &key, rc);
}

enum btz_rc
ta_ek_open(struct ta *ta)
{
	const struct ta_name *want = &ta->rec.ek_name;
	enum btz_rc rc = BTZ_E_TPM_SWAPPED;

	if (want->len == 0)
		return open_on(ta, &btz_tpm_eks[BTZ_TPM_EK_L2], want);
	/* Which of our keys it is the Name does not say. */
	for (size_t i = 0; i < BTZ_TPM_EK_COUNT; i++) {
		if (want->b[0] != btz_tpm_eks[i].name_alg >> 8 ||
		    want->b[1] != (btz_tpm_eks[i].name_alg & 0xff))
			continue;
		rc = open_on(ta, &btz_tpm_eks[i], want);
		if (rc != BTZ_E_TPM_SWAPPED)
			return rc;
	}
	return rc;
}
