/* SPDX-License-Identifier: Apache-2.0 */
/*
 * swtpm_ek.h - software TPMs with an endorsement certificate, of the maker in
 * tests/vectors/ek (everybody has its keys). Like a new chip they have
 * endorsement keys at 0x81010001 (RSA) and 0x81010016 (P-384), and the
 * certificates in NV: 0x01c00002 and 0x01c00016.
 */
#ifndef BTZ_TESTS_SWTPM_EK_H
#define BTZ_TESTS_SWTPM_EK_H

#include "support/swtpm.h"

#define BTZ_SWTPM_EK_NV 0x01c00016u

/* Are the programs there? A test without them is skipped, saying so. */
bool btz_swtpm_ek_present(void);
/* A TPM in the state of a new one; all that start so are the same TPM. The
 * state is made once per build directory. Ended by btz_swtpm_end. */
bool btz_swtpm_start_ek(struct btz_swtpm *s) BTZ_MUST_CHECK;
/* A TPM that is another one than all before; takes a second or two. */
bool btz_swtpm_start_new_ek(struct btz_swtpm *s) BTZ_MUST_CHECK;

struct btz_swtpm_ek {
	uint8_t cert_buf[2048], chain_buf[2048], root_buf[256];
	struct btz_span cert;  /* as in NV */
	struct btz_span chain; /* its issuer's certificate */
	struct btz_span root;  /* SubjectPublicKeyInfo of the anchor */
};
/* What belongs to a TPM that was started so; spans into *out. */
bool btz_swtpm_ek_read(
    const struct btz_swtpm *s, struct btz_swtpm_ek *out) BTZ_MUST_CHECK;

#endif
