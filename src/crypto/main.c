/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.c - bartizan-crypto: the cryptographic service, one process per
 * backend (--as crypto-soft, --as crypto-tee). Life of the process here, who
 * may ask what in dispatch.c, each operation in op_<verb>.c, where keys live
 * in backend/.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "crypto/batch.h"
#include "crypto/child.h"
#include "crypto/core.h"
#include "crypto/destroy.h"
#include "crypto/hot.h"
#include "crypto/keystore.h"
#include "crypto/lease.h"
#include "crypto/report.h"
#include "crypto/share.h"
#include "crypto/slow.h"
#include "crypto/uses.h"

static struct btz_core core = { .env = { .device_fd = -1 } };

static const enum btz_prog progs[] = { BTZ_PROG_CRYPTO_SOFT,
	BTZ_PROG_CRYPTO_TEE, BTZ_PROG_CRYPTO_TPM, BTZ_PROG_CRYPTO_P11_1,
	BTZ_PROG_CRYPTO_P11_2, BTZ_PROG_CRYPTO_P11_3, BTZ_PROG_CRYPTO_P11_4,
	BTZ_PROG_NONE };

/* What a program is built of, whether its device may be away (and is looked
 * after here), and where its keys lie. */
static const struct place {
	enum btz_prog prog;
	const char *backend, *device;
	const char *dir; /* below lib/; a token's: with its name behind */
} places[] = {
	{ BTZ_PROG_CRYPTO_SOFT, "soft", NULL, "crypto-soft" },
	{ BTZ_PROG_CRYPTO_TEE, "tee", "the TEE", "crypto-tee" },
	{ BTZ_PROG_CRYPTO_TPM, "tpm-direct", "the TPM", "crypto-tpm-direct" },
	{ BTZ_PROG_CRYPTO_P11_1, "pkcs11", "the token", "pkcs11-" },
	{ BTZ_PROG_CRYPTO_P11_2, "pkcs11", "the token", "pkcs11-" },
	{ BTZ_PROG_CRYPTO_P11_3, "pkcs11", "the token", "pkcs11-" },
	{ BTZ_PROG_CRYPTO_P11_4, "pkcs11", "the token", "pkcs11-" },
};

static struct btz_conf_box box; /* every program gets [box] */

static const struct btz_conf_target conf[] = {
	{ &btz_conf_box, &box, NULL, NULL },
	{ &btz_conf_crypto, &core.conf, NULL, NULL },
	{ &btz_conf_tee, &core.tee, NULL, NULL },
	{ &btz_conf_tpm, &core.tpm, NULL, NULL },
	{ &btz_conf_tpm_direct, &core.backends.tpm, NULL, NULL },
	{ &btz_conf_pkcs11, NULL, btz_backends_on_token, &core.backends },
};

static const struct place *
place_of(enum btz_prog prog)
{
	size_t i = 0;

	while (i + 1 < BTZ_COUNT(places) && places[i].prog != prog)
		i++;
	return &places[i];
}

static bool
real_tee(void)
{
	return strcmp(core.tee.device, "optee") == 0;
}

void
btz_core_close_backend(struct btz_core *c)
{
	btz_child_gone(c);
	btz_hot_clear(c->hot);
	btz_backend_free(c->be);
	c->be = NULL;
	btz_slow_gone(c->slow);
}

/* After a power cut between provisioning and our store. */
static enum btz_rc
register_identity(struct btz_core *c, struct btz_err *err)
{
	static uint8_t buf[32768];
	struct btz_provision_ok ok;
	struct btz_wr wr;
	enum btz_rc rc;

	if (c->ops->identity == NULL)
		return BTZ_OK;
	btz_wr_init(&wr, buf, sizeof(buf));
	rc = c->ops->identity(c->be->st, &wr, err);
	if (rc == BTZ_OK && btz_wr_ok(&wr) &&
	    btz_msg_decode(&btz_def_provision_ok, btz_wr_span(&wr), &ok))
		return btz_core_register(c, &ok, err);
	return BTZ_OK; /* not provisioned, or a state that STATUS shows */
}

enum btz_rc
btz_core_open_backend(struct btz_core *c, struct btz_err *err)
{
	enum btz_rc rc;

	btz_core_close_backend(c);
	rc = btz_backend_new(&c->base, &c->env, &c->be, err);
	if (rc == BTZ_OK)
		c->can = *c->be->ops;
	else
		(void)snprintf(c->why, sizeof(c->why), "%.159s", err->msg);
	return rc == BTZ_OK ? register_identity(c, err) : rc;
}

/* No edge comes (back) up for a real device. */
static void
look_after(struct btz_core *c)
{
	const bool away = c->be == NULL;
	struct btz_err err = { .rc = BTZ_OK };

	if (!away && (c->ops->lost == NULL || !c->ops->lost(c->be->st)))
		return;
	if (btz_core_open_backend(c, &err) == BTZ_OK)
		btz_log(BTZ_LOG_INFO, 0, "%s answers",
		    place_of(btz_host_prog(c->host))->device);
	else if (!away || err.rc != BTZ_E_TEE_DOWN)
		btz_log_err(0, &err); /* else said already */
}

/* Away: the service goes on, STATUS says why. */
static void
open_device(struct btz_core *c)
{
	struct btz_err err;

	c->look_after = look_after;
	c->looked = btz_boot_ms();
	if (btz_core_open_backend(c, &err) != BTZ_OK)
		btz_log_err(0, &err);
}

static enum btz_rc
open_store(struct btz_host *h, struct btz_err *err)
{
	const struct place *p = place_of(btz_host_prog(h));
	char rel[128], path[640];
	enum btz_rc rc;

	(void)snprintf(rel, sizeof(rel), "lib/%s%s", p->dir,
	    core.env.token != NULL ? core.env.token->name : "");
	rc = btz_host_path(h, rel, core.dir, sizeof(core.dir), err);
	if (rc != BTZ_OK)
		return rc;
	if (mkdir(core.dir, 0700) != 0 && access(core.dir, W_OK) != 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "directory '%s'", core.dir);
	core.env.dir = core.dir;
	(void)snprintf(
	    path, sizeof(path), "%s/keys-%s.db", core.dir, p->backend);
	return btz_keystore_open(path, &core.store, err);
}

/* A token's program has one section, its own. */
static enum btz_rc
choose_backend(struct btz_host *h, struct btz_err *err)
{
	const char *name = place_of(btz_host_prog(h))->backend;
	const struct btz_backend_ops *ops = btz_backend_by_name(name);

	if (ops == NULL)
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED,
		    "backend '%s' is not built in", name);
	core.base = *ops;
	if (strcmp(name, "pkcs11") == 0) {
		if (core.backends.n_tokens != 1)
			return BTZ_FAIL(
			    err, BTZ_E_CONFIG, "not one [pkcs11 ...]");
		core.env.token = &core.backends.token[0];
		core.base.name = core.env.token->backend;
	}
	if (btz_host_prog(h) == BTZ_PROG_CRYPTO_TPM)
		core.env.tpm = &core.backends.tpm;
	core.can = core.base;
	core.ops = &core.can;
	return BTZ_OK;
}

static enum btz_rc
start(struct btz_host *h, struct btz_err *err)
{
	enum btz_rc rc;

	core.host = h;
	btz_host_set_data(h, &core);
	if ((rc = choose_backend(h, err)) != BTZ_OK)
		return rc;
	btz_ek_conf_read(&core.ek, &core.tpm);
	if ((rc = open_store(h, err)) != BTZ_OK ||
	    (rc = btz_hot_new(&core, (size_t)core.conf.hot_keys, &core.hot,
		 err)) != BTZ_OK ||
	    (rc = btz_report_new(&core, &core.report, err)) != BTZ_OK ||
	    (rc = btz_uses_new(&core.uses, err)) != BTZ_OK ||
	    (rc = btz_slow_new(&core, &core.slow, err)) != BTZ_OK ||
	    (rc = btz_batch_new(&core, &core.batch, err)) != BTZ_OK ||
	    (rc = btz_shares_new(core.store, &core.shares, err)) != BTZ_OK ||
	    (rc = btz_doom_new(&core, &core.doom, err)) != BTZ_OK)
		return rc;
	if (core.env.token != NULL || core.env.tpm != NULL ||
	    (btz_host_prog(h) == BTZ_PROG_CRYPTO_TEE && real_tee()))
		open_device(&core);
	else if (btz_host_prog(h) == BTZ_PROG_CRYPTO_TEE)
		return BTZ_OK; /* the emulation opens when its edge is there */
	else
		rc = btz_core_open_backend(&core, err);
	btz_doom_plan(core.doom);
	return rc;
}

/* The socket to the secure world: kept open; a new one replaces it. */
static bool
raw_edge(struct btz_host *h, const struct btz_edge *edge, int fd)
{
	struct btz_err err;

	(void)h;
	if (edge->to != BTZ_PROG_TA)
		return false;
	if (real_tee()) { /* nobody is at its other end */
		(void)close(fd);
		return true;
	}
	btz_core_close_backend(&core);
	if (core.env.device_fd >= 0)
		(void)close(core.env.device_fd);
	core.env.device_fd = fd;
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (btz_core_open_backend(&core, &err) != BTZ_OK)
		btz_log_err(0, &err); /* STATUS says that it is away */
	return true;
}

static void
on_edge(struct btz_host *h, enum btz_prog other, bool up)
{
	(void)h;
	if (other == BTZ_PROG_AUDIT && up)
		btz_doom_plan(core.doom);
	if (other != BTZ_PROG_BROKER || up)
		return;
	btz_log(BTZ_LOG_WARN, 0, "broker is gone: %zu leases suspended",
	    core.n_leases);
	btz_leased_end_all(&core);
}

static void
on_gone(struct btz_host *h, uint64_t conn, void *conn_data)
{
	struct btz_leased *l = conn_data;

	(void)h;
	(void)conn;
	if (l == NULL)
		return;
	l->conn = 0;
	btz_leased_end(l);
}

static void
stop(struct btz_host *h)
{
	btz_batch_free(core.batch);
	core.batch = NULL;
	btz_leased_end_all(&core);
	btz_credits_free(&core);
	if (core.be != NULL && core.ops->stop != NULL)
		core.ops->stop(core.be->st);
	btz_core_close_backend(&core);
	core.look_after = NULL;
	btz_slow_free(core.slow);
	core.slow = NULL;
	btz_doom_free(core.doom);
	core.doom = NULL;
	btz_shares_free(core.shares);
	core.shares = NULL;
	btz_uses_free(core.uses);
	core.uses = NULL;
	btz_keystore_close(core.store);
	core.store = NULL;
	btz_host_exit(h, 0);
}

/* What lies there now; the module's own files and the PIN can be read. Unix
 * sockets: modules log by syslog, or ask a daemon (pcscd). */
static void
confine_token(struct btz_confine *c)
{
	static char paths[BTZ_TOKEN_PATHS][BTZ_CONF_TEXT];
	static char folder[BTZ_CONF_TEXT];
	const struct btz_token *t = core.env.token;
	const char *const files[] = { folder, t->conf.pin_file, t->conf.conf };
	size_t n = 0;

	(void)snprintf(folder, sizeof(folder), "%.*s",
	    (int)(strrchr(t->conf.module, '/') - t->conf.module),
	    t->conf.module);
	c->flags |= BTZ_MAY_SOCKET;
	for (size_t i = 0; i < BTZ_COUNT(files); i++)
		if (files[i][0] != '\0' && access(files[i], R_OK) == 0)
			c->read_only[n++] = files[i];
	n = 1; /* behind our own */
	for (size_t i = 0;
	     i < BTZ_TOKEN_PATHS && btz_token_path(t, i, paths[i]); i++) {
		if (access(paths[i], F_OK) == 0)
			c->read_write[n++] = paths[i];
		else
			btz_log(BTZ_LOG_WARN, 0,
			    "[pkcs11 %s] paths: %s is not there, and will not "
			    "be until a restart",
			    t->name, paths[i]);
	}
}

/* The device, or the socket: connecting again after a restart of the TPM. */
static void
confine_tpm(struct btz_confine *c)
{
	const char *device;

	if (!btz_backends_tpm_device(&core.backends, &device))
		c->flags |= BTZ_MAY_SOCKET;
	else if (access(device, F_OK) == 0) /* else after a restart */
		c->read_write[1] = device;
	else
		btz_log(BTZ_LOG_WARN, 0,
		    "[tpm-direct] %s is not there, and will not be until a "
		    "restart",
		    device);
}

static enum btz_rc
confine(struct btz_host *h, struct btz_confine *c, struct btz_err *err)
{
	(void)err;
	c->flags = BTZ_MAY_MMAP_SHARED;
	if (core.base.slow_algs != 0)
		c->flags |= core.base.generate_begin != NULL ? BTZ_MAY_THREAD
							     : BTZ_MAY_FORK;
	c->read_write[0] = core.dir;
	if (core.env.token != NULL)
		confine_token(c);
	if (core.env.tpm != NULL)
		confine_tpm(c);
	if (btz_host_prog(h) != BTZ_PROG_CRYPTO_TEE || !real_tee())
		return BTZ_OK;
	c->flags |= BTZ_MAY_TEE;
	if (access(BTZ_TEE_DEVICE, F_OK) == 0) /* else after a restart */
		c->read_write[1] = BTZ_TEE_DEVICE;
	return BTZ_OK;
}

int
main(int argc, char **argv)
{
	const struct btz_daemon d = { .name = "bartizan-crypto",
		.progs = progs,
		.ops = btz_crypto_ops,
		.n_ops = btz_crypto_ops_count,
		.conf = conf,
		.n_conf = BTZ_COUNT(conf),
		.start = start,
		.stop = stop,
		.on_edge = on_edge,
		.raw_edge = raw_edge,
		.admit = btz_core_admit,
		.on_gone = on_gone,
		.confine = confine };

	return btz_daemon_main(argc, argv, &d);
}
