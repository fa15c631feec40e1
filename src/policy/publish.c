/* SPDX-License-Identifier: Apache-2.0 */
/*
 * publish.c - puts a policy image in force: a new file under its own name,
 * durable before the shared page says its number.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/build.h"
#include "policy/format.h"

#define KEEP 3
#define TEMP "next.tmp"

static enum btz_rc
write_all(int fd, struct btz_span s, struct btz_err *err)
{
	while (s.len > 0) {
		ssize_t n = write(fd, s.p, s.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return BTZ_FAIL_SYS(err,
			    errno == ENOSPC ? BTZ_E_FULL : BTZ_E_IO,
			    "write policy");
		s.p += n;
		s.len -= (size_t)n;
	}
	return BTZ_OK;
}

/* Written aside, durable, then under its name: readers never see half. */
static enum btz_rc
write_file(
    int dir, const char *name, struct btz_span image, struct btz_err *err)
{
	int fd = openat(dir, TEMP,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	enum btz_rc rc;

	if (fd < 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "create policy/" TEMP);
	rc = write_all(fd, image, err);
	if (rc == BTZ_OK && fdatasync(fd) != 0)
		rc = BTZ_FAIL_SYS(err, BTZ_E_IO, "sync policy");
	(void)close(fd);
	if (rc == BTZ_OK && renameat(dir, TEMP, dir, name) != 0)
		rc = BTZ_FAIL_SYS(err, BTZ_E_IO, "rename to policy/%s", name);
	if (rc == BTZ_OK && fsync(dir) != 0)
		rc = BTZ_FAIL_SYS(err, BTZ_E_IO, "sync folder policy");
	return rc;
}

static void
page_header(uint8_t page[BTZ_CURRENT_SIZE])
{
	struct btz_wr wr;

	btz_wr_init(&wr, page, BTZ_CURRENT_SIZE);
	btz_wr_raw(&wr, BTZ_CURRENT_MAGIC, 8);
	btz_wr_u32(&wr, 1);
	btz_wr_u32(&wr, 0);
}

static enum btz_rc
make_page(int dir, struct btz_err *err)
{
	static uint8_t page[BTZ_CURRENT_SIZE];

	page_header(page);
	return write_file(dir, "current", btz_span_of(page, sizeof(page)), err);
}

/* Opens and maps the page; *fd is open on success. */
static uint8_t *
map_page(int dir, int prot, int *fd, struct btz_err *err)
{
	void *map = MAP_FAILED;
	struct stat st;

	*fd = openat(dir, "current",
	    ((prot & PROT_WRITE) != 0 ? O_RDWR : O_RDONLY) | O_CLOEXEC |
		O_NOFOLLOW);
	if (*fd < 0) {
		(void)BTZ_FAIL_SYS(err, BTZ_E_NOENT, "policy/current");
		return NULL;
	}
	if (fstat(*fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size == BTZ_CURRENT_SIZE)
		map = mmap(NULL, BTZ_CURRENT_SIZE, prot, MAP_SHARED, *fd, 0);
	if (map != MAP_FAILED)
		return map;
	(void)close(*fd);
	(void)BTZ_FAIL(err, BTZ_E_CORRUPT, "policy/current");
	return NULL;
}

/* A page that enforcers may have mapped; one of another size they refuse. */
static bool
page_exists(int dir)
{
	struct stat st;

	return fstatat(dir, "current", &st, AT_SYMLINK_NOFOLLOW) == 0
		   ? S_ISREG(st.st_mode) && st.st_size == BTZ_CURRENT_SIZE
		   : errno != ENOENT;
}

/* The page is made only if there is none: enforcers keep what they mapped,
 * and would never see a generation that is written to another. */
static uint8_t *
open_page(int dir, int *fd, struct btz_err *err)
{
	const int prot = PROT_READ | PROT_WRITE;
	uint8_t *page = map_page(dir, prot, fd, err);

	if (page != NULL || page_exists(dir) || make_page(dir, err) != BTZ_OK)
		return page;
	return map_page(dir, prot, fd, err);
}

static enum btz_rc
store_generation(int dir, uint64_t generation, struct btz_err *err)
{
	enum btz_rc rc = BTZ_OK;
	_Atomic uint64_t *word;
	uint8_t *page;
	int fd;

	page = open_page(dir, &fd, err);
	if (page == NULL)
		return err != NULL ? err->rc : BTZ_E_IO;
	if (memcmp(page, BTZ_CURRENT_MAGIC, 8) != 0)
		page_header(page);
	word = (void *)(page + BTZ_CU_GENERATION);
	atomic_store_explicit(word, generation, memory_order_release);
	if (fdatasync(fd) != 0) /* also what was changed through the mapping */
		rc = BTZ_FAIL_SYS(err, BTZ_E_IO, "sync policy/current");
	(void)munmap(page, BTZ_CURRENT_SIZE);
	(void)close(fd);
	return rc;
}

/* Generation of "<digits>.btzp", 0: another file. */
static uint64_t
file_generation(const char *name)
{
	uint64_t g = 0;
	size_t i = 0;

	for (; name[i] >= '0' && name[i] <= '9' && i < 19; i++)
		g = g * 10 + (uint64_t)(name[i] - '0');
	return strcmp(name + i, ".btzp") == 0 ? g : 0;
}

static void
remove_old(int dir, uint64_t newest)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (d == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	while ((e = readdir(d)) != NULL) {
		uint64_t g = file_generation(e->d_name);

		if (g != 0 && g < newest && newest - g >= KEEP)
			(void)unlinkat(dir, e->d_name, 0);
	}
	(void)closedir(d);
}

enum btz_rc
btz_policy_publish(
    int dirfd, uint64_t generation, struct btz_span image, struct btz_err *err)
{
	char name[40];
	enum btz_rc rc;

	(void)snprintf(name, sizeof(name), "%" PRIu64 ".btzp", generation);
	rc = write_file(dirfd, name, image, err);
	if (rc == BTZ_OK)
		rc = store_generation(dirfd, generation, err);
	if (rc == BTZ_OK)
		remove_old(dirfd, generation);
	return rc;
}

uint64_t
btz_policy_published(int dirfd)
{
	int fd;
	uint8_t *page = map_page(dirfd, PROT_READ, &fd, NULL);
	uint64_t generation = 0;

	if (page == NULL)
		return 0;
	if (memcmp(page, BTZ_CURRENT_MAGIC, 8) == 0)
		generation = atomic_load_explicit(
		    (_Atomic uint64_t *)(void *)(page + BTZ_CU_GENERATION),
		    memory_order_acquire);
	(void)munmap(page, BTZ_CURRENT_SIZE);
	(void)close(fd);
	return generation;
}
