/* SPDX-License-Identifier: Apache-2.0 */
/* kms_life.c - what happens to a key after it was made; contract in kms.h. */
#include <stdio.h>
#include <string.h>

#include "client/kms.h"
#include "wire/msg_certify.h"
#include "wire/msg_crypt.h"

static struct btz_key_ref
ref_of(const uint8_t id[BTZ_ID_LEN])
{
	struct btz_key_ref r;

	memcpy(r.id, id, sizeof(r.id));
	return r;
}

enum btz_rc
btz_kms_rotate(struct btz_conn *c, const uint8_t id[BTZ_ID_LEN],
    struct btz_key_info *out, struct btz_err *err)
{
	struct btz_key_ref rq = ref_of(id);

	return btz_conn_call(c, BTZ_OP_ROTATE, &btz_def_key_ref, &rq,
	    &btz_def_key_info, out, NULL, err);
}

enum btz_rc
btz_kms_import(struct btz_conn *c, const struct btz_import *rq,
    struct btz_key_info *out, struct btz_err *err)
{
	return btz_conn_call(c, BTZ_OP_IMPORT, &btz_def_import, rq,
	    &btz_def_key_info, out, NULL, err);
}

enum btz_rc
btz_kms_export_private(struct btz_conn *c, const uint8_t id[BTZ_ID_LEN],
    struct btz_span *secret, struct btz_err *err)
{
	struct btz_key_ref rq = ref_of(id);
	struct btz_secret_ok ok = { .secret = { NULL, 0 } };
	enum btz_rc rc = btz_conn_call(c, BTZ_OP_EXPORT_PRIVATE,
	    &btz_def_key_ref, &rq, &btz_def_secret_ok, &ok, NULL, err);

	*secret = ok.secret;
	return rc;
}

enum btz_rc
btz_kms_change(struct btz_conn *c, const struct btz_key_set *rq,
    struct btz_key_info *out, struct btz_err *err)
{
	return btz_conn_call(c, BTZ_OP_KEY_CHANGE, &btz_def_key_set, rq,
	    &btz_def_key_info, out, NULL, err);
}

enum btz_rc
btz_kms_versions(struct btz_conn *c, const uint8_t id[BTZ_ID_LEN],
    uint32_t after, struct btz_key_rows *out, struct btz_err *err)
{
	char label[2 * BTZ_ID_LEN + 2] = "#";
	struct btz_list_keys rq = { .after = { 0 } };

	for (size_t i = 0; i < BTZ_ID_LEN; i++)
		(void)snprintf(label + 1 + 2 * i, 3, "%02x", id[i]);
	for (size_t i = 0; i < 4; i++)
		rq.after[BTZ_ID_LEN - 1 - i] = (uint8_t)(after >> 8 * i);
	rq.label = btz_span_str(label);
	return btz_conn_call(c, BTZ_OP_LIST_KEYS, &btz_def_list_keys, &rq,
	    &btz_def_key_rows, out, NULL, err);
}

enum btz_rc
btz_kms_rewrap(struct btz_conn *c, struct btz_span items, struct btz_span *out,
    struct btz_err *err)
{
	struct btz_rewrap rq = { .items = items },
			  ok = { .items = { NULL, 0 } };
	enum btz_rc rc = btz_conn_call(c, BTZ_OP_REWRAP, &btz_def_rewrap, &rq,
	    &btz_def_rewrap_ok, &ok, NULL, err);

	*out = ok.items;
	return rc;
}

enum btz_rc
btz_kms_backup(struct btz_conn *c, const uint8_t id[BTZ_ID_LEN],
    struct btz_span *blob, struct btz_err *err)
{
	struct btz_key_ref rq = ref_of(id);
	struct btz_backup_ok ok = { .blob = { NULL, 0 } };
	enum btz_rc rc = btz_conn_call(c, BTZ_OP_BACKUP, &btz_def_key_ref, &rq,
	    &btz_def_backup_ok, &ok, NULL, err);

	*blob = ok.blob;
	return rc;
}

enum btz_rc
btz_kms_transport(
    struct btz_conn *c, struct btz_span *note, struct btz_err *err)
{
	struct btz_certificate ok = { .der = { NULL, 0 } };
	enum btz_rc rc = btz_conn_call(c, BTZ_OP_TRANSPORT, NULL, NULL,
	    &btz_def_certificate, &ok, NULL, err);

	*note = ok.der;
	return rc;
}

enum btz_rc
btz_kms_restore(struct btz_conn *c, const struct btz_restore *rq,
    struct btz_key_info *out, struct btz_err *err)
{
	return btz_conn_call(c, BTZ_OP_RESTORE, &btz_def_restore, rq,
	    &btz_def_key_info, out, NULL, err);
}
