/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.c - bartizan-vpn: lets clients of OpenVPN in by certificate and role,
 * signs for its servers through the KMS, cuts off what is not allowed any
 * more. Its life is that of every daemon (base/daemon.h); read vpn.h next.
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "vpn/vpn.h"

static struct btz_vpnd vpnd;
static struct btz_conf_box box;

static void
on_timer(void *arg)
{
	struct btz_site *s = arg;

	if (s->state == BTZ_SITE_SETUP)
		btz_setup_start(s);
	else
		btz_link_start(s);
}

static enum btz_rc
open_site(struct btz_vpnd *d, size_t i, struct btz_err *err)
{
	struct btz_site *s = &d->sites[i];

	s->d = d;
	s->index = (uint32_t)i;
	s->conf = &d->conf.site[i];
	s->vpn = btz_site_vpn(s->conf);
	s->fd = -1;
	(void)snprintf(s->why, sizeof(s->why), "starting");
	s->timer = btz_timer_new(btz_host_loop(d->host), on_timer, s);
	s->look = btz_timer_new(btz_host_loop(d->host), btz_link_look, s);
	s->renew = btz_timer_new(btz_host_loop(d->host), btz_setup_look, s);
	if (s->timer == NULL || s->renew == NULL || s->look == NULL ||
	    !btz_site_pool(s->conf, &s->pool))
		return BTZ_FAIL(err, BTZ_E_NOMEM, "%s", s->conf->name);
	return BTZ_OK;
}

static void
on_keeper_gone(void *arg)
{
	struct btz_vpnd *d = arg;

	btz_log(BTZ_LOG_ERROR, 0, "the keeper of the network rules died");
	btz_host_exit(d->host, 1); /* OpenVPN drops all; we begin anew */
}

/* The keeper has them from here on. */
static enum btz_rc
drop_rights(struct btz_err *err)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	const struct __user_cap_data_struct none[2] = { { 0 }, { 0 } };

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 ||
	    syscall(SYS_capset, &head, none) != 0)
		return BTZ_FAIL_SYS(err, BTZ_E_INTERNAL, "rights");
	return BTZ_OK;
}

static enum btz_rc
open_paths(struct btz_vpnd *d, struct btz_err *err)
{
	enum btz_rc rc = btz_host_path(
	    d->host, "lib/vpn", d->lib, sizeof(d->lib), err);

	if (rc == BTZ_OK)
		rc = btz_host_path(
		    d->host, "run/vpn", d->run, sizeof(d->run), err);
	return rc == BTZ_OK ? btz_host_path(d->host, "policy", d->policy,
				  sizeof(d->policy), err)
			    : rc;
}

/* Whom run/vpn belongs to is OpenVPN: it makes its sockets there. */
static enum btz_rc
open_keeper(struct btz_vpnd *d, struct btz_err *err)
{
	struct stat st;
	enum btz_rc rc;

	if (stat(d->run, &st) != 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "%s", d->run);
	rc = btz_keeper_start(btz_host_loop(d->host), &d->conf, st.st_uid,
	    on_keeper_gone, d, &d->keeper, err);
	return rc == BTZ_OK ? drop_rights(err) : rc;
}

static enum btz_rc
start(struct btz_host *h, struct btz_err *err)
{
	struct btz_vpnd *d = &vpnd;
	enum btz_rc rc;

	d->host = h;
	d->notify = -1;
	d->n_sites = d->conf.n;
	btz_host_set_data(h, d);
	if ((rc = open_paths(d, err)) != BTZ_OK ||
	    (rc = open_keeper(d, err)) != BTZ_OK ||
	    (rc = btz_policy_reader_new(d->policy, &d->reader, err)) !=
		BTZ_OK ||
	    (rc = btz_news_start(d, err)) != BTZ_OK)
		return rc;
	for (size_t i = 0; rc == BTZ_OK && i < d->n_sites; i++)
		rc = open_site(d, i, err);
	return rc == BTZ_OK ? btz_signer_new(h, "tee", &d->signer, err) : rc;
}

static enum btz_rc
ready(struct btz_host *h, struct btz_err *err)
{
	struct btz_vpnd *d = btz_host_data(h);

	(void)err;
	for (size_t i = 0; i < d->n_sites; i++)
		btz_setup_start(&d->sites[i]);
	return BTZ_OK;
}

static void
stop(struct btz_host *h)
{
	struct btz_vpnd *d = btz_host_data(h);

	for (size_t i = 0; i < d->n_sites; i++)
		btz_link_close(&d->sites[i], "the box is being stopped");
	btz_keeper_stop(d->keeper);
	d->keeper = NULL;
	btz_host_exit(h, 0);
}

static enum btz_rc
confine(struct btz_host *h, struct btz_confine *c, struct btz_err *err)
{
	struct btz_vpnd *d = btz_host_data(h);

	(void)err;
	/* sockets: OpenVPN's; the shared mapping is policy/current */
	c->flags = BTZ_MAY_SOCKET | BTZ_MAY_MMAP_SHARED;
	c->read_write[0] = d->lib;
	c->read_only[0] = d->policy;
	return BTZ_OK;
}

int
main(int argc, char **argv)
{
	static const enum btz_prog progs[] = { BTZ_PROG_VPN, BTZ_PROG_NONE };
	static const struct btz_conf_target conf[] = {
		{ .section = &btz_conf_box, .into = &box },
		{ .section = &btz_conf_https, .into = &vpnd.https },
		{ .section = &btz_conf_vpn,
		    .on_repeat = btz_sites_on_vpn,
		    .arg = &vpnd.conf },
		{ .section = &btz_conf_reach,
		    .on_repeat = btz_sites_on_reach,
		    .arg = &vpnd.conf },
	};
	struct btz_daemon d = { .name = "bartizan-vpn",
		.progs = progs,
		.ops = btz_vpn_ops,
		.n_ops = btz_vpn_ops_count,
		.conf = conf,
		.n_conf = BTZ_COUNT(conf),
		.start = start,
		.ready = ready,
		.stop = stop,
		.confine = confine };

	return btz_daemon_main(argc, argv, &d);
}
