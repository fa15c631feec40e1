/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tee.c - backend "tee": keys that exist only in the trusted application,
 * reached by the GlobalPlatform client API. One verb is one TA command
 * (ta/include/btz_ta.h); the bodies are those of src/wire/msg_ta.h. Nothing
 * is decided here and no key is kept: hot keys are the TA's handles.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/sha.h>
#include <tee_client_api.h>

#include "base/edges.h"
#include "btz_ta.h"
#include "crypto/backend/backend.h"
#include "wire/keyblob.h"
#include "wire/msg_random.h"
#include "wire/msg_sign.h"
#include "wire/msg_ta.h"
#include "wire/table.h"

struct tee {
	TEEC_Context ctx;
	TEEC_Session session;
	bool connected, opened;
	bool emulated;
	bool lost;	/* the transport failed */
	uint32_t begun; /* command that the TPM is at work for */
	uint8_t state;	/* enum btz_ta_state, as of the last answer */
	uint8_t in[BTZ_TA_REQUEST_MAX], out[BTZ_TA_ANSWER_MAX];
};

struct tee_key {
	uint32_t handle;
};

static const char *
state_name(uint8_t s)
{
	static const char *const names[] = {
		[BTZ_TA_UNPROVISIONED] = "unprovisioned",
		[BTZ_TA_PROVISIONING] = "provisioning",
		[BTZ_TA_READY] = "ready",
		[BTZ_TA_TIME_UNSURE] = "time-unsure",
		[BTZ_TA_TPM_UNAVAILABLE] = "tpm-unavailable",
		[BTZ_TA_TAMPER] = "tamper",
		[BTZ_TA_TPM_SWAPPED] = "tpm-swapped",
		[BTZ_TA_STORAGE_LOST] = "storage-lost",
		[BTZ_TA_STORAGE_ROLLED_BACK] = "storage-rolled-back",
		[BTZ_TA_TOO_OLD] = "ta-too-old",
	};

	return s > 0 && s < BTZ_COUNT(names) ? names[s] : "?";
}

static enum btz_rc
invoke(struct tee *t, uint32_t command, size_t in_len, struct btz_span *out,
    struct btz_err *err)
{
	TEEC_Operation op;
	TEEC_Result res;
	uint32_t origin = 0;
	enum btz_rc rc;

	memset(&op, 0, sizeof(op));
	op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_INPUT,
	    TEEC_MEMREF_TEMP_OUTPUT, TEEC_VALUE_OUTPUT, TEEC_NONE);
	op.params[0].tmpref.buffer = t->in;
	op.params[0].tmpref.size = in_len;
	op.params[1].tmpref.buffer = t->out;
	op.params[1].tmpref.size = sizeof(t->out);
	res = TEEC_InvokeCommand(&t->session, command, &op, &origin);
	if (res != TEEC_SUCCESS)
		t->lost = true;
	if (res != TEEC_SUCCESS)
		return BTZ_FAIL(err, BTZ_E_TEE_DOWN,
		    "command %#x: TEE result %#x from %u", command, res,
		    origin);
	t->state = (uint8_t)op.params[2].value.b;
	rc = btz_rc_from_wire(op.params[2].value.a);
	if (rc != BTZ_OK)
		return BTZ_FAIL(err, rc,
		    "trusted application (%s), command %#x: %s",
		    state_name(t->state), command, btz_rc_text(rc));
	*out = btz_span_of(t->out, op.params[1].tmpref.size);
	return BTZ_OK;
}

/* Encode, invoke, decode; spans of *out borrow from t->out. */
static enum btz_rc
call(struct tee *t, uint32_t command, const struct btz_msgdef *in_def,
    const void *in, const struct btz_msgdef *out_def, void *out,
    struct btz_err *err)
{
	struct btz_wr wr;
	struct btz_span answer = { NULL, 0 };
	enum btz_rc rc;

	btz_wr_init(&wr, t->in, sizeof(t->in));
	if (in_def != NULL)
		btz_msg_write(in_def, in, &wr);
	if (!btz_wr_ok(&wr))
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "request to the TA");
	rc = invoke(t, command, wr.len, &answer, err);
	btz_wipe(t->in, wr.len);
	if (rc != BTZ_OK)
		return rc;
	if (out_def != NULL ? !btz_msg_decode(out_def, answer, out)
			    : answer.len != 0)
		return BTZ_FAIL(
		    err, BTZ_E_PROTO, "answer of the TA to %#x", command);
	return BTZ_OK;
}

static enum btz_rc
info(struct tee *t, struct btz_ta_info *m, struct btz_err *err)
{
	enum btz_rc rc;

	memset(m, 0, sizeof(*m));
	rc = call(t, BTZ_TA_INFO, NULL, NULL, &btz_def_ta_info, m, err);

	if (rc == BTZ_OK && m->abi != BTZ_TA_ABI)
		return BTZ_FAIL(err, BTZ_E_VERSION,
		    "trusted application has ABI %u, not %u", m->abi,
		    BTZ_TA_ABI);
	return rc;
}

static enum btz_rc
no_device(
    const struct btz_backend_env *env, TEEC_Result res, struct btz_err *err)
{
	if (env->device_fd >= 0)
		return BTZ_FAIL(err, BTZ_E_TEE_DOWN, "no connection");
	if (access(BTZ_TEE_DEVICE, F_OK) != 0)
		return BTZ_FAIL(err, BTZ_E_TEE_DOWN,
		    "no " BTZ_TEE_DEVICE ": no OP-TEE, or its driver is not "
		    "loaded");
	if (access(BTZ_TEE_DEVICE, R_OK | W_OK) != 0)
		return BTZ_FAIL(err, BTZ_E_TEE_DOWN,
		    BTZ_TEE_DEVICE " may not be opened: give it to a group "
				   "(tee-supplicant's package does)");
	return BTZ_FAIL(err, BTZ_E_TEE_DOWN,
	    BTZ_TEE_DEVICE ": TEE result %#x%s", res,
	    res == TEEC_ERROR_BAD_PARAMETERS
		? ": this build knows only the emulation"
		: "");
}

static enum btz_rc
no_session(TEEC_Result res, uint32_t origin, struct btz_err *err)
{
	if (res == TEEC_ERROR_ITEM_NOT_FOUND)
		return BTZ_FAIL(err, BTZ_E_TEE_DOWN,
		    "no trusted application: is it in the directory of "
		    "tee-supplicant, and does that run?");
	if (res == TEEC_ERROR_SECURITY)
		return BTZ_FAIL(err, BTZ_E_TEE_DOWN,
		    "trusted application: its signature is not by the key "
		    "that this OP-TEE trusts");
	return BTZ_FAIL(err, BTZ_E_TEE_DOWN,
	    "trusted application: TEE result %#x from %u", res, origin);
}

static enum btz_rc
tee_open(void *st, const struct btz_backend_env *env, struct btz_err *err)
{
	static const TEEC_UUID uuid = BTZ_TA_UUID;
	static const char emulated[] = "tee-emulated";
	struct tee *t = st;
	struct btz_ta_info m;
	char name[16] = "";
	TEEC_Result res;
	uint32_t origin = 0;
	enum btz_rc rc;

	/* The context takes the descriptor over, the environment keeps its. */
	if (env->device_fd >= 0)
		(void)snprintf(
		    name, sizeof(name), "fd:%d", dup(env->device_fd));
	res = TEEC_InitializeContext(name[0] != '\0' ? name : NULL, &t->ctx);
	if (res != TEEC_SUCCESS)
		return no_device(env, res, err);
	t->connected = true;
	res = TEEC_OpenSession(&t->ctx, &t->session, &uuid, TEEC_LOGIN_PUBLIC,
	    NULL, NULL, &origin);
	if (res != TEEC_SUCCESS)
		return no_session(res, origin, err);
	t->opened = true;
	rc = info(t, &m, err);
	if (rc != BTZ_OK)
		return rc;
	t->emulated = m.weaknesses.len >= sizeof(emulated) - 1 &&
		      memcmp(m.weaknesses.p, emulated, sizeof(emulated) - 1) ==
			  0;
	return BTZ_OK;
}

static void
tee_close(void *st)
{
	struct tee *t = st;

	if (t->opened)
		TEEC_CloseSession(&t->session);
	if (t->connected)
		TEEC_FinalizeContext(&t->ctx);
	t->opened = t->connected = false;
}

static const char *
tee_label(void *st)
{
	const struct tee *t = st;

	return t->emulated ? "tee-emulated" : "tee";
}

static enum btz_rc
tee_generate(void *st, const struct btz_generate *g,
    struct btz_backend_key *out, struct btz_err *err)
{
	struct btz_ta_key_create rq = { .alg = g->alg,
		.kind = g->kind,
		.operations = g->usage,
		.not_after = g->not_after,
		.constraints = g->constraints };
	struct btz_ta_key k;
	enum btz_rc rc;

	if (!btz_backend_has(btz_backend_tee.algs, g->alg))
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED, "algorithm %u", g->alg);
	memcpy(rq.tenant_id, g->tenant_id, sizeof(rq.tenant_id));
	rc = call(st, BTZ_TA_KEY_CREATE, &btz_def_ta_key_create, &rq,
	    &btz_def_ta_key, &k, err);
	if (rc != BTZ_OK)
		return rc;
	memcpy(out->id, k.key_id, sizeof(out->id));
	memcpy(out->spki, k.spki.p, k.spki.len);
	memcpy(out->blob, k.blob.p, k.blob.len);
	out->spki_len = k.spki.len;
	out->blob_len = k.blob.len;
	return BTZ_OK;
}

static enum btz_rc
tee_destroy(void *st, struct btz_span blob, struct btz_err *err)
{
	struct btz_ta_blob rq = { blob };
	enum btz_rc rc = call(
	    st, BTZ_TA_KEY_DESTROY, &btz_def_ta_blob, &rq, NULL, NULL, err);

	/* It was destroyed before, and whoever asked did not hear of it. */
	return rc == BTZ_E_KEY_GENERATION ? BTZ_OK : rc;
}

static enum btz_rc
tee_open_key(void *st, const uint8_t id[BTZ_ID_LEN], struct btz_span blob,
    void *key, struct btz_err *err)
{
	struct btz_ta_blob rq = { blob };
	struct btz_ta_handle h;
	struct btz_keyblob b;
	struct tee_key *k = key;
	enum btz_rc rc;

	if (!btz_keyblob_decode(blob, &b) ||
	    memcmp(b.key_id, id, BTZ_ID_LEN) != 0)
		return BTZ_FAIL(err, BTZ_E_KEY_BLOB, "not the blob of the key");
	rc = call(st, BTZ_TA_KEY_OPEN, &btz_def_ta_blob, &rq,
	    &btz_def_ta_handle, &h, err);
	if (rc == BTZ_OK)
		k->handle = h.handle;
	return rc;
}

/* The TA forgets handles by itself, the least recently used first. */
static void
tee_close_key(void *st, void *key)
{
	struct tee_key *k = key;

	(void)st;
	k->handle = 0;
}

static uint32_t
sign_command(uint8_t input_kind)
{
	switch (input_kind) {
	case BTZ_IN_DIGEST:
	case BTZ_IN_MESSAGE:
		return BTZ_TA_SIGN_DIGEST;
	case BTZ_IN_TBS_CERT:
		return BTZ_TA_SIGN_TBS_CERT;
	case BTZ_IN_TBS_CRL:
		return BTZ_TA_SIGN_TBS_CRL;
	case BTZ_IN_OCSP:
		return BTZ_TA_SIGN_OCSP;
	case BTZ_IN_TLS_CV:
		return BTZ_TA_SIGN_TLS;
	default:
		return 0;
	}
}

static enum btz_rc
tee_sign(void *st, void *key, const struct btz_backend_sign *rq,
    struct btz_backend_sig *out, struct btz_err *err)
{
	const struct tee_key *k = key;
	struct btz_ta_sign m = { .handle = k->handle,
		.alg = rq->alg,
		.now = rq->now,
		.input = rq->input,
		.previous = rq->previous };
	struct btz_signature sig;
	uint32_t command = sign_command(rq->input_kind);
	enum btz_rc rc;

	if (command == 0)
		return BTZ_FAIL(
		    err, BTZ_E_UNSUPPORTED, "input kind %u", rq->input_kind);
	if (!btz_backend_has(btz_backend_tee.sigs, rq->alg))
		return BTZ_FAIL(
		    err, BTZ_E_UNSUPPORTED, "algorithm %u", rq->alg);
	/* What is not judged by its content is signed as a digest; an Ed25519 key signs
	 * the message. */
	if (command == BTZ_TA_SIGN_DIGEST)
		m.input = btz_backend_signed(rq);
	rc = call(
	    st, command, &btz_def_ta_sign, &m, &btz_def_signature, &sig, err);
	if (rc != BTZ_OK)
		return rc;
	memcpy(out->bytes, sig.signature.p, sig.signature.len);
	out->len = sig.signature.len;
	return BTZ_OK;
}

static enum btz_rc
tee_random(void *st, void *out, size_t len, struct btz_err *err)
{
	uint8_t *p = out;

	while (len > 0) {
		uint32_t n = len < BTZ_RANDOM_MAX ? (uint32_t)len
						  : BTZ_RANDOM_MAX;
		struct btz_random rq = { n };
		struct btz_random_ok ok = { .bytes = { NULL, 0 } };
		enum btz_rc rc = call(st, BTZ_TA_RANDOM, &btz_def_random, &rq,
		    &btz_def_random_ok, &ok, err);

		if (rc == BTZ_OK && (ok.bytes.len != n || ok.bytes.p == NULL))
			rc = BTZ_FAIL(err, BTZ_E_PROTO, "random");
		if (rc != BTZ_OK)
			return rc;
		memcpy(p, ok.bytes.p, n);
		p += n;
		len -= n;
	}
	return BTZ_OK;
}

static enum btz_rc
put(struct btz_wr *out, struct btz_span s, struct btz_err *err)
{
	btz_wr_raw(out, s.p, s.len);
	return btz_wr_ok(out) ? BTZ_OK : BTZ_FAIL(err, BTZ_E_TOOBIG, "answer");
}

/* Not done yet, or never. */
static bool
begun(struct tee *t, uint32_t command, enum btz_rc rc)
{
	if (rc == BTZ_E_PENDING)
		t->begun = command;
	return rc != BTZ_OK;
}

static enum btz_rc
tee_certify_issuing(void *st, const struct btz_certify_issuing *rq,
    struct btz_span blob, uint64_t now, struct btz_wr *out, struct btz_err *err)
{
	struct btz_ta_sign_issuing m = { .blob = blob,
		.not_before = rq->not_before,
		.not_after = rq->not_after,
		.now = now,
		.approvals = rq->approvals };
	struct btz_certificate cert;
	struct btz_ta_info i;
	struct btz_keyblob b;
	enum btz_rc rc = info(st, &i, err);

	if (rc != BTZ_OK)
		return rc;
	if (memcmp(i.root_id, rq->root_id, sizeof(i.root_id)) != 0)
		return BTZ_FAIL(err, BTZ_E_NOENT, "not the root key");
	if (!btz_keyblob_decode(blob, &b) ||
	    memcmp(b.key_id, rq->issuing_id, sizeof(b.key_id)) != 0)
		return BTZ_FAIL(err, BTZ_E_KEY_BLOB, "not the blob of the key");
	memcpy(m.serial, rq->serial, sizeof(m.serial));
	memcpy(m.nonce, rq->nonce, sizeof(m.nonce));
	rc = call(st, BTZ_TA_SIGN_ISSUING, &btz_def_ta_sign_issuing, &m,
	    &btz_def_certificate, &cert, err);
	return begun(st, BTZ_TA_SIGN_ISSUING, rc) ? rc
						  : put(out, cert.der, err);
}

static enum btz_rc
provisioned(struct tee *t, struct btz_ta_info *i, struct btz_err *err)
{
	enum btz_rc rc = info(t, i, err);

	if (rc == BTZ_OK &&
	    (i->root_cert.len == 0 || i->checkpoint_spki.len == 0 ||
		i->state == BTZ_TA_UNPROVISIONED ||
		i->state == BTZ_TA_PROVISIONING))
		return BTZ_FAIL(err, BTZ_E_UNPROVISIONED,
		    "trusted application is %s", state_name(i->state));
	return rc;
}

static enum btz_rc
tee_root_cert(void *st, struct btz_wr *out, struct btz_err *err)
{
	struct btz_ta_info i;
	enum btz_rc rc = provisioned(st, &i, err);

	return rc == BTZ_OK ? put(out, i.root_cert, err) : rc;
}

static enum btz_rc
tee_approval_nonce(void *st, const struct btz_approval_request *rq,
    struct btz_challenge *out, struct btz_err *err)
{
	return call(st, BTZ_TA_APPROVAL_NONCE, &btz_def_approval_request, rq,
	    &btz_def_challenge, out, err);
}

static enum btz_rc
tee_approval_cancel(void *st, const struct btz_approval_ref *rq,
    struct btz_approval_request *out, struct btz_err *err)
{
	return call(st, BTZ_TA_APPROVAL_CANCEL, &btz_def_approval_ref, rq,
	    &btz_def_approval_request, out, err);
}

static uint32_t
approved_command(uint8_t operation)
{
	static const uint16_t commands[] = {
		[BTZ_APPROVE_ROOT_CRL] = BTZ_TA_SIGN_ROOT_CRL,
		[BTZ_APPROVE_ADMIN_SET] = BTZ_TA_ADMIN_SET,
		[BTZ_APPROVE_TIME_SET] = BTZ_TA_TIME_SET,
		[BTZ_APPROVE_RECOVER] = BTZ_TA_RECOVER,
	};

	return operation < BTZ_COUNT(commands) ? commands[operation] : 0;
}

static enum btz_rc
tee_approved(void *st, const struct btz_approved *rq, struct btz_wr *out,
    struct btz_err *err)
{
	const uint32_t command = approved_command(rq->operation);
	struct btz_certificate list;
	enum btz_rc rc;

	if (command == 0)
		return BTZ_FAIL(
		    err, BTZ_E_INVAL, "operation %u", rq->operation);
	if (rq->operation != BTZ_APPROVE_ROOT_CRL)
		return call(
		    st, command, &btz_def_approved, rq, NULL, NULL, err);
	rc = call(st, command, &btz_def_approved, rq, &btz_def_certificate,
	    &list, err);
	return begun(st, command, rc) ? rc : put(out, list.der, err);
}

static enum btz_rc
tee_checkpoint(void *st, const struct btz_checkpoint *rq, uint64_t *size,
    struct btz_wr *note, struct btz_err *err)
{
	struct btz_checkpoint_ok ok = { .size = 0 };
	enum btz_rc rc = call(st, BTZ_TA_SIGN_CHECKPOINT, &btz_def_checkpoint,
	    rq, &btz_def_checkpoint_ok, &ok, err);

	if (begun(st, BTZ_TA_SIGN_CHECKPOINT, rc))
		return rc;
	*size = ok.size;
	return put(note, ok.note, err);
}

static enum btz_rc
tee_end(void *st, uint64_t *size, struct btz_wr *out, struct btz_err *err)
{
	struct tee *t = st;
	const bool note = t->begun == BTZ_TA_SIGN_CHECKPOINT;
	union {
		struct btz_checkpoint_ok cp;
		struct btz_certificate cert;
	} m;
	enum btz_rc rc = call(t, BTZ_TA_TPM_END, NULL, NULL,
	    note ? &btz_def_checkpoint_ok : &btz_def_certificate, &m, err);

	if (rc != BTZ_OK)
		return rc;
	*size = note ? m.cp.size : 0;
	return put(out, note ? m.cp.note : m.cert.der, err);
}

static enum btz_rc
tee_provision(void *st, const struct btz_provision *rq,
    struct btz_backend_step *out, struct btz_err *err)
{
	struct btz_ta_step s = { .step = 0 };
	enum btz_rc rc = call(st, BTZ_TA_PROVISION, &btz_def_provision, rq,
	    &btz_def_ta_step, &s, err);

	if (rc != BTZ_OK)
		return rc;
	if (s.ok.len > sizeof(out->ok))
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "answer of PROVISION");
	out->step = (uint16_t)s.step;
	out->steps = (uint16_t)s.steps;
	(void)snprintf(out->what, sizeof(out->what), "%.*s", (int)s.text.len,
	    s.text.len > 0 ? (const char *)s.text.p : "");
	out->done = s.done != 0;
	if (s.ok.len > 0)
		memcpy(out->ok, s.ok.p, s.ok.len);
	out->ok_len = s.ok.len;
	return BTZ_OK;
}

static enum btz_rc
tee_identity(void *st, struct btz_wr *out, struct btz_err *err)
{
	struct btz_provision_ok ok;
	struct btz_ta_info i;
	enum btz_rc rc = provisioned(st, &i, err);

	if (rc != BTZ_OK)
		return rc;
	memcpy(ok.instance_id, i.instance_id, sizeof(ok.instance_id));
	memcpy(ok.root_id, i.root_id, sizeof(ok.root_id));
	memcpy(ok.checkpoint_id, i.checkpoint_id, sizeof(ok.checkpoint_id));
	ok.root_cert = i.root_cert;
	ok.checkpoint_spki = i.checkpoint_spki;
	btz_msg_write(&btz_def_provision_ok, &ok, out);
	return btz_wr_ok(out) ? BTZ_OK
			      : BTZ_FAIL(err, BTZ_E_TOOBIG, "identity");
}

static void
row(struct btz_table_wr *rows, const char *item, struct btz_span value,
    const char *level)
{
	btz_table_str(rows, item);
	btz_table_text(rows, value);
	btz_table_str(rows, level);
	if (!btz_table_row_end(rows))
		return; /* no room left: taken back */
}

/* What is said in other words than the TA's. */
static void
reword(char *item, size_t item_cap, char *value, size_t value_cap)
{
	if (strcmp(item, "root-approval") == 0)
		(void)snprintf(value, value_cap,
		    "local (no protection against Linux root)");
	if (strcmp(item, "test-ek-root") == 0) {
		(void)snprintf(item, item_cap, "ek");
		(void)snprintf(value, value_cap, "test root");
	}
}

/* "a: b,c,d: e+f" -> rows (a, b), (c, yes), (d, "e,f") */
static void
weakness_rows(struct btz_table_wr *rows, struct btz_span list)
{
	while (list.len > 0) {
		const uint8_t *comma = memchr(list.p, ',', list.len);
		size_t n = comma != NULL ? (size_t)(comma - list.p) : list.len;
		const uint8_t *colon = memchr(list.p, ':', n);
		size_t name = colon != NULL ? (size_t)(colon - list.p) : n;
		char item[64], value[64];
		int value_len = n > name + 2 ? (int)(n - name - 2) : 0;

		(void)snprintf(value, sizeof(value), "%.*s", value_len,
		    (const char *)list.p + n - value_len);
		for (char *p = strchr(value, '+'); p != NULL;
		     p = strchr(p, '+'))
			*p = ',';
		(void)snprintf(item, sizeof(item), "%.*s", (int)name,
		    (const char *)list.p);
		if (value_len == 0)
			(void)snprintf(value, sizeof(value), "yes");
		reword(item, sizeof(item), value, sizeof(value));
		row(rows, item, btz_span_str(value), "weak");
		list.p += n + (comma != NULL);
		list.len -= n + (comma != NULL);
	}
}

/* Neither of the two weaknesses that it has otherwise. */
static void
ek_row(struct btz_table_wr *rows, const struct btz_ta_info *i)
{
	static const char *const weak[] = { "ek: ", "test-ek-root" };

	for (size_t k = 0; k < BTZ_COUNT(weak); k++)
		if (memmem(i->weaknesses.p, i->weaknesses.len, weak[k],
			strlen(weak[k])) != NULL)
			return;
	row(rows, "ek", btz_span_str("checked"), "ok");
}

static void
hex_row(struct btz_table_wr *rows, const char *item,
    const uint8_t digest[BTZ_SHA256_LEN], const char *level)
{
	char hex[2 * BTZ_SHA256_LEN + 1];

	for (size_t i = 0; i < BTZ_SHA256_LEN; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	row(rows, item, btz_span_str(hex), level);
}

/* Who approves: key ids, as their approvals name them. */
static void
admin_rows(struct btz_table_wr *rows, struct btz_span encoded)
{
	uint8_t id[BTZ_SHA256_LEN];
	struct btz_admin_set set;
	struct btz_span spki;
	struct btz_rd rd;
	char text[32];

	if (encoded.len == 0 ||
	    !btz_msg_decode(&btz_def_admin_set, encoded, &set))
		return;
	(void)snprintf(text, sizeof(text), "%u must approve", set.k);
	row(rows, "administrators", btz_span_str(text), "info");
	btz_rd_span(&rd, set.admins);
	while (btz_rd_left(&rd) > 0 &&
	       btz_rd_bytes16(&rd, &spki, BTZ_ADMIN_SPKI_MAX))
		if (SHA256(spki.p, spki.len, id) != NULL)
			hex_row(rows, "administrator", id, "info");
	if (set.recovery.len > 0 &&
	    SHA256(set.recovery.p, set.recovery.len, id) != NULL)
		hex_row(rows, "recovery key", id, "info");
}

static void
tee_status(void *st, struct btz_table_wr *rows)
{
	struct tee *t = st;
	struct btz_ta_info i;
	struct btz_err err;
	char text[96];

	if (info(t, &i, &err) != BTZ_OK) {
		row(rows, "trusted application", btz_span_str(err.msg),
		    "error");
		return;
	}
	row(rows, "trusted application", btz_span_str(state_name(i.state)),
	    i.state == BTZ_TA_READY || i.state == BTZ_TA_UNPROVISIONED
		? "ok"
		: "error");
	if (i.implementation.len > 0 && !t->emulated)
		row(rows, "tee", i.implementation, "info");
	(void)snprintf(text, sizeof(text), "%llu, before it: %s",
	    (unsigned long long)i.epoch,
	    i.previous_clean != 0 ? "clean" : "unclean");
	if (i.epoch > 0)
		row(rows, "epoch", btz_span_str(text), "info");
	(void)snprintf(text, sizeof(text), "%u", i.tpm_failures);
	if (i.tpm_failures > 0)
		row(rows, "tpm failures", btz_span_str(text), "warning");
	ek_row(rows, &i);
	admin_rows(rows, i.admins);
	if (i.state == BTZ_TA_STORAGE_ROLLED_BACK) {
		hex_row(rows, "record digest", i.record_digest, "error");
		hex_row(rows, "index digest", i.index_digest, "error");
	}
	weakness_rows(rows, i.weaknesses);
}

static bool
tee_lost(void *st)
{
	const struct tee *t = st;

	return t->lost;
}

static void
tee_stop(void *st)
{
	struct btz_err err;

	/* Not committed: the next epoch says unclean, nothing is lost. */
	if (call(st, BTZ_TA_STOP, NULL, NULL, NULL, NULL, &err) != BTZ_OK)
		return;
}

const struct btz_backend_ops btz_backend_tee = {
	.name = "tee",
	.protection = BTZ_PROT_TEE,
	.caps = BTZ_CAP_CERTIFY | BTZ_CAP_CHECKPOINT | BTZ_CAP_PROVISION,
	.algs = 1u << BTZ_ALG_EC_P256 | 1u << BTZ_ALG_EC_P384 |
		1u << BTZ_ALG_ED25519,
	.sigs = 1u << BTZ_SIG_ECDSA_SHA256 | 1u << BTZ_SIG_ECDSA_SHA384 |
		1u << BTZ_SIG_ED25519,
	.kinds = 1u << BTZ_KIND_PLAIN | 1u << BTZ_KIND_ISSUING |
		 1u << BTZ_KIND_OCSP | 1u << BTZ_KIND_TLS,
	.state_size = sizeof(struct tee),
	.key_size = sizeof(struct tee_key),
	.open = tee_open,
	.close = tee_close,
	.label = tee_label,
	.generate = tee_generate,
	.destroy = tee_destroy,
	.open_key = tee_open_key,
	.close_key = tee_close_key,
	.sign = tee_sign,
	.random = tee_random,
	.certify_issuing = tee_certify_issuing,
	.root_cert = tee_root_cert,
	.approval_nonce = tee_approval_nonce,
	.approval_cancel = tee_approval_cancel,
	.approved = tee_approved,
	.checkpoint = tee_checkpoint,
	.end = tee_end,
	.provision = tee_provision,
	.identity = tee_identity,
	.status = tee_status,
	.lost = tee_lost,
	.stop = tee_stop,
};
