/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hostkit.h - host emulation of the standards around the TA: what its
 * programs and tests set up. Never installed; says "tee-emulated" as the
 * implementation's description, which INFO hands on.
 *
 * crypto*.c: TEE_* cryptography on libcrypto; storage.c: persistent objects as
 * sealed files; system.c: properties, unique key, TPM plugin; client.c and
 * server.c: TEEC_* and its other end over a SEQPACKET socket.
 */
#ifndef BTZ_HOSTKIT_H
#define BTZ_HOSTKIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct btz_hostkit_conf {
	const char *dir;       /* storage; must exist, 0700 */
	const char *tpm;       /* "unix:PATH" or "device:PATH" */
	bool exclusive;	       /* nobody else uses the TPM */
	bool split;	       /* SUBMIT returns before the TPM is done */
	unsigned tpm_delay_ms; /* added to every TPM command (tests) */
};

/* Takes copies. False: dir cannot be used, or name too long. */
bool btz_hostkit_open(const struct btz_hostkit_conf *conf);
void btz_hostkit_close(void);

/* For tests: makes storage writes or TPM commands fail from the n-th on
 * (0: the next); a negative number switches it off. Counts as a power cut. */
void btz_hostkit_fail_storage_after(int n);
void btz_hostkit_fail_tpm_after(int n);
/* The same of reads; they fail as a disk does. */
void btz_hostkit_fail_reads_after(int n);
/* For tests: the power goes at the n-th TPM command or storage write from now
 * (0: the next), before it or after it was done; nothing works from then on.
 * A negative number: power is back. dark: it has gone. */
void btz_hostkit_power_cut(int n, bool after);
bool btz_hostkit_dark(void);
/* For tests: called with every TPM response before the TA sees it. */
void btz_hostkit_tamper(void (*fn)(uint8_t *rsp, size_t *len));
/* For tests: fn stands between plugin and TPM instead of the wire. The command
 * is in buf, the response goes there; false: transport failure. It may call
 * btz_hostkit_tpm_raw, the wire, as often as it likes. */
typedef bool btz_hostkit_wire(
    uint8_t *buf, size_t len, size_t cap, size_t *outlen);
void btz_hostkit_interpose(btz_hostkit_wire *fn); /* NULL: nobody */
btz_hostkit_wire btz_hostkit_tpm_raw;
/* For tests: the next n times COLLECT says that the TPM is at work. */
void btz_hostkit_tpm_busy(int n);
void btz_hostkit_tpm_drop(void); /* the connection, before a TPM restarts */

/* For tests: TEE_GetSystemTime is this many seconds ahead. */
void btz_hostkit_clock_ahead(uint32_t seconds);

/* Shared by the files of hostkit. */
bool hostkit_derive(
    const char *label, const void *data, size_t len, uint8_t out[32]);
int hostkit_dirfd(void);
enum hostkit_power {
	HOSTKIT_ON,
	HOSTKIT_LAST, /* is done, but nobody hears of it */
	HOSTKIT_OFF,
};
enum hostkit_power hostkit_power(void); /* of the event that begins */

/*
 * The other end of TEEC_*: one connected SEQPACKET socket, the sessions that
 * it opened. serve() takes one request (blocks for it) and answers; false: the
 * connection is at its end, free it. conn_free closes its sessions and fd.
 */
struct btz_hostkit_conn;
struct btz_hostkit_conn *btz_hostkit_conn_new(int fd);
bool btz_hostkit_conn_serve(struct btz_hostkit_conn *c);
int btz_hostkit_conn_fd(const struct btz_hostkit_conn *c);
void btz_hostkit_conn_free(struct btz_hostkit_conn *c);

#endif
