/* SPDX-License-Identifier: Apache-2.0 */
/*
 * box.h - a TPM for the tests of this folder: swtpm behind a bus that records
 * every frame and can change the answers, and the objects of a provisioned
 * box on it.
 */
#ifndef BTZ_TESTS_TPM2_BOX_H
#define BTZ_TESTS_TPM2_BOX_H

#include "support/swtpm.h"
#include "tpm2/tpm.h"

#define BOX_LOG_MAX (1u << 18)

struct box {
	struct btz_swtpm sw;
	struct btz_tpm t;
	/* the bus */
	uint8_t *log; /* all frames of both directions */
	size_t log_len;
	unsigned commands;
	void (*mangle)(void *arg, uint8_t *resp, size_t *len, size_t cap);
	void *mangle_arg;
	uint8_t last_cmd[BTZ_TPM_FRAME_MAX];
	/* authorization values and what they belong to */
	uint8_t owner_auth[32], lockout_auth[32], primary_auth[32],
	    key_auth[32], nv_auth[32], seal_auth[32];
	struct btz_tpm_entity owner, lockout, primary, key, nv;
	struct btz_tpm_public primary_pub, key_pub;
	struct btz_tpm_nv nv_area;
};

/* Fresh TPM, no session. NULL: could not be started. */
struct box *box_new(void);
void box_free(struct box *b);
/* EK (created as the TCG's template says), session salted to it. */
enum btz_rc box_open_ek(struct box *b);
/* The whole sequence of secure-world.md up to ClearControl; `ready`. */
enum btz_rc box_provision(struct box *b);
/* Sessions and transient objects of a TPM that was off; session again. */
enum btz_rc box_reopen(struct box *b);
bool box_log_has(const struct box *b, const void *p, size_t len);
/* Does (r, s) verify for the digest under the P-256 point of pub? */
bool box_verify(const struct btz_tpm_public *pub, const uint8_t digest[32],
    const struct btz_tpm_out_sign *sig);

#endif
