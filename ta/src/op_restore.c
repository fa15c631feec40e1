/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_restore.c - a key out of a backup, which administrators opened and sealed
 * for a transport key of this TA, and approved: new blobs in new slots, all of
 * them or none. Start at ta_op_restore.
 *
 * The approvals are the last thing that is looked at; with them the transport
 * key is used up. Until then whatever failed has changed nothing.
 */
#include <string.h>

#include "approval.h"
#include "recovery.h"
#include "wire/msg_generate.h"

#define FLAGS ((uint8_t)(BTZ_KEYBLOB_EXPORTABLE | BTZ_KEYBLOB_BACKUPABLE))

struct taken {
	uint32_t slot, generation;
};

struct restoring {
	struct ta *ta;
	struct btz_generate g;
	struct taken *slots; /* BTZ_VERSIONS_MAX */
	size_t n;
	struct btz_wr versions; /* with blobs */
};

static void
sha256(struct btz_span in, uint8_t out[BTZ_SHA256_LEN])
{
	/* Out of memory: a digest that nothing has. */
	if (ta_sha256(&in, 1, out) != BTZ_OK)
		TEE_GenerateRandom(out, BTZ_SHA256_LEN);
}

/* What is in the clear, and was approved, is what is sealed. */
static enum btz_rc
compare(const struct btz_backup *b, struct btz_span clear)
{
	uint8_t buf[BTZ_TRANSPORT_WHAT_MAX];
	struct btz_restore_what what;
	struct btz_wr wr;

	btz_wr_init(&wr, buf, sizeof(buf));
	if (!btz_restore_describe(b, sha256, &what))
		return BTZ_E_INVAL;
	btz_msg_write(&btz_def_restore_what, &what, &wr);
	return btz_wr_ok(&wr) && btz_span_eq(btz_wr_span(&wr), clear)
		   ? BTZ_OK
		   : BTZ_E_VERIFY;
}

static enum btz_rc
judge(const struct restoring *r)
{
	if (r->g.kind != BTZ_KIND_PLAIN)
		return BTZ_E_KEY_KIND;
	if (r->g.constraints.len != 0)
		return BTZ_E_KEY_CONSTRAINT;
	/* A key that may be backed up once more, by this box's administrators:
	 * as for KEY_CREATE. */
	if ((r->g.flags & BTZ_KEYBLOB_BACKUPABLE) != 0 &&
	    !ta_recovery_set(r->ta))
		return BTZ_E_RECOVERY_KEY;
	return BTZ_OK;
}

static enum btz_rc
take_version(struct restoring *r, struct btz_backup_version *v)
{
	struct btz_keyblob b = { .alg = r->g.alg,
		.kind = BTZ_KIND_PLAIN,
		.flags = r->g.flags & FLAGS,
		.operations = r->g.usage,
		.not_after = r->g.not_after,
		.spki = v->spki };
	uint8_t buf[BTZ_BLOB_MAX];
	struct btz_wr blob;
	enum btz_rc rc = r->n < BTZ_VERSIONS_MAX
			     ? ta_import_check(r->g.alg, v->secret, v->spki)
			     : BTZ_E_TOOBIG;

	memcpy(b.tenant_id, r->g.tenant_id, sizeof(b.tenant_id));
	btz_wr_init(&blob, buf, sizeof(buf));
	if (rc == BTZ_OK)
		rc = ta_import_seal(r->ta, &b, v->secret, &blob);
	if (rc != BTZ_OK)
		return rc;
	r->slots[r->n].slot = b.slot;
	r->slots[r->n++].generation = b.generation;
	v->secret = btz_wr_span(&blob);
	btz_msg_write(&btz_def_backup_version, v, &r->versions);
	return btz_wr_ok(&r->versions) ? BTZ_OK : BTZ_E_TOOBIG;
}

static enum btz_rc
take_all(struct restoring *r, struct btz_span versions)
{
	struct btz_backup_version v;
	struct btz_rd rd;
	enum btz_rc rc = BTZ_OK;

	btz_rd_span(&rd, versions);
	while (rc == BTZ_OK && !btz_rd_end(&rd))
		rc = btz_msg_read(&btz_def_backup_version, &rd, &v)
			 ? take_version(r, &v)
			 : BTZ_E_INVAL;
	return rc;
}

/* The last one first, so that the next key takes what was not given out. */
static void
untake(struct restoring *r)
{
	while (r->n > 0) {
		r->n--;
		ta_slots_untake(
		    r->ta, r->slots[r->n].slot, r->slots[r->n].generation);
	}
}

static enum btz_rc
check_approved(struct ta *ta, const struct btz_ta_restore *req,
    const struct btz_transport_file *f)
{
	struct btz_approve_restore what;
	struct btz_approved ap = { .operation = BTZ_APPROVE_RESTORE,
		.request = req->request,
		.approvals = req->approvals };
	uint8_t digest[32];
	enum btz_rc rc = ta_sha256(&req->file, 1, digest);

	if (rc != BTZ_OK)
		return rc;
	if (!btz_msg_decode(&btz_def_approve_restore, req->request, &what) ||
	    memcmp(what.digest, digest, sizeof(digest)) != 0 ||
	    !btz_span_eq(what.what, f->what))
		return BTZ_E_APPROVAL_NONCE;
	memcpy(ap.nonce, req->nonce, sizeof(ap.nonce));
	return ta_approved_check(ta, &ap);
}

static enum btz_rc
restore(struct restoring *r, const struct btz_ta_restore *req,
    const struct btz_transport_file *f, struct btz_span plain,
    struct btz_wr *out)
{
	struct btz_backup b;
	enum btz_rc rc;

	if (!btz_msg_decode(&btz_def_backup, plain, &b) ||
	    !btz_msg_decode(&btz_def_generate, b.key, &r->g))
		return BTZ_E_INVAL;
	rc = judge(r);
	if (rc == BTZ_OK)
		rc = compare(&b, f->what);
	if (rc == BTZ_OK)
		rc = take_all(r, b.versions);
	b.versions = btz_wr_span(&r->versions);
	if (rc == BTZ_OK)
		btz_msg_write(&btz_def_backup, &b, out);
	if (rc == BTZ_OK && !btz_wr_ok(out))
		rc = BTZ_E_TOOBIG;
	if (rc == BTZ_OK)
		rc = check_approved(r->ta, req, f);
	if (rc == BTZ_OK)
		ta_transport_used(r->ta, f);
	else
		untake(r);
	return rc;
}

/* Memory: what was sealed, the blobs, the slots. */
static enum btz_rc
with_memory(struct ta *ta, const struct btz_ta_restore *req,
    const struct btz_transport_file *f, struct btz_wr *out)
{
	const size_t n = f->ciphertext.len;
	uint8_t *plain = TEE_Malloc(n, 0), *blobs = TEE_Malloc(BTZ_LIST_MAX, 0);
	struct restoring r = { .ta = ta,
		.slots = TEE_Malloc(BTZ_VERSIONS_MAX * sizeof(*r.slots), 0) };
	enum btz_rc rc = BTZ_E_NOMEM;

	if (plain != NULL && blobs != NULL && r.slots != NULL) {
		btz_wr_init(&r.versions, blobs, BTZ_LIST_MAX);
		rc = ta_transport_open(ta, f, plain);
		if (rc == BTZ_OK)
			rc = restore(&r, req, f, btz_span_of(plain, n), out);
	}
	if (plain != NULL)
		btz_wipe(plain, n);
	TEE_Free(r.slots);
	TEE_Free(blobs);
	TEE_Free(plain);
	return rc;
}

enum btz_rc
ta_op_restore(
    struct ta *ta, const void *session, struct btz_span in, struct btz_wr *out)
{
	struct btz_ta_restore req;
	struct btz_transport_file f;

	(void)session;
	if (!btz_msg_decode(&btz_def_ta_restore, in, &req))
		return BTZ_E_PROTO;
	if (!btz_transport_file_read(req.file, &f) ||
	    f.ciphertext.len > BTZ_TRANSPORT_PLAIN_MAX)
		return BTZ_E_INVAL;
	return with_memory(ta, &req, &f, out);
}
