/* SPDX-License-Identifier: Apache-2.0 */
/*
 * esapi.h - the peer of bench_tpm: the same signature by tpm2-tss's ESAPI, over
 * a TCTI of ours that does what support/swtpm.c does, so that only the layers
 * above the socket differ.
 */
#ifndef BTZ_BENCH_ESAPI_H
#define BTZ_BENCH_ESAPI_H

#include <stdbool.h>
#include <stdint.h>

#include "support/swtpm.h"

struct esapi;

/* On s->fd, which is connected and stays the caller's: makes an ECDSA P-256
 * key under the NULL hierarchy, with an authorization value, and (hmac) a
 * salted HMAC session with parameter encryption. NULL: told on stderr. */
struct esapi *esapi_open(struct btz_swtpm *s, bool hmac);
/* TPM2_Sign with the password, or in the session. */
bool esapi_sign(struct esapi *e, const uint8_t digest[32]);
void esapi_close(struct esapi *e);

#endif
