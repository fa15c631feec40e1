/* SPDX-License-Identifier: Apache-2.0 */
/* link.h - a management link fed from texts, for tests of src/vpn. */
#ifndef BTZ_TESTS_VPN_LINK_H
#define BTZ_TESTS_VPN_LINK_H

#include <string.h>

#include "vpn/mgmt.h"

#define HELLO ">INFO:OpenVPN Management Interface Version 5 -- type 'help'\r\n"
#define ENV(x) ">CLIENT:ENV," x "\r\n"
#define SERIAL "71:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:11"
#define DIGEST                                                                 \
	"ea:5f:2a:1a:5b:bd:b8:ee:e4:7f:b8:46:ff:20:b7:b8:26:17:ad:95:e6:"      \
	"56:73:e7:2b:67:db:df:9a:b5:34:b1"
#define ISSUER                                                                 \
	"e8:32:74:a2:c0:58:43:06:52:17:a8:d1:d2:15:f8:77:41:96:7b:dd:"         \
	"f7:5a:a9:23:ee:ab:73:01:ac:f6:78:1c"
#define SAN "URI:spiffe://box.test/home/user/alice"
/* As OpenVPN 2.6.14 sent it, without the names that we pass over. */
#define ALICE                                                                  \
	ENV("n_clients=0")                                                     \
	ENV("password=")                                                       \
	ENV("untrusted_port=35921")                                            \
	ENV("untrusted_ip=127.0.0.1")                                          \
	ENV("common_name=alice")                                               \
	ENV("IV_CIPHERS=AES-256-GCM:AES-128-GCM:CHACHA20-POLY1305")            \
	ENV("tls_serial_hex_0=" SERIAL)                                        \
	ENV("tls_digest_sha256_0=" DIGEST)                                     \
	ENV("X509_0_subjectAltName=" SAN)                                      \
	ENV("tls_serial_hex_1=1d:a9:63") ENV("tls_digest_sha256_1=" ISSUER)

/* First event of text (kind NONE when there is none). */
static inline enum btz_rc
first_event(struct btz_mgmt *m, const char *text, struct btz_mgmt_event *ev)
{
	struct btz_span in = btz_span_str(text);
	struct btz_err err;

	return btz_mgmt_next(m, &in, ev, &err);
}

static inline enum btz_rc
ready(struct btz_mgmt *m)
{
	struct btz_mgmt_event ev;

	btz_mgmt_init(m);
	return first_event(m, HELLO, &ev);
}

#endif
