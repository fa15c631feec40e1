/* SPDX-License-Identifier: Apache-2.0 */
/* op_transport.c - a key of the device that a backup may be sealed for: the
 * note in which the device vouches for it. One record. */
#include <stdlib.h>

#include "crypto/lease.h"
#include "crypto/report.h"
#include "crypto/slow.h"
#include "wire/msg_certify.h"

static enum btz_rc
run(struct btz_core *core, struct btz_wr *out, struct btz_err *err)
{
	if (core->ops->transport == NULL)
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED,
		    "'%s' restores with 'key restore --wrapped-by'",
		    core->ops->name);
	if (btz_slow_busy(core->slow))
		return BTZ_FAIL(err, BTZ_E_AGAIN, "the TPM is at work");
	return core->ops->transport(core->be->st, out, err);
}

static void
record(const struct btz_slow_asker *a, enum btz_rc rc)
{
	const struct btz_leased *l = btz_leased_find(a->core, a->lease);
	char who[BTZ_WHO_MAX];
	struct btz_audit rec = { .via = BTZ_VIA_INTERNAL,
		.act = btz_span_str("key.transport") };

	if (l != NULL)
		rec = btz_report_begin(l, "key.transport", who);
	rec.out = btz_span_str(rc == BTZ_OK ? "ok" : btz_rc_name(rc));
	btz_report_tell(a->core, a->ticket.id, &rec);
}

static void
on_end(enum btz_rc rc, uint64_t size, struct btz_span note,
    const struct btz_err *err, void *arg)
{
	struct btz_slow_asker *a = arg;
	const struct btz_certificate out = { .der = note };

	(void)size;
	record(a, rc);
	if (rc != BTZ_OK)
		btz_reply_err(&a->ticket, err);
	else if (btz_slow_lease(a) == NULL)
		btz_reply(&a->ticket, BTZ_E_LEASE, NULL, NULL);
	else
		btz_reply(&a->ticket, BTZ_OK, &btz_def_certificate, &out);
	free(a);
}

void
btz_op_transport(struct btz_host *h, struct btz_call *c, const void *msg)
{
	static const uint8_t none[BTZ_ID_LEN];
	static const struct btz_msgdef nothing = { "nothing", 1, 0, NULL };
	struct btz_core *core = btz_core_of(h);
	uint8_t buf[BTZ_NOTE_MAX];
	struct btz_slow_asker *a;
	struct btz_err err;
	struct btz_wr wr;
	enum btz_rc rc;

	(void)msg;
	if (btz_enter(c, BTZ_USE_BACKUP) == NULL)
		return;
	if ((a = btz_slow_asker_new(core, c, BTZ_USE_BACKUP, none)) == NULL) {
		btz_reply(&c->ticket, BTZ_E_NOMEM, NULL, NULL);
		return;
	}
	btz_wr_init(&wr, buf, sizeof(buf));
	rc = run(core, &wr, &err);
	if (rc == BTZ_E_PENDING)
		btz_slow_begun(core->slow, on_end, a);
	else if (rc == BTZ_E_AGAIN &&
		 btz_slow_park(core->slow, c, &nothing, "", btz_op_transport))
		free(a);
	else
		on_end(rc, 0, btz_wr_span(&wr), &err, a);
}
