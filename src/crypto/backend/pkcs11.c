/* SPDX-License-Identifier: Apache-2.0 */
/* pkcs11.c - backend "pkcs11:NAME": opening, and the table; see pkcs11.h. */
#include "crypto/backend/pkcs11.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/table.h"

static enum btz_rc
p11_open(void *state, const struct btz_backend_env *env, struct btz_err *err)
{
	struct btz_p11 *t = state;
	enum btz_rc rc;

	if (env->token == NULL)
		return BTZ_FAIL(err, BTZ_E_CONFIG, "no [pkcs11 ...]");
	t->token = env->token;
	rc = btz_kek_read(env->dir, t->kek, err);
	if (rc == BTZ_OK)
		rc = btz_p11_module_get(t->token->conf.module, &t->module, err);
	if (rc != BTZ_OK)
		return rc;
	t->f = btz_p11_functions(t->module);
	t->locks = btz_p11_locks(t->module);
	if ((rc = btz_p11_find_slot(t, err)) == BTZ_OK &&
	    (rc = btz_p11_ask_mechanisms(t, err)) == BTZ_OK)
		rc = btz_p11_login(t, err);
	if (rc == BTZ_OK)
		btz_p11_ask_import(t);
	return rc;
}

static void
p11_close(void *state)
{
	struct btz_p11 *t = state;
	struct btz_err err;

	for (size_t i = 0; i < BTZ_P11_BESIDE; i++)
		if (t->beside[i] != NULL)
			(void)btz_p11_generate_end(
			    t, btz_p11_beside_fd(t->beside[i]), NULL, &err);
	if (t->session != 0)
		(void)t->f->C_CloseSession(t->session);
	btz_p11_module_put(t->module);
	btz_wipe(t, sizeof(*t));
}

static const char *
p11_label(void *state)
{
	const struct btz_p11 *t = state;

	return t->token->backend;
}

static void
p11_offers(void *state, struct btz_backend_ops *ops)
{
	const struct btz_p11 *t = state;

	ops->algs &= t->algs;
	ops->sigs &= t->sigs;
	ops->crypts &= t->crypts;
	ops->slow_algs &= t->locks ? t->algs : 0;
	if (t->import == 0)
		ops->caps &= ~(uint32_t)BTZ_CAP_IMPORT;
}

static void
p11_close_key(void *state, void *key)
{
	struct btz_p11_key *k = key;

	(void)state;
	free(k->spki);
	memset(k, 0, sizeof(*k));
}

static enum btz_rc
p11_random(void *state, void *out, size_t len, struct btz_err *err)
{
	struct btz_p11 *t = state;
	enum btz_rc rc = BTZ_E_NOENT;

	for (int i = 0; i < 2 && rc == BTZ_E_NOENT; i++) {
		CK_RV rv = t->f->C_GenerateRandom(t->session, out, len);

		rc = rv == CKR_OK ? BTZ_OK
				  : btz_p11_failed(t, rv, "random", err);
	}
	return rc;
}

static void
row(struct btz_table_wr *rows, const char *item, const char *value,
    const char *level)
{
	btz_table_str(rows, item);
	btz_table_str(rows, value);
	btz_table_str(rows, level);
	(void)!btz_table_row_end(rows);
}

static void
import_row(const struct btz_p11 *t, struct btz_table_wr *rows)
{
	char text[120];

	(void)snprintf(text, sizeof(text), "%s%s%s%s",
	    t->import == 0			 ? "none"
	    : (t->import & BTZ_P11_CREATES) != 0 ? "as an object"
						 : "wrapped",
	    t->import_rv == CKR_OK ? "" : "; refused: ",
	    t->import_rv == CKR_OK ? "" : btz_p11_name(t->import_rv),
	    t->read_only ? ", the token is write-protected" : "");
	row(rows, "import", text, "info");
}

static void
sessions_row(const struct btz_p11 *t, struct btz_table_wr *rows)
{
	if (!t->locks)
		row(rows, "sessions",
		    "one: the module does no locking, so a slow key (RSA) "
		    "holds up all else",
		    "weak");
	else if (t->short_of_sessions)
		row(rows, "sessions",
		    "one: the token has no more (CKR_SESSION_COUNT), so a "
		    "slow key (RSA) holds up all else",
		    "weak");
	else
		row(rows, "sessions",
		    "one for requests, up to 2 for slow keys (RSA)", "info");
}

static void
p11_status(void *state, struct btz_table_wr *rows)
{
	struct btz_p11 *t = state;
	char text[160];

	(void)snprintf(text, sizeof(text), "'%.32s', %s, logged in %u times",
	    t->token->conf.token, t->model, t->logins);
	row(rows, "token", text, "info");
	if (t->lost || !btz_p11_answers(t))
		row(rows, "token", "does not answer", "error");
	sessions_row(t, rows);
	import_row(t, rows);
	if (t->token->conf.pin_file[0] != '\0')
		row(rows, "PIN", "in a file: who reads it uses the keys",
		    "weak");
	if (strncmp(t->model, "SoftHSM", 7) == 0)
		row(rows, "token", "is software", "weak");
}

/* Also asks: a token may be pulled while nobody uses it. */
static bool
p11_lost(void *state)
{
	struct btz_p11 *t = state;

	return t->lost || !btz_p11_answers(t);
}

const struct btz_backend_ops btz_backend_pkcs11 = {
	.name = "pkcs11",
	.protection = BTZ_PROT_HSM,
	.caps = BTZ_CAP_IMPORT,
	.algs = BTZ_P11_ALGS,
	.slow_algs = 1u << BTZ_ALG_RSA_2048 | 1u << BTZ_ALG_RSA_3072 |
		     1u << BTZ_ALG_RSA_4096,
	.kinds = 1u << BTZ_KIND_PLAIN | 1u << BTZ_KIND_TLS,
	.sigs = BTZ_P11_SIGS,
	.crypts = BTZ_P11_CRYPTS,
	.state_size = sizeof(struct btz_p11),
	.key_size = sizeof(struct btz_p11_key),
	.open = p11_open,
	.close = p11_close,
	.offers = p11_offers,
	.label = p11_label,
	.generate = btz_p11_generate,
	.generate_begin = btz_p11_generate_begin,
	.generate_end = btz_p11_generate_end,
	.destroy = btz_p11_destroy,
	.open_key = btz_p11_open_key,
	.close_key = p11_close_key,
	.sign = btz_p11_sign,
	.random = p11_random,
	.crypt = btz_p11_crypt,
	.import = btz_p11_import,
	.status = p11_status,
	.lost = p11_lost,
};
