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
	if (ta->rec.recoveries > 0) {
		put_str(wr, "btz-recovery ");
		btz_decimal_write(wr, ta->rec.recoveries);
		put_str(wr, "\n");
	}
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
put_answer(const struct ta *ta, struct btz_span note, struct btz_wr *out)
{
	struct btz_checkpoint_ok answer = { .size = ta->rec.cp_size,
		.note = note };

	btz_msg_write(&btz_def_checkpoint_ok, &answer, out);
	return BTZ_OK;
}

/* No other head can have come in between: that needs the TPM. */
static enum btz_rc
finish(struct ta *ta, struct btz_span text, struct btz_span sig,
    struct btz_wr *out)
{
	uint8_t spki[BTZ_SPKI_P256_LEN], id[BTZ_NOTE_ID_LEN], buf[BTZ_NOTE_MAX];
	struct btz_span name = ta_text_span(&ta->rec.origin);
	struct btz_wr note;
	enum btz_rc rc = ta_tpm_spki(&ta->rec.cp_pub, spki);

	if (rc != BTZ_OK)
		return rc;
	btz_note_key_id(&ta_tlog_hash, name, BTZ_NOTE_ECDSA,
	    btz_span_of(spki, sizeof(spki)), id);
	btz_wr_init(&note, buf, sizeof(buf));
	btz_note_write_text(&note, text);
	btz_note_write_sig(&note, name, id, sig);
	return btz_wr_ok(&note) ? put_answer(ta, btz_wr_span(&note), out)
				: BTZ_E_TOOBIG;
}

/* The head is remembered before the TPM sees its digest: Linux carries the
 * TPM's answer and may keep it to itself, so that a failure here may well have
 * made a signature. The same head may be asked for again, no other one of its
 * size. */
static enum btz_rc
sign_head(struct ta *ta, const void *session, const struct btz_tlog_head *head)
{
	struct ta_sign_what what = { .pub = &ta->rec.cp_pub,
		.handle = TA_H_CHECKPOINT,
		.auth = TA_AUTH_CHECKPOINT,
		.finish = finish };
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
	what.text = btz_wr_span(&text);
	return ta_tpm_sign_begin(ta, session, &what);
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
	struct btz_tlog_head head;
	enum btz_rc rc;

	if (!btz_msg_decode(&btz_def_checkpoint, in, &req))
		return BTZ_E_PROTO;
	rc = check(ta, &req, &head);
	if (rc != BTZ_OK)
		return rc;
	if (req.size == 0)
		return put_answer(ta, btz_span_of(NULL, 0), out);
	return sign_head(ta, session, &head);
}
