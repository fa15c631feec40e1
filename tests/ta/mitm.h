/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mitm.h - a man in the middle between the trusted application and its TPM:
 * sees every frame, keeps it, and does one thing by a plan that a seed gives.
 */
#ifndef BTZ_TESTS_MITM_H
#define BTZ_TESTS_MITM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/swtpm.h"
#include "wire/cursor.h"

enum mitm_attack {
	MITM_FLIP,	 /* bits of one byte of a response */
	MITM_TRUNCATE,	 /* a response ends early, its size says so or not */
	MITM_OVERSIZE,	 /* bytes are added */
	MITM_REPLAY_RSP, /* an earlier response instead of the true one */
	MITM_REORDER,	 /* each response comes one command late */
	MITM_REPLAY_CMD, /* an old command is sent first, or instead */
	MITM_HANDLES,	 /* the command names another object */
	MITM_NV_INDEX,	 /* another index is written and read */
	MITM_EK,	 /* another endorsement key is shown */
	MITM_PRIMARY,	 /* another storage primary is shown */
	MITM_NONCE,	 /* a nonce is exchanged, in command or response */
	MITM_RESET,	 /* the TPM restarts before the command */
	MITM_SWAP,	 /* the TPM restarts, then another primary is shown */
	MITM_FORGE_OK,	 /* success header, whatever the TPM said */
	MITM_FORGE_FAIL, /* failure header; the command was done or not */
	MITM_DROP,	 /* no answer; the command was done or not */
	MITM_ATTACKS
};

struct mitm_plan {
	uint64_t seed;
	enum mitm_attack attack;
	uint32_t at;	/* which of the frames it could act on */
	uint32_t count; /* and on how many from there */
	uint32_t a, b;	/* details */
};

#define MITM_NO_PLAN ((const struct mitm_plan *)0)

/* From now on every frame goes through here. plan: borrowed; NULL: looks
 * only. tpm: for MITM_RESET. Frames kept before stay to be replayed. */
void mitm_begin(struct btz_swtpm *tpm, const struct mitm_plan *plan);
void mitm_end(void);	/* stands aside; the frames are still there */
void mitm_forget(void); /* the frames */
/* Since begin: how many frames the attack could have acted on, did act on. */
uint32_t mitm_chances(enum mitm_attack a);
uint32_t mitm_acted(void);
uint32_t mitm_frames(void); /* kept in all */
/* Does any kept frame hold these bytes? */
bool mitm_saw(struct btz_span what);
const char *mitm_name(enum mitm_attack a);

uint64_t mitm_random(uint64_t *state); /* splitmix64 */

/* Makes a decoy: an NV index of Linux that looks like ours, at the next
 * handle. Needs an owner without authorization value. */
#define MITM_DECOY 0x01800101u
void mitm_define_decoy(void); /* hostkit is open */

#endif
