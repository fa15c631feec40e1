/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tpm_wire.h - whole TPM frames to a device or a socket and back: only the
 * length that a frame names (TPM 2.0 Part 1, 18.1) is compared with the one
 * that it has. For the supplicant's plugin and for the emulation.
 */
#ifndef BTZ_TPM_WIRE_H
#define BTZ_TPM_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BTZ_TPM_HEADER 10u /* tag, size, code */

/* One thread at a time. A failure leaves the connection in an unknown state:
 * it is dropped, the next command opens a new one. */
struct btz_tpm_wire {
	int fd; /* -1: not connected */
	bool device;
	char path[108];
};

/* "device:PATH" or "unix:PATH"; false: neither, or too long. */
bool btz_tpm_wire_set(struct btz_tpm_wire *w, const char *where);
void btz_tpm_wire_drop(struct btz_tpm_wire *w);
/* Does this frame name the length that it has? */
bool btz_tpm_wire_whole(const uint8_t *frame, size_t len);
/* A device takes its time here already. */
bool btz_tpm_wire_send(struct btz_tpm_wire *w, const uint8_t *p, size_t len);
/* Is a response (or a failure) there? A device: after send, yes. */
bool btz_tpm_wire_ready(const struct btz_tpm_wire *w);
/* One response, to the length that it names and no byte more. */
bool btz_tpm_wire_receive(struct btz_tpm_wire *w, uint8_t *p, size_t cap,
    size_t *len, int timeout_ms);

#endif
