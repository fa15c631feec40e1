/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert.h - what the policy needs of a client certificate that TLS has already
 * verified: the hash of its public key and its SPIFFE URI.
 */
#ifndef BTZ_HTTPD_CERT_H
#define BTZ_HTTPD_CERT_H

#include "base/err.h"
#include "wire/cursor.h"
#include "wire/limits.h"

struct btz_client_cert {
	uint8_t spki_hash[BTZ_SHA256_LEN];
	char cred[2 * BTZ_SHA256_LEN + 1]; /* the same in hex */
	uint64_t not_before, not_after;	   /* Unix seconds */
	size_t uri_len;			   /* 0: not exactly one URI SAN */
	uint8_t uri[BTZ_URI_MAX];
};

/* DER of one certificate. */
BTZ_MUST_CHECK enum btz_rc btz_client_cert_read(
    struct btz_span der, struct btz_client_cert *out);
/* TLS looks at the validity once, at the handshake; a connection may stay. */
bool btz_client_cert_valid(const struct btz_client_cert *c, uint64_t now);
struct btz_span btz_client_cert_uri(const struct btz_client_cert *c);

#endif
