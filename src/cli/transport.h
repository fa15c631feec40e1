/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport.h - the note in which a trusted application names a key that a
 * backup is sealed for, and the sealing; off the box. docs/protocol/backup.md
 */
#ifndef BTZ_CLI_TRANSPORT_H
#define BTZ_CLI_TRANSPORT_H

#include "base/err.h"
#include "wire/msg_backup.h"

struct btz_transport {
	uint8_t point[BTZ_BACKUP_POINT];
	char instance[2 * BTZ_SHA256_LEN + 1];
	struct btz_span weak; /* borrowed from the note */
};

/* Is it meant to be such a note? */
bool btz_transport_is(struct btz_span text);
/* checkpoint: SPKI of the box's checkpoint key. BTZ_E_SIGNATURE: not by it;
 * BTZ_E_INVAL: no such note. */
BTZ_MUST_CHECK enum btz_rc btz_transport_parse(struct btz_span note,
    struct btz_span checkpoint, struct btz_transport *out, struct btz_err *err);
/* Appends the BTZI file of an encoded backup. BTZ_E_KEY_KIND: its key is not
 * plain. */
BTZ_MUST_CHECK enum btz_rc btz_transport_seal(const struct btz_transport *t,
    struct btz_span plain, struct btz_wr *out, struct btz_err *err);

#endif
