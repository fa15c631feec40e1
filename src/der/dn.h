/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dn.h - Name (RFC 5280 4.1.2.4) as its DER bytes. Names are compared byte by
 * byte and never re-encoded; ours have one CN as UTF8String.
 */
#ifndef BTZ_DER_DN_H
#define BTZ_DER_DN_H

#include "der/der.h"

#define BTZ_CN_MAX 64u /* ub-common-name, RFC 5280 A.1 */
#define BTZ_DN_MAX 1024u

/* A whole, well-formed Name; may be the empty SEQUENCE. */
bool btz_dn_check(struct btz_span name) BTZ_MUST_CHECK;
bool btz_dn_empty(struct btz_span name);
/* True if the name is exactly one CN (UTF8String or PrintableString). */
bool btz_dn_cn(struct btz_span name, struct btz_span *cn) BTZ_MUST_CHECK;
/* Name of one CN; empty cn: the empty SEQUENCE. */
void btz_dn_put(struct btz_wr *wr, struct btz_span cn);

#endif
