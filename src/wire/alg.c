/* SPDX-License-Identifier: Apache-2.0 */
/* alg.c - names and relations of the closed sets in alg.h. */
#include "wire/alg.h"

#include "wire/cursor.h"

#include <string.h>

struct named {
	uint8_t num;
	const char *name;
};

static const struct named algs[] = {
	{ BTZ_ALG_EC_P256, "ec-p256" },
	{ BTZ_ALG_RSA_2048, "rsa-2048" },
	{ BTZ_ALG_EC_P384, "ec-p384" },
	{ BTZ_ALG_ED25519, "ed25519" },
	{ 0, NULL },
};
static const struct named kinds[] = {
	{ BTZ_KIND_PLAIN, "plain" },
	{ BTZ_KIND_ISSUING, "issuing" },
	{ BTZ_KIND_CRL, "crl" },
	{ BTZ_KIND_OCSP, "ocsp" },
	{ BTZ_KIND_TLS, "tls" },
	{ BTZ_KIND_ROOT, "root" },
	{ BTZ_KIND_CHECKPOINT, "checkpoint" },
	{ 0, NULL },
};
static const struct named protections[] = {
	{ BTZ_PROT_SOFT, "soft" },
	{ BTZ_PROT_TEE, "tee" },
	{ BTZ_PROT_TPM, "tpm" },
	{ BTZ_PROT_HSM, "hsm" },
	{ 0, NULL },
};
static const struct named states[] = {
	{ BTZ_KEY_ENABLED, "enabled" },
	{ BTZ_KEY_DISABLED, "disabled" },
	{ BTZ_KEY_DESTROYED, "destroyed" },
	{ 0, NULL },
};

/* Row = kind; the inputs it takes, by bit. Root and checkpoint keys take no
 * sign request at all: they have operations of their own. */
static const uint16_t takes[] = {
	[BTZ_KIND_PLAIN] = 1u << BTZ_IN_DIGEST | 1u << BTZ_IN_MESSAGE,
	[BTZ_KIND_ISSUING] = 1u << BTZ_IN_TBS_CERT | 1u << BTZ_IN_TBS_CRL,
	[BTZ_KIND_CRL] = 1u << BTZ_IN_TBS_CRL,
	[BTZ_KIND_OCSP] = 1u << BTZ_IN_OCSP,
	[BTZ_KIND_TLS] = 1u << BTZ_IN_TLS_CV,
	[BTZ_KIND_ROOT] = 0,
	[BTZ_KIND_CHECKPOINT] = 0,
};

bool
btz_kind_takes(uint8_t kind, uint8_t input)
{
	return kind < BTZ_COUNT(takes) && input < 16 &&
	    (takes[kind] & 1u << input) != 0;
}

bool
btz_sig_fits(uint8_t key_alg, uint16_t sig_alg)
{
	switch (sig_alg) {
	case BTZ_SIG_ECDSA_SHA256:
		return key_alg == BTZ_ALG_EC_P256;
	case BTZ_SIG_ECDSA_SHA384:
		return key_alg == BTZ_ALG_EC_P384;
	case BTZ_SIG_ED25519:
		return key_alg == BTZ_ALG_ED25519;
	case BTZ_SIG_RSA_PKCS1_SHA256:
	case BTZ_SIG_RSA_PSS_SHA256:
		return key_alg == BTZ_ALG_RSA_2048;
	default:
		return false;
	}
}

size_t
btz_sig_digest_len(uint16_t sig_alg)
{
	if (sig_alg == BTZ_SIG_ED25519)
		return 0;
	return sig_alg == BTZ_SIG_ECDSA_SHA384 ? 48 : 32;
}

static const char *
name_of(const struct named *t, uint8_t num)
{
	for (; t->name != NULL; t++)
		if (t->num == num)
			return t->name;
	return "?";
}

static uint8_t
number_of(const struct named *t, const char *name, size_t len)
{
	for (; t->name != NULL; t++)
		if (strlen(t->name) == len && memcmp(t->name, name, len) == 0)
			return t->num;
	return 0;
}

const char *
btz_alg_name(uint8_t alg)
{
	return name_of(algs, alg);
}

const char *
btz_kind_name(uint8_t kind)
{
	return name_of(kinds, kind);
}

const char *
btz_protection_name(uint8_t prot)
{
	return name_of(protections, prot);
}

const char *
btz_key_state_name(uint8_t state)
{
	return name_of(states, state);
}

uint8_t
btz_alg_by_name(const char *name, size_t len)
{
	return number_of(algs, name, len);
}

uint8_t
btz_kind_by_name(const char *name, size_t len)
{
	return number_of(kinds, name, len);
}
