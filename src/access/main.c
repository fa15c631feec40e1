/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.c - life of bartizan-access: owner of tenants, users, devices, credentials,
 * roles, grants, shares and invites. Read access.h next.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access/access.h"
#include "base/log.h"

#define RETRY_MS 1000

static struct btz_access access_;
static struct btz_conf_access conf;
static char db_dir[512], policy_path[512];

static void
on_retry(void *arg)
{
	struct btz_access *a = arg;
	struct btz_err err;

	a->now = btz_unix_now();
	if (btz_publish_repair(a, &err) == BTZ_OK) {
		btz_log(BTZ_LOG_INFO, 0, "policy is published now");
		return;
	}
	btz_log_err(0, &err);
	btz_timer_set(a->retry, RETRY_MS);
}

static enum btz_rc
open_policy(struct btz_access *a, struct btz_err *err)
{
	a->policy_dir = open(policy_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (a->policy_dir < 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "%s", policy_path);
	return btz_policy_reader_new(policy_path, &a->reader, err);
}

/* What a crash left between transaction and publication is made good. */
static enum btz_rc
catch_up(struct btz_access *a, struct btz_err *err)
{
	enum btz_rc rc;

	a->now = btz_unix_now();
	rc = btz_publish_repair(a, err);
	if (rc == BTZ_OK || rc == BTZ_E_UNPROVISIONED)
		return BTZ_OK;
	if (rc == BTZ_E_CORRUPT || rc == BTZ_E_INTERNAL)
		return rc;
	btz_log_err(0, err); /* disk full and the like: try on */
	btz_timer_set(a->retry, RETRY_MS);
	return BTZ_OK;
}

static enum btz_rc
start(struct btz_host *h, struct btz_err *err)
{
	struct btz_access *a = &access_;
	char path[600];
	enum btz_rc rc;

	*a = (struct btz_access){
		.host = h, .policy_dir = -1, .invite_hours = conf.invite_hours
	};
	btz_host_set_data(h, a);
	if ((rc = btz_host_path(
		 h, "lib/access", db_dir, sizeof(db_dir), err)) != BTZ_OK ||
	    (rc = btz_host_path(
		 h, "policy", policy_path, sizeof(policy_path), err)) != BTZ_OK)
		return rc;
	(void)snprintf(path, sizeof(path), "%s/access.db", db_dir);
	a->retry = btz_timer_new(btz_host_loop(h), on_retry, a);
	a->passwd = fopen("/etc/passwd", "re");
	if (a->retry == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "timer");
	if ((rc = btz_store_open(path, &a->db, err)) != BTZ_OK ||
	    (rc = open_policy(a, err)) != BTZ_OK)
		return rc;
	return catch_up(a, err);
}

static enum btz_rc
confine(struct btz_host *h, struct btz_confine *c, struct btz_err *err)
{
	(void)h;
	(void)err;
	c->flags = BTZ_MAY_MMAP_SHARED;
	c->read_write[0] = db_dir;
	c->read_write[1] = policy_path;
	return BTZ_OK;
}

static const enum btz_prog progs[] = { BTZ_PROG_ACCESS, BTZ_PROG_NONE };
static const struct btz_conf_target targets[] = {
	{ .section = &btz_conf_access, .into = &conf },
};

int
btz_access_main(int argc, char **argv)
{
	struct btz_daemon d = { .name = "bartizan-access",
		.progs = progs,
		.ops = btz_access_ops,
		.n_ops = btz_access_ops_count,
		.conf = targets,
		.n_conf = BTZ_COUNT(targets),
		.start = start,
		.confine = confine };
	int status = btz_daemon_main(argc, argv, &d);
	struct btz_access *a = &access_;

	btz_policy_reader_free(a->reader);
	btz_db_close(a->db);
	if (a->passwd != NULL)
		(void)fclose(a->passwd);
	if (a->policy_dir > 0)
		(void)close(a->policy_dir);
	return status;
}
