/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tpm_srk.c - the storage root key: TCG's P-256 template, persistent, without
 * an authorization value. What the TPM says of it is not authenticated: its
 * Name is kept from the first time on (DIR/srk), and only the TPM that has
 * this key can take part in a session that is salted to it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crypto/backend/tpm_direct.h"

#define NAME_LEN 34u

static enum btz_rc
failed(struct btz_tpmd *t, const char *what, struct btz_err *err)
{
	return BTZ_FAIL(err, BTZ_E_TEE_DOWN, "TPM: %s: %s (0x%x)", what,
	    t->tpm.why, t->tpm.tpm_rc);
}

static bool
owner_has_auth(struct btz_tpmd *t)
{
	uint32_t v;

	return btz_tpm_property_plain(&t->tpm, BTZ_TPM_PT_PERMANENT, &v) ==
		   BTZ_OK &&
	       (v & BTZ_TPM_PERM_OWNER_AUTH) != 0;
}

static enum btz_rc
make_persistent(struct btz_tpmd *t, const struct btz_tpm_entity *owner,
    uint32_t made, uint32_t handle, struct btz_err *err)
{
	struct btz_tpm_in_handle in = { .handle = handle };
	struct btz_tpm_entity key = { .handle = made };
	const struct btz_tpm_entity *ents[2] = { owner, &key };
	enum btz_rc rc = btz_tpm_exec_how(
	    &t->tpm, BTZ_TPM_PASSWORD, BTZ_TPM_EVICT_CONTROL, ents, &in, NULL);

	if (rc != BTZ_OK)
		rc = failed(t, "make the storage root key persistent", err);
	btz_tpmd_flush(t, made);
	return rc;
}

static enum btz_rc
make(struct btz_tpmd *t, uint32_t handle, struct btz_err *err)
{
	const struct btz_span none = btz_span_of(NULL, 0);
	struct btz_tpm_entity owner = btz_tpm_hierarchy(BTZ_TPM_RH_OWNER, none);
	const struct btz_tpm_entity *ents[1] = { &owner };
	struct btz_tpm_public tmpl;
	struct btz_tpm_in_create in = { .tmpl = &tmpl };
	static struct btz_tpm_out_create out;

	if (owner_has_auth(t))
		return BTZ_FAIL(err, BTZ_E_TEE_DOWN,
		    "TPM: no storage root key at 0x%x, and its owner has an "
		    "authorization value: the owner makes the P-256 SRK there",
		    handle);
	btz_tpm_tmpl_srk(&tmpl);
	if (btz_tpm_exec_how(&t->tpm, BTZ_TPM_PASSWORD, BTZ_TPM_CREATE_PRIMARY,
		ents, &in, &out) != BTZ_OK)
		return failed(t, "make the storage root key", err);
	return make_persistent(t, &owner, out.handle, handle, err);
}

static enum btz_rc
read_srk(struct btz_tpmd *t, uint32_t handle, struct btz_err *err)
{
	struct btz_tpm_entity obj = { .handle = handle };
	struct btz_tpm_public tmpl;
	enum btz_rc rc;

	btz_tpm_tmpl_srk(&tmpl);
	rc = btz_tpm_read_public(&t->tpm, BTZ_TPM_PLAIN, &obj, &t->srk_pub);
	if (rc == BTZ_OK)
		rc = btz_tpm_public_check(&tmpl, &t->srk_pub);
	if (rc == BTZ_E_TPM_TEMPLATE || rc == BTZ_E_TPM_FORMAT)
		return BTZ_FAIL(err, BTZ_E_TEE_DOWN,
		    "TPM: what is at 0x%x is not the P-256 storage root key: "
		    "choose another place ([tpm-direct] srk)",
		    handle);
	return rc; /* BTZ_E_TPM_UNAVAILABLE: may be missing */
}

static enum btz_rc
write_pin(const char *dir, const char *path, const struct btz_tpm_name *name,
    struct btz_err *err)
{
	char aside[4096];
	int fd, dir_fd;
	bool ok;

	(void)snprintf(aside, sizeof(aside), "%s/srk.new", dir);
	fd = open(
	    aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "create '%s'", aside);
	ok = write(fd, name->b, NAME_LEN) == (ssize_t)NAME_LEN &&
	     fsync(fd) == 0;
	ok = close(fd) == 0 && ok && rename(aside, path) == 0;
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ok = ok && dir_fd >= 0 && fsync(dir_fd) == 0;
	if (dir_fd >= 0)
		(void)close(dir_fd);
	return ok ? BTZ_OK : BTZ_FAIL_SYS(err, BTZ_E_IO, "write '%s'", path);
}

/* *is: there is one, and it is this one. */
static enum btz_rc
compare_pin(const char *path, const struct btz_tpm_name *name, bool *is,
    struct btz_err *err)
{
	uint8_t kept[NAME_LEN + 1];
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n;

	*is = false;
	if (fd < 0 && errno == ENOENT)
		return BTZ_OK;
	if (fd < 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "open '%s'", path);
	n = read(fd, kept, sizeof(kept));
	(void)close(fd);
	*is = n == (ssize_t)NAME_LEN && memcmp(kept, name->b, NAME_LEN) == 0;
	return *is ? BTZ_OK
		   : BTZ_FAIL(err, BTZ_E_TEE_DOWN,
			 "TPM: another storage root key than '%.80s' says: "
			 "another TPM, or it was cleared; keys made before "
			 "are of no use here",
			 path);
}

static enum btz_rc
pin(struct btz_tpmd *t, const char *dir, struct btz_err *err)
{
	char path[4096];
	bool is;
	enum btz_rc rc;

	if (snprintf(path, sizeof(path), "%s/srk", dir) >= 4000)
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "directory '%s'", dir);
	rc = compare_pin(path, &t->srk.name, &is, err);
	if (rc == BTZ_OK && !is)
		rc = write_pin(dir, path, &t->srk.name, err);
	return rc;
}

enum btz_rc
btz_tpmd_srk(
    struct btz_tpmd *t, uint32_t handle, const char *dir, struct btz_err *err)
{
	enum btz_rc rc = read_srk(t, handle, err);

	if (rc == BTZ_E_TPM_UNAVAILABLE &&
	    btz_tpmd_is(t->tpm.tpm_rc, 0x08bu)) { /* TPM_RC_HANDLE */
		rc = make(t, handle, err);
		if (rc == BTZ_OK)
			rc = read_srk(t, handle, err);
	}
	if (rc == BTZ_E_TPM_UNAVAILABLE)
		return failed(t, "read the storage root key", err);
	if (rc != BTZ_OK)
		return rc;
	t->srk = (struct btz_tpm_entity){ .handle = handle };
	rc = btz_tpm_name_public(&t->crypto, &t->srk_pub, &t->srk.name);
	return rc == BTZ_OK ? pin(t, dir, err)
			    : BTZ_FAIL(err, rc, "Name of the SRK");
}
