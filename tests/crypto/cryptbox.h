/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cryptbox.h - a broker and a soft service, with one lease of an application:
 * for tests of encryption and what counts it. All but what returns a code
 * asserts.
 */
#ifndef BTZ_TESTS_CRYPTO_CRYPTBOX_H
#define BTZ_TESTS_CRYPTO_CRYPTBOX_H

#include "client/kms.h"
#include "support/auditor.h"
#include "support/spawn.h"

#define E BTZ_USE_ENCRYPT
#define D BTZ_USE_DECRYPT
#define S BTZ_USE_SIGN
#define V BTZ_USE_VERIFY
#define DV BTZ_USE_DERIVE

struct crypt_box {
	struct btz_box *box;
	struct btz_auditor *audit;
	struct btz_conn broker, c;
	struct btz_err err;
};
extern struct crypt_box crypto;

int crypt_setup(void **state);
int crypt_setup_small(void **state); /* nonce_limit 64, one hot key */
int crypt_teardown(void **state);
void crypt_kill(void); /* -9, and a new lease */

/* Of kind plain. */
void crypt_make(struct btz_generate g, uint8_t id[BTZ_ID_LEN]);
void crypt_key(uint8_t alg, uint32_t usage, uint8_t id[BTZ_ID_LEN]);

struct crypt_sealed {
	uint32_t version;
	uint8_t nonce[BTZ_NONCE_MAX], bytes[512];
	size_t nonce_len, len;
};
enum btz_rc crypt_seal(const uint8_t *id, uint16_t alg, const char *aad,
    const char *text, struct crypt_sealed *out);
/* Version 0, or the one that it was; it must be what is wanted. */
enum btz_rc crypt_open(const uint8_t *id, uint16_t alg, const char *aad,
    const struct crypt_sealed *in, uint32_t version, const char *want);

#endif
