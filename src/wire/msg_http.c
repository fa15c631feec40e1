/* SPDX-License-Identifier: Apache-2.0 */
/* msg_http.c - wire order of the fields; meaning in msg_http.h. */
#include "wire/msg_http.h"

BTZ_MSGDEF(http, BTZ_FTEXT(btz_http, method, 16),
    BTZ_FTEXT(btz_http, path, BTZ_URI_MAX), BTZ_FTEXT(btz_http, token, 128),
    BTZ_FTEXT(btz_http, from, 64),
    BTZ_FBYTES(btz_http, client_cert, BTZ_CERT_MAX),
    BTZ_FBYTES(btz_http, body, 32768));

BTZ_MSGDEF(http_ok, BTZ_FU16(btz_http_ok, status),
    BTZ_FTEXT(btz_http_ok, content_type, 128),
    BTZ_FBYTES(btz_http_ok, body, 57344));
