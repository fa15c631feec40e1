/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mod_bartizan.c - the Apache module: directives, start of a child process,
 * and the hooks that the other files fill (map in module.h).
 */
#include "httpd/module.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <ap_mpm.h>
#include <apr_strings.h>

#include "base/home.h"

struct btz_child btz_child;
static pid_t parent;

#define AUDIT_MS 5000u
#define CA_MS 20000u

struct btz_state *
btz_mod_state(request_rec *r)
{
	return ap_get_module_config(r->request_config, &bartizan_module);
}

void
/* NOLINTNEXTLINE(readability-function-cognitive-complexity): httpd's macros */
btz_mod_log(
    request_rec *r, const struct btz_state *st, const struct btz_err *err)
{
	ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
	    "bartizan: req=%016" APR_UINT64_T_HEX_FMT " rc=%s: %s",
	    (apr_uint64_t)st->id, btz_rc_name(err->rc), err->msg);
}

static void *
conf_new(apr_pool_t *pool, server_rec *s)
{
	struct btz_mod_conf *cf = apr_pcalloc(pool, sizeof(*cf));

	(void)s;
	cf->tunnels = apr_array_make(pool, 4, sizeof(apr_ipsubnet_t *));
	return cf;
}

static const char *
set_home(cmd_parms *cmd, void *dir, const char *arg)
{
	struct btz_mod_conf *cf = ap_get_module_config(
	    cmd->server->module_config, &bartizan_module);

	(void)dir;
	cf->home_set = true;
	cf->home = strcmp(arg, "system") == 0 ? NULL : arg;
	return cf->home != NULL && arg[0] != '/'
		   ? "BartizanHome: an absolute path, or 'system'"
		   : ap_check_cmd_context(cmd, GLOBAL_ONLY);
}

static const char *
set_reads(cmd_parms *cmd, void *dir, int on)
{
	struct btz_mod_conf *cf = ap_get_module_config(
	    cmd->server->module_config, &bartizan_module);

	(void)dir;
	cf->reads_without_log = on != 0;
	return ap_check_cmd_context(cmd, GLOBAL_ONLY);
}

static const char *
add_tunnel(cmd_parms *cmd, void *dir, const char *arg)
{
	struct btz_mod_conf *cf = ap_get_module_config(
	    cmd->server->module_config, &bartizan_module);
	char *net = apr_pstrdup(cmd->pool, arg);
	char *bits = strchr(net, '/');
	apr_ipsubnet_t *sub = NULL;

	(void)dir;
	if (bits == NULL)
		return "BartizanTunnel: NETWORK/BITS";
	*bits++ = '\0';
	if (apr_ipsubnet_create(&sub, net, bits, cmd->pool) != APR_SUCCESS)
		return "BartizanTunnel: not a network";
	APR_ARRAY_PUSH(cf->tunnels, apr_ipsubnet_t *) = sub;
	return ap_check_cmd_context(cmd, GLOBAL_ONLY);
}

static const command_rec directives[] = {
	AP_INIT_TAKE1("BartizanHome", set_home, NULL, RSRC_CONF,
	    "directory of the box, or 'system'"),
	AP_INIT_FLAG("BartizanReadsWithoutLog", set_reads, NULL, RSRC_CONF,
	    "whether reads go on while the audit log is down"),
	AP_INIT_ITERATE("BartizanTunnel", add_tunnel, NULL, RSRC_CONF,
	    "networks of VPNs: who comes from there came in by vpn"),
	{ NULL },
};

static int
post_config(apr_pool_t *p, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
	struct btz_mod_conf *cf = ap_get_module_config(
	    s->module_config, &bartizan_module);

	(void)p;
	(void)plog;
	(void)ptemp;
	parent = getpid();
	if (cf->home_set)
		return OK;
	ap_log_error(
	    APLOG_MARK, APLOG_ERR, 0, s, "bartizan: BartizanHome is missing");
	return HTTP_INTERNAL_SERVER_ERROR;
}

/* A child outlives neither its parent nor, through it, the supervisor. */
static void
die_with_parent(void)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
}

static enum btz_rc
open_link(const char *home, const char *rel, uint32_t timeout_ms,
    struct btz_link **out, struct btz_err *err)
{
	char path[BTZ_PATH_MAX];
	enum btz_rc rc = btz_home_path(home, rel, path, sizeof(path), err);

	*out = NULL;
	return rc != BTZ_OK ? rc : btz_link_new(path, timeout_ms, out, err);
}

static enum btz_rc
child_open(const struct btz_mod_conf *cf, apr_pool_t *pool, struct btz_err *err)
{
	char path[BTZ_PATH_MAX];
	enum btz_rc rc;

	btz_child = (struct btz_child){
		.reads_without_log = cf->reads_without_log,
		.tunnels = cf->tunnels
	};
	if ((rc = btz_home_path(cf->home, "shares", path, sizeof(path), err)) !=
	    BTZ_OK)
		return rc;
	btz_child.shares = apr_pstrdup(pool, path);
	if ((rc = open_link(cf->home, "run/http/audit.sock", AUDIT_MS,
		 &btz_child.audit, err)) != BTZ_OK ||
	    (rc = open_link(cf->home, "run/http/ca.sock", CA_MS, &btz_child.ca,
		 err)) != BTZ_OK ||
	    (rc = btz_home_path(cf->home, "policy", path, sizeof(path), err)) !=
		BTZ_OK)
		return rc;
	return btz_policy_reader_new(path, &btz_child.reader, err);
}

/* What it opens lives as long as the process: threads may still be using it
 * when the child's pool goes. */
static void
child_init(apr_pool_t *pool, server_rec *s)
{
	struct btz_err err;

	die_with_parent();
	if (child_open(ap_get_module_config(s->module_config, &bartizan_module),
		pool, &err) == BTZ_OK)
		return;
	ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s, "bartizan: rc=%s: %s",
	    btz_rc_name(err.rc), err.msg);
	_exit(APEXIT_CHILDSICK);
}

/* A user's file must not act as a page of this origin with the certificate of
 * whoever opens it. */
static int
fixups(request_rec *r)
{
	struct btz_state *st = btz_mod_state(r);

	if (r->main != NULL || st == NULL)
		return DECLINED;
	if (st->stage == BTZ_STAGE_RESERVED) {
		r->handler = BTZ_MOD_RELAY;
		return OK;
	}
	if (st->want.effect == BTZ_EFFECT_READ) {
		apr_table_setn(
		    r->headers_out, "X-Content-Type-Options", "nosniff");
		apr_table_setn(r->headers_out, "Cross-Origin-Resource-Policy",
		    "same-origin");
		apr_table_setn(r->headers_out, "Content-Security-Policy",
		    "default-src 'none'; img-src 'self'; media-src 'self'; "
		    "style-src 'unsafe-inline'; frame-ancestors 'none'");
	}
	return DECLINED;
}

static void
optional_fns(void)
{
	btz_mod_peer_register();
}

static void
hooks(apr_pool_t *pool)
{
	(void)pool;
	ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
	ap_hook_optional_fn_retrieve(optional_fns, NULL, NULL, APR_HOOK_MIDDLE);
	ap_hook_child_init(child_init, NULL, NULL, APR_HOOK_MIDDLE);
	ap_hook_map_to_storage(
	    btz_mod_judge, NULL, NULL, APR_HOOK_REALLY_FIRST);
	ap_hook_check_access_ex(btz_mod_confirm, NULL, NULL,
	    APR_HOOK_REALLY_FIRST, AP_AUTH_INTERNAL_PER_URI);
	ap_hook_fixups(fixups, NULL, NULL, APR_HOOK_REALLY_FIRST);
	ap_hook_insert_filter(btz_mod_guard_insert, NULL, NULL, APR_HOOK_LAST);
	ap_hook_handler(btz_mod_relay, NULL, NULL, APR_HOOK_FIRST);
	ap_hook_log_transaction(btz_mod_finish, NULL, NULL, APR_HOOK_LAST);
	btz_mod_guard_register();
}

module AP_MODULE_DECLARE_DATA bartizan_module = {
	STANDARD20_MODULE_STUFF,
	.create_server_config = conf_new,
	.cmds = directives,
	.register_hooks = hooks,
};
