/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy.c - loads policy files and follows the published generation. Start
 * at btz_policy_get.
 */
#include "policy/policy.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "policy/decide.h"

#define RETRY_S 1 /* a generation that could not be loaded is tried again */

struct btz_policy {
	atomic_uint refs;
	struct btz_policy_view view;
	uint64_t generation;
	void *map; /* or */
	void *copy;
};

struct btz_policy_reader {
	int dir;
	pthread_mutex_t lock; /* over everything below */
	const uint8_t *page;  /* policy/current, or NULL */
	struct btz_policy *now;
	uint64_t bad;	    /* generation that failed */
	enum btz_rc bad_rc; /* BTZ_OK: none */
	time_t bad_time;    /* CLOCK_MONOTONIC */
};

const struct btz_policy_view *
btz_policy_get_view(const struct btz_policy *p)
{
	return p == NULL ? NULL : &p->view;
}

uint64_t
btz_policy_generation(const struct btz_policy *p)
{
	return p == NULL ? 0 : p->generation;
}

struct btz_span
btz_policy_trust_domain(const struct btz_policy *p)
{
	return btz_policy_name(&p->view, p->view.p, BTZ_PO_TRUST_DOMAIN);
}

static void
destroy(struct btz_policy *p)
{
	if (p->map != NULL)
		(void)munmap(p->map, p->view.len);
	free(p->copy);
	free(p);
}

void
btz_policy_put(struct btz_policy *p)
{
	if (p != NULL &&
	    atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) == 1)
		destroy(p);
}

static enum btz_rc
finish(struct btz_policy *p, struct btz_span image, struct btz_policy **out,
    struct btz_err *err)
{
	enum btz_rc rc = btz_policy_view_init(&p->view, image, err);

	p->view.len = image.len; /* for munmap, also after a failure */
	if (rc != BTZ_OK) {
		destroy(p);
		return rc;
	}
	atomic_init(&p->refs, 1);
	p->generation = btz_policy_u64(p->view.p, BTZ_PO_GENERATION);
	*out = p;
	return BTZ_OK;
}

enum btz_rc
btz_policy_from_bytes(
    struct btz_span image, struct btz_policy **out, struct btz_err *err)
{
	struct btz_policy *p = calloc(1, sizeof(*p));

	*out = NULL;
	if (p == NULL || (p->copy = malloc(image.len + 1)) == NULL) {
		free(p);
		return BTZ_FAIL(err, BTZ_E_NOMEM, "policy");
	}
	if (image.len > 0)
		memcpy(p->copy, image.p, image.len);
	return finish(p, btz_span_of(p->copy, image.len), out, err);
}

/* Maps a regular file of min..max bytes; the fd may be closed after it. */
static void *
map_file(int dir, const char *name, off_t min, off_t max, size_t *len,
    struct btz_err *err)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	void *map = MAP_FAILED;
	struct stat st;

	if (fd < 0) {
		(void)BTZ_FAIL_SYS(err, BTZ_E_NOENT, "policy/%s", name);
		return NULL;
	}
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < min ||
	    st.st_size > max) {
		(void)BTZ_FAIL(
		    err, BTZ_E_CORRUPT, "policy/%s: type or size", name);
	} else {
		*len = (size_t)st.st_size;
		map = mmap(NULL, *len, PROT_READ, MAP_SHARED, fd, 0);
		if (map == MAP_FAILED)
			(void)BTZ_FAIL_SYS(
			    err, BTZ_E_IO, "map policy/%s", name);
	}
	(void)close(fd);
	return map == MAP_FAILED ? NULL : map;
}

static enum btz_rc
load(int dir, uint64_t generation, struct btz_policy **out, struct btz_err *err)
{
	struct btz_policy *p = calloc(1, sizeof(*p));
	char name[40];
	size_t len = 0;
	enum btz_rc rc;

	if (p == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "policy");
	(void)snprintf(name, sizeof(name), "%" PRIu64 ".btzp", generation);
	p->map = map_file(dir, name, 1, BTZ_POLICY_FILE_MAX, &len, err);
	if (p->map == NULL) {
		free(p);
		return err->rc;
	}
	rc = finish(p, btz_span_of(p->map, len), out, err);
	if (rc != BTZ_OK)
		return btz_err_wrap(err, "%s", name);
	if ((*out)->generation == generation)
		return BTZ_OK;
	btz_policy_put(*out);
	*out = NULL;
	return BTZ_FAIL(err, BTZ_E_CORRUPT,
	    "policy/%s is of generation other "
	    "than its name",
	    name);
}

enum btz_rc
btz_policy_reader_new(
    const char *dir, struct btz_policy_reader **out, struct btz_err *err)
{
	struct btz_policy_reader *r = calloc(1, sizeof(*r));

	*out = NULL;
	if (r == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "policy reader");
	r->dir = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (r->dir < 0) {
		free(r);
		return BTZ_FAIL_SYS(err, BTZ_E_NOENT, "%s", dir);
	}
	if (pthread_mutex_init(&r->lock, NULL) != 0) {
		(void)close(r->dir);
		free(r);
		return BTZ_FAIL(err, BTZ_E_NOMEM, "policy reader");
	}
	*out = r;
	return BTZ_OK;
}

void
btz_policy_reader_free(struct btz_policy_reader *r)
{
	union { /* mmap gave it without const */
		const uint8_t *c;
		void *v;
	} page;

	if (r == NULL)
		return;
	page.c = r->page;
	if (page.v != NULL)
		(void)munmap(page.v, BTZ_CURRENT_SIZE);
	btz_policy_put(r->now);
	(void)close(r->dir);
	(void)pthread_mutex_destroy(&r->lock);
	free(r);
}

/* The page is made once and never replaced, so that its mapping stays true. */
static enum btz_rc
map_page(struct btz_policy_reader *r, struct btz_err *err)
{
	size_t len;

	if (r->page != NULL)
		return BTZ_OK;
	r->page = map_file(
	    r->dir, "current", BTZ_CURRENT_SIZE, BTZ_CURRENT_SIZE, &len, err);
	if (r->page == NULL && err->rc == BTZ_E_NOENT)
		return BTZ_FAIL(
		    err, BTZ_E_UNPROVISIONED, "no policy was published yet");
	return r->page == NULL ? err->rc : BTZ_OK;
}

static enum btz_rc
read_generation(struct btz_policy_reader *r, uint64_t *out, struct btz_err *err)
{
	enum btz_rc rc = map_page(r, err);
	const _Atomic uint64_t *word;

	*out = 0;
	if (rc != BTZ_OK)
		return rc;
	word = (const void *)(r->page + BTZ_CU_GENERATION);
	if (memcmp(r->page, BTZ_CURRENT_MAGIC, 8) != 0 ||
	    btz_policy_u32(r->page, BTZ_CU_VERSION) != 1)
		return BTZ_FAIL(err, BTZ_E_CORRUPT, "policy/current");
	*out = atomic_load_explicit(word, memory_order_acquire);
	if (*out == 0)
		return BTZ_FAIL(
		    err, BTZ_E_UNPROVISIONED, "no policy was published yet");
	return BTZ_OK;
}

/* The file may be gone already when several generations came in between. */
static enum btz_rc
load_newest(struct btz_policy_reader *r, uint64_t *generation,
    struct btz_policy **out, struct btz_err *err)
{
	enum btz_rc rc = BTZ_E_NOENT;

	for (int i = 0; i < 3; i++) {
		uint64_t before = *generation;

		rc = load(r->dir, before, out, err);
		if (rc != BTZ_E_NOENT)
			break;
		if (read_generation(r, generation, err) != BTZ_OK ||
		    *generation == before)
			break;
	}
	return rc;
}

static time_t
monotonic(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static enum btz_rc
remember(struct btz_policy_reader *r, uint64_t generation, enum btz_rc rc,
    struct btz_err *err)
{
	if (r->bad_rc == rc && r->bad == generation)
		*err = (struct btz_err){ .rc = BTZ_OK }; /* told before */
	r->bad = generation;
	r->bad_rc = rc;
	r->bad_time = monotonic();
	return rc;
}

static enum btz_rc
follow(struct btz_policy_reader *r, struct btz_err *err)
{
	struct btz_policy *fresh = NULL;
	uint64_t generation;
	enum btz_rc rc = read_generation(r, &generation, err);

	if (rc != BTZ_OK)
		return remember(r, 0, rc, err);
	if (r->now != NULL && r->now->generation == generation) {
		r->bad_rc = BTZ_OK;
		return BTZ_OK;
	}
	if (r->bad_rc != BTZ_OK && r->bad == generation &&
	    monotonic() - r->bad_time < RETRY_S)
		return r->bad_rc;
	if (r->now != NULL && generation < r->now->generation)
		return remember(r, generation,
		    BTZ_FAIL(err, BTZ_E_ROLLBACK,
			"policy generation went back to %" PRIu64, generation),
		    err);
	rc = load_newest(r, &generation, &fresh, err);
	if (rc != BTZ_OK)
		return remember(r, generation, rc, err);
	btz_policy_put(r->now);
	r->now = fresh;
	r->bad_rc = BTZ_OK;
	*err = (struct btz_err){ .rc = BTZ_OK };
	return BTZ_OK;
}

enum btz_rc
btz_policy_get(
    struct btz_policy_reader *r, struct btz_policy **out, struct btz_err *err)
{
	struct btz_err mine;
	enum btz_rc rc;

	if (err == NULL)
		err = &mine;
	*err = (struct btz_err){ .rc = BTZ_OK };
	*out = NULL;
	(void)pthread_mutex_lock(&r->lock);
	rc = follow(r, err);
	if (rc == BTZ_OK) {
		*out = r->now;
		atomic_fetch_add_explicit(
		    &r->now->refs, 1, memory_order_relaxed);
	}
	(void)pthread_mutex_unlock(&r->lock);
	return rc;
}
