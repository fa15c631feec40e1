/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_judge.c - requests about keys as they come from a leased socket:
 * decoded, judged against a key drawn from the input. What the judge lets
 * through must fit: kind of key, usage, algorithm, length.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/judge.h"
#include "wire/keyblob.h"

const struct btz_backend_ops *const btz_backends[] = { &btz_backend_soft,
	NULL };

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

/* A verb of the key on alg was let through. */
static void
must_fit(const struct btz_key_facts *k, enum btz_use use, uint16_t alg)
{
	static const struct {
		uint32_t use;
		uint8_t verb;
	} verbs[] = { { BTZ_USE_ENCRYPT, BTZ_VERB_ENCRYPT },
		{ BTZ_USE_DECRYPT, BTZ_VERB_DECRYPT },
		{ BTZ_USE_SIGN, BTZ_VERB_MAC },
		{ BTZ_USE_VERIFY, BTZ_VERB_MAC },
		{ BTZ_USE_DERIVE, BTZ_VERB_DERIVE } };
	const bool later = use == BTZ_USE_DECRYPT || use == BTZ_USE_VERIFY;

	for (size_t i = 0; i < BTZ_COUNT(verbs); i++)
		if (verbs[i].use == (uint32_t)use &&
		    !btz_crypt_fits(k->alg, verbs[i].verb, alg))
			abort();
	if (k->state != BTZ_KEY_ENABLED || (k->usage & use) == 0 ||
	    (!later && k->not_after != 0 && k->not_after < NOW) ||
	    k->kind != BTZ_KIND_PLAIN ||
	    (k->only_crypt != 0 && k->only_crypt != alg))
		abort();
}

static void
judge_crypt(
    const struct btz_key_facts *k, enum btz_use use, struct btz_span body)
{
	struct btz_crypt rq;

	if (!btz_msg_decode(&btz_def_crypt, body, &rq) ||
	    btz_judge_use(k, use, rq.alg, NOW, NULL) != BTZ_OK ||
	    btz_judge_crypt(k, use, &rq, NULL) != BTZ_OK)
		return;
	must_fit(k, use, rq.alg);
	if (use == BTZ_USE_ENCRYPT && rq.nonce.len != 0 &&
	    ((k->flags & BTZ_KEYFLAG_CALLER_NONCE) == 0 ||
		btz_crypt_nonce_len(rq.alg) == 0))
		abort();
}

static void
judge_mac(const struct btz_key_facts *k, enum btz_use use, struct btz_span body)
{
	struct btz_mac rq;

	if (btz_msg_decode(&btz_def_mac, body, &rq) &&
	    btz_judge_use(k, use, rq.alg, NOW, NULL) == BTZ_OK)
		must_fit(k, use, rq.alg);
}

static void
judge_derive(const struct btz_key_facts *k, struct btz_span body)
{
	struct btz_derive rq;

	if (!btz_msg_decode(&btz_def_derive, body, &rq) ||
	    btz_judge_use(k, BTZ_USE_DERIVE, rq.alg, NOW, NULL) != BTZ_OK ||
	    btz_judge_derive(&rq, NULL) != BTZ_OK)
		return;
	must_fit(k, BTZ_USE_DERIVE, rq.alg);
	if (rq.len > BTZ_DERIVED_MAX)
		abort();
}

/* Written the other way round than the judge's. */
static void
labels_fit(struct btz_span labels)
{
	const char *text = (const char *)labels.p;

	if (labels.len == 0)
		return;
	if (text[labels.len - 1] != '\n' ||
	    memchr(text, '=', labels.len) == NULL)
		abort();
	for (size_t i = 0; i < labels.len; i++)
		if ((labels.p[i] < 0x20 && text[i] != '\n') ||
		    labels.p[i] == 0x7f)
			abort();
}

static void
judge_generate(uint32_t kinds, struct btz_span body)
{
	struct btz_backend_ops ops = btz_backend_soft;
	struct btz_generate g;

	ops.algs = ~1u;
	ops.caps = BTZ_CAP_EXPORT;
	if (!btz_msg_decode(&btz_def_generate, body, &g) ||
	    btz_judge_generate(&ops, kinds, &g, NOW, NULL) != BTZ_OK)
		return;
	labels_fit(g.labels);
	if ((g.kind != BTZ_KIND_PLAIN && g.kind != BTZ_KIND_TLS) ||
	    (kinds & 1u << g.kind) == 0 || g.usage == 0 ||
	    (g.usage & ~btz_alg_uses(g.alg)) != 0 ||
	    (g.usage & ~BTZ_USES_OF_KEY) != 0 ||
	    (g.bits != 0 && g.alg != BTZ_ALG_SECRET) || g.bits % 8 != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct btz_key_facts k;
	struct btz_span body;

	if (size < 9)
		return 0;
	k = (struct btz_key_facts){ .alg = data[0] % 15,
		.kind = data[1] % 9,
		.state = data[2] % 6,
		.usage = data[3],
		.not_after = data[4] * 8u,
		.flags = data[6],
		.only_sig = data[7] % 15,
		.only_crypt = data[8] % 29 };
	body = btz_span_of(data + 9, size - 9);
	switch (data[5] % 8) {
	case 0:
		judge_sign(&k, body);
		break;
	case 1:
		judge_verify(&k, body);
		break;
	case 2:
		judge_generate(data[3], body);
		break;
	case 3:
		judge_crypt(&k, BTZ_USE_ENCRYPT, body);
		break;
	case 4:
		judge_crypt(&k, BTZ_USE_DECRYPT, body);
		break;
	case 5:
		judge_mac(&k, BTZ_USE_SIGN, body);
		break;
	case 6:
		judge_mac(&k, BTZ_USE_VERIFY, body);
		break;
	default:
		judge_derive(&k, body);
	}
	return 0;
}
