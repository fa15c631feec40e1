/* SPDX-License-Identifier: Apache-2.0 */
/*
 * openvpn.c - how an OpenVPN is run for a [vpn NAME]: without a key, without a
 * right over the network (its device exists and is its uid's), and with a
 * management socket that must admit every client. bartizan-vpn is at the other
 * end of it; docs/protocol/vpn.md says why each line is there. Start at
 * btz_up_openvpn_prepare().
 */
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "up/up.h"
#include "wire/msg_edge.h"

#define TEXT_MAX 8192
#define PROGRAM "/usr/sbin/openvpn"

static const struct btz_site_conf *
site_of(const struct btz_up *up, enum btz_prog prog)
{
	size_t i = (size_t)(prog - BTZ_PROG_OPENVPN1);

	return prog >= BTZ_PROG_OPENVPN1 && i < up->conf.vpns.n
		   ? &up->conf.vpns.site[i]
		   : NULL;
}

bool
btz_up_vpn_wanted(const struct btz_up *up, enum btz_prog prog)
{
	const struct btz_up_prog *p = btz_up_prog(prog);

	if (prog == BTZ_PROG_VPN)
		return up->conf.vpns.n > 0;
	return p == NULL || p->kind != BTZ_UP_OPENVPN ||
	       site_of(up, prog) != NULL;
}

bool
btz_up_openvpn_have_cert(const struct btz_up *up, enum btz_prog prog)
{
	const struct btz_site_conf *c = site_of(up, prog);
	char rel[128], path[512];
	struct btz_err err;

	if (c == NULL)
		return false;
	(void)snprintf(rel, sizeof(rel), "lib/vpn/%s/server.pem", c->name);
	return btz_up_path(up, rel, path, sizeof(path), &err) == BTZ_OK &&
	       access(path, F_OK) == 0;
}

bool
btz_up_openvpn_hung(const struct btz_child *from, const struct btz_frame *f)
{
	const struct btz_child *c;
	struct btz_child_hung m;

	if (from->prog->prog != BTZ_PROG_VPN ||
	    !btz_msg_decode(&btz_def_child_hung, f->body, &m) ||
	    site_of(from->up, (enum btz_prog)m.prog) == NULL)
		return false;
	c = &from->up->children[m.prog];
	if (c->pid == 0)
		return false; /* it has ended by itself */
	btz_log(BTZ_LOG_WARN, 0, "%s hangs: killed",
	    btz_prog_name((enum btz_prog)m.prog));
	/* its group; one that was stopped (SIGSTOP) ends by SIGKILL only */
	return kill(-c->pid, SIGKILL) == 0;
}

/* "[::]:1194" -> host "::", port "1194" */
static void
split(const char *listen, char host[128], const char **port, bool *v6)
{
	const char *colon = strrchr(listen, ':');

	*v6 = listen[0] == '[';
	*port = colon + 1;
	if (*v6)
		(void)snprintf(
		    host, 128, "%.*s", (int)(colon - listen) - 2, listen + 1);
	else
		(void)snprintf(
		    host, 128, "%.*s", (int)(colon - listen), listen);
}

struct text {
	char p[TEXT_MAX];
	size_t len;
};

static void put(struct text *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->p + t->len, sizeof(t->p) - t->len, fmt, ap);
	va_end(ap);
	t->len += n < 0 ? sizeof(t->p) : (size_t)n;
	if (t->len >= sizeof(t->p))
		t->len = sizeof(t->p) - 1;
}

/* The same for all. */
static const char fixed[] =
    "mode server\n"
    "tls-server\n"
    "dev-type tun\n"
    "topology subnet\n"
    "ifconfig-noexec\n" /* the device has its addresses */
    "route-noexec\n"
    "persist-tun\n"
    "dh none\n"
    "tls-version-min 1.3\n"
    "data-ciphers AES-256-GCM:CHACHA20-POLY1305\n"
    "disable-dco\n"
    "verify-client-cert require\n"
    "remote-cert-tls client\n"
    "auth-user-pass-optional\n"
    "x509-track subjectAltName\n"
    "management-hold\n"
    "management-client-auth\n"
    "management-signal\n" /* bartizan-vpn is gone: all clients go */
    "management-external-key pss digest nopadding\n"
    "duplicate-cn\n" /* one person, several devices */
    "script-security 0\n"
    "ping 10\n"
    "ping-restart 60\n"
    "push \"ping 10\"\n"
    "push \"ping-restart 30\"\n" /* how soon a client sees that we are gone */
    "verb 3\n";

static void
put_listen(struct text *t, const struct btz_conf_vpn *v)
{
	const bool tcp = strcmp(v->proto, "tcp") == 0;
	const char *port;
	char host[128];
	bool v6;

	split(v->listen, host, &port, &v6);
	put(t, "local %s\nport %s\nproto %s%s%s\n", host, port, v->proto,
	    v6 ? "6" : "4", tcp ? "-server" : "");
	if (!tcp)
		put(t, "explicit-exit-notify 1\n"
		       "push \"explicit-exit-notify 1\"\n");
	/* OpenVPN counts who has only begun, too; bartizan-vpn those who are in */
	put(t, "max-clients %lld\n", 4 * (long long)v->max_clients + 256);
}

static void
put_network(struct text *t, const struct btz_site_conf *c)
{
	const struct btz_vpn vpn = btz_site_vpn(c);
	char ip[BTZ_VPN_IP_TEXT], mask[BTZ_VPN_IP_TEXT];
	uint8_t addr[16];

	btz_vpn_ip_text(c->net.net + 1, ip);
	btz_vpn_ip_text(btz_vpn_mask(c->net.bits), mask);
	put(t, "dev %s\nifconfig %s %s\n", c->device, ip, mask);
	if (!c->net6.v6)
		return;
	btz_vpn_addr6(&vpn, c->net.net + 1, addr);
	btz_vpn_ip6_text(addr, ip);
	btz_vpn_addr6(&vpn, c->net.net + 2, addr);
	btz_vpn_ip6_text(addr, mask);
	put(t, "ifconfig-ipv6 %s/64 %s\n", ip, mask);
}

/* The same as at the last start: it starts on a full disk, too. */
static bool
is_there(const char *path, const struct text *t)
{
	static char old[TEXT_MAX];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = fd < 0 ? -1 : read(fd, old, sizeof(old));

	if (fd >= 0)
		(void)close(fd);
	return n == (ssize_t)t->len && memcmp(old, t->p, t->len) == 0;
}

static enum btz_rc
write_conf(const char *path, const struct text *t, struct btz_err *err)
{
	char tmp[600];
	int fd;
	bool ok;

	if (is_there(path, t))
		return BTZ_OK;

	(void)snprintf(tmp, sizeof(tmp), "%s.new", path);
	(void)unlink(tmp);
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "%s", tmp);
	/* whatever our umask: it is another uid's to read, and no secret */
	ok = write(fd, t->p, t->len) == (ssize_t)t->len &&
	     fchmod(fd, 0644) == 0;
	(void)close(fd);
	if (ok && rename(tmp, path) == 0)
		return BTZ_OK;
	(void)BTZ_FAIL_SYS(err, BTZ_E_IO, "%s", path);
	(void)unlink(tmp);
	return BTZ_E_IO;
}

static enum btz_rc
put_places(const struct btz_up *up, struct text *t, const char *name,
    struct btz_err *err)
{
	static const struct {
		const char *directive, *dir, *file, *more;
	} places[] = { { "ca", "lib/vpn/", "/ca.pem", "" },
		{ "cert", "lib/vpn/", "/server.pem", "" },
		{ "management", "run/vpn/", ".sock", " unix" } };
	char rel[128], path[512];
	enum btz_rc rc = BTZ_OK;

	for (size_t i = 0; rc == BTZ_OK && i < BTZ_COUNT(places); i++) {
		(void)snprintf(rel, sizeof(rel), "%s%s%s", places[i].dir, name,
		    places[i].file);
		rc = btz_up_path(up, rel, path, sizeof(path), err);
		if (strpbrk(path, "\"\\\n") != NULL)
			return BTZ_FAIL(err, BTZ_E_CONFIG,
			    "%s cannot stand in OpenVPN's configuration: "
			    "choose another --home",
			    path);
		put(t, "%s \"%s\"%s\n", places[i].directive, path,
		    places[i].more);
	}
	return rc;
}

enum btz_rc
btz_up_openvpn_prepare(const struct btz_up *up, enum btz_prog prog,
    const char **argv, char *path, size_t cap, struct btz_err *err)
{
	const struct btz_site_conf *c = site_of(up, prog);
	static struct text t;
	char rel[128];
	enum btz_rc rc;

	if (c == NULL)
		return BTZ_FAIL(err, BTZ_E_INTERNAL, "no such VPN");
	t.len = 0;
	put(&t, "# Written by 'bartizan up' at each start from [vpn %s].\n%s",
	    c->name, fixed);
	put_listen(&t, &c->conf);
	put_network(&t, c);
	(void)snprintf(rel, sizeof(rel), "openvpn/%s.conf", c->name);
	if ((rc = put_places(up, &t, c->name, err)) != BTZ_OK ||
	    (rc = btz_up_path(up, rel, path, cap, err)) != BTZ_OK ||
	    (rc = write_conf(path, &t, err)) != BTZ_OK)
		return rc;
	argv[0] = PROGRAM;
	argv[1] = "--config";
	argv[2] = path;
	return BTZ_OK;
}
