/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_crypt.c - AsymmetricEncrypt/Decrypt, AeadEncrypt/Decrypt,
 * CipherEncrypt/Decrypt, RawKeyAgreement. One request of ours each, which is
 * made again from the client's message when a lease or a key must be looked
 * for once more.
 */
#include <string.h>

#include "crypto.pb-c.h"
#include "parsec/kms.h"
#include "wire/msg_crypt.h"

/* All that goes into one frame with them is this long. */
#define ROOM (BTZ_INPUT_MAX - 512u)

static bool
encrypts(const struct btz_pjob *j)
{
	return j->op->opcode == 0x0a || j->op->opcode == 0x11 ||
	       j->op->opcode == 0x14;
}

/* A failed tag is an invalid signature in PSA; a failed padding is that. */
static void
refused(struct btz_pjob *j, enum btz_rc rc)
{
	const bool wrong = rc == BTZ_E_VERIFY || rc == BTZ_E_SIGNATURE;

	if (wrong && j->alg.cls != BTZ_PC_AEAD)
		btz_pjob_fail(j, BTZ_PS_PADDING);
	else
		btz_pkey_failed(j, rc);
}

static void
on_crypt(struct btz_pjob *j, enum btz_rc rc, struct btz_span body)
{
	struct btz_crypt_ok out;

	if (rc != BTZ_OK) {
		refused(j, rc);
		return;
	}
	if (!btz_msg_decode(&btz_def_crypt_ok, body, &out)) {
		btz_pjob_fail(j, BTZ_PS_COMMUNICATION);
		return;
	}
	/* PSA's one-shot cipher: the IV that was drawn comes first. */
	if (j->alg.cls == BTZ_PC_CIPHER && encrypts(j) &&
	    !btz_pjob_put(j, out.nonce)) {
		btz_pjob_fail(j, BTZ_PS_TOO_LARGE);
		return;
	}
	if (!btz_pjob_put(j, out.output))
		btz_pjob_fail(j, BTZ_PS_TOO_LARGE);
	else
		btz_pjob_data(j, btz_span_of(j->out, j->out_len));
}

static void
ask(struct btz_pjob *j, struct btz_crypt *rq)
{
	rq->alg = btz_palg_crypt(&j->alg);
	memcpy(rq->id, j->key.id, BTZ_ID_LEN);
	if (rq->alg == 0)
		btz_pjob_fail(j, BTZ_PS_NOT_SUPPORTED);
	else if (rq->nonce.len > BTZ_NONCE_MAX)
		btz_pjob_fail(j, BTZ_PS_INVALID);
	else if (rq->aad.len > ROOM || rq->input.len > ROOM - rq->aad.len)
		btz_pjob_fail(j, BTZ_PS_BODY_SIZE);
	else
		btz_please_ask(j, encrypts(j) ? BTZ_OP_ENCRYPT : BTZ_OP_DECRYPT,
		    &btz_def_crypt, rq, on_crypt);
}

/* Looks for the key if the algorithm could be read. */
static void
begin(struct btz_pjob *j, uint16_t status, ProtobufCBinaryData name,
    void (*fn)(struct btz_pjob *j))
{
	if (status != BTZ_PS_OK)
		btz_pjob_fail(j, status);
	else
		btz_pkey_use(j, btz_pbytes(name),
		    encrypts(j) ? BTZ_PF_ENCRYPT : BTZ_PF_DECRYPT, fn);
}

static void
asymmetric(struct btz_pjob *j)
{
	const Parsec__AsymmetricIn *in = j->msg;
	struct btz_crypt rq = { .aad = btz_pbytes(in->salt),
		.input = btz_pbytes(in->input) };

	ask(j, &rq);
}

void
btz_pop_asymmetric_encrypt(struct btz_pjob *j)
{
	const Parsec__AsymmetricIn *in = j->msg;

	begin(j, btz_palg_encryption(in->alg, &j->alg), in->name, asymmetric);
}

void
btz_pop_asymmetric_decrypt(struct btz_pjob *j)
{
	btz_pop_asymmetric_encrypt(j);
}

static void
aead(struct btz_pjob *j)
{
	const Parsec__AeadIn *in = j->msg;
	struct btz_crypt rq = { .nonce = btz_pbytes(in->nonce),
		.aad = btz_pbytes(in->aad),
		.input = btz_pbytes(in->input) };

	if (rq.nonce.len == 0) /* never one of the service's choice */
		btz_pjob_fail(j, BTZ_PS_INVALID);
	else
		ask(j, &rq);
}

void
btz_pop_aead_encrypt(struct btz_pjob *j)
{
	const Parsec__AeadIn *in = j->msg;

	begin(j, btz_palg_aead(in->alg, &j->alg), in->name, aead);
}

void
btz_pop_aead_decrypt(struct btz_pjob *j)
{
	btz_pop_aead_encrypt(j);
}

static void
cipher(struct btz_pjob *j)
{
	const Parsec__CipherIn *in = j->msg;
	const size_t iv = btz_crypt_nonce_len(btz_palg_crypt(&j->alg));
	struct btz_crypt rq = { .input = btz_pbytes(in->input) };

	if (!encrypts(j)) {
		if (rq.input.len < iv) {
			btz_pjob_fail(j, BTZ_PS_INVALID);
			return;
		}
		rq.nonce = btz_span_of(rq.input.p, iv);
		rq.input = btz_span_of(rq.input.p + iv, rq.input.len - iv);
	}
	ask(j, &rq);
}

void
btz_pop_cipher_encrypt(struct btz_pjob *j)
{
	const Parsec__CipherIn *in = j->msg;

	begin(j, btz_palg_cipher(in->alg, &j->alg), in->name, cipher);
}

void
btz_pop_cipher_decrypt(struct btz_pjob *j)
{
	btz_pop_cipher_encrypt(j);
}

static void
on_agreed(struct btz_pjob *j, enum btz_rc rc, struct btz_span body)
{
	struct btz_secret_ok out;

	if (rc != BTZ_OK)
		btz_pkey_failed(j, rc);
	else if (!btz_msg_decode(&btz_def_secret_ok, body, &out))
		btz_pjob_fail(j, BTZ_PS_COMMUNICATION);
	else
		btz_pjob_data(j, out.secret);
}

static void
agree(struct btz_pjob *j)
{
	const Parsec__AgreementIn *in = j->msg;
	struct btz_derive rq = { .alg = btz_palg_crypt(&j->alg),
		.peer = btz_pbytes(in->peer) };

	memcpy(rq.id, j->key.id, BTZ_ID_LEN);
	if (rq.alg == 0)
		btz_pjob_fail(j, BTZ_PS_NOT_SUPPORTED);
	else if (rq.peer.len > BTZ_SPKI_MAX)
		btz_pjob_fail(j, BTZ_PS_INVALID);
	else
		btz_please_ask(
		    j, BTZ_OP_DERIVE, &btz_def_derive, &rq, on_agreed);
}

void
btz_pop_agree(struct btz_pjob *j)
{
	const Parsec__AgreementIn *in = j->msg;
	const uint16_t status = btz_palg_agreement(in->alg, &j->alg);

	if (status != BTZ_PS_OK)
		btz_pjob_fail(j, status);
	else
		btz_pkey_use(j, btz_pbytes(in->name), BTZ_PF_DERIVE, agree);
}
