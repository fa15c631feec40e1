/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_enrol.c - bartizan enrol, on the user's side: makes the key there, finds
 * the root by the pin of the invite, and only then, over a connection that is
 * verified with that root, sends the token and the request. Start at
 * run_enrol().
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/fetch.h"
#include "cli/output.h"
#include "cli/userkey.h"
#include "der/pem.h"
#include "der/x509.h"
#include "prim/prim.h"
#include "wire/alg.h"

struct enrol {
	struct btz_cli *c;
	const char *dir;
	struct btz_invite invite;
	struct btz_userkey *key;
	struct btz_fetch_answer answer;
	uint8_t root[BTZ_CERT_MAX], spki[BTZ_SPKI_MAX];
	size_t root_len, spki_len;
};

static enum btz_rc
path_in(const struct enrol *e, const char *name, char out[BTZ_CLI_PATH],
    struct btz_err *err)
{
	int n = snprintf(out, BTZ_CLI_PATH, "%s/%s", e->dir, name);

	if (n < 0 || n >= BTZ_CLI_PATH)
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "--out %.80s", e->dir);
	return BTZ_OK;
}

/* A key from an earlier try is used again: the invite may be bound to it. */
static enum btz_rc
make_key(struct enrol *e, struct btz_err *err)
{
	char cert[BTZ_CLI_PATH], key[BTZ_CLI_PATH];
	struct btz_wr wr;
	enum btz_rc rc;
	bool made;

	if ((rc = path_in(e, "cert.pem", cert, err)) != BTZ_OK ||
	    (rc = path_in(e, "key.pem", key, err)) != BTZ_OK)
		return rc;
	if (mkdir(e->dir, 0700) != 0 && errno != EEXIST)
		return BTZ_FAIL_SYS(
		    err, btz_cli_file_rc(), "make directory %s", e->dir);
	if (access(cert, F_OK) == 0)
		return BTZ_FAIL(
		    err, BTZ_E_EXIST, "%s: choose another --out", cert);
	if ((rc = btz_userkey_open(key, &e->key, &made, err)) != BTZ_OK)
		return rc;
	btz_cli_say(e->c, "%s %s", made ? "made key" : "using key", key);
	btz_wr_init(&wr, e->spki, sizeof(e->spki));
	rc = btz_userkey_spki(e->key, &wr, err);
	e->spki_len = wr.len;
	return rc;
}

static bool
is_pinned(const struct enrol *e, struct btz_span der)
{
	uint8_t hash[BTZ_SHA256_LEN];
	struct btz_x509 x;

	if (btz_x509_parse(der, &x) != BTZ_OK || !x.ext.ca ||
	    !btz_span_eq(x.issuer, x.subject))
		return false;
	btz_sha256(x.spki, hash);
	return btz_equal_ct(hash, e->invite.pin, sizeof(hash)) &&
	       btz_verify(x.spki, BTZ_SIG_ECDSA_SHA256, x.tbs, x.signature) ==
		   BTZ_OK;
}

/* The general hints are for whoever runs the box; here it is its user. */
static enum btz_rc
fetch(struct enrol *e, const struct btz_fetch *rq, struct btz_err *err)
{
	enum btz_rc rc = btz_fetch(rq, &e->answer, err);

	if (rc == BTZ_E_DOWN || rc == BTZ_E_GONE)
		btz_cli_hint(e->c,
		    "is the box on, and can it be reached from here? The "
		    "address is in the invite");
	else if (rc == BTZ_E_VERIFY)
		btz_cli_hint(e->c,
		    "do not go on: ask the administrator whether the box has "
		    "that name");
	return rc;
}

/* The certificate of /.bartizan/ca.pem that has the pinned key. */
static enum btz_rc
find_root(struct enrol *e, struct btz_err *err)
{
	struct btz_fetch rq = { .url = e->invite.url,
		.method = "GET",
		.path = "/.bartizan/ca.pem" };
	enum btz_rc rc = fetch(e, &rq, err);
	struct btz_wr wr;
	struct btz_rd rd;

	if (rc != BTZ_OK)
		return rc;
	if (e->answer.status != 200)
		return BTZ_FAIL(err, BTZ_E_AGAIN,
		    "https://%s:%s/.bartizan/ca.pem: HTTP status %d",
		    e->invite.url.host, e->invite.url.port, e->answer.status);
	btz_rd_span(&rd, e->answer.body);
	for (;;) {
		btz_wr_init(&wr, e->root, sizeof(e->root));
		if (btz_rd_left(&rd) == 0 ||
		    btz_pem_next(&rd, BTZ_PEM_CERT, &wr) != BTZ_OK)
			return BTZ_FAIL(err, BTZ_E_PIN, "https://%s:%s",
			    e->invite.url.host, e->invite.url.port);
		if (is_pinned(e, btz_wr_span(&wr)))
			break;
	}
	e->root_len = wr.len;
	btz_cli_say(e->c, "root of https://%s:%s has the key of the invite",
	    e->invite.url.host, e->invite.url.port);
	return BTZ_OK;
}

/* The server's own word on a refusal, made harmless. */
static enum btz_rc
refused(const struct enrol *e, struct btz_err *err)
{
	static const struct {
		int status;
		enum btz_rc rc;
	} map[] = {
		{ 400, BTZ_E_CSR },
		{ 401, BTZ_E_INVITE },
		{ 403, BTZ_E_INVITE },
		{ 409, BTZ_E_SPKI_SEEN },
		{ 503, BTZ_E_AGAIN },
	};
	enum btz_rc rc = BTZ_E_INTERNAL;
	char text[101];
	size_t n = 0;

	for (size_t i = 0; i < BTZ_COUNT(map); i++)
		if (map[i].status == e->answer.status)
			rc = map[i].rc;
	while (n < e->answer.body.len && n < sizeof(text) - 1 &&
	       e->answer.body.p[n] != '\n') {
		uint8_t ch = e->answer.body.p[n];

		text[n++] = ch >= 0x20 && ch < 0x7f ? (char)ch : '?';
	}
	while (n > 0 && text[n - 1] == '.')
		n--;
	text[n] = '\0';
	return BTZ_FAIL(err, rc, "enrolment refused with HTTP status %d: %s",
	    e->answer.status, text);
}

static enum btz_rc
send_csr(struct enrol *e, struct btz_err *err)
{
	uint8_t der[BTZ_CSR_MAX], pem[BTZ_PEM_ROOM(BTZ_CSR_MAX)];
	struct btz_wr csr, text;
	struct btz_fetch rq = { .url = e->invite.url,
		.method = "POST",
		.path = "/.bartizan/enrol",
		.token = e->invite.token,
		.root = btz_span_of(e->root, e->root_len) };
	enum btz_rc rc;

	btz_wr_init(&csr, der, sizeof(der));
	if ((rc = btz_userkey_csr(e->key, &csr, err)) != BTZ_OK)
		return rc;
	btz_wr_init(&text, pem, sizeof(pem));
	btz_pem_encode(&text, BTZ_PEM_CSR, btz_wr_span(&csr));
	rq.body = btz_wr_span(&text);
	if ((rc = fetch(e, &rq, err)) != BTZ_OK)
		return rc;
	if (e->answer.status / 100 != 2)
		return refused(e, err);
	return btz_fetch_check_chain(e->answer.body,
	    btz_span_of(e->root, e->root_len),
	    btz_span_of(e->spki, e->spki_len), err);
}

static enum btz_rc
write_p12(struct enrol *e, const char *password_file, struct btz_err *err)
{
	const char *name = btz_cli_opt(e->c, "name");
	char path[BTZ_CLI_PATH], *password;
	size_t len;
	enum btz_rc rc;

	if ((rc = path_in(e, "user.p12", path, err)) != BTZ_OK)
		return rc;
	rc = btz_cli_read_file(password_file, 256, &password, &len, err);
	if (rc != BTZ_OK)
		return rc;
	password[strcspn(password, "\r\n")] = '\0';
	rc = btz_userkey_p12(e->key, e->answer.body,
	    name == NULL ? "bartizan" : name, password, path, err);
	btz_wipe(password, len);
	free(password);
	return rc;
}

static enum btz_rc
write_results(struct enrol *e, struct btz_err *err)
{
	const char *p12 = btz_cli_opt(e->c, "p12-password-file");
	uint8_t pem[BTZ_PEM_ROOM(BTZ_CERT_MAX)];
	char path[BTZ_CLI_PATH];
	struct btz_wr wr;
	enum btz_rc rc;

	btz_wr_init(&wr, pem, sizeof(pem));
	btz_pem_encode(&wr, BTZ_PEM_CERT, btz_span_of(e->root, e->root_len));
	if ((rc = path_in(e, "ca.pem", path, err)) != BTZ_OK ||
	    (rc = btz_cli_write_file(path, 0644, btz_wr_span(&wr), err)) !=
		BTZ_OK)
		return rc;
	if (p12 != NULL && (rc = write_p12(e, p12, err)) != BTZ_OK)
		return rc;
	/* last: its presence says that the whole is there */
	if ((rc = path_in(e, "cert.pem", path, err)) != BTZ_OK)
		return rc;
	return btz_cli_write_file(path, 0644, e->answer.body, err);
}

static void
print_result(const struct enrol *e)
{
	static const struct btz_column cols[] = {
		{ BTZ_CELL_TEXT, "credential" },
		{ BTZ_CELL_TEXT, "url" },
		{ BTZ_CELL_TEXT, "dir" },
	};
	struct btz_out *o = btz_out_new(cols, BTZ_COUNT(cols));
	const struct btz_url *u = &e->invite.url;
	bool v6 = strchr(u->host, ':') != NULL;
	uint8_t hash[BTZ_SHA256_LEN];
	char url[300];

	(void)snprintf(url, sizeof(url), "https://%s%s%s:%s", v6 ? "[" : "",
	    u->host, v6 ? "]" : "", u->port);
	btz_sha256(btz_span_of(e->spki, e->spki_len), hash);
	btz_out_hex(o, hash, sizeof(hash));
	btz_out_str(o, url);
	btz_out_str(o, e->dir);
	btz_out_print_item(e->c, o);
	btz_out_free(o);
	btz_cli_say(e->c,
	    "\nTry: curl --cacert %s/ca.pem --cert %s/cert.pem "
	    "--key %s/key.pem %s/TENANT/SHARE/",
	    e->dir, e->dir, e->dir, url);
}

/* The invite may stand in a file ("@FILE", "@-"): command lines are seen by
 * everybody on the machine. */
static enum btz_rc
read_invite(struct enrol *e, struct btz_err *err)
{
	const char *arg = btz_cli_arg(e->c, 0);
	enum btz_rc rc;
	char *text;
	size_t len;

	if (arg[0] != '@')
		return btz_invite_parse(arg, &e->invite, err);
	rc = btz_cli_read_file(arg + 1, 2048, &text, &len, err);
	if (rc != BTZ_OK)
		return rc;
	rc = btz_invite_parse(text, &e->invite, err);
	btz_wipe(text, len);
	free(text);
	return rc;
}

static enum btz_rc
run_enrol(struct btz_cli *c, struct btz_err *err)
{
	static struct enrol e;
	enum btz_rc rc;

	e.c = c;
	e.dir = btz_cli_opt(c, "out");
	if (e.dir == NULL)
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "'enrol' needs --out DIR, where the key is to be kept");
	if ((rc = read_invite(&e, err)) == BTZ_OK &&
	    (rc = make_key(&e, err)) == BTZ_OK &&
	    (rc = find_root(&e, err)) == BTZ_OK &&
	    (rc = send_csr(&e, err)) == BTZ_OK)
		rc = write_results(&e, err);
	if (rc == BTZ_OK)
		print_result(&e);
	btz_userkey_free(e.key);
	btz_wipe(&e.invite, sizeof(e.invite));
	return rc;
}

static const struct btz_cli_option options[] = {
	{ 'o', "out", "DIR", "where key.pem, cert.pem and ca.pem go" },
	{ 0, "name", "NAME", "name of the credential in user.p12" },
	{ 0, "p12-password-file", "FILE",
	    "also write user.p12 (phones, browsers), password from FILE" },
	{ 0, NULL, NULL, NULL },
};

const struct btz_cli_command btz_cmd_enrol[] = {
	{ "", "INVITE|@FILE",
	    "turn an invite into a key and a certificate, on the user's side\n"
	    "The key is made here and never leaves. The root is recognised by\n"
	    "the pin in the invite; the invite's token is sent only after the\n"
	    "server has been verified with it. @FILE reads the invite from a\n"
	    "file, @- from standard input.",
	    1, 1, options, run_enrol, "enrol @invite.txt --out ~/bartizan" },
	{ .run = NULL },
};
