/* SPDX-License-Identifier: Apache-2.0 */
/* secret.c - HMAC and parameter encryption of a session; see secret.h. */
#include "tpm2/secret.h"

#include <string.h>

#include "tpm2/kdf.h"

struct session_value { /* sessionKey || authValue */
	uint8_t b[32 + BTZ_TPM_AUTH_MAX];
	size_t len;
};

size_t
btz_tpm_auth_len(struct btz_span auth)
{
	size_t n = auth.len;

	while (n > 0 && auth.p[n - 1] == 0)
		n--;
	return n;
}

static void
session_value(const struct btz_tpm_session *s, const struct btz_tpm_call *call,
    struct session_value *v)
{
	memcpy(v->b, s->key, 32);
	memcpy(v->b + 32, call->auth, call->auth_len);
	v->len = 32u + call->auth_len;
}

/* nonces[0] newer, [1] older */
static void
nonces_of(const struct btz_tpm_session *s, const struct btz_tpm_call *call,
    enum btz_tpm_way way, struct btz_span nonces[2])
{
	struct btz_span caller, tpm;

	caller = btz_span_of(call->nonce_caller, BTZ_TPM_NONCE);
	tpm = btz_span_of(s->nonce_tpm, BTZ_TPM_NONCE);
	nonces[0] = way == BTZ_TPM_TO_TPM ? caller : tpm;
	nonces[1] = way == BTZ_TPM_TO_TPM ? tpm : caller;
}

enum btz_rc
btz_tpm_mac(const struct btz_tpm_session *s, const struct btz_tpm_call *call,
    enum btz_tpm_way way, const uint8_t p_hash[32], uint8_t attrs,
    uint8_t mac[32])
{
	struct btz_span parts[4];
	struct session_value v;
	enum btz_rc rc;

	session_value(s, call, &v);
	parts[0] = btz_span_of(p_hash, 32);
	nonces_of(s, call, way, parts + 1);
	parts[3] = btz_span_of(&attrs, 1);
	rc = s->crypto->hmac(s->crypto->arg, BTZ_TPM_ALG_SHA256,
	    btz_span_of(v.b, v.len), parts, 4, mac);
	btz_wipe(&v, sizeof(v));
	return rc;
}

enum btz_rc
btz_tpm_crypt(const struct btz_tpm_session *s, const struct btz_tpm_call *call,
    enum btz_tpm_way way, uint8_t *params, size_t len)
{
	uint8_t key_iv[32];
	struct btz_span nonces[2];
	struct session_value v;
	size_t n;
	enum btz_rc rc;

	if (len < 2 || (n = (size_t)params[0] << 8 | params[1]) > len - 2)
		return BTZ_E_TPM_FORMAT;
	session_value(s, call, &v);
	nonces_of(s, call, way, nonces);
	rc = btz_tpm_kdfa(s->crypto, BTZ_TPM_ALG_SHA256,
	    btz_span_of(v.b, v.len), "CFB", nonces, key_iv, sizeof(key_iv));
	if (rc == BTZ_OK)
		rc = btz_tpm_cfb(s->crypto, key_iv, key_iv + 16,
		    way == BTZ_TPM_TO_TPM, params + 2, n);
	btz_wipe(&v, sizeof(v));
	btz_wipe(key_iv, sizeof(key_iv));
	return rc;
}
