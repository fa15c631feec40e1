/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg_list.h - lists and tables, the same for every program
 *
 * A table answer is described in table.h. Nouns say what a program lists.
 */
#ifndef BTZ_WIRE_MSG_LIST_H
#define BTZ_WIRE_MSG_LIST_H

#include "wire/field.h"
#include "wire/limits.h"

/* What lists and changes are about. Stable numbers. */
enum btz_noun {
	BTZ_NOUN_TENANT = 1,
	BTZ_NOUN_USER = 2,
	BTZ_NOUN_DEVICE = 3,
	BTZ_NOUN_CREDENTIAL = 4,
	BTZ_NOUN_ROLE = 5,
	BTZ_NOUN_BINDING = 6,
	BTZ_NOUN_SHARE = 7,
	BTZ_NOUN_INVITE = 8,
	BTZ_NOUN_CERTIFICATE = 9,
	BTZ_NOUN_LEASE = 10,
	BTZ_NOUN_APPLICATION = 11,
	BTZ_NOUN_BACKEND = 12,
	BTZ_NOUN_PROCESS = 13,
	BTZ_NOUN_VPN = 14,
	BTZ_NOUN_ISSUING = 15, /* issuing certificates but the one in force */
	BTZ_NOUN_SESSION = 17, /* of a VPN */
};

/* request of BTZ_OP_LIST; `after` is the cursor of the previous answer */
struct btz_list {
	uint8_t noun;		/* enum btz_noun */
	struct btz_span tenant; /* empty: all */
	struct btz_span filter; /* exact name or id prefix; empty: all */
	struct btz_span after;
};
extern const struct btz_msgdef btz_def_list;

/* columns and rows as in table.h */
struct btz_table {
	struct btz_span columns;
	struct btz_span rows;
	struct btz_span
	    next; /* cursor for the following page, empty at the end */
};
extern const struct btz_msgdef btz_def_table;

/* body of an answer with MORE: step `step` of `steps` begins */
struct btz_progress {
	uint16_t step;
	uint16_t steps;
	struct btz_span what;
};
extern const struct btz_msgdef btz_def_progress;

#endif
