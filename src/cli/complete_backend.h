/* SPDX-License-Identifier: Apache-2.0 */
/* complete_backend.h - the backends that a box has, for the shell. */
#ifndef BTZ_CLI_COMPLETE_BACKEND_H
#define BTZ_CLI_COMPLETE_BACKEND_H

/* fn for soft, tee, and those that etc/bartizan.conf of home (NULL: this
 * machine's) names, as far as it can be read. Nobody is asked. */
void btz_complete_backends(const char *home,
    void (*fn)(const char *value, const char *typed), const char *typed);

#endif
