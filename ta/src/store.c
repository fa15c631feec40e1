/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.c - persistent objects, the record, and the commit protocol that
 * makes a roll-back visible. Start at ta_store_commit.
 *
 *   commit   pages -> record {previous = index} -> NV_Write -> NV_Read
 *   boot     digest(record) == index            nothing to do
 *            record.previous == index           the cut was before NV_Write:
 *                                               write it now
 *            anything else                      storage-rolled-back
 * The commit that a checkpoint brings along goes the same way, each command of
 * the TPM in a call of its own (op_tpm_end.c): prepare, NV_Write, NV_Read, done.
 *
 * An index that was never written counts as all zero: so does the `previous`
 * of the first record that it belongs to.
 */
#include "ta.h"

#include <string.h>

#define RECORD_ID "record"
#define NONCE 12u
#define TAG 16u

static const uint8_t head[5] = { 'B', 'T', 'Z', 'R', TA_RECORD_VERSION };

enum btz_rc
ta_store_put(const char *id, struct btz_span data)
{
	TEE_Result res = TEE_CreatePersistentObject(TEE_STORAGE_PRIVATE, id,
	    strlen(id), TEE_DATA_FLAG_ACCESS_WRITE | TEE_DATA_FLAG_OVERWRITE,
	    TEE_HANDLE_NULL, data.p, data.len, NULL);

	return res == TEE_SUCCESS ? BTZ_OK : BTZ_E_IO;
}

static enum btz_rc
read_object(TEE_ObjectHandle o, size_t max, uint8_t **out, size_t *len)
{
	TEE_ObjectInfo info;
	size_t n = 0;

	if (TEE_GetObjectInfo1(o, &info) != TEE_SUCCESS || info.dataSize > max)
		return BTZ_E_CORRUPT;
	*out = TEE_Malloc(info.dataSize + 1, 0);
	if (*out == NULL)
		return BTZ_E_NOMEM;
	if (TEE_ReadObjectData(o, *out, info.dataSize, &n) != TEE_SUCCESS ||
	    n != info.dataSize) {
		TEE_Free(*out);
		*out = NULL;
		return BTZ_E_IO;
	}
	*len = n;
	return BTZ_OK;
}

enum btz_rc
ta_store_get(const char *id, size_t max, uint8_t **out, size_t *len)
{
	TEE_ObjectHandle o;
	TEE_Result res;
	enum btz_rc rc;

	*out = NULL;
	*len = 0;
	res = TEE_OpenPersistentObject(
	    TEE_STORAGE_PRIVATE, id, strlen(id), TEE_DATA_FLAG_ACCESS_READ, &o);
	if (res == TEE_ERROR_ITEM_NOT_FOUND)
		return BTZ_E_NOENT;
	if (res != TEE_SUCCESS)
		return res == TEE_ERROR_CORRUPT_OBJECT ? BTZ_E_CORRUPT
						       : BTZ_E_IO;
	rc = read_object(o, max, out, len);
	TEE_CloseObject(o);
	return rc;
}

enum btz_rc
ta_store_tee_secret(struct ta *ta)
{
	static const char label[] = "btz/1 tee-secret";
	uint8_t data[sizeof(label) - 1 + 32];
	enum btz_rc rc;

	memcpy(data, label, sizeof(label) - 1);
	memcpy(data + sizeof(label) - 1, ta->rec.provisioning_id, 32);
	rc = ta_port_unique_key(
	    btz_span_of(data, sizeof(data)), ta->tee_secret);
	ta->has_tee_secret = rc == BTZ_OK;
	return rc;
}

static enum btz_rc
record_key(const struct ta *ta, uint8_t key[32])
{
	struct btz_span info = btz_span_str("btz/1 record");
	uint8_t prk[32];
	enum btz_rc rc;

	rc = ta_hkdf_extract(btz_span_of(ta->rec.provisioning_id, 32),
	    btz_span_of(ta->tee_secret, 32), prk);
	if (rc == BTZ_OK)
		rc = ta_hkdf_expand(prk, &info, 1, key);
	btz_wipe(prk, sizeof(prk));
	return rc;
}

static enum btz_rc
digest_of(struct btz_span data, uint8_t out[32])
{
	return ta_sha256(&data, 1, out);
}

/* Room of TA_RECORD_MAX each, wiped by the caller. */
static enum btz_rc
seal(const struct ta *ta, uint8_t *plain, uint8_t *file, size_t *len)
{
	struct btz_wr wr;
	uint8_t key[32], nonce[NONCE];
	enum btz_rc rc;

	btz_wr_init(&wr, plain, TA_RECORD_MAX - TA_RECORD_HEAD - NONCE - TAG);
	ta_record_write(&ta->rec, &wr);
	if (!btz_wr_ok(&wr))
		return BTZ_E_TOOBIG;
	memcpy(file, head, sizeof(head));
	memcpy(file + sizeof(head), ta->rec.provisioning_id, 32);
	TEE_GenerateRandom(nonce, sizeof(nonce));
	memcpy(file + TA_RECORD_HEAD, nonce, NONCE);
	rc = record_key(ta, key);
	if (rc == BTZ_OK)
		rc = ta_gcm_seal(key, nonce, btz_span_of(file, TA_RECORD_HEAD),
		    btz_wr_span(&wr), file + TA_RECORD_HEAD + NONCE,
		    file + TA_RECORD_HEAD + NONCE + wr.len);
	btz_wipe(key, sizeof(key));
	*len = TA_RECORD_HEAD + NONCE + wr.len + TAG;
	return rc;
}

static enum btz_rc
put_record(struct ta *ta, uint8_t digest[32])
{
	uint8_t *buf = TEE_Malloc(2 * (size_t)TA_RECORD_MAX, 0);
	size_t len = 0;
	enum btz_rc rc;

	if (buf == NULL)
		return BTZ_E_NOMEM;
	rc = seal(ta, buf, buf + TA_RECORD_MAX, &len);
	if (rc == BTZ_OK)
		rc = digest_of(btz_span_of(buf + TA_RECORD_MAX, len), digest);
	if (rc == BTZ_OK)
		rc = ta_store_put(
		    RECORD_ID, btz_span_of(buf + TA_RECORD_MAX, len));
	btz_wipe(buf, TA_RECORD_MAX);
	TEE_Free(buf);
	return rc;
}

static enum btz_rc
open_record(struct ta *ta, struct btz_span file)
{
	struct btz_rd rd;
	struct btz_span magic, id, nonce, body, tag;
	uint8_t key[32], *plain;
	enum btz_rc rc;

	btz_rd_span(&rd, file);
	if (!btz_rd_raw(&rd, &magic, sizeof(head)) ||
	    memcmp(magic.p, head, sizeof(head) - 1) != 0)
		return BTZ_E_CORRUPT;
	if (magic.p[4] > TA_RECORD_VERSION)
		return BTZ_E_TA_TOO_OLD;
	if (magic.p[4] != TA_RECORD_VERSION || !btz_rd_raw(&rd, &id, 32) ||
	    !btz_rd_raw(&rd, &nonce, NONCE) || btz_rd_left(&rd) < TAG ||
	    !btz_rd_raw(&rd, &body, btz_rd_left(&rd) - TAG) ||
	    !btz_rd_raw(&rd, &tag, TAG))
		return BTZ_E_CORRUPT;
	memcpy(ta->rec.provisioning_id, id.p, 32);
	plain = TEE_Malloc(body.len + 1, 0);
	rc = plain == NULL ? BTZ_E_NOMEM : ta_store_tee_secret(ta);
	if (rc == BTZ_OK)
		rc = record_key(ta, key);
	if (rc == BTZ_OK)
		rc = ta_gcm_open(key, nonce,
		    btz_span_of(file.p, TA_RECORD_HEAD), body, tag, plain);
	if (rc == BTZ_OK)
		rc = ta_record_read(btz_span_of(plain, body.len), &ta->rec);
	btz_wipe(key, sizeof(key));
	if (plain != NULL)
		btz_wipe(plain, body.len);
	TEE_Free(plain);
	return rc == BTZ_E_VERIFY ? BTZ_E_CORRUPT : rc;
}

enum btz_rc
ta_store_load(struct ta *ta)
{
	uint8_t *file;
	size_t len;
	enum btz_rc rc = ta_store_get(RECORD_ID, TA_RECORD_MAX, &file, &len);

	if (rc != BTZ_OK)
		return rc;
	rc = digest_of(btz_span_of(file, len), ta->nv_pending);
	if (rc == BTZ_OK)
		rc = open_record(ta, btz_span_of(file, len));
	TEE_Free(file);
	if (rc == BTZ_OK)
		rc = ta_slots_load(ta);
	ta->has_record = rc == BTZ_OK;
	return rc;
}

/* The index: its digest, or zeros if it was never written. */
static enum btz_rc
nv_read(struct ta *ta, void *arg)
{
	struct btz_tpm_entity nv;
	enum btz_rc rc = ta_tpm_nv(ta, true, &nv);

	if (rc == BTZ_OK)
		rc = btz_tpm_nv_read(&ta->tpm, &nv, arg, 32);
	return rc;
}

static enum btz_rc
nv_unwritten(struct ta *ta, void *arg)
{
	struct btz_tpm_entity nv;
	struct btz_tpm_nv seen, want;
	bool *is = arg;
	enum btz_rc rc = ta_tpm_nv(ta, false, &nv);

	*is = false;
	if (rc != BTZ_OK)
		return rc;
	btz_tpm_tmpl_nv(&want, ta->rec.nv_index);
	/* Plain first: in the session a Name that is not the index's cannot
	 * be told from a false answer. */
	rc = btz_tpm_nv_read_public(&ta->tpm, BTZ_TPM_PLAIN, &nv, &seen);
	if (rc != BTZ_OK || (seen.attrs & BTZ_TPM_NVA_WRITTEN) != 0)
		return rc;
	rc = btz_tpm_nv_read_public(&ta->tpm, BTZ_TPM_HMAC, &nv, &seen);
	if (rc == BTZ_OK)
		rc = btz_tpm_nv_check(&want, false, &seen);
	*is = rc == BTZ_OK;
	return rc;
}

static enum btz_rc
nv_current(struct ta *ta, uint8_t out[32])
{
	bool unwritten = false;
	enum btz_rc rc = BTZ_OK;

	memset(out, 0, 32);
	/* Only a box that is being made may have an index without content. */
	if (ta->rec.phase == TA_PHASE_PRIMARY)
		rc = ta_tpm_run(ta, nv_unwritten, &unwritten);
	if (rc == BTZ_OK && !unwritten)
		rc = ta_tpm_run(ta, nv_read, out);
	return rc;
}

static enum btz_rc
nv_write(struct ta *ta, void *arg)
{
	struct btz_tpm_entity nv;
	bool unwritten = false;
	enum btz_rc rc = BTZ_OK;

	if (ta->rec.phase == TA_PHASE_PRIMARY)
		rc = nv_unwritten(ta, &unwritten);
	if (rc == BTZ_OK)
		rc = ta_tpm_nv(ta, !unwritten, &nv);
	if (rc == BTZ_OK)
		rc = btz_tpm_nv_write(&ta->tpm, &nv, btz_span_of(arg, 32));
	return rc;
}

static void
nv_begin(struct ta *ta, const uint8_t digest[32])
{
	memcpy(ta->nv_pending, digest, 32);
	ta->nv_unsure = true;
}

static enum btz_rc
nv_end(struct ta *ta, const uint8_t digest[32], const uint8_t seen[32])
{
	if (memcmp(seen, digest, 32) != 0)
		return BTZ_E_STORAGE_ROLLED;
	memcpy(ta->nv_digest, digest, 32);
	ta->nv_unsure = false;
	return BTZ_OK;
}

/* Writes, reads back, and only then believes it. */
static enum btz_rc
nv_set(struct ta *ta, uint8_t digest[32])
{
	uint8_t seen[32];
	enum btz_rc rc;

	nv_begin(ta, digest);
	rc = ta_tpm_run(ta, nv_write, digest);
	if (rc == BTZ_OK)
		rc = ta_tpm_run(ta, nv_read, seen);
	return rc == BTZ_OK ? nv_end(ta, digest, seen) : rc;
}

/* After a write without an answer: old or new, the index says. */
static enum btz_rc
settle(struct ta *ta)
{
	uint8_t seen[32];
	enum btz_rc rc;

	if (!ta->nv_unsure)
		return BTZ_OK;
	rc = nv_current(ta, seen);
	if (rc != BTZ_OK)
		return rc;
	if (memcmp(seen, ta->nv_digest, 32) != 0 &&
	    memcmp(seen, ta->nv_pending, 32) != 0)
		return BTZ_E_STORAGE_ROLLED;
	memcpy(ta->nv_digest, seen, 32);
	ta->nv_unsure = false;
	return BTZ_OK;
}

/* Pages, then the record that names them; else the sides are as before. */
static enum btz_rc
put_all(struct ta *ta, uint8_t digest[32])
{
	struct ta_page before[TA_PAGES];
	bool dirty[TA_PAGES];
	uint8_t n = ta->rec.n_pages;
	enum btz_rc rc;

	memcpy(before, ta->rec.pages, sizeof(before));
	memcpy(dirty, ta->page_dirty, sizeof(dirty));
	rc = ta_slots_save(ta);
	if (rc == BTZ_OK)
		rc = put_record(ta, digest);
	if (rc == BTZ_OK)
		return rc;
	memcpy(ta->rec.pages, before, sizeof(before));
	memcpy(ta->page_dirty, dirty, sizeof(dirty));
	ta->rec.n_pages = n;
	return rc;
}

/* Pages and record. */
static enum btz_rc
prepare(struct ta *ta, uint8_t digest[32])
{
	enum btz_rc rc = ta_tpm_free(ta);

	/* Before anything is stored: BTZ_E_AGAIN changes nothing. */
	if (rc == BTZ_OK)
		rc = settle(ta);
	if (rc != BTZ_OK)
		return rc;
	memcpy(ta->rec.previous, ta->nv_digest, 32);
	ta->rec.ta_version = TA_VERSION;
	/* Until the index has the new digest, Linux may put back the record
	 * that says clean: the next change must commit again. */
	ta->stored_clean = ta->stored_clean || ta->rec.clean != 0;
	rc = put_all(ta, digest);
	if (rc != BTZ_OK)
		return rc;
	ta->has_record = true;
	ta->committing = ta->uncommitted;
	return BTZ_OK;
}

/* What was counted since is not in the record. */
static void
committed(struct ta *ta)
{
	ta->stored_clean = ta->rec.clean != 0;
	ta->uncommitted -= ta->committing;
	ta->committed_at = ta_port_uptime();
}

enum btz_rc
ta_store_commit(struct ta *ta)
{
	uint8_t digest[32];
	enum btz_rc rc = prepare(ta, digest);

	if (rc == BTZ_OK && ta->rec.phase >= TA_PHASE_PRIMARY)
		rc = nv_set(ta, digest);
	if (rc == BTZ_OK)
		committed(ta);
	return rc;
}

bool
ta_store_due(const struct ta *ta)
{
	return ta_port_uptime() - ta->committed_at >= TA_COMMIT_SECONDS ||
	       ta->uncommitted >= TA_COMMIT_EVERY / 2;
}

enum btz_rc
ta_store_prepare(struct ta *ta, uint8_t digest[32])
{
	enum btz_rc rc = prepare(ta, digest);

	if (rc == BTZ_OK)
		nv_begin(ta, digest);
	return rc;
}

enum btz_rc
ta_store_done(struct ta *ta, const uint8_t digest[32], const uint8_t seen[32])
{
	enum btz_rc rc = nv_end(ta, digest, seen);

	if (rc == BTZ_OK)
		committed(ta);
	return rc;
}

enum btz_rc
ta_store_touch(struct ta *ta)
{
	return ta->stored_clean ? ta_store_commit(ta) : BTZ_OK;
}

enum btz_rc
ta_store_digests(struct ta *ta, uint8_t record[32], uint8_t index[32])
{
	enum btz_rc rc = ta_store_load(ta);

	if (rc == BTZ_OK)
		rc = nv_current(ta, index);
	memcpy(record, ta->nv_pending, 32);
	return rc;
}

enum btz_rc
ta_store_check(struct ta *ta)
{
	uint8_t seen[32], digest[32];
	enum btz_rc rc;

	memcpy(digest, ta->nv_pending, 32); /* of the record just loaded */
	rc = nv_current(ta, seen);
	if (rc != BTZ_OK)
		return rc;
	memcpy(ta->nv_digest, seen, 32);
	if (memcmp(seen, digest, 32) == 0)
		return BTZ_OK;
	if (memcmp(seen, ta->rec.previous, 32) == 0)
		return nv_set(ta, digest);
	return BTZ_E_STORAGE_ROLLED;
}
