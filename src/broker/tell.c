/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tell.c - the broker's records in the audit log. Every local user can make
 * requests on kms.sock as fast as he likes; so the first of its kind (act,
 * who, object, result) is recorded at once, the same again within the second
 * is counted, and the count is one more record at its end.
 */
#include <stdio.h>
#include <string.h>

#include "broker/broker.h"
#include "wire/msg_audit.h"

#define KINDS 128u
#define PERIOD_MS 1000u

static struct kind {
	const char *act; /* a literal */
	char who[BTZ_NAME_MAX + 32], obj[BTZ_NAME_MAX + 1];
	enum btz_rc rc;
	uint64_t again;
} kinds[KINDS];
static size_t n_kinds;
static struct btz_timer *period;

static bool
send_record(struct btz_broker *b, uint64_t id, const struct btz_audit *rec)
{
	return btz_host_event(b->host, BTZ_PROG_AUDIT, BTZ_OP_APPEND, id,
		   &btz_def_audit, rec) == BTZ_OK;
}

/* What could not be sent is counted; the count is the next record. */
static void
record(struct btz_broker *b, uint64_t id, const struct kind *k)
{
	static uint64_t lost;
	struct btz_audit rec = { .phase = BTZ_PH_EVENT,
		.who = btz_span_str(k->who),
		.via = BTZ_VIA_INTERNAL,
		.act = btz_span_str(k->act),
		.obj = btz_span_str(k->obj),
		.decision = k->rc == BTZ_OK ? BTZ_DEC_ALLOW : BTZ_DEC_DENY,
		.why = btz_span_str(k->again > 0 ? "n times more" : ""),
		.out = btz_span_str(
		    k->rc == BTZ_OK ? "ok" : btz_rc_name(k->rc)),
		.has_n = k->again > 0,
		.n = k->again };
	struct btz_audit gap = { .phase = BTZ_PH_EVENT,
		.via = BTZ_VIA_INTERNAL,
		.act = btz_span_str("lost"),
		.has_n = 1,
		.n = lost };
	uint64_t told = k->again > 0 ? k->again : 1;

	if (lost > 0 && send_record(b, id, &gap))
		lost = 0;
	if (!send_record(b, id, &rec))
		lost += told;
}

void
btz_broker_tell_counts(void *broker)
{
	struct btz_broker *b = broker;

	for (size_t i = 0; i < n_kinds; i++)
		if (kinds[i].again > 0)
			record(b, btz_host_new_id(b->host), &kinds[i]);
	n_kinds = 0;
	if (period != NULL) /* stopped before anything was told */
		btz_timer_cancel(period);
}

/* No timer: every one is recorded, as if it were the first. */
static bool
begin_period(struct btz_broker *b)
{
	if (period == NULL)
		period = btz_timer_new(
		    btz_host_loop(b->host), btz_broker_tell_counts, b);
	if (period == NULL)
		return false;
	if (n_kinds == KINDS)
		btz_broker_tell_counts(b);
	if (!btz_timer_pending(period))
		btz_timer_set(period, PERIOD_MS);
	return true;
}

static bool
same(const struct kind *a, const struct kind *b)
{
	return a->rc == b->rc && strcmp(a->act, b->act) == 0 &&
	       strcmp(a->who, b->who) == 0 && strcmp(a->obj, b->obj) == 0;
}

void
btz_broker_tell(struct btz_broker *b, uint64_t id, const char *act,
    const char *who, const char *obj, enum btz_rc rc)
{
	struct kind k = { .act = act, .rc = rc };

	(void)snprintf(k.who, sizeof(k.who), "%s", who);
	(void)snprintf(k.obj, sizeof(k.obj), "%s", obj);
	for (size_t i = 0; i < n_kinds; i++)
		if (same(&kinds[i], &k)) {
			kinds[i].again++;
			return;
		}
	record(b, id, &k);
	if (begin_period(b))
		kinds[n_kinds++] = k;
}
