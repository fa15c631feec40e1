/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - one line per event on stderr: key=value, with process and request
 * id. The audit trail is a different thing (src/audit). No secrets here.
 */
#ifndef BTZ_BASE_LOG_H
#define BTZ_BASE_LOG_H

#include <stdint.h>

struct btz_err;

enum btz_log_level {
	BTZ_LOG_ERROR,
	BTZ_LOG_WARN,
	BTZ_LOG_INFO,
	BTZ_LOG_DEBUG,
};

/* prog is borrowed for the life of the process. */
void btz_log_init(const char *prog, enum btz_log_level max);
/* Lines with a request id, and those of level info, are limited to 50 a second:
 * clients cause them. */
/* Bytes outside 0x20..0x7e, '"' and '\' of the message are escaped. */
void btz_log(enum btz_log_level level, uint64_t req, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void btz_log_err(uint64_t req, const struct btz_err *e);

#endif
