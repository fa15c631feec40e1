/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_provision.c - the box gets its identity, one step a call: the table of
 * steps below is the order of secure-world.md (Start-up and provisioning).
 *
 * The phase in the record says which step is next. A step may have been done
 * before without being recorded (a kill in between): each looks first, or can
 * be repeated without harm. Authorization values are in the record before the
 * TPM hears of them.
 */
#include "ta.h"

#include <string.h>

#include "approval.h"
#include "der/spki.h"
#include "provision.h"
#include "wire/msg_provision.h"
#include "wire/name.h"

#define LATEST 253402300799u /* 9999-12-31: X.509 has no later time */

static const struct {
	const char *text;
	enum btz_rc (*fn)(struct ta *ta, const struct btz_provision *req);
} steps[] = {
	[TA_PHASE_NONE] = { "check the TPM, draw the secrets",
	    ta_prov_secrets },
	[TA_PHASE_SRK] = { "storage key for Linux", ta_prov_srk },
	[TA_PHASE_NV] = { "index for the digest of the record", ta_prov_nv },
	[TA_PHASE_PRIMARY] = { "primary key", ta_prov_primary },
	[TA_PHASE_SEAL] = { "seal the master secret", ta_prov_seal },
	[TA_PHASE_ROOT_KEY] = { "create the root key", ta_prov_root_key },
	[TA_PHASE_ROOT_PERSIST] = { "keep the root key", ta_prov_root_persist },
	[TA_PHASE_CP_KEY] = { "create the checkpoint key", ta_prov_cp_key },
	[TA_PHASE_CP_PERSIST] = { "keep the checkpoint key",
	    ta_prov_cp_persist },
	[TA_PHASE_AUTHS] = { "owner and lockout authorization", ta_prov_auths },
	[TA_PHASE_CLEAR] = { "forbid TPM2_Clear", ta_prov_clear },
	[TA_PHASE_ROOT_CERT] = { "self-sign the root certificate",
	    ta_prov_root_cert },
	[TA_PHASE_FINISH] = { "commit", ta_prov_finish },
};

/* SHA-256(EK Name || primary Name || administrators' digest); a part that
 * there is not (yet) is empty. */
enum btz_rc
ta_instance_id(const struct ta *ta, uint8_t out[32])
{
	struct btz_tpm_entity primary;
	uint8_t admins[32];
	struct btz_span parts[3];
	enum btz_rc rc;

	memset(out, 0, 32);
	if (ta->rec.primary_pub.len == 0)
		return BTZ_OK;
	rc = ta_tpm_entity(
	    &ta->rec.primary_pub, TA_H_PRIMARY, btz_span_of(NULL, 0), &primary);
	if (rc == BTZ_OK)
		rc = ta_admins_digest(ta, admins);
	if (rc != BTZ_OK)
		return rc;
	parts[0] = btz_span_of(ta->rec.ek_name.b, ta->rec.ek_name.len);
	parts[1] = btz_span_of(primary.name.b, primary.name.len);
	parts[2] = btz_span_of(admins, ta->rec.admins.k > 0 ? 32 : 0);
	return ta_sha256(parts, 3, out);
}

static enum btz_rc
put_ok(struct ta *ta, struct btz_wr *wr)
{
	struct btz_provision_ok ok;
	uint8_t spki[BTZ_SPKI_P256_LEN];
	enum btz_rc rc;

	memset(&ok, 0, sizeof(ok));
	rc = ta_instance_id(ta, ok.instance_id);
	if (rc == BTZ_OK)
		rc = ta_tpm_spki(&ta->rec.cp_pub, spki);
	if (rc != BTZ_OK)
		return rc;
	memcpy(ok.root_id, ta->rec.root_id, sizeof(ok.root_id));
	memcpy(
	    ok.checkpoint_id, ta->rec.checkpoint_id, sizeof(ok.checkpoint_id));
	ok.root_cert = btz_span_of(ta->rec.root_cert, ta->rec.root_cert_len);
	ok.checkpoint_spki = btz_span_of(spki, sizeof(spki));
	btz_msg_write(&btz_def_provision_ok, &ok, wr);
	return btz_wr_ok(wr) ? BTZ_OK : BTZ_E_TOOBIG;
}

static enum btz_rc
answer(struct ta *ta, size_t done_step, const char *text, struct btz_wr *out)
{
	const uint32_t n = (uint32_t)BTZ_COUNT(steps);
	uint8_t buf[TA_ROOT_CERT_MAX + 512];
	struct btz_ta_step msg;
	struct btz_wr wr;
	enum btz_rc rc = BTZ_OK;

	memset(&msg, 0, sizeof(msg));
	btz_wr_init(&wr, buf, sizeof(buf));
	msg.step = (uint32_t)done_step;
	msg.steps = n;
	msg.text = btz_span_str(text);
	msg.done = ta->rec.phase == TA_PHASE_READY ? 1 : 0;
	if (msg.done != 0) {
		rc = put_ok(ta, &wr);
		msg.ok = btz_wr_span(&wr);
	}
	if (rc == BTZ_OK)
		btz_msg_write(&btz_def_ta_step, &msg, out);
	return rc;
}

static bool
same_box(const struct ta *ta, const struct btz_provision *req)
{
	return btz_span_eq(
		   ta_text_span(&ta->rec.trust_domain), req->trust_domain) &&
	       btz_span_eq(ta_text_span(&ta->rec.box), req->box) &&
	       btz_span_eq(ta_text_span(&ta->rec.origin), req->origin);
}

static enum btz_rc
check_request(const struct ta *ta, const struct btz_provision *req)
{
	struct ta_admins admins;

	if (ta->rec.phase != TA_PHASE_NONE)
		return same_box(ta, req) ? BTZ_OK : BTZ_E_PROVISIONED;
	if (!btz_domain_ok(req->trust_domain) || !btz_name_ok(req->box) ||
	    !btz_note_name_ok(req->origin))
		return BTZ_E_NAME;
	if (req->root_not_after <= req->now || req->root_not_after > LATEST)
		return BTZ_E_RANGE;
	return req->admins.len > 0 ? ta_admins_parse(req->admins, &admins)
				   : BTZ_OK;
}

/* What was recorded stays when a step fails. */
static enum btz_rc
step(struct ta *ta, const struct btz_provision *req)
{
	const uint8_t phase = ta->rec.phase;
	enum btz_rc rc = steps[phase].fn(ta, req);

	if (rc == BTZ_OK) {
		ta->rec.phase = (uint8_t)(phase + 1);
		rc = ta_store_commit(ta);
	}
	if (rc != BTZ_OK && ta->rec.phase != phase) {
		/* The record may be stored or not: read what is there. */
		btz_wipe(ta->kek, sizeof(ta->kek));
		ta->has_kek = false;
		ta_boot(ta);
	}
	return rc;
}

enum btz_rc
ta_op_provision(
    struct ta *ta, const void *session, struct btz_span in, struct btz_wr *out)
{
	struct btz_provision req;
	size_t phase = ta->rec.phase;
	enum btz_rc rc;

	(void)session;
	if (!btz_msg_decode(&btz_def_provision, in, &req))
		return BTZ_E_PROTO;
	rc = check_request(ta, &req);
	if (rc != BTZ_OK)
		return rc;
	if (phase == TA_PHASE_READY)
		return answer(ta, BTZ_COUNT(steps), "done before", out);
	rc = step(ta, &req);
	if (rc != BTZ_OK)
		return rc;
	ta->state = ta->rec.phase == TA_PHASE_READY ? BTZ_TA_READY
						    : BTZ_TA_PROVISIONING;
	ta->last_rc = ta->state == BTZ_TA_READY ? BTZ_OK : BTZ_E_UNPROVISIONED;
	return answer(ta, phase + 1, steps[phase].text, out);
}
