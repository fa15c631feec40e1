/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg_credential.h - credentials come into force and go
 */
#ifndef BTZ_WIRE_MSG_CREDENTIAL_H
#define BTZ_WIRE_MSG_CREDENTIAL_H

#include "wire/field.h"
#include "wire/limits.h"

/* BTZ_OP_CREDENTIAL_ADD; consumes the invite */
struct btz_credential_add {
	uint8_t token_hash[BTZ_SHA256_LEN]; /* zero: renewal */
	uint8_t spki_hash[BTZ_SHA256_LEN];
	struct btz_span principal; /* SPIFFE URI */
	uint8_t serial[BTZ_ID_LEN];
	uint64_t not_before;
	uint64_t not_after;
};
extern const struct btz_msgdef btz_def_credential_add;

/* BTZ_OP_CREDENTIAL_DISABLE */
struct btz_credential_ref {
	uint8_t spki_hash[BTZ_SHA256_LEN];
	uint8_t reason;
};
extern const struct btz_msgdef btz_def_credential_ref;

/* answered when this policy generation is visible */
struct btz_credential_ok {
	uint64_t generation;
};
extern const struct btz_msgdef btz_def_credential_ok;

/* one row of credential_rows */
struct btz_credential_row {
	uint8_t spki_hash[BTZ_SHA256_LEN];
	uint8_t serial[BTZ_ID_LEN];
	uint64_t not_after;
	uint8_t state; /* 1 active, 2 disabled */
};
extern const struct btz_msgdef btz_def_credential_row;

/* credential_row messages one after the other */
struct btz_credential_rows {
	struct btz_span rows;
	struct btz_span next;
};
extern const struct btz_msgdef btz_def_credential_rows;

#endif
