/* SPDX-License-Identifier: Apache-2.0 */
/* tee_call.c - one command of the trusted application; contract in tee.h. */
#include "crypto/backend/tee.h"

#include <string.h>

const char *
btz_tee_state_name(uint8_t s)
{
	static const char *const names[] = {
		[BTZ_TA_UNPROVISIONED] = "unprovisioned",
		[BTZ_TA_PROVISIONING] = "provisioning",
		[BTZ_TA_READY] = "ready",
		[BTZ_TA_TIME_UNSURE] = "time-unsure",
		[BTZ_TA_TPM_UNAVAILABLE] = "tpm-unavailable",
		[BTZ_TA_TAMPER] = "tamper",
		[BTZ_TA_TPM_SWAPPED] = "tpm-swapped",
		[BTZ_TA_STORAGE_LOST] = "storage-lost",
		[BTZ_TA_STORAGE_ROLLED_BACK] = "storage-rolled-back",
		[BTZ_TA_TOO_OLD] = "ta-too-old",
	};

	return s > 0 && s < BTZ_COUNT(names) ? names[s] : "?";
}

static enum btz_rc
invoke(struct tee *t, uint32_t command, size_t in_len, struct btz_span *out,
    struct btz_err *err)
{
	TEEC_Operation op;
	TEEC_Result res;
	uint32_t origin = 0;
	enum btz_rc rc;

	memset(&op, 0, sizeof(op));
	op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_INPUT,
	    TEEC_MEMREF_TEMP_OUTPUT, TEEC_VALUE_OUTPUT, TEEC_NONE);
	op.params[0].tmpref.buffer = t->in;
	op.params[0].tmpref.size = in_len;
	op.params[1].tmpref.buffer = t->out;
	op.params[1].tmpref.size = sizeof(t->out);
	res = TEEC_InvokeCommand(&t->session, command, &op, &origin);
	if (res != TEEC_SUCCESS)
		t->lost = true;
	if (res != TEEC_SUCCESS)
		return BTZ_FAIL(err, BTZ_E_TEE_DOWN,
		    "command %#x: TEE result %#x from %u", command, res,
		    origin);
	t->state = (uint8_t)op.params[2].value.b;
	rc = btz_rc_from_wire(op.params[2].value.a);
	if (rc != BTZ_OK)
		return BTZ_FAIL(err, rc,
		    "trusted application (%s), command %#x: %s",
		    btz_tee_state_name(t->state), command, btz_rc_text(rc));
	*out = btz_span_of(t->out, op.params[1].tmpref.size);
	return BTZ_OK;
}

enum btz_rc
btz_tee_call(struct tee *t, uint32_t command, const struct btz_msgdef *in_def,
    const void *in, const struct btz_msgdef *out_def, void *out,
    struct btz_err *err)
{
	struct btz_wr wr;
	struct btz_span answer = { NULL, 0 };
	enum btz_rc rc;

	btz_wr_init(&wr, t->in, sizeof(t->in));
	if (in_def != NULL)
		btz_msg_write(in_def, in, &wr);
	if (!btz_wr_ok(&wr))
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "request to the TA");
	rc = invoke(t, command, wr.len, &answer, err);
	btz_wipe(t->in, wr.len);
	if (rc != BTZ_OK)
		return rc;
	if (out_def != NULL ? !btz_msg_decode(out_def, answer, out)
			    : answer.len != 0)
		return BTZ_FAIL(
		    err, BTZ_E_PROTO, "answer of the TA to %#x", command);
	return BTZ_OK;
}

enum btz_rc
btz_tee_info(struct tee *t, struct btz_ta_info *m, struct btz_err *err)
{
	enum btz_rc rc;

	memset(m, 0, sizeof(*m));
	rc = btz_tee_call(t, BTZ_TA_INFO, NULL, NULL, &btz_def_ta_info, m, err);

	if (rc == BTZ_OK && m->abi != BTZ_TA_ABI)
		return BTZ_FAIL(err, BTZ_E_VERSION,
		    "trusted application has ABI %u, not %u", m->abi,
		    BTZ_TA_ABI);
	return rc;
}
