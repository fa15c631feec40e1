/* SPDX-License-Identifier: Apache-2.0 */
/* progs.c - the table of programs, in the order in which they start. */
#include "up/progs.h"

#include "up/up.h"

/* The numbers uid_n are stable: files belong to them. The policy files that access writes are read by httpd's
 * group, hence its umask. */
const struct btz_up_prog btz_up_progs[] = {
	{ BTZ_PROG_SWTPM, BTZ_UP_SWTPM, "swtpm", "", 8, 0077, 5, { NULL } },
	{ BTZ_PROG_TA, BTZ_UP_OURS, "bartizan-ta-emulated", "ta", 7, 0077, 4,
	    { "tpm", NULL } },
	{ BTZ_PROG_AUDIT, BTZ_UP_OURS, "bartizan-audit", "src/audit", 6, 0077,
	    3, { "audit", NULL } },
	{ BTZ_PROG_CRYPTO_SOFT, BTZ_UP_OURS, "bartizan-crypto", "src/crypto", 2,
	    0077, 2, { "crypto", "tee", NULL } },
	{ BTZ_PROG_CRYPTO_TEE, BTZ_UP_OURS, "bartizan-crypto", "src/crypto", 3,
	    0077, 2, { "crypto", "tee", "tpm", NULL } },
	{ BTZ_PROG_CRYPTO_TPM, BTZ_UP_OURS, "bartizan-crypto", "src/crypto", 12,
	    0077, 2, { "crypto", "tpm-direct", NULL } },
	{ BTZ_PROG_CRYPTO_P11_1, BTZ_UP_OURS, "bartizan-crypto", "src/crypto",
	    13, 0077, 2, { "crypto", "pkcs11", NULL } },
	{ BTZ_PROG_CRYPTO_P11_2, BTZ_UP_OURS, "bartizan-crypto", "src/crypto",
	    14, 0077, 2, { "crypto", "pkcs11", NULL } },
	{ BTZ_PROG_CRYPTO_P11_3, BTZ_UP_OURS, "bartizan-crypto", "src/crypto",
	    15, 0077, 2, { "crypto", "pkcs11", NULL } },
	{ BTZ_PROG_CRYPTO_P11_4, BTZ_UP_OURS, "bartizan-crypto", "src/crypto",
	    16, 0077, 2, { "crypto", "pkcs11", NULL } },
	{ BTZ_PROG_BROKER, BTZ_UP_OURS, "bartizan-broker", "src/broker", 1,
	    0077, 1, { "broker", "tpm-direct", "pkcs11", "app", NULL } },
	{ BTZ_PROG_ACCESS, BTZ_UP_OURS, "bartizan-access", "src/access", 5,
	    0027, 1, { "access", NULL } },
	{ BTZ_PROG_CA, BTZ_UP_OURS, "bartizan-ca", "src/ca", 4, 0077, 1,
	    { "ca", "https", "vpn", NULL } },
	{ BTZ_PROG_VPN, BTZ_UP_OURS, "bartizan-vpn", "src/vpn", 10, 0027, 1,
	    { "https", "vpn", "reach", NULL } },
	{ BTZ_PROG_OPENVPN1, BTZ_UP_OPENVPN, "openvpn", "", 11, 0077, 0,
	    { NULL } },
	{ BTZ_PROG_OPENVPN2, BTZ_UP_OPENVPN, "openvpn", "", 11, 0077, 0,
	    { NULL } },
	{ BTZ_PROG_OPENVPN3, BTZ_UP_OPENVPN, "openvpn", "", 11, 0077, 0,
	    { NULL } },
	{ BTZ_PROG_OPENVPN4, BTZ_UP_OPENVPN, "openvpn", "", 11, 0077, 0,
	    { NULL } },
	{ BTZ_PROG_PARSEC, BTZ_UP_OURS, "bartizan-parsec", "src/parsec", 20,
	    0077, 0, { "parsec", NULL } },
	{ BTZ_PROG_HTTPD, BTZ_UP_HTTPD, "apache2", "", 9, 0077, 0, { NULL } },
};
const size_t btz_up_progs_count = sizeof(btz_up_progs) /
				  sizeof(btz_up_progs[0]);

const struct btz_up_prog *
btz_up_prog(enum btz_prog prog)
{
	for (size_t i = 0; i < btz_up_progs_count; i++)
		if (btz_up_progs[i].prog == prog)
			return &btz_up_progs[i];
	return NULL;
}

static bool
is_backend(enum btz_prog prog)
{
	for (size_t i = 0; btz_backends_prog(i) != BTZ_PROG_NONE; i++)
		if (btz_backends_prog(i) == prog)
			return true;
	return false;
}

bool
btz_up_wanted(const struct btz_up *up, enum btz_prog prog)
{
	if (is_backend(prog))
		return btz_backends_name(&up->conf.backends, prog) != NULL;
	if (prog == BTZ_PROG_PARSEC)
		return up->conf.parsec.enabled;
	return btz_up_vpn_wanted(up, prog);
}
