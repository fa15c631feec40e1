/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_tpm_end.c - signatures by TPM keys in two calls, so that a TPM that takes
 * half a second holds up nobody who does not need it (docs/decisions/0011).
 *
 * The command of the operation does everything that is to be checked, counted
 * and committed, then calls ta_tpm_sign_begin and answers BTZ_E_PENDING;
 * TPM_END of the same session takes the TPM's answer and gives the
 * operation's. One at a time. Meanwhile ta_tpm_free refuses whatever needs the
 * TPM with BTZ_E_AGAIN, before anything of it is done.
 *
 * Which answer belongs to the command the session decides (tpm2/session.h,
 * WAIT): another one, an old one or none is a lost session, and the command is
 * built again in a new one, once.
 */
#include "ta.h"

#include <string.h>

#include "der/spki.h"

static void
clear(struct ta *ta)
{
	struct ta_begun *b = &ta->begun;

	TEE_Free(b->text);
	btz_wipe(b, sizeof(*b));
}

static enum btz_rc
submit(struct ta *ta)
{
	struct ta_begun *b = &ta->begun;
	struct btz_tpm_entity key;
	const struct btz_tpm_entity *ents[1] = { &key };
	struct btz_tpm_in_sign in;
	struct btz_wr wr;
	enum btz_rc rc = ta_tpm_entity(
	    b->what.pub, b->what.handle, ta_auth(ta, b->what.auth), &key);

	btz_wr_init(&wr, ta->tpm.cmd, sizeof(ta->tpm.cmd));
	if (rc == BTZ_OK)
		rc = ta_sha256(&b->what.text, 1, in.digest);
	if (rc == BTZ_OK)
		rc = btz_tpm_build(&ta->tpm.session, BTZ_TPM_HMAC, BTZ_TPM_SIGN,
		    ents, &in, &b->call, &wr);
	if (rc != BTZ_OK)
		return rc;
	if (ta_port_tpm_submit(wr.buf, wr.len) == BTZ_OK)
		return BTZ_OK;
	btz_tpm_drop(&ta->tpm.session, &b->call);
	return BTZ_E_TPM_UNAVAILABLE;
}

/* BTZ_E_PENDING, or what ended it. */
static enum btz_rc
start(struct ta *ta)
{
	struct ta_begun *b = &ta->begun;
	enum btz_rc rc = BTZ_E_TPM_UNAVAILABLE;

	for (; b->attempt < 2; b->attempt++) {
		rc = ta_tpm_up(ta);
		if (rc != BTZ_OK)
			break;
		rc = submit(ta);
		b->on = rc == BTZ_OK;
		if (b->on)
			return BTZ_E_PENDING;
		if (!ta_tpm_again(ta, rc, b->attempt))
			break;
	}
	ta_state_after_tpm(ta, rc);
	clear(ta);
	return rc;
}

enum btz_rc
ta_tpm_sign_begin(
    struct ta *ta, const void *session, const struct ta_sign_what *what)
{
	struct ta_begun *b = &ta->begun;
	enum btz_rc rc = ta_tpm_free(ta);

	if (rc != BTZ_OK)
		return rc;
	memset(b, 0, sizeof(*b));
	b->text = TEE_Malloc(what->text.len + 1, 0);
	if (b->text == NULL)
		return BTZ_E_NOMEM;
	if (what->text.len > 0)
		memcpy(b->text, what->text.p, what->text.len);
	b->what = *what;
	b->what.text.p = b->text;
	b->session = session;
	return start(ta);
}

static enum btz_rc
take(struct ta *ta, bool wait, struct btz_tpm_out_sign *sig)
{
	struct ta_begun *b = &ta->begun;
	size_t len;
	enum btz_rc rc = ta_port_tpm_collect(
	    wait, ta->tpm.resp, sizeof(ta->tpm.resp), &len);

	if (rc == BTZ_E_PENDING)
		return rc;
	b->on = false;
	if (rc != BTZ_OK) {
		btz_tpm_drop(&ta->tpm.session, &b->call);
		return BTZ_E_TPM_UNAVAILABLE;
	}
	rc = btz_tpm_parse(&ta->tpm.session, &b->call, ta->tpm.resp, len, sig);
	ta->tpm.tpm_rc = b->call.tpm_rc;
	ta->tpm.why = b->call.why;
	return rc;
}

/* Nobody asks for it any more: only the session has to go on. */
static enum btz_rc
take_for_nobody(struct ta *ta, bool wait)
{
	struct btz_tpm_out_sign sig;
	enum btz_rc rc = take(ta, wait, &sig);

	if (rc == BTZ_E_PENDING)
		return BTZ_E_AGAIN;
	if (!ta_tpm_again(ta, rc, 0))
		ta_state_after_tpm(ta, rc);
	clear(ta);
	return BTZ_OK;
}

enum btz_rc
ta_tpm_free(struct ta *ta)
{
	if (!ta->begun.on)
		return BTZ_OK;
	return ta->begun.session == NULL ? take_for_nobody(ta, false)
					 : BTZ_E_AGAIN;
}

void
ta_tpm_wait(struct ta *ta)
{
	if (ta->begun.on && take_for_nobody(ta, true) != BTZ_OK)
		ta_tpm_forget(ta);
}

void
ta_tpm_orphan(struct ta *ta, const void *session)
{
	if (ta->begun.session == session)
		ta->begun.session = NULL;
}

void
ta_tpm_forget(struct ta *ta)
{
	if (ta->begun.on)
		btz_tpm_drop(&ta->tpm.session, &ta->begun.call);
	clear(ta);
}

static enum btz_rc
finish(struct ta *ta, const struct btz_tpm_out_sign *s, struct btz_wr *out)
{
	const struct ta_sign_what *w = &ta->begun.what;
	uint8_t rs[64], sig[80];
	struct btz_wr ws;

	memcpy(rs, s->r, 32);
	memcpy(rs + 32, s->s, 32);
	btz_wr_init(&ws, sig, sizeof(sig));
	btz_ecdsa_sig_put(&ws, rs);
	return btz_wr_ok(&ws) ? w->finish(ta, w->text, btz_wr_span(&ws), out)
			      : BTZ_E_TOOBIG;
}

enum btz_rc
ta_op_tpm_end(
    struct ta *ta, const void *session, struct btz_span in, struct btz_wr *out)
{
	struct ta_begun *b = &ta->begun;
	struct btz_tpm_out_sign sig;
	enum btz_rc rc;

	if (in.len != 0)
		return BTZ_E_PROTO;
	if (!b->on || b->session != session)
		return BTZ_E_STATE;
	rc = take(ta, false, &sig);
	if (rc == BTZ_E_PENDING)
		return rc;
	if (ta_tpm_again(ta, rc, b->attempt)) {
		b->attempt++;
		return start(ta);
	}
	ta_state_after_tpm(ta, rc);
	if (rc == BTZ_OK)
		rc = finish(ta, &sig, out);
	clear(ta);
	return rc;
}
