/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_attest.c - PrepareKeyAttestation, AttestKey, by TPM2_ActivateCredential
 * with the endorsement key of the TPM, and no other. The policy of a key says
 * nothing about them.
 */
#include <string.h>

#include "crypto.pb-c.h"
#include "parsec/kms.h"
#include "wire/msg_attest.h"

/* protobuf-c only reads; the cast away of const has no other way */
static ProtobufCBinaryData
bytes_of(struct btz_span s)
{
	ProtobufCBinaryData b = { .len = s.len };

	memcpy(&b.data, &s.p, sizeof(s.p));
	return b;
}

static void
begin(struct btz_pjob *j, bool mechanism, ProtobufCBinaryData name,
    ProtobufCBinaryData attesting, void (*fn)(struct btz_pjob *j))
{
	if (!mechanism)
		btz_pjob_fail(j, BTZ_PS_ENCODING);
	else if (attesting.len > 0)
		btz_pjob_fail(j, BTZ_PS_NOT_SUPPORTED);
	else
		btz_pkey_use(j, btz_pbytes(name), 0, fn);
}

static void
ask(struct btz_pjob *j, struct btz_attest *rq,
    void (*fn)(struct btz_pjob *j, enum btz_rc rc, struct btz_span body))
{
	memcpy(rq->id, j->key.id, BTZ_ID_LEN);
	btz_please_ask(j, BTZ_OP_ATTEST, &btz_def_attest, rq, fn);
}

/* False: answered. */
static bool
answered(struct btz_pjob *j, enum btz_rc rc, struct btz_span body,
    struct btz_attested *out)
{
	if (rc != BTZ_OK) {
		btz_pkey_failed(j, rc);
		return false;
	}
	if (!btz_msg_decode(&btz_def_attested, body, out)) {
		btz_pjob_fail(j, BTZ_PS_COMMUNICATION);
		return false;
	}
	return true;
}

static void
on_prepared(struct btz_pjob *j, enum btz_rc rc, struct btz_span body)
{
	Parsec__PrepareAttestationOut out =
	    PARSEC__PREPARE_ATTESTATION_OUT__INIT;
	Parsec__PreparedParams params = PARSEC__PREPARED_PARAMS__INIT;
	Parsec__PreparedActivate activate = PARSEC__PREPARED_ACTIVATE__INIT;
	struct btz_attested got;

	if (!answered(j, rc, body, &got))
		return;
	activate.name = bytes_of(got.name);
	activate.area = bytes_of(got.area);
	activate.endorsement = bytes_of(got.endorsement);
	params.mechanism_case = PARSEC__PREPARED_PARAMS__MECHANISM_ACTIVATE;
	params.activate = &activate;
	out.output = &params;
	btz_pjob_reply(j, &out.base);
}

static void
prepare(struct btz_pjob *j)
{
	struct btz_attest rq = { .blob = { NULL, 0 } };

	ask(j, &rq, on_prepared);
}

void
btz_pop_prepare_attestation(struct btz_pjob *j)
{
	const Parsec__PrepareAttestationIn *in = j->msg;
	const Parsec__PrepareParams *p = in->parameters;
	const bool is = p != NULL &&
			p->mechanism_case ==
			    PARSEC__PREPARE_PARAMS__MECHANISM_ACTIVATE;
	const ProtobufCBinaryData none = { 0, NULL };

	begin(j, is, is ? p->activate->name : none,
	    is ? p->activate->attesting : none, prepare);
}

static void
on_attested(struct btz_pjob *j, enum btz_rc rc, struct btz_span body)
{
	Parsec__AttestOut out = PARSEC__ATTEST_OUT__INIT;
	Parsec__AttestedParams params = PARSEC__ATTESTED_PARAMS__INIT;
	Parsec__Activated activate = PARSEC__ACTIVATED__INIT;
	struct btz_attested got;

	if (!answered(j, rc, body, &got))
		return;
	activate.credential = bytes_of(got.credential);
	params.mechanism_case = PARSEC__ATTESTED_PARAMS__MECHANISM_ACTIVATE;
	params.activate = &activate;
	out.output = &params;
	btz_pjob_reply(j, &out.base);
}

static void
attest(struct btz_pjob *j)
{
	const Parsec__AttestIn *in = j->msg;
	struct btz_attest rq = { .blob = btz_pbytes(
				     in->parameters->activate->blob),
		.secret = btz_pbytes(in->parameters->activate->secret) };

	/* ours would be a preparation with either of them empty */
	if (rq.blob.len == 0 || rq.secret.len == 0 ||
	    rq.blob.len > BTZ_ATTEST_MAX || rq.secret.len > BTZ_ATTEST_MAX)
		btz_pjob_fail(j, BTZ_PS_INVALID);
	else
		ask(j, &rq, on_attested);
}

void
btz_pop_attest(struct btz_pjob *j)
{
	const Parsec__AttestIn *in = j->msg;
	const Parsec__AttestParams *p = in->parameters;

	begin(j,
	    p != NULL &&
		p->mechanism_case == PARSEC__ATTEST_PARAMS__MECHANISM_ACTIVATE,
	    in->name, in->attesting, attest);
}
