/* SPDX-License-Identifier: Apache-2.0 */
/* op_plain.c - without a key: GenerateRandom, HashCompute, HashCompare. */
#include "crypto.pb-c.h"
#include "parsec/kms.h"
#include "prim/prim.h"
#include "wire/msg_random.h"

static void ask_random(struct btz_pjob *j);

static void
on_random(struct btz_pjob *j, enum btz_rc rc, struct btz_span body)
{
	const Parsec__RandomIn *in = j->msg;
	struct btz_random_ok out;

	if (rc == BTZ_OK && !btz_msg_decode(&btz_def_random_ok, body, &out))
		rc = BTZ_E_PROTO;
	if (rc == BTZ_OK && !btz_pjob_put(j, out.bytes))
		rc = BTZ_E_NOMEM;
	if (rc != BTZ_OK)
		btz_pjob_fail_rc(j, rc);
	else if (j->out_len >= in->size)
		btz_pjob_data(j, btz_span_of(j->out, j->out_len));
	else
		ask_random(j);
}

/* A piece at a time. */
static void
ask_random(struct btz_pjob *j)
{
	const Parsec__RandomIn *in = j->msg;
	const uint64_t left = in->size - j->out_len;
	const struct btz_random rq = {
		.n = left > BTZ_RANDOM_MAX ? BTZ_RANDOM_MAX : (uint32_t)left
	};

	btz_please_ask(j, BTZ_OP_RANDOM, &btz_def_random, &rq, on_random);
}

void
btz_pop_random(struct btz_pjob *j)
{
	const Parsec__RandomIn *in = j->msg;

	if (in->size == 0)
		btz_pjob_ok(j);
	else if (in->size > (uint64_t)j->d->conf.body_limit)
		btz_pjob_fail(j, BTZ_PS_TOO_LARGE);
	else
		btz_please_need(j, BTZ_OPEN_NOBODY, 0, j->provider, ask_random);
}

/* 0: answered already. */
static size_t
hash(struct btz_pjob *j, uint8_t out[BTZ_DIGEST_MAX])
{
	const Parsec__HashIn *in = j->msg;
	uint8_t alg;
	const uint16_t status = btz_phash(in->alg, &alg);

	if (status != BTZ_PS_OK || alg == 0) {
		btz_pjob_fail(
		    j, status != BTZ_PS_OK ? status : BTZ_PS_NOT_SUPPORTED);
		return 0;
	}
	return btz_digest(alg, btz_pbytes(in->input), out);
}

void
btz_pop_hash_compute(struct btz_pjob *j)
{
	uint8_t out[BTZ_DIGEST_MAX];
	const size_t len = hash(j, out);

	if (len > 0)
		btz_pjob_data(j, btz_span_of(out, len));
}

void
btz_pop_hash_compare(struct btz_pjob *j)
{
	uint8_t out[BTZ_DIGEST_MAX];
	const size_t len = hash(j, out);
	const Parsec__HashIn *in = j->msg;

	if (len == 0)
		return;
	if (in->hash.len != len || !btz_equal_ct(in->hash.data, out, len))
		btz_pjob_fail(j, BTZ_PS_SIGNATURE);
	else
		btz_pjob_ok(j);
}
