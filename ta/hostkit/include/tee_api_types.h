/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tee_api_types.h - types and constants of the GlobalPlatform TEE Internal
 * Core API 1.3 (GPD_SPE_010), the part that our TA uses. Host emulation.
 */
#ifndef HOSTKIT_TEE_API_TYPES_H
#define HOSTKIT_TEE_API_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t TEE_Result;

typedef struct {
	uint32_t timeLow;
	uint16_t timeMid;
	uint16_t timeHiAndVersion;
	uint8_t clockSeqAndNode[8];
} TEE_UUID;

typedef union {
	struct {
		void *buffer;
		size_t size;
	} memref;
	struct {
		uint32_t a;
		uint32_t b;
	} value;
} TEE_Param;

typedef struct __TEE_ObjectHandle *TEE_ObjectHandle;
typedef struct __TEE_OperationHandle *TEE_OperationHandle;
typedef struct __TEE_TASessionHandle *TEE_TASessionHandle;
typedef struct __TEE_PropSetHandle *TEE_PropSetHandle;
typedef uint32_t TEE_ObjectType;
typedef uint32_t TEE_OperationMode;

typedef struct {
	uint32_t attributeID;
	union {
		struct {
			void *buffer;
			size_t length;
		} ref;
		struct {
			uint32_t a, b;
		} value;
	} content;
} TEE_Attribute;

typedef struct {
	uint32_t objectType;
	uint32_t objectSize;
	uint32_t maxObjectSize;
	uint32_t objectUsage;
	size_t dataSize;
	size_t dataPosition;
	uint32_t handleFlags;
} TEE_ObjectInfo;

typedef struct {
	uint32_t seconds;
	uint32_t millis;
} TEE_Time;

/* B.1 and 3.3.1 return codes */
#define TEE_SUCCESS 0x00000000u
#define TEE_ERROR_CORRUPT_OBJECT 0xF0100001u
#define TEE_ERROR_STORAGE_NOT_AVAILABLE 0xF0100003u
#define TEE_ERROR_GENERIC 0xFFFF0000u
#define TEE_ERROR_ACCESS_DENIED 0xFFFF0001u
#define TEE_ERROR_ACCESS_CONFLICT 0xFFFF0003u
#define TEE_ERROR_BAD_FORMAT 0xFFFF0005u
#define TEE_ERROR_BAD_PARAMETERS 0xFFFF0006u
#define TEE_ERROR_BAD_STATE 0xFFFF0007u
#define TEE_ERROR_BUSY 0xFFFF000Du
#define TEE_ERROR_ITEM_NOT_FOUND 0xFFFF0008u
#define TEE_ERROR_NOT_IMPLEMENTED 0xFFFF0009u
#define TEE_ERROR_NOT_SUPPORTED 0xFFFF000Au
#define TEE_ERROR_OUT_OF_MEMORY 0xFFFF000Cu
#define TEE_ERROR_COMMUNICATION 0xFFFF000Eu
#define TEE_ERROR_SHORT_BUFFER 0xFFFF0010u
#define TEE_ERROR_TARGET_DEAD 0xFFFF3024u
#define TEE_ERROR_MAC_INVALID 0xFFFF3071u
#define TEE_ERROR_SIGNATURE_INVALID 0xFFFF3072u

/* 4.3.6.1 parameter types */
#define TEE_PARAM_TYPE_NONE 0u
#define TEE_PARAM_TYPE_VALUE_INPUT 1u
#define TEE_PARAM_TYPE_VALUE_OUTPUT 2u
#define TEE_PARAM_TYPE_VALUE_INOUT 3u
#define TEE_PARAM_TYPE_MEMREF_INPUT 5u
#define TEE_PARAM_TYPE_MEMREF_OUTPUT 6u
#define TEE_PARAM_TYPE_MEMREF_INOUT 7u
#define TEE_PARAM_TYPES(a, b, c, d)                                            \
	((uint32_t)(a) | (uint32_t)(b) << 4 | (uint32_t)(c) << 8 |             \
	    (uint32_t)(d) << 12)
#define TEE_PARAM_TYPE_GET(t, i) (((uint32_t)(t) >> ((i)*4)) & 0xFu)

#define TEE_TIMEOUT_INFINITE 0xFFFFFFFFu
#define TEE_HANDLE_NULL NULL
#define TEE_PROPSET_TEE_IMPLEMENTATION ((TEE_PropSetHandle)0xFFFFFFFD)

/* 5.7 storage */
#define TEE_STORAGE_PRIVATE 0x00000001u
#define TEE_DATA_FLAG_ACCESS_READ 0x00000001u
#define TEE_DATA_FLAG_ACCESS_WRITE 0x00000002u
#define TEE_DATA_FLAG_ACCESS_WRITE_META 0x00000004u
#define TEE_DATA_FLAG_OVERWRITE 0x00000400u
#define TEE_OBJECT_ID_MAX_LEN 64u

/* 6.1 operations */
#define TEE_MODE_ENCRYPT 0u
#define TEE_MODE_DECRYPT 1u
#define TEE_MODE_SIGN 2u
#define TEE_MODE_VERIFY 3u
#define TEE_MODE_MAC 4u
#define TEE_MODE_DIGEST 5u
#define TEE_MODE_DERIVE 6u
#define TEE_ALG_AES_ECB_NOPAD 0x10000010u
#define TEE_ALG_AES_GCM 0x40000810u
#define TEE_ALG_SHA1 0x50000002u
#define TEE_ALG_SHA256 0x50000004u
#define TEE_ALG_RSASSA_PKCS1_V1_5_SHA256 0x70004830u
#define TEE_ALG_RSASSA_PKCS1_V1_5_SHA384 0x70005830u
#define TEE_ALG_ED25519 0x70006043u
#define TEE_ALG_SHA384 0x50000005u
#define TEE_ALG_HMAC_SHA256 0x30000004u
#define TEE_ALG_HMAC_SHA384 0x30000005u
#define TEE_ALG_ECDSA_P256 0x70003041u
#define TEE_ALG_ECDH_P256 0x80003042u
#define TEE_ECC_CURVE_NIST_P256 0x00000003u
#define TEE_ALG_ECDSA_P384 0x70004041u
#define TEE_ALG_ECDH_P384 0x80004042u
#define TEE_ECC_CURVE_NIST_P384 0x00000004u

/* 6.11 object types and attributes */
#define TEE_TYPE_AES 0xA0000010u
#define TEE_TYPE_HMAC_SHA256 0xA0000004u
#define TEE_TYPE_RSA_PUBLIC_KEY 0xA0000030u
#define TEE_ATTR_RSA_MODULUS 0xD0000130u
#define TEE_ATTR_RSA_PUBLIC_EXPONENT 0xD0000230u
#define TEE_TYPE_ED25519_PUBLIC_KEY 0xA0000043u
#define TEE_TYPE_ED25519_KEYPAIR 0xA1000043u
#define TEE_ATTR_ED25519_PRIVATE_VALUE 0xC0000843u
#define TEE_ATTR_ED25519_PUBLIC_VALUE 0xD0000743u
#define TEE_TYPE_HMAC_SHA384 0xA0000005u
#define TEE_TYPE_GENERIC_SECRET 0xA0000000u
#define TEE_TYPE_ECDSA_PUBLIC_KEY 0xA0000041u
#define TEE_TYPE_ECDSA_KEYPAIR 0xA1000041u
#define TEE_TYPE_ECDH_PUBLIC_KEY 0xA0000042u
#define TEE_TYPE_ECDH_KEYPAIR 0xA1000042u
#define TEE_TYPE_DATA 0xA00000BFu
#define TEE_ATTR_SECRET_VALUE 0xC0000000u
#define TEE_ATTR_ECC_PUBLIC_VALUE_X 0xD0000141u
#define TEE_ATTR_ECC_PUBLIC_VALUE_Y 0xD0000241u
#define TEE_ATTR_ECC_PRIVATE_VALUE 0xC0000341u
#define TEE_ATTR_ECC_CURVE 0xF0000441u

#endif
