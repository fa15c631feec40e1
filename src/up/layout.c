/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layout.c - the directories of a box with their owners and modes. Start at
 * the table. Owners differ only when `up` runs as root.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/home.h"
#include "up/httpd_conf.h"
#include "up/up.h"
#include "wire/limits.h"
#include "wire/name.h"
#include "wire/resource.h"

/* owner, group BTZ_PROG_NONE: root's. A group of its own: the one other
 * program that may enter. */
static const struct dir {
	const char *rel;
	mode_t mode;
	enum btz_prog owner, group;
} dirs[] = {
	{ "etc", 0755, BTZ_PROG_NONE, BTZ_PROG_NONE },
	{ "run", 0755, BTZ_PROG_NONE, BTZ_PROG_NONE },
	{ "run/admin", 0700, BTZ_PROG_NONE, BTZ_PROG_NONE },
	{ "run/http", 0700, BTZ_PROG_HTTPD, BTZ_PROG_HTTPD },
	{ "run/vpn", 02710, BTZ_PROG_OPENVPN1, BTZ_PROG_VPN },
	{ "run/parsec", 0755, BTZ_PROG_NONE, BTZ_PROG_NONE },
	{ "run/tpm", 02710, BTZ_PROG_SWTPM, BTZ_PROG_TA },
	{ "lib", 0755, BTZ_PROG_NONE, BTZ_PROG_NONE },
	{ "lib/broker", 0700, BTZ_PROG_BROKER, BTZ_PROG_BROKER },
	{ "lib/crypto-soft", 0700, BTZ_PROG_CRYPTO_SOFT, BTZ_PROG_CRYPTO_SOFT },
	{ "lib/crypto-tee", 0700, BTZ_PROG_CRYPTO_TEE, BTZ_PROG_CRYPTO_TEE },
	{ "lib/ca", 0700, BTZ_PROG_CA, BTZ_PROG_CA },
	{ "lib/access", 0700, BTZ_PROG_ACCESS, BTZ_PROG_ACCESS },
	{ "lib/audit", 0700, BTZ_PROG_AUDIT, BTZ_PROG_AUDIT },
	{ "lib/vpn", 02750, BTZ_PROG_VPN, BTZ_PROG_OPENVPN1 },
	{ "lib/crypto-tpm-direct", 0700, BTZ_PROG_CRYPTO_TPM,
	    BTZ_PROG_CRYPTO_TPM },
	{ "openvpn", 0755, BTZ_PROG_NONE, BTZ_PROG_NONE },
	{ "log", 0755, BTZ_PROG_NONE, BTZ_PROG_NONE },
	{ "policy", 02750, BTZ_PROG_ACCESS, BTZ_PROG_HTTPD },
	{ "audit", 0700, BTZ_PROG_AUDIT, BTZ_PROG_AUDIT },
	{ "tpm", 0700, BTZ_PROG_SWTPM, BTZ_PROG_SWTPM },
	{ "tee", 0700, BTZ_PROG_TA, BTZ_PROG_TA },
};

uid_t
btz_up_uid(const struct btz_up *up, enum btz_prog prog)
{
	const struct btz_up_prog *p = btz_up_prog(prog);

	if (!up->root || p == NULL)
		return geteuid();
	return (uid_t)(up->conf.up.uid_base + (int64_t)p->uid_n);
}

enum btz_rc
btz_up_path(const struct btz_up *up, const char *rel, char *out, size_t cap,
    struct btz_err *err)
{
	return btz_home_path(up->home_or_null, rel, out, cap, err);
}

static uid_t new_uid; /* nftw has no argument for its callback */
static gid_t new_gid;

static int
change_owner(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return lchown(path, new_uid, new_gid);
}

/* The box ran with other uids before: everything below follows. */
static int
set_owner(const char *path, uid_t uid, gid_t gid)
{
	struct stat st;

	if (lstat(path, &st) != 0 || !S_ISDIR(st.st_mode))
		return -1;
	if (st.st_uid == uid && st.st_gid == gid)
		return 0;
	new_uid = uid;
	new_gid = gid;
	return nftw(path, change_owner, 16, FTW_PHYS | FTW_MOUNT);
}

/* A link in the directory's place is not followed: it may lead anywhere. */
static enum btz_rc
set_mode(const char *path, mode_t mode, struct btz_err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	enum btz_rc rc = BTZ_OK;

	if (fd < 0 || fchmod(fd, mode) != 0)
		rc = BTZ_FAIL_SYS(err, BTZ_E_IO, "mode of %s", path);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

static enum btz_rc
make_dir(const struct btz_up *up, const struct dir *d, struct btz_err *err)
{
	char path[512];
	enum btz_rc rc = btz_up_path(up, d->rel, path, sizeof(path), err);

	if (rc != BTZ_OK)
		return rc;
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "make directory %s", path);
	if (up->root && d->owner != BTZ_PROG_NONE &&
	    set_owner(path, btz_up_uid(up, d->owner),
		(gid_t)btz_up_uid(up, d->group)) != 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "owner of %s", path);
	return set_mode(path, d->mode, err);
}

enum btz_rc
btz_up_check_way(const struct btz_up *up, const char *path, struct btz_err *err)
{
	char part[512];
	struct stat st;
	size_t len = strlen(path);

	if (!up->root || len >= sizeof(part))
		return BTZ_OK;
	for (size_t i = 1; i <= len; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (stat(part, &st) == 0 && S_ISDIR(st.st_mode) &&
		    (st.st_mode & S_IXOTH) == 0)
			return BTZ_FAIL(err, BTZ_E_CONFIG,
			    "%s keeps out the programs' own uids: choose a "
			    "place that all may pass (chmod o+x), or run as a "
			    "user",
			    part);
	}
	return BTZ_OK;
}

/* By name: the order of the sections may change. */
static enum btz_rc
make_token_dirs(const struct btz_up *up, struct btz_err *err)
{
	enum btz_rc rc = BTZ_OK;
	enum btz_prog prog;

	for (size_t i = 0;
	     rc == BTZ_OK && (prog = btz_backends_prog(i)) != BTZ_PROG_NONE;
	     i++) {
		const struct btz_token *t = btz_backends_token(
		    &up->conf.backends, prog);
		char rel[96];

		if (t == NULL)
			continue;
		(void)snprintf(rel, sizeof(rel), "lib/pkcs11-%s", t->name);
		rc = make_dir(up, &(struct dir){ rel, 0700, prog, prog }, err);
	}
	return rc;
}

enum btz_rc
btz_up_layout(struct btz_up *up, struct btz_err *err)
{
	uid_t httpd = btz_up_uid(up, BTZ_PROG_HTTPD);
	enum btz_rc rc = BTZ_OK;

	for (size_t i = 0; rc == BTZ_OK && i < BTZ_COUNT(dirs); i++)
		rc = make_dir(up, &dirs[i], err);
	if (rc == BTZ_OK)
		rc = make_token_dirs(up, err);
	if (rc == BTZ_OK)
		rc = btz_httpd_dirs(up->home_or_null,
		    up->root ? httpd : (uid_t)-1,
		    up->root ? (gid_t)httpd : (gid_t)-1, err);
	return rc;
}

/* One level below dir_fd, which is ours to make; never follows a link. */
static int
enter_dir(const struct btz_up *up, int dir_fd, struct btz_span name)
{
	uid_t uid = btz_up_uid(up, BTZ_PROG_HTTPD);
	char text[BTZ_NAME_MAX + 1];
	int fd;

	(void)snprintf(
	    text, sizeof(text), "%.*s", (int)name.len, (const char *)name.p);
	if (mkdirat(dir_fd, text, 0700) != 0 && errno != EEXIST)
		return -1;
	fd = openat(
	    dir_fd, text, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && up->root && fchown(fd, uid, (gid_t)uid) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

enum btz_rc
btz_up_share_dir(const struct btz_up *up, struct btz_span tenant,
    struct btz_span share, struct btz_err *err)
{
	int top = -1, mid = -1, low = -1;
	char path[512];
	enum btz_rc rc;

	if (!btz_name_ok(tenant) || !btz_name_ok(share) || btz_is_vpn(share))
		return BTZ_FAIL(err, BTZ_E_NAME, "directory of a share");
	rc = btz_up_path(up, "shares", path, sizeof(path), err);
	if (rc != BTZ_OK)
		return rc;
	top = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (top >= 0)
		mid = enter_dir(up, top, tenant);
	if (mid >= 0)
		low = enter_dir(up, mid, share);
	if (low < 0)
		rc = BTZ_FAIL_SYS(err, BTZ_E_IO, "directory of share %.*s",
		    (int)share.len, (const char *)share.p);
	for (int *fd = (int[]){ top, mid, low, -1 }; *fd >= 0; fd++)
		(void)close(*fd);
	return rc;
}
