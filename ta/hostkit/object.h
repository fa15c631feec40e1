/* SPDX-License-Identifier: Apache-2.0 */
/* object.h - inside of hostkit's object handles. */
#ifndef BTZ_HOSTKIT_OBJECT_H
#define BTZ_HOSTKIT_OBJECT_H

#include <openssl/ec.h>
#include <tee_internal_api.h>

struct __TEE_ObjectHandle {
	uint32_t type;
	/* persistent data objects */
	char name[2 * TEE_OBJECT_ID_MAX_LEN + 5];
	uint8_t *data;
	size_t data_len, position;
	/* transient keys */
	uint8_t secret[128]; /* AES, HMAC, generic; EC private value */
	size_t secret_len;
	size_t coord; /* EC, Ed25519: 32 or 48 */
	uint8_t x[48], y[48];
	uint8_t n[512], e[8]; /* RSA, public */
	size_t n_len, e_len;
	EVP_PKEY *pkey; /* EC, RSA */
};

#endif
