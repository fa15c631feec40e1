/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pem.h - textual encoding (RFC 7468, the strict form of section 3): label,
 * 64 characters a line, canonical padding, LF or CRLF throughout, no text
 * before, between or after.
 */
#ifndef BTZ_DER_PEM_H
#define BTZ_DER_PEM_H

#include "der/der.h"

#define BTZ_PEM_CERT "CERTIFICATE"
#define BTZ_PEM_CSR "CERTIFICATE REQUEST"
#define BTZ_PEM_CRL "X509 CRL"
#define BTZ_PEM_PUBLIC "PUBLIC KEY"

/* Room that btz_pem_encode needs for n bytes of DER and a label of at most 64
 * characters. */
#define BTZ_PEM_ROOM(n) (((n) + 2u) / 3u * 4u + (n) / 48u + 192u)

/* One whole text of one block. Appends the bytes to out. The line end of the
 * last line may be missing. BTZ_E_PEM, or BTZ_E_TOOBIG when out is full. */
enum btz_rc btz_pem_decode(
    struct btz_span text, const char *label, struct btz_wr *out) BTZ_MUST_CHECK;
/* The next block of a text of several (chains); rd goes behind it. */
enum btz_rc btz_pem_next(
    struct btz_rd *rd, const char *label, struct btz_wr *out) BTZ_MUST_CHECK;
/* Lines end in LF. Failure is remembered in wr. */
void btz_pem_encode(struct btz_wr *wr, const char *label, struct btz_span der);

#endif
