/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_sign_checkpoint.c - the log's new state: the TA checks that it extends
 * the one that it signed last (RFC 6962 2.1.2), writes the note itself, and
 * the checkpoint key in the TPM signs it (C2SP signed-note, type 0x02).
 *
 * Size 0 asks for the size that the proof has to start from: within a boot
 * the last signed one, after a crash the last committed one.
 */
#include <string.h>

#include "der/spki.h"
#include "ta.h"
#include "tlog/b64.h"
#include "tlog/checkpoint.h"
#include "wire/msg_checkpoint.h"

static void
put_hex(struct btz_wr *wr, const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		btz_wr_u8(wr, (uint8_t)digits[p[i] >> 4]);
		btz_wr_u8(wr, (uint8_t)digits[p[i] & 15]);
	}
}

static void
put_str(struct btz_wr *wr, const char *s)
{
	btz_wr_raw(wr, s, strlen(s));
}

/* The epoch of the line is the present one; clean or not says how the one
 * before it ended. */
static void
put_extensions(const struct ta *ta, struct btz_wr *wr)
{
	put_str(wr, "btz-epoch ");
	btz_decimal_write(wr, ta->rec.epoch);
	put_str(wr, ta->rec.previous_clean != 0 ? " clean\n" : " unclean\n");
	for (size_t i = 0; i < ta->rec.n_constrained; i++) {
		const struct ta_constrained *c = &ta->rec.constrained[i];

		put_str(wr, "btz-chain ");
		put_hex(wr, c->id, sizeof(c->id));
		put_str(wr, " ");
		btz_decimal_write(wr, c->count);
		put_str(wr, " ");
		put_hex(wr, c->head, sizeof(c->head));
		put_str(wr, "\n");
	}
}

static enum btz_rc
make_text(
    const struct ta *ta, const struct btz_tlog_head *head, struct btz_wr *text)
{
	uint8_t buf[BTZ_NOTE_MAX];
	struct btz_tlog_checkpoint cp;
	struct btz_wr ext;

	btz_wr_init(&ext, buf, sizeof(buf));
	put_extensions(ta, &ext);
	if (!btz_wr_ok(&ext))
		return BTZ_E_TOOBIG;
	cp.origin = ta_text_span(&ta->rec.origin);
	cp.head = *head;
	cp.extensions = btz_wr_span(&ext);
	btz_tlog_checkpoint_write(text, &cp);
	return btz_wr_ok(text) ? BTZ_OK : BTZ_E_TOOBIG;
}

static enum btz_rc
sign_note(struct ta *ta, struct btz_span text, struct btz_wr *note)
{
	uint8_t spki[BTZ_SPKI_P256_LEN], sig[80], digest[32];
	uint8_t id[BTZ_NOTE_ID_LEN];
	struct btz_span name = ta_text_span(&ta->rec.origin);
	struct btz_wr ws;
	enum btz_rc rc = ta_tpm_spki(&ta->rec.cp_pub, spki);

	btz_wr_init(&ws, sig, sizeof(sig));
	if (rc == BTZ_OK)
		rc = ta_sha256(&text, 1, digest);
	if (rc == BTZ_OK)
		rc = ta_tpm_sign(ta, &ta->rec.cp_pub, TA_H_CHECKPOINT,
		    TA_AUTH_CHECKPOINT, digest, &ws);
	if (rc != BTZ_OK)
		return rc;
	btz_note_key_id(&ta_tlog_hash, name, BTZ_NOTE_ECDSA,
	    btz_span_of(spki, sizeof(spki)), id);
	btz_note_write_text(note, text);
	btz_note_write_sig(note, name, id, btz_wr_span(&ws));
	return btz_wr_ok(note) ? BTZ_OK : BTZ_E_TOOBIG;
}

/* The head is remembered before the TPM sees its digest: Linux carries the
 * TPM's answer and may keep it to itself, so that a failure here may well have
 * made a signature. The same head may be asked for again, no other one of its
 * size. */
static enum btz_rc
sign_head(struct ta *ta, const struct btz_tlog_head *head, struct btz_wr *note)
{
	uint8_t buf[BTZ_NOTE_MAX];
	struct btz_wr text;
	enum btz_rc rc;

	btz_wr_init(&text, buf, sizeof(buf));
	rc = ta_store_touch(ta);
	if (rc == BTZ_OK)
		rc = make_text(ta, head, &text);
	if (rc != BTZ_OK)
		return rc;
	ta->rec.cp_size = head->size;
	memcpy(ta->rec.cp_root, head->root, sizeof(head->root));
	rc = sign_note(ta, btz_wr_span(&text), note);
	if (rc == BTZ_OK &&
	    ta_port_uptime() - ta->committed_at >= TA_COMMIT_SECONDS)
		rc = ta_store_commit(ta);
	return rc;
}

static enum btz_rc
check(const struct ta *ta, const struct btz_checkpoint *req,
    struct btz_tlog_head *head)
{
	struct btz_tlog_head old;

	if (memcmp(req->id, ta->rec.checkpoint_id, sizeof(req->id)) != 0)
		return BTZ_E_NOENT;
	head->size = req->size;
	memcpy(head->root, req->root, sizeof(head->root));
	old.size = ta->rec.cp_size;
	memcpy(old.root, ta->rec.cp_root, sizeof(old.root));
	if (req->size == 0)
		return req->proof.len == 0 ? BTZ_OK : BTZ_E_INVAL;
	return btz_tlog_verify_consistency(
	    &ta_tlog_hash, &old, head, req->proof);
}

enum btz_rc
ta_op_sign_checkpoint(
    struct ta *ta, const void *session, struct btz_span in, struct btz_wr *out)
{
	struct btz_checkpoint req;
	struct btz_checkpoint_ok answer;
	struct btz_tlog_head head;
	uint8_t note[BTZ_NOTE_MAX];
	struct btz_wr wn;
	enum btz_rc rc;

	(void)session;
	if (!btz_msg_decode(&btz_def_checkpoint, in, &req))
		return BTZ_E_PROTO;
	rc = check(ta, &req, &head);
	btz_wr_init(&wn, note, sizeof(note));
	if (rc == BTZ_OK && req.size > 0)
		rc = sign_head(ta, &head, &wn);
	if (rc != BTZ_OK)
		return rc;
	answer.size = ta->rec.cp_size;
	answer.note = btz_wr_span(&wn);
	btz_msg_write(&btz_def_checkpoint_ok, &answer, out);
	return BTZ_OK;
}
