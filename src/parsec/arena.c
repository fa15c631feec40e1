/* SPDX-License-Identifier: Apache-2.0 */
/* arena.c - see arena.h. */
#include "parsec/arena.h"

#include <stdlib.h>

#define EXTRA 16384u /* structs of messages, and fields that are not known */

void *
btz_parena_alloc(struct btz_parena *a, size_t len)
{
	const size_t at = (a->used + 15u) & ~(size_t)15;

	if (a->p == NULL || at > a->len || len > a->len - at)
		return NULL;
	a->used = at + len;
	return a->p + at;
}

static void *
pb_alloc(void *arena, size_t len)
{
	return btz_parena_alloc(arena, len);
}

/* All at once, by btz_parena_end. */
static void
pb_free(void *arena, void *p)
{
	(void)arena;
	(void)p;
}

void *
btz_parsec_decode(struct btz_parena *a, const ProtobufCMessageDescriptor *def,
    struct btz_span body)
{
	ProtobufCAllocator pb = { pb_alloc, pb_free, a };

	a->len = body.len + EXTRA;
	a->used = 0;
	if ((a->p = malloc(a->len)) == NULL)
		return NULL;
	return protobuf_c_message_unpack(def, &pb, body.len, body.p);
}

void
btz_parena_end(struct btz_parena *a)
{
	if (a->p != NULL)
		btz_wipe(a->p, a->used);
	free(a->p);
	a->p = NULL;
}
