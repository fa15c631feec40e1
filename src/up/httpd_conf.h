/* SPDX-License-Identifier: Apache-2.0 */
/*
 * httpd_conf.h - how the supervisor runs Apache: its configuration file, the
 * directories it needs, its command line. Places are named relative to the
 * home; btz_home_path turns them into paths.
 *
 * Order: btz_httpd_dirs, then whoever has them writes BTZ_HTTPD_CERT (server
 * certificate and issuing certificate, PEM), BTZ_HTTPD_KEY (0600, owned by
 * httpd's uid) and BTZ_HTTPD_CA (issuing and root certificate, PEM: whose
 * client certificates the handshake accepts), then btz_httpd_conf_write, then
 * exec btz_httpd_argv. Signals of the parent: SIGTERM ends it at once,
 * SIGWINCH after the open requests, SIGUSR1 makes it read a new certificate.
 */
#ifndef BTZ_UP_HTTPD_CONF_H
#define BTZ_UP_HTTPD_CONF_H

#include <sys/types.h>

#include "base/conf.h"
#include "base/err.h"

#define BTZ_HTTPD_CONF "apache/httpd.conf"
#define BTZ_HTTPD_CERT "apache/server.pem"
#define BTZ_HTTPD_KEY "apache/server.key"
#define BTZ_HTTPD_CA "apache/client-ca.pem"
#define BTZ_HTTPD_PID "apache/run/httpd.pid"
#define BTZ_HTTPD_LOG "log/httpd/error.log"
#define BTZ_HTTPD_ARGV 6 /* pointers that btz_httpd_argv fills */

struct btz_httpd_conf {
	const char *home; /* absolute; NULL: the system's places */
	const struct btz_conf_https *https;
	bool reads_without_log;
	/* networks of the VPNs, "10.88.0.0/24 fd00::/64"; NULL: none */
	const char *tunnels;
	/* More "Listen ADDRESS:PORT" lines; NULL: none. */
	const char *listens;
	/* mod_bartizan.so; NULL: found by btz_home_program. */
	const char *module;
};

/* Makes apache/, apache/run/, log/httpd/ and shares/ with their modes; what
 * httpd writes into belongs to uid and gid (-1: leave as it is). Existing ones
 * are fine. */
BTZ_MUST_CHECK enum btz_rc btz_httpd_dirs(
    const char *home, uid_t uid, gid_t gid, struct btz_err *err);
/* Writes BTZ_HTTPD_CONF aside and renames it. BTZ_E_CONFIG: a value that
 * cannot stand in Apache's configuration. */
BTZ_MUST_CHECK enum btz_rc btz_httpd_conf_write(
    const struct btz_httpd_conf *cf, struct btz_err *err);
/* The command line, ended by NULL; conf_path (of BTZ_HTTPD_CONF) is borrowed.
 * argv[0] is the absolute path of the program. */
void btz_httpd_argv(const char *conf_path, const char *argv[BTZ_HTTPD_ARGV]);
/* A sanitizer build's module needs the sanitizer's library in LD_PRELOAD (and
 * ASAN_OPTIONS=detect_leaks=0); NULL in other builds. */
const char *btz_httpd_preload(void);

#endif
