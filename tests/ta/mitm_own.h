/* SPDX-License-Identifier: Apache-2.0 */
/* mitm_own.h - between mitm.c (frames, plan) and mitm_attacks.c. */
#ifndef BTZ_TESTS_MITM_OWN_H
#define BTZ_TESTS_MITM_OWN_H

#include "mitm.h"

struct mitm_frame {
	uint8_t *cmd, *rsp; /* rsp NULL: no answer */
	size_t cmd_len, rsp_len;
};

/* A command under way. */
struct mitm_shot {
	uint8_t *buf;
	size_t len, cap, *outlen;
	uint32_t a, b;	 /* of the plan */
	uint32_t number; /* of the frames acted on: 1, 2, ... */
	struct btz_swtpm *tpm;
};

struct mitm_row {
	const char *name;
	bool (*applies)(const uint8_t *cmd);
	bool (*fn)(struct mitm_shot *s);
};
extern const struct mitm_row mitm_rows[MITM_ATTACKS];

uint32_t mitm_get32(const uint8_t *p);
void mitm_put32(uint8_t *p, uint32_t v);
/* From the kept frame `number` on, the next that pick takes; NULL: none. */
const struct mitm_frame *mitm_old(
    uint32_t number, bool (*pick)(const struct mitm_frame *f));
const struct mitm_frame *mitm_last(void);

#endif
