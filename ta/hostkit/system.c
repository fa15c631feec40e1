/* SPDX-License-Identifier: Apache-2.0 */
/*
 * system.c - emulated platform: set-up, hardware unique key (a random file),
 * properties, system pseudo-TA, time, and the supplicant plugin that carries
 * TPM commands to a socket or device.
 */
#include "hostkit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <openssl/hmac.h>
#include <pta_system.h>
#include <tee_internal_api.h>
#include <tee_internal_api_extensions.h>

#include "btz_ta.h"
#include "tpm_wire.h"

#define TPM_TIMEOUT_MS 30000

static struct {
	int dirfd;
	bool exclusive, split;
	struct btz_tpm_wire tpm;
	unsigned delay_ms;
	uint8_t huk[32];
	int tpm_fuse;
	void (*tamper)(uint8_t *rsp, size_t *len);
	btz_hostkit_wire *wire;
	/* SUBMIT until COLLECT. */
	struct {
		bool on, done, ok;
		int busy; /* more answers that say so */
		size_t len;
		uint8_t frame[BTZ_TPM_PLUGIN_BUFFER];
	} begun;
} kit = { .dirfd = -1, .tpm = { .fd = -1 }, .tpm_fuse = -1 };

static bool
make_huk(void)
{
	int fd;
	bool ok;

	if (getrandom(kit.huk, sizeof(kit.huk), 0) != sizeof(kit.huk))
		return false;
	fd = openat(kit.dirfd, "huk.new",
	    O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	ok = write(fd, kit.huk, sizeof(kit.huk)) == sizeof(kit.huk) &&
	     fsync(fd) == 0;
	(void)close(fd);
	return ok && renameat(kit.dirfd, "huk.new", kit.dirfd, "huk") == 0 &&
	       fsync(kit.dirfd) == 0;
}

static bool
load_huk(void)
{
	int fd = openat(kit.dirfd, "huk", O_RDONLY | O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return errno == ENOENT && make_huk();
	ok = read(fd, kit.huk, sizeof(kit.huk)) == sizeof(kit.huk);
	(void)close(fd);
	return ok;
}

bool
btz_hostkit_open(const struct btz_hostkit_conf *conf)
{
	btz_hostkit_close();
	kit.exclusive = conf->exclusive;
	kit.split = conf->split;
	kit.delay_ms = conf->tpm_delay_ms;
	kit.dirfd = open(conf->dir, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	if (kit.dirfd >= 0 && load_huk() &&
	    btz_tpm_wire_set(&kit.tpm, conf->tpm))
		return true;
	btz_hostkit_close();
	return false;
}

void
btz_hostkit_close(void)
{
	btz_tpm_wire_drop(&kit.tpm);
	memset(&kit.begun, 0, sizeof(kit.begun));
	if (kit.dirfd >= 0)
		(void)close(kit.dirfd);
	kit.dirfd = -1;
	kit.tpm_fuse = -1;
	kit.tamper = NULL;
	kit.wire = NULL;
	btz_hostkit_power_cut(-1, false);
	OPENSSL_cleanse(kit.huk, sizeof(kit.huk));
}

int
hostkit_dirfd(void)
{
	return kit.dirfd;
}

void
btz_hostkit_fail_tpm_after(int n)
{
	kit.tpm_fuse = n;
}

void
btz_hostkit_tamper(void (*fn)(uint8_t *rsp, size_t *len))
{
	kit.tamper = fn;
}

void
btz_hostkit_interpose(btz_hostkit_wire *fn)
{
	kit.wire = fn;
}

bool
hostkit_derive(const char *label, const void *data, size_t len, uint8_t out[32])
{
	uint8_t msg[256];
	size_t n = strlen(label) + 1;
	unsigned outlen = 32;

	if (kit.dirfd < 0 || n + len > sizeof(msg))
		return false;
	memcpy(msg, label, n);
	if (len > 0)
		memcpy(msg + n, data, len);
	return HMAC(EVP_sha256(), kit.huk, sizeof(kit.huk), msg, n + len, out,
		   &outlen) != NULL;
}

TEE_Result
TEE_GetPropertyAsString(
    TEE_PropSetHandle propset, const char *name, char *buf, size_t *len)
{
	static const char text[] = "tee-emulated";

	(void)propset;
	if (strcmp(name, "gpd.tee.description") != 0)
		return TEE_ERROR_ITEM_NOT_FOUND;
	if (*len < sizeof(text)) {
		*len = sizeof(text);
		return TEE_ERROR_SHORT_BUFFER;
	}
	*len = sizeof(text);
	memcpy(buf, text, sizeof(text));
	return TEE_SUCCESS;
}

static const TEE_UUID system_pta = PTA_SYSTEM_UUID;

TEE_Result
TEE_OpenTASession(const TEE_UUID *destination, uint32_t timeout,
    uint32_t paramTypes, TEE_Param params[4], TEE_TASessionHandle *session,
    uint32_t *returnOrigin)
{
	static int token;

	(void)timeout, (void)paramTypes, (void)params;
	if (returnOrigin != NULL)
		*returnOrigin = 3;
	if (memcmp(destination, &system_pta, sizeof(system_pta)) != 0)
		return TEE_ERROR_ITEM_NOT_FOUND;
	*session = (TEE_TASessionHandle)(void *)&token;
	return TEE_SUCCESS;
}

void
TEE_CloseTASession(TEE_TASessionHandle session)
{
	(void)session;
}

TEE_Result
TEE_InvokeTACommand(TEE_TASessionHandle session, uint32_t timeout, uint32_t cmd,
    uint32_t paramTypes, TEE_Param params[4], uint32_t *returnOrigin)
{
	const uint32_t want = TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT,
	    TEE_PARAM_TYPE_MEMREF_OUTPUT, TEE_PARAM_TYPE_NONE,
	    TEE_PARAM_TYPE_NONE);
	uint8_t key[32];

	(void)session, (void)timeout;
	if (returnOrigin != NULL)
		*returnOrigin = 4;
	if (cmd != PTA_SYSTEM_DERIVE_TA_UNIQUE_KEY || paramTypes != want ||
	    params[1].memref.size < 16 || params[1].memref.size > 32)
		return TEE_ERROR_BAD_PARAMETERS;
	if (!hostkit_derive("ta unique key", params[0].memref.buffer,
		params[0].memref.size, key))
		return TEE_ERROR_GENERIC;
	memcpy(params[1].memref.buffer, key, params[1].memref.size);
	OPENSSL_cleanse(key, sizeof(key));
	return TEE_SUCCESS;
}

static uint32_t ahead;

void
btz_hostkit_clock_ahead(uint32_t seconds)
{
	ahead = seconds;
}

void
TEE_GetSystemTime(TEE_Time *t)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	t->seconds = (uint32_t)now.tv_sec + ahead;
	t->millis = (uint32_t)(now.tv_nsec / 1000000);
}

static struct {
	int left; /* events, -1: no cut */
	bool after, dark;
} power = { .left = -1 };

void
btz_hostkit_power_cut(int n, bool after)
{
	power.left = n;
	power.after = after;
	power.dark = false;
}

bool
btz_hostkit_dark(void)
{
	return power.dark;
}

enum hostkit_power
hostkit_power(void)
{
	if (power.dark)
		return HOSTKIT_OFF;
	if (power.left != 0) {
		if (power.left > 0)
			power.left--;
		return HOSTKIT_ON;
	}
	power.dark = true;
	return power.after ? HOSTKIT_LAST : HOSTKIT_OFF;
}

static bool
fuse_blown(int *fuse)
{
	if (*fuse < 0)
		return false;
	if (*fuse == 0)
		return true;
	(*fuse)--;
	return false;
}

void
btz_hostkit_tpm_drop(void)
{
	btz_tpm_wire_drop(&kit.tpm);
}

void
btz_hostkit_tpm_busy(int n)
{
	kit.begun.busy = n;
}

bool
btz_hostkit_tpm_raw(uint8_t *buf, size_t len, size_t cap, size_t *outlen)
{
	if (kit.delay_ms > 0) {
		struct timespec ts = { kit.delay_ms / 1000,
			(long)(kit.delay_ms % 1000) * 1000000 };

		(void)nanosleep(&ts, NULL);
	}
	return btz_tpm_wire_send(&kit.tpm, buf, len) &&
	       btz_tpm_wire_receive(&kit.tpm, buf, cap, outlen, TPM_TIMEOUT_MS);
}

static bool
tpm_command(uint8_t *buf, size_t len, size_t cap, size_t *outlen)
{
	enum hostkit_power p;
	bool ok;

	if (fuse_blown(&kit.tpm_fuse) || (p = hostkit_power()) == HOSTKIT_OFF)
		return false;
	ok = kit.wire != NULL ? kit.wire(buf, len, cap, outlen)
			      : btz_hostkit_tpm_raw(buf, len, cap, outlen);
	return ok && p == HOSTKIT_ON;
}

/* The plugin in the emulation (ta/plugin/bartizan_tpm.c has the states). It
 * has no thread: a socket takes the command at once and is asked later. Without
 * conf.split, and where a test stands in between, SUBMIT does it all. */
static TEE_Result
submit(uint8_t *buf, size_t cmd_len, size_t *outlen)
{
	(void)outlen;
	if (kit.begun.on && !kit.begun.done && !btz_tpm_wire_ready(&kit.tpm))
		return TEE_ERROR_BUSY;
	memcpy(kit.begun.frame, buf, cmd_len);
	kit.begun.on = true;
	kit.begun.done = !kit.split;
	kit.begun.ok = kit.split ? btz_tpm_wire_send(&kit.tpm, buf, cmd_len)
				 : tpm_command(kit.begun.frame, cmd_len,
				       sizeof(kit.begun.frame), &kit.begun.len);
	return TEE_SUCCESS;
}

static void
finish_begun(void)
{
	if (!kit.begun.on || kit.begun.done)
		return;
	kit.begun.ok = kit.begun.ok &&
		       btz_tpm_wire_receive(&kit.tpm, kit.begun.frame,
			   sizeof(kit.begun.frame), &kit.begun.len,
			   TPM_TIMEOUT_MS);
	kit.begun.done = true;
}

static TEE_Result
collect(uint8_t *buf, size_t wait, size_t *outlen)
{
	if (!kit.begun.on)
		return TEE_ERROR_BAD_STATE;
	*outlen = 0;
	if (wait == 0 && kit.begun.busy > 0) {
		kit.begun.busy--;
		return TEE_SUCCESS;
	}
	if (wait == 0 && !kit.begun.done && !btz_tpm_wire_ready(&kit.tpm))
		return TEE_SUCCESS;
	finish_begun();
	kit.begun.on = false;
	if (!kit.begun.ok)
		return TEE_ERROR_COMMUNICATION;
	memcpy(buf, kit.begun.frame, kit.begun.len);
	*outlen = kit.begun.len;
	if (kit.tamper != NULL)
		kit.tamper(buf, outlen);
	return TEE_SUCCESS;
}

static TEE_Result
transmit(uint8_t *buf, size_t cmd_len, size_t *outlen)
{
	size_t got = 0;

	finish_begun();
	kit.begun.on = false;
	if (!tpm_command(buf, cmd_len, BTZ_TPM_PLUGIN_BUFFER, &got))
		return TEE_ERROR_COMMUNICATION;
	if (kit.tamper != NULL)
		kit.tamper(buf, &got);
	*outlen = got;
	return TEE_SUCCESS;
}

TEE_Result
tee_invoke_supp_plugin(const TEE_UUID *uuid, uint32_t cmd, uint32_t sub_cmd,
    void *buf, size_t len, size_t *outlen)
{
	static const TEE_UUID plugin = BTZ_TPM_PLUGIN_UUID;

	if (memcmp(uuid, &plugin, sizeof(plugin)) != 0)
		return TEE_ERROR_ITEM_NOT_FOUND;
	if (cmd == BTZ_TPM_PLUGIN_MODE && len >= 1) {
		*(uint8_t *)buf = kit.exclusive ? 1 : 0;
		*outlen = 1;
		return TEE_SUCCESS;
	}
	if (len != BTZ_TPM_PLUGIN_BUFFER || sub_cmd > len)
		return TEE_ERROR_BAD_PARAMETERS;
	if (cmd == BTZ_TPM_PLUGIN_TRANSMIT)
		return transmit(buf, sub_cmd, outlen);
	if (cmd == BTZ_TPM_PLUGIN_SUBMIT)
		return submit(buf, sub_cmd, outlen);
	if (cmd == BTZ_TPM_PLUGIN_COLLECT)
		return collect(buf, sub_cmd, outlen);
	return TEE_ERROR_NOT_SUPPORTED;
}
