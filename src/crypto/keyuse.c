/* SPDX-License-Identifier: Apache-2.0 */
/* keyuse.c - see keyuse.h. */
#include "crypto/keyuse.h"

#include <stdio.h>

#include "crypto/uses.h"

enum btz_rc
btz_keyuse_find(struct btz_core *core, const struct btz_leased *l,
    const uint8_t id[BTZ_ID_LEN], uint32_t version, struct btz_hotkey **out,
    struct btz_err *err)
{
	struct btz_hotkey *k;
	enum btz_rc rc = btz_hot_get(core->hot, id, &k, err);

	*out = NULL;
	if (rc == BTZ_OK)
		rc = btz_leased_may_use(l, id, k->owner, err);
	if (rc == BTZ_OK)
		rc = btz_hot_version(core->hot, k, version, &k, err);
	if (rc == BTZ_OK)
		*out = k;
	return rc;
}

enum btz_rc
btz_keyuse_run(struct btz_core *core, struct btz_hotkey *k, btz_keyuse_fn *fn,
    void *arg, struct btz_err *err)
{
	enum btz_rc rc;

	for (int i = 0; i < 2; i++) {
		rc = btz_hot_open(core->hot, k, err);
		if (rc != BTZ_OK)
			return rc;
		rc = fn(core->be, k->key, arg, err);
		if (rc != BTZ_E_NOENT)
			return rc;
		btz_hot_shut(core->hot, k);
	}
	return rc;
}

struct crypt {
	const struct btz_backend_crypt *rq;
	struct btz_wr *out;
};

static enum btz_rc
run_crypt(
    const struct btz_backend *be, void *key, void *arg, struct btz_err *err)
{
	const struct crypt *c = arg;

	return be->ops->crypt(be->st, key, c->rq, c->out, err);
}

/* An encryption was counted with its nonce; a public key encrypts as often as
 * it likes. */
enum btz_rc
btz_keyuse_crypt(struct btz_core *core, struct btz_hotkey *k,
    const struct btz_backend_crypt *rq, struct btz_wr *out, struct btz_err *err)
{
	const bool counts = rq->verb != BTZ_VERB_ENCRYPT;
	struct btz_backend_crypt in = *rq;
	struct crypt c = { &in, out };
	enum btz_rc rc = BTZ_OK;

	in.now = btz_unix_now();
	if (counts)
		rc = btz_uses_count(core, k, err);
	if (rc != BTZ_OK)
		return rc;
	rc = btz_keyuse_run(core, k, run_crypt, &c, err);
	if (rc == BTZ_E_AGAIN && counts)
		btz_uses_uncount(core, k);
	if (rc == BTZ_OK && !btz_wr_ok(out))
		rc = BTZ_FAIL(err, BTZ_E_TOOBIG, "output of the backend");
	return rc;
}

void
btz_keyuse_record(struct btz_core *core, const struct btz_leased *l,
    const struct btz_hotkey *k, uint64_t request, enum btz_use_act act,
    enum btz_rc rc)
{
	char who[BTZ_WHO_MAX], hex[2 * BTZ_ID_LEN + 1];
	struct btz_audit rec;

	if (k == NULL)
		return;
	if ((rc == BTZ_OK || rc == BTZ_E_SIGNATURE) &&
	    (k->facts.kind == BTZ_KIND_PLAIN ||
		k->facts.kind == BTZ_KIND_TLS)) {
		btz_report_use(core->report, l, k->key_id, act);
		return;
	}
	for (size_t i = 0; i < BTZ_ID_LEN; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", k->key_id[i]);
	rec = btz_report_begin(l, btz_report_act(act), who);
	rec.obj = btz_span_str(hex);
	rec.out = btz_span_str(rc == BTZ_OK ? "ok" : btz_rc_name(rc));
	if (rc != BTZ_OK)
		rec.decision = BTZ_DEC_DENY;
	btz_report_tell(core, request, &rec);
}

enum btz_rc
btz_keyuse_still(const struct btz_leased *l, uint32_t use, struct btz_err *err)
{
	enum btz_rc rc = btz_leased_check(l, use, btz_boot_ms());

	return rc == BTZ_OK ? rc : BTZ_FAIL(err, rc, "lease ended meanwhile");
}
