/* SPDX-License-Identifier: Apache-2.0 */
/* spki.c - public keys by prefix, ECDSA signature values; see spki.h. */
#include "der/spki.h"

#include "wire/alg.h"

#include <string.h>

/* SEQ { SEQ { id-ecPublicKey, prime256v1 }, BIT STRING of 65 octets */
static const uint8_t p256_prefix[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a,
	0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
	0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00 };
/* SEQ { SEQ { id-ecPublicKey, secp384r1 }, BIT STRING of 97 octets */
static const uint8_t p384_prefix[] = { 0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a,
	0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00,
	0x22, 0x03, 0x62, 0x00 };
/* SEQ { SEQ { id-Ed25519 }, BIT STRING of 32 octets } */
static const uint8_t ed25519_prefix[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
	0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };
/* SEQ { SEQ { id-ecPublicKey, secp521r1 }, BIT STRING of 133 octets } */
static const uint8_t p521_prefix[] = { 0x30, 0x81, 0x9b, 0x30, 0x10, 0x06, 0x07,
	0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04,
	0x00, 0x23, 0x03, 0x81, 0x86, 0x00 };
/* SEQ { SEQ { id-X25519 }, BIT STRING of 32 octets } */
static const uint8_t x25519_prefix[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
	0x2b, 0x65, 0x6e, 0x03, 0x21, 0x00 };
static const uint8_t rsa_alg[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48,
	0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00 };

static bool
is_p256(struct btz_span s)
{
	return s.len == BTZ_SPKI_P256_LEN &&
	       memcmp(s.p, p256_prefix, sizeof(p256_prefix)) == 0 &&
	       s.p[sizeof(p256_prefix)] == 0x04;
}

static bool
rsa_numbers(struct btz_span bits, struct btz_span *n, struct btz_span *e)
{
	struct btz_rd rd, key;

	btz_rd_span(&rd, bits);
	return btz_der_enter(&rd, BTZ_DER_SEQ, &key) && btz_rd_end(&rd) &&
	       btz_der_positive(&key, n) && btz_der_positive(&key, e) &&
	       btz_rd_end(&key);
}

static bool
rsa_bits(struct btz_span s, struct btz_span *bits)
{
	struct btz_span alg;
	struct btz_rd rd, in;

	btz_rd_span(&rd, s);
	return btz_der_enter(&rd, BTZ_DER_SEQ, &in) && btz_rd_end(&rd) &&
	       btz_der_whole(&in, BTZ_DER_SEQ, &alg) &&
	       btz_span_eq(alg, btz_span_of(rsa_alg, sizeof(rsa_alg))) &&
	       btz_der_bit_octets(&in, bits) && btz_rd_end(&in);
}

bool
btz_spki_rsa(struct btz_span spki, struct btz_span *n, struct btz_span *e)
{
	struct btz_span bits;

	*n = *e = btz_span_of(NULL, 0);
	return rsa_bits(spki, &bits) && rsa_numbers(bits, n, e);
}

static bool
is_rsa_2048(struct btz_span s, struct btz_span *bits)
{
	struct btz_span n, e;

	/* Top bit set behind a leading zero: exactly 2048 bits. */
	return rsa_bits(s, bits) && rsa_numbers(*bits, &n, &e) &&
	       n.len == 257 && n.p[0] == 0 && (n.p[256] & 1) == 1 &&
	       e.len <= 8 && (e.p[e.len - 1] & 1) == 1 &&
	       !(e.len == 1 && e.p[0] == 1);
}

uint8_t
btz_spki_alg(struct btz_span spki, struct btz_span *bits)
{
	if (is_p256(spki)) {
		*bits = btz_span_of(
		    spki.p + sizeof(p256_prefix), BTZ_P256_POINT_LEN);
		return BTZ_ALG_EC_P256;
	}
	if (is_rsa_2048(spki, bits))
		return BTZ_ALG_RSA_2048;
	*bits = btz_span_of(NULL, 0);
	return 0;
}

static bool
is_p384(struct btz_span s)
{
	return s.len == BTZ_SPKI_P384_LEN &&
	       memcmp(s.p, p384_prefix, sizeof(p384_prefix)) == 0 &&
	       s.p[sizeof(p384_prefix)] == 0x04;
}

uint8_t
btz_spki_key_alg(struct btz_span spki, struct btz_span *bits)
{
	if (is_p384(spki)) {
		*bits = btz_span_of(
		    spki.p + sizeof(p384_prefix), BTZ_P384_POINT_LEN);
		return BTZ_ALG_EC_P384;
	}
	if (btz_spki_ed25519(spki, bits))
		return BTZ_ALG_ED25519;
	return btz_spki_alg(spki, bits);
}

bool
btz_spki_ed25519(struct btz_span spki, struct btz_span *bits)
{
	const size_t n = sizeof(ed25519_prefix);

	if (spki.len != n + 32 || memcmp(spki.p, ed25519_prefix, n) != 0)
		return false;
	*bits = btz_span_of(spki.p + n, 32);
	return true;
}

static const struct form {
	uint8_t alg; /* enum btz_key_alg */
	struct btz_span prefix;
	size_t bits; /* octets of the BIT STRING */
} forms[] = {
	{ BTZ_ALG_EC_P256, { p256_prefix, sizeof(p256_prefix) },
	    BTZ_P256_POINT_LEN },
	{ BTZ_ALG_EC_P384, { p384_prefix, sizeof(p384_prefix) },
	    BTZ_P384_POINT_LEN },
	{ BTZ_ALG_EC_P521, { p521_prefix, sizeof(p521_prefix) }, 133 },
	{ BTZ_ALG_ED25519, { ed25519_prefix, sizeof(ed25519_prefix) }, 32 },
	{ BTZ_ALG_X25519, { x25519_prefix, sizeof(x25519_prefix) }, 32 },
};

static const struct form *
form_of(uint8_t alg)
{
	for (size_t i = 0; i < BTZ_COUNT(forms); i++)
		if (forms[i].alg == alg)
			return &forms[i];
	return NULL;
}

void
btz_spki_put(struct btz_wr *wr, uint8_t alg, const uint8_t *bits)
{
	const struct form *f = form_of(alg);

	if (f == NULL) {
		wr->failed = true;
		return;
	}
	btz_wr_raw(wr, f->prefix.p, f->prefix.len);
	btz_wr_raw(wr, bits, f->bits);
}

bool
btz_spki_bits(uint8_t alg, struct btz_span spki, struct btz_span *bits)
{
	const struct form *f = form_of(alg);

	*bits = btz_span_of(NULL, 0);
	if (f == NULL || spki.len != f->prefix.len + f->bits ||
	    memcmp(spki.p, f->prefix.p, f->prefix.len) != 0)
		return false;
	*bits = btz_span_of(spki.p + f->prefix.len, f->bits);
	/* A point is odd in length: 04 before two coordinates. */
	return f->bits % 2 == 0 || bits->p[0] == 0x04;
}

void
btz_spki_put_rsa(struct btz_wr *wr, struct btz_span n, struct btz_span e)
{
	const size_t whole = btz_der_begin(wr, BTZ_DER_SEQ);
	size_t bits, key;

	btz_wr_raw(wr, rsa_alg, sizeof(rsa_alg));
	bits = btz_der_begin(wr, BTZ_DER_BITS);
	btz_wr_u8(wr, 0);
	key = btz_der_begin(wr, BTZ_DER_SEQ);
	btz_der_put_uint(wr, n);
	btz_der_put_uint(wr, e);
	btz_der_end(wr, key);
	btz_der_end(wr, bits);
	btz_der_end(wr, whole);
}

void
btz_spki_put_p256(struct btz_wr *wr, const uint8_t point[BTZ_P256_POINT_LEN])
{
	btz_spki_put(wr, BTZ_ALG_EC_P256, point);
}

static bool
scalar_ok(struct btz_rd *rd)
{
	struct btz_span v;

	return btz_der_positive(rd, &v) &&
	       (v.len <= 32 || (v.len == 33 && v.p[0] == 0));
}

bool
btz_ecdsa_sig_ok(struct btz_span sig)
{
	struct btz_rd rd, in;

	btz_rd_span(&rd, sig);
	return btz_der_enter(&rd, BTZ_DER_SEQ, &in) && btz_rd_end(&rd) &&
	       scalar_ok(&in) && scalar_ok(&in) && btz_rd_end(&in);
}

void
btz_ecdsa_sig_write(struct btz_wr *wr, const uint8_t *rs, size_t n)
{
	size_t mark = btz_der_begin(wr, BTZ_DER_SEQ);

	btz_der_put_uint(wr, btz_span_of(rs, n));
	btz_der_put_uint(wr, btz_span_of(rs + n, n));
	btz_der_end(wr, mark);
}

void
btz_ecdsa_sig_put(struct btz_wr *wr, const uint8_t rs[64])
{
	btz_ecdsa_sig_write(wr, rs, 32);
}
