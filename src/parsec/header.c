/* SPDX-License-Identifier: Apache-2.0 */
/* header.c - fields, checks and answers of the header; see header.h. Start at
 * the two tables of fields and checks. */
#include "parsec/header.h"

#include <stddef.h>
#include <string.h>

#define SIZE_REST 30u

/* In wire order; the struct has no padding that travels. */
static const struct {
	uint8_t len;
	size_t at;
} fields[] = {
#define FIELD(m)                                                               \
	{                                                                      \
		sizeof(((struct btz_parsec_header *)0)->m),                    \
		    offsetof(struct btz_parsec_header, m)                      \
	}
	FIELD(magic),
	FIELD(size),
	FIELD(major),
	FIELD(minor),
	FIELD(flags),
	FIELD(provider),
	FIELD(session),
	FIELD(content),
	FIELD(accept),
	FIELD(auth),
	FIELD(body_len),
	FIELD(auth_len),
	FIELD(opcode),
	FIELD(status),
	FIELD(reserved),
#undef FIELD
};

static uint64_t
get(const struct btz_parsec_header *h, size_t i)
{
	const uint8_t *p = (const uint8_t *)h + fields[i].at;
	uint16_t v16;
	uint32_t v32;
	uint64_t v64;

	switch (fields[i].len) {
	case 1:
		return *p;
	case 2:
		memcpy(&v16, p, 2);
		return v16;
	case 4:
		memcpy(&v32, p, 4);
		return v32;
	default:
		memcpy(&v64, p, 8);
		return v64;
	}
}

static void
set(struct btz_parsec_header *h, size_t i, uint64_t v)
{
	uint8_t *p = (uint8_t *)h + fields[i].at;
	const uint8_t v8 = (uint8_t)v;
	const uint16_t v16 = (uint16_t)v;
	const uint32_t v32 = (uint32_t)v;

	switch (fields[i].len) {
	case 1:
		*p = v8;
		return;
	case 2:
		memcpy(p, &v16, 2);
		return;
	case 4:
		memcpy(p, &v32, 4);
		return;
	default:
		memcpy(p, &v, 8);
		return;
	}
}

void
btz_parsec_header_read(
    const uint8_t in[BTZ_PARSEC_HDR], struct btz_parsec_header *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < BTZ_COUNT(fields); i++) {
		uint64_t v = 0;

		for (unsigned k = 0; k < fields[i].len; k++)
			v |= (uint64_t)in[k] << (8 * k);
		set(out, i, v);
		in += fields[i].len;
	}
}

void
btz_parsec_header_write(
    const struct btz_parsec_header *h, uint8_t out[BTZ_PARSEC_HDR])
{
	for (size_t i = 0; i < BTZ_COUNT(fields); i++) {
		const uint64_t v = get(h, i);

		for (unsigned k = 0; k < fields[i].len; k++)
			*out++ = (uint8_t)(v >> (8 * k));
	}
}

static bool
version_ok(const struct btz_parsec_header *h)
{
	return h->major == 1 && h->minor == 0;
}

uint16_t
btz_parsec_check_start(const struct btz_parsec_header *h, uint32_t body_limit)
{
	const struct {
		bool ok;
		uint16_t status;
	} checks[] = {
		{ h->magic == BTZ_PARSEC_MAGIC, BTZ_PS_HEADER },
		{ h->size == SIZE_REST, BTZ_PS_HEADER },
		{ version_ok(h), BTZ_PS_VERSION },
		{ h->reserved == 0, BTZ_PS_HEADER },
		{ h->body_len <= body_limit, BTZ_PS_BODY_SIZE },
	};

	for (size_t i = 0; i < BTZ_COUNT(checks); i++)
		if (!checks[i].ok)
			return checks[i].status;
	return BTZ_PS_OK;
}

/* 0x16, 0x17 (MAC) have messages but no number; 0x1d is not assigned. */
static bool
opcode_known(uint32_t op)
{
	return op >= 1 && op <= 0x20 && op != 0x16 && op != 0x17 && op != 0x1d;
}

uint16_t
btz_parsec_check_rest(const struct btz_parsec_header *h)
{
	const struct {
		bool ok;
		uint16_t status;
	} checks[] = {
		{ h->content == 0, BTZ_PS_CONTENT_TYPE },
		{ h->accept == 0, BTZ_PS_ACCEPT_TYPE },
		{ h->auth <= BTZ_PAUTH_SPIFFE, BTZ_PS_AUTH_TYPE },
		{ opcode_known(h->opcode), BTZ_PS_OPCODE },
		{ h->provider <= 5, BTZ_PS_PROVIDER },
	};

	for (size_t i = 0; i < BTZ_COUNT(checks); i++)
		if (!checks[i].ok)
			return checks[i].status;
	return BTZ_PS_OK;
}

struct btz_parsec_header
btz_parsec_answer(
    const struct btz_parsec_header *h, uint16_t status, uint32_t body_len)
{
	return (struct btz_parsec_header){ .magic = BTZ_PARSEC_MAGIC,
		.size = SIZE_REST,
		.major = 1,
		.provider = h == NULL ? 0 : h->provider,
		.session = h == NULL ? 0 : h->session,
		.body_len = body_len,
		.opcode = h == NULL ? 1 : h->opcode,
		.status = status };
}
