/* SPDX-License-Identifier: Apache-2.0 */
/* ta_call.c - see ta_call.h; the client library is OP-TEE's. */
#include "ta_call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <tee_client_api.h>

#define KEEP "/var/lib/bartizan-test/"

static TEEC_Context context;
static TEEC_Session session;
static uint8_t request[BTZ_TA_REQUEST_MAX], answer[BTZ_TA_ANSWER_MAX];
static uint32_t last_state;
static unsigned rows, bad;

bool
tap(bool ok, const char *text)
{
	rows++;
	bad += ok ? 0 : 1;
	(void)printf("%s %u - %s\n", ok ? "ok" : "not ok", rows, text);
	(void)fflush(stdout);
	return ok;
}

int
tap_end(void)
{
	(void)printf("1..%u\n", rows);
	return bad == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

bool
ta_open(void)
{
	static const TEEC_UUID uuid = BTZ_TA_UUID;
	uint32_t origin = 0;
	TEEC_Result res = TEEC_InitializeContext(NULL, &context);

	if (res != TEEC_SUCCESS) {
		(void)printf("# context: %#x\n", res);
		return false;
	}
	res = TEEC_OpenSession(
	    &context, &session, &uuid, TEEC_LOGIN_PUBLIC, NULL, NULL, &origin);
	if (res != TEEC_SUCCESS)
		(void)printf("# session: %#x from %u\n", res, origin);
	return res == TEEC_SUCCESS;
}

void
ta_close(void)
{
	TEEC_CloseSession(&session);
	TEEC_FinalizeContext(&context);
}

enum btz_rc
ta_once(uint32_t command, const struct btz_msgdef *def_in, const void *in,
    const struct btz_msgdef *def_out, void *out)
{
	TEEC_Operation op;
	TEEC_Result res;
	uint32_t origin = 0;
	struct btz_wr wr;
	enum btz_rc rc;

	btz_wr_init(&wr, request, sizeof(request));
	if (def_in != NULL)
		btz_msg_write(def_in, in, &wr);
	if (!btz_wr_ok(&wr))
		return BTZ_E_TOOBIG;
	memset(&op, 0, sizeof(op));
	op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_INPUT,
	    TEEC_MEMREF_TEMP_OUTPUT, TEEC_VALUE_OUTPUT, TEEC_NONE);
	op.params[0].tmpref.buffer = request;
	op.params[0].tmpref.size = wr.len;
	op.params[1].tmpref.buffer = answer;
	op.params[1].tmpref.size = sizeof(answer);
	res = TEEC_InvokeCommand(&session, command, &op, &origin);
	if (res != TEEC_SUCCESS) {
		(void)printf("# command %#x: TEE result %#x from %u\n", command,
		    res, origin);
		return BTZ_E_TEE_DOWN;
	}
	last_state = op.params[2].value.b;
	rc = (enum btz_rc)op.params[2].value.a;
	if (rc == BTZ_OK && def_out != NULL &&
	    !btz_msg_decode(
		def_out, btz_span_of(answer, op.params[1].tmpref.size), out))
		return BTZ_E_PROTO;
	return rc;
}

/* A signature by a TPM key comes in two calls. */
enum btz_rc
ta_do(uint32_t command, const struct btz_msgdef *def_in, const void *in,
    const struct btz_msgdef *def_out, void *out)
{
	enum btz_rc rc = ta_once(command, def_in, in, def_out, out);

	while (rc == BTZ_E_PENDING) {
		(void)usleep(1000);
		rc = ta_once(BTZ_TA_TPM_END, NULL, NULL, def_out, out);
	}
	return rc;
}

uint32_t
ta_state(void)
{
	return last_state;
}

bool
ecdsa_verify(struct btz_span spki, struct btz_span data, struct btz_span sig)
{
	const uint8_t *p = spki.p;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)spki.len);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool ok = key != NULL && md != NULL &&
		  EVP_DigestVerifyInit(md, NULL, EVP_sha256(), NULL, key) ==
		      1 &&
		  EVP_DigestVerify(md, sig.p, sig.len, data.p, data.len) == 1;

	EVP_MD_CTX_free(md);
	EVP_PKEY_free(key);
	return ok;
}

void
sha1(struct btz_span in, uint8_t out[20])
{
	if (EVP_Digest(in.p, in.len, out, NULL, EVP_sha1(), NULL) != 1)
		abort();
}

static void
tlog_sha256(void *ctx, const struct btz_span *parts, size_t n, uint8_t out[32])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool ok = md != NULL && EVP_DigestInit(md, EVP_sha256()) == 1;

	(void)ctx;
	for (size_t i = 0; ok && i < n; i++)
		ok = EVP_DigestUpdate(md, parts[i].p, parts[i].len) == 1;
	if (!ok || EVP_DigestFinal(md, out, NULL) != 1)
		abort();
	EVP_MD_CTX_free(md);
}

const struct btz_tlog_hash sha256_tlog = { .sha256 = tlog_sha256 };

bool
keep(const char *name, struct btz_span data)
{
	char path[128];
	FILE *f;
	bool ok;

	(void)snprintf(path, sizeof(path), "%s%s", KEEP, name);
	f = fopen(path, "wb");
	if (f == NULL)
		return false;
	ok = fwrite(data.p, 1, data.len, f) == data.len;
	return fclose(f) == 0 && ok;
}

struct btz_span
kept(const char *name)
{
	static uint8_t memory[8][4096];
	static unsigned used;
	char path[128];
	size_t n;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s%s", KEEP, name);
	f = fopen(path, "rb");
	if (f == NULL || used == sizeof(memory) / sizeof(memory[0]))
		return btz_span_of(NULL, 0);
	n = fread(memory[used], 1, sizeof(memory[0]), f);
	(void)fclose(f);
	return btz_span_of(memory[used++], n);
}
