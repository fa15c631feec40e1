/* SPDX-License-Identifier: Apache-2.0 */
/* limits.h - every maximum that two programs must agree on, in bytes. */
#ifndef BTZ_WIRE_LIMITS_H
#define BTZ_WIRE_LIMITS_H

#define BTZ_FRAME_MAX 65536u /* header and body of one SEQPACKET message */
#define BTZ_NAME_MAX 63u     /* tenants, users, devices, shares, roles */
#define BTZ_LABEL_MAX 128u   /* key label */
#define BTZ_INPUT_MAX 61440u /* input of sign/verify in one frame */
#define BTZ_TBS_MAX 16384u   /* TBSCertificate */
#define BTZ_CRL_MAX 61440u   /* TBSCertList in one frame */
#define BTZ_CERT_MAX 16640u  /* one DER certificate */
#define BTZ_CSR_MAX 8192u
#define BTZ_SPKI_MAX 1024u /* DER SubjectPublicKeyInfo */
#define BTZ_SIG_MAX 1024u
#define BTZ_DIGEST_MAX 64u
#define BTZ_ALG_MAX 13u	      /* last of enum btz_key_alg */
#define BTZ_SIG_ALG_MAX 13u   /* last of enum btz_sig_alg */
#define BTZ_CRYPT_ALG_MAX 27u /* last of enum btz_crypt_alg */
#define BTZ_NONCE_MAX 16u
#define BTZ_ATTEST_MAX 1024u	  /* each part of an attestation */
#define BTZ_SECRET_MAX 4096u	  /* private part of a key */
#define BTZ_DERIVED_MAX 8160u	  /* output of DERIVE */
#define BTZ_APP_DATA_MAX 512u	  /* that an application keeps with a key */
#define BTZ_SHARES_TEXT_MAX 8192u /* who may use one key */
#define BTZ_LABELS_MAX 1024u	  /* NAME=VALUE lines of a key */
#define BTZ_VERSIONS_MAX 1000u	  /* of one key */
#define BTZ_PATH_MAX 4096u
#define BTZ_URI_MAX 512u
#define BTZ_TEXT_MAX 1024u
#define BTZ_NOTE_MAX 4096u /* signed checkpoint */
#define BTZ_BLOB_MAX 8192u /* wrapped key */
#define BTZ_CONSTRAINTS_MAX 2048u
#define BTZ_PROOF_MAX 64u /* hashes in one Merkle proof */
#define BTZ_LEASE_KEYS_MAX 64u
#define BTZ_RANDOM_MAX 4096u
#define BTZ_RECORD_MAX 8192u /* one audit record (JSON line) */
#define BTZ_LIST_MAX 57344u  /* rows of one list answer */
#define BTZ_SHA256_LEN 32u
#define BTZ_ID_LEN 16u

#endif
