/* SPDX-License-Identifier: Apache-2.0 */
/*
 * btz_ta.h - the ABI of the trusted application: UUID, commands, parameters.
 * Start here; the bodies are in src/wire/msg_ta.h.
 *
 * Every command has the same four parameters:
 *   0  MEMREF_INPUT   request body (may be empty)
 *   1  MEMREF_OUTPUT  answer body (BTZ_TA_ANSWER_MAX always suffices)
 *   2  VALUE_OUTPUT   a: enum btz_rc of the operation, b: enum btz_ta_state
 *   3  NONE
 * The TEE result is TEE_SUCCESS whenever the command was judged, also when it
 * was refused (value a says why); TEE_ERROR_BAD_PARAMETERS for another
 * parameter layout, TEE_ERROR_NOT_SUPPORTED for an unknown number,
 * TEE_ERROR_SHORT_BUFFER (nothing was changed) for a small answer buffer.
 * Commands that end with a signature by a TPM key answer BTZ_E_PENDING: all is
 * checked and counted, the TPM is at work. TPM_END by the same session gives
 * their answer, or BTZ_E_PENDING again; until then what needs the TPM is
 * BTZ_E_AGAIN. Without such a command TPM_END is BTZ_E_STATE.
 * Keys cross the boundary as handles: numbers that mean nothing outside the
 * session that opened them, and that the TA may forget at any time
 * (BTZ_E_NOENT: open the blob again).
 */
#ifndef BTZ_TA_H
#define BTZ_TA_H

/* 5d0b7f66-3f6c-4c5e-9a3b-6b7a2d1c8e41 */
#define BTZ_TA_UUID                                                            \
	{                                                                      \
		0x5d0b7f66, 0x3f6c, 0x4c5e,                                    \
		{                                                              \
			0x9a, 0x3b, 0x6b, 0x7a, 0x2d, 0x1c, 0x8e, 0x41         \
		}                                                              \
	}
/*
 * The supplicant plugin 9c1d2f0e-7a54-4b0b-8f6d-2e4c6a8b0d13 carries TPM
 * commands as opaque bytes. TRANSMIT: sub-command = length of the command at
 * the start of a buffer of BTZ_TPM_PLUGIN_BUFFER bytes, which then holds the
 * response. MODE: one byte, 1: nobody else uses this TPM. SUBMIT: as TRANSMIT,
 * but returns at once; COLLECT: the response to it at the start of such a
 * buffer, length 0 while the TPM works; sub-command 1: waits for it. One
 * command at a time; after TRANSMIT no response of a SUBMIT is kept.
 */
#define BTZ_TPM_PLUGIN_UUID                                                    \
	{                                                                      \
		0x9c1d2f0e, 0x7a54, 0x4b0b,                                    \
		{                                                              \
			0x8f, 0x6d, 0x2e, 0x4c, 0x6a, 0x8b, 0x0d, 0x13         \
		}                                                              \
	}
#define BTZ_TPM_PLUGIN_TRANSMIT 1u
#define BTZ_TPM_PLUGIN_MODE 2u
#define BTZ_TPM_PLUGIN_SUBMIT 3u
#define BTZ_TPM_PLUGIN_COLLECT 4u
#define BTZ_TPM_PLUGIN_BUFFER 4096u

#define BTZ_TA_ABI 2u
#define BTZ_TA_REQUEST_MAX 131072u
#define BTZ_TA_ANSWER_MAX 65536u

/* Request / answer; (r): number reserved, answers BTZ_E_UNSUPPORTED. */
enum btz_ta_command {
	BTZ_TA_INFO = 0x0701,		 /* - / ta_info */
	BTZ_TA_PROVISION = 0x0702,	 /* provision / ta_step */
	BTZ_TA_APPROVAL_NONCE = 0x0703,	 /* approval_request / challenge */
	BTZ_TA_ADMIN_SET = 0x0704,	 /* approved / - */
	BTZ_TA_TIME_SET = 0x0705,	 /* approved / - */
	BTZ_TA_RECOVER = 0x0706,	 /* approved / - */
	BTZ_TA_APPROVAL_CANCEL = 0x0707, /* approval_ref / approval_request */
	BTZ_TA_OFFERS = 0x0708,		 /* - / ta_offers */
	BTZ_TA_KEY_CREATE = 0x0710,	 /* ta_key_create / ta_key */
	BTZ_TA_KEY_OPEN = 0x0711,	 /* ta_blob / ta_handle */
	BTZ_TA_KEY_DESTROY = 0x0712,	 /* ta_blob / - */
	BTZ_TA_KEY_IMPORT = 0x0713,	 /* ta_key_import / ta_key */
	BTZ_TA_KEY_EXPORT = 0x0714,	 /* ta_blob / secret_ok */
	BTZ_TA_SIGN_DIGEST = 0x0720,	 /* ta_sign / signature */
	BTZ_TA_SIGN_TBS_CERT = 0x0721,	 /* ta_sign / signature */
	BTZ_TA_SIGN_TBS_CRL = 0x0722,	 /* ta_sign / signature */
	BTZ_TA_SIGN_OCSP = 0x0723,	 /* ta_sign / signature */
	BTZ_TA_SIGN_TLS = 0x0724,	 /* ta_sign / signature */
	BTZ_TA_SIGN_CSR = 0x0725,	 /* (r) */
	BTZ_TA_SIGN_ISSUING = 0x0726,	 /* ta_sign_issuing / certificate */
	BTZ_TA_SIGN_ROOT_CRL = 0x0727,	 /* approved / certificate */
	BTZ_TA_SIGN_CHECKPOINT = 0x0728, /* checkpoint / checkpoint_ok */
	BTZ_TA_BACKUP = 0x0730,		 /* backup / backup_ok */
	BTZ_TA_RESTORE = 0x0731,	 /* ta_restore / backup */
	BTZ_TA_TRANSPORT = 0x0732,	 /* - / certificate (a signed note) */
	BTZ_TA_RANDOM = 0x0740,		 /* random / random_ok */
	BTZ_TA_TPM_END = 0x0741,	 /* - / that of the command begun */
	BTZ_TA_STOP = 0x0742,		 /* - / -; commits, epoch is clean */
	BTZ_TA_KEY_CRYPT = 0x0750,	 /* ta_key_crypt / ta_output */
};

/* Which commands work in which state: ta/src/state.c. */
enum btz_ta_state {
	BTZ_TA_UNPROVISIONED = 1,
	BTZ_TA_PROVISIONING = 2,
	BTZ_TA_READY = 3,
	BTZ_TA_TIME_UNSURE = 4,
	BTZ_TA_TPM_UNAVAILABLE = 5,
	BTZ_TA_TAMPER = 6,
	BTZ_TA_TPM_SWAPPED = 7,
	BTZ_TA_STORAGE_LOST = 8,
	BTZ_TA_STORAGE_ROLLED_BACK = 9,
	BTZ_TA_TOO_OLD = 10,
};

#endif
