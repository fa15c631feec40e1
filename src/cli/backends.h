/* SPDX-License-Identifier: Apache-2.0 */
/* backends.h - what the backends can do, as the broker tells administrators. */
#ifndef BTZ_CLI_BACKENDS_H
#define BTZ_CLI_BACKENDS_H

#include "cli/cli.h"

struct btz_out;

/* *out is the caller's; NULL on failure. */
BTZ_MUST_CHECK enum btz_rc btz_backends_get(
    struct btz_cli *c, struct btz_out **out, struct btz_err *err);
/* Empty when there is no such column. */
struct btz_span btz_backends_cell(
    const struct btz_out *all, size_t row, const char *column);
/* A table of the one row (or none) of that name. */
struct btz_out *btz_backends_one(
    const struct btz_out *all, struct btz_span name);
/* After BTZ_E_UNSUPPORTED (another rc: nothing) by `backend`: a hint about the
 * backends that have `word` in that column, if they can be asked. */
void btz_backends_hint(struct btz_cli *c, enum btz_rc rc, const char *backend,
    const char *column, const char *word);

#endif
