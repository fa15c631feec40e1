/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg_key.h - requests that name one key, and lists of keys
 */
#ifndef BTZ_WIRE_MSG_KEY_H
#define BTZ_WIRE_MSG_KEY_H

#include "wire/field.h"
#include "wire/limits.h"

/* BTZ_OP_EXPORT_PUBLIC, BTZ_OP_DESTROY */
struct btz_key_ref {
	uint8_t id[BTZ_ID_LEN];
};
extern const struct btz_msgdef btz_def_key_ref;

/* BTZ_OP_LIST_KEYS */
struct btz_list_keys {
	uint8_t after[BTZ_ID_LEN]; /* the last id seen; zero: from the start */
	/* exact label; "@NAME=VALUE": that is among its labels; "#" and the id
	 * in hex: the versions of that key (see key_rows); empty: all */
	struct btz_span label;
};
extern const struct btz_msgdef btz_def_list_keys;

/* key_info messages one after the other. Versions: the id is the key's, but
 * version, state, created, uses and spki are of each version; the next page is
 * asked for with the version last seen in the last four bytes of `after`. */
struct btz_key_rows {
	struct btz_span rows;
	uint8_t more;
};
extern const struct btz_msgdef btz_def_key_rows;

#endif
