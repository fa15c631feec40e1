/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg_http.h - an HTTP request that the module passes on
 */
#ifndef BTZ_WIRE_MSG_HTTP_H
#define BTZ_WIRE_MSG_HTTP_H

#include "wire/field.h"
#include "wire/limits.h"

/* BTZ_OP_HTTP */
struct btz_http {
	struct btz_span method;
	struct btz_span path;  /* decoded, below /.bartizan/ */
	struct btz_span token; /* of "Authorization: Bearer", else empty */
	struct btz_span from;
	struct btz_span client_cert; /* DER, empty without one */
	struct btz_span body;
};
extern const struct btz_msgdef btz_def_http;

/* what the client gets */
struct btz_http_ok {
	uint16_t status; /* HTTP status code */
	struct btz_span content_type;
	struct btz_span body;
};
extern const struct btz_msgdef btz_def_http_ok;

#endif
