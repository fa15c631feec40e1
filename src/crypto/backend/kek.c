/* SPDX-License-Identifier: Apache-2.0 */
/* kek.c - a key in a file; contract in kek.h. */
#include "crypto/backend/kek.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Aside and renamed: a power cut leaves no short key behind. */
static enum btz_rc
make(const char *dir, const char *path, uint8_t *kek, struct btz_err *err)
{
	char aside[4096];
	int fd, dir_fd;
	bool ok;

	(void)snprintf(aside, sizeof(aside), "%s/kek.new", dir);
	if (RAND_bytes(kek, BTZ_FILE_KEY_LEN) <= 0)
		return BTZ_FAIL(err, BTZ_E_INTERNAL, "no randomness");
	fd = open(
	    aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "create '%s'", aside);
	ok = write(fd, kek, BTZ_FILE_KEY_LEN) == (ssize_t)BTZ_FILE_KEY_LEN &&
	     fsync(fd) == 0;
	ok = close(fd) == 0 && ok && rename(aside, path) == 0;
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ok = ok && dir_fd >= 0 && fsync(dir_fd) == 0;
	if (dir_fd >= 0)
		(void)close(dir_fd);
	return ok ? BTZ_OK : BTZ_FAIL_SYS(err, BTZ_E_IO, "write '%s'", path);
}

static enum btz_rc
take(int fd, const char *path, uint8_t *kek, struct btz_err *err)
{
	struct stat sb;

	if (fstat(fd, &sb) != 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "read '%s'", path);
	if ((sb.st_mode & 077) != 0 || sb.st_size != BTZ_FILE_KEY_LEN)
		return BTZ_FAIL(err, BTZ_E_CORRUPT,
		    "'%s': must be %u bytes with mode 0600", path,
		    BTZ_FILE_KEY_LEN);
	if (read(fd, kek, BTZ_FILE_KEY_LEN) != (ssize_t)BTZ_FILE_KEY_LEN)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "read '%s'", path);
	return BTZ_OK;
}

enum btz_rc
btz_kek_read(
    const char *dir, uint8_t kek[BTZ_FILE_KEY_LEN], struct btz_err *err)
{
	char path[4096];
	enum btz_rc rc;
	int fd;

	if (snprintf(path, sizeof(path), "%s/kek", dir) >= 4000)
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "directory '%s'", dir);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return make(dir, path, kek, err);
	if (fd < 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "open '%s'", path);
	rc = take(fd, path, kek, err);
	(void)close(fd);
	return rc;
}

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
	ERR_clear_error();
	return ok;
}

enum btz_rc
btz_kek_seal(const uint8_t kek[BTZ_FILE_KEY_LEN], const struct btz_keyblob *b,
    struct btz_span secret, struct btz_wr *out, struct btz_err *err)
{
	uint8_t nonce[BTZ_KEYBLOB_NONCE_LEN], tag[BTZ_KEYBLOB_TAG_LEN];
	uint8_t cipher[BTZ_KEYBLOB_SECRET_MAX];

	btz_keyblob_header(b, out);
	if (secret.len > sizeof(cipher) || !btz_wr_ok(out) ||
	    RAND_bytes(nonce, sizeof(nonce)) <= 0 ||
	    !gcm(true, kek, nonce, btz_wr_span(out), secret, cipher, tag))
		return BTZ_FAIL(err, BTZ_E_INTERNAL, "seal key");
	btz_keyblob_seal(out, nonce, btz_span_of(cipher, secret.len), tag);
	return btz_wr_ok(out) ? BTZ_OK
			      : BTZ_FAIL(err, BTZ_E_TOOBIG, "key blob");
}

enum btz_rc
btz_kek_open(const uint8_t kek[BTZ_FILE_KEY_LEN], const struct btz_keyblob *b,
    uint8_t *out, struct btz_err *err)
{
	uint8_t tag[BTZ_KEYBLOB_TAG_LEN];

	memcpy(tag, b->tag.p, sizeof(tag));
	if (gcm(false, kek, b->nonce.p, b->aad, b->ciphertext, out, tag))
		return BTZ_OK;
	btz_wipe(out, b->ciphertext.len);
	return BTZ_FAIL(err, BTZ_E_KEY_BLOB, "wrong file key or blob");
}
