/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_backup.c - a key with its versions, sealed to the recovery key of the
 * record: a backup whose private parts are blobs comes in, the same with
 * private parts goes out, and only who holds that key opens it. What the blobs
 * say counts, not what Linux says of them.
 */
#include <string.h>

#include "family.h"
#include "recovery.h"
#include "wire/msg_generate.h"
#include "wire/msg_lifecycle.h"

#define FLAGS ((uint8_t)(BTZ_KEYBLOB_EXPORTABLE | BTZ_KEYBLOB_BACKUPABLE))

/* Linux may have narrowed the policy since, no more. */
static enum btz_rc
check(const struct btz_keyblob *b, const struct btz_generate *g)
{
	if (b->kind != BTZ_KIND_PLAIN)
		return BTZ_E_KEY_KIND;
	if ((b->flags & BTZ_KEYBLOB_BACKUPABLE) == 0)
		return BTZ_E_KEY_USAGE;
	return g->kind == b->kind && g->alg == b->alg &&
		       g->usage == b->operations &&
		       (g->flags & FLAGS) == b->flags &&
		       g->constraints.len == 0 && b->constraints.len == 0 &&
		       memcmp(g->tenant_id, b->tenant_id, BTZ_ID_LEN) == 0 &&
		       (b->not_after == 0 ||
			   (g->not_after != 0 && g->not_after <= b->not_after))
		   ? BTZ_OK
		   : BTZ_E_KEY_POLICY;
}

static enum btz_rc
put_version(struct ta *ta, const struct btz_generate *g,
    struct btz_backup_version *v, struct btz_wr *out)
{
	uint8_t secret[TA_SECRET_MAX];
	struct btz_keyblob b;
	enum btz_rc rc = ta_blob_open(ta, v->secret, &b, secret);

	if (rc != BTZ_OK)
		return rc;
	rc = check(&b, g);
	if (rc == BTZ_OK) {
		v->spki = b.spki;
		v->secret = btz_span_of(secret, b.ciphertext.len);
		btz_msg_write(&btz_def_backup_version, v, out);
	}
	btz_wipe(secret, sizeof(secret));
	return rc;
}

/* plain: room for two of BTZ_TRANSPORT_PLAIN_MAX; the second one is used. */
static enum btz_rc
gather(struct ta *ta, const struct btz_backup *in, const struct btz_generate *g,
    uint8_t *plain, struct btz_wr *whole)
{
	struct btz_backup b = *in;
	struct btz_backup_version v;
	struct btz_wr versions;
	struct btz_rd rd;
	enum btz_rc rc = BTZ_OK;

	btz_wr_init(&versions, plain, BTZ_TRANSPORT_PLAIN_MAX);
	btz_rd_span(&rd, in->versions);
	while (rc == BTZ_OK && !btz_rd_end(&rd))
		rc = btz_msg_read(&btz_def_backup_version, &rd, &v)
			 ? put_version(ta, g, &v, &versions)
			 : BTZ_E_PROTO;
	if (rc != BTZ_OK)
		return rc;
	if (versions.len == 0 && btz_wr_ok(&versions))
		return BTZ_E_INVAL;
	b.versions = btz_wr_span(&versions);
	btz_wr_init(
	    whole, plain + BTZ_TRANSPORT_PLAIN_MAX, BTZ_TRANSPORT_PLAIN_MAX);
	btz_msg_write(&btz_def_backup, &b, whole);
	return btz_wr_ok(&versions) && btz_wr_ok(whole) ? BTZ_OK : BTZ_E_TOOBIG;
}

static enum btz_rc
backup(struct ta *ta, const struct btz_backup *b, const struct btz_generate *g,
    struct btz_wr *out)
{
	const enum btz_backup_scope scope = (g->flags &
						BTZ_KEYBLOB_EXPORTABLE) != 0
						? BTZ_BACKUP_ANYWHERE
						: BTZ_BACKUP_TEE;
	const size_t room = 2u * BTZ_TRANSPORT_PLAIN_MAX;
	uint8_t *plain = TEE_Malloc(room, 0);
	struct btz_backup_ok answer;
	struct btz_wr whole, sealed;
	enum btz_rc rc;

	if (plain == NULL)
		return BTZ_E_NOMEM;
	rc = gather(ta, b, g, plain, &whole);
	/* The first half is free again. */
	btz_wipe(plain, BTZ_TRANSPORT_PLAIN_MAX);
	btz_wr_init(&sealed, plain, BTZ_TRANSPORT_PLAIN_MAX);
	if (rc == BTZ_OK)
		rc = ta_recovery_seal(ta, scope, btz_wr_span(&whole), &sealed);
	if (rc == BTZ_OK) {
		answer.blob = btz_wr_span(&sealed);
		btz_msg_write(&btz_def_backup_ok, &answer, out);
	}
	btz_wipe(plain, room);
	TEE_Free(plain);
	return rc;
}

enum btz_rc
ta_op_backup(
    struct ta *ta, const void *session, struct btz_span in, struct btz_wr *out)
{
	struct btz_backup b;
	struct btz_generate g;

	(void)session;
	if (!btz_msg_decode(&btz_def_backup, in, &b) ||
	    !btz_msg_decode(&btz_def_generate, b.key, &g))
		return BTZ_E_PROTO;
	return ta_recovery_set(ta) ? backup(ta, &b, &g, out)
				   : BTZ_E_RECOVERY_KEY;
}
