/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entry.c - entry points (GP Internal Core API 4.3) and the table of commands:
 * number, states in which it works, handler. Start at
 * TA_InvokeCommandEntryPoint.
 *
 * Memory references are shared with Linux: the request is copied once before
 * the first look, the answer is built in memory of our own and copied last.
 */
#include <string.h>

#include "ta.h"

#define IN(s) (1u << BTZ_TA_##s)
#define ALWAYS 0xffffffffu
/* The key of this boot is in memory, the TPM is not needed. */
#define HAVE_KEK                                                               \
	(IN(READY) | IN(TIME_UNSURE) | IN(TPM_UNAVAILABLE) | IN(TAMPER))
/* The TPM is needed, and tried. */
#define WITH_TPM (IN(READY) | IN(TIME_UNSURE))
#define CEREMONY (WITH_TPM | IN(STORAGE_ROLLED_BACK))
#define INIT                                                                   \
	(IN(UNPROVISIONED) | IN(PROVISIONING) | IN(READY) | IN(TIME_UNSURE))

static const struct {
	uint32_t command;
	uint32_t states;
	ta_op *fn; /* NULL: number reserved */
} table[] = {
	{ BTZ_TA_INFO, ALWAYS, ta_op_info },
	{ BTZ_TA_PROVISION, INIT, ta_op_provision },
	{ BTZ_TA_APPROVAL_NONCE, CEREMONY, ta_op_approval_nonce },
	{ BTZ_TA_ADMIN_SET, WITH_TPM, ta_op_admin_set },
	{ BTZ_TA_TIME_SET, WITH_TPM, ta_op_time_set },
	{ BTZ_TA_RECOVER, IN(STORAGE_ROLLED_BACK), ta_op_recover },
	{ BTZ_TA_APPROVAL_CANCEL, CEREMONY, ta_op_approval_cancel },
	{ BTZ_TA_KEY_CREATE, HAVE_KEK, ta_op_key_create },
	{ BTZ_TA_KEY_OPEN, HAVE_KEK, ta_op_key_open },
	{ BTZ_TA_KEY_DESTROY, WITH_TPM, ta_op_key_destroy },
	{ BTZ_TA_SIGN_DIGEST, HAVE_KEK, ta_op_sign_digest },
	{ BTZ_TA_SIGN_TBS_CERT, HAVE_KEK, ta_op_sign_tbs_cert },
	{ BTZ_TA_SIGN_TBS_CRL, HAVE_KEK, ta_op_sign_tbs_crl },
	{ BTZ_TA_SIGN_OCSP, HAVE_KEK, ta_op_sign_ocsp },
	{ BTZ_TA_SIGN_TLS, HAVE_KEK, ta_op_sign_tls },
	{ BTZ_TA_SIGN_CSR, 0, NULL },
	{ BTZ_TA_SIGN_ISSUING, WITH_TPM, ta_op_sign_issuing },
	{ BTZ_TA_SIGN_ROOT_CRL, WITH_TPM, ta_op_sign_root_crl },
	{ BTZ_TA_SIGN_CHECKPOINT, WITH_TPM, ta_op_sign_checkpoint },
	{ BTZ_TA_BACKUP, HAVE_KEK, ta_op_backup },
	{ BTZ_TA_RESTORE, WITH_TPM, ta_op_restore },
	{ BTZ_TA_RANDOM, ALWAYS, ta_op_random },
	{ BTZ_TA_TPM_END, ALWAYS, ta_op_tpm_end },
	{ BTZ_TA_STOP, ALWAYS, ta_op_stop },
	{ BTZ_TA_OFFERS, ALWAYS, ta_op_offers },
	{ BTZ_TA_KEY_CRYPT, HAVE_KEK, ta_op_key_crypt },
	{ BTZ_TA_KEY_IMPORT, HAVE_KEK, ta_op_key_import },
	{ BTZ_TA_KEY_EXPORT, HAVE_KEK, ta_op_key_export },
	{ BTZ_TA_TRANSPORT, WITH_TPM, ta_op_transport },
};

static struct ta instance;

TEE_Result TA_EXPORT
TA_CreateEntryPoint(void)
{
	memset(&instance, 0, sizeof(instance));
	ta_boot(&instance);
	return TEE_SUCCESS;
}

void TA_EXPORT
TA_DestroyEntryPoint(void)
{
	ta_keys_close_all(&instance);
	ta_tpm_forget(&instance);
	ta_tpm_down(&instance);
	btz_wipe(&instance, sizeof(instance));
}

TEE_Result TA_EXPORT
TA_OpenSessionEntryPoint(uint32_t types, TEE_Param params[4], void **session)
{
	(void)types, (void)params;
	/* Only its address is used: whose handles are whose. */
	*session = TEE_Malloc(1, 0);
	return *session == NULL ? TEE_ERROR_OUT_OF_MEMORY : TEE_SUCCESS;
}

void TA_EXPORT
TA_CloseSessionEntryPoint(void *session)
{
	ta_keys_close_session(&instance, session);
	ta_tpm_orphan(&instance, session);
	TEE_Free(session);
}

/* States that end by themselves are looked at again before a command. */
static void
revisit(struct ta *ta)
{
	if (ta->state != BTZ_TA_TPM_UNAVAILABLE && ta->state != BTZ_TA_TAMPER &&
	    ta->state != BTZ_TA_TPM_SWAPPED)
		return;
	if (ta_port_uptime() >= ta->retry_at)
		ta_boot(ta);
}

static enum btz_rc
run(struct ta *ta, size_t row, const void *session, struct btz_span in,
    struct btz_wr *out)
{
	enum btz_rc rc;

	if (table[row].fn == NULL)
		return BTZ_E_UNSUPPORTED;
	revisit(ta);
	rc = ta_state_allows(ta, table[row].states);
	/* What does not work without the TPM waits for its turn. */
	if (rc == BTZ_OK && (table[row].states & IN(TPM_UNAVAILABLE)) == 0)
		rc = ta_tpm_free(ta);
	if (rc == BTZ_OK)
		rc = table[row].fn(ta, session, in, out);
	if (rc == BTZ_OK && !btz_wr_ok(out))
		rc = BTZ_E_TOOBIG;
	return rc;
}

/* One call at a time (single instance); nothing of one is left for the next. */
static uint8_t answer[BTZ_TA_ANSWER_MAX];

static TEE_Result
invoke(size_t row, const void *session, TEE_Param params[4])
{
	struct btz_wr out;
	size_t in_len = params[0].memref.size, cap = params[1].memref.size;
	uint8_t *in;
	enum btz_rc rc;

	/* With less room than the largest answer it is not begun, so that a
	 * short buffer never loses a signature that was counted. */
	if (cap < BTZ_TA_ANSWER_MAX) {
		params[1].memref.size = BTZ_TA_ANSWER_MAX;
		return TEE_ERROR_SHORT_BUFFER;
	}
	in = TEE_Malloc(in_len + 1, 0);
	if (in == NULL)
		return TEE_ERROR_OUT_OF_MEMORY;
	if (in_len > 0)
		memcpy(in, params[0].memref.buffer, in_len);
	btz_wr_init(&out, answer, sizeof(answer));
	rc = run(&instance, row, session, btz_span_of(in, in_len), &out);
	params[1].memref.size = 0;
	if (rc == BTZ_OK && out.len > 0) {
		memcpy(params[1].memref.buffer, out.buf, out.len);
		params[1].memref.size = out.len;
	}
	params[2].value.a = rc;
	params[2].value.b = instance.state;
	btz_wipe(answer, out.len);
	TEE_Free(in);
	return TEE_SUCCESS;
}

TEE_Result TA_EXPORT
TA_InvokeCommandEntryPoint(
    void *session, uint32_t command, uint32_t types, TEE_Param params[4])
{
	const uint32_t want = TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT,
	    TEE_PARAM_TYPE_MEMREF_OUTPUT, TEE_PARAM_TYPE_VALUE_OUTPUT,
	    TEE_PARAM_TYPE_NONE);

	if (types != want || params[0].memref.size > BTZ_TA_REQUEST_MAX)
		return TEE_ERROR_BAD_PARAMETERS;
	for (size_t i = 0; i < BTZ_COUNT(table); i++)
		if (table[i].command == command)
			return invoke(i, session, params);
	return TEE_ERROR_NOT_SUPPORTED;
}
