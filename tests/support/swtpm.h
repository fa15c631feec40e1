/* SPDX-License-Identifier: Apache-2.0 */
/*
 * swtpm.h - a software TPM for one test: a process of its own on unix sockets
 * in a temporary directory. It dies with the test.
 */
#ifndef BTZ_TESTS_SWTPM_H
#define BTZ_TESTS_SWTPM_H

#include <stdbool.h>
#include <sys/types.h>

#include "wire/cursor.h"
#include "wire/rc.h"

struct btz_swtpm {
	char dir[64];
	pid_t pid; /* 0: not running */
	int fd;	   /* connection to the TPM, -1: none */
	bool logged;
};

/* Is the program there? A test without it is skipped, saying so. */
bool btz_swtpm_present(void);
/* A fresh TPM that has had TPM2_Startup(CLEAR); false: told on stderr. */
bool btz_swtpm_start(struct btz_swtpm *s) BTZ_MUST_CHECK;
/* The same, with each frame in its log. */
bool btz_swtpm_start_logged(struct btz_swtpm *s) BTZ_MUST_CHECK;
/* The codes of the commands that it got, oldest first; gives how many. Let go
 * of what was logged before: *at, 0 at first, is moved behind it. */
size_t btz_swtpm_commands(
    const struct btz_swtpm *s, long *at, uint32_t *out, size_t max);
/* The same TPM as the stopped one whose directory is given: its NV memory is
 * copied, and what swtpm_ek.h has put beside it. */
bool btz_swtpm_start_copy(struct btz_swtpm *s, const char *dir) BTZ_MUST_CHECK;
void btz_swtpm_halt(struct btz_swtpm *s); /* the directory stays */
/* Off and on again: sessions and transient objects are gone. */
bool btz_swtpm_restart(struct btz_swtpm *s) BTZ_MUST_CHECK;
/* Ends the process and removes the directory. Fine if it never started. */
void btz_swtpm_end(struct btz_swtpm *s);
/* A btz_tpm_transceive; arg is the struct btz_swtpm. */
enum btz_rc btz_swtpm_transceive(void *arg, const uint8_t *cmd, size_t cmd_len,
    uint8_t *resp, size_t cap, size_t *resp_len);
/* Files that start_copy takes along; NULL ends. The first must be there. */
extern const char *const btz_swtpm_kept[];
/* Path of the socket, for programs that connect themselves. */
void btz_swtpm_socket(const struct btz_swtpm *s, char *buf, size_t cap);

#endif
