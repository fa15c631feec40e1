/* SPDX-License-Identifier: Apache-2.0 */
/* test_policy.c - the reader follows what publish.c puts into a folder. */
#include "support/cmocka_all.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/format.h"
#include "policy/image.h"

static char dir[] = "/tmp/btz-policy-XXXXXX";
static int dirfd_ = -1;

static int
enter(void **state)
{
	(void)state;
	memcpy(dir + strlen(dir) - 6, "XXXXXX", 6);
	if (mkdtemp(dir) == NULL)
		return -1;
	dirfd_ = open(dir, O_RDONLY | O_DIRECTORY);
	return dirfd_ < 0 ? -1 : 0;
}

static int
leave(void **state)
{
	(void)state;
	for (int g = 0; g < 40; g++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "%d.btzp", g);
		(void)unlinkat(dirfd_, name, 0);
	}
	(void)unlinkat(dirfd_, "current", 0);
	(void)close(dirfd_);
	return rmdir(dir);
}

static void
publish(uint64_t generation)
{
	struct btz_err err = { .rc = BTZ_OK };
	uint8_t *image;
	size_t len;

	assert_int_equal(small_image(generation, &image, &len), BTZ_OK);
	if (btz_policy_publish(
		dirfd_, generation, btz_span_of(image, len), &err) != BTZ_OK)
		fail_msg("%s", err.msg);
	free(image);
}

static void
patch(const char *name, off_t at, const void *p, size_t len)
{
	int fd = openat(dirfd_, name, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, p, len, at), (ssize_t)len);
	(void)close(fd);
}

static struct btz_policy_reader *
reader(void)
{
	struct btz_policy_reader *r;
	struct btz_err err;

	assert_int_equal(btz_policy_reader_new(dir, &r, &err), BTZ_OK);
	return r;
}

static void
expect(struct btz_policy_reader *r, enum btz_rc want, bool news)
{
	struct btz_policy *p;
	struct btz_err err;

	assert_int_equal(btz_policy_get(r, &p, &err), want);
	assert_int_equal(p == NULL, want != BTZ_OK);
	assert_int_equal(err.rc != BTZ_OK, news);
	btz_policy_put(p);
}

static void
expect_generation(struct btz_policy_reader *r, uint64_t want)
{
	struct btz_policy *p;
	struct btz_err err;

	assert_int_equal(btz_policy_get(r, &p, &err), BTZ_OK);
	assert_int_equal(btz_policy_generation(p), want);
	btz_policy_put(p);
}

static void
test_no_folder(void **state)
{
	struct btz_policy_reader *r;
	struct btz_err err;

	(void)state;
	assert_int_equal(btz_policy_reader_new("/nonexistent/policy", &r, &err),
	    BTZ_E_NOENT);
	assert_null(r);
}

static void
test_nothing_published(void **state)
{
	struct btz_policy_reader *r = reader();

	(void)state;
	expect(r, BTZ_E_UNPROVISIONED, true);
	expect(r, BTZ_E_UNPROVISIONED, false); /* told once */
	publish(1);
	expect_generation(r, 1);
	btz_policy_reader_free(r);
}

static void
test_follows_and_keeps_old(void **state)
{
	struct btz_policy_reader *r = reader();
	struct btz_policy *old;
	struct btz_policy_answer a;
	struct btz_err err;
	uint8_t hash[BTZ_SHA256_LEN];
	struct btz_policy_ask ask = { .spki_hash = hash };

	(void)state;
	publish(3);
	assert_int_equal(btz_policy_get(r, &old, &err), BTZ_OK);
	for (uint64_t g = 4; g <= 9; g++) {
		publish(g);
		expect_generation(r, g);
	}
	cred_of("alice", hash);
	btz_policy_decide(old, T_NOW, &ask, &a); /* a request that lasts */
	assert_int_equal(a.generation, 3);
	btz_policy_put(old);
	assert_int_equal(faccessat(dirfd_, "7.btzp", F_OK, 0), 0);
	assert_int_not_equal(faccessat(dirfd_, "6.btzp", F_OK, 0), 0);
	assert_int_not_equal(faccessat(dirfd_, "3.btzp", F_OK, 0), 0);
	assert_int_equal(btz_policy_published(dirfd_), 9);
	btz_policy_reader_free(r);
}

static void
test_damaged_denies(void **state)
{
	struct btz_policy_reader *r = reader();

	(void)state;
	publish(10);
	expect_generation(r, 10);
	publish(11);
	patch("11.btzp", 200, "\xff\xff", 2);
	expect(r, BTZ_E_CORRUPT, true); /* the old one is no fallback */
	expect(r, BTZ_E_CORRUPT, false);
	publish(12);
	expect_generation(r, 12);
	btz_policy_reader_free(r);
}

static void
test_missing_denies(void **state)
{
	struct btz_policy_reader *r = reader();

	(void)state;
	publish(13);
	(void)unlinkat(dirfd_, "13.btzp", 0);
	expect(r, BTZ_E_NOENT, true);
	btz_policy_reader_free(r);
}

static void
test_other_generation_denies(void **state)
{
	struct btz_policy_reader *r = reader();

	(void)state;
	publish(14);
	publish(15);
	assert_int_equal(renameat(dirfd_, "14.btzp", dirfd_, "15.btzp"), 0);
	expect(r, BTZ_E_CORRUPT, true);
	btz_policy_reader_free(r);
}

static void
test_symlink_denies(void **state)
{
	struct btz_policy_reader *r = reader();

	(void)state;
	publish(16);
	publish(17);
	(void)unlinkat(dirfd_, "17.btzp", 0);
	assert_int_equal(symlinkat("16.btzp", dirfd_, "17.btzp"), 0);
	expect(r, BTZ_E_NOENT, true);
	btz_policy_reader_free(r);
}

static void
test_rollback_denies(void **state)
{
	struct btz_policy_reader *r = reader();
	uint64_t back = 20;

	(void)state;
	publish(20);
	publish(21);
	expect_generation(r, 21);
	patch("current", BTZ_CU_GENERATION, &back, sizeof(back));
	expect(r, BTZ_E_ROLLBACK, true);
	expect(r, BTZ_E_ROLLBACK, false);
	publish(22);
	expect_generation(r, 22);
	btz_policy_reader_free(r);
}

static void
test_page_damaged_denies(void **state)
{
	struct btz_policy_reader *r = reader();

	(void)state;
	publish(23);
	expect_generation(r, 23);
	patch("current", 0, "X", 1);
	expect(r, BTZ_E_CORRUPT, true);
	assert_int_equal(btz_policy_published(dirfd_), 0);
	publish(24); /* repairs it in place: mappings go on */
	expect_generation(r, 24);
	btz_policy_reader_free(r);
}

/* A page that cannot be opened just now is not replaced: who mapped it would
 * stay with the old generation for ever. */
static void
test_page_is_never_replaced(void **state)
{
	struct btz_policy_reader *r = reader();
	struct btz_err err;
	const uid_t me = geteuid();
	uint8_t *image;
	size_t len;

	(void)state;
	publish(30);
	expect_generation(r, 30);
	if (me == 0) { /* root opens everything */
		assert_int_equal(fchown(dirfd_, 65534, 65534), 0);
		assert_int_equal(
		    fchownat(dirfd_, "current", 65534, 65534, 0), 0);
		assert_int_equal(seteuid(65534), 0);
	}
	assert_int_equal(fchmodat(dirfd_, "current", 0444, 0), 0);
	assert_int_equal(small_image(31, &image, &len), BTZ_OK);
	assert_int_not_equal(
	    btz_policy_publish(dirfd_, 31, btz_span_of(image, len), &err),
	    BTZ_OK);
	free(image);
	assert_int_equal(fchmodat(dirfd_, "current", 0644, 0), 0);
	publish(31);
	assert_int_equal(seteuid(me), 0);
	expect_generation(r, 31);
	btz_policy_reader_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_folder),
		cmocka_unit_test(test_nothing_published),
		cmocka_unit_test(test_follows_and_keeps_old),
		cmocka_unit_test(test_damaged_denies),
		cmocka_unit_test(test_missing_denies),
		cmocka_unit_test(test_other_generation_denies),
		cmocka_unit_test(test_symlink_denies),
		cmocka_unit_test(test_rollback_denies),
		cmocka_unit_test(test_page_damaged_denies),
		cmocka_unit_test(test_page_is_never_replaced),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
