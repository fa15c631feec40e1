/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg_checkpoint.h - the log's new state is signed in the TPM
 */
#ifndef BTZ_WIRE_MSG_CHECKPOINT_H
#define BTZ_WIRE_MSG_CHECKPOINT_H

#include "wire/field.h"
#include "wire/limits.h"

/*
 * BTZ_OP_SIGN_CHECKPOINT; proof is RFC 6962 2.1.2 from the size that the signer
 * remembers. That may be older than the last note (it is stored at least
 * hourly): size 0 asks for it: nothing is signed, the answer is that size and
 * an empty note.
 */
struct btz_checkpoint {
	uint8_t id[BTZ_ID_LEN];
	uint64_t size;
	uint8_t root[BTZ_SHA256_LEN];
	struct btz_span proof; /* 32-byte hashes */
};
extern const struct btz_msgdef btz_def_checkpoint;

/* the signed note (C2SP tlog-checkpoint) */
struct btz_checkpoint_ok {
	uint64_t size;
	struct btz_span note;
};
extern const struct btz_msgdef btz_def_checkpoint_ok;

#endif
