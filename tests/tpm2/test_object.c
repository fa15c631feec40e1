/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_object.c - the comparers see a change of every field, public areas are
 * parsed strictly, Names are what they should be.
 */
#include "support/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "support/tpm_crypto_ossl.h"
#include "tpm2/kdf.h"
#include "tpm2/object.h"

static void
whole(struct btz_tpm_public *p)
{
	p->x_len = p->type == BTZ_TPM_ALG_ECC && p->curve == BTZ_TPM_ECC_P384
		       ? 48
		       : 32;
	p->y_len = p->type == BTZ_TPM_ALG_ECC ? p->x_len : 0;
}

#define FIELD(t, m) #m, offsetof(struct t, m), sizeof(((struct t *)0)->m)

static const struct {
	const char *name;
	size_t at, size;
} fields[] = {
	{ FIELD(btz_tpm_public, type) },
	{ FIELD(btz_tpm_public, name_alg) },
	{ FIELD(btz_tpm_public, attrs) },
	{ FIELD(btz_tpm_public, policy_len) },
	{ FIELD(btz_tpm_public, sym) },
	{ FIELD(btz_tpm_public, sym_bits) },
	{ FIELD(btz_tpm_public, sym_mode) },
	{ FIELD(btz_tpm_public, scheme) },
	{ FIELD(btz_tpm_public, scheme_hash) },
	{ FIELD(btz_tpm_public, curve) },
	{ FIELD(btz_tpm_public, kdf) },
	{ FIELD(btz_tpm_public, x_len) },
	{ FIELD(btz_tpm_public, y_len) },
};

static void
every_field(const char *which, const struct btz_tpm_public *tmpl)
{
	struct btz_tpm_public got = *tmpl, bad;

	whole(&got);
	for (size_t i = 0; i < BTZ_COUNT(fields); i++) {
		for (size_t bit = 0; bit < 8 * fields[i].size; bit++) {
			print_message("# case: %s, %s bit %zu\n", which,
			    fields[i].name, bit);
			bad = got;
			((uint8_t *)&bad)[fields[i].at + bit / 8] ^=
			    (uint8_t)(1u << bit % 8);
			assert_int_equal(btz_tpm_public_check(tmpl, &bad),
			    BTZ_E_TPM_TEMPLATE);
		}
	}
	bad = got;
	bad.x[4] ^= 1; /* the point is free */
	assert_int_equal(btz_tpm_public_check(tmpl, &bad), BTZ_OK);
}

static void
comparer(void **state)
{
	struct btz_tpm_public p, got;
	uint8_t unique[32] = { 1 };

	(void)state;
	btz_tpm_tmpl_primary(&p, unique);
	every_field("primary", &p);
	btz_tpm_tmpl_sign(&p);
	every_field("sign", &p);
	btz_tpm_tmpl_sealed(&p);
	every_field("sealed", &p);
	btz_tpm_tmpl_ek_p256_high(&p);
	every_field("ek H-2", &p);
	btz_tpm_tmpl_ek_p384_high(&p);
	every_field("ek H-3", &p);
	btz_tpm_tmpl_ek_p256(&p);
	every_field("ek", &p);
	got = p;
	whole(&got);
	got.policy[31] ^= 1;
	assert_int_equal(btz_tpm_public_check(&p, &got), BTZ_E_TPM_TEMPLATE);
	got.policy[31] ^= 1;
	assert_int_equal(btz_tpm_public_check(&p, &got), BTZ_OK);
}

static void
nv_comparer(void **state)
{
	struct btz_tpm_nv want, got;

	(void)state;
	btz_tpm_tmpl_nv(&want, BTZ_TPM_NV_INDEX);
	got = want;
	got.index++;
	assert_int_equal(
	    btz_tpm_nv_check(&want, false, &got), BTZ_E_TPM_TEMPLATE);
	got = want;
	got.name_alg = BTZ_TPM_ALG_SHA384;
	assert_int_equal(
	    btz_tpm_nv_check(&want, false, &got), BTZ_E_TPM_TEMPLATE);
	got = want;
	got.attrs |= 1;
	assert_int_equal(
	    btz_tpm_nv_check(&want, false, &got), BTZ_E_TPM_TEMPLATE);
	got = want;
	got.size = 31;
	assert_int_equal(
	    btz_tpm_nv_check(&want, false, &got), BTZ_E_TPM_TEMPLATE);
	got = want;
	got.policy_len = 32;
	assert_int_equal(
	    btz_tpm_nv_check(&want, false, &got), BTZ_E_TPM_TEMPLATE);
	got = want;
	assert_int_equal(
	    btz_tpm_nv_check(&want, true, &got), BTZ_E_TPM_TEMPLATE);
	assert_int_equal(btz_tpm_nv_check(&want, false, &got), BTZ_OK);
}

static void
parsing(void **state)
{
	struct btz_tpm_public in, out;
	uint8_t buf[BTZ_TPM_PUBLIC_MAX], unique[32] = { 7 };
	struct btz_wr wr;

	(void)state;
	btz_tpm_tmpl_primary(&in, unique);
	whole(&in);
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_tpm_public_write(&wr, &in);
	for (size_t n = 0; n < wr.len; n++)
		assert_false(btz_tpm_public_parse(btz_span_of(buf, n), &out));
	assert_false(btz_tpm_public_parse(btz_span_of(buf, wr.len + 1), &out));
	assert_true(btz_tpm_public_parse(btz_wr_span(&wr), &out));
	assert_memory_equal(&in, &out, sizeof(in));
	buf[1] = 0x01; /* RSA */
	assert_false(btz_tpm_public_parse(btz_wr_span(&wr), &out));
	in.type = 1;
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_tpm_public_write(&wr, &in);
	assert_false(btz_wr_ok(&wr));
}

/* The area of the sealed template written out by hand. */
static void
names(void **state)
{
	static const uint8_t area[] = { 0x00, 0x08, 0x00, 0x0b, 0x00, 0x00,
		0x04, 0x52, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00 };
	const struct btz_tpm_crypto *c = &btz_tpm_crypto_ossl;
	struct btz_span s = { area, sizeof(area) };
	struct btz_tpm_public p;
	struct btz_tpm_nv nv;
	struct btz_tpm_name n, m;
	uint8_t digest[32];

	(void)state;
	btz_tpm_tmpl_sealed(&p);
	assert_int_equal(btz_tpm_name_public(c, &p, &n), BTZ_OK);
	assert_int_equal(
	    c->hash(c->arg, BTZ_TPM_ALG_SHA256, &s, 1, digest), BTZ_OK);
	assert_int_equal(n.len, 34);
	assert_int_equal(n.b[0] << 8 | n.b[1], BTZ_TPM_ALG_SHA256);
	assert_memory_equal(n.b + 2, digest, 32);
	p.name_alg = BTZ_TPM_ALG_SHA384;
	assert_int_equal(btz_tpm_name_public(c, &p, &m), BTZ_OK);
	assert_int_equal(m.len, 50);
	assert_false(btz_tpm_name_eq(&n, &m));
	btz_tpm_tmpl_nv(&nv, BTZ_TPM_NV_INDEX);
	assert_int_equal(btz_tpm_name_nv(c, &nv, false, &n), BTZ_OK);
	assert_int_equal(btz_tpm_name_nv(c, &nv, true, &m), BTZ_OK);
	assert_false(btz_tpm_name_eq(&n, &m));
	nv.attrs |= BTZ_TPM_NVA_WRITTEN;
	assert_int_equal(btz_tpm_name_nv(c, &nv, false, &m), BTZ_OK);
	assert_true(btz_tpm_name_eq(&n, &m));
	btz_tpm_name_handle(&n, BTZ_TPM_RH_OWNER);
	assert_int_equal(n.len, 4);
	assert_memory_equal(n.b, "\x40\x00\x00\x01", 4);
	memset(&n, 0, sizeof(n));
	assert_false(btz_tpm_name_eq(&n, &n)); /* none is no Name */
}

#define ZERO32                                                                 \
	"0000000000000000000000000000000000000000000000000000000000000000"

/* The templates as the TCG EK Credential Profile 2.5 has them (annex B). */
static const struct {
	const char *name;
	void (*tmpl)(struct btz_tpm_public *p);
	const char *head; /* up to the policy's size */
	const char *tail; /* after the policy */
	uint16_t alg;
	bool high;
} ek_cases[] = {
	{ "L-2", btz_tpm_tmpl_ek_p256, "0023000b000300b20020",
	    "0006008000430010000300100020" ZERO32 "0020" ZERO32,
	    BTZ_TPM_ALG_SHA256, false },
	{ "H-2", btz_tpm_tmpl_ek_p256_high, "0023000b000300f20020",
	    "00060080004300100003001000000000", BTZ_TPM_ALG_SHA256, true },
	{ "H-3", btz_tpm_tmpl_ek_p384_high, "0023000c000300f20030",
	    "00060100004300100004001000000000", BTZ_TPM_ALG_SHA384, true },
};

static size_t
unhex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned v;

	for (; sscanf(hex + 2 * n, "%2x", &v) == 1; n++)
		out[n] = (uint8_t)v;
	return n;
}

/* H(digest || command || rest), as every policy command extends it. */
static void
extend(uint16_t alg, uint8_t *digest, const char *command, struct btz_span rest)
{
	const struct btz_tpm_crypto *c = &btz_tpm_crypto_ossl;
	struct btz_span parts[3] = { { digest, btz_tpm_hash_len(alg) },
		{ digest, 0 }, rest };
	uint8_t cc[16];

	parts[1] = btz_span_of(cc, unhex(command, cc));
	assert_int_equal(c->hash(c->arg, alg, parts, 3, digest), BTZ_OK);
}

/* PolicySecret(endorsement), Part 3, 23.4 */
static void
policy_a(uint16_t alg, uint8_t *out)
{
	memset(out, 0, BTZ_TPM_HASH_MAX);
	extend(alg, out, "000001514000000b", btz_span_of(NULL, 0));
	extend(alg, out, "", btz_span_of(NULL, 0)); /* policyRef: empty */
}

/* PolicyOR(A, PolicyAuthorizeNV(index)), Part 3, 23.6 and 23.22; the index
 * of the profile has PolicyA itself. */
static void
policy_b(uint16_t alg, uint8_t *out)
{
	const size_t n = btz_tpm_hash_len(alg);
	struct btz_tpm_nv nv = {
		.index = alg == BTZ_TPM_ALG_SHA256 ? 0x01c07f01 : 0x01c07f02,
		.name_alg = alg,
		.attrs = 0x220f1008,
		.policy_len = (uint16_t)n,
		.size = (uint16_t)(n + 2)
	};
	uint8_t both[2 * BTZ_TPM_HASH_MAX] = { 0 };
	struct btz_tpm_name name;

	policy_a(alg, nv.policy);
	assert_int_equal(
	    btz_tpm_name_nv(&btz_tpm_crypto_ossl, &nv, true, &name), BTZ_OK);
	memcpy(both, nv.policy, n);
	extend(alg, both + n, "00000192", btz_span_of(name.b, name.len));
	memset(out, 0, BTZ_TPM_HASH_MAX);
	extend(alg, out, "00000171", btz_span_of(both, 2 * n));
}

static void
ek_templates(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(ek_cases); i++) {
		const size_t n = btz_tpm_hash_len(ek_cases[i].alg);
		uint8_t want[256], got[BTZ_TPM_PUBLIC_MAX];
		struct btz_tpm_public p;
		struct btz_wr wr;
		size_t len = unhex(ek_cases[i].head, want);

		print_message("# case: %s\n", ek_cases[i].name);
		(ek_cases[i].high ? policy_b : policy_a)(
		    ek_cases[i].alg, want + len);
		len += n;
		len += unhex(ek_cases[i].tail, want + len);
		ek_cases[i].tmpl(&p);
		btz_wr_init(&wr, got, sizeof(got));
		btz_tpm_public_write(&wr, &p);
		assert_true(btz_wr_ok(&wr));
		assert_int_equal(wr.len, len);
		assert_memory_equal(got, want, len);
	}
}

static void
salt_keys(void **state)
{
	struct btz_tpm_public p;
	uint8_t unique[32] = { 0 };

	(void)state;
	btz_tpm_tmpl_sign(&p);
	whole(&p);
	assert_int_equal(btz_tpm_salt_key_check(&p), BTZ_E_TPM_TEMPLATE);
	btz_tpm_tmpl_primary(&p, unique);
	assert_int_equal(btz_tpm_salt_key_check(&p), BTZ_E_TPM_TEMPLATE);
	whole(&p);
	p.attrs &= ~BTZ_TPM_OA_RESTRICTED;
	assert_int_equal(btz_tpm_salt_key_check(&p), BTZ_E_TPM_TEMPLATE);
	p.attrs |= BTZ_TPM_OA_RESTRICTED;
	assert_int_equal(btz_tpm_salt_key_check(&p), BTZ_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comparer),
		cmocka_unit_test(nv_comparer),
		cmocka_unit_test(parsing),
		cmocka_unit_test(names),
		cmocka_unit_test(ek_templates),
		cmocka_unit_test(salt_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
