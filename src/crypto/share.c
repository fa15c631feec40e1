/* SPDX-License-Identifier: Apache-2.0 */
/* share.c - grants of keys in memory; contract in share.h. */
#include "crypto/share.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS 256u

struct share {
	struct share *next;
	uint8_t id[BTZ_ID_LEN];
	uint32_t uses;
	char application[BTZ_NAME_MAX + 1];
};

struct btz_shares {
	size_t n;
	struct share *bucket[BUCKETS];
};

/* Ids are drawn at random by us. */
static struct share *const *
bucket_of(const struct btz_shares *s, const uint8_t id[BTZ_ID_LEN])
{
	return &s->bucket[id[0] % BUCKETS];
}

static struct share *
find(const struct btz_shares *s, const uint8_t id[BTZ_ID_LEN],
    struct btz_span application)
{
	struct share *at = *bucket_of(s, id);

	while (at != NULL &&
	       (memcmp(at->id, id, BTZ_ID_LEN) != 0 ||
		   !btz_span_eq(btz_span_str(at->application), application)))
		at = at->next;
	return at;
}

/* Those of the key that are of this application (empty: of any). */
static void
take_out(struct btz_shares *s, const uint8_t id[BTZ_ID_LEN],
    struct btz_span application)
{
	struct share **at = &s->bucket[id[0] % BUCKETS], *gone;

	while ((gone = *at) != NULL) {
		if (memcmp(gone->id, id, BTZ_ID_LEN) != 0 ||
		    (application.len > 0 &&
			!btz_span_eq(
			    btz_span_str(gone->application), application))) {
			at = &gone->next;
			continue;
		}
		*at = gone->next;
		free(gone);
		s->n--;
	}
}

enum btz_rc
btz_shares_set(
    struct btz_shares *s, const struct btz_share *m, struct btz_err *err)
{
	struct share *at = find(s, m->id, m->application);
	struct share **head = &s->bucket[m->id[0] % BUCKETS];

	if (m->uses == 0) {
		take_out(s, m->id, m->application);
		return BTZ_OK;
	}
	if (at != NULL) {
		at->uses = m->uses;
		return BTZ_OK;
	}
	if (s->n >= BTZ_SHARES_MAX || m->application.len == 0 ||
	    m->application.len > BTZ_NAME_MAX)
		return BTZ_FAIL(err, BTZ_E_QUOTA, "%zu shared keys", s->n);
	if ((at = calloc(1, sizeof(*at))) == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "share");
	memcpy(at->id, m->id, BTZ_ID_LEN);
	memcpy(at->application, m->application.p, m->application.len);
	at->uses = m->uses;
	at->next = *head;
	*head = at;
	s->n++;
	return BTZ_OK;
}

bool
btz_shares_room(const struct btz_shares *s)
{
	return s->n < BTZ_SHARES_MAX;
}

void
btz_shares_drop(struct btz_shares *s, const uint8_t id[BTZ_ID_LEN])
{
	take_out(s, id, btz_span_of(NULL, 0));
}

uint32_t
btz_shares_uses(const struct btz_shares *s, const uint8_t id[BTZ_ID_LEN],
    const char *application)
{
	const struct share *at;

	if (s == NULL || s->n == 0)
		return 0;
	at = find(s, id, btz_span_str(application));
	return at != NULL ? at->uses : 0;
}

struct btz_span
btz_shares_of(const struct btz_shares *s, const uint8_t id[BTZ_ID_LEN],
    uint8_t buf[BTZ_SHARES_TEXT_MAX])
{
	const size_t most = 6 + BTZ_NAME_MAX;
	struct btz_wr wr;

	btz_wr_init(&wr, buf, BTZ_SHARES_TEXT_MAX);
	if (s == NULL || s->n == 0)
		return btz_wr_span(&wr);
	for (const struct share *at = *bucket_of(s, id); at != NULL;
	     at = at->next) {
		const bool full = wr.cap - wr.len < 2 * most;

		if (memcmp(at->id, id, BTZ_ID_LEN) != 0)
			continue;
		btz_wr_u32(&wr, full ? 0 : at->uses);
		btz_wr_bytes16(&wr, btz_span_str(full ? "" : at->application));
		if (full)
			break;
	}
	return btz_wr_span(&wr);
}

struct load {
	struct btz_shares *s;
	struct btz_err *err;
	enum btz_rc rc;
};

static void
add(const struct btz_share *m, void *arg)
{
	struct load *ld = arg;

	if (ld->rc == BTZ_OK)
		ld->rc = btz_shares_set(ld->s, m, ld->err);
}

enum btz_rc
btz_shares_new(
    struct btz_keystore *ks, struct btz_shares **out, struct btz_err *err)
{
	struct load ld = { .s = calloc(1, sizeof(*ld.s)), .err = err };
	enum btz_rc rc;

	*out = NULL;
	if (ld.s == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "shares");
	rc = btz_keystore_shares(ks, add, &ld, err);
	if (rc == BTZ_OK)
		rc = ld.rc;
	if (rc == BTZ_OK)
		*out = ld.s;
	else
		btz_shares_free(ld.s);
	return rc;
}

void
btz_shares_free(struct btz_shares *s)
{
	struct share *next;

	for (size_t i = 0; s != NULL && i < BUCKETS; i++)
		for (struct share *at = s->bucket[i]; at != NULL; at = next) {
			next = at->next;
			free(at);
		}
	free(s);
}
