/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_soft_crypt.c - what a client gives with a request to a key: lengths of
 * everything, points, sealed texts. Nothing is written past the room there is
 * or on failure; what was encrypted decrypts to what it was.
 * First byte: key, second: algorithm, third: verb and length, then those of room,
 * nonce, associated data, salt; the rest is the input.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/backend/softkey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEAD 7u
#define GUARD 0x5a

static const uint8_t kek[BTZ_KEK_LEN] = { 1 };
static const uint8_t algs[] = { BTZ_ALG_EC_P256, BTZ_ALG_EC_P521,
	BTZ_ALG_RSA_2048, BTZ_ALG_X25519, BTZ_ALG_AES_128, BTZ_ALG_AES_256,
	BTZ_ALG_CHACHA20, BTZ_ALG_SECRET };
static struct btz_softkey keys[BTZ_COUNT(algs)];

static struct btz_softkey *
key_of(unsigned n)
{
	static struct btz_backend_key made;
	struct btz_softkey *k = &keys[n % BTZ_COUNT(algs)];
	const struct btz_generate g = { .alg = algs[n % BTZ_COUNT(algs)],
		.kind = BTZ_KIND_PLAIN,
		.usage = BTZ_USES_OF_KEY };

	if (k->usage == 0 &&
	    (btz_softkey_generate(kek, &g, &made, NULL) != BTZ_OK ||
		btz_softkey_open(kek, made.id,
		    btz_span_of(made.blob, made.blob_len), k, NULL) != BTZ_OK))
		abort();
	return k;
}

static struct btz_span
part(struct btz_span *in, size_t len)
{
	const struct btz_span s = { in->p, len < in->len ? len : in->len };

	in->p += s.len;
	in->len -= s.len;
	return s;
}

static void
back(struct btz_softkey *k, struct btz_backend_crypt rq, struct btz_span out)
{
	const struct btz_span was = rq.input;
	uint8_t plain[4096];
	struct btz_wr wr;

	btz_wr_init(&wr, plain, sizeof(plain));
	rq.verb = BTZ_VERB_DECRYPT;
	rq.input = out;
	if (btz_softkey_crypt(k, &rq, &wr, NULL) != BTZ_OK ||
	    !btz_span_eq(btz_wr_span(&wr), was))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t out[4096];
	struct btz_backend_crypt rq;
	struct btz_softkey *k;
	struct btz_span rest;
	struct btz_wr wr;
	size_t room;
	enum btz_rc rc;

	if (size < HEAD || size > 2048)
		return 0;
	k = key_of(data[0]);
	room = data[3] * 16u;
	rest = btz_span_of(data + HEAD, size - HEAD);
	rq = (struct btz_backend_crypt){ .alg = data[1] % 32,
		.verb = data[2] % 6,
		.len = data[2] / 6u * 7u };
	rq.nonce = part(&rest, data[4]);
	rq.aad = part(&rest, data[5]);
	rq.salt = part(&rest, data[6]);
	rq.input = rest;
	memset(out, GUARD, sizeof(out));
	btz_wr_init(&wr, out, room);
	rc = btz_softkey_crypt(k, &rq, &wr, NULL);
	if (wr.len > room || (rc != BTZ_OK && wr.len != 0))
		abort();
	for (size_t i = room; i < sizeof(out); i++)
		if (out[i] != GUARD)
			abort();
	if (rc == BTZ_OK && rq.verb == BTZ_VERB_ENCRYPT)
		back(k, rq, btz_wr_span(&wr));
	return 0;
}
