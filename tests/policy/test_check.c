/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_check.c - damaged images: every byte changed (the hash finds it), every
 * byte changed with the hash made again (the structure check finds it or the
 * policy is another valid one, never a crash), every length.
 */
#include "support/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "policy/format.h"
#include "policy/image.h"

static uint8_t *image;
static size_t len;

static int
make(void **state)
{
	(void)state;
	return small_image(9, &image, &len) == BTZ_OK ? 0 : -1;
}

static int
drop(void **state)
{
	(void)state;
	free(image);
	return 0;
}

static void
rehash(uint8_t *p, size_t n)
{
	btz_sha256(btz_span_of(p, n - BTZ_SHA256_LEN), p + n - BTZ_SHA256_LEN);
}

static enum btz_rc
try(const uint8_t *p, size_t n, struct btz_err *err)
{
	struct btz_policy *policy;
	enum btz_rc rc = btz_policy_from_bytes(btz_span_of(p, n), &policy, err);

	if (rc == BTZ_OK) { /* whatever it says now, deciding must be safe */
		struct btz_policy_answer a;
		uint8_t hash[BTZ_SHA256_LEN];
		struct btz_policy_ask ask = { .spki_hash = hash,
			.uri = S("spiffe://box.test/home/user/alice"),
			.tenant = S("home"),
			.share = S("photos"),
			.actions = 1 };
		char why[512];

		cred_of("alice", hash);
		btz_policy_decide(policy, T_NOW, &ask, &a);
		btz_policy_explain(policy, T_NOW, &ask, &a, why, sizeof(why));
	} else {
		assert_null(policy);
	}
	btz_policy_put(policy);
	return rc;
}

static void
test_every_byte(void **state)
{
	uint8_t *copy = malloc(len);
	struct btz_err err;

	(void)state;
	assert_int_equal(try(image, len, &err), BTZ_OK);
	for (size_t i = 0; i < len; i++) {
		memcpy(copy, image, len);
		copy[i] ^= 1;
		assert_int_equal(try(copy, len, &err), BTZ_E_CORRUPT);
	}
	free(copy);
}

static void
test_every_byte_rehashed(void **state)
{
	static const uint8_t masks[] = { 0x01, 0x80, 0xff };
	uint8_t *copy = malloc(len);
	size_t refused = 0, taken = 0;
	struct btz_err err;

	(void)state;
	for (size_t i = 0; i + BTZ_SHA256_LEN < len; i++)
		for (size_t m = 0; m < sizeof(masks); m++) {
			memcpy(copy, image, len);
			copy[i] ^= masks[m];
			rehash(copy, len);
			if (try(copy, len, &err) == BTZ_OK)
				taken++;
			else
				refused++;
		}
	printf("# refused %zu, other but valid %zu\n", refused, taken);
	assert_true(refused > taken);
	assert_true(taken > 0); /* ids, serials, times are free */
	free(copy);
}

static void
test_every_length(void **state)
{
	struct btz_err err;

	(void)state;
	for (size_t n = 0; n < len; n++) {
		uint8_t *copy = malloc(n + 1);

		memcpy(copy, image, n);
		if (n >= BTZ_SHA256_LEN)
			rehash(copy, n);
		assert_int_equal(try(copy, n, &err), BTZ_E_CORRUPT);
		free(copy);
	}
}

/* Offset of entry i of section s in the small image. */
static size_t
at(enum btz_policy_section s, uint32_t i)
{
	struct btz_policy_view v;
	struct btz_err err;

	assert_int_equal(
	    btz_policy_view_init(&v, btz_span_of(image, len), &err), BTZ_OK);
	assert_true(i < v.sec[s].count);
	return (size_t)(btz_policy_entry(&v, s, i) - v.p);
}

static const struct {
	const char *name;
	enum btz_policy_section sec;
	uint32_t i;
	size_t field;
	uint8_t byte; /* put there */
	const char *what;
} rows[] = {
	{ "principal of another tenant", BTZ_PS_PRINCIPALS, 0, 3, 1,
	    "principal: tenant, kind or URI" },
	{ "user as device", BTZ_PS_PRINCIPALS, 2, BTZ_PP_KIND, 2,
	    "principal: tenant, kind or URI" },
	{ "kind 3", BTZ_PS_PRINCIPALS, 0, BTZ_PP_KIND, 3,
	    "principal: tenant, kind or URI" },
	{ "state 0", BTZ_PS_PRINCIPALS, 0, BTZ_PP_STATE, 0,
	    "principal: state" },
	{ "bindings overlap", BTZ_PS_PRINCIPALS, 2, BTZ_PP_FIRST_BINDING + 3, 0,
	    "principal: bindings" },
	{ "principal out of range", BTZ_PS_CREDENTIALS, 0, BTZ_PC_PRINCIPAL + 3,
	    6, "credential: principal" },
	{ "credentials not sorted", BTZ_PS_CREDENTIALS, 7, 0, 0,
	    "credential: order" },
	{ "credential state 3", BTZ_PS_CREDENTIALS, 0, BTZ_PC_STATE, 3,
	    "credential: state" },
	{ "permission bit of the future", BTZ_PS_ROLES, 0, BTZ_PR_PERMISSIONS,
	    0x80, "role: permissions" },
	{ "role's tenant out of range", BTZ_PS_ROLES, 0, 3, 2, "role: tenant" },
	{ "share's tenant", BTZ_PS_SHARES, 0, 3, 1,
	    "share: not in its tenant's run" },
	{ "binding to another's share", BTZ_PS_BINDINGS, 0, BTZ_PB_SHARE + 3, 3,
	    "binding: principal, share and role of one tenant" },
	{ "binding with another's role", BTZ_PS_BINDINGS, 0, BTZ_PB_ROLE + 3, 4,
	    "binding: principal, share and role of one tenant" },
	{ "binding's principal", BTZ_PS_BINDINGS, 0, 3, 2,
	    "binding: not in its principal's run" },
	{ "window out of range", BTZ_PS_BINDINGS, 0, BTZ_PB_WINDOW + 3, 2,
	    "binding: window" },
	{ "window on no day", BTZ_PS_WINDOWS, 0, 3, 0,
	    "window: days or minutes" },
	{ "window on an eighth day", BTZ_PS_WINDOWS, 0, 3, 0x81,
	    "window: days or minutes" },
	{ "window of no minute", BTZ_PS_WINDOWS, 0, BTZ_PW_FROM + 3, 120,
	    "window: days or minutes" },
	{ "window from beyond the day", BTZ_PS_WINDOWS, 0, BTZ_PW_FROM + 2, 6,
	    "window: days or minutes" },
	{ "window to no time", BTZ_PS_WINDOWS, 0, BTZ_PW_TO + 3, 0,
	    "window: days or minutes" },
	{ "window to beyond the day", BTZ_PS_WINDOWS, 0, BTZ_PW_TO + 2, 6,
	    "window: days or minutes" },
};

static void
test_structure(void **state)
{
	uint8_t *copy = malloc(len);

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		size_t o = at(rows[i].sec, rows[i].i) + rows[i].field;
		struct btz_err err = { .rc = BTZ_OK };

		printf("# %s\n", rows[i].name);
		memcpy(copy, image, len);
		/* index fields: the image's own NIL has 0xff before it */
		if (rows[i].sec == BTZ_PS_BINDINGS &&
		    rows[i].field == BTZ_PB_WINDOW + 3)
			memset(copy + o - 3, 0, 3);
		assert_int_not_equal(copy[o], rows[i].byte);
		copy[o] = rows[i].byte;
		rehash(copy, len);
		assert_int_equal(try(copy, len, &err), BTZ_E_CORRUPT);
		if (strstr(err.msg, rows[i].what) == NULL)
			fail_msg("%s", err.msg);
	}
	free(copy);
}

static void
test_builder_refuses(void **state)
{
	static const uint8_t id[BTZ_ID_LEN];
	struct btz_policy_build *b;
	struct btz_err err;
	uint8_t *out;
	size_t n;

	(void)state;
	assert_int_equal(btz_policy_build_new(S("box.test"), &b, &err), BTZ_OK);
	(void)btz_policy_add_tenant(b, S("home"), id);
	(void)btz_policy_add_tenant(b, S("home"), id);
	assert_int_equal(
	    btz_policy_build_finish(b, 1, 0, &out, &n, &err), BTZ_E_EXIST);
	assert_null(out);
	btz_policy_build_free(b);
	assert_int_equal(btz_policy_build_new(S("box.test"), &b, &err), BTZ_OK);
	(void)btz_policy_add_share(b, 5, S("photos"));
	assert_int_equal(
	    btz_policy_build_finish(b, 1, 0, &out, &n, &err), BTZ_E_INTERNAL);
	btz_policy_build_free(b);
	assert_int_equal(btz_policy_build_new(S("box.test"), &b, &err), BTZ_OK);
	(void)btz_policy_add_tenant(b, S("Ho me"), id);
	assert_int_equal(
	    btz_policy_build_finish(b, 1, 0, &out, &n, &err), BTZ_E_CORRUPT);
	btz_policy_build_free(b);
}

/* One user with n roles on one share. */
static enum btz_rc
grants(unsigned n)
{
	static const uint8_t id[BTZ_ID_LEN];
	struct btz_policy_build *b;
	struct btz_err err;
	uint32_t tenant, user, share;
	uint8_t *out;
	size_t size;
	enum btz_rc rc;

	assert_int_equal(btz_policy_build_new(S("box.test"), &b, &err), BTZ_OK);
	tenant = btz_policy_add_tenant(b, S("home"), id);
	user = btz_policy_add_principal(b, tenant, S("user"), S("alice"), true);
	share = btz_policy_add_share(b, tenant, S("photos"));
	for (unsigned i = 0; i < n; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "r%u", i);
		(void)btz_policy_add_binding(b, user, share,
		    btz_policy_add_role(b, tenant, S(name), 1), 0, 0,
		    BTZ_POLICY_NONE);
	}
	rc = btz_policy_build_finish(b, 1, 0, &out, &size, &err);
	btz_policy_build_free(b);
	free(out);
	return rc;
}

static void
test_work_is_bounded(void **state)
{
	(void)state;
	assert_int_equal(grants(BTZ_POLICY_GRANTS_MAX + 1), BTZ_E_CORRUPT);
	assert_int_equal(grants(BTZ_POLICY_GRANTS_MAX), BTZ_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_every_byte_rehashed),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_structure),
		cmocka_unit_test(test_builder_refuses),
		cmocka_unit_test(test_work_is_bounded),
	};

	return cmocka_run_group_tests(tests, make, drop);
}
