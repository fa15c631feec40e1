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
 *   step         after it
 *   TA_SIGN      done, or a commit is due (ta_store_due): pages and record
 *                are stored, then
 *   TA_NV_WRITE  always
 *   TA_NV_READ   the index has the record's digest: done
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
build_sign(struct ta *ta, struct btz_wr *wr)
{
	struct ta_begun *b = &ta->begun;
	struct btz_tpm_entity key;
	const struct btz_tpm_entity *ents[1] = { &key };
	struct btz_tpm_in_sign in;
	enum btz_rc rc = ta_tpm_entity(
	    b->what.pub, b->what.handle, ta_auth(ta, b->what.auth), &key);

	if (rc == BTZ_OK)
		rc = ta_sha256(&b->what.text, 1, in.digest);
	if (rc == BTZ_OK)
		rc = btz_tpm_build(&ta->tpm.session, BTZ_TPM_HMAC, BTZ_TPM_SIGN,
		    ents, &in, &b->call, wr);
	return rc;
}

static enum btz_rc
build_nv(
    struct ta *ta, enum btz_tpm_cmd_id id, const void *in, struct btz_wr *wr)
{
	struct btz_tpm_entity nv;
	const struct btz_tpm_entity *ents[2] = { &nv, &nv };
	enum btz_rc rc = ta_tpm_nv(ta, true, &nv);

	if (rc == BTZ_OK)
		rc = btz_tpm_build(&ta->tpm.session, BTZ_TPM_HMAC, id, ents, in,
		    &ta->begun.call, wr);
	return rc;
}

static enum btz_rc
build_write(struct ta *ta, struct btz_wr *wr)
{
	const struct btz_tpm_in_nv_write in = { .data = btz_span_of(
						    ta->begun.digest, 32) };

	return build_nv(ta, BTZ_TPM_NV_WRITE, &in, wr);
}

static enum btz_rc
build_read(struct ta *ta, struct btz_wr *wr)
{
	const struct btz_tpm_in_nv_read in = { .len = 32 };

	return build_nv(ta, BTZ_TPM_NV_READ, &in, wr);
}

static enum btz_rc
parse_sign(struct ta *ta, uint8_t *resp, size_t len)
{
	struct ta_begun *b = &ta->begun;
	struct btz_tpm_out_sign sig;
	uint8_t rs[64];
	struct btz_wr wr;
	enum btz_rc rc = btz_tpm_parse(
	    &ta->tpm.session, &b->call, resp, len, &sig);

	if (rc != BTZ_OK)
		return rc;
	memcpy(rs, sig.r, 32);
	memcpy(rs + 32, sig.s, 32);
	btz_wr_init(&wr, b->sig, sizeof(b->sig));
	btz_ecdsa_sig_put(&wr, rs);
	b->sig_len = wr.len;
	return btz_wr_ok(&wr) ? BTZ_OK : BTZ_E_TOOBIG;
}

static enum btz_rc
parse_write(struct ta *ta, uint8_t *resp, size_t len)
{
	return btz_tpm_parse(
	    &ta->tpm.session, &ta->begun.call, resp, len, NULL);
}

static enum btz_rc
parse_read(struct ta *ta, uint8_t *resp, size_t len)
{
	struct ta_begun *b = &ta->begun;
	struct btz_tpm_out_data data;
	enum btz_rc rc = btz_tpm_parse(
	    &ta->tpm.session, &b->call, resp, len, &data);

	if (rc == BTZ_OK && data.len != sizeof(b->seen))
		rc = BTZ_E_TPM_FORMAT;
	if (rc == BTZ_OK)
		memcpy(b->seen, data.b, sizeof(b->seen));
	return rc;
}

static const struct {
	enum btz_rc (*build)(struct ta *ta, struct btz_wr *wr);
	enum btz_rc (*parse)(struct ta *ta, uint8_t *resp, size_t len);
} steps[] = {
	[TA_SIGN] = { build_sign, parse_sign },
	[TA_NV_WRITE] = { build_write, parse_write },
	[TA_NV_READ] = { build_read, parse_read },
};

static enum btz_rc
submit(struct ta *ta)
{
	struct ta_begun *b = &ta->begun;
	struct btz_wr wr;
	enum btz_rc rc;

	btz_wr_init(&wr, ta->tpm.cmd, sizeof(ta->tpm.cmd));
	rc = steps[b->step].build(ta, &wr);
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
take(struct ta *ta, bool wait)
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
	rc = steps[b->step].parse(ta, ta->tpm.resp, len);
	ta->tpm.tpm_rc = b->call.tpm_rc;
	ta->tpm.why = b->call.why;
	return rc;
}

/* Nobody asks for it any more: only the session has to go on. After NV_Write
 * the index is unsure, which the next commit settles. */
static enum btz_rc
take_for_nobody(struct ta *ta, bool wait)
{
	enum btz_rc rc = take(ta, wait);

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

/* BTZ_OK: that was all. */
static enum btz_rc
next(struct ta *ta)
{
	struct ta_begun *b = &ta->begun;
	enum btz_rc rc = BTZ_OK;

	switch (b->step) {
	case TA_SIGN:
		if (!ta_store_due(ta))
			return BTZ_OK;
		rc = ta_store_prepare(ta, b->digest);
		b->step = TA_NV_WRITE;
		break;
	case TA_NV_WRITE:
		b->step = TA_NV_READ;
		break;
	case TA_NV_READ:
		return ta_store_done(ta, b->digest, b->seen);
	}
	b->attempt = 0;
	return rc == BTZ_OK ? start(ta) : rc;
}

enum btz_rc
ta_op_tpm_end(
    struct ta *ta, const void *session, struct btz_span in, struct btz_wr *out)
{
	struct ta_begun *b = &ta->begun;
	enum btz_rc rc;

	if (in.len != 0)
		return BTZ_E_PROTO;
	if (!b->on || b->session != session)
		return BTZ_E_STATE;
	rc = take(ta, false);
	if (rc == BTZ_E_PENDING)
		return rc;
	if (ta_tpm_again(ta, rc, b->attempt)) {
		b->attempt++;
		return start(ta);
	}
	if (rc == BTZ_OK)
		rc = next(ta);
	if (rc == BTZ_E_PENDING)
		return rc;
	ta_state_after_tpm(ta, rc);
	if (rc == BTZ_OK)
		rc = b->what.finish(
		    ta, b->what.text, btz_span_of(b->sig, b->sig_len), out);
	clear(ta);
	return rc;
}
