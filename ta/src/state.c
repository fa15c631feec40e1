/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.c - which state the TA is in, and how it gets there.
 *
 *   start, no record    index or ownerAuth in the TPM   storage-lost
 *                       neither                         unprovisioned
 *   start, record       of a newer TA                   ta-too-old
 *                       cannot be opened, other layout  storage-lost
 *                       not of this TPM's index         storage-rolled-back
 *                       other primary in the TPM        tpm-swapped (*)
 *                       TPM silent or failing           tpm-unavailable (*)
 *                       storage cannot be read (E_IO)   tpm-unavailable (*)
 *                       not finished                    provisioning
 *                       all well                        ready
 *   ready               time goes back                  time-unsure
 *                       TPM fails twice                 tpm-unavailable (*)
 *                       5 false answers in a row        tamper (*)
 *   A TPM that shows another primary, or none, while the key of this boot is in
 *   memory is only tpm-unavailable: what it shows is not authentic.
 *   (*) tried again by itself, after a back-off; the others need a person.
 *   storage-rolled-back ends with RECOVER (op_recover.c), time-unsure also with
 *   TIME_SET (time.c). The way out of each: docs/protocol/ta.md.
 *
 * Which command works in which state is the table in entry.c.
 */
#include "ta.h"

#include <string.h>

#define FALSE_ANSWERS 5u

static enum btz_rc
code_of(enum btz_ta_state s)
{
	switch (s) {
	case BTZ_TA_UNPROVISIONED:
	case BTZ_TA_PROVISIONING:
		return BTZ_E_UNPROVISIONED;
	case BTZ_TA_READY:
		return BTZ_E_STATE;
	case BTZ_TA_TIME_UNSURE:
		return BTZ_E_TIME_UNSURE;
	case BTZ_TA_TPM_UNAVAILABLE:
		return BTZ_E_TPM_UNAVAILABLE;
	case BTZ_TA_TAMPER:
		return BTZ_E_TAMPER;
	case BTZ_TA_TPM_SWAPPED:
		return BTZ_E_TPM_SWAPPED;
	case BTZ_TA_STORAGE_LOST:
		return BTZ_E_STORAGE_LOST;
	case BTZ_TA_STORAGE_ROLLED_BACK:
		return BTZ_E_STORAGE_ROLLED;
	case BTZ_TA_TOO_OLD:
		return BTZ_E_TA_TOO_OLD;
	}
	return BTZ_E_INTERNAL;
}

enum btz_rc
ta_state_allows(const struct ta *ta, uint32_t states)
{
	if ((states & (1u << ta->state)) != 0)
		return BTZ_OK;
	return code_of(ta->state);
}

static void
enter(struct ta *ta, enum btz_ta_state s, enum btz_rc why)
{
	ta->state = s;
	ta->last_rc = why;
	/* In these states no key may be used: the record is not the truth. */
	if (s == BTZ_TA_TPM_SWAPPED || s == BTZ_TA_STORAGE_LOST ||
	    s == BTZ_TA_STORAGE_ROLLED_BACK || s == BTZ_TA_TOO_OLD) {
		ta_keys_close_all(ta);
		btz_wipe(ta->kek, sizeof(ta->kek));
		ta->has_kek = false;
	}
}

void
ta_state_ready(struct ta *ta)
{
	enter(ta, BTZ_TA_READY, BTZ_OK);
}

static void
enter_failed(struct ta *ta, enum btz_rc rc)
{
	if (rc == BTZ_E_STORAGE_ROLLED)
		enter(ta, BTZ_TA_STORAGE_ROLLED_BACK, rc);
	else if (rc == BTZ_E_TPM_SWAPPED && !ta->has_kek)
		enter(ta, BTZ_TA_TPM_SWAPPED, rc);
	else if (rc == BTZ_E_TA_TOO_OLD)
		enter(ta, BTZ_TA_TOO_OLD, rc);
	else if (rc == BTZ_E_CORRUPT || rc == BTZ_E_STORAGE_LOST)
		enter(ta, BTZ_TA_STORAGE_LOST, rc);
	else if (ta->bad_macs >= FALSE_ANSWERS)
		enter(ta, BTZ_TA_TAMPER, BTZ_E_TAMPER);
	else
		enter(ta, BTZ_TA_TPM_UNAVAILABLE, rc);
}

void
ta_state_after_tpm(struct ta *ta, enum btz_rc rc)
{
	const bool settled = ta->state == BTZ_TA_READY ||
			     ta->state == BTZ_TA_TIME_UNSURE;

	if (rc == BTZ_E_STORAGE_ROLLED)
		enter_failed(ta, rc);
	else if (ta->bad_macs >= FALSE_ANSWERS)
		enter(ta, BTZ_TA_TAMPER, BTZ_E_TAMPER);
	else if (settled && !ta->tpm_up && rc != BTZ_OK)
		enter(ta, BTZ_TA_TPM_UNAVAILABLE, rc);
}

/* Without a record: is this TPM somebody's? Plain answers; they only choose
 * between two states in which nothing can be done but PROVISION, which asks
 * again in a session. */
static enum btz_rc
look_for_owner(struct ta *ta, void *arg)
{
	bool *owned = arg;
	struct btz_tpm_entity nv = { .handle = BTZ_TPM_NV_INDEX };
	struct btz_tpm_nv area;
	uint32_t permanent = 0;
	enum btz_rc rc;

	rc = btz_tpm_property(&ta->tpm, BTZ_TPM_PT_PERMANENT, &permanent);
	if (rc != BTZ_OK)
		return rc;
	*owned = (permanent & BTZ_TPM_PERM_OWNER_AUTH) != 0;
	rc = btz_tpm_nv_read_public(&ta->tpm, BTZ_TPM_PLAIN, &nv, &area);
	if (rc == BTZ_OK)
		*owned = true;
	/* A handle that is not there is the usual case. */
	return ta->tpm.tpm_rc == BTZ_TPM_RC_HANDLE_1 ? BTZ_OK : rc;
}

static void
boot_empty(struct ta *ta)
{
	bool owned = false;
	enum btz_rc rc = ta_tpm_run(ta, look_for_owner, &owned);

	if (rc != BTZ_OK)
		enter_failed(ta, rc);
	else if (owned)
		enter(ta, BTZ_TA_STORAGE_LOST, BTZ_E_STORAGE_LOST);
	else
		enter(ta, BTZ_TA_UNPROVISIONED, BTZ_E_UNPROVISIONED);
}

/* A new epoch: the one before was clean if its last act was a commit by
 * STOP. Slots given out after the last commit are skipped. */
static enum btz_rc
new_epoch(struct ta *ta)
{
	ta->rec.epoch++;
	ta->rec.previous_clean = ta->rec.clean;
	if (ta->rec.clean == 0)
		ta->rec.next_slot = ta->rec.reserved_slots;
	ta->rec.clean = 0;
	return ta_store_commit(ta);
}

enum btz_rc
ta_boot_ready(struct ta *ta)
{
	uint8_t master[32];
	enum btz_rc rc = BTZ_OK;

	if (!ta->has_kek) {
		rc = ta_tpm_unseal(ta, master);
		if (rc == BTZ_OK)
			rc = ta_kek_derive(ta, master);
		btz_wipe(master, sizeof(master));
	}
	if (rc == BTZ_OK && ta->rec.t0 != 0)
		rc = ta_time_clock(ta);
	if (rc == BTZ_OK)
		rc = new_epoch(ta);
	/* Without the commit of this epoch nothing would count what the keys
	 * sign: no key of this boot yet, the whole start is tried again. */
	if (rc != BTZ_OK) {
		btz_wipe(ta->kek, sizeof(ta->kek));
		ta->has_kek = false;
	}
	return rc;
}

static void
boot_record(struct ta *ta)
{
	enum btz_rc rc = BTZ_OK;

	if (ta->rec.phase >= TA_PHASE_PRIMARY)
		rc = ta_store_check(ta);
	if (rc == BTZ_OK && ta->rec.phase < TA_PHASE_READY) {
		enter(ta, BTZ_TA_PROVISIONING, BTZ_E_UNPROVISIONED);
		return;
	}
	if (rc == BTZ_OK)
		rc = ta_boot_ready(ta);
	if (rc == BTZ_OK)
		enter(ta, BTZ_TA_READY, BTZ_OK);
	else
		enter_failed(ta, rc);
}

/*
 * At start, and again in tpm-unavailable, tamper and tpm-swapped when the
 * back-off is over. Once the key of this boot is known the record in memory
 * is the truth: then only the session has to come back.
 */
void
ta_boot(struct ta *ta)
{
	enum btz_rc rc;

	if (ta->has_kek) {
		rc = ta_tpm_up(ta);
		if (rc == BTZ_OK)
			enter(ta, BTZ_TA_READY, BTZ_OK);
		else
			enter_failed(ta, rc);
		return;
	}
	ta_tpm_first(ta);
	memset(&ta->rec, 0, sizeof(ta->rec));
	ta->rec.nv_index = BTZ_TPM_NV_INDEX;
	rc = ta_store_load(ta);
	if (rc == BTZ_E_NOENT)
		boot_empty(ta);
	else if (rc != BTZ_OK)
		enter_failed(ta, rc);
	else
		boot_record(ta);
}
