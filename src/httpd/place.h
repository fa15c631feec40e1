/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place.h - which share a path lies in, and Destination as a path.
 */
#ifndef BTZ_HTTPD_PLACE_H
#define BTZ_HTTPD_PLACE_H

#include "wire/cursor.h"
#include "wire/limits.h"

enum btz_place_kind {
	BTZ_PLACE_BAD = 0, /* not a path an honest client sends: 400 */
	BTZ_PLACE_NOWHERE, /* outside any share, or a name of the server's own
			     * files (.DAV): 404 */
	BTZ_PLACE_STAR,	   /* "*" */
	BTZ_PLACE_TOP,	   /* "/" */
	BTZ_PLACE_TENANT,  /* "/tenant" or "/tenant/" */
	BTZ_PLACE_SHARE,   /* "/tenant/share" or "/tenant/share/" */
	BTZ_PLACE_INSIDE,  /* below a share */
	BTZ_PLACE_OURS,	   /* below "/.bartizan/" */
	BTZ_PLACE_WELL_KNOWN, /* below "/.well-known/" */
};

struct btz_place {
	enum btz_place_kind kind;
	struct btz_span tenant, share; /* borrowed from the path */
	struct btz_span rest;	       /* below the share or /.bartizan/ */
};

/* path: decoded. It must be absolute and already normal: no empty segment but
 * the last, no "." or "..", no control characters, no backslash. */
void btz_place_parse(struct btz_span path, struct btz_place *out);

/* Destination header (RFC 4918 10.3) to a decoded, normalised path of at most
 * cap bytes in out. 0, or the HTTP status to refuse with; *why is static. host:
 * the request's Host header; another authority or scheme is 502. */
int btz_destination(struct btz_span header, struct btz_span host, uint8_t *out,
    size_t cap, size_t *len, const char **why);

#endif
