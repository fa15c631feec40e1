/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg_explain.h - may this principal do this, and why
 */
#ifndef BTZ_WIRE_MSG_EXPLAIN_H
#define BTZ_WIRE_MSG_EXPLAIN_H

#include "wire/field.h"
#include "wire/limits.h"

/* BTZ_OP_EXPLAIN */
struct btz_explain {
	struct btz_span tenant;
	struct btz_span principal; /* user name, or SPIFFE URI */
	struct btz_span action;	   /* read, write, ...; empty: all */
	struct btz_span object;	   /* share, vpn:NAME or /tenant/share/... */
	uint8_t via; /* enum btz_audit_via; 0: as is usual there */
	uint64_t at; /* Unix seconds; 0: now */
};
extern const struct btz_msgdef btz_def_explain;

/* why names roles and bindings, or what is missing */
struct btz_explain_ok {
	uint8_t allow;
	struct btz_span why;
	uint64_t generation;
};
extern const struct btz_msgdef btz_def_explain_ok;

#endif
