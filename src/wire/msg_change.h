/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg_change.h - a change in the access database
 */
#ifndef BTZ_WIRE_MSG_CHANGE_H
#define BTZ_WIRE_MSG_CHANGE_H

#include "wire/field.h"
#include "wire/limits.h"
#include "wire/msg_list.h" /* for enum btz_noun */

enum btz_change_verb {
	BTZ_VERB_ADD = 1,
	BTZ_VERB_REMOVE = 2,
	BTZ_VERB_ENABLE = 3,
	BTZ_VERB_DISABLE = 4,
};

/* BTZ_OP_CHANGE; what a, b, c mean depends on noun and verb, see access.md */
struct btz_change {
	uint8_t noun; /* enum btz_noun */
	uint8_t verb; /* enum btz_change_verb */
	struct btz_span tenant;
	struct btz_span name;
	struct btz_span a;
	struct btz_span b;
	struct btz_span c;
	uint64_t n;
};
extern const struct btz_msgdef btz_def_change;

/* id or secret of what was made (invite: the token), generation in force */
struct btz_change_ok {
	struct btz_span id;
	struct btz_span detail;
	uint64_t generation;
};
extern const struct btz_msgdef btz_def_change_ok;

/* BTZ_OP_ACCESS_INIT: the trust domain is frozen */
struct btz_access_init {
	struct btz_span trust_domain;
	struct btz_span box;
};
extern const struct btz_msgdef btz_def_access_init;

#endif
