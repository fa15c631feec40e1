/* SPDX-License-Identifier: Apache-2.0 */
/* adminkey.c - makes and uses an administrator's key; see adminkey.h. */
#include "cli/adminkey.h"

#include <errno.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "der/pem.h"
#include "der/spki.h"
#include "wire/alg.h"

#define KEY_PEM_MAX 8192
#define PUBLIC_PEM_MAX 2048

static enum btz_rc
from_fd(uint64_t fd, char out[BTZ_PASSPHRASE_MAX], struct btz_err *err)
{
	size_t n = 0;
	char ch;

	while (n + 1 < BTZ_PASSPHRASE_MAX && read((int)fd, &ch, 1) == 1 &&
	       ch != '\n')
		out[n++] = ch;
	out[n] = '\0';
	if (n == 0)
		return BTZ_FAIL(err, BTZ_E_INVAL,
		    "no passphrase from descriptor %llu",
		    (unsigned long long)fd);
	return BTZ_OK;
}

enum btz_rc
btz_passphrase(const struct btz_cli *c, bool is_new,
    char out[BTZ_PASSPHRASE_MAX], struct btz_err *err)
{
	uint64_t fd;
	enum btz_rc rc;

	out[0] = '\0';
	if (is_new && btz_cli_opt(c, "no-passphrase") != NULL)
		return BTZ_OK;
	rc = btz_cli_opt_num(c, "passphrase-fd", UINT64_MAX, 0, 1023, &fd, err);
	if (rc != BTZ_OK)
		return rc;
	if (fd != UINT64_MAX)
		return from_fd(fd, out, err);
	if (EVP_read_pw_string(
		out, BTZ_PASSPHRASE_MAX, "Passphrase: ", is_new) != 0 ||
	    out[0] == '\0')
		return BTZ_FAIL(err, BTZ_E_INVAL, "no passphrase%s",
		    is_new ? ", or not twice the same" : "");
	return BTZ_OK;
}

static enum btz_rc
write_bio(BIO *bio, const char *path, unsigned mode, struct btz_err *err)
{
	char *text;
	long len = BIO_get_mem_data(bio, &text);

	if (len <= 0)
		return BTZ_FAIL(err, BTZ_E_INTERNAL, "encode %s", path);
	return btz_cli_write_file(
	    path, mode, btz_span_of(text, (size_t)len), err);
}

static enum btz_rc
write_pair(EVP_PKEY *key, const char *path, const char *passphrase,
    struct btz_err *err)
{
	const bool secret = passphrase[0] != '\0';
	BIO *priv = BIO_new(BIO_s_secmem()), *pub = BIO_new(BIO_s_mem());
	char name[BTZ_CLI_PATH];
	enum btz_rc rc;

	(void)snprintf(name, sizeof(name), "%.500s.pub", path);
	if (key == NULL || priv == NULL || pub == NULL ||
	    PEM_write_bio_PKCS8PrivateKey(priv, key,
		secret ? EVP_aes_256_cbc() : NULL, secret ? passphrase : NULL,
		secret ? (int)strlen(passphrase) : 0, NULL, NULL) != 1 ||
	    PEM_write_bio_PUBKEY(pub, key) != 1)
		rc = BTZ_FAIL(err, BTZ_E_INTERNAL, "make a key");
	else
		rc = write_bio(priv, path, 0600, err);
	if (rc == BTZ_OK)
		rc = write_bio(pub, name, 0644, err);
	BIO_free(priv);
	BIO_free(pub);
	return rc;
}

enum btz_rc
btz_adminkey_write(EVP_PKEY *key, const char *path, const char *passphrase,
    struct btz_err *err)
{
	if (access(path, F_OK) == 0 || errno != ENOENT)
		return BTZ_FAIL(
		    err, BTZ_E_EXIST, "%s: is there, or cannot be made", path);
	return write_pair(key, path, passphrase, err);
}

enum btz_rc
btz_adminkey_make(const char *path, const char *passphrase, struct btz_err *err)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	enum btz_rc rc = btz_adminkey_write(key, path, passphrase, err);

	EVP_PKEY_free(key);
	return rc;
}

struct ask {
	const struct btz_cli *c;
	struct btz_err *err;
	bool failed;
};

static int
on_passphrase(char *buf, int size, int rwflag, void *arg)
{
	char text[BTZ_PASSPHRASE_MAX];
	struct ask *a = arg;
	int n;

	(void)rwflag;
	a->failed = btz_passphrase(a->c, false, text, a->err) != BTZ_OK;
	n = a->failed ? -1 : snprintf(buf, (size_t)size, "%s", text);
	btz_wipe(text, sizeof(text));
	return n < size ? n : -1;
}

enum btz_rc
btz_adminkey_load(const struct btz_cli *c, const char *path, EVP_PKEY **out,
    struct btz_err *err)
{
	struct ask ask = { .c = c, .err = err };
	char *text;
	size_t len;
	enum btz_rc rc = btz_cli_read_file(path, KEY_PEM_MAX, &text, &len, err);
	BIO *bio;

	*out = NULL;
	if (rc != BTZ_OK)
		return rc;
	bio = BIO_new_mem_buf(text, (int)len);
	if (bio != NULL)
		*out = PEM_read_bio_PrivateKey(bio, NULL, on_passphrase, &ask);
	BIO_free(bio);
	btz_wipe(text, len);
	free(text);
	if (ask.failed)
		return err->rc;
	if (*out == NULL)
		return BTZ_FAIL(err, BTZ_E_PEM,
		    "%s: no private key in it, or another passphrase", path);
	return BTZ_OK;
}

/* ECDSA with SHA-256; Ed25519 has its own. */
static const EVP_MD *
md_of(const EVP_PKEY *key)
{
	return EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256();
}

static bool
sign(EVP_PKEY *key, struct btz_span text, struct btz_approval_file *a)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	a->signature_len = sizeof(a->signature);
	ok = ctx != NULL &&
	     EVP_DigestSignInit(ctx, NULL, md_of(key), NULL, key) == 1 &&
	     EVP_DigestSign(
		 ctx, a->signature, &a->signature_len, text.p, text.len) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

static bool
take_spki(EVP_PKEY *key, struct btz_approval_file *a)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(key, &der);
	struct btz_span bits;
	bool ok = len > 0 && (size_t)len <= sizeof(a->spki);

	if (ok) {
		memcpy(a->spki, der, (size_t)len);
		a->spki_len = (size_t)len;
	}
	OPENSSL_free(der);
	return ok &&
	       (btz_spki_ed25519(btz_span_of(a->spki, a->spki_len), &bits) ||
		   btz_spki_alg(btz_span_of(a->spki, a->spki_len), &bits) ==
		       BTZ_ALG_EC_P256);
}

enum btz_rc
btz_adminkey_approve(const struct btz_cli *c, const char *path,
    const struct btz_challenge *challenge, struct btz_approval_file *a,
    struct btz_err *err)
{
	uint8_t text[BTZ_APPROVAL_TEXT_LEN];
	struct btz_wr wr;
	EVP_PKEY *key;
	enum btz_rc rc = btz_adminkey_load(c, path, &key, err);

	if (rc != BTZ_OK)
		return rc;
	btz_wr_init(&wr, text, sizeof(text));
	btz_approval_text(challenge, &wr);
	memcpy(a->nonce, challenge->nonce, sizeof(a->nonce));
	if (!take_spki(key, a))
		rc = BTZ_FAIL(err, BTZ_E_X509_SPKI,
		    "%s: neither P-256 nor Ed25519", path);
	else if (!sign(key, btz_wr_span(&wr), a))
		rc = BTZ_FAIL(err, BTZ_E_INTERNAL, "sign with %s", path);
	EVP_PKEY_free(key);
	return rc;
}

enum btz_rc
btz_adminkey_verify(const struct btz_approval_file *a,
    const struct btz_challenge *challenge, struct btz_err *err)
{
	const unsigned char *der = a->spki;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &der, (long)a->spki_len);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t text[BTZ_APPROVAL_TEXT_LEN];
	struct btz_wr wr;
	bool ok;

	btz_wr_init(&wr, text, sizeof(text));
	btz_approval_text(challenge, &wr);
	ok = key != NULL && ctx != NULL &&
	     EVP_DigestVerifyInit(ctx, NULL, md_of(key), NULL, key) == 1 &&
	     EVP_DigestVerify(
		 ctx, a->signature, a->signature_len, text, wr.len) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return ok ? BTZ_OK
		  : BTZ_FAIL(err, BTZ_E_APPROVAL_SIG, "does not verify");
}

enum btz_rc
btz_adminkey_public(const char *path, struct btz_wr *wr, struct btz_err *err)
{
	char *text;
	size_t len;
	enum btz_rc rc = btz_cli_read_file(
	    path, PUBLIC_PEM_MAX, &text, &len, err);

	if (rc != BTZ_OK)
		return rc;
	rc = btz_pem_decode(btz_span_of(text, len), BTZ_PEM_PUBLIC, wr);
	free(text);
	return rc == BTZ_OK ? rc : BTZ_FAIL(err, rc, "%s: no public key", path);
}

static enum btz_rc
put_admin(const char *path, struct btz_wr *wr, struct btz_err *err)
{
	uint8_t spki[BTZ_ADMIN_SPKI_MAX];
	struct btz_span bits;
	struct btz_wr w;
	enum btz_rc rc;

	btz_wr_init(&w, spki, sizeof(spki));
	rc = btz_adminkey_public(path, &w, err);
	if (rc != BTZ_OK)
		return rc;
	if (!btz_spki_ed25519(btz_wr_span(&w), &bits) &&
	    btz_spki_alg(btz_wr_span(&w), &bits) != BTZ_ALG_EC_P256)
		return BTZ_FAIL(err, BTZ_E_X509_SPKI,
		    "%s: neither P-256 nor Ed25519", path);
	btz_wr_bytes16(wr, btz_wr_span(&w));
	return BTZ_OK;
}

static enum btz_rc
threshold(const struct btz_cli *c, struct btz_admin_set *m, struct btz_err *err)
{
	uint64_t k;
	enum btz_rc rc = btz_cli_opt_num(
	    c, "threshold", c->n_many / 2 + 1, 1, c->n_many, &k, err);

	m->k = (uint8_t)k;
	return rc;
}

enum btz_rc
btz_admin_set_options(
    const struct btz_cli *c, struct btz_wr *wr, struct btz_err *err)
{
	uint8_t keys[BTZ_ADMINS_BYTES], recovery[BTZ_RECOVERY_SPKI_MAX];
	const char *file = btz_cli_opt(c, "recovery");
	struct btz_admin_set m = { .k = 0 };
	struct btz_wr w, r;
	enum btz_rc rc = BTZ_OK;

	if (c->n_many == 0 &&
	    (file != NULL || btz_cli_opt(c, "threshold") != NULL))
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "--threshold and --recovery need --admin");
	if (c->n_many == 0)
		return BTZ_OK;
	if (c->n_many > BTZ_ADMINS_MAX)
		return BTZ_FAIL(err, BTZ_E_USAGE, "at most %u administrators",
		    BTZ_ADMINS_MAX);
	btz_wr_init(&w, keys, sizeof(keys));
	btz_wr_init(&r, recovery, sizeof(recovery));
	for (size_t i = 0; rc == BTZ_OK && i < c->n_many; i++)
		rc = put_admin(c->many[i], &w, err);
	if (rc == BTZ_OK)
		rc = threshold(c, &m, err);
	if (rc == BTZ_OK && file != NULL)
		rc = btz_adminkey_public(file, &r, err);
	if (rc != BTZ_OK)
		return rc;
	m.admins = btz_wr_span(&w);
	m.recovery = btz_wr_span(&r);
	btz_msg_write(&btz_def_admin_set, &m, wr);
	return btz_wr_ok(wr) ? BTZ_OK
			     : BTZ_FAIL(err, BTZ_E_TOOBIG, "administrators");
}
