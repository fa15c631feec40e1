/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_pkcs1.c - any block as what RSA gave: a padded one gives what the plain
 * reading of RFC 8017 7.2.2 does, any other a message of a length it can have,
 * the same each time. */
#include "wire/pkcs1.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
prf(void *arg, struct btz_span in, uint8_t out[32])
{
	const uint8_t *seed = arg;

	for (size_t i = 0; i < 32; i++)
		out[i] = (uint8_t)(seed[i % 4] * (i + 3u) + in.p[1] * 29u +
				   in.p[2]);
	return true;
}

/* Where the message begins, or 0. */
static size_t
plainly(const uint8_t *em, size_t k)
{
	size_t i = 2;

	while (i < k && em[i] != 0)
		i++;
	return em[0] == 0 && em[1] == 2 && i >= 10 && i < k ? i + 1 : 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct btz_pkcs1 p, q;
	uint8_t seed[4];
	size_t len, again, from;

	if (size < 4 + 64 || size > 4 + BTZ_PKCS1_MAX)
		return 0;
	memcpy(seed, data, 4);
	p.k = q.k = size - 4;
	memcpy(p.em, data + 4, p.k);
	memcpy(q.em, data + 4, p.k);
	if (!btz_pkcs1_open(&p, prf, seed, &len) ||
	    !btz_pkcs1_open(&q, prf, seed, &again))
		abort();
	from = plainly(data + 4, p.k);
	if (len > p.k - BTZ_PKCS1_PADDING || len != again ||
	    memcmp(p.em, q.em, len) != 0)
		abort();
	if (from != 0 &&
	    (len != p.k - from || memcmp(p.em, data + 4 + from, len) != 0))
		abort();
	return 0;
}
