/* SPDX-License-Identifier: Apache-2.0 */
/* providers.c - our backends as Parsec's providers, and [parsec] providers
 * and admins. Start at the table. */
#include <stdlib.h>
#include <string.h>

#include "parsec/parsec.h"

#define ALG(a) (1u << BTZ_ALG_##a)
#define PAIRS_SMALL (ALG(EC_P256) | ALG(EC_P384) | ALG(RSA_2048))
#define ALL_KEYS                                                               \
	(PAIRS_SMALL | ALG(EC_P521) | ALG(RSA_3072) | ALG(RSA_4096) |          \
	    ALG(X25519) | ALG(AES_128) | ALG(AES_192) | ALG(AES_256) |         \
	    ALG(CHACHA20) | ALG(SECRET))

/* As ListOpcodes shows them. What a backend cannot do with a key of its own is
 * for it to say. */
static const uint8_t all_ops[] = { 2, 3, 4, 5, 6, 7, 0x0a, 0x0b, 0x0c, 0x0d,
	0x0f, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x18, 0x19, 0x20, 0 };
static const uint8_t device_ops[] = { 2, 3, 4, 5, 7, 0x0a, 0x0b, 0x0d, 0x0f,
	0x10, 0x18, 0x19, 0x20, 0 };

static const struct btz_pprovider table[] = {
	{ BTZ_PP_MBED, "soft", "1c1139dc-ad7c-47dc-ad6b-db6fdb466552",
	    "Keys in software, wrapped on disk (Bartizan backend soft)",
	    ALL_KEYS, all_ops },
	{ BTZ_PP_PKCS11, "pkcs11", "30e39502-eba6-4d60-a4af-c518b7f5e38f",
	    "Keys in a PKCS #11 token (Bartizan backend pkcs11)", ALL_KEYS,
	    device_ops },
	{ BTZ_PP_TPM, "tpm-direct", "1e4954a4-ff21-46d3-ab0c-661eeb667e1d",
	    "Keys of the TPM (Bartizan backend tpm-direct)", PAIRS_SMALL,
	    device_ops },
	{ BTZ_PP_TRUSTED, "tee", "71129441-508a-4da6-b6e8-7b98a777e4c0",
	    "Keys in the trusted application (Bartizan backend tee)", ALL_KEYS,
	    device_ops },
};

/* The next word of *text; false: none left. */
static bool
next_word(const char **text, struct btz_span *word)
{
	const char *p = *text + strspn(*text, " ,\t");
	const size_t len = strcspn(p, " ,\t");

	*word = btz_span_of(p, len);
	*text = p + len;
	return len > 0;
}

static enum btz_rc
add_provider(struct btz_parsec *d, struct btz_span word, struct btz_err *err)
{
	const struct btz_pprovider *p = NULL;

	for (size_t i = 0; i < BTZ_COUNT(table); i++)
		if (btz_span_eq(word, btz_span_str(table[i].backend)))
			p = &table[i];
	if (p == NULL || btz_pprovider_of(d, p->id) != NULL)
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "[parsec] providers: '%.*s' is not a backend, or there "
		    "twice",
		    (int)word.len, (const char *)word.p);
	d->providers[d->n_providers++] = p;
	return BTZ_OK;
}

static enum btz_rc
add_admin(struct btz_parsec *d, struct btz_span word, struct btz_err *err)
{
	uint64_t uid = 0;
	bool ok = word.len <= 10 && d->n_admins < BTZ_PARSEC_ADMINS;

	for (size_t i = 0; ok && i < word.len; i++) {
		ok = word.p[i] >= '0' && word.p[i] <= '9';
		uid = uid * 10 + (uint64_t)(word.p[i] - '0');
	}
	if (!ok || uid >= UINT32_MAX)
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "[parsec] admins: '%.*s' is not a uid, or more than %u",
		    (int)word.len, (const char *)word.p, BTZ_PARSEC_ADMINS);
	d->admins[d->n_admins++] = (uint32_t)uid;
	return BTZ_OK;
}

enum btz_rc
btz_pproviders_init(struct btz_parsec *d, struct btz_err *err)
{
	const char *text = d->conf.providers;
	struct btz_span word;
	enum btz_rc rc = BTZ_OK;

	while (rc == BTZ_OK && next_word(&text, &word))
		rc = add_provider(d, word, err);
	text = d->conf.admins;
	while (rc == BTZ_OK && next_word(&text, &word))
		rc = add_admin(d, word, err);
	return rc;
}

const struct btz_pprovider *
btz_pprovider_of(const struct btz_parsec *d, uint8_t id)
{
	for (size_t i = 0; i < d->n_providers; i++)
		if (d->providers[i]->id == id)
			return d->providers[i];
	return NULL;
}

bool
btz_padmin(const struct btz_parsec *d, uint32_t uid)
{
	for (size_t i = 0; i < d->n_admins; i++)
		if (d->admins[i] == uid)
			return true;
	return false;
}
