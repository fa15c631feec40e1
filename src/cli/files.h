/* SPDX-License-Identifier: Apache-2.0 */
/* files.h - whole files in and out, without half-written ones. */
#ifndef BTZ_CLI_FILES_H
#define BTZ_CLI_FILES_H

#include <stddef.h>

#include "base/err.h"
#include "wire/cursor.h"

/* A whole file ("-": standard input), at most max bytes; *out is malloc'ed
 * (freed with free) and has a NUL after its len bytes. */
BTZ_MUST_CHECK enum btz_rc btz_cli_read_file(
    const char *path, size_t max, char **out, size_t *len, struct btz_err *err);
/* Writes aside, then renames. */
BTZ_MUST_CHECK enum btz_rc btz_cli_write_file(
    const char *path, unsigned mode, struct btz_span data, struct btz_err *err);

/* What errno says of a path that the user gave: wrong (exit status 65), disk
 * full (75), or something fails (70). */
enum btz_rc btz_cli_file_rc(void);

#endif
