/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_parsec.c - what the front end for Parsec may have from the broker, and
 * that nobody else may have it. The test plays the front end at its edge.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/kms.h"
#include "support/auditor.h"
#include "support/cmocka_all.h"
#include "support/spawn.h"

static struct {
	struct btz_box *box;
	struct btz_auditor *broker, *crypto;
	struct btz_conn edge, apps, admin;
} env;

static int
setup(void **state)
{
	char conf[64];

	*state = &env;
	(void)snprintf(
	    conf, sizeof(conf), "[app one]\nuid = %u\n", (unsigned)getuid());
	env.box = btz_box_new(conf);
	btz_box_start(env.box, BTZ_PROG_CRYPTO_SOFT, NULL);
	btz_box_start(env.box, BTZ_PROG_BROKER, NULL);
	env.broker = btz_auditor_new(
	    btz_box_take(env.box, BTZ_PROG_BROKER, BTZ_PROG_AUDIT));
	env.crypto = btz_auditor_new(
	    btz_box_take(env.box, BTZ_PROG_CRYPTO_SOFT, BTZ_PROG_AUDIT));
	btz_conn_adopt(
	    &env.edge, btz_box_take(env.box, BTZ_PROG_PARSEC, BTZ_PROG_BROKER));
	btz_conn_adopt(&env.apps, btz_box_connect(env.box, "kms.sock"));
	btz_conn_adopt(
	    &env.admin, btz_box_connect(env.box, "admin/broker.sock"));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	btz_conn_close(&env.edge);
	btz_conn_close(&env.apps);
	btz_conn_close(&env.admin);
	btz_auditor_free(env.broker);
	btz_auditor_free(env.crypto);
	assert_int_equal(btz_box_free(env.box), 0);
	return 0;
}

/* *leased: the new connection, or closed. */
static enum btz_rc
open_for(struct btz_conn *c, uint8_t whose, uint32_t uid,
    struct btz_conn *leased, uint32_t *ops)
{
	const struct btz_open rq = {
		.backend = btz_span_str("soft"), .whose = whose, .for_uid = uid
	};
	struct btz_open_ok ok = { .ops = 0 };
	struct btz_err err;
	int fd = -1;
	enum btz_rc rc = btz_conn_call(c, BTZ_OP_OPEN, &btz_def_open, &rq,
	    &btz_def_open_ok, &ok, &fd, &err);

	btz_conn_adopt(leased, fd);
	*ops = ok.ops;
	return rc;
}

static const struct {
	const char *name;
	bool edge;
	uint8_t whose;
	uint32_t uid;
	enum btz_rc rc;
} opens[] = {
	{ "the front end as itself", true, BTZ_OPEN_OWN, 0, BTZ_E_DENIED },
	{ "for nobody, with a uid", true, BTZ_OPEN_NOBODY, 7, BTZ_E_DENIED },
	{ "for all, with a uid", true, BTZ_OPEN_ALL, 7, BTZ_E_DENIED },
	{ "a number that is none", true, 9, 0, BTZ_E_DENIED },
	{ "an application for a uid", false, BTZ_OPEN_UID, 7, BTZ_E_DENIED },
	{ "an application for root", false, BTZ_OPEN_UID, 0, BTZ_E_DENIED },
	{ "an application for nobody", false, BTZ_OPEN_NOBODY, 0,
	    BTZ_E_DENIED },
	{ "an application for all", false, BTZ_OPEN_ALL, 0, BTZ_E_DENIED },
	{ "an application with a uid", false, BTZ_OPEN_OWN, 7, BTZ_E_DENIED },
	{ "an application", false, BTZ_OPEN_OWN, 0, BTZ_OK },
	{ "a client", true, BTZ_OPEN_UID, 7, BTZ_OK },
	{ "root as a client", true, BTZ_OPEN_UID, 0, BTZ_OK },
	{ "nobody", true, BTZ_OPEN_NOBODY, 0, BTZ_OK },
	{ "all", true, BTZ_OPEN_ALL, 0, BTZ_OK },
};

static void
test_opens(void **state)
{
	static struct btz_conn leased;
	uint32_t ops;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(opens); i++) {
		print_message("# case: %s\n", opens[i].name);
		assert_int_equal(
		    open_for(opens[i].edge ? &env.edge : &env.apps,
			opens[i].whose, opens[i].uid, &leased, &ops),
		    opens[i].rc);
		btz_conn_close(&leased);
	}
	assert_int_equal(
	    open_for(&env.admin, BTZ_OPEN_UID, 7, &leased, &ops), BTZ_E_DENIED);
}

static void
test_operations(void **state)
{
	static struct btz_conn leased;
	uint32_t ops;

	(void)state;
	assert_int_equal(
	    open_for(&env.edge, BTZ_OPEN_UID, 7, &leased, &ops), BTZ_OK);
	assert_int_equal(
	    ops & (BTZ_USE_MANAGE | BTZ_USE_BACKUP | BTZ_USE_PROVISION |
		      BTZ_USE_CERTIFY | BTZ_USE_CHECKPOINT | BTZ_USE_CEREMONY),
	    0);
	btz_conn_close(&leased);
	assert_int_equal(
	    open_for(&env.edge, BTZ_OPEN_NOBODY, 0, &leased, &ops), BTZ_OK);
	assert_int_equal(ops, BTZ_USE_RANDOM);
	btz_conn_close(&leased);
	assert_int_equal(
	    open_for(&env.edge, BTZ_OPEN_ALL, 0, &leased, &ops), BTZ_OK);
	assert_int_equal(ops, BTZ_USE_LIST);
	btz_conn_close(&leased);
}

static enum btz_rc
generate(struct btz_conn *c, uint8_t kind, struct btz_key_info *out)
{
	const struct btz_generate rq = { .alg = BTZ_ALG_EC_P256,
		.kind = kind,
		.usage = BTZ_USE_SIGN,
		.label = btz_span_str("k") };
	struct btz_err err;

	return btz_kms_generate(c, &rq, out, &err);
}

static size_t
listed(struct btz_conn *c, const char *owner)
{
	struct btz_key_rows rows;
	struct btz_key_info k;
	struct btz_err err;
	struct btz_rd rd;
	size_t n = 0;

	assert_int_equal(btz_kms_list(c, NULL, NULL, &rows, &err), BTZ_OK);
	btz_rd_span(&rd, rows.rows);
	while (btz_kms_list_next(&rd, &k) == 1)
		n += owner == NULL || btz_span_eq(k.owner, btz_span_str(owner));
	return n;
}

/* Plain keys, each client's own; the list of all has those of Parsec's clients
 * and none of an application. */
static void
test_name_spaces(void **state)
{
	static struct btz_conn seven, eight, all, app;
	struct btz_key_info k;
	struct btz_err err;
	uint8_t id[BTZ_ID_LEN];
	uint32_t ops;

	(void)state;
	assert_int_equal(
	    open_for(&env.edge, BTZ_OPEN_UID, 7, &seven, &ops), BTZ_OK);
	assert_int_equal(
	    open_for(&env.edge, BTZ_OPEN_UID, 8, &eight, &ops), BTZ_OK);
	assert_int_equal(
	    open_for(&env.edge, BTZ_OPEN_ALL, 0, &all, &ops), BTZ_OK);
	assert_int_equal(
	    open_for(&env.apps, BTZ_OPEN_OWN, 0, &app, &ops), BTZ_OK);
	assert_int_equal(generate(&seven, BTZ_KIND_TLS, &k), BTZ_E_DENIED);
	assert_int_equal(generate(&app, BTZ_KIND_PLAIN, &k), BTZ_OK);
	assert_int_equal(generate(&seven, BTZ_KIND_PLAIN, &k), BTZ_OK);
	assert_true(btz_span_eq(k.owner, btz_span_str("parsec:7")));
	memcpy(id, k.id, BTZ_ID_LEN);
	assert_int_equal(listed(&seven, NULL), 1);
	assert_int_equal(listed(&eight, NULL), 0);
	assert_int_equal(btz_kms_destroy(&eight, id, &err), BTZ_E_NOENT);
	assert_int_equal(listed(&all, NULL), 1);
	assert_int_equal(listed(&all, "parsec:7"), 1);
	assert_int_equal(btz_kms_destroy(&all, id, &err), BTZ_E_DENIED);
	assert_int_equal(
	    btz_kms_export_public(&all, id, &k, &err), BTZ_E_DENIED);
	btz_conn_close(&seven);
	btz_conn_close(&eight);
	btz_conn_close(&all);
	btz_conn_close(&app);
}

/* A client has a few leases, and together they do not take those of an
 * application that shares the front end's uid. */
static void
test_quota(void **state)
{
	static struct btz_conn held[257], one;
	uint32_t ops;
	enum btz_rc rc = BTZ_OK;
	size_t n = 0;

	(void)state;
	(void)usleep(100000); /* those of the tests before are given back */
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(
		    open_for(&env.edge, BTZ_OPEN_UID, 7, &held[i], &ops),
		    BTZ_OK);
	assert_int_equal(
	    open_for(&env.edge, BTZ_OPEN_UID, 7, &one, &ops), BTZ_E_QUOTA);
	for (n = 8; rc == BTZ_OK && n < BTZ_COUNT(held); n++)
		rc = open_for(&env.edge, BTZ_OPEN_UID, (uint32_t)(100 + n),
		    &held[n], &ops);
	assert_int_equal(rc, BTZ_E_QUOTA);
	assert_int_equal(n, 257);
	assert_int_equal(
	    open_for(&env.apps, BTZ_OPEN_OWN, 0, &one, &ops), BTZ_OK);
	btz_conn_close(&one);
	for (size_t i = 0; i < 256; i++)
		btz_conn_close(&held[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opens),
		cmocka_unit_test(test_operations),
		cmocka_unit_test(test_name_spaces),
		cmocka_unit_test(test_quota),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
