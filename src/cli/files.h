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

/* The same in two steps, for what cannot be done again when the path turns out
 * to be wrong: begin makes the file aside, end fills and renames it, drop gives
 * it up. path NULL: there is no file. fd is -1 when nothing is begun. */
struct btz_cli_file {
	const char *path; /* borrowed */
	char tmp[1040];
	int fd;
};
BTZ_MUST_CHECK enum btz_rc btz_cli_file_begin(struct btz_cli_file *f,
    const char *path, unsigned mode, struct btz_err *err);
/* Owner and mode of the file that it takes the place of, which must be a plain
 * one with one name: else the other names would go on to the old content. */
BTZ_MUST_CHECK enum btz_rc btz_cli_file_like_old(
    struct btz_cli_file *f, struct btz_err *err);
/* The new name is durable, too. */
BTZ_MUST_CHECK enum btz_rc btz_cli_file_end(
    struct btz_cli_file *f, struct btz_span data, struct btz_err *err);
void btz_cli_file_drop(struct btz_cli_file *f);

/* What errno says of a path that the user gave: wrong (exit status 65), disk
 * full (75), or something fails (70). */
enum btz_rc btz_cli_file_rc(void);

#endif
