/* SPDX-License-Identifier: Apache-2.0 */
/* tee_key.c - keys of the trusted application; tee.h. No key is kept here: hot
 * keys are the TA's handles. */
#include "crypto/backend/tee.h"

#include <stdlib.h>
#include <string.h>

#include "wire/keyblob.h"
#include "wire/msg_random.h"
#include "wire/msg_sign.h"

void
btz_tee_take_key(const struct btz_ta_key *k, struct btz_backend_key *out)
{
	memcpy(out->id, k->key_id, sizeof(out->id));
	if (k->spki.len > 0)
		memcpy(out->spki, k->spki.p, k->spki.len);
	memcpy(out->blob, k->blob.p, k->blob.len);
	out->spki_len = k->spki.len;
	out->blob_len = k->blob.len;
}

enum btz_rc
btz_tee_generate(void *st, const struct btz_generate *g,
    struct btz_backend_key *out, struct btz_err *err)
{
	struct btz_ta_key_create rq = { .alg = g->alg,
		.kind = g->kind,
		.flags = g->flags,
		.operations = g->usage,
		.not_after = g->not_after,
		.constraints = g->constraints,
		.bits = g->bits };
	struct btz_ta_key k;
	enum btz_rc rc;

	if (!btz_backend_has(btz_backend_tee.algs, g->alg))
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED, "algorithm %u", g->alg);
	memcpy(rq.tenant_id, g->tenant_id, sizeof(rq.tenant_id));
	rc = btz_tee_call(st, BTZ_TA_KEY_CREATE, &btz_def_ta_key_create, &rq,
	    &btz_def_ta_key, &k, err);
	if (rc != BTZ_OK)
		return rc;
	btz_tee_take_key(&k, out);
	return BTZ_OK;
}

enum btz_rc
btz_tee_destroy(void *st, struct btz_span blob, struct btz_err *err)
{
	struct btz_ta_blob rq = { blob };
	enum btz_rc rc = btz_tee_call(
	    st, BTZ_TA_KEY_DESTROY, &btz_def_ta_blob, &rq, NULL, NULL, err);

	/* It was destroyed before, and whoever asked did not hear of it. */
	return rc == BTZ_E_KEY_GENERATION ? BTZ_OK : rc;
}

static enum btz_rc
keep_blob(struct tee_key *k, struct btz_span blob, struct btz_err *err)
{
	if ((k->blob = malloc(blob.len)) == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "key");
	memcpy(k->blob, blob.p, blob.len);
	k->blob_len = blob.len;
	return BTZ_OK;
}

enum btz_rc
btz_tee_open_key(void *st, const uint8_t id[BTZ_ID_LEN], struct btz_span blob,
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
	rc = btz_tee_call(st, BTZ_TA_KEY_OPEN, &btz_def_ta_blob, &rq,
	    &btz_def_ta_handle, &h, err);
	if (rc != BTZ_OK)
		return rc;
	k->handle = h.handle;
	return (b.flags & BTZ_KEYBLOB_EXPORTABLE) != 0 ? keep_blob(k, blob, err)
						       : BTZ_OK;
}

/* The TA forgets handles by itself, the least recently used first. */
void
btz_tee_close_key(void *st, void *key)
{
	struct tee_key *k = key;

	(void)st;
	free(k->blob);
	memset(k, 0, sizeof(*k));
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

enum btz_rc
btz_tee_sign(void *st, void *key, const struct btz_backend_sign *rq,
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
	rc = btz_tee_call(
	    st, command, &btz_def_ta_sign, &m, &btz_def_signature, &sig, err);
	if (rc != BTZ_OK)
		return rc;
	memcpy(out->bytes, sig.signature.p, sig.signature.len);
	out->len = sig.signature.len;
	return BTZ_OK;
}

static enum btz_rc
take(struct btz_span output, struct btz_wr *out, struct btz_err *err)
{
	if (out->failed || out->cap - out->len < output.len)
		return BTZ_FAIL(
		    err, BTZ_E_TOOBIG, "answer of %zu bytes", output.len);
	btz_wr_raw(out, output.p, output.len);
	return BTZ_OK;
}

enum btz_rc
btz_tee_crypt(void *st, void *key, const struct btz_backend_crypt *rq,
    struct btz_wr *out, struct btz_err *err)
{
	const struct tee_key *k = key;
	struct tee *t = st;
	struct btz_ta_key_crypt m = { .handle = k->handle,
		.verb = rq->verb,
		.alg = rq->alg,
		.now = rq->now,
		.nonce = rq->nonce,
		.aad = rq->aad,
		.input = rq->input,
		.salt = rq->salt,
		.info = rq->info,
		.len = (uint16_t)rq->len };
	struct btz_ta_output o = { .output = { NULL, 0 } };
	enum btz_rc rc;

	if (!btz_backend_has(btz_backend_tee.crypts, rq->alg))
		return BTZ_FAIL(
		    err, BTZ_E_UNSUPPORTED, "algorithm %u", rq->alg);
	if (rq->len > UINT16_MAX)
		return BTZ_FAIL(
		    err, BTZ_E_INVAL, "RFC 5869 2.3: %zu bytes", rq->len);
	rc = btz_tee_call(t, BTZ_TA_KEY_CRYPT, &btz_def_ta_key_crypt, &m,
	    &btz_def_ta_output, &o, err);
	if (rc != BTZ_OK)
		return rc;
	rc = take(o.output, out, err);
	/* Plaintext or a secret: it lies at the end of the answer. */
	btz_wipe(t->out, (size_t)(o.output.p - t->out) + o.output.len);
	return rc;
}

enum btz_rc
btz_tee_random(void *st, void *out, size_t len, struct btz_err *err)
{
	uint8_t *p = out;

	while (len > 0) {
		uint32_t n = len < BTZ_RANDOM_MAX ? (uint32_t)len
						  : BTZ_RANDOM_MAX;
		struct btz_random rq = { n };
		struct btz_random_ok ok = { .bytes = { NULL, 0 } };
		enum btz_rc rc = btz_tee_call(st, BTZ_TA_RANDOM,
		    &btz_def_random, &rq, &btz_def_random_ok, &ok, err);

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
