/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec.h - numbers of the TPM 2.0 Library Specification (Part 2) that we use.
 */
#ifndef BTZ_TPM2_SPEC_H
#define BTZ_TPM2_SPEC_H

/* TPM_ST, Part 2 6.9 */
#define BTZ_TPM_ST_NO_SESSIONS 0x8001u
#define BTZ_TPM_ST_SESSIONS 0x8002u
#define BTZ_TPM_ST_HASHCHECK 0x8024u
#define BTZ_TPM_ST_CREATION 0x8021u

/* TPM_ALG_ID, Part 2 6.3 */
#define BTZ_TPM_ALG_RSA 0x0001u
#define BTZ_TPM_ALG_AES 0x0006u
#define BTZ_TPM_ALG_KEYEDHASH 0x0008u
#define BTZ_TPM_ALG_SHA256 0x000bu
#define BTZ_TPM_ALG_SHA384 0x000cu
#define BTZ_TPM_ALG_SHA512 0x000du
#define BTZ_TPM_ALG_NULL 0x0010u
#define BTZ_TPM_ALG_RSASSA 0x0014u
#define BTZ_TPM_ALG_RSAPSS 0x0016u
#define BTZ_TPM_ALG_ECDSA 0x0018u
#define BTZ_TPM_ALG_ECC 0x0023u
#define BTZ_TPM_ALG_ECDH 0x0019u
#define BTZ_TPM_ALG_SYMCIPHER 0x0025u
#define BTZ_TPM_ALG_CTR 0x0040u
#define BTZ_TPM_ALG_CBC 0x0042u
#define BTZ_TPM_ALG_CFB 0x0043u
#define BTZ_TPM_ECC_P256 0x0003u
#define BTZ_TPM_ECC_P384 0x0004u
#define BTZ_TPM_ECC_P521 0x0005u

/* TPM_RH, Part 2 7.4 */
#define BTZ_TPM_RH_OWNER 0x40000001u
#define BTZ_TPM_RH_NULL 0x40000007u
#define BTZ_TPM_RS_PW 0x40000009u
#define BTZ_TPM_RH_LOCKOUT 0x4000000au
#define BTZ_TPM_RH_ENDORSEMENT 0x4000000bu
#define BTZ_TPM_RH_PLATFORM 0x4000000cu

/* Types of handles: the first octet, Part 2 7.2 */
#define BTZ_TPM_HT_NV 0x01u
#define BTZ_TPM_HT_HMAC_SESSION 0x02u
#define BTZ_TPM_HT_POLICY_SESSION 0x03u
#define BTZ_TPM_HT_PERMANENT 0x40u
#define BTZ_TPM_HT_TRANSIENT 0x80u
#define BTZ_TPM_HT_PERSISTENT 0x81u

/* Handles that Bartizan uses */
#define BTZ_TPM_H_SRK 0x81000001u     /* standard P-256 SRK, for Linux */
#define BTZ_TPM_H_FIRST 0x81008000u   /* ours from here on */
#define BTZ_TPM_H_EK_P256 0x8101000au /* low range, if the maker put it there */
#define BTZ_TPM_H_EK_P384 0x81010016u
#define BTZ_TPM_NV_INDEX 0x01800100u /* default, configurable */
/* Certificates of EKs, TCG EK Credential Profile 2.2.1.4, 2.2.1.5 */
#define BTZ_TPM_NV_EK_P256_LOW 0x01c0000au
#define BTZ_TPM_NV_EK_P256_HIGH 0x01c00014u
#define BTZ_TPM_NV_EK_P384_HIGH 0x01c00016u

/* TPM_SU, TPM_CAP, TPM_PT, TPM_SE */
#define BTZ_TPM_SU_CLEAR 0u
#define BTZ_TPM_SU_STATE 1u
#define BTZ_TPM_CAP_ALGS 0u
#define BTZ_TPM_CAP_HANDLES 1u
#define BTZ_TPM_CAP_COMMANDS 2u
#define BTZ_TPM_CAP_PROPERTIES 6u
#define BTZ_TPM_PT_MANUFACTURER 0x105u
#define BTZ_TPM_PT_VENDOR_1 0x106u
#define BTZ_TPM_PT_FIRMWARE_1 0x10bu
#define BTZ_TPM_PT_PERMANENT 0x200u	/* PT_VAR + 0 */
#define BTZ_TPM_PT_STARTUP_CLEAR 0x201u /* PT_VAR + 1 */
#define BTZ_TPM_SE_HMAC 0u
#define BTZ_TPM_SE_POLICY 1u
/* TPMA_PERMANENT (value of PT_PERMANENT), Part 2 8.6 */
#define BTZ_TPM_PERM_OWNER_AUTH 0x1u
#define BTZ_TPM_PERM_ENDORSEMENT_AUTH 0x2u
#define BTZ_TPM_PERM_LOCKOUT_AUTH 0x4u
#define BTZ_TPM_PERM_DISABLE_CLEAR 0x100u
/* TPMA_STARTUP_CLEAR (value of PT_STARTUP_CLEAR), Part 2 8.7 */
#define BTZ_TPM_STARTUP_PH_ENABLE 0x1u
#define BTZ_TPM_STARTUP_SH_ENABLE 0x2u
#define BTZ_TPM_STARTUP_EH_ENABLE 0x4u

/* TPMA_SESSION, Part 2 8.4 */
#define BTZ_TPM_SA_CONTINUE 0x01u
#define BTZ_TPM_SA_EXCLUSIVE 0x02u
#define BTZ_TPM_SA_DECRYPT 0x20u
#define BTZ_TPM_SA_ENCRYPT 0x40u
#define BTZ_TPM_SA_AUDIT 0x80u

/* TPMA_OBJECT of our objects, Part 2 8.3 */
#define BTZ_TPM_OA_STORAGE 0x00030472u
#define BTZ_TPM_OA_SIGN 0x00040472u
#define BTZ_TPM_OA_SEALED 0x00000452u
#define BTZ_TPM_OA_EK_LOW 0x000300b2u
#define BTZ_TPM_OA_EK_HIGH 0x000300f2u /* with userWithAuth */
#define BTZ_TPM_OA_FIXED_TPM 0x00000002u
#define BTZ_TPM_OA_FIXED_PARENT 0x00000010u
#define BTZ_TPM_OA_DATA_ORIGIN 0x00000020u
#define BTZ_TPM_OA_USER_AUTH 0x00000040u
#define BTZ_TPM_OA_NO_DA 0x00000400u
#define BTZ_TPM_OA_RESTRICTED 0x00010000u
#define BTZ_TPM_OA_DECRYPT 0x00020000u
#define BTZ_TPM_OA_SIGN_ENCRYPT 0x00040000u
/* TPMA_NV of our index, Part 2 13.4 */
#define BTZ_TPM_NVA_OURS 0x02040004u /* AUTHWRITE | AUTHREAD | NO_DA */
#define BTZ_TPM_NVA_WRITTEN 0x20000000u

/* TPM_RC, Part 2 6.6.3 */
#define BTZ_TPM_RC_HANDLE_1 0x18bu	/* format 1, handle 1: no such handle */
#define BTZ_TPM_RC_HIERARCHY_1 0x185u	/* hierarchy is disabled */
#define BTZ_TPM_RC_AUTH_FAIL_S1 0x98eu	/* session 1: HMAC is wrong */
#define BTZ_TPM_RC_BAD_AUTH_S1 0x9a2u	/* same, not subject to lockout */
#define BTZ_TPM_RC_ATTRIBUTES_S1 0x982u /* session 1: attribute refused */
#define BTZ_TPM_RC_VALUE_S1 0x984u	/* session 1: no such handle */
#define BTZ_TPM_RC_REFERENCE_S0 0x918u	/* session 1 is not loaded */
#define BTZ_TPM_RC_OBJECT_MEMORY 0x902u /* no transient slot left */
#define BTZ_TPM_RC_SESSION_MEMORY 0x903u /* no session slot left */
#define BTZ_TPM_RC_FAILURE 0x101u	 /* or failure mode */
#define BTZ_TPM_RC_INITIALIZE 0x100u	 /* Startup needed, or already done */
#define BTZ_TPM_RC_LOCKOUT 0x921u
#define BTZ_TPM_RC_RETRY 0x922u
#define BTZ_TPM_RC_YIELDED 0x908u
#define BTZ_TPM_RC_TESTING 0x90au
#define BTZ_TPM_RC_NV_RATE 0x920u
#define BTZ_TPM_RC_SESSION_HANDLES 0x905u
#define BTZ_TPM_RC_REFERENCE_H0 0x910u /* handle 1 is not loaded */
#define BTZ_TPM_RC_VALUE 0x084u	       /* format 1, without its place */
#define BTZ_TPM_RC_SIZE 0x095u
#define BTZ_TPM_RC_ECC_POINT 0x0a7u
#define BTZ_TPM_RC_INTEGRITY 0x09fu

/* TPM_CC, Part 2 6.5.2 */
#define BTZ_TPM_CC_EVICT_CONTROL 0x120u
#define BTZ_TPM_CC_HIERARCHY_CONTROL 0x121u
#define BTZ_TPM_CC_NV_UNDEFINE_SPACE 0x122u
#define BTZ_TPM_CC_CLEAR 0x126u
#define BTZ_TPM_CC_CLEAR_CONTROL 0x127u
#define BTZ_TPM_CC_HIERARCHY_CHANGE_AUTH 0x129u
#define BTZ_TPM_CC_NV_DEFINE_SPACE 0x12au
#define BTZ_TPM_CC_CREATE_PRIMARY 0x131u
#define BTZ_TPM_CC_NV_WRITE 0x137u
#define BTZ_TPM_CC_STARTUP 0x144u
#define BTZ_TPM_CC_SHUTDOWN 0x145u
#define BTZ_TPM_CC_ACTIVATE_CREDENTIAL 0x147u
#define BTZ_TPM_CC_NV_READ 0x14eu
#define BTZ_TPM_CC_POLICY_SECRET 0x151u
#define BTZ_TPM_CC_SEQUENCE_COMPLETE 0x13eu
#define BTZ_TPM_CC_CREATE 0x153u
#define BTZ_TPM_CC_ECDH_ZGEN 0x154u
#define BTZ_TPM_CC_HMAC 0x155u
#define BTZ_TPM_CC_IMPORT 0x156u
#define BTZ_TPM_CC_LOAD 0x157u
#define BTZ_TPM_CC_RSA_DECRYPT 0x159u
#define BTZ_TPM_CC_HMAC_START 0x15bu
#define BTZ_TPM_CC_SEQUENCE_UPDATE 0x15cu
#define BTZ_TPM_CC_SIGN 0x15du
#define BTZ_TPM_CC_UNSEAL 0x15eu
#define BTZ_TPM_CC_CONTEXT_LOAD 0x161u
#define BTZ_TPM_CC_CONTEXT_SAVE 0x162u
#define BTZ_TPM_CC_FLUSH_CONTEXT 0x165u
#define BTZ_TPM_CC_NV_READ_PUBLIC 0x169u
#define BTZ_TPM_CC_READ_PUBLIC 0x173u
#define BTZ_TPM_CC_START_AUTH_SESSION 0x176u
#define BTZ_TPM_CC_GET_CAPABILITY 0x17au
#define BTZ_TPM_CC_GET_RANDOM 0x17bu
#define BTZ_TPM_CC_READ_CLOCK 0x181u
#define BTZ_TPM_CC_TEST_PARMS 0x18au
#define BTZ_TPM_CC_ENCRYPT_DECRYPT2 0x193u

#endif
