/* SPDX-License-Identifier: Apache-2.0 */
/* op_sign.c - a signature: lease, key, meaning, backend, record. */
#include <stdio.h>

#include "crypto/hot.h"
#include "crypto/judge.h"
#include "crypto/lease.h"
#include "crypto/report.h"
#include "crypto/slow.h"
#include "wire/msg_sign.h"

/* A device that forgot the open key (restart) gets it once more. */
static enum btz_rc
sign(struct btz_core *core, struct btz_hotkey *k,
    const struct btz_backend_sign *in, struct btz_backend_sig *out,
    struct btz_err *err)
{
	const struct btz_backend *be = core->be;
	enum btz_rc rc;

	for (int i = 0; i < 2; i++) {
		rc = btz_hot_open(core->hot, k, err);
		if (rc != BTZ_OK)
			return rc;
		rc = be->ops->sign(be->st, k->key, in, out, err);
		if (rc != BTZ_E_NOENT)
			return rc;
		btz_hot_shut(core->hot, k);
	}
	return rc;
}

/* Keys of the CA: one record each. Applications' keys: counted. */
static void
record(struct btz_core *core, const struct btz_leased *l,
    const struct btz_hotkey *k, uint64_t id, enum btz_rc rc)
{
	char who[BTZ_WHO_MAX], hex[2 * BTZ_ID_LEN + 1];
	struct btz_audit rec;

	if (rc == BTZ_OK && (k->facts.kind == BTZ_KIND_PLAIN ||
				k->facts.kind == BTZ_KIND_TLS)) {
		btz_report_use(core->report, l, k->key_id, BTZ_USED_SIGN);
		return;
	}
	for (size_t i = 0; i < BTZ_ID_LEN; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", k->key_id[i]);
	rec = btz_report_begin(l, "key.sign", who);
	rec.obj = btz_span_str(hex);
	rec.out = btz_span_str(rc == BTZ_OK ? "ok" : btz_rc_name(rc));
	if (rc != BTZ_OK)
		rec.decision = BTZ_DEC_DENY;
	btz_report_tell(core, id, &rec);
}

static enum btz_rc
find_key(struct btz_core *core, const struct btz_leased *l,
    const uint8_t id[BTZ_ID_LEN], struct btz_hotkey **k, struct btz_err *err)
{
	enum btz_rc rc = btz_hot_get(core->hot, id, k, err);

	if (rc == BTZ_OK && !btz_leased_reaches(l, id, (*k)->owner, false))
		rc = BTZ_FAIL(err, BTZ_E_NOENT, "key of '%s' asked by '%s'",
		    (*k)->owner, l->application);
	return rc;
}

void
btz_op_sign(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_core *core = btz_core_of(h);
	const struct btz_sign *rq = msg;
	struct btz_leased *l = btz_enter(c, BTZ_USE_SIGN);
	struct btz_backend_sign in;
	struct btz_backend_sig sig = { .len = 0 };
	struct btz_signature out;
	struct btz_hotkey *k;
	struct btz_err err;
	enum btz_rc rc;

	if (l == NULL)
		return;
	if (find_key(core, l, rq->id, &k, &err) != BTZ_OK) {
		btz_reply_err(&c->ticket, &err);
		return;
	}
	rc = btz_judge_sign(&k->facts, rq, btz_unix_now(), &in, &err);
	if (rc == BTZ_OK)
		rc = sign(core, k, &in, &sig, &err);
	/* It needs a commit, and the TPM is at work. */
	if (rc == BTZ_E_AGAIN &&
	    btz_slow_park(core->slow, c, &btz_def_sign, msg, btz_op_sign))
		return;
	record(core, l, k, c->ticket.id, rc);
	/* It may have expired while a slow device signed. */
	if (rc == BTZ_OK &&
	    (rc = btz_leased_check(l, BTZ_USE_SIGN, btz_boot_ms())) != BTZ_OK)
		(void)BTZ_FAIL(&err, rc, "lease ended while signing");
	if (rc != BTZ_OK) {
		btz_reply_err(&c->ticket, &err);
		return;
	}
	out.signature = btz_span_of(sig.bytes, sig.len);
	btz_reply(&c->ticket, BTZ_OK, &btz_def_signature, &out);
}
