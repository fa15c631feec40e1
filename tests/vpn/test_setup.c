/* SPDX-License-Identifier: Apache-2.0 */
/* test_setup.c - the steps before a VPN's OpenVPN is asked anything, each of
 * which may fail; and going through them again while it is up. */
#include "vpn/stage.h"

#include "vpn/cert.h"
#include "wire/alg.h"
#include "wire/msg_ca.h"
#include "wire/msg_generate.h"
#include "wire/msg_key.h"

static uint8_t spki[91];

static struct btz_key_info
key(void)
{
	return (struct btz_key_info){ .id = { 5 },
		.owner = btz_span_str("vpn"),
		.label = btz_span_str("vpn-main"),
		.alg = BTZ_ALG_EC_P256,
		.kind = BTZ_KIND_TLS,
		.state = BTZ_KEY_ENABLED,
		.usage = BTZ_USE_SIGN,
		.spki = btz_span_of(spki, sizeof(spki)) };
}

/* Rows of keys: k, or none. */
static void
answer_keys(const struct btz_key_info *k)
{
	uint8_t buf[1024];
	struct btz_key_rows rows = { .more = 0 };
	struct btz_wr wr;

	btz_wr_init(&wr, buf, sizeof(buf));
	if (k != NULL)
		btz_msg_write(&btz_def_key_info, k, &wr);
	rows.rows = btz_wr_span(&wr);
	assert_int_equal(
	    s_answer(BTZ_OK, &btz_def_key_rows, &rows), BTZ_OP_LIST_KEYS);
}

/* Two certificates of which nothing is looked at but that they are there. */
static void
answer_chain(uint16_t op, uint8_t first)
{
	uint8_t buf[64];
	struct btz_chain m;
	struct btz_wr wr;

	btz_wr_init(&wr, buf, sizeof(buf));
	for (uint8_t i = 0; i < 2; i++) {
		btz_wr_u32(&wr, 3);
		btz_wr_u8(&wr, first);
		btz_wr_u16(&wr, i);
	}
	m.certs = btz_wr_span(&wr);
	assert_int_equal(s_answer(BTZ_OK, &btz_def_chain, &m), op);
}

static int
begin(void **state)
{
	if (s_begin(state) != 0)
		return -1;
	st.s->state = BTZ_SITE_SETUP;
	st.s->cutoff = false;
	st.s->vpn.n_issuers = 0;
	return 0;
}

/* All steps from the key on, with an issuing certificate that begins so. */
static void
go_through(uint8_t issuer, uint8_t server)
{
	const struct btz_key_info k = key();

	answer_keys(&k);
	answer_chain(BTZ_OP_CHAIN, issuer);
	answer_chain(BTZ_OP_ISSUE_VPN, server);
	assert_null(st.s->setup);
	assert_int_equal(s_keeper_waits() + s_peer_waits(), 0);
}

static bool
file_begins(const char *name, const char *text)
{
	char path[128];
	uint8_t buf[4096];
	size_t n;

	(void)snprintf(path, sizeof(path), "%s/main/%s", st.dir, name);
	n = btz_vpn_read_file(path, buf, sizeof(buf));
	return n > strlen(text) && memcmp(buf, text, strlen(text)) == 0;
}

/* Down: tried again, and nobody is let in. */
static void
failed(const char *why)
{
	print_message("# %s\n", st.s->why);
	assert_int_equal(st.s->state, BTZ_SITE_SETUP);
	assert_null(st.s->setup);
	assert_non_null(strstr(st.s->why, why));
	assert_true(btz_timer_pending(st.s->timer));
	assert_int_equal(s_keeper_waits() + s_peer_waits(), 0);
}

static void
test_whole_way(void **state)
{
	uint8_t hash[BTZ_SHA256_LEN];

	(void)state;
	btz_setup_start(st.s);
	btz_setup_start(st.s); /* at it already */
	assert_int_equal(s_keeper_waits(), 1);
	assert_int_equal(s_peer_waits(), 0);
	assert_int_equal(s_keeper(BTZ_OK).op, BTZ_KEEPER_TABLE);
	assert_true(st.s->cutoff);
	go_through('I', 'S');
	assert_int_equal(st.s->key[0], 5);
	assert_int_equal(st.s->vpn.n_issuers, 1);
	btz_sha256(btz_span_of("I\0\0", 3), hash);
	assert_memory_equal(st.s->issuers[0], hash, sizeof(hash));
	assert_true(
	    file_begins("ca.pem", "-----BEGIN CERTIFICATE-----\nSQAA\n"));
	assert_true(
	    file_begins("server.pem", "-----BEGIN CERTIFICATE-----\nUwAA\n"));
	assert_int_equal(st.s->state, BTZ_SITE_UP); /* somebody listens */
	assert_true(btz_timer_pending(st.s->renew));
	s_accept();
	/* one that had not read any file need not start again */
	assert_string_equal(s_heard(), "version 3\nbytecount 2\n");
}

/* No key yet, or one that is not as it must be: a new one is made. */
static void
test_makes_a_key(void **state)
{
	static const struct {
		const char *name;
		uint8_t alg, kind, state;
	} rows[] = {
		{ "another algorithm", BTZ_ALG_EC_P384, BTZ_KIND_TLS,
		    BTZ_KEY_ENABLED },
		{ "another kind", BTZ_ALG_EC_P256, BTZ_KIND_PLAIN,
		    BTZ_KEY_ENABLED },
		{ "disabled", BTZ_ALG_EC_P256, BTZ_KIND_TLS, BTZ_KEY_DISABLED },
		{ "none", 0, 0, 0 },
	};

	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		struct btz_key_info k = key(), bad = key();

		print_message("# case: %s\n", rows[i].name);
		assert_int_equal(begin(state), 0);
		btz_setup_start(st.s);
		(void)s_keeper(BTZ_OK);
		bad.alg = rows[i].alg;
		bad.kind = rows[i].kind;
		bad.state = rows[i].state;
		answer_keys(rows[i].alg == 0 ? NULL : &bad);
		assert_int_equal(
		    s_answer(BTZ_OK, &btz_def_key_info, i == 0 ? &bad : &k),
		    BTZ_OP_GENERATE);
		if (i == 0) /* not what was asked for */
			failed("server key");
		else
			assert_int_equal(s_peer_waits(), 1);
		assert_int_equal(s_end(state), 0);
	}
}

enum at { LEASE, TABLE, ASK, KEYS, CHAIN, NAME, CERT, FILES };

/* Which step fails, and what is said of it. */
static const struct {
	const char *name;
	enum at at;
	const char *why;
} fails[] = {
	{ "no right over nftables", TABLE, "no-cutoff" },
	{ "no lease", LEASE, "key management" },
	{ "nobody to ask", ASK, "keys" },
	{ "no keys", KEYS, "keys" },
	{ "no chain", CHAIN, "certificate authority" },
	{ "no host name", NAME, "host name" },
	{ "no certificate", CERT, "server certificate" },
	{ "nowhere to write", FILES, "files for OpenVPN" },
};

static void
spoil(enum at at)
{
	char path[128];
	FILE *f;

	if (at == LEASE)
		st.need_rc = BTZ_E_DOWN;
	else if (at == ASK)
		st.ask_rc = BTZ_E_DOWN;
	else if (at == NAME)
		(void)snprintf(
		    st.d.https.names, sizeof(st.d.https.names), "192.0.2.1");
	else if (at == FILES) {
		(void)snprintf(path, sizeof(path), "%s/main", st.dir);
		f = fopen(path, "w"); /* a file where a folder should be */
		assert_non_null(f);
		(void)fclose(f);
	}
}

static void
steps_until(enum at at)
{
	const struct btz_key_info k = key();

	(void)s_keeper(at == TABLE ? BTZ_E_NO_CUTOFF : BTZ_OK);
	if (at == TABLE || at == LEASE || at == ASK)
		return;
	if (at == KEYS) {
		(void)s_answer(BTZ_E_LEASE, NULL, NULL);
		assert_int_equal(st.lost, 1);
		return;
	}
	answer_keys(&k);
	if (at == CHAIN) /* an answer that is none */
		(void)s_answer(BTZ_OK, NULL, NULL);
	else
		answer_chain(BTZ_OP_CHAIN, 'I');
	if (at == CERT)
		(void)s_answer(BTZ_E_NAME, NULL, NULL);
	else if (at == FILES)
		answer_chain(BTZ_OP_ISSUE_VPN, 'S');
}

static void
test_fails(void **state)
{
	for (size_t i = 0; i < BTZ_COUNT(fails); i++) {
		print_message("# case: %s\n", fails[i].name);
		assert_int_equal(begin(state), 0);
		spoil(fails[i].at);
		btz_setup_start(st.s);
		steps_until(fails[i].at);
		failed(fails[i].why);
		assert_int_equal(st.s->cutoff, fails[i].at != TABLE);
		/* again, and now it goes */
		st.need_rc = st.ask_rc = BTZ_OK;
		(void)snprintf(
		    st.d.https.names, sizeof(st.d.https.names), "box.test");
		btz_timer_cancel(st.s->timer);
		btz_timer_set(st.s->timer, 1);
		btz_loop_once(st.loop, 50);
		assert_non_null(st.s->setup);
		if (fails[i].at == TABLE)
			(void)s_keeper(BTZ_OK);
		if (fails[i].at != FILES) {
			go_through('I', 'S');
			assert_int_equal(st.s->state, BTZ_SITE_UP);
		}
		assert_int_equal(s_end(state), 0);
	}
}

/* Up and running, with files that OpenVPN has read. */
static void
get_up(void)
{
	btz_setup_start(st.s);
	(void)s_keeper(BTZ_OK);
	go_through('I', 'S');
	s_accept();
	s_say(HELLO "SUCCESS: bytecount\r\n");
	(void)s_heard();
	assert_int_equal(st.s->state, BTZ_SITE_UP);
}

/* What the hourly look finds, while somebody is in. */
static const struct {
	const char *name;
	uint8_t issuer, server;
	bool reload;
	size_t issuers;
} renewals[] = {
	{ "a new certificate", 'I', 'T', true, 1 },
	{ "a new issuing certificate: both are known", 'J', 'S', true, 2 },
	{ "nothing has changed", 'I', 'S', false, 1 },
};

static void
test_renews(void **state)
{
	for (size_t i = 0; i < BTZ_COUNT(renewals); i++) {
		print_message("# case: %s\n", renewals[i].name);
		assert_int_equal(begin(state), 0);
		get_up();
		btz_setup_look(st.s);
		go_through(renewals[i].issuer, renewals[i].server);
		assert_int_equal(st.s->state, BTZ_SITE_UP);
		assert_string_equal(
		    s_heard(), renewals[i].reload ? "signal SIGTERM\n" : "");
		assert_int_equal(st.s->vpn.n_issuers, renewals[i].issuers);
		assert_true(btz_timer_pending(st.s->renew));
		assert_int_equal(s_end(state), 0);
	}
}

/* A look that fails changes nothing for who is in. */
static void
test_renewal_fails(void **state)
{
	(void)state;
	get_up();
	btz_setup_look(st.s);
	(void)s_answer(BTZ_E_DOWN, NULL, NULL);
	assert_null(st.s->setup);
	assert_int_equal(st.s->state, BTZ_SITE_UP);
	assert_string_equal(st.s->why, "");
	assert_true(btz_timer_pending(st.s->renew));
	assert_false(btz_timer_pending(st.s->timer));
	assert_string_equal(s_heard(), "");
	/* the next one goes */
	btz_setup_look(st.s);
	go_through('J', 'T');
	assert_string_equal(s_heard(), "signal SIGTERM\n");
}

/* New files while it is down: it may have read the old ones before that. */
static void
test_renewed_while_down(void **state)
{
	(void)state;
	get_up();
	btz_link_close(st.s, "test");
	(void)close(st.ovpn);
	btz_timer_cancel(st.s->timer);
	btz_setup_look(st.s);
	go_through('I', 'T');
	assert_int_equal(st.s->state, BTZ_SITE_DOWN);
	btz_link_start(st.s);
	s_accept();
	assert_true(s_heard_has("signal SIGTERM\n"));
}

/* The nftables table is lost in the middle of a look (news.c does this). */
static void
test_table_lost(void **state)
{
	(void)state;
	get_up();
	assert_true(btz_vpn_pool_take(&st.s->pool) != 0);
	btz_setup_look(st.s);
	st.s->cutoff = false;
	btz_link_close(st.s, "no-cutoff");
	(void)close(st.ovpn);
	st.s->state = BTZ_SITE_SETUP;
	btz_timer_cancel(st.s->timer);
	btz_setup_start(st.s); /* at it already */
	{
		const struct btz_key_info k = key();

		answer_keys(&k);
		answer_chain(BTZ_OP_CHAIN, 'I');
		answer_chain(BTZ_OP_ISSUE_VPN, 'S');
	}
	assert_int_equal(st.s->state, BTZ_SITE_SETUP); /* not without it */
	assert_int_equal(st.s->fd, -1);
	for (int i = 0; i < 50 && s_keeper_waits() == 0; i++)
		btz_loop_once(st.loop, 10);
	assert_int_equal(s_keeper(BTZ_OK).op, BTZ_KEEPER_TABLE);
	assert_int_equal(st.s->pool.used[0], 0); /* all are free again */
	go_through('I', 'S');
	assert_int_equal(st.s->state, BTZ_SITE_UP);
	s_accept();
}

/* Somebody has a certificate of an issuing key that is not known: a look soon,
 * at most once a minute. */
static void
test_soon(void **state)
{
	(void)state;
	get_up();
	s_client("CONNECT,5,1", "alice", true);
	assert_true(s_heard_has("client-deny 5 1"));
	for (int i = 0; i < 300 && st.s->setup == NULL; i++)
		btz_loop_once(st.loop, 10);
	assert_non_null(st.s->setup);
	go_through('I', 'S');
	s_client("CONNECT,6,1", "alice", true);
	for (int i = 0; i < 130; i++)
		btz_loop_once(st.loop, 10);
	assert_null(st.s->setup);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, s_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_whole_way),
		cmocka_unit_test(test_makes_a_key),
		cmocka_unit_test(test_fails),
		cmocka_unit_test(test_renews),
		T(test_renewal_fails),
		T(test_renewed_while_down),
		T(test_table_lost),
		T(test_soon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
