/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_key_crypt.c - bodies of KEY_CRYPT for open keys of every family. The
 * first byte chooses the key; the handle is put into the body, which otherwise
 * is what came. A refusal answers nothing, an answer is one ta_output.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ta/ta_bare.h"

#define HANDLE_LEN 4u

static struct ta ta;
static const int session;
static uint32_t handles[32];
static size_t n_handles;

static void
fail(const char *what)
{
	(void)fprintf(stderr, "fuzz_key_crypt: %s\n", what);
	abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static struct ta_parts parts;

	(void)argc, (void)argv;
	bare_begin(&ta);
	for (uint8_t alg = 1; alg <= BTZ_ALG_MAX; alg++) {
		const struct ta_family *f = ta_family_of(alg);
		struct bare_key k = { .alg = alg };

		/* RSA of one size: the others take long to draw. */
		if (f == NULL || alg == BTZ_ALG_RSA_3072 ||
		    alg == BTZ_ALG_RSA_4096)
			continue;
		if (f->draw(alg, 0, &parts) != BTZ_OK)
			fail("draw");
		k.secret = btz_span_of(parts.secret, parts.secret_len);
		k.spki = btz_span_of(parts.spki, parts.spki_len);
		if (bare_open(&ta, &session, &k, &handles[n_handles++]) !=
		    BTZ_OK)
			fail("open");
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t body[BTZ_TA_REQUEST_MAX], answer[BTZ_TA_ANSWER_MAX];
	struct btz_ta_output m;
	struct btz_wr handle, out;
	enum btz_rc rc;

	if (size < 1 + HANDLE_LEN || size - 1 > sizeof(body))
		return 0;
	memcpy(body, data + 1, size - 1);
	btz_wr_init(&handle, body, HANDLE_LEN);
	btz_wr_u32(&handle, handles[data[0] % n_handles]);
	btz_wr_init(&out, answer, sizeof(answer));
	rc = ta_op_key_crypt(&ta, &session, btz_span_of(body, size - 1), &out);
	if (rc == BTZ_E_INTERNAL)
		fail("what a client asks for broke something");
	if (rc != BTZ_OK
		? out.len != 0
		: !btz_msg_decode(&btz_def_ta_output, btz_wr_span(&out), &m))
		fail("answer");
	return 0;
}
