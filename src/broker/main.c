/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.c - bartizan-broker: front door and control plane of the KMS. Life of
 * the process here, who may ask what in dispatch.c, who may have what in
 * policy.c, the table of leases in lease.c.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "broker/lease.h"
#include "wire/name.h"
#include "wire/table.h"

static struct btz_broker broker;

static const enum btz_prog progs[] = { BTZ_PROG_BROKER, BTZ_PROG_NONE };

struct btz_broker *
btz_broker_of(struct btz_host *h)
{
	return btz_host_data(h);
}

struct btz_route *
btz_broker_route(struct btz_broker *b, struct btz_span name)
{
	for (size_t i = 0; i < b->n_routes; i++)
		if (btz_span_eq(name, btz_span_str(b->routes[i].name)))
			return &b->routes[i];
	/* The front end for Parsec has one provider for all tokens: the first. */
	for (size_t i = 0; i < b->n_routes; i++)
		if (btz_span_eq(name, btz_span_str("pkcs11")) &&
		    strncmp(b->routes[i].name, "pkcs11:", 7) == 0)
			return &b->routes[i];
	return NULL;
}

/* [app NAME]: names are checked, and no uid is two applications. */
static enum btz_rc
on_app(const char *label, const void *conf, void *arg, struct btz_err *err)
{
	static const char *const taken[] = { "admin", "ca", "audit", "vpn",
		"parsec" };
	const struct btz_conf_app *c = conf;
	struct btz_app *a = &broker.apps[broker.n_apps];

	(void)arg;
	if (broker.n_apps == BTZ_APPS_MAX)
		return BTZ_FAIL(err, BTZ_E_CONFIG, "more than %u applications",
		    BTZ_APPS_MAX);
	if (!btz_name_ok(btz_span_str(label)))
		return BTZ_FAIL(err, BTZ_E_CONFIG, "[app %s]: name", label);
	for (size_t i = 0; i < BTZ_COUNT(taken); i++)
		if (strcmp(label, taken[i]) == 0)
			return BTZ_FAIL(err, BTZ_E_CONFIG,
			    "[app %s]: name is Bartizan's own", label);
	for (size_t i = 0; i < broker.n_apps; i++)
		if (broker.apps[i].conf.uid == c->uid ||
		    strcmp(broker.apps[i].name, label) == 0)
			return BTZ_FAIL(err, BTZ_E_CONFIG,
			    "[app %s]: same name or uid as [app %s]", label,
			    broker.apps[i].name);
	if (!btz_backends_have(&broker.backends, c->backend))
		return BTZ_FAIL(err, BTZ_E_CONFIG, "[app %s]: backend '%s'",
		    label, c->backend);
	(void)snprintf(a->name, sizeof(a->name), "%s", label);
	a->conf = *c;
	broker.n_apps++;
	return BTZ_OK;
}

static struct btz_conf_box box; /* every program gets [box] */

static const struct btz_conf_target conf[] = {
	{ &btz_conf_box, &box, NULL, NULL },
	{ &btz_conf_broker, &broker.conf, NULL, NULL },
	{ &btz_conf_tpm_direct, &broker.backends.tpm, NULL, NULL },
	{ &btz_conf_pkcs11, NULL, btz_backends_on_token, &broker.backends },
	{ &btz_conf_app, NULL, on_app, NULL },
};

/* A row for each backend that the configuration has. */
static void
make_routes(struct btz_broker *b)
{
	enum btz_prog prog;

	for (size_t i = 0; (prog = btz_backends_prog(i)) != BTZ_PROG_NONE;
	     i++) {
		struct btz_route *r = &b->routes[b->n_routes];

		r->prog = prog;
		r->name = btz_backends_name(&b->backends, prog);
		if (r->name == NULL)
			continue;
		(void)snprintf(r->label, sizeof(r->label), "%s", r->name);
		b->n_routes++;
	}
}

static enum btz_rc
start(struct btz_host *h, struct btz_err *err)
{
	broker.host = h;
	btz_host_set_data(h, &broker);
	make_routes(&broker);
	broker.expiry = btz_timer_new(
	    btz_host_loop(h), btz_lease_on_expiry, &broker);
	if (broker.expiry == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "timer");
	return BTZ_OK;
}

static void
stop(struct btz_host *h)
{
	btz_broker_tell_counts(btz_host_data(h));
	btz_host_exit(h, 0);
}

/* How the backend calls itself ("tee-emulated"): second cell of its row. */
static void
on_label(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct btz_route *r = arg;
	struct btz_span cells[BTZ_TABLE_COLS_MAX];
	struct btz_table m;
	struct btz_table_rd rd;

	(void)fd;
	if (rc == BTZ_OK && btz_msg_decode(&btz_def_table, f->body, &m) &&
	    btz_table_read(&rd, &m) && rd.n_cols >= 2 &&
	    btz_table_row(&rd, cells) == 1 && cells[1].len < sizeof(r->label))
		(void)snprintf(r->label, sizeof(r->label), "%.*s",
		    (int)cells[1].len, (const char *)cells[1].p);
}

static void
on_edge(struct btz_host *h, enum btz_prog other, bool up)
{
	struct btz_list rq = { .noun = BTZ_NOUN_BACKEND };

	for (size_t i = 0; i < broker.n_routes; i++) {
		struct btz_route *r = &broker.routes[i];

		if (r->prog != other)
			continue;
		r->up = up;
		if (up)
			(void)!btz_host_ask(h, other, BTZ_OP_LIST,
			    btz_host_new_id(h), &btz_def_list, &rq, -1, 10000,
			    on_label, r);
	}
}

static enum btz_rc
confine(struct btz_host *h, struct btz_confine *c, struct btz_err *err)
{
	(void)h;
	(void)err;
	c->flags = BTZ_MAY_SOCKET;
	return BTZ_OK;
}

int
main(int argc, char **argv)
{
	const struct btz_daemon d = { .name = "bartizan-broker",
		.progs = progs,
		.ops = btz_broker_ops,
		.n_ops = btz_broker_ops_count,
		.conf = conf,
		.n_conf = BTZ_COUNT(conf),
		.start = start,
		.stop = stop,
		.on_edge = on_edge,
		.confine = confine };

	return btz_daemon_main(argc, argv, &d);
}
