/* SPDX-License-Identifier: Apache-2.0 */
/* edges.c - the table of who talks to whom; read edges.h first. */
#include "base/edges.h"

#include <string.h>

const struct btz_listener btz_listeners[] = {
	{ BTZ_PROG_UP, BTZ_ROLE_ADMIN, "admin/up.sock" },
	{ BTZ_PROG_BROKER, BTZ_ROLE_APP, "kms.sock" },
	{ BTZ_PROG_BROKER, BTZ_ROLE_ADMIN, "admin/broker.sock" },
	{ BTZ_PROG_CA, BTZ_ROLE_ADMIN, "admin/ca.sock" },
	{ BTZ_PROG_CA, BTZ_ROLE_HTTP, "http/ca.sock" },
	{ BTZ_PROG_ACCESS, BTZ_ROLE_ADMIN, "admin/access.sock" },
	{ BTZ_PROG_AUDIT, BTZ_ROLE_ADMIN, "admin/audit.sock" },
	{ BTZ_PROG_AUDIT, BTZ_ROLE_HTTP, "http/audit.sock" },
	{ BTZ_PROG_VPN, BTZ_ROLE_ADMIN, "admin/vpn.sock" },
	{ BTZ_PROG_PARSEC, BTZ_ROLE_APP, "parsec/parsec.sock", true },
};
const size_t btz_listeners_count = sizeof(btz_listeners) /
				   sizeof(btz_listeners[0]);

const struct btz_edge btz_edges[] = {
	{ BTZ_PROG_BROKER, BTZ_PROG_CRYPTO_SOFT,
	    "GRANT NARROW WITHDRAW STATUS LIST" },
	{ BTZ_PROG_BROKER, BTZ_PROG_CRYPTO_TEE,
	    "GRANT NARROW WITHDRAW STATUS LIST" },
	{ BTZ_PROG_CA, BTZ_PROG_BROKER, "OPEN" },
	{ BTZ_PROG_AUDIT, BTZ_PROG_BROKER, "OPEN" },
	{ BTZ_PROG_CA, BTZ_PROG_ACCESS,
	    "INVITE_RESERVE CREDENTIAL_ADD CREDENTIAL_DISABLE "
	    "CREDENTIAL_STATES" },
	{ BTZ_PROG_BROKER, BTZ_PROG_AUDIT, "APPEND" },
	{ BTZ_PROG_CRYPTO_SOFT, BTZ_PROG_AUDIT, "APPEND" },
	{ BTZ_PROG_CRYPTO_TEE, BTZ_PROG_AUDIT, "APPEND" },
	{ BTZ_PROG_CA, BTZ_PROG_AUDIT, "APPEND" },
	{ BTZ_PROG_ACCESS, BTZ_PROG_AUDIT, "APPEND" },
	{ BTZ_PROG_CRYPTO_TEE, BTZ_PROG_TA, "GlobalPlatform client API" },
	{ BTZ_PROG_VPN, BTZ_PROG_BROKER, "OPEN" },
	{ BTZ_PROG_VPN, BTZ_PROG_CA, "CHAIN ISSUE_VPN" },
	{ BTZ_PROG_VPN, BTZ_PROG_AUDIT, "APPEND" },
	{ BTZ_PROG_BROKER, BTZ_PROG_CRYPTO_TPM,
	    "GRANT NARROW WITHDRAW STATUS LIST" },
	{ BTZ_PROG_BROKER, BTZ_PROG_CRYPTO_P11_1,
	    "GRANT NARROW WITHDRAW STATUS LIST" },
	{ BTZ_PROG_BROKER, BTZ_PROG_CRYPTO_P11_2,
	    "GRANT NARROW WITHDRAW STATUS LIST" },
	{ BTZ_PROG_BROKER, BTZ_PROG_CRYPTO_P11_3,
	    "GRANT NARROW WITHDRAW STATUS LIST" },
	{ BTZ_PROG_BROKER, BTZ_PROG_CRYPTO_P11_4,
	    "GRANT NARROW WITHDRAW STATUS LIST" },
	{ BTZ_PROG_CRYPTO_TPM, BTZ_PROG_AUDIT, "APPEND" },
	{ BTZ_PROG_CRYPTO_P11_1, BTZ_PROG_AUDIT, "APPEND" },
	{ BTZ_PROG_CRYPTO_P11_2, BTZ_PROG_AUDIT, "APPEND" },
	{ BTZ_PROG_CRYPTO_P11_3, BTZ_PROG_AUDIT, "APPEND" },
	{ BTZ_PROG_CRYPTO_P11_4, BTZ_PROG_AUDIT, "APPEND" },
	{ BTZ_PROG_PARSEC, BTZ_PROG_BROKER, "OPEN" },
};
const size_t btz_edges_count = sizeof(btz_edges) / sizeof(btz_edges[0]);

static const char *const names[BTZ_PROG_COUNT] = {
	[BTZ_PROG_NONE] = "none",
	[BTZ_PROG_UP] = "up",
	[BTZ_PROG_BROKER] = "broker",
	[BTZ_PROG_CRYPTO_SOFT] = "crypto-soft",
	[BTZ_PROG_CRYPTO_TEE] = "crypto-tee",
	[BTZ_PROG_CA] = "ca",
	[BTZ_PROG_ACCESS] = "access",
	[BTZ_PROG_AUDIT] = "audit",
	[BTZ_PROG_HTTPD] = "httpd",
	[BTZ_PROG_TA] = "ta",
	[BTZ_PROG_SWTPM] = "swtpm",
	[BTZ_PROG_VPN] = "vpn",
	[BTZ_PROG_OPENVPN1] = "openvpn1",
	[BTZ_PROG_OPENVPN2] = "openvpn2",
	[BTZ_PROG_OPENVPN3] = "openvpn3",
	[BTZ_PROG_OPENVPN4] = "openvpn4",
	[BTZ_PROG_CRYPTO_TPM] = "crypto-tpm-direct",
	[BTZ_PROG_CRYPTO_P11_1] = "crypto-pkcs11-1",
	[BTZ_PROG_CRYPTO_P11_2] = "crypto-pkcs11-2",
	[BTZ_PROG_CRYPTO_P11_3] = "crypto-pkcs11-3",
	[BTZ_PROG_CRYPTO_P11_4] = "crypto-pkcs11-4",
	[BTZ_PROG_PARSEC] = "parsec",
};

size_t
btz_slots(enum btz_prog prog, struct btz_slot *out)
{
	size_t n = 0;

	for (size_t i = 0; i < btz_listeners_count; i++)
		if (btz_listeners[i].prog == prog && n < BTZ_SLOTS_MAX)
			out[n++] = (struct btz_slot){
				.listener = &btz_listeners[i]
			};
	for (size_t i = 0; i < btz_edges_count; i++) {
		const struct btz_edge *e = &btz_edges[i];

		if ((e->from == prog || e->to == prog) && n < BTZ_SLOTS_MAX)
			out[n++] = (struct btz_slot){ .edge = e,
				.asks = e->from == prog };
	}
	return n;
}

const char *
btz_prog_name(enum btz_prog prog)
{
	return (size_t)prog < BTZ_PROG_COUNT ? names[prog] : "?";
}

enum btz_prog
btz_prog_by_name(const char *name)
{
	for (size_t i = 1; i < BTZ_PROG_COUNT; i++)
		if (strcmp(names[i], name) == 0)
			return (enum btz_prog)i;
	return BTZ_PROG_NONE;
}
