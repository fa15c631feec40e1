/* SPDX-License-Identifier: Apache-2.0 */
/*
 * storage.c - emulated trusted storage (GP Internal Core API 5.7): one file
 * per object, AES-256-GCM under a key of the unique key and the object id,
 * replaced by fsync and rename. Confidential and intact like OP-TEE's REE-FS,
 * and like it without protection against roll-back.
 */
#include "hostkit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <tee_internal_api.h>

#include "object.h"

#define FILE_MAX (1u << 20)
#define NONCE 12
#define TAG 16

static int fuse = -1, read_fuse = -1;

void
btz_hostkit_fail_storage_after(int n)
{
	fuse = n;
}

void
btz_hostkit_fail_reads_after(int n)
{
	read_fuse = n;
}

static bool
read_allowed(void)
{
	if (read_fuse > 0)
		return read_fuse-- > 0;
	return read_fuse < 0;
}

static bool
write_allowed(void)
{
	if (fuse < 0)
		return true;
	if (fuse == 0)
		return false;
	fuse--;
	return true;
}

static bool
file_name(const void *id, size_t len, char out[2 * TEE_OBJECT_ID_MAX_LEN + 5])
{
	const uint8_t *p = id;

	if (len == 0 || len > TEE_OBJECT_ID_MAX_LEN)
		return false;
	for (size_t i = 0; i < len; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", p[i]);
	memcpy(out + 2 * len, ".obj", 5);
	return true;
}

/* in -> out of the same length; tag is made or checked. */
static bool
gcm(bool enc, const uint8_t key[32], const uint8_t nonce[NONCE],
    const uint8_t *in, size_t len, uint8_t *out, uint8_t tag[TAG])
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n = 0, end = 0;
	bool ok = c != NULL &&
		  EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, key, nonce,
		      enc ? 1 : 0) == 1 &&
		  (enc || EVP_CIPHER_CTX_ctrl(
			      c, EVP_CTRL_AEAD_SET_TAG, TAG, tag) == 1) &&
		  EVP_CipherUpdate(c, out, &n, in, (int)len) == 1 &&
		  EVP_CipherFinal_ex(c, out + n, &end) == 1 &&
		  (!enc || EVP_CIPHER_CTX_ctrl(
			       c, EVP_CTRL_AEAD_GET_TAG, TAG, tag) == 1);

	EVP_CIPHER_CTX_free(c);
	return ok;
}

static bool
write_all(int fd, const uint8_t *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

static bool
write_file(const char *name, const uint8_t *p, size_t len)
{
	int dir = hostkit_dirfd(), fd;
	bool ok;

	fd = openat(
	    dir, "object.new", O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	ok = write_all(fd, p, len) && fsync(fd) == 0;
	ok = close(fd) == 0 && ok;
	return ok && renameat(dir, "object.new", dir, name) == 0 &&
	       fsync(dir) == 0;
}

static bool
seal_file(const char *name, const void *data, size_t len)
{
	uint8_t key[32], *buf = malloc(NONCE + len + TAG);
	bool ok = buf != NULL && getrandom(buf, NONCE, 0) == NONCE &&
		  hostkit_derive("storage", name, strlen(name), key) &&
		  gcm(true, key, buf, data, len, buf + NONCE,
		      buf + NONCE + len) &&
		  write_file(name, buf, NONCE + len + TAG);

	OPENSSL_cleanse(key, sizeof(key));
	free(buf);
	return ok;
}

static TEE_Result
read_file(const char *name, uint8_t **out, size_t *len)
{
	int fd = openat(hostkit_dirfd(), name, O_RDONLY | O_CLOEXEC);
	struct stat st;
	TEE_Result res = TEE_SUCCESS;
	uint8_t *buf = NULL;

	if (fd < 0)
		return errno == ENOENT ? TEE_ERROR_ITEM_NOT_FOUND
				       : TEE_ERROR_STORAGE_NOT_AVAILABLE;
	if (!read_allowed() || fstat(fd, &st) != 0)
		res = TEE_ERROR_STORAGE_NOT_AVAILABLE;
	else if (st.st_size < NONCE + TAG || st.st_size > (off_t)FILE_MAX)
		res = TEE_ERROR_CORRUPT_OBJECT;
	else if ((buf = malloc((size_t)st.st_size)) == NULL)
		res = TEE_ERROR_OUT_OF_MEMORY;
	else if (read(fd, buf, (size_t)st.st_size) != st.st_size)
		res = TEE_ERROR_STORAGE_NOT_AVAILABLE;
	(void)close(fd);
	if (res != TEE_SUCCESS) {
		free(buf);
		return res;
	}
	*out = buf;
	*len = (size_t)st.st_size;
	return TEE_SUCCESS;
}

static TEE_Result
open_file(const char *name, uint8_t **out, size_t *outlen)
{
	uint8_t key[32], *buf, *plain;
	size_t len = 0;
	TEE_Result res = read_file(name, &buf, &len);
	bool ok;

	if (res != TEE_SUCCESS)
		return res;
	*outlen = len - NONCE - TAG;
	plain = malloc(*outlen + 1);
	ok = plain != NULL &&
	     hostkit_derive("storage", name, strlen(name), key) &&
	     gcm(false, key, buf, buf + NONCE, *outlen, plain, buf + len - TAG);
	OPENSSL_cleanse(key, sizeof(key));
	free(buf);
	if (!ok) {
		free(plain);
		return TEE_ERROR_CORRUPT_OBJECT;
	}
	*out = plain;
	return TEE_SUCCESS;
}

TEE_Result
TEE_CreatePersistentObject(uint32_t storageID, const void *objectID,
    size_t objectIDLen, uint32_t flags, TEE_ObjectHandle attributes,
    const void *initialData, size_t initialDataLen, TEE_ObjectHandle *object)
{
	char name[2 * TEE_OBJECT_ID_MAX_LEN + 5];
	enum hostkit_power power;

	if (object != NULL)
		*object = NULL;
	if (storageID != TEE_STORAGE_PRIVATE || attributes != NULL ||
	    !file_name(objectID, objectIDLen, name) || object != NULL)
		return TEE_ERROR_NOT_SUPPORTED;
	if ((flags & TEE_DATA_FLAG_OVERWRITE) == 0 &&
	    faccessat(hostkit_dirfd(), name, F_OK, 0) == 0)
		return TEE_ERROR_ACCESS_CONFLICT;
	power = write_allowed() ? hostkit_power() : HOSTKIT_OFF;
	if (power == HOSTKIT_OFF ||
	    !seal_file(name, initialData, initialDataLen) ||
	    power == HOSTKIT_LAST)
		return TEE_ERROR_STORAGE_NOT_AVAILABLE;
	return TEE_SUCCESS;
}

TEE_Result
TEE_OpenPersistentObject(uint32_t storageID, const void *objectID,
    size_t objectIDLen, uint32_t flags, TEE_ObjectHandle *object)
{
	struct __TEE_ObjectHandle *o;
	TEE_Result res;

	(void)flags;
	*object = NULL;
	o = calloc(1, sizeof(*o));
	if (o == NULL)
		return TEE_ERROR_OUT_OF_MEMORY;
	o->type = TEE_TYPE_DATA;
	if (storageID != TEE_STORAGE_PRIVATE ||
	    !file_name(objectID, objectIDLen, o->name))
		res = TEE_ERROR_ITEM_NOT_FOUND;
	else
		res = open_file(o->name, &o->data, &o->data_len);
	if (res != TEE_SUCCESS) {
		free(o);
		return res;
	}
	*object = o;
	return TEE_SUCCESS;
}

TEE_Result
TEE_CloseAndDeletePersistentObject1(TEE_ObjectHandle object)
{
	bool ok = write_allowed() &&
		  unlinkat(hostkit_dirfd(), object->name, 0) == 0 &&
		  fsync(hostkit_dirfd()) == 0;

	TEE_CloseObject(object);
	return ok ? TEE_SUCCESS : TEE_ERROR_STORAGE_NOT_AVAILABLE;
}

TEE_Result
TEE_ReadObjectData(
    TEE_ObjectHandle object, void *buffer, size_t size, size_t *count)
{
	size_t left = object->data_len - object->position;

	*count = size < left ? size : left;
	memcpy(buffer, object->data + object->position, *count);
	object->position += *count;
	return TEE_SUCCESS;
}

TEE_Result
TEE_GetObjectInfo1(TEE_ObjectHandle object, TEE_ObjectInfo *info)
{
	memset(info, 0, sizeof(*info));
	info->objectType = object->type;
	info->dataSize = object->data_len;
	info->dataPosition = object->position;
	return TEE_SUCCESS;
}

void
TEE_CloseObject(TEE_ObjectHandle object)
{
	if (object == NULL)
		return;
	if (object->data != NULL)
		OPENSSL_cleanse(object->data, object->data_len);
	free(object->data);
	free(object);
}
