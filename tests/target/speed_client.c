/* SPDX-License-Identifier: Apache-2.0 */
/* speed_client.c - every operation of speed_ta, of every algorithm. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <tee_client_api.h>

#include "speed.h"
#include "speed_ta/speed_ta.h"
#include "ta_call.h"
#include "wire/alg.h"

static TEEC_Session session;

struct one {
	uint8_t alg;
	uint32_t command;
};

static bool
invoke(void *arg)
{
	const struct one *o = arg;
	TEEC_Operation op;
	TEEC_Result res;
	uint32_t origin = 0;

	memset(&op, 0, sizeof(op));
	op.paramTypes = TEEC_PARAM_TYPES(
	    TEEC_VALUE_INPUT, TEEC_NONE, TEEC_NONE, TEEC_NONE);
	op.params[0].value.a = o->alg;
	res = TEEC_InvokeCommand(&session, o->command, &op, &origin);
	if (res != TEEC_SUCCESS)
		(void)printf("# %#x from %u\n", res, origin);
	return res == TEEC_SUCCESS;
}

static void
measure(void)
{
	static const char *const names[BTZ_SPEED_N] = { "generate", "load",
		"sign", "verify", "agree" };
	static const uint8_t algs[] = { BTZ_ALG_EC_P256, BTZ_ALG_EC_P384,
		BTZ_ALG_ED25519 };

	for (size_t i = 0; i < BTZ_COUNT(algs); i++)
		for (uint32_t k = 0; k < BTZ_SPEED_N; k++) {
			struct one o = { algs[i], k };

			if (algs[i] == BTZ_ALG_ED25519 && k == BTZ_SPEED_AGREE)
				continue;
			(void)speed(
			    btz_alg_name(algs[i]), names[k], invoke, &o);
		}
}

/* TPM2_GetRandom of 32 octets, from the kernel's resource manager. */
static bool
ask_tpm(void *arg)
{
	static const uint8_t get_random[] = { 0x80, 0x01, 0, 0, 0, 12, 0, 0,
		0x01, 0x7b, 0, 32 };
	const int *fd = arg;
	uint8_t answer[128];

	return write(*fd, get_random, sizeof(get_random)) ==
		   (ssize_t)sizeof(get_random) &&
	       read(*fd, answer, sizeof(answer)) >= 12 + 32;
}

/* What is beside the figures: a command that does nothing, a TPM command
 * without a trusted application. */
static void
measure_bare(void)
{
	struct one o = { BTZ_ALG_EC_P256, BTZ_SPEED_NOTHING };
	int fd = open("/dev/tpmrm0", O_RDWR | O_CLOEXEC);

	(void)speed("bare", "TEEC_InvokeCommand", invoke, &o);
	if (tap(fd >= 0, "/dev/tpmrm0"))
		(void)speed("bare", "tpmrm0-GetRandom", ask_tpm, &fd);
}

int
main(void)
{
	static const TEEC_UUID uuid = BTZ_SPEED_TA_UUID;
	TEEC_Context context;
	uint32_t origin = 0;

	if (tap(TEEC_InitializeContext(NULL, &context) == TEEC_SUCCESS &&
		    TEEC_OpenSession(&context, &session, &uuid,
			TEEC_LOGIN_PUBLIC, NULL, NULL, &origin) == TEEC_SUCCESS,
		"session with the TA that measures")) {
		measure();
		measure_bare();
	}
	return tap_end();
}
