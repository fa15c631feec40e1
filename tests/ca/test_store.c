/* SPDX-License-Identifier: Apache-2.0 */
/* test_store.c - the tables: what must never happen first, then persistence. */
#include "ca/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/cmocka_all.h"

static char dir[64], path[96];
static struct btz_db *db;
static struct btz_err err;

static int
setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/btz-store-XXXXXX");
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/ca.db", dir);
	assert_int_equal(btz_store_open(path, &db, &err), BTZ_OK);
	return 0;
}

static int
teardown(void **state)
{
	char cmd[128];

	(void)state;
	btz_db_close(db);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

static void
reopen(void)
{
	btz_db_close(db);
	assert_int_equal(btz_store_open(path, &db, &err), BTZ_OK);
}

/* Row n: serial and SPKI hash begin with n. */
static struct btz_cert_row
row(uint8_t n, uint8_t state)
{
	struct btz_cert_row r = { .profile = 3,
		.not_before = 100,
		.not_after = 1000u + n,
		.state = state,
		.der_len = 3 };

	r.serial[0] = n;
	r.spki_hash[0] = n;
	strcpy(r.tenant, "home");
	strcpy(r.principal, "spiffe://td/home/user/alice");
	return r;
}

static void
add(uint8_t n, uint8_t state)
{
	struct btz_cert_row r = row(n, state);

	assert_int_equal(btz_store_cert_add(db, &r, &err), BTZ_OK);
}

static uint8_t
state_of(uint8_t n)
{
	struct btz_cert_row r = row(n, 0), got;

	assert_int_equal(
	    btz_store_by_spki(db, r.spki_hash, &got, &err), BTZ_OK);
	return got.state;
}

static void
test_serial_once(void **state)
{
	struct btz_cert_row r = row(1, BTZ_CERT_PENDING);

	(void)state;
	add(1, BTZ_CERT_PENDING);
	r.spki_hash[0] = 9; /* another key, the same serial */
	assert_int_equal(btz_store_cert_add(db, &r, &err), BTZ_E_EXIST);
}

static void
test_revoked_stays(void **state)
{
	struct btz_cert_row r = row(1, 0), got;

	(void)state;
	add(1, BTZ_CERT_ACTIVE);
	assert_int_equal(
	    btz_store_revoke(db, r.spki_hash, 500, 1, &err), BTZ_OK);
	assert_int_equal(btz_store_activate(db, r.spki_hash, &err), BTZ_OK);
	assert_int_equal(
	    btz_store_revoke(db, r.spki_hash, 600, 4, &err), BTZ_OK);
	reopen();
	assert_int_equal(
	    btz_store_by_spki(db, r.spki_hash, &got, &err), BTZ_OK);
	assert_int_equal(got.state, BTZ_CERT_REVOKED);
	assert_int_equal(got.revoked_at, 500);
	assert_int_equal(got.reason, 1);
	assert_false(got.confirmed);
	assert_string_equal(got.principal, "spiffe://td/home/user/alice");
}

static const struct {
	const char *name, *prefix;
	enum btz_rc rc;
	uint8_t first;
} prefixes[] = {
	{ "empty", "", BTZ_E_INVAL, 0 },
	{ "65 digits",
	    "00000000000000000000000000000000000000000000000000000000000000000",
	    BTZ_E_INVAL, 0 },
	{ "upper case", "1F", BTZ_E_INVAL, 0 },
	{ "underscore", "1_", BTZ_E_INVAL, 0 },
	{ "two keys", "1", BTZ_E_AMBIGUOUS, 0 },
	{ "none", "3", BTZ_E_NOENT, 0 },
	{ "one", "1f", BTZ_OK, 0x1f },
	{ "one key with two certificates", "20", BTZ_OK, 0x20 },
	{ "last digit f", "ff", BTZ_OK, 0xff },
};

static void
test_prefix(void **state)
{
	struct btz_cert_row r = row(0x21, BTZ_CERT_ACTIVE), got;

	(void)state;
	add(0x1e, BTZ_CERT_ACTIVE);
	add(0x1f, BTZ_CERT_ACTIVE);
	add(0x20, BTZ_CERT_ACTIVE);
	add(0xff, BTZ_CERT_ACTIVE);
	r.spki_hash[0] = 0x20;
	assert_int_equal(btz_store_cert_add(db, &r, &err), BTZ_OK);
	for (size_t i = 0; i < BTZ_COUNT(prefixes); i++) {
		print_message("# case: %s\n", prefixes[i].name);
		assert_int_equal(
		    btz_store_by_prefix(
			db, btz_span_str(prefixes[i].prefix), &got, &err),
		    prefixes[i].rc);
		if (prefixes[i].rc == BTZ_OK)
			assert_int_equal(got.spki_hash[0], prefixes[i].first);
	}
	/* the newest of the two */
	assert_int_equal(
	    btz_store_by_prefix(db, btz_span_str("20"), &got, &err), BTZ_OK);
	assert_int_equal(got.serial[0], 0x21);
}

static void
count(const uint8_t serial[BTZ_ID_LEN], uint64_t at, uint8_t reason, void *arg)
{
	unsigned *n = arg;

	(void)serial;
	(void)reason;
	assert_true(at == 500);
	++*n;
}

/* not_after of row n is 1000 + n: gone only when it was expired already at
 * the time of the CRL before. */
static void
test_revoked_list(void **state)
{
	static const struct {
		uint64_t since, revoked;
		unsigned n;
	} want[] = { { 1003, 501, 0 }, { 1002, 501, 1 }, { 1001, 501, 2 },
		{ 1000, 501, 3 }, { 0, 501, 3 }, { 1003, 500, 3 } };

	(void)state;
	for (uint8_t i = 1; i <= 4; i++) {
		struct btz_cert_row r = row(i, 0);

		add(i, BTZ_CERT_ACTIVE);
		if (i < 4)
			assert_int_equal(
			    btz_store_revoke(db, r.spki_hash, 500, 0, &err),
			    BTZ_OK);
	}
	for (size_t i = 0; i < BTZ_COUNT(want); i++) {
		unsigned n = 0;

		print_message("# case: since %u\n", (unsigned)want[i].since);
		assert_int_equal(btz_store_revoked(db, want[i].since,
				     want[i].revoked, count, &n, &err),
		    BTZ_OK);
		assert_int_equal(n, want[i].n);
	}
}

static void
test_crl_number(void **state)
{
	uint8_t der[] = { 1, 2, 3 };
	struct btz_crl_row r = { .number = 5,
		.this_update = 7,
		.next_update = 9,
		.der = der,
		.len = 3 };
	struct btz_crl_row got;

	(void)state;
	assert_int_equal(btz_store_crl_load(db, &got, &err), BTZ_OK);
	assert_true(got.number == 0 && got.der == NULL);
	assert_int_equal(btz_store_crl_save(db, &r, &err), BTZ_OK);
	assert_int_equal(btz_store_crl_save(db, &r, &err), BTZ_E_CRL_NUMBER);
	r.number = 4;
	assert_int_equal(btz_store_crl_save(db, &r, &err), BTZ_E_CRL_NUMBER);
	r.number = 6;
	assert_int_equal(btz_store_crl_save(db, &r, &err), BTZ_OK);
	reopen();
	assert_int_equal(btz_store_crl_load(db, &got, &err), BTZ_OK);
	assert_true(got.number == 6 && got.len == 3 && got.next_update == 9);
	btz_crl_row_end(&got);
}

/* A list that was asked for stays until a list is stored. */
static void
test_pending(void **state)
{
	uint8_t der[] = { 1, 2, 3 }, buf[16];
	struct btz_crl_row r = { .number = 1, .der = der, .len = 3 };
	struct btz_wr wr;

	(void)state;
	btz_wr_init(&wr, buf, sizeof(buf));
	assert_int_equal(btz_store_pending_load(db, &wr, &err), BTZ_E_NOENT);
	assert_int_equal(
	    btz_store_pending_save(db, btz_span_of(der, 2), &err), BTZ_OK);
	assert_int_equal(
	    btz_store_pending_save(db, btz_span_of(der, 3), &err), BTZ_OK);
	reopen();
	assert_int_equal(btz_store_pending_load(db, &wr, &err), BTZ_OK);
	assert_true(btz_span_eq(btz_wr_span(&wr), btz_span_of(der, 3)));
	assert_int_equal(btz_store_crl_save(db, &r, &err), BTZ_OK);
	assert_int_equal(btz_store_pending_load(db, &wr, &err), BTZ_E_NOENT);
	/* a list that is refused drops nothing */
	assert_int_equal(
	    btz_store_pending_save(db, btz_span_of(der, 3), &err), BTZ_OK);
	assert_int_equal(btz_store_crl_save(db, &r, &err), BTZ_E_CRL_NUMBER);
	assert_int_equal(btz_store_pending_load(db, &wr, &err), BTZ_OK);
}

static void
test_ca_row(void **state)
{
	struct btz_ca_row r, got;

	(void)state;
	assert_int_equal(btz_store_ca_load(db, &got, &err), BTZ_OK);
	assert_false(got.present);
	memset(&r, 0, sizeof(r));
	strcpy(r.ca_id, BTZ_CA_ID);
	strcpy(r.trust_domain, "td.internal");
	r.issuing_key[3] = 7;
	r.root_len = 10;
	assert_int_equal(btz_store_ca_save(db, &r, &err), BTZ_OK);
	reopen();
	assert_int_equal(btz_store_ca_load(db, &got, &err), BTZ_OK);
	assert_true(got.present && !got.ready);
	assert_string_equal(got.trust_domain, "td.internal");
	assert_int_equal(got.issuing_key[3], 7);
}

/* Row = state here, state in access (0: absent), the repair or none. */
static const struct {
	const char *name;
	uint8_t here, there;
	int repair; /* 0: none */
	uint8_t after;
} repairs[] = {
	{ "unknown here, active there", 0, 1, BTZ_REPAIR_DISABLE, 0 },
	{ "revoked here, active there", 3, 1, BTZ_REPAIR_DISABLE, 3 },
	{ "active here, disabled there", 2, 2, BTZ_REPAIR_REVOKE, 3 },
	{ "active here, absent there", 2, 0, BTZ_REPAIR_REVOKE, 3 },
	{ "pending here, active there", 1, 1, BTZ_REPAIR_ACTIVATE, 2 },
	{ "revoked and not confirmed, disabled there", 3, 2, BTZ_REPAIR_CONFIRM,
	    3 },
	{ "pending here, absent there", 1, 0, 0, 1 },
	{ "active in both", 2, 1, 0, 2 },
	{ "unknown here, disabled there", 0, 2, 0, 0 },
};

static void
repair(int what, const uint8_t hash[BTZ_SHA256_LEN])
{
	enum btz_rc rc = BTZ_OK;

	if (what == BTZ_REPAIR_DISABLE)
		rc = btz_store_seen_done(db, hash, &err);
	if (what == BTZ_REPAIR_REVOKE)
		rc = btz_store_revoke(db, hash, 1, 0, &err);
	if (rc == BTZ_OK && what == BTZ_REPAIR_ACTIVATE)
		rc = btz_store_activate(db, hash, &err);
	if (rc == BTZ_OK && what != BTZ_REPAIR_ACTIVATE)
		rc = btz_store_confirm(db, hash, &err);
	assert_int_equal(rc, BTZ_OK);
}

static void
test_repairs(void **state)
{
	(void)state;
	for (uint8_t i = 0; i < BTZ_COUNT(repairs); i++) {
		struct btz_cert_row r = row((uint8_t)(i + 1), 0);
		uint8_t hash[BTZ_SHA256_LEN];
		enum btz_repair what;

		print_message("# case: %s\n", repairs[i].name);
		if (repairs[i].here != 0)
			add((uint8_t)(i + 1), repairs[i].here);
		assert_int_equal(btz_store_seen_clear(db, &err), BTZ_OK);
		/* what the rows before left in force is in access too */
		for (uint8_t j = 0; j < i; j++) {
			struct btz_cert_row o = row((uint8_t)(j + 1), 0);

			if (repairs[j].after >= 2)
				assert_int_equal(
				    btz_store_seen_add(db, o.spki_hash,
					repairs[j].after == 2 ? 1 : 2, &err),
				    BTZ_OK);
		}
		if (repairs[i].there != 0)
			assert_int_equal(btz_store_seen_add(db, r.spki_hash,
					     repairs[i].there, &err),
			    BTZ_OK);
		if (repairs[i].repair != 0) {
			assert_int_equal(
			    btz_store_seen_next(db, hash, &what, &err), BTZ_OK);
			assert_int_equal(what, repairs[i].repair);
			assert_memory_equal(hash, r.spki_hash, 32);
			repair(what, hash);
		}
		assert_int_equal(
		    btz_store_seen_next(db, hash, &what, &err), BTZ_E_NOENT);
		if (repairs[i].here != 0)
			assert_int_equal(
			    state_of((uint8_t)(i + 1)), repairs[i].after);
	}
}

/* Enrolled after access was asked: not missing there. */
static void
test_new_meanwhile(void **state)
{
	uint8_t hash[BTZ_SHA256_LEN];
	enum btz_repair what;

	(void)state;
	assert_int_equal(btz_store_seen_clear(db, &err), BTZ_OK);
	add(1, BTZ_CERT_ACTIVE);
	assert_int_equal(
	    btz_store_seen_next(db, hash, &what, &err), BTZ_E_NOENT);
	assert_int_equal(btz_store_seen_clear(db, &err), BTZ_OK);
	assert_int_equal(btz_store_seen_next(db, hash, &what, &err), BTZ_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_serial_once, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_revoked_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(test_prefix, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_revoked_list, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_crl_number, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pending, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ca_row, setup, teardown),
		cmocka_unit_test_setup_teardown(test_repairs, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_new_meanwhile, setup, teardown),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
