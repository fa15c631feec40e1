/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format.h - bytes of policy/<generation>.btzp and of policy/current, as in
 * docs/protocol/policy.md, and checked access to them.
 *
 * All integers are big-endian, except the generation in `current`, which is an
 * atomic word in the machine's order. Sections follow the header in the order
 * of enum btz_policy_section without gaps; the last 32 bytes are the SHA-256 of
 * all before them. btz_policy_view_init checks everything once; the accessors
 * check bounds again, so that memory stays safe even if somebody could change
 * the mapped file afterwards.
 */
#ifndef BTZ_POLICY_FORMAT_H
#define BTZ_POLICY_FORMAT_H

#include "base/err.h"
#include "wire/cursor.h"
#include "wire/limits.h"

#define BTZ_POLICY_MAGIC "BTZPOL01"
#define BTZ_POLICY_MAGIC_LEN 8u
#define BTZ_POLICY_VERSION 1u
#define BTZ_POLICY_HEADER 128u
#define BTZ_POLICY_FILE_MAX (64u << 20)
#define BTZ_POLICY_NIL 0xffffffffu /* no index, no reference */

/* Header. */
enum {
	BTZ_PO_MAGIC = 0,	  /* 8 bytes */
	BTZ_PO_VERSION = 8,	  /* u32 */
	BTZ_PO_HEADER = 12,	  /* u32, 128 */
	BTZ_PO_LENGTH = 16,	  /* u64, whole file with the hash */
	BTZ_PO_GENERATION = 24,	  /* u64 */
	BTZ_PO_MADE = 32,	  /* u64, Unix seconds */
	BTZ_PO_TRUST_DOMAIN = 40, /* u32, reference to a string */
	BTZ_PO_FLAGS = 44,	  /* u32, 0 */
	BTZ_PO_SECTIONS = 48,	  /* 8 times u32 offset, u32 count */
	BTZ_PO_RESERVED = 112,	  /* 16 bytes, 0 */
};

enum btz_policy_section {
	BTZ_PS_TENANTS,	    /* ascending by name */
	BTZ_PS_PRINCIPALS,  /* ascending by URI */
	BTZ_PS_CREDENTIALS, /* ascending by SPKI hash */
	BTZ_PS_ROLES,	    /* ascending by tenant, name */
	BTZ_PS_SHARES,	    /* ascending by tenant, name */
	BTZ_PS_BINDINGS,    /* ascending by principal, share, role */
	BTZ_PS_WINDOWS,
	BTZ_PS_STRINGS, /* count is bytes; u16 length, bytes, 0 */
	BTZ_PS_COUNT,
};

/* Entries. A reference is an offset into the strings. */
enum {
	BTZ_PT_ID = 0,		 /* tenant: 16 bytes */
	BTZ_PT_NAME = 16,	 /* reference */
	BTZ_PT_FIRST_SHARE = 20, /* u32 */
	BTZ_PT_SHARES = 24,	 /* u32, how many */
	BTZ_PT_FLAGS = 28,	 /* u32, 0 */
	BTZ_PT_SIZE = 32,

	BTZ_PP_TENANT = 0,	  /* principal: u32 index */
	BTZ_PP_URI = 4,		  /* reference */
	BTZ_PP_FIRST_BINDING = 8, /* u32 */
	BTZ_PP_BINDINGS = 12,	  /* u32, how many */
	BTZ_PP_KIND = 16,	  /* u8: 1 user, 2 device */
	BTZ_PP_STATE = 17,	  /* u8: enum btz_policy_state */
	BTZ_PP_RESERVED = 18,	  /* 6 bytes, 0 */
	BTZ_PP_SIZE = 24,

	BTZ_PC_SPKI = 0,       /* credential: 32 bytes */
	BTZ_PC_SERIAL = 32,    /* 16 bytes */
	BTZ_PC_PRINCIPAL = 48, /* u32 index; NIL only when disabled */
	BTZ_PC_STATE = 52,     /* u8 */
	BTZ_PC_RESERVED = 53,  /* 3 bytes, 0 */
	BTZ_PC_NOT_AFTER = 56, /* u64, Unix seconds */
	BTZ_PC_SIZE = 64,

	BTZ_PR_TENANT = 0,	/* role: u32 index */
	BTZ_PR_NAME = 4,	/* reference */
	BTZ_PR_PERMISSIONS = 8, /* u32, enum btz_action bits */
	BTZ_PR_RESERVED = 12,	/* 4 bytes, 0 */
	BTZ_PR_SIZE = 16,

	BTZ_PH_TENANT = 0,   /* share: u32 index */
	BTZ_PH_NAME = 4,     /* reference */
	BTZ_PH_RESERVED = 8, /* 8 bytes, 0 */
	BTZ_PH_SIZE = 16,

	BTZ_PB_PRINCIPAL = 0, /* binding: u32 index */
	BTZ_PB_SHARE = 4,     /* u32 index */
	BTZ_PB_ROLE = 8,      /* u32 index */
	BTZ_PB_WINDOW = 12,   /* u32 index or NIL */
	BTZ_PB_EXPIRES = 16,  /* u64, Unix seconds, 0 never */
	BTZ_PB_VIA = 24,      /* u8, bit per enum btz_audit_via, 0 any */
	BTZ_PB_RESERVED = 25, /* 7 bytes, 0 */
	BTZ_PB_SIZE = 32,

	BTZ_PW_DAYS = 0,      /* window: u32, bit 0 Sunday .. 6 Saturday */
	BTZ_PW_FROM = 4,      /* u32, minute of the day in UTC */
	BTZ_PW_TO = 8,	      /* u32, first minute outside, 1 to 1440; below
				* from: of the next day */
	BTZ_PW_RESERVED = 12, /* 4 bytes, 0 */
	BTZ_PW_SIZE = 16,
};

enum btz_policy_state {
	BTZ_POLICY_ACTIVE = 1,
	BTZ_POLICY_DISABLED = 2,
};

/* Bindings of one principal on one share: bounds the work of a decision. */
#define BTZ_POLICY_GRANTS_MAX 64u

/* policy/current */
#define BTZ_CURRENT_MAGIC "BTZPCUR1"
#define BTZ_CURRENT_SIZE 4096u
enum {
	BTZ_CU_MAGIC = 0,
	BTZ_CU_VERSION = 8,	/* u32, 1 */
	BTZ_CU_RESERVED = 12,	/* u32, 0 */
	BTZ_CU_GENERATION = 16, /* u64, atomic, machine's byte order */
};

struct btz_policy_view {
	const uint8_t *p;
	size_t len;
	struct {
		uint32_t offset, count;
	} sec[BTZ_PS_COUNT];
};

/* The size of one entry of each section; 1 for strings. */
extern const uint32_t btz_policy_entry_size[BTZ_PS_COUNT];

/* Checks the whole image; *v borrows from it. BTZ_E_CORRUPT. */
BTZ_MUST_CHECK enum btz_rc btz_policy_view_init(
    struct btz_policy_view *v, struct btz_span image, struct btz_err *err);

/* NULL when out of range. */
const uint8_t *btz_policy_entry(
    const struct btz_policy_view *v, enum btz_policy_section s, uint32_t i);
/* Empty (p NULL) when out of range; also NUL-terminated. */
struct btz_span btz_policy_string(
    const struct btz_policy_view *v, uint32_t ref);
/* A field of an entry that may be NULL: 0, NIL or empty then. */
uint32_t btz_policy_u32(const uint8_t *entry, size_t at);
uint64_t btz_policy_u64(const uint8_t *entry, size_t at);
struct btz_span btz_policy_name(
    const struct btz_policy_view *v, const uint8_t *entry, size_t at);

/* Bytewise, the shorter one first. */
int btz_policy_compare(struct btz_span a, struct btz_span b);

/* Index or NIL. */
uint32_t btz_policy_find_tenant(
    const struct btz_policy_view *v, struct btz_span name);
uint32_t btz_policy_find_share(
    const struct btz_policy_view *v, uint32_t tenant, struct btz_span name);
uint32_t btz_policy_find_principal(
    const struct btz_policy_view *v, struct btz_span uri);
uint32_t btz_policy_find_credential(
    const struct btz_policy_view *v, const uint8_t spki_hash[BTZ_SHA256_LEN]);
/* First binding of principal on share; *n how many follow (0: none). */
uint32_t btz_policy_find_bindings(const struct btz_policy_view *v,
    uint32_t principal, uint32_t share, uint32_t *n);

#endif
