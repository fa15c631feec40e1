/* SPDX-License-Identifier: Apache-2.0 */
/* backends.c - the backends of a box; contract in backends.h. */
#include "base/backends.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/name.h"

/* In the order in which they are listed. Name NULL: of the section. */
static const struct row {
	enum btz_prog prog;
	const char *name;
	size_t token;
} rows[] = {
	{ BTZ_PROG_CRYPTO_SOFT, "soft", 0 },
	{ BTZ_PROG_CRYPTO_TEE, "tee", 0 },
	{ BTZ_PROG_CRYPTO_TPM, "tpm-direct", 0 },
	{ BTZ_PROG_CRYPTO_P11_1, NULL, 0 },
	{ BTZ_PROG_CRYPTO_P11_2, NULL, 1 },
	{ BTZ_PROG_CRYPTO_P11_3, NULL, 2 },
	{ BTZ_PROG_CRYPTO_P11_4, NULL, 3 },
};
_Static_assert(BTZ_COUNT(rows) <= BTZ_BACKENDS_MAX, "routes of the broker");

enum btz_prog
btz_backends_prog(size_t i)
{
	return i < BTZ_COUNT(rows) ? rows[i].prog : BTZ_PROG_NONE;
}

static const struct row *
row_of(enum btz_prog prog)
{
	for (size_t i = 0; i < BTZ_COUNT(rows); i++)
		if (rows[i].prog == prog)
			return &rows[i];
	return NULL;
}

const struct btz_token *
btz_backends_token(const struct btz_backends *b, enum btz_prog prog)
{
	const struct row *r = row_of(prog);

	return r != NULL && r->name == NULL && r->token < b->n_tokens
		   ? &b->token[r->token]
		   : NULL;
}

const char *
btz_backends_name(const struct btz_backends *b, enum btz_prog prog)
{
	const struct row *r = row_of(prog);
	const struct btz_token *t = btz_backends_token(b, prog);

	if (prog == BTZ_PROG_CRYPTO_TPM && b->tpm.tcti[0] == '\0')
		return NULL;
	if (r != NULL && r->name != NULL)
		return r->name;
	return t != NULL ? t->backend : NULL;
}

bool
btz_backends_have(const struct btz_backends *b, const char *name)
{
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		const char *n = btz_backends_name(b, rows[i].prog);

		if (n != NULL && strcmp(n, name) == 0)
			return true;
	}
	return false;
}

bool
btz_token_path(const struct btz_token *t, size_t i, char out[BTZ_CONF_TEXT])
{
	const char *at = t->conf.paths + strspn(t->conf.paths, " ");

	for (; i > 0; i--) {
		at += strcspn(at, " ");
		at += strspn(at, " ");
	}
	(void)snprintf(out, BTZ_CONF_TEXT, "%.*s", (int)strcspn(at, " "), at);
	return out[0] != '\0';
}

static enum btz_rc
check_path(
    const char *label, const char *key, const char *path, struct btz_err *err)
{
	return path[0] == '/' ? BTZ_OK
			      : BTZ_FAIL(err, BTZ_E_CONFIG,
				    "[pkcs11 %s] %s '%.80s' is not /PATH",
				    label, key, path);
}

static enum btz_rc
check(const struct btz_token *t, struct btz_err *err)
{
	const struct btz_conf_pkcs11 *c = &t->conf;
	char path[BTZ_CONF_TEXT];
	enum btz_rc rc = check_path(t->name, "module", c->module, err);

	if (rc == BTZ_OK && c->pin_file[0] != '\0')
		rc = check_path(t->name, "pin_file", c->pin_file, err);
	if (rc == BTZ_OK && c->conf[0] != '\0')
		rc = check_path(t->name, "conf", c->conf, err);
	for (size_t i = 0; rc == BTZ_OK && btz_token_path(t, i, path); i++)
		rc = i < BTZ_TOKEN_PATHS
			 ? check_path(t->name, "paths", path, err)
			 : BTZ_FAIL(err, BTZ_E_CONFIG,
			       "[pkcs11 %s] paths: more than %u", t->name,
			       BTZ_TOKEN_PATHS);
	if (rc == BTZ_OK && c->token[0] == '\0' && c->slot < 0)
		rc = BTZ_FAIL(err, BTZ_E_CONFIG,
		    "[pkcs11 %s]: neither token nor slot", t->name);
	return rc;
}

enum btz_rc
btz_backends_on_token(
    const char *label, const void *conf, void *arg, struct btz_err *err)
{
	struct btz_backends *b = arg;
	struct btz_token *t = &b->token[b->n_tokens];
	enum btz_rc rc;

	if (!btz_name_ok(btz_span_str(label)) ||
	    strlen(label) > BTZ_TOKEN_NAME_MAX)
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "[pkcs11 %.70s]: not a valid name of at most %u characters",
		    label, BTZ_TOKEN_NAME_MAX);
	if (b->n_tokens == BTZ_TOKENS_MAX)
		return BTZ_FAIL(err, BTZ_E_CONFIG, "more than %d [pkcs11 ...]",
		    BTZ_TOKENS_MAX);
	for (size_t i = 0; i < b->n_tokens; i++)
		if (strcmp(b->token[i].name, label) == 0)
			return BTZ_FAIL(err, BTZ_E_CONFIG,
			    "[pkcs11 %s]: given twice", label);
	(void)snprintf(t->name, sizeof(t->name), "%s", label);
	(void)snprintf(t->backend, sizeof(t->backend), "pkcs11:%.*s",
	    (int)BTZ_TOKEN_NAME_MAX, label);
	t->conf = *(const struct btz_conf_pkcs11 *)conf;
	if ((rc = check(t, err)) == BTZ_OK)
		b->n_tokens++;
	return rc;
}

/* Its programs take the handle as checked. */
enum btz_rc
btz_backends_check_tpm(const struct btz_backends *b, struct btz_err *err)
{
	const struct btz_conf_tpm_direct *c = &b->tpm;
	const char *e = c->exclusive;
	char *end;
	unsigned long srk;

	if (c->tcti[0] == '\0')
		return BTZ_OK;
	if (strncmp(c->tcti, "device:/", 8) != 0 &&
	    strncmp(c->tcti, "unix:/", 6) != 0)
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "[tpm-direct] tcti '%.60s' is neither device:/PATH nor "
		    "unix:/PATH",
		    c->tcti);
	srk = strtoul(c->srk, &end, 0);
	if (*end != '\0' || srk < 0x81000000u || srk > 0x81ffffffu)
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "[tpm-direct] srk '%.10s' is not a persistent handle: "
		    "0x81000000 to 0x81ffffff",
		    c->srk);
	if (strcmp(e, "yes") != 0 && strcmp(e, "no") != 0 &&
	    strcmp(e, "auto") != 0)
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "[tpm-direct] exclusive '%.4s': yes, no or auto", e);
	return BTZ_OK;
}

bool
btz_backends_tpm_device(const struct btz_backends *b, const char **path)
{
	*path = strncmp(b->tpm.tcti, "device:", 7) == 0 ? b->tpm.tcti + 7
							: NULL;
	return *path != NULL;
}
