/* SPDX-License-Identifier: Apache-2.0 */
/*
 * note.h - signed notes (C2SP signed-note): a text, an empty line, signatures.
 *
 *   <text, ends with LF>
 *   LF
 *   U+2014 SP <key name> SP base64(key id[4] || signature) LF     (1 or more)
 *
 * The signed bytes are the text with its final LF. Freestanding: hashing and
 * verification through functions that the caller passes in. Parsed spans
 * borrow from the input. Start reading at btz_note_parse.
 */
#ifndef BTZ_TLOG_NOTE_H
#define BTZ_TLOG_NOTE_H

#include "tlog/merkle.h"

#define BTZ_NOTE_SIGS_MAX 16u
#define BTZ_NOTE_NAME_MAX 253u
#define BTZ_NOTE_SIG_MAX 1024u /* key id and signature, decoded */
#define BTZ_NOTE_ID_LEN 4u

enum btz_note_type { /* signature types of the specification */
	BTZ_NOTE_ED25519 = 0x01,
	BTZ_NOTE_ECDSA = 0x02, /* SHA-256, DER ECDSA-Sig-Value, key as SPKI */
	BTZ_NOTE_COSIGNATURE = 0x04,
};

struct btz_note_sig {
	struct btz_span name;
	uint8_t id[BTZ_NOTE_ID_LEN];
	struct btz_span b64; /* encoded key id and signature */
};

struct btz_note {
	struct btz_span text; /* what is signed */
	size_t n;
	struct btz_note_sig sig[BTZ_NOTE_SIGS_MAX];
};

/* BTZ_E_INVAL: not of this form, or more than BTZ_NOTE_SIGS_MAX signatures. */
enum btz_rc btz_note_parse(
    struct btz_span in, struct btz_note *out) BTZ_MUST_CHECK;
/* The signature without the key id, into buf[BTZ_NOTE_SIG_MAX]. */
bool btz_note_sig_bytes(const struct btz_note_sig *sig,
    uint8_t buf[BTZ_NOTE_SIG_MAX], struct btz_span *out) BTZ_MUST_CHECK;

struct btz_note_verifier {
	struct btz_span name;
	uint8_t id[BTZ_NOTE_ID_LEN];
	enum btz_rc (*verify)(
	    void *ctx, struct btz_span text, struct btz_span sig);
	void *ctx;
};

/*
 * Lines of unknown keys are passed over; one line of a known key that does not
 * verify, or none that does, is BTZ_E_SIGNATURE.
 */
enum btz_rc btz_note_verify(const struct btz_note *note,
    const struct btz_note_verifier *known, size_t n) BTZ_MUST_CHECK;

/* Not empty, UTF-8, no space of Unicode, no control character, no '+'. */
bool btz_note_name_ok(struct btz_span name) BTZ_MUST_CHECK;
/* Not empty, UTF-8, no control bytes but LF, ends with LF. */
bool btz_note_text_ok(struct btz_span text) BTZ_MUST_CHECK;

/*
 * First bytes of SHA-256(name || LF || type || pub); for BTZ_NOTE_ECDSA of
 * SHA-256(SubjectPublicKeyInfo) alone.
 */
void btz_note_key_id(const struct btz_tlog_hash *h, struct btz_span name,
    enum btz_note_type type, struct btz_span pub, uint8_t id[BTZ_NOTE_ID_LEN]);

/* Text and the empty line; then one btz_note_write_sig per signature. */
void btz_note_write_text(struct btz_wr *wr, struct btz_span text);
void btz_note_write_sig(struct btz_wr *wr, struct btz_span name,
    const uint8_t id[BTZ_NOTE_ID_LEN], struct btz_span sig);

/* "<name>+<key id, hex>+<base64 of type and key>", how keys are handed out. */
void btz_note_write_vkey(const struct btz_tlog_hash *h, struct btz_wr *wr,
    struct btz_span name, enum btz_note_type type, struct btz_span pub);

struct btz_note_vkey {
	struct btz_span name; /* borrowed from the text */
	uint8_t id[BTZ_NOTE_ID_LEN];
	uint8_t type;
	struct btz_span pub; /* in buf */
	uint8_t buf[BTZ_NOTE_SIG_MAX];
};
/* BTZ_E_INVAL: malformed, or the key id is not that of the key. */
enum btz_rc btz_note_parse_vkey(const struct btz_tlog_hash *h,
    struct btz_span text, struct btz_note_vkey *out) BTZ_MUST_CHECK;

#endif
