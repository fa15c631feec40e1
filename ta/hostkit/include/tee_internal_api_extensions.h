/* SPDX-License-Identifier: Apache-2.0 */
/* tee_internal_api_extensions.h - what OP-TEE adds, the part that we use. */
#ifndef HOSTKIT_TEE_INTERNAL_API_EXTENSIONS_H
#define HOSTKIT_TEE_INTERNAL_API_EXTENSIONS_H

#include "tee_api_types.h"

/* Calls a plugin of tee-supplicant in the normal world; buf is in and out,
 * *outlen what came back. */
TEE_Result tee_invoke_supp_plugin(const TEE_UUID *uuid, uint32_t cmd,
    uint32_t sub_cmd, void *buf, size_t len, size_t *outlen);

#endif
