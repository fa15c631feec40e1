/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.c - bartizan-ca: the mini certificate authority. Its life is that of
 * every daemon (base/daemon.h); requests start in dispatch.c.
 */
#include "ca/ca.h"

static struct btz_ca ca;
static struct btz_conf_box box; /* CA_INIT says what is frozen of it */
static char dir[512];

static enum btz_rc
start(struct btz_host *h, struct btz_err *err)
{
	char path[600];
	enum btz_rc rc;

	if ((rc = btz_host_path(h, "lib/ca", dir, sizeof(dir), err)) !=
		BTZ_OK ||
	    (rc = btz_host_path(h, "lib/ca/ca.db", path, sizeof(path), err)) !=
		BTZ_OK)
		return rc;
	return btz_ca_open(&ca, h, path, err);
}

static enum btz_rc
ready(struct btz_host *h, struct btz_err *err)
{
	(void)h;
	(void)err;
	btz_ca_ready(&ca);
	return BTZ_OK;
}

static enum btz_rc
confine(struct btz_host *h, struct btz_confine *c, struct btz_err *err)
{
	(void)h;
	(void)err;
	c->flags = BTZ_MAY_MMAP_SHARED; /* the database's WAL index */
	c->read_write[0] = dir;
	return BTZ_OK;
}

int
main(int argc, char **argv)
{
	static const enum btz_prog progs[] = { BTZ_PROG_CA, BTZ_PROG_NONE };
	static const struct btz_conf_target conf[] = {
		{ .section = &btz_conf_box, .into = &box },
		{ .section = &btz_conf_ca, .into = &ca.conf },
		{ .section = &btz_conf_https, .into = &ca.https },
		{ .section = &btz_conf_vpn,
		    .on_repeat = btz_ca_on_vpn,
		    .arg = &ca },
	};
	struct btz_daemon d = { .name = "bartizan-ca",
		.progs = progs,
		.ops = btz_ca_ops,
		.n_ops = btz_ca_ops_count,
		.conf = conf,
		.n_conf = BTZ_COUNT(conf),
		.start = start,
		.ready = ready,
		.on_edge = btz_ca_on_edge,
		.confine = confine };

	return btz_daemon_main(argc, argv, &d);
}
