/* SPDX-License-Identifier: Apache-2.0 */
/* op_info.c - what the TA is, holds and admits; works in every state. */
#include <string.h>

#include "approval.h"
#include "der/spki.h"

static void
say(struct btz_wr *wr, const char *text)
{
	if (wr->len > 0 && wr->buf[wr->len - 1] != ',' &&
	    wr->buf[wr->len - 1] != ' ')
		btz_wr_u8(wr, ',');
	btz_wr_raw(wr, text, strlen(text));
}

void
ta_weaknesses(const struct ta *ta, struct btz_wr *wr)
{
	ta_port_weaknesses(wr);
	if (ta->rec.ek_state != TA_EK_CHECKED)
		say(wr, ta->rec.ek_state == TA_EK_TEST_ROOT ? "test-ek-root"
							    : "ek: unchecked");
	if (ta->rec.t0 == 0)
		say(wr, "time: unsigned");
	if (ta->rec.admins.k == 0)
		say(wr, "root-approval: local");
	if (ta->tpm_up && ta->platform_on)
		say(wr, "platform-hierarchy: on");
	if (ta->has_record && ta->rec.phase == TA_PHASE_READY &&
	    ta->rec.epoch > 1 && ta->rec.previous_clean == 0)
		say(wr, "epoch: unclean");
}

static void
fill_record(const struct ta *ta, struct btz_ta_info *m, uint8_t spki[91])
{
	const struct ta_record *r = &ta->rec;

	m->epoch = r->epoch;
	m->previous_clean = r->previous_clean;
	m->trust_domain = ta_text_span(&r->trust_domain);
	m->box = ta_text_span(&r->box);
	m->origin = ta_text_span(&r->origin);
	memcpy(m->root_id, r->root_id, sizeof(m->root_id));
	memcpy(m->checkpoint_id, r->checkpoint_id, sizeof(m->checkpoint_id));
	m->root_cert = btz_span_of(r->root_cert, r->root_cert_len);
	m->checkpoint_size = r->cp_size;
	memcpy(m->checkpoint_root, r->cp_root, sizeof(m->checkpoint_root));
	if (r->cp_pub.len > 0 && ta_tpm_spki(&r->cp_pub, spki) == BTZ_OK)
		m->checkpoint_spki = btz_span_of(spki, BTZ_SPKI_P256_LEN);
	m->slots_used = ta_slots_used(ta);
	m->constrained_keys = r->n_constrained;
	m->recoveries = r->recoveries;
	m->t0 = r->t0;
	m->last_time = r->last_time;
}

enum btz_rc
ta_op_info(
    struct ta *ta, const void *session, struct btz_span in, struct btz_wr *out)
{
	struct btz_ta_info m;
	uint8_t weak[256], admins[2 * BTZ_ADMINS_BYTES];
	uint8_t tee[128], spki[BTZ_SPKI_P256_LEN];
	struct btz_wr wr, name, wa;
	enum btz_rc rc = BTZ_OK;

	(void)session;
	if (in.len != 0)
		return BTZ_E_PROTO;
	memset(&m, 0, sizeof(m));
	btz_wr_init(&wr, weak, sizeof(weak));
	ta_weaknesses(ta, &wr);
	m.abi = BTZ_TA_ABI;
	m.ta_version = TA_VERSION;
	m.state = (uint8_t)ta->state;
	m.last_rc = ta->last_rc;
	m.weaknesses = btz_wr_span(&wr);
	btz_wr_init(&name, tee, sizeof(tee));
	ta_port_implementation(&name);
	m.implementation = btz_wr_span(&name);
	m.uncommitted = ta->uncommitted;
	m.tpm_failures = ta->failures;
	btz_wr_init(&wa, admins, sizeof(admins));
	if (ta->has_record) {
		fill_record(ta, &m, spki);
		ta_admins_put(ta, &wa);
		m.admins = btz_wr_span(&wa);
		rc = ta_instance_id(ta, m.instance_id);
	}
	/* What RECOVER has to name; a TPM that is silent leaves them out. */
	if (ta->state == BTZ_TA_STORAGE_ROLLED_BACK &&
	    ta_store_digests(ta, m.record_digest, m.index_digest) != BTZ_OK)
		memset(m.index_digest, 0, sizeof(m.index_digest));
	if (rc == BTZ_OK)
		btz_msg_write(&btz_def_ta_info, &m, out);
	return rc;
}
