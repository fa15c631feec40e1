/* SPDX-License-Identifier: Apache-2.0 */
/*
 * daemon.c - the life of a process in order: options, configuration, open
 * everything, confine, loop. Contract in daemon.h; start at run().
 */
#include "base/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/host.h"
#include "base/log.h"
#include "wire/msg_edge.h"

#define CONF_MAX 65536

struct options {
	const char *as, *home;
	bool check_only, help;
};

static void
usage(FILE *to, const struct btz_daemon *d)
{
	(void)fprintf(to,
	    "usage: %s --as NAME [--home DIR] [-n]\n"
	    "Started by 'bartizan up', which gives it its descriptors.\n"
	    "  --as NAME   which program this is:",
	    d->name);
	for (const enum btz_prog *p = d->progs; *p != BTZ_PROG_NONE; p++)
		(void)fprintf(to, " %s", btz_prog_name(*p));
	(void)fprintf(to,
	    "\n  --home DIR  directory of the box\n"
	    "  -n          check the configuration on fd 4 and exit\n");
	for (const char *const *l = d->usage; l != NULL && *l != NULL; l++)
		(void)fprintf(to, "  %s\n", *l);
}

static bool
take_option(const struct btz_daemon *d, struct options *o, const char *name,
    const char *value, int *used)
{
	*used = 1;
	if (strcmp(name, "-n") == 0)
		return o->check_only = true;
	if (strcmp(name, "--help") == 0)
		return o->help = true;
	*used = 2;
	if (strcmp(name, "--as") == 0 && value != NULL)
		return (o->as = value) != NULL;
	if (strcmp(name, "--home") == 0 && value != NULL)
		return (o->home = value) != NULL;
	return d->option != NULL && d->option(name, value);
}

static enum btz_rc
parse_options(int argc, char **argv, const struct btz_daemon *d,
    struct options *o, struct btz_err *err)
{
	*o = (struct options){ .home = getenv("BARTIZAN_HOME") };
	for (int i = 1, used; i < argc; i += used)
		if (!take_option(d, o, argv[i],
			i + 1 < argc ? argv[i + 1] : NULL, &used))
			return BTZ_FAIL(
			    err, BTZ_E_USAGE, "option '%s'", argv[i]);
	return BTZ_OK;
}

static enum btz_rc
choose_prog(struct btz_host *h, const char *as, struct btz_err *err)
{
	if (as == NULL && h->d->progs[1] == BTZ_PROG_NONE)
		h->prog = h->d->progs[0];
	for (const enum btz_prog *p = h->d->progs; *p != BTZ_PROG_NONE; p++)
		if (as != NULL && strcmp(btz_prog_name(*p), as) == 0)
			h->prog = *p;
	if (h->prog == BTZ_PROG_NONE)
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "--as '%s' is not of this "
		    "program",
		    as == NULL ? "" : as);
	return BTZ_OK;
}

/* Every program gets [box], whether it looks at it or not. */
static enum btz_rc
parse_config(const struct btz_daemon *d, const char *text, struct btz_err *err)
{
	struct btz_conf_target targets[16];
	struct btz_conf_box box;
	size_t n = d->n_conf;

	if (n >= BTZ_COUNT(targets))
		return BTZ_FAIL(err, BTZ_E_INTERNAL, "too many sections");
	if (n > 0)
		memcpy(targets, d->conf, n * sizeof(targets[0]));
	for (size_t i = 0; i < n; i++)
		if (targets[i].section == &btz_conf_box)
			return btz_conf_parse(
			    "bartizan.conf", text, targets, n, err);
	targets[n++] = (struct btz_conf_target){ .section = &btz_conf_box,
		.into = &box };
	return btz_conf_parse("bartizan.conf", text, targets, n, err);
}

/* The configuration is a memfd: read it whole. Absent: defaults. */
static enum btz_rc
read_config(const struct btz_daemon *d, struct btz_err *err)
{
	static char text[CONF_MAX];
	ssize_t n = pread(BTZ_FD_CONFIG, text, sizeof(text) - 1, 0);

	if (n < 0 && errno != EBADF && errno != ESPIPE)
		return BTZ_FAIL_SYS(err, BTZ_E_CONFIG, "configuration");
	text[n < 0 ? 0 : n] = '\0';
	if (n >= 0)
		(void)close(BTZ_FD_CONFIG);
	return parse_config(d, text, err);
}

static void
on_control(struct btz_chan *ch, const struct btz_frame *f, int fd,
    const struct btz_peer *peer, void *arg)
{
	struct btz_host *h = arg;
	struct btz_edge_end m;
	struct btz_err err;

	(void)ch;
	(void)peer;
	if (f->op == BTZ_OP_CHILD_STOP) {
		if (h->d->stop != NULL)
			h->d->stop(h);
		else
			btz_host_exit(h, 0);
	} else if (f->op == BTZ_OP_EDGE && fd >= 0 &&
		   btz_msg_decode(&btz_def_edge_end, f->body, &m) &&
		   m.slot < h->n_slots && h->slots[m.slot].edge != NULL) {
		const struct btz_edge *e = h->slots[m.slot].edge;

		if (h->d->raw_edge != NULL && h->d->raw_edge(h, e, fd))
			return;
		if (btz_host_open_edge(h, m.slot, fd, &err) != BTZ_OK)
			btz_log_err(f->id, &err);
		return;
	}
	if (fd >= 0)
		(void)close(fd);
}

/* The supervisor is gone: so are we (PDEATHSIG says the same). */
static void
on_control_close(struct btz_chan *ch, void *arg)
{
	struct btz_host *h = arg;

	(void)ch;
	h->control = NULL;
	btz_host_exit(h, 0);
}

static const struct btz_chan_ops control_ops = { on_control, on_control_close };

static enum btz_rc
open_control(struct btz_host *h, struct btz_err *err)
{
	struct stat st;

	if (fstat(BTZ_FD_CONTROL, &st) != 0 || !S_ISSOCK(st.st_mode))
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "descriptor 3 is not a control socket: started by "
		    "'bartizan up' only");
	(void)fcntl(BTZ_FD_CONTROL, F_SETFD, FD_CLOEXEC);
	return btz_chan_new(
	    h->loop, BTZ_FD_CONTROL, 0, &control_ops, h, &h->control, err);
}

static void
on_term(int signo, void *arg)
{
	struct btz_host *h = arg;

	(void)signo;
	if (h->d->stop != NULL)
		h->d->stop(h);
	else
		btz_host_exit(h, 0);
}

static enum btz_rc
open_signals(struct btz_host *h, struct btz_err *err)
{
	enum btz_rc rc;

	(void)signal(SIGPIPE, SIG_IGN);
	rc = btz_loop_signal(h->loop, SIGTERM, on_term, h, err);
	if (rc == BTZ_OK)
		rc = btz_loop_signal(h->loop, SIGINT, on_term, h, err);
	return rc;
}

static enum btz_rc
confine(struct btz_host *h, struct btz_err *err)
{
	struct btz_confine c = { .flags = 0 };
	enum btz_rc rc = BTZ_OK;

	if (h->d->confine != NULL)
		rc = h->d->confine(h, &c, err);
	return rc == BTZ_OK ? btz_confine_apply(&c, err) : rc;
}

enum btz_rc
btz_host_tell_up(struct btz_host *h, uint16_t op, const struct btz_msgdef *def,
    const void *msg)
{
	if (h->control == NULL)
		return BTZ_E_DOWN;
	return btz_chan_send(h->control,
	    &(struct btz_frame){ .flags = BTZ_FRAME_EVENT, .op = op }, def, msg,
	    -1);
}

static enum btz_rc
say_ready(struct btz_host *h, struct btz_err *err)
{
	enum btz_rc rc = BTZ_OK;

	if (h->d->ready != NULL)
		rc = h->d->ready(h, err);
	if (rc != BTZ_OK)
		return rc;
	rc = btz_host_tell_up(h, BTZ_OP_READY, NULL, NULL);
	return rc == BTZ_OK ? BTZ_OK
			    : BTZ_FAIL(err, rc, "supervisor does not listen");
}

void
btz_host_end(struct btz_host *h)
{
	while (h->conns != NULL)
		btz_host_remove(h->conns);
	for (size_t i = 0; i < h->n_listeners; i++) {
		btz_watch_free(h->listeners[i].watch);
		(void)close(h->listeners[i].fd);
	}
	btz_chan_free(h->control);
	btz_loop_free(h->loop);
}

static enum btz_rc
run(struct btz_host *h, const struct options *o, struct btz_err *err)
{
	enum btz_rc rc;

	if (o->home != NULL)
		(void)snprintf(h->home, sizeof(h->home), "%s", o->home);
	if ((rc = choose_prog(h, o->as, err)) != BTZ_OK ||
	    (rc = read_config(h->d, err)) != BTZ_OK || o->check_only)
		return rc;
	btz_log_init(btz_prog_name(h->prog), BTZ_LOG_INFO);
	if ((rc = btz_loop_new(&h->loop, err)) != BTZ_OK)
		return rc;
	if ((rc = open_control(h, err)) != BTZ_OK ||
	    (rc = open_signals(h, err)) != BTZ_OK ||
	    (h->d->start != NULL && (rc = h->d->start(h, err)) != BTZ_OK) ||
	    (rc = btz_host_open_slots(h, err)) != BTZ_OK ||
	    (rc = confine(h, err)) != BTZ_OK ||
	    (rc = say_ready(h, err)) != BTZ_OK)
		goto out;
	rc = btz_loop_run(h->loop, err); /* untrusted input from here */
out:
	btz_host_end(h);
	return rc;
}

int
btz_daemon_main(int argc, char **argv, const struct btz_daemon *d)
{
	struct btz_host h = { .d = d };
	struct options o;
	struct btz_err err = { .rc = BTZ_OK };
	enum btz_rc rc;

	btz_log_init(d->name, BTZ_LOG_INFO);
	rc = parse_options(argc, argv, d, &o, &err);
	if (rc == BTZ_OK && o.help) {
		usage(stdout, d);
		return 0;
	}
	if (rc == BTZ_OK)
		rc = run(&h, &o, &err);
	if (rc == BTZ_E_USAGE)
		usage(stderr, d);
	if (rc != BTZ_OK)
		btz_log_err(0, &err);
	return rc == BTZ_OK ? h.status : btz_rc_exit(rc);
}

enum btz_rc
btz_host_path(const struct btz_host *h, const char *rel, char *out, size_t cap,
    struct btz_err *err)
{
	int n = snprintf(out, cap, "%s/%s", h->home, rel);

	if (n < 0 || (size_t)n >= cap)
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "path '%s'", rel);
	return BTZ_OK;
}
