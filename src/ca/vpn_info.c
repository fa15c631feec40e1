/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vpn_info.c - /.bartizan/vpn/NAME.json: where a VPN of this box is and what
 * its server is called, for `bartizan vpn profile`. Public, like ca.pem: a
 * profile believes only what the root has signed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca/ca.h"
#include "ca/profile.h"

enum btz_rc
btz_ca_on_vpn(
    const char *label, const void *conf, void *arg, struct btz_err *err)
{
	struct btz_ca *ca = arg;

	if (ca->n_vpns == BTZ_COUNT(ca->vpns))
		return BTZ_FAIL(err, BTZ_E_CONFIG, "too many [vpn ...]");
	(void)snprintf(
	    ca->vpns[ca->n_vpns].name, BTZ_NAME_MAX + 1, "%.63s", label);
	ca->vpns[ca->n_vpns++].conf = *(const struct btz_conf_vpn *)conf;
	return BTZ_OK;
}

static const struct btz_ca_vpn *
find(const struct btz_ca *ca, struct btz_span path)
{
	for (size_t i = 0; i < ca->n_vpns; i++) {
		char want[BTZ_NAME_MAX + 16];

		(void)snprintf(
		    want, sizeof(want), "vpn/%s.json", ca->vpns[i].name);
		if (btz_span_eq(path, btz_span_str(want)))
			return &ca->vpns[i];
	}
	return NULL;
}

/* Nothing that JSON would have to escape. */
static bool
plain(struct btz_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] <= 0x20 || s.p[i] >= 0x7f || s.p[i] == '"' ||
		    s.p[i] == '\\')
			return false;
	return s.len > 0;
}

/* HOST:PORT of clients: [vpn] remote, else the server's name and the port that
 * it listens on. */
static bool
remote(const struct btz_ca_vpn *v, struct btz_span name, struct btz_span *host,
    unsigned long *port)
{
	const char *text = v->conf.remote[0] != '\0' ? v->conf.remote
						     : v->conf.listen;
	const char *colon = strrchr(text, ':');

	if (colon == NULL)
		return false;
	*port = strtoul(colon + 1, NULL, 10);
	*host = v->conf.remote[0] != '\0'
		    ? btz_span_of(text, (size_t)(colon - text))
		    : name;
	if (host->len > 2 && host->p[0] == '[')
		*host = btz_span_of(host->p + 1, host->len - 2);
	return *port >= 1 && *port <= 65535 && plain(*host);
}

bool
btz_ca_vpn_info(
    struct btz_ca *ca, const struct btz_ticket *t, struct btz_span path)
{
	const struct btz_ca_vpn *v = find(ca, path);
	struct btz_names names;
	struct btz_span host, none = { NULL, 0 };
	unsigned long port;
	char text[1024];
	int n;

	if (v == NULL)
		return false;
	if (!btz_names_parse(btz_span_str(ca->https.names), none, &names) ||
	    names.n_dns == 0 || !remote(v, names.dns[0], &host, &port)) {
		btz_ca_http_fail(t, 503, BTZ_E_CONFIG);
		return true;
	}
	n = snprintf(text, sizeof(text),
	    "{\"v\":1,\"name\":\"%s\",\"remote\":[{\"host\":\"%.*s\","
	    "\"port\":%lu,\"proto\":\"%s\"}],\"server_name\":\"%s.vpn.%.*s\"}"
	    "\n",
	    v->name, (int)host.len, (const char *)host.p, port, v->conf.proto,
	    v->name, (int)names.dns[0].len, (const char *)names.dns[0].p);
	if (n < 0 || (size_t)n >= sizeof(text))
		btz_ca_http_fail(t, 503, BTZ_E_TOOBIG);
	else
		btz_ca_http_ok(
		    t, "application/json", btz_span_of(text, (size_t)n));
	return true;
}
