/* SPDX-License-Identifier: Apache-2.0 */
/* key_parse.c - names of algorithms, usages and labels on the command line.
 * Names of single uses: key_uses.c. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/change.h"
#include "cli/key.h"
#include "wire/keyblob.h"

#define SIGNS (BTZ_USE_SIGN | BTZ_USE_VERIFY)
#define ENCRYPTS (BTZ_USE_ENCRYPT | BTZ_USE_DECRYPT)

/* Of what a key can do, the pair that people mean. */
static uint32_t
usual(uint8_t alg)
{
	const uint32_t can = btz_alg_uses(alg);

	if (btz_family(alg) == BTZ_FAMILY_AES)
		return ENCRYPTS;
	return (can & SIGNS) != 0 ? SIGNS : can;
}

enum btz_rc
btz_key_parse_uses(const char *text, uint32_t *out, struct btz_err *err)
{
	*out = 0;
	while (text != NULL && *text != '\0') {
		size_t n = strcspn(text, ",");
		uint32_t use = btz_key_use_of(text, n);

		if (use == 0)
			return BTZ_FAIL(err, BTZ_E_USAGE,
			    "--usage '%.*s' is not sign, verify, encrypt, "
			    "decrypt or derive",
			    (int)n, text);
		*out |= use;
		text += n + (text[n] == ',' ? 1 : 0);
	}
	return BTZ_OK;
}

static enum btz_rc
parse_usage(const char *text, uint8_t alg, uint32_t *out, struct btz_err *err)
{
	*out = usual(alg);
	return text == NULL ? BTZ_OK : btz_key_parse_uses(text, out, err);
}

static enum btz_rc
unknown_alg(const char *name, struct btz_err *err)
{
	char all[160] = "";
	size_t n = 0;

	for (uint8_t i = 1; i <= BTZ_ALG_MAX && n < sizeof(all); i++)
		n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%s",
		    i == 1 ? "" : " ", btz_alg_name(i));
	return BTZ_FAIL(
	    err, BTZ_E_USAGE, "--alg '%.30s' is none of %s", name, all);
}

/* Also "rsa" with --bits 3072; of a secret the bits are its length. */
static enum btz_rc
parse_alg(const struct btz_cli *c, struct btz_generate *g, struct btz_err *err)
{
	const char *name = btz_cli_opt(c, "alg");
	uint64_t bits;
	char both[32];
	enum btz_rc rc = btz_cli_opt_num(c, "bits", 0, 1, 32768, &bits, err);

	g->alg = BTZ_ALG_EC_P256;
	if (rc != BTZ_OK)
		return rc;
	if (name != NULL)
		g->alg = btz_alg_by_name(name, strlen(name));
	if (g->alg == 0 && bits != 0) {
		(void)snprintf(
		    both, sizeof(both), "%.20s-%u", name, (unsigned)bits);
		g->alg = btz_alg_by_name(both, strlen(both));
		bits = 0;
	}
	if (g->alg == 0)
		return unknown_alg(name, err);
	if (bits != 0 && g->alg != BTZ_ALG_SECRET &&
	    bits != btz_alg_bits(g->alg))
		return BTZ_FAIL(err, BTZ_E_USAGE, "a key of %s has %u bits",
		    btz_alg_name(g->alg), btz_alg_bits(g->alg));
	if (g->alg == BTZ_ALG_SECRET)
		g->bits = (uint16_t)bits;
	return BTZ_OK;
}

static enum btz_rc
parse_only(const char *name, struct btz_generate *g, struct btz_err *err)
{
	if (name == NULL)
		return BTZ_OK;
	g->only_sig = btz_sig_by_name(name, strlen(name));
	if (g->only_sig == 0)
		g->only_crypt = btz_crypt_by_name(name, strlen(name));
	if (g->only_sig == 0 && g->only_crypt == 0)
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "--only '%.40s' is no algorithm of signatures, ciphers, "
		    "MACs or derivation",
		    name);
	return BTZ_OK;
}

static enum btz_rc
parse_labels(const struct btz_cli *c, char labels[BTZ_LABELS_MAX],
    struct btz_span *out, struct btz_err *err)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_many; i++) {
		size_t len = strlen(c->many[i]);

		if (strchr(c->many[i], '=') == NULL)
			return BTZ_FAIL(err, BTZ_E_USAGE,
			    "--label '%.60s' is not NAME=VALUE", c->many[i]);
		if (n + len + 1 > BTZ_LABELS_MAX)
			return BTZ_FAIL(err, BTZ_E_TOOBIG,
			    "labels of more than %u bytes", BTZ_LABELS_MAX);
		memcpy(labels + n, c->many[i], len);
		n += len;
		labels[n++] = '\n';
	}
	*out = btz_span_of(labels, n);
	return BTZ_OK;
}

enum btz_rc
btz_key_parse_generate(const struct btz_cli *c, struct btz_generate *g,
    char labels[BTZ_LABELS_MAX], struct btz_err *err)
{
	const char *kind = btz_cli_opt(c, "kind");
	enum btz_rc rc;

	*g = (struct btz_generate){ .kind = BTZ_KIND_PLAIN,
		.label = btz_span_str(btz_cli_arg(c, 0)) };
	if (kind != NULL &&
	    (g->kind = btz_kind_by_name(kind, strlen(kind))) == 0)
		return BTZ_FAIL(
		    err, BTZ_E_USAGE, "--kind '%s' is not plain or tls", kind);
	if ((rc = parse_alg(c, g, err)) != BTZ_OK ||
	    (rc = parse_usage(
		 btz_cli_opt(c, "usage"), g->alg, &g->usage, err)) != BTZ_OK ||
	    (rc = parse_only(btz_cli_opt(c, "only"), g, err)) != BTZ_OK ||
	    (rc = btz_cli_opt_num(
		 c, "uses-max", 0, 1, UINT32_MAX, &g->uses_max, err)) != BTZ_OK)
		return rc;
	if (btz_cli_opt(c, "caller-nonce") != NULL)
		g->flags |= BTZ_KEYFLAG_CALLER_NONCE;
	if (btz_cli_opt(c, "exportable") != NULL)
		g->flags |= BTZ_KEYBLOB_EXPORTABLE;
	if (btz_cli_opt(c, "backupable") != NULL)
		g->flags |= BTZ_KEYBLOB_BACKUPABLE;
	rc = btz_cli_expiry("not-after", btz_cli_opt(c, "not-after"),
	    (uint64_t)time(NULL), &g->not_after, err);
	if (rc != BTZ_OK)
		return rc;
	return parse_labels(c, labels, &g->labels, err);
}

enum btz_rc
btz_key_sig_alg(const struct btz_cli *c, const struct btz_key_info *k,
    uint16_t *alg, struct btz_err *err)
{
	static const uint16_t usual_of[BTZ_ALG_MAX + 1] = {
		[BTZ_ALG_EC_P256] = BTZ_SIG_ECDSA_SHA256,
		[BTZ_ALG_EC_P384] = BTZ_SIG_ECDSA_SHA384,
		[BTZ_ALG_EC_P521] = BTZ_SIG_ECDSA_SHA512,
		[BTZ_ALG_ED25519] = BTZ_SIG_ED25519,
		[BTZ_ALG_RSA_2048] = BTZ_SIG_RSA_PKCS1_SHA256,
		[BTZ_ALG_RSA_3072] = BTZ_SIG_RSA_PKCS1_SHA256,
		[BTZ_ALG_RSA_4096] = BTZ_SIG_RSA_PKCS1_SHA256,
	};
	const char *name = btz_cli_opt(c, "alg");

	if (name != NULL) {
		*alg = btz_sig_by_name(name, strlen(name));
		return *alg != 0 ? BTZ_OK
				 : BTZ_FAIL(err, BTZ_E_USAGE,
				       "--alg '%.40s' is no signature "
				       "algorithm",
				       name);
	}
	*alg = k->only_sig;
	if (*alg == 0 && k->alg <= BTZ_ALG_MAX)
		*alg = usual_of[k->alg];
	if (btz_family(k->alg) == BTZ_FAMILY_RSA && k->only_sig == 0 &&
	    btz_cli_opt(c, "pss") != NULL)
		*alg = BTZ_SIG_RSA_PSS_SHA256;
	return *alg != 0
		   ? BTZ_OK
		   : BTZ_FAIL(err, BTZ_E_KEY_ALG, "a key of %s does not sign",
			 btz_alg_name(k->alg));
}

static uint16_t
usual_crypt(uint8_t family, uint8_t verb)
{
	switch (family) {
	case BTZ_FAMILY_AES:
		return verb == BTZ_VERB_MAC ? BTZ_CRYPT_CMAC
					    : BTZ_CRYPT_AES_GCM;
	case BTZ_FAMILY_CHACHA:
		return BTZ_CRYPT_CHACHA20_POLY1305;
	case BTZ_FAMILY_RSA:
		return BTZ_CRYPT_RSA_OAEP_SHA256;
	case BTZ_FAMILY_SECRET:
		return verb == BTZ_VERB_MAC ? BTZ_CRYPT_HMAC_SHA256
					    : BTZ_CRYPT_HKDF_SHA256;
	default:
		return BTZ_CRYPT_ECDH;
	}
}

enum btz_rc
btz_key_crypt_alg(const struct btz_cli *c, const struct btz_key_info *k,
    uint8_t verb, uint16_t *alg, struct btz_err *err)
{
	const char *name = btz_cli_opt(c, "alg");

	*alg = k->only_crypt;
	if (name != NULL)
		*alg = btz_crypt_by_name(name, strlen(name));
	else if (*alg == 0)
		*alg = usual_crypt(btz_family(k->alg), verb);
	if (*alg == 0)
		return BTZ_FAIL(
		    err, BTZ_E_USAGE, "--alg '%.40s' is not known", name);
	if (!btz_crypt_fits(k->alg, verb, *alg))
		return BTZ_FAIL(err, BTZ_E_KEY_ALG, "%s with a key of %s",
		    btz_crypt_name(*alg), btz_alg_name(k->alg));
	if (btz_crypt_named_only(*alg) && k->only_crypt != *alg)
		return BTZ_FAIL(err, BTZ_E_KEY_ALG,
		    "%s needs a key that was made with --only %s",
		    btz_crypt_name(*alg), btz_crypt_name(*alg));
	return BTZ_OK;
}
