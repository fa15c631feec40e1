/* SPDX-License-Identifier: Apache-2.0 */
/*
 * port.h - the few things that GlobalPlatform does not define: a key of this
 * device and this TA, the way to the TPM, and what the platform admits.
 */
#ifndef BTZ_TA_PORT_H
#define BTZ_TA_PORT_H

#include "wire/cursor.h"
#include "wire/rc.h"

/* The same 32 bytes for the same label on this device for this TA only. */
enum btz_rc ta_port_unique_key(
    struct btz_span label, uint8_t out[32]) BTZ_MUST_CHECK;
/* A TPM command; btz_tpm_transceive. */
enum btz_rc ta_port_tpm(void *arg, const uint8_t *cmd, size_t cmd_len,
    uint8_t *resp, size_t cap, size_t *resp_len);
/* The same in two: submit returns before the TPM is done. */
enum btz_rc ta_port_tpm_submit(
    const uint8_t *cmd, size_t cmd_len) BTZ_MUST_CHECK;
/* BTZ_E_PENDING: not there yet (never when told to wait). */
enum btz_rc ta_port_tpm_collect(
    bool wait, uint8_t *resp, size_t cap, size_t *resp_len) BTZ_MUST_CHECK;
/* True if nobody else uses the TPM: leftovers may be flushed. */
bool ta_port_tpm_exclusive(void);
/* "tee-emulated", "test-huk,test-ta-key" or "" (appended). */
void ta_port_weaknesses(struct btz_wr *wr);
/* Name and version of the TEE, name of the TA's signing key (appended). */
void ta_port_implementation(struct btz_wr *wr);
/* Builds with BTZ_TA_TELL_SECRETS, for a test that looks for them in Linux's
 * memory, print a secret on the secure world's console; all others nothing. */
#ifdef BTZ_TA_TELL_SECRETS
void ta_port_tell(const char *what, struct btz_span secret);
#else
static inline void
ta_port_tell(const char *what, struct btz_span secret)
{
	(void)what, (void)secret;
}
#endif
/* Seconds since an arbitrary start, monotonic. */
uint64_t ta_port_uptime(void);

#endif
