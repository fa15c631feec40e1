/* SPDX-License-Identifier: Apache-2.0 */
/* mac.c - HMAC and, out of it, HKDF (RFC 5869); contract in key_crypt.h.
 * OP-TEE's HKDF takes keys of 512 bytes at the most, and is no GP algorithm. */
#include <string.h>

#include "key_crypt.h"

enum btz_rc
ta_crypt_hmac(const struct ta_key *k, const struct btz_ta_key_crypt *rq,
    struct btz_wr *out)
{
	const uint8_t hash = btz_crypt_hash(rq->alg);
	const size_t len = btz_hash_len(hash);
	uint8_t *to = ta_crypt_room(out, len);
	enum btz_rc rc;

	if (to == NULL)
		return BTZ_E_TOOBIG;
	rc = ta_hmac_by(
	    hash, btz_span_of(k->secret, k->secret_len), &rq->input, 1, to);
	if (rc == BTZ_OK)
		out->len += len;
	return rc;
}

/* RFC 5869 2.3: T(i) = HMAC(PRK, T(i-1) || info || i) */
static enum btz_rc
expand(uint8_t hash, struct btz_span prk, struct btz_span info, uint8_t *out,
    size_t len)
{
	uint8_t t[BTZ_DIGEST_MAX];
	enum btz_rc rc = BTZ_OK;

	for (uint8_t i = 1; rc == BTZ_OK && len > 0; i++) {
		const size_t n = len < prk.len ? len : prk.len;
		const struct btz_span parts[] = {
			btz_span_of(t, i == 1 ? 0 : prk.len),
			info,
			btz_span_of(&i, 1),
		};

		rc = ta_hmac_by(hash, prk, parts, BTZ_COUNT(parts), t);
		if (rc == BTZ_OK)
			memcpy(out, t, n);
		out += n;
		len -= n;
	}
	btz_wipe(t, sizeof(t));
	return rc;
}

/* No salt is as many zeros as the hash has bytes (2.2), which HMAC pads an
 * empty key to anyway. */
enum btz_rc
ta_crypt_hkdf(const struct ta_key *k, const struct btz_ta_key_crypt *rq,
    struct btz_wr *out)
{
	const uint8_t hash = btz_crypt_hash(rq->alg);
	const size_t hlen = btz_hash_len(hash);
	const struct btz_span ikm = btz_span_of(k->secret, k->secret_len);
	uint8_t prk[BTZ_DIGEST_MAX], *to;
	enum btz_rc rc;

	if (rq->len == 0 || rq->len > 255 * hlen)
		return BTZ_E_INVAL;
	if ((to = ta_crypt_room(out, rq->len)) == NULL)
		return BTZ_E_TOOBIG;
	rc = ta_hmac_by(hash, rq->salt, &ikm, 1, prk);
	if (rc == BTZ_OK)
		rc = expand(
		    hash, btz_span_of(prk, hlen), rq->info, to, rq->len);
	btz_wipe(prk, sizeof(prk));
	if (rc == BTZ_OK)
		out->len += rq->len;
	else
		btz_wipe(to, rq->len);
	return rc;
}
