/* SPDX-License-Identifier: Apache-2.0 */
/* key_move.c - key import, export-private, backup, restore: private parts come
 * in and go out. */
#include <stdlib.h>
#include <string.h>

#include "cli/key.h"
#include "cli/output.h"
#include "der/pem.h"
#include "wire/msg_backup.h"

const struct btz_cli_option btz_key_import_options[] = {
	{ 0, "alg", "NAME", "of the key; default: ec-p256" },
	{ 0, "bits", "N", "of a secret (default 256); or --alg rsa --bits N" },
	{ 0, "usage", "LIST", "as for 'key generate'" },
	{ 0, "only", "NAME", "one algorithm that it is for" },
	{ 0, "uses-max", "N", "so often and no more" },
	{ 0, "label", "NAME=VALUE...", "a label to find it by; often" },
	{ 0, "exportable", NULL, "'key export-private' gives it away again" },
	{ 0, "backupable", NULL, "'key backup' may take it along" },
	{ 0, "not-after", "TIME", "when it ends, e.g. 2030-01-01" },
	{ 0, "wrapped-by", "KEY",
	    "FILE is RSA-OAEP-SHA256(AES-256 key) || AES-KWP(key), for this "
	    "RSA key with --usage decrypt" },
	BTZ_KEY_BACKEND,
	BTZ_KEY_AS_APP,
	BTZ_KEY_END,
};
const struct btz_cli_option btz_key_backup_options[] = {
	{ 'o', "out", "FILE", "the backup; only the recovery key opens it" },
	BTZ_KEY_BACKEND,
	BTZ_KEY_END,
};
const struct btz_cli_option btz_key_restore_options[] = {
	{ 0, "wrapped-by", "KEY",
	    "soft: the RSA key that 'recovery open --for' was given" },
	{ 0, "ceremony", "FILE",
	    "tee: of 'ceremony start restore FILE'; the approvals follow" },
	BTZ_KEY_BACKEND,
	BTZ_KEY_END,
};
const struct btz_cli_option btz_key_private_options[] = {
	{ 0, "yes", NULL, "I mean it" },
	BTZ_KEY_OUT,
	BTZ_KEY_BACKEND,
	BTZ_KEY_AS_APP,
	BTZ_KEY_END,
};

/* PEM is opened here; what is in it is the service's to judge. */
static enum btz_rc
read_secret(const struct btz_cli *c, uint8_t out[BTZ_BLOB_MAX], size_t *len,
    struct btz_err *err)
{
	char *file = NULL;
	struct btz_wr wr;
	size_t n = 0;
	enum btz_rc rc = btz_cli_read_file(
	    btz_cli_arg(c, 1), 2 * BTZ_BLOB_MAX, &file, &n, err);

	*len = 0;
	if (rc != BTZ_OK)
		return rc;
	btz_wr_init(&wr, out, BTZ_BLOB_MAX);
	if (n > 11 && memcmp(file, "-----BEGIN ", 11) == 0)
		rc = btz_pem_decode(btz_span_of(file, n), "PRIVATE KEY", &wr);
	else
		btz_wr_raw(&wr, file, n);
	if (rc != BTZ_OK)
		rc = BTZ_FAIL(err, BTZ_E_PEM,
		    "'%.80s': no PRIVATE KEY (PKCS#8)", btz_cli_arg(c, 1));
	else if (!btz_wr_ok(&wr) || wr.len == 0)
		rc = BTZ_FAIL(err, BTZ_E_TOOBIG, "'%.80s'", btz_cli_arg(c, 1));
	*len = wr.len;
	btz_wipe(file, n);
	free(file);
	return rc;
}

/* The lease at hand is then of the wrapping key's backend. */
static enum btz_rc
find_wrapping(struct btz_cli *c, const char *name, struct btz_import *rq,
    struct btz_err *err)
{
	struct btz_key_info k;
	enum btz_rc rc = btz_key_find_named(c, name, &k, err);

	if (rc == BTZ_OK)
		memcpy(rq->wrapped_by, k.id, BTZ_ID_LEN);
	return rc;
}

static enum btz_rc
import(struct btz_cli *c, const struct btz_generate *g, struct btz_span secret,
    struct btz_err *err)
{
	const char *by = btz_cli_opt(c, "wrapped-by");
	const char *backend = btz_cli_opt(c, "backend");
	static uint8_t buf[BTZ_BLOB_MAX];
	struct btz_import rq = { .secret = secret };
	struct btz_key_info k;
	struct btz_wr wr;
	enum btz_rc rc;

	btz_wr_init(&wr, buf, sizeof(buf));
	btz_msg_write(&btz_def_generate, g, &wr);
	if (!btz_wr_ok(&wr))
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "description of the key");
	rq.key = btz_wr_span(&wr);
	rc = by != NULL ? find_wrapping(c, by, &rq, err)
			: btz_key_lease(c,
			      backend != NULL ? backend : BTZ_KEY_DEFAULT, err);
	if (rc == BTZ_OK)
		rc = btz_kms_import(btz_key_conn(), &rq, &k, err);
	if (rc != BTZ_OK)
		return rc;
	btz_key_print(c, &k);
	return BTZ_OK;
}

enum btz_rc
btz_key_run_import(struct btz_cli *c, struct btz_err *err)
{
	static uint8_t secret[BTZ_BLOB_MAX];
	char labels[BTZ_LABELS_MAX];
	struct btz_generate g;
	size_t len = 0;
	enum btz_rc rc = btz_key_parse_generate(c, &g, labels, err);

	if (rc == BTZ_OK)
		rc = read_secret(c, secret, &len, err);
	if (rc == BTZ_OK)
		rc = import(c, &g, btz_span_of(secret, len), err);
	if (rc != BTZ_OK)
		(void)btz_err_wrap(err, "import '%.60s'", btz_cli_arg(c, 0));
	btz_wipe(secret, sizeof(secret));
	btz_key_close();
	return rc;
}

static enum btz_rc
put_secret(const struct btz_cli *c, struct btz_span secret, struct btz_err *err)
{
	static const struct btz_column cols[] = { { BTZ_CELL_TEXT,
	    "private" } };
	const char *file = btz_cli_opt(c, "out");
	struct btz_out *o;

	if (file != NULL)
		return btz_cli_write_file(file, 0600, secret, err);
	o = btz_out_new(cols, 1);
	btz_out_hex(o, secret.p, secret.len);
	btz_out_print_item(c, o);
	btz_out_free(o);
	return BTZ_OK;
}

enum btz_rc
btz_key_run_private(struct btz_cli *c, struct btz_err *err)
{
	struct btz_key_info k;
	struct btz_span secret;
	uint8_t id[BTZ_ID_LEN];
	enum btz_rc rc;

	if (btz_cli_opt(c, "yes") == NULL)
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "who has the file has the key: repeat with --yes");
	rc = btz_key_find(c, &k, err);
	if (rc == BTZ_OK) {
		memcpy(id, k.id, sizeof(id));
		rc = btz_kms_export_private(btz_key_conn(), id, &secret, err);
	}
	if (rc == BTZ_E_KEY_USAGE)
		btz_cli_hint(c, "only a key made --exportable gives its "
				"private part away");
	if (rc == BTZ_OK)
		rc = put_secret(c, secret, err);
	if (rc != BTZ_OK)
		(void)btz_err_wrap(
		    err, "private part of '%.60s'", btz_cli_arg(c, 0));
	btz_key_close();
	return rc;
}

enum btz_rc
btz_key_run_backup(struct btz_cli *c, struct btz_err *err)
{
	const char *file = btz_cli_opt(c, "out");
	struct btz_key_info k;
	struct btz_span blob;
	uint8_t id[BTZ_ID_LEN];
	enum btz_rc rc;

	if (file == NULL)
		return BTZ_FAIL(err, BTZ_E_USAGE, "--out is missing");
	rc = btz_key_find(c, &k, err);
	if (rc == BTZ_OK) {
		memcpy(id, k.id, sizeof(id));
		rc = btz_kms_backup(btz_key_conn(), id, &blob, err);
	}
	if (rc == BTZ_E_KEY_USAGE)
		btz_cli_hint(
		    c, "only a key made --backupable can be backed up");
	if (rc == BTZ_OK)
		rc = btz_cli_write_file(file, 0644, blob, err);
	if (rc != BTZ_OK)
		(void)btz_err_wrap(err, "backup of '%.60s'", btz_cli_arg(c, 0));
	else
		btz_cli_say(c, "sealed to the recovery key");
	btz_key_close();
	return rc;
}

/* "BTZI" | 1 | 0 | id of the key that it is wrapped for | the file */
static enum btz_rc
restore(struct btz_cli *c, const char *by, struct btz_key_info *k,
    struct btz_err *err)
{
	static uint8_t buf[BTZ_LIST_MAX];
	struct btz_restore rq = { .approvals = { NULL, 0 } };
	char *file = NULL;
	struct btz_wr wr;
	size_t len = 0;
	enum btz_rc rc = btz_cli_read_file(btz_cli_arg(c, 0),
	    BTZ_LIST_MAX - BTZ_RESTORE_HEAD, &file, &len, err);

	if (rc == BTZ_OK)
		rc = btz_key_find_named(c, by, k, err);
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_wr_raw(&wr, BTZ_RESTORE_MAGIC "\1", 6);
	btz_wr_raw(&wr, k->id, BTZ_ID_LEN);
	btz_wr_raw(&wr, file, len);
	rq.blob = btz_wr_span(&wr);
	if (rc == BTZ_OK)
		rc = btz_kms_restore(btz_key_conn(), &rq, k, err);
	free(file);
	return rc;
}

enum btz_rc
btz_key_run_restore(struct btz_cli *c, struct btz_err *err)
{
	const char *by = btz_cli_opt(c, "wrapped-by");
	struct btz_key_info k = { .version = 0 };
	enum btz_rc rc;

	if ((by == NULL) == (btz_cli_opt(c, "ceremony") == NULL))
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "--wrapped-by KEY (soft) or --ceremony FILE (tee)");
	if (by != NULL && c->n_args > 1)
		return BTZ_FAIL(
		    err, BTZ_E_USAGE, "approvals are for --ceremony");
	rc = by != NULL ? restore(c, by, &k, err)
			: btz_key_restore_approved(c, &k, err);
	if (rc != BTZ_OK)
		(void)btz_err_wrap(err, "restore '%.80s'", btz_cli_arg(c, 0));
	else
		btz_key_print(c, &k);
	btz_key_close();
	return rc;
}
