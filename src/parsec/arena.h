/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.h - memory of one decoded request: bounded by the size of its body,
 * wiped and freed at once. What protobuf-c notes of each field that it does
 * not know counts too, so that a body of a million fields is refused instead
 * of growing twentyfold.
 */
#ifndef BTZ_PARSEC_ARENA_H
#define BTZ_PARSEC_ARENA_H

#include <protobuf-c/protobuf-c.h>

#include "wire/cursor.h"

struct btz_parena {
	uint8_t *p; /* NULL: nothing decoded */
	size_t len, used;
};

/* NULL: malformed, too many fields, or no memory. The message lives until
 * btz_parena_end. */
void *btz_parsec_decode(struct btz_parena *a,
    const ProtobufCMessageDescriptor *def, struct btz_span body);
/* Room beside the message; NULL: none left. */
void *btz_parena_alloc(struct btz_parena *a, size_t len);
void btz_parena_end(struct btz_parena *a);

#endif
