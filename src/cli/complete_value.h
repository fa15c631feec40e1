/* SPDX-License-Identifier: Apache-2.0 */
/* complete_value.h - values of options that are one of a closed set, or a
 * backend of the box in home (NULL: this machine's). */
#ifndef BTZ_CLI_COMPLETE_VALUE_H
#define BTZ_CLI_COMPLETE_VALUE_H

/* fn for each value that --option of `bartizan NOUN VERB` takes; none where it
 * is a file, a number or a name of the user's. */
void btz_complete_values(const char *home, const char *noun, const char *verb,
    const char *option, void (*fn)(const char *value, const char *typed),
    const char *typed);

#endif
