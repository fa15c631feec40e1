/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_transport.c - a key that a backup is sealed for, made known as a note that
 * the checkpoint key signs: so whoever seals knows that no other key of Linux
 * root's was put in its place. No checkpoint reads like it: a checkpoint's
 * third line is one word (C2SP tlog-checkpoint).
 *
 *   bartizan-transport/1
 *   <origin of the log>
 *   instance <instance_id in hex>
 *   key <point in hex>
 *   weak <what INFO lists as weaker, or none>
 */
#include <string.h>

#include "der/spki.h"
#include "recovery.h"
#include "tlog/note.h"
#include "wire/msg_certify.h"

static void
put_str(struct btz_wr *wr, const char *s)
{
	btz_wr_raw(wr, s, strlen(s));
}

static void
put_hex(struct btz_wr *wr, const char *name, const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	put_str(wr, name);
	for (size_t i = 0; i < n; i++) {
		btz_wr_u8(wr, (uint8_t)digits[p[i] >> 4]);
		btz_wr_u8(wr, (uint8_t)digits[p[i] & 15]);
	}
	put_str(wr, "\n");
}

static enum btz_rc
make_text(
    const struct ta *ta, const struct ta_transport *t, struct btz_wr *text)
{
	struct btz_span origin = ta_text_span(&ta->rec.origin);
	uint8_t instance[32];
	size_t at;
	enum btz_rc rc = ta_instance_id(ta, instance);

	put_str(text, BTZ_TRANSPORT_TITLE "\n");
	btz_wr_raw(text, origin.p, origin.len);
	put_str(text, "\n");
	put_hex(text, "instance ", instance, sizeof(instance));
	put_hex(text, "key ", t->point, sizeof(t->point));
	put_str(text, "weak ");
	at = text->len;
	ta_weaknesses(ta, text);
	if (text->len == at)
		put_str(text, "none");
	put_str(text, "\n");
	if (rc == BTZ_OK && !btz_wr_ok(text))
		rc = BTZ_E_TOOBIG;
	return rc;
}

static enum btz_rc
finish(struct ta *ta, struct btz_span text, struct btz_span sig,
    struct btz_wr *out)
{
	uint8_t spki[BTZ_SPKI_P256_LEN], id[BTZ_NOTE_ID_LEN], buf[BTZ_NOTE_MAX];
	struct btz_span name = ta_text_span(&ta->rec.origin);
	struct btz_certificate answer;
	struct btz_wr note;
	enum btz_rc rc = ta_tpm_spki(&ta->rec.cp_pub, spki);

	if (rc != BTZ_OK)
		return rc;
	btz_note_key_id(&ta_tlog_hash, name, BTZ_NOTE_ECDSA,
	    btz_span_of(spki, sizeof(spki)), id);
	btz_wr_init(&note, buf, sizeof(buf));
	btz_note_write_text(&note, text);
	btz_note_write_sig(&note, name, id, sig);
	if (!btz_wr_ok(&note))
		return BTZ_E_TOOBIG;
	answer.der = btz_wr_span(&note);
	btz_msg_write(&btz_def_certificate, &answer, out);
	return BTZ_OK;
}

enum btz_rc
ta_op_transport(
    struct ta *ta, const void *session, struct btz_span in, struct btz_wr *out)
{
	struct ta_sign_what what = { .pub = &ta->rec.cp_pub,
		.handle = TA_H_CHECKPOINT,
		.auth = TA_AUTH_CHECKPOINT,
		.finish = finish };
	const struct ta_transport *t = NULL;
	uint8_t buf[BTZ_NOTE_MAX];
	struct btz_wr text;
	enum btz_rc rc;

	(void)out;
	if (in.len != 0)
		return BTZ_E_PROTO;
	rc = ta_transport_new(ta, &t);
	btz_wr_init(&text, buf, sizeof(buf));
	if (rc == BTZ_OK)
		rc = make_text(ta, t, &text);
	if (rc != BTZ_OK)
		return rc;
	what.text = btz_wr_span(&text);
	return ta_tpm_sign_begin(ta, session, &what);
}
