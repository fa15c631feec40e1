/* SPDX-License-Identifier: Apache-2.0 */
/*
 * home.h - where the files of a box are, and where our programs are.
 *
 * With a home directory everything is below it: etc run lib log policy audit
 * shares apache tpm tee. Without one (NULL) the system's places are used:
 * etc -> /etc/bartizan, run -> /run/bartizan, log -> /var/log/bartizan, all
 * the rest below /var/lib/bartizan.
 */
#ifndef BTZ_BASE_HOME_H
#define BTZ_BASE_HOME_H

#include <stddef.h>

#include "base/err.h"
#include "wire/cursor.h"

#define BTZ_HOME_SYSTEM "/var/lib/bartizan"
#define BTZ_SOCKET_PATH_MAX 100u /* longer: BTZ_E_TOOBIG at start */

/* rel: "run/admin/up.sock". home NULL: the system's places. */
BTZ_MUST_CHECK enum btz_rc btz_home_path(const char *home, const char *rel,
    char *out, size_t cap, struct btz_err *err);
/* The file of a program: $BARTIZAN_LIBEXEC/NAME, or below a build folder
 * $BARTIZAN_LIBEXEC/FOLDER/NAME, else the compiled libexecdir. BTZ_E_NOENT
 * when it is not there; out holds the last path tried. */
BTZ_MUST_CHECK enum btz_rc btz_home_program(const char *folder,
    const char *name, char *out, size_t cap, struct btz_err *err);

#endif
