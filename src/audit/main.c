/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.c - bartizan-audit: the append-only log. Start here: start() opens the
 * newest log of the audit folder, recovers it and compares it with the last
 * signed checkpoint; when they do not fit the program does not start.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/files.h"
#include "audit/service.h"
#include "base/log.h"
#include "prim/prim.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define FIRST_LOG "0001"
#define NAME_LEN 4

static struct btz_audit_svc service = { .dir = -1 };
static char audit_path[512];

static enum btz_rc
read_boot(struct btz_audit_svc *a, struct btz_err *err)
{
	enum btz_rc rc;
	size_t n;

	rc = btz_files_read(
	    AT_FDCWD, BOOT_ID, a->boot, sizeof(a->boot) - 1, &n, err);
	if (rc != BTZ_OK)
		return rc;
	while (n > 0 && a->boot[n - 1] == '\n')
		n--;
	a->boot[n] = '\0';
	return n > 0 ? BTZ_OK
		     : BTZ_FAIL(err, BTZ_E_IO, "'%s' is empty", BOOT_ID);
}

static bool
is_log_name(const char *s)
{
	return strlen(s) == NAME_LEN && strspn(s, "0123456789") == NAME_LEN;
}

/* Logs are folders 0001, 0002 ...; the highest is written. */
static enum btz_rc
choose_log(struct btz_audit_svc *a, struct btz_err *err)
{
	DIR *d = opendir(audit_path);
	struct dirent *e;

	if (d == NULL)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "open '%s'", audit_path);
	a->log_name[0] = '\0';
	while ((e = readdir(d)) != NULL)
		if (is_log_name(e->d_name) &&
		    strcmp(e->d_name, a->log_name) > 0)
			memcpy(a->log_name, e->d_name, NAME_LEN + 1);
	(void)closedir(d);
	if (a->log_name[0] != '\0')
		return BTZ_OK;
	memcpy(a->log_name, FIRST_LOG, NAME_LEN + 1);
	return btz_files_mkdirs(a->dir, FIRST_LOG "/", err);
}

static enum btz_rc
open_folder(struct btz_audit_svc *a, struct btz_err *err)
{
	enum btz_rc rc;

	rc = btz_host_path(
	    a->host, "audit", audit_path, sizeof(audit_path), err);
	if (rc != BTZ_OK)
		return rc;
	if (mkdir(audit_path, 0700) != 0 && errno != EEXIST)
		return BTZ_FAIL_SYS(
		    err, btz_files_rc(errno), "make '%s'", audit_path);
	a->dir = open(audit_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (a->dir < 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "open '%s'", audit_path);
	return choose_log(a, err);
}

static enum btz_rc
open_log(struct btz_audit_svc *a, struct btz_err *err)
{
	struct btz_log_recovery found;
	char path[600];
	enum btz_rc rc;

	(void)snprintf(path, sizeof(path), "%s/%s", audit_path, a->log_name);
	rc = btz_log_open(path, &a->log, &found, err);
	if (rc != BTZ_OK)
		return rc;
	a->recovered_cut = found.cut;
	btz_log(found.cut == 0 ? BTZ_LOG_INFO : BTZ_LOG_WARN, 0,
	    "log %s: %llu records, %llu unfinished bytes set aside",
	    a->log_name, (unsigned long long)found.records,
	    (unsigned long long)found.cut);
	return BTZ_OK;
}

static void
end(struct btz_audit_svc *a)
{
	btz_tail_end(a);
	btz_ckpt_free(a->ckpt);
	btz_append_end(a);
	btz_log_free(a->log);
	if (a->dir >= 0)
		(void)close(a->dir);
}

static enum btz_rc
start(struct btz_host *h, struct btz_err *err)
{
	struct btz_audit_svc *a = &service;
	enum btz_rc rc;

	a->host = h;
	btz_host_set_data(h, a);
	if ((rc = read_boot(a, err)) == BTZ_OK &&
	    (rc = open_folder(a, err)) == BTZ_OK &&
	    (rc = btz_identity_load(a->dir, &a->id, err)) == BTZ_OK &&
	    (rc = open_log(a, err)) == BTZ_OK &&
	    (rc = btz_append_start(a, err)) == BTZ_OK)
		rc = btz_ckpt_new(a, err);
	if (rc != BTZ_OK)
		end(a);
	return rc;
}

static enum btz_rc
ready(struct btz_host *h, struct btz_err *err)
{
	struct btz_audit_svc *a = btz_host_data(h);
	struct btz_audit m = { .phase = BTZ_PH_EVENT,
		.via = BTZ_VIA_INTERNAL,
		.act = btz_span_str("audit.recovered"),
		.has_n = 1,
		.n = a->recovered_cut };

	(void)err;
	if (a->recovered_cut > 0)
		btz_append_own(a, &m);
	btz_ckpt_grown(a->ckpt);
	return BTZ_OK;
}

static void
stop(struct btz_host *h)
{
	btz_append_flush(btz_host_data(h));
	btz_host_exit(h, 0);
}

static void
on_edge(struct btz_host *h, enum btz_prog other, bool up)
{
	struct btz_audit_svc *a = btz_host_data(h);

	if (other == BTZ_PROG_BROKER && up)
		btz_ckpt_edge(a->ckpt);
}

static enum btz_rc
confine(struct btz_host *h, struct btz_confine *c, struct btz_err *err)
{
	(void)h;
	(void)err;
	c->read_write[0] = audit_path;
	return BTZ_OK;
}

static const enum btz_prog progs[] = { BTZ_PROG_AUDIT, BTZ_PROG_NONE };
static const struct btz_conf_target conf[] = {
	{ .section = &btz_conf_audit, .into = &service.conf },
};

int
main(int argc, char **argv)
{
	const struct btz_daemon d = {
		.name = "bartizan-audit",
		.progs = progs,
		.ops = btz_audit_ops,
		.n_ops = btz_audit_ops_count,
		.conf = conf,
		.n_conf = BTZ_COUNT(conf),
		.start = start,
		.ready = ready,
		.stop = stop,
		.on_edge = on_edge,
		.confine = confine,
	};

	return btz_daemon_main(argc, argv, &d);
}
