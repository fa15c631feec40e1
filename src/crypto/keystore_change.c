/* SPDX-License-Identifier: Apache-2.0 */
/* keystore_change.c - what becomes of keys in keys-NAME.db; contract in
 * keystore.h. Each change is one transaction. */
#include <string.h>

#include "crypto/keystore_int.h"
#include "wire/alg.h"

enum btz_rc
btz_keystore_tags(struct btz_keystore *ks, const uint8_t id[BTZ_ID_LEN],
    struct btz_span labels, struct btz_err *err)
{
	enum btz_rc rc = btz_db_run(
	    ks->db, err, "DELETE FROM tag WHERE key = ?", "b", btz_id_span(id));
	size_t at = 0, n;

	for (; rc == BTZ_OK && at < labels.len; at += n + 1) {
		for (n = 0; at + n < labels.len && labels.p[at + n] != '\n';)
			n++;
		rc = btz_db_run(ks->db, err,
		    "INSERT OR IGNORE INTO tag (tag, key) VALUES (?,?)", "bb",
		    btz_span_of(labels.p + at, n), btz_id_span(id));
	}
	return rc;
}

enum btz_rc
btz_keystore_change(
    struct btz_keystore *ks, const struct btz_key_info *k, struct btz_err *err)
{
	enum btz_rc rc = btz_db_begin(ks->db, err);

	if (rc != BTZ_OK)
		return rc;
	rc = btz_db_run(ks->db, err,
	    "UPDATE key SET label = ?, state = ?, not_after = ?, uses_max = ?,"
	    " min_version = ?, destroy_at = ?, labels = ? WHERE id = ?",
	    "tiiiiibb", k->label, (int64_t)k->state, (int64_t)k->not_after,
	    (int64_t)k->uses_max, (int64_t)k->min_version,
	    (int64_t)k->destroy_at, k->labels, btz_id_span(k->id));
	if (rc == BTZ_OK && btz_db_changes(ks->db) != 1)
		rc = BTZ_FAIL(err, BTZ_E_NOENT, "key");
	if (rc == BTZ_OK)
		rc = btz_keystore_tags(ks, k->id, k->labels, err);
	rc = btz_keystore_finish(ks, rc, err);
	btz_keystore_end(ks);
	return rc;
}

/* The version in use. */
static enum btz_rc
choose(
    struct btz_keystore *ks, const uint8_t id[BTZ_ID_LEN], struct btz_err *err)
{
	return btz_db_run(ks->db, err,
	    "UPDATE key SET version = (SELECT version FROM version"
	    " WHERE key = ?1 ORDER BY state = 1 DESC, version DESC"
	    " LIMIT 1) WHERE id = ?1",
	    "b", btz_id_span(id));
}

/* Under the id that it had, if that is free. */
static enum btz_rc
put_restored(
    struct btz_keystore *ks, struct btz_key_row *row, struct btz_err *err)
{
	static const uint8_t none[BTZ_ID_LEN];
	enum btz_rc rc = BTZ_E_EXIST;

	if (memcmp(row->info.id, none, BTZ_ID_LEN) != 0)
		rc = btz_keystore_put_key(ks, row, err);
	if (rc != BTZ_E_EXIST)
		return rc;
	memcpy(row->info.id, row->version_id, BTZ_ID_LEN);
	return btz_keystore_put_key(ks, row, err);
}

static enum btz_rc
restore(struct btz_keystore *ks, struct btz_key_row *row,
    enum btz_rc (*next)(
	struct btz_key_row *row, void *arg, struct btz_err *err),
    void *arg, struct btz_err *err)
{
	enum btz_rc rc = next(row, arg, err);

	if (rc == BTZ_OK)
		rc = put_restored(ks, row, err);
	if (rc == BTZ_OK)
		rc = btz_db_run(ks->db, err,
		    "UPDATE key SET min_version = ? WHERE id = ?", "ib",
		    (int64_t)row->info.min_version, btz_id_span(row->info.id));
	if (rc == BTZ_OK)
		rc = btz_keystore_tags(ks, row->info.id, row->info.labels, err);
	while (rc == BTZ_OK) {
		rc = btz_keystore_put_version(ks, row, err);
		if (rc == BTZ_OK)
			rc = next(row, arg, err);
	}
	return rc == BTZ_E_NOENT ? choose(ks, row->info.id, err) : rc;
}

enum btz_rc
btz_keystore_restore(struct btz_keystore *ks, struct btz_key_row *row,
    enum btz_rc (*next)(
	struct btz_key_row *row, void *arg, struct btz_err *err),
    void *arg, struct btz_err *err)
{
	enum btz_rc rc;

	btz_keystore_end(ks);
	rc = btz_db_begin(ks->db, err);
	if (rc != BTZ_OK)
		return rc;
	return btz_keystore_finish(ks, restore(ks, row, next, arg, err), err);
}

enum btz_rc
btz_keystore_set_version(struct btz_keystore *ks, const uint8_t id[BTZ_ID_LEN],
    uint32_t version, uint8_t state, struct btz_err *err)
{
	enum btz_rc rc;

	btz_keystore_end(ks);
	rc = btz_db_begin(ks->db, err);
	if (rc != BTZ_OK)
		return rc;
	rc = btz_db_run(ks->db, err,
	    "UPDATE version SET state = ? WHERE key = ? AND version = ?", "ibi",
	    (int64_t)state, btz_id_span(id), (int64_t)version);
	if (rc == BTZ_OK && btz_db_changes(ks->db) != 1)
		rc = BTZ_FAIL(err, BTZ_E_NOENT, "version %u", version);
	if (rc == BTZ_OK)
		rc = choose(ks, id, err);
	return btz_keystore_finish(ks, rc, err);
}

enum btz_rc
btz_keystore_set_uses(struct btz_keystore *ks,
    const uint8_t version_id[BTZ_ID_LEN], uint64_t uses, struct btz_err *err)
{
	enum btz_rc rc;

	btz_keystore_end(ks);
	rc = btz_db_run(ks->db, err, "UPDATE version SET uses = ? WHERE id = ?",
	    "ib", (int64_t)uses, btz_id_span(version_id));
	if (rc == BTZ_OK && btz_db_changes(ks->db) != 1)
		rc = BTZ_FAIL(err, BTZ_E_NOENT, "version of a key");
	return rc;
}

enum btz_rc
btz_keystore_destroy(
    struct btz_keystore *ks, const uint8_t id[BTZ_ID_LEN], struct btz_err *err)
{
	const struct btz_span key = btz_id_span(id);
	enum btz_rc rc;

	btz_keystore_end(ks);
	rc = btz_db_begin(ks->db, err);
	if (rc != BTZ_OK)
		return rc;
	rc = btz_db_run(ks->db, err,
	    "UPDATE key SET state = ?, destroy_at = 0 WHERE id = ?", "ib",
	    (int64_t)BTZ_KEY_DESTROYED, key);
	if (rc == BTZ_OK)
		rc = btz_db_run(ks->db, err,
		    "UPDATE version SET state = ?, blob = x'' WHERE key = ?",
		    "ib", (int64_t)BTZ_KEY_DESTROYED, key);
	if (rc == BTZ_OK)
		rc = btz_db_run(
		    ks->db, err, "DELETE FROM tag WHERE key = ?", "b", key);
	if (rc == BTZ_OK)
		rc = btz_db_run(
		    ks->db, err, "DELETE FROM share WHERE key = ?", "b", key);
	return btz_keystore_finish(ks, rc, err);
}

enum btz_rc
btz_keystore_doomed(
    struct btz_keystore *ks, struct btz_doomed *at, struct btz_err *err)
{
	sqlite3_stmt *st = NULL;
	struct btz_span key;
	enum btz_rc rc;

	btz_keystore_end(ks);
	rc = btz_db_query(ks->db, &st, err,
	    "SELECT id, destroy_at FROM key WHERE state = 4 ORDER BY"
	    " (destroy_at, id) <= (?, ?), destroy_at, id LIMIT 1",
	    "ib", at->time, btz_id_span(at->id));
	if (rc == BTZ_OK && (rc = btz_db_step(ks->db, st, err)) == BTZ_OK) {
		key = btz_db_span(st, 0);
		at->time = (uint64_t)btz_db_int(st, 1);
		if (key.len == BTZ_ID_LEN)
			memcpy(at->id, key.p, BTZ_ID_LEN);
		else
			rc = BTZ_FAIL(err, BTZ_E_CORRUPT, "row of a key");
	}
	if (st != NULL)
		btz_db_done(st);
	return rc;
}

enum btz_rc
btz_keystore_share(
    struct btz_keystore *ks, const struct btz_share *s, struct btz_err *err)
{
	btz_keystore_end(ks);
	if (s->uses == 0)
		return btz_db_run(ks->db, err,
		    "DELETE FROM share WHERE key = ? AND application = ?", "bt",
		    btz_id_span(s->id), s->application);
	return btz_db_run(ks->db, err,
	    "INSERT OR REPLACE INTO share (key, application, uses)"
	    " VALUES (?,?,?)",
	    "bti", btz_id_span(s->id), s->application, (int64_t)s->uses);
}

enum btz_rc
btz_keystore_shares(struct btz_keystore *ks,
    void (*each)(const struct btz_share *s, void *arg), void *arg,
    struct btz_err *err)
{
	sqlite3_stmt *st = NULL;
	enum btz_rc rc;

	btz_keystore_end(ks);
	rc = btz_db_query(
	    ks->db, &st, err, "SELECT key, application, uses FROM share", "");
	while (rc == BTZ_OK && (rc = btz_db_step(ks->db, st, err)) == BTZ_OK) {
		struct btz_share s = { .application = btz_db_span(st, 1),
			.uses = (uint32_t)btz_db_int(st, 2) };
		struct btz_span key = btz_db_span(st, 0);

		if (key.len != BTZ_ID_LEN)
			continue;
		memcpy(s.id, key.p, BTZ_ID_LEN);
		each(&s, arg);
	}
	if (st != NULL)
		btz_db_done(st);
	return rc == BTZ_E_NOENT ? BTZ_OK : rc;
}
