/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tee_move.c - keys that come into the trusted application and go out of it:
 * import, export, backup, restore. Of backups nothing is seen here but what is
 * sealed.
 */
#include "crypto/backend/tee.h"

#include <string.h>

#include "crypto/backend/soft_part.h"
#include "wire/msg_backup.h"
#include "wire/msg_crypt.h"
#include "wire/msg_lifecycle.h"

static enum btz_rc
put(struct btz_wr *out, struct btz_span s, struct btz_err *err)
{
	btz_wr_raw(out, s.p, s.len);
	return btz_wr_ok(out) ? BTZ_OK : BTZ_FAIL(err, BTZ_E_TOOBIG, "answer");
}

/* The forms that a private part may have are read here, as for `soft`, and the
 * public part is calculated; the trusted application checks that they fit. */
enum btz_rc
btz_tee_import(void *st, const struct btz_generate *g, struct btz_span secret,
    struct btz_backend_key *out, struct btz_err *err)
{
	struct btz_softpart part = { .pkey = NULL };
	struct btz_ta_key_import rq = { .alg = g->alg,
		.flags = g->flags,
		.operations = g->usage,
		.not_after = g->not_after };
	uint8_t spki[BTZ_SPKI_MAX];
	struct btz_ta_key k;
	enum btz_rc rc;

	if (!btz_backend_has(btz_backend_tee.algs, g->alg))
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED, "algorithm %u", g->alg);
	memcpy(rq.tenant_id, g->tenant_id, sizeof(rq.tenant_id));
	rc = btz_softpart_import(&part, g->alg, g->bits, secret, err);
	if (rc == BTZ_OK && !btz_softpart_spki(&part, spki, &rq.spki.len))
		rc = btz_soft_failed(err, "public key");
	rq.spki.p = spki;
	rq.secret = btz_span_of(part.bytes, part.len);
	if (rc == BTZ_OK)
		rc = btz_tee_call(st, BTZ_TA_KEY_IMPORT, &btz_def_ta_key_import,
		    &rq, &btz_def_ta_key, &k, err);
	btz_softpart_end(&part);
	if (rc == BTZ_OK)
		btz_tee_take_key(&k, out);
	return rc;
}

enum btz_rc
btz_tee_export_key(void *st, void *key, struct btz_wr *out, struct btz_err *err)
{
	struct tee *t = st;
	const struct tee_key *k = key;
	const struct btz_ta_blob rq = { btz_span_of(k->blob, k->blob_len) };
	struct btz_secret_ok ok;
	enum btz_rc rc;

	if (k->blob == NULL)
		return BTZ_FAIL(
		    err, BTZ_E_KEY_USAGE, "key was not made exportable");
	rc = btz_tee_call(st, BTZ_TA_KEY_EXPORT, &btz_def_ta_blob, &rq,
	    &btz_def_secret_ok, &ok, err);
	if (rc != BTZ_OK)
		return rc;
	rc = put(out, ok.secret, err);
	btz_wipe(t->out, sizeof(t->out));
	return rc;
}

/* The trusted application has a recovery key of its own, set by the
 * administrators: [crypto] recovery is for `soft`. */
enum btz_rc
btz_tee_backup(void *st, const char *recovery, struct btz_span whole,
    struct btz_wr *out, struct btz_err *err)
{
	struct btz_backup b;
	struct btz_backup_ok ok;
	enum btz_rc rc;

	(void)recovery;
	if (!btz_msg_decode(&btz_def_backup, whole, &b))
		return BTZ_FAIL(err, BTZ_E_INVAL, "form of a backup");
	rc = btz_tee_call(st, BTZ_TA_BACKUP, &btz_def_backup, &b,
	    &btz_def_backup_ok, &ok, err);
	return rc == BTZ_OK ? put(out, ok.blob, err) : rc;
}

enum btz_rc
btz_tee_transport(void *st, struct btz_wr *out, struct btz_err *err)
{
	struct tee *t = st;
	struct btz_certificate note;
	enum btz_rc rc = btz_tee_call(
	    t, BTZ_TA_TRANSPORT, NULL, NULL, &btz_def_certificate, &note, err);

	if (rc == BTZ_E_PENDING)
		t->begun = BTZ_TA_TRANSPORT;
	return rc == BTZ_OK ? put(out, note.der, err) : rc;
}

enum btz_rc
btz_tee_restore(void *st, struct btz_span file, const struct btz_approved *ap,
    struct btz_wr *out, struct btz_err *err)
{
	struct btz_ta_restore rq = {
		.file = file, .request = ap->request, .approvals = ap->approvals
	};
	struct btz_backup b;
	enum btz_rc rc;

	memcpy(rq.nonce, ap->nonce, sizeof(rq.nonce));
	rc = btz_tee_call(st, BTZ_TA_RESTORE, &btz_def_ta_restore, &rq,
	    &btz_def_backup, &b, err);
	if (rc != BTZ_OK)
		return rc;
	btz_msg_write(&btz_def_backup, &b, out);
	return btz_wr_ok(out) ? BTZ_OK : BTZ_FAIL(err, BTZ_E_TOOBIG, "answer");
}
