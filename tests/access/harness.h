/* SPDX-License-Identifier: Apache-2.0 */
/*
 * harness.h - bartizan-access as a child process with a real listening socket
 * and real edges; the test plays the administrator, the ca and audit. Call
 * ask_admin or ask_ca: they serve audit until the answer is there.
 */
#ifndef BTZ_TESTS_ACCESS_HARNESS_H
#define BTZ_TESTS_ACCESS_HARNESS_H

#include "support/cmocka_all.h"

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "access/access.h"
#include "base/sock.h"
#include "policy/build.h"
#include "prim/prim.h"
#include "wire/msg_audit.h"
#include "wire/msg_change.h"
#include "wire/msg_credential.h"
#include "wire/msg_explain.h"
#include "wire/msg_invite.h"
#include "wire/table.h"

enum audit_mode {
	AUDIT_OK,
	AUDIT_REFUSES, /* answers BTZ_E_FULL */
	AUDIT_GONE,
	AUDIT_KILLS, /* answers, then kills the daemon some time later */
};

struct box {
	pid_t pid;
	int control, ca, audit, admin, listener;
	struct sockaddr_un addr;
	char dir[64];
	enum audit_mode mode;
	unsigned kill_us;		      /* AUDIT_KILLS */
	unsigned decisions, outcomes, events; /* records seen */
	char last[4][256]; /* act, obj, who, out of the last record */
	struct btz_msgbuf answer;
};

static inline struct btz_span
S(const char *s) {
	return btz_span_str(s);
}

static inline void
box_child(struct box *b, int control, int ca, int audit)
{
	char *argv[] = { (char[]){ "bartizan-access" }, (char[]){ "--home" },
		b->dir, NULL };
	int high[4] = { control, b->listener, ca, audit };
	static const int at[4] = { BTZ_FD_CONTROL, BTZ_FD_SLOT0,
		BTZ_FD_SLOT0 + 1, BTZ_FD_SLOT0 + 2 };

	for (int i = 0; i < 4; i++)
		high[i] = fcntl(high[i], F_DUPFD, 50);
	for (int i = 0; i < 4; i++)
		(void)dup2(high[i], at[i]);
	(void)close(BTZ_FD_CONFIG);
	for (int fd = BTZ_FD_SLOT0 + 3; fd < 80; fd++)
		(void)close(fd);
	_exit(btz_access_main(3, argv));
}

static inline struct btz_frame
box_receive(int fd, struct btz_msgbuf *buf)
{
	struct btz_frame f = { .op = 0 };
	int got;

	assert_int_equal(btz_sock_recv(fd, buf, &got, NULL), BTZ_OK);
	assert_true(btz_frame_decode(btz_span_of(buf->bytes, buf->len), &f));
	return f;
}

static inline void
box_start(struct box *b)
{
	int control[2], ca[2], audit[2];

	assert_int_equal(btz_sock_pair(false, control, NULL), BTZ_OK);
	assert_int_equal(btz_sock_pair(false, ca, NULL), BTZ_OK);
	assert_int_equal(btz_sock_pair(false, audit, NULL), BTZ_OK);
	(void)fflush(stdout);
	b->pid = fork();
	if (b->pid == 0)
		box_child(b, control[1], ca[1], audit[1]);
	(void)close(control[1]);
	(void)close(ca[1]);
	(void)close(audit[1]);
	b->control = control[0];
	b->ca = ca[0];
	b->audit = audit[0];
	assert_int_equal(box_receive(b->control, &b->answer).op, BTZ_OP_READY);
	assert_int_equal(
	    btz_sock_connect(b->addr.sun_path, &b->admin, NULL), BTZ_OK);
}

static inline void
box_kill(struct box *b)
{
	if (b->pid > 0) {
		(void)kill(b->pid, SIGKILL);
		(void)waitpid(b->pid, NULL, 0);
	}
	b->pid = 0;
	(void)close(b->control);
	(void)close(b->ca);
	if (b->audit >= 0)
		(void)close(b->audit);
	(void)close(b->admin);
}

static inline int
box_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline int
box_setup(void **state)
{
	static struct box b;
	char path[128];

	memset(&b, 0, sizeof(b));
	strcpy(b.dir, "/tmp/btz-access-XXXXXX");
	assert_non_null(mkdtemp(b.dir));
	(void)snprintf(path, sizeof(path), "%s/lib", b.dir);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/lib/access", b.dir);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/policy", b.dir);
	assert_int_equal(mkdir(path, 0700), 0);
	b.addr.sun_family = AF_UNIX;
	(void)snprintf(b.addr.sun_path, sizeof(b.addr.sun_path), "%s/s", b.dir);
	b.listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	assert_int_equal(
	    bind(b.listener, (struct sockaddr *)&b.addr, sizeof(b.addr)), 0);
	assert_int_equal(listen(b.listener, 16), 0);
	box_start(&b);
	*state = &b;
	return 0;
}

static inline int
box_teardown(void **state)
{
	struct box *b = *state;

	box_kill(b);
	(void)close(b->listener);
	return nftw(b->dir, box_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void
box_send(int fd, const struct btz_frame *f, const struct btz_msgdef *def,
    const void *msg)
{
	static struct btz_msgbuf out;

	assert_int_equal(btz_sock_pack(&out, f, def, msg), BTZ_OK);
	(void)!btz_sock_send(fd, out.bytes, out.len, -1);
}

static inline void
box_keep(struct box *b, int i, struct btz_span s)
{
	btz_text_put(b->last[i], sizeof(b->last[i]), s);
}

/* One record from access; answered when it is waited for. */
static inline void
box_serve_audit(struct box *b)
{
	static struct btz_msgbuf in;
	struct btz_frame f = { .op = 0 };
	struct btz_audit r;
	struct btz_audit_ok ok = { .seq = 1 };
	int got;

	if (btz_sock_recv(b->audit, &in, &got, NULL) != BTZ_OK) {
		(void)close(b->audit);
		b->audit = -1;
		return;
	}
	assert_true(btz_frame_decode(btz_span_of(in.bytes, in.len), &f));
	assert_int_equal(f.op, BTZ_OP_APPEND);
	assert_true(btz_msg_decode(&btz_def_audit, f.body, &r));
	b->decisions += r.phase == BTZ_PH_DECISION;
	b->outcomes += r.phase == BTZ_PH_OUTCOME;
	b->events += r.phase == BTZ_PH_EVENT;
	box_keep(b, 0, r.act);
	box_keep(b, 1, r.obj);
	box_keep(b, 2, r.who);
	box_keep(b, 3, r.out);
	assert_int_equal(r.wait, r.phase == BTZ_PH_DECISION);
	assert_int_equal((f.flags & BTZ_FRAME_EVENT) != 0, !r.wait);
	if (!r.wait)
		return;
	f.flags = BTZ_FRAME_ANSWER;
	f.status = b->mode == AUDIT_REFUSES ? BTZ_E_FULL : BTZ_OK;
	box_send(b->audit, &f, f.status == 0 ? &btz_def_audit_ok : NULL, &ok);
	if (b->mode == AUDIT_KILLS) {
		(void)usleep(b->kill_us);
		(void)kill(b->pid, SIGKILL);
	}
}

/* The answer's rc; its spans borrow from b->answer. BTZ_E_GONE: it died. */
static inline enum btz_rc
box_ask(struct box *b, int fd, uint16_t op, const struct btz_msgdef *def,
    const void *msg, const struct btz_msgdef *out_def, void *out)
{
	struct btz_frame f = { .op = op, .tag = 5, .id = 0x42 };
	int got;

	if (b->mode == AUDIT_GONE && b->audit >= 0) {
		(void)close(b->audit);
		b->audit = -1;
	}
	box_send(fd, &f, def, msg);
	for (;;) {
		struct pollfd p[2] = { { .fd = b->audit, .events = POLLIN },
			{ .fd = fd, .events = POLLIN } };

		assert_true(poll(p, 2, 10000) > 0);
		if (p[0].revents != 0)
			box_serve_audit(b);
		else if (p[1].revents != 0)
			break;
	}
	if (btz_sock_recv(fd, &b->answer, &got, NULL) != BTZ_OK)
		return BTZ_E_GONE;
	assert_true(
	    btz_frame_decode(btz_span_of(b->answer.bytes, b->answer.len), &f));
	assert_int_equal(f.op, op);
	assert_int_equal(f.tag, 5);
	if (f.status == BTZ_OK && out_def != NULL)
		assert_true(btz_msg_decode(out_def, f.body, out));
	return (enum btz_rc)f.status;
}

static inline enum btz_rc
box_change(struct box *b, const struct btz_change *m, struct btz_change_ok *ok)
{
	return box_ask(b, b->admin, BTZ_OP_CHANGE, &btz_def_change, m,
	    &btz_def_change_ok, ok);
}

static inline enum btz_rc
box_do(struct box *b, uint8_t noun, uint8_t verb, const char *name,
    const char *a, const char *share, uint64_t n)
{
	struct btz_change m = { .noun = noun,
		.verb = verb,
		.name = S(name),
		.a = S(a),
		.b = S(share),
		.n = n };
	struct btz_change_ok ok;

	return box_change(b, &m, &ok);
}

static inline enum btz_rc
box_init(struct box *b, const char *domain)
{
	struct btz_access_init m = { .trust_domain = S(domain),
		.box = S("box") };

	return box_ask(b, b->admin, BTZ_OP_ACCESS_INIT, &btz_def_access_init,
	    &m, NULL, NULL);
}

/* tenant home, users alice and bob, share photos, alice edits it. */
static inline void
box_fill(struct box *b)
{
	assert_int_equal(box_init(b, "box.test"), BTZ_OK);
	assert_int_equal(
	    box_do(b, BTZ_NOUN_TENANT, BTZ_VERB_ADD, "home", "", "", 0),
	    BTZ_OK);
	assert_int_equal(
	    box_do(b, BTZ_NOUN_USER, BTZ_VERB_ADD, "alice", "", "", 0), BTZ_OK);
	assert_int_equal(
	    box_do(b, BTZ_NOUN_USER, BTZ_VERB_ADD, "bob", "", "", 0), BTZ_OK);
	assert_int_equal(
	    box_do(b, BTZ_NOUN_SHARE, BTZ_VERB_ADD, "photos", "", "", 0),
	    BTZ_OK);
	assert_int_equal(box_do(b, BTZ_NOUN_BINDING, BTZ_VERB_ADD, "alice",
			     "editor", "photos", 0),
	    BTZ_OK);
}

static inline void
box_ask_policy(struct box *b, const struct btz_policy_ask *ask,
    struct btz_policy_answer *a)
{
	struct btz_policy_reader *r;
	struct btz_policy *p = NULL;
	struct btz_err err = { .rc = BTZ_OK };
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/policy", b->dir);
	assert_int_equal(btz_policy_reader_new(path, &r, &err), BTZ_OK);
	if (btz_policy_get(r, &p, &err) != BTZ_OK)
		printf("# policy: %s\n", err.msg);
	btz_policy_decide(p, btz_unix_now(), ask, a);
	a->who = a->tenant = S("");
	btz_policy_put(p);
	btz_policy_reader_free(r);
}

/* What an enforcer would say now. */
static inline struct btz_policy_answer
box_decide(
    struct box *b, const uint8_t *spki, const char *uri, uint32_t actions)
{
	struct btz_policy_answer a;
	struct btz_policy_ask ask = { .spki_hash = spki,
		.uri = S(uri),
		.tenant = S("home"),
		.share = S("photos"),
		.actions = actions,
		.via = BTZ_VIA_HTTPS };

	box_ask_policy(b, &ask, &a);
	return a;
}

#endif
