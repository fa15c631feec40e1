/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tee_internal_api.h - GlobalPlatform TEE Internal Core API 1.3, the part
 * that our TA uses, with OP-TEE 4's size_t lengths. Host emulation: contracts
 * are those of the standard (chapter in the comment).
 */
#ifndef HOSTKIT_TEE_INTERNAL_API_H
#define HOSTKIT_TEE_INTERNAL_API_H

/* Parameter names are shorter here than the standard's.
 * NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
#include "tee_api_types.h"

#define TA_EXPORT

/* 4.3 entry points, defined by the TA */
TEE_Result TA_CreateEntryPoint(void);
void TA_DestroyEntryPoint(void);
TEE_Result TA_OpenSessionEntryPoint(
    uint32_t paramTypes, TEE_Param params[4], void **sessionContext);
void TA_CloseSessionEntryPoint(void *sessionContext);
TEE_Result TA_InvokeCommandEntryPoint(void *sessionContext, uint32_t commandID,
    uint32_t paramTypes, TEE_Param params[4]);

/* 4.4 properties, 4.9 calls to other TAs, 4.11 memory */
TEE_Result TEE_GetPropertyAsString(TEE_PropSetHandle propsetOrEnumerator,
    const char *name, char *valueBuffer, size_t *valueBufferLen);
TEE_Result TEE_OpenTASession(const TEE_UUID *destination,
    uint32_t cancellationRequestTimeout, uint32_t paramTypes,
    TEE_Param params[4], TEE_TASessionHandle *session, uint32_t *returnOrigin);
void TEE_CloseTASession(TEE_TASessionHandle session);
TEE_Result TEE_InvokeTACommand(TEE_TASessionHandle session,
    uint32_t cancellationRequestTimeout, uint32_t commandID,
    uint32_t paramTypes, TEE_Param params[4], uint32_t *returnOrigin);
void *TEE_Malloc(size_t size, uint32_t hint);
void TEE_Free(void *buffer);

/* 5.5 - 5.7 objects and storage */
TEE_Result TEE_AllocateTransientObject(TEE_ObjectType objectType,
    uint32_t maxObjectSize, TEE_ObjectHandle *object);
void TEE_FreeTransientObject(TEE_ObjectHandle object);
TEE_Result TEE_PopulateTransientObject(
    TEE_ObjectHandle object, const TEE_Attribute *attrs, uint32_t attrCount);
void TEE_InitRefAttribute(TEE_Attribute *attr, uint32_t attributeID,
    const void *buffer, size_t length);
void TEE_InitValueAttribute(
    TEE_Attribute *attr, uint32_t attributeID, uint32_t a, uint32_t b);
TEE_Result TEE_GenerateKey(TEE_ObjectHandle object, uint32_t keySize,
    const TEE_Attribute *params, uint32_t paramCount);
TEE_Result TEE_GetObjectBufferAttribute(
    TEE_ObjectHandle object, uint32_t attributeID, void *buffer, size_t *size);
TEE_Result TEE_GetObjectInfo1(
    TEE_ObjectHandle object, TEE_ObjectInfo *objectInfo);
void TEE_CloseObject(TEE_ObjectHandle object);
TEE_Result TEE_CreatePersistentObject(uint32_t storageID, const void *objectID,
    size_t objectIDLen, uint32_t flags, TEE_ObjectHandle attributes,
    const void *initialData, size_t initialDataLen, TEE_ObjectHandle *object);
TEE_Result TEE_OpenPersistentObject(uint32_t storageID, const void *objectID,
    size_t objectIDLen, uint32_t flags, TEE_ObjectHandle *object);
TEE_Result TEE_CloseAndDeletePersistentObject1(TEE_ObjectHandle object);
TEE_Result TEE_ReadObjectData(
    TEE_ObjectHandle object, void *buffer, size_t size, size_t *count);

/* 6 cryptography */
TEE_Result TEE_AllocateOperation(TEE_OperationHandle *operation,
    uint32_t algorithm, uint32_t mode, uint32_t maxKeySize);
void TEE_FreeOperation(TEE_OperationHandle operation);
void TEE_ResetOperation(TEE_OperationHandle operation);
TEE_Result TEE_SetOperationKey(
    TEE_OperationHandle operation, TEE_ObjectHandle key);
void TEE_DigestUpdate(
    TEE_OperationHandle operation, const void *chunk, size_t chunkSize);
TEE_Result TEE_DigestDoFinal(TEE_OperationHandle operation, const void *chunk,
    size_t chunkLen, void *hash, size_t *hashLen);
void TEE_MACInit(TEE_OperationHandle operation, const void *IV, size_t IVLen);
void TEE_MACUpdate(
    TEE_OperationHandle operation, const void *chunk, size_t chunkSize);
TEE_Result TEE_MACComputeFinal(TEE_OperationHandle operation,
    const void *message, size_t messageLen, void *mac, size_t *macLen);
void TEE_CipherInit(
    TEE_OperationHandle operation, const void *IV, size_t IVLen);
TEE_Result TEE_CipherUpdate(TEE_OperationHandle operation, const void *srcData,
    size_t srcLen, void *destData, size_t *destLen);
TEE_Result TEE_CipherDoFinal(TEE_OperationHandle operation, const void *srcData,
    size_t srcLen, void *destData, size_t *destLen);
TEE_Result TEE_AEInit(TEE_OperationHandle operation, const void *nonce,
    size_t nonceLen, uint32_t tagLen, size_t AADLen, size_t payloadLen);
void TEE_AEUpdateAAD(
    TEE_OperationHandle operation, const void *AADdata, size_t AADdataLen);
TEE_Result TEE_AEEncryptFinal(TEE_OperationHandle operation,
    const void *srcData, size_t srcLen, void *destData, size_t *destLen,
    void *tag, size_t *tagLen);
TEE_Result TEE_AEDecryptFinal(TEE_OperationHandle operation,
    const void *srcData, size_t srcLen, void *destData, size_t *destLen,
    void *tag, size_t tagLen);
TEE_Result TEE_AsymmetricEncrypt(TEE_OperationHandle operation,
    const TEE_Attribute *params, uint32_t paramCount, const void *srcData,
    size_t srcLen, void *destData, size_t *destLen);
TEE_Result TEE_AsymmetricDecrypt(TEE_OperationHandle operation,
    const TEE_Attribute *params, uint32_t paramCount, const void *srcData,
    size_t srcLen, void *destData, size_t *destLen);
TEE_Result TEE_AsymmetricSignDigest(TEE_OperationHandle operation,
    const TEE_Attribute *params, uint32_t paramCount, const void *digest,
    size_t digestLen, void *signature, size_t *signatureLen);
TEE_Result TEE_AsymmetricVerifyDigest(TEE_OperationHandle operation,
    const TEE_Attribute *params, uint32_t paramCount, const void *digest,
    size_t digestLen, const void *signature, size_t signatureLen);
void TEE_DeriveKey(TEE_OperationHandle operation, const TEE_Attribute *params,
    uint32_t paramCount, TEE_ObjectHandle derivedKey);
void TEE_GenerateRandom(void *randomBuffer, size_t randomBufferLen);

/* 7.2 time since an arbitrary start, monotonic */
void TEE_GetSystemTime(TEE_Time *time);

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

#endif
