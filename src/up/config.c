/* SPDX-License-Identifier: Apache-2.0 */
/* config.c - reading, checking and cutting up bartizan.conf; see config.h.
 * Start at btz_up_conf_load(). */
#include "up/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/home.h"
#include "wire/name.h"

struct text {
	char *p;
	size_t len, cap;
};

static void put(struct text *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->p + t->len, t->cap - t->len, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= t->cap - t->len)
		t->len = t->cap - 1; /* full: seen by put_end */
	else
		t->len += (size_t)n;
}

static enum btz_rc
put_end(const struct text *t, struct btz_err *err)
{
	if (t->len >= t->cap - 1)
		return BTZ_FAIL(err, BTZ_E_CONFIG, "configuration is too long");
	return BTZ_OK;
}

static enum btz_rc
on_app(const char *label, const void *conf, void *arg, struct btz_err *err)
{
	struct btz_up_conf *cf = arg;
	const struct btz_conf_app *app = conf;

	if (!btz_name_ok(btz_span_str(label)))
		return BTZ_FAIL(
		    err, BTZ_E_CONFIG, "[app %.70s]: not a valid name", label);
	if (cf->n_apps == BTZ_UP_APPS)
		return BTZ_FAIL(err, BTZ_E_CONFIG, "more than %d applications",
		    BTZ_UP_APPS);
	for (size_t i = 0; i < cf->n_apps; i++)
		if (strcmp(cf->apps[i].name, label) == 0 ||
		    cf->apps[i].conf.uid == app->uid)
			return BTZ_FAIL(err, BTZ_E_CONFIG,
			    "[app %s]: name or uid is given twice", label);
	cf->apps[cf->n_apps].conf = *app;
	(void)snprintf(cf->apps[cf->n_apps++].name, 64, "%s", label);
	return BTZ_OK;
}

static enum btz_rc
on_reach(const char *label, const void *conf, void *arg, struct btz_err *err)
{
	struct btz_up_conf *cf = arg;
	enum btz_rc rc;

	if (!btz_name_ok(btz_span_str(label)))
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "[reach %.70s]: not a valid name", label);
	if (cf->n_reach == BTZ_UP_REACH)
		return BTZ_FAIL(err, BTZ_E_CONFIG, "more than %d [reach ...]",
		    BTZ_UP_REACH);
	if ((rc = btz_sites_on_reach(label, conf, &cf->vpns, err)) != BTZ_OK)
		return rc;
	cf->reach[cf->n_reach].conf = *(const struct btz_conf_reach *)conf;
	(void)snprintf(cf->reach[cf->n_reach++].name, 64, "%s", label);
	return BTZ_OK;
}

/* A character of a host name as one of a name; '-' for what cannot stand
 * there. */
static char
name_char(char ch)
{
	if (ch >= 'A' && ch <= 'Z')
		return (char)(ch - 'A' + 'a');
	return (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') ? ch : '-';
}

/* The host name up to its first dot, made into a name. */
static void
host_name(char *out, size_t cap)
{
	char host[64] = "";
	size_t n = 0;

	(void)gethostname(host, sizeof(host) - 1);
	host[strcspn(host, ".")] = '\0';
	for (const char *h = host; *h != '\0' && n + 1 < cap; h++)
		if (n > 0 || name_char(*h) != '-')
			out[n++] = name_char(*h);
	while (n > 0 && out[n - 1] == '-')
		n--;
	out[n] = '\0';
	if (n == 0)
		(void)snprintf(out, cap, "box");
}

/* "NAME issuing CA 1" is a CN of at most 64, and NAME a host's in URLs. Found
 * by bartizan-ca it would be too late: the TPM knows the box by then. */
#define BOX_NAME_MAX 51u

static bool
box_name_ok(struct btz_span name)
{
	return btz_name_ok(name) && btz_domain_ok(name) &&
	       name.len <= BOX_NAME_MAX;
}

static enum btz_rc
check_box(struct btz_conf_box *b, struct btz_err *err)
{
	if (b->name[0] == '\0')
		host_name(b->name, BOX_NAME_MAX + 1);
	if (!box_name_ok(btz_span_str(b->name)))
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "[box] name '%.70s' is not a valid name", b->name);
	if (b->trust_domain[0] == '\0')
		(void)snprintf(b->trust_domain, sizeof(b->trust_domain),
		    "%.63s.bartizan.internal", b->name);
	if (!btz_domain_ok(btz_span_str(b->trust_domain)))
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "[box] trust_domain '%.120s' is not a domain name",
		    b->trust_domain);
	return BTZ_OK;
}

bool
btz_up_real_tee(const struct btz_up_conf *cf)
{
	return strcmp(cf->tee.device, "optee") == 0;
}

/* A software TPM has no maker. What the plugin of a real TEE talks to is not
 * known here: taken for a real one. */
static enum btz_rc
check_ek(struct btz_up_conf *cf, struct btz_err *err)
{
	char *how = cf->tpm.ek_required;
	const bool real = btz_up_real_tee(cf) ||
			  strncmp(cf->tpm.tcti, "device:", 7) == 0;

	if (strcmp(how, "auto") == 0)
		(void)snprintf(how, sizeof(cf->tpm.ek_required), "%s",
		    real ? "yes" : "no");
	if (strcmp(how, "yes") != 0 && strcmp(how, "no") != 0)
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "[tpm] ek_required '%.8s' is neither yes nor no nor auto",
		    how);
	if (cf->tpm.ek_chain[0] != '\0' && cf->tpm.ek_chain[0] != '/')
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "[tpm] ek_chain '%.60s' is not /PATH", cf->tpm.ek_chain);
	return BTZ_OK;
}

static enum btz_rc
check_apps(const struct btz_up_conf *cf, struct btz_err *err)
{
	for (size_t i = 0; i < cf->n_apps; i++)
		if (!btz_backends_have(&cf->backends, cf->apps[i].conf.backend))
			return BTZ_FAIL(err, BTZ_E_CONFIG,
			    "[app %s] backend '%.63s': there is no such one",
			    cf->apps[i].name, cf->apps[i].conf.backend);
	return BTZ_OK;
}

static enum btz_rc
check_values(struct btz_up_conf *cf, struct btz_err *err)
{
	const char *t = cf->tpm.tcti;
	const char *colon = strrchr(cf->https.listen, ':');
	char *end;
	long port = colon == NULL ? 0 : strtol(colon + 1, &end, 10);

	if (strcmp(t, "swtpm") != 0 && strncmp(t, "device:/", 8) != 0 &&
	    strncmp(t, "unix:/", 6) != 0)
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "[tpm] tcti '%.60s' is "
		    "neither swtpm nor device:/PATH nor unix:/PATH",
		    t);
	if (cf->tpm.ek_ca[0] != '\0' &&
	    (cf->tpm.ek_ca[0] != '/' || strcmp(t, "swtpm") != 0 ||
		btz_up_real_tee(cf)))
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "[tpm] ek_ca: only for tcti swtpm with an emulated TEE, "
		    "and an absolute path");
	if (!btz_up_real_tee(cf) && strcmp(cf->tee.device, "emulated") != 0)
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "[tee] device '%.60s' is neither emulated nor optee",
		    cf->tee.device);
	if (port < 1 || port > 65535 || *end != '\0')
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "[https] listen '%.60s' is not ADDRESS:PORT",
		    cf->https.listen);
	if (btz_backends_check_tpm(&cf->backends, err) != BTZ_OK)
		return err->rc;
	if (check_ek(cf, err) != BTZ_OK || check_apps(cf, err) != BTZ_OK)
		return err->rc;
	return check_box(&cf->box, err);
}

enum btz_rc
btz_up_conf_parse(const char *name, const char *text, struct btz_up_conf *cf,
    struct btz_err *err)
{
	const struct btz_conf_target targets[] = {
		{ &btz_conf_box, &cf->box, NULL, NULL },
		{ &btz_conf_broker, &cf->broker, NULL, NULL },
		{ &btz_conf_crypto, &cf->crypto, NULL, NULL },
		{ &btz_conf_ca, &cf->ca, NULL, NULL },
		{ &btz_conf_access, &cf->access, NULL, NULL },
		{ &btz_conf_audit, &cf->audit, NULL, NULL },
		{ &btz_conf_https, &cf->https, NULL, NULL },
		{ &btz_conf_tpm, &cf->tpm, NULL, NULL },
		{ &btz_conf_tpm_direct, &cf->backends.tpm, NULL, NULL },
		{ &btz_conf_tee, &cf->tee, NULL, NULL },
		{ &btz_conf_up, &cf->up, NULL, NULL },
		{ &btz_conf_pkcs11, NULL, btz_backends_on_token,
		    &cf->backends },
		{ &btz_conf_app, NULL, on_app, cf },
		{ &btz_conf_vpn, NULL, btz_sites_on_vpn, &cf->vpns },
		{ &btz_conf_reach, NULL, on_reach, cf },
		{ &btz_conf_parsec, &cf->parsec, NULL, NULL },
	};
	enum btz_rc rc;

	memset(cf, 0, sizeof(*cf));
	rc = btz_conf_parse(name, text, targets, BTZ_COUNT(targets), err);
	if (rc == BTZ_OK &&
	    ((rc = check_values(cf, err)) != BTZ_OK ||
		(rc = btz_sites_check(&cf->vpns, err)) != BTZ_OK))
		return btz_err_wrap(err, "%s", name);
	return rc;
}

static void
put_value(struct text *t, const struct btz_conf_key *k, const void *at)
{
	switch (k->type) {
	case BTZ_CT_TEXT:
		put(t, "%s = %s\n", k->name, (const char *)at);
		break;
	case BTZ_CT_INT:
		put(t, "%s = %lld\n", k->name, (long long)*(const int64_t *)at);
		break;
	case BTZ_CT_BOOL:
		put(t, "%s = %s\n", k->name, *(const bool *)at ? "yes" : "no");
		break;
	}
}

static void
put_section(struct text *t, const struct btz_conf_section *s, const char *label,
    const void *conf)
{
	put(t, "[%s%s%s]\n", s->name, label == NULL ? "" : " ",
	    label == NULL ? "" : label);
	for (size_t i = 0; i < s->n; i++)
		put_value(
		    t, &s->keys[i], (const char *)conf + s->keys[i].offset);
}

/* NULL: a repeated section, or not one that programs get. */
static const void *
section_of(const struct btz_up_conf *cf, const struct btz_conf_section *s)
{
	const struct {
		const struct btz_conf_section *section;
		const void *conf;
	} map[] = {
		{ &btz_conf_box, &cf->box },
		{ &btz_conf_broker, &cf->broker },
		{ &btz_conf_crypto, &cf->crypto },
		{ &btz_conf_ca, &cf->ca },
		{ &btz_conf_access, &cf->access },
		{ &btz_conf_audit, &cf->audit },
		{ &btz_conf_https, &cf->https },
		{ &btz_conf_tpm, &cf->tpm },
		{ &btz_conf_tpm_direct, &cf->backends.tpm },
		{ &btz_conf_tee, &cf->tee },
		{ &btz_conf_parsec, &cf->parsec },
	};

	for (size_t i = 0; i < BTZ_COUNT(map); i++)
		if (map[i].section == s)
			return map[i].conf;
	return NULL;
}

static bool
wants(const struct btz_up_prog *p, const char *section)
{
	if (strcmp(section, "box") == 0)
		return true;
	for (size_t i = 0; p->sections[i] != NULL; i++)
		if (strcmp(p->sections[i], section) == 0)
			return true;
	return false;
}

/* All of them for the broker; a crypto service gets its own alone. */
static void
put_tokens(struct text *t, const struct btz_up_conf *cf, enum btz_prog prog)
{
	const struct btz_token *own = btz_backends_token(&cf->backends, prog);

	for (size_t i = 0; i < cf->backends.n_tokens; i++)
		if (own == NULL || own == &cf->backends.token[i])
			put_section(t, &btz_conf_pkcs11,
			    cf->backends.token[i].name,
			    &cf->backends.token[i].conf);
}

enum btz_rc
btz_up_conf_text(const struct btz_up_conf *cf, const struct btz_up_prog *p,
    char *out, size_t cap, struct btz_err *err)
{
	struct text t = { .p = out, .cap = cap };

	out[0] = '\0';
	if (cf == NULL)
		return BTZ_FAIL(err, BTZ_E_INTERNAL, "no configuration");
	for (size_t i = 0; i < btz_conf_sections_count; i++) {
		const struct btz_conf_section *s = btz_conf_sections[i];
		const void *conf = section_of(cf, s);

		if (conf != NULL && wants(p, s->name))
			put_section(&t, s, NULL, conf);
	}
	if (wants(p, "pkcs11")) /* before [app], which names them */
		put_tokens(&t, cf, p->prog);
	if (wants(p, "app"))
		for (size_t i = 0; i < cf->n_apps; i++)
			put_section(&t, &btz_conf_app, cf->apps[i].name,
			    &cf->apps[i].conf);
	for (size_t i = 0; wants(p, "vpn") && i < cf->vpns.n; i++)
		put_section(&t, &btz_conf_vpn, cf->vpns.site[i].name,
		    &cf->vpns.site[i].conf);
	for (size_t i = 0; wants(p, "reach") && i < cf->n_reach; i++)
		put_section(
		    &t, &btz_conf_reach, cf->reach[i].name, &cf->reach[i].conf);
	return put_end(&t, err);
}

enum btz_rc
btz_up_conf_fd(const struct btz_up_conf *cf, const struct btz_up_prog *p,
    int *out, struct btz_err *err)
{
	static char text[BTZ_UP_CONF_MAX];
	enum btz_rc rc = btz_up_conf_text(cf, p, text, sizeof(text), err);
	size_t len = strlen(text);

	*out = -1;
	if (rc != BTZ_OK)
		return rc;
	*out = memfd_create("bartizan.conf", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (*out < 0 || write(*out, text, len) != (ssize_t)len ||
	    fcntl(*out, F_ADD_SEALS,
		F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) !=
		0) {
		rc = BTZ_FAIL_SYS(err, BTZ_E_IO, "configuration for %s",
		    btz_prog_name(p->prog));
		if (*out >= 0)
			(void)close(*out);
		*out = -1;
	}
	return rc;
}

static void
put_comments(struct text *t, const struct btz_conf_section *s)
{
	if (s == &btz_conf_app)
		put(t,
		    "\n; Applications that may use keys, each known by its "
		    "uid. The one that started\n; the box first:\n[app local]\n"
		    "uid = %ld\n",
		    (long)getuid());
	else if (s == &btz_conf_pkcs11)
		put(t,
		    "\n; Tokens whose keys are backends pkcs11:NAME, at most "
		    "%d:\n; [pkcs11 hsm]\n; module = /PATH.so\n",
		    BTZ_TOKENS_MAX);
	else if (s == &btz_conf_tpm_direct)
		put(t, "\n; A TPM whose keys are the backend tpm-direct:\n"
		       "[tpm-direct]\n");
	else if (s == &btz_conf_vpn)
		put(t,
		    "\n; Ways in by VPN (OpenVPN), at most %d, and what a role "
		    "reaches through one:\n; [vpn main]\n; tenant = home\n",
		    BTZ_VPNS_MAX);
	else if (s == &btz_conf_reach)
		put(t, "\n; [reach nas]\n; vpn = main\n; role = viewer\n"
		       "; to = box\n; service = tcp/8443\n");
	else
		put(t, "\n[%s]\n", s->name);
	for (size_t i = 0; i < s->n; i++)
		if (s->keys[i].def != NULL)
			put(t, "; %s\n; %s = %s\n", s->keys[i].help,
			    s->keys[i].name, s->keys[i].def);
}

enum btz_rc
btz_up_conf_default(char *out, size_t cap, struct btz_err *err)
{
	struct text t = { .p = out, .cap = cap };

	put(&t,
	    "; Bartizan: configuration of this box. See bartizan.conf(5).\n"
	    "; Each line that begins with ';' shows a default. Check changes "
	    "with\n; 'bartizan up -n'; they take effect at the next start.\n");
	for (size_t i = 0; i < btz_conf_sections_count; i++)
		put_comments(&t, btz_conf_sections[i]);
	return put_end(&t, err);
}

static enum btz_rc
write_default(const char *path, struct btz_err *err)
{
	static char text[BTZ_UP_CONF_MAX];
	enum btz_rc rc = btz_up_conf_default(text, sizeof(text), err);
	size_t len = strlen(text);
	int fd;

	if (rc != BTZ_OK)
		return rc;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "create %s", path);
	if (write(fd, text, len) != (ssize_t)len || fsync(fd) != 0)
		rc = BTZ_FAIL_SYS(err, BTZ_E_IO, "write %s", path);
	(void)close(fd);
	return rc;
}

static enum btz_rc
read_text(const char *path, char *text, size_t cap, struct btz_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return BTZ_FAIL_SYS(err,
		    errno == ENOENT ? BTZ_E_NOENT : BTZ_E_CONFIG, "open %s",
		    path);
	n = fstat(fd, &st) == 0 ? read(fd, text, cap) : -1;
	(void)close(fd);
	if (n < 0)
		return BTZ_FAIL_SYS(err, BTZ_E_CONFIG, "read %s", path);
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0 ||
	    (st.st_uid != 0 && st.st_uid != geteuid()))
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "%s may be written by "
		    "others: make it yours and run chmod go-w",
		    path);
	if ((size_t)n == cap)
		return BTZ_FAIL(err, BTZ_E_CONFIG, "%s is too long", path);
	text[n] = '\0';
	if (strlen(text) != (size_t)n)
		return BTZ_FAIL(err, BTZ_E_CONFIG, "%s has a NUL byte", path);
	return BTZ_OK;
}

enum btz_rc
btz_up_conf_load(const char *home, bool check_only, struct btz_up_conf *cf,
    struct btz_err *err)
{
	static char text[BTZ_UP_CONF_MAX];
	char path[512];
	enum btz_rc rc;

	rc = btz_home_path(home, "etc/bartizan.conf", path, sizeof(path), err);
	if (rc != BTZ_OK)
		return rc;
	rc = read_text(path, text, sizeof(text), err);
	if (rc == BTZ_E_NOENT && !check_only) {
		rc = write_default(path, err);
		if (rc == BTZ_OK)
			rc = read_text(path, text, sizeof(text), err);
	}
	return rc == BTZ_OK ? btz_up_conf_parse(path, text, cf, err) : rc;
}
