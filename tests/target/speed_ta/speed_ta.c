/* SPDX-License-Identifier: Apache-2.0 */
/*
 * speed_ta.c - a trusted application around the table of key algorithms
 * (ta/src/ec.h), one operation a command, for optee/speed.py. Test only.
 */
#include "speed_ta.h"

#include <tee_internal_api.h>

#include "ec.h"

static struct {
	uint8_t secret[TA_EC_SECRET_MAX], pub[TA_EC_PUB_MAX];
	uint8_t sig[TA_EC_SIG_MAX];
	TEE_ObjectHandle key;
} now;

static const uint8_t text[TA_EC_DIGEST_MAX] = { 1, 2, 3 };

static struct btz_span
input(const struct ta_ec *e)
{
	return btz_span_of(text, e->digest != 0 ? e->digest : sizeof(text));
}

static enum btz_rc
generate(const struct ta_ec *e)
{
	return e->generate(e, now.secret, now.pub);
}

static enum btz_rc
load(const struct ta_ec *e)
{
	TEE_FreeTransientObject(now.key);
	now.key = TEE_HANDLE_NULL;
	return e->load(e, now.secret, now.pub, &now.key);
}

static enum btz_rc
sign(const struct ta_ec *e)
{
	return e->sign(e, now.key, input(e), now.sig);
}

static enum btz_rc
verify(const struct ta_ec *e)
{
	return e->verify(e, now.pub, input(e), now.sig);
}

static enum btz_rc
agree(const struct ta_ec *e)
{
	uint8_t x[TA_EC_SECRET_MAX], y[TA_EC_SECRET_MAX], z[TA_EC_SECRET_MAX];

	return ta_ec_ephemeral(
	    e->alg, now.pub + 1, now.pub + 1 + e->secret, x, y, z);
}

static enum btz_rc (*const operations[BTZ_SPEED_N])(const struct ta_ec *) = {
	[BTZ_SPEED_GENERATE] = generate,
	[BTZ_SPEED_LOAD] = load,
	[BTZ_SPEED_SIGN] = sign,
	[BTZ_SPEED_VERIFY] = verify,
	[BTZ_SPEED_AGREE] = agree,
};

TEE_Result
TA_InvokeCommandEntryPoint(
    void *session, uint32_t command, uint32_t types, TEE_Param p[4])
{
	const struct ta_ec *e;

	(void)session;
	if (command == BTZ_SPEED_NOTHING)
		return TEE_SUCCESS;
	if (command >= BTZ_SPEED_N ||
	    types != TEE_PARAM_TYPES(TEE_PARAM_TYPE_VALUE_INPUT, 0, 0, 0) ||
	    (e = ta_ec_of((uint8_t)p[0].value.a)) == NULL)
		return TEE_ERROR_BAD_PARAMETERS;
	return operations[command](e) == BTZ_OK ? TEE_SUCCESS
						: TEE_ERROR_GENERIC;
}

TEE_Result
TA_CreateEntryPoint(void)
{
	return TEE_SUCCESS;
}

void
TA_DestroyEntryPoint(void)
{
}

TEE_Result
TA_OpenSessionEntryPoint(uint32_t types, TEE_Param p[4], void **session)
{
	(void)types, (void)p, (void)session;
	return TEE_SUCCESS;
}

void
TA_CloseSessionEntryPoint(void *session)
{
	(void)session;
}
