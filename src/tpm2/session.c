/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.c - life of a session: StartAuthSession salted by ECDH (Part 1,
 * 19.6.13 and C.6.1), the state between commands, the end.
 */
#include "tpm2/session.h"

#include <string.h>

#include "tpm2/kdf.h"

void
btz_tpm_session_init(struct btz_tpm_session *s, const struct btz_tpm_crypto *c)
{
	memset(s, 0, sizeof(*s));
	s->crypto = c;
}

void
btz_tpm_session_end(struct btz_tpm_session *s)
{
	const struct btz_tpm_crypto *c = s->crypto;

	btz_wipe(s, sizeof(*s));
	btz_tpm_session_init(s, c);
}

bool
btz_tpm_session_stale(const struct btz_tpm_session *s)
{
	return s->state == BTZ_TPM_SESSION_CLOSED ||
	       s->state == BTZ_TPM_SESSION_LOST ||
	       s->uses >= BTZ_TPM_SESSION_USES;
}

static void
wipe_start(struct btz_tpm_start *st)
{
	btz_wipe(st->salt, sizeof(st->salt));
	btz_wipe(st->nonce_caller, sizeof(st->nonce_caller));
	st->salt_len = 0;
}

/* salt = KDFe(nameAlg, Z, "SECRET", ephemeral.x, key.x, size of nameAlg) */
static enum btz_rc
make_salt(const struct btz_tpm_crypto *c, const struct btz_tpm_public *key,
    struct btz_tpm_in_start *in, struct btz_tpm_start *st)
{
	uint8_t z[BTZ_TPM_COORD_MAX];
	struct btz_span ctx[2];
	enum btz_rc rc;

	in->coord_len = (uint16_t)btz_tpm_curve_len(key->curve);
	st->salt_len = (uint16_t)btz_tpm_hash_len(key->name_alg);
	rc = c->ecdh(c->arg, key->curve, key->x, key->y, in->x, in->y, z);
	ctx[0] = btz_span_of(in->x, in->coord_len);
	ctx[1] = btz_span_of(key->x, key->x_len);
	if (rc == BTZ_OK)
		rc = btz_tpm_kdfe(c, key->name_alg,
		    btz_span_of(z, in->coord_len), "SECRET", ctx, st->salt,
		    st->salt_len);
	btz_wipe(z, sizeof(z));
	return rc;
}

static enum btz_rc
write_start(struct btz_tpm_start *st, uint32_t key_handle,
    const struct btz_tpm_in_start *in, struct btz_wr *wr)
{
	struct btz_tpm_entity key = { .handle = key_handle };
	struct btz_tpm_entity bind = { .handle = BTZ_TPM_RH_NULL };
	const struct btz_tpm_entity *ents[2] = { &key, &bind };

	return btz_tpm_build(NULL, BTZ_TPM_PLAIN, BTZ_TPM_START_AUTH_SESSION,
	    ents, in, &st->call, wr);
}

enum btz_rc
btz_tpm_start_build(struct btz_tpm_session *s, struct btz_tpm_start *st,
    uint32_t key_handle, const struct btz_tpm_public *key, struct btz_wr *wr)
{
	const struct btz_tpm_crypto *c = s->crypto;
	struct btz_tpm_in_start in = { 0 };
	enum btz_rc rc;

	*st = (struct btz_tpm_start){ .call = { .why = "" } };
	if (s->state != BTZ_TPM_SESSION_CLOSED)
		return BTZ_E_STATE;
	if ((rc = btz_tpm_salt_key_check(key)) != BTZ_OK ||
	    (rc = make_salt(c, key, &in, st)) != BTZ_OK ||
	    (rc = c->random(c->arg, st->nonce_caller,
		 sizeof(st->nonce_caller))) != BTZ_OK) {
		wipe_start(st);
		st->call.why = "tpmKey, ECDH or random failed";
		return rc;
	}
	memcpy(in.nonce, st->nonce_caller, sizeof(in.nonce));
	if ((rc = write_start(st, key_handle, &in, wr)) != BTZ_OK)
		wipe_start(st);
	return rc;
}

/* sessionKey = KDFa(SHA-256, salt, "ATH", nonceTPM, nonceCaller, 256) */
static enum btz_rc
derive_key(struct btz_tpm_session *s, const struct btz_tpm_start *st,
    const struct btz_tpm_out_start *out)
{
	struct btz_span ctx[2];

	ctx[0] = btz_span_of(out->nonce, sizeof(out->nonce));
	ctx[1] = btz_span_of(st->nonce_caller, sizeof(st->nonce_caller));
	return btz_tpm_kdfa(s->crypto, BTZ_TPM_ALG_SHA256,
	    btz_span_of(st->salt, st->salt_len), "ATH", ctx, s->key,
	    sizeof(s->key));
}

enum btz_rc
btz_tpm_start_parse(struct btz_tpm_session *s, struct btz_tpm_start *st,
    uint8_t *resp, size_t len)
{
	struct btz_tpm_out_start out = { 0 };
	enum btz_rc rc = BTZ_E_STATE;

	if (s->state == BTZ_TPM_SESSION_CLOSED && st->salt_len > 0)
		rc = btz_tpm_parse(NULL, &st->call, resp, len, &out);
	if (rc == BTZ_OK && (rc = derive_key(s, st, &out)) == BTZ_OK) {
		s->handle = out.handle;
		memcpy(s->nonce_tpm, out.nonce, sizeof(s->nonce_tpm));
		s->uses = 0;
		s->state = BTZ_TPM_SESSION_OPEN;
	}
	wipe_start(st);
	return rc;
}

void
btz_tpm_drop(struct btz_tpm_session *s, struct btz_tpm_call *call)
{
	if (call->cmd == NULL)
		return;
	if (call->how == BTZ_TPM_HMAC && s != NULL &&
	    s->state == BTZ_TPM_SESSION_WAIT)
		s->state = BTZ_TPM_SESSION_LOST;
	btz_wipe(call->auth, sizeof(call->auth));
	call->auth_len = 0;
	call->cmd = NULL;
}

/* Part 2 6.6.3: warnings REFERENCE_S0 to S6; format 1 errors of session 1 */
bool
btz_tpm_rc_session(uint32_t tpm_rc)
{
	return (tpm_rc >= BTZ_TPM_RC_REFERENCE_S0 &&
		   tpm_rc <= BTZ_TPM_RC_REFERENCE_S0 + 6) ||
	       tpm_rc == BTZ_TPM_RC_VALUE_S1 ||
	       tpm_rc == BTZ_TPM_RC_AUTH_FAIL_S1 ||
	       tpm_rc == BTZ_TPM_RC_BAD_AUTH_S1;
}
