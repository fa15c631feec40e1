/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer.c - who is at the other end of the connection. The certificate is read
 * once per connection: SSLVerifyClient holds for the whole server and mod_ssl
 * refuses renegotiation, so that it cannot change meanwhile.
 */
#include "httpd/module.h"

#include <apr_strings.h>
#include <mod_ssl.h>

#include "der/pem.h"

struct peer {
	bool known;
	struct btz_client_cert cert;
};

static APR_OPTIONAL_FN_TYPE(ssl_var_lookup) * lookup;

void
btz_mod_peer_register(void)
{
	lookup = APR_RETRIEVE_OPTIONAL_FN(ssl_var_lookup);
}

static const char *
ssl_var(request_rec *r, const char *name)
{
	const char *v = NULL;

	if (lookup != NULL)
		v = lookup(r->pool, r->server, r->connection, r,
		    apr_pstrdup(r->pool, name));
	return v != NULL ? v : "";
}

struct btz_span
btz_mod_peer_der(request_rec *r)
{
	struct btz_span none = { NULL, 0 };
	struct btz_wr wr;
	const char *pem;

	if (strcmp(ssl_var(r, "SSL_CLIENT_VERIFY"), "SUCCESS") != 0)
		return none;
	pem = ssl_var(r, "SSL_CLIENT_CERT");
	btz_wr_init(&wr, apr_palloc(r->pool, BTZ_CERT_MAX), BTZ_CERT_MAX);
	if (btz_pem_decode(btz_span_str(pem), BTZ_PEM_CERT, &wr) != BTZ_OK)
		return none;
	return btz_wr_span(&wr);
}

static struct peer *
/* NOLINTNEXTLINE(readability-function-cognitive-complexity): apr's macros */
read_peer(request_rec *r)
{
	struct peer *p = apr_pcalloc(r->connection->pool, sizeof(*p));
	struct btz_span der = btz_mod_peer_der(r);
	enum btz_rc rc;

	if (der.len == 0)
		return p;
	rc = btz_client_cert_read(der, &p->cert);
	if (rc != BTZ_OK)
		ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
		    "bartizan: client certificate: %s", btz_rc_text(rc));
	p->known = rc == BTZ_OK;
	return p;
}

const struct btz_client_cert *
btz_mod_peer(request_rec *r)
{
	conn_rec *c = r->connection;
	struct peer *p = ap_get_module_config(c->conn_config, &bartizan_module);

	if (p == NULL) {
		p = read_peer(r);
		ap_set_module_config(c->conn_config, &bartizan_module, p);
	}
	return p->known ? &p->cert : NULL;
}

struct btz_span
btz_mod_from(request_rec *r)
{
	const char *ip = r->connection->client_ip;
	unsigned port = r->connection->client_addr->port;

	return btz_span_str(strchr(ip, ':') == NULL
				? apr_psprintf(r->pool, "%s:%u", ip, port)
				: apr_psprintf(r->pool, "[%s]:%u", ip, port));
}

uint8_t
btz_mod_via(request_rec *r)
{
	const apr_array_header_t *t = btz_child.tunnels;
	const conn_rec *c = r->connection;

	/* a program of the box itself has the box's address */
	if (apr_sockaddr_equal(c->client_addr, c->local_addr))
		return BTZ_VIA_HTTPS;
	for (int i = 0; t != NULL && i < t->nelts; i++)
		if (apr_ipsubnet_test(
			APR_ARRAY_IDX(t, i, apr_ipsubnet_t *), c->client_addr))
			return BTZ_VIA_VPN;
	return BTZ_VIA_HTTPS;
}
