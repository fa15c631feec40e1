/* SPDX-License-Identifier: Apache-2.0 */
/* msg_backup.c - wire order of the fields; meaning in msg_backup.h. */
#include "wire/msg_backup.h"

#include <string.h>

#include "wire/msg_generate.h"

BTZ_MSGDEF(backup, BTZ_FRAW(btz_backup, id, BTZ_ID_LEN),
    BTZ_FTEXT(btz_backup, owner, BTZ_NAME_MAX),
    BTZ_FBYTES(btz_backup, key, BTZ_BLOB_MAX), BTZ_FU8(btz_backup, state, 0),
    BTZ_FU32(btz_backup, min_version),
    BTZ_FBYTES(btz_backup, versions, BTZ_LIST_MAX));

BTZ_MSGDEF(backup_version, BTZ_FU32(btz_backup_version, version),
    BTZ_FU8(btz_backup_version, state, 0),
    BTZ_FU64(btz_backup_version, created), BTZ_FU64(btz_backup_version, uses),
    BTZ_FBYTES(btz_backup_version, spki, BTZ_SPKI_MAX),
    BTZ_FBYTES(btz_backup_version, secret, BTZ_BLOB_MAX));

BTZ_MSGDEF(restore_what, BTZ_FRAW(btz_restore_what, id, BTZ_ID_LEN),
    BTZ_FTEXT(btz_restore_what, owner, BTZ_NAME_MAX),
    BTZ_FTEXT(btz_restore_what, label, BTZ_LABEL_MAX),
    BTZ_FU8(btz_restore_what, alg, 0), BTZ_FU8(btz_restore_what, flags, 0),
    BTZ_FU32(btz_restore_what, usage), BTZ_FU32(btz_restore_what, versions),
    BTZ_FRAW(btz_restore_what, spki_digest, BTZ_SHA256_LEN));

bool
btz_restore_describe(const struct btz_backup *b,
    void (*sha256)(struct btz_span in, uint8_t out[BTZ_SHA256_LEN]),
    struct btz_restore_what *out)
{
	struct btz_backup_version v = { .version = 0 };
	struct btz_generate g;
	struct btz_rd rd;

	memset(out, 0, sizeof(*out));
	if (!btz_msg_decode(&btz_def_generate, b->key, &g))
		return false;
	memcpy(out->id, b->id, sizeof(out->id));
	out->owner = b->owner;
	out->label = g.label;
	out->alg = g.alg;
	out->flags = g.flags;
	out->usage = g.usage;
	btz_rd_span(&rd, b->versions);
	while (!btz_rd_end(&rd)) {
		if (!btz_msg_read(&btz_def_backup_version, &rd, &v))
			return false;
		out->versions++;
	}
	if (v.spki.len > 0)
		sha256(v.spki, out->spki_digest);
	return out->versions > 0;
}

bool
btz_transport_file_read(struct btz_span in, struct btz_transport_file *out)
{
	struct btz_span magic;
	struct btz_rd rd;
	uint8_t zero;

	memset(out, 0, sizeof(*out));
	btz_rd_span(&rd, in);
	if (!btz_rd_raw(&rd, &magic, 5) ||
	    memcmp(magic.p, BTZ_TRANSPORT_MAGIC, 5) != 0 ||
	    !btz_rd_u8(&rd, &zero) || zero != 0 ||
	    !btz_rd_copy(&rd, out->id, sizeof(out->id)) ||
	    !btz_rd_copy(&rd, out->point, sizeof(out->point)) ||
	    !btz_rd_bytes16(&rd, &out->what, BTZ_TRANSPORT_WHAT_MAX) ||
	    btz_rd_left(&rd) <= BTZ_BACKUP_TAG)
		return false;
	out->head = btz_span_of(in.p, btz_rd_offset(&rd));
	return btz_rd_raw(
		   &rd, &out->ciphertext, btz_rd_left(&rd) - BTZ_BACKUP_TAG) &&
	       btz_rd_raw(&rd, &out->tag, BTZ_BACKUP_TAG);
}

void
btz_transport_file_head(const struct btz_transport_file *f, struct btz_wr *wr)
{
	btz_wr_raw(wr, BTZ_TRANSPORT_MAGIC, 5);
	btz_wr_u8(wr, 0);
	btz_wr_raw(wr, f->id, sizeof(f->id));
	btz_wr_raw(wr, f->point, sizeof(f->point));
	if (f->what.len > BTZ_TRANSPORT_WHAT_MAX)
		wr->failed = true;
	btz_wr_bytes16(wr, f->what);
}
