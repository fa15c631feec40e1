/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.c - bartizan-ta-emulated: the trusted application as a process of its
 * own, standing in for the secure world ("tee-emulated"). Life of the process:
 * base/daemon.h; its edge carries TEEC_* calls, not frames (teec_wire.h).
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tee_internal_api.h>

#include "base/daemon.h"
#include "base/log.h"
#include "hostkit.h"

#define CONNS 4

struct conn {
	struct btz_hostkit_conn *c;
	struct btz_watch *watch;
};

static struct {
	struct btz_conf_tpm tpm;
	char dir[512];
	struct conn conns[CONNS];
} ta;

static void
drop(struct conn *c)
{
	btz_watch_free(c->watch);
	btz_hostkit_conn_free(c->c);
	memset(c, 0, sizeof(*c));
}

static void
on_call(unsigned events, void *arg)
{
	struct conn *c = arg;

	(void)events;
	if (!btz_hostkit_conn_serve(c->c))
		drop(c);
}

/* The newest end replaces the oldest when all places are taken. */
static struct conn *
place(void)
{
	for (size_t i = 0; i < CONNS; i++)
		if (ta.conns[i].c == NULL)
			return &ta.conns[i];
	drop(&ta.conns[0]);
	return &ta.conns[0];
}

static bool
raw_edge(struct btz_host *h, const struct btz_edge *edge, int fd)
{
	struct conn *c;

	if (edge->to != BTZ_PROG_TA)
		return false;
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	c = place();
	c->c = btz_hostkit_conn_new(fd);
	if (c->c != NULL)
		c->watch = btz_watch_new(
		    btz_host_loop(h), fd, BTZ_EV_READ, on_call, c);
	if (c->watch == NULL) {
		btz_log(BTZ_LOG_ERROR, 0, "no memory for a connection");
		if (c->c == NULL)
			(void)close(fd);
		drop(c);
	}
	return true;
}

static enum btz_rc
start(struct btz_host *h, struct btz_err *err)
{
	struct btz_hostkit_conf conf = {
		.dir = ta.dir, .tpm = ta.tpm.tcti, .exclusive = ta.tpm.exclusive,
		.split = true
	};
	enum btz_rc rc;

	if (ta.dir[0] == '\0' && (rc = btz_host_path(h, "tee", ta.dir,
				      sizeof(ta.dir), err)) != BTZ_OK)
		return rc;
	if (mkdir(ta.dir, 0700) != 0 && access(ta.dir, W_OK | X_OK) != 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "storage %s", ta.dir);
	if (!btz_hostkit_open(&conf))
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "storage %s or TPM '%s' cannot be used", ta.dir,
		    ta.tpm.tcti);
	if (TA_CreateEntryPoint() != TEE_SUCCESS)
		return BTZ_FAIL(err, BTZ_E_INTERNAL, "TA_CreateEntryPoint");
	btz_log(BTZ_LOG_WARN, 0,
	    "tee-emulated: no hardware protects the keys of this box");
	return BTZ_OK;
}

static enum btz_rc
confine(struct btz_host *h, struct btz_confine *c, struct btz_err *err)
{
	static char tpm[BTZ_CONF_TEXT + 1];
	char *slash;

	(void)h;
	(void)err;
	c->flags = BTZ_MAY_SOCKET; /* the TPM may come and go */
	c->read_write[0] = ta.dir;
	(void)snprintf(tpm, sizeof(tpm), "%s", strchr(ta.tpm.tcti, ':') + 1);
	if (strncmp(ta.tpm.tcti, "unix:", 5) == 0 &&
	    (slash = strrchr(tpm, '/')) != NULL && slash != tpm)
		*slash = '\0';
	if (access(tpm, F_OK) == 0)
		c->read_write[1] = tpm;
	return BTZ_OK;
}

static void
stop(struct btz_host *h)
{
	for (size_t i = 0; i < CONNS; i++)
		if (ta.conns[i].c != NULL)
			drop(&ta.conns[i]);
	TA_DestroyEntryPoint();
	btz_hostkit_close();
	btz_host_exit(h, 0);
}

static bool
option(const char *name, const char *value)
{
	if (strcmp(name, "--dir") != 0 || value == NULL ||
	    strlen(value) >= sizeof(ta.dir))
		return false;
	(void)snprintf(ta.dir, sizeof(ta.dir), "%s", value);
	return true;
}

int
main(int argc, char **argv)
{
	static const enum btz_prog progs[] = { BTZ_PROG_TA, BTZ_PROG_NONE };
	static const char *const usage[] = {
		"--dir DIR   storage, default <home>/tee", NULL
	};
	static const struct btz_conf_target conf[] = {
		{ .section = &btz_conf_tpm, .into = &ta.tpm },
	};
	const struct btz_daemon d = { .name = "bartizan-ta-emulated",
		.progs = progs,
		.conf = conf,
		.n_conf = BTZ_COUNT(conf),
		.usage = usage,
		.option = option,
		.start = start,
		.stop = stop,
		.raw_edge = raw_edge,
		.confine = confine };

	return btz_daemon_main(argc, argv, &d);
}
