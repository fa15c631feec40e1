/* SPDX-License-Identifier: Apache-2.0 */
/* status.h - status of an answer (docs/protocol/parsec.md, "Status"). */
#ifndef BTZ_PARSEC_STATUS_H
#define BTZ_PARSEC_STATUS_H

#include <stdint.h>

enum btz_parsec_status {
	BTZ_PS_OK = 0,
	BTZ_PS_CONTENT_TYPE = 2,
	BTZ_PS_ACCEPT_TYPE = 3,
	BTZ_PS_VERSION = 4,
	BTZ_PS_NO_PROVIDER = 5, /* known, but not here */
	BTZ_PS_PROVIDER = 6,	/* unknown number */
	BTZ_PS_BODY = 7,
	BTZ_PS_OPCODE = 9,
	BTZ_PS_TOO_LARGE = 10, /* the answer */
	BTZ_PS_AUTH = 11,
	BTZ_PS_AUTH_TYPE = 12,
	BTZ_PS_NO_AUTHENTICATOR = 13,
	BTZ_PS_CONNECTION = 15,
	BTZ_PS_ENCODING = 16,
	BTZ_PS_HEADER = 17,
	BTZ_PS_NOT_AUTHENTICATED = 19,
	BTZ_PS_BODY_SIZE = 20,
	BTZ_PS_ADMIN = 21,
	/* PSA: 1000 + |error| (PSA Certified Crypto API 1.1, 5.1) */
	BTZ_PS_GENERIC = 1132,
	BTZ_PS_NOT_PERMITTED = 1133,
	BTZ_PS_NOT_SUPPORTED = 1134,
	BTZ_PS_INVALID = 1135,
	BTZ_PS_EXISTS = 1139,
	BTZ_PS_NOT_FOUND = 1140,
	BTZ_PS_MEMORY = 1141,
	BTZ_PS_STORAGE_FULL = 1142,
	BTZ_PS_COMMUNICATION = 1145,
	BTZ_PS_STORAGE = 1146,
	BTZ_PS_HARDWARE = 1147,
	BTZ_PS_SIGNATURE = 1149,
	BTZ_PS_PADDING = 1150,
	BTZ_PS_CORRUPT = 1152,
	BTZ_PS_DATA = 1153,
};

/* What a client of Parsec is told about a result of ours (enum btz_rc). */
uint16_t btz_parsec_status(uint32_t rc);

#endif
