/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse.c - takes an answer: header, handle, parameters, authorization area
 * (Part 1, 18.4), in this order: shape, HMAC, decryption, parameters. Nothing
 * of it reaches the caller before the HMAC is right. Start at btz_tpm_parse().
 */
#include <string.h>

#include "tpm2/kdf.h"
#include "tpm2/secret.h"
#include "tpm2/tpm.h"

/* An answer, cut up; params points into the caller's buffer. */
struct answer {
	uint16_t tag;
	uint32_t rc, handle;
	uint8_t *params;
	size_t params_len;
	struct btz_span nonce, mac;
	uint8_t attrs;
};

static enum btz_rc
refuse(struct btz_tpm_call *call, enum btz_rc rc, size_t at, const char *why)
{
	call->offset = at;
	call->why = why;
	return rc;
}

static bool
cut_header(struct btz_rd *rd, size_t len, struct answer *a)
{
	uint32_t size;

	return btz_rd_u16(rd, &a->tag) && btz_rd_u32(rd, &size) &&
	       size == len && btz_rd_u32(rd, &a->rc);
}

/* What follows the parameters; sizes are those that we asked for. */
static bool
cut_area(struct btz_rd *rd, enum btz_tpm_how how, struct answer *a)
{
	size_t n = how == BTZ_TPM_HMAC ? 32 : 0;

	return btz_rd_bytes16(rd, &a->nonce, n) && a->nonce.len == n &&
	       btz_rd_u8(rd, &a->attrs) && btz_rd_bytes16(rd, &a->mac, n) &&
	       a->mac.len == n;
}

/* The policy session has no key: what it says is worth nothing. */
static bool
skip_policy(struct btz_rd *rd)
{
	struct btz_span s;
	uint8_t attrs;

	return btz_rd_bytes16(rd, &s, BTZ_TPM_NONCE) && btz_rd_u8(rd, &attrs) &&
	       btz_rd_bytes16(rd, &s, 0);
}

static bool
cut_body(struct btz_rd *rd, const struct btz_tpm_call *call, uint8_t *resp,
    struct answer *a)
{
	struct btz_span s;
	uint32_t n;

	if (call->cmd->out_handle &&
	    (!btz_rd_u32(rd, &a->handle) ||
		a->handle >> 24 != call->cmd->out_handle))
		return false;
	n = (uint32_t)btz_rd_left(rd);
	if (call->how != BTZ_TPM_PLAIN && !btz_rd_u32(rd, &n))
		return false;
	a->params = resp + btz_rd_offset(rd);
	a->params_len = n;
	return btz_rd_raw(rd, &s, n) &&
	       (call->how == BTZ_TPM_PLAIN || cut_area(rd, call->how, a)) &&
	       (!call->cmd->policy || skip_policy(rd)) && btz_rd_end(rd);
}

static enum btz_rc
cut(struct btz_tpm_call *call, uint8_t *resp, size_t len, struct answer *a)
{
	uint16_t want = call->how == BTZ_TPM_PLAIN ? BTZ_TPM_ST_NO_SESSIONS
						   : BTZ_TPM_ST_SESSIONS;
	struct btz_rd rd;

	btz_rd_init(&rd, resp, len);
	if (len > BTZ_TPM_FRAME_MAX || !cut_header(&rd, len, a))
		return refuse(call, BTZ_E_TPM_FORMAT, btz_rd_offset(&rd),
		    "response header (Part 1, 18.4)");
	if (a->rc != 0) {
		if (a->tag != BTZ_TPM_ST_NO_SESSIONS || !btz_rd_end(&rd))
			return refuse(call, BTZ_E_TPM_FORMAT, 0,
			    "failure response (Part 3, 5.3)");
		call->tpm_rc = a->rc;
		return refuse(
		    call, BTZ_E_TPM_UNAVAILABLE, 6, "TPM reports a failure");
	}
	if (a->tag == BTZ_TPM_ST_NO_SESSIONS && want != a->tag)
		return refuse(call, BTZ_E_TPM_AUTH, 0,
		    "success without the session (Part 1, 18.4)");
	if (a->tag != want || !cut_body(&rd, call, resp, a))
		return refuse(call, BTZ_E_TPM_FORMAT, btz_rd_offset(&rd),
		    "response body (Part 1, 18.4)");
	return BTZ_OK;
}

/* rpHash = H(responseCode || commandCode || parameters), Part 1, 16.8 */
static enum btz_rc
rp_hash(const struct btz_tpm_crypto *c, const struct btz_tpm_call *call,
    const struct answer *a, uint8_t out[32])
{
	struct btz_span parts[2];
	uint8_t head[8];
	struct btz_wr wr;

	btz_wr_init(&wr, head, sizeof(head));
	btz_wr_u32(&wr, a->rc);
	btz_wr_u32(&wr, call->cmd->cc);
	parts[0] = btz_wr_span(&wr);
	parts[1] = btz_span_of(a->params, a->params_len);
	return c->hash(c->arg, BTZ_TPM_ALG_SHA256, parts, 2, out);
}

/* Rolls the session's nonceTPM; the session is lost if this fails. */
static enum btz_rc
authenticate(struct btz_tpm_session *s, struct btz_tpm_call *call,
    const struct answer *a)
{
	uint8_t hash[32], mac[32];
	enum btz_rc rc;

	memcpy(s->nonce_tpm, a->nonce.p, sizeof(s->nonce_tpm));
	if ((rc = rp_hash(s->crypto, call, a, hash)) != BTZ_OK ||
	    (rc = btz_tpm_mac(
		 s, call, BTZ_TPM_FROM_TPM, hash, a->attrs, mac)) != BTZ_OK)
		return refuse(call, rc, 0, "HMAC cannot be computed");
	if (!btz_tpm_ct_eq(mac, a->mac.p, sizeof(mac)))
		return refuse(
		    call, BTZ_E_TPM_AUTH, 0, "response HMAC (Part 1, 19.6)");
	if ((a->attrs & ~BTZ_TPM_SA_EXCLUSIVE) != call->attrs)
		return refuse(call, BTZ_E_TPM_AUTH, 0,
		    "session attributes of the response (Part 1, 17.8)");
	return BTZ_OK;
}

static enum btz_rc
take_params(struct btz_tpm_call *call, const struct answer *a, void *out)
{
	struct btz_rd rd;
	bool ok = true;

	btz_rd_init(&rd, a->params, a->params_len);
	if (call->cmd->get != NULL)
		ok = call->cmd->get(&rd, out);
	if (!ok || !btz_rd_end(&rd))
		return refuse(call, BTZ_E_TPM_FORMAT, btz_rd_offset(&rd),
		    "response parameters (Part 3)");
	if (call->cmd->out_handle) /* first member of all such structs */
		*(uint32_t *)out = a->handle;
	return BTZ_OK;
}

static enum btz_rc
open_answer(struct btz_tpm_session *s, struct btz_tpm_call *call, uint8_t *resp,
    size_t len, void *out)
{
	struct answer a = { 0 };
	enum btz_rc rc;

	if ((rc = cut(call, resp, len, &a)) != BTZ_OK)
		return rc;
	if (call->how == BTZ_TPM_HMAC) {
		if ((rc = authenticate(s, call, &a)) != BTZ_OK)
			return rc;
		if ((call->attrs & BTZ_TPM_SA_ENCRYPT) != 0 &&
		    (rc = btz_tpm_crypt(s, call, BTZ_TPM_FROM_TPM, a.params,
			 a.params_len)) != BTZ_OK)
			return refuse(
			    call, rc, 0, "encrypted parameter (Part 1, 21)");
	}
	return take_params(call, &a, out);
}

/* What the answer leaves of a session that waited for it. */
static void
settle(struct btz_tpm_session *s, enum btz_rc rc)
{
	if (rc == BTZ_OK || rc == BTZ_E_TPM_UNAVAILABLE)
		s->state = BTZ_TPM_SESSION_OPEN;
	else
		s->state = BTZ_TPM_SESSION_LOST;
}

enum btz_rc
btz_tpm_parse(struct btz_tpm_session *s, struct btz_tpm_call *call,
    uint8_t *resp, size_t len, void *out)
{
	const struct btz_tpm_cmd *cmd = call->cmd;
	enum btz_rc rc;

	call->tpm_rc = 0;
	call->why = "";
	if (cmd == NULL || (cmd->out_size > 0 && out == NULL) ||
	    (call->how == BTZ_TPM_HMAC &&
		(s == NULL || s->state != BTZ_TPM_SESSION_WAIT)))
		return refuse(call, BTZ_E_STATE, 0, "no answer is awaited");
	if (cmd->out_size > 0)
		memset(out, 0, cmd->out_size);
	rc = open_answer(s, call, resp, len, out);
	if (rc != BTZ_OK && cmd->out_size > 0)
		btz_wipe(out, cmd->out_size);
	if (call->how == BTZ_TPM_HMAC)
		settle(s, rc);
	btz_wipe(call->auth, sizeof(call->auth));
	call->auth_len = 0;
	call->cmd = NULL;
	return rc;
}
