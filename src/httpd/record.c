/* SPDX-License-Identifier: Apache-2.0 */
/* record.c - audit messages of a request; contract in record.h. */
#include "httpd/record.h"

#include <stdio.h>
#include <string.h>

static struct btz_span
cut(struct btz_span s, size_t max)
{
	return btz_span_of(s.p, s.len < max ? s.len : max);
}

static void
fill(const struct btz_facts *f, enum btz_audit_phase phase, struct btz_audit *m)
{
	memset(m, 0, sizeof(*m));
	m->phase = (uint8_t)phase;
	m->tenant = cut(f->tenant, BTZ_NAME_MAX);
	m->who = cut(f->who, BTZ_URI_MAX);
	m->cred = f->cred;
	m->via = f->via;
	m->from = cut(f->from, 64);
	m->act = btz_span_str(f->act);
	m->obj = cut(f->obj, BTZ_PATH_MAX);
	m->dst = cut(f->dst, BTZ_PATH_MAX);
	m->decision = f->allowed ? BTZ_DEC_ALLOW : BTZ_DEC_DENY;
	m->why = btz_span_str(f->why);
	m->pol = f->pol;
}

static void
fill_out(struct btz_facts *f, struct btz_audit *m)
{
	(void)snprintf(f->out, sizeof(f->out), "%d", f->status);
	m->out = btz_span_str(f->out);
	m->has_n = f->has_n;
	m->n = f->n;
}

void
btz_record_decision(const struct btz_facts *f, struct btz_audit *m)
{
	fill(f, BTZ_PH_DECISION, m);
	m->wait = 1;
}

void
btz_record_outcome(struct btz_facts *f, struct btz_audit *m)
{
	fill(f, BTZ_PH_OUTCOME, m);
	fill_out(f, m);
}

void
btz_record_event(struct btz_facts *f, struct btz_audit *m)
{
	fill(f, BTZ_PH_EVENT, m);
	fill_out(f, m);
}

void
btz_record_withheld(uint64_t n, struct btz_audit *m)
{
	memset(m, 0, sizeof(*m));
	m->phase = BTZ_PH_EVENT;
	m->via = BTZ_VIA_HTTPS;
	m->act = btz_span_str("withheld");
	m->decision = BTZ_DEC_DENY;
	m->why = btz_span_str("denials without credential, not one by one");
	m->has_n = 1;
	m->n = n;
}
