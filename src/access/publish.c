/* SPDX-License-Identifier: Apache-2.0 */
/*
 * publish.c - generations. The number and its time are stored in the same
 * transaction as the change, so that what a crash left unpublished is compiled
 * again to the same bytes at the next start.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access/access.h"
#include "policy/build.h"

static enum btz_rc
next_generation(struct btz_access *a, uint64_t *out, struct btz_err *err)
{
	uint64_t published = btz_policy_published(a->policy_dir);
	enum btz_rc rc = btz_store_num(a->db, "generation", out, err);

	if (rc != BTZ_OK)
		return rc;
	/* An older database may have been put back: never go back with it. */
	*out = (*out > published ? *out : published) + 1;
	rc = btz_store_set_num(a->db, "generation", *out, err);
	if (rc == BTZ_OK)
		rc = btz_store_set_num(a->db, "made", a->now, err);
	return rc;
}

enum btz_rc
btz_publish_prepare(struct btz_access *a, uint8_t **image, size_t *len,
    uint64_t *generation, struct btz_err *err)
{
	enum btz_rc rc = next_generation(a, generation, err);

	*image = NULL;
	*len = 0;
	if (rc != BTZ_OK)
		return rc;
	return btz_compile(a->db, *generation, a->now, image, len, err);
}

/* Are these the bytes of the file that enforcers use? */
static bool
in_force(struct btz_access *a, uint64_t generation, struct btz_span image)
{
	char name[40];
	uint8_t *have;
	struct stat st;
	bool same;
	int fd;

	if (btz_policy_published(a->policy_dir) != generation)
		return false;
	(void)snprintf(name, sizeof(name), "%" PRIu64 ".btzp", generation);
	fd = openat(a->policy_dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return false;
	have = malloc(image.len + 1);
	same = have != NULL && fstat(fd, &st) == 0 &&
	       (uint64_t)st.st_size == image.len &&
	       pread(fd, have, image.len, 0) == (ssize_t)image.len &&
	       memcmp(have, image.p, image.len) == 0;
	free(have);
	(void)close(fd);
	return same;
}

static enum btz_rc
publish_new(struct btz_access *a, struct btz_err *err)
{
	uint64_t generation;
	uint8_t *image = NULL;
	size_t len;
	enum btz_rc rc = btz_db_begin(a->db, err);

	if (rc != BTZ_OK)
		return rc;
	rc = btz_publish_prepare(a, &image, &len, &generation, err);
	if (rc == BTZ_OK)
		rc = btz_db_commit(a->db, err);
	else
		btz_db_rollback(a->db);
	if (rc == BTZ_OK)
		rc = btz_policy_publish(
		    a->policy_dir, generation, btz_span_of(image, len), err);
	free(image);
	return rc;
}

enum btz_rc
btz_publish_repair(struct btz_access *a, struct btz_err *err)
{
	uint64_t generation, made, published;
	uint8_t *image;
	size_t len;
	enum btz_rc rc;

	if ((rc = btz_store_num(a->db, "generation", &generation, err)) !=
		BTZ_OK ||
	    (rc = btz_store_num(a->db, "made", &made, err)) != BTZ_OK)
		return rc;
	published = btz_policy_published(a->policy_dir);
	if (generation == 0 || published > generation)
		return publish_new(a, err);
	rc = btz_compile(a->db, generation, made, &image, &len, err);
	if (rc != BTZ_OK)
		return rc;
	if (in_force(a, generation, btz_span_of(image, len))) {
		free(image);
		return BTZ_OK;
	}
	/* Its number was shown with other contents: it needs a new one. */
	if (published == generation)
		rc = publish_new(a, err);
	else
		rc = btz_policy_publish(
		    a->policy_dir, generation, btz_span_of(image, len), err);
	free(image);
	return rc;
}
