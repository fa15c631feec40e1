/* SPDX-License-Identifier: Apache-2.0 */
/* measure.c - shared by the benchmarks; contract in measure.h. */
#include "measure.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

uint64_t
btz_now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

void
btz_die(const char *what)
{
	perror(what);
	exit(1);
}

void
btz_pin(pid_t pid, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	if (cpu >= 0)
		CPU_SET((size_t)cpu, &set);
	else
		for (size_t i = 0; i < CPU_SETSIZE; i++)
			CPU_SET(i, &set);
	if (sched_setaffinity(pid, sizeof(set), &set) != 0)
		btz_die("sched_setaffinity");
}

uint64_t
btz_cpu_ns(pid_t pid)
{
	char path[64];
	unsigned long long ns = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)pid);
	f = fopen(path, "r");
	if (f == NULL || fscanf(f, "%llu", &ns) != 1)
		btz_die(path);
	(void)fclose(f);
	return ns;
}

unsigned long
btz_dirty_kb(pid_t pid)
{
	char path[64], line[256];
	unsigned long kb = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	f = fopen(path, "r");
	if (f == NULL)
		btz_die(path);
	while (fgets(line, sizeof(line), f) != NULL)
		(void)sscanf(line, "Private_Dirty: %lu", &kb);
	(void)fclose(f);
	return kb;
}

unsigned long
btz_switches(pid_t pid)
{
	char path[64], line[256];
	unsigned long n, sum = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "r");
	if (f == NULL)
		btz_die(path);
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "voluntary_ctxt_switches: %lu", &n) == 1 ||
		    sscanf(line, "nonvoluntary_ctxt_switches: %lu", &n) == 1)
			sum += n;
	(void)fclose(f);
	return sum;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

void
btz_sort(double *v, size_t n)
{
	qsort(v, n, sizeof(v[0]), by_value);
}

double
btz_median(double *v, size_t n)
{
	return btz_quantile(v, n, 0.5);
}

double
btz_quantile(double *v, size_t n, double q)
{
	size_t i = (size_t)((double)n * q);

	btz_sort(v, n);
	return v[i < n ? i : n - 1];
}

void
btz_figure(const char *name, double value, const char *unit, const char *peer,
    double peer_value, double ratio, const char *bar, int met)
{
	(void)printf("{\"name\":\"%s\",\"value\":%.4g,\"unit\":\"%s\"", name,
	    value, unit);
	if (peer != NULL)
		(void)printf(",\"peer\":\"%s\",\"peer_value\":%.4g,"
			     "\"ratio\":%.3f",
		    peer, peer_value, ratio);
	if (bar != NULL)
		(void)printf(
		    ",\"bar\":\"%s\",\"met\":%s", bar, met ? "true" : "false");
	(void)printf("}\n");
	(void)fflush(stdout);
}
