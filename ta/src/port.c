/* SPDX-License-Identifier: Apache-2.0 */
/* port.c - OP-TEE's system pseudo-TA and supplicant plugin; see port.h. */
#include "port.h"

#include <string.h>

#include <pta_system.h>
#include <tee_internal_api.h>
#include <tee_internal_api_extensions.h>

#include "btz_ta.h"

enum btz_rc
ta_port_unique_key(struct btz_span label, uint8_t out[32])
{
	static const TEE_UUID uuid = PTA_SYSTEM_UUID;
	const uint32_t types = TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT,
	    TEE_PARAM_TYPE_MEMREF_OUTPUT, TEE_PARAM_TYPE_NONE,
	    TEE_PARAM_TYPE_NONE);
	uint8_t data[96];
	TEE_Param p[4];
	TEE_TASessionHandle s;
	TEE_Result res;

	if (label.len > sizeof(data))
		return BTZ_E_INTERNAL;
	memset(p, 0, sizeof(p));
	memcpy(data, label.p, label.len);
	p[0].memref.buffer = data;
	p[0].memref.size = label.len;
	p[1].memref.buffer = out;
	p[1].memref.size = 32;
	if (TEE_OpenTASession(&uuid, TEE_TIMEOUT_INFINITE, 0, NULL, &s, NULL) !=
	    TEE_SUCCESS)
		return BTZ_E_INTERNAL;
	res = TEE_InvokeTACommand(s, TEE_TIMEOUT_INFINITE,
	    PTA_SYSTEM_DERIVE_TA_UNIQUE_KEY, types, p, NULL);
	TEE_CloseTASession(s);
	return res == TEE_SUCCESS ? BTZ_OK : BTZ_E_INTERNAL;
}

static const TEE_UUID plugin = BTZ_TPM_PLUGIN_UUID;

/* sub: the length of the command, or whether COLLECT waits. */
static enum btz_rc
ask(uint32_t command, struct btz_span cmd, uint32_t sub, uint8_t *resp,
    size_t cap, size_t *resp_len)
{
	uint8_t buf[BTZ_TPM_PLUGIN_BUFFER];
	size_t n = 0;
	TEE_Result res;

	if (cmd.len > sizeof(buf))
		return BTZ_E_TOOBIG;
	memset(buf, 0, sizeof(buf));
	if (cmd.len > 0)
		memcpy(buf, cmd.p, cmd.len);
	res = tee_invoke_supp_plugin(
	    &plugin, command, sub, buf, sizeof(buf), &n);
	if (res != TEE_SUCCESS || n > sizeof(buf) || n > cap)
		return BTZ_E_TPM_UNAVAILABLE;
	if (n > 0)
		memcpy(resp, buf, n);
	*resp_len = n;
	return BTZ_OK;
}

enum btz_rc
ta_port_tpm(void *arg, const uint8_t *cmd, size_t cmd_len, uint8_t *resp,
    size_t cap, size_t *resp_len)
{
	(void)arg;
	return ask(BTZ_TPM_PLUGIN_TRANSMIT, btz_span_of(cmd, cmd_len),
	    (uint32_t)cmd_len, resp, cap, resp_len);
}

enum btz_rc
ta_port_tpm_submit(const uint8_t *cmd, size_t cmd_len)
{
	size_t n = 0;

	return ask(BTZ_TPM_PLUGIN_SUBMIT, btz_span_of(cmd, cmd_len),
	    (uint32_t)cmd_len, NULL, 0, &n);
}

enum btz_rc
ta_port_tpm_collect(bool wait, uint8_t *resp, size_t cap, size_t *resp_len)
{
	enum btz_rc rc;

	*resp_len = 0;
	rc = ask(BTZ_TPM_PLUGIN_COLLECT, btz_span_of(NULL, 0), wait ? 1 : 0,
	    resp, cap, resp_len);
	if (rc == BTZ_OK && *resp_len == 0)
		return wait ? BTZ_E_TPM_UNAVAILABLE : BTZ_E_PENDING;
	return rc;
}

bool
ta_port_tpm_exclusive(void)
{
	uint8_t mode = 0;
	size_t n = 0;

	return tee_invoke_supp_plugin(&plugin, BTZ_TPM_PLUGIN_MODE, 0, &mode, 1,
		   &n) == TEE_SUCCESS &&
	       n == 1 && mode == 1;
}

#ifdef BTZ_TA_TELL_SECRETS
#ifdef BTZ_TA_HARDWARE_KEYS
#error "BTZ_TA_TELL_SECRETS is for tests"
#endif
void
ta_port_tell(const char *what, struct btz_span secret)
{
	static const char digits[] = "0123456789abcdef";
	char hex[2 * 66 + 1] = "";

	for (size_t i = 0; i < secret.len && i < sizeof(hex) / 2; i++) {
		hex[2 * i] = digits[secret.p[i] >> 4];
		hex[2 * i + 1] = digits[secret.p[i] & 15];
	}
	EMSG("SECRET %s %s", what, hex);
	btz_wipe(hex, sizeof(hex));
}
#endif

void
ta_port_weaknesses(struct btz_wr *wr)
{
	static const char emulated[] = "tee-emulated";
	char text[128];
	size_t len = sizeof(text);

	if (TEE_GetPropertyAsString(TEE_PROPSET_TEE_IMPLEMENTATION,
		"gpd.tee.description", text, &len) == TEE_SUCCESS &&
	    len >= sizeof(emulated) &&
	    memcmp(text, emulated, sizeof(emulated) - 1) == 0)
		btz_wr_raw(wr, "tee-emulated,", 13);
#ifndef BTZ_TA_HARDWARE_KEYS
	else
		/* Set only in builds with a real unique key and our own
		 * signing key (secure-world.md, What is promised). */
		btz_wr_raw(wr, "hardening: test-huk+test-ta-key,", 32);
#endif
#ifdef BTZ_TA_TELL_SECRETS
	btz_wr_raw(wr, "test-tells-secrets,", 19);
#endif
}

#ifdef BTZ_TA_KEY
#define AS_TEXT_(x) #x
#define AS_TEXT(x) AS_TEXT_(x)
static const char signed_by[] = ", TA key " AS_TEXT(BTZ_TA_KEY);
#endif

static size_t
property(const char *name, char *text, size_t cap)
{
	size_t len = cap;

	if (TEE_GetPropertyAsString(TEE_PROPSET_TEE_IMPLEMENTATION, name, text,
		&len) != TEE_SUCCESS ||
	    len == 0 || len > cap)
		return 0;
	return len - 1; /* the NUL is counted */
}

void
ta_port_implementation(struct btz_wr *wr)
{
	char text[64];
	size_t n = property("gpd.tee.description", text, sizeof(text));

	/* as it writes itself elsewhere */
	if (n == 5 && memcmp(text, "OPTEE", 5) == 0)
		btz_wr_raw(wr, "OP-TEE", 6);
	else
		btz_wr_raw(wr, text, n);
	n = property(
	    "gpd.tee.trustedos.implementation.version", text, sizeof(text));
	btz_wr_raw(wr, " ", n > 0 ? 1 : 0);
	btz_wr_raw(wr, text, n);
#ifdef BTZ_TA_KEY /* the builder's word: the TA cannot find it out */
	btz_wr_raw(wr, signed_by, sizeof(signed_by) - 1);
#endif
}

uint64_t
ta_port_uptime(void)
{
	TEE_Time t;

	TEE_GetSystemTime(&t);
	return t.seconds;
}
