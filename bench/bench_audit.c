/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_audit - appends that are waited for, by many writers at once, against
 * the disk's own rate of write + fdatasync in the same directory.
 *
 * usage: bench_audit SOCKET PID DIR WRITERS APPENDS
 * PID is the audit process (for its CPU time), DIR a directory on the same
 * disk. Prints one JSON object a line, as bench.py collects them.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/sock.h"
#include "wire/msg_audit.h"
#include "wire/ops.h"

#define WRITERS_MAX 64

struct writer {
	int fd;
	double started;
};

static double
now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* User and system time of a process in seconds. */
static double
cpu_of(long pid)
{
	char path[64], line[1024];
	unsigned long user = 0, sys = 0;
	const char *tail;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	f = fopen(path, "r");
	if (f == NULL || fgets(line, sizeof(line), f) == NULL) {
		perror(path);
		exit(1);
	}
	(void)fclose(f);
	tail = strrchr(line, ')');
	if (tail == NULL || sscanf(tail + 2,
				"%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
				"%lu %lu",
				&user, &sys) != 2)
		exit(1);
	return (double)(user + sys) / (double)sysconf(_SC_CLK_TCK);
}

static void
send_one(struct writer *w, uint32_t n)
{
	static struct btz_msgbuf buf;
	struct btz_audit a = { .phase = BTZ_PH_DECISION,
		.wait = 1,
		.tenant = btz_span_str("bench"),
		.who = btz_span_str("spiffe://bench/bench/user/writer"),
		.via = BTZ_VIA_HTTPS,
		.act = btz_span_str("put"),
		.obj = btz_span_str("/bench/share/a-file-name.jpg"),
		.decision = BTZ_DEC_ALLOW,
		.why = btz_span_str("role editor"),
		.pol = 7 };
	struct btz_frame f = { .op = BTZ_OP_APPEND, .tag = n + 1, .id = n };

	if (btz_sock_pack(&buf, &f, &btz_def_audit, &a) != BTZ_OK ||
	    btz_sock_send(w->fd, buf.bytes, buf.len, -1) != BTZ_OK) {
		(void)fprintf(stderr, "append not sent\n");
		exit(1);
	}
	w->started = now();
}

static void
take_answer(struct writer *w)
{
	static struct btz_msgbuf buf;
	struct btz_frame f;
	int fd;

	if (btz_sock_recv(w->fd, &buf, &fd, NULL) != BTZ_OK ||
	    !btz_frame_decode(btz_span_of(buf.bytes, buf.len), &f) ||
	    f.status != BTZ_OK) {
		(void)fprintf(stderr, "append not answered\n");
		exit(1);
	}
}

static int
compare(const void *a, const void *b)
{
	double d = *(const double *)a - *(const double *)b;

	return d < 0 ? -1 : d > 0;
}

static double
run_writers(const char *path, unsigned writers, unsigned total, double *p50)
{
	static struct writer w[WRITERS_MAX];
	static struct pollfd p[WRITERS_MAX];
	double *took = calloc(total, sizeof(*took)), start;
	struct btz_err err;
	unsigned sent = 0, done = 0;

	if (took == NULL)
		exit(1);
	for (unsigned i = 0; i < writers; i++)
		if (btz_sock_connect(path, &w[i].fd, &err) != BTZ_OK) {
			(void)fprintf(stderr, "%s\n", err.msg);
			exit(1);
		}
	start = now();
	for (; sent < writers; sent++)
		send_one(&w[sent], sent);
	while (done < total) {
		for (unsigned i = 0; i < writers; i++)
			p[i] = (struct pollfd){ .fd = w[i].fd,
				.events = POLLIN };
		if (poll(p, writers, 30000) <= 0)
			exit(1);
		for (unsigned i = 0; i < writers && done < total; i++) {
			if ((p[i].revents & POLLIN) == 0)
				continue;
			take_answer(&w[i]);
			took[done++] = now() - w[i].started;
			if (sent < total)
				send_one(&w[i], sent++);
		}
	}
	start = now() - start;
	qsort(took, total, sizeof(*took), compare);
	*p50 = took[total / 2];
	free(took);
	return total / start;
}

/* Writes of one record with fdatasync each, into a preallocated file. */
static double
disk_rate(const char *dir)
{
	enum { N = 300, LEN = 302 };
	static const char record[LEN] = "x";
	char path[512];
	double start;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/bench-fdatasync", dir);
	fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	if (fd < 0 || posix_fallocate(fd, 0, N * LEN) != 0) {
		perror(path);
		exit(1);
	}
	start = now();
	for (int i = 0; i < N; i++)
		if (write(fd, record, LEN) != LEN || fdatasync(fd) != 0)
			exit(1);
	start = now() - start;
	(void)close(fd);
	(void)unlink(path);
	return N / start;
}

int
main(int argc, char **argv)
{
	double before, rate, p50, floor1, floor2, disk, cpu;
	unsigned writers, total;
	long pid;

	if (argc != 6) {
		(void)fprintf(stderr, "usage: bench_audit SOCKET PID DIR "
				      "WRITERS APPENDS\n");
		return 2;
	}
	pid = strtol(argv[2], NULL, 10);
	writers = (unsigned)strtoul(argv[4], NULL, 10);
	total = (unsigned)strtoul(argv[5], NULL, 10);
	if (writers == 0 || writers > WRITERS_MAX || total < writers)
		return 2;
	floor1 = disk_rate(argv[3]);
	before = cpu_of(pid);
	rate = run_writers(argv[1], writers, total, &p50);
	cpu = (cpu_of(pid) - before) / total * 1e6;
	floor2 = disk_rate(argv[3]);
	disk = (floor1 + floor2) / 2; /* before and after: the disk drifts */
	(void)printf(
	    "{\"name\":\"audit appends, %u writers\",\"value\":%.0f,"
	    "\"unit\":\"1/s\",\"peer\":\"write+fdatasync, one by one\","
	    "\"peer_value\":%.0f,\"ratio\":%.2f,\"bar\":\">= 4\",\"met\":%s}\n",
	    writers, rate, disk, rate / disk,
	    rate >= 4 * disk ? "true" : "false");
	(void)printf(
	    "{\"name\":\"audit append, p50 of %u writers\","
	    "\"value\":%.0f,\"unit\":\"us\",\"peer\":\"one write+fdatasync\","
	    "\"peer_value\":%.0f,\"ratio\":%.2f}\n",
	    writers, p50 * 1e6, 1e6 / disk, p50 * disk);
	(void)printf("{\"name\":\"audit append, CPU of bartizan-audit\","
		     "\"value\":%.1f,\"unit\":\"us\"}\n",
	    cpu);
	return 0;
}
