/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_key.c - bartizan key ...: the table of its commands, and those that make
 * keys, show them and end them. The lease and the key that is meant:
 * key_lease.c; signatures: key_sign.c; encryption, MACs: key_crypt.c,
 * key_mac.c; what becomes of a key: key_life.c; in and out: key_move.c.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/backends.h"
#include "cli/commands.h"
#include "cli/key.h"
#include "cli/output.h"
#include "der/pem.h"
#include "prim/prim.h"

static enum btz_rc
run_generate(struct btz_cli *c, struct btz_err *err)
{
	const char *backend = btz_cli_opt(c, "backend");
	char labels[BTZ_LABELS_MAX];
	struct btz_generate g;
	struct btz_key_info key;
	enum btz_rc rc = btz_key_parse_generate(c, &g, labels, err);

	if (backend == NULL)
		backend = BTZ_KEY_DEFAULT;
	if (rc == BTZ_OK)
		rc = btz_key_lease(c, backend, err);
	if (rc != BTZ_OK)
		return rc;
	rc = btz_kms_generate(btz_key_conn(), &g, &key, err);
	btz_backends_hint(c, rc, backend, "algorithms", btz_alg_name(g.alg));
	if (rc != BTZ_OK)
		return btz_err_wrap(err, "generate '%.70s' in '%.40s'",
		    btz_cli_arg(c, 0), backend);
	btz_key_print(c, &key);
	btz_key_close();
	return BTZ_OK;
}

static bool
list_key(const struct btz_key_info *k, void *arg)
{
	struct btz_key_search *s = arg;

	btz_key_put(s->out, k, s->backend, false);
	return true;
}

static enum btz_rc
list(struct btz_cli *c, const char *label, struct btz_err *err)
{
	struct btz_key_search s = { .label = label,
		.out = btz_out_new(btz_key_columns, BTZ_KEY_LIST_COLUMNS) };
	enum btz_rc rc = btz_key_each(c, list_key, &s, err);

	if (rc == BTZ_OK)
		btz_out_print(c, s.out);
	btz_out_free(s.out);
	return rc;
}

static enum btz_rc
run_list(struct btz_cli *c, struct btz_err *err)
{
	return list(c, NULL, err);
}

static enum btz_rc
run_search(struct btz_cli *c, struct btz_err *err)
{
	const char *what = btz_cli_arg(c, 0);
	char label[BTZ_LABEL_MAX + 1];

	if (strchr(what, '=') == NULL || strlen(what) >= BTZ_LABEL_MAX)
		return BTZ_FAIL(
		    err, BTZ_E_USAGE, "'%.60s' is not NAME=VALUE", what);
	(void)snprintf(label, sizeof(label), "@%s", what);
	return list(c, label, err);
}

static enum btz_rc
run_show(struct btz_cli *c, struct btz_err *err)
{
	struct btz_key_info k;
	enum btz_rc rc = btz_key_find(c, &k, err);

	if (rc == BTZ_OK)
		btz_key_print(c, &k);
	btz_key_close();
	return rc;
}

static enum btz_rc
run_destroy(struct btz_cli *c, struct btz_err *err)
{
	struct btz_key_search s = { .found = 0 };
	enum btz_rc rc;

	if (btz_cli_opt(c, "yes") == NULL)
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "a destroyed key never comes back: repeat with --yes");
	rc = btz_key_search(c, &s, err);
	if (rc == BTZ_OK)
		rc = btz_kms_destroy(btz_key_conn(), s.id, err);
	if (rc != BTZ_OK)
		(void)btz_err_wrap(err, "destroy '%s'", btz_cli_arg(c, 0));
	else
		btz_cli_say(c, "destroyed");
	btz_key_close();
	return rc;
}

static enum btz_rc
put_pem(const struct btz_cli *c, struct btz_span spki, struct btz_err *err)
{
	static const struct btz_column cols[] = { { BTZ_CELL_TEXT, "pem" } };
	static uint8_t pem[BTZ_PEM_ROOM(BTZ_SPKI_MAX)];
	const char *file = btz_cli_opt(c, "out");
	struct btz_out *o;
	struct btz_wr wr;

	btz_wr_init(&wr, pem, sizeof(pem));
	btz_pem_encode(&wr, BTZ_PEM_PUBLIC, spki);
	if (!btz_wr_ok(&wr))
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "public key");
	if (file != NULL)
		return btz_cli_write_file(file, 0644, btz_wr_span(&wr), err);
	if (!c->json) {
		(void)fwrite(pem, 1, wr.len, stdout);
		return BTZ_OK;
	}
	o = btz_out_new(cols, 1);
	btz_out_text(o, btz_wr_span(&wr));
	btz_out_print_item(c, o);
	btz_out_free(o);
	return BTZ_OK;
}

static enum btz_rc
run_export(struct btz_cli *c, struct btz_err *err)
{
	struct btz_key_search s = { .found = 0 };
	struct btz_key_info k;
	enum btz_rc rc = btz_key_search(c, &s, err);

	if (rc == BTZ_OK)
		rc = btz_kms_export_public(btz_key_conn(), s.id, &k, err);
	if (rc == BTZ_OK && k.spki.len == 0)
		rc = BTZ_FAIL(err, BTZ_E_UNSUPPORTED,
		    "the public key of a %s key is in its certificate: "
		    "'bartizan ca chain'",
		    btz_kind_name(k.kind));
	if (rc == BTZ_OK)
		rc = put_pem(c, k.spki, err);
	btz_key_close();
	return rc;
}

static enum btz_rc
run_random(struct btz_cli *c, struct btz_err *err)
{
	static const struct btz_column cols[] = { { BTZ_CELL_TEXT, "random" } };
	const char *text = btz_cli_arg(c, 0);
	const char *backend = btz_cli_opt(c, "backend");
	unsigned long n = strtoul(text, NULL, 10);
	uint8_t buf[BTZ_RANDOM_MAX];
	struct btz_out *o;
	enum btz_rc rc;

	if (strspn(text, "0123456789") != strlen(text) || n == 0 ||
	    n > sizeof(buf))
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "'%s' is not a number from 1 to %u", text, BTZ_RANDOM_MAX);
	rc = btz_key_lease(c, backend != NULL ? backend : BTZ_KEY_DEFAULT, err);
	if (rc == BTZ_OK)
		rc = btz_kms_random(btz_key_conn(), buf, n, err);
	btz_key_close();
	if (rc != BTZ_OK)
		return rc;
	o = btz_out_new(cols, 1);
	btz_out_hex(o, buf, n);
	btz_out_print_item(c, o);
	btz_out_free(o);
	btz_wipe(buf, sizeof(buf));
	return BTZ_OK;
}

#define BACKEND BTZ_KEY_BACKEND
#define AS_APP BTZ_KEY_AS_APP
#define OUT BTZ_KEY_OUT
#define END BTZ_KEY_END

static const struct btz_cli_option options[] = { BACKEND, AS_APP, END };
static const struct btz_cli_option generate_options[] = {
	{ 0, "alg", "NAME",
	    "ec-p256 (default), ec-p384, ec-p521, ed25519, x25519, rsa-2048, "
	    "rsa-3072, rsa-4096, aes-128, aes-192, aes-256, chacha20, secret" },
	{ 0, "bits", "N",
	    "of a secret (default 256); or --alg aes --bits 256" },
	{ 0, "kind", "NAME",
	    "plain (default) or tls (signs for TLS 1.3 servers only)" },
	{ 0, "usage", "LIST",
	    "sign,verify,encrypt,decrypt,derive as far as the algorithm can; "
	    "default: the usual pair. MACs are sign,verify" },
	{ 0, "only", "NAME", "one algorithm that it is for, e.g. aes-gcm" },
	{ 0, "uses-max", "N", "so often and no more" },
	{ 0, "label", "NAME=VALUE...", "a label to find it by; often" },
	{ 0, "caller-nonce", NULL,
	    "who encrypts brings the nonce, and answers for it" },
	{ 0, "exportable", NULL, "'key export-private' gives it away" },
	{ 0, "backupable", NULL, "'key backup' may take it along" },
	{ 0, "not-after", "TIME", "when it ends, e.g. 2030-01-01" },
	BACKEND,
	AS_APP,
	END,
};
static const struct btz_cli_option export_options[] = { OUT, BACKEND, AS_APP,
	END };
static const struct btz_cli_option destroy_options[] = {
	{ 0, "yes", NULL, "I mean it" },
	BACKEND,
	AS_APP,
	END,
};

const struct btz_cli_command btz_cmd_key[] = {
	{ "generate", "LABEL", "make a key", 1, 1, generate_options,
	    run_generate, "key generate signing --alg ec-p256" },
	{ "list", NULL, "keys that I may see", 0, 0, options, run_list,
	    "key list" },
	{ "search", "NAME=VALUE", "keys with that label", 1, 1, options,
	    run_search, "key search env=prod" },
	{ "show", "KEY", "one key, by label or id", 1, 1, options, run_show,
	    "key show signing" },
	{ "sign", "KEY FILE", "sign a file ('-': standard input)", 2, 2,
	    btz_key_sign_options, btz_key_run_sign,
	    "key sign signing report.pdf --out report.sig" },
	{ "verify", "KEY FILE SIGNATURE",
	    "verify a signature (binary, as 'sign --out' writes it)", 3, 3,
	    btz_key_sign_options, btz_key_run_verify,
	    "key verify signing report.pdf report.sig" },
	{ "encrypt", "KEY FILE", "encrypt a file ('-': standard input)", 2, 2,
	    btz_key_crypt_options, btz_key_run_encrypt,
	    "key encrypt store photos.tar --out photos.tar.btze" },
	{ "decrypt", "KEY FILE", "decrypt what 'encrypt' wrote", 2, 2,
	    btz_key_decrypt_options, btz_key_run_decrypt,
	    "key decrypt store photos.tar.btze --out photos.tar" },
	{ "rewrap", "KEY FILE...",
	    "what 'encrypt' wrote, under the newest version of the key", 2,
	    INT_MAX, btz_key_rewrap_options, btz_key_run_decrypt,
	    "key rewrap store photos.tar.btze --out photos.new" },
	{ "mac", "KEY FILE", "message authentication code of a file", 2, 2,
	    btz_key_mac_options, btz_key_run_mac,
	    "key mac tokens message --out message.mac" },
	{ "mac-verify", "KEY FILE MAC",
	    "verify a MAC (binary, as 'mac --out' writes it)", 3, 3,
	    btz_key_mac_options, btz_key_run_mac_verify,
	    "key mac-verify tokens message message.mac" },
	{ "derive", "KEY", "secret of an agreement, or of HKDF", 1, 1,
	    btz_key_derive_options, btz_key_run_derive,
	    "key derive agree --peer other.pem --out secret" },
	{ "hash", "FILE", "hash of a file, by the service", 1, 1,
	    btz_key_hash_options, btz_key_run_hash,
	    "key hash report.pdf --alg sha3-256" },
	{ "export", "KEY", "public key as PEM", 1, 1, export_options,
	    run_export, "key export signing --out signing.pem" },
	{ "rotate", "KEY",
	    "make the next version; what was signed or encrypted stays good", 1,
	    1, options, btz_key_run_rotate, "key rotate signing" },
	{ "versions", "KEY", "its versions, and which are enabled", 1, 1,
	    options, btz_key_run_versions, "key versions signing" },
	{ "enable", "KEY", "let it be used again", 1, 1,
	    btz_key_version_options, btz_key_run_change, "key enable signing" },
	{ "disable", "KEY", "let it not be used", 1, 1, btz_key_version_options,
	    btz_key_run_change, "key disable signing --version 2" },
	{ "policy", "KEY", "make narrower what may be done with it", 1, 1,
	    btz_key_policy_options, btz_key_run_policy,
	    "key policy signing --min-version 3 --not-after 2030-01-01" },
	{ "label", "KEY NAME[=VALUE]", "set a label, or take it away", 2, 2,
	    options, btz_key_run_change, "key label signing env=prod" },
	{ "rename", "KEY LABEL", "call it something else", 2, 2, options,
	    btz_key_run_change, "key rename signing releases" },
	{ "share", "KEY APPLICATION", "let another application use it", 2, 2,
	    btz_key_share_options, btz_key_run_change,
	    "key share signing web --usage verify" },
	{ "unshare", "KEY APPLICATION", "no more", 2, 2, options,
	    btz_key_run_change, "key unshare signing web" },
	{ "import", "LABEL FILE",
	    "a key from outside: raw, PKCS#8 (DER or PEM), or wrapped", 2, 2,
	    btz_key_import_options, btz_key_run_import,
	    "key import old old.pem --alg ec-p256" },
	{ "export-private", "KEY",
	    "private part of a key that was made --exportable", 1, 1,
	    btz_key_private_options, btz_key_run_private,
	    "key export-private old --out old.raw --yes" },
	{ "backup", "KEY", "all its versions, sealed to the recovery key", 1, 1,
	    btz_key_backup_options, btz_key_run_backup,
	    "key backup signing --out signing.btzr" },
	{ "restore", "FILE [APPROVAL...]",
	    "a key out of what 'recovery open' wrote", 1, 17,
	    btz_key_restore_options, btz_key_run_restore,
	    "key restore signing.btzi --ceremony r.ceremony alice.ok bob.ok" },
	{ "transport", NULL,
	    "a key of the trusted application that a backup is sealed for", 0,
	    0, btz_key_transport_options, btz_key_run_transport,
	    "key transport --out box.note" },
	{ "doom", "KEY", "destroy it later; until then it can be rescued", 1, 1,
	    btz_key_doom_options, btz_key_run_change,
	    "key doom signing --at 2030-01-01" },
	{ "rescue", "KEY", "do not destroy it; it is disabled then", 1, 1,
	    options, btz_key_run_change, "key rescue signing" },
	{ "destroy", "KEY", "destroy a key for ever", 1, 1, destroy_options,
	    run_destroy, "key destroy signing --yes" },
	{ "random", "N", "N random bytes, as hex", 1, 1, options, run_random,
	    "key random 32" },
	{ .run = NULL },
};
