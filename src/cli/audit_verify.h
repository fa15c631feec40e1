/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit_verify.h - checks a copy of the audit folder with nothing but its
 * files and a public key: form, sequence and chain of every record, every
 * tile, the root, the signature of the checkpoint. Reads only.
 *
 * Everything found is said one by one with the file and the byte; a finding
 * that only follows from one already said is left out.
 */
#ifndef BTZ_CLI_AUDIT_VERIFY_H
#define BTZ_CLI_AUDIT_VERIFY_H

#include "base/err.h"
#include "wire/cursor.h"

enum btz_finding {
	BTZ_FOUND_WRONG,    /* altered, missing, not signed by this key */
	BTZ_FOUND_UNKNOWN,  /* allowed, but no outcome was recorded (crash) */
	BTZ_FOUND_UNSIGNED, /* records after the last checkpoint */
	BTZ_FOUND_TORN,	    /* bytes of a write that never finished */
	BTZ_FOUND_EPOCH,    /* what the signer admits of its own past */
};

struct btz_verify {
	/* In. spki: of the checkpoint key; empty: checkpoint.pub of the folder,
	 * which proves only that the log agrees with itself. */
	const char *dir;
	struct btz_span spki;
	void (*found)(enum btz_finding what, const char *log, const char *where,
	    const char *text, void *arg);
	void *arg;
	/* Out, summed over all logs of the folder. */
	uint64_t logs, records, signed_records, wrong, unknown, torn;
	char origin[256];
	enum btz_rc first; /* of the first BTZ_FOUND_WRONG */
};

/* BTZ_OK: it could be read, see v->wrong. Else the folder is no audit folder
 * or a file cannot be read. */
BTZ_MUST_CHECK enum btz_rc btz_audit_verify(
    struct btz_verify *v, struct btz_err *err);

const char *btz_finding_name(enum btz_finding what);

#endif
