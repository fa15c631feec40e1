/* SPDX-License-Identifier: Apache-2.0 */
/* speed.h - repeats an operation between two marks that optee/speed.py reads. */
#ifndef BTZ_TESTS_TARGET_SPEED_H
#define BTZ_TESTS_TARGET_SPEED_H

#include <stdbool.h>

/* At least five times, 20 if 15 seconds suffice, at most 200 in six seconds;
 * at the first failure it ends: a row of TAP. */
bool speed(const char *alg, const char *what, bool (*op)(void *arg), void *arg);

#endif
