/* SPDX-License-Identifier: Apache-2.0 */
/*
 * softkey.c - keys and their blobs; contract in softkey.h.
 * Start at btz_softkey_generate() and btz_softkey_open().
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* EC_KEY_free */
#include "crypto/backend/softkey.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/backend/soft_crypt.h"
#include "crypto/backend/soft_part.h"
#include "crypto/backend/soft_sign.h"

/* AES-256-GCM both ways; out is as long as in. */
static bool
gcm(bool seal, const uint8_t *kek, const uint8_t *nonce, struct btz_span aad,
    struct btz_span in, uint8_t *out, uint8_t *tag)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, end = 0, enc = seal ? 1 : 0;
	bool ok;

	ok = ctx != NULL &&
	     EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, kek, nonce, enc) >
		 0 &&
	     (seal || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG,
			  BTZ_KEYBLOB_TAG_LEN, tag) > 0) &&
	     EVP_CipherUpdate(ctx, NULL, &n, aad.p, (int)aad.len) > 0 &&
	     EVP_CipherUpdate(ctx, out, &n, in.p, (int)in.len) > 0 &&
	     EVP_CipherFinal_ex(ctx, out + n, &end) > 0 &&
	     (!seal || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG,
			   BTZ_KEYBLOB_TAG_LEN, tag) > 0);
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

static bool
seal_blob(const uint8_t *kek, const struct btz_keyblob *b,
    const struct btz_softpart *part, struct btz_backend_key *out)
{
	struct btz_wr wr;
	uint8_t nonce[BTZ_KEYBLOB_NONCE_LEN], tag[BTZ_KEYBLOB_TAG_LEN];
	uint8_t cipher[BTZ_KEYBLOB_SECRET_MAX];

	btz_wr_init(&wr, out->blob, sizeof(out->blob));
	btz_keyblob_header(b, &wr);
	if (!btz_wr_ok(&wr) || RAND_bytes(nonce, sizeof(nonce)) <= 0 ||
	    !gcm(true, kek, nonce, btz_wr_span(&wr),
		btz_span_of(part->bytes, part->len), cipher, tag))
		return false;
	btz_keyblob_seal(&wr, nonce, btz_span_of(cipher, part->len), tag);
	out->blob_len = wr.len;
	return btz_wr_ok(&wr);
}

static enum btz_rc
seal_key(const uint8_t *kek, const struct btz_softpart *part,
    const struct btz_generate *g, struct btz_backend_key *out,
    struct btz_err *err)
{
	struct btz_keyblob b = { .alg = g->alg,
		.kind = g->kind,
		.flags = g->flags,
		.operations = g->usage,
		.not_after = g->not_after,
		.constraints = g->constraints };

	if (RAND_bytes(out->id, sizeof(out->id)) <= 0 ||
	    !btz_softpart_spki(part, out->spki, &out->spki_len))
		return btz_soft_failed(err, "public key");
	memcpy(b.key_id, out->id, sizeof(b.key_id));
	memcpy(b.tenant_id, g->tenant_id, sizeof(b.tenant_id));
	b.spki = btz_span_of(out->spki, out->spki_len);
	if (!seal_blob(kek, &b, part, out))
		return btz_soft_failed(err, "seal key");
	return BTZ_OK;
}

enum btz_rc
btz_softkey_generate(const uint8_t kek[BTZ_KEK_LEN],
    const struct btz_generate *g, struct btz_backend_key *out,
    struct btz_err *err)
{
	struct btz_softpart part = { .pkey = NULL };
	enum btz_rc rc = btz_softpart_draw(&part, g->alg, g->bits, err);

	if (rc == BTZ_OK)
		rc = seal_key(kek, &part, g, out, err);
	btz_softpart_end(&part);
	return rc;
}

enum btz_rc
btz_softkey_import(const uint8_t kek[BTZ_KEK_LEN], const struct btz_generate *g,
    struct btz_span secret, struct btz_backend_key *out, struct btz_err *err)
{
	struct btz_softpart part = { .pkey = NULL };
	enum btz_rc rc = btz_softpart_import(
	    &part, g->alg, g->bits, secret, err);

	if (rc == BTZ_OK)
		rc = seal_key(kek, &part, g, out, err);
	btz_softpart_end(&part);
	return rc;
}

/* Takes what is in part; the secret of an asymmetric key is in its pkey. */
static enum btz_rc
adopt(struct btz_softkey *key, const struct btz_keyblob *b,
    struct btz_softpart *part, struct btz_err *err)
{
	if (part->pkey == NULL) {
		if ((key->secret = malloc(part->len)) == NULL)
			return BTZ_FAIL(err, BTZ_E_NOMEM, "key");
		memcpy(key->secret, part->bytes, part->len);
		key->secret_len = part->len;
	}
	key->pkey = part->pkey;
	part->pkey = NULL;
	key->alg = b->alg;
	key->flags = b->flags;
	key->usage = b->operations;
	return BTZ_OK;
}

static enum btz_rc
check(const struct btz_keyblob *b, const struct btz_softpart *part,
    struct btz_err *err)
{
	uint8_t spki[BTZ_SPKI_MAX];
	size_t n = 0;

	if (btz_softpart_spki(part, spki, &n) &&
	    btz_span_eq(btz_span_of(spki, n), b->spki))
		return BTZ_OK;
	ERR_clear_error();
	return BTZ_FAIL(err, BTZ_E_KEY_BLOB, "not the private key of its SPKI");
}

static enum btz_rc
unwrap(const uint8_t *kek, const struct btz_keyblob *b, struct btz_softkey *key,
    struct btz_err *err)
{
	uint8_t plain[BTZ_KEYBLOB_SECRET_MAX], tag[BTZ_KEYBLOB_TAG_LEN];
	struct btz_softpart part = { .pkey = NULL };
	enum btz_rc rc = BTZ_OK;

	if (b->ciphertext.len > sizeof(plain))
		return BTZ_FAIL(err, BTZ_E_KEY_BLOB, "secret of %zu bytes",
		    b->ciphertext.len);
	memcpy(tag, b->tag.p, sizeof(tag));
	if (!gcm(false, kek, b->nonce.p, b->aad, b->ciphertext, plain, tag)) {
		ERR_clear_error();
		rc = BTZ_FAIL(err, BTZ_E_KEY_BLOB, "wrong file key or blob");
	}
	if (rc == BTZ_OK &&
	    btz_softpart_load(&part, b->alg,
		btz_span_of(plain, b->ciphertext.len), err) != BTZ_OK)
		rc = BTZ_FAIL(err, BTZ_E_KEY_BLOB, "not a private key");
	btz_wipe(plain, b->ciphertext.len);
	if (rc == BTZ_OK)
		rc = check(b, &part, err);
	if (rc == BTZ_OK)
		rc = adopt(key, b, &part, err);
	btz_softpart_end(&part);
	return rc;
}

enum btz_rc
btz_softkey_open(const uint8_t kek[BTZ_KEK_LEN], const uint8_t id[BTZ_ID_LEN],
    struct btz_span blob, struct btz_softkey *key, struct btz_err *err)
{
	struct btz_keyblob b;

	if (!btz_keyblob_decode(blob, &b))
		return BTZ_FAIL(err, BTZ_E_KEY_BLOB, "malformed blob");
	if (memcmp(b.key_id, id, sizeof(b.key_id)) != 0)
		return BTZ_FAIL(err, BTZ_E_KEY_BLOB, "blob of another key");
	return unwrap(kek, &b, key, err);
}

void
btz_softkey_close(struct btz_softkey *key)
{
	btz_softcrypt_free(key->crypt);
	for (size_t i = 0; i < BTZ_COUNT(key->sign); i++)
		EVP_PKEY_CTX_free(key->sign[i]);
	EVP_MD_CTX_free(key->sign_message);
	EC_KEY_free(key->ec);
	EVP_PKEY_free(key->pkey); /* wipes the private numbers */
	if (key->secret != NULL)
		btz_wipe(key->secret, key->secret_len);
	free(key->secret);
	memset(key, 0, sizeof(*key));
}

enum btz_rc
btz_softkey_export(struct btz_softkey *key, uint8_t mark, struct btz_wr *out,
    struct btz_err *err)
{
	if ((key->flags & mark) == 0)
		return BTZ_FAIL(err, BTZ_E_KEY_USAGE, "key was not made %s",
		    mark == BTZ_KEYBLOB_EXPORTABLE ? "exportable"
						   : "backupable");
	if (key->pkey == NULL)
		btz_wr_raw(out, key->secret, key->secret_len);
	else if (!btz_softpart_write(key->pkey, key->alg, out) &&
		 btz_wr_ok(out))
		return btz_soft_failed(err, "export key");
	return btz_wr_ok(out) ? BTZ_OK
			      : BTZ_FAIL(err, BTZ_E_TOOBIG, "private part");
}
