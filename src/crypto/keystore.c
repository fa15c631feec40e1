/* SPDX-License-Identifier: Apache-2.0 */
/* keystore.c - keys-NAME.db; contract in keystore.h. */
#include "crypto/keystore.h"

#include <stdlib.h>
#include <string.h>

#include "base/db.h"
#include "wire/alg.h"

/* clang-format off */
static const char *const schema[] = {
	"CREATE TABLE key ("
	" id BLOB PRIMARY KEY, owner TEXT NOT NULL, label TEXT NOT NULL,"
	" alg INTEGER NOT NULL, kind INTEGER NOT NULL,"
	" protection INTEGER NOT NULL, state INTEGER NOT NULL,"
	" usage INTEGER NOT NULL, created INTEGER NOT NULL,"
	" not_after INTEGER NOT NULL, tenant_id BLOB NOT NULL,"
	" constraints BLOB NOT NULL, spki BLOB NOT NULL, blob BLOB NOT NULL"
	") WITHOUT ROWID;"
	"CREATE INDEX key_owner ON key (owner, id);",
};

#define COLUMNS \
	"id, owner, label, alg, kind, protection, state, usage, created," \
	" not_after, tenant_id, constraints, spki, blob"
/* clang-format on */

struct btz_keystore {
	struct btz_db *db;
	sqlite3_stmt *open; /* of the last get: its row is borrowed */
};

enum btz_rc
btz_keystore_open(
    const char *path, struct btz_keystore **out, struct btz_err *err)
{
	struct btz_keystore *ks = calloc(1, sizeof(*ks));
	enum btz_rc rc;

	*out = NULL;
	if (ks == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "key store");
	rc = btz_db_open(path, schema, (int)BTZ_COUNT(schema), &ks->db, err);
	/* A destroyed blob is overwritten, not only unlinked. */
	if (rc == BTZ_OK &&
	    sqlite3_exec(btz_db_handle(ks->db), "PRAGMA secure_delete = ON",
		NULL, NULL, NULL) != SQLITE_OK)
		rc = BTZ_FAIL(err, BTZ_E_IO, "secure_delete");
	if (rc != BTZ_OK) {
		btz_keystore_close(ks);
		return rc;
	}
	*out = ks;
	return BTZ_OK;
}

static void
end_open(struct btz_keystore *ks)
{
	if (ks->open != NULL)
		btz_db_done(ks->open);
	ks->open = NULL;
}

void
btz_keystore_close(struct btz_keystore *ks)
{
	if (ks == NULL)
		return;
	end_open(ks);
	btz_db_close(ks->db);
	free(ks);
}

static struct btz_span
id_span(const uint8_t id[BTZ_ID_LEN])
{
	return btz_span_of(id, BTZ_ID_LEN);
}

enum btz_rc
btz_keystore_add(
    struct btz_keystore *ks, const struct btz_key_row *row, struct btz_err *err)
{
	const struct btz_key_info *k = &row->info;

	end_open(ks);
	return btz_db_run(ks->db, err,
	    "INSERT INTO key (" COLUMNS
	    ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	    "bttiiiiiiibbbb", id_span(k->id), k->owner, k->label,
	    (int64_t)k->alg, (int64_t)k->kind, (int64_t)k->protection,
	    (int64_t)k->state, (int64_t)k->usage, (int64_t)k->created,
	    (int64_t)k->not_after, id_span(row->tenant_id), k->constraints,
	    k->spki, row->blob);
}

enum btz_rc
btz_keystore_bulk(struct btz_keystore *ks, bool on, struct btz_err *err)
{
	end_open(ks);
	return on ? btz_db_begin(ks->db, err) : btz_db_commit(ks->db, err);
}

static bool
take_row(sqlite3_stmt *st, struct btz_key_row *row)
{
	struct btz_key_info *k = &row->info;
	struct btz_span id = btz_db_span(st, 0), tenant = btz_db_span(st, 10);

	memset(row, 0, sizeof(*row));
	if (id.len != BTZ_ID_LEN || tenant.len != BTZ_ID_LEN)
		return false;
	memcpy(k->id, id.p, BTZ_ID_LEN);
	memcpy(row->tenant_id, tenant.p, BTZ_ID_LEN);
	k->owner = btz_db_span(st, 1);
	k->label = btz_db_span(st, 2);
	k->alg = (uint8_t)btz_db_int(st, 3);
	k->kind = (uint8_t)btz_db_int(st, 4);
	k->protection = (uint8_t)btz_db_int(st, 5);
	k->state = (uint8_t)btz_db_int(st, 6);
	k->usage = (uint32_t)btz_db_int(st, 7);
	k->created = (uint64_t)btz_db_int(st, 8);
	k->not_after = (uint64_t)btz_db_int(st, 9);
	k->constraints = btz_db_span(st, 11);
	k->spki = btz_db_span(st, 12);
	row->blob = btz_db_span(st, 13);
	return k->owner.len <= BTZ_NAME_MAX && k->label.len <= BTZ_LABEL_MAX;
}

enum btz_rc
btz_keystore_get(struct btz_keystore *ks, const uint8_t id[BTZ_ID_LEN],
    struct btz_key_row *row, struct btz_err *err)
{
	enum btz_rc rc;

	end_open(ks);
	memset(row, 0, sizeof(*row));
	rc = btz_db_query(ks->db, &ks->open, err,
	    "SELECT " COLUMNS " FROM key WHERE id = ?", "b", id_span(id));
	if (rc == BTZ_OK)
		rc = btz_db_step(ks->db, ks->open, err);
	if (rc == BTZ_OK && !take_row(ks->open, row))
		rc = BTZ_FAIL(err, BTZ_E_CORRUPT, "row of a key");
	if (rc == BTZ_E_NOENT)
		rc = BTZ_FAIL(err, BTZ_E_NOENT, "key");
	if (rc != BTZ_OK)
		end_open(ks);
	return rc;
}

enum btz_rc
btz_keystore_destroy(
    struct btz_keystore *ks, const uint8_t id[BTZ_ID_LEN], struct btz_err *err)
{
	end_open(ks);
	return btz_db_run(ks->db, err,
	    "UPDATE key SET state = ?, blob = x'' WHERE id = ?", "ib",
	    (int64_t)BTZ_KEY_DESTROYED, id_span(id));
}

enum btz_rc
btz_keystore_count(struct btz_keystore *ks, const char *owner, uint64_t *n,
    struct btz_err *err)
{
	sqlite3_stmt *st = NULL;
	enum btz_rc rc;

	*n = 0;
	end_open(ks);
	rc = btz_db_query(ks->db, &st, err,
	    "SELECT count(*) FROM key WHERE owner = ? AND state <> 3", "s",
	    owner);
	if (rc == BTZ_OK && (rc = btz_db_step(ks->db, st, err)) == BTZ_OK)
		*n = (uint64_t)btz_db_int(st, 0);
	if (st != NULL)
		btz_db_done(st);
	return rc;
}

static enum btz_rc
list_query(struct btz_keystore *ks, const char *owner,
    const uint8_t after[BTZ_ID_LEN], sqlite3_stmt **st, struct btz_err *err)
{
	if (owner == NULL)
		return btz_db_query(ks->db, st, err,
		    "SELECT " COLUMNS
		    " FROM key WHERE id > ? AND state <> 3 ORDER BY id",
		    "b", id_span(after));
	return btz_db_query(ks->db, st, err,
	    "SELECT " COLUMNS
	    " FROM key WHERE owner = ? AND id > ? AND state <> 3 ORDER BY id",
	    "sb", owner, id_span(after));
}

enum btz_rc
btz_keystore_list(struct btz_keystore *ks, const char *owner,
    const uint8_t after[BTZ_ID_LEN], struct btz_span label,
    bool (*each)(const struct btz_key_row *row, void *arg), void *arg,
    struct btz_err *err)
{
	sqlite3_stmt *st = NULL;
	struct btz_key_row row;
	enum btz_rc rc;
	bool on = true;

	end_open(ks);
	rc = list_query(ks, owner, after, &st, err);
	while (rc == BTZ_OK && on &&
	       (rc = btz_db_step(ks->db, st, err)) == BTZ_OK) {
		if (!take_row(st, &row))
			rc = BTZ_FAIL(err, BTZ_E_CORRUPT, "row of a key");
		else if (label.len == 0 || btz_span_eq(label, row.info.label))
			on = each(&row, arg);
	}
	if (st != NULL)
		btz_db_done(st);
	return rc == BTZ_E_NOENT ? BTZ_OK : rc;
}
