/* SPDX-License-Identifier: Apache-2.0 */
/* keystore.c - keys-NAME.db: keys come in and are found; contract in
 * keystore.h. Its form is in keystore_open.c, what changes keys later in
 * keystore_change.c. */
#include "crypto/keystore.h"

#include <string.h>

#include "crypto/keystore_int.h"
#include "wire/alg.h"

/* clang-format off */
#define COLUMNS \
	"k.id, k.owner, k.label, k.alg, k.kind, k.protection, k.state," \
	" k.usage, k.not_after, k.tenant_id, k.constraints, k.flags, k.bits," \
	" k.only_sig, k.only_crypt, k.uses_max, k.min_version, k.destroy_at," \
	" k.labels, k.app_data, v.version, v.id, v.state, v.created, v.uses," \
	" v.spki, v.blob"
#define IN_USE " FROM key k JOIN version v ON v.key = k.id AND" \
	" v.version = k.version "
#define EACH " FROM key k JOIN version v ON v.key = k.id "
/* clang-format on */

enum btz_rc
btz_keystore_put_version(
    struct btz_keystore *ks, const struct btz_key_row *row, struct btz_err *err)
{
	const struct btz_key_info *k = &row->info;

	return btz_db_run(ks->db, err,
	    "INSERT INTO version (key, version, id, state, created, uses, spki,"
	    " blob) VALUES (?,?,?,?,?,?,?,?)",
	    "bibiiibb", btz_id_span(k->id), (int64_t)k->version,
	    btz_id_span(row->version_id), (int64_t)row->version_state,
	    (int64_t)k->created, (int64_t)k->uses, k->spki, row->blob);
}

enum btz_rc
btz_keystore_put_key(
    struct btz_keystore *ks, const struct btz_key_row *row, struct btz_err *err)
{
	const struct btz_key_info *k = &row->info;

	return btz_db_run(ks->db, err,
	    "INSERT INTO key (id, owner, label, alg, kind, protection, state,"
	    " usage, created, not_after, tenant_id, constraints, flags, bits,"
	    " only_sig, only_crypt, uses_max, labels, app_data)"
	    " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	    "bttiiiiiiibbiiiiibb", btz_id_span(k->id), k->owner, k->label,
	    (int64_t)k->alg, (int64_t)k->kind, (int64_t)k->protection,
	    (int64_t)k->state, (int64_t)k->usage, (int64_t)k->created,
	    (int64_t)k->not_after, btz_id_span(row->tenant_id), k->constraints,
	    (int64_t)k->flags, (int64_t)k->bits, (int64_t)k->only_sig,
	    (int64_t)k->only_crypt, (int64_t)k->uses_max, k->labels,
	    k->app_data);
}

enum btz_rc
btz_keystore_begin(struct btz_keystore *ks, struct btz_err *err)
{
	btz_keystore_end(ks);
	return btz_db_begin(ks->db, err);
}

enum btz_rc
btz_keystore_put(
    struct btz_keystore *ks, const struct btz_key_row *row, struct btz_err *err)
{
	struct btz_key_row first = *row;
	enum btz_rc rc = btz_keystore_put_key(ks, row, err);

	memcpy(first.version_id, row->info.id, BTZ_ID_LEN);
	first.version_state = BTZ_KEY_ENABLED;
	first.info.version = 1;
	if (rc == BTZ_OK)
		rc = btz_keystore_put_version(ks, &first, err);
	if (rc == BTZ_OK && row->info.labels.len > 0)
		rc = btz_keystore_tags(ks, row->info.id, row->info.labels, err);
	return rc;
}

enum btz_rc
btz_keystore_add(
    struct btz_keystore *ks, const struct btz_key_row *row, struct btz_err *err)
{
	enum btz_rc rc = btz_db_begin(ks->db, err);

	if (rc != BTZ_OK)
		return rc;
	rc = btz_keystore_finish(ks, btz_keystore_put(ks, row, err), err);
	btz_keystore_end(ks);
	return rc;
}

static enum btz_rc
newest(struct btz_keystore *ks, const uint8_t id[BTZ_ID_LEN], uint32_t *out,
    struct btz_err *err)
{
	sqlite3_stmt *st = NULL;
	enum btz_rc rc;

	*out = 0;
	rc = btz_db_query(ks->db, &st, err,
	    "SELECT max(version) FROM version WHERE key = ?", "b",
	    btz_id_span(id));
	if (rc == BTZ_OK && (rc = btz_db_step(ks->db, st, err)) == BTZ_OK)
		*out = (uint32_t)btz_db_int(st, 0);
	if (st != NULL)
		btz_db_done(st);
	if (rc == BTZ_OK && *out == 0)
		rc = BTZ_FAIL(err, BTZ_E_NOENT, "key");
	return rc;
}

enum btz_rc
btz_keystore_rotate(
    struct btz_keystore *ks, struct btz_key_row *row, struct btz_err *err)
{
	const uint8_t *id = row->info.id;
	uint32_t n = 0;
	enum btz_rc rc = btz_db_begin(ks->db, err);

	if (rc != BTZ_OK)
		return rc;
	rc = newest(ks, id, &n, err);
	if (rc == BTZ_OK && n >= BTZ_VERSIONS_MAX)
		rc = BTZ_FAIL(err, BTZ_E_RANGE, "key has %u versions", n);
	row->info.version = n + 1;
	row->version_state = BTZ_KEY_ENABLED;
	if (rc == BTZ_OK)
		rc = btz_keystore_put_version(ks, row, err);
	if (rc == BTZ_OK)
		rc = btz_db_run(ks->db, err,
		    "UPDATE key SET version = ? WHERE id = ?", "ib",
		    (int64_t)n + 1, btz_id_span(id));
	rc = btz_keystore_finish(ks, rc, err);
	btz_keystore_end(ks);
	return rc;
}

static bool
take_id(sqlite3_stmt *st, int col, uint8_t out[BTZ_ID_LEN])
{
	struct btz_span id = btz_db_span(st, col);

	if (id.len != BTZ_ID_LEN)
		return false;
	memcpy(out, id.p, BTZ_ID_LEN);
	return true;
}

static void
take_policy(sqlite3_stmt *st, struct btz_key_info *k)
{
	k->flags = (uint8_t)btz_db_int(st, 11);
	k->bits = (uint16_t)btz_db_int(st, 12);
	k->only_sig = (uint16_t)btz_db_int(st, 13);
	k->only_crypt = (uint16_t)btz_db_int(st, 14);
	k->uses_max = (uint64_t)btz_db_int(st, 15);
	k->min_version = (uint32_t)btz_db_int(st, 16);
	k->destroy_at = (uint64_t)btz_db_int(st, 17);
	k->labels = btz_db_span(st, 18);
	k->app_data = btz_db_span(st, 19);
}

static bool
take_version(sqlite3_stmt *st, struct btz_key_row *row)
{
	struct btz_key_info *k = &row->info;

	k->version = (uint32_t)btz_db_int(st, 20);
	row->version_state = (uint8_t)btz_db_int(st, 22);
	k->created = (uint64_t)btz_db_int(st, 23);
	k->uses = (uint64_t)btz_db_int(st, 24);
	k->spki = btz_db_span(st, 25);
	row->blob = btz_db_span(st, 26);
	return take_id(st, 21, row->version_id);
}

static bool
take_row(sqlite3_stmt *st, struct btz_key_row *row)
{
	struct btz_key_info *k = &row->info;

	memset(row, 0, sizeof(*row));
	k->owner = btz_db_span(st, 1);
	k->label = btz_db_span(st, 2);
	k->alg = (uint8_t)btz_db_int(st, 3);
	k->kind = (uint8_t)btz_db_int(st, 4);
	k->protection = (uint8_t)btz_db_int(st, 5);
	k->state = (uint8_t)btz_db_int(st, 6);
	k->usage = (uint32_t)btz_db_int(st, 7);
	k->not_after = (uint64_t)btz_db_int(st, 8);
	k->constraints = btz_db_span(st, 10);
	take_policy(st, k);
	return take_id(st, 0, k->id) && take_id(st, 9, row->tenant_id) &&
	       take_version(st, row) && k->owner.len <= BTZ_NAME_MAX &&
	       k->label.len <= BTZ_LABEL_MAX;
}

/* The one row of ks->open, which the caller has just asked for (rc). */
static enum btz_rc
borrow(struct btz_keystore *ks, enum btz_rc rc, struct btz_key_row *row,
    struct btz_err *err)
{
	memset(row, 0, sizeof(*row));
	if (rc == BTZ_OK)
		rc = btz_db_step(ks->db, ks->open, err);
	if (rc == BTZ_OK && !take_row(ks->open, row))
		rc = BTZ_FAIL(err, BTZ_E_CORRUPT, "row of a key");
	if (rc == BTZ_E_NOENT)
		rc = BTZ_FAIL(err, BTZ_E_NOENT, "key");
	if (rc != BTZ_OK)
		btz_keystore_end(ks);
	return rc;
}

enum btz_rc
btz_keystore_get(struct btz_keystore *ks, const uint8_t id[BTZ_ID_LEN],
    struct btz_key_row *row, struct btz_err *err)
{
	btz_keystore_end(ks);
	return borrow(ks,
	    btz_db_query(ks->db, &ks->open, err,
		"SELECT " COLUMNS IN_USE "WHERE k.id = ?", "b",
		btz_id_span(id)),
	    row, err);
}

enum btz_rc
btz_keystore_version(struct btz_keystore *ks, const uint8_t id[BTZ_ID_LEN],
    uint32_t version, struct btz_key_row *row, struct btz_err *err)
{
	btz_keystore_end(ks);
	return borrow(ks,
	    btz_db_query(ks->db, &ks->open, err,
		"SELECT " COLUMNS EACH "WHERE k.id = ? AND v.version = ?", "bi",
		btz_id_span(id), (int64_t)version),
	    row, err);
}

enum btz_rc
btz_keystore_older(struct btz_keystore *ks, const uint8_t id[BTZ_ID_LEN],
    uint32_t below, struct btz_key_row *row, struct btz_err *err)
{
	btz_keystore_end(ks);
	return borrow(ks,
	    btz_db_query(ks->db, &ks->open, err,
		"SELECT " COLUMNS EACH "WHERE k.id = ? AND v.version < ? AND"
		" v.version >= k.min_version AND v.state = 1"
		" ORDER BY v.version DESC LIMIT 1",
		"bi", btz_id_span(id), (int64_t)below),
	    row, err);
}

/* Ends st. */
static enum btz_rc
walk(struct btz_keystore *ks, enum btz_rc rc, sqlite3_stmt *st,
    btz_key_fn *each, void *arg, struct btz_err *err)
{
	struct btz_key_row row;
	bool on = true;

	while (rc == BTZ_OK && on &&
	       (rc = btz_db_step(ks->db, st, err)) == BTZ_OK) {
		if (!take_row(st, &row))
			rc = BTZ_FAIL(err, BTZ_E_CORRUPT, "row of a key");
		else
			on = each(&row, arg);
	}
	if (st != NULL)
		btz_db_done(st);
	return rc == BTZ_E_NOENT ? BTZ_OK : rc;
}

enum btz_rc
btz_keystore_versions(struct btz_keystore *ks, const uint8_t id[BTZ_ID_LEN],
    uint32_t after, btz_key_fn *each, void *arg, struct btz_err *err)
{
	sqlite3_stmt *st = NULL;
	enum btz_rc rc;

	btz_keystore_end(ks);
	rc = btz_db_query(ks->db, &st, err,
	    "SELECT " COLUMNS EACH
	    "WHERE k.id = ? AND v.version > ? ORDER BY v.version",
	    "bi", btz_id_span(id), (int64_t)after);
	return walk(ks, rc, st, each, arg, err);
}

enum btz_rc
btz_keystore_count(struct btz_keystore *ks, const char *owner, uint64_t *n,
    struct btz_err *err)
{
	sqlite3_stmt *st = NULL;
	enum btz_rc rc;

	*n = 0;
	btz_keystore_end(ks);
	rc = btz_db_query(ks->db, &st, err,
	    "SELECT keys FROM owner WHERE owner = ?", "s", owner);
	if (rc == BTZ_OK && (rc = btz_db_step(ks->db, st, err)) == BTZ_OK)
		*n = (uint64_t)btz_db_int(st, 0);
	if (st != NULL)
		btz_db_done(st);
	return rc == BTZ_E_NOENT ? BTZ_OK : rc;
}

/* clang-format off */
#define PAGE "k.id > ?1 AND k.state <> 3 "
#define SHARED "k.id IN (SELECT key FROM share WHERE application = ?2) AND "
#define LABEL "AND k.label = ?3 "
/* +: by the labels, not by the owner */
#define TAG "AND k.id IN (SELECT key FROM tag WHERE tag = ?3) "
#define MINE(owner, which) \
	"SELECT " COLUMNS IN_USE "WHERE " owner " = ?2 AND " PAGE which \
	"UNION ALL " \
	"SELECT " COLUMNS IN_USE "WHERE " SHARED PAGE which "ORDER BY 1"
#define ALL(which) \
	"SELECT " COLUMNS IN_USE "WHERE ?2 = '' AND " PAGE which "ORDER BY 1"
/* clang-format on */

/* By what is asked: [owner given][any, label, tag]. */
static const char *const lists[2][3] = {
	{ ALL(""), ALL(LABEL), ALL(TAG) },
	{ MINE("k.owner", ""), MINE("k.owner", LABEL), MINE("+k.owner", TAG) },
};

enum btz_rc
btz_keystore_list(struct btz_keystore *ks, const char *owner,
    const uint8_t after[BTZ_ID_LEN], struct btz_span label, btz_key_fn *each,
    void *arg, struct btz_err *err)
{
	static const char *const formats[] = { "bs", "bst", "bsb" };
	const int which = label.len == 0 ? 0 : label.p[0] == '@' ? 2 : 1;
	sqlite3_stmt *st = NULL;
	enum btz_rc rc;

	btz_keystore_end(ks);
	if (which == 2)
		label = btz_span_of(label.p + 1, label.len - 1);
	rc = btz_db_query(ks->db, &st, err, lists[owner != NULL][which],
	    formats[which], btz_id_span(after), owner != NULL ? owner : "",
	    label);
	return walk(ks, rc, st, each, arg, err);
}
