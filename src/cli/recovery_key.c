/* SPDX-License-Identifier: Apache-2.0 */
/* recovery_key.c - the recovery key off the box; contract in recovery_key.h.
 * The other end of src/crypto/recovery.c and src/crypto/unwrap.c. */
#include "cli/recovery_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "prim/prim.h"
#include "wire/msg_backup.h"

static enum btz_rc
failed(struct btz_err *err, enum btz_rc rc, const char *what)
{
	ERR_clear_error();
	return BTZ_FAIL(err, rc, "%s", what);
}

enum btz_rc
btz_recovery_public(const EVP_PKEY *key, struct btz_wr *wr, struct btz_err *err)
{
	uint8_t spki[BTZ_RECOVERY_SPKI], *p = spki;

	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC ||
	    EVP_PKEY_get_bits(key) != 256 ||
	    i2d_PUBKEY(key, NULL) != (int)sizeof(spki) ||
	    i2d_PUBKEY(key, &p) != (int)sizeof(spki))
		return failed(err, BTZ_E_INVAL, "not a P-256 key");
	btz_wr_raw(wr, spki, sizeof(spki));
	return BTZ_OK;
}

enum btz_rc
btz_recovery_secret(
    const EVP_PKEY *key, uint8_t out[BTZ_RECOVERY_SECRET], struct btz_err *err)
{
	BIGNUM *d = NULL;
	bool ok = EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
		  EVP_PKEY_get_bits(key) == 256 &&
		  EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &d) ==
		      1 &&
		  BN_bn2binpad(d, out, (int)BTZ_RECOVERY_SECRET) ==
		      (int)BTZ_RECOVERY_SECRET;

	BN_clear_free(d);
	return ok ? BTZ_OK : failed(err, BTZ_E_INVAL, "not a P-256 key");
}

/* ECPrivateKey (RFC 5915 3) without the public key, which libcrypto computes. */
enum btz_rc
btz_recovery_key(const uint8_t secret[BTZ_RECOVERY_SECRET], EVP_PKEY **out,
    struct btz_err *err)
{
	static const uint8_t head[] = { 0x30, 0x31, 0x02, 0x01, 0x01, 0x04,
		0x20 };
	static const uint8_t tail[] = { 0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86,
		0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
	uint8_t der[sizeof(head) + BTZ_RECOVERY_SECRET + sizeof(tail)];
	const uint8_t *p = der;

	memcpy(der, head, sizeof(head));
	memcpy(der + sizeof(head), secret, BTZ_RECOVERY_SECRET);
	memcpy(der + sizeof(head) + BTZ_RECOVERY_SECRET, tail, sizeof(tail));
	*out = d2i_PrivateKey(EVP_PKEY_EC, NULL, &p, (long)sizeof(der));
	btz_wipe(der, sizeof(der));
	return *out != NULL
		   ? BTZ_OK
		   : failed(err, BTZ_E_INVAL, "no private value of P-256");
}

void
btz_recovery_key_free(EVP_PKEY *key)
{
	EVP_PKEY_free(key);
}

/* The point as a key of the curve of `like`. */
static EVP_PKEY *
public_of(EVP_PKEY *like, const uint8_t *point)
{
	EVP_PKEY *key = EVP_PKEY_new();

	if (key != NULL && EVP_PKEY_copy_parameters(key, like) == 1 &&
	    EVP_PKEY_set1_encoded_public_key(key, point, BTZ_BACKUP_POINT) == 1)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

bool
btz_recovery_agree(EVP_PKEY *key, const uint8_t *point, uint8_t z[32])
{
	EVP_PKEY *other = public_of(key, point);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	size_t n = 32;
	bool ok = other != NULL && ctx != NULL &&
		  EVP_PKEY_derive_init(ctx) > 0 &&
		  EVP_PKEY_derive_set_peer(ctx, other) > 0 &&
		  EVP_PKEY_derive(ctx, z, &n) > 0 && n == 32;

	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(other);
	return ok;
}

enum btz_rc
btz_recovery_derive(struct btz_span salt, const uint8_t z[32], const char *text,
    const uint8_t *point, uint8_t key[BTZ_SHA256_LEN])
{
	uint8_t prk[BTZ_SHA256_LEN], info[128];
	struct btz_wr wr;
	enum btz_rc rc;

	btz_wr_init(&wr, info, sizeof(info));
	btz_wr_raw(&wr, text, strlen(text));
	btz_wr_raw(&wr, point, BTZ_BACKUP_POINT);
	btz_wr_u8(&wr, 1);
	rc = btz_hmac_sha256(salt, btz_span_of(z, 32), prk);
	if (rc == BTZ_OK)
		rc = btz_hmac_sha256(
		    btz_span_of(prk, sizeof(prk)), btz_wr_span(&wr), key);
	btz_wipe(prk, sizeof(prk));
	return rc;
}

static bool
gcm(const uint8_t *key, struct btz_span head, struct btz_span in,
    struct btz_span tag, uint8_t *out)
{
	static const uint8_t nonce[12];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t t[BTZ_BACKUP_TAG];
	int n = 0, end = 0;
	bool ok;

	memcpy(t, tag.p, sizeof(t));
	ok = ctx != NULL &&
	     EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce) > 0 &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, (int)sizeof(t), t) >
		 0 &&
	     EVP_DecryptUpdate(ctx, NULL, &n, head.p, (int)head.len) > 0 &&
	     EVP_DecryptUpdate(ctx, out, &n, in.p, (int)in.len) > 0 &&
	     EVP_DecryptFinal_ex(ctx, out + n, &end) > 0;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

bool
btz_recovery_encrypt(const uint8_t *key, struct btz_span head,
    struct btz_span in, struct btz_wr *out)
{
	static const uint8_t nonce[12];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t *to = out->buf + out->len;
	int n = 0, end = 0;
	bool ok = ctx != NULL && in.len + BTZ_BACKUP_TAG <= out->cap - out->len;

	ok = ok &&
	     EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce) > 0 &&
	     EVP_EncryptUpdate(ctx, NULL, &n, head.p, (int)head.len) > 0 &&
	     EVP_EncryptUpdate(ctx, to, &n, in.p, (int)in.len) > 0 &&
	     EVP_EncryptFinal_ex(ctx, to + n, &end) > 0 &&
	     EVP_CIPHER_CTX_ctrl(
		 ctx, EVP_CTRL_GCM_GET_TAG, BTZ_BACKUP_TAG, to + in.len) > 0;
	EVP_CIPHER_CTX_free(ctx);
	if (ok)
		out->len += in.len + BTZ_BACKUP_TAG;
	return ok;
}

/* BTZ_OK: it is a backup for this key. */
static enum btz_rc
judge(const EVP_PKEY *key, struct btz_span backup, struct btz_err *err)
{
	uint8_t spki[BTZ_RECOVERY_SPKI], id[BTZ_SHA256_LEN];
	struct btz_wr wr;
	enum btz_rc rc;

	if (backup.len >= 5 && memcmp(backup.p, BTZ_BACKUP_MAGIC "\1", 5) == 0)
		return BTZ_FAIL(err, BTZ_E_VERSION,
		    "backup of an older form: back the key up again");
	if (backup.len < BTZ_BACKUP_HEAD + BTZ_BACKUP_TAG ||
	    memcmp(backup.p, BTZ_BACKUP_FORM, 5) != 0 ||
	    backup.p[5] > BTZ_BACKUP_TEE)
		return BTZ_FAIL(err, BTZ_E_INVAL, "not a backup");
	btz_wr_init(&wr, spki, sizeof(spki));
	if ((rc = btz_recovery_public(key, &wr, err)) != BTZ_OK)
		return rc;
	btz_sha256(btz_wr_span(&wr), id);
	if (memcmp(backup.p + 6, id, sizeof(id)) != 0)
		return BTZ_FAIL(
		    err, BTZ_E_KEY_BLOB, "sealed to another recovery key");
	return BTZ_OK;
}

enum btz_rc
btz_recovery_open(EVP_PKEY *key, struct btz_span backup, struct btz_wr *plain,
    struct btz_err *err)
{
	const size_t len = backup.len - BTZ_BACKUP_HEAD - BTZ_BACKUP_TAG;
	const uint8_t *id = backup.p + 6, *point = id + BTZ_SHA256_LEN;
	uint8_t z[32], k[BTZ_SHA256_LEN];
	enum btz_rc rc = judge(key, backup, err);
	bool ok;

	if (rc != BTZ_OK)
		return rc;
	if (len > plain->cap - plain->len)
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "backup");
	ok = btz_recovery_agree(key, point, z) &&
	     btz_recovery_derive(btz_span_of(id, BTZ_SHA256_LEN), z,
		 BTZ_BACKUP_INFO, point, k) == BTZ_OK &&
	     gcm(k, btz_span_of(backup.p, BTZ_BACKUP_HEAD),
		 btz_span_of(backup.p + BTZ_BACKUP_HEAD, len),
		 btz_span_of(backup.p + BTZ_BACKUP_HEAD + len, BTZ_BACKUP_TAG),
		 plain->buf + plain->len);
	btz_wipe(z, sizeof(z));
	btz_wipe(k, sizeof(k));
	if (!ok) {
		btz_wipe(plain->buf + plain->len, len);
		return failed(err, BTZ_E_SIGNATURE, "backup is altered");
	}
	plain->len += len;
	return BTZ_OK;
}

static bool
oaep(EVP_PKEY *pub, const uint8_t *in, size_t in_len, struct btz_wr *out)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pub, NULL);
	size_t n = out->cap - out->len;
	bool ok = ctx != NULL && EVP_PKEY_encrypt_init(ctx) > 0 &&
		  EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) >
		      0 &&
		  EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) > 0 &&
		  EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) > 0 &&
		  EVP_PKEY_encrypt(ctx, out->buf + out->len, &n, in, in_len) >
		      0;

	EVP_PKEY_CTX_free(ctx);
	if (ok)
		out->len += n;
	return ok;
}

/* RFC 5649: at most 15 bytes more. */
static bool
kwp(const uint8_t *key, struct btz_span in, struct btz_wr *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t *to = out->buf + out->len;
	int n = 0, end = 0;
	bool ok;

	if (ctx == NULL || in.len + 16 > out->cap - out->len) {
		EVP_CIPHER_CTX_free(ctx);
		return false;
	}
	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	ok = EVP_EncryptInit_ex(ctx, EVP_aes_256_wrap_pad(), NULL, key, NULL) >
		 0 &&
	     EVP_EncryptUpdate(ctx, to, &n, in.p, (int)in.len) > 0 &&
	     EVP_EncryptFinal_ex(ctx, to + n, &end) > 0;
	EVP_CIPHER_CTX_free(ctx);
	if (ok)
		out->len += (size_t)n + (size_t)end;
	return ok;
}

enum btz_rc
btz_recovery_wrap(struct btz_span spki, struct btz_span plain,
    struct btz_wr *out, struct btz_err *err)
{
	const uint8_t *p = spki.p;
	EVP_PKEY *pub = d2i_PUBKEY(NULL, &p, (long)spki.len);
	uint8_t key[32];
	bool ok;

	if (pub == NULL || EVP_PKEY_get_base_id(pub) != EVP_PKEY_RSA) {
		EVP_PKEY_free(pub);
		return failed(err, BTZ_E_X509_SPKI, "not an RSA key");
	}
	btz_random(key, sizeof(key));
	ok = oaep(pub, key, sizeof(key), out) && kwp(key, plain, out);
	btz_wipe(key, sizeof(key));
	EVP_PKEY_free(pub);
	return ok ? BTZ_OK : failed(err, BTZ_E_TOOBIG, "wrap for the box");
}
