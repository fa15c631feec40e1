/* SPDX-License-Identifier: Apache-2.0 */
/* check.c - what is there against what was acknowledged; contract in check.h.
 * Start at check_keys(). */
#include "crash/check.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SEEN_MAX (CLIENTS * CLIENT_KEYS)

struct walk { /* over what the box lists */
	struct client *clients;
	size_t n, n_seen;
	struct key *seen[2 * SEEN_MAX];
};

static bool
was_seen(const struct walk *w, const struct key *k)
{
	for (size_t i = 0; i < w->n_seen; i++)
		if (w->seen[i] == k)
			return true;
	return false;
}

static struct key *
by_id(const struct walk *w, const uint8_t id[BTZ_ID_LEN])
{
	for (size_t c = 0; c < w->n; c++)
		for (size_t i = 0; i < w->clients[c].n_keys; i++) {
			struct key *k = &w->clients[c].keys[i];

			if (!k->unborn && memcmp(k->id, id, BTZ_ID_LEN) == 0)
				return k;
		}
	return NULL;
}

/* A request that made it, without an answer. */
static struct key *
newborn(struct walk *w, const struct btz_key_info *row)
{
	for (size_t c = 0; c < w->n; c++)
		for (size_t i = 0; i < w->clients[c].n_keys; i++) {
			struct key *k = &w->clients[c].keys[i];

			if (!k->unborn || was_seen(w, k))
				continue;
			if (model_differs(k->maybe, row) != NULL)
				continue;
			memcpy(k->maybe->id, row->id, BTZ_ID_LEN);
			model_settle(k, true);
			return k;
		}
	return NULL;
}

static bool
is_old_version(const struct key *k, const struct btz_key_info *row)
{
	return row->version >= 1 && row->version <= k->n;
}

/* The TEE forgets it first: until that is done it is doomed and due. */
static bool
is_going(const struct key *k, const struct btz_key_info *row)
{
	return k->maybe != NULL && k->maybe->state == BTZ_KEY_DESTROYED &&
	       row->protection != BTZ_PROT_SOFT &&
	       row->state == BTZ_KEY_DOOMED &&
	       row->destroy_at <= (uint64_t)time(NULL);
}

static void
check_row(struct walk *w, const struct btz_key_info *row)
{
	struct key *k = by_id(w, row->id);
	struct client *c = &w->clients[0];
	const char *why, *also = NULL;

	if (k == NULL)
		k = newborn(w, row);
	if (k == NULL) {
		client_complain(c, "%.*s: nobody's, or destroyed: state %u",
		    (int)row->label.len, (const char *)row->label.p,
		    row->state);
		return;
	}
	if (was_seen(w, k) ||
	    !is_old_version(k->maybe != NULL ? k->maybe : k, row))
		client_complain(c, "%s: listed twice or of version %u",
		    k->label, row->version);
	else
		w->seen[w->n_seen++] = k;
	why = model_differs(k, row);
	if (k->maybe != NULL)
		also = model_differs(k->maybe, row);
	if (is_going(k, row)) {
		model_settle(k, false);
		k->state = BTZ_KEY_DOOMED;
		k->destroy_at = row->destroy_at;
		return;
	}
	/* Where the list does not tell one from the other: look_closer. */
	if (why != NULL && k->maybe != NULL && also == NULL)
		model_settle(k, true);
	else if (why == NULL && also != NULL)
		model_settle(k, false);
	else if (why != NULL)
		client_complain(c, "%s: %s%s%s: state %u version %u uses %llu",
		    k->label, why, also != NULL ? ", after the change: " : "",
		    also != NULL ? also : "", row->state, row->version,
		    (unsigned long long)row->uses);
}

static void
list(struct walk *w)
{
	struct client *c = &w->clients[0];
	uint8_t after[BTZ_ID_LEN] = { 0 };
	struct btz_key_info row;
	struct btz_key_rows page = { .more = 1 };
	struct btz_rd rd;

	while (page.more != 0 && c->wrong[0] == '\0') {
		if (btz_kms_list(&c->admin, after, NULL, &page, &c->err) !=
		    BTZ_OK) {
			client_complain(c, "list: %s", c->err.msg);
			return;
		}
		btz_rd_span(&rd, page.rows);
		while (btz_kms_list_next(&rd, &row) == 1) {
			memcpy(after, row.id, BTZ_ID_LEN);
			if ((row.kind == BTZ_KIND_PLAIN ||
				row.kind == BTZ_KIND_ISSUING) &&
			    memcmp(row.id, c->site->wrap_id, BTZ_ID_LEN) != 0)
				check_row(w, &row);
		}
	}
}

static bool
same_versions(const struct key *k, struct btz_key_rows page)
{
	struct btz_key_info row;
	uint32_t n = 0;
	struct btz_rd rd;

	btz_rd_span(&rd, page.rows);
	while (btz_kms_list_next(&rd, &row) == 1) {
		const struct version *v = &k->v[row.version];

		if (row.version > k->n || row.state != v->state ||
		    (v->known && !btz_span_eq(row.spki,
				     btz_span_of(v->spki, v->spki_len))))
			return false;
		n++;
	}
	return n > 0;
}

/* The states of versions, and what is shared. */
static void
look_closer(struct client *c, struct key *k)
{
	struct btz_key_rows page;

	if (k->maybe != NULL && k->maybe->shared != k->shared)
		k->shared = MODEL_UNSURE;
	if (k->maybe == NULL &&
	    (k->n == 1 || client_draw(c, 4) != 0 || k->state == BTZ_KEY_DOOMED))
		return;
	if (btz_kms_versions(&c->admin, k->id, 0, &page, &c->err) != BTZ_OK)
		client_complain(c, "%s: versions: %s", k->label, c->err.msg);
	else if (same_versions(k, page))
		model_settle(k, false);
	else if (k->maybe != NULL && same_versions(k->maybe, page))
		model_settle(k, true);
	else
		client_complain(c, "%s: its versions differ", k->label);
}

static bool
may_be_gone(const struct key *k)
{
	return (k->maybe != NULL && k->maybe->state == BTZ_KEY_DESTROYED) ||
	       (k->maybe != NULL && k->maybe->state == BTZ_KEY_DOOMED &&
		   k->maybe->destroy_at <= (uint64_t)time(NULL)) ||
	       (k->state == BTZ_KEY_DOOMED &&
		   k->destroy_at <= (uint64_t)time(NULL));
}

/* Of those that are not listed. */
static void
settle_rest(struct walk *w)
{
	for (size_t n = 0; n < w->n; n++) {
		struct client *c = &w->clients[n];

		for (size_t i = c->n_keys; i > 0; i--) {
			struct key *k = &c->keys[i - 1];

			if (was_seen(w, k))
				continue;
			if (!k->unborn && !may_be_gone(k))
				client_complain(c, "%s: lost", k->label);
			/* The last one, looked at before, takes its place. */
			client_forget(c, k);
		}
	}
}

static enum btz_rc
use(struct client *c, struct key *k)
{
	if ((k->usage & BTZ_USE_SIGN) != 0)
		return client_sign(c, client_conn(c, k), k);
	if ((k->usage & BTZ_USE_DERIVE) != 0)
		return client_derive(c, k);
	return client_encrypt(c, k);
}

/* What was encrypted under any version that may still be used. */
static void
decrypt(struct client *c, struct key *k)
{
	for (uint32_t i = k->min_version; i <= k->n; i++) {
		struct version *v = &k->v[i];
		struct btz_crypt rq = { .alg = BTZ_CRYPT_AES_GCM,
			.version = i,
			.nonce = { v->nonce, 12 },
			.input = { v->sealed, v->sealed_len } };
		struct btz_crypt_ok ok;
		enum btz_rc rc;

		if (v->state != BTZ_KEY_ENABLED || v->sealed_len == 0)
			continue;
		memcpy(rq.id, k->id, BTZ_ID_LEN);
		rc = btz_kms_decrypt(client_conn(c, k), &rq, &ok, &c->err);
		if (rc == BTZ_E_KEY_SPENT && k->uses_max != 0)
			continue;
		v->used += k->uses_max != 0;
		if (rc != BTZ_OK)
			client_complain(c, "%s: decrypt by version %u: %s",
			    k->label, i, c->err.msg);
	}
}

static enum btz_rc
expected(const struct key *k)
{
	const bool enabled = k->state == BTZ_KEY_ENABLED &&
			     k->v[k->version].state == BTZ_KEY_ENABLED;

	return enabled ? BTZ_OK : BTZ_E_KEY_STATE;
}

/* Others see it when it is shared, and then as its owner does. */
static void
use_shared(struct client *c, struct key *k)
{
	enum btz_rc rc = client_sign(c, &c->app, k), want;

	if (k->shared == MODEL_UNSURE)
		k->shared = rc == BTZ_E_NOENT ? 0 : (uint32_t)BTZ_USE_SIGN;
	want = k->shared == 0 ? BTZ_E_NOENT : expected(k);
	if (k->state == BTZ_KEY_DOOMED && rc == BTZ_E_NOENT)
		return; /* it was due */
	if (rc != want && !(rc == BTZ_E_KEY_SPENT && k->uses_max != 0))
		client_complain(c, "%s: shared: %u, not %u: %s", k->label, rc,
		    want, c->err.msg);
}

/* What it is asked to sign is no certificate; that is said by a trusted
 * application that has opened the key. */
static void
use_issuing(struct client *c, struct key *k)
{
	struct btz_sign rq = { .alg = BTZ_SIG_ECDSA_SHA256,
		.input_kind = BTZ_IN_TBS_CERT,
		.input = btz_span_str("x") };
	struct btz_span sig;
	enum btz_rc rc;

	memcpy(rq.id, k->id, BTZ_ID_LEN);
	rc = btz_kms_sign(&c->ca, &rq, &sig, &c->err);
	if (rc != (expected(k) == BTZ_OK ? BTZ_E_DER : expected(k)))
		client_complain(c, "%s, issuing (state %u): %u: %s", k->label,
		    k->state, rc, c->err.msg);
}

static void
use_key(struct client *c, struct key *k)
{
	enum btz_rc rc = use(c, k);

	/* A key that is due may go at any moment. */
	if (k->state == BTZ_KEY_DOOMED && rc == BTZ_E_NOENT)
		return;
	if (rc == BTZ_OK && (k->usage & BTZ_USE_ENCRYPT) != 0)
		decrypt(c, k);
	if (rc != expected(k) && !(rc == BTZ_E_KEY_SPENT && k->uses_max != 0 &&
				     expected(k) == BTZ_OK))
		client_complain(c, "%s (state %u, version %u): used: %u: %s",
		    k->label, k->state, k->version, rc, c->err.msg);
	if (k->owner[0] == 'a' && (k->usage & BTZ_USE_SIGN) != 0)
		use_shared(c, k);
}

static void
stay_gone(struct client *c)
{
	size_t n = c->n_gone < CLIENT_GONE ? c->n_gone : CLIENT_GONE;

	for (size_t i = 0; i < n; i++) {
		struct btz_key_info row = { .state = BTZ_KEY_DESTROYED };
		enum btz_rc rc = btz_kms_export_public(
		    &c->admin, c->gone[i], &row, &c->err);

		if (row.state != BTZ_KEY_DESTROYED ||
		    (rc != BTZ_OK && rc != BTZ_E_KEY_STATE &&
			rc != BTZ_E_NOENT))
			client_complain(c, "a destroyed key: state %u, %u: %s",
			    row.state, rc, c->err.msg);
	}
}

#define ONE_OF 3u /* the others are used after another injection */

void
check_keys(struct client *clients, size_t n)
{
	struct walk w = { .clients = clients, .n = n };

	list(&w);
	settle_rest(&w);
	for (size_t i = 0; i < n; i++) {
		struct client *c = &clients[i];

		for (size_t k = 0; k < c->n_keys; k++) {
			const bool doubt = c->keys[k].maybe != NULL ||
					   c->keys[k].fresh;

			look_closer(c, &c->keys[k]);
			if (c->keys[k].kind == BTZ_KIND_ISSUING)
				use_issuing(c, &c->keys[k]);
			else if (doubt || client_draw(c, ONE_OF) == 0)
				use_key(c, &c->keys[k]);
			c->keys[k].fresh = false;
		}
		stay_gone(c);
	}
}

/* -- the database */

static const struct {
	const char *what, *sql; /* counts what must not be */
} rules[] = {
	{ "keys without the version in use",
	    "SELECT count(*) FROM key k WHERE NOT EXISTS (SELECT 1 FROM"
	    " version v WHERE v.key = k.id AND v.version = k.version)" },
	{ "versions without a key",
	    "SELECT count(*) FROM version v WHERE NOT EXISTS (SELECT 1 FROM"
	    " key k WHERE k.id = v.key)" },
	{ "versions without a blob",
	    "SELECT count(*) FROM version v JOIN key k ON k.id = v.key WHERE"
	    " k.state <> 3 AND k.kind NOT IN (6, 7) AND (length(v.blob) = 0 OR"
	    " v.state = 3)" }, /* root and checkpoint key: of the TA alone */
	{ "blobs of destroyed keys",
	    "SELECT count(*) FROM version v JOIN key k ON k.id = v.key WHERE"
	    " k.state = 3 AND length(v.blob) <> 0" },
	{ "owners with a wrong number of keys",
	    "SELECT count(*) FROM owner o WHERE keys <> (SELECT count(*) FROM"
	    " key k WHERE k.owner = o.owner AND k.state <> 3)" },
	{ "shares and labels of keys that are gone",
	    "SELECT (SELECT count(*) FROM share s WHERE NOT EXISTS (SELECT 1"
	    " FROM key k WHERE k.id = s.key AND k.state <> 3)) + (SELECT"
	    " count(*) FROM tag t WHERE NOT EXISTS (SELECT 1 FROM key k WHERE"
	    " k.id = t.key AND k.state <> 3))" },
	{ "pages that are damaged",
	    "SELECT count(*) FROM pragma_quick_check WHERE quick_check <>"
	    " 'ok'" },
};

void
check_store(struct client *c, const char *path)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *st;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
		client_complain(c, "%s: %s", path, sqlite3_errmsg(db));
	for (size_t i = 0; i < BTZ_COUNT(rules) && c->wrong[0] == '\0'; i++) {
		long n = -1;

		if (sqlite3_prepare_v2(db, rules[i].sql, -1, &st, NULL) ==
			SQLITE_OK &&
		    sqlite3_step(st) == SQLITE_ROW)
			n = (long)sqlite3_column_int64(st, 0);
		(void)sqlite3_finalize(st);
		if (n != 0)
			client_complain(c, "store: %ld %s (%s)", n,
			    rules[i].what, sqlite3_errmsg(db));
	}
	(void)sqlite3_close(db);
}

/* -- nonces */

static int
order(const void *a, const void *b)
{
	return memcmp(a, b, 24);
}

static bool
twice(struct client *c)
{
	qsort(c->nonces, c->n_nonces, CLIENT_NONCE, order);
	for (size_t i = 1; i < c->n_nonces; i++)
		if (order(c->nonces[i - 1], c->nonces[i]) == 0)
			return true;
	return false;
}

/* A restored key has the private part of another, and its own numbers: there
 * the random bits before them tell its nonces from the other's. Of one key
 * the numbers alone differ. */
void
check_nonces(struct client *clients, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct client *c = &clients[i];

		if (c->n_nonces == 0)
			continue;
		if (twice(c))
			client_complain(c, "a nonce came twice");
		for (size_t k = 0; k < c->n_nonces; k++) {
			memcpy(c->nonces[k], c->nonces[k] + 28, 8);
			memset(c->nonces[k] + 12, 0, 4);
		}
		if (twice(c))
			client_complain(c, "a number of a nonce came twice");
	}
}
