/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_recovery.c - bartizan recovery ...: the key that opens backups, on the
 * administrators' side. Needs no box. docs/protocol/backup.md
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/adminkey.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/recovery_key.h"
#include "cli/recovery_share.h"
#include "cli/transport.h"
#include "prim/prim.h"
#include "prim/shamir.h"

#define BACKUP_MAX BTZ_LIST_MAX

/* base64 with padding (RFC 4648 4): the form of [crypto] recovery. */
static void
base64(struct btz_span in, char out[128])
{
	size_t n = btz_base64url(in, out, 124);

	for (size_t i = 0; i < n; i++)
		out[i] = out[i] == '-' ? '+' : out[i] == '_' ? '/' : out[i];
	while (n % 4 != 0)
		out[n++] = '=';
	out[n] = '\0';
}

static void
print_key(const struct btz_cli *c, struct btz_span spki, const char *path)
{
	static const struct btz_column cols[] = {
		{ BTZ_CELL_TEXT, "key" },
		{ BTZ_CELL_TEXT, "id" },
		{ BTZ_CELL_TEXT, "recovery" },
	};
	struct btz_out *o = btz_out_new(cols, BTZ_COUNT(cols));
	uint8_t id[BTZ_SHA256_LEN];
	char text[128];

	btz_sha256(spki, id);
	base64(spki, text);
	btz_out_str(o, path);
	btz_out_hex(o, id, sizeof(id));
	btz_out_str(o, text);
	btz_out_print_item(c, o);
	btz_out_free(o);
}

static enum btz_rc
run_keygen(struct btz_cli *c, struct btz_err *err)
{
	const char *path = btz_cli_arg(c, 0);
	char passphrase[BTZ_PASSPHRASE_MAX], public[BTZ_CLI_PATH];
	uint8_t spki[BTZ_SPKI_MAX];
	struct btz_wr wr;
	enum btz_rc rc = btz_passphrase(c, true, passphrase, err);

	if (rc == BTZ_OK)
		rc = btz_adminkey_make(path, passphrase, err);
	btz_wipe(passphrase, sizeof(passphrase));
	(void)snprintf(public, sizeof(public), "%.500s.pub", path);
	btz_wr_init(&wr, spki, sizeof(spki));
	if (rc == BTZ_OK)
		rc = btz_adminkey_public(public, &wr, err);
	if (rc == BTZ_OK)
		print_key(c, btz_wr_span(&wr), path);
	if (rc == BTZ_OK)
		btz_cli_say(c,
		    "Put \"recovery = ...\" as above into [crypto] of the "
		    "box (soft), or give %s.pub to 'init' or 'ceremony start "
		    "admin-set' as --recovery (tee). Split the key ('bartizan "
		    "recovery split'), and keep %s off the box.",
		    path, path);
	return rc;
}

static enum btz_rc
write_share(const struct btz_recovery_share *s, const char *prefix,
    struct btz_out *o, struct btz_err *err)
{
	uint8_t text[BTZ_SHARE_FILE_MAX];
	char path[BTZ_CLI_PATH];
	struct btz_wr wr;
	enum btz_rc rc;

	(void)snprintf(path, sizeof(path), "%.490s-%u", prefix, s->number);
	btz_wr_init(&wr, text, sizeof(text));
	rc = btz_recovery_share_put(s, &wr, err);
	if (rc == BTZ_OK)
		rc = btz_cli_write_file(path, 0600, btz_wr_span(&wr), err);
	btz_wipe(text, sizeof(text));
	btz_out_num(o, s->number);
	btz_out_str(o, path);
	return rc;
}

static enum btz_rc
split(const struct btz_cli *c, const struct evp_pkey_st *key, unsigned k,
    unsigned n, struct btz_err *err)
{
	static const struct btz_column cols[] = {
		{ BTZ_CELL_NUMBER, "number" },
		{ BTZ_CELL_TEXT, "file" },
	};
	uint8_t secret[BTZ_RECOVERY_SECRET], spki[BTZ_RECOVERY_SPKI],
	    shares[BTZ_SHAMIR_MAX * BTZ_RECOVERY_SECRET];
	struct btz_recovery_share s = { .threshold = (uint8_t)k };
	struct btz_out *o = btz_out_new(cols, BTZ_COUNT(cols));
	struct btz_wr wr;
	enum btz_rc rc = btz_recovery_secret(key, secret, err);

	btz_wr_init(&wr, spki, sizeof(spki));
	if (rc == BTZ_OK)
		rc = btz_recovery_public(key, &wr, err);
	if (rc == BTZ_OK &&
	    !btz_shamir_split(secret, sizeof(secret), k, n, shares))
		rc = BTZ_FAIL(
		    err, BTZ_E_USAGE, "--threshold %u of --shares %u", k, n);
	btz_sha256(btz_wr_span(&wr), s.recovery);
	for (unsigned i = 0; rc == BTZ_OK && i < n; i++) {
		s.number = (uint8_t)(i + 1);
		memcpy(s.bytes, shares + i * sizeof(s.bytes), sizeof(s.bytes));
		rc = write_share(&s, btz_cli_opt(c, "out"), o, err);
	}
	if (rc == BTZ_OK)
		btz_out_print(c, o);
	btz_out_free(o);
	btz_wipe(secret, sizeof(secret));
	btz_wipe(shares, sizeof(shares));
	btz_wipe(&s, sizeof(s));
	return rc;
}

static enum btz_rc
run_split(struct btz_cli *c, struct btz_err *err)
{
	struct evp_pkey_st *key = NULL;
	uint64_t k, n;
	enum btz_rc rc;

	if (btz_cli_opt(c, "out") == NULL ||
	    btz_cli_opt(c, "threshold") == NULL ||
	    btz_cli_opt(c, "shares") == NULL)
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "--threshold, --shares and --out are needed");
	rc = btz_cli_opt_num(c, "threshold", 0, 2, BTZ_SHAMIR_MAX, &k, err);
	if (rc == BTZ_OK)
		rc = btz_cli_opt_num(
		    c, "shares", 0, 2, BTZ_SHAMIR_MAX, &n, err);
	if (rc == BTZ_OK)
		rc = btz_adminkey_load(c, btz_cli_arg(c, 0), &key, err);
	if (rc == BTZ_OK)
		rc = split(c, key, (unsigned)k, (unsigned)n, err);
	btz_recovery_key_free(key);
	return rc;
}

static enum btz_rc
read_share(
    const char *path, struct btz_recovery_share *out, struct btz_err *err)
{
	char *text = NULL;
	size_t len = 0;
	enum btz_rc rc = btz_cli_read_file(
	    path, BTZ_SHARE_FILE_MAX, &text, &len, err);

	if (rc != BTZ_OK)
		return rc;
	rc = btz_recovery_share_parse(btz_span_of(text, len), out, err);
	btz_wipe(text, len);
	free(text);
	return rc == BTZ_OK ? rc : btz_err_wrap(err, "%.80s", path);
}

/* All of one key, and enough of them. */
static enum btz_rc
read_shares(const struct btz_cli *c, uint8_t *numbers, uint8_t *shares,
    uint8_t id[BTZ_SHA256_LEN], struct btz_err *err)
{
	struct btz_recovery_share s = { .threshold = 0 };
	enum btz_rc rc = BTZ_OK;

	for (int i = 0; rc == BTZ_OK && i < c->n_args; i++) {
		rc = read_share(btz_cli_arg(c, i), &s, err);
		if (rc != BTZ_OK)
			break;
		if (i == 0)
			memcpy(id, s.recovery, BTZ_SHA256_LEN);
		if (memcmp(id, s.recovery, BTZ_SHA256_LEN) != 0)
			rc = BTZ_FAIL(err, BTZ_E_INVAL,
			    "%.80s: share of another key", btz_cli_arg(c, i));
		numbers[i] = s.number;
		memcpy(shares + (size_t)i * sizeof(s.bytes), s.bytes,
		    sizeof(s.bytes));
	}
	if (rc == BTZ_OK && c->n_args < s.threshold)
		rc = BTZ_FAIL(err, BTZ_E_USAGE, "%d shares, %u are needed",
		    c->n_args, s.threshold);
	btz_wipe(&s, sizeof(s));
	return rc;
}

/* A wrong share gives a key, but not the one that the shares name. */
static enum btz_rc
check(const struct evp_pkey_st *key, const uint8_t id[BTZ_SHA256_LEN],
    struct btz_err *err)
{
	uint8_t spki[BTZ_RECOVERY_SPKI], is[BTZ_SHA256_LEN];
	struct btz_wr wr;
	enum btz_rc rc;

	btz_wr_init(&wr, spki, sizeof(spki));
	rc = btz_recovery_public(key, &wr, err);
	btz_sha256(btz_wr_span(&wr), is);
	if (rc == BTZ_OK && memcmp(is, id, sizeof(is)) != 0)
		rc = BTZ_FAIL(err, BTZ_E_VERIFY, "a share is altered");
	return rc;
}

static enum btz_rc
join(const struct btz_cli *c, struct evp_pkey_st **key, struct btz_err *err)
{
	uint8_t numbers[BTZ_SHAMIR_MAX], id[BTZ_SHA256_LEN],
	    shares[BTZ_SHAMIR_MAX * BTZ_RECOVERY_SECRET],
	    secret[BTZ_RECOVERY_SECRET];
	enum btz_rc rc = read_shares(c, numbers, shares, id, err);

	if (rc == BTZ_OK && !btz_shamir_join(numbers, shares, sizeof(secret),
				(unsigned)c->n_args, secret))
		rc = BTZ_FAIL(err, BTZ_E_USAGE, "the same share twice");
	if (rc == BTZ_OK && btz_recovery_key(secret, key, err) != BTZ_OK)
		rc = BTZ_FAIL(err, BTZ_E_VERIFY, "a share is altered");
	if (rc == BTZ_OK)
		rc = check(*key, id, err);
	btz_wipe(shares, sizeof(shares));
	btz_wipe(secret, sizeof(secret));
	return rc;
}

static enum btz_rc
run_join(struct btz_cli *c, struct btz_err *err)
{
	const char *path = btz_cli_opt(c, "out");
	char passphrase[BTZ_PASSPHRASE_MAX];
	struct evp_pkey_st *key = NULL;
	enum btz_rc rc;

	if (path == NULL)
		return BTZ_FAIL(err, BTZ_E_USAGE, "--out is missing");
	rc = join(c, &key, err);
	if (rc == BTZ_OK)
		rc = btz_passphrase(c, true, passphrase, err);
	if (rc == BTZ_OK)
		rc = btz_adminkey_write(key, path, passphrase, err);
	if (rc == BTZ_OK)
		btz_cli_say(c, "%s: the recovery key, whole again", path);
	btz_wipe(passphrase, sizeof(passphrase));
	btz_recovery_key_free(key);
	return rc;
}

/* For an RSA key: a backend that unwraps it in Linux. */
static enum btz_rc
wrap(const struct btz_cli *c, struct btz_span backup, struct btz_span plain,
    struct btz_wr *out, struct btz_err *err)
{
	uint8_t spki[BTZ_SPKI_MAX];
	struct btz_wr s;
	enum btz_rc rc;

	btz_wr_init(&s, spki, sizeof(spki));
	rc = btz_adminkey_public(btz_cli_opt(c, "for"), &s, err);
	if (rc == BTZ_OK && btz_recovery_scope(backup) == BTZ_BACKUP_TEE)
		return BTZ_FAIL(err, BTZ_E_KEY_STAYS,
		    "made in a trusted application, not --exportable: only "
		    "for what 'key transport' writes");
	return rc == BTZ_OK
		   ? btz_recovery_wrap(btz_wr_span(&s), plain, out, err)
		   : rc;
}

/* For a trusted application, whose word is checked. */
static enum btz_rc
seal(const struct btz_cli *c, struct btz_span note, struct btz_span plain,
    struct btz_wr *out, struct btz_err *err)
{
	const char *key = btz_cli_opt(c, "checkpoint-key");
	uint8_t spki[BTZ_SPKI_MAX];
	struct btz_transport t;
	struct btz_wr s;
	enum btz_rc rc;

	if (key == NULL)
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "--checkpoint-key is missing: the public key that the "
		    "box's log is verified with, kept off the box");
	btz_wr_init(&s, spki, sizeof(spki));
	rc = btz_adminkey_public(key, &s, err);
	if (rc == BTZ_OK)
		rc = btz_transport_parse(note, btz_wr_span(&s), &t, err);
	if (rc == BTZ_OK)
		rc = btz_transport_seal(&t, plain, out, err);
	if (rc == BTZ_OK)
		btz_cli_say(c, "for the box %s; what is weaker there: %.*s",
		    t.instance, (int)t.weak.len, (const char *)t.weak.p);
	return rc;
}

/* The approvers compare it. */
static void
say_digest(const struct btz_cli *c, struct btz_span file)
{
	uint8_t digest[BTZ_SHA256_LEN];
	char hex[2 * BTZ_SHA256_LEN + 1];

	btz_sha256(file, digest);
	btz_hex(digest, sizeof(digest), hex);
	btz_cli_say(c, "SHA-256 of the file, for who approves it: %s", hex);
}

static enum btz_rc
open_backup(const struct btz_cli *c, struct evp_pkey_st *key,
    struct btz_span backup, struct btz_err *err)
{
	static uint8_t plain[BACKUP_MAX], wrapped[BACKUP_MAX];
	struct btz_wr p, w;
	char *text = NULL;
	size_t len = 0;
	bool tee;
	enum btz_rc rc = btz_cli_read_file(
	    btz_cli_opt(c, "for"), 2 * BTZ_NOTE_MAX, &text, &len, err);

	btz_wr_init(&p, plain, sizeof(plain));
	btz_wr_init(&w, wrapped, sizeof(wrapped));
	tee = rc == BTZ_OK && btz_transport_is(btz_span_of(text, len));
	/* Who names a checkpoint key wants a note; whoever could put another
	 * file there would be given the keys. */
	if (rc == BTZ_OK && !tee && btz_cli_opt(c, "checkpoint-key") != NULL)
		rc = BTZ_FAIL(err, BTZ_E_INVAL,
		    "--for '%.80s' is not what 'key transport' printed",
		    btz_cli_opt(c, "for"));
	if (rc == BTZ_OK)
		rc = btz_recovery_open(key, backup, &p, err);
	if (rc == BTZ_OK)
		rc = tee ? seal(c, btz_span_of(text, len), btz_wr_span(&p), &w,
			       err)
			 : wrap(c, backup, btz_wr_span(&p), &w, err);
	btz_wipe(plain, sizeof(plain));
	free(text);
	if (rc == BTZ_OK)
		rc = btz_cli_write_file(
		    btz_cli_opt(c, "out"), 0644, btz_wr_span(&w), err);
	if (rc == BTZ_OK && tee)
		say_digest(c, btz_wr_span(&w));
	return rc;
}

static enum btz_rc
run_open(struct btz_cli *c, struct btz_err *err)
{
	struct evp_pkey_st *key = NULL;
	char *backup = NULL;
	size_t len = 0;
	enum btz_rc rc;

	if (btz_cli_opt(c, "key") == NULL || btz_cli_opt(c, "for") == NULL ||
	    btz_cli_opt(c, "out") == NULL)
		return BTZ_FAIL(
		    err, BTZ_E_USAGE, "--key, --for and --out are needed");
	rc = btz_cli_read_file(
	    btz_cli_arg(c, 0), BACKUP_MAX, &backup, &len, err);
	if (rc == BTZ_OK)
		rc = btz_adminkey_load(c, btz_cli_opt(c, "key"), &key, err);
	if (rc == BTZ_OK)
		rc = open_backup(c, key, btz_span_of(backup, len), err);
	if (rc == BTZ_OK)
		btz_cli_say(c, "for 'bartizan key restore' on that box");
	btz_recovery_key_free(key);
	free(backup);
	return rc;
}

#define PASSPHRASE                                                             \
	{ 0, "passphrase-fd", "N", "read the passphrase there, one line" },    \
	{                                                                      \
		0, "no-passphrase", NULL, "the private key is not encrypted"   \
	}
#define END                                                                    \
	{                                                                      \
		0, NULL, NULL, NULL                                            \
	}

static const struct btz_cli_option keygen_options[] = { PASSPHRASE, END };
static const struct btz_cli_option split_options[] = {
	{ 0, "threshold", "K", "so many shares give the key" },
	{ 0, "shares", "N", "so many are made, at most 16" },
	{ 'o', "out", "PREFIX", "files PREFIX-1, PREFIX-2, ... (0600)" },
	PASSPHRASE,
	END,
};
static const struct btz_cli_option join_options[] = {
	{ 'o', "out", "FILE", "private key (0600); the public one: FILE.pub" },
	PASSPHRASE,
	END,
};
static const struct btz_cli_option open_options[] = {
	{ 0, "key", "FILE", "the recovery key" },
	{ 0, "for", "FILE",
	    "note of 'key transport' (tee), or public key (PEM) of an RSA key "
	    "of the box, --usage decrypt (soft)" },
	{ 0, "checkpoint-key", "PEM",
	    "tee: the key that the log of that box is verified with" },
	{ 'o', "out", "FILE", "for 'bartizan key restore'" },
	PASSPHRASE,
	END,
};

const struct btz_cli_command btz_cmd_recovery[] = {
	{ "keygen", "FILE",
	    "make the key that opens backups, away from the box\n"
	    "P-256, PKCS#8 PEM; FILE.pub is its public half. Needs no box.",
	    1, 1, keygen_options, run_keygen, "recovery keygen recovery.key" },
	{ "split", "FILE", "split it k-of-n among administrators", 1, 1,
	    split_options, run_split,
	    "recovery split recovery.key --threshold 2 --shares 3 --out "
	    "share" },
	{ "join", "SHARE...", "put it together again", 2, 16, join_options,
	    run_join, "recovery join share-1 share-3 --out recovery.key" },
	{ "open", "BACKUP", "open a backup and wrap it for one box", 1, 1,
	    open_options, run_open,
	    "recovery open signing.btzr --key recovery.key --for box.note "
	    "--checkpoint-key checkpoint.pem --out signing.btzi" },
	{ .run = NULL },
};
