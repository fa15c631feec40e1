/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_lease.c - the lease that `bartizan key` works over, and the key that it
 * means. An administrator asks through run/admin/broker.sock, anybody else as
 * the application that their uid is, through run/kms.sock. A key is named by
 * its label or by its id (in full or a unique prefix); btz_key_search() looks
 * in every backend.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/key.h"
#include "cli/output.h"
#include "cli/routes.h"
#include "prim/prim.h"
#include "wire/keyblob.h"

static struct btz_cli_routes backends;

static struct btz_conn broker, leased;
static bool broker_down; /* not only a backend */

const struct btz_column btz_key_columns[] = {
	{ BTZ_CELL_TEXT, "id" },
	{ BTZ_CELL_TEXT, "label" },
	{ BTZ_CELL_TEXT, "owner" },
	{ BTZ_CELL_TEXT, "algorithm" },
	{ BTZ_CELL_TEXT, "kind" },
	{ BTZ_CELL_TEXT, "protection" },
	{ BTZ_CELL_TEXT, "state" },
	{ BTZ_CELL_TEXT, "usage" },
	{ BTZ_CELL_TIME, "created" },
	{ BTZ_CELL_TIME, "not_after" },
	{ BTZ_CELL_NUMBER, "version" },
	{ BTZ_CELL_TEXT, "labels" },
	{ BTZ_CELL_NUMBER, "min_version" },
	{ BTZ_CELL_TIME, "destroy_at" },
	{ BTZ_CELL_TEXT, "only" },
	{ BTZ_CELL_NUMBER, "uses" },
	{ BTZ_CELL_NUMBER, "uses_max" },
	{ BTZ_CELL_TEXT, "leaves" },
	{ BTZ_CELL_TEXT, "shared_with" },
};

static enum btz_rc
open_broker(struct btz_cli *c, struct btz_err *err)
{
	char path[BTZ_CLI_PATH];
	enum btz_rc rc = BTZ_E_DENIED;

	if (btz_cli_opt(c, "as-app") == NULL)
		rc = btz_cli_connect(c, BTZ_PROG_BROKER, &broker, err);
	if (rc != BTZ_E_DENIED)
		return rc;
	c->hint[0] = '\0';
	rc = btz_cli_path(c, "run/kms.sock", path, sizeof(path), err);
	if (rc == BTZ_OK)
		rc = btz_conn_open(&broker, path, err);
	broker.peer = btz_prog_name(BTZ_PROG_BROKER);
	return rc;
}

enum btz_rc
btz_key_lease(struct btz_cli *c, const char *backend, struct btz_err *err)
{
	struct btz_open_ok ok;
	enum btz_rc rc;

	leased.fd = -1;
	rc = open_broker(c, err);
	broker_down = rc == BTZ_E_DOWN;
	if (rc != BTZ_OK)
		return rc;
	rc = btz_kms_open(&broker, backend, 0, &leased, &ok, err);
	if (rc == BTZ_E_NOENT)
		btz_cli_hint(c, "see 'bartizan backend list'");
	if (rc == BTZ_E_DENIED)
		btz_cli_hint(c,
		    "is there an [app NAME] section with uid = %ld in "
		    "etc/bartizan.conf? See 'bartizan backend apps'",
		    (long)getuid());
	btz_conn_close(&broker);
	leased.peer = backend;
	if (rc == BTZ_E_DOWN || rc == BTZ_E_DENIED || rc == BTZ_E_NOENT)
		(void)btz_err_wrap(err, "lease of backend '%s'", backend);
	return rc;
}

static const char *
protection(const struct btz_key_info *k, const char *backend)
{
	if (k->protection != BTZ_PROT_TPM)
		return btz_protection_name(k->protection);
	return strcmp(backend, "tee") == 0 ? "tpm(ta)" : "tpm(linux)";
}

/* "web:verify two:sign,verify" */
static void
put_shares(struct btz_out *o, struct btz_span shares)
{
	char text[2 * BTZ_SHARES_TEXT_MAX] = "", uses[BTZ_KEY_USES_MAX];
	struct btz_span app;
	struct btz_rd rd;
	uint32_t use;
	size_t n = 0;

	btz_rd_span(&rd, shares);
	while (btz_rd_u32(&rd, &use) &&
	       btz_rd_bytes16(&rd, &app, BTZ_NAME_MAX) &&
	       n + BTZ_NAME_MAX + sizeof(uses) + 3 < sizeof(text)) {
		btz_key_uses(use, uses);
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%.*s%s%s",
		    n > 0 ? " " : "", (int)app.len, (const char *)app.p,
		    use != 0 ? ":" : "...", uses);
	}
	btz_out_str(o, text);
}

/* What "key list" leaves out. */
static void
put_more(struct btz_out *o, const struct btz_key_info *k)
{
	const bool exports = (k->flags & BTZ_KEYBLOB_EXPORTABLE) != 0,
		   backups = (k->flags & BTZ_KEYBLOB_BACKUPABLE) != 0;

	btz_out_num(o, k->min_version);
	btz_out_num(o, k->destroy_at);
	btz_out_str(o, k->only_sig != 0	    ? btz_sig_name(k->only_sig)
		       : k->only_crypt != 0 ? btz_crypt_name(k->only_crypt)
					    : "");
	btz_out_num(o, k->uses);
	btz_out_num(o, k->uses_max);
	btz_out_str(o, exports && backups ? "export,backup"
		       : exports	  ? "export"
		       : backups	  ? "backup"
					  : "never");
	put_shares(o, k->shares);
}

void
btz_key_put(struct btz_out *o, const struct btz_key_info *k,
    const char *backend, bool all)
{
	char uses[BTZ_KEY_USES_MAX], labels[BTZ_LABELS_MAX];
	const size_t n = k->labels.len;

	btz_out_hex(o, k->id, sizeof(k->id));
	btz_out_text(o, k->label);
	btz_out_text(o, k->owner);
	btz_out_str(o, btz_alg_name(k->alg));
	btz_out_str(o, btz_kind_name(k->kind));
	btz_out_str(o, protection(k, backend));
	btz_out_str(o, btz_key_state_name(k->state));
	btz_key_uses(k->usage, uses);
	btz_out_str(o, uses);
	btz_out_num(o, k->created);
	btz_out_num(o, k->not_after);
	btz_out_num(o, k->version);
	for (size_t i = 0; i + 1 < n; i++) /* the last newline is dropped */
		labels[i] = k->labels.p[i] == '\n' ? ' ' : (char)k->labels.p[i];
	btz_out_text(o, btz_span_of(labels, n > 0 ? n - 1 : 0));
	if (all)
		put_more(o, k);
}

void
btz_key_print(const struct btz_cli *c, const struct btz_key_info *k)
{
	struct btz_out *o = btz_out_new(btz_key_columns, BTZ_KEY_COLUMNS);

	btz_key_put(o, k, leased.peer, true);
	btz_out_print_item(c, o);
	btz_out_free(o);
}

/* Each key of the lease at hand; fn returns false to stop. */
static enum btz_rc
each_key(const char *label, bool (*fn)(const struct btz_key_info *k, void *arg),
    void *arg, struct btz_err *err)
{
	uint8_t after[BTZ_ID_LEN] = { 0 };
	struct btz_key_info k;
	struct btz_key_rows rows;
	struct btz_rd rd;
	int got = 1;

	do {
		enum btz_rc rc = btz_kms_list(
		    &leased, after, label, &rows, err);

		if (rc != BTZ_OK)
			return rc;
		btz_rd_span(&rd, rows.rows);
		while ((got = btz_kms_list_next(&rd, &k)) == 1) {
			memcpy(after, k.id, sizeof(after));
			if (!fn(&k, arg))
				return BTZ_OK;
		}
	} while (got == 0 && rows.more != 0);
	return got == 0 ? BTZ_OK : BTZ_FAIL(err, BTZ_E_PROTO, "list of keys");
}

static bool
match_key(const struct btz_key_info *k, void *arg)
{
	struct btz_key_search *s = arg;
	char hex[2 * BTZ_ID_LEN + 1];
	size_t n = strlen(s->name);

	btz_hex(k->id, sizeof(k->id), hex);
	if (!btz_span_eq(k->label, btz_span_str(s->name)) &&
	    (n < 4 || n > 2 * BTZ_ID_LEN || strncmp(hex, s->name, n) != 0))
		return true;
	s->found++;
	memcpy(s->id, k->id, sizeof(s->id));
	s->in = s->backend;
	return s->found < 2;
}

/* Goes through the backends (--backend: one); those that are down are left
 * out with a word. */
enum btz_rc
btz_key_each(struct btz_cli *c, bool (*fn)(const struct btz_key_info *, void *),
    struct btz_key_search *s, struct btz_err *err)
{
	const char *only = btz_cli_opt(c, "backend");
	int up = 0;
	enum btz_rc rc = open_broker(c, err);

	if (rc == BTZ_OK)
		rc = btz_cli_routes_get(&broker, &backends, err);
	btz_conn_close(&broker);
	if (rc != BTZ_OK)
		return rc;
	for (size_t i = 0; i < backends.n; i++) {
		if (only != NULL && strcmp(only, backends.name[i]) != 0)
			continue;
		s->backend = backends.name[i];
		rc = btz_key_lease(c, s->backend, err);
		if (rc == BTZ_E_DOWN && only == NULL && !broker_down) {
			btz_cli_say(c,
			    "backend '%s' is down: its keys are "
			    "not shown",
			    s->backend);
			continue;
		}
		if (rc == BTZ_OK)
			rc = each_key(s->label, fn, s, err);
		btz_conn_close(&leased);
		if (rc == BTZ_E_TEE_DOWN && only == NULL)
			continue;
		if (rc != BTZ_OK)
			return rc;
		up++;
	}
	if (up == 0 && rc == BTZ_OK)
		return BTZ_FAIL(err, BTZ_E_NOENT, "backend '%s'", only);
	return up > 0 ? BTZ_OK : rc;
}

/* The one key of that name; the lease at hand is then of its backend. */
enum btz_rc
btz_key_search(struct btz_cli *c, struct btz_key_search *s, struct btz_err *err)
{
	enum btz_rc rc;

	if (s->name == NULL)
		s->name = btz_cli_arg(c, 0);
	rc = btz_key_each(c, match_key, s, err);
	if (rc == BTZ_OK && s->found == 0)
		rc = BTZ_FAIL(err, BTZ_E_NOENT,
		    "no key has the label or id '%s'", s->name);
	if (rc == BTZ_OK && s->found > 1)
		rc = BTZ_FAIL(err, BTZ_E_AMBIGUOUS,
		    "more than one key is called '%s'", s->name);
	return rc == BTZ_OK ? btz_key_lease(c, s->in, err) : rc;
}

enum btz_rc
btz_key_find(struct btz_cli *c, struct btz_key_info *k, struct btz_err *err)
{
	return btz_key_find_named(c, btz_cli_arg(c, 0), k, err);
}

enum btz_rc
btz_key_find_named(struct btz_cli *c, const char *name, struct btz_key_info *k,
    struct btz_err *err)
{
	struct btz_key_search s = { .name = name };
	enum btz_rc rc = btz_key_search(c, &s, err);

	return rc == BTZ_OK ? btz_kms_export_public(&leased, s.id, k, err) : rc;
}

struct btz_conn *
btz_key_conn(void)
{
	return &leased;
}

void
btz_key_close(void)
{
	btz_conn_close(&leased);
	btz_wipe(&leased.buf, sizeof(leased.buf));
}
