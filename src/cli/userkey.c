/* SPDX-License-Identifier: Apache-2.0 */
/* userkey.c - key files of users and of Apache; contract in userkey.h. */
#include "cli/userkey.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/files.h"

#define KEY_PEM_MAX 4096

struct btz_userkey {
	EVP_PKEY *key;
};

static enum btz_rc
take(EVP_PKEY *key, struct btz_userkey **out, struct btz_err *err)
{
	struct btz_userkey *k = calloc(1, sizeof(*k));

	if (k == NULL || key == NULL) {
		free(k);
		EVP_PKEY_free(key);
		return BTZ_FAIL(err, BTZ_E_NOMEM, "key");
	}
	k->key = key;
	*out = k;
	return BTZ_OK;
}

static bool
is_p256(EVP_PKEY *key)
{
	char group[32] = "";

	return EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
	       strcmp(group, "prime256v1") == 0;
}

static enum btz_rc
load(const char *path, struct btz_userkey **out, struct btz_err *err)
{
	char *text;
	size_t len;
	EVP_PKEY *key = NULL;
	enum btz_rc rc;
	BIO *bio;

	rc = btz_cli_read_file(path, KEY_PEM_MAX, &text, &len, err);
	if (rc != BTZ_OK)
		return rc;
	bio = BIO_new_mem_buf(text, (int)len);
	if (bio != NULL)
		key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	BIO_free(bio);
	btz_wipe(text, len);
	free(text);
	if (key == NULL || !is_p256(key)) {
		EVP_PKEY_free(key);
		return BTZ_FAIL(
		    err, BTZ_E_PEM, "%s does not hold a P-256 key", path);
	}
	return take(key, out, err);
}

static enum btz_rc
make(const char *path, struct btz_userkey **out, struct btz_err *err)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	EVP_PKEY *key = EVP_EC_gen("P-256");
	enum btz_rc rc;
	char *text;
	long len;

	if (bio == NULL || key == NULL ||
	    PEM_write_bio_PKCS8PrivateKey(
		bio, key, NULL, NULL, 0, NULL, NULL) != 1 ||
	    (len = BIO_get_mem_data(bio, &text)) <= 0) {
		BIO_free(bio);
		EVP_PKEY_free(key);
		return BTZ_FAIL(err, BTZ_E_INTERNAL, "make a key");
	}
	rc = btz_cli_write_file(
	    path, 0600, btz_span_of(text, (size_t)len), err);
	BIO_free(bio);
	if (rc != BTZ_OK) {
		EVP_PKEY_free(key);
		return rc;
	}
	return take(key, out, err);
}

enum btz_rc
btz_userkey_open(
    const char *path, struct btz_userkey **out, bool *made, struct btz_err *err)
{
	bool missing = access(path, F_OK) != 0 && errno == ENOENT;

	*out = NULL;
	if (made != NULL)
		*made = missing;
	return missing ? make(path, out, err) : load(path, out, err);
}

void
btz_userkey_free(struct btz_userkey *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->key); /* wipes */
	free(k);
}

/* Appends what an i2d function made; takes der. */
static enum btz_rc
append(struct btz_wr *wr, unsigned char *der, int len, const char *what,
    struct btz_err *err)
{
	if (len > 0)
		btz_wr_raw(wr, der, (size_t)len);
	OPENSSL_free(der);
	if (len <= 0 || !btz_wr_ok(wr))
		return BTZ_FAIL(err, BTZ_E_INTERNAL, "%s", what);
	return BTZ_OK;
}

enum btz_rc
btz_userkey_csr(
    const struct btz_userkey *k, struct btz_wr *wr, struct btz_err *err)
{
	X509_REQ *req = X509_REQ_new();
	unsigned char *der = NULL;
	int len = -1;

	if (req != NULL && X509_REQ_set_version(req, 0) == 1 &&
	    X509_REQ_set_pubkey(req, k->key) == 1 &&
	    X509_REQ_sign(req, k->key, EVP_sha256()) > 0)
		len = i2d_X509_REQ(req, &der);
	X509_REQ_free(req);
	return append(wr, der, len, "make a certification request", err);
}

enum btz_rc
btz_userkey_spki(
    const struct btz_userkey *k, struct btz_wr *wr, struct btz_err *err)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(k->key, &der);

	return append(wr, der, len, "encode the public key", err);
}

/* The first certificate is the leaf, the others go along. */
static PKCS12 *
make_p12(const struct btz_userkey *k, struct btz_span chain_pem,
    const char *name, const char *password)
{
	STACK_OF(X509) *rest = sk_X509_new_null();
	BIO *bio = BIO_new_mem_buf(chain_pem.p, (int)chain_pem.len);
	X509 *leaf = bio == NULL ? NULL
				 : PEM_read_bio_X509(bio, NULL, NULL, NULL);
	PKCS12 *p12 = NULL;
	X509 *next;

	while (leaf != NULL && rest != NULL &&
	       (next = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
		if (sk_X509_push(rest, next) == 0)
			X509_free(next);
	if (leaf != NULL)
		p12 = PKCS12_create(
		    password, name, k->key, leaf, rest, 0, 0, 0, 0, 0);
	X509_free(leaf);
	sk_X509_pop_free(rest, X509_free);
	BIO_free(bio);
	return p12;
}

enum btz_rc
btz_userkey_p12(const struct btz_userkey *k, struct btz_span chain_pem,
    const char *name, const char *password, const char *path,
    struct btz_err *err)
{
	PKCS12 *p12 = make_p12(k, chain_pem, name, password);
	unsigned char *der = NULL;
	int len = p12 == NULL ? -1 : i2d_PKCS12(p12, &der);
	enum btz_rc rc;

	PKCS12_free(p12);
	if (len <= 0)
		return BTZ_FAIL(err, BTZ_E_INTERNAL, "make %s", path);
	rc = btz_cli_write_file(path, 0600, btz_span_of(der, (size_t)len), err);
	OPENSSL_clear_free(der, (size_t)len);
	return rc;
}
