/* SPDX-License-Identifier: Apache-2.0 */
/* user_ta_header_defines.h - what OP-TEE's dev kit asks of a TA. */
#ifndef USER_TA_HEADER_DEFINES_H
#define USER_TA_HEADER_DEFINES_H

#include "speed_ta.h"

#define TA_UUID BTZ_SPEED_TA_UUID
#define TA_FLAGS (TA_FLAG_SINGLE_INSTANCE | TA_FLAG_INSTANCE_KEEP_ALIVE)
/* as the trusted application's */
#define TA_STACK_SIZE (64 * 1024)
#define TA_DATA_SIZE (768 * 1024)
#define TA_VERSION_STRING "1"
#define TA_DESCRIPTION "Bartizan: how fast elliptic curves are here"

#endif
