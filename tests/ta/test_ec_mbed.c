/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_ec_mbed.c - what only the rows of mbedTLS promise: random numbers blind
 * every multiplication by a secret, and a loaded pair is looked at whole. The
 * rest: test_ec.c and others, built with these rows too (*_mbed).
 */
#include "support/cmocka_all.h"

#include <mbedtls/ecp.h>
#include <string.h>

#include "ec.h"

static const uint8_t algs[] = { BTZ_ALG_EC_P256, BTZ_ALG_EC_P384 };
static size_t drawn;

void __real_TEE_GenerateRandom(void *buffer, size_t size);
void __wrap_TEE_GenerateRandom(void *buffer, size_t size);

void
__wrap_TEE_GenerateRandom(void *buffer, size_t size)
{
	drawn += size;
	__real_TEE_GenerateRandom(buffer, size);
}

struct pair {
	uint8_t d[TA_EC_SECRET_MAX], point[TA_EC_PUB_MAX];
};

static const struct ta_ec *
row(size_t i, struct pair *p)
{
	const struct ta_ec *e = ta_ec_of(algs[i]);

	print_message("# %s\n", btz_alg_name(algs[i]));
	assert_int_equal(e->generate(e, p->d, p->point), BTZ_OK);
	drawn = 0;
	return e;
}

static size_t
drawn_since(void)
{
	const size_t n = drawn;

	drawn = 0;
	return n;
}

/* A key, a nonce takes as many bytes as the secret; each blinding as many. */
static void
test_blinded(void **state)
{
	static const uint8_t digest[TA_EC_DIGEST_MAX] = { 7 };
	uint8_t sig[TA_EC_SIG_MAX], x[66], y[66], z[66];
	struct pair p;
	TEE_ObjectHandle key;

	(void)state;
	for (size_t i = 0; i < sizeof(algs); i++) {
		const struct ta_ec *e = row(i, &p);
		const size_t n = e->secret;

		/* key; its multiplication */
		assert_int_equal(e->generate(e, p.d, p.point), BTZ_OK);
		const size_t making = drawn_since();

		assert_true(making >= 2 * n);
		assert_int_equal(e->load(e, p.d, p.point, &key), BTZ_OK);
		assert_true(drawn_since() >= n);
		/* nonce; its multiplication, its inverse */
		assert_int_equal(
		    e->sign(e, key, btz_span_of(digest, e->digest), sig),
		    BTZ_OK);
		assert_true(drawn_since() >= 3 * n);
		TEE_FreeTransientObject(key);
		/* as above, and the multiplication with the peer's point */
		assert_int_equal(ta_ec_ephemeral(algs[i], p.point + 1,
				     p.point + 1 + n, x, y, z),
		    BTZ_OK);
		assert_true(drawn_since() >= making + n);
	}
}

/* n of P-256 and P-384 (FIPS 186-4 D.1.2.3, D.1.2.4) */
static const uint8_t orders[2][48] = {
	{ 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84,
	    0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51 },
	{ 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf, 0x58,
	    0x1a, 0x0d, 0xb2, 0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec, 0x19, 0x6a,
	    0xcc, 0xc5, 0x29, 0x73 },
};

static void
base_point(const struct ta_ec *e, uint8_t *point)
{
	mbedtls_ecp_group g;
	size_t n;

	mbedtls_ecp_group_init(&g);
	assert_int_equal(mbedtls_ecp_group_load(
			     &g, e->secret == 32 ? MBEDTLS_ECP_DP_SECP256R1
						 : MBEDTLS_ECP_DP_SECP384R1),
	    0);
	assert_int_equal(mbedtls_ecp_point_write_binary(&g, &g.G,
			     MBEDTLS_ECP_PF_UNCOMPRESSED, &n, point, e->pub),
	    0);
	mbedtls_ecp_group_free(&g);
}

static void
zero_d(const struct ta_ec *e, size_t i, struct pair *p)
{
	(void)e, (void)i;
	memset(p->d, 0, sizeof(p->d));
}

static void
order_d(const struct ta_ec *e, size_t i, struct pair *p)
{
	memcpy(p->d, orders[i], e->secret);
}

/* The point of 1 too */
static void
one_more(const struct ta_ec *e, size_t i, struct pair *p)
{
	base_point(e, p->point);
	order_d(e, i, p);
	p->d[e->secret - 1]++;
}

static void
other_y(const struct ta_ec *e, size_t i, struct pair *p)
{
	(void)i;
	p->point[e->pub - 1] ^= 1;
}

static void
other_x(const struct ta_ec *e, size_t i, struct pair *p)
{
	(void)e, (void)i;
	p->point[1] ^= 1;
}

static void
compressed(const struct ta_ec *e, size_t i, struct pair *p)
{
	(void)e, (void)i;
	p->point[0] = 2;
}

static void
test_load_refuses(void **state)
{
	static const struct {
		const char *name;
		void (*spoil)(const struct ta_ec *, size_t, struct pair *);
	} cases[] = {
		{ "d = 0", zero_d },
		{ "d = n", order_d },
		{ "d = n + 1", one_more },
		{ "another y", other_y },
		{ "another x", other_x },
		{ "another form", compressed },
	};
	struct pair p;
	TEE_ObjectHandle key;

	(void)state;
	for (size_t i = 0; i < sizeof(algs); i++)
		for (size_t k = 0; k < BTZ_COUNT(cases); k++) {
			const struct ta_ec *e = row(i, &p);

			print_message("# %s\n", cases[k].name);
			cases[k].spoil(e, i, &p);
			assert_int_equal(
			    e->load(e, p.d, p.point, &key), BTZ_E_KEY_BLOB);
			assert_null(key);
		}
}

/* The peer's key is 1: z is x of the own one. A wrong point: refused. */
static void
test_ephemeral(void **state)
{
	uint8_t x[48], y[48], z[48];

	(void)state;
	for (size_t i = 0; i < sizeof(algs); i++) {
		struct pair g;
		const struct ta_ec *e = row(i, &g);
		const size_t n = e->secret;

		base_point(e, g.point);
		assert_int_equal(ta_ec_ephemeral(algs[i], g.point + 1,
				     g.point + 1 + n, x, y, z),
		    BTZ_OK);
		assert_memory_equal(x, z, n);
		assert_true(ta_ec_on_curve(n, x, y));
		g.point[n] ^= 1;
		assert_int_not_equal(ta_ec_ephemeral(algs[i], g.point + 1,
					 g.point + 1 + n, x, y, z),
		    BTZ_OK);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blinded),
		cmocka_unit_test(test_load_refuses),
		cmocka_unit_test(test_ephemeral),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
