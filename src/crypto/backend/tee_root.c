/* SPDX-License-Identifier: Apache-2.0 */
/* tee_root.c - provisioning, root key and checkpoints in the trusted
 * application; tee.h. */
#include "crypto/backend/tee.h"

#include <stdio.h>
#include <string.h>

#include "wire/keyblob.h"

static enum btz_rc
put(struct btz_wr *out, struct btz_span s, struct btz_err *err)
{
	btz_wr_raw(out, s.p, s.len);
	return btz_wr_ok(out) ? BTZ_OK : BTZ_FAIL(err, BTZ_E_TOOBIG, "answer");
}

/* Not done yet, or never. */
static bool
begun(struct tee *t, uint32_t command, enum btz_rc rc)
{
	if (rc == BTZ_E_PENDING)
		t->begun = command;
	return rc != BTZ_OK;
}

enum btz_rc
btz_tee_certify_issuing(void *st, const struct btz_certify_issuing *rq,
    struct btz_span blob, uint64_t now, struct btz_wr *out, struct btz_err *err)
{
	struct btz_ta_sign_issuing m = { .blob = blob,
		.not_before = rq->not_before,
		.not_after = rq->not_after,
		.now = now,
		.approvals = rq->approvals };
	struct btz_certificate cert;
	struct btz_ta_info i;
	struct btz_keyblob b;
	enum btz_rc rc = btz_tee_info(st, &i, err);

	if (rc != BTZ_OK)
		return rc;
	if (memcmp(i.root_id, rq->root_id, sizeof(i.root_id)) != 0)
		return BTZ_FAIL(err, BTZ_E_NOENT, "not the root key");
	if (!btz_keyblob_decode(blob, &b) ||
	    memcmp(b.key_id, rq->issuing_id, sizeof(b.key_id)) != 0)
		return BTZ_FAIL(err, BTZ_E_KEY_BLOB, "not the blob of the key");
	memcpy(m.serial, rq->serial, sizeof(m.serial));
	memcpy(m.nonce, rq->nonce, sizeof(m.nonce));
	rc = btz_tee_call(st, BTZ_TA_SIGN_ISSUING, &btz_def_ta_sign_issuing, &m,
	    &btz_def_certificate, &cert, err);
	return begun(st, BTZ_TA_SIGN_ISSUING, rc) ? rc
						  : put(out, cert.der, err);
}

static enum btz_rc
provisioned(struct tee *t, struct btz_ta_info *i, struct btz_err *err)
{
	enum btz_rc rc = btz_tee_info(t, i, err);

	if (rc == BTZ_OK &&
	    (i->root_cert.len == 0 || i->checkpoint_spki.len == 0 ||
		i->state == BTZ_TA_UNPROVISIONED ||
		i->state == BTZ_TA_PROVISIONING))
		return BTZ_FAIL(err, BTZ_E_UNPROVISIONED,
		    "trusted application is %s", btz_tee_state_name(i->state));
	return rc;
}

enum btz_rc
btz_tee_root_cert(void *st, struct btz_wr *out, struct btz_err *err)
{
	struct btz_ta_info i;
	enum btz_rc rc = provisioned(st, &i, err);

	return rc == BTZ_OK ? put(out, i.root_cert, err) : rc;
}

enum btz_rc
btz_tee_approval_nonce(void *st, const struct btz_approval_request *rq,
    struct btz_challenge *out, struct btz_err *err)
{
	return btz_tee_call(st, BTZ_TA_APPROVAL_NONCE,
	    &btz_def_approval_request, rq, &btz_def_challenge, out, err);
}

enum btz_rc
btz_tee_approval_cancel(void *st, const struct btz_approval_ref *rq,
    struct btz_approval_request *out, struct btz_err *err)
{
	return btz_tee_call(st, BTZ_TA_APPROVAL_CANCEL, &btz_def_approval_ref,
	    rq, &btz_def_approval_request, out, err);
}

static uint32_t
approved_command(uint8_t operation)
{
	static const uint16_t commands[] = {
		[BTZ_APPROVE_ROOT_CRL] = BTZ_TA_SIGN_ROOT_CRL,
		[BTZ_APPROVE_ADMIN_SET] = BTZ_TA_ADMIN_SET,
		[BTZ_APPROVE_TIME_SET] = BTZ_TA_TIME_SET,
		[BTZ_APPROVE_RECOVER] = BTZ_TA_RECOVER,
		[BTZ_APPROVE_RESTORE] = 0, /* comes with a file: tee_move.c */
	};

	return operation < BTZ_COUNT(commands) ? commands[operation] : 0;
}

enum btz_rc
btz_tee_approved(void *st, const struct btz_approved *rq, struct btz_wr *out,
    struct btz_err *err)
{
	const uint32_t command = approved_command(rq->operation);
	struct btz_certificate list;
	enum btz_rc rc;

	if (command == 0)
		return BTZ_FAIL(
		    err, BTZ_E_INVAL, "operation %u", rq->operation);
	if (rq->operation != BTZ_APPROVE_ROOT_CRL)
		return btz_tee_call(
		    st, command, &btz_def_approved, rq, NULL, NULL, err);
	rc = btz_tee_call(st, command, &btz_def_approved, rq,
	    &btz_def_certificate, &list, err);
	return begun(st, command, rc) ? rc : put(out, list.der, err);
}

enum btz_rc
btz_tee_checkpoint(void *st, const struct btz_checkpoint *rq, uint64_t *size,
    struct btz_wr *note, struct btz_err *err)
{
	struct btz_checkpoint_ok ok = { .size = 0 };
	enum btz_rc rc = btz_tee_call(st, BTZ_TA_SIGN_CHECKPOINT,
	    &btz_def_checkpoint, rq, &btz_def_checkpoint_ok, &ok, err);

	if (begun(st, BTZ_TA_SIGN_CHECKPOINT, rc))
		return rc;
	*size = ok.size;
	return put(note, ok.note, err);
}

enum btz_rc
btz_tee_end(void *st, uint64_t *size, struct btz_wr *out, struct btz_err *err)
{
	struct tee *t = st;
	const bool note = t->begun == BTZ_TA_SIGN_CHECKPOINT;
	union {
		struct btz_checkpoint_ok cp;
		struct btz_certificate cert;
	} m;
	enum btz_rc rc = btz_tee_call(t, BTZ_TA_TPM_END, NULL, NULL,
	    note ? &btz_def_checkpoint_ok : &btz_def_certificate, &m, err);

	if (rc != BTZ_OK)
		return rc;
	*size = note ? m.cp.size : 0;
	return put(out, note ? m.cp.note : m.cert.der, err);
}

enum btz_rc
btz_tee_provision(void *st, const struct btz_provision *rq,
    struct btz_backend_step *out, struct btz_err *err)
{
	struct btz_ta_step s = { .step = 0 };
	enum btz_rc rc = btz_tee_call(st, BTZ_TA_PROVISION, &btz_def_provision,
	    rq, &btz_def_ta_step, &s, err);

	if (rc != BTZ_OK)
		return rc;
	if (s.ok.len > sizeof(out->ok))
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "answer of PROVISION");
	out->step = (uint16_t)s.step;
	out->steps = (uint16_t)s.steps;
	(void)snprintf(out->what, sizeof(out->what), "%.*s", (int)s.text.len,
	    s.text.len > 0 ? (const char *)s.text.p : "");
	out->done = s.done != 0;
	if (s.ok.len > 0)
		memcpy(out->ok, s.ok.p, s.ok.len);
	out->ok_len = s.ok.len;
	return BTZ_OK;
}

enum btz_rc
btz_tee_identity(void *st, struct btz_wr *out, struct btz_err *err)
{
	struct btz_provision_ok ok;
	struct btz_ta_info i;
	enum btz_rc rc = provisioned(st, &i, err);

	if (rc != BTZ_OK)
		return rc;
	memcpy(ok.instance_id, i.instance_id, sizeof(ok.instance_id));
	memcpy(ok.root_id, i.root_id, sizeof(ok.root_id));
	memcpy(ok.checkpoint_id, i.checkpoint_id, sizeof(ok.checkpoint_id));
	ok.root_cert = i.root_cert;
	ok.checkpoint_spki = i.checkpoint_spki;
	btz_msg_write(&btz_def_provision_ok, &ok, out);
	return btz_wr_ok(out) ? BTZ_OK
			      : BTZ_FAIL(err, BTZ_E_TOOBIG, "identity");
}
