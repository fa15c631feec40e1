/* SPDX-License-Identifier: Apache-2.0 */
/* alg.c - names and relations of the closed sets in alg.h. */
#include "wire/alg.h"

#include "wire/cursor.h"
#include "wire/limits.h"

#include <string.h>

struct named {
	uint16_t num;
	const char *name;
};

/* Row = enum btz_key_alg. */
static const struct key_alg {
	const char *name;
	uint16_t bits; /* 0: any */
	uint8_t family;
} key_algs[BTZ_ALG_MAX + 1] = {
	[BTZ_ALG_EC_P256] = { "ec-p256", 256, BTZ_FAMILY_EC },
	[BTZ_ALG_RSA_2048] = { "rsa-2048", 2048, BTZ_FAMILY_RSA },
	[BTZ_ALG_EC_P384] = { "ec-p384", 384, BTZ_FAMILY_EC },
	[BTZ_ALG_ED25519] = { "ed25519", 255, BTZ_FAMILY_ED },
	[BTZ_ALG_EC_P521] = { "ec-p521", 521, BTZ_FAMILY_EC },
	[BTZ_ALG_RSA_3072] = { "rsa-3072", 3072, BTZ_FAMILY_RSA },
	[BTZ_ALG_RSA_4096] = { "rsa-4096", 4096, BTZ_FAMILY_RSA },
	[BTZ_ALG_X25519] = { "x25519", 255, BTZ_FAMILY_X },
	[BTZ_ALG_AES_128] = { "aes-128", 128, BTZ_FAMILY_AES },
	[BTZ_ALG_AES_192] = { "aes-192", 192, BTZ_FAMILY_AES },
	[BTZ_ALG_AES_256] = { "aes-256", 256, BTZ_FAMILY_AES },
	[BTZ_ALG_CHACHA20] = { "chacha20", 256, BTZ_FAMILY_CHACHA },
	[BTZ_ALG_SECRET] = { "secret", 0, BTZ_FAMILY_SECRET },
};

/* Row = enum btz_sig_alg. */
static const struct sig_alg {
	const char *name;
	uint8_t family, hash; /* hash 0: signs the message itself */
} sig_algs[BTZ_SIG_ALG_MAX + 1] = {
	[BTZ_SIG_ECDSA_SHA256] = { "ecdsa-sha256", BTZ_FAMILY_EC,
	    BTZ_HASH_SHA256 },
	[BTZ_SIG_RSA_PKCS1_SHA256] = { "rsa-pkcs1-sha256", BTZ_FAMILY_RSA,
	    BTZ_HASH_SHA256 },
	[BTZ_SIG_RSA_PSS_SHA256] = { "rsa-pss-sha256", BTZ_FAMILY_RSA,
	    BTZ_HASH_SHA256 },
	[BTZ_SIG_ECDSA_SHA384] = { "ecdsa-sha384", BTZ_FAMILY_EC,
	    BTZ_HASH_SHA384 },
	[BTZ_SIG_ED25519] = { "ed25519", BTZ_FAMILY_ED, 0 },
	[BTZ_SIG_ECDSA_SHA512] = { "ecdsa-sha512", BTZ_FAMILY_EC,
	    BTZ_HASH_SHA512 },
	[BTZ_SIG_ECDSA_DET_SHA256] = { "ecdsa-det-sha256", BTZ_FAMILY_EC,
	    BTZ_HASH_SHA256 },
	[BTZ_SIG_ECDSA_DET_SHA384] = { "ecdsa-det-sha384", BTZ_FAMILY_EC,
	    BTZ_HASH_SHA384 },
	[BTZ_SIG_ECDSA_DET_SHA512] = { "ecdsa-det-sha512", BTZ_FAMILY_EC,
	    BTZ_HASH_SHA512 },
	[BTZ_SIG_RSA_PKCS1_SHA384] = { "rsa-pkcs1-sha384", BTZ_FAMILY_RSA,
	    BTZ_HASH_SHA384 },
	[BTZ_SIG_RSA_PKCS1_SHA512] = { "rsa-pkcs1-sha512", BTZ_FAMILY_RSA,
	    BTZ_HASH_SHA512 },
	[BTZ_SIG_RSA_PSS_SHA384] = { "rsa-pss-sha384", BTZ_FAMILY_RSA,
	    BTZ_HASH_SHA384 },
	[BTZ_SIG_RSA_PSS_SHA512] = { "rsa-pss-sha512", BTZ_FAMILY_RSA,
	    BTZ_HASH_SHA512 },
};

#define CRYPTS (1u << BTZ_VERB_ENCRYPT | 1u << BTZ_VERB_DECRYPT)
#define MACS (1u << BTZ_VERB_MAC)
#define DERIVES (1u << BTZ_VERB_DERIVE)
#define SIGNS (BTZ_USE_SIGN | BTZ_USE_VERIFY) /* and MACs */
#define ENCRYPTS (BTZ_USE_ENCRYPT | BTZ_USE_DECRYPT)

/* Which verbs of which families; a second family where there are two. */
static const struct crypt_alg {
	uint16_t alg; /* enum btz_crypt_alg */
	const char *name;
	uint8_t verbs, family, family2, hash, nonce;
	bool aead;
} crypt_algs[] = {
	{ BTZ_CRYPT_AES_GCM, "aes-gcm", CRYPTS, BTZ_FAMILY_AES, 0, 0, 12,
	    true },
	{ BTZ_CRYPT_AES_CCM, "aes-ccm", CRYPTS, BTZ_FAMILY_AES, 0, 0, 12,
	    true },
	{ BTZ_CRYPT_AES_CBC, "aes-cbc", CRYPTS, BTZ_FAMILY_AES, 0, 0, 16,
	    false },
	{ BTZ_CRYPT_AES_CTR, "aes-ctr", CRYPTS, BTZ_FAMILY_AES, 0, 0, 16,
	    false },
	{ BTZ_CRYPT_CHACHA20_POLY1305, "chacha20-poly1305", CRYPTS,
	    BTZ_FAMILY_CHACHA, 0, 0, 12, true },
	{ BTZ_CRYPT_RSA_OAEP_SHA256, "rsa-oaep-sha256", CRYPTS, BTZ_FAMILY_RSA,
	    0, BTZ_HASH_SHA256, 0, false },
	{ BTZ_CRYPT_RSA_OAEP_SHA384, "rsa-oaep-sha384", CRYPTS, BTZ_FAMILY_RSA,
	    0, BTZ_HASH_SHA384, 0, false },
	{ BTZ_CRYPT_RSA_OAEP_SHA512, "rsa-oaep-sha512", CRYPTS, BTZ_FAMILY_RSA,
	    0, BTZ_HASH_SHA512, 0, false },
	{ BTZ_CRYPT_AES_CBC_NOPAD, "aes-cbc-nopad", CRYPTS, BTZ_FAMILY_AES, 0,
	    0, 16, false },
	{ BTZ_CRYPT_RSA_PKCS1, "rsa-pkcs1", CRYPTS, BTZ_FAMILY_RSA, 0, 0, 0,
	    false },
	{ BTZ_CRYPT_HMAC_SHA256, "hmac-sha256", MACS, BTZ_FAMILY_SECRET, 0,
	    BTZ_HASH_SHA256, 0, false },
	{ BTZ_CRYPT_HMAC_SHA384, "hmac-sha384", MACS, BTZ_FAMILY_SECRET, 0,
	    BTZ_HASH_SHA384, 0, false },
	{ BTZ_CRYPT_HMAC_SHA512, "hmac-sha512", MACS, BTZ_FAMILY_SECRET, 0,
	    BTZ_HASH_SHA512, 0, false },
	{ BTZ_CRYPT_CMAC, "cmac", MACS, BTZ_FAMILY_AES, 0, 0, 0, false },
	{ BTZ_CRYPT_ECDH, "ecdh", DERIVES, BTZ_FAMILY_EC, BTZ_FAMILY_X, 0, 0,
	    false },
	{ BTZ_CRYPT_HKDF_SHA256, "hkdf-sha256", DERIVES, BTZ_FAMILY_SECRET, 0,
	    BTZ_HASH_SHA256, 0, false },
	{ BTZ_CRYPT_HKDF_SHA384, "hkdf-sha384", DERIVES, BTZ_FAMILY_SECRET, 0,
	    BTZ_HASH_SHA384, 0, false },
	{ BTZ_CRYPT_HKDF_SHA512, "hkdf-sha512", DERIVES, BTZ_FAMILY_SECRET, 0,
	    BTZ_HASH_SHA512, 0, false },
};

/* Row = enum btz_hash_alg. */
static const struct hash_alg {
	const char *name;
	uint8_t len;
} hash_algs[] = {
	[BTZ_HASH_SHA256] = { "sha256", 32 },
	[BTZ_HASH_SHA384] = { "sha384", 48 },
	[BTZ_HASH_SHA512] = { "sha512", 64 },
	[BTZ_HASH_SHA3_256] = { "sha3-256", 32 },
	[BTZ_HASH_SHA3_384] = { "sha3-384", 48 },
	[BTZ_HASH_SHA3_512] = { "sha3-512", 64 },
	[BTZ_HASH_SHA224] = { "sha224", 28 },
	[BTZ_HASH_SHA3_224] = { "sha3-224", 28 },
	[BTZ_HASH_SHA512_256] = { "sha512-256", 32 },
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
	{ BTZ_KEY_DOOMED, "doomed" },
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

uint8_t
btz_family(uint8_t alg)
{
	return alg <= BTZ_ALG_MAX ? key_algs[alg].family : 0;
}

unsigned
btz_alg_bits(uint8_t alg)
{
	return alg <= BTZ_ALG_MAX ? key_algs[alg].bits : 0;
}

uint32_t
btz_alg_uses(uint8_t alg)
{
	static const uint32_t uses[] = {
		[BTZ_FAMILY_EC] = SIGNS | BTZ_USE_DERIVE,
		[BTZ_FAMILY_RSA] = SIGNS | ENCRYPTS,
		[BTZ_FAMILY_ED] = SIGNS,
		[BTZ_FAMILY_X] = BTZ_USE_DERIVE,
		[BTZ_FAMILY_AES] = SIGNS | ENCRYPTS,
		[BTZ_FAMILY_CHACHA] = ENCRYPTS,
		[BTZ_FAMILY_SECRET] = SIGNS | BTZ_USE_DERIVE,
	};

	return uses[btz_family(alg)];
}

size_t
btz_hash_len(uint8_t alg)
{
	return alg < BTZ_COUNT(hash_algs) ? hash_algs[alg].len : 0;
}

uint8_t
btz_sig_hash(uint16_t alg)
{
	return alg <= BTZ_SIG_ALG_MAX ? sig_algs[alg].hash : 0;
}

bool
btz_sig_fits(uint8_t key_alg, uint16_t sig_alg)
{
	const uint8_t family = btz_family(key_alg);

	if (family == 0 || sig_alg > BTZ_SIG_ALG_MAX ||
	    sig_algs[sig_alg].family != family)
		return false;
	/* P-521 takes SHA-512. */
	return family != BTZ_FAMILY_EC ||
	       8 * btz_sig_digest_len(sig_alg) + 9 >= btz_alg_bits(key_alg);
}

size_t
btz_sig_digest_len(uint16_t sig_alg)
{
	return btz_hash_len(btz_sig_hash(sig_alg));
}

static const struct crypt_alg *
crypt_of(uint16_t alg)
{
	for (size_t i = 0; i < BTZ_COUNT(crypt_algs); i++)
		if (crypt_algs[i].alg == alg)
			return &crypt_algs[i];
	return NULL;
}

bool
btz_crypt_fits(uint8_t key_alg, uint8_t verb, uint16_t crypt_alg)
{
	const struct crypt_alg *c = crypt_of(crypt_alg);
	const uint8_t family = btz_family(key_alg);

	return c != NULL && family != 0 && verb < 8 &&
	       (c->verbs & 1u << verb) != 0 &&
	       (c->family == family || c->family2 == family);
}

bool
btz_crypt_is_aead(uint16_t alg)
{
	const struct crypt_alg *c = crypt_of(alg);

	return c != NULL && c->aead;
}

bool
btz_crypt_tells(uint16_t alg)
{
	const struct crypt_alg *c = crypt_of(alg);

	return c != NULL && (c->verbs & CRYPTS) != 0 &&
	       (c->aead || c->hash != 0);
}

bool
btz_crypt_named_only(uint16_t alg)
{
	return alg == BTZ_CRYPT_RSA_PKCS1;
}

size_t
btz_crypt_nonce_len(uint16_t alg)
{
	const struct crypt_alg *c = crypt_of(alg);

	return c != NULL ? c->nonce : 0;
}

uint8_t
btz_crypt_hash(uint16_t alg)
{
	const struct crypt_alg *c = crypt_of(alg);

	return c != NULL ? c->hash : 0;
}

static const char *
name_of(const struct named *t, uint8_t num)
{
	for (; t->name != NULL; t++)
		if (t->num == num)
			return t->name;
	return "?";
}

static bool
same(const char *a, const char *name, size_t len)
{
	return a != NULL && strlen(a) == len && memcmp(a, name, len) == 0;
}

static uint8_t
number_of(const struct named *t, const char *name, size_t len)
{
	for (; t->name != NULL; t++)
		if (same(t->name, name, len))
			return (uint8_t)t->num;
	return 0;
}

const char *
btz_alg_name(uint8_t alg)
{
	return alg != 0 && alg <= BTZ_ALG_MAX ? key_algs[alg].name : "?";
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
	for (uint8_t i = 1; i <= BTZ_ALG_MAX; i++)
		if (same(key_algs[i].name, name, len))
			return i;
	return 0;
}

uint8_t
btz_kind_by_name(const char *name, size_t len)
{
	return number_of(kinds, name, len);
}

const char *
btz_sig_name(uint16_t alg)
{
	return alg != 0 && alg <= BTZ_SIG_ALG_MAX ? sig_algs[alg].name : "?";
}

uint16_t
btz_sig_by_name(const char *name, size_t len)
{
	for (uint16_t i = 1; i <= BTZ_SIG_ALG_MAX; i++)
		if (same(sig_algs[i].name, name, len))
			return i;
	return 0;
}

const char *
btz_crypt_name(uint16_t alg)
{
	const struct crypt_alg *c = crypt_of(alg);

	return c != NULL ? c->name : "?";
}

uint16_t
btz_crypt_by_name(const char *name, size_t len)
{
	for (size_t i = 0; i < BTZ_COUNT(crypt_algs); i++)
		if (same(crypt_algs[i].name, name, len))
			return crypt_algs[i].alg;
	return 0;
}

const char *
btz_hash_name(uint8_t alg)
{
	return btz_hash_len(alg) != 0 ? hash_algs[alg].name : "?";
}

uint8_t
btz_hash_by_name(const char *name, size_t len)
{
	for (uint8_t i = 1; i < BTZ_COUNT(hash_algs); i++)
		if (same(hash_algs[i].name, name, len))
			return i;
	return 0;
}
