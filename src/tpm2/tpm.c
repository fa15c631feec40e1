/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tpm.c - one command over the transport, and the session's opening and end.
 * The commands themselves are in ops.c.
 */
#include "tpm2/tpm.h"

#include <string.h>

void
btz_tpm_init(struct btz_tpm *t, const struct btz_tpm_crypto *c,
    btz_tpm_transceive *fn, void *arg)
{
	memset(t, 0, sizeof(*t));
	t->crypto = c;
	t->transceive = fn;
	t->arg = arg;
	t->why = "";
	btz_tpm_session_init(&t->session, c);
}

void
btz_tpm_end(struct btz_tpm *t)
{
	btz_tpm_session_end(&t->session);
	btz_wipe(t->cmd, sizeof(t->cmd));
	btz_wipe(t->resp, sizeof(t->resp));
}

static enum btz_rc
send_frame(struct btz_tpm *t, const struct btz_wr *wr, size_t *len)
{
	t->tpm_rc = 0;
	t->why = "transport failed";
	*len = 0;
	if (t->transceive(t->arg, wr->buf, wr->len, t->resp, sizeof(t->resp),
		len) != BTZ_OK ||
	    *len > sizeof(t->resp))
		return BTZ_E_TPM_UNAVAILABLE;
	return BTZ_OK;
}

static void
note(struct btz_tpm *t, const struct btz_tpm_call *call)
{
	t->tpm_rc = call->tpm_rc;
	t->why = call->why;
}

enum btz_rc
btz_tpm_exec_row(struct btz_tpm *t, enum btz_tpm_how how,
    const struct btz_tpm_cmd *row, const struct btz_tpm_entity *const *ents,
    const void *in, void *out)
{
	struct btz_tpm_call call;
	struct btz_wr wr;
	size_t len;
	enum btz_rc rc;

	btz_wr_init(&wr, t->cmd, sizeof(t->cmd));
	rc = btz_tpm_build_row(&t->session, how, row, ents, in, &call, &wr);
	if (rc != BTZ_OK) {
		note(t, &call);
		return rc;
	}
	if ((rc = send_frame(t, &wr, &len)) != BTZ_OK) {
		btz_tpm_drop(&t->session, &call);
		return rc;
	}
	rc = btz_tpm_parse(&t->session, &call, t->resp, len, out);
	note(t, &call);
	btz_wipe(t->resp, len);
	return rc;
}

enum btz_rc
btz_tpm_exec_how(struct btz_tpm *t, enum btz_tpm_how how,
    enum btz_tpm_cmd_id id, const struct btz_tpm_entity *const *ents,
    const void *in, void *out)
{
	return btz_tpm_exec_row(t, how, btz_tpm_cmd_of(id), ents, in, out);
}

enum btz_rc
btz_tpm_exec(struct btz_tpm *t, enum btz_tpm_cmd_id id,
    const struct btz_tpm_entity *const *ents, const void *in, void *out)
{
	const struct btz_tpm_cmd *cmd = btz_tpm_cmd_of(id);
	bool plain = cmd != NULL && cmd->sessionless;

	return btz_tpm_exec_how(
	    t, plain ? BTZ_TPM_PLAIN : BTZ_TPM_HMAC, id, ents, in, out);
}

enum btz_rc
btz_tpm_open(
    struct btz_tpm *t, uint32_t key_handle, const struct btz_tpm_public *key)
{
	struct btz_tpm_start st;
	struct btz_wr wr;
	size_t len;
	enum btz_rc rc;

	btz_tpm_close(t);
	btz_wr_init(&wr, t->cmd, sizeof(t->cmd));
	rc = btz_tpm_start_build(&t->session, &st, key_handle, key, &wr);
	if (rc != BTZ_OK) {
		note(t, &st.call);
		return rc;
	}
	if ((rc = send_frame(t, &wr, &len)) == BTZ_OK) {
		rc = btz_tpm_start_parse(&t->session, &st, t->resp, len);
		note(t, &st.call);
	}
	btz_wipe(&st, sizeof(st));
	return rc;
}

void
btz_tpm_close(struct btz_tpm *t)
{
	uint32_t handle = t->session.handle;
	enum btz_rc rc = BTZ_OK;

	btz_tpm_session_end(&t->session);
	/* Failure leaves a slot taken in the TPM, nothing else. */
	if (handle != 0)
		rc = btz_tpm_flush(t, handle);
	(void)rc;
}
