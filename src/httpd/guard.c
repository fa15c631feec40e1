/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard.c - the body of an upload passes here. It is judged again when the
 * policy changes meanwhile and, always, when the body ends: mod_dav_fs renames
 * its temporary file into place only after that, so that an upload whose
 * permission was withdrawn leaves nothing behind.
 */
#include "httpd/module.h"

#include <util_filter.h>

#define NAME "BARTIZAN_GUARD"

static bool
ends(apr_bucket_brigade *bb)
{
	return !APR_BRIGADE_EMPTY(bb) &&
	       APR_BUCKET_IS_EOS(APR_BRIGADE_LAST(bb));
}

/* The answer goes out now; the handler sees an error and rolls back. */
static apr_status_t
refuse(ap_filter_t *f, apr_bucket_brigade *bb)
{
	request_rec *r = f->r;
	apr_bucket_alloc_t *alloc = r->connection->bucket_alloc;

	apr_brigade_cleanup(bb);
	r->connection->keepalive = AP_CONN_CLOSE;
	APR_BRIGADE_INSERT_TAIL(
	    bb, ap_bucket_error_create(HTTP_FORBIDDEN, NULL, r->pool, alloc));
	APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_eos_create(alloc));
	(void)ap_pass_brigade(r->output_filters, bb);
	return AP_FILTER_ERROR;
}

static apr_status_t
guard(ap_filter_t *f, apr_bucket_brigade *bb, ap_input_mode_t mode,
    apr_read_type_e block, apr_off_t bytes)
{
	struct btz_state *st = f->ctx;
	apr_status_t rv = ap_get_brigade(f->next, bb, mode, block, bytes);
	apr_off_t len;

	if (rv != APR_SUCCESS || mode != AP_MODE_READBYTES)
		return rv;
	if (st->withdrawn || !btz_mod_still(f->r, st, ends(bb))) {
		st->withdrawn = true;
		st->facts.allowed = false;
		return refuse(f, bb);
	}
	if (apr_brigade_length(bb, 0, &len) == APR_SUCCESS && len > 0)
		st->facts.n += (uint64_t)len;
	return APR_SUCCESS;
}

void
btz_mod_guard_register(void)
{
	(void)ap_register_input_filter(NAME, guard, NULL, AP_FTYPE_CONTENT_SET);
}

void
btz_mod_guard_insert(request_rec *r)
{
	struct btz_state *st = btz_mod_state(r);

	if (r->main == NULL && st != NULL && st->stage == BTZ_STAGE_ALLOWED &&
	    st->want.effect == BTZ_EFFECT_CHANGE)
		(void)ap_add_input_filter(NAME, st, r, r->connection);
}
