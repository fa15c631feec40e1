/* SPDX-License-Identifier: Apache-2.0 */
/*
 * httpd_conf.c - Apache's configuration for a box. Start with the template;
 * "@NAME@" stands for a value of the table in value_of.
 */
#include "up/httpd_conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/home.h"
#include "up/httpd_paths.h"

#define PATH_CAP 4096

/* clang-format off */
static const char template[] =
"# Written by bartizan at every start; changes here are lost.\n"
"ServerRoot \"@APACHE@\"\n"
"DefaultRuntimeDir \"@RUN@\"\n"
"PidFile \"@PID@\"\n"
"Listen @LISTEN@\n"
"@LISTENS@"
"ServerName @NAME@\n"
"\n"
"LoadModule mpm_event_module \"@MODULES@/mod_mpm_event.so\"\n"
"LoadModule mime_module \"@MODULES@/mod_mime.so\"\n"
"LoadModule reqtimeout_module \"@MODULES@/mod_reqtimeout.so\"\n"
"LoadModule ssl_module \"@MODULES@/mod_ssl.so\"\n"
"LoadModule dav_module \"@MODULES@/mod_dav.so\"\n"
"LoadModule dav_fs_module \"@MODULES@/mod_dav_fs.so\"\n"
"LoadModule bartizan_module \"@MODULE@\"\n"
"\n"
"BartizanHome \"@HOME@\"\n"
"BartizanReadsWithoutLog @READS@\n"
"@TUNNEL@ @TUNNELS@\n"
"\n"
"# one or two children; a thread for each request under way\n"
"StartServers 1\n"
"ServerLimit 2\n"
"ThreadsPerChild 32\n"
"ThreadLimit 32\n"
"MaxRequestWorkers 64\n"
"MinSpareThreads 8\n"
"MaxSpareThreads 64\n"
"GracefulShutdownTimeout 5\n"
"\n"
"ErrorLog \"@LOG@\"\n"
"LogLevel warn ssl:error\n"
"ServerTokens Prod\n"
"ServerSignature Off\n"
"TraceEnable Off\n"
"HttpProtocolOptions Strict Require1.0\n"
"Protocols http/1.1\n"
"MergeSlashes On\n"
"AllowEncodedSlashes Off\n"
"AcceptPathInfo Off\n"
"UseCanonicalName Off\n"
"HostnameLookups Off\n"
"# files are replaced while they are read\n"
"EnableMMAP Off\n"
"\n"
"Timeout 60\n"
"KeepAlive On\n"
"KeepAliveTimeout 15\n"
"MaxKeepAliveRequests 0\n"
"RequestReadTimeout handshake=10 header=10-30,MinRate=500 body=30,MinRate=500\n"
"LimitRequestLine 8190\n"
"LimitRequestFields 64\n"
"LimitRequestFieldSize 16380\n"
"LimitRequestBody @MAX_BODY@\n"
"LimitXMLRequestBody 1048576\n"
"\n"
"SSLEngine on\n"
"SSLProtocol -all +TLSv1.2 +TLSv1.3\n"
"SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL\n"
"SSLHonorCipherOrder on\n"
"SSLCompression off\n"
"SSLInsecureRenegotiation off\n"
"# a resumed session would keep a certificate's verdict of the past\n"
"SSLSessionTickets off\n"
"SSLSessionCache none\n"
"SSLCertificateFile \"@CERT@\"\n"
"SSLCertificateKeyFile \"@KEY@\"\n"
"SSLCACertificateFile \"@CA@\"\n"
"SSLVerifyClient optional\n"
"SSLVerifyDepth 2\n"
"# the policy says what is revoked, at once\n"
"SSLCARevocationCheck none\n"
"\n"
"DocumentRoot \"@SHARES@\"\n"
"TypesConfig \"@TYPES@\"\n"
"DavLockDB \"@RUN@/dav-lock\"\n"
"DavDepthInfinity off\n"
"DavMinTimeout 60\n"
"<Directory \"/\">\n"
"\tAllowOverride None\n"
"\tOptions FollowSymLinks\n"
"</Directory>\n"
"<Directory \"@SHARES@\">\n"
"\tOptions None\n"
"</Directory>\n"
"<Location \"/\">\n"
"\tDAV On\n"
"</Location>\n"
"<LocationMatch \"^/[.](bartizan|well-known)(/|$)\">\n"
"\tLimitRequestBody 32768\n"
"</LocationMatch>\n";
/* clang-format on */

struct paths {
	char apache[PATH_CAP], run[PATH_CAP], pid[PATH_CAP], log[PATH_CAP];
	char cert[PATH_CAP], key[PATH_CAP], ca[PATH_CAP], shares[PATH_CAP];
	char conf[PATH_CAP], module[PATH_CAP];
	char name[256], max_body[24];
};

/* Absolute: Apache would look for it below its own directory. */
static enum btz_rc
find_module(const struct btz_httpd_conf *cf, char *out, struct btz_err *err)
{
	char found[PATH_CAP], *real;
	enum btz_rc rc;

	if (cf->module != NULL) {
		if (snprintf(out, PATH_CAP, "%s", cf->module) >= PATH_CAP)
			return BTZ_FAIL(
			    err, BTZ_E_TOOBIG, "path of the module");
		return BTZ_OK;
	}
	rc = btz_home_program(
	    "httpd", "mod_bartizan.so", found, sizeof(found), err);
	if (rc != BTZ_OK)
		return rc;
	real = realpath(found, NULL);
	if (real == NULL || snprintf(out, PATH_CAP, "%s", real) >= PATH_CAP)
		rc = BTZ_FAIL_SYS(err, BTZ_E_IO, "path of '%s'", found);
	free(real);
	return rc;
}

static enum btz_rc
paths_fill(
    const struct btz_httpd_conf *cf, struct paths *p, struct btz_err *err)
{
	const struct {
		const char *rel;
		char *out;
	} all[] = { { "apache", p->apache }, { "apache/run", p->run },
		{ BTZ_HTTPD_PID, p->pid }, { BTZ_HTTPD_LOG, p->log },
		{ BTZ_HTTPD_CERT, p->cert }, { BTZ_HTTPD_KEY, p->key },
		{ BTZ_HTTPD_CA, p->ca }, { "shares", p->shares },
		{ BTZ_HTTPD_CONF, p->conf } };
	enum btz_rc rc;

	for (size_t i = 0; i < BTZ_COUNT(all); i++)
		if ((rc = btz_home_path(cf->home, all[i].rel, all[i].out,
			 PATH_CAP, err)) != BTZ_OK)
			return rc;
	return find_module(cf, p->module, err);
}

static const char *
value_of(const struct btz_httpd_conf *cf, const struct paths *p,
    const char *name, size_t len)
{
	const struct {
		const char *name, *value;
	} values[] = { { "APACHE", p->apache }, { "RUN", p->run },
		{ "PID", p->pid }, { "LISTEN", cf->https->listen },
		{ "LISTENS", cf->listens != NULL ? cf->listens : "" },
		{ "NAME", p->name }, { "MODULES", BTZ_HTTPD_MODULES },
		{ "MODULE", p->module },
		{ "HOME", cf->home == NULL ? "system" : cf->home },
		{ "READS", cf->reads_without_log ? "on" : "off" },
		{ "TUNNEL", cf->tunnels != NULL ? "BartizanTunnel" : "#" },
		{ "TUNNELS", cf->tunnels != NULL ? cf->tunnels : "no VPN" },
		{ "LOG", p->log }, { "MAX_BODY", p->max_body },
		{ "CERT", p->cert }, { "KEY", p->key }, { "CA", p->ca },
		{ "SHARES", p->shares },
		{ "TYPES", access("/etc/mime.types", R_OK) == 0
			       ? "/etc/mime.types"
			       : "/dev/null" } };

	for (size_t i = 0; i < BTZ_COUNT(values); i++)
		if (strlen(values[i].name) == len &&
		    memcmp(values[i].name, name, len) == 0)
			return values[i].value;
	return NULL;
}

/* Nothing that ends a quoted word or a line, or that Apache expands. */
static bool
plain(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || strchr("\"\\$%", *s) != NULL)
			return false;
	return true;
}

/* The first of https.names; Apache wants one. */
static enum btz_rc
first_name(const char *names, char *out, size_t cap, struct btz_err *err)
{
	size_t n = strcspn(names, " ");

	if (n == 0) {
		names = "localhost";
		n = strlen(names);
	}
	if (n >= cap ||
	    strspn(names, "abcdefghijklmnopqrstuvwxyz"
			  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:") != n)
		return BTZ_FAIL(err, BTZ_E_CONFIG, "https.names: '%s'", names);
	memcpy(out, names, n);
	out[n] = '\0';
	return BTZ_OK;
}

static enum btz_rc
expand(FILE *f, const struct btz_httpd_conf *cf, const struct paths *p,
    struct btz_err *err)
{
	for (const char *s = template; *s != '\0';) {
		size_t n = strcspn(s, "@");
		const char *v;

		(void)fwrite(s, 1, n, f);
		s += n;
		if (*s == '\0')
			break;
		n = strcspn(s + 1, "@");
		v = value_of(cf, p, s + 1, n);
		if (v == NULL || (v != cf->listens && !plain(v)))
			return BTZ_FAIL(err, BTZ_E_CONFIG,
			    "%.*s cannot stand in Apache's configuration: '%s'",
			    (int)n, s + 1, v == NULL ? "" : v);
		(void)fputs(v, f);
		s += n + 2;
	}
	return BTZ_OK;
}

static enum btz_rc
write_aside(const struct btz_httpd_conf *cf, const struct paths *p,
    const char *aside, struct btz_err *err)
{
	FILE *f = fopen(aside, "we");
	enum btz_rc rc;
	bool failed;

	if (f == NULL)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "write '%s'", aside);
	rc = expand(f, cf, p, err);
	failed = ferror(f) != 0 || fchmod(fileno(f), 0644) != 0;
	if (fclose(f) != 0 || failed) {
		if (rc == BTZ_OK)
			rc = BTZ_FAIL_SYS(err, BTZ_E_IO, "write '%s'", aside);
	}
	return rc;
}

static bool
listen_ok(const char *s)
{
	return s[0] != '\0' && strchr(s, ':') != NULL &&
	       s[strspn(s,
		   "0123456789abcdefABCDEFghijklmnopqrstuvwxyz.:[]-*")] == '\0';
}

enum btz_rc
btz_httpd_conf_write(const struct btz_httpd_conf *cf, struct btz_err *err)
{
	struct paths p;
	char aside[PATH_CAP + 8];
	enum btz_rc rc;

	if (!listen_ok(cf->https->listen))
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "https.listen: '%s' is not address:port",
		    cf->https->listen);
	if ((rc = paths_fill(cf, &p, err)) != BTZ_OK ||
	    (rc = first_name(cf->https->names, p.name, sizeof(p.name), err)) !=
		BTZ_OK)
		return rc;
	(void)snprintf(p.max_body, sizeof(p.max_body), "%lld",
	    (long long)cf->https->max_body);
	(void)snprintf(aside, sizeof(aside), "%s.new", p.conf);
	rc = write_aside(cf, &p, aside, err);
	if (rc == BTZ_OK && rename(aside, p.conf) != 0)
		rc = BTZ_FAIL_SYS(err, BTZ_E_IO, "rename to '%s'", p.conf);
	if (rc != BTZ_OK)
		(void)unlink(aside);
	return rc;
}

static enum btz_rc
make_dir(const char *path, mode_t mode, bool owned, uid_t uid, gid_t gid,
    struct btz_err *err)
{
	enum btz_rc rc = BTZ_OK;
	int fd;

	if (mkdir(path, mode) != 0 && errno != EEXIST)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "make '%s'", path);
	/* a link in its place is not followed: it may lead anywhere */
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchmod(fd, mode) != 0)
		rc = BTZ_FAIL_SYS(err, BTZ_E_IO, "mode of '%s'", path);
	else if (owned && (uid != (uid_t)-1 || gid != (gid_t)-1) &&
		 fchown(fd, uid, gid) != 0)
		rc = BTZ_FAIL_SYS(err, BTZ_E_IO, "owner of '%s'", path);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

enum btz_rc
btz_httpd_dirs(const char *home, uid_t uid, gid_t gid, struct btz_err *err)
{
	static const struct {
		const char *rel;
		mode_t mode;
		bool owned; /* by httpd, which writes there */
	} dirs[] = { { "apache", 0711, false }, { "apache/run", 0700, true },
		{ "log", 0711, false }, { "log/httpd", 0700, true },
		{ "shares", 0700, true } };
	char path[PATH_CAP];
	enum btz_rc rc;

	for (size_t i = 0; i < BTZ_COUNT(dirs); i++)
		if ((rc = btz_home_path(home, dirs[i].rel, path, sizeof(path),
			 err)) != BTZ_OK ||
		    (rc = make_dir(path, dirs[i].mode, dirs[i].owned, uid, gid,
			 err)) != BTZ_OK)
			return rc;
	return BTZ_OK;
}

void
btz_httpd_argv(const char *conf_path, const char *argv[BTZ_HTTPD_ARGV])
{
	argv[0] = BTZ_HTTPD_PROGRAM;
	argv[1] = "-f";
	argv[2] = conf_path;
	argv[3] = "-DFOREGROUND";
	argv[4] = NULL;
	argv[5] = NULL;
}

const char *
btz_httpd_preload(void)
{
	return BTZ_HTTPD_PRELOAD[0] == '\0' ? NULL : BTZ_HTTPD_PRELOAD;
}
