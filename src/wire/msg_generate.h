/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg_generate.h - a new key
 */
#ifndef BTZ_WIRE_MSG_GENERATE_H
#define BTZ_WIRE_MSG_GENERATE_H

#include "wire/field.h"
#include "wire/limits.h"

/* BTZ_OP_GENERATE; the owner is the application of the lease */
struct btz_generate {
	uint8_t alg;	/* enum btz_key_alg */
	uint8_t kind;	/* enum btz_kind */
	uint32_t usage; /* enum btz_use bits */
	struct btz_span label;
	uint8_t tenant_id[BTZ_ID_LEN]; /* zero: none */
	uint64_t not_after;	       /* Unix seconds, 0: none */
	struct btz_span constraints;   /* constraint.h; bound into the blob */
};
extern const struct btz_msgdef btz_def_generate;

/* what is public about a key */
struct btz_key_info {
	uint8_t id[BTZ_ID_LEN];
	struct btz_span owner;
	struct btz_span label;
	uint8_t alg;
	uint8_t kind;
	uint8_t protection; /* enum btz_protection */
	uint8_t state;	    /* enum btz_key_state */
	uint32_t usage;
	uint64_t created; /* Unix seconds */
	uint64_t not_after;
	struct btz_span constraints;
	struct btz_span spki; /* DER SubjectPublicKeyInfo (RFC 5280 4.1.2.7) */
};
extern const struct btz_msgdef btz_def_key_info;

#endif
