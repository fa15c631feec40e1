/* SPDX-License-Identifier: Apache-2.0 */
/* op_sign.c - SignHash, SignMessage, VerifyHash, VerifyMessage. The service
 * judges the rest: the length of the digest, the state of the key. */
#include <string.h>

#include "crypto.pb-c.h"
#include "parsec/ecdsa.h"
#include "parsec/kms.h"
#include "prim/prim.h"
#include "wire/msg_sign.h"
#include "wire/msg_verify.h"

static bool
of_hash(const struct btz_pjob *j)
{
	return j->op->opcode == 0x04 || j->op->opcode == 0x05;
}

/* Any-hash ECDSA says by the length which of ours it is. */
static uint16_t
our_alg(const struct btz_pjob *j, size_t digest_len)
{
	struct btz_palg a = j->alg;

	if (a.scheme == BTZ_PS_ECDSA_ANY) {
		a.scheme = 4;
		a.hash = digest_len == 64 ? 9 : digest_len == 48 ? 8 : 7;
	}
	return btz_palg_sig(&a);
}

/* What is signed: the digest; a message is hashed by the service, or here when
 * it is too long for a frame. */
static uint16_t
input_of(const struct btz_pjob *j, struct btz_span in, uint16_t alg,
    uint8_t digest[BTZ_DIGEST_MAX], struct btz_span *out, uint8_t *kind)
{
	*out = in;
	*kind = of_hash(j) ? BTZ_IN_DIGEST : BTZ_IN_MESSAGE;
	if (of_hash(j) && in.len != btz_sig_digest_len(alg))
		return BTZ_PS_INVALID;
	if (in.len > BTZ_INPUT_MAX) {
		*kind = BTZ_IN_DIGEST;
		*out = btz_span_of(
		    digest, btz_digest(btz_sig_hash(alg), in, digest));
	}
	return BTZ_PS_OK;
}

static uint16_t
begin(struct btz_pjob *j, const Parsec__AsymmetricSignature *alg)
{
	const uint16_t status = btz_palg_signature(alg, &j->alg);

	if (status != BTZ_PS_OK)
		return status;
	/* "any hash" is for policies; a message needs a named one */
	if (j->alg.hash == BTZ_PHASH_ANY ||
	    (j->alg.scheme == BTZ_PS_ECDSA_ANY && !of_hash(j)))
		return BTZ_PS_INVALID;
	return BTZ_PS_OK;
}

static void
on_signed(struct btz_pjob *j, enum btz_rc rc, struct btz_span body)
{
	const size_t half = btz_ecdsa_half(j->key.alg);
	uint8_t raw[2 * BTZ_ECDSA_HALF_MAX];
	struct btz_signature out;

	if (rc != BTZ_OK)
		btz_pkey_failed(j, rc);
	else if (!btz_msg_decode(&btz_def_signature, body, &out))
		btz_pjob_fail(j, BTZ_PS_COMMUNICATION);
	else if (half == 0)
		btz_pjob_data(j, out.signature);
	else if (!btz_ecdsa_to_raw(out.signature, half, raw))
		btz_pjob_fail(j, BTZ_PS_GENERIC);
	else
		btz_pjob_data(j, btz_span_of(raw, 2 * half));
}

static void
sign(struct btz_pjob *j)
{
	const Parsec__SignIn *in = j->msg;
	uint8_t digest[BTZ_DIGEST_MAX];
	struct btz_sign rq = { .alg = our_alg(j, in->input.len) };
	uint16_t status = BTZ_PS_NOT_SUPPORTED;

	memcpy(rq.id, j->key.id, BTZ_ID_LEN);
	if (rq.alg != 0)
		status = input_of(j, btz_pbytes(in->input), rq.alg, digest,
		    &rq.input, &rq.input_kind);
	if (status != BTZ_PS_OK)
		btz_pjob_fail(j, status);
	else
		btz_please_ask(j, BTZ_OP_SIGN, &btz_def_sign, &rq, on_signed);
}

static void
start_sign(struct btz_pjob *j, uint32_t flag)
{
	const Parsec__SignIn *in = j->msg;
	const uint16_t status = begin(j, in->alg);

	if (status != BTZ_PS_OK)
		btz_pjob_fail(j, status);
	else
		btz_pkey_use(j, btz_pbytes(in->name), flag, sign);
}

void
btz_pop_sign_hash(struct btz_pjob *j)
{
	start_sign(j, BTZ_PF_SIGN_HASH);
}

void
btz_pop_sign_message(struct btz_pjob *j)
{
	start_sign(j, BTZ_PF_SIGN_MESSAGE);
}

static void
on_verified(struct btz_pjob *j, enum btz_rc rc, struct btz_span body)
{
	(void)body;
	if (rc != BTZ_OK)
		btz_pkey_failed(j, rc);
	else
		btz_pjob_ok(j);
}

static void
verify(struct btz_pjob *j)
{
	const Parsec__VerifyIn *in = j->msg;
	const size_t half = btz_ecdsa_half(j->key.alg);
	uint8_t digest[BTZ_DIGEST_MAX], der[2 * BTZ_ECDSA_HALF_MAX + 16];
	struct btz_verify rq = { .alg = our_alg(j, in->input.len),
		.signature = btz_pbytes(in->signature) };
	struct btz_wr wr;
	uint16_t status = BTZ_PS_NOT_SUPPORTED;

	memcpy(rq.id, j->key.id, BTZ_ID_LEN);
	btz_wr_init(&wr, der, sizeof(der));
	if (rq.alg != 0)
		status = input_of(j, btz_pbytes(in->input), rq.alg, digest,
		    &rq.input, &rq.input_kind);
	if (status == BTZ_PS_OK &&
	    (rq.signature.len > BTZ_SIG_MAX ||
		(half != 0 && !btz_ecdsa_to_der(rq.signature, half, &wr))))
		status = BTZ_PS_SIGNATURE;
	if (status != BTZ_PS_OK) {
		btz_pjob_fail(j, status);
		return;
	}
	if (half != 0)
		rq.signature = btz_wr_span(&wr);
	btz_please_ask(j, BTZ_OP_VERIFY, &btz_def_verify, &rq, on_verified);
}

static void
start_verify(struct btz_pjob *j, uint32_t flag)
{
	const Parsec__VerifyIn *in = j->msg;
	const uint16_t status = begin(j, in->alg);

	if (status != BTZ_PS_OK)
		btz_pjob_fail(j, status);
	else
		btz_pkey_use(j, btz_pbytes(in->name), flag, verify);
}

void
btz_pop_verify_hash(struct btz_pjob *j)
{
	start_verify(j, BTZ_PF_VERIFY_HASH);
}

void
btz_pop_verify_message(struct btz_pjob *j)
{
	start_verify(j, BTZ_PF_VERIFY_MESSAGE);
}
