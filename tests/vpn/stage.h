/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stage.h - one VPN of bartizan-vpn without its neighbours: the test is OpenVPN
 * at the other end of a real socket, and answers for the keeper, the audit log,
 * the CA and the signer, when it likes. Loop, policy and files are real.
 *
 * Roles: family and guest lead to 10.77.0.0/24, staff to 10.78.0.0/24, boss to
 * the same as family, with addresses of its own (10.88.0.8/30).
 */
#ifndef BTZ_TESTS_VPN_STAGE_H
#define BTZ_TESTS_VPN_STAGE_H

#include "support/cmocka_all.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "policy/build.h"
#include "prim/prim.h"
#include "vpn/vpn.h"
#include "wire/msg_edge.h"

#include "vpn/link.h"

#define S_FAMILY 1u
#define S_GUEST 2u
#define S_STAFF 4u
#define S_BOSS 8u
#define S_QUEUE 256u

struct s_ask { /* what somebody waits for: one of the two */
	struct btz_keeper_ask keeper;
	uint16_t op;
	btz_keeper_fn *on_kept;
	btz_answer_fn *on_answer;
	void *arg;
};

static struct stage {
	struct btz_vpnd d;
	struct btz_site *s;
	struct btz_loop *loop;
	char dir[64];
	int listener, ovpn, policy;
	struct s_ask keeper[S_QUEUE], peer[S_QUEUE];
	size_t k_at, k_n, p_at, p_n;
	enum btz_rc ask_rc;  /* of btz_host_ask and btz_signer_ask */
	enum btz_rc need_rc; /* of btz_signer_need */
	char trail[16384];   /* "act(why) ..." */
	unsigned hung, lost;
	uint64_t generation;
} st;

/* The host, as far as src/vpn asks it. */
struct btz_loop *
btz_host_loop(struct btz_host *h)
{
	(void)h;
	return st.loop;
}

uint64_t
btz_host_new_id(struct btz_host *h)
{
	(void)h;
	return 7;
}

static void
s_trail(const struct btz_audit *a)
{
	size_t at = strlen(st.trail);

	(void)snprintf(st.trail + at, sizeof(st.trail) - at, "%.*s%s(%.*s) ",
	    (int)a->act.len, (const char *)a->act.p,
	    a->decision == BTZ_DEC_DENY	   ? "-"
	    : a->decision == BTZ_DEC_ALLOW ? "+"
					   : "",
	    (int)a->why.len, (const char *)a->why.p);
}

static void
s_queue(uint16_t op, btz_answer_fn *fn, void *arg)
{
	assert_true(st.p_n < S_QUEUE);
	st.peer[st.p_n++] = (struct s_ask){
		.op = op, .on_answer = fn, .arg = arg
	};
}

enum btz_rc
btz_host_ask(struct btz_host *h, enum btz_prog callee, uint16_t op, uint64_t id,
    const struct btz_msgdef *def, const void *msg, int pass_fd,
    uint32_t timeout_ms, btz_answer_fn *fn, void *arg)
{
	(void)h;
	(void)callee;
	(void)id;
	(void)pass_fd;
	(void)timeout_ms;
	if (st.ask_rc != BTZ_OK)
		return st.ask_rc;
	if (def == &btz_def_audit)
		s_trail(msg);
	s_queue(op, fn, arg);
	return BTZ_OK;
}

enum btz_rc
btz_host_event(struct btz_host *h, enum btz_prog callee, uint16_t op,
    uint64_t id, const struct btz_msgdef *def, const void *msg)
{
	(void)h;
	(void)callee;
	(void)op;
	(void)id;
	if (def == &btz_def_audit)
		s_trail(msg);
	return BTZ_OK;
}

enum btz_rc
btz_host_tell_up(struct btz_host *h, uint16_t op, const struct btz_msgdef *def,
    const void *msg)
{
	(void)h;
	assert_int_equal(op, BTZ_OP_CHILD_HUNG);
	assert_ptr_equal(def, &btz_def_child_hung);
	assert_int_equal(
	    ((const struct btz_child_hung *)msg)->prog, BTZ_PROG_OPENVPN1);
	st.hung++;
	return BTZ_OK;
}

void
btz_signer_need(
    struct btz_signer *s, uint32_t timeout_ms, btz_signer_fn *fn, void *arg)
{
	(void)s;
	(void)timeout_ms;
	fn(st.need_rc, arg);
}

enum btz_rc
btz_signer_ask(struct btz_signer *s, uint16_t op, uint64_t id,
    const struct btz_msgdef *def, const void *msg, uint32_t timeout_ms,
    btz_answer_fn *fn, void *arg)
{
	(void)s;
	(void)id;
	(void)def;
	(void)msg;
	(void)timeout_ms;
	if (st.ask_rc != BTZ_OK)
		return st.ask_rc;
	s_queue(op, fn, arg);
	return BTZ_OK;
}

void
btz_signer_lost(struct btz_signer *s)
{
	(void)s;
	st.lost++;
}

void
btz_keeper_tell(struct btz_keeper *k, const struct btz_keeper_ask *ask,
    btz_keeper_fn *fn, void *arg)
{
	(void)k;
	assert_true(st.k_n < S_QUEUE);
	st.keeper[st.k_n++] = (struct s_ask){
		.keeper = *ask, .on_kept = fn, .arg = arg
	};
}

#ifndef S_NEWS /* else news.c is the real one */
void
btz_news_tick(struct btz_vpnd *d)
{
	(void)d;
}
#endif

/* What the keeper was asked first; it is answered then. */
static inline struct btz_keeper_ask
s_keeper(enum btz_rc rc)
{
	const struct s_ask a = st.keeper[st.k_at];

	assert_true(st.k_at < st.k_n);
	st.k_at++;
	if (st.k_at == st.k_n)
		st.k_at = st.k_n = 0;
	a.on_kept(rc, a.arg);
	return a.keeper;
}

static inline size_t
s_keeper_waits(void)
{
	return st.k_n - st.k_at;
}

/* Answers what was asked first of a peer; def NULL: no body. */
static inline uint16_t
s_answer(enum btz_rc rc, const struct btz_msgdef *def, const void *msg)
{
	static uint8_t body[32768];
	const struct s_ask a = st.peer[st.p_at];
	struct btz_wr wr;
	struct btz_frame f = { .op = a.op };

	assert_true(st.p_at < st.p_n);
	st.p_at++;
	if (st.p_at == st.p_n)
		st.p_at = st.p_n = 0;
	btz_wr_init(&wr, body, sizeof(body));
	if (def != NULL)
		btz_msg_write(def, msg, &wr);
	assert_true(btz_wr_ok(&wr));
	f.body = btz_wr_span(&wr);
	a.on_answer(rc, rc == BTZ_OK ? &f : NULL, -1, a.arg);
	return a.op;
}

static inline size_t
s_peer_waits(void)
{
	return st.p_n - st.p_at;
}

static inline bool
s_trail_has(const char *what)
{
	return strstr(st.trail, what) != NULL;
}

static inline void
s_pump(void)
{
	for (int i = 0; i < 4; i++)
		btz_loop_once(st.loop, 0);
}

/* OpenVPN says; what it hears since the last time. */
static inline void s_say(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

static inline void
s_say(const char *fmt, ...)
{
	static char text[65536];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	assert_true(n > 0 && (size_t)n < sizeof(text));
	assert_int_equal(send(st.ovpn, text, (size_t)n, MSG_NOSIGNAL), n);
	s_pump();
}

static inline const char *
s_heard(void)
{
	static char text[65536];
	ssize_t n;

	s_pump();
	n = recv(st.ovpn, text, sizeof(text) - 1, MSG_DONTWAIT);
	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static inline bool
s_heard_has(const char *what)
{
	const char *text = s_heard();

	if (strstr(text, what) != NULL)
		return true;
	print_message("# heard instead: %.300s\n", text);
	return false;
}

/* Users alice, bob, ... have these roles from now on; until: 0 for good. */
struct s_user {
	const char *name;
	unsigned roles;
	uint64_t until;
	bool disabled;
};

static inline enum btz_rc
s_fill(struct btz_policy_build *b, const struct s_user *users, size_t n)
{
	static const char *const names[] = { "family", "guest", "staff",
		"boss" };
	static const uint8_t id[BTZ_ID_LEN] = { 1 };
	const uint64_t far = btz_unix_now() + 1000000;
	uint32_t home = btz_policy_add_tenant(b, btz_span_str("home"), id);
	uint32_t vpn = btz_policy_add_share(b, home, btz_span_str("vpn.main"));
	uint32_t role[BTZ_COUNT(names)];

	for (size_t i = 0; i < BTZ_COUNT(names); i++)
		role[i] = btz_policy_add_role(
		    b, home, btz_span_str(names[i]), BTZ_ACT_CONNECT);
	for (size_t i = 0; i < n; i++) {
		struct btz_span name = btz_span_str(users[i].name);
		uint8_t hash[BTZ_SHA256_LEN];
		uint32_t who = btz_policy_add_principal(
		    b, home, btz_span_str("user"), name, true);

		btz_sha256(name, hash);
		(void)btz_policy_add_credential(
		    b, hash, hash, who, far, !users[i].disabled);
		for (size_t k = 0; k < BTZ_COUNT(names); k++)
			if ((users[i].roles & 1u << k) != 0)
				(void)btz_policy_add_binding(b, who, vpn,
				    role[k], users[i].until, 0,
				    BTZ_POLICY_NONE);
	}
	return BTZ_OK;
}

static inline void
s_policy(const struct s_user *users, size_t n)
{
	struct btz_policy_build *b;
	struct btz_err err = { .rc = BTZ_OK };
	uint8_t *image = NULL;
	size_t len = 0;

	assert_int_equal(
	    btz_policy_build_new(btz_span_str("box.test"), &b, &err), BTZ_OK);
	assert_int_equal(s_fill(b, users, n), BTZ_OK);
	st.generation++;
	assert_int_equal(btz_policy_build_finish(b, st.generation,
			     btz_unix_now(), &image, &len, &err),
	    BTZ_OK);
	btz_policy_build_free(b);
	assert_int_equal(btz_policy_publish(st.policy, st.generation,
			     btz_span_of(image, len), &err),
	    BTZ_OK);
	free(image);
}

/* alice alone, with these roles. */
static inline void
s_alice(unsigned roles)
{
	const struct s_user u = { "alice", roles, 0, false };

	s_policy(&u, 1);
}

static inline void
s_octets(const uint8_t *p, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++)
		(void)sprintf(
		    out + 3 * i, "%02x%s", p[i], i + 1 < n ? ":" : "");
}

/* A block of OpenVPN about a client with the certificate of `name`; kind as
 * "CONNECT,5,1". foreign: of another issuing key. */
static inline void
s_client(const char *kind, const char *name, bool foreign)
{
	char serial[64], digest[128], issuer[128];
	uint8_t hash[BTZ_SHA256_LEN];

	btz_sha256(btz_span_str(name), hash);
	s_octets(hash, BTZ_ID_LEN, serial);
	s_octets(hash, BTZ_SHA256_LEN, digest);
	s_octets(foreign ? hash : st.s->issuers[0], BTZ_SHA256_LEN, issuer);
	s_say(">CLIENT:%s\r\n>CLIENT:ENV,untrusted_ip=192.0.2.9\r\n"
	      ">CLIENT:ENV,untrusted_port=1000\r\n"
	      ">CLIENT:ENV,tls_serial_hex_0=%s\r\n"
	      ">CLIENT:ENV,tls_digest_sha256_0=%s\r\n"
	      ">CLIENT:ENV,tls_digest_sha256_1=%s\r\n"
	      ">CLIENT:ENV,X509_0_subjectAltName="
	      "URI:spiffe://box.test/home/user/%s\r\n>CLIENT:ENV,END\r\n",
	    kind, serial, digest, issuer, name);
}

static const char s_conf[] =
    "[vpn main]\ntenant = home\nnetwork = 10.88.0.0/24\nmax_clients = 100\n"
    "[reach a]\nvpn = main\nrole = family\nto = 10.77.0.0/24\n"
    "[reach b]\nvpn = main\nrole = guest\nto = 10.77.0.0/24\n"
    "service = tcp/80\n"
    "[reach c]\nvpn = main\nrole = staff\nto = 10.78.0.0/24\n"
    "[reach d]\nvpn = main\nrole = boss\nto = 10.77.0.0/24\n"
    "addresses = 10.88.0.8/30\n";

/* As main.c has it. */
static inline void
s_on_timer(void *arg)
{
	struct btz_site *s = arg;

	if (s->state == BTZ_SITE_SETUP)
		btz_setup_start(s);
	else
		btz_link_start(s);
}

static inline void
s_site(void)
{
	struct btz_site *s = st.s = &st.d.sites[0];

	s->d = &st.d;
	s->conf = &st.d.conf.site[0];
	s->vpn = btz_site_vpn(s->conf);
	s->fd = -1;
	memset(s->issuers, 0x1a, sizeof(s->issuers));
	s->vpn.issuers = (const uint8_t(*)[BTZ_SHA256_LEN])s->issuers;
	s->vpn.n_issuers = 1;
	s->timer = btz_timer_new(st.loop, s_on_timer, s);
	s->look = btz_timer_new(st.loop, btz_link_look, s);
	s->renew = btz_timer_new(st.loop, btz_setup_look, s);
	assert_true(s->timer != NULL && s->look != NULL && s->renew != NULL);
	assert_true(btz_site_pool(s->conf, &s->pool));
}

static inline void
s_listen(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	(void)snprintf(
	    sa.sun_path, sizeof(sa.sun_path), "%s/main.sock", st.dir);
	(void)unlink(sa.sun_path);
	st.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(
	    bind(st.listener, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(st.listener, 4), 0);
}

/* A socket that nobody connects to yet, a policy, a site that is down. */
static inline int
s_begin(void **state)
{
	const struct btz_conf_target targets[] = {
		{ &btz_conf_vpn, NULL, btz_sites_on_vpn, &st.d.conf },
		{ &btz_conf_reach, NULL, btz_sites_on_reach, &st.d.conf },
	};
	struct btz_err err;

	(void)state;
	memset(&st, 0, sizeof(st));
	st.ovpn = st.listener = -1;
	(void)snprintf(st.dir, sizeof(st.dir), "/tmp/btz-vpn-XXXXXX");
	if (mkdtemp(st.dir) == NULL ||
	    btz_conf_parse("f", s_conf, targets, 2, &err) != BTZ_OK ||
	    btz_loop_new(&st.loop, &err) != BTZ_OK)
		return -1;
	(void)snprintf(st.d.run, sizeof(st.d.run), "%s", st.dir);
	(void)snprintf(st.d.lib, sizeof(st.d.lib), "%s", st.dir);
	(void)snprintf(st.d.https.names, sizeof(st.d.https.names), "box.test");
	st.policy = open(st.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (st.policy < 0 ||
	    btz_policy_reader_new(st.dir, &st.d.reader, &err) != BTZ_OK)
		return -1;
	st.d.n_sites = 1;
	s_site();
	st.s->state = BTZ_SITE_DOWN;
	st.s->down_since = btz_boot_ms();
	st.s->cutoff = true;
	s_listen();
	s_alice(S_FAMILY);
	return 0;
}

static inline void
s_accept(void)
{
	st.ovpn = accept4(st.listener, NULL, NULL, SOCK_NONBLOCK);
	assert_true(st.ovpn >= 0);
}

/* Up, hold released, nothing due. */
static inline int
s_begin_up(void **state)
{
	if (s_begin(state) != 0)
		return -1;
	btz_link_start(st.s);
	s_accept();
	s_say(HELLO ">HOLD:Waiting for hold release:0\r\n"
		    "SUCCESS: bytecount interval changed\r\n");
	if (!s_heard_has("version 3\nbytecount 2\nhold release\n"))
		return -1;
	s_say("SUCCESS: hold release succeeded\r\n");
	return st.s->state == BTZ_SITE_UP && st.s->mgmt.due_count == 0 ? 0 : -1;
}

static inline int
s_end(void **state)
{
	char cmd[128];

	(void)state;
	btz_link_close(st.s, "end of the test");
	while (s_keeper_waits() > 0)
		(void)s_keeper(BTZ_OK);
	while (s_peer_waits() > 0)
		(void)s_answer(BTZ_E_GONE, NULL, NULL);
	while (s_keeper_waits() > 0)
		(void)s_keeper(BTZ_OK);
	if (st.s->sessions != NULL || st.s->n_sessions != 0)
		return -1; /* a session that nobody holds */
	btz_timer_free(st.s->timer);
	btz_timer_free(st.s->look);
	btz_timer_free(st.s->renew);
	btz_policy_reader_free(st.d.reader);
	btz_loop_free(st.loop);
	(void)close(st.policy);
	(void)close(st.listener);
	if (st.ovpn >= 0)
		(void)close(st.ovpn);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf '%s'", st.dir);
	return system(cmd);
}

#endif
