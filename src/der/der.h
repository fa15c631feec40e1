/* SPDX-License-Identifier: Apache-2.0 */
/*
 * der.h - strict DER reader and writer over the cursors of wire/cursor.h.
 *
 * The reader takes one element at a time: single-byte tags, definite minimal
 * lengths (X.690 8.1.3, 10.1), minimal INTEGERs (8.3.2), canonical BOOLEAN
 * (11.1) and BIT STRING (11.2). Nothing recurses: callers enter constructed
 * elements with a reader of their own. False means "not DER as expected"; the
 * reader is then at an unspecified place and must not be used again.
 *
 * The writer remembers failure in its btz_wr; nested lengths are patched when
 * an element ends. No allocation, no I/O; also compiled inside the TA.
 */
#ifndef BTZ_DER_DER_H
#define BTZ_DER_DER_H

#include "wire/cursor.h"
#include "wire/rc.h"

enum btz_der_tag {
	BTZ_DER_BOOL = 0x01,
	BTZ_DER_INT = 0x02,
	BTZ_DER_BITS = 0x03,
	BTZ_DER_OCTETS = 0x04,
	BTZ_DER_NULL = 0x05,
	BTZ_DER_OID = 0x06,
	BTZ_DER_ENUM = 0x0a,
	BTZ_DER_UTF8 = 0x0c,
	BTZ_DER_PRINTABLE = 0x13,
	BTZ_DER_IA5 = 0x16,
	BTZ_DER_UTCTIME = 0x17,
	BTZ_DER_GENTIME = 0x18,
	BTZ_DER_SEQ = 0x30,
	BTZ_DER_SET = 0x31,
};
/* Context-specific tag n, primitive or constructed. */
#define BTZ_DER_CTX(n) ((uint8_t)(0x80u | (n)))
#define BTZ_DER_CTXC(n) ((uint8_t)(0xa0u | (n)))

#define BTZ_DER_DEPTH_MAX 16u

/* Checks a whole element: lengths and universal primitives of everything
 * inside, at most BTZ_DER_DEPTH_MAX deep, no trailing bytes. */
bool btz_der_check(struct btz_span in) BTZ_MUST_CHECK;

/* Any element: its tag, its content, and the whole with header (NULL: not
 * wanted). */
bool btz_der_any(struct btz_rd *rd, uint8_t *tag, struct btz_span *content,
    struct btz_span *whole) BTZ_MUST_CHECK;
/* True if an element with this tag comes next. */
bool btz_der_peek(const struct btz_rd *rd, uint8_t tag);
/* An element with this tag: its content, or the whole with its header. */
bool btz_der_get(
    struct btz_rd *rd, uint8_t tag, struct btz_span *content) BTZ_MUST_CHECK;
bool btz_der_whole(
    struct btz_rd *rd, uint8_t tag, struct btz_span *whole) BTZ_MUST_CHECK;
bool btz_der_enter(
    struct btz_rd *rd, uint8_t tag, struct btz_rd *inner) BTZ_MUST_CHECK;
/* BOOLEAN DEFAULT FALSE: absent gives false; an encoded FALSE is an error. */
bool btz_der_bool_default(struct btz_rd *rd, bool *out) BTZ_MUST_CHECK;
/* Content octets of a minimal INTEGER, of either sign. */
bool btz_der_int(struct btz_rd *rd, struct btz_span *out) BTZ_MUST_CHECK;
/* Content octets of a positive (not zero) INTEGER. */
bool btz_der_positive(struct btz_rd *rd, struct btz_span *out) BTZ_MUST_CHECK;
/* Zero or positive, at most 64 bits. */
bool btz_der_u64(struct btz_rd *rd, uint64_t *out) BTZ_MUST_CHECK;
/* As btz_der_u64 for content octets already taken (implicit tags). */
bool btz_der_u64_of(struct btz_span content, uint64_t *out) BTZ_MUST_CHECK;
/* BIT STRING: octets, and the number of unused bits in the last. */
bool btz_der_bits(
    struct btz_rd *rd, struct btz_span *out, uint8_t *unused) BTZ_MUST_CHECK;
/* BIT STRING of whole octets (keys, signatures). */
bool btz_der_bit_octets(struct btz_rd *rd, struct btz_span *out) BTZ_MUST_CHECK;
bool btz_der_oid(struct btz_rd *rd, struct btz_span *out) BTZ_MUST_CHECK;
/* SIGNED { } of X.509: SEQUENCE { to be signed, algorithm, signature }, the
 * whole of der checked (btz_der_check); tbs and alg with their headers. */
bool btz_der_signed(struct btz_span der, struct btz_span *tbs,
    struct btz_span *alg, struct btz_span *signature) BTZ_MUST_CHECK;

/* Opens an element, returns the mark that btz_der_end takes. */
size_t btz_der_begin(struct btz_wr *wr, uint8_t tag);
void btz_der_end(struct btz_wr *wr, size_t mark);
void btz_der_put(struct btz_wr *wr, uint8_t tag, struct btz_span content);
/* INTEGER from an unsigned big-endian number: made minimal and positive. */
void btz_der_put_uint(struct btz_wr *wr, struct btz_span v);
void btz_der_put_u64(struct btz_wr *wr, uint64_t v);
void btz_der_put_bool(struct btz_wr *wr, bool v);
/* BIT STRING of whole octets. */
void btz_der_put_bits(struct btz_wr *wr, struct btz_span octets);
/* Named bits (X.690 11.2.2): bit i of v is bit i of the BIT STRING, trailing
 * zero bits trimmed. */
void btz_der_put_named_bits(struct btz_wr *wr, uint16_t v);

#endif
