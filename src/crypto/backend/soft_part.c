/* SPDX-License-Identifier: Apache-2.0 */
/*
 * soft_part.c - private parts of keys, drawn, loaded, imported; contract in
 * soft_part.h. One row of `forms` per algorithm; RSA's numbers are checked in
 * soft_rsa.c.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* EC_KEY_*: what LibreSSL has too */
#include "crypto/backend/soft_part.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "crypto/backend/soft_rsa.h"

/* Parts of ECPrivateKey (RFC 5915 3) without the public key, which libcrypto
 * recomputes: INTEGER 1 before the OCTET STRING, the curve behind it. */
static const uint8_t version[] = { 0x02, 0x01, 0x01 };
static const uint8_t p256_tail[] = { 0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48,
	0xce, 0x3d, 0x03, 0x01, 0x07 };
static const uint8_t p384_tail[] = { 0xa0, 0x07, 0x06, 0x05, 0x2b, 0x81, 0x04,
	0x00, 0x22 };
static const uint8_t p521_tail[] = { 0xa0, 0x07, 0x06, 0x05, 0x2b, 0x81, 0x04,
	0x00, 0x23 };

#define VALUE_MAX 66u

/* Row = enum btz_key_alg. */
static const struct form {
	int type; /* of EVP_PKEY; 0: symmetric */
	int curve;
	size_t len; /* of the private part; 0: it varies */
	struct btz_span tail;
} forms[BTZ_ALG_MAX + 1] = {
	[BTZ_ALG_EC_P256] = { EVP_PKEY_EC, NID_X9_62_prime256v1, 32,
	    { p256_tail, sizeof(p256_tail) } },
	[BTZ_ALG_EC_P384] = { EVP_PKEY_EC, NID_secp384r1, 48,
	    { p384_tail, sizeof(p384_tail) } },
	[BTZ_ALG_EC_P521] = { EVP_PKEY_EC, NID_secp521r1, VALUE_MAX,
	    { p521_tail, sizeof(p521_tail) } },
	[BTZ_ALG_RSA_2048] = { .type = EVP_PKEY_RSA },
	[BTZ_ALG_RSA_3072] = { .type = EVP_PKEY_RSA },
	[BTZ_ALG_RSA_4096] = { .type = EVP_PKEY_RSA },
	[BTZ_ALG_ED25519] = { .type = EVP_PKEY_ED25519, .len = 32 },
	[BTZ_ALG_X25519] = { .type = EVP_PKEY_X25519, .len = 32 },
	[BTZ_ALG_AES_128] = { .len = 16 },
	[BTZ_ALG_AES_192] = { .len = 24 },
	[BTZ_ALG_AES_256] = { .len = 32 },
	[BTZ_ALG_CHACHA20] = { .len = 32 },
	[BTZ_ALG_SECRET] = { .len = 0 },
};

enum btz_rc
btz_soft_failed(struct btz_err *err, const char *what)
{
	unsigned long e = ERR_get_error();

	ERR_clear_error();
	return BTZ_FAIL(err, BTZ_E_INTERNAL, "libcrypto: %s (%lx)", what, e);
}

/* NULL: *rc says why. */
static const struct form *
form_of(uint8_t alg, uint16_t bits, enum btz_rc *rc, struct btz_err *err)
{
	*rc = BTZ_OK;
	if (btz_family(alg) == 0)
		*rc = BTZ_FAIL(err, BTZ_E_UNSUPPORTED, "algorithm %u", alg);
	else if (bits % 8 != 0 || bits / 8 > BTZ_SECRET_MAX ||
		 (bits != 0 && alg != BTZ_ALG_SECRET))
		*rc = BTZ_FAIL(err, BTZ_E_INVAL, "%s key of %u bits",
		    btz_alg_name(alg), bits);
	return *rc == BTZ_OK ? &forms[alg] : NULL;
}

static bool
set_params(EVP_PKEY_CTX *ctx, const struct form *f, uint8_t alg)
{
	if (f->type == EVP_PKEY_RSA)
		return EVP_PKEY_CTX_set_rsa_keygen_bits(
			   ctx, (int)btz_alg_bits(alg)) > 0;
	if (f->curve == 0)
		return true;
	return EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx, f->curve) > 0 &&
	       EVP_PKEY_CTX_set_ec_param_enc(ctx, OPENSSL_EC_NAMED_CURVE) > 0;
}

static EVP_PKEY *
draw_pkey(const struct form *f, uint8_t alg)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(f->type, NULL);
	EVP_PKEY *pkey = NULL;

	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) <= 0 ||
	    !set_params(ctx, f, alg) || EVP_PKEY_keygen(ctx, &pkey) <= 0)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

/* As long as the order, which i2d_PrivateKey of LibreSSL 3.8 does not keep to
 * (RFC 5915 3). */
static bool
take_ec(EVP_PKEY *pkey, size_t len, uint8_t *out)
{
	EC_KEY *ec = EVP_PKEY_get1_EC_KEY(pkey);
	const BIGNUM *d = ec != NULL ? EC_KEY_get0_private_key(ec) : NULL;
	const bool ok = d != NULL && BN_bn2binpad(d, out, (int)len) > 0;

	EC_KEY_free(ec);
	return ok;
}

static bool
take(EVP_PKEY *pkey, const struct form *f, uint8_t *out, size_t *len)
{
	if (f->type == EVP_PKEY_EC) {
		*len = f->len;
		return take_ec(pkey, f->len, out);
	}
	if (f->type == EVP_PKEY_RSA) {
		const int n = i2d_PrivateKey(pkey, NULL);

		if (n <= 0 || (size_t)n > *len)
			return false;
		*len = (size_t)n;
		return i2d_PrivateKey(pkey, &out) == n;
	}
	return EVP_PKEY_get_raw_private_key(pkey, out, len) > 0 &&
	       *len == f->len;
}

bool
btz_softpart_write(EVP_PKEY *pkey, uint8_t alg, struct btz_wr *out)
{
	uint8_t buf[BTZ_KEYBLOB_SECRET_MAX];
	size_t len = sizeof(buf);
	const bool ok = take(pkey, &forms[alg], buf, &len);

	if (ok)
		btz_wr_raw(out, buf, len);
	btz_wipe(buf, sizeof(buf));
	return ok && btz_wr_ok(out);
}

static bool
fill(struct btz_softpart *p, uint8_t alg)
{
	struct btz_wr wr;

	btz_wr_init(&wr, p->bytes, sizeof(p->bytes));
	if (p->pkey == NULL || !btz_softpart_write(p->pkey, alg, &wr))
		return false;
	p->len = wr.len;
	return true;
}

enum btz_rc
btz_softpart_draw(
    struct btz_softpart *p, uint8_t alg, uint16_t bits, struct btz_err *err)
{
	enum btz_rc rc;
	const struct form *f = form_of(alg, bits, &rc, err);
	bool ok;

	if (f == NULL)
		return rc;
	if (f->type == 0) {
		p->len = f->len != 0 ? f->len : bits != 0 ? bits / 8u : 32;
		ok = RAND_bytes(p->bytes, (int)p->len) > 0;
	} else {
		p->pkey = draw_pkey(f, alg);
		ok = fill(p, alg);
	}
	return ok ? BTZ_OK : btz_soft_failed(err, "generate key");
}

static EVP_PKEY *
load_ec(const struct form *f, const uint8_t *value)
{
	uint8_t der[7 + VALUE_MAX + sizeof(p256_tail)] = { 0x30 };
	const size_t len = 7 + f->len + f->tail.len;
	const uint8_t *p = der;
	EVP_PKEY *pkey;

	/* The SEQUENCE is all without its own two bytes: below 128. */
	der[1] = (uint8_t)(len - 2);
	memcpy(der + 2, version, sizeof(version));
	der[5] = 0x04;
	der[6] = (uint8_t)f->len;
	memcpy(der + 7, value, f->len);
	memcpy(der + 7 + f->len, f->tail.p, f->tail.len);
	pkey = d2i_PrivateKey(EVP_PKEY_EC, NULL, &p, (long)len);
	btz_wipe(der, sizeof(der));
	return pkey;
}

static EVP_PKEY *
load_pkey(const struct form *f, struct btz_span in)
{
	const uint8_t *p = in.p;
	EVP_PKEY *pkey;

	if (f->type == EVP_PKEY_EC)
		return load_ec(f, in.p);
	if (f->type != EVP_PKEY_RSA)
		return EVP_PKEY_new_raw_private_key(
		    f->type, NULL, in.p, in.len);
	pkey = d2i_PrivateKey(EVP_PKEY_RSA, NULL, &p, (long)in.len);
	if (pkey != NULL && p != in.p + in.len) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	return pkey;
}

static enum btz_rc
not_a_key(struct btz_err *err, uint8_t alg, size_t len)
{
	ERR_clear_error();
	return BTZ_FAIL(err, BTZ_E_INVAL, "no private part of %s in %zu bytes",
	    btz_alg_name(alg), len);
}

enum btz_rc
btz_softpart_load(struct btz_softpart *p, uint8_t alg, struct btz_span in,
    struct btz_err *err)
{
	enum btz_rc rc;
	const struct form *f = form_of(alg, 0, &rc, err);

	if (f == NULL)
		return rc;
	if (in.len == 0 || in.len > sizeof(p->bytes) ||
	    (f->len != 0 && in.len != f->len))
		return not_a_key(err, alg, in.len);
	if (f->type != 0) {
		p->pkey = load_pkey(f, in);
		if (p->pkey == NULL)
			return not_a_key(err, alg, in.len);
	}
	memmove(p->bytes, in.p, p->len = in.len);
	return BTZ_OK;
}

/* SP 800-56A 5.6.1.2: 1 .. n - 1. */
static bool
ec_in_range(const struct form *f, const uint8_t *value)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(f->curve);
	BIGNUM *d = BN_bin2bn(value, (int)f->len, NULL), *n = BN_new();
	bool ok = group != NULL && d != NULL && n != NULL &&
		  EC_GROUP_get_order(group, n, NULL) > 0 && !BN_is_zero(d) &&
		  BN_cmp(d, n) < 0;

	EC_GROUP_free(group);
	BN_clear_free(d);
	BN_free(n);
	return ok;
}

static bool
sound(const struct btz_softpart *p, const struct form *f, uint8_t alg)
{
	if (f->type == EVP_PKEY_EC)
		return ec_in_range(f, p->bytes);
	if (f->type == EVP_PKEY_RSA)
		return btz_soft_rsa_sound(p->pkey, btz_alg_bits(alg));
	return true;
}

/* *is: it is PrivateKeyInfo. Then it is not read as the bytes of a key: one of
 * Ed25519 is as long as a value of P-384. */
static EVP_PKEY *
from_pkcs8(struct btz_span in, int type, bool *is)
{
	const uint8_t *p = in.p;
	PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(
	    NULL, &p, (long)in.len);
	EVP_PKEY *pkey = NULL;

	*is = info != NULL && p == in.p + in.len;
	if (*is)
		pkey = EVP_PKCS82PKEY(info);
	PKCS8_PRIV_KEY_INFO_free(info);
	if (pkey != NULL && EVP_PKEY_base_id(pkey) != type) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	return pkey;
}

/* The bytes again without what came in: a key on another curve, or with a
 * public key that is not its own, has another SPKI. */
static bool
same_alone(const struct btz_softpart *p, uint8_t alg)
{
	struct btz_softpart again = { .pkey = NULL };
	uint8_t a[BTZ_SPKI_MAX], b[BTZ_SPKI_MAX];
	size_t na = 0, nb = 0;
	bool ok = btz_softpart_load(&again, alg, btz_span_of(p->bytes, p->len),
		      NULL) == BTZ_OK &&
		  btz_softpart_spki(p, a, &na) &&
		  btz_softpart_spki(&again, b, &nb) &&
		  btz_span_eq(btz_span_of(a, na), btz_span_of(b, nb));

	btz_softpart_end(&again);
	return ok;
}

enum btz_rc
btz_softpart_import(struct btz_softpart *p, uint8_t alg, uint16_t bits,
    struct btz_span in, struct btz_err *err)
{
	enum btz_rc rc;
	const struct form *f = form_of(alg, bits, &rc, err);
	bool wrapped = false;

	if (f == NULL)
		return rc;
	if (bits != 0 && in.len != bits / 8u)
		return BTZ_FAIL(
		    err, BTZ_E_INVAL, "%zu bytes, %u bits", in.len, bits);
	if (f->type != 0 && in.len > 0 && in.len <= sizeof(p->bytes))
		p->pkey = from_pkcs8(in, f->type, &wrapped);
	ERR_clear_error();
	if (!wrapped && (rc = btz_softpart_load(p, alg, in, err)) != BTZ_OK)
		return rc;
	/* Bytes that libcrypto wrote, not those that came. */
	if (f->type != 0 &&
	    (!fill(p, alg) || !same_alone(p, alg) || !sound(p, f, alg)))
		return not_a_key(err, alg, in.len);
	return BTZ_OK;
}

void
btz_softpart_end(struct btz_softpart *p)
{
	EVP_PKEY_free(p->pkey);
	btz_wipe(p, sizeof(*p));
}

bool
btz_softpart_spki(
    const struct btz_softpart *p, uint8_t out[BTZ_SPKI_MAX], size_t *len)
{
	int n;

	*len = 0;
	if (p->pkey == NULL)
		return true;
	n = i2d_PUBKEY(p->pkey, NULL);
	if (n <= 0 || (size_t)n > BTZ_SPKI_MAX ||
	    i2d_PUBKEY(p->pkey, &out) != n)
		return false;
	*len = (size_t)n;
	return true;
}
