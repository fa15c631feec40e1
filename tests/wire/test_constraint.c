/* SPDX-License-Identifier: Apache-2.0 */
/* Constraints of keys: bad TLV rows, and a round trip of all tags. */
#include "wire/constraint.h"

#include <string.h>

#include "support/cmocka_all.h"

#define ROW(n, s)                                                              \
	{                                                                      \
		n, s, sizeof(s) - 1                                            \
	}

static const struct {
	const char *name, *in;
	size_t len;
} bad[] = {
	ROW("tag 0", "\0\0\1x"),
	ROW("unknown tag", "\14\0\1x"),
	ROW("issuer key twice", "\13\0\1x\13\0\1y"),
	ROW("empty issuer key", "\13\0\0"),
	ROW("empty text", "\1\0\0"),
	ROW("twice", "\1\0\1x\1\0\1y"),
	ROW("not ascending", "\2\0\1x\1\0\1y"),
	ROW("cut", "\1\0\2x"),
	ROW("no length", "\1\0"),
	ROW("ekus of 3 bytes", "\3\0\3abc"),
	ROW("ekus zero", "\3\0\4\0\0\0\0"),
	ROW("lifetime zero", "\4\0\10\0\0\0\0\0\0\0\0"),
	ROW("issuer id of zeros", "\5\0\20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	ROW("ip of 4 bytes", "\12\0\4abcd"),
};

static void
test_bad(void **state)
{
	struct btz_constraints c;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(bad); i++) {
		print_message("# case: %s\n", bad[i].name);
		assert_false(btz_constraints_decode(
		    btz_span_of(bad[i].in, bad[i].len), &c));
		assert_int_equal(c.trust_domain.len, 0);
	}
}

static void
test_too_many(void **state)
{
	uint8_t in[17 * 4];
	struct btz_constraints c;

	(void)state;
	for (size_t i = 0; i < 17; i++)
		memcpy(in + 4 * i, "\10\0\1t", 4);
	assert_true(btz_constraints_decode(btz_span_of(in, 16 * 4), &c));
	assert_false(btz_constraints_decode(btz_span_of(in, 17 * 4), &c));
}

static void
test_round_trip(void **state)
{
	struct btz_constraints c = {
		.trust_domain = btz_span_str("box.internal"),
		.subject_cn = btz_span_str("box issuing CA 1"),
		.ekus = BTZ_EKU_CLIENT_AUTH,
		.max_lifetime = 86400,
		.issuer_id = { 1, 2 },
		.crl_uri = btz_span_str("https://x/.bartizan/crl/1.crl"),
		.origin = btz_span_str("box/audit"),
		.n_tenants = 2,
		.tenants = { { (const uint8_t *)"a", 1 },
		    { (const uint8_t *)"b", 1 } },
		.n_dns = 1,
		.dns = { { (const uint8_t *)"localhost", 9 } },
		.n_ips = 1,
		.ips = { { (const uint8_t *)"\177\0\0\1\377\377\377\377", 8 } },
		.issuer_key = btz_span_str("\4xy"),
	}, d;
	uint8_t a[512], b[512];
	struct btz_wr wa, wb;

	(void)state;
	btz_wr_init(&wa, a, sizeof(a));
	btz_constraints_encode(&c, &wa);
	assert_true(btz_wr_ok(&wa));
	assert_true(btz_constraints_decode(btz_wr_span(&wa), &d));
	assert_int_equal(d.ekus, c.ekus);
	assert_int_equal(d.n_tenants, 2);
	assert_true(btz_span_eq(d.issuer_key, c.issuer_key));
	btz_wr_init(&wb, b, sizeof(b));
	btz_constraints_encode(&d, &wb);
	assert_int_equal(wa.len, wb.len);
	assert_memory_equal(a, b, wa.len);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
