/* SPDX-License-Identifier: Apache-2.0 */
/* memory.h - what is left in the memory of a process. */
#ifndef BTZ_TESTS_SUPPORT_MEMORY_H
#define BTZ_TESTS_SUPPORT_MEMORY_H

#include <stddef.h>
#include <sys/types.h>

/* Are these bytes in what pid may write? -1: it may not be read. Big mappings
 * are the sanitizer's and are left out; so is our own stack. */
int memory_has(pid_t pid, const void *bytes, size_t len);

#endif
