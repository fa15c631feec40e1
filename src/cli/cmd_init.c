/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_init.c - bartizan init: the box gets its identity. Steps in order, each
 * safe to repeat, so that a run that was cut off is simply run again. Start at
 * the table of steps.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/loop.h"
#include "cli/adminkey.h"
#include "cli/ceremony.h"
#include "cli/commands.h"
#include "cli/init_lists.h"
#include "cli/output.h"
#include "client/kms.h"
#include "der/x509.h"
#include "prim/prim.h"
#include "wire/limits.h"
#include "wire/msg_audit.h"
#include "wire/msg_ca.h"
#include "wire/msg_change.h"

#define ROOT_MAX BTZ_CERT_MAX
#define TRIES 20	/* half a second apart */
#define LONG_MS 180000u /* keys in a slow TPM */

struct init {
	struct btz_cli *c;
	struct btz_cli_box box;
	char origin[280];
	uint8_t admins[2 * BTZ_ADMINS_BYTES]; /* an encoded admin_set */
	size_t admins_len;
	struct btz_conn conn, leased;
	uint8_t instance_id[BTZ_SHA256_LEN], checkpoint_id[BTZ_ID_LEN];
	uint8_t root[ROOT_MAX], spki[BTZ_SPKI_MAX];
	size_t root_len, spki_len;
	struct btz_init_lists lists;
};

static enum btz_rc
ask_up(struct init *i, struct btz_err *err)
{
	enum btz_rc rc = btz_cli_box(i->c, &i->box, err);

	if (rc == BTZ_OK && i->box.trust_domain[0] == '\0')
		rc = BTZ_FAIL(err, BTZ_E_PROTO, "status of up");
	(void)snprintf(
	    i->origin, sizeof(i->origin), "%s/audit", i->box.trust_domain);
	return rc == BTZ_OK ? btz_init_lists_reserve(i->c, &i->lists, err) : rc;
}

static enum btz_rc
keep(struct init *i, const struct btz_provision_ok *ok, struct btz_err *err)
{
	if (ok->root_cert.len > sizeof(i->root) ||
	    ok->checkpoint_spki.len > sizeof(i->spki))
		return BTZ_FAIL(err, BTZ_E_PROTO, "answer of provision");
	memcpy(i->instance_id, ok->instance_id, sizeof(i->instance_id));
	memcpy(i->checkpoint_id, ok->checkpoint_id, sizeof(i->checkpoint_id));
	memcpy(i->root, ok->root_cert.p, ok->root_cert.len);
	i->root_len = ok->root_cert.len;
	memcpy(i->spki, ok->checkpoint_spki.p, ok->checkpoint_spki.len);
	i->spki_len = ok->checkpoint_spki.len;
	return BTZ_OK;
}

static enum btz_rc
provision_once(struct init *i, struct btz_err *err)
{
	uint64_t now = btz_unix_now();
	const struct btz_provision rq = {
		.trust_domain = btz_span_str(i->box.trust_domain),
		.box = btz_span_str(i->box.name),
		.origin = btz_span_str(i->origin),
		.now = now,
		.root_not_after = now +
				  strtoull(i->box.root_days, NULL, 10) * 86400,
		.admins = btz_span_of(i->admins, i->admins_len),
	};
	struct btz_provision_ok ok;
	struct btz_open_ok open_ok;
	enum btz_rc rc = btz_cli_connect(i->c, BTZ_PROG_BROKER, &i->conn, err);

	if (rc != BTZ_OK)
		return rc;
	rc = btz_kms_open(
	    &i->conn, "tee", BTZ_USE_PROVISION, &i->leased, &open_ok, err);
	if (rc == BTZ_OK) {
		i->leased.timeout_ms = LONG_MS;
		i->leased.on_progress = i->conn.on_progress;
		i->leased.arg = i->conn.arg;
		rc = btz_kms_provision(&i->leased, &rq, &ok, err);
		if (rc == BTZ_OK)
			rc = keep(i, &ok, err);
		btz_conn_close(&i->leased);
	}
	btz_conn_close(&i->conn);
	return rc;
}

/* Programs and TPM may still be starting: what says "try again" is tried
 * again. */
static enum btz_rc
provision(struct init *i, struct btz_err *err)
{
	enum btz_rc rc = BTZ_E_AGAIN;

	for (int k = 0; k < TRIES; k++) {
		rc = provision_once(i, err);
		if (btz_rc_exit(rc) != btz_rc_exit(BTZ_E_AGAIN) &&
		    rc != BTZ_E_DOWN && rc != BTZ_E_TEE_DOWN)
			break;
		if (k + 1 < TRIES)
			(void)usleep(500000);
	}
	return rc;
}

/* One request to one program. */
static enum btz_rc
tell(struct init *i, enum btz_prog prog, uint16_t op,
    const struct btz_msgdef *in, const void *rq, const struct btz_msgdef *out,
    void *answer, struct btz_err *err)
{
	enum btz_rc rc = btz_cli_connect(i->c, prog, &i->conn, err);

	if (rc != BTZ_OK)
		return rc;
	i->conn.timeout_ms = LONG_MS;
	rc = btz_conn_call(&i->conn, op, in, rq, out, answer, NULL, err);
	btz_conn_close(&i->conn);
	return rc;
}

static enum btz_rc
init_audit(struct init *i, struct btz_err *err)
{
	struct btz_audit_init rq = { .origin = btz_span_str(i->origin),
		.checkpoint_spki = btz_span_of(i->spki, i->spki_len) };

	memcpy(rq.checkpoint_id, i->checkpoint_id, sizeof(rq.checkpoint_id));
	return tell(i, BTZ_PROG_AUDIT, BTZ_OP_AUDIT_INIT, &btz_def_audit_init,
	    &rq, NULL, NULL, err);
}

static enum btz_rc
init_access(struct init *i, struct btz_err *err)
{
	const struct btz_access_init rq = {
		.trust_domain = btz_span_str(i->box.trust_domain),
		.box = btz_span_str(i->box.name),
	};

	return tell(i, BTZ_PROG_ACCESS, BTZ_OP_ACCESS_INIT,
	    &btz_def_access_init, &rq, NULL, NULL, err);
}

static enum btz_rc
init_ca(struct init *i, struct btz_err *err)
{
	const struct btz_ca_init rq = {
		.root_cert = btz_span_of(i->root, i->root_len),
		.trust_domain = btz_span_str(i->box.trust_domain),
		.box = btz_span_str(i->box.name),
		.base_url = btz_span_str(i->box.url),
	};
	struct btz_certificate issuing;

	return tell(i, BTZ_PROG_CA, BTZ_OP_CA_INIT, &btz_def_ca_init, &rq,
	    &btz_def_certificate, &issuing, err);
}

static enum btz_rc
make_emergency(struct init *i, struct btz_err *err)
{
	return btz_init_lists_emergency(i->c, &i->lists, err);
}

static enum btz_rc
make_root_crl(struct init *i, struct btz_err *err)
{
	return btz_init_lists_first(i->c, err);
}

static enum btz_rc
init_https(struct init *i, struct btz_err *err)
{
	return tell(
	    i, BTZ_PROG_UP, BTZ_OP_HTTPS_RENEW, NULL, NULL, NULL, NULL, err);
}

static const struct {
	const char *what;
	enum btz_rc (*run)(struct init *i, struct btz_err *err);
} steps[] = {
	{ "look at the box", ask_up },
	{ "root key, master key and checkpoint key in the TPM", provision },
	{ "audit log, signed by the checkpoint key", init_audit },
	{ "trust domain, frozen from now on", init_access },
	{ "issuing key in the TEE, certified by the root", init_ca },
	{ "emergency list of the root, to be kept off the box",
	    make_emergency },
	{ "revocation list of the root, served from now on", make_root_crl },
	{ "certificate of the HTTPS service", init_https },
};

/* As the box says it: who was given another time does not count. */
static void
put_approval(struct init *i, struct btz_out *o)
{
	static struct btz_box_facts f;
	struct btz_err err;
	char text[BTZ_BOX_APPROVAL_MAX];

	if (btz_box_facts(i->c, &f, &err) != BTZ_OK) {
		btz_out_str(o, "unknown");
		return;
	}
	btz_box_approval_text(&f, text);
	btz_out_str(o, text);
}

static enum btz_rc
print_result(struct init *i, struct btz_err *err)
{
	static const struct btz_column cols[] = {
		{ BTZ_CELL_TEXT, "box" },
		{ BTZ_CELL_TEXT, "trust_domain" },
		{ BTZ_CELL_TEXT, "url" },
		{ BTZ_CELL_TEXT, "ta_instance_id" },
		{ BTZ_CELL_TEXT, "root_sha256" },
		{ BTZ_CELL_TEXT, "root_pin" },
		{ BTZ_CELL_TEXT, "log_origin" },
		{ BTZ_CELL_TEXT, "root_approval" },
		{ BTZ_CELL_TEXT, "emergency_list" },
	};
	struct btz_out *o = btz_out_new(cols, BTZ_COUNT(cols));
	uint8_t hash[BTZ_SHA256_LEN];
	struct btz_x509 x;

	if (btz_x509_parse(btz_span_of(i->root, i->root_len), &x) != BTZ_OK) {
		btz_out_free(o);
		return BTZ_FAIL(err, BTZ_E_PROTO, "root certificate");
	}
	btz_out_str(o, i->box.name);
	btz_out_str(o, i->box.trust_domain);
	btz_out_str(o, i->box.url);
	btz_out_hex(o, i->instance_id, sizeof(i->instance_id));
	btz_sha256(btz_span_of(i->root, i->root_len), hash);
	btz_out_hex(o, hash, sizeof(hash));
	btz_sha256(x.spki, hash);
	btz_out_hex(o, hash, sizeof(hash));
	btz_out_str(o, i->origin);
	put_approval(i, o);
	btz_out_str(o, i->lists.earlier ? "made earlier" : i->lists.path);
	btz_out_print_item(i->c, o);
	btz_out_free(o);
	return BTZ_OK;
}

static enum btz_rc
run_init(struct btz_cli *c, struct btz_err *err)
{
	static struct init i;
	struct btz_wr wr;
	enum btz_rc rc;

	i.c = c;
	btz_wr_init(&wr, i.admins, sizeof(i.admins));
	if ((rc = btz_admin_set_options(c, &wr, err)) != BTZ_OK)
		return rc;
	i.admins_len = wr.len;
	for (size_t k = 0; k < BTZ_COUNT(steps); k++) {
		btz_cli_say(
		    c, "%zu/%zu %s", k + 1, BTZ_COUNT(steps), steps[k].what);
		if (steps[k].run(&i, err) != BTZ_OK) {
			btz_init_lists_undo(&i.lists);
			return btz_err_wrap(
			    err, "init, step %zu (%s)", k + 1, steps[k].what);
		}
	}
	if ((rc = print_result(&i, err)) != BTZ_OK)
		return rc;
	btz_init_lists_say(c, &i.lists);
	btz_cli_say(c,
	    "\nThe box is initialised. Weaknesses of this setup: "
	    "'bartizan status'. Next:\n"
	    "  bartizan tenant add home\n"
	    "  bartizan share add photos\n"
	    "  bartizan user add alice\n"
	    "  bartizan role grant alice editor photos\n"
	    "  bartizan invite create alice   # give the line to alice\n"
	    "  bartizan enrol INVITE --out alice   # on alice's side");
	return BTZ_OK;
}

static const struct btz_cli_option options[] = {
	{ 0, "admin", "FILE...",
	    "public key of an administrator (admin keygen)" },
	{ 0, "threshold", "K", "so many of them approve (default: most)" },
	{ 0, "recovery", "FILE", "public key that backups are wrapped to" },
	{ 0, "emergency", "FILE",
	    "the emergency list, to be taken off the box (default: "
	    "emergency-root.crl in DIR of --home, else here)" },
	{ 0, NULL, NULL, NULL },
};

const struct btz_cli_command btz_cmd_init[] = {
	{ "", NULL,
	    "give the box its identity: keys, root, log, certificate\n"
	    "Needs a running box ('bartizan up'). Safe to run again, also\n"
	    "after it was cut off at any point. Without --admin nobody has to\n"
	    "approve what the root does: no protection against Linux root.\n"
	    "Writes the emergency list, which revokes the issuing "
	    "certificate:\n"
	    "take it off the box, and publish it when the box is stolen.",
	    0, 0, options, run_init,
	    "init --admin alice.key.pub --admin bob.key.pub" },
	{ .run = NULL },
};
