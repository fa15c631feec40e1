/* SPDX-License-Identifier: Apache-2.0 */
/* providers.c - our backends as Parsec's providers, and [parsec] providers
 * and admins. Start at the table. */
#include <stdlib.h>
#include <string.h>

#include "parsec/parsec.h"

/* What each can do is its backend's to say: offers.h. */
static const struct btz_pprovider table[] = {
	{ BTZ_PP_MBED, "soft", "1c1139dc-ad7c-47dc-ad6b-db6fdb466552",
	    "Keys in software, wrapped on disk (Bartizan backend soft)" },
	{ BTZ_PP_PKCS11, "pkcs11", "30e39502-eba6-4d60-a4af-c518b7f5e38f",
	    "Keys in a PKCS #11 token (Bartizan backend pkcs11)" },
	{ BTZ_PP_TPM, "tpm-direct", "1e4954a4-ff21-46d3-ab0c-661eeb667e1d",
	    "Keys of the TPM (Bartizan backend tpm-direct)" },
	{ BTZ_PP_TRUSTED, "tee", "71129441-508a-4da6-b6e8-7b98a777e4c0",
	    "Keys in the trusted application (Bartizan backend tee)" },
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
