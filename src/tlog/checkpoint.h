/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checkpoint.h - the text of a checkpoint (C2SP tlog-checkpoint):
 *
 *   origin LF  size, decimal LF  base64(root) LF  [extension line LF ...]
 *
 * The signed form is a note (note.h) with this text.
 */
#ifndef BTZ_TLOG_CHECKPOINT_H
#define BTZ_TLOG_CHECKPOINT_H

#include "tlog/note.h"

struct btz_tlog_checkpoint {
	struct btz_span origin; /* a key name, see btz_note_name_ok */
	struct btz_tlog_head head;
	/* Whole lines, each not empty and with its LF; may be empty. */
	struct btz_span extensions;
};

/* A value that the format does not allow is remembered as failure in wr. */
void btz_tlog_checkpoint_write(
    struct btz_wr *wr, const struct btz_tlog_checkpoint *cp);
/* BTZ_E_INVAL: not of this form. Borrows from text. */
enum btz_rc btz_tlog_checkpoint_parse(
    struct btz_span text, struct btz_tlog_checkpoint *out) BTZ_MUST_CHECK;

#endif
