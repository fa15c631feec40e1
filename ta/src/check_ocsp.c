/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_ocsp.c - what a key of kind ocsp signs: answers of its own about
 * certificates of its issuer, as of now, for at most a day. Whether "good" is
 * true it cannot know: that is why it is not true for long. Form was checked
 * by the parser. Start at ta_check_ocsp.
 */
#include "issuer.h"

#define WINDOW 86400u

/* RFC 6960 4.1.1: hashes of the issuer's name and of its public key octets */
struct hashes {
	uint8_t name1[20], key1[20], name2[32], key2[32];
};

static enum btz_rc
hash(const struct ta_issuer *is, struct hashes *h)
{
	struct btz_span name = btz_span_of(is->name, is->name_len);
	enum btz_rc rc = is->sha1(name, h->name1);

	if (rc == BTZ_OK)
		rc = is->sha1(is->c.issuer_key, h->key1);
	if (rc == BTZ_OK)
		rc = is->sha256(name, h->name2);
	if (rc == BTZ_OK)
		rc = is->sha256(is->c.issuer_key, h->key2);
	return rc;
}

/* The lengths tell the hash: the parser has seen to it. */
static bool
of_issuer(const struct hashes *h, const struct btz_ocsp_single *s)
{
	if (s->name_hash.len == sizeof(h->name1))
		return btz_span_eq(s->name_hash,
			   btz_span_of(h->name1, sizeof(h->name1))) &&
		       btz_span_eq(
			   s->key_hash, btz_span_of(h->key1, sizeof(h->key1)));
	return btz_span_eq(
		   s->name_hash, btz_span_of(h->name2, sizeof(h->name2))) &&
	       btz_span_eq(s->key_hash, btz_span_of(h->key2, sizeof(h->key2)));
}

static bool
is_now(const struct ta_issuer *is, uint64_t t)
{
	return t + TA_BEFORE >= is->now && t <= is->now + TA_AHEAD;
}

static enum btz_rc
check_single(const struct ta_issuer *is, const struct hashes *h,
    const struct btz_ocsp_single *s)
{
	if (!of_issuer(h, s))
		return BTZ_E_OCSP_ISSUER;
	if (!is_now(is, s->this_update) || s->next_update <= s->this_update ||
	    s->next_update - s->this_update > WINDOW)
		return BTZ_E_OCSP_WINDOW;
	return BTZ_OK;
}

enum btz_rc
ta_check_ocsp(const struct ta_issuer *is, const struct btz_ocsp *o)
{
	struct btz_ocsp_single s;
	struct hashes h;
	struct btz_rd it;
	enum btz_rc rc;
	int got;

	if (!btz_span_eq(o->key_hash, btz_span_of(is->ski, sizeof(is->ski))))
		return BTZ_E_OCSP_RESPONDER;
	if (!is_now(is, o->produced_at))
		return BTZ_E_OCSP_PRODUCED;
	rc = hash(is, &h);
	btz_rd_span(&it, o->responses);
	while (rc == BTZ_OK && (got = btz_ocsp_next(&it, &s)) != 0)
		rc = got == 1 ? check_single(is, &h, &s) : BTZ_E_DER;
	return rc;
}
