/* SPDX-License-Identifier: Apache-2.0 */
/*
 * setup.c - what a VPN needs before its OpenVPN can be asked anything, step by
 * step: lease, key (kind tls, in the TEE), chain of the CA, certificate,
 * nftables table, files for OpenVPN. A step that fails is told in `why`; all
 * begins again a little later. Once an hour all steps are gone through again,
 * while OpenVPN runs: what is due is renewed, and an OpenVPN that has read files
 * which changed is told to start again. Start at btz_setup_start().
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "prim/prim.h"
#include "vpn/cert.h"
#include "vpn/vpn.h"
#include "wire/alg.h"
#include "wire/msg_ca.h"
#include "wire/msg_generate.h"
#include "wire/msg_key.h"

#define RETRY_MIN 500u
#define RETRY_MAX 5000u
#define CHAIN_MAX 8192u
#define LOOK_MS 3600000u /* as the supervisor does for HTTPS */
#define LOOK_AGAIN_MS 60000u
#define SOON_MS 1000u

struct btz_setup {
	struct btz_site *s;
	size_t step;
	uint8_t spki[BTZ_SPKI_MAX], chain[CHAIN_MAX], server[CHAIN_MAX];
	size_t spki_len, chain_len, server_len;
	bool changed; /* files that an OpenVPN may have read before */
};

static void next(struct btz_setup *u);

static void
fail(struct btz_setup *u, const char *what, enum btz_rc rc)
{
	struct btz_site *s = u->s;

	btz_log(BTZ_LOG_WARN, 0, "%s: %s: %s", s->conf->name, what,
	    btz_rc_text(rc));
	s->setup = NULL;
	s->reload |= u->changed;
	free(u);
	btz_timer_set(s->renew, LOOK_AGAIN_MS);
	if (s->state != BTZ_SITE_SETUP)
		return; /* it goes on with what it has */
	(void)snprintf(s->why, sizeof(s->why), "%s: %s", what, btz_rc_text(rc));
	s->delay = s->delay * 2 > RETRY_MAX   ? RETRY_MAX
		   : s->delay * 2 < RETRY_MIN ? RETRY_MIN
					      : s->delay * 2;
	btz_timer_set(s->timer, s->delay);
}

static void
on_lease(enum btz_rc rc, void *arg)
{
	struct btz_setup *u = arg;

	if (rc == BTZ_OK)
		next(u);
	else
		fail(u, "key management", rc);
}

static void
step_lease(struct btz_setup *u)
{
	btz_signer_need(u->s->d->signer, BTZ_VPN_STEP_MS, on_lease, u);
}

static void
ask_kms(struct btz_setup *u, uint16_t op, const struct btz_msgdef *def,
    const void *msg, btz_answer_fn *fn, const char *what)
{
	enum btz_rc rc = btz_signer_ask(u->s->d->signer, op,
	    btz_host_new_id(u->s->d->host), def, msg, 6 * BTZ_VPN_STEP_MS, fn,
	    u);

	if (rc != BTZ_OK)
		fail(u, what, rc);
}

static void
label_of(const struct btz_site *s, char out[80])
{
	(void)snprintf(out, 80, "vpn-%s", s->conf->name);
}

static bool
take_key(struct btz_setup *u, const struct btz_key_info *k)
{
	if (k->kind != BTZ_KIND_TLS || k->alg != BTZ_ALG_EC_P256 ||
	    k->state != BTZ_KEY_ENABLED || k->spki.len > sizeof(u->spki))
		return false;
	memcpy(u->s->key, k->id, sizeof(u->s->key));
	memcpy(u->spki, k->spki.p, k->spki.len);
	u->spki_len = k->spki.len;
	return true;
}

static void
on_generated(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct btz_setup *u = arg;
	struct btz_key_info k;

	(void)fd;
	if (rc == BTZ_OK && (!btz_msg_decode(&btz_def_key_info, f->body, &k) ||
				!take_key(u, &k)))
		rc = BTZ_E_PROTO;
	if (rc == BTZ_OK)
		next(u);
	else
		fail(u, "server key", rc);
}

static void
generate(struct btz_setup *u)
{
	char label[80];
	struct btz_generate g = { .alg = BTZ_ALG_EC_P256,
		.kind = BTZ_KIND_TLS,
		.usage = BTZ_USE_SIGN };

	label_of(u->s, label);
	g.label = btz_span_str(label);
	ask_kms(u, BTZ_OP_GENERATE, &btz_def_generate, &g, on_generated,
	    "server key");
}

static void
on_keys(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct btz_setup *u = arg;
	struct btz_key_rows rows;
	struct btz_key_info k;
	struct btz_rd rd;

	(void)fd;
	if (rc == BTZ_E_LEASE)
		btz_signer_lost(u->s->d->signer);
	if (rc != BTZ_OK ||
	    !btz_msg_decode(&btz_def_key_rows, f->body, &rows)) {
		fail(u, "keys", rc == BTZ_OK ? BTZ_E_PROTO : rc);
		return;
	}
	btz_rd_span(&rd, rows.rows);
	while (btz_rd_left(&rd) > 0 && btz_msg_read(&btz_def_key_info, &rd, &k))
		if (take_key(u, &k)) {
			next(u);
			return;
		}
	generate(u);
}

static void
step_key(struct btz_setup *u)
{
	struct btz_list_keys rq = { .label = { NULL, 0 } };
	char label[80];

	label_of(u->s, label);
	rq.label = btz_span_str(label);
	ask_kms(u, BTZ_OP_LIST_KEYS, &btz_def_list_keys, &rq, on_keys, "keys");
}

static void
ask_ca(struct btz_setup *u, uint16_t op, const struct btz_msgdef *def,
    const void *msg, btz_answer_fn *fn)
{
	struct btz_host *h = u->s->d->host;
	enum btz_rc rc = btz_host_ask(h, BTZ_PROG_CA, op, btz_host_new_id(h),
	    def, msg, -1, 6 * BTZ_VPN_STEP_MS, fn, u);

	if (rc != BTZ_OK)
		fail(u, "certificate authority", rc);
}

static bool
copy_chain(const struct btz_frame *f, uint8_t *to, size_t *len)
{
	struct btz_chain m;

	if (!btz_msg_decode(&btz_def_chain, f->body, &m) || m.certs.len == 0 ||
	    m.certs.len > CHAIN_MAX)
		return false;
	memcpy(to, m.certs.p, m.certs.len);
	*len = m.certs.len;
	return true;
}

/* The issuing certificate comes first. A renewed one has the same key, and
 * clients may bring either: the one before stays known for this life. */
static bool
take_issuer(struct btz_setup *u)
{
	struct btz_site *s = u->s;
	uint8_t hash[BTZ_SHA256_LEN];
	struct btz_span der;
	struct btz_rd rd;

	btz_rd_init(&rd, u->chain, u->chain_len);
	if (!btz_rd_bytes32(&rd, &der, BTZ_CERT_MAX))
		return false;
	btz_sha256(der, hash);
	if (s->vpn.n_issuers > 0 && memcmp(s->issuers[0], hash, 32) == 0)
		return true;
	memcpy(s->issuers[1], s->issuers[0], 32);
	memcpy(s->issuers[0], hash, 32);
	s->vpn.issuers = (const uint8_t(*)[BTZ_SHA256_LEN])s->issuers;
	s->vpn.n_issuers += s->vpn.n_issuers < 2 ? 1 : 0;
	return true;
}

static void
on_chain(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct btz_setup *u = arg;

	(void)fd;
	if (rc == BTZ_OK &&
	    (!copy_chain(f, u->chain, &u->chain_len) || !take_issuer(u)))
		rc = BTZ_E_PROTO;
	if (rc == BTZ_OK)
		next(u);
	else
		fail(u, "certificate authority", rc);
}

static void
step_chain(struct btz_setup *u)
{
	ask_ca(u, BTZ_OP_CHAIN, NULL, NULL, on_chain);
}

static void
path_of(const struct btz_site *s, const char *file, char out[600])
{
	(void)snprintf(out, 600, "%s/%s%s%s", s->d->lib, s->conf->name,
	    file[0] == '\0' ? "" : "/", file);
}

/* Is the certificate that lies there still good? */
static bool
have_certificate(const struct btz_setup *u, const char *name)
{
	static uint8_t pem[BTZ_VPN_PEM_MAX];
	char path[600];
	size_t n;

	path_of(u->s, "server.pem", path);
	n = btz_vpn_read_file(path, pem, sizeof(pem));
	return btz_vpn_cert_good(btz_span_of(pem, n),
	    btz_span_of(u->spki, u->spki_len), btz_span_str(name),
	    btz_unix_now());
}

static void
on_issued(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct btz_setup *u = arg;

	(void)fd;
	if (rc == BTZ_OK && !copy_chain(f, u->server, &u->server_len))
		rc = BTZ_E_PROTO;
	if (rc == BTZ_OK)
		next(u);
	else
		fail(u, "server certificate", rc);
}

static void
step_certificate(struct btz_setup *u)
{
	char name[BTZ_CN_MAX + 1];
	struct btz_issue_vpn rq = { .spki = btz_span_of(u->spki, u->spki_len) };

	if (!btz_vpn_server_name(
		u->s->conf->name, u->s->d->https.names, name)) {
		fail(u, "[https] names has no short host name", BTZ_E_CONFIG);
		return;
	}
	rq.dns = btz_span_str(name);
	if (have_certificate(u, name))
		next(u);
	else
		ask_ca(u, BTZ_OP_ISSUE_VPN, &btz_def_issue_vpn, &rq, on_issued);
}

static enum btz_rc
write_chain(struct btz_setup *u, const char *file, const uint8_t *certs,
    size_t len, struct btz_err *err)
{
	char path[600];

	path_of(u->s, file, path);
	return btz_vpn_write_chain(
	    path, btz_span_of(certs, len), &u->changed, err);
}

static void
step_files(struct btz_setup *u)
{
	struct btz_err err = { .rc = BTZ_OK };
	char path[600];
	enum btz_rc rc = BTZ_OK;

	path_of(u->s, "", path);
	if (mkdir(path, 0750) != 0 && errno != EEXIST)
		rc = BTZ_FAIL_SYS(&err, BTZ_E_IO, "%s", path);
	if (rc == BTZ_OK)
		rc = write_chain(u, "ca.pem", u->chain, u->chain_len, &err);
	/* last: the supervisor starts OpenVPN when it is there */
	if (rc == BTZ_OK && u->server_len > 0)
		rc = write_chain(
		    u, "server.pem", u->server, u->server_len, &err);
	if (rc == BTZ_OK) {
		next(u);
		return;
	}
	btz_log_err(0, &err);
	fail(u, "files for OpenVPN", rc);
}

static void
on_table(enum btz_rc rc, void *arg)
{
	struct btz_setup *u = arg;

	u->s->cutoff = rc == BTZ_OK;
	if (rc != BTZ_OK) {
		fail(u, "no-cutoff", rc);
		return;
	}
	btz_session_reclaim(u->s);
	next(u);
}

static void
step_table(struct btz_setup *u)
{
	const struct btz_keeper_ask ask = { .op = BTZ_KEEPER_TABLE,
		.site = u->s->index };

	if (u->s->cutoff)
		next(u);
	else
		btz_keeper_tell(u->s->d->keeper, &ask, on_table, u);
}

static void (*const steps[])(struct btz_setup *u) = { step_table, step_lease,
	step_key, step_chain, step_certificate, step_files };

static void
finish(struct btz_site *s)
{
	btz_timer_set(s->renew, LOOK_MS);
	if (s->state != BTZ_SITE_SETUP) {
		btz_link_reload(s);
		return;
	}
	if (!s->cutoff) { /* its table was lost meanwhile: once more */
		btz_timer_set(s->timer, 1);
		return;
	}
	s->state = BTZ_SITE_DOWN;
	s->down_since = btz_boot_ms();
	s->delay = 50;
	btz_log(BTZ_LOG_INFO, 0, "%s: ready for OpenVPN", s->conf->name);
	btz_link_start(s);
}

static void
next(struct btz_setup *u)
{
	struct btz_site *s = u->s;

	if (u->step < BTZ_COUNT(steps)) {
		steps[u->step++](u);
		return;
	}
	s->setup = NULL;
	s->reload |= u->changed;
	free(u);
	finish(s);
}

void
btz_setup_start(struct btz_site *s)
{
	struct btz_setup *u;

	if (s->setup != NULL)
		return;
	u = calloc(1, sizeof(*u));
	if (u == NULL) {
		btz_timer_set(s->timer, RETRY_MIN);
		return;
	}
	u->s = s;
	s->setup = u;
	next(u);
}

void
btz_setup_look(void *site)
{
	btz_setup_start(site);
}

void
btz_setup_soon(struct btz_site *s)
{
	uint64_t now = btz_boot_ms();

	if (s->setup != NULL ||
	    (s->asked_soon != 0 && now - s->asked_soon < LOOK_AGAIN_MS))
		return;
	s->asked_soon = now;
	btz_timer_set(s->renew, SOON_MS);
}
