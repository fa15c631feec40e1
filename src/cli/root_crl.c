/* SPDX-License-Identifier: Apache-2.0 */
/* root_crl.c - lists of the root, between the root (over a lease), ca and
 * files; contract in root_crl.h. */
#include "cli/root_crl.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/output.h"
#include "client/kms.h"
#include "der/crl.h"
#include "der/pem.h"
#include "der/x509.h"
#include "prim/prim.h"
#include "wire/msg_ca.h"
#include "wire/msg_certify.h"

#define TRIES 20 /* half a second apart: the TPM may be at work */
#define FILE_MAX 65536u
#define LONG_MS 60000u

static struct btz_conn conn;

static bool
add(struct btz_issued *out, struct btz_span serial)
{
	if (serial.len != BTZ_ID_LEN ||
	    out->serials_len + BTZ_ID_LEN > sizeof(out->serials))
		return false;
	memcpy(out->serials + out->serials_len, serial.p, BTZ_ID_LEN);
	out->serials_len += BTZ_ID_LEN;
	return true;
}

static bool
take(struct btz_issued *out, struct btz_span der)
{
	struct btz_x509 x;

	if (btz_x509_parse(der, &x) != BTZ_OK)
		return false;
	if (!btz_span_eq(x.issuer, x.subject))
		return add(out, x.serial);
	if (der.len > sizeof(out->root))
		return false;
	memcpy(out->root, der.p, der.len);
	out->root_len = der.len;
	return true;
}

static enum btz_rc
take_chain(struct btz_issued *out, struct btz_err *err)
{
	struct btz_chain chain;
	struct btz_span der;
	struct btz_rd rd;
	bool ok = true;
	enum btz_rc rc = btz_conn_call(
	    &conn, BTZ_OP_CHAIN, NULL, NULL, &btz_def_chain, &chain, NULL, err);

	if (rc != BTZ_OK)
		return rc;
	btz_rd_span(&rd, chain.certs);
	while (ok && btz_rd_left(&rd) > 0)
		ok = btz_rd_bytes32(&rd, &der, BTZ_CERT_MAX) && take(out, der);
	return ok && out->root_len > 0 && out->serials_len > 0
		   ? BTZ_OK
		   : BTZ_FAIL(err, BTZ_E_PROTO, "chain");
}

/* Those that are not in force and still good. */
static enum btz_rc
take_others(struct btz_issued *out, struct btz_err *err)
{
	const struct btz_list rq = { .noun = BTZ_NOUN_ISSUING };
	struct btz_out *rows = NULL;
	uint8_t serial[BTZ_ID_LEN];
	struct btz_table t;
	enum btz_rc rc = btz_conn_call(&conn, BTZ_OP_LIST, &btz_def_list, &rq,
	    &btz_def_table, &t, NULL, err);

	if (rc == BTZ_OK)
		rc = btz_out_table(&rows, &t, err);
	for (size_t r = 0; rc == BTZ_OK && r < btz_out_rows(rows); r++)
		if (!btz_unhex(
			btz_out_cell(rows, r, 1), serial, sizeof(serial)) ||
		    !add(out, btz_span_of(serial, sizeof(serial))))
			rc = BTZ_FAIL(err, BTZ_E_PROTO, "issuing certificates");
	btz_out_free(rows);
	return rc;
}

enum btz_rc
btz_root_issued(struct btz_cli *c, struct btz_issued *out, struct btz_err *err)
{
	enum btz_rc rc = btz_cli_connect(c, BTZ_PROG_CA, &conn, err);

	out->root_len = out->serials_len = 0;
	if (rc != BTZ_OK)
		return rc;
	rc = take_chain(out, err);
	if (rc == BTZ_OK)
		rc = take_others(out, err);
	btz_conn_close(&conn);
	return rc;
}

static enum btz_rc
ask_once(struct btz_cli *c, const struct btz_approved *rq, struct btz_wr *out,
    struct btz_err *err)
{
	static struct btz_conn leased;
	struct btz_open_ok ok;
	struct btz_span der;
	enum btz_rc rc = btz_cli_connect(c, BTZ_PROG_BROKER, &conn, err);

	if (rc != BTZ_OK)
		return rc;
	rc = btz_kms_open(&conn, "tee", BTZ_USE_CEREMONY, &leased, &ok, err);
	btz_conn_close(&conn);
	if (rc != BTZ_OK)
		return rc;
	leased.timeout_ms = LONG_MS;
	rc = btz_kms_approved(&leased, rq, &der, err);
	if (rc == BTZ_OK)
		btz_wr_raw(out, der.p, der.len);
	btz_conn_close(&leased);
	return rc;
}

enum btz_rc
btz_root_crl_ask(struct btz_cli *c, const struct btz_root_crl *list,
    struct btz_wr *out, struct btz_err *err)
{
	uint8_t request[2048];
	struct btz_approved rq = { .operation = BTZ_APPROVE_ROOT_CRL };
	struct btz_wr wr;
	enum btz_rc rc = BTZ_E_AGAIN;

	btz_wr_init(&wr, request, sizeof(request));
	btz_msg_write(&btz_def_root_crl, list, &wr);
	if (!btz_wr_ok(&wr))
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "list of the root");
	rq.request = btz_wr_span(&wr);
	for (int i = 0; rc == BTZ_E_AGAIN && i < TRIES; i++) {
		if (i > 0)
			(void)usleep(500000);
		rc = ask_once(c, &rq, out, err);
	}
	return rc == BTZ_OK && !btz_wr_ok(out)
		   ? BTZ_FAIL(err, BTZ_E_PROTO, "list of the root")
		   : rc;
}

enum btz_rc
btz_root_crl_served(struct btz_cli *c, struct btz_wr *out, struct btz_err *err)
{
	const struct btz_ca_ref rq = { .ca_id = btz_span_str("root") };
	struct btz_certificate crl;
	enum btz_rc rc = btz_cli_connect(c, BTZ_PROG_CA, &conn, err);

	if (rc != BTZ_OK)
		return rc;
	rc = btz_conn_call(&conn, BTZ_OP_CRL, &btz_def_ca_ref, &rq,
	    &btz_def_certificate, &crl, NULL, err);
	if (rc == BTZ_OK)
		btz_wr_raw(out, crl.der.p, crl.der.len);
	btz_conn_close(&conn);
	return rc;
}

static enum btz_rc
give(struct btz_cli *c, struct btz_span der, struct btz_err *err)
{
	const struct btz_certificate rq = { .der = der };
	enum btz_rc rc = btz_cli_connect(c, BTZ_PROG_CA, &conn, err);

	if (rc != BTZ_OK)
		return rc;
	rc = btz_conn_call(&conn, BTZ_OP_ROOT_CRL, &btz_def_certificate, &rq,
	    NULL, NULL, NULL, err);
	btz_conn_close(&conn);
	if (rc == BTZ_E_CRL_NUMBER)
		btz_cli_hint(c, "the box serves a newer list, see 'bartizan ca "
				"root-crl'");
	return rc;
}

enum btz_rc
btz_root_crl_serve(struct btz_cli *c, struct btz_span der, struct btz_err *err)
{
	struct btz_crl crl;
	enum btz_rc rc = btz_crl_parse(der, &crl);

	if (rc != BTZ_OK)
		return BTZ_FAIL(err, rc, "list of the root");
	if (crl.has_number && crl.number >= BTZ_CRL_EMERGENCY)
		return BTZ_OK;
	rc = give(c, der, err);
	if (rc == BTZ_OK || rc == BTZ_E_CRL_NUMBER)
		return rc;
	btz_cli_hint(c, "the list is made, but not served: bartizan ca "
			"root-crl --import FILE");
	return rc;
}

enum btz_rc
btz_root_crl_import(struct btz_cli *c, const char *path, struct btz_err *err)
{
	static uint8_t der[FILE_MAX];
	struct btz_wr wr;
	char *text;
	size_t len;
	enum btz_rc rc = btz_cli_read_file(path, FILE_MAX, &text, &len, err);

	if (rc != BTZ_OK)
		return rc;
	btz_wr_init(&wr, der, sizeof(der));
	if (len > 0 && text[0] == 0x30)
		btz_wr_raw(&wr, text, len);
	else
		rc = btz_pem_decode(btz_span_of(text, len), BTZ_PEM_CRL, &wr);
	free(text);
	if (rc == BTZ_OK && wr.len > BTZ_CERT_MAX)
		rc = BTZ_E_TOOBIG;
	if (rc != BTZ_OK)
		return BTZ_FAIL(err, rc, "%s: no revocation list", path);
	rc = give(c, btz_wr_span(&wr), err);
	return rc == BTZ_OK ? rc : btz_err_wrap(err, "%s", path);
}
