/* SPDX-License-Identifier: Apache-2.0 */
/* init_lists.c - the root's lists that init makes; contract in init_lists.h. */
#include "cli/init_lists.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/root_crl.h"
#include "der/crl.h"
#include "der/pem.h"
#include "der/x509.h"
#include "prim/prim.h"
#include "wire/alg.h"

#define NAME "emergency-root.crl"
#define FILE_MAX 65536u

static struct btz_issued issued;

/* --emergency, else below --home, else here. */
static enum btz_rc
choose(struct btz_cli *c, struct btz_init_lists *l, struct btz_err *err)
{
	const char *given = btz_cli_opt(c, "emergency");
	int n = given != NULL ? snprintf(l->path, sizeof(l->path), "%s", given)
			      : snprintf(l->path, sizeof(l->path), "%s/" NAME,
				    c->home != NULL ? c->home : ".");

	return n > 0 && (size_t)n < sizeof(l->path)
		   ? BTZ_OK
		   : BTZ_FAIL(err, BTZ_E_TOOBIG, "--emergency");
}

enum btz_rc
btz_init_lists_reserve(
    struct btz_cli *c, struct btz_init_lists *l, struct btz_err *err)
{
	struct stat st;
	int fd;
	enum btz_rc rc = choose(c, l, err);

	if (rc != BTZ_OK)
		return rc;
	fd = open(l->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 && errno != EEXIST) {
		btz_cli_hint(c, "the emergency list is written there; choose "
				"another place with --emergency FILE");
		return BTZ_FAIL_SYS(
		    err, btz_cli_file_rc(), "write %s", l->path);
	}
	l->reserved = fd >= 0 || (lstat(l->path, &st) == 0 &&
				     S_ISREG(st.st_mode) && st.st_size == 0);
	if (fd >= 0)
		(void)close(fd);
	return BTZ_OK;
}

static bool
revokes(const struct btz_crl *crl, const uint8_t serial[BTZ_ID_LEN])
{
	struct btz_crl_entry e;
	struct btz_rd it;

	btz_rd_span(&it, crl->entries);
	while (btz_crl_next(&it, &e) == 1)
		if (btz_span_eq(e.serial, btz_span_of(serial, BTZ_ID_LEN)))
			return true;
	return false;
}

/* This box's emergency list; stale when it does not name all. */
static bool
is_ours(struct btz_span der, bool *stale)
{
	struct btz_x509 root;
	struct btz_crl crl;

	if (btz_crl_parse(der, &crl) != BTZ_OK ||
	    btz_x509_parse(btz_span_of(issued.root, issued.root_len), &root) !=
		BTZ_OK ||
	    crl.number != BTZ_CRL_EMERGENCY ||
	    btz_verify(root.spki, BTZ_SIG_ECDSA_SHA256, crl.tbs,
		crl.signature) != BTZ_OK)
		return false;
	*stale = false;
	for (size_t i = 0; i < issued.serials_len; i += BTZ_ID_LEN)
		*stale = *stale || !revokes(&crl, issued.serials + i);
	return true;
}

static enum btz_rc
check_earlier(struct btz_cli *c, struct btz_init_lists *l, struct btz_err *err)
{
	static uint8_t der[FILE_MAX];
	struct btz_wr wr;
	char *text;
	size_t len;
	enum btz_rc rc = btz_cli_read_file(l->path, FILE_MAX, &text, &len, err);

	if (rc != BTZ_OK)
		return rc;
	btz_wr_init(&wr, der, sizeof(der));
	rc = btz_pem_decode(btz_span_of(text, len), BTZ_PEM_CRL, &wr);
	free(text);
	if (rc == BTZ_OK && is_ours(btz_wr_span(&wr), &l->stale))
		return BTZ_OK;
	btz_cli_hint(c, "move it away, or choose another place with "
			"--emergency FILE");
	return BTZ_FAIL(err, BTZ_E_EXIST,
	    "%s is there and is not this box's emergency list", l->path);
}

static enum btz_rc
make(struct btz_cli *c, struct btz_init_lists *l, struct btz_err *err)
{
	static uint8_t der[BTZ_CERT_MAX], pem[BTZ_PEM_ROOM(BTZ_CERT_MAX)];
	const struct btz_root_crl list = { .emergency = 1,
		.serials = btz_span_of(issued.serials, issued.serials_len) };
	struct btz_wr wr, text;
	enum btz_rc rc;

	btz_wr_init(&wr, der, sizeof(der));
	rc = btz_root_crl_ask(c, &list, &wr, err);
	if (rc == BTZ_E_APPROVAL) {
		btz_init_lists_undo(l);
		l->earlier = true;
		return BTZ_OK;
	}
	if (rc == BTZ_OK && (!is_ours(btz_wr_span(&wr), &l->stale) || l->stale))
		rc = BTZ_FAIL(err, BTZ_E_VERIFY, "emergency list");
	if (rc != BTZ_OK)
		return rc;
	btz_wr_init(&text, pem, sizeof(pem));
	btz_pem_encode(&text, BTZ_PEM_CRL, btz_wr_span(&wr));
	rc = btz_cli_write_file(l->path, 0600, btz_wr_span(&text), err);
	l->reserved = l->reserved && rc != BTZ_OK;
	return rc;
}

enum btz_rc
btz_init_lists_emergency(
    struct btz_cli *c, struct btz_init_lists *l, struct btz_err *err)
{
	enum btz_rc rc = btz_root_issued(c, &issued, err);

	if (rc != BTZ_OK)
		return rc;
	return l->reserved ? make(c, l, err) : check_earlier(c, l, err);
}

enum btz_rc
btz_init_lists_first(struct btz_cli *c, struct btz_err *err)
{
	static uint8_t der[BTZ_CERT_MAX];
	const struct btz_root_crl list = { .next_update = 0 };
	struct btz_wr wr;
	enum btz_rc rc;

	btz_wr_init(&wr, der, sizeof(der));
	rc = btz_root_crl_served(c, &wr, err);
	if (rc != BTZ_E_UNPROVISIONED)
		return rc;
	btz_wr_init(&wr, der, sizeof(der));
	rc = btz_root_crl_ask(c, &list, &wr, err);
	return rc == BTZ_OK ? btz_root_crl_serve(c, btz_wr_span(&wr), err) : rc;
}

void
btz_init_lists_undo(struct btz_init_lists *l)
{
	if (l->reserved)
		(void)unlink(l->path);
	l->reserved = false;
}

void
btz_init_lists_say(const struct btz_cli *c, const struct btz_init_lists *l)
{
	if (l->earlier) {
		btz_cli_say(c,
		    "\nThe emergency list was made by an earlier run. If it is "
		    "lost, the administrators\nmake another: bartizan ceremony "
		    "start root-crl --emergency --out FILE");
		return;
	}
	if (l->stale) {
		btz_cli_say(c,
		    "\nThe emergency list %s\ndoes not name an issuing "
		    "certificate that was made since. Make another:\nbartizan "
		    "ca emergency; with administrators: bartizan ceremony "
		    "start root-crl --emergency",
		    l->path);
		return;
	}
	btz_cli_say(c,
	    "\nEmergency list: %s\n"
	    "Copy this file off the box now, and delete it here. It is a "
	    "revocation list of\nthe root that ends the issuing certificate, "
	    "and with it all that this box has\nissued, for as long as the "
	    "root is valid. When the box is stolen, publish it in\nplace of "
	    "the root's list (%s). Nothing takes it back, so\nwhoever has the "
	    "file can do that: keep it as you would keep a key.",
	    l->path, ".../.bartizan/crl/root.crl");
}
