/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tpm.c - the TPM as the TA sees it: one salted session, what is done before
 * it, and what a failure means (secure-world.md, TPM session and objects).
 * Start at ta_tpm_up and ta_tpm_run.
 *
 *   transport or TPM failure   decides nothing: new session, once; then
 *                              tpm-unavailable with a back-off of 1 s to 2 s
 *   false answer (HMAC)        counted, back-off 1 s doubling to 60 s;
 *                              5 in a row: tamper
 *   authenticated answer       all counters zero
 */
#include "ta.h"

#include <string.h>

#include "der/spki.h"
#include "ek.h"
#include "tpm2/spec.h"

#define BACKOFF_DOWN 2u
#define BACKOFF_FALSE 60u

struct btz_span
ta_auth(const struct ta *ta, enum ta_auth which)
{
	return btz_span_of(ta->rec.auth[which], 32);
}

enum btz_rc
ta_tpm_entity(const struct ta_area *pub, uint32_t handle, struct btz_span auth,
    struct btz_tpm_entity *out)
{
	struct btz_tpm_public p;

	memset(out, 0, sizeof(*out));
	if (!btz_tpm_public_parse(ta_area_span(pub), &p))
		return BTZ_E_CORRUPT;
	out->handle = handle;
	out->auth = auth;
	return btz_tpm_name_public(&ta_tpm_crypto, &p, &out->name);
}

enum btz_rc
ta_tpm_nv(const struct ta *ta, bool written, struct btz_tpm_entity *out)
{
	struct btz_tpm_nv nv;

	memset(out, 0, sizeof(*out));
	btz_tpm_tmpl_nv(&nv, ta->rec.nv_index);
	out->handle = ta->rec.nv_index;
	out->auth = ta_auth(ta, TA_AUTH_NV);
	return btz_tpm_name_nv(&ta_tpm_crypto, &nv, written, &out->name);
}

void
ta_tpm_down(struct ta *ta)
{
	if (ta->tpm.crypto != NULL)
		btz_tpm_close(&ta->tpm);
	ta->tpm_up = false;
}

static void
note(struct ta *ta, enum btz_rc rc)
{
	uint32_t most = BACKOFF_DOWN;

	if (rc == BTZ_OK) {
		ta->bad_macs = 0;
		ta->backoff = 0;
		return;
	}
	ta->failures++;
	if (rc == BTZ_E_TPM_AUTH || rc == BTZ_E_TPM_FORMAT) {
		ta->bad_macs++;
		most = BACKOFF_FALSE;
	}
	ta->backoff = ta->backoff == 0 ? 1 : ta->backoff * 2;
	if (ta->backoff > most)
		ta->backoff = most;
	ta->retry_at = ta_port_uptime() + ta->backoff;
}

static bool
is_tpm_failure(enum btz_rc rc)
{
	return rc == BTZ_E_TPM_UNAVAILABLE || rc == BTZ_E_TPM_AUTH ||
	       rc == BTZ_E_TPM_FORMAT || rc == BTZ_E_TPM_TEMPLATE;
}

/* A wrong key at our handle names the state; it proves nothing. */
static enum btz_rc
open_on_primary(struct ta *ta)
{
	struct btz_tpm_public pub, seen;
	struct btz_tpm_entity ours, there = { .handle = TA_H_PRIMARY };
	enum btz_rc rc;

	if (!btz_tpm_public_parse(ta_area_span(&ta->rec.primary_pub), &pub))
		return BTZ_E_CORRUPT;
	rc = ta_tpm_entity(
	    &ta->rec.primary_pub, TA_H_PRIMARY, btz_span_of(NULL, 0), &ours);
	if (rc != BTZ_OK)
		return rc;
	rc = btz_tpm_read_public(&ta->tpm, BTZ_TPM_PLAIN, &there, &seen);
	if (rc == BTZ_E_TPM_UNAVAILABLE &&
	    ta->tpm.tpm_rc == BTZ_TPM_RC_HANDLE_1)
		return BTZ_E_TPM_SWAPPED;
	if (rc != BTZ_OK)
		return rc;
	rc = btz_tpm_name_public(&ta_tpm_crypto, &seen, &there.name);
	if (rc == BTZ_OK && !btz_tpm_name_eq(&ours.name, &there.name))
		return BTZ_E_TPM_SWAPPED;
	if (rc != BTZ_OK)
		return rc;
	return btz_tpm_open(&ta->tpm, TA_H_PRIMARY, &pub);
}

/*
 * First of all the platform hierarchy goes off, so that Linux can neither
 * clear the TPM nor undefine our index; a TPM that was reset has it on again,
 * therefore before every session. The answer is not authentic (it may also be
 * off already): the property read in the session says whether it worked.
 */
static enum btz_rc
prepare(struct ta *ta)
{
	enum btz_rc rc = btz_tpm_platform_off(&ta->tpm, BTZ_TPM_PASSWORD);

	if (rc == BTZ_E_TPM_UNAVAILABLE &&
	    ta->tpm.tpm_rc == BTZ_TPM_RC_INITIALIZE) {
		rc = btz_tpm_startup(&ta->tpm);
		if (rc == BTZ_OK)
			rc = btz_tpm_platform_off(&ta->tpm, BTZ_TPM_PASSWORD);
	}
	if (rc != BTZ_OK && ta->tpm.tpm_rc == 0)
		return rc;
	if (ta_port_tpm_exclusive())
		return btz_tpm_flush_all(&ta->tpm);
	return BTZ_OK;
}

void
ta_tpm_first(struct ta *ta)
{
	if (ta->tpm.crypto == NULL)
		btz_tpm_init(&ta->tpm, &ta_tpm_crypto, ta_port_tpm, NULL);
	ta_tpm_down(ta);
	if (prepare(ta) != BTZ_OK)
		ta->failures++;
}

static enum btz_rc
connect_tpm(struct ta *ta)
{
	uint32_t startup = 0;
	enum btz_rc rc = prepare(ta);

	if (rc == BTZ_OK)
		rc = ta->rec.primary_pub.len > 0 ? open_on_primary(ta)
						 : ta_ek_open(ta);
	if (rc == BTZ_OK)
		rc = btz_tpm_property(
		    &ta->tpm, BTZ_TPM_PT_STARTUP_CLEAR, &startup);
	if (rc == BTZ_OK)
		ta->platform_on = (startup & BTZ_TPM_STARTUP_PH_ENABLE) != 0;
	return rc;
}

enum btz_rc
ta_tpm_up(struct ta *ta)
{
	enum btz_rc rc;

	if (ta->tpm_up && !btz_tpm_session_stale(&ta->tpm.session))
		return BTZ_OK;
	if (ta->backoff > 0 && ta_port_uptime() < ta->retry_at)
		return ta->bad_macs > 0 ? BTZ_E_TPM_AUTH
					: BTZ_E_TPM_UNAVAILABLE;
	ta_tpm_down(ta);
	rc = connect_tpm(ta);
	note(ta, rc);
	ta->tpm_up = rc == BTZ_OK;
	if (rc != BTZ_OK)
		btz_tpm_close(&ta->tpm);
	return rc;
}

bool
ta_tpm_again(struct ta *ta, enum btz_rc rc, int attempt)
{
	if (rc == BTZ_OK)
		note(ta, rc);
	if (!is_tpm_failure(rc))
		return false;
	ta->failures++;
	ta_tpm_down(ta);
	if (rc == BTZ_E_TPM_UNAVAILABLE && attempt == 0)
		return true;
	note(ta, rc);
	return false;
}

enum btz_rc
ta_tpm_run(struct ta *ta, ta_tpm_fn *fn, void *arg)
{
	enum btz_rc rc = ta_tpm_free(ta);

	if (rc != BTZ_OK)
		return rc;
	for (int attempt = 0; attempt < 2; attempt++) {
		rc = ta_tpm_up(ta);
		if (rc != BTZ_OK)
			break;
		rc = fn(ta, arg);
		if (!ta_tpm_again(ta, rc, attempt))
			break;
	}
	ta_state_after_tpm(ta, rc);
	return rc;
}

struct sign_arg {
	struct btz_tpm_entity key;
	const uint8_t *digest;
	struct btz_tpm_out_sign sig;
};

static enum btz_rc
do_sign(struct ta *ta, void *arg)
{
	struct sign_arg *a = arg;

	return btz_tpm_sign(&ta->tpm, &a->key, a->digest, &a->sig);
}

enum btz_rc
ta_tpm_sign(struct ta *ta, const struct ta_area *pub, uint32_t handle,
    enum ta_auth auth, const uint8_t digest[32], struct btz_wr *out)
{
	struct sign_arg a = { .digest = digest };
	uint8_t rs[64];
	enum btz_rc rc = ta_tpm_entity(pub, handle, ta_auth(ta, auth), &a.key);

	if (rc == BTZ_OK)
		rc = ta_tpm_run(ta, do_sign, &a);
	if (rc != BTZ_OK)
		return rc;
	memcpy(rs, a.sig.r, 32);
	memcpy(rs + 32, a.sig.s, 32);
	btz_ecdsa_sig_put(out, rs);
	return btz_wr_ok(out) ? BTZ_OK : BTZ_E_TOOBIG;
}

static enum btz_rc
do_unseal(struct ta *ta, void *arg)
{
	struct btz_tpm_entity primary, sealed;
	struct btz_tpm_public pub;
	struct btz_tpm_in_load in = { .pub = &pub };
	struct btz_tpm_out_data data;
	enum btz_rc rc;

	in.priv = ta_area_span(&ta->rec.sealed_priv);
	if (!btz_tpm_public_parse(ta_area_span(&ta->rec.sealed_pub), &pub))
		return BTZ_E_CORRUPT;
	rc = ta_tpm_entity(&ta->rec.primary_pub, TA_H_PRIMARY,
	    ta_auth(ta, TA_AUTH_PRIMARY), &primary);
	if (rc == BTZ_OK)
		rc = btz_tpm_load(&ta->tpm, &primary, &in,
		    ta_auth(ta, TA_AUTH_SEALED), &sealed);
	if (rc != BTZ_OK)
		return rc;
	rc = btz_tpm_unseal(&ta->tpm, &sealed, &data);
	if (btz_tpm_flush(&ta->tpm, sealed.handle) != BTZ_OK && rc == BTZ_OK)
		rc = BTZ_E_TPM_UNAVAILABLE;
	if (rc == BTZ_OK && data.len != 32)
		rc = BTZ_E_TPM_TEMPLATE;
	if (rc == BTZ_OK)
		memcpy(arg, data.b, 32);
	btz_wipe(&data, sizeof(data));
	return rc;
}

enum btz_rc
ta_tpm_unseal(struct ta *ta, uint8_t master[32])
{
	return ta_tpm_run(ta, do_unseal, master);
}

enum btz_rc
ta_tpm_spki(const struct ta_area *pub, uint8_t buf[91])
{
	struct btz_tpm_public p;
	struct btz_wr wr;
	uint8_t point[65] = { 4 };

	if (!btz_tpm_public_parse(ta_area_span(pub), &p) || p.x_len != 32 ||
	    p.y_len != 32)
		return BTZ_E_CORRUPT;
	memcpy(point + 1, p.x, 32);
	memcpy(point + 33, p.y, 32);
	btz_wr_init(&wr, buf, BTZ_SPKI_P256_LEN);
	btz_spki_put_p256(&wr, point);
	return btz_wr_ok(&wr) && wr.len == BTZ_SPKI_P256_LEN ? BTZ_OK
							     : BTZ_E_INTERNAL;
}
