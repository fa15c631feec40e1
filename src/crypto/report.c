/* SPDX-License-Identifier: Apache-2.0 */
/* report.c - records to the audit log; contract in report.h. */
#include "crypto/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUMMARIES 128
#define WAIT_MS 10000u

struct summary { /* names are copied: the lease may be gone at the flush */
	uint64_t lease;
	uint8_t key[BTZ_ID_LEN];
	enum btz_use_act act;
	uint8_t via;
	uint64_t n;
	char who[BTZ_WHO_MAX];
	char tenant[BTZ_NAME_MAX + 1];
};

struct btz_report {
	struct btz_core *core;
	struct btz_timer *timer;
	uint64_t lost;
	size_t n, last;
	struct summary sum[SUMMARIES];
};

static void
on_second(void *arg)
{
	btz_report_flush(arg);
}

enum btz_rc
btz_report_new(
    struct btz_core *core, struct btz_report **out, struct btz_err *err)
{
	struct btz_report *r = calloc(1, sizeof(*r));

	*out = NULL;
	if (r == NULL || (r->timer = btz_timer_new(btz_host_loop(core->host),
			      on_second, r)) == NULL) {
		free(r);
		return BTZ_FAIL(err, BTZ_E_NOMEM, "audit records");
	}
	r->core = core;
	*out = r;
	return BTZ_OK;
}

void
btz_report_free(struct btz_report *r)
{
	if (r == NULL)
		return;
	btz_timer_free(r->timer);
	free(r);
}

static uint8_t
via_of(const struct btz_leased *l)
{
	return strcmp(l->role, "admin") == 0 ? BTZ_VIA_CLI : BTZ_VIA_INTERNAL;
}

static void
name_who(const struct btz_leased *l, char out[BTZ_WHO_MAX])
{
	(void)snprintf(
	    out, BTZ_WHO_MAX, "app:%s uid:%u", l->application, l->uid);
}

struct btz_audit
btz_report_begin(
    const struct btz_leased *l, const char *act, char whobuf[BTZ_WHO_MAX])
{
	name_who(l, whobuf);
	return (struct btz_audit){ .phase = BTZ_PH_EVENT,
		.tenant = btz_span_str(l->tenant),
		.who = btz_span_str(whobuf),
		.via = via_of(l),
		.act = btz_span_str(act) };
}

static char *
put_hex(char *out, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", p[i]);
	return out + 2 * len + 1;
}

void
btz_report_ceremony(struct btz_audit *rec, const uint8_t nonce[BTZ_ID_LEN],
    const struct btz_approval_request *what, char buf[BTZ_CEREMONY_TEXT_MAX])
{
	const char *name = btz_approve_name(what->operation);
	char *why = put_hex(buf, nonce, BTZ_ID_LEN);

	rec->obj = btz_span_str(buf);
	if (name == NULL)
		return;
	(void)snprintf(why, 16, "%s ", name);
	(void)put_hex(why + strlen(why), what->digest, sizeof(what->digest));
	rec->why = btz_span_str(why);
}

enum btz_rc
btz_report_wait(struct btz_core *core, uint64_t id, struct btz_audit *rec,
    btz_answer_fn *fn, void *arg)
{
	rec->wait = 1;
	return btz_host_ask(core->host, BTZ_PROG_AUDIT, BTZ_OP_APPEND, id,
		   &btz_def_audit, rec, -1, WAIT_MS, fn, arg) == BTZ_OK
		   ? BTZ_OK
		   : BTZ_E_NO_LOG;
}

static bool
send_record(struct btz_core *core, uint64_t id, struct btz_audit *rec)
{
	rec->wait = 0;
	return btz_host_event(core->host, BTZ_PROG_AUDIT, BTZ_OP_APPEND, id,
		   &btz_def_audit, rec) == BTZ_OK;
}

void
btz_report_tell(struct btz_core *core, uint64_t id, struct btz_audit *rec)
{
	struct btz_report *r = core->report;

	if (r->lost > 0) {
		struct btz_audit lost = { .phase = BTZ_PH_EVENT,
			.via = BTZ_VIA_INTERNAL,
			.act = btz_span_str("lost"),
			.has_n = 1,
			.n = r->lost };

		if (send_record(core, id, &lost))
			r->lost = 0;
	}
	if (!send_record(core, id, rec))
		r->lost++;
}

const char *
btz_report_act(enum btz_use_act act)
{
	static const char *const names[] = {
		[BTZ_USED_SIGN] = "key.sign",
		[BTZ_USED_VERIFY] = "key.verify",
		[BTZ_USED_ENCRYPT] = "key.encrypt",
		[BTZ_USED_DECRYPT] = "key.decrypt",
		[BTZ_USED_MAC] = "key.mac",
		[BTZ_USED_MAC_VERIFY] = "key.mac_verify",
		[BTZ_USED_DERIVE] = "key.derive",
		[BTZ_USED_ATTEST] = "key.attest",
	};

	return names[act];
}

static struct summary *
find(struct btz_report *r, uint64_t lease, const uint8_t *key,
    enum btz_use_act act)
{
	for (size_t i = 0; i < r->n; i++) {
		size_t at = (r->last + i) % r->n;
		struct summary *s = &r->sum[at];

		if (s->lease == lease && s->act == act &&
		    memcmp(s->key, key, BTZ_ID_LEN) == 0) {
			r->last = at;
			return s;
		}
	}
	return NULL;
}

void
btz_report_use(struct btz_report *r, const struct btz_leased *l,
    const uint8_t key[BTZ_ID_LEN], enum btz_use_act act)
{
	struct summary *s = find(r, l->id, key, act);

	if (s != NULL) {
		s->n++;
		return;
	}
	if (r->n == SUMMARIES)
		btz_report_flush(r);
	s = &r->sum[r->last = r->n++];
	*s = (struct summary){
		.lease = l->id, .act = act, .via = via_of(l), .n = 1
	};
	memcpy(s->key, key, BTZ_ID_LEN);
	memcpy(s->tenant, l->tenant, sizeof(s->tenant));
	name_who(l, s->who);
	if (!btz_timer_pending(r->timer))
		btz_timer_set(r->timer, 1000);
}

static void
tell_summary(struct btz_report *r, const struct summary *s, uint64_t id)
{
	char hex[2 * BTZ_ID_LEN + 1];
	struct btz_audit rec = { .phase = BTZ_PH_EVENT,
		.tenant = btz_span_str(s->tenant),
		.who = btz_span_str(s->who),
		.via = s->via,
		.act = btz_span_str(btz_report_act(s->act)),
		.out = btz_span_str("ok"),
		.has_n = 1,
		.n = s->n };

	for (size_t i = 0; i < BTZ_ID_LEN; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", s->key[i]);
	rec.obj = btz_span_str(hex);
	btz_report_tell(r->core, id, &rec);
}

void
btz_report_flush(struct btz_report *r)
{
	const uint64_t id = r->n > 0 ? btz_host_new_id(r->core->host) : 0;

	btz_timer_cancel(r->timer);
	for (size_t i = 0; i < r->n; i++)
		tell_summary(r, &r->sum[i], id);
	r->n = r->last = 0;
}
