/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.c - requests that the Apache module relays: a table of routes, and the
 * documents that anybody may fetch. Every answer is a frame with BTZ_OK
 * and an HTTP status inside.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca/ca.h"
#include "der/pem.h"

static const char prefix[] = "/.bartizan/";

static const char *
http_word(uint16_t status)
{
	switch (status) {
	case 400:
		return "the request is not acceptable";
	case 403:
		return "not permitted";
	case 404:
		return "not found";
	case 405:
		return "method not allowed";
	case 409:
		return "conflict";
	case 413:
		return "too large";
	case 429:
		return "too many requests";
	default:
		return "not possible now";
	}
}

void
btz_ca_http_ok(
    const struct btz_ticket *t, const char *type, struct btz_span body)
{
	struct btz_http_ok ok = {
		.status = 200, .content_type = btz_span_str(type), .body = body
	};

	btz_reply(t, BTZ_OK, &btz_def_http_ok, &ok);
}

void
btz_ca_http_fail(const struct btz_ticket *t, uint16_t status, enum btz_rc rc)
{
	char text[512];
	int n = snprintf(text, sizeof(text), "%s: %s.\n%s.\n",
	    http_word(status), btz_rc_text(rc), btz_rc_hint(rc));
	struct btz_http_ok answer = { .status = status,
		.content_type = btz_span_str("text/plain; charset=utf-8"),
		.body = btz_span_of(text, n < 0 ? 0 : (size_t)n) };

	if (answer.body.len >= sizeof(text))
		answer.body.len = sizeof(text) - 1;
	btz_reply(t, BTZ_OK, &btz_def_http_ok, &answer);
}

static void
get_ca(struct btz_ca *ca, const struct btz_ticket *t, const struct btz_http *rq)
{
	static uint8_t text[2 * BTZ_PEM_ROOM(BTZ_CA_CERT_MAX)];
	struct btz_wr wr;

	(void)rq;
	if (!ca->self.ready) {
		btz_ca_http_fail(t, 503, BTZ_E_UNPROVISIONED);
		return;
	}
	btz_wr_init(&wr, text, sizeof(text));
	btz_pem_encode(&wr, BTZ_PEM_CERT, ca->issuing.der);
	btz_pem_encode(&wr, BTZ_PEM_CERT, ca->root.der);
	btz_ca_http_ok(t, "application/x-pem-file", btz_wr_span(&wr));
}

static void
get_crl(
    struct btz_ca *ca, const struct btz_ticket *t, const struct btz_http *rq)
{
	(void)rq;
	if (!ca->self.ready || ca->crl.cur.number == 0)
		btz_ca_http_fail(t, 503, BTZ_E_UNPROVISIONED);
	else if (ca->crl.cur.len > 57344)
		btz_ca_http_fail(t, 503, BTZ_E_TOOBIG);
	else
		btz_ca_http_ok(t, "application/pkix-crl",
		    btz_span_of(ca->crl.cur.der, ca->crl.cur.len));
}

static void
get_root_crl(
    struct btz_ca *ca, const struct btz_ticket *t, const struct btz_http *rq)
{
	(void)rq;
	if (ca->root_crl.number == 0)
		btz_ca_http_fail(t, 503, BTZ_E_UNPROVISIONED);
	else
		btz_ca_http_ok(t, "application/pkix-crl",
		    btz_span_of(ca->root_crl.der, ca->root_crl.len));
}

static const struct {
	const char *method, *path;
	void (*fn)(struct btz_ca *ca, const struct btz_ticket *t,
	    const struct btz_http *rq);
} routes[] = {
	{ "POST", "enrol", btz_ca_enrol },
	{ "GET", "ca.pem", get_ca },
	{ "GET", "crl/" BTZ_CA_ID ".crl", get_crl },
	{ "GET", "crl/root.crl", get_root_crl },
};

void
btz_ca_op_http(struct btz_host *h, struct btz_call *c, const void *msg)
{
	const struct btz_http *rq = msg;
	struct btz_span path = rq->path;
	uint16_t status = 404;

	if (path.len >= sizeof(prefix) - 1 &&
	    memcmp(path.p, prefix, sizeof(prefix) - 1) == 0) {
		path.p += sizeof(prefix) - 1;
		path.len -= sizeof(prefix) - 1;
	}
	for (size_t i = 0; i < BTZ_COUNT(routes); i++) {
		if (!btz_span_eq(path, btz_span_str(routes[i].path)))
			continue;
		status = 405;
		if (!btz_span_eq(rq->method, btz_span_str(routes[i].method)))
			continue;
		routes[i].fn(btz_host_data(h), &c->ticket, rq);
		return;
	}
	if (status == 404 && btz_span_eq(rq->method, btz_span_str("GET")) &&
	    btz_ca_vpn_info(btz_host_data(h), &c->ticket, path))
		return;
	btz_ca_http_fail(&c->ticket, status,
	    status == 404 ? BTZ_E_NOENT : BTZ_E_UNSUPPORTED);
}
