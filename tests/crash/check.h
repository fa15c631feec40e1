/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.h - is everything there that was acknowledged, and nothing by halves?
 * What is wrong is said by client_complain of the client that it concerns.
 */
#ifndef BTZ_TESTS_CRASH_CHECK_H
#define BTZ_TESTS_CRASH_CHECK_H

#include "crash/client.h"

/* Every key that the box lists against the models; what is in doubt is settled
 * by it. Then every key is used. */
void check_keys(struct client *clients, size_t n);
/* The database of a running service: rows that belong together. */
void check_store(struct client *c, const char *path);
/* No nonce of one key and version twice. */
void check_nonces(struct client *clients, size_t n);
/* The folder of the log, as `bartizan audit verify` does: how many records
 * (check_log.c). What is wrong with it, else "", into wrong. */
uint64_t check_log(const char *dir, char *wrong, size_t cap);

#endif
