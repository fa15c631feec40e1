/* SPDX-License-Identifier: Apache-2.0 */
/* softtool.c - contract in softtool.h. */
#include "crypto/softtool.h"

#include <stdio.h>
#include <string.h>

#include "support/cmocka_all.h"

static const uint8_t kek[BTZ_KEK_LEN];

size_t
soft_unhex(const char *hex, uint8_t *out, size_t cap)
{
	const size_t n = strlen(hex) / 2;

	assert_true(strlen(hex) % 2 == 0 && n <= cap);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(sscanf(hex + 2 * i, "%2hhx", &out[i]), 1);
	return n;
}

void
soft_key(struct btz_softkey *key, uint8_t alg, struct btz_span secret)
{
	static struct btz_backend_key made;
	const struct btz_generate g = {
		.alg = alg, .kind = BTZ_KIND_PLAIN, .usage = SOFT_ALL_USES
	};
	struct btz_err err;

	memset(key, 0, sizeof(*key));
	assert_int_equal(
	    btz_softkey_import(kek, &g, secret, &made, &err), BTZ_OK);
	assert_int_equal(btz_softkey_open(kek, made.id,
			     btz_span_of(made.blob, made.blob_len), key, &err),
	    BTZ_OK);
}

void
soft_key_hex(struct btz_softkey *key, uint8_t alg, const char *hex)
{
	uint8_t secret[BTZ_SECRET_MAX];
	const size_t n = soft_unhex(hex, secret, sizeof(secret));

	soft_key(key, alg, btz_span_of(secret, n));
}

void
soft_crypt_is(struct btz_softkey *key, const struct btz_backend_crypt *rq,
    const char *hex)
{
	uint8_t got[2048], want[2048];
	const size_t n = soft_unhex(hex, want, sizeof(want));
	struct btz_err err;
	struct btz_wr wr;

	btz_wr_init(&wr, got, sizeof(got));
	assert_int_equal(btz_softkey_crypt(key, rq, &wr, &err), BTZ_OK);
	assert_int_equal(wr.len, n);
	assert_memory_equal(got, want, n);
}

enum btz_rc
soft_crypt_rc(struct btz_softkey *key, const struct btz_backend_crypt *rq)
{
	uint8_t got[2048];
	struct btz_err err;
	struct btz_wr wr;
	enum btz_rc rc;

	btz_wr_init(&wr, got, sizeof(got));
	rc = btz_softkey_crypt(key, rq, &wr, &err);
	if (rc != BTZ_OK)
		assert_int_equal(wr.len, 0);
	return rc;
}
