/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_audit.c - bartizan-audit as a process: who may do what, group commit
 * over real sockets, checkpoints by a signer that fails in every way, kill -9
 * under load with nothing acknowledged lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "audit/identity.h"
#include "audit/log.h"
#include "base/daemon.h"
#include "cli/audit_verify.h"
#include "client/call.h"
#include "kms.h"
#include "prim/prim.h"
#include "support/cmocka_all.h"
#include "support/spawn.h"
#include "tlog/record.h"
#include "wire/msg_audit.h"
#include "wire/msg_tail.h"
#include "wire/table.h"

#define ORIGIN "box.example/audit"

static struct btz_box *box;
static struct kms kms;
static struct btz_conn admin, http;

static void
start(void)
{
	btz_box_start(box, BTZ_PROG_AUDIT, NULL);
	kms_start(&kms, btz_box_take(box, BTZ_PROG_AUDIT, BTZ_PROG_BROKER));
	btz_conn_adopt(&admin, btz_box_connect(box, "admin/audit.sock"));
	btz_conn_adopt(&http, btz_box_connect(box, "http/audit.sock"));
}

static void
set_up(const char *conf)
{
	box = btz_box_new(conf);
	kms_init(&kms, ORIGIN);
	start();
}

static void
hang_up(void)
{
	btz_conn_close(&admin);
	btz_conn_close(&http);
}

static void
tear_down(void)
{
	hang_up();
	assert_int_equal(btz_box_free(box), 0);
	kms_end(&kms);
}

static void
again(int signo)
{
	hang_up();
	(void)btz_box_kill(box, BTZ_PROG_AUDIT, signo);
	start();
}

static enum btz_rc
append(struct btz_conn *c, const char *obj, uint64_t *seq)
{
	struct btz_audit m = { .phase = BTZ_PH_DECISION,
		.wait = 1,
		.tenant = btz_span_str("home"),
		.who = btz_span_str("spiffe://x/home/user/alice"),
		.via = BTZ_VIA_HTTPS,
		.act = btz_span_str("PUT"),
		.obj = btz_span_str(obj),
		.decision = BTZ_DEC_DENY };
	struct btz_audit_ok ok = { 0 };
	struct btz_err err;
	enum btz_rc rc;

	rc = btz_conn_call(c, BTZ_OP_APPEND, &btz_def_audit, &m,
	    &btz_def_audit_ok, &ok, NULL, &err);
	*seq = ok.seq;
	return rc;
}

static void
append_n(unsigned n)
{
	uint64_t seq;

	for (unsigned i = 0; i < n; i++)
		assert_int_equal(append(&http, "/x", &seq), BTZ_OK);
}

static enum btz_rc
init(const char *origin)
{
	struct btz_audit_init m = { .origin = btz_span_str(origin),
		.checkpoint_spki = btz_span_of(
		    kms.signer.spki, kms.signer.spki_len) };
	struct btz_err err;

	memcpy(m.checkpoint_id, kms.s->key_id, BTZ_ID_LEN);
	return btz_conn_call(&admin, BTZ_OP_AUDIT_INIT, &btz_def_audit_init, &m,
	    NULL, NULL, NULL, &err);
}

static enum btz_rc
now(uint64_t *size)
{
	struct btz_checkpoint_ok ok = { 0 };
	struct btz_err err;
	enum btz_rc rc;

	rc = btz_conn_call(&admin, BTZ_OP_CHECKPOINT_NOW, NULL, NULL,
	    &btz_def_checkpoint_ok, &ok, NULL, &err);
	*size = ok.size;
	return rc;
}

/* A cell of STATUS, in static memory. */
static const char *
status(const char *item)
{
	static char value[256];
	struct btz_span cells[BTZ_TABLE_COLS_MAX];
	struct btz_table_rd rd;
	struct btz_table t;
	struct btz_err err;

	value[0] = '\0';
	assert_int_equal(btz_conn_call(&admin, BTZ_OP_STATUS, NULL, NULL,
			     &btz_def_table, &t, NULL, &err),
	    BTZ_OK);
	assert_true(btz_table_read(&rd, &t));
	while (btz_table_row(&rd, cells) == 1)
		if (btz_span_eq(cells[0], btz_span_str(item)))
			(void)snprintf(value, sizeof(value), "%.*s",
			    (int)cells[1].len, (const char *)cells[1].p);
	return value;
}

static void
wait_for(const char *item, const char *value, int ms)
{
	for (int i = 0; i < ms / 10; i++) {
		if (strcmp(status(item), value) == 0)
			return;
		(void)usleep(10000);
	}
	fail_msg("%s is '%s', not '%s'", item, status(item), value);
}

static enum btz_rc
tail(uint64_t from, uint16_t max, uint16_t wait_ms, struct btz_tail_ok *ok)
{
	struct btz_tail m = { from, max, wait_ms };
	struct btz_err err;

	return btz_conn_call(&admin, BTZ_OP_TAIL, &btz_def_tail, &m,
	    &btz_def_tail_ok, ok, NULL, &err);
}

static uint64_t
verify(bool all_signed)
{
	char dir[128];
	struct btz_verify v = { .dir = dir,
		.spki = btz_span_of(kms.signer.spki, kms.signer.spki_len) };
	struct btz_err err;

	(void)snprintf(dir, sizeof(dir), "%s/audit", btz_box_home(box));
	assert_int_equal(btz_audit_verify(&v, &err), BTZ_OK);
	assert_true(v.wrong == 0);
	if (all_signed)
		assert_true(v.records == v.signed_records);
	return v.records;
}

static void
who_may_what(void **state)
{
	struct btz_tail m = { 0, 1, 0 };
	struct btz_tail_ok ok;
	struct btz_err err;
	uint64_t seq;

	(void)state;
	set_up("");
	assert_int_equal(append(&admin, "/x", &seq), BTZ_E_DENIED);
	assert_int_equal(btz_conn_call(&http, BTZ_OP_TAIL, &btz_def_tail, &m,
			     &btz_def_tail_ok, &ok, NULL, &err),
	    BTZ_E_DENIED);
	assert_int_equal(btz_conn_call(&http, BTZ_OP_CHECKPOINT_NOW, NULL, NULL,
			     &btz_def_checkpoint_ok, &ok, NULL, &err),
	    BTZ_E_DENIED);
	assert_int_equal(append(&http, "/x", &seq), BTZ_OK);
	tear_down();
}

/* The stored bytes, and who is named as source. */
static void
record_bytes(void **state)
{
	const char *want =
	    "\"src\":\"httpd\",\"ph\":\"decision\",\"req\":"
	    "\"00000000000000ab\","
	    "\"tenant\":\"home\",\"who\":\"spiffe://x/home/user/alice\","
	    "\"via\":\"https\",\"act\":\"PUT\",\"obj\":\"/a%20b%0A\","
	    "\"dec\":\"deny\",\"prev\":\"";
	struct btz_tail_ok ok;
	struct btz_record r;
	uint64_t seq;

	(void)state;
	set_up("");
	http.id = 0xab;
	assert_int_equal(append(&http, "/a b\n", &seq), BTZ_OK);
	assert_true(seq == 0);
	assert_int_equal(tail(0, 10, 0, &ok), BTZ_OK);
	assert_true(ok.next == 1);
	assert_non_null(memmem(ok.lines.p, ok.lines.len, want, strlen(want)));
	assert_int_equal(
	    btz_record_parse(
		btz_span_of(ok.lines.p, ok.lines.len - 1), &r, NULL),
	    BTZ_OK);
	assert_int_equal(r.boot.len, 36);
	assert_true(r.time_ms / 1000 + 60 > (uint64_t)time(NULL));
	tear_down();
}

static void
tails(void **state)
{
	struct btz_tail_ok ok;
	unsigned lines = 0;
	uint64_t seq;
	pid_t pid;

	(void)state;
	set_up("");
	append_n(300);
	assert_int_equal(tail(301, 1, 0, &ok), BTZ_E_RANGE);
	assert_int_equal(tail(0, 1001, 0, &ok), BTZ_E_RANGE);
	assert_int_equal(tail(UINT64_MAX, 7, 0, &ok), BTZ_OK);
	assert_true(ok.next == 300);
	assert_non_null(memmem(ok.lines.p, ok.lines.len, "\"seq\":293,", 10));
	assert_null(memmem(ok.lines.p, ok.lines.len, "\"seq\":292,", 10));
	assert_int_equal(tail(250, 20, 0, &ok), BTZ_OK); /* over two bundles */
	for (size_t i = 0; i < ok.lines.len; i++)
		lines += ok.lines.p[i] == '\n';
	assert_int_equal(lines, 20);
	assert_true(ok.next == 270);
	assert_int_equal(tail(300, 5, 50, &ok), BTZ_OK); /* nothing came */
	assert_true(ok.next == 300 && ok.lines.len == 0);
	pid = fork();
	if (pid == 0) {
		(void)usleep(100000);
		_exit(append(&http, "/late", &seq) == BTZ_OK ? 0 : 1);
	}
	assert_int_equal(tail(300, 5, 10000, &ok), BTZ_OK);
	assert_true(ok.next == 301);
	assert_non_null(memmem(ok.lines.p, ok.lines.len, "/late", 5));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	tear_down();
}

static void
initialise(void **state)
{
	uint64_t size;

	(void)state;
	set_up("");
	append_n(3); /* before there is an origin */
	assert_int_equal(now(&size), BTZ_E_UNPROVISIONED);
	assert_int_equal(init("not a name"), BTZ_E_INVAL);
	assert_int_equal(init(ORIGIN), BTZ_OK);
	assert_int_equal(init(ORIGIN), BTZ_OK);
	assert_int_equal(init("other/audit"), BTZ_E_PROVISIONED);
	assert_int_equal(now(&size), BTZ_OK);
	assert_true(size == 4); /* and the record of the init */
	again(SIGTERM);
	assert_string_equal(status("origin"), ORIGIN);
	assert_string_equal(status("signed"), "4");
	assert_true(verify(true) == 4);
	tear_down();
}

/* After checkpoint_ms, and none when idle. */
static void
timed_checkpoint(void **state)
{
	unsigned before;

	(void)state;
	set_up("[audit]\ncheckpoint_ms = 50\n");
	assert_int_equal(init(ORIGIN), BTZ_OK);
	append_n(2);
	wait_for("unsigned", "0", 20000);
	before = kms.s->signatures;
	assert_true(before > 0);
	(void)usleep(400000);
	assert_int_equal(kms.s->signatures, before);
	assert_int_equal(kms.s->opens, 1);
	tear_down();
}

static void
checkpoint_at_1024(void **state)
{
	(void)state;
	set_up("[audit]\ncheckpoint_ms = 3600000\n");
	assert_int_equal(init(ORIGIN), BTZ_OK);
	append_n(1022);
	assert_int_equal(kms.s->signatures, 0);
	append_n(1);
	wait_for("signed", "1024", 20000);
	assert_true(verify(true) == 1024);
	tear_down();
}

/* Whatever the signer does, appends go on and a checkpoint comes later. */
static void
signer_fails(void **state)
{
	static const struct {
		const char *name;
		enum kms_mode mode;
	} rows[] = { { "no lease", KMS_NO_LEASE }, { "no TPM", KMS_NO_TPM },
		{ "lost answer", KMS_SILENT } };
	uint64_t size;

	(void)state;
	set_up("[audit]\ncheckpoint_ms = 10\n");
	assert_int_equal(init(ORIGIN), BTZ_OK);
	assert_int_equal(now(&size), BTZ_OK);
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		print_message("# case: %s\n", rows[i].name);
		kms.s->mode = (int)rows[i].mode;
		append_n(5);
		assert_int_not_equal(now(&size), BTZ_OK);
		append_n(5);
		assert_string_not_equal(status("unsigned"), "0");
		kms.s->mode = KMS_OK;
		wait_for("unsigned", "0", 20000);
		(void)verify(true);
	}
	tear_down();
}

/* The signer restarts and knows only an older checkpoint. */
static void
signer_behind(void **state)
{
	struct btz_tlog_head old;
	uint64_t size;

	(void)state;
	set_up("[audit]\ncheckpoint_ms = 3600000\n");
	assert_int_equal(init(ORIGIN), BTZ_OK);
	append_n(10);
	assert_int_equal(now(&size), BTZ_OK);
	old = kms.s->head;
	append_n(10);
	assert_int_equal(now(&size), BTZ_OK);
	kms.s->head = old;
	append_n(10);
	assert_int_equal(now(&size), BTZ_OK);
	assert_true(size == 31);
	tear_down();
}

/* A note that is not what was asked for does not replace the good one. */
static void
signer_lies(void **state)
{
	uint64_t size;

	(void)state;
	set_up("[audit]\ncheckpoint_ms = 3600000\n");
	assert_int_equal(init(ORIGIN), BTZ_OK);
	assert_int_equal(now(&size), BTZ_OK);
	append_n(3);
	kms.s->mode = KMS_LIES;
	assert_int_equal(now(&size), BTZ_E_LOG_TREE);
	assert_string_equal(status("signed"), "1");
	kms.s->mode = KMS_OK;
	assert_true(verify(false) == 4);
	tear_down();
}

/* The log lost what was signed: it stays refused, and said so. */
static void
signer_ahead(void **state)
{
	uint64_t size;

	(void)state;
	set_up("[audit]\ncheckpoint_ms = 3600000\n");
	assert_int_equal(init(ORIGIN), BTZ_OK);
	assert_int_equal(now(&size), BTZ_OK);
	append_n(3);
	kms.s->head.size = 1000;
	assert_int_equal(now(&size), BTZ_E_LOG_SMALLER);
	append_n(3);
	assert_string_equal(status("signed"), "1");
	tear_down();
}

/* Starts the program by hand with a control socket only; its exit status. */
static int
start_alone(void)
{
	char exe[512], home[128];
	int control[2], wait_status;
	pid_t pid;

	(void)snprintf(exe, sizeof(exe), "%s/src/audit/bartizan-audit",
	    getenv("BTZ_BUILD"));
	(void)snprintf(home, sizeof(home), "%s", btz_box_home(box));
	assert_int_equal(btz_sock_pair(false, control, NULL), BTZ_OK);
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDONLY);
		int sock = fcntl(control[1], F_DUPFD, 50);

		(void)setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
		(void)dup2(sock, BTZ_FD_CONTROL);
		(void)dup2(null, BTZ_FD_CONFIG);
		(void)execl(
		    exe, exe, "--as", "audit", "--home", home, (char *)NULL);
		_exit(127);
	}
	(void)close(control[1]);
	assert_int_equal(waitpid(pid, &wait_status, 0), pid);
	(void)close(control[0]);
	return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1;
}

/* Truncated or exchanged behind our back: no start, and the number why. */
static void
refuses_to_start(void **state)
{
	char path[160], note[4096];
	uint64_t size;
	size_t len;
	FILE *f;

	(void)state;
	set_up("[audit]\ncheckpoint_ms = 3600000\n");
	assert_int_equal(init(ORIGIN), BTZ_OK);
	append_n(20);
	assert_int_equal(now(&size), BTZ_OK);
	hang_up();
	(void)btz_box_kill(box, BTZ_PROG_AUDIT, SIGKILL);
	(void)snprintf(path, sizeof(path), "%s/audit/0001/tile/entries/000",
	    btz_box_home(box));
	assert_int_equal(truncate(path, 3000), 0);
	assert_int_equal(start_alone(), btz_rc_exit(BTZ_E_LOG_SMALLER));
	(void)snprintf(
	    path, sizeof(path), "%s/audit/0001/checkpoint", btz_box_home(box));
	f = fopen(path, "r+");
	assert_non_null(f);
	len = fread(note, 1, sizeof(note), f);
	note[len - 20] = note[len - 20] == 'A' ? 'B' : 'A';
	rewind(f);
	(void)fwrite(note, 1, len, f);
	(void)fclose(f);
	assert_int_equal(start_alone(), btz_rc_exit(BTZ_E_SIGNATURE));
	kms_end(&kms);
	(void)btz_box_free(box);
}

/* Runs `bartizan --home BOX audit ARGS`; exit status, output in static memory. */
static int
cli(char **out, const char *args)
{
	static char text[65536];
	char command[1024];
	size_t n = 0, got;
	FILE *p;
	int end;

	(void)snprintf(command, sizeof(command),
	    "%s/src/cli/bartizan --home %s audit %s 2>&1", getenv("BTZ_BUILD"),
	    btz_box_home(box), args);
	p = popen(command, "r"); /* NOLINT: the test's own words */
	assert_non_null(p);
	while ((got = fread(text + n, 1, sizeof(text) - 1 - n, p)) > 0)
		n += got;
	text[n] = '\0';
	*out = text;
	end = pclose(p);
	return WIFEXITED(end) ? WEXITSTATUS(end) : -1;
}

static void
expect(const char *args, int status_wanted, const char *text)
{
	char *out;
	int got = cli(&out, args);

	if (got != status_wanted || strstr(out, text) == NULL)
		fail_msg("audit %s: exit %d, not %d with '%s': %s", args, got,
		    status_wanted, text, out);
}

static void
command_line(void **state)
{
	char args[256], path[160], byte;
	uint64_t size;
	int fd;

	(void)state;
	set_up("[audit]\ncheckpoint_ms = 3600000\n");
	assert_int_equal(init(ORIGIN), BTZ_OK);
	append_n(4);
	expect("tail -n 1", 0,
	    " decision deny PUT /x by spiffe://x/home/user/alice via https "
	    "src httpd\n");
	expect("tail --json -n 2", 0, "{\"v\":1,\"seq\":3,");
	expect("tail -n 0", 2, "lines");
	expect("status", 0, "box.example/audit");
	expect("verify", 0, "5 records not yet signed");
	expect("verify --require-signed", 1, "not covered");
	expect("checkpoint", 0, ORIGIN "\n5\n");
	assert_int_equal(now(&size), BTZ_OK);
	expect("verify --require-signed", 0, "5 records verified");
	expect("verify --json", 0, "\"items\"");
	(void)snprintf(args, sizeof(args),
	    "verify --key %s/audit/checkpoint.pub", btz_box_home(box));
	expect(args, 0, "5 are signed");
	expect("verify --dir /nonexistent", 65, "/nonexistent");
	(void)snprintf(path, sizeof(path), "%s/audit/0001/tile/entries/000",
	    btz_box_home(box));
	fd = open(path, O_RDWR);
	assert_int_equal(pread(fd, &byte, 1, 40), 1);
	byte ^= 1; /* whatever the time of day put there */
	assert_int_equal(pwrite(fd, &byte, 1, 40), 1);
	(void)close(fd);
	expect("verify", 1, "wrong: 0001/tile/entries/000: record 0");
	tear_down();
	box = btz_box_new("");
	expect("tail", 69, "audit");
	(void)btz_box_free(box);
}

/* --- many writers -------------------------------------------------------- */

#define WRITERS 16
#define ACKS_MAX 20000

struct acks { /* shared with the writers */
	volatile bool stop;
	volatile unsigned n[WRITERS];
	uint64_t seq[WRITERS][ACKS_MAX];
};

static struct acks *acks;

static void
writer(unsigned w, unsigned upto)
{
	struct btz_conn c;
	char obj[64];

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	btz_conn_adopt(&c, btz_box_connect(box, "http/audit.sock"));
	while (acks->n[w] < upto && !acks->stop) {
		unsigned n = acks->n[w];

		(void)snprintf(obj, sizeof(obj), "/%u/%u", w, n);
		if (append(&c, obj, &acks->seq[w][n]) != BTZ_OK)
			break;
		acks->n[w] = n + 1;
	}
	_exit(0);
}

static void
writers_start(pid_t pids[WRITERS], unsigned upto)
{
	acks->stop = false;
	for (unsigned w = 0; w < WRITERS; w++) {
		pids[w] = fork();
		if (pids[w] == 0)
			writer(w, upto);
	}
}

static void
writers_wait(const pid_t pids[WRITERS])
{
	for (unsigned w = 0; w < WRITERS; w++)
		assert_int_equal(waitpid(pids[w], NULL, 0), pids[w]);
}

static unsigned
acked(void)
{
	unsigned n = 0;

	for (unsigned w = 0; w < WRITERS; w++)
		n += acks->n[w];
	return n;
}

/* Every acknowledged record is where its answer said. */
static void
check_acked(void)
{
	static uint64_t owner[WRITERS * ACKS_MAX];
	struct btz_tail_ok ok;
	uint64_t at = 0, found = 0;
	char want[64];

	memset(owner, 0, sizeof(owner));
	for (uint64_t w = 0; w < WRITERS; w++)
		for (unsigned i = 0; i < acks->n[w]; i++)
			owner[acks->seq[w][i]] = 1 + (w << 32 | i);
	for (;; at = ok.next) {
		assert_int_equal(tail(at, 1000, 0, &ok), BTZ_OK);
		if (ok.lines.len == 0)
			break;
		for (uint64_t seq = at; seq < ok.next; seq++) {
			const uint8_t *lf = memchr(
			    ok.lines.p, '\n', ok.lines.len);
			size_t len = (size_t)(lf - ok.lines.p);
			uint64_t o = owner[seq] - 1;

			(void)snprintf(want, sizeof(want), "\"obj\":\"/%u/%u\"",
			    (unsigned)(o >> 32), (unsigned)o);
			if (owner[seq] != 0) {
				assert_non_null(memmem(
				    ok.lines.p, len, want, strlen(want)));
				found++;
			}
			ok.lines.p += len + 1;
			ok.lines.len -= len + 1;
		}
	}
	assert_true(found == acked());
}

static double
seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
acks_new(void)
{
	acks = mmap(NULL, sizeof(*acks), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(acks != MAP_FAILED);
}

static void
ten_thousand(void **state)
{
	pid_t pids[WRITERS];
	uint64_t size;
	double t;

	(void)state;
	set_up("");
	acks_new();
	assert_int_equal(init(ORIGIN), BTZ_OK);
	t = seconds();
	writers_start(pids, 10000 / WRITERS);
	writers_wait(pids);
	t = seconds() - t;
	assert_int_equal(acked(), 10000);
	check_acked();
	print_message(
	    "# 10000 appends in %.2f s, %s syncs\n", t, status("syncs"));
	assert_true(strtoul(status("syncs"), NULL, 10) < 5000);
	assert_int_equal(now(&size), BTZ_OK);
	assert_true(verify(true) == 10001);
	(void)munmap(acks, sizeof(*acks));
	tear_down();
}

static void
kill_9_under_load(void **state)
{
	unsigned seed = (unsigned)time(NULL);
	pid_t pids[WRITERS];
	uint64_t size;

	(void)state;
	print_message("# seed %u\n", seed);
	srand(seed);
	set_up("[audit]\ncheckpoint_ms = 20\n");
	acks_new();
	assert_int_equal(init(ORIGIN), BTZ_OK);
	for (int round = 0; round < 30; round++) {
		writers_start(pids, ACKS_MAX);
		(void)usleep((useconds_t)(rand() % 150000));
		acks->stop = true; /* for those who come late */
		again(SIGKILL);
		writers_wait(pids);
		if (round % 10 == 9)
			check_acked();
	}
	wait_for("unsigned", "0", 20000);
	assert_int_equal(now(&size), BTZ_OK);
	print_message("# %u acknowledged, %u records, %u checkpoints\n",
	    acked(), (unsigned)size, kms.s->signatures);
	assert_true(acked() > 100);
	assert_true(verify(true) == size);
	(void)munmap(acks, sizeof(*acks));
	tear_down();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_may_what),
		cmocka_unit_test(record_bytes),
		cmocka_unit_test(tails),
		cmocka_unit_test(initialise),
		cmocka_unit_test(timed_checkpoint),
		cmocka_unit_test(checkpoint_at_1024),
		cmocka_unit_test(signer_fails),
		cmocka_unit_test(signer_behind),
		cmocka_unit_test(signer_lies),
		cmocka_unit_test(signer_ahead),
		cmocka_unit_test(refuses_to_start),
		cmocka_unit_test(command_line),
		cmocka_unit_test(ten_thousand),
		cmocka_unit_test(kill_9_under_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
