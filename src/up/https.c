/* SPDX-License-Identifier: Apache-2.0 */
/*
 * https.c - Apache's certificate: made by a helper program under httpd's uid
 * (the supervisor never sees a key), renewed when less than a third of its
 * lifetime is left. The helper gets a connection to ca's administration that
 * was opened by us, and nothing else.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/home.h"
#include "base/log.h"
#include "base/sock.h"
#include "up/httpd_conf.h"
#include "up/up.h"

#define RETRY_MS 60000u
#define LOOK_MS 3600000u /* the clock may be set: look once an hour */

struct btz_up_https {
	struct btz_up *up;
	struct btz_timer *timer;
	pid_t pid; /* of the helper, 0: none */
	void (*done)(enum btz_rc rc, void *arg);
	void *arg;
	char conf[512]; /* path of Apache's configuration */
	char module[512];
	const char *argv[BTZ_HTTPD_ARGV];
	char tunnels[BTZ_VPNS_MAX * 80]; /* networks, for the module */
	char listens[BTZ_VPNS_MAX * 160];
};

bool
btz_up_https_have_cert(const struct btz_up *up)
{
	struct btz_err err;
	char path[512];

	return btz_up_path(up, BTZ_HTTPD_CERT, path, sizeof(path), &err) ==
		   BTZ_OK &&
	       access(path, F_OK) == 0;
}

/* As Apache would: with SO_REUSEADDR only a listener is in the way. */
static enum btz_rc
try_listen(
    const struct addrinfo *ai, const char *listen_on, struct btz_err *err)
{
	int fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC, 0);
	enum btz_rc rc = BTZ_OK;
	int on = 1;

	if (fd < 0)
		return BTZ_OK; /* Apache will say what is wrong */
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if ((bind(fd, ai->ai_addr, ai->ai_addrlen) != 0 ||
		listen(fd, 1) != 0) &&
	    errno == EADDRINUSE)
		rc = BTZ_FAIL(
		    err, BTZ_E_ADDR_TAKEN, "[https] listen = %.80s", listen_on);
	(void)close(fd);
	return rc;
}

enum btz_rc
btz_up_https_free_address(const struct btz_up *up, struct btz_err *err)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV };
	const char *on = up->conf.https.listen, *colon = strrchr(on, ':');
	struct addrinfo *list;
	char host[256];
	enum btz_rc rc;
	size_t n;

	if (colon == NULL)
		return BTZ_OK;
	if (on[0] == '[')
		on++;
	n = (size_t)(colon - on);
	if (n > 0 && on[n - 1] == ']')
		n--;
	(void)snprintf(host, sizeof(host), "%.*s", (int)n, on);
	if (getaddrinfo(n == 0 || strcmp(host, "*") == 0 ? NULL : host,
		colon + 1, &hints, &list) != 0)
		return BTZ_OK; /* a name: left to Apache */
	rc = try_listen(list, up->conf.https.listen, err);
	freeaddrinfo(list);
	return rc;
}

/* When it is time to renew, Unix seconds: two thirds of the lifetime after the
 * file was written. 0: there is none. */
static uint64_t
renew_at(const struct btz_up *up)
{
	struct btz_err err;
	struct stat st;
	char path[512];

	if (btz_up_path(up, BTZ_HTTPD_CERT, path, sizeof(path), &err) !=
		BTZ_OK ||
	    lstat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return 0;
	return (uint64_t)st.st_mtim.tv_sec +
	       (uint64_t)up->conf.ca.server_days * 86400 * 2 / 3;
}

static void
set_timer(struct btz_up_https *h)
{
	uint64_t at = renew_at(h->up), now = btz_unix_now();
	uint64_t ms = at > now ? (at - now) * 1000 : RETRY_MS;

	if (at != 0)
		btz_timer_set(h->timer, ms > LOOK_MS ? LOOK_MS : (uint32_t)ms);
}

static void
on_time(void *arg)
{
	struct btz_up_https *h = arg;
	struct btz_err err;

	if (btz_unix_now() >= renew_at(h->up) &&
	    btz_up_https_renew(h->up, NULL, NULL, &err) != BTZ_OK)
		btz_log_err(0, &err);
	set_timer(h);
}

enum btz_rc
btz_up_https_new(struct btz_up *up, struct btz_err *err)
{
	struct btz_up_https *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "https");
	h->up = up;
	up->https = h;
	h->timer = btz_timer_new(up->loop, on_time, h);
	if (h->timer == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "https");
	set_timer(h);
	return BTZ_OK;
}

void
btz_up_https_free(struct btz_up *up)
{
	if (up->https == NULL)
		return;
	if (up->https->pid != 0)
		(void)kill(up->https->pid, SIGKILL);
	btz_timer_free(up->https->timer);
	free(up->https);
	up->https = NULL;
}

static enum btz_rc
start_helper(struct btz_up_https *h, int ca_fd, struct btz_err *err)
{
	struct btz_up *up = h->up;
	char path[512];
	const char *argv[] = { path, "--home", up->home, "--names",
		up->conf.https.names, NULL };
	enum btz_rc rc;

	rc = btz_home_program(
	    "src/cli", "bartizan-https-cert", path, sizeof(path), err);
	if (rc != BTZ_OK)
		return rc;
	return btz_up_spawn(
	    &(struct btz_spawn){ .up = up,
		.as = BTZ_PROG_HTTPD,
		.umask = 0077,
		.argv = argv,
		.fds = &ca_fd,
		.n_fds = 1,
		.log_fd = btz_logpipe_fd(up->children[BTZ_PROG_HTTPD].log) },
	    &h->pid, err);
}

enum btz_rc
btz_up_https_renew(struct btz_up *up, void (*done)(enum btz_rc rc, void *arg),
    void *arg, struct btz_err *err)
{
	struct btz_up_https *h = up->https;
	char path[512];
	enum btz_rc rc;
	int fd = -1;

	if (h->pid != 0)
		return BTZ_FAIL(err, BTZ_E_AGAIN, "https certificate");
	rc = btz_up_path(up, "run/admin/ca.sock", path, sizeof(path), err);
	if (rc == BTZ_OK)
		rc = btz_sock_connect(path, &fd, err);
	if (rc == BTZ_OK)
		rc = start_helper(h, fd, err);
	if (fd >= 0)
		(void)close(fd);
	if (rc == BTZ_OK) {
		h->done = done;
		h->arg = arg;
	}
	return rc;
}

/* From httpd's directory to its place, which httpd cannot change. A link is
 * moved as a link: nothing is ever followed or read here. */
static enum btz_rc
move_in(const struct btz_up *up, const char *from_rel, const char *to_rel,
    struct btz_err *err)
{
	char from[512], to[512];
	struct stat st;
	enum btz_rc rc;

	if ((rc = btz_up_path(up, from_rel, from, sizeof(from), err)) !=
		BTZ_OK ||
	    (rc = btz_up_path(up, to_rel, to, sizeof(to), err)) != BTZ_OK)
		return rc;
	if (lstat(from, &st) != 0)
		return BTZ_OK; /* the key of last time is still there */
	if (!S_ISREG(st.st_mode) || rename(from, to) != 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "move %s", from);
	return BTZ_OK;
}

static enum btz_rc
take_results(const struct btz_up *up)
{
	struct btz_err err = { .rc = BTZ_OK };
	enum btz_rc rc;

	if ((rc = move_in(up, "apache/run/client-ca.pem", BTZ_HTTPD_CA,
		 &err)) != BTZ_OK ||
	    (rc = move_in(up, "apache/run/server.key", BTZ_HTTPD_KEY, &err)) !=
		BTZ_OK ||
	    (rc = move_in(up, "apache/run/server.pem", BTZ_HTTPD_CERT, &err)) !=
		BTZ_OK)
		btz_log_err(0, &err);
	return rc;
}

/* The helper's exit status is that of the command line for its rc. */
static enum btz_rc
rc_of(int status)
{
	if (!WIFEXITED(status))
		return BTZ_E_INTERNAL;
	switch (WEXITSTATUS(status)) {
	case 0:
		return BTZ_OK;
	case 1:
		return BTZ_E_STATE;
	case 69:
		return BTZ_E_DOWN;
	case 75:
		return BTZ_E_AGAIN;
	default:
		return BTZ_E_INTERNAL;
	}
}

bool
btz_up_https_ended(struct btz_up *up, pid_t pid, int status)
{
	struct btz_up_https *h = up->https;
	struct btz_child *httpd = &up->children[BTZ_PROG_HTTPD];
	enum btz_rc rc = rc_of(status);
	void (*done)(enum btz_rc, void *);

	if (h == NULL || h->pid != pid)
		return false;
	h->pid = 0;
	if (rc == BTZ_OK)
		rc = take_results(up);
	btz_log(rc == BTZ_OK ? BTZ_LOG_INFO : BTZ_LOG_WARN, 0,
	    "https certificate: %s", btz_rc_text(rc));
	if (rc == BTZ_OK && httpd->pid != 0)
		(void)kill(httpd->pid, SIGUSR1); /* graceful restart */
	else if (rc == BTZ_OK && !up->stopping)
		btz_up_child_start(httpd);
	if (rc == BTZ_OK && httpd->blocked)
		rc = BTZ_E_ADDR_TAKEN; /* there is one, but nobody to use it */
	set_timer(h);
	done = h->done;
	h->done = NULL;
	if (done != NULL)
		done(rc, h->arg);
	return true;
}

static bool
is_here(int family, const void *addr, socklen_t len)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool here = fd >= 0 && bind(fd, addr, len) == 0;

	if (fd >= 0)
		(void)close(fd);
	return here;
}

static void add(char *text, size_t cap, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
add(char *text, size_t cap, const char *fmt, ...)
{
	size_t n = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text + n, cap - n, fmt, ap);
	va_end(ap);
}

/* The box's addresses in a tunnel: Apache listens on those that there are. One
 * that listens on all addresses does so anyway. */
static void
tunnel_address(
    struct btz_up_https *h, const struct btz_site_conf *c, const char *port)
{
	const struct btz_vpn vpn = btz_site_vpn(c);
	struct sockaddr_in v4 = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(c->net.net + 1) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	char ip[BTZ_VPN_IP_TEXT];

	btz_vpn_ip_text(c->net.net + 1, ip);
	if (is_here(AF_INET, &v4, sizeof(v4)))
		add(h->listens, sizeof(h->listens), "Listen %s%s\n", ip, port);
	if (!c->net6.v6)
		return;
	btz_vpn_addr6(&vpn, c->net.net + 1, v6.sin6_addr.s6_addr);
	btz_vpn_ip6_text(v6.sin6_addr.s6_addr, ip);
	if (is_here(AF_INET6, &v6, sizeof(v6)))
		add(h->listens, sizeof(h->listens), "Listen [%s]%s\n", ip,
		    port);
}

static void
tunnels(const struct btz_up *up, struct btz_up_https *h)
{
	const char *on = up->conf.https.listen, *port = strrchr(on, ':');
	const bool all = strncmp(on, "0.0.0.0:", 8) == 0 ||
			 strncmp(on, "[::]:", 5) == 0 || on[0] == '*' ||
			 on[0] == ':';

	h->tunnels[0] = h->listens[0] = '\0';
	for (size_t i = 0; i < up->conf.vpns.n; i++) {
		const struct btz_site_conf *c = &up->conf.vpns.site[i];

		add(h->tunnels, sizeof(h->tunnels), "%s%s %s",
		    i == 0 ? "" : " ", c->conf.network, c->conf.network6);
		if (!all && port != NULL)
			tunnel_address(h, c, port);
	}
}

enum btz_rc
btz_up_https_prepare(struct btz_up *up, const char **argv, const char **preload,
    struct btz_err *err)
{
	struct btz_up_https *h = up->https;
	const struct btz_httpd_conf cf = { .home = up->home_or_null,
		.https = &up->conf.https,
		.reads_without_log = up->conf.audit.reads_without_log,
		.tunnels = up->conf.vpns.n > 0 ? h->tunnels : NULL,
		.listens = h->listens,
		.module = h->module };
	enum btz_rc rc;

	tunnels(up, h);

	if ((rc = btz_home_program("src/httpd", "mod_bartizan.so", h->module,
		 sizeof(h->module), err)) != BTZ_OK ||
	    (rc = btz_httpd_conf_write(&cf, err)) != BTZ_OK ||
	    (rc = btz_up_path(
		 up, BTZ_HTTPD_CONF, h->conf, sizeof(h->conf), err)) != BTZ_OK)
		return rc;
	btz_httpd_argv(h->conf, h->argv);
	memcpy(argv, h->argv, sizeof(h->argv));
	*preload = btz_httpd_preload();
	return BTZ_OK;
}
