/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tpm_attest.c - proof that a key is in this TPM, by TPM2_ActivateCredential
 * (Part 1, 24) with TCG's RSA endorsement key, which is made each time and
 * flushed: key and endorsement key are two of three objects. Start at
 * btz_tpmd_attest(); contract in backend.h.
 */
#include <openssl/rand.h>
#include <string.h>

#include "crypto/backend/tpm_direct.h"
#include "der/der.h"

#define PARAMETER 0xc0u /* Part 2 6.6: format 1, of a parameter */

struct attest { /* what steps() works on */
	struct btz_span blob, secret;
	struct btz_tpm_out_key_primary ek;
	struct btz_span n; /* of ek */
	struct btz_tpm_out_data credential;
	bool input; /* the credential is to blame */
};

static struct btz_tpm_entity
endorsement(void)
{
	return btz_tpm_hierarchy(BTZ_TPM_RH_ENDORSEMENT, btz_span_of(NULL, 0));
}

/* Its authorization value is nobody's who asks here. */
static enum btz_rc
may_endorse(struct btz_tpmd *t)
{
	uint32_t v;
	const enum btz_rc rc = btz_tpm_property(
	    &t->tpm, BTZ_TPM_PT_PERMANENT, &v);

	if (rc == BTZ_OK && (v & BTZ_TPM_PERM_ENDORSEMENT_AUTH) != 0) {
		t->tpm.why = "endorsement hierarchy has an authorization value";
		return BTZ_E_UNSUPPORTED;
	}
	return rc;
}

static enum btz_rc
make_ek(struct btz_tpmd *t, struct attest *a)
{
	const struct btz_tpm_entity eh = endorsement();
	const struct btz_tpm_entity *ents[1] = { &eh };
	struct btz_tpm_in_key_primary in;
	uint8_t area[BTZ_TPM_KEY_PUBLIC_MAX];
	struct btz_tpm_name name;
	struct btz_wr wr;
	enum btz_rc rc;

	btz_wr_init(&wr, area, sizeof(area));
	btz_tpm_keyform_ek_write(&wr);
	in.area = btz_wr_span(&wr);
	rc = btz_tpm_exec_row(
	    &t->tpm, BTZ_TPM_HMAC, &btz_tpm_key_primary, ents, &in, &a->ek);
	if (rc != BTZ_OK)
		return rc;
	in.area = btz_span_of(a->ek.pub, a->ek.pub_len);
	if (btz_tpm_keyform_ek_parse(in.area, &a->n) &&
	    btz_tpm_keyform_name(t->tpm.crypto, in.area, &name) == BTZ_OK &&
	    btz_tpm_name_eq(&name, &a->ek.name))
		return BTZ_OK;
	t->tpm.why = "endorsement key is not as asked for";
	btz_tpmd_flush(t, a->ek.handle);
	return BTZ_E_TPM_TEMPLATE;
}

/* PolicyA of the EK Credential Profile, satisfied. */
static enum btz_rc
open_policy(struct btz_tpmd *t, struct btz_tpm_entity *policy)
{
	const struct btz_tpm_entity eh = endorsement();
	const struct btz_tpm_entity none = { .handle = BTZ_TPM_RH_NULL };
	const struct btz_tpm_entity *nulls[2] = { &none, &none };
	const struct btz_tpm_entity *ents[2] = { &eh, policy };
	struct btz_tpm_in_key_policy in;
	struct btz_tpm_out_load out;
	enum btz_rc rc;

	if (RAND_bytes(in.nonce, sizeof(in.nonce)) <= 0)
		return BTZ_E_INTERNAL;
	rc = btz_tpm_exec_row(
	    &t->tpm, BTZ_TPM_PLAIN, &btz_tpm_key_policy, nulls, &in, &out);
	if (rc != BTZ_OK)
		return rc;
	*policy = btz_tpm_hierarchy(out.handle, btz_span_of(NULL, 0));
	rc = btz_tpm_exec_row(
	    &t->tpm, BTZ_TPM_HMAC, &btz_tpm_key_policy_secret, ents, &in, NULL);
	if (rc != BTZ_OK)
		btz_tpmd_flush(t, policy->handle);
	return rc;
}

/* libtpms says TPM_RC_FAILURE of a secret that does not decrypt. A TPM that
 * did fail says it of everything. */
static bool
blames_input(struct btz_tpmd *t, enum btz_rc rc)
{
	uint32_t v;

	if (rc != BTZ_E_TPM_UNAVAILABLE)
		return false;
	if (t->tpm.tpm_rc == BTZ_TPM_RC_FAILURE)
		return btz_tpm_property(&t->tpm, BTZ_TPM_PT_MANUFACTURER, &v) ==
		       BTZ_OK;
	return (t->tpm.tpm_rc & PARAMETER) == PARAMETER;
}

static enum btz_rc
activate(struct btz_tpmd *t, const struct btz_tpm_entity *key, struct attest *a)
{
	const struct btz_tpm_in_key_activate in = { a->blob, a->secret };
	const struct btz_tpm_entity ek = { .handle = a->ek.handle,
		.name = a->ek.name };
	struct btz_tpm_entity policy;
	const struct btz_tpm_entity *ents[3] = { key, &ek, &policy };
	enum btz_rc rc = open_policy(t, &policy);

	if (rc != BTZ_OK)
		return rc;
	rc = btz_tpm_exec_row(&t->tpm, BTZ_TPM_HMAC, &btz_tpm_key_activate,
	    ents, &in, &a->credential);
	a->input = blames_input(t, rc);
	if (rc != BTZ_OK) /* a success ends it */
		btz_tpmd_flush(t, policy.handle);
	return a->input ? BTZ_E_INVAL : rc;
}

static enum btz_rc
steps(struct btz_tpmd *t, const struct btz_tpm_entity *key, void *arg)
{
	struct attest *a = arg;
	enum btz_rc rc;

	if ((rc = may_endorse(t)) != BTZ_OK || (rc = make_ek(t, a)) != BTZ_OK)
		return rc;
	if (a->secret.len > 0)
		rc = activate(t, key, a);
	btz_tpmd_flush(t, a->ek.handle);
	return rc;
}

/* Appends to bytes; *out is what was. */
static void
keep(struct btz_wr *wr, const void *p, size_t len, struct btz_span *out)
{
	*out = btz_span_of(wr->buf + wr->len, len);
	btz_wr_raw(wr, p, len);
}

/* RFC 8017 A.1.1, exponent 65537 */
static void
keep_rsa(struct btz_wr *wr, struct btz_span n, struct btz_span *out)
{
	static const uint8_t f4[] = { 1, 0, 1 };
	const size_t at = wr->len, mark = btz_der_begin(wr, BTZ_DER_SEQ);

	btz_der_put_uint(wr, n);
	btz_der_put_uint(wr, btz_span_of(f4, sizeof(f4)));
	btz_der_end(wr, mark);
	*out = btz_span_of(wr->buf + at, wr->len - at);
}

static enum btz_rc
fill(const struct btz_tpmd_key *k, const struct attest *a,
    struct btz_backend_attested *out)
{
	struct btz_wr wr;

	memset(out, 0, sizeof(*out));
	btz_wr_init(&wr, out->bytes, sizeof(out->bytes));
	if (a->secret.len > 0) {
		keep(&wr, a->credential.b, a->credential.len,
		    &out->is.credential);
	} else {
		keep(&wr, k->name.b, k->name.len, &out->is.name);
		keep(&wr, k->pub.p, k->pub.len, &out->is.area);
		keep_rsa(&wr, a->n, &out->is.endorsement);
	}
	return btz_wr_ok(&wr) ? BTZ_OK : BTZ_E_INTERNAL;
}

enum btz_rc
btz_tpmd_attest(void *state, void *key, struct btz_span blob,
    struct btz_span secret, struct btz_backend_attested *out,
    struct btz_err *err)
{
	struct btz_tpmd *t = state;
	struct btz_tpmd_key *k = key;
	struct attest a = { .blob = blob, .secret = secret };
	enum btz_rc rc = btz_tpmd_with(t, k, steps, &a);

	if (rc == BTZ_OK)
		rc = fill(k, &a, out);
	btz_wipe(&a.credential, sizeof(a.credential));
	if (rc == BTZ_OK)
		return rc;
	if (a.input)
		return BTZ_FAIL(err, BTZ_E_INVAL,
		    "no credential for this key and this TPM");
	return BTZ_FAIL(
	    err, rc, "TPM: attest: %s (0x%x)", t->tpm.why, t->tpm.tpm_rc);
}
