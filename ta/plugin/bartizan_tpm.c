/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bartizan_tpm.c - plugin of OP-TEE's tee-supplicant: carries TPM commands of
 * the trusted application to a TPM. Frames in, frames out (tpm_wire.h),
 * nothing understood, kept or logged. Start at invoke.
 *
 *   BARTIZAN_TPM            device:PATH or unix:PATH (device:/dev/tpmrm0)
 *   BARTIZAN_TPM_EXCLUSIVE  1: nobody else uses this TPM
 *
 *   state  event              new state
 *   IDLE   TRANSMIT           IDLE, after the response
 *   IDLE   SUBMIT             GIVEN: a thread carries the command
 *   GIVEN  SUBMIT             GIVEN, refused
 *   GIVEN  COLLECT            GIVEN: length 0; told to wait: as in DONE
 *   GIVEN  the thread is back DONE
 *   DONE   COLLECT            IDLE: the response
 *   GIVEN  TRANSMIT           waits for DONE; the response goes to nobody
 *   DONE   SUBMIT, TRANSMIT   as in IDLE; the response goes to nobody
 *
 * A thread and not O_NONBLOCK: poll() on Linux's TPM device waits for the lock
 * that is held until the TPM is done (drivers/char/tpm/tpm-dev-common.c).
 *
 * Built as bartizan-tpm.plugin; UUID and commands: ta/include/btz_ta.h.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <tee_plugin_method.h>

#include "btz_ta.h"
#include "tpm_wire.h"

#define TIMEOUT_MS 120000

/* The supplicant has several threads. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool exclusive;
static struct btz_tpm_wire wire = { .fd = -1 }; /* GIVEN: the thread's */
static struct {
	enum { IDLE, GIVEN, DONE } state;
	bool thread; /* it is running */
	bool ok;
	size_t len;
	uint8_t frame[BTZ_TPM_PLUGIN_BUFFER]; /* GIVEN: the thread's */
} job;

/* Until the thread has nothing in hand. */
static void
wait_for_thread(void)
{
	while (job.state == GIVEN)
		(void)pthread_cond_wait(&changed, &lock);
}

static TEEC_Result
init(void)
{
	const char *where = getenv("BARTIZAN_TPM");
	const char *alone = getenv("BARTIZAN_TPM_EXCLUSIVE");
	bool ok;

	(void)pthread_mutex_lock(&lock);
	wait_for_thread();
	job.state = IDLE;
	ok = btz_tpm_wire_set(
	    &wire, where == NULL ? "device:/dev/tpmrm0" : where);
	exclusive = alone != NULL && strcmp(alone, "1") == 0;
	(void)pthread_mutex_unlock(&lock);
	return ok ? TEEC_SUCCESS : TEEC_ERROR_BAD_PARAMETERS;
}

static bool
carry(uint8_t *buf, size_t len, size_t *out_len)
{
	return btz_tpm_wire_send(&wire, buf, len) &&
	       btz_tpm_wire_receive(
		   &wire, buf, BTZ_TPM_PLUGIN_BUFFER, out_len, TIMEOUT_MS);
}

static void *
worker(void *arg)
{
	size_t out_len;
	bool ok;

	(void)arg;
	(void)pthread_mutex_lock(&lock);
	for (;;) {
		while (job.state != GIVEN)
			(void)pthread_cond_wait(&changed, &lock);
		(void)pthread_mutex_unlock(&lock);
		out_len = 0;
		ok = carry(job.frame, job.len, &out_len);
		(void)pthread_mutex_lock(&lock);
		job.ok = ok;
		job.len = out_len;
		job.state = DONE;
		(void)pthread_cond_broadcast(&changed);
	}
	return NULL;
}

/* Not at load: the supplicant may go to the background after that. */
static bool
have_thread(void)
{
	pthread_t t;

	if (!job.thread && pthread_create(&t, NULL, worker, NULL) == 0) {
		(void)pthread_detach(t);
		job.thread = true;
	}
	return job.thread;
}

static bool
is_command(unsigned cmd_len, const uint8_t *buf, size_t len)
{
	return len == BTZ_TPM_PLUGIN_BUFFER && cmd_len <= len &&
	       btz_tpm_wire_whole(buf, cmd_len);
}

static TEEC_Result
transmit(unsigned cmd_len, uint8_t *buf, size_t len, size_t *out_len)
{
	if (!is_command(cmd_len, buf, len))
		return TEEC_ERROR_BAD_PARAMETERS;
	wait_for_thread();
	job.state = IDLE;
	return carry(buf, cmd_len, out_len) ? TEEC_SUCCESS
					    : TEEC_ERROR_COMMUNICATION;
}

static TEEC_Result
submit(unsigned cmd_len, uint8_t *buf, size_t len, size_t *out_len)
{
	(void)out_len;
	if (!is_command(cmd_len, buf, len))
		return TEEC_ERROR_BAD_PARAMETERS;
	if (job.state == GIVEN)
		return TEEC_ERROR_BUSY;
	if (!have_thread())
		return TEEC_ERROR_OUT_OF_MEMORY;
	memcpy(job.frame, buf, cmd_len);
	job.len = cmd_len;
	job.state = GIVEN;
	(void)pthread_cond_broadcast(&changed);
	return TEEC_SUCCESS;
}

static TEEC_Result
collect(unsigned wait, uint8_t *buf, size_t len, size_t *out_len)
{
	if (len != BTZ_TPM_PLUGIN_BUFFER)
		return TEEC_ERROR_BAD_PARAMETERS;
	if (wait != 0)
		wait_for_thread();
	if (job.state == GIVEN)
		return TEEC_SUCCESS;
	if (job.state == IDLE)
		return TEEC_ERROR_BAD_STATE;
	job.state = IDLE;
	if (!job.ok)
		return TEEC_ERROR_COMMUNICATION;
	memcpy(buf, job.frame, job.len);
	*out_len = job.len;
	return TEEC_SUCCESS;
}

static TEEC_Result
mode(unsigned sub, uint8_t *buf, size_t len, size_t *out_len)
{
	(void)sub;
	if (len < 1)
		return TEEC_ERROR_BAD_PARAMETERS;
	buf[0] = exclusive ? 1 : 0;
	*out_len = 1;
	return TEEC_SUCCESS;
}

static const struct {
	unsigned cmd;
	TEEC_Result (*fn)(
	    unsigned sub, uint8_t *buf, size_t len, size_t *out_len);
} table[] = {
	{ BTZ_TPM_PLUGIN_TRANSMIT, transmit },
	{ BTZ_TPM_PLUGIN_MODE, mode },
	{ BTZ_TPM_PLUGIN_SUBMIT, submit },
	{ BTZ_TPM_PLUGIN_COLLECT, collect },
};

static TEEC_Result
invoke(unsigned cmd, unsigned sub, void *data, size_t len, size_t *out_len)
{
	TEEC_Result res = TEEC_ERROR_NOT_SUPPORTED;

	if (out_len == NULL || (data == NULL && len > 0))
		return TEEC_ERROR_BAD_PARAMETERS;
	*out_len = 0;
	(void)pthread_mutex_lock(&lock);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].cmd == cmd)
			res = table[i].fn(sub, data, len, out_len);
	(void)pthread_mutex_unlock(&lock);
	return res;
}

/* The only symbol that is exported. */
extern
    __attribute__((visibility("default"))) struct plugin_method plugin_method;
struct plugin_method plugin_method = {
	.name = "bartizan-tpm",
	.uuid = BTZ_TPM_PLUGIN_UUID,
	.init = init,
	.invoke = invoke,
};
