/* SPDX-License-Identifier: Apache-2.0 */
/*
 * owners.c - connections and memory per uid and in all. Who comes when all is
 * taken pushes out a connection that waits for its client's bytes: the oldest
 * of the same uid, or of the uid with the most. A request at work is never
 * pushed out.
 */
#include <stdlib.h>

#include "parsec/serve.h"

static struct btz_powner *
find(struct btz_pserve *s, uint32_t uid)
{
	struct btz_powner *o = s->owners;

	while (o != NULL && o->uid != uid)
		o = o->next;
	return o;
}

static struct btz_powner *
greediest(struct btz_pserve *s)
{
	struct btz_powner *most = s->owners;

	for (struct btz_powner *o = s->owners; o != NULL; o = o->next)
		if (o->conns > most->conns)
			most = o;
	return most;
}

static bool
push_out(struct btz_pserve *s, const struct btz_powner *of)
{
	for (struct btz_pconn *c = s->conns; c != NULL; c = c->next)
		if (c->owner == of && !c->busy &&
		    (c->state == BTZ_PCONN_READ ||
			c->state == BTZ_PCONN_DRAIN)) {
			btz_pconn_close(c);
			return true;
		}
	return false;
}

static bool
make_room(struct btz_pserve *s, struct btz_powner *mine)
{
	if (mine != NULL && mine->conns >= BTZ_PARSEC_CONNS_PER_UID)
		return push_out(s, mine);
	if (s->n_conns < BTZ_PARSEC_CONNS)
		return true;
	return push_out(s, greediest(s));
}

struct btz_powner *
btz_powner_enter(struct btz_pserve *s, uint32_t uid)
{
	struct btz_powner *o;

	if (!make_room(s, find(s, uid)))
		return NULL;
	o = find(s, uid); /* it may have gone with its last connection */
	if (o == NULL) {
		if ((o = calloc(1, sizeof(*o))) == NULL)
			return NULL;
		o->uid = uid;
		o->next = s->owners;
		s->owners = o;
	}
	o->conns++;
	s->n_conns++;
	return o;
}

void
btz_powner_leave(struct btz_pserve *s, struct btz_powner *o)
{
	struct btz_powner **at = &s->owners;

	s->n_conns--;
	if (--o->conns > 0)
		return;
	while (*at != o)
		at = &(*at)->next;
	*at = o->next;
	free(o);
}

bool
btz_powner_bytes(struct btz_pserve *s, struct btz_powner *o, size_t more)
{
	if (s->bytes + more > BTZ_PARSEC_BYTES ||
	    o->bytes + more > BTZ_PARSEC_BYTES_PER_UID)
		return false;
	s->bytes += more;
	o->bytes += more;
	return true;
}

void
btz_powner_bytes_back(struct btz_pserve *s, struct btz_powner *o, size_t less)
{
	s->bytes -= less;
	o->bytes -= less;
}
