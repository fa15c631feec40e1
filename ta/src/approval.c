/* SPDX-License-Identifier: Apache-2.0 */
/*
 * approval.c - challenges and the approvals that answer them. A challenge is
 * good for one operation with one request, until it is used, cancelled or
 * over, and never beyond this boot: it stands in memory only. Start at
 * ta_approval_check.
 */
#include "approval.h"

#include <string.h>

#include "der/spki.h"
#include "verify.h"

#define DAYS_7 (7u * 86400u)
#define HOUR 3600u /* a time statement must not be old when it is used */

static bool
alive(const struct ta_challenge *c)
{
	return c->operation != 0 && ta_port_uptime() < c->deadline;
}

static struct ta_challenge *
find(struct ta *ta, const uint8_t nonce[32])
{
	for (size_t i = 0; i < TA_CHALLENGES; i++) {
		struct ta_challenge *c = &ta->challenges[i];

		if (alive(c) && memcmp(c->nonce, nonce, sizeof(c->nonce)) == 0)
			return c;
	}
	return NULL;
}

/* A free place; else the one that ends first gives way. */
static struct ta_challenge *
place(struct ta *ta)
{
	struct ta_challenge *best = &ta->challenges[0];

	for (size_t i = 0; i < TA_CHALLENGES; i++) {
		struct ta_challenge *c = &ta->challenges[i];

		if (!alive(c))
			return c;
		if (c->deadline < best->deadline)
			best = c;
	}
	return best;
}

enum btz_rc
ta_approval_open(struct ta *ta, const struct btz_approval_request *req,
    struct btz_challenge *out)
{
	struct ta_challenge *c = place(ta);

	out->expires = req->operation == BTZ_APPROVE_TIME_SET ? HOUR : DAYS_7;
	c->operation = req->operation;
	c->deadline = ta_port_uptime() + out->expires;
	memcpy(c->digest, req->digest, sizeof(c->digest));
	TEE_GenerateRandom(c->nonce, sizeof(c->nonce));
	memcpy(out->nonce, c->nonce, sizeof(out->nonce));
	memcpy(out->digest, c->digest, sizeof(out->digest));
	out->operation = c->operation;
	out->k = ta->rec.admins.k;
	out->n = ta->rec.admins.n;
	return ta_instance_id(ta, out->instance_id);
}

enum btz_rc
ta_approval_cancel(
    struct ta *ta, const uint8_t nonce[32], struct btz_approval_request *out)
{
	struct ta_challenge *c = find(ta, nonce);

	if (c == NULL)
		return BTZ_E_APPROVAL_NONCE;
	out->operation = c->operation;
	memcpy(out->digest, c->digest, sizeof(out->digest));
	btz_wipe(c, sizeof(*c));
	return BTZ_OK;
}

void
ta_approval_cancel_all(struct ta *ta)
{
	btz_wipe(ta->challenges, sizeof(ta->challenges));
}

static struct btz_span
spki_of(const struct ta *ta, size_t i)
{
	const struct ta_admin *a = &ta->rec.admins.key[i];

	return btz_span_of(a->spki, a->len);
}

static enum btz_rc
who(const struct ta *ta, const uint8_t key_id[32], size_t *at)
{
	uint8_t digest[32];

	for (size_t i = 0; i < ta->rec.admins.n; i++) {
		struct btz_span spki = spki_of(ta, i);
		enum btz_rc rc = ta_sha256(&spki, 1, digest);

		if (rc != BTZ_OK)
			return rc;
		if (memcmp(digest, key_id, sizeof(digest)) == 0) {
			*at = i;
			return BTZ_OK;
		}
	}
	return BTZ_E_APPROVAL_KEY;
}

static enum btz_rc
count(const struct ta *ta, struct btz_span text, struct btz_span approvals)
{
	struct btz_approval a;
	struct btz_rd rd;
	uint32_t seen = 0, n = 0;
	size_t at = 0;
	enum btz_rc rc;

	btz_rd_span(&rd, approvals);
	while (!btz_rd_end(&rd)) {
		if (!btz_msg_read(&btz_def_approval, &rd, &a))
			return BTZ_E_PROTO;
		rc = who(ta, a.key_id, &at);
		if (rc == BTZ_OK && (seen & 1u << at) != 0)
			rc = BTZ_E_APPROVAL_KEY;
		if (rc == BTZ_OK)
			rc = ta_spki_verify(spki_of(ta, at), text, a.signature);
		if (rc != BTZ_OK)
			return rc == BTZ_E_SIGNATURE ? BTZ_E_APPROVAL_SIG : rc;
		seen |= 1u << at;
		n++;
	}
	return n >= ta->rec.admins.k ? BTZ_OK : BTZ_E_APPROVAL;
}

static enum btz_rc
check(struct ta *ta, const struct ta_approval *a, struct ta_challenge *c)
{
	struct btz_challenge text = { .operation = a->operation };
	uint8_t buf[BTZ_APPROVAL_TEXT_LEN];
	struct btz_wr wr;
	enum btz_rc rc = ta_instance_id(ta, text.instance_id);

	if (rc != BTZ_OK)
		return rc;
	if (c->operation != a->operation ||
	    memcmp(c->digest, a->digest, sizeof(c->digest)) != 0)
		return BTZ_E_APPROVAL_NONCE;
	memcpy(text.nonce, c->nonce, sizeof(text.nonce));
	memcpy(text.digest, c->digest, sizeof(text.digest));
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_approval_text(&text, &wr);
	return count(ta, btz_wr_span(&wr), a->approvals);
}

enum btz_rc
ta_approval_check(struct ta *ta, const struct ta_approval *a)
{
	struct ta_challenge *c;
	enum btz_rc rc;

	/* Nobody is pinned: Linux root may ask for anything but another
	 * time, which would make certificates of the past, and a key of
	 * another box. */
	if (ta->rec.admins.k == 0)
		return a->operation == BTZ_APPROVE_TIME_SET ||
			       a->operation == BTZ_APPROVE_RESTORE
			   ? BTZ_E_APPROVAL
			   : BTZ_OK;
	if (a->approvals.len == 0)
		return BTZ_E_APPROVAL;
	c = find(ta, a->nonce);
	if (c == NULL)
		return BTZ_E_APPROVAL_NONCE;
	rc = check(ta, a, c);
	if (rc == BTZ_OK)
		btz_wipe(c, sizeof(*c));
	return rc;
}

enum btz_rc
ta_approved_check(struct ta *ta, const struct btz_approved *ap)
{
	uint8_t digest[32];
	const struct ta_approval a = { .operation = ap->operation,
		.digest = digest,
		.nonce = ap->nonce,
		.approvals = ap->approvals };
	enum btz_rc rc = ta_sha256(&ap->request, 1, digest);

	return rc == BTZ_OK ? ta_approval_check(ta, &a) : rc;
}

enum btz_rc
ta_op_approval_nonce(
    struct ta *ta, const void *session, struct btz_span in, struct btz_wr *out)
{
	struct btz_approval_request req;
	struct btz_challenge answer;
	enum btz_rc rc;

	(void)session;
	if (!btz_msg_decode(&btz_def_approval_request, in, &req))
		return BTZ_E_PROTO;
	if (req.operation == 0)
		return BTZ_E_INVAL;
	rc = ta_approval_open(ta, &req, &answer);
	if (rc == BTZ_OK)
		btz_msg_write(&btz_def_challenge, &answer, out);
	return rc;
}

enum btz_rc
ta_op_approval_cancel(
    struct ta *ta, const void *session, struct btz_span in, struct btz_wr *out)
{
	struct btz_approval_ref req;
	struct btz_approval_request was;
	enum btz_rc rc;

	(void)session;
	if (!btz_msg_decode(&btz_def_approval_ref, in, &req))
		return BTZ_E_PROTO;
	rc = ta_approval_cancel(ta, req.nonce, &was);
	if (rc == BTZ_OK)
		btz_msg_write(&btz_def_approval_request, &was, out);
	return rc;
}
