/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_sign_root_crl.c - the root's revocation list, built here: every entry of
 * the last list, the serials of the request, the next number. The list to be
 * signed is kept in storage under its digest in the record, so that neither a
 * lost answer nor a caller that leaves the last list out drops an entry.
 * Start at ta_op_sign_root_crl.
 *
 * An emergency list is made in advance to be kept off the box: valid as long
 * as the root, with a number above all others, and not the last list. It needs
 * no approval before the first other list, and neither does a list that adds
 * nothing and ends with the one before: both are made by `bartizan init`, which
 * can be cut off anywhere and run again.
 */
#include <string.h>

#include "approval.h"
#include "der/build.h"
#include "der/crl.h"
#include "der/dn.h"
#include "der/spki.h"
#include "wire/msg_certify.h"

#define WINDOW (366u * 86400u)
#define FIRST (365u * 86400u)
#define CA_COMPROMISE 2u /* RFC 5280 5.3.1: of a CA's certificate */

struct work {
	struct btz_approved ap;
	struct btz_root_crl req;
	struct ta_constrained *root; /* its books */
	uint64_t number;
	bool again;   /* adds nothing and ends with the last list */
	uint8_t *own; /* the last list from storage, or NULL */
	struct btz_crl last;
	uint8_t tbs[BTZ_TBS_MAX];
	struct btz_wr wr;
	uint8_t digest[32];
};

static enum btz_rc
decode(struct ta *ta, struct btz_span in, struct work *w)
{
	if (!btz_msg_decode(&btz_def_approved, in, &w->ap) ||
	    w->ap.operation != BTZ_APPROVE_ROOT_CRL ||
	    !btz_msg_decode(&btz_def_root_crl, w->ap.request, &w->req))
		return BTZ_E_PROTO;
	w->root = ta_constrained_of(ta, ta->rec.root_id);
	if (w->root == NULL)
		return BTZ_E_INTERNAL;
	if (w->req.serials.len % BTZ_ID_LEN != 0 ||
	    (w->req.emergency != 0 && w->req.serials.len == 0))
		return BTZ_E_INVAL;
	w->again = w->req.emergency == 0 && w->req.serials.len == 0 &&
		   w->req.next_update == 0;
	w->number = w->req.emergency != 0 ? BTZ_CRL_EMERGENCY : w->root->crl_number + 1;
	return BTZ_OK;
}

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* nextUpdate of a list that leaves it to us. */
static uint64_t
own_end(const struct ta *ta, const struct work *w)
{
	const uint64_t end = ta->rec.root_not_after;

	if (w->req.emergency != 0)
		return end;
	return w->root->crl_number == 0 ? least(w->ap.now + FIRST, end)
					: w->last.next_update;
}

static enum btz_rc
check_window(const struct ta *ta, struct work *w)
{
	const uint64_t now = w->ap.now;

	if (w->req.emergency != 0 && w->req.next_update != 0)
		return BTZ_E_INVAL;
	if (w->req.next_update > now + WINDOW)
		return BTZ_E_CRL_WINDOW;
	if (w->req.emergency != 0 || w->again)
		w->req.next_update = own_end(ta, w);
	return w->req.next_update > now &&
		       w->req.next_update <= ta->rec.root_not_after
		   ? BTZ_OK
		   : BTZ_E_CRL_WINDOW;
}

/* Two objects in turn: that of the committed record is never written over. */
static const char *
object(uint64_t number)
{
	return number % 2 == 0 ? "root-crl0" : "root-crl1";
}

static bool
is_last(const struct work *w, struct btz_span tbs)
{
	uint8_t digest[32];

	return ta_sha256(&tbs, 1, digest) == BTZ_OK &&
	       memcmp(digest, w->root->last_crl, sizeof(digest)) == 0;
}

/* The last list: our own copy, else the caller's. Which one it must be the
 * record says; nothing else needs to be believed. */
static enum btz_rc
take_last(struct work *w)
{
	struct btz_crl given;
	size_t len = 0;
	enum btz_rc rc;

	if (w->req.previous.len > 0) {
		rc = btz_crl_parse(w->req.previous, &given);
		if (rc != BTZ_OK)
			return rc;
		if (w->root->crl_number == 0 || !is_last(w, given.tbs))
			return BTZ_E_CRL_NUMBER;
		w->last = given;
		return BTZ_OK;
	}
	if (w->root->crl_number == 0)
		return BTZ_OK;
	rc = ta_store_get(
	    object(w->root->crl_number), BTZ_TBS_MAX, &w->own, &len);
	if (rc != BTZ_OK || !is_last(w, btz_span_of(w->own, len)))
		return BTZ_E_CRL_DROPPED;
	return btz_crl_parse_tbs(btz_span_of(w->own, len), &w->last);
}

static bool
same_serial(struct btz_span der, struct btz_span serial)
{
	while (serial.len > 0 && serial.p[0] == 0) {
		serial.p++;
		serial.len--;
	}
	if (der.len > 0 && der.p[0] == 0) {
		der.p++;
		der.len--;
	}
	return btz_span_eq(der, serial);
}

/* On the last list, or before in this request? */
static bool
listed(const struct work *w, size_t i)
{
	const uint8_t *all = w->req.serials.p;
	const struct btz_span want = btz_span_of(all + i, BTZ_ID_LEN);
	struct btz_crl_entry e;
	struct btz_rd it;

	for (size_t j = 0; j < i; j += BTZ_ID_LEN)
		if (memcmp(all + j, want.p, BTZ_ID_LEN) == 0)
			return true;
	btz_rd_span(&it, w->last.entries);
	while (btz_crl_next(&it, &e) == 1)
		if (same_serial(e.serial, want))
			return true;
	return false;
}

/* Our serials have 16 octets and their top bit clear. */
static bool
serials_ok(const struct work *w)
{
	static const uint8_t zero[BTZ_ID_LEN];

	for (size_t i = 0; i < w->req.serials.len; i += BTZ_ID_LEN)
		if ((w->req.serials.p[i] & 0x80) != 0 ||
		    memcmp(w->req.serials.p + i, zero, sizeof(zero)) == 0)
			return false;
	return true;
}

static enum btz_rc
fill(struct work *w, const struct btz_crl_spec *spec)
{
	struct btz_crl_build b;
	struct btz_crl_entry e;
	struct btz_rd it;

	btz_wr_init(&w->wr, w->tbs, sizeof(w->tbs));
	btz_crl_begin(&b, spec, &w->wr);
	btz_rd_span(&it, w->last.entries);
	while (btz_crl_next(&it, &e) == 1)
		btz_crl_add(&b, e.serial, e.date, e.reason);
	for (size_t i = 0; i < w->req.serials.len; i += BTZ_ID_LEN)
		if (!listed(w, i))
			btz_crl_add(&b,
			    btz_span_of(w->req.serials.p + i, BTZ_ID_LEN),
			    w->ap.now, CA_COMPROMISE);
	return btz_crl_end(&b);
}

static enum btz_rc
build(const struct ta *ta, struct work *w)
{
	uint8_t name[128], spki[BTZ_SPKI_P256_LEN], aki[20];
	struct btz_crl_spec spec = { .sig_alg = BTZ_SIG_ECDSA_SHA256,
		.this_update = w->ap.now,
		.next_update = w->req.next_update,
		.number = w->number };
	struct btz_span bits;
	struct btz_wr wn;
	enum btz_rc rc = ta_tpm_spki(&ta->rec.root_pub, spki);

	if (rc == BTZ_OK && !serials_ok(w))
		rc = BTZ_E_X509_SERIAL;
	if (rc == BTZ_OK &&
	    btz_spki_alg(btz_span_of(spki, sizeof(spki)), &bits) == 0)
		rc = BTZ_E_INTERNAL;
	if (rc == BTZ_OK)
		rc = ta_sha1(bits, aki);
	if (rc != BTZ_OK)
		return rc;
	btz_wr_init(&wn, name, sizeof(name));
	btz_dn_put(&wn, ta_text_span(&ta->rec.box));
	spec.issuer = btz_wr_span(&wn);
	spec.aki = btz_span_of(aki, sizeof(aki));
	return fill(w, &spec);
}

static enum btz_rc
check_approval(struct ta *ta, const struct work *w)
{
	const bool free = w->req.emergency != 0 ? w->root->crl_number == 0
						: w->again;

	return free ? BTZ_OK : ta_approved_check(ta, &w->ap);
}

/*
 * Counted and committed before the TPM is asked, as in op_sign_issuing.c. And
 * committed before the list is stored: after a commit that failed the record
 * in storage may name the very object that is going to be written.
 */
static enum btz_rc
account(struct ta *ta, struct work *w)
{
	struct btz_span tbs = btz_wr_span(&w->wr);
	enum btz_rc rc = ta_sha256(&tbs, 1, w->digest);

	if (rc == BTZ_OK)
		rc = ta_store_commit(ta);
	if (rc == BTZ_OK && w->req.emergency == 0)
		rc = ta_store_put(object(w->number), tbs);
	if (rc == BTZ_OK)
		rc = ta_constrained_note(ta, w->root, tbs);
	if (rc != BTZ_OK)
		return rc;
	if (w->req.emergency == 0) {
		w->root->crl_number = w->number;
		memcpy(w->root->last_crl, w->digest, sizeof(w->digest));
	}
	return ta_store_commit(ta);
}

static enum btz_rc
finish(
    struct ta *ta, struct btz_span tbs, struct btz_span sig, struct btz_wr *out)
{
	uint8_t der[BTZ_CERT_MAX];
	struct btz_certificate answer;
	struct btz_wr wd;
	enum btz_rc rc;

	(void)ta;
	btz_wr_init(&wd, der, sizeof(der));
	rc = btz_signed_put(&wd, tbs, BTZ_SIG_ECDSA_SHA256, sig);
	answer.der = btz_wr_span(&wd);
	if (rc == BTZ_OK)
		btz_msg_write(&btz_def_certificate, &answer, out);
	return rc;
}

static enum btz_rc
sign(struct ta *ta, const void *session, const struct work *w)
{
	const struct ta_sign_what what = { .pub = &ta->rec.root_pub,
		.handle = TA_H_ROOT,
		.auth = TA_AUTH_ROOT,
		.text = btz_wr_span(&w->wr),
		.finish = finish };

	return ta_tpm_sign_begin(ta, session, &what);
}

static enum btz_rc
run(struct ta *ta, const void *session, struct btz_span in, struct work *w)
{
	enum btz_rc rc = decode(ta, in, w);

	if (rc == BTZ_OK)
		rc = ta_time_use(ta, w->ap.now);
	if (rc == BTZ_OK)
		rc = take_last(w);
	if (rc == BTZ_OK)
		rc = check_window(ta, w);
	if (rc == BTZ_OK)
		rc = build(ta, w);
	/* Last: an approval is used up by it. */
	if (rc == BTZ_OK)
		rc = check_approval(ta, w);
	if (rc == BTZ_OK)
		rc = account(ta, w);
	return rc == BTZ_OK ? sign(ta, session, w) : rc;
}

enum btz_rc
ta_op_sign_root_crl(
    struct ta *ta, const void *session, struct btz_span in, struct btz_wr *out)
{
	struct work *w = TEE_Malloc(sizeof(*w), 0);
	enum btz_rc rc;

	(void)out;
	if (w == NULL)
		return BTZ_E_NOMEM;
	rc = run(ta, session, in, w);
	TEE_Free(w->own);
	TEE_Free(w);
	return rc;
}
