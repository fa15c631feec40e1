/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supervise.c - when a child is started, started again, given up, stopped;
 * and the sockets between children. States: up.h. Start at
 * btz_up_child_start() and btz_up_on_sigchld().
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/home.h"
#include "base/log.h"
#include "base/sock.h"
#include "up/httpd_conf.h"
#include "up/up.h"
#include "wire/msg_edge.h"
#include "wire/ops.h"

#define ARGV_MAX 16
#define LOOK_MS 20u
#define BLOCKED_MS 500u

static void on_timer(void *arg);

const char *
btz_up_state_name(enum btz_child_state s)
{
	static const char *const names[] = {
		[BTZ_CHILD_IDLE] = "idle",
		[BTZ_CHILD_WAITING] = "waiting",
		[BTZ_CHILD_STARTING] = "starting",
		[BTZ_CHILD_RUNNING] = "running",
		[BTZ_CHILD_BACKOFF] = "restarting",
		[BTZ_CHILD_FAILED] = "failed",
		[BTZ_CHILD_ENDED] = "ended",
	};

	return names[s];
}

static void
set_state(struct btz_child *c, enum btz_child_state s)
{
	c->state = s;
	btz_log(s == BTZ_CHILD_FAILED ? BTZ_LOG_ERROR : BTZ_LOG_INFO, 0,
	    "%s %s pid=%ld%s%s", btz_prog_name(c->prog->prog),
	    btz_up_state_name(s), (long)c->pid,
	    s == BTZ_CHILD_RUNNING || c->why[0] == '\0' ? "" : " why=",
	    s == BTZ_CHILD_RUNNING ? "" : c->why);
	btz_up_report(c->up);
}

/* A frame of the child on its control socket: READY, or that another hangs. */
static void
on_control(struct btz_chan *ch, const struct btz_frame *f, int fd,
    const struct btz_peer *peer, void *arg)
{
	struct btz_child *c = arg;

	(void)ch;
	(void)peer;
	if (fd >= 0)
		(void)close(fd);
	if (f->op == BTZ_OP_READY && c->state == BTZ_CHILD_STARTING)
		set_state(c, BTZ_CHILD_RUNNING);
	else if (f->op == BTZ_OP_CHILD_HUNG)
		btz_up_openvpn_hung(c, f);
}

static void
on_control_close(struct btz_chan *ch, void *arg)
{
	struct btz_child *c = arg;

	(void)ch;
	c->control = NULL; /* SIGCHLD says the rest */
}

static const struct btz_chan_ops control_ops = { on_control, on_control_close };

/* The slot that an edge has in the list of the program at its other end. */
static size_t
slot_of(const struct btz_child *c, const struct btz_edge *e)
{
	for (size_t i = 0; i < c->n_slots; i++)
		if (c->slots[i].edge == e)
			return i;
	return c->n_slots;
}

/* The other program gets its end now, or keeps it for its next start. */
static void
give_end(struct btz_child *other, const struct btz_edge *e, int fd)
{
	size_t slot = slot_of(other, e);
	struct btz_edge_end m = { (uint8_t)slot };
	enum btz_rc rc = BTZ_E_GONE;

	if (slot >= other->n_slots) {
		(void)close(fd);
		return;
	}
	if (other->control != NULL)
		rc = btz_chan_send(other->control,
		    &(struct btz_frame){
			.flags = BTZ_FRAME_EVENT, .op = BTZ_OP_EDGE },
		    &btz_def_edge_end, &m, fd);
	if (rc == BTZ_OK) {
		(void)close(fd);
		return;
	}
	if (other->fds[slot] >= 0)
		(void)close(other->fds[slot]);
	other->fds[slot] = fd;
}

/* An end that waits from the other's start, or a new pair. */
static enum btz_rc
take_end(struct btz_child *c, size_t i, int *out, struct btz_err *err)
{
	const struct btz_edge *e = c->slots[i].edge;
	struct btz_child
	    *other = &c->up->children[c->slots[i].asks ? e->to : e->from];
	int pair[2];
	enum btz_rc rc;

	if (c->fds[i] >= 0) {
		*out = c->fds[i];
		c->fds[i] = -1;
		return BTZ_OK;
	}
	if ((rc = btz_sock_pair(true, pair, err)) != BTZ_OK)
		return rc;
	*out = pair[0];
	if (other->prog == NULL)
		(void)close(pair[1]);
	else
		give_end(other, e, pair[1]);
	return BTZ_OK;
}

struct start {
	int fds[2 + BTZ_SLOTS_MAX];
	size_t n, n_owned; /* owned: edge ends to be closed after the fork */
	int owned[BTZ_SLOTS_MAX];
	const char *argv[ARGV_MAX];
	char path[512], path2[512], text[4][600];
	const char *preload;
};

static void
start_end(struct start *s)
{
	for (size_t i = 0; i < s->n_owned; i++)
		(void)close(s->owned[i]);
}

/* Control socket, configuration, slots: the descriptors of base/edges.h. */
static enum btz_rc
open_ours(struct btz_child *c, struct start *s, struct btz_err *err)
{
	int pair[2];
	enum btz_rc rc = btz_sock_pair(true, pair, err);

	if (rc != BTZ_OK)
		return rc;
	s->owned[s->n_owned++] = pair[1];
	s->fds[s->n++] = pair[1];
	s->fds[s->n++] = c->conf_fd;
	rc = btz_chan_new(
	    c->up->loop, pair[0], 0, &control_ops, c, &c->control, err);
	for (size_t i = 0; rc == BTZ_OK && i < c->n_slots; i++) {
		int fd = c->fds[i];

		if (c->slots[i].edge != NULL) {
			rc = take_end(c, i, &fd, err);
			if (rc == BTZ_OK)
				s->owned[s->n_owned++] = fd;
		}
		s->fds[s->n++] = fd;
	}
	s->argv[1] = "--as";
	s->argv[2] = btz_prog_name(c->prog->prog);
	s->argv[3] = "--home";
	s->argv[4] = c->up->home;
	return rc;
}

static enum btz_rc
open_swtpm(struct btz_child *c, struct start *s, struct btz_err *err)
{
	enum btz_rc rc;

	if ((rc = btz_up_path(c->up, "tpm", s->path, sizeof(s->path), err)) !=
	    BTZ_OK)
		return rc;
	(void)snprintf(
	    s->text[0], sizeof(s->text[0]), "dir=%s,mode=0600", s->path);
	rc = btz_up_path(
	    c->up, "run/tpm/swtpm.sock", s->path, sizeof(s->path), err);
	if (rc != BTZ_OK)
		return rc;
	(void)unlink(s->path);
	(void)snprintf(s->text[1], sizeof(s->text[1]),
	    "type=unixio,path=%s,mode=0660", s->path);
	s->argv[1] = "socket";
	s->argv[2] = "--tpm2";
	s->argv[3] = "--tpmstate";
	s->argv[4] = s->text[0];
	s->argv[5] = "--server";
	s->argv[6] = s->text[1];
	s->argv[7] = "--flags";
	s->argv[8] = "not-need-init,startup-clear";
	return BTZ_OK;
}

static enum btz_rc
find_swtpm(struct start *s, struct btz_err *err)
{
	static const char *const places[] = { "/usr/bin/swtpm",
		"/usr/local/bin/swtpm" };

	for (size_t i = 0; i < BTZ_COUNT(places); i++)
		if (access(places[i], X_OK) == 0) {
			s->argv[0] = places[i];
			return BTZ_OK;
		}
	return BTZ_FAIL(err, BTZ_E_NOENT, "swtpm");
}

static enum btz_rc
prepare(struct btz_child *c, struct start *s, struct btz_err *err)
{
	enum btz_rc rc = BTZ_OK;

	switch (c->prog->kind) {
	case BTZ_UP_HTTPD:
		return btz_up_https_prepare(c->up, s->argv, &s->preload, err);
	case BTZ_UP_SWTPM:
		if ((rc = find_swtpm(s, err)) == BTZ_OK)
			rc = open_swtpm(c, s, err);
		return rc;
	case BTZ_UP_OPENVPN:
		return btz_up_openvpn_prepare(c->up, c->prog->prog, s->argv,
		    s->path, sizeof(s->path), err);
	case BTZ_UP_OURS:
		rc = btz_home_program(c->prog->folder, c->prog->program,
		    s->path2, sizeof(s->path2), err);
		s->argv[0] = s->path2;
		return rc == BTZ_OK ? open_ours(c, s, err) : rc;
	}
	return BTZ_FAIL(err, BTZ_E_INTERNAL, "kind of program");
}

static enum btz_rc
start(struct btz_child *c, struct start *s, struct btz_err *err)
{
	enum btz_rc rc = prepare(c, s, err);

	if (rc != BTZ_OK)
		return rc;
	return btz_up_spawn(&(struct btz_spawn){ .up = c->up,
				.as = c->prog->prog,
				.umask = c->prog->umask,
				.argv = s->argv,
				.fds = s->fds,
				.n_fds = s->n,
				.log_fd = btz_logpipe_fd(c->log),
				.preload = s->preload },
	    &c->pid, err);
}

static void
fail(struct btz_child *c, const struct btz_err *err)
{
	btz_chan_free(c->control);
	c->control = NULL;
	(void)snprintf(c->why, sizeof(c->why), "%s%.80s",
	    err->rc == BTZ_E_NOENT ? "not installed: " : "", err->msg);
	set_state(c, BTZ_CHILD_FAILED);
}

/* httpd waits: for its first certificate, or for its address. */
static bool
must_wait(struct btz_child *c)
{
	const struct btz_child *vpn = &c->up->children[BTZ_PROG_VPN];
	bool was = c->blocked;
	struct btz_err err = { .rc = BTZ_OK };

	if (vpn->prog != NULL && (vpn->state == BTZ_CHILD_IDLE ||
				     vpn->state == BTZ_CHILD_STARTING)) {
		btz_timer_set(c->timer, LOOK_MS);
		return true; /* it makes addresses to listen on */
	}

	c->blocked = btz_up_https_free_address(c->up, &err) != BTZ_OK;
	if (c->blocked)
		btz_timer_set(c->timer, BLOCKED_MS);
	if (c->blocked && was)
		return true; /* said already */
	if (c->blocked)
		(void)snprintf(c->why, sizeof(c->why), "%.90s: %s", err.msg,
		    btz_rc_text(err.rc));
	else if (!btz_up_https_have_cert(c->up))
		(void)snprintf(c->why, sizeof(c->why),
		    "no certificate yet: run 'bartizan init'");
	else
		return false;
	set_state(c, BTZ_CHILD_WAITING);
	return true;
}

/* An OpenVPN waits until bartizan-vpn has made what it needs. */
static bool
must_wait_vpn(struct btz_child *c)
{
	if (btz_up_openvpn_have_cert(c->up, c->prog->prog))
		return false;
	btz_timer_set(c->timer, BLOCKED_MS);
	if (c->state == BTZ_CHILD_WAITING)
		return true; /* said already */
	(void)snprintf(c->why, sizeof(c->why),
	    "no certificate yet: see 'bartizan vpn list'");
	set_state(c, BTZ_CHILD_WAITING);
	return true;
}

/* A program that cannot say READY is as good as ready when it runs. */
static enum btz_child_state
first_state(const struct btz_child *c)
{
	return c->prog->kind == BTZ_UP_HTTPD || c->prog->kind == BTZ_UP_OPENVPN
		   ? BTZ_CHILD_RUNNING
		   : BTZ_CHILD_STARTING;
}

void
btz_up_child_start(struct btz_child *c)
{
	struct start s = { .n = 0 };
	struct btz_err err = { .rc = BTZ_OK };

	if (c->pid != 0 || c->up->stopping)
		return;
	btz_timer_cancel(c->timer);
	if ((c->prog->kind == BTZ_UP_HTTPD && must_wait(c)) ||
	    (c->prog->kind == BTZ_UP_OPENVPN && must_wait_vpn(c)))
		return;
	if (c->state == BTZ_CHILD_WAITING)
		c->why[0] = '\0'; /* what it waited for has come */
	if (start(c, &s, &err) != BTZ_OK) {
		start_end(&s);
		fail(c, &err);
		return;
	}
	start_end(&s);
	c->started = btz_boot_ms();
	if (c->prog->kind == BTZ_UP_HTTPD &&
	    btz_up_guard(c->up, c->prog->prog, c->pid, &c->guard, &c->guard_fd,
		&err) != BTZ_OK)
		btz_log_err(0, &err);
	set_state(c, first_state(c));
	if (c->prog->kind == BTZ_UP_SWTPM)
		btz_timer_set(c->timer, LOOK_MS);
}

/* Ten ends within a minute: the oldest of the last ten is younger. */
static bool
ends_too_often(struct btz_child *c)
{
	uint64_t now = btz_boot_ms();
	unsigned at = c->n_ends++ % BTZ_UP_FAILS;
	uint64_t oldest = c->ends[at];

	c->ends[at] = now;
	return c->n_ends > BTZ_UP_FAILS && now - oldest < BTZ_UP_FAIL_MS;
}

static void
again(struct btz_child *c)
{
	const bool often = ends_too_often(c);

	if (often && c->prog->kind != BTZ_UP_OPENVPN) {
		set_state(c, BTZ_CHILD_FAILED);
		return;
	}
	if (btz_boot_ms() - c->started > BTZ_UP_STABLE_MS || c->delay == 0)
		c->delay = BTZ_UP_DELAY_MIN;
	if (often)
		c->delay = BTZ_UP_DELAY_SLOW;
	btz_timer_set(c->timer, c->delay);
	c->delay = c->delay * 2 > BTZ_UP_DELAY_MAX ? BTZ_UP_DELAY_MAX
						   : c->delay * 2;
	c->restarts++;
	set_state(c, BTZ_CHILD_BACKOFF);
}

/* swtpm cannot say READY; it is when its socket is there. */
static void
look_for_swtpm(struct btz_child *c)
{
	struct btz_err err;
	char path[512];

	if (btz_up_path(c->up, "run/tpm/swtpm.sock", path, sizeof(path),
		&err) == BTZ_OK &&
	    access(path, F_OK) == 0)
		set_state(c, BTZ_CHILD_RUNNING);
	else
		btz_timer_set(c->timer, LOOK_MS);
}

static void
on_timer(void *arg)
{
	struct btz_child *c = arg;

	if (c->state == BTZ_CHILD_STARTING)
		look_for_swtpm(c);
	else
		btz_up_child_start(c);
}

static void
describe_end(struct btz_child *c, int status)
{
	if (WIFSIGNALED(status))
		(void)snprintf(c->why, sizeof(c->why), "killed by SIG%s",
		    sigabbrev_np(WTERMSIG(status)));
	else
		(void)snprintf(c->why, sizeof(c->why), "exit status %d",
		    WEXITSTATUS(status));
}

static void end_guard(struct btz_child *c);
static void next_stage(struct btz_up *up);

static void
child_ended(struct btz_child *c, int status)
{
	end_guard(c);
	c->pid = 0;
	btz_chan_free(c->control);
	c->control = NULL;
	describe_end(c, status);
	if (c->up->stopping) {
		set_state(c, BTZ_CHILD_ENDED);
		next_stage(c->up);
	} else {
		again(c);
	}
}

static void
end_guard(struct btz_child *c)
{
	if (c->guard == 0)
		return;
	(void)kill(c->guard, SIGKILL);
	(void)close(c->guard_fd);
	c->guard_fd = -1;
}

static struct btz_child *
child_of(struct btz_up *up, pid_t pid)
{
	for (size_t i = 0; i < BTZ_PROG_COUNT; i++)
		if (up->children[i].prog != NULL &&
		    (up->children[i].pid == pid ||
			up->children[i].guard == pid))
			return &up->children[i];
	return NULL;
}

/* Before it is reaped its process group cannot be anybody else's. */
static void
ended(struct btz_up *up, pid_t pid)
{
	struct btz_child *c = child_of(up, pid);
	int status = 0;

	if (c != NULL && c->pid == pid)
		(void)kill(-pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid)
		return;
	if (c != NULL && c->guard == pid)
		c->guard = 0;
	else if (c != NULL)
		child_ended(c, status);
	else
		(void)btz_up_https_ended(up, pid, status);
}

void
btz_up_on_sigchld(struct btz_up *up)
{
	for (;;) {
		siginfo_t si = { .si_pid = 0 };

		if (waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) != 0 ||
		    si.si_pid == 0)
			return;
		ended(up, si.si_pid);
	}
}

static bool
stage_has_live(const struct btz_up *up, int stage)
{
	for (size_t i = 0; i < BTZ_PROG_COUNT; i++)
		if (up->children[i].prog != NULL &&
		    up->children[i].prog->stage == stage &&
		    up->children[i].pid != 0)
			return true;
	return false;
}

static void
ask_to_stop(struct btz_child *c)
{
	enum btz_rc rc = BTZ_E_GONE;

	if (c->control != NULL)
		rc = btz_chan_send(c->control,
		    &(struct btz_frame){
			.flags = BTZ_FRAME_EVENT, .op = BTZ_OP_CHILD_STOP },
		    NULL, NULL, -1);
	if (rc != BTZ_OK)
		(void)kill(c->pid, SIGTERM);
}

/* Stops the programs of the present stage; when they are gone, the next. */
static void
next_stage(struct btz_up *up)
{
	while (up->stage < BTZ_UP_STAGES && !stage_has_live(up, up->stage)) {
		up->stage++;
		for (size_t i = 0; i < BTZ_PROG_COUNT; i++)
			if (up->children[i].prog != NULL &&
			    up->children[i].prog->stage == up->stage &&
			    up->children[i].pid != 0)
				ask_to_stop(&up->children[i]);
	}
	if (up->stage >= BTZ_UP_STAGES)
		btz_loop_stop(up->loop);
	else
		btz_timer_set(up->stop_timer, BTZ_UP_STOP_MS);
}

static void
on_stop_timeout(void *arg)
{
	struct btz_up *up = arg;

	for (size_t i = 0; i < BTZ_PROG_COUNT; i++)
		if (up->children[i].prog != NULL &&
		    up->children[i].prog->stage == up->stage &&
		    up->children[i].pid != 0) {
			btz_log(BTZ_LOG_WARN, 0, "%s does not stop: killed",
			    btz_prog_name(up->children[i].prog->prog));
			(void)kill(-up->children[i].pid, SIGKILL);
		}
}

void
btz_up_stop(struct btz_up *up)
{
	if (up->stopping)
		return;
	up->stopping = true;
	up->stage = -1;
	for (size_t i = 0; i < BTZ_PROG_COUNT; i++)
		if (up->children[i].prog != NULL)
			btz_timer_cancel(up->children[i].timer);
	next_stage(up);
}

/* One that ended three times will not come soon: no reason to wait. */
static bool
settled(const struct btz_child *c)
{
	return c->state == BTZ_CHILD_RUNNING || c->state == BTZ_CHILD_FAILED ||
	       c->state == BTZ_CHILD_WAITING || c->n_ends >= 3;
}

static void
send_report(struct btz_up *up)
{
	char line[256];

	for (size_t i = 0; i < BTZ_PROG_COUNT; i++) {
		const struct btz_child *c = &up->children[i];
		int n;

		if (c->prog == NULL || c->state == BTZ_CHILD_RUNNING ||
		    (c->state == BTZ_CHILD_WAITING && !c->blocked))
			continue;
		n = snprintf(line, sizeof(line), "%s: %s: %s\n",
		    btz_prog_name(c->prog->prog), btz_up_state_name(c->state),
		    c->why);
		if (n > 0 && write(up->report_fd, line, (size_t)n) < 0)
			break;
	}
	(void)close(up->report_fd);
	up->report_fd = -1;
}

static void
on_report_timeout(void *arg)
{
	struct btz_up *up = arg;

	if (up->report_fd >= 0)
		send_report(up);
}

void
btz_up_report(struct btz_up *up)
{
	if (up->report_fd < 0)
		return;
	for (size_t i = 0; i < BTZ_PROG_COUNT; i++)
		if (up->children[i].prog != NULL && !settled(&up->children[i]))
			return;
	send_report(up);
}

static enum btz_rc
child_init(struct btz_up *up, const struct btz_up_prog *p, struct btz_err *err)
{
	struct btz_child *c = &up->children[p->prog];
	char rel[64], path[512];
	enum btz_rc rc;

	*c = (struct btz_child){
		.up = up, .prog = p, .guard_fd = -1, .conf_fd = -1
	};
	c->n_slots = btz_slots(p->prog, c->slots);
	for (size_t i = 0; i < BTZ_SLOTS_MAX; i++)
		c->fds[i] = -1;
	for (size_t i = 0; i < c->n_slots; i++)
		if (c->slots[i].listener != NULL &&
		    (rc = btz_up_listen(
			 up, c->slots[i].listener, &c->fds[i], err)) != BTZ_OK)
			return rc;
	c->timer = btz_timer_new(up->loop, on_timer, c);
	if (c->timer == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "timer");
	(void)snprintf(rel, sizeof(rel), "log/%s.log", btz_prog_name(p->prog));
	if ((rc = btz_up_path(up, rel, path, sizeof(path), err)) != BTZ_OK ||
	    (rc = btz_logpipe_new(up->loop, path, &c->log, err)) != BTZ_OK)
		return rc;
	/* Its owner may open it again as /dev/stderr. */
	if (up->root && fchown(btz_logpipe_fd(c->log), btz_up_uid(up, p->prog),
			    (gid_t)btz_up_uid(up, p->prog)) != 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "owner of a log pipe");
	return btz_up_conf_fd(&up->conf, p, &c->conf_fd, err);
}

enum btz_rc
btz_up_children_init(struct btz_up *up, struct btz_err *err)
{
	const bool real = btz_up_real_tee(&up->conf);
	const bool swtpm = !real && strcmp(up->conf.tpm.tcti, "swtpm") == 0;
	enum btz_rc rc = BTZ_OK;

	if (swtpm) { /* programs learn the place, not who is there */
		char path[200];

		rc = btz_up_path(
		    up, "run/tpm/swtpm.sock", path, sizeof(path), err);
		if (rc == BTZ_OK && strlen(path) > BTZ_SOCKET_PATH_MAX)
			rc = BTZ_FAIL(err, BTZ_E_CONFIG,
			    "socket path %s is "
			    "too long: choose a shorter --home",
			    path);
		(void)snprintf(up->conf.tpm.tcti, sizeof(up->conf.tpm.tcti),
		    "unix:%s", path);
	}
	up->stop_timer = btz_timer_new(up->loop, on_stop_timeout, up);
	up->report_timer = btz_timer_new(up->loop, on_report_timeout, up);
	for (size_t i = 0; rc == BTZ_OK && i < btz_up_progs_count; i++)
		if ((btz_up_progs[i].kind != BTZ_UP_SWTPM || swtpm) &&
		    (btz_up_progs[i].prog != BTZ_PROG_TA || !real) &&
		    btz_up_wanted(up, btz_up_progs[i].prog))
			rc = child_init(up, &btz_up_progs[i], err);
	if (rc == BTZ_OK && up->report_fd >= 0)
		btz_timer_set(up->report_timer, 20000);
	return rc;
}

void
btz_up_children_end(struct btz_up *up)
{
	for (size_t i = 0; i < BTZ_PROG_COUNT; i++) {
		struct btz_child *c = &up->children[i];

		if (c->prog == NULL)
			continue;
		if (c->pid != 0)
			(void)kill(-c->pid, SIGKILL);
		btz_timer_free(c->timer);
		btz_chan_free(c->control);
		btz_logpipe_free(c->log);
		if (c->conf_fd >= 0)
			(void)close(c->conf_fd);
		for (size_t k = 0; k < c->n_slots; k++)
			if (c->fds[k] >= 0)
				(void)close(c->fds[k]);
	}
	btz_timer_free(up->stop_timer);
	btz_timer_free(up->report_timer);
}
