/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg_share.h - the supervisor makes the directory of a new share
 */
#ifndef BTZ_WIRE_MSG_SHARE_H
#define BTZ_WIRE_MSG_SHARE_H

#include "wire/field.h"
#include "wire/limits.h"

/* BTZ_OP_SHARE_DIR: shares/<tenant>/<share>, owned by httpd's uid; repeating
 * it is fine. Asked by the command line after access accepted the share. */
struct btz_share_dir {
	struct btz_span tenant;
	struct btz_span share;
};
extern const struct btz_msgdef btz_def_share_dir;

#endif
