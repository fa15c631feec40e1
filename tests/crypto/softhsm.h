/* SPDX-License-Identifier: Apache-2.0 */
/* softhsm.h - tokens of SoftHSM2 for tests, in a directory of their own. */
#ifndef BTZ_TESTS_CRYPTO_SOFTHSM_H
#define BTZ_TESTS_CRYPTO_SOFTHSM_H

#include <p11-kit/pkcs11.h>

#include "base/backends.h"

#define BTZ_SOFTHSM_PIN "4321"

struct btz_softhsm {
	char dir[64];
	char conf[128], pin_file[128], tokens[128], away[128];
	struct btz_backends b; /* token[0] "one", token[1] "two" */
};

const char *btz_softhsm_module(void); /* NULL: not installed */
/* All of these assert. $SOFTHSM2_CONF is set: one at a time in a process. */
void btz_softhsm_begin(struct btz_softhsm *s);
void btz_softhsm_end(struct btz_softhsm *s);
void btz_softhsm_pin(struct btz_softhsm *s, const char *pin);
void btz_softhsm_pull(struct btz_softhsm *s); /* all tokens */
void btz_softhsm_plug(struct btz_softhsm *s);
/* A section [pkcs11 NAME] of token "one", for a box. */
void btz_softhsm_conf(
    const struct btz_softhsm *s, const char *name, char *out, size_t cap);
/* The functions of the module, as another user of it in this process. */
CK_FUNCTION_LIST *btz_softhsm_functions(void);

#endif
