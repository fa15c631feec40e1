/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recovery.c - sealing to the recovery key; contract in recovery.h. ECDH with
 * a new P-256 key for each backup (SP 800-56A 6.2.2.2, C(1e, 1s)), HKDF-SHA256
 * (RFC 5869), AES-256-GCM. The nonce is zero: the key is used once.
 */
#include "crypto/recovery.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/obj_mac.h>
#include <openssl/x509.h>
#include <string.h>

#include "wire/msg_backup.h"

#define SPKI_LEN 91u /* of P-256: the point is its end */
#define TEXT_LEN 124u
#define KEY_LEN 32u

static enum btz_rc
failed(struct btz_err *err, const char *what)
{
	ERR_clear_error();
	return BTZ_FAIL(err, BTZ_E_INTERNAL, "libcrypto: %s", what);
}

/* A digit of RFC 4648 4; 64: none. */
static unsigned
digit(char c)
{
	return c >= 'A' && c <= 'Z'   ? (unsigned)(c - 'A')
	       : c >= 'a' && c <= 'z' ? (unsigned)(c - 'a') + 26
	       : c >= '0' && c <= '9' ? (unsigned)(c - '0') + 52
	       : c == '+'	      ? 62
	       : c == '/'	      ? 63
				      : 64;
}

/* 91 bytes: 122 digits, the last four bits of them zero, and "==". */
static bool
decode(const char *in, uint8_t out[SPKI_LEN])
{
	uint32_t bits = 0;
	size_t n = 0;

	if (strlen(in) != TEXT_LEN || strcmp(in + TEXT_LEN - 2, "==") != 0)
		return false;
	for (size_t i = 0; i < TEXT_LEN - 2; i++) {
		const unsigned d = digit(in[i]);

		if (d > 63)
			return false;
		bits = bits << 6 | d;
		if (i % 4 == 0)
			continue;
		out[n++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
	}
	return n == SPKI_LEN && (bits & 15) == 0;
}

static enum btz_rc
read_public(const char *spki64, uint8_t spki[SPKI_LEN], EVP_PKEY **out,
    struct btz_err *err)
{
	const uint8_t *p = spki;

	*out = NULL;
	if (spki64[0] == '\0')
		return BTZ_FAIL(err, BTZ_E_RECOVERY_KEY,
		    "[crypto] recovery names no recovery key");
	if (!decode(spki64, spki))
		return BTZ_FAIL(err, BTZ_E_CONFIG, "[crypto] recovery: base64");
	*out = d2i_PUBKEY(NULL, &p, SPKI_LEN);
	/* Of the curve: only P-256, named, uncompressed has this length. */
	if (*out != NULL && p == spki + SPKI_LEN &&
	    EVP_PKEY_base_id(*out) == EVP_PKEY_EC && EVP_PKEY_bits(*out) == 256)
		return BTZ_OK;
	EVP_PKEY_free(*out);
	*out = NULL;
	ERR_clear_error();
	return BTZ_FAIL(err, BTZ_E_CONFIG, "[crypto] recovery: no P-256 key");
}

static EVP_PKEY *
draw(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
	EVP_PKEY *key = NULL;

	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) <= 0 ||
	    EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx, NID_X9_62_prime256v1) <=
		0 ||
	    EVP_PKEY_CTX_set_ec_param_enc(ctx, OPENSSL_EC_NAMED_CURVE) <= 0 ||
	    EVP_PKEY_keygen(ctx, &key) <= 0)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static bool
agree(EVP_PKEY *own, EVP_PKEY *other, uint8_t z[KEY_LEN])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
	size_t n = KEY_LEN;
	bool ok = ctx != NULL && EVP_PKEY_derive_init(ctx) > 0 &&
		  EVP_PKEY_derive_set_peer(ctx, other) > 0 &&
		  EVP_PKEY_derive(ctx, z, &n) > 0 && n == KEY_LEN;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

/* RFC 5869 with salt: the recovery key's id; info: text and point. */
static bool
derive(const uint8_t z[KEY_LEN], const uint8_t *id, const uint8_t *point,
    uint8_t key[KEY_LEN])
{
	uint8_t prk[KEY_LEN],
	    info[sizeof(BTZ_BACKUP_INFO) - 1 + BTZ_BACKUP_POINT + 1];
	const size_t text = sizeof(BTZ_BACKUP_INFO) - 1;
	bool ok;

	memcpy(info, BTZ_BACKUP_INFO, text);
	memcpy(info + text, point, BTZ_BACKUP_POINT);
	info[sizeof(info) - 1] = 1;
	ok = HMAC(EVP_sha256(), id, BTZ_SHA256_LEN, z, KEY_LEN, prk, NULL) !=
		 NULL &&
	     HMAC(EVP_sha256(), prk, sizeof(prk), info, sizeof(info), key,
		 NULL) != NULL;
	btz_wipe(prk, sizeof(prk));
	return ok;
}

static bool
gcm(const uint8_t key[KEY_LEN], struct btz_span head, struct btz_span plain,
    struct btz_wr *out)
{
	static const uint8_t nonce[12];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t *to = out->buf + out->len;
	int n = 0, end = 0;
	bool ok;

	if (plain.len + BTZ_BACKUP_TAG > out->cap - out->len) {
		EVP_CIPHER_CTX_free(ctx);
		return false;
	}
	ok = ctx != NULL &&
	     EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce) > 0 &&
	     EVP_EncryptUpdate(ctx, NULL, &n, head.p, (int)head.len) > 0 &&
	     EVP_EncryptUpdate(ctx, to, &n, plain.p, (int)plain.len) > 0 &&
	     EVP_EncryptFinal_ex(ctx, to + n, &end) > 0 &&
	     EVP_CIPHER_CTX_ctrl(
		 ctx, EVP_CTRL_GCM_GET_TAG, BTZ_BACKUP_TAG, to + plain.len) > 0;
	EVP_CIPHER_CTX_free(ctx);
	if (ok)
		out->len += plain.len + BTZ_BACKUP_TAG;
	return ok;
}

static bool
put_head(struct btz_wr *out, const uint8_t *spki, EVP_PKEY *own,
    uint8_t id[BTZ_SHA256_LEN])
{
	uint8_t mine[SPKI_LEN], *p = mine;

	if (EVP_Digest(spki, SPKI_LEN, id, NULL, EVP_sha256(), NULL) <= 0 ||
	    i2d_PUBKEY(own, NULL) != (int)SPKI_LEN ||
	    i2d_PUBKEY(own, &p) != (int)SPKI_LEN)
		return false;
	btz_wr_raw(out, BTZ_BACKUP_FORM, 5);
	btz_wr_u8(out, BTZ_BACKUP_ANYWHERE);
	btz_wr_raw(out, id, BTZ_SHA256_LEN);
	btz_wr_raw(out, mine + SPKI_LEN - BTZ_BACKUP_POINT, BTZ_BACKUP_POINT);
	return btz_wr_ok(out);
}

enum btz_rc
btz_recovery_seal(const char *spki64, struct btz_span plain, struct btz_wr *out,
    struct btz_err *err)
{
	uint8_t spki[SPKI_LEN], id[BTZ_SHA256_LEN], z[KEY_LEN], key[KEY_LEN];
	const size_t at = out->len;
	EVP_PKEY *pub, *own;
	enum btz_rc rc = read_public(spki64, spki, &pub, err);
	bool ok;

	if (rc != BTZ_OK)
		return rc;
	own = draw();
	ok = own != NULL && put_head(out, spki, own, id) &&
	     agree(own, pub, z) &&
	     derive(z, id, out->buf + out->len - BTZ_BACKUP_POINT, key) &&
	     gcm(key, btz_span_of(out->buf + at, BTZ_BACKUP_HEAD), plain, out);
	EVP_PKEY_free(own);
	EVP_PKEY_free(pub);
	btz_wipe(z, sizeof(z));
	btz_wipe(key, sizeof(key));
	return ok ? BTZ_OK : failed(err, "seal to the recovery key");
}
