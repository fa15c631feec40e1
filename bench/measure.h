/* SPDX-License-Identifier: Apache-2.0 */
/* measure.h - what the benchmarks share: clocks, CPUs, order statistics, and
 * one JSON object per figure on standard output. */
#ifndef BTZ_BENCH_MEASURE_H
#define BTZ_BENCH_MEASURE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

uint64_t btz_now_ns(void);
_Noreturn void btz_die(const char *what); /* perror, exit 1 */
/* cpu -1: any. */
void btz_pin(pid_t pid, int cpu);
/* Time on a CPU so far. */
uint64_t btz_cpu_ns(pid_t pid);
/* Context switches of it so far, voluntary and not. */
unsigned long btz_switches(pid_t pid);
/* Private_Dirty of a process, kB. */
unsigned long btz_dirty_kb(pid_t pid);
void btz_sort(double *v, size_t n);
double btz_median(double *v, size_t n);		    /* sorts */
double btz_quantile(double *v, size_t n, double q); /* sorts */
/* peer NULL: none; bar NULL: none, else "<= 2.5". */
void btz_figure(const char *name, double value, const char *unit,
    const char *peer, double peer_value, double ratio, const char *bar,
    int met);

#endif
