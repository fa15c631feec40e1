/* SPDX-License-Identifier: Apache-2.0 */
/*
 * header.h - the header of Parsec's wire protocol 1.0: 36 bytes, little
 * endian, the same for requests and answers. A request is header, body, auth
 * field; an answer is header, body.
 *
 * Checks come in two parts: btz_parsec_check_start before the body is read
 * (what fails leaves the stream unusable), btz_parsec_check_rest after. Both
 * are tables in the order in which Parsec's service checks.
 */
#ifndef BTZ_PARSEC_HEADER_H
#define BTZ_PARSEC_HEADER_H

#include "parsec/status.h"
#include "wire/cursor.h"

#define BTZ_PARSEC_HDR 36u
#define BTZ_PARSEC_MAGIC 0x5ec0a710u

enum btz_parsec_auth {
	BTZ_PAUTH_NONE = 0,
	BTZ_PAUTH_DIRECT = 1,
	BTZ_PAUTH_JWT = 2,
	BTZ_PAUTH_PEER = 3, /* uid, checked against the kernel's word */
	BTZ_PAUTH_SPIFFE = 4,
};

struct btz_parsec_header {
	uint32_t magic;
	uint16_t size; /* of the rest of the header: 30 */
	uint8_t major, minor;
	uint16_t flags;
	uint8_t provider;
	uint64_t session; /* opaque, comes back */
	uint8_t content, accept, auth;
	uint32_t body_len;
	uint16_t auth_len;
	uint32_t opcode;
	uint16_t status, reserved;
};

void btz_parsec_header_read(
    const uint8_t in[BTZ_PARSEC_HDR], struct btz_parsec_header *out);
void btz_parsec_header_write(
    const struct btz_parsec_header *h, uint8_t out[BTZ_PARSEC_HDR]);
/* 0, or the status to answer; body_limit in bytes. */
uint16_t btz_parsec_check_start(
    const struct btz_parsec_header *h, uint32_t body_limit);
/* The numbers that Parsec's service does not know at all. */
uint16_t btz_parsec_check_rest(const struct btz_parsec_header *h);
/* An answer to h, or (h NULL) to what could not be read. */
struct btz_parsec_header btz_parsec_answer(
    const struct btz_parsec_header *h, uint16_t status, uint32_t body_len);

#endif
