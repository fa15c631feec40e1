/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vpn_profile_run.c - bartizan vpn profile, on the user's side: what enrol left
 * in its directory (key, certificate, root) and where the VPN is, as one file
 * or QR code. The key goes nowhere else. Start at btz_cli_vpn_profile().
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/fetch.h"
#include "cli/qr.h"
#include "cli/userkey.h"
#include "cli/vpn_profile.h"
#include "der/pem.h"
#include "der/x509.h"
#include "wire/name.h"

#define CHAIN_MAX 65536u
#define KEY_MAX 4096u
#define PROFILE_MAX 65536u

struct profile {
	struct btz_cli *c;
	const char *dir, *user;
	struct btz_vpn_place place;
	char *root, *chain, *key; /* PEM, malloc'ed */
	struct btz_vpn_keys keys; /* parts of these */
	size_t key_len;
	uint8_t root_der[BTZ_CERT_MAX];
	size_t root_len;
};

static enum btz_rc
read_in(const struct profile *p, const char *name, size_t max, char **out,
    struct btz_span *text, struct btz_err *err)
{
	char path[BTZ_CLI_PATH];
	size_t len = 0;
	enum btz_rc rc;

	if (snprintf(path, sizeof(path), "%s/%s", p->dir, name) >=
	    (int)sizeof(path))
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "--keys %.80s", p->dir);
	rc = btz_cli_read_file(path, max, out, &len, err);
	*text = btz_span_of(*out, rc == BTZ_OK ? len : 0);
	if (rc == BTZ_E_NOENT)
		btz_cli_hint(p->c,
		    "--keys is the directory that 'bartizan enrol --out' made");
	return rc;
}

/* The certificate's name is the user's. */
static bool
is_users(const struct profile *p, struct btz_span der)
{
	struct btz_spiffe id;
	struct btz_x509 x;
	struct btz_gn gn;
	struct btz_rd it;
	char who[BTZ_NAME_MAX + 16];

	if (btz_x509_parse(der, &x) != BTZ_OK)
		return false;
	btz_rd_span(&it, x.ext.san);
	if (btz_gn_next(&it, &gn) != 1 || gn.type != BTZ_GN_URI ||
	    !btz_spiffe_parse(gn.value, &id))
		return false;
	(void)snprintf(who, sizeof(who), "%.*s/%.*s", (int)id.kind.len,
	    (const char *)id.kind.p, (int)id.name.len, (const char *)id.name.p);
	return strcmp(p->user, who) == 0 ||
	       btz_span_eq(id.name, btz_span_str(p->user));
}

static enum btz_rc
split_chain(struct profile *p, struct btz_span chain, struct btz_err *err)
{
	static uint8_t der[BTZ_CERT_MAX];
	struct btz_wr wr;
	struct btz_rd rd;
	size_t at;

	btz_rd_span(&rd, chain);
	btz_wr_init(&wr, der, sizeof(der));
	if (btz_pem_next(&rd, BTZ_PEM_CERT, &wr) != BTZ_OK)
		return BTZ_FAIL(err, BTZ_E_PEM, "%s/cert.pem", p->dir);
	if (!is_users(p, btz_wr_span(&wr)))
		return BTZ_FAIL(err, BTZ_E_INVAL,
		    "the certificate in %s is not of '%.70s'", p->dir, p->user);
	at = btz_rd_offset(&rd);
	p->keys.cert = btz_span_of(chain.p, at);
	p->keys.issuing = btz_span_of(chain.p + at, chain.len - at);
	return BTZ_OK;
}

/* Key and certificate belong together and to the root. */
static enum btz_rc
check_keys(struct profile *p, struct btz_span chain, struct btz_err *err)
{
	uint8_t spki[BTZ_SPKI_MAX];
	struct btz_userkey *k = NULL;
	char path[BTZ_CLI_PATH];
	struct btz_wr wr, root;
	enum btz_rc rc;

	btz_wr_init(&root, p->root_der, sizeof(p->root_der));
	rc = btz_pem_decode(p->keys.root, BTZ_PEM_CERT, &root);
	if (rc != BTZ_OK)
		return BTZ_FAIL(err, BTZ_E_PEM, "%s/ca.pem", p->dir);
	p->root_len = root.len;
	(void)snprintf(path, sizeof(path), "%s/key.pem", p->dir);
	if ((rc = btz_userkey_open(path, &k, NULL, err)) != BTZ_OK)
		return rc;
	btz_wr_init(&wr, spki, sizeof(spki));
	rc = btz_userkey_spki(k, &wr, err);
	btz_userkey_free(k);
	if (rc != BTZ_OK)
		return rc;
	return btz_fetch_check_chain(
	    chain, btz_wr_span(&root), btz_wr_span(&wr), err);
}

static enum btz_rc
read_keys(struct profile *p, struct btz_err *err)
{
	struct btz_span chain;
	enum btz_rc rc;

	if ((rc = read_in(p, "key.pem", KEY_MAX, &p->key, &p->keys.key, err)) !=
		BTZ_OK ||
	    (rc = read_in(p, "cert.pem", CHAIN_MAX, &p->chain, &chain, err)) !=
		BTZ_OK ||
	    (rc = read_in(p, "ca.pem", CHAIN_MAX, &p->root, &p->keys.root,
		 err)) != BTZ_OK ||
	    (rc = split_chain(p, chain, err)) != BTZ_OK)
		return rc;
	return check_keys(p, chain, err);
}

/* From the options --remote, --proto, --server-name. */
static enum btz_rc
place_by_options(struct profile *p, struct btz_err *err)
{
	const char *proto = btz_cli_opt(p->c, "proto");
	const char *server = btz_cli_opt(p->c, "server-name");
	bool tcp = proto != NULL && strcmp(proto, "tcp") == 0;
	enum btz_rc rc;

	if (proto != NULL && !tcp && strcmp(proto, "udp") != 0)
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "--proto '%.40s' is neither udp nor tcp", proto);
	if (server != NULL && !btz_vpn_server_ok(server))
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "--server-name '%.80s' is not a DNS name of at most 64 "
		    "characters",
		    server);
	if (server != NULL)
		(void)snprintf(
		    p->place.server, sizeof(p->place.server), "%s", server);
	for (size_t i = 0; i < p->c->n_many; i++)
		if ((rc = btz_vpn_place_add(
			 &p->place, p->c->many[i], tcp, err)) != BTZ_OK)
			return rc;
	if (p->place.server[0] == '\0')
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "--server-name is missing: the name in the server's "
		    "certificate");
	return BTZ_OK;
}

/* From the box, over a connection that is verified with the root. */
static enum btz_rc
place_by_box(struct profile *p, const char *name, struct btz_err *err)
{
	static struct btz_fetch_answer a;
	const char *url = btz_cli_opt(p->c, "url");
	char path[BTZ_NAME_MAX + 32];
	struct btz_fetch rq = { .method = "GET",
		.path = path,
		.root = btz_span_of(p->root_der, p->root_len) };
	enum btz_rc rc = btz_url_parse(btz_span_str(url), &rq.url, err);

	(void)snprintf(path, sizeof(path), "/.bartizan/vpn/%s.json", name);
	if (rc == BTZ_OK)
		rc = btz_fetch(&rq, &a, err);
	if (rc != BTZ_OK)
		return rc;
	if (a.status != 200)
		return BTZ_FAIL(err, BTZ_E_NOENT,
		    "%.200s%s: HTTP status %d: is there such a VPN?", url, path,
		    a.status);
	return btz_vpn_place_parse(a.body, name, &p->place, err);
}

static enum btz_rc
find_place(struct profile *p, struct btz_err *err)
{
	const char *name = btz_cli_opt(p->c, "vpn");
	bool url = btz_cli_opt(p->c, "url") != NULL;

	if (!btz_name_ok(btz_span_str(name)))
		return BTZ_FAIL(err, BTZ_E_NAME, "--vpn '%.70s'", name);
	if (url == (p->c->n_many > 0))
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "give --url (the box says where the VPN is) or --remote");
	return url ? place_by_box(p, name, err) : place_by_options(p, err);
}

/* Never over a file, never readable by others. */
static enum btz_rc
write_new(const char *path, struct btz_span text, struct btz_err *err)
{
	int fd = open(
	    path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool ok;

	if (fd < 0 && errno == EEXIST)
		return BTZ_FAIL(err, BTZ_E_EXIST, "%s", path);
	if (fd < 0)
		return BTZ_FAIL_SYS(err, btz_cli_file_rc(), "make %s", path);
	ok = write(fd, text.p, text.len) == (ssize_t)text.len && fsync(fd) == 0;
	if (close(fd) == 0 && ok)
		return BTZ_OK;
	(void)unlink(path);
	return BTZ_FAIL_SYS(err, BTZ_E_IO, "write %s", path);
}

/* The server sends its issuing certificate along: for a code that would be
 * too large it is left out. */
static enum btz_rc
show_qr(struct profile *p, uint8_t *buf, size_t len, struct btz_err *err)
{
	struct btz_wr wr;
	enum btz_rc rc;

	if (len > BTZ_QR_MAX) {
		btz_cli_say(p->c,
		    "The profile has %zu bytes and a QR code holds %u: the "
		    "issuing certificate is left out of the code.",
		    len, BTZ_QR_MAX);
		p->keys.issuing = btz_span_of(NULL, 0);
	}
	btz_wr_init(&wr, buf, PROFILE_MAX);
	btz_vpn_profile_put(&wr, &p->place, &p->keys);
	btz_cli_say(p->c,
	    "The code has the key in it: show it to nobody but the phone.");
	rc = btz_qr_print(stdout, btz_wr_span(&wr), err);
	if (rc == BTZ_E_TOOBIG || rc == BTZ_E_UNSUPPORTED)
		btz_cli_hint(p->c, "write it to a file with --out instead");
	return rc;
}

static enum btz_rc
give(struct profile *p, struct btz_err *err)
{
	static uint8_t buf[PROFILE_MAX];
	const char *out = btz_cli_opt(p->c, "out");
	enum btz_rc rc = BTZ_OK;
	struct btz_wr wr;

	btz_wr_init(&wr, buf, sizeof(buf));
	btz_vpn_profile_put(&wr, &p->place, &p->keys);
	if (!btz_wr_ok(&wr))
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "profile");
	if (out != NULL &&
	    (rc = write_new(out, btz_wr_span(&wr), err)) == BTZ_OK)
		btz_cli_say(p->c, "wrote %s; it has the key in it", out);
	if (rc == BTZ_OK && btz_cli_opt(p->c, "qr") != NULL)
		rc = show_qr(p, buf, wr.len, err);
	btz_wipe(buf, sizeof(buf));
	return rc;
}

enum btz_rc
btz_cli_vpn_profile(struct btz_cli *c, struct btz_err *err)
{
	static struct profile p;
	enum btz_rc rc;

	p = (struct profile){
		.c = c, .dir = btz_cli_opt(c, "keys"), .user = btz_cli_arg(c, 0)
	};
	if (p.dir == NULL || btz_cli_opt(c, "vpn") == NULL)
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "'vpn profile' needs --vpn NAME and --keys DIR (of "
		    "'bartizan enrol')");
	if (btz_cli_opt(c, "out") == NULL && btz_cli_opt(c, "qr") == NULL)
		return BTZ_FAIL(
		    err, BTZ_E_USAGE, "say where to: --out FILE, --qr or both");
	if ((rc = read_keys(&p, err)) == BTZ_OK &&
	    (rc = find_place(&p, err)) == BTZ_OK)
		rc = give(&p, err);
	if (p.key != NULL)
		btz_wipe(p.key, strlen(p.key));
	free(p.key);
	free(p.chain);
	free(p.root);
	return rc;
}
