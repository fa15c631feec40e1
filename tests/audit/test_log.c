/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_log.c - the log on disk: group commit, tiles as the specification has
 * them, recovery from every kind of torn write, kill -9 in mid-write.
 */
#include "audit/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "audit/record.h"
#include "prim/prim.h"
#include "support/cmocka_all.h"
#include "tlog/tile.h"
#include "tmpdir.h"

static char dir[64];

static struct btz_log *
open_log(struct btz_log_recovery *found)
{
	struct btz_log_recovery local;
	struct btz_log *log;
	struct btz_err err = { 0 };

	if (btz_log_open(dir, &log, found == NULL ? &local : found, &err) !=
	    BTZ_OK)
		fail_msg("open: %s", err.msg);
	return log;
}

static enum btz_rc
add(struct btz_log *log, unsigned fill)
{
	static struct btz_record_buf buf;
	static uint8_t path[BTZ_PATH_MAX];
	struct btz_record_stamp stamp = { 1700000000000, 1, "boot", "test" };
	struct btz_audit m = { .phase = BTZ_PH_EVENT,
		.act = btz_span_str("GET") };
	struct btz_record r;
	enum btz_rc rc;

	memset(path, 'x', sizeof(path));
	m.obj = btz_span_of(path, fill);
	btz_record_make(&m, &stamp, &buf, &r);
	rc = btz_log_add(log, &r, NULL);
	if (rc != BTZ_E_AGAIN)
		return rc;
	rc = btz_log_commit(log, NULL);
	return rc == BTZ_OK ? btz_log_add(log, &r, NULL) : rc;
}

static void
fill(struct btz_log *log, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(add(log, i % 40), BTZ_OK);
	assert_int_equal(btz_log_commit(log, NULL), BTZ_OK);
}

static size_t
slurp(const char *rel, uint8_t *buf, size_t cap)
{
	char path[256];
	FILE *f;
	size_t n;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, rel);
	f = fopen(path, "rb");
	if (f == NULL)
		return 0;
	n = fread(buf, 1, cap, f);
	(void)fclose(f);
	return n;
}

/* Everything again from the entries alone: chain, leaves, root. */
static uint64_t
check_all(struct btz_log *log)
{
	struct btz_tlog_tree tree;
	struct btz_tlog_head head;
	uint8_t prev[32] = { 0 }, leaf[32], root[32];
	uint64_t seq = 0;

	btz_tlog_tree_init(&tree);
	btz_log_head(log, &head);
	for (uint64_t b = 0; seq < head.size; b++) {
		struct btz_log_bundle bundle;
		struct btz_span entry;
		struct btz_record r;
		struct btz_rd rd;

		assert_int_equal(btz_log_bundle(log, b, &bundle, NULL), BTZ_OK);
		btz_rd_init(&rd, bundle.bytes, bundle.len);
		for (unsigned i = 0; i < bundle.entries; i++, seq++) {
			assert_true(btz_rd_bytes16(&rd, &entry, 8192));
			assert_int_equal(
			    btz_record_parse(entry, &r, NULL), BTZ_OK);
			assert_true(r.seq == seq);
			assert_memory_equal(r.prev, prev, 32);
			btz_sha256(entry, prev);
			btz_tlog_leaf(&btz_log_hash, entry, leaf);
			assert_int_equal(
			    btz_tlog_append(&btz_log_hash, &tree, leaf),
			    BTZ_OK);
		}
		free(bundle.bytes);
	}
	btz_tlog_root(&btz_log_hash, &tree, root);
	assert_memory_equal(root, head.root, 32);
	assert_int_equal(btz_log_extends(log, &head, NULL), BTZ_OK);
	return seq;
}

static int
setup(void **state)
{
	(void)state;
	tmpdir_make(dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	tmpdir_remove(dir);
	return 0;
}

static void
empty(void **state)
{
	struct btz_log_recovery found;
	struct btz_log *log = open_log(&found), *second;
	struct btz_err err;

	(void)state;
	assert_true(found.records == 0 && found.cut == 0);
	assert_int_equal(btz_log_open(dir, &second, &found, &err), BTZ_E_AGAIN);
	assert_true(btz_log_size(log) == 0);
	assert_int_equal(btz_log_commit(log, NULL), BTZ_OK);
	btz_log_free(log);
	btz_log_free(NULL);
}

/* Nothing is there before commit; one sync for a whole group. */
static void
group_commit(void **state)
{
	struct btz_log *log = open_log(NULL);

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(add(log, 5), BTZ_OK);
	assert_int_equal(btz_log_pending(log), 100);
	assert_true(btz_log_size(log) == 0);
	assert_int_equal(btz_log_commit(log, NULL), BTZ_OK);
	assert_true(btz_log_syncs(log) == 1);
	assert_true(btz_log_size(log) == 100);
	assert_true(check_all(log) == 100);
	btz_log_free(log);
}

/* Sizes round the edges of bundles; reopened each time. */
static void
reopen(void **state)
{
	static const unsigned more[] = { 1, 254, 1, 1, 255, 256, 300, 77 };
	uint64_t size = 0;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(more); i++) {
		struct btz_log_recovery found;
		struct btz_log *log = open_log(&found);

		print_message("# at %u\n", (unsigned)size);
		assert_true(found.records == size && found.cut == 0);
		fill(log, more[i]);
		size += more[i];
		assert_true(check_all(log) == size);
		btz_log_free(log);
	}
}

/* Full and partial files have the specified names, lengths and contents. */
static void
published_files(void **state)
{
	static uint8_t a[4 << 20], b[4 << 20];
	struct btz_log *log = open_log(NULL);
	size_t n;

	(void)state;
	fill(log, 256);
	assert_int_equal(btz_log_publish(log, 256, NULL), BTZ_OK);
	assert_int_equal(slurp("tile/0/000", a, sizeof(a)), 8192);
	assert_int_equal(slurp("tile/1/000.p/1", a, sizeof(a)), 32);
	assert_int_equal(slurp("tile/0/000.p/0", a, sizeof(a)), 0);
	fill(log, 44);
	assert_int_equal(btz_log_publish(log, 290, NULL), BTZ_OK);
	assert_int_equal(slurp("tile/0/001.p/34", a, sizeof(a)), 34 * 32);
	n = slurp("tile/entries/001.p/34", a, sizeof(a));
	assert_true(n > 34 * 100);
	assert_true(slurp("tile/entries/001", b, sizeof(b)) > n);
	assert_memory_equal(a, b, n);
	assert_int_equal(btz_log_publish(log, 301, NULL), BTZ_E_RANGE);
	fill(log, 213); /* fills 001: its partials are not needed any more */
	assert_int_equal(slurp("tile/0/001", a, sizeof(a)), 8192);
	assert_int_equal(slurp("tile/0/001.p/34", a, sizeof(a)), 0);
	assert_int_equal(slurp("tile/entries/001.p/34", a, sizeof(a)), 0);
	btz_log_free(log);
}

static bool
there(const char *rel)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, rel);
	return access(path, F_OK) == 0;
}

/* An empty file, with its folder. */
static void
bring_back(const char *folder, const char *name)
{
	char path[256];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, folder);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/%s/%s", dir, folder, name);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	(void)close(fd);
}

static void
make_empty(const char *rel)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, rel);
	assert_int_equal(truncate(path, 0), 0);
}

/* A power cut leaves files without content, and brings removed ones back. */
static void
forgotten_partials(void **state)
{
	static const char *const old[] = { "tile/0/000.p/7",
		"tile/entries/000.p/7", "tile/0/001.p/34", "tile/1/000.p/1",
		"tile/entries/001.p/34" };
	static uint8_t a[4 << 20];
	struct btz_log *log = open_log(NULL);

	(void)state;
	fill(log, 7);
	assert_int_equal(btz_log_publish(log, 7, NULL), BTZ_OK);
	assert_int_equal(slurp(old[0], a, sizeof(a)), 7 * 32);
	fill(log, 293);
	assert_int_equal(slurp(old[0], a, sizeof(a)), 0);
	bring_back("tile/0/000.p", "7");
	bring_back("tile/entries/000.p", "7");
	assert_int_equal(btz_log_publish(log, 290, NULL), BTZ_OK);
	make_empty("tile/0/001.p/34");
	make_empty("tile/entries/001.p/34");
	btz_log_forget_partials(log);
	for (size_t i = 0; i < BTZ_COUNT(old); i++)
		assert_false(there(old[i]));
	assert_int_equal(slurp("tile/0/000", a, sizeof(a)), 8192);
	assert_int_equal(btz_log_publish(log, 290, NULL), BTZ_OK);
	assert_int_equal(slurp("tile/0/001.p/34", a, sizeof(a)), 34 * 32);
	btz_log_free(log);
}

static void
proofs(void **state)
{
	static const uint64_t at[] = { 1, 255, 256, 257, 300, 511, 512, 700 };
	struct btz_tlog_head heads[BTZ_COUNT(at)], fork;
	struct btz_log *log = open_log(NULL);
	struct btz_tlog_proof p;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(at); i++) {
		fill(log, (unsigned)(at[i] - (i == 0 ? 0 : at[i - 1])));
		assert_int_equal(btz_log_publish(log, at[i], NULL), BTZ_OK);
		btz_log_head(log, &heads[i]);
		for (size_t j = 0; j <= i; j++) {
			assert_int_equal(
			    btz_log_prove(log, at[j], at[i], &p, NULL), BTZ_OK);
			assert_int_equal(
			    btz_tlog_verify_consistency(&btz_log_hash,
				&heads[j], &heads[i], btz_tlog_proof_span(&p)),
			    BTZ_OK);
			assert_int_equal(
			    btz_log_extends(log, &heads[j], NULL), BTZ_OK);
		}
	}
	assert_int_equal(btz_log_prove(log, 1, 701, &p, NULL), BTZ_E_RANGE);
	fork = heads[4];
	fork.root[0] ^= 1;
	assert_int_equal(btz_log_extends(log, &fork, NULL), BTZ_E_LOG_FORKED);
	fork.size = 701;
	assert_int_equal(btz_log_extends(log, &fork, NULL), BTZ_E_LOG_SMALLER);
	btz_log_free(log);
}

static void
damage(const char *rel, off_t size, const void *bytes, size_t len, off_t at)
{
	char path[256];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, rel);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	if (size >= 0)
		assert_int_equal(ftruncate(fd, size), 0);
	if (len > 0)
		assert_int_equal(pwrite(fd, bytes, len, at), (ssize_t)len);
	(void)close(fd);
}

/* The last group torn at every byte: what was committed before it stays. */
static void
torn_at_every_byte(void **state)
{
	static uint8_t whole[1 << 20], torn[1 << 20];
	struct btz_log_recovery found;
	struct btz_log *log = open_log(NULL);
	size_t before, after, first;

	(void)state;
	fill(log, 20);
	btz_log_free(log);
	log = open_log(NULL);
	before = slurp("tile/entries/000", whole, sizeof(whole));
	fill(log, 2);
	btz_log_free(log);
	log = open_log(NULL); /* cuts the zeroes off */
	btz_log_free(log);
	after = slurp("tile/entries/000", whole, sizeof(whole));
	first = 2 + ((size_t)whole[before] << 8 | whole[before + 1]);
	for (size_t cut = before; cut < after; cut++) {
		bool zeroes = cut % 2 == 0; /* grown by zeroes, or short */

		memcpy(torn, whole, cut);
		memset(torn + cut, 0, after - cut);
		damage("tile/entries/000", zeroes ? (off_t)after : (off_t)cut,
		    torn, zeroes ? after : cut, 0);
		log = open_log(&found);
		assert_true(
		    found.records == (cut >= before + first ? 21u : 20u));
		if (cut % 64 == 0) {
			fill(log, 3);
			assert_true(check_all(log) == found.records + 3);
		}
		btz_log_free(log);
	}
	print_message("# %zu cuts\n", after - before);
}

/* A hole of zeroes inside the unfinished group; what was cut is kept. */
static void
torn_hole(void **state)
{
	static uint8_t buf[1 << 20], zero[64];
	struct btz_log_recovery found;
	struct btz_log *log = open_log(NULL);
	size_t before;

	(void)state;
	fill(log, 5);
	btz_log_free(log);
	log = open_log(NULL);
	before = slurp("tile/entries/000", buf, sizeof(buf));
	fill(log, 3);
	btz_log_free(log);
	damage("tile/entries/000", -1, zero, sizeof(zero), (off_t)before + 50);
	log = open_log(&found);
	assert_true(found.records == 5 && found.cut > 64);
	assert_int_equal(slurp("torn-5", buf, sizeof(buf)), found.cut);
	fill(log, 1);
	assert_true(check_all(log) == 6);
	btz_log_free(log);
}

static void
missing_and_damaged(void **state)
{
	struct btz_log_recovery found;
	struct btz_log *log = open_log(NULL);
	struct btz_tlog_head head, same;
	struct btz_err err = { 0 };
	char path[128];

	(void)state;
	fill(log, 600);
	btz_log_head(log, &head);
	btz_log_free(log);
	(void)snprintf(path, sizeof(path), "%s/tile/0/001", dir);
	assert_int_equal(unlink(path), 0);
	log = open_log(&found); /* made again from the bundle */
	btz_log_head(log, &same);
	assert_memory_equal(&head, &same, sizeof(head));
	btz_log_free(log);
	assert_int_equal(access(path, F_OK), 0);
	damage("tile/0/000", -1, "x", 1, 77);
	log = open_log(&found);
	assert_int_equal(btz_log_extends(log, &head, NULL), BTZ_E_LOG_FORKED);
	btz_log_free(log);
	damage("tile/entries/001", -1, "x", 1, 400);
	assert_int_equal(btz_log_open(dir, &log, &found, &err), BTZ_E_CORRUPT);
	assert_null(log);
}

/* A file limit stands for the full disk: refused, later it goes on. */
static void
disk_full(void **state)
{
	struct rlimit old, low;
	struct btz_log *log = open_log(NULL);
	uint64_t size;
	unsigned n = 0;

	(void)state;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	low = (struct rlimit){ 100000, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
	do {
		assert_int_equal(add(log, 2000), BTZ_OK);
		n++;
	} while (btz_log_commit(log, NULL) == BTZ_OK && n < 200);
	assert_true(n > 20 && n < 200);
	assert_int_equal(add(log, 2000), BTZ_OK);
	assert_int_equal(btz_log_commit(log, NULL), BTZ_E_FULL);
	assert_int_equal(btz_log_pending(log), 0);
	size = btz_log_size(log);
	assert_true(size == n - 1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	fill(log, 10);
	assert_true(check_all(log) == size + 10);
	btz_log_free(log);
	log = open_log(NULL);
	assert_true(check_all(log) == size + 10);
	btz_log_free(log);
}

/* Child: groups of random size; after each commit the size goes up the pipe. */
static void
writer(int fd, unsigned seed)
{
	struct btz_log *log = open_log(NULL);

	srand(seed);
	for (;;) {
		unsigned n = 1 + (unsigned)rand() % 40;
		uint64_t size;

		for (unsigned i = 0; i < n; i++)
			if (add(log, (unsigned)rand() % 900) != BTZ_OK)
				_exit(3);
		if (btz_log_commit(log, NULL) != BTZ_OK)
			_exit(4);
		size = btz_log_size(log);
		if (size % 7 == 0 && btz_log_publish(log, size, NULL) != BTZ_OK)
			_exit(5);
		if (write(fd, &size, sizeof(size)) != sizeof(size))
			_exit(6);
	}
}

static void
kill_9(void **state)
{
	unsigned seed = (unsigned)time(NULL);
	struct btz_tlog_head before = { 0 };

	(void)state;
	print_message("# seed %u\n", seed);
	srand(seed);
	for (int round = 0; round < 30; round++) {
		struct btz_log_recovery found;
		uint64_t size, acked = before.size;
		struct timespec pause = { 0, rand() % 30000000 };
		unsigned child_seed = (unsigned)rand();
		struct btz_log *log;
		int p[2];
		pid_t pid;

		assert_int_equal(pipe(p), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			writer(p[1], child_seed);
		(void)close(p[1]);
		(void)nanosleep(&pause, NULL);
		(void)kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		while (read(p[0], &size, sizeof(size)) == sizeof(size))
			acked = size;
		(void)close(p[0]);
		log = open_log(&found);
		assert_true(found.records >= acked);
		if (before.size > 0)
			assert_int_equal(
			    btz_log_extends(log, &before, NULL), BTZ_OK);
		assert_true(check_all(log) == found.records);
		btz_log_head(log, &before);
		btz_log_free(log);
	}
	print_message("# %u records\n", (unsigned)before.size);
	assert_true(before.size > 30);
}

#define ON_DIR(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_DIR(empty),
		ON_DIR(group_commit),
		ON_DIR(reopen),
		ON_DIR(published_files),
		ON_DIR(forgotten_partials),
		ON_DIR(proofs),
		ON_DIR(torn_at_every_byte),
		ON_DIR(torn_hole),
		ON_DIR(missing_and_damaged),
		ON_DIR(disk_full),
		ON_DIR(kill_9),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
