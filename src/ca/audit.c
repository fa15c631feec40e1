/* SPDX-License-Identifier: Apache-2.0 */
/* audit.c - records to the audit service, waited for or not; see ca.h. */
#include <stdlib.h>

#include "base/log.h"
#include "ca/ca.h"

struct wait {
	btz_ca_done_fn *fn;
	void *arg;
};

/* Whatever goes wrong there: it is not in the log, so it must not happen. */
static void
on_appended(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct wait *w = arg;

	(void)f;
	(void)fd;
	w->fn(rc == BTZ_OK ? BTZ_OK : BTZ_E_NO_LOG, w->arg);
	free(w);
}

void
btz_ca_audit(struct btz_ca *ca, uint64_t id, const struct btz_audit *rec,
    btz_ca_done_fn *fn, void *arg)
{
	struct wait *w = malloc(sizeof(*w));
	struct btz_audit r = *rec;

	r.wait = 1;
	if (w == NULL) {
		fn(BTZ_E_NOMEM, arg);
		return;
	}
	*w = (struct wait){ fn, arg };
	if (btz_host_ask(ca->host, BTZ_PROG_AUDIT, BTZ_OP_APPEND, id,
		&btz_def_audit, &r, -1, ca->step_ms, on_appended,
		w) != BTZ_OK) {
		free(w);
		fn(BTZ_E_NO_LOG, arg);
	}
}

static bool
send_record(struct btz_ca *ca, uint64_t id, const struct btz_audit *rec)
{
	struct btz_audit r = *rec;

	r.wait = 0;
	return btz_host_event(ca->host, BTZ_PROG_AUDIT, BTZ_OP_APPEND, id,
		   &btz_def_audit, &r) == BTZ_OK;
}

static bool
send_count(struct btz_ca *ca, const char *act, const char *why, uint64_t n)
{
	const struct btz_audit r = { .phase = BTZ_PH_EVENT,
		.via = BTZ_VIA_INTERNAL,
		.act = btz_span_str(act),
		.why = btz_span_str(why),
		.has_n = 1,
		.n = n };

	return send_record(ca, 0, &r);
}

/* What could not be sent is counted; the count is the next record. */
void
btz_ca_audit_event(struct btz_ca *ca, uint64_t id, const struct btz_audit *rec)
{
	if (ca->lost > 0 && send_count(ca, "lost", "", ca->lost))
		ca->lost = 0;
	if (send_record(ca, id, rec))
		return;
	ca->lost++;
	btz_log(BTZ_LOG_WARN, id, "record '%.*s' not sent", (int)rec->act.len,
	    (const char *)rec->act.p);
}

void
btz_ca_audit_denial(struct btz_ca *ca, uint64_t id, const struct btz_audit *rec)
{
	uint64_t n;
	bool one = btz_flood_admit(&ca->denials, btz_boot_ms(), &n);

	if (n > 0 && !send_count(ca, "withheld",
			 "refused enrolments, not one by one", n))
		ca->denials.withheld += n;
	if (one)
		btz_ca_audit_event(ca, id, rec);
}
