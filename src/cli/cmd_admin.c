/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_admin.c - bartizan admin keygen|list: the keys of those who approve what
 * the root does. keygen needs no box. */
#include <stdio.h>
#include <string.h>

#include "cli/adminkey.h"
#include "cli/ceremony.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "prim/prim.h"

static enum btz_rc
print_made(struct btz_cli *c, const char *path, struct btz_err *err)
{
	static const struct btz_column cols[] = {
		{ BTZ_CELL_TEXT, "key" },
		{ BTZ_CELL_TEXT, "public" },
		{ BTZ_CELL_TEXT, "id" },
	};
	uint8_t spki[BTZ_ADMIN_SPKI_MAX], id[BTZ_SHA256_LEN];
	char public[BTZ_CLI_PATH];
	struct btz_out *o;
	struct btz_wr wr;
	enum btz_rc rc;

	(void)snprintf(public, sizeof(public), "%.500s.pub", path);
	btz_wr_init(&wr, spki, sizeof(spki));
	rc = btz_adminkey_public(public, &wr, err);
	if (rc != BTZ_OK)
		return rc;
	btz_sha256(btz_wr_span(&wr), id);
	o = btz_out_new(cols, BTZ_COUNT(cols));
	btz_out_str(o, path);
	btz_out_str(o, public);
	btz_out_hex(o, id, sizeof(id));
	btz_out_print_item(c, o);
	btz_out_free(o);
	return BTZ_OK;
}

static enum btz_rc
run_keygen(struct btz_cli *c, struct btz_err *err)
{
	const char *path = btz_cli_opt(c, "out");
	char passphrase[BTZ_PASSPHRASE_MAX];
	enum btz_rc rc;

	if (path == NULL)
		return BTZ_FAIL(err, BTZ_E_USAGE, "--out is missing");
	rc = btz_passphrase(c, true, passphrase, err);
	if (rc == BTZ_OK && passphrase[0] == '\0')
		btz_cli_say(c,
		    "Warning: no passphrase. Whoever reads %s "
		    "approves in your name.",
		    path);
	if (rc == BTZ_OK)
		rc = btz_adminkey_make(path, passphrase, err);
	btz_wipe(passphrase, sizeof(passphrase));
	return rc == BTZ_OK ? print_made(c, path, err) : rc;
}

static enum btz_rc
run_list(struct btz_cli *c, struct btz_err *err)
{
	static const struct btz_column cols[] = {
		{ BTZ_CELL_TEXT, "what" },
		{ BTZ_CELL_TEXT, "id" },
	};
	struct btz_out *o = btz_out_new(cols, BTZ_COUNT(cols));
	static struct btz_box_facts f;
	enum btz_rc rc = btz_box_facts(c, &f, err);

	if (rc != BTZ_OK) {
		btz_out_free(o);
		return rc;
	}
	for (size_t i = 0; i < f.n; i++) {
		btz_out_str(o, "administrator");
		btz_out_hex(o, f.admin[i], BTZ_SHA256_LEN);
	}
	if (f.has_recovery) {
		btz_out_str(o, "recovery");
		btz_out_hex(o, f.recovery, BTZ_SHA256_LEN);
	}
	btz_box_approval_text(&f, c->root_approval);
	btz_out_print(c, o);
	btz_out_free(o);
	return BTZ_OK;
}

static const struct btz_cli_option keygen_options[] = {
	{ 'o', "out", "FILE", "private key (0600); the public one: FILE.pub" },
	{ 0, "passphrase-fd", "N", "read the passphrase there, one line" },
	{ 0, "no-passphrase", NULL, "leave the private key unencrypted" },
	{ 0, NULL, NULL, NULL },
};

const struct btz_cli_command btz_cmd_admin[] = {
	{ "keygen", NULL,
	    "make an administrator's key pair, best on another machine\n"
	    "P-256, PKCS#8 PEM under a passphrase. Needs no box.",
	    0, 0, keygen_options, run_keygen, "admin keygen --out alice.key" },
	{ "list", NULL, "who approves what the root of this box does", 0, 0,
	    NULL, run_list, "admin list" },
	{ .run = NULL },
};
