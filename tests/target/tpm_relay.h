/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tpm_relay.h - the file through which tpm_relay is told what to do and tells
 * what it does; everybody maps it.
 */
#ifndef TPM_RELAY_H
#define TPM_RELAY_H

#include <stdatomic.h>

#define RELAY_FILE "/run/tpm-relay"
#define RELAY_SOCKET "/run/tpm-relay.sock"

struct relay {
	atomic_uint delay; /* ms before each command */
	atomic_uint flip;  /* so many answers with an HMAC get a bit turned */
	atomic_uint down;  /* nobody is served */
	atomic_uint commands; /* answered */
	atomic_uint turn;     /* odd while a command is with the TPM */
};

/* NULL: not there. */
struct relay *relay_map(int flags);

#endif
