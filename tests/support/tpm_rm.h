/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tpm_rm.h - a resource manager between a test and its swtpm: the packaged one
 * needs a D-Bus, so this does what one does, the kernel's included. Handles of
 * transient objects are virtual, and after each command every object and
 * session is saved and taken out of the TPM. It aborts when the TPM does not
 * do that.
 */
#ifndef BTZ_TESTS_TPM_RM_H
#define BTZ_TESTS_TPM_RM_H

#include "tpm2/tpm.h"

#define BTZ_TPM_RM_SLOTS 8u

struct btz_tpm_rm_slot {
	uint32_t virt; /* 0: free; sessions keep their handle */
	uint32_t real; /* 0: saved */
	struct btz_tpm_context ctx;
};

struct btz_tpm_rm {
	btz_tpm_transceive *next;
	void *next_arg;
	struct btz_tpm plain; /* for the manager's own commands */
	struct btz_tpm_rm_slot slots[BTZ_TPM_RM_SLOTS];
	uint32_t last_virt;
	unsigned saved;
	unsigned objects_max; /* of the client: 3 in the kernel; 0: all slots */
};

void btz_tpm_rm_init(struct btz_tpm_rm *rm, const struct btz_tpm_crypto *c,
    btz_tpm_transceive *next, void *next_arg);
/* A btz_tpm_transceive; arg is the struct btz_tpm_rm. */
enum btz_rc btz_tpm_rm_manage(void *arg, const uint8_t *cmd, size_t cmd_len,
    uint8_t *resp, size_t cap, size_t *resp_len);
/* The client is gone: what it had is flushed. */
void btz_tpm_rm_gone(struct btz_tpm_rm *rm);
/* Serves connections to the socket `path`, one after the other, for ever: for
 * a child process. */
_Noreturn void btz_tpm_rm_serve(struct btz_tpm_rm *rm, const char *path);

#endif
