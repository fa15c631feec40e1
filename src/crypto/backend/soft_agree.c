/* SPDX-License-Identifier: Apache-2.0 */
/*
 * soft_agree.c - ECDH on the NIST curves (SP 800-56A 5.7.1.2: x of the point)
 * and X25519 (RFC 7748 6.1) of a hot key; soft_crypt.h.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* ECDH_compute_key: LibreSSL has it too */
#include <openssl/ec.h>
#include <openssl/ecdh.h>
#include <openssl/err.h>

#include "crypto/backend/soft_crypt.h"
#include "crypto/backend/soft_part.h"
#include "crypto/backend/soft_sign.h"

/* SP 800-56A 5.6.2.3.3: the decoder checks that it is on the curve, whose
 * cofactor is 1; the infinite point has no form that begins with 04. */
static EC_POINT *
peer_point(const EC_GROUP *group, struct btz_span in, size_t len)
{
	EC_POINT *point = EC_POINT_new(group);

	if (point != NULL && in.len == 1 + 2 * len && in.p[0] == 0x04 &&
	    EC_POINT_oct2point(group, point, in.p, in.len, NULL) > 0)
		return point;
	EC_POINT_free(point);
	return NULL;
}

static enum btz_rc
agree_ec(struct btz_softkey *key, struct btz_span peer, uint8_t *to, size_t len,
    struct btz_err *err)
{
	EC_KEY *ec = btz_soft_ec(key);
	EC_POINT *point;
	int n;

	if (ec == NULL)
		return btz_soft_failed(err, "ECDH");
	point = peer_point(EC_KEY_get0_group(ec), peer, len);
	if (point == NULL) {
		ERR_clear_error();
		return BTZ_FAIL(err, BTZ_E_INVAL,
		    "SP 800-56A 5.6.2.3.3: not 04 || X || Y on the curve");
	}
	n = ECDH_compute_key(to, len, point, ec, NULL);
	EC_POINT_free(point);
	return n == (int)len ? BTZ_OK : btz_soft_failed(err, "ECDH");
}

static EVP_PKEY_CTX *
context(struct btz_softkey *key)
{
	EVP_PKEY_CTX **at = &key->crypt->agree;

	if (*at != NULL)
		return *at;
	*at = EVP_PKEY_CTX_new(key->pkey, NULL);
	if (*at != NULL && EVP_PKEY_derive_init(*at) > 0)
		return *at;
	EVP_PKEY_CTX_free(*at);
	return *at = NULL;
}

static bool
all_zero(const uint8_t *p, size_t len)
{
	uint8_t any = 0;

	while (len-- > 0)
		any |= *p++;
	return any == 0;
}

static enum btz_rc
agree_x(struct btz_softkey *key, struct btz_span in, uint8_t *to, size_t len,
    struct btz_err *err)
{
	EVP_PKEY_CTX *ctx = context(key);
	EVP_PKEY *peer;
	size_t n = len;
	bool ok;

	if (in.len != len)
		return BTZ_FAIL(
		    err, BTZ_E_INVAL, "RFC 7748 5: %zu bytes", in.len);
	peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, in.p, len);
	if (ctx == NULL || peer == NULL) {
		EVP_PKEY_free(peer);
		return btz_soft_failed(err, "X25519");
	}
	ok = EVP_PKEY_derive_set_peer(ctx, peer) > 0 &&
	     EVP_PKEY_derive(ctx, to, &n) > 0 && n == len && !all_zero(to, n);
	EVP_PKEY_free(peer);
	ERR_clear_error();
	return ok ? BTZ_OK
		  : BTZ_FAIL(err, BTZ_E_INVAL,
			"RFC 7748 6.1: the shared secret is all zero");
}

enum btz_rc
btz_soft_agree(struct btz_softkey *key, const struct btz_backend_crypt *rq,
    struct btz_wr *out, struct btz_err *err)
{
	const size_t len = (btz_alg_bits(key->alg) + 7) / 8;
	uint8_t *to = btz_soft_room(out, len, err);
	enum btz_rc rc;

	if (to == NULL)
		return BTZ_E_TOOBIG;
	if (btz_family(key->alg) == BTZ_FAMILY_X)
		rc = agree_x(key, rq->input, to, len, err);
	else
		rc = agree_ec(key, rq->input, to, len, err);
	if (rc == BTZ_OK)
		out->len += len;
	else
		btz_wipe(to, len);
	return rc;
}
