/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_judge.c - sign and verify requests as they come from a leased socket:
 * decoded, judged against a key drawn from the input. What the judge lets
 * through must fit: kind of key, algorithm, length.
 */
#include <stdlib.h>

#include "crypto/judge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW 1000u

static void
judge_sign(const struct btz_key_facts *k, struct btz_span body)
{
	struct btz_backend_sign out;
	struct btz_sign rq;

	if (!btz_msg_decode(&btz_def_sign, body, &rq) ||
	    btz_judge_sign(k, &rq, NOW, &out, NULL) != BTZ_OK)
		return;
	if (k->state != BTZ_KEY_ENABLED || (k->usage & BTZ_USE_SIGN) == 0 ||
	    (k->not_after != 0 && k->not_after < NOW) ||
	    !btz_kind_takes(k->kind, rq.input_kind) ||
	    k->kind == BTZ_KIND_ROOT || k->kind == BTZ_KIND_CHECKPOINT ||
	    !btz_sig_fits(k->alg, rq.alg) ||
	    (rq.input_kind == BTZ_IN_DIGEST &&
		(rq.input.len == 0 ||
		    rq.input.len != btz_sig_digest_len(rq.alg))) ||
	    (rq.input_kind == BTZ_IN_TLS_CV && rq.input.len != 130 &&
		rq.input.len != 146))
		abort();
}

static void
judge_verify(const struct btz_key_facts *k, struct btz_span body)
{
	uint8_t digest[BTZ_DIGEST_MAX];
	struct btz_verify rq;

	if (btz_msg_decode(&btz_def_verify, body, &rq) &&
	    btz_judge_verify(k, &rq, digest, NULL) == BTZ_OK &&
	    ((k->usage & BTZ_USE_VERIFY) == 0 || !btz_sig_fits(k->alg, rq.alg)))
		abort();
}

static void
judge_generate(uint32_t kinds, struct btz_span body)
{
	struct btz_generate g;

	if (btz_msg_decode(&btz_def_generate, body, &g) &&
	    btz_judge_generate(&btz_backend_soft, kinds, &g, NOW, NULL) ==
		BTZ_OK &&
	    ((g.kind != BTZ_KIND_PLAIN && g.kind != BTZ_KIND_TLS) ||
		(kinds & 1u << g.kind) == 0 ||
		(g.usage & ~(uint32_t)(BTZ_USE_SIGN | BTZ_USE_VERIFY)) != 0))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct btz_key_facts k;
	struct btz_span body;

	if (size < 6)
		return 0;
	k = (struct btz_key_facts){ .alg = data[0] % 6,
		.kind = data[1] % 9,
		.state = data[2] % 5,
		.usage = data[3],
		.not_after = data[4] * 8u };
	body = btz_span_of(data + 6, size - 6);
	if (data[5] % 3 == 0)
		judge_sign(&k, body);
	else if (data[5] % 3 == 1)
		judge_verify(&k, body);
	else
		judge_generate(data[3], body);
	return 0;
}
