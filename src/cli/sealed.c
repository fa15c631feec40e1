/* SPDX-License-Identifier: Apache-2.0 */
/* sealed.c - the form of an encrypted file; see sealed.h. */
#include "cli/sealed.h"

#include <string.h>

#include "wire/alg.h"

static const uint8_t magic[4] = { 'B', 'T', 'Z', 'E' };

void
btz_sealed_head_put(const struct btz_sealed_head *h, struct btz_wr *wr)
{
	btz_wr_raw(wr, magic, sizeof(magic));
	btz_wr_u8(wr, 1);
	btz_wr_u8(wr, 0);
	btz_wr_u16(wr, h->alg);
	btz_wr_raw(wr, h->id, sizeof(h->id));
}

bool
btz_sealed_head_get(struct btz_span in, struct btz_sealed_head *h)
{
	uint8_t got[4], version, zero;
	struct btz_rd rd;

	btz_rd_span(&rd, in);
	return btz_rd_copy(&rd, got, sizeof(got)) &&
	       memcmp(got, magic, sizeof(magic)) == 0 &&
	       btz_rd_u8(&rd, &version) && version == 1 &&
	       btz_rd_u8(&rd, &zero) && zero == 0 && btz_rd_u16(&rd, &h->alg) &&
	       strcmp(btz_crypt_name(h->alg), "?") != 0 &&
	       btz_rd_copy(&rd, h->id, sizeof(h->id)) && btz_rd_end(&rd);
}

void
btz_sealed_piece_put(const struct btz_sealed_piece *p, struct btz_wr *wr)
{
	uint8_t nonce[BTZ_NONCE_MAX] = { 0 };

	if (p->nonce.len > 0 && p->nonce.len <= sizeof(nonce))
		memcpy(nonce, p->nonce.p, p->nonce.len);
	btz_wr_u32(wr, p->version);
	btz_wr_u8(wr, (uint8_t)p->nonce.len);
	btz_wr_raw(wr, nonce, sizeof(nonce));
	btz_wr_u32(wr, p->len);
}

bool
btz_sealed_piece_get(struct btz_span in, struct btz_sealed_piece *p)
{
	struct btz_span nonce;
	struct btz_rd rd;
	uint8_t n;

	btz_rd_span(&rd, in);
	if (!btz_rd_u32(&rd, &p->version) || !btz_rd_u8(&rd, &n) ||
	    !btz_rd_raw(&rd, &nonce, BTZ_NONCE_MAX) ||
	    !btz_rd_u32(&rd, &p->len) || !btz_rd_end(&rd) ||
	    n > BTZ_NONCE_MAX || p->len > BTZ_SEALED_BYTES)
		return false;
	for (size_t i = n; i < BTZ_NONCE_MAX; i++)
		if (nonce.p[i] != 0)
			return false;
	p->nonce = btz_span_of(nonce.p, n);
	return true;
}

void
btz_sealed_aad(const struct btz_sealed_head *h, uint64_t number, bool last,
    struct btz_span users, struct btz_wr *wr)
{
	btz_sealed_head_put(h, wr);
	btz_wr_u64(wr, number);
	btz_wr_u8(wr, last ? 1 : 0);
	btz_wr_raw(wr, users.p, users.len);
}
