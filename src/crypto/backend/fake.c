/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake.c - a backend for tests, never in the shipped program: keys as in
 * soft.c, every kind, nothing enforced about what is signed; a root that is
 * only a name; a device that forgets an open key after every 8 signatures.
 * Provisioned state lives in memory and ends with it. BTZ_FAKE_TPM_MS makes it
 * slow as a TPM is: signatures of root and checkpoint key take that long, and
 * meanwhile what the TA would have to commit is refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/loop.h"
#include "crypto/backend/backend.h"
#include "crypto/backend/softkey.h"
#include "der/build.h"
#include "der/dertime.h"
#include "wire/table.h"

#define STEPS 3u
#define FORGETS_AFTER 8u

struct fake {
	uint8_t kek[BTZ_KEK_LEN]; /* zero: it is a fake */
	uint16_t step;
	struct btz_backend_key root, checkpoint;
	struct btz_softkey root_key, checkpoint_key;
	uint64_t size; /* last checkpoint */
	uint8_t tree[BTZ_SHA256_LEN];
	uint64_t due;	   /* of what was begun, boot ms; 0: nothing */
	const char *begun; /* its answer */
	struct btz_challenge challenge; /* operation 0: none */
};

static uint64_t
slowness(void)
{
	const char *text = getenv("BTZ_FAKE_TPM_MS");

	return text == NULL ? 0 : strtoull(text, NULL, 10);
}

static enum btz_rc
is_free(const struct fake *st, struct btz_err *err)
{
	return st->due == 0 ? BTZ_OK : BTZ_FAIL(err, BTZ_E_AGAIN, "fake");
}

/* BTZ_OK: it is fast. */
static enum btz_rc
begin(struct fake *st, const char *answer, struct btz_err *err)
{
	uint64_t ms = slowness();

	if (ms == 0)
		return BTZ_OK;
	st->due = btz_boot_ms() + ms;
	st->begun = answer;
	return BTZ_FAIL(err, BTZ_E_PENDING, "fake");
}

struct fake_key {
	struct btz_softkey soft;
	unsigned signed_n;
};

static enum btz_rc
fake_open(void *state, const struct btz_backend_env *env, struct btz_err *err)
{
	(void)state;
	(void)env;
	(void)err;
	return BTZ_OK;
}

static void
fake_close(void *state)
{
	struct fake *st = state;

	btz_softkey_close(&st->root_key);
	btz_softkey_close(&st->checkpoint_key);
}

static const char *
fake_label(void *state)
{
	(void)state;
	return "fake";
}

static enum btz_rc
fake_generate(void *state, const struct btz_generate *g,
    struct btz_backend_key *out, struct btz_err *err)
{
	const struct fake *st = state;

	if (!btz_backend_has(btz_backend_fake.algs, g->alg))
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED, "fake: algorithm");
	if (g->kind != BTZ_KIND_PLAIN && is_free(st, err) != BTZ_OK)
		return err->rc;
	return btz_softkey_generate(st->kek, g, out, err);
}

static enum btz_rc
fake_destroy(void *state, struct btz_span blob, struct btz_err *err)
{
	(void)blob;
	return is_free(state, err);
}

static enum btz_rc
fake_open_key(void *state, const uint8_t id[BTZ_ID_LEN], struct btz_span blob,
    void *key, struct btz_err *err)
{
	const struct fake *st = state;
	struct fake_key *k = key;

	return btz_softkey_open(st->kek, id, blob, &k->soft, err);
}

static void
fake_close_key(void *state, void *key)
{
	struct fake_key *k = key;

	(void)state;
	btz_softkey_close(&k->soft);
}

static enum btz_rc
fake_sign(void *state, void *key, const struct btz_backend_sign *rq,
    struct btz_backend_sig *out, struct btz_err *err)
{
	struct fake_key *k = key;

	if (!btz_backend_has(btz_backend_fake.sigs, rq->alg))
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED, "fake: algorithm");
	if (rq->input_kind == BTZ_IN_TBS_CRL && is_free(state, err) != BTZ_OK)
		return err->rc;
	if (k->signed_n == FORGETS_AFTER)
		return BTZ_FAIL(err, BTZ_E_NOENT, "fake: key forgotten");
	k->signed_n++;
	return btz_softkey_sign(
	    &k->soft, rq->alg, btz_backend_signed(rq), out, err);
}

static enum btz_rc
fake_random(void *state, void *out, size_t len, struct btz_err *err)
{
	static uint8_t next;

	(void)state;
	(void)err;
	for (size_t i = 0; i < len; i++)
		((uint8_t *)out)[i] = next++;
	return BTZ_OK;
}

static enum btz_rc
fake_certify(void *state, const struct btz_certify_issuing *rq,
    struct btz_span blob, uint64_t now, struct btz_wr *out, struct btz_err *err)
{
	struct fake *st = state;
	struct btz_keyblob b;
	enum btz_rc rc;

	(void)now;
	if ((rc = is_free(st, err)) != BTZ_OK)
		return rc;
	if (st->step < STEPS)
		return BTZ_FAIL(err, BTZ_E_UNPROVISIONED, "fake");
	if (memcmp(rq->root_id, st->root.id, BTZ_ID_LEN) != 0)
		return BTZ_FAIL(err, BTZ_E_NOENT, "fake: root");
	if (!btz_keyblob_decode(blob, &b) || b.kind != BTZ_KIND_ISSUING)
		return BTZ_FAIL(err, BTZ_E_KEY_BLOB, "fake: blob");
	if ((rc = begin(st, "fake certificate", err)) != BTZ_OK)
		return rc;
	btz_wr_raw(out, "fake certificate", 16);
	return BTZ_OK;
}

/* A certificate of the root key in form; its signature is a pair of ones. */
static enum btz_rc
put_root(const struct fake *st, struct btz_wr *out, struct btz_err *err)
{
	static const uint8_t serial[16] = { 1 }, ski[20] = { 2 },
			     ones[] = { 0x30, 6, 2, 1, 1, 2, 1, 1 };
	const struct btz_cert_spec spec = { .profile = BTZ_PROFILE_ROOT,
		.sig_alg = BTZ_SIG_ECDSA_SHA256,
		.serial = btz_span_of(serial, sizeof(serial)),
		.subject_cn = btz_span_str("fake root"),
		.not_after = BTZ_TIME_MAX,
		.spki = btz_span_of(st->root.spki, st->root.spki_len),
		.ski = btz_span_of(ski, sizeof(ski)) };
	uint8_t tbs[1024];
	struct btz_wr wr;
	enum btz_rc rc;

	btz_wr_init(&wr, tbs, sizeof(tbs));
	rc = btz_cert_build(&spec, &wr);
	if (rc == BTZ_OK)
		rc = btz_signed_put(out, btz_wr_span(&wr), BTZ_SIG_ECDSA_SHA256,
		    btz_span_of(ones, sizeof(ones)));
	return rc == BTZ_OK ? BTZ_OK : BTZ_FAIL(err, rc, "fake: root");
}

static enum btz_rc
fake_root_cert(void *state, struct btz_wr *out, struct btz_err *err)
{
	const struct fake *st = state;

	if (st->step < STEPS)
		return BTZ_FAIL(err, BTZ_E_UNPROVISIONED, "fake");
	return put_root(st, out, err);
}

/* One challenge at a time; nobody is pinned, any approval will do. */
static enum btz_rc
fake_approval_nonce(void *state, const struct btz_approval_request *rq,
    struct btz_challenge *out, struct btz_err *err)
{
	struct fake *st = state;
	enum btz_rc rc;

	if ((rc = is_free(st, err)) != BTZ_OK)
		return rc;
	if (st->step < STEPS)
		return BTZ_FAIL(err, BTZ_E_UNPROVISIONED, "fake");
	*out = (struct btz_challenge){
		.operation = rq->operation, .k = 1, .n = 1, .expires = 60
	};
	memcpy(out->digest, rq->digest, sizeof(out->digest));
	(void)fake_random(state, out->nonce, sizeof(out->nonce), err);
	st->challenge = *out;
	return BTZ_OK;
}

static enum btz_rc
fake_approval_cancel(void *state, const struct btz_approval_ref *rq,
    struct btz_approval_request *out, struct btz_err *err)
{
	struct fake *st = state;

	if (st->challenge.operation == 0 ||
	    memcmp(rq->nonce, st->challenge.nonce, sizeof(rq->nonce)) != 0)
		return BTZ_FAIL(err, BTZ_E_APPROVAL_NONCE, "fake");
	out->operation = st->challenge.operation;
	memcpy(out->digest, st->challenge.digest, sizeof(out->digest));
	st->challenge.operation = 0;
	return BTZ_OK;
}

static enum btz_rc
fake_approved(void *state, const struct btz_approved *rq, struct btz_wr *out,
    struct btz_err *err)
{
	struct fake *st = state;
	enum btz_rc rc;

	if ((rc = is_free(st, err)) != BTZ_OK)
		return rc;
	if (st->step < STEPS)
		return BTZ_FAIL(err, BTZ_E_UNPROVISIONED, "fake");
	if (rq->approvals.len == 0)
		return BTZ_FAIL(err, BTZ_E_APPROVAL, "fake");
	if (rq->operation != BTZ_APPROVE_ROOT_CRL)
		return BTZ_OK;
	if ((rc = begin(st, "fake list", err)) != BTZ_OK)
		return rc;
	btz_wr_raw(out, "fake list", 9);
	return BTZ_OK;
}

/* Like the real one: never smaller, never another tree of the same size. */
static enum btz_rc
fake_checkpoint(void *state, const struct btz_checkpoint *rq, uint64_t *size,
    struct btz_wr *note, struct btz_err *err)
{
	struct fake *st = state;
	enum btz_rc rc;

	if ((rc = is_free(st, err)) != BTZ_OK)
		return rc;
	if (st->step < STEPS)
		return BTZ_FAIL(err, BTZ_E_UNPROVISIONED, "fake");
	if (rq->size != 0 && rq->size < st->size)
		return BTZ_FAIL(err, BTZ_E_LOG_SMALLER, "fake");
	if (rq->size != 0 && rq->size == st->size &&
	    memcmp(rq->root, st->tree, sizeof(st->tree)) != 0)
		return BTZ_FAIL(err, BTZ_E_LOG_FORKED, "fake");
	*size = st->size;
	if (rq->size == 0)
		return BTZ_OK;
	*size = st->size = rq->size;
	memcpy(st->tree, rq->root, sizeof(st->tree));
	if ((rc = begin(st, "fake note\n", err)) != BTZ_OK)
		return rc;
	btz_wr_raw(note, "fake note\n", 10);
	return BTZ_OK;
}

static enum btz_rc
fake_end(void *state, uint64_t *size, struct btz_wr *out, struct btz_err *err)
{
	struct fake *st = state;

	if (st->due == 0)
		return BTZ_FAIL(err, BTZ_E_STATE, "fake: nothing begun");
	if (btz_boot_ms() < st->due)
		return BTZ_FAIL(err, BTZ_E_PENDING, "fake");
	st->due = 0;
	*size = st->size; /* of a checkpoint */
	btz_wr_raw(out, st->begun, strlen(st->begun));
	return BTZ_OK;
}

static enum btz_rc
put_identity(const struct fake *st, struct btz_wr *wr, struct btz_err *err)
{
	struct btz_provision_ok ok = { .checkpoint_spki = btz_span_of(
					   st->checkpoint.spki,
					   st->checkpoint.spki_len) };
	uint8_t root[1200];
	struct btz_wr cert;
	enum btz_rc rc;

	btz_wr_init(&cert, root, sizeof(root));
	if ((rc = put_root(st, &cert, err)) != BTZ_OK)
		return rc;
	ok.root_cert = btz_wr_span(&cert);
	memcpy(ok.root_id, st->root.id, BTZ_ID_LEN);
	memcpy(ok.checkpoint_id, st->checkpoint.id, BTZ_ID_LEN);
	btz_msg_write(&btz_def_provision_ok, &ok, wr);
	return btz_wr_ok(wr) ? BTZ_OK : BTZ_FAIL(err, BTZ_E_TOOBIG, "fake");
}

static enum btz_rc
make_key(struct fake *st, uint8_t kind, struct btz_backend_key *out,
    struct btz_err *err)
{
	struct btz_generate g = {
		.alg = BTZ_ALG_EC_P256, .kind = kind, .usage = BTZ_USE_SIGN
	};

	return btz_softkey_generate(st->kek, &g, out, err);
}

static enum btz_rc
fake_provision(void *state, const struct btz_provision *rq,
    struct btz_backend_step *out, struct btz_err *err)
{
	static const char *const what[] = { "storage", "root key",
		"checkpoint key" };
	struct fake *st = state;
	enum btz_rc rc = BTZ_OK;
	struct btz_wr wr;

	(void)rq;
	if (st->step == 1)
		rc = make_key(st, BTZ_KIND_ROOT, &st->root, err);
	if (st->step == 2)
		rc = make_key(st, BTZ_KIND_CHECKPOINT, &st->checkpoint, err);
	if (rc != BTZ_OK)
		return rc;
	if (st->step < STEPS)
		st->step++;
	out->step = st->step;
	out->steps = STEPS;
	(void)snprintf(out->what, sizeof(out->what), "%s", what[st->step - 1]);
	out->done = st->step == STEPS;
	if (!out->done)
		return BTZ_OK;
	btz_wr_init(&wr, out->ok, sizeof(out->ok));
	rc = put_identity(st, &wr, err);
	out->ok_len = wr.len;
	return rc;
}

static enum btz_rc
fake_identity(void *state, struct btz_wr *out, struct btz_err *err)
{
	const struct fake *st = state;

	if (st->step < STEPS)
		return BTZ_FAIL(err, BTZ_E_UNPROVISIONED, "fake");
	return put_identity(st, out, err);
}

static void
fake_status(void *state, struct btz_table_wr *rows)
{
	(void)state;
	btz_table_str(rows, "fake");
	btz_table_str(rows, "keys protect nothing");
	btz_table_str(rows, "weak");
	(void)!btz_table_row_end(rows);
}

#define FAKE(as, how)                                                          \
	{                                                                      \
		.name = (as), .protection = (how),                             \
		.caps = BTZ_CAP_CERTIFY | BTZ_CAP_CHECKPOINT |                 \
			BTZ_CAP_PROVISION,                                     \
		.algs = 1u << BTZ_ALG_EC_P256,                                 \
		.sigs = 1u << BTZ_SIG_ECDSA_SHA256,                            \
		.kinds = 1u << BTZ_KIND_PLAIN | 1u << BTZ_KIND_ISSUING |       \
			 1u << BTZ_KIND_OCSP | 1u << BTZ_KIND_TLS,             \
		.state_size = sizeof(struct fake),                             \
		.key_size = sizeof(struct fake_key), .open = fake_open,        \
		.close = fake_close, .label = fake_label,                      \
		.generate = fake_generate, .destroy = fake_destroy,            \
		.open_key = fake_open_key, .close_key = fake_close_key,        \
		.sign = fake_sign, .random = fake_random,                      \
		.certify_issuing = fake_certify, .root_cert = fake_root_cert,  \
		.approval_nonce = fake_approval_nonce,                         \
		.approval_cancel = fake_approval_cancel,                       \
		.approved = fake_approved, .checkpoint = fake_checkpoint,      \
		.end = fake_end, .provision = fake_provision,                  \
		.identity = fake_identity, .status = fake_status               \
	}

const struct btz_backend_ops btz_backend_fake = FAKE("fake", BTZ_PROT_SOFT);
/* In place of the secure world, for process tests (bartizan-crypto-fake). */
const struct btz_backend_ops btz_backend_fake_tee = FAKE("tee", BTZ_PROT_TEE);
