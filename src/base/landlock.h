/* SPDX-License-Identifier: Apache-2.0 */
/* landlock.h - the half of confine.h that is about paths. */
#ifndef BTZ_BASE_LANDLOCK_H
#define BTZ_BASE_LANDLOCK_H

#include "base/confine.h"

/* no_new_privs must be set before. */
enum btz_rc btz_landlock_apply(
    const struct btz_confine *c, struct btz_err *err);

#endif
