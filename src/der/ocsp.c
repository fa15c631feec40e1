/* SPDX-License-Identifier: Apache-2.0 */
/* ocsp.c - OCSP ResponseData into spans; contract in ocsp.h. */
#include "der/ocsp.h"

#include "der/dertime.h"
#include "der/oid.h"

#define SHA1 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a
#define SHA256 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01
#define NO_PARAMETERS 0x05, 0x00

/* AlgorithmIdentifiers: NULL parameters are usual, none are allowed (RFC 3279
 * 2.2.1, RFC 5754 2); a responder repeats what it was asked with. */
static const struct {
	uint8_t hash_len, len;
	uint8_t b[15];
} hashes[] = {
	{ 20, 11, { 0x30, 9, SHA1, NO_PARAMETERS } },
	{ 32, 15, { 0x30, 13, SHA256, NO_PARAMETERS } },
	{ 20, 9, { 0x30, 7, SHA1 } },
	{ 32, 13, { 0x30, 11, SHA256 } },
};

static size_t
hash_len(struct btz_span alg)
{
	for (size_t i = 0; i < BTZ_COUNT(hashes); i++)
		if (btz_span_eq(alg, btz_span_of(hashes[i].b, hashes[i].len)))
			return hashes[i].hash_len;
	return 0;
}

/* RFC 6960 4.1.1 */
static enum btz_rc
cert_id(struct btz_rd *in, struct btz_ocsp_single *out)
{
	struct btz_span alg;
	struct btz_rd whole, id;
	size_t len;

	if (!btz_der_whole(in, BTZ_DER_SEQ, &out->cert_id))
		return BTZ_E_DER;
	btz_rd_span(&whole, out->cert_id);
	if (!btz_der_enter(&whole, BTZ_DER_SEQ, &id) ||
	    !btz_der_whole(&id, BTZ_DER_SEQ, &alg))
		return BTZ_E_DER;
	len = hash_len(alg);
	if (len == 0)
		return BTZ_E_OCSP_HASH;
	if (!btz_der_get(&id, BTZ_DER_OCTETS, &out->name_hash) ||
	    !btz_der_get(&id, BTZ_DER_OCTETS, &out->key_hash))
		return BTZ_E_DER;
	if (out->name_hash.len != len || out->key_hash.len != len)
		return BTZ_E_OCSP_HASH;
	if (!btz_der_positive(&id, &out->serial) || out->serial.len > 20)
		return BTZ_E_X509_SERIAL;
	return btz_rd_end(&id) ? BTZ_OK : BTZ_E_DER;
}

/* RFC 5280 5.3.1: 7 does not exist, 8 is for delta lists; 0 is left out */
static bool
reason_ok(uint8_t r)
{
	return r >= 1 && r <= 10 && r != 7 && r != 8;
}

static bool
revoked(struct btz_rd *in, struct btz_ocsp_single *out)
{
	struct btz_rd info, outer;
	struct btz_span c;

	if (!btz_der_enter(in, BTZ_DER_CTXC(1), &info) ||
	    !btz_der_gentime(&info, &out->revoked_at))
		return false;
	if (btz_rd_end(&info))
		return true;
	if (!btz_der_enter(&info, BTZ_DER_CTXC(0), &outer) ||
	    !btz_rd_end(&info) || !btz_der_get(&outer, BTZ_DER_ENUM, &c) ||
	    !btz_rd_end(&outer) || c.len != 1 || !reason_ok(c.p[0]))
		return false;
	out->reason = c.p[0];
	return true;
}

static bool
status(struct btz_rd *in, struct btz_ocsp_single *out)
{
	struct btz_span none;

	if (btz_der_peek(in, BTZ_DER_CTXC(1))) {
		out->status = BTZ_OCSP_REVOKED;
		return revoked(in, out);
	}
	out->status = btz_der_peek(in, BTZ_DER_CTX(0)) ? BTZ_OCSP_GOOD
						       : BTZ_OCSP_UNKNOWN;
	return btz_der_get(in, BTZ_DER_CTX(out->status), &none) &&
	       none.len == 0;
}

static enum btz_rc
single(struct btz_rd *list, struct btz_ocsp_single *out)
{
	struct btz_rd in, next;
	enum btz_rc rc;

	*out = (struct btz_ocsp_single){ .status = 0 };
	if (!btz_der_enter(list, BTZ_DER_SEQ, &in))
		return BTZ_E_DER;
	if ((rc = cert_id(&in, out)) != BTZ_OK)
		return rc;
	if (!status(&in, out) || !btz_der_gentime(&in, &out->this_update) ||
	    !btz_der_enter(&in, BTZ_DER_CTXC(0), &next) ||
	    !btz_der_gentime(&next, &out->next_update) || !btz_rd_end(&next))
		return BTZ_E_OCSP_FORM;
	if (btz_der_peek(&in, BTZ_DER_CTXC(1)))
		return BTZ_E_OCSP_EXT;
	return btz_rd_end(&in) ? BTZ_OK : BTZ_E_DER;
}

int
btz_ocsp_next(struct btz_rd *it, struct btz_ocsp_single *out)
{
	if (btz_rd_end(it)) {
		*out = (struct btz_ocsp_single){ .status = 0 };
		return 0;
	}
	return single(it, out) == BTZ_OK ? 1 : -1;
}

static enum btz_rc
responses(struct btz_ocsp *out)
{
	struct btz_ocsp_single s;
	struct btz_rd it;
	enum btz_rc rc;

	btz_rd_span(&it, out->responses);
	for (; !btz_rd_end(&it); out->n_responses++) {
		if (out->n_responses == BTZ_OCSP_MAX)
			return BTZ_E_OCSP_FORM;
		if ((rc = single(&it, &s)) != BTZ_OK)
			return rc;
	}
	return out->n_responses > 0 ? BTZ_OK : BTZ_E_OCSP_FORM;
}

/* RFC 6960 4.4.1; RFC 9654 2.1: 1 to 128 octets */
static enum btz_rc
extensions(struct btz_rd *in, struct btz_ocsp *out)
{
	struct btz_rd outer, list, ext, inner;
	struct btz_span oid, value;

	if (!btz_der_enter(in, BTZ_DER_CTXC(1), &outer) || !btz_rd_end(in) ||
	    !btz_der_enter(&outer, BTZ_DER_SEQ, &list) || !btz_rd_end(&outer) ||
	    !btz_der_enter(&list, BTZ_DER_SEQ, &ext) ||
	    !btz_der_oid(&ext, &oid))
		return BTZ_E_DER;
	if (btz_oid_of(oid) != BTZ_OID_OCSP_NONCE || !btz_rd_end(&list) ||
	    !btz_der_get(&ext, BTZ_DER_OCTETS, &value) || !btz_rd_end(&ext))
		return BTZ_E_OCSP_EXT;
	btz_rd_span(&inner, value);
	if (!btz_der_get(&inner, BTZ_DER_OCTETS, &out->nonce) ||
	    !btz_rd_end(&inner) || out->nonce.len == 0 ||
	    out->nonce.len > BTZ_OCSP_NONCE_MAX)
		return BTZ_E_OCSP_EXT;
	return BTZ_OK;
}

static enum btz_rc
fields(struct btz_rd *in, struct btz_ocsp *out)
{
	struct btz_rd id;
	enum btz_rc rc;

	/* DEFAULT v1: DER leaves it out, so that whatever is there is wrong */
	if (btz_der_peek(in, BTZ_DER_CTXC(0)))
		return BTZ_E_OCSP_VERSION;
	if (!btz_der_enter(in, BTZ_DER_CTXC(2), &id) ||
	    !btz_der_get(&id, BTZ_DER_OCTETS, &out->key_hash) ||
	    !btz_rd_end(&id) || out->key_hash.len != 20)
		return BTZ_E_OCSP_RESPONDER;
	if (!btz_der_gentime(in, &out->produced_at) ||
	    !btz_der_get(in, BTZ_DER_SEQ, &out->responses))
		return BTZ_E_OCSP_FORM;
	if ((rc = responses(out)) != BTZ_OK || btz_rd_end(in))
		return rc;
	return extensions(in, out);
}

static enum btz_rc
parse(struct btz_span tbs, struct btz_ocsp *out)
{
	struct btz_rd rd, in;

	*out = (struct btz_ocsp){ .tbs = tbs };
	btz_rd_span(&rd, tbs);
	if (!btz_der_check(tbs) || !btz_der_enter(&rd, BTZ_DER_SEQ, &in) ||
	    !btz_rd_end(&rd))
		return BTZ_E_DER;
	return fields(&in, out);
}

enum btz_rc
btz_ocsp_parse(struct btz_span tbs, struct btz_ocsp *out)
{
	enum btz_rc rc = parse(tbs, out);

	if (rc != BTZ_OK)
		*out = (struct btz_ocsp){ .n_responses = 0 };
	return rc;
}

void
btz_ocsp_put_cert_id(struct btz_wr *wr, struct btz_span name_hash,
    struct btz_span key_hash, struct btz_span serial)
{
	size_t seq = btz_der_begin(wr, BTZ_DER_SEQ);
	size_t row = name_hash.len == hashes[0].hash_len ? 0 : 1;

	if (name_hash.len != hashes[row].hash_len ||
	    key_hash.len != hashes[row].hash_len)
		wr->failed = true;
	btz_wr_raw(wr, hashes[row].b, hashes[row].len);
	btz_der_put(wr, BTZ_DER_OCTETS, name_hash);
	btz_der_put(wr, BTZ_DER_OCTETS, key_hash);
	btz_der_put_uint(wr, serial);
	btz_der_end(wr, seq);
}

void
btz_ocsp_begin(struct btz_ocsp_build *b, struct btz_span key_hash,
    uint64_t produced_at, struct btz_wr *wr)
{
	size_t id;

	*b = (struct btz_ocsp_build){ .wr = wr };
	b->outer = btz_der_begin(wr, BTZ_DER_SEQ);
	id = btz_der_begin(wr, BTZ_DER_CTXC(2));
	btz_der_put(wr, BTZ_DER_OCTETS, key_hash);
	btz_der_end(wr, id);
	btz_der_put_gentime(wr, produced_at);
	b->list = btz_der_begin(wr, BTZ_DER_SEQ);
}

static void
put_revoked(struct btz_wr *wr, const struct btz_ocsp_single *s)
{
	size_t info = btz_der_begin(wr, BTZ_DER_CTXC(1)), outer;

	btz_der_put_gentime(wr, s->revoked_at);
	if (s->reason != 0) {
		outer = btz_der_begin(wr, BTZ_DER_CTXC(0));
		btz_der_put(wr, BTZ_DER_ENUM, btz_span_of(&s->reason, 1));
		btz_der_end(wr, outer);
	}
	if (s->reason != 0 && !reason_ok(s->reason))
		wr->failed = true;
	btz_der_end(wr, info);
}

void
btz_ocsp_add(struct btz_ocsp_build *b, const struct btz_ocsp_single *s)
{
	struct btz_wr *wr = b->wr;
	size_t one = btz_der_begin(wr, BTZ_DER_SEQ), next;

	btz_wr_raw(wr, s->cert_id.p, s->cert_id.len);
	if (s->status == BTZ_OCSP_REVOKED)
		put_revoked(wr, s);
	else
		btz_der_put(wr, BTZ_DER_CTX(s->status), btz_span_of(NULL, 0));
	btz_der_put_gentime(wr, s->this_update);
	next = btz_der_begin(wr, BTZ_DER_CTXC(0));
	btz_der_put_gentime(wr, s->next_update);
	btz_der_end(wr, next);
	btz_der_end(wr, one);
	if (s->status > BTZ_OCSP_UNKNOWN || ++b->n > BTZ_OCSP_MAX)
		wr->failed = true;
}

static void
put_nonce(struct btz_wr *wr, struct btz_span nonce)
{
	size_t outer = btz_der_begin(wr, BTZ_DER_CTXC(1));
	size_t list = btz_der_begin(wr, BTZ_DER_SEQ);
	size_t ext = btz_der_begin(wr, BTZ_DER_SEQ), value;

	btz_der_put_oid(wr, BTZ_OID_OCSP_NONCE);
	value = btz_der_begin(wr, BTZ_DER_OCTETS);
	btz_der_put(wr, BTZ_DER_OCTETS, nonce);
	btz_der_end(wr, value);
	btz_der_end(wr, ext);
	btz_der_end(wr, list);
	btz_der_end(wr, outer);
}

enum btz_rc
btz_ocsp_end(struct btz_ocsp_build *b, struct btz_span nonce)
{
	struct btz_wr *wr = b->wr;

	btz_der_end(wr, b->list);
	if (nonce.len > 0)
		put_nonce(wr, nonce);
	btz_der_end(wr, b->outer);
	if (b->n == 0 || nonce.len > BTZ_OCSP_NONCE_MAX)
		return BTZ_E_OCSP_FORM;
	return btz_wr_ok(wr) ? BTZ_OK : BTZ_E_TOOBIG;
}
