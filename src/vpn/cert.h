/* SPDX-License-Identifier: Apache-2.0 */
/* cert.h - the certificate of a VPN's server: its name, when it is renewed, and
 * the files that OpenVPN reads. */
#ifndef BTZ_VPN_CERT_H
#define BTZ_VPN_CERT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "der/dn.h"
#include "wire/cursor.h"

#define BTZ_VPN_PEM_MAX 24576u

/* NAME.vpn.HOST, below the first host name in https_names: whoever has OpenVPN
 * in his hands is not the HTTPS service with it. False: there is no host name,
 * or it is too long for a CN. */
bool btz_vpn_server_name(const char *vpn, const char *https_names,
    char out[BTZ_CN_MAX + 1]) BTZ_MUST_CHECK;

/* Is less than a third of the life from..to left? The same rule as for the
 * HTTPS certificate (src/up/https.c). */
bool btz_cert_due(uint64_t from, uint64_t to, uint64_t now);
/* Is the first certificate of this PEM text one of this key and name that is
 * not due yet? */
bool btz_vpn_cert_good(struct btz_span pem, struct btz_span spki,
    struct btz_span name, uint64_t now);

/* At most cap bytes of a file; 0: none. */
size_t btz_vpn_read_file(const char *path, uint8_t *out, size_t cap);
/* Certificates (each with a u32 length before it) as one PEM file that is there
 * whole or not at all. One that has this text already is left alone; *changed is
 * set when there was another one. */
BTZ_MUST_CHECK enum btz_rc btz_vpn_write_chain(const char *path,
    struct btz_span certs, bool *changed, struct btz_err *err);

#endif
