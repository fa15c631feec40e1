/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_ca.c - bartizan ca show|chain|crl|certs: what the certificate authority
 * has made, all of it public; root-crl: the root's list; emergency: the one
 * that undoes it. */
#include <stdio.h>
#include <string.h>

#include "cli/ca_renew.h"
#include "cli/ceremony.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/root_crl.h"
#include "der/pem.h"
#include "der/x509.h"
#include "prim/prim.h"
#include "wire/limits.h"
#include "wire/msg_ca.h"
#include "wire/msg_certify.h"

static struct btz_conn conn;

static enum btz_rc
get_chain(struct btz_cli *c, struct btz_chain *chain, struct btz_err *err)
{
	enum btz_rc rc = btz_cli_connect(c, BTZ_PROG_CA, &conn, err);

	if (rc == BTZ_OK)
		rc = btz_conn_call(&conn, BTZ_OP_CHAIN, NULL, NULL,
		    &btz_def_chain, chain, NULL, err);
	return rc;
}

/* To standard output or --out FILE; with --json as one item. */
static enum btz_rc
put_pem(const struct btz_cli *c, struct btz_span pem, struct btz_err *err)
{
	static const struct btz_column cols[] = { { BTZ_CELL_TEXT, "pem" } };
	const char *file = btz_cli_opt(c, "out");
	struct btz_out *o;

	if (file != NULL)
		return btz_cli_write_file(file, 0644, pem, err);
	if (!c->json) {
		(void)fwrite(pem.p, 1, pem.len, stdout);
		return BTZ_OK;
	}
	o = btz_out_new(cols, 1);
	btz_out_text(o, pem);
	btz_out_print(c, o);
	btz_out_free(o);
	return BTZ_OK;
}

static enum btz_rc
put_crl(struct btz_cli *c, struct btz_span der, struct btz_err *err)
{
	static uint8_t pem[BTZ_PEM_ROOM(BTZ_CRL_MAX)];
	struct btz_wr wr;

	btz_wr_init(&wr, pem, sizeof(pem));
	btz_pem_encode(&wr, BTZ_PEM_CRL, der);
	return btz_wr_ok(&wr) ? put_pem(c, btz_wr_span(&wr), err)
			      : BTZ_FAIL(err, BTZ_E_PROTO, "list");
}

static enum btz_rc
run_chain(struct btz_cli *c, struct btz_err *err)
{
	static uint8_t pem[4 * BTZ_PEM_ROOM(BTZ_CERT_MAX)];
	struct btz_chain chain;
	struct btz_span der;
	struct btz_wr wr;
	struct btz_rd rd;
	enum btz_rc rc = get_chain(c, &chain, err);

	if (rc != BTZ_OK)
		return rc;
	btz_wr_init(&wr, pem, sizeof(pem));
	btz_rd_span(&rd, chain.certs);
	while (btz_rd_left(&rd) > 0) {
		if (!btz_rd_bytes32(&rd, &der, BTZ_CERT_MAX))
			return BTZ_FAIL(err, BTZ_E_PROTO, "chain");
		btz_pem_encode(&wr, BTZ_PEM_CERT, der);
	}
	if (!btz_wr_ok(&wr))
		return BTZ_FAIL(err, BTZ_E_PROTO, "chain");
	return put_pem(c, btz_wr_span(&wr), err);
}

static void
put_row(struct btz_out *o, const char *what, struct btz_span der,
    const struct btz_x509 *x)
{
	uint8_t hash[BTZ_SHA256_LEN];

	btz_out_str(o, what);
	btz_out_hex(o, x->serial.p, x->serial.len);
	btz_out_num(o, x->not_before);
	btz_out_num(o, x->not_after);
	btz_sha256(der, hash);
	btz_out_hex(o, hash, sizeof(hash));
	btz_sha256(x->spki, hash);
	btz_out_hex(o, hash, sizeof(hash));
}

/* Those that are not in force, as ca lists them. */
static enum btz_rc
put_others(struct btz_out *o, struct btz_err *err)
{
	struct btz_list rq = { .noun = BTZ_NOUN_ISSUING };
	struct btz_out *rows = NULL;
	struct btz_table t;
	char what[48];
	enum btz_rc rc = btz_conn_call(&conn, BTZ_OP_LIST, &btz_def_list, &rq,
	    &btz_def_table, &t, NULL, err);

	if (rc == BTZ_OK)
		rc = btz_out_table(&rows, &t, err);
	for (size_t r = 0; rc == BTZ_OK && r < btz_out_rows(rows); r++) {
		struct btz_span state = btz_out_cell(rows, r, 0);

		(void)snprintf(what, sizeof(what), "issuing (%.*s)",
		    (int)state.len, (const char *)state.p);
		btz_out_str(o, what);
		for (size_t i = 1; i < 6; i++)
			btz_out_text(o, btz_out_cell(rows, r, i));
	}
	btz_out_free(rows);
	return rc;
}

static enum btz_rc
run_show(struct btz_cli *c, struct btz_err *err)
{
	static const struct btz_column cols[] = {
		{ BTZ_CELL_TEXT, "certificate" },
		{ BTZ_CELL_TEXT, "serial" },
		{ BTZ_CELL_TIME, "not_before" },
		{ BTZ_CELL_TIME, "not_after" },
		{ BTZ_CELL_TEXT, "sha256" },
		{ BTZ_CELL_TEXT, "pin" },
	};
	struct btz_chain chain;
	struct btz_span der;
	struct btz_x509 x;
	struct btz_out *o;
	struct btz_rd rd;
	enum btz_rc rc = get_chain(c, &chain, err);

	if (rc != BTZ_OK)
		return rc;
	o = btz_out_new(cols, BTZ_COUNT(cols));
	btz_rd_span(&rd, chain.certs);
	while (rc == BTZ_OK && btz_rd_left(&rd) > 0)
		if (!btz_rd_bytes32(&rd, &der, BTZ_CERT_MAX) ||
		    btz_x509_parse(der, &x) != BTZ_OK)
			rc = BTZ_FAIL(err, BTZ_E_PROTO, "chain");
		else
			put_row(o,
			    btz_span_eq(x.issuer, x.subject) ? "root"
							     : "issuing",
			    der, &x);
	if (rc == BTZ_OK)
		rc = put_others(o, err);
	btz_conn_close(&conn);
	if (rc == BTZ_OK) {
		btz_box_approval(c);
		btz_out_print(c, o);
	}
	btz_out_free(o);
	return rc;
}

static enum btz_rc
run_crl(struct btz_cli *c, struct btz_err *err)
{
	const char *ca = btz_cli_opt(c, "ca");
	struct btz_ca_ref rq = { btz_span_str(ca) };
	struct btz_certificate crl;
	enum btz_rc rc = btz_cli_connect(c, BTZ_PROG_CA, &conn, err);

	if (rc == BTZ_OK)
		rc = btz_conn_call(&conn, BTZ_OP_CRL, &btz_def_ca_ref, &rq,
		    &btz_def_certificate, &crl, NULL, err);
	if (rc == BTZ_E_NOENT || rc == BTZ_E_INVAL) {
		btz_cli_hint(c, "leave --ca out: it means the only one");
		return BTZ_FAIL(err, rc, "--ca '%.70s'", ca == NULL ? "" : ca);
	}
	if (rc != BTZ_OK)
		return rc;
	return put_crl(c, crl.der, err);
}

static enum btz_rc
run_root_crl(struct btz_cli *c, struct btz_err *err)
{
	static uint8_t der[BTZ_CERT_MAX];
	const char *file = btz_cli_opt(c, "import");
	struct btz_wr wr;
	enum btz_rc rc;

	if (file != NULL)
		return btz_root_crl_import(c, file, err);
	btz_wr_init(&wr, der, sizeof(der));
	rc = btz_root_crl_served(c, &wr, err);
	return rc == BTZ_OK ? put_crl(c, btz_wr_span(&wr), err) : rc;
}

static enum btz_rc
run_emergency(struct btz_cli *c, struct btz_err *err)
{
	static struct btz_issued issued;
	static uint8_t der[BTZ_CERT_MAX];
	struct btz_root_crl list = { .emergency = 1 };
	struct btz_wr wr;
	enum btz_rc rc = btz_root_issued(c, &issued, err);

	btz_wr_init(&wr, der, sizeof(der));
	list.serials = btz_span_of(issued.serials, issued.serials_len);
	if (rc == BTZ_OK)
		rc = btz_root_crl_ask(c, &list, &wr, err);
	if (rc == BTZ_OK)
		rc = put_crl(c, btz_wr_span(&wr), err);
	if (rc == BTZ_OK)
		btz_cli_say(c,
		    "Keep it off the box: whoever publishes it revokes the\n"
		    "issuing certificate, and nothing takes that back.");
	return rc;
}

static enum btz_rc
run_certs(struct btz_cli *c, struct btz_err *err)
{
	struct btz_list rq = { .noun = BTZ_NOUN_CERTIFICATE,
		.tenant = btz_span_str(btz_cli_opt(c, "tenant")),
		.filter = btz_span_str(btz_cli_arg(c, 0)) };
	enum btz_rc rc;

	btz_box_approval(c);
	if ((rc = btz_cli_connect(c, BTZ_PROG_CA, &conn, err)) != BTZ_OK)
		return rc;
	rc = btz_cli_list(c, &conn, &rq, err);
	btz_conn_close(&conn);
	return rc;
}

static const struct btz_cli_option out_options[] = {
	{ 'o', "out", "FILE", "write there instead of standard output" },
	{ 0, NULL, NULL, NULL },
};

static const struct btz_cli_option crl_options[] = {
	{ 0, "ca", "ID", "which authority (default: the only one)" },
	{ 'o', "out", "FILE", "write there instead of standard output" },
	{ 0, NULL, NULL, NULL },
};

static const struct btz_cli_option root_crl_options[] = {
	{ 0, "import", "FILE", "a newer list of the root, PEM or DER" },
	{ 'o', "out", "FILE", "write there instead of standard output" },
	{ 0, NULL, NULL, NULL },
};

static const struct btz_cli_option renew_options[] = {
	{ 0, "days", "N", "valid for N days (default: [ca] issuing_days)" },
	{ 0, "ca", "ID", "which authority (default: the only one)" },
	{ 0, NULL, NULL, NULL },
};

static const struct btz_cli_option certs_options[] = {
	{ 0, "tenant", "NAME", "only certificates of this tenant" },
	{ 0, NULL, NULL, NULL },
};

const struct btz_cli_command btz_cmd_ca[] = {
	{ "show", NULL,
	    "root and issuing certificates: fingerprints, pins\n"
	    "Besides the one in force: those that were replaced, made and not\n"
	    "yet in force, or asked of the root without an answer.",
	    0, 0, NULL, run_show, "ca show" },
	{ "renew", NULL,
	    "a new certificate for the issuing key\n"
	    "What was issued stays valid. Where administrators are pinned it\n"
	    "is a ceremony: 'bartizan ceremony start issuing'.",
	    0, 0, renew_options, btz_ca_renew_local, "ca renew" },
	{ "chain", NULL, "issuing and root certificate as PEM", 0, 0,
	    out_options, run_chain, "ca chain --out chain.pem" },
	{ "crl", NULL, "the certificate revocation list as PEM", 0, 0,
	    crl_options, run_crl, "ca crl --out box.crl.pem" },
	{ "root-crl", NULL,
	    "the root's revocation list as PEM, or another in its place\n"
	    "'ceremony finish' brings new lists by itself. Served at\n"
	    "/.bartizan/crl/root.crl.",
	    0, 0, root_crl_options, run_root_crl,
	    "ca root-crl --import root.crl.pem" },
	{ "emergency", NULL,
	    "a list by the root that revokes the issuing certificate\n"
	    "To be kept off the box. 'bartizan init' makes one; later ones\n"
	    "are a ceremony (root-crl --emergency) where administrators are\n"
	    "pinned.",
	    0, 0, out_options, run_emergency,
	    "ca emergency --out emergency.crl.pem" },
	{ "certs", "[ID]", "certificates that were issued", 0, 1, certs_options,
	    run_certs, "ca certs --tenant home" },
	{ .run = NULL },
};
