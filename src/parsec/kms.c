/* SPDX-License-Identifier: Apache-2.0 */
/* kms.c - leases and what is asked over them; contract and states in kms.h. */
#include "parsec/kms.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"

#define OPEN_MS 5000u
/* An RSA key of 4096 bits, or a slow TPM. */
#define ASK_MS 60000u

static void
on_frame(struct btz_chan *ch, const struct btz_frame *f, int fd,
    const struct btz_peer *peer, void *arg)
{
	(void)ch;
	(void)f;
	(void)peer;
	(void)arg;
	if (fd >= 0)
		(void)close(fd); /* the service asks us nothing */
}

static void
on_close(struct btz_chan *ch, void *arg)
{
	struct btz_please *l = arg;

	(void)ch;
	l->chan = NULL;
}

static const struct btz_chan_ops ops = { on_frame, on_close };

/* The lease could not be had. Without a backend of that name here the
 * provider does not exist for the client. */
static void
no_lease(struct btz_pjob *j, enum btz_rc rc)
{
	j->lease = NULL;
	j->rc = rc;
	if (j->tolerant)
		j->step(j);
	else if (rc == BTZ_E_NOENT)
		btz_pjob_fail(j, BTZ_PS_NO_PROVIDER);
	else
		btz_pjob_fail_rc(j, rc);
}

/* All who wait; each may come to wait again. */
static void
wake(struct btz_please *l, enum btz_rc rc)
{
	struct btz_pjob *j = l->waiting;

	l->waiting = NULL;
	l->tail = &l->waiting;
	while (j != NULL) {
		struct btz_pjob *next = j->next_waiting;

		j->next_waiting = NULL;
		if (rc == BTZ_OK)
			j->step(j);
		else
			no_lease(j, rc);
		j = next;
	}
}

static enum btz_rc
adopt(struct btz_please *l, const struct btz_frame *f, int fd)
{
	struct btz_open_ok ok;
	struct btz_err err;
	enum btz_rc rc;

	if (fd < 0)
		return BTZ_E_PROTO;
	if (!btz_msg_decode(&btz_def_open_ok, f->body, &ok)) {
		(void)close(fd);
		return BTZ_E_PROTO;
	}
	rc = btz_chan_new(
	    btz_host_loop(l->d->host), fd, 0, &ops, l, &l->chan, &err);
	if (rc != BTZ_OK)
		btz_log_err(0, &err);
	return rc;
}

static void
on_open(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct btz_please *l = arg;

	l->opening = false;
	if (rc == BTZ_OK)
		rc = adopt(l, f, fd);
	l->why = rc; /* nobody makes the broker work, and log, without end */
	l->retry_at = btz_boot_ms() + BTZ_PARSEC_RETRY_MS;
	wake(l, rc);
}

static void
open_now(struct btz_please *l)
{
	const struct btz_open rq = { .backend = btz_span_str(
					 l->provider->backend),
		.whose = (uint8_t)l->whose,
		.for_uid = l->uid };
	struct btz_host *h = l->d->host;
	enum btz_rc rc;

	l->opening = true;
	rc = btz_host_ask(h, BTZ_PROG_BROKER, BTZ_OP_OPEN, btz_host_new_id(h),
	    &btz_def_open, &rq, -1, OPEN_MS, on_open, l);
	if (rc == BTZ_OK)
		return;
	l->opening = false;
	wake(l, rc);
}

static void
remove_lease(struct btz_please *l)
{
	struct btz_please **at = &l->d->leases;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	l->d->n_leases--;
	btz_chan_free(l->chan);
	free(l);
}

/* The one that was not used for the longest time and has nothing to do. */
static bool
make_room(struct btz_parsec *d)
{
	struct btz_please *old = NULL;

	if (d->n_leases < BTZ_PARSEC_LEASES)
		return true;
	for (struct btz_please *l = d->leases; l != NULL; l = l->next)
		if (l->asks == 0 && !l->opening && l->waiting == NULL &&
		    l->creating == NULL && (old == NULL || l->used < old->used))
			old = l;
	if (old == NULL)
		return false;
	remove_lease(old);
	return true;
}

static struct btz_please *
lease_of(struct btz_parsec *d, enum btz_open_whose whose, uint32_t uid,
    const struct btz_pprovider *provider)
{
	struct btz_please *l = d->leases;

	while (l != NULL &&
	       (l->whose != whose || l->uid != uid || l->provider != provider))
		l = l->next;
	if (l != NULL || !make_room(d) || (l = calloc(1, sizeof(*l))) == NULL)
		return l;
	l->d = d;
	l->whose = whose;
	l->uid = uid;
	l->provider = provider;
	l->tail = &l->waiting;
	l->next = d->leases;
	d->leases = l;
	d->n_leases++;
	return l;
}

/* Over again when the lease that it has turned out to be of no use. */
static void
await(struct btz_pjob *j, struct btz_please *l)
{
	j->lease = l;
	j->next_waiting = NULL;
	*l->tail = j;
	l->tail = &j->next_waiting;
	if (!l->opening)
		open_now(l);
}

void
btz_please_need(struct btz_pjob *j, enum btz_open_whose whose, uint32_t uid,
    const struct btz_pprovider *provider, void (*step)(struct btz_pjob *j))
{
	struct btz_please *l = lease_of(j->d, whose, uid, provider);

	j->step = step;
	if (l == NULL) {
		no_lease(j, BTZ_E_NOMEM);
		return;
	}
	l->used = ++j->d->ticks;
	if (l->chan == NULL && l->why != BTZ_OK &&
	    btz_boot_ms() < l->retry_at) {
		no_lease(j, l->why);
		return;
	}
	if (l->chan == NULL) {
		await(j, l);
		return;
	}
	j->lease = l;
	step(j);
}

/* Was nothing done, or nothing that may not be done twice? */
static bool
may_repeat(const struct btz_pjob *j, enum btz_rc rc)
{
	return !j->again && !j->d->ending &&
	       (rc == BTZ_E_LEASE || (rc == BTZ_E_GONE && !j->creating));
}

/* The socket is of no use any more; all others who asked over it get
 * BTZ_E_GONE in here. */
static void
lose(struct btz_please *l)
{
	struct btz_chan *ch = l->chan;

	l->chan = NULL;
	for (size_t i = 0; i < BTZ_PKEYS_KEPT; i++)
		l->kept[i].name_len = 0;
	btz_chan_free(ch);
}

static void
on_answer(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct btz_pjob *j = arg;
	struct btz_please *l = j->lease;

	if (fd >= 0)
		(void)close(fd);
	if (rc == BTZ_OK && (f->flags & BTZ_FRAME_MORE) != 0)
		return;
	l->asks--;
	if (rc == BTZ_E_LEASE && l->chan != NULL)
		lose(l);
	if (may_repeat(j, rc)) {
		j->again = true;
		if (l->chan == NULL)
			await(j, l);
		else
			j->step(j);
		return;
	}
	j->got(j, rc, rc == BTZ_OK ? f->body : btz_span_of(NULL, 0));
}

void
btz_please_ask(struct btz_pjob *j, uint16_t op, const struct btz_msgdef *def,
    const void *msg,
    void (*fn)(struct btz_pjob *j, enum btz_rc rc, struct btz_span body))
{
	struct btz_please *l = j->lease;
	enum btz_rc rc = BTZ_E_GONE;

	j->got = fn;
	if (l->chan != NULL)
		rc = btz_chan_ask(
		    l->chan, op, j->id, def, msg, -1, ASK_MS, on_answer, j);
	if (rc == BTZ_OK)
		l->asks++;
	else
		fn(j, rc, btz_span_of(NULL, 0));
}

void
btz_please_end_all(struct btz_parsec *d)
{
	d->ending = true;
	while (d->leases != NULL) {
		struct btz_please *l = d->leases;

		wake(l, BTZ_E_GONE);
		remove_lease(l);
	}
}
