/* SPDX-License-Identifier: Apache-2.0 */
/* vpn_profile.c - where a VPN is, and the profile itself; vpn_profile.h. The
 * command around it is in vpn_profile_run.c. */
#include "cli/vpn_profile.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "wire/name.h"

#define PORT 1194
#define JSON_MAX 16384u
#define CN_MAX 64u

static bool
is_address(const char *host)
{
	uint8_t buf[16];

	return inet_pton(AF_INET, host, buf) == 1 ||
	       inet_pton(AF_INET6, host, buf) == 1;
}

/* Lower case only, as the box writes its names; no end in a dot. */
static bool
host_ok(const char *host)
{
	return strlen(host) <= BTZ_VPN_HOST_MAX &&
	       (is_address(host) || btz_domain_ok(btz_span_str(host)));
}

bool
btz_vpn_server_ok(const char *name)
{
	return strlen(name) <= CN_MAX && btz_domain_ok(btz_span_str(name));
}

static bool
take_port(const char *text, uint16_t *out)
{
	unsigned n = 0;

	if (text[0] == '\0' || strlen(text) > 5)
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		n = n * 10 + (unsigned)(*text - '0');
	}
	*out = (uint16_t)n;
	return n > 0 && n <= UINT16_MAX;
}

/* "[::1]:1194", "::1", "box:1194", "box" */
static bool
split(const char *text, struct btz_vpn_remote *r)
{
	const char *colon = strrchr(text, ':');
	const char *end = text + strlen(text);

	r->port = PORT;
	if (text[0] == '[') {
		end = strchr(text, ']');
		if (end == NULL ||
		    (end[1] != '\0' &&
			(end[1] != ':' || !take_port(end + 2, &r->port))))
			return false;
		text++;
	} else if (colon != NULL && strchr(text, ':') == colon) {
		if (!take_port(colon + 1, &r->port))
			return false;
		end = colon;
	}
	if ((size_t)(end - text) >= sizeof(r->host))
		return false;
	memcpy(r->host, text, (size_t)(end - text));
	r->host[end - text] = '\0';
	return host_ok(r->host);
}

static bool
append(struct btz_vpn_place *p, const struct btz_vpn_remote *r)
{
	if (p->n == BTZ_VPN_REMOTES)
		return false;
	p->remote[p->n++] = *r;
	return true;
}

enum btz_rc
btz_vpn_place_add(
    struct btz_vpn_place *p, const char *text, bool tcp, struct btz_err *err)
{
	struct btz_vpn_remote r = { .tcp = tcp };

	if (!split(text, &r))
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "--remote '%.80s': give HOST, HOST:PORT or [IPV6]:PORT",
		    text);
	if (!append(p, &r))
		return BTZ_FAIL(
		    err, BTZ_E_QUOTA, "more than %d remotes", BTZ_VPN_REMOTES);
	if (p->server[0] == '\0' && !is_address(r.host) &&
	    btz_vpn_server_ok(r.host))
		(void)snprintf(p->server, sizeof(p->server), "%s", r.host);
	return BTZ_OK;
}

static bool
take_remote(struct btz_vpn_place *p, json_t *one)
{
	struct btz_vpn_remote r = { .port = 0 };
	const char *host, *proto;
	json_int_t port;

	if (json_unpack(one, "{s:s, s:I, s:s !}", "host", &host, "port", &port,
		"proto", &proto) != 0 ||
	    port < 1 || port > UINT16_MAX || !host_ok(host) ||
	    (strcmp(proto, "udp") != 0 && strcmp(proto, "tcp") != 0))
		return false;
	(void)snprintf(r.host, sizeof(r.host), "%s", host);
	r.port = (uint16_t)port;
	r.tcp = proto[0] == 't';
	return append(p, &r);
}

static bool
take_place(struct btz_vpn_place *p, json_t *root, const char *name)
{
	const char *got, *server;
	json_t *remotes, *one;
	size_t i;
	int v;

	if (json_unpack(root, "{s:i, s:s, s:o, s:s !}", "v", &v, "name", &got,
		"remote", &remotes, "server_name", &server) != 0 ||
	    v != 1 || strcmp(got, name) != 0 || !btz_vpn_server_ok(server) ||
	    strlen(got) >= sizeof(p->name) || !json_is_array(remotes))
		return false;
	(void)snprintf(p->name, sizeof(p->name), "%s", got);
	(void)snprintf(p->server, sizeof(p->server), "%s", server);
	json_array_foreach(
	    remotes, i, one) if (!take_remote(p, one)) return false;
	return p->n > 0;
}

enum btz_rc
btz_vpn_place_parse(struct btz_span json, const char *name,
    struct btz_vpn_place *out, struct btz_err *err)
{
	json_t *root = NULL;
	bool ok = false;

	memset(out, 0, sizeof(*out));
	if (json.len > 0 && json.len <= JSON_MAX)
		root = json_loadb((const char *)json.p, json.len,
		    JSON_REJECT_DUPLICATES, NULL);
	if (root != NULL)
		ok = take_place(out, root, name);
	json_decref(root);
	if (ok)
		return BTZ_OK;
	memset(out, 0, sizeof(*out));
	return BTZ_FAIL(err, BTZ_E_PROTO,
	    "what the box says of VPN '%.63s' is not understood", name);
}

static void
put(struct btz_wr *wr, const char *s)
{
	btz_wr_raw(wr, s, strlen(s));
}

static void
put_block(
    struct btz_wr *wr, const char *tag, struct btz_span a, struct btz_span b)
{
	put(wr, "<");
	put(wr, tag);
	put(wr, ">\n");
	btz_wr_raw(wr, a.p, a.len);
	if (b.len > 0)
		btz_wr_raw(wr, b.p, b.len);
	put(wr, "</");
	put(wr, tag);
	put(wr, ">\n");
}

/* A TLS 1.3 tunnel without compression or scripts; what comes from the server
 * (address, routes) is taken. */
void
btz_vpn_profile_put(struct btz_wr *wr, const struct btz_vpn_place *p,
    const struct btz_vpn_keys *k)
{
	const struct btz_span none = { NULL, 0 };
	char line[BTZ_VPN_HOST_MAX + 64];

	put(wr, "client\ndev tun\nnobind\n");
	for (size_t i = 0; i < p->n; i++) {
		(void)snprintf(line, sizeof(line), "remote %s %u %s\n",
		    p->remote[i].host, (unsigned)p->remote[i].port,
		    p->remote[i].tcp ? "tcp" : "udp");
		put(wr, line);
	}
	(void)snprintf(
	    line, sizeof(line), "verify-x509-name %s name\n", p->server);
	put(wr, line);
	put(wr, "remote-cert-tls server\n"
		"tls-version-min 1.3\n"
		"data-ciphers AES-256-GCM:CHACHA20-POLY1305\n");
	put_block(wr, "ca", k->root, k->issuing);
	put_block(wr, "cert", k->cert, none);
	put_block(wr, "key", k->key, none);
}
