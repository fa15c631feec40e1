/* SPDX-License-Identifier: Apache-2.0 */
/*
 * landlock.c - which files a process may touch; contract in confine.h.
 * The kernel's interface as of ABI 7 (Linux 6.15); what an older kernel does
 * not know is left out of the rule set. Numbers are spelled out because the
 * headers of the oldest system we build on stop at ABI 2.
 */
#include "base/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "wire/cursor.h"

#define SYS_CREATE_RULESET 444
#define SYS_ADD_RULE 445
#define SYS_RESTRICT_SELF 446
#define CREATE_VERSION 1u
#define RULE_PATH_BENEATH 1

enum {
	FS_EXECUTE = 1 << 0,
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_REMOVE_DIR = 1 << 4,
	FS_REMOVE_FILE = 1 << 5,
	FS_MAKE_CHAR = 1 << 6,
	FS_MAKE_DIR = 1 << 7,
	FS_MAKE_REG = 1 << 8,
	FS_MAKE_SOCK = 1 << 9,
	FS_MAKE_FIFO = 1 << 10,
	FS_MAKE_BLOCK = 1 << 11,
	FS_MAKE_SYM = 1 << 12,
	FS_REFER = 1 << 13,	/* ABI 2 */
	FS_TRUNCATE = 1 << 14,	/* ABI 3 */
	FS_IOCTL_DEV = 1 << 15, /* ABI 5 */
};

enum {
	OF_FILES = FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE |
		   FS_IOCTL_DEV, /* what a rule on a file may name */
	READING = FS_READ_FILE | FS_READ_DIR,
	WRITING = READING | FS_WRITE_FILE | FS_REMOVE_DIR | FS_REMOVE_FILE |
		  FS_MAKE_DIR | FS_MAKE_REG | FS_REFER | FS_TRUNCATE,
};

/* struct landlock_ruleset_attr and landlock_path_beneath_attr of the kernel */
struct ruleset_attr {
	uint64_t fs, net, scoped;
};
struct path_attr {
	uint64_t access;
	int32_t parent_fd;
} __attribute__((packed));

static const struct {
	int abi;
	uint64_t fs, net, scoped;
} known[] = {
	{ 1, (1 << 13) - 1, 0, 0 },
	{ 2, FS_REFER, 0, 0 },
	{ 3, FS_TRUNCATE, 0, 0 },
	{ 4, 0, 3 /* bind and connect TCP */, 0 },
	{ 5, FS_IOCTL_DEV, 0, 0 },
	{ 6, 0, 0, 3 /* abstract Unix sockets, signals */ },
};

static struct ruleset_attr
handled_by(long abi)
{
	struct ruleset_attr a = { 0, 0, 0 };

	for (size_t i = 0; i < BTZ_COUNT(known); i++) {
		if (abi < known[i].abi)
			break;
		a.fs |= known[i].fs;
		a.net |= known[i].net;
		a.scoped |= known[i].scoped;
	}
	return a;
}

static enum btz_rc
allow(int rules, const char *path, uint64_t rights, struct btz_err *err)
{
	struct path_attr attr = { .access = rights };
	struct stat st;
	long failed;

	attr.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (attr.parent_fd < 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "confine: %s", path);
	if (fstat(attr.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
		attr.access &= OF_FILES;
	failed = syscall(SYS_ADD_RULE, rules, RULE_PATH_BENEATH, &attr, 0);
	if (failed != 0)
		(void)BTZ_FAIL_SYS(
		    err, BTZ_E_INTERNAL, "Landlock rule %s", path);
	(void)close(attr.parent_fd);
	return failed == 0 ? BTZ_OK : BTZ_E_INTERNAL;
}

static enum btz_rc
allow_all(
    int rules, const char *const *paths, uint64_t rights, struct btz_err *err)
{
	enum btz_rc rc = BTZ_OK;

	for (size_t i = 0;
	     rc == BTZ_OK && i < BTZ_CONFINE_PATHS && paths[i] != NULL; i++)
		rc = allow(rules, paths[i], rights, err);
	return rc;
}

enum btz_rc
btz_landlock_apply(const struct btz_confine *c, struct btz_err *err)
{
	long abi = syscall(SYS_CREATE_RULESET, NULL, 0, CREATE_VERSION);
	struct ruleset_attr handled = handled_by(abi);
	uint64_t exec = (c->flags & BTZ_MAY_EXEC) != 0 ? FS_EXECUTE : 0;
	uint64_t device = (c->flags & (BTZ_MAY_TEE | BTZ_MAY_NFTABLES)) != 0
			      ? FS_IOCTL_DEV
			      : 0;
	/* the kernel refuses fields it does not know only if they are set */
	size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
	enum btz_rc rc;
	int rules;

	if (abi < 1)
		return BTZ_FAIL_SYS(err, BTZ_E_UNSUPPORTED,
		    "this kernel has no Landlock (CONFIG_SECURITY_LANDLOCK)");
	rules = (int)syscall(SYS_CREATE_RULESET, &handled, size, 0);
	if (rules < 0)
		return BTZ_FAIL_SYS(err, BTZ_E_UNSUPPORTED, "Landlock");
	rc = allow_all(rules, c->read_only, (READING | exec) & handled.fs, err);
	if (rc == BTZ_OK)
		rc = allow_all(
		    rules, c->read_write, (WRITING | device) & handled.fs, err);
	if (rc == BTZ_OK && syscall(SYS_RESTRICT_SELF, rules, 0) != 0)
		rc = BTZ_FAIL_SYS(err, BTZ_E_UNSUPPORTED, "Landlock");
	(void)close(rules);
	return rc;
}
