/* SPDX-License-Identifier: Apache-2.0 */
/* soft_backup.c - private parts in the place of blobs, sealed to the recovery
 * key; contract in softkey.h. */
#include <stdlib.h>

#include "crypto/backend/softkey.h"
#include "crypto/recovery.h"
#include "wire/msg_backup.h"

struct work { /* versions; the whole */
	uint8_t buf[2][BTZ_LIST_MAX];
};

static enum btz_rc
put_version(const uint8_t *kek, struct btz_backup_version *v,
    struct btz_wr *versions, struct btz_err *err)
{
	struct btz_softkey key = { .pkey = NULL };
	uint8_t secret[BTZ_SECRET_MAX];
	struct btz_keyblob b;
	struct btz_wr wr;
	enum btz_rc rc;

	if (!btz_keyblob_decode(v->secret, &b))
		return BTZ_FAIL(err, BTZ_E_KEY_BLOB, "malformed blob");
	if (b.kind != BTZ_KIND_PLAIN)
		return BTZ_FAIL(err, BTZ_E_KEY_KIND, "backup");
	rc = btz_softkey_open(kek, b.key_id, v->secret, &key, err);
	if (rc != BTZ_OK)
		return rc;
	btz_wr_init(&wr, secret, sizeof(secret));
	rc = btz_softkey_export(&key, BTZ_KEYBLOB_BACKUPABLE, &wr, err);
	btz_softkey_close(&key);
	v->secret = btz_wr_span(&wr);
	v->spki = b.spki;
	if (rc == BTZ_OK)
		btz_msg_write(&btz_def_backup_version, v, versions);
	btz_wipe(secret, sizeof(secret));
	if (rc == BTZ_OK && !btz_wr_ok(versions))
		rc = BTZ_FAIL(err, BTZ_E_TOOBIG,
		    "version %u; raise the least version", v->version);
	return rc;
}

static enum btz_rc
gather(const uint8_t *kek, struct btz_span in, struct work *w,
    struct btz_wr *whole, struct btz_err *err)
{
	struct btz_backup_version v;
	struct btz_backup b;
	struct btz_wr versions;
	struct btz_rd rd;
	enum btz_rc rc = BTZ_OK;

	if (!btz_msg_decode(&btz_def_backup, in, &b))
		return BTZ_FAIL(err, BTZ_E_INVAL, "form of a backup");
	btz_wr_init(&versions, w->buf[0], sizeof(w->buf[0]));
	btz_rd_span(&rd, b.versions);
	while (rc == BTZ_OK && !btz_rd_end(&rd))
		rc = btz_msg_read(&btz_def_backup_version, &rd, &v)
			 ? put_version(kek, &v, &versions, err)
			 : BTZ_FAIL(err, BTZ_E_INVAL, "version in a backup");
	if (rc != BTZ_OK)
		return rc;
	b.versions = btz_wr_span(&versions);
	btz_wr_init(whole, w->buf[1], sizeof(w->buf[1]));
	btz_msg_write(&btz_def_backup, &b, whole);
	return btz_wr_ok(whole) ? BTZ_OK
				: BTZ_FAIL(err, BTZ_E_TOOBIG, "backup");
}

enum btz_rc
btz_softkey_backup(const uint8_t kek[BTZ_KEK_LEN], const char *recovery,
    struct btz_span in, struct btz_wr *out, struct btz_err *err)
{
	struct work *w = calloc(1, sizeof(*w));
	struct btz_wr whole;
	enum btz_rc rc;

	if (w == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "backup");
	rc = gather(kek, in, w, &whole, err);
	if (rc == BTZ_OK)
		rc = btz_recovery_seal(recovery, btz_wr_span(&whole), out, err);
	btz_wipe(w, sizeof(*w));
	free(w);
	return rc;
}
