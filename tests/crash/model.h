/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model.h - what a client knows of its keys: what was acknowledged, and for a
 * request without an answer also what the key would be after it. Either may
 * be found afterwards, nothing in between.
 */
#ifndef BTZ_TESTS_CRASH_MODEL_H
#define BTZ_TESTS_CRASH_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/alg.h"
#include "wire/msg_crypt.h"
#include "wire/msg_generate.h"
#include "wire/msg_lifecycle.h"

#define MODEL_VERSIONS 8u
#define MODEL_UNSURE UINT32_MAX /* of `shared` */

struct version {
	uint8_t spki[128];
	size_t spki_len;
	bool known;    /* the public key, of a version that was answered */
	uint8_t state; /* enum btz_key_state */
	uint64_t used; /* acknowledged uses of the private part */
	uint8_t nonce[16], sealed[64]; /* one cipher text under it */
	size_t sealed_len;
	uint8_t derived[32]; /* HKDF of fixed input */
	bool has_derived;
};

struct key {
	bool unborn; /* not there yet, or not at all: only with `maybe` */
	uint8_t id[BTZ_ID_LEN];
	const char *owner;
	char label[32], labels[32];
	uint8_t alg, kind, flags, state;
	uint32_t usage, shared, version, min_version, n;
	uint64_t uses_max, not_after, destroy_at;
	uint64_t lineage; /* the same for a key and what was restored of it */
	struct version v[MODEL_VERSIONS + 1];
	bool fresh;	   /* changed since it was looked at */
	struct key *maybe; /* after the request that was not answered */
};

/* What the change does, as the service's documentation says. */
void model_change(struct key *k, const struct btz_key_set *rq);
/* The next version, of a public key that is not known yet. */
struct version *model_rotate(struct key *k);
/* As it is after BACKUP and RESTORE. */
void model_restored(struct key *k);
/* The request was not answered: `after` is possible too. */
void model_doubt(struct key *k, const struct key *after);
void model_settle(struct key *k, bool after); /* no doubt any more */
/* NULL: it is so; else what differs. Learns what was not known. */
const char *model_differs(struct key *k, const struct btz_key_info *row);
void model_learn(struct version *v, struct btz_span spki);
struct version *model_in_use(struct key *k);

#endif
