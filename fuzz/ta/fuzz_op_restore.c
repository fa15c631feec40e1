/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_op_restore.c - what was sealed for a transport key, as RESTORE looks at
 * it: input is the plain content, described as it is. Nobody approved, so that
 * nothing is restored and every slot is given back. op_restore.c is included
 * for its static function.
 */
#include <stdio.h>
#include <stdlib.h>

#include "hostkit.h"
/* The TA's own copy is linked too. */
#define ta_op_restore fuzz_own_op_restore
#include "src/op_restore.c" /* NOLINT */

static struct ta ta;

int LLVMFuzzerInitialize(int *argc, char ***argv);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static char dir[] = "/tmp/btz-fuzz-ta-XXXXXX";
	const struct btz_hostkit_conf conf = { .dir = dir,
		.tpm = "unix:/nonexistent/tpm" };

	(void)argc, (void)argv;
	if (mkdtemp(dir) == NULL || !btz_hostkit_open(&conf))
		abort();
	btz_hostkit_fail_storage_after(0);
	btz_hostkit_fail_tpm_after(0);
	ta.state = BTZ_TA_READY;
	ta.has_record = ta.has_kek = true;
	ta.rec.phase = TA_PHASE_READY;
	for (size_t i = 0; i < 64; i++)
		ta.slots[i] = 1;
	ta.rec.reserved_slots = 64;
	ta.rec.next_slot = 8;
	/* Somebody would have to approve; BACKUPABLE may be asked for. */
	ta.rec.admins.k = ta.rec.admins.n = 1;
	ta.rec.admins.recovery.len = 1;
	return 0;
}

/* The description that goes with it. */
static struct btz_span
what_of(struct btz_span plain, uint8_t *buf, size_t cap)
{
	struct btz_restore_what what;
	struct btz_backup b;
	struct btz_wr wr;

	btz_wr_init(&wr, buf, cap);
	if (btz_msg_decode(&btz_def_backup, plain, &b) &&
	    btz_restore_describe(&b, sha256, &what))
		btz_msg_write(&btz_def_restore_what, &what, &wr);
	return btz_wr_span(&wr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t blobs[BTZ_LIST_MAX], answer[BTZ_TA_ANSWER_MAX];
	static struct taken slots[BTZ_VERSIONS_MAX];
	const struct btz_span plain = btz_span_of(data, size);
	uint8_t what[BTZ_TRANSPORT_WHAT_MAX], request[1024];
	struct btz_approve_restore m = { .what = what_of(
					     plain, what, sizeof(what)) };
	struct btz_transport_file f = { .what = m.what };
	struct btz_ta_restore req = { .file = plain };
	struct restoring r = { .ta = &ta, .slots = slots };
	struct btz_wr out, wr;

	if (ta_sha256(&plain, 1, m.digest) != BTZ_OK)
		abort();
	btz_wr_init(&wr, request, sizeof(request));
	btz_msg_write(&btz_def_approve_restore, &m, &wr);
	req.request = btz_wr_span(&wr);
	btz_wr_init(&r.versions, blobs, sizeof(blobs));
	btz_wr_init(&out, answer, sizeof(answer));
	if (restore(&r, &req, &f, plain, &out) == BTZ_OK ||
	    ta.rec.next_slot != 8 || r.n != 0)
		abort();
	return 0;
}
