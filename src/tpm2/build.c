/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build.c - writes a command: header, handles, authorization area, parameters
 * (Part 1, 18). The area is reserved first and filled last, because its HMAC
 * covers the (encrypted) parameters behind it. Start at btz_tpm_build_row().
 */
#include <string.h>

#include "tpm2/secret.h"

/* handle, nonce, attributes, hmac */
#define AREA_HMAC (4u + 2u + BTZ_TPM_NONCE + 1u + 2u + 32u)
#define AREA_PASSWORD (4u + 2u + 1u + 2u)
#define AREA_POLICY AREA_PASSWORD

/* A command being written; offsets into wr->buf. */
struct draft {
	struct btz_wr *wr;
	size_t start, area, params;
	const struct btz_tpm_entity *const *ents;
};

static enum btz_rc
refuse(struct btz_tpm_call *call, enum btz_rc rc, const char *why)
{
	call->why = why;
	return rc;
}

static enum btz_rc
check(const struct btz_tpm_session *s, const struct btz_tpm_entity *const *ents,
    const void *in, struct btz_tpm_call *call)
{
	const struct btz_tpm_cmd *cmd = call->cmd;

	if (cmd == NULL || (cmd->put != NULL && in == NULL) ||
	    (cmd->handles > 0 && ents == NULL))
		return refuse(call, BTZ_E_INVAL, "no such command or no input");
	switch (call->how) {
	case BTZ_TPM_PLAIN:
		if (cmd->auth)
			return refuse(call, BTZ_E_INVAL,
			    "command needs an authorization");
		return BTZ_OK;
	case BTZ_TPM_PASSWORD:
		if (!cmd->auth || cmd->policy ||
		    btz_tpm_auth_len(ents[0]->auth) > 0)
			return refuse(call, BTZ_E_INVAL,
			    "authorization values never cross the bus");
		return BTZ_OK;
	case BTZ_TPM_HMAC:
		if (cmd->sessionless)
			return refuse(call, BTZ_E_INVAL,
			    "command takes no session (Part 3)");
		if (s == NULL || s->state != BTZ_TPM_SESSION_OPEN)
			return refuse(call, BTZ_E_STATE, "session is not open");
		return BTZ_OK;
	}
	return refuse(call, BTZ_E_INVAL, "unknown way to send");
}

/* The bytes up to the end of the parameters; area and size are still zero. */
static void
put_frame(struct draft *d, const struct btz_tpm_call *call, const void *in)
{
	size_t area = call->how == BTZ_TPM_HMAC ? AREA_HMAC : AREA_PASSWORD;
	struct btz_wr *wr = d->wr;

	if (call->cmd->policy)
		area += AREA_POLICY;
	btz_wr_u16(wr, call->how == BTZ_TPM_PLAIN ? BTZ_TPM_ST_NO_SESSIONS
						  : BTZ_TPM_ST_SESSIONS);
	btz_wr_u32(wr, 0);
	btz_wr_u32(wr, call->cmd->cc);
	for (unsigned i = 0; i < call->cmd->handles; i++)
		btz_wr_u32(wr, d->ents[i]->handle);
	if (call->how != BTZ_TPM_PLAIN) {
		btz_wr_u32(wr, (uint32_t)area);
		d->area = wr->len;
		while (area-- > 0)
			btz_wr_u8(wr, 0);
	}
	d->params = wr->len;
	if (call->cmd->put != NULL)
		call->cmd->put(wr, in);
}

static void
patch_size(struct draft *d)
{
	struct btz_wr head;

	btz_wr_init(&head, d->wr->buf + d->start + 2, 4);
	btz_wr_u32(&head, (uint32_t)(d->wr->len - d->start));
}

/* cpHash = H(commandCode || Names || parameters), Part 1, 16.7 */
static enum btz_rc
cp_hash(const struct btz_tpm_crypto *c, const struct draft *d,
    const struct btz_tpm_call *call, uint8_t out[32])
{
	struct btz_span parts[4];
	uint8_t cc[4];
	struct btz_wr wr;
	size_t n = 0;

	btz_wr_init(&wr, cc, sizeof(cc));
	btz_wr_u32(&wr, call->cmd->cc);
	parts[n++] = btz_wr_span(&wr);
	for (unsigned i = 0; i < call->cmd->handles; i++) {
		const struct btz_tpm_name *name = &d->ents[i]->name;

		if ((name->len == 0) != call->cmd->nameless ||
		    name->len > sizeof(name->b))
			return BTZ_E_INVAL;
		parts[n++] = btz_span_of(name->b, name->len);
	}
	parts[n++] = btz_span_of(
	    d->wr->buf + d->params, d->wr->len - d->params);
	return c->hash(c->arg, BTZ_TPM_ALG_SHA256, parts, n, out);
}

static void
put_area(const struct draft *d, const struct btz_tpm_call *call,
    uint32_t handle, struct btz_span nonce, struct btz_span mac)
{
	struct btz_wr wr;

	btz_wr_init(&wr, d->wr->buf + d->area, d->params - d->area);
	btz_wr_u32(&wr, handle);
	btz_wr_bytes16(&wr, nonce);
	btz_wr_u8(&wr, call->attrs);
	btz_wr_bytes16(&wr, mac);
	if (call->cmd->policy) { /* no key, so no HMAC (Part 1, 19.6.5); ends */
		btz_wr_u32(&wr, d->ents[call->cmd->handles]->handle);
		btz_wr_bytes16(&wr, btz_span_of(NULL, 0));
		btz_wr_u8(&wr, 0);
		btz_wr_bytes16(&wr, btz_span_of(NULL, 0));
	}
}

/* A session that authorizes nothing has to have a purpose (Part 1, 17.8). */
static uint8_t
attributes(const struct btz_tpm_cmd *cmd)
{
	uint8_t a = (uint8_t)(BTZ_TPM_SA_CONTINUE | cmd->crypt);

	if (!cmd->auth && cmd->crypt == 0)
		a |= BTZ_TPM_SA_AUDIT;
	return a;
}

static enum btz_rc
keep_auth(struct btz_tpm_call *call, struct btz_span auth)
{
	size_t n = btz_tpm_auth_len(auth);

	if (n > sizeof(call->auth))
		return refuse(call, BTZ_E_TOOBIG, "authorization value");
	if (n > 0)
		memcpy(call->auth, auth.p, n);
	call->auth_len = (uint8_t)n;
	return BTZ_OK;
}

static enum btz_rc
seal(struct btz_tpm_session *s, struct draft *d, struct btz_tpm_call *call)
{
	const struct btz_tpm_crypto *c = s->crypto;
	uint8_t hash[32], mac[32];
	enum btz_rc rc;

	call->attrs = attributes(call->cmd);
	if (call->cmd->auth &&
	    (rc = keep_auth(call, d->ents[0]->auth)) != BTZ_OK)
		return rc;
	rc = c->random(c->arg, call->nonce_caller, sizeof(call->nonce_caller));
	if (rc == BTZ_OK && (call->attrs & BTZ_TPM_SA_DECRYPT) != 0)
		rc = btz_tpm_crypt(s, call, BTZ_TPM_TO_TPM,
		    d->wr->buf + d->params, d->wr->len - d->params);
	if (rc == BTZ_OK)
		rc = cp_hash(c, d, call, hash);
	if (rc == BTZ_OK)
		rc = btz_tpm_mac(
		    s, call, BTZ_TPM_TO_TPM, hash, call->attrs, mac);
	if (rc != BTZ_OK)
		return refuse(call, rc, "sealing of the command failed");
	put_area(d, call, s->handle,
	    btz_span_of(call->nonce_caller, sizeof(call->nonce_caller)),
	    btz_span_of(mac, sizeof(mac)));
	s->state = BTZ_TPM_SESSION_WAIT;
	s->uses++;
	return BTZ_OK;
}

/*
 * These two change the authorization value that the answer's HMAC is made
 * with (Part 3, 24.8 and 24.6: "the new authValue").
 */
static enum btz_rc
renew_auth(const struct btz_tpm_entity *const *ents, const void *in,
    struct btz_tpm_call *call)
{
	if (call->cmd->cc == BTZ_TPM_CC_HIERARCHY_CHANGE_AUTH)
		return keep_auth(
		    call, ((const struct btz_tpm_in_auth *)in)->new_auth);
	if (call->cmd->cc == BTZ_TPM_CC_CLEAR &&
	    ents[0]->handle == BTZ_TPM_RH_LOCKOUT)
		call->auth_len = 0;
	return BTZ_OK;
}

static enum btz_rc
write_command(struct btz_tpm_session *s, struct draft *d,
    struct btz_tpm_call *call, const void *in)
{
	put_frame(d, call, in);
	if (!btz_wr_ok(d->wr))
		return refuse(call, BTZ_E_TOOBIG, "command buffer");
	patch_size(d);
	if (call->how == BTZ_TPM_HMAC)
		return seal(s, d, call);
	if (call->how == BTZ_TPM_PASSWORD) {
		call->attrs = BTZ_TPM_SA_CONTINUE;
		put_area(d, call, BTZ_TPM_RS_PW, btz_span_of(NULL, 0),
		    btz_span_of(NULL, 0));
	}
	return BTZ_OK;
}

enum btz_rc
btz_tpm_build_row(struct btz_tpm_session *s, enum btz_tpm_how how,
    const struct btz_tpm_cmd *row, const struct btz_tpm_entity *const *ents,
    const void *in, struct btz_tpm_call *call, struct btz_wr *wr)
{
	struct draft d = { .wr = wr, .start = wr->len, .ents = ents };
	enum btz_rc rc;

	*call = (struct btz_tpm_call){ .cmd = row, .how = how, .why = "" };
	if ((rc = check(s, ents, in, call)) != BTZ_OK)
		return rc;
	if ((rc = write_command(s, &d, call, in)) == BTZ_OK &&
	    (rc = renew_auth(ents, in, call)) != BTZ_OK)
		btz_tpm_drop(s, call);
	if (rc != BTZ_OK) { /* parameters may lie there in the clear */
		btz_wipe(wr->buf + d.start, wr->len - d.start);
		wr->len = d.start;
		wr->failed = true;
		btz_wipe(call->auth, sizeof(call->auth));
		call->cmd = NULL;
	}
	return rc;
}

enum btz_rc
btz_tpm_build(struct btz_tpm_session *s, enum btz_tpm_how how,
    enum btz_tpm_cmd_id id, const struct btz_tpm_entity *const *ents,
    const void *in, struct btz_tpm_call *call, struct btz_wr *wr)
{
	return btz_tpm_build_row(
	    s, how, btz_tpm_cmd_of(id), ents, in, call, wr);
}
