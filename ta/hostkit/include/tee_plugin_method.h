/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tee_plugin_method.h - what OP-TEE's tee-supplicant asks of a plugin: the
 * symbol `plugin_method`. Host stand-in, for tests of ta/plugin.
 */
#ifndef HOSTKIT_TEE_PLUGIN_METHOD_H
#define HOSTKIT_TEE_PLUGIN_METHOD_H

#include "tee_client_api.h"

struct plugin_method {
	const char *name;
	TEEC_UUID uuid;
	TEEC_Result (*init)(void);
	TEEC_Result (*invoke)(unsigned int cmd, unsigned int sub_cmd,
	    void *data, size_t in_len, size_t *out_len);
};

#endif
