/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auditor.h - plays the audit log at the test's end of an edge: a thread that
 * answers what is waited for and remembers what was told.
 */
#ifndef BTZ_TESTS_AUDITOR_H
#define BTZ_TESTS_AUDITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct btz_auditor;

struct btz_heard {
	uint8_t phase, decision, wait;
	char who[128], act[64], obj[128], out[64], why[128];
	uint64_t n;
};

struct btz_auditor *btz_auditor_new(int fd);  /* takes fd */
void btz_auditor_free(struct btz_auditor *a); /* closes the edge */
/* Records of this act so far (NULL: all); the last one into *last. */
size_t btz_auditor_heard(
    struct btz_auditor *a, const char *act, struct btz_heard *last);
/* How often it happened: each record's n, 1 where it has none. */
uint64_t btz_auditor_times(struct btz_auditor *a, const char *act);
/* Waits up to ms until at least n of this act were heard. */
bool btz_auditor_wait(struct btz_auditor *a, const char *act, size_t n, int ms);
/* The time each durable record takes from now on. */
void btz_auditor_delay(struct btz_auditor *a, unsigned ms);

#endif
