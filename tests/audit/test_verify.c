/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_verify.c - offline verification finds and names what was altered: every
 * kind of file, byte by byte at random places, cut, removed, exchanged.
 */
#include "cli/audit_verify.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "audit/identity.h"
#include "audit/record.h"
#include "signer.h"
#include "support/cmocka_all.h"
#include "tmpdir.h"

#define RECORDS 700u
#define SIGNED RECORDS
#define FLIPS 600

static char dir[64];
static struct signer signer;
static struct btz_span key;

static struct {
	unsigned n[5];
	char where[5][128]; /* last one of each kind */
	char text[5][256];
	char wanted[128];
	bool named; /* a finding is about the wanted file */
} seen;

static void
on_found(enum btz_finding what, const char *log, const char *where,
    const char *text, void *arg)
{
	char place[128];

	(void)arg;
	(void)snprintf(place, sizeof(place), "%s/%s", log, where);
	seen.n[what]++;
	(void)snprintf(seen.where[what], sizeof(seen.where[what]), "%s", place);
	(void)snprintf(seen.text[what], sizeof(seen.text[what]), "%s", text);
	if (seen.wanted[0] != '\0' && strstr(place, seen.wanted) != NULL)
		seen.named = true;
	if (getenv("SHOW") != NULL)
		print_message(
		    "# %s: %s: %s\n", btz_finding_name(what), place, text);
}

static enum btz_rc
verify(struct btz_span spki, struct btz_verify *out)
{
	struct btz_verify v = { .dir = dir, .spki = spki, .found = on_found };
	struct btz_err err = { 0 };
	enum btz_rc rc;

	memset(&seen.n, 0, sizeof(seen.n));
	seen.named = false;
	rc = btz_audit_verify(&v, &err);
	*out = v;
	return rc == BTZ_OK ? v.first : rc;
}

static void
add(struct btz_log *log, uint8_t phase, uint64_t req, unsigned fill)
{
	static struct btz_record_buf buf;
	static uint8_t path[BTZ_PATH_MAX];
	struct btz_record_stamp stamp = { 1700000000000, req, "boot", "httpd" };
	struct btz_audit m = { .phase = phase,
		.act = btz_span_str("PUT"),
		.who = btz_span_str("spiffe://x/home/user/alice"),
		.decision = phase == BTZ_PH_DECISION ? BTZ_DEC_ALLOW : 0 };
	struct btz_record r;

	memset(path, 'p', sizeof(path));
	m.obj = btz_span_of(path, fill);
	btz_record_make(&m, &stamp, &buf, &r);
	if (btz_log_add(log, &r, NULL) == BTZ_E_AGAIN) {
		assert_int_equal(btz_log_commit(log, NULL), BTZ_OK);
		assert_int_equal(btz_log_add(log, &r, NULL), BTZ_OK);
	}
}

static struct btz_log *
open_log(void)
{
	struct btz_log_recovery found;
	char path[96];
	struct btz_log *log;
	struct btz_err err = { 0 };

	(void)snprintf(path, sizeof(path), "%s/0001", dir);
	if (btz_log_open(path, &log, &found, &err) != BTZ_OK)
		fail_msg("%s", err.msg);
	return log;
}

static void
write_file(const char *rel, const void *p, size_t len)
{
	char path[256];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, rel);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, len, f), len);
	(void)fclose(f);
}

static void
sign(struct btz_log *log, const struct signer *by)
{
	struct btz_tlog_head head;
	uint8_t note[1024];
	struct btz_wr wr;

	btz_log_head(log, &head);
	assert_int_equal(btz_log_publish(log, head.size, NULL), BTZ_OK);
	btz_wr_init(&wr, note, sizeof(note));
	signer_note(by, &head, &wr);
	write_file("0001/checkpoint", note, wr.len);
}

static int
setup(void **state)
{
	struct btz_audit_init init;
	struct btz_identity id = { 0 };
	struct btz_log *log;
	char path[96];
	int fd;

	(void)state;
	tmpdir_make(dir);
	signer_init(&signer, "box.example/audit");
	key = btz_span_of(signer.spki, signer.spki_len);
	(void)snprintf(path, sizeof(path), "%s/0001", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	init = (struct btz_audit_init){ .origin = btz_span_str(signer.origin),
		.checkpoint_spki = key };
	fd = open(dir, O_RDONLY);
	assert_int_equal(btz_identity_set(fd, &id, &init, NULL), BTZ_OK);
	(void)close(fd);
	log = open_log();
	for (unsigned i = 0; i < RECORDS; i++)
		add(log, i % 2 == 0 ? BTZ_PH_DECISION : BTZ_PH_OUTCOME, i / 2,
		    i % 50);
	assert_int_equal(btz_log_commit(log, NULL), BTZ_OK);
	sign(log, &signer);
	btz_log_free(log);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	signer_end(&signer);
	tmpdir_remove(dir);
	return 0;
}

static size_t
file_size(const char *rel)
{
	char path[256];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, rel);
	return stat(path, &st) == 0 ? (size_t)st.st_size : 0;
}

static void
flip(const char *rel, size_t at, uint8_t mask)
{
	char path[256];
	uint8_t b;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, rel);
	fd = open(path, O_RDWR);
	assert_int_equal(pread(fd, &b, 1, (off_t)at), 1);
	b ^= mask;
	assert_int_equal(pwrite(fd, &b, 1, (off_t)at), 1);
	(void)close(fd);
}

static void
intact(void **state)
{
	struct btz_verify v;

	(void)state;
	assert_int_equal(verify(key, &v), BTZ_OK);
	assert_true(v.records == RECORDS && v.signed_records == RECORDS);
	assert_true(v.logs == 1 && v.unknown == 0 && v.torn == 0);
	assert_string_equal(v.origin, signer.origin);
	assert_int_equal(verify(btz_span_of(NULL, 0), &v), BTZ_OK);
}

static void
flips(void **state)
{
	static const char *const files[] = { "0001/tile/entries/000",
		"0001/tile/entries/001", "0001/tile/entries/002",
		"0001/tile/entries/002.p/188", "0001/tile/0/000",
		"0001/tile/0/001", "0001/tile/0/002.p/188",
		"0001/tile/1/000.p/2", "0001/checkpoint", "checkpoint.pub",
		"origin" };
	unsigned seed = (unsigned)time(NULL), named = 0;
	struct btz_verify v;

	(void)state;
	print_message("# seed %u\n", seed);
	srand(seed);
	for (unsigned i = 0; i < FLIPS; i++) {
		const char *file = files[i % BTZ_COUNT(files)];
		size_t len = file_size(file), at;
		uint8_t mask = (uint8_t)(1u << rand() % 8);

		assert_true(len > 0);
		at = (size_t)rand() % len;
		(void)snprintf(seen.wanted, sizeof(seen.wanted), "%s",
		    strcmp(file, "origin") == 0 ? "checkpoint" : file);
		flip(file, at, mask);
		(void)verify(key, &v);
		flip(file, at, mask);
		if (v.wrong + v.torn == 0 || !seen.named)
			fail_msg("%s byte %zu mask %02x: %s", file, at, mask,
			    v.wrong + v.torn == 0 ? "not found" : "not named");
		named++;
	}
	seen.wanted[0] = '\0';
	print_message("# %u flips found and named\n", named);
	assert_int_equal(verify(key, &v), BTZ_OK);
}

/* The number of an altered record is said, not only the file. */
static void
names_the_record(void **state)
{
	struct btz_verify v;

	(void)state;
	flip("0001/tile/entries/001", 60, 1); /* in the time of record 256 */
	assert_int_equal(verify(key, &v), BTZ_E_LOG_RECORD);
	assert_true(v.wrong == 1);
	assert_non_null(strstr(seen.text[BTZ_FOUND_WRONG], "record 256"));
	flip("0001/tile/entries/001", 60, 1);
	flip("0001/tile/0/001", 5 * 32 + 3, 1);
	assert_int_equal(verify(key, &v), BTZ_E_LOG_TREE);
	assert_true(v.wrong == 1);
	assert_non_null(strstr(seen.text[BTZ_FOUND_WRONG],
	    "hash 5 at byte 160 is not that of record 261"));
}

static void
cut(const char *rel, size_t len)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, rel);
	assert_int_equal(truncate(path, (off_t)len), 0);
}

static void
truncated(void **state)
{
	struct btz_verify v;

	(void)state;
	cut("0001/tile/entries/002", 0);
	assert_int_not_equal(verify(key, &v), BTZ_OK);
	assert_true(v.records == 512);
}

static void
last_record_gone(void **state)
{
	struct btz_verify v;
	size_t len = file_size("0001/tile/entries/002.p/188");

	(void)state;
	cut("0001/tile/entries/002", len - 1);
	assert_int_not_equal(verify(key, &v), BTZ_OK);
	assert_non_null(strstr(seen.text[BTZ_FOUND_WRONG], "699 records"));
}

static void
removed(void **state)
{
	static const char *const files[] = { "0001/tile/0/000",
		"0001/tile/entries/001" };
	char path[256], away[256];
	struct btz_verify v;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(files); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		(void)snprintf(away, sizeof(away), "%s/away", dir);
		assert_int_equal(rename(path, away), 0);
		assert_int_not_equal(verify(key, &v), BTZ_OK);
		assert_int_equal(rename(away, path), 0);
	}
	assert_int_equal(verify(key, &v), BTZ_OK);
}

/* Signed by another key, of another log, or an older one. */
static void
other_checkpoints(void **state)
{
	struct btz_tlog_head head = { .size = 700 };
	struct signer other;
	struct btz_log *log = open_log();
	uint8_t note[1024];
	struct btz_verify v;
	struct btz_wr wr;

	(void)state;
	signer_init(&other, signer.origin);
	sign(log, &other);
	assert_int_equal(verify(key, &v), BTZ_E_SIGNATURE);
	assert_int_equal(verify(btz_span_of(other.spki, other.spki_len), &v),
	    BTZ_E_SIGNATURE); /* checkpoint.pub says otherwise */
	btz_wr_init(&wr, note, sizeof(note));
	signer_note(&signer, &head, &wr);
	write_file("0001/checkpoint", note, wr.len);
	assert_int_equal(verify(key, &v), BTZ_E_LOG_FORKED);
	head.size = 701;
	btz_wr_init(&wr, note, sizeof(note));
	signer_note(&signer, &head, &wr);
	write_file("0001/checkpoint", note, wr.len);
	assert_int_equal(verify(key, &v), BTZ_E_LOG_SMALLER);
	btz_log_free(log);
	signer_end(&other);
}

/* What the signer admits of itself; a line that is not of the form was not
 * written by it. */
static const struct {
	const char *lines, *text; /* of the last finding */
	unsigned found;
	enum btz_rc want;
} epochs[] = {
	{ "btz-epoch 07 clean\n", "", 0, BTZ_E_LOG_RECORD },
	{ "btz-epoch 7 so-so\n", "", 0, BTZ_E_LOG_RECORD },
	{ "btz-recovery 0\n", "", 0, BTZ_E_LOG_RECORD },
	{ "btz-epoch 7 clean\nother 1\n", "", 0, BTZ_OK },
	{ "btz-epoch 7 unclean\n", "before epoch 7", 1, BTZ_OK },
	{ "btz-epoch 8 clean\nbtz-recovery 2\n", "2 times", 1, BTZ_OK },
	{ "btz-epoch 9 unclean\nbtz-recovery 3\n", "3 times", 2, BTZ_OK },
};

static void
epoch_lines(void **state)
{
	struct btz_log *log = open_log();
	struct btz_verify v;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(epochs); i++) {
		print_message("# case: %zu\n", i);
		signer.lines = epochs[i].lines;
		sign(log, &signer);
		assert_int_equal(verify(key, &v), epochs[i].want);
		assert_int_equal(seen.n[BTZ_FOUND_EPOCH], epochs[i].found);
		if (epochs[i].found > 0)
			assert_non_null(
			    strstr(seen.text[BTZ_FOUND_EPOCH], epochs[i].text));
	}
	signer.lines = NULL;
	btz_log_free(log);
}

/* All records and tiles made again around a changed one: the root tells. */
static void
rewritten(void **state)
{
	char path[96], old[96];
	struct btz_verify v;
	struct btz_log *log;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/0001", dir);
	(void)snprintf(old, sizeof(old), "%s/old", dir);
	assert_int_equal(rename(path, old), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	log = open_log();
	for (unsigned i = 0; i < RECORDS; i++)
		add(log, i % 2 == 0 ? BTZ_PH_DECISION : BTZ_PH_OUTCOME, i / 2,
		    i == 300 ? 7 : i % 50);
	assert_int_equal(btz_log_commit(log, NULL), BTZ_OK);
	assert_int_equal(btz_log_publish(log, RECORDS, NULL), BTZ_OK);
	btz_log_free(log);
	(void)snprintf(path, sizeof(path), "%s/0001/checkpoint", dir);
	(void)snprintf(old, sizeof(old), "%s/old/checkpoint", dir);
	assert_int_equal(rename(old, path), 0);
	assert_int_equal(verify(key, &v), BTZ_E_LOG_FORKED);
	assert_true(v.wrong == 1);
}

static void
tail_and_crash(void **state)
{
	struct btz_log *log = open_log();
	struct btz_verify v;
	char path[128];
	int fd;

	(void)state;
	add(log, BTZ_PH_DECISION, 5000, 3);
	add(log, BTZ_PH_DECISION, 5001, 3);
	add(log, BTZ_PH_OUTCOME, 5000, 3);
	assert_int_equal(btz_log_commit(log, NULL), BTZ_OK);
	btz_log_free(log);
	(void)snprintf(path, sizeof(path), "%s/0001/tile/entries/002", dir);
	log = open_log(); /* cuts the zeroes */
	btz_log_free(log);
	fd = open(path, O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "\x01\x00{\"v\":1", 8), 8);
	(void)close(fd);
	assert_int_equal(verify(key, &v), BTZ_OK);
	assert_true(v.records == 703 && v.signed_records == 700);
	assert_true(v.unknown == 1 && v.torn == 8);
	assert_string_equal(seen.where[BTZ_FOUND_UNKNOWN], "0001/record 701");
	assert_string_equal(
	    seen.text[BTZ_FOUND_UNSIGNED], "3 records not yet signed");
}

static void
move(const char *from, const char *to)
{
	char a[160], b[160];

	(void)snprintf(a, sizeof(a), "%s/%s", dir, from);
	(void)snprintf(b, sizeof(b), "%s/%s", dir, to);
	assert_int_equal(rename(a, b), 0);
}

/* Over 65,536 records: a full tile of level 1, kept over a new start. */
static void
big_log(void **state)
{
	struct btz_log *log = open_log();
	struct btz_verify v;

	(void)state;
	for (unsigned i = RECORDS; i < 65536; i++)
		add(log, BTZ_PH_EVENT, i, 3);
	assert_int_equal(btz_log_commit(log, NULL), BTZ_OK);
	btz_log_free(log);
	/* The last bundle is full, nothing was rolled: its tiles are not there
	 * yet, and that is no finding. */
	assert_int_equal(file_size("0001/tile/0/255"), 0);
	assert_int_equal(verify(key, &v), BTZ_OK);
	assert_true(v.wrong == 0 && v.records == 65536);
	log = open_log();
	for (unsigned i = 65536; i < 66000; i++)
		add(log, BTZ_PH_EVENT, i, 3);
	assert_int_equal(btz_log_commit(log, NULL), BTZ_OK);
	sign(log, &signer);
	btz_log_free(log);
	log = open_log();
	assert_true(btz_log_size(log) == 66000);
	btz_log_free(log);
	assert_int_equal(file_size("0001/tile/1/000"), 8192);
	assert_int_equal(file_size("0001/tile/1/001.p/1"), 32);
	assert_int_equal(file_size("0001/tile/2/000.p/1"), 32);
	assert_int_equal(verify(key, &v), BTZ_OK);
	assert_true(v.records == 66000 && v.signed_records == 66000);
	move("0001/tile/0/255", "away"); /* records follow it */
	assert_int_equal(verify(key, &v), BTZ_E_LOG_TREE);
	assert_string_equal(seen.where[BTZ_FOUND_WRONG], "0001/tile/0/255");
	move("away", "0001/tile/0/255");
	flip("0001/tile/1/000", 32 * 77 + 1, 4);
	assert_int_equal(verify(key, &v), BTZ_E_LOG_TREE);
	assert_true(v.wrong == 1);
	assert_string_equal(seen.where[BTZ_FOUND_WRONG], "0001/tile/1/000");
	flip("0001/tile/1/000", 32 * 77 + 1, 4);
	flip("0001/tile/0/077", 1000, 4);
	assert_int_equal(verify(key, &v), BTZ_E_LOG_TREE);
	assert_true(v.wrong == 1);
	assert_string_equal(seen.where[BTZ_FOUND_WRONG], "0001/tile/0/077");
}

static void
not_a_log(void **state)
{
	struct btz_verify v = { .dir = "/nonexistent" };
	struct btz_err err;

	(void)state;
	assert_int_equal(btz_audit_verify(&v, &err), BTZ_E_NOENT);
	v.dir = "/proc/self/fd";
	assert_int_equal(btz_audit_verify(&v, &err), BTZ_E_NOENT);
}

#define ON_LOG(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_LOG(intact),
		ON_LOG(flips),
		ON_LOG(names_the_record),
		ON_LOG(truncated),
		ON_LOG(last_record_gone),
		ON_LOG(removed),
		ON_LOG(other_checkpoints),
		ON_LOG(epoch_lines),
		ON_LOG(rewritten),
		ON_LOG(tail_and_crash),
		ON_LOG(big_log),
		cmocka_unit_test(not_a_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
