/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg_open.h - an application asks the broker for a lease
 */
#ifndef BTZ_WIRE_MSG_OPEN_H
#define BTZ_WIRE_MSG_OPEN_H

#include "wire/field.h"
#include "wire/limits.h"

/* BTZ_OP_OPEN, BTZ_OP_OPEN_HERE */
struct btz_open {
	struct btz_span backend; /* empty: the default route */
	uint32_t ops;	  /* enum btz_use bits wanted, 0: all it may have */
	uint8_t whose;	  /* enum btz_open_whose; BTZ_OPEN_OWN but for parsec */
	uint32_t for_uid; /* BTZ_OPEN_UID: of whose client, else 0 */
};

enum btz_open_whose {	     /* the lease is of */
	BTZ_OPEN_OWN = 0,    /* the caller */
	BTZ_OPEN_UID = 1,    /* application "parsec:<uid>" */
	BTZ_OPEN_NOBODY = 2, /* no key: random numbers */
	BTZ_OPEN_ALL = 3,    /* list of the keys of every "parsec:<uid>" */
};
extern const struct btz_msgdef btz_def_open;

/* OPEN: travels with the client end of the leased socket */
struct btz_open_ok {
	uint64_t lease;
	uint32_t ops;		 /* enum btz_use bits given */
	uint64_t expiry;	 /* CLOCK_BOOTTIME, ms; 0: none */
	struct btz_span backend; /* "soft", "tee"; emulated ones say so */
};
extern const struct btz_msgdef btz_def_open_ok;

#endif
