/* SPDX-License-Identifier: Apache-2.0 */
/* esapi.c - see esapi.h; start at esapi_open(). */
#include "esapi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tss2/tss2_esys.h>

#define MAGIC 0x42545a4253575450ull

struct tcti { /* begins as every TCTI context does */
	TSS2_TCTI_CONTEXT_COMMON_V2 common;
	struct btz_swtpm *tpm;
	uint8_t resp[4096];
	size_t resp_len;
};

struct esapi {
	struct tcti tcti;
	ESYS_CONTEXT *ctx;
	ESYS_TR key, salt_key, session;
};

static TSS2_RC
transmit(TSS2_TCTI_CONTEXT *c, size_t size, const uint8_t *cmd)
{
	struct tcti *t = (struct tcti *)c;

	return btz_swtpm_transceive(t->tpm, cmd, size, t->resp, sizeof(t->resp),
		   &t->resp_len) == BTZ_OK
		   ? TSS2_RC_SUCCESS
		   : TSS2_TCTI_RC_IO_ERROR;
}

static TSS2_RC
receive(TSS2_TCTI_CONTEXT *c, size_t *size, uint8_t *resp, int32_t timeout)
{
	struct tcti *t = (struct tcti *)c;

	(void)timeout;
	if (resp != NULL) {
		if (*size < t->resp_len)
			return TSS2_TCTI_RC_INSUFFICIENT_BUFFER;
		memcpy(resp, t->resp, t->resp_len);
	}
	*size = t->resp_len;
	return TSS2_RC_SUCCESS;
}

static void
finalize(TSS2_TCTI_CONTEXT *c)
{
	(void)c;
}

static void
tcti_init(struct tcti *t, struct btz_swtpm *tpm)
{
	t->tpm = tpm;
	t->common.v1.magic = MAGIC;
	t->common.v1.version = 2;
	t->common.v1.transmit = transmit;
	t->common.v1.receive = receive;
	t->common.v1.finalize = finalize;
}

static bool
good(TSS2_RC rc, const char *what)
{
	if (rc == TSS2_RC_SUCCESS)
		return true;
	(void)fprintf(stderr, "%s: 0x%x\n", what, rc);
	return false;
}

static bool
make(struct esapi *e, const TPM2B_PUBLIC *tmpl, bool auth, ESYS_TR *out)
{
	TPM2B_SENSITIVE_CREATE secret = { .size = 0 };
	TPM2B_DATA none = { .size = 0 };
	TPML_PCR_SELECTION pcr = { .count = 0 };
	TPM2B_PUBLIC *pub = NULL;
	TPM2B_CREATION_DATA *data = NULL;
	TPM2B_DIGEST *hash = NULL;
	TPMT_TK_CREATION *ticket = NULL;
	bool ok;

	if (auth) {
		secret.sensitive.userAuth.size = 32;
		memset(secret.sensitive.userAuth.buffer, 0x5a, 32);
	}
	ok = good(Esys_CreatePrimary(e->ctx, ESYS_TR_RH_NULL, ESYS_TR_PASSWORD,
		      ESYS_TR_NONE, ESYS_TR_NONE, &secret, tmpl, &none, &pcr,
		      out, &pub, &data, &hash, &ticket),
	    "Esys_CreatePrimary");
	Esys_Free(pub);
	Esys_Free(data);
	Esys_Free(hash);
	Esys_Free(ticket);
	return ok && (!auth || good(Esys_TR_SetAuth(e->ctx, *out,
					&secret.sensitive.userAuth),
				   "Esys_TR_SetAuth"));
}

static TPM2B_PUBLIC
sign_template(void)
{
	TPM2B_PUBLIC t = { .publicArea = { .type = TPM2_ALG_ECC,
			       .nameAlg = TPM2_ALG_SHA256,
			       .objectAttributes = 0x00040472 } };
	TPMS_ECC_PARMS *p = &t.publicArea.parameters.eccDetail;

	p->symmetric.algorithm = TPM2_ALG_NULL;
	p->scheme.scheme = TPM2_ALG_ECDSA;
	p->scheme.details.ecdsa.hashAlg = TPM2_ALG_SHA256;
	p->curveID = TPM2_ECC_NIST_P256;
	p->kdf.scheme = TPM2_ALG_NULL;
	return t;
}

static TPM2B_PUBLIC
storage_template(void)
{
	TPM2B_PUBLIC t = sign_template();
	TPMS_ECC_PARMS *p = &t.publicArea.parameters.eccDetail;

	t.publicArea.objectAttributes = 0x00030472;
	p->symmetric.algorithm = TPM2_ALG_AES;
	p->symmetric.keyBits.aes = 128;
	p->symmetric.mode.aes = TPM2_ALG_CFB;
	p->scheme.scheme = TPM2_ALG_NULL;
	return t;
}

static bool
open_session(struct esapi *e)
{
	TPMT_SYM_DEF sym = { .algorithm = TPM2_ALG_AES,
		.keyBits.aes = 128,
		.mode.aes = TPM2_ALG_CFB };
	TPMA_SESSION flags = TPMA_SESSION_CONTINUESESSION |
			     TPMA_SESSION_DECRYPT;
	TPM2B_PUBLIC tmpl = storage_template();

	return make(e, &tmpl, false, &e->salt_key) &&
	       good(Esys_StartAuthSession(e->ctx, e->salt_key, ESYS_TR_NONE,
			ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL,
			TPM2_SE_HMAC, &sym, TPM2_ALG_SHA256, &e->session),
		   "Esys_StartAuthSession") &&
	       good(Esys_TRSess_SetAttributes(e->ctx, e->session, flags, 0xff),
		   "Esys_TRSess_SetAttributes");
}

struct esapi *
esapi_open(struct btz_swtpm *s, bool hmac)
{
	struct esapi *e = calloc(1, sizeof(*e));
	TPM2B_PUBLIC tmpl = sign_template();

	if (e == NULL)
		return NULL;
	e->key = e->salt_key = ESYS_TR_NONE;
	e->session = ESYS_TR_PASSWORD;
	tcti_init(&e->tcti, s);
	if (!good(Esys_Initialize(&e->ctx, (TSS2_TCTI_CONTEXT *)&e->tcti, NULL),
		"Esys_Initialize") ||
	    !make(e, &tmpl, true, &e->key) || (hmac && !open_session(e))) {
		esapi_close(e);
		return NULL;
	}
	return e;
}

bool
esapi_sign(struct esapi *e, const uint8_t digest[32])
{
	static const TPMT_TK_HASHCHECK no_ticket = { .tag = TPM2_ST_HASHCHECK,
		.hierarchy = TPM2_RH_NULL };
	TPM2B_DIGEST d = { .size = 32 };
	TPMT_SIG_SCHEME scheme = { .scheme = TPM2_ALG_NULL };
	TPMT_SIGNATURE *sig = NULL;
	bool ok;

	memcpy(d.buffer, digest, 32);
	ok = good(Esys_Sign(e->ctx, e->key, e->session, ESYS_TR_NONE,
		      ESYS_TR_NONE, &d, &scheme, &no_ticket, &sig),
	    "Esys_Sign");
	Esys_Free(sig);
	return ok;
}

void
esapi_close(struct esapi *e)
{
	if (e == NULL)
		return;
	if (e->session != ESYS_TR_PASSWORD)
		(void)Esys_FlushContext(e->ctx, e->session);
	if (e->salt_key != ESYS_TR_NONE)
		(void)Esys_FlushContext(e->ctx, e->salt_key);
	if (e->key != ESYS_TR_NONE)
		(void)Esys_FlushContext(e->ctx, e->key);
	Esys_Finalize(&e->ctx);
	free(e);
}
