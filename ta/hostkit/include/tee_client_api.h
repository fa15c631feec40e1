/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tee_client_api.h - GlobalPlatform TEE Client API 1.0, the part that we use.
 * Host emulation; see hostkit/client.c.
 */
#ifndef HOSTKIT_TEE_CLIENT_API_H
#define HOSTKIT_TEE_CLIENT_API_H

#include <stddef.h>
#include <stdint.h>

typedef uint32_t TEEC_Result;

typedef struct {
	uint32_t timeLow;
	uint16_t timeMid;
	uint16_t timeHiAndVersion;
	uint8_t clockSeqAndNode[8];
} TEEC_UUID;

typedef struct {
	void *buffer;
	size_t size;
} TEEC_TempMemoryReference;

typedef struct {
	uint32_t a;
	uint32_t b;
} TEEC_Value;

typedef union {
	TEEC_TempMemoryReference tmpref;
	TEEC_Value value;
} TEEC_Parameter;

typedef struct {
	uint32_t started;
	uint32_t paramTypes;
	TEEC_Parameter params[4];
} TEEC_Operation;

typedef struct {
	int fd;
} TEEC_Context;

typedef struct {
	TEEC_Context *ctx;
	uint32_t session_id;
} TEEC_Session;

#define TEEC_NONE 0u
#define TEEC_VALUE_INPUT 1u
#define TEEC_VALUE_OUTPUT 2u
#define TEEC_MEMREF_TEMP_INPUT 5u
#define TEEC_MEMREF_TEMP_OUTPUT 6u
#define TEEC_PARAM_TYPES(a, b, c, d)                                           \
	((uint32_t)(a) | (uint32_t)(b) << 4 | (uint32_t)(c) << 8 |             \
	    (uint32_t)(d) << 12)
#define TEEC_LOGIN_PUBLIC 0u
#define TEEC_SUCCESS 0x00000000u
#define TEEC_ERROR_GENERIC 0xFFFF0000u
#define TEEC_ERROR_BAD_PARAMETERS 0xFFFF0006u
#define TEEC_ERROR_ITEM_NOT_FOUND 0xFFFF0008u
#define TEEC_ERROR_SECURITY 0xFFFF000Fu
#define TEEC_ERROR_BAD_STATE 0xFFFF0007u
#define TEEC_ERROR_NOT_SUPPORTED 0xFFFF000Au
#define TEEC_ERROR_OUT_OF_MEMORY 0xFFFF000Cu
#define TEEC_ERROR_BUSY 0xFFFF000Du
#define TEEC_ERROR_COMMUNICATION 0xFFFF000Eu
#define TEEC_ERROR_SHORT_BUFFER 0xFFFF0010u
#define TEEC_ERROR_TARGET_DEAD 0xFFFF3024u
#define TEEC_ORIGIN_API 1u
#define TEEC_ORIGIN_COMMS 2u
#define TEEC_ORIGIN_TEE 3u
#define TEEC_ORIGIN_TRUSTED_APP 4u

/* name: "fd:N" (an inherited SOCK_SEQPACKET end; taken over) or a socket
 * path. With OP-TEE's library: NULL or a device name. */
TEEC_Result TEEC_InitializeContext(const char *name, TEEC_Context *context);
void TEEC_FinalizeContext(TEEC_Context *context);
TEEC_Result TEEC_OpenSession(TEEC_Context *context, TEEC_Session *session,
    const TEEC_UUID *destination, uint32_t connectionMethod,
    const void *connectionData, TEEC_Operation *operation,
    uint32_t *returnOrigin);
void TEEC_CloseSession(TEEC_Session *session);
TEEC_Result TEEC_InvokeCommand(TEEC_Session *session, uint32_t commandID,
    TEEC_Operation *operation, uint32_t *returnOrigin);

#endif
