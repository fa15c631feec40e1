/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ekchain.h - what the configuration says about the TPM's endorsement key, for
 * PROVISION: is a certificate required, and the maker's intermediates.
 */
#ifndef BTZ_CRYPTO_EKCHAIN_H
#define BTZ_CRYPTO_EKCHAIN_H

#include "base/conf.h"
#include "wire/msg_provision.h"

struct btz_ek_conf {
	bool required;
	struct btz_err err; /* why the file could not be used */
	size_t len;
	uint8_t der[BTZ_EK_CHAIN_BYTES];
};

/* Reads the file: before confinement. Failure is kept until PROVISION, as a
 * box that is in use does not need the file. */
void btz_ek_conf_read(struct btz_ek_conf *ek, const struct btz_conf_tpm *conf);
/* Completes a request; a chain that comes with it goes first. Spans borrow
 * from ek. */
BTZ_MUST_CHECK enum btz_rc btz_ek_conf_use(const struct btz_ek_conf *ek,
    struct btz_provision *rq, struct btz_err *err);

#endif
