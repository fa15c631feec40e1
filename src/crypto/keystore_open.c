/* SPDX-License-Identifier: Apache-2.0 */
/* keystore_open.c - keys-NAME.db: its form, through all releases; contract in
 * keystore.h. */
#include <stdlib.h>

#include "crypto/keystore_int.h"

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
	/* Versions. What was one row is a key and its first version; what is
	 * dropped is overwritten (a blob in a free page would outlive
	 * DESTROY). */
	"PRAGMA secure_delete = ON;"
	"CREATE TABLE version ("
	" key BLOB NOT NULL, version INTEGER NOT NULL,"
	" id BLOB NOT NULL UNIQUE, state INTEGER NOT NULL,"
	" created INTEGER NOT NULL, uses INTEGER NOT NULL DEFAULT 0,"
	" spki BLOB NOT NULL, blob BLOB NOT NULL,"
	" PRIMARY KEY (key, version)) WITHOUT ROWID;"
	"INSERT INTO version (key, version, id, state, created, spki, blob)"
	" SELECT id, 1, id, CASE state WHEN 3 THEN 3 ELSE 1 END, created,"
	" spki, blob FROM key;"
	"ALTER TABLE key DROP COLUMN spki;"
	"ALTER TABLE key DROP COLUMN blob;"
	"ALTER TABLE key ADD COLUMN flags INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE key ADD COLUMN bits INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE key ADD COLUMN only_sig INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE key ADD COLUMN only_crypt INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE key ADD COLUMN uses_max INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE key ADD COLUMN version INTEGER NOT NULL DEFAULT 1;"
	"ALTER TABLE key ADD COLUMN min_version INTEGER NOT NULL DEFAULT 1;"
	"ALTER TABLE key ADD COLUMN destroy_at INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE key ADD COLUMN labels BLOB NOT NULL DEFAULT x'';"
	"ALTER TABLE key ADD COLUMN app_data BLOB NOT NULL DEFAULT x'';"
	"CREATE INDEX key_label ON key (label, owner, id);"
	/* Keys that are not destroyed: counting them would take longer the
	 * more there are. */
	"CREATE TABLE owner (owner TEXT PRIMARY KEY, keys INTEGER NOT NULL)"
	" WITHOUT ROWID;"
	"INSERT INTO owner SELECT owner, sum(state <> 3) FROM key GROUP BY 1;"
	"CREATE TRIGGER key_added AFTER INSERT ON key BEGIN"
	" INSERT INTO owner VALUES (new.owner, new.state <> 3) ON CONFLICT"
	" (owner) DO UPDATE SET keys = keys + excluded.keys; END;"
	"CREATE TRIGGER key_gone AFTER UPDATE OF state ON key"
	" WHEN old.state <> 3 AND new.state = 3 BEGIN"
	" UPDATE owner SET keys = keys - 1 WHERE owner = new.owner; END;"
	"CREATE INDEX key_doomed ON key (destroy_at) WHERE state = 4;"
	"CREATE TABLE tag (tag BLOB NOT NULL, key BLOB NOT NULL,"
	" PRIMARY KEY (tag, key)) WITHOUT ROWID;"
	"CREATE INDEX tag_key ON tag (key);"
	"CREATE TABLE share (key BLOB NOT NULL, application TEXT NOT NULL,"
	" uses INTEGER NOT NULL, PRIMARY KEY (key, application)) WITHOUT ROWID;"
	"CREATE INDEX share_application ON share (application, key);",
};
/* clang-format on */

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

void
btz_keystore_end(struct btz_keystore *ks)
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
	btz_keystore_end(ks);
	btz_db_close(ks->db);
	free(ks);
}

enum btz_rc
btz_keystore_finish(
    struct btz_keystore *ks, enum btz_rc rc, struct btz_err *err)
{
	if (rc == BTZ_OK)
		return btz_db_commit(ks->db, err);
	btz_db_rollback(ks->db);
	return rc;
}
