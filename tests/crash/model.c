/* SPDX-License-Identifier: Apache-2.0 */
/* model.c - what a client knows of its keys; contract in model.h. */
#include "crash/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct version *
model_in_use(struct key *k)
{
	return &k->v[k->version];
}

/* The newest that is enabled; none is: the newest. */
static void
choose(struct key *k)
{
	k->version = k->n;
	for (uint32_t i = k->n; i > 0; i--)
		if (k->v[i].state == BTZ_KEY_ENABLED) {
			k->version = i;
			return;
		}
}

static void
set_state(struct key *k, uint64_t version, uint8_t state)
{
	if (version == 0) {
		k->state = state;
		return;
	}
	k->v[version].state = state;
	choose(k);
}

static void
take_text(char out[32], struct btz_span text, const char *end)
{
	(void)snprintf(
	    out, 32, "%.*s%s", (int)text.len, (const char *)text.p, end);
}

void
model_change(struct key *k, const struct btz_key_set *rq)
{
	switch ((enum btz_key_change)rq->what) {
	case BTZ_KC_ENABLE:
		set_state(k, rq->value, BTZ_KEY_ENABLED);
		break;
	case BTZ_KC_DISABLE:
		set_state(k, rq->value, BTZ_KEY_DISABLED);
		break;
	case BTZ_KC_MIN_VERSION:
		k->min_version = (uint32_t)rq->value;
		break;
	case BTZ_KC_DOOM:
		k->state = BTZ_KEY_DOOMED;
		k->destroy_at = rq->value;
		break;
	case BTZ_KC_RESCUE:
		k->state = BTZ_KEY_DISABLED;
		k->destroy_at = 0;
		break;
	case BTZ_KC_LABEL:
		take_text(k->labels, rq->text, "\n");
		break;
	case BTZ_KC_RENAME:
		take_text(k->label, rq->text, "");
		break;
	case BTZ_KC_NOT_AFTER:
		k->not_after = rq->value;
		break;
	case BTZ_KC_USES_MAX:
		k->uses_max = rq->value;
		break;
	case BTZ_KC_SHARE:
		k->shared = (uint32_t)rq->value;
	}
}

struct version *
model_rotate(struct key *k)
{
	struct version *v = &k->v[++k->n];

	*v = (struct version){ .state = BTZ_KEY_ENABLED };
	k->version = k->n;
	return v;
}

void
model_restored(struct key *k)
{
	k->unborn = false;
	k->shared = 0;
	for (uint32_t i = 1; i < k->min_version; i++)
		k->v[i] = (struct version){ .known = false };
	choose(k);
}

void
model_doubt(struct key *k, const struct key *after)
{
	k->maybe = malloc(sizeof(*k));
	if (k->maybe == NULL)
		abort();
	*k->maybe = *after;
	k->maybe->maybe = NULL;
}

void
model_settle(struct key *k, bool after)
{
	struct key *maybe = k->maybe;

	if (maybe == NULL)
		return;
	if (after)
		*k = *maybe;
	k->fresh = true;
	k->maybe = NULL;
	free(maybe);
}

void
model_learn(struct version *v, struct btz_span spki)
{
	if (spki.len > sizeof(v->spki))
		abort();
	if (spki.len > 0)
		memcpy(v->spki, spki.p, spki.len);
	v->spki_len = spki.len;
	v->known = true;
}

static const char *
version_differs(struct key *k, const struct btz_key_info *row)
{
	struct version *v = model_in_use(k);

	if (row->uses < v->used)
		return "it forgot uses";
	if (k->uses_max != 0 && row->uses > k->uses_max)
		return "more uses than allowed are counted";
	if (!v->known)
		model_learn(v, row->spki);
	return btz_span_eq(row->spki, btz_span_of(v->spki, v->spki_len))
		   ? NULL
		   : "public key";
}

const char *
model_differs(struct key *k, const struct btz_key_info *row)
{
	const struct {
		const char *what;
		bool same;
	} facts[] = {
		{ "owner", btz_span_eq(row->owner, btz_span_str(k->owner)) },
		{ "label", btz_span_eq(row->label, btz_span_str(k->label)) },
		{ "labels", btz_span_eq(row->labels, btz_span_str(k->labels)) },
		{ "algorithm", row->alg == k->alg },
		{ "kind", row->kind == k->kind },
		{ "state", row->state == k->state },
		{ "usage", row->usage == k->usage },
		{ "flags", row->flags == k->flags },
		{ "limit of uses", row->uses_max == k->uses_max },
		{ "expiry", row->not_after == k->not_after },
		{ "version", row->version == k->version },
		{ "least version", row->min_version == k->min_version },
		{ "time of destruction", row->destroy_at == k->destroy_at },
	};

	for (size_t i = 0; i < BTZ_COUNT(facts); i++)
		if (!facts[i].same)
			return facts[i].what;
	return version_differs(k, row);
}
