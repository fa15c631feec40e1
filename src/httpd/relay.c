/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay.c - /.bartizan/ to bartizan-ca: method, path, token, certificate and
 * body go as one frame, its answer comes back as the response. Start with
 * btz_mod_relay.
 */
#include "httpd/module.h"

#include <apr_strings.h>

#include "wire/msg_http.h"
#include "wire/ops.h"

#define BODY_MAX 32768

struct answer {
	request_rec *r;
	struct btz_http_ok ok; /* spans in the request's pool */
};

static struct btz_span
copy(apr_pool_t *pool, struct btz_span s)
{
	return s.len == 0 ? s
			  : btz_span_of(apr_pmemdup(pool, s.p, s.len), s.len);
}

static void
on_answer(const void *out, void *arg)
{
	const struct btz_http_ok *ok = out;
	struct answer *a = arg;

	a->ok.status = ok->status;
	a->ok.content_type = copy(a->r->pool, ok->content_type);
	a->ok.body = copy(a->r->pool, ok->body);
}

/* 0 or a status. */
static int
read_body(request_rec *r, struct btz_span *out)
{
	char *buf = apr_palloc(r->pool, BODY_MAX + 1);
	int status = ap_setup_client_block(r, REQUEST_CHUNKED_DECHUNK);
	long n = 0;
	size_t len = 0;

	*out = btz_span_of(NULL, 0);
	if (status != OK)
		return status;
	if (!ap_should_client_block(r))
		return 0;
	while (len <= BODY_MAX &&
	       (n = ap_get_client_block(r, buf + len, BODY_MAX + 1 - len)) > 0)
		len += (size_t)n;
	if (len > BODY_MAX)
		return HTTP_REQUEST_ENTITY_TOO_LARGE;
	if (n < 0)
		return HTTP_BAD_REQUEST;
	*out = btz_span_of(buf, len);
	return 0;
}

static struct btz_span
bearer(request_rec *r)
{
	const char *v = apr_table_get(r->headers_in, "Authorization");

	if (v == NULL || strncasecmp(v, "Bearer ", 7) != 0)
		return btz_span_of(NULL, 0);
	return btz_span_str(v + 7);
}

static int
respond(request_rec *r, const struct btz_http_ok *ok)
{
	if (ok->status < 200 || ok->status > 599 || ok->status == 304)
		return HTTP_BAD_GATEWAY;
	r->status = ok->status;
	if (ok->content_type.len > 0)
		ap_set_content_type(
		    r, apr_pstrmemdup(r->pool, (const char *)ok->content_type.p,
			   ok->content_type.len));
	if (ok->status == HTTP_SERVICE_UNAVAILABLE)
		apr_table_setn(r->headers_out, "Retry-After", "5");
	apr_table_setn(r->headers_out, "Cache-Control", "no-store");
	apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
	ap_set_content_length(r, (apr_off_t)ok->body.len);
	if (ok->body.len > 0)
		(void)ap_rwrite(ok->body.p, (int)ok->body.len, r);
	return OK;
}

/* What the frame cannot carry is no path or token of ours. */
static int
check(const struct btz_http *h)
{
	if (h->path.len == 0 || h->path.len > BTZ_URI_MAX)
		return HTTP_NOT_FOUND;
	return h->token.len > 128 ? HTTP_UNAUTHORIZED : 0;
}

int
btz_mod_relay(request_rec *r)
{
	struct btz_state *st = btz_mod_state(r);
	struct answer a = { .r = r };
	struct btz_http h = { .method = btz_span_str(r->method) };
	struct btz_http_ok ok;
	struct btz_link_call call = { .op = BTZ_OP_HTTP,
		.in_def = &btz_def_http,
		.in = &h,
		.out_def = &btz_def_http_ok,
		.out = &ok,
		.done = on_answer,
		.arg = &a };
	struct btz_err err;
	int status;

	if (strcmp(r->handler, BTZ_MOD_RELAY) != 0 || st == NULL ||
	    st->stage != BTZ_STAGE_RESERVED)
		return DECLINED;
	if (st->want.src.kind != BTZ_PLACE_OURS)
		return HTTP_NOT_FOUND;
	h.path = st->want.src.rest;
	h.token = bearer(r);
	h.from = st->facts.from;
	h.client_cert = btz_mod_peer_der(r);
	if ((status = check(&h)) != 0 || (status = read_body(r, &h.body)) != 0)
		return status;
	call.id = st->id;
	if (btz_link_call(btz_child.ca, &call, &err) != BTZ_OK) {
		btz_mod_log(r, st, &err);
		apr_table_setn(r->err_headers_out, "Retry-After", "5");
		return HTTP_SERVICE_UNAVAILABLE;
	}
	return respond(r, &a.ok);
}
