/* SPDX-License-Identifier: Apache-2.0 */
/* keyblob.c - encoder and decoder of the wrapped key; layout in keyblob.h. */
#include "wire/keyblob.h"

#include <string.h>

#include "wire/constraint.h"

static const uint8_t magic[4] = { 'B', 'T', 'Z', 'K' };

static bool
read_magic(struct btz_rd *rd)
{
	struct btz_span m;
	uint8_t version;

	return btz_rd_raw(rd, &m, sizeof(magic)) &&
	       memcmp(m.p, magic, sizeof(magic)) == 0 &&
	       btz_rd_u8(rd, &version) && version == BTZ_KEYBLOB_VERSION;
}

static bool
ranges_ok(const struct btz_keyblob *b)
{
	struct btz_constraints c;

	return b->alg >= BTZ_ALG_EC_P256 && b->alg <= BTZ_ALG_MAX &&
	       b->kind >= BTZ_KIND_PLAIN && b->kind <= BTZ_KIND_CHECKPOINT &&
	       (b->flags &
		   ~(BTZ_KEYBLOB_EXPORTABLE | BTZ_KEYBLOB_BACKUPABLE)) == 0 &&
	       btz_constraints_decode(b->constraints, &c);
}

static bool
read_header(struct btz_rd *rd, struct btz_keyblob *b)
{
	return read_magic(rd) && btz_rd_u8(rd, &b->alg) &&
	       btz_rd_u8(rd, &b->kind) && btz_rd_u8(rd, &b->flags) &&
	       btz_rd_u32(rd, &b->operations) &&
	       btz_rd_copy(rd, b->key_id, sizeof(b->key_id)) &&
	       btz_rd_u32(rd, &b->slot) && btz_rd_u32(rd, &b->generation) &&
	       btz_rd_copy(rd, b->tenant_id, sizeof(b->tenant_id)) &&
	       btz_rd_u64(rd, &b->not_after) &&
	       btz_rd_bytes16(rd, &b->constraints, BTZ_CONSTRAINTS_MAX) &&
	       btz_rd_bytes16(rd, &b->spki, BTZ_SPKI_MAX) && ranges_ok(b);
}

static bool
read_sealed(struct btz_rd *rd, struct btz_keyblob *b)
{
	const size_t fixed = BTZ_KEYBLOB_NONCE_LEN + BTZ_KEYBLOB_TAG_LEN;
	size_t left = btz_rd_left(rd);

	return left > fixed && left - fixed <= BTZ_KEYBLOB_SECRET_MAX &&
	       btz_rd_raw(rd, &b->nonce, BTZ_KEYBLOB_NONCE_LEN) &&
	       btz_rd_raw(rd, &b->ciphertext, left - fixed) &&
	       btz_rd_raw(rd, &b->tag, BTZ_KEYBLOB_TAG_LEN) && btz_rd_end(rd);
}

bool
btz_keyblob_decode(struct btz_span in, struct btz_keyblob *out)
{
	struct btz_rd rd;

	memset(out, 0, sizeof(*out));
	btz_rd_span(&rd, in);
	if (in.len <= BTZ_BLOB_MAX && read_header(&rd, out)) {
		out->aad = btz_span_of(in.p, btz_rd_offset(&rd));
		if (read_sealed(&rd, out))
			return true;
	}
	memset(out, 0, sizeof(*out));
	return false;
}

void
btz_keyblob_header(const struct btz_keyblob *b, struct btz_wr *wr)
{
	if (!ranges_ok(b) || b->constraints.len > BTZ_CONSTRAINTS_MAX ||
	    b->spki.len > BTZ_SPKI_MAX)
		wr->failed = true;
	btz_wr_raw(wr, magic, sizeof(magic));
	btz_wr_u8(wr, BTZ_KEYBLOB_VERSION);
	btz_wr_u8(wr, b->alg);
	btz_wr_u8(wr, b->kind);
	btz_wr_u8(wr, b->flags);
	btz_wr_u32(wr, b->operations);
	btz_wr_raw(wr, b->key_id, sizeof(b->key_id));
	btz_wr_u32(wr, b->slot);
	btz_wr_u32(wr, b->generation);
	btz_wr_raw(wr, b->tenant_id, sizeof(b->tenant_id));
	btz_wr_u64(wr, b->not_after);
	btz_wr_bytes16(wr, b->constraints);
	btz_wr_bytes16(wr, b->spki);
}

void
btz_keyblob_seal(struct btz_wr *wr, const uint8_t nonce[BTZ_KEYBLOB_NONCE_LEN],
    struct btz_span ciphertext, const uint8_t tag[BTZ_KEYBLOB_TAG_LEN])
{
	if (ciphertext.len == 0 || ciphertext.len > BTZ_KEYBLOB_SECRET_MAX)
		wr->failed = true;
	btz_wr_raw(wr, nonce, BTZ_KEYBLOB_NONCE_LEN);
	btz_wr_raw(wr, ciphertext.p, ciphertext.len);
	btz_wr_raw(wr, tag, BTZ_KEYBLOB_TAG_LEN);
}
