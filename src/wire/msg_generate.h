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
	uint8_t flags;	     /* enum btz_keyblob_flags; bound into the blob */
	uint16_t bits;	     /* of a SECRET: a multiple of 8, 0: 256; else 0 */
	uint16_t only_sig;   /* enum btz_sig_alg, or */
	uint16_t only_crypt; /* enum btz_crypt_alg: the one it is for; 0: any */
	uint64_t uses_max;   /* operations with the private part; 0: no limit */
	struct btz_span labels;	  /* NAME=VALUE, each with a newline */
	struct btz_span app_data; /* the application's own; not looked into */
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
	/* DER SubjectPublicKeyInfo (RFC 5280 4.1.2.7) of the version in use;
	 * empty: none */
	struct btz_span spki;
	uint8_t flags;
	uint16_t bits;
	uint16_t only_sig, only_crypt;
	uint64_t uses, uses_max; /* uses: at most so many, of that version */
	/* in use: the newest that is enabled (none is: the newest), from 1 */
	uint32_t version;
	uint32_t min_version; /* older ones neither verify nor decrypt */
	uint64_t destroy_at;  /* DOOMED: Unix seconds */
	struct btz_span labels, app_data;
	/* Who else may use it; in the answers of EXPORT_PUBLIC and KEY_CHANGE
	 * to its owner and administrators: u32 uses, u16 length, application,
	 * repeated. Uses 0: there are more. */
	struct btz_span shares;
};
extern const struct btz_msgdef btz_def_key_info;

#endif
