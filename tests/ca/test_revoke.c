/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_revoke.c - revocation: refused ids, peers that are gone, the entry on
 * the CRL, and that a revoked key never comes back; the list of certificates.
 */
#include "der/crl.h"
#include "fake.h"
#include "prim/prim.h"
#include "wire/msg_certify.h"
#include "wire/msg_list.h"
#include "wire/table.h"

#include <string.h>

static struct fake fx;
static struct fake_answer ans;
static struct btz_http_ok ok;
static struct fake_key key;
static char id[65];

static unsigned
enrol(const struct fake_key *k)
{
	char pem[4096];
	size_t n = fake_csr(k, NULL, NULL, pem, sizeof(pem));

	fx.invite_used = false;
	return fake_enrol(&fx, btz_span_of(pem, n), FAKE_TOKEN, &ans, &ok);
}

static int
setup(void **state)
{
	(void)state;
	fake_new(&fx, NULL);
	assert_int_equal(fake_init(&fx), BTZ_OK);
	fake_key_new(&key);
	assert_int_equal(enrol(&key), 200);
	btz_hex(fx.creds[0].spki_hash, 32, id);
	fx.log[0] = '\0';
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	fake_key_end(&key);
	fake_end(&fx, false);
	return 0;
}

static enum btz_rc
revoke(struct btz_span what, uint8_t reason)
{
	struct btz_revoke rq = { .id = what, .reason = reason };

	fake_ask(&fx, fx.admin, BTZ_OP_REVOKE, &btz_def_revoke, &rq, &ans);
	return ans.rc;
}

/* Is the enrolled serial on the published CRL? With which reason? */
static bool
listed(uint8_t *reason)
{
	struct btz_crl_entry e;
	struct btz_crl crl;
	struct btz_rd it;

	assert_int_equal(
	    btz_crl_parse(
		btz_span_of(fx.ca->crl.cur.der, fx.ca->crl.cur.len), &crl),
	    BTZ_OK);
	assert_int_equal(crl.number, fx.ca->crl.cur.number);
	btz_rd_span(&it, crl.entries);
	while (btz_crl_next(&it, &e) == 1)
		if (btz_span_eq(
			e.serial, btz_span_of(fx.creds[0].serial, 16))) {
			*reason = e.reason;
			return true;
		}
	return false;
}

static const struct {
	const char *name, *what;
	uint8_t reason;
	enum btz_rc rc;
} bad[] = {
	{ "empty id", "", 0, BTZ_E_INVAL },
	{ "not hex", "xyz", 0, BTZ_E_INVAL },
	{ "upper case", "AB", 0, BTZ_E_INVAL },
	{ "SQL wildcard", "%", 0, BTZ_E_INVAL },
	{ "unknown", "0000000000000000000000000000000000000000", 0,
	    BTZ_E_NOENT },
	{ "certificateHold", NULL, 6, BTZ_E_RANGE },
	{ "removeFromCRL", NULL, 8, BTZ_E_RANGE },
	{ "cACompromise", NULL, 2, BTZ_E_RANGE },
};

static void
test_bad(void **state)
{
	uint8_t reason;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(bad); i++) {
		print_message("# case: %s\n", bad[i].name);
		assert_int_equal(
		    revoke(btz_span_str(bad[i].what != NULL ? bad[i].what : id),
			bad[i].reason),
		    bad[i].rc);
	}
	assert_false(listed(&reason));
	assert_int_equal(fx.creds[0].state, 1);
}

static void
test_ambiguous(void **state)
{
	struct fake_key more[20];
	char first[2] = { id[0], '\0' };

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(more); i++) {
		fake_key_new(&more[i]);
		assert_int_equal(enrol(&more[i]), 200);
		fake_key_end(&more[i]);
	}
	/* 21 ids over 16 first digits: one of them occurs twice */
	for (unsigned d = 0; d < 16; d++) {
		unsigned n = 0;

		first[0] = "0123456789abcdef"[d];
		for (size_t i = 0; i < fx.n_creds; i++) {
			char hex[65];

			btz_hex(fx.creds[i].spki_hash, 32, hex);
			n += hex[0] == first[0];
		}
		if (n < 2)
			continue;
		assert_int_equal(
		    revoke(btz_span_str(first), 0), BTZ_E_AMBIGUOUS);
		return;
	}
	fail();
}

static void
test_whole(void **state)
{
	uint64_t number = fx.ca->crl.cur.number;
	struct btz_revoke_ok done;
	uint8_t reason;

	(void)state;
	assert_int_equal(revoke(btz_span_of(id, 12), 1), BTZ_OK);
	assert_true(btz_msg_decode(
	    &btz_def_revoke_ok, btz_span_of(ans.body, ans.len), &done));
	assert_true(btz_span_eq(done.id, btz_span_str(id)));
	assert_true(done.generation == 6);
	assert_int_equal(fx.creds[0].state, 2);
	assert_true(listed(&reason) && reason == 1);
	assert_true(fx.ca->crl.cur.number == number + 1);
	assert_string_equal(
	    fx.log, "certificate.revoke/allow/ w\ncertificate.revoke/-/ok\n");
	/* again: no harm, and the first reason stays */
	assert_int_equal(revoke(btz_span_str(id), 4), BTZ_OK);
	assert_true(listed(&reason) && reason == 1);
	/* the key does not come back, not even for the same user */
	assert_int_equal(enrol(&key), 409);
	assert_int_equal(fx.creds[0].state, 2);
}

static void
test_no_log(void **state)
{
	uint8_t reason;

	(void)state;
	fake_kill(&fx, BTZ_PROG_AUDIT);
	assert_int_equal(revoke(btz_span_str(id), 0), BTZ_E_NO_LOG);
	assert_int_equal(fx.creds[0].state, 1);
	assert_false(listed(&reason));
}

/* Access down: stored and on the CRL, not confirmed; done when it is back. */
static void
test_access_down(void **state)
{
	uint8_t reason;

	(void)state;
	fake_kill(&fx, BTZ_PROG_ACCESS);
	assert_int_equal(revoke(btz_span_str(id), 0), BTZ_E_NOT_CONFIRMED);
	assert_true(listed(&reason));
	assert_int_equal(fx.creds[0].state, 1);
	fake_connect(&fx, BTZ_PROG_ACCESS);
	fake_run(&fx, 100);
	assert_int_equal(fx.creds[0].state, 2);
	assert_non_null(strstr(fx.log, "credential.repair/-/ok"));
}

/* Signer down: in force in access, CRL later by itself at a restart. */
static void
test_signer_down(void **state)
{
	char dir[64];
	uint8_t reason;
	struct fake_cred cred;
	struct fake_key old_root, old_issuing;
	uint64_t crl_number;
	uint8_t last_crl[32];

	(void)state;
	fx.bad_op = BTZ_OP_SIGN;
	fx.how = FAKE_SILENT;
	assert_int_equal(revoke(btz_span_str(id), 0), BTZ_E_NOT_CONFIRMED);
	assert_int_equal(fx.creds[0].state, 2);
	assert_false(listed(&reason));
	/* what survives of the peers is carried over by hand */
	strcpy(dir, fx.dir);
	cred = fx.creds[0];
	crl_number = fx.crl_number;
	memcpy(last_crl, fx.last_crl, 32);
	old_root = fx.root;
	old_issuing = fx.issuing;
	EVP_PKEY_up_ref(old_root.pkey);
	EVP_PKEY_up_ref(old_issuing.pkey);
	fake_end(&fx, true);
	fake_new(&fx, dir);
	fake_key_end(&fx.root);
	fake_key_end(&fx.issuing);
	fx.root = old_root;
	fx.issuing = old_issuing;
	fx.creds[0] = cred;
	fx.n_creds = 1;
	fx.crl_number = crl_number;
	memcpy(fx.last_crl, last_crl, 32);
	fake_run(&fx, 50);
	assert_int_equal(revoke(btz_span_str(id), 0), BTZ_OK);
	assert_true(listed(&reason));
}

/* The list was signed and its answer lost: the entry is published in the end,
 * and the numbers of signer and store agree. */
static void
test_crl_answer_lost(void **state)
{
	uint8_t reason;

	(void)state;
	fx.bad_op = BTZ_OP_SIGN;
	fx.how = FAKE_LOSE;
	assert_int_equal(revoke(btz_span_str(id), 0), BTZ_E_NOT_CONFIRMED);
	assert_false(listed(&reason));
	fx.bad_op = 0;
	assert_int_equal(revoke(btz_span_str(id), 0), BTZ_OK);
	assert_true(listed(&reason));
	assert_true(fx.ca->crl.cur.number == fx.crl_number);
}

static void
on_revoked(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	unsigned *n = arg;

	(void)f;
	(void)fd;
	assert_int_equal(rc, BTZ_OK);
	++*n;
}

/* Many at once: each answered, and they share lists. */
static void
test_together(void **state)
{
	uint64_t number = fx.ca->crl.cur.number;
	unsigned done = 0;
	struct btz_crl crl;

	(void)state;
	for (unsigned i = 0; i < 7; i++) {
		struct fake_key k;

		fake_key_new(&k);
		assert_int_equal(enrol(&k), 200);
		fake_key_end(&k);
	}
	for (unsigned i = 0; i < 8; i++) {
		char hex[65];
		struct btz_revoke rq = { .id = btz_span_of(hex, 64) };

		btz_hex(fx.creds[i].spki_hash, 32, hex);
		assert_int_equal(
		    btz_chan_ask(fx.admin, BTZ_OP_REVOKE, i, &btz_def_revoke,
			&rq, -1, 0, on_revoked, &done),
		    BTZ_OK);
	}
	for (unsigned i = 0; i < 80 && done < 8; i++)
		fake_run(&fx, 50);
	assert_int_equal(done, 8);
	assert_true(fx.ca->crl.cur.number < number + 8);
	assert_int_equal(
	    btz_crl_parse(
		btz_span_of(fx.ca->crl.cur.der, fx.ca->crl.cur.len), &crl),
	    BTZ_OK);
	assert_int_equal(crl.n_entries, 8);
}

static void
test_list(void **state)
{
	struct btz_list rq = { .noun = BTZ_NOUN_CERTIFICATE,
		.filter = btz_span_of(id, 8) };
	struct btz_span cells[BTZ_TABLE_COLS_MAX];
	struct btz_table_rd t;
	struct btz_table m;

	(void)state;
	rq.noun = BTZ_NOUN_USER;
	fake_ask(&fx, fx.admin, BTZ_OP_LIST, &btz_def_list, &rq, &ans);
	assert_int_equal(ans.rc, BTZ_E_INVAL);
	rq.noun = BTZ_NOUN_CERTIFICATE;
	fake_ask(&fx, fx.admin, BTZ_OP_LIST, &btz_def_list, &rq, &ans);
	assert_int_equal(ans.rc, BTZ_OK);
	assert_true(
	    btz_msg_decode(&btz_def_table, btz_span_of(ans.body, ans.len), &m));
	assert_int_equal(m.next.len, 0);
	assert_true(btz_table_read(&t, &m));
	assert_int_equal(btz_table_row(&t, cells), 1);
	assert_true(btz_span_eq(cells[0], btz_span_str(id)));
	assert_true(btz_span_eq(cells[6], btz_span_str("active")));
	assert_int_equal(btz_table_row(&t, cells), 0);
	rq.tenant = btz_span_str("work");
	fake_ask(&fx, fx.admin, BTZ_OP_LIST, &btz_def_list, &rq, &ans);
	assert_true(
	    btz_msg_decode(&btz_def_table, btz_span_of(ans.body, ans.len), &m));
	assert_int_equal(m.rows.len, 0);
}

static void
test_crl_op(void **state)
{
	struct btz_ca_ref rq = { .ca_id = btz_span_str("2") };
	struct btz_certificate c;

	(void)state;
	fake_ask(&fx, fx.admin, BTZ_OP_CRL, &btz_def_ca_ref, &rq, &ans);
	assert_int_equal(ans.rc, BTZ_E_NOENT);
	rq.ca_id = btz_span_of(NULL, 0);
	fake_ask(&fx, fx.admin, BTZ_OP_CRL, &btz_def_ca_ref, &rq, &ans);
	assert_int_equal(ans.rc, BTZ_OK);
	assert_true(btz_msg_decode(
	    &btz_def_certificate, btz_span_of(ans.body, ans.len), &c));
	assert_int_equal(c.der.len, fx.ca->crl.cur.len);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_bad, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_ambiguous, setup, teardown),
		cmocka_unit_test_setup_teardown(test_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_log, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_access_down, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_signer_down, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_crl_answer_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(test_together, setup, teardown),
		cmocka_unit_test_setup_teardown(test_list, setup, teardown),
		cmocka_unit_test_setup_teardown(test_crl_op, setup, teardown),
	};

	return cmocka_run_group_tests_name("revoke", tests, NULL, NULL);
}
