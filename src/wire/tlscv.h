/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlscv.h - the one thing that a key of kind tls signs: the content that the
 * server of a TLS 1.3 handshake signs in CertificateVerify (RFC 8446 4.4.3).
 */
#ifndef BTZ_WIRE_TLSCV_H
#define BTZ_WIRE_TLSCV_H

#include "wire/cursor.h"

#define BTZ_TLS_CV_HEAD 98u /* 64 x 0x20, context string, 0x00 */

/* Head, then a transcript hash of 32 or 48 octets. */
bool btz_tls_cv_ok(struct btz_span input) BTZ_MUST_CHECK;

#endif
