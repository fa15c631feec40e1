/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tbs_fields.h - a good TBSCertificate as a row of byte strings, one a field,
 * any of which a test may replace. tbs_extensions.c has the rows about
 * extensions.
 */
#ifndef BTZ_TESTS_TBS_FIELDS_H
#define BTZ_TESTS_TBS_FIELDS_H

#include <stdbool.h>

#include "wire/cursor.h"
#include "wire/rc.h"

enum tbs_field {
	TBS_VERSION,
	TBS_SERIAL,
	TBS_ALG,
	TBS_ISSUER,
	TBS_VALIDITY,
	TBS_SUBJECT,
	TBS_SPKI,
	TBS_UNIQUE, /* none in a good one */
	TBS_BC,
	TBS_KU,
	TBS_EKU,
	TBS_SKI,
	TBS_AKI,
	TBS_SAN,
	TBS_CRLDP,
	TBS_AIA,
	TBS_MORE, /* none */
	TBS_FIELDS
};

/* The key of the certificate, its identifier, and the issuer's. */
void tbs_begin(
    struct btz_span spki, const uint8_t ski[20], const uint8_t aki[20]);
void tbs_good(void); /* every field as it was */
struct btz_span tbs_whole(void);
bool tbs_is_new(void); /* no whole like this was seen here before */
unsigned tbs_count(void);

void tbs_bytes(enum tbs_field f, const void *p, size_t len);
void tbs_hex(enum tbs_field f, const char *hex);
void tbs_poke(enum tbs_field f, size_t at, uint8_t with);
void tbs_name(enum tbs_field f, const char *cn, const char *o, uint8_t tag);
void tbs_validity(int64_t before, int64_t after); /* seconds off */
void tbs_validity_hex(const char *not_before);
/* An Extension: id in hexadecimal (content of the OID), DER in it. */
void tbs_ext(enum tbs_field f, const char *oid, bool critical,
    const void *value, size_t len);
void tbs_ext_hex(
    enum tbs_field f, const char *oid, bool critical, const char *hex);
void tbs_flip_critical(enum tbs_field f);
void tbs_twice(enum tbs_field f); /* again, among the others */
/* One TLV around content; returns its length. */
size_t tbs_tlv(uint8_t *out, uint8_t tag, const void *content, size_t len);

typedef void tbs_refuse(const char *field, const char *what, enum btz_rc want);
void tbs_extension_rows(tbs_refuse *refuse);

#define OID_BC "551d13"
#define OID_KU "551d0f"
#define OID_EKU "551d25"
#define OID_SKI "551d0e"
#define OID_AKI "551d23"
#define OID_SAN "551d11"
#define OID_CRLDP "551d1f"
#define OID_AIA "2b06010505070101"

#endif
