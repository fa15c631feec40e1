/* SPDX-License-Identifier: Apache-2.0 */
/* test_tlscv.c - every byte of the head and every length around it. */
#include "support/cmocka_all.h"

#include <string.h>

#include "wire/tlscv.h"

#define CONTEXT "TLS 1.3, server CertificateVerify"

static size_t
content(uint8_t *buf, size_t hash)
{
	memset(buf, 0x20, 64);
	memcpy(buf + 64, CONTEXT, sizeof(CONTEXT));
	memset(buf + 98, 0x20, hash);
	return 98 + hash;
}

static void
test_lengths(void **state)
{
	uint8_t buf[256];

	(void)state;
	for (size_t hash = 0; hash < 100; hash++) {
		size_t n = content(buf, hash);

		assert_int_equal(btz_tls_cv_ok(btz_span_of(buf, n)),
		    hash == 32 || hash == 48);
	}
	assert_false(btz_tls_cv_ok(btz_span_of(NULL, 0)));
}

static void
test_bytes(void **state)
{
	uint8_t buf[256];
	size_t n = content(buf, 32);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		buf[i] ^= 1;
		assert_int_equal(btz_tls_cv_ok(btz_span_of(buf, n)), i >= 98);
		buf[i] ^= 1;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
