/* SPDX-License-Identifier: Apache-2.0 */
/* ca_renew.c - plans and makes a new issuing certificate; see ca_renew.h. */
#include "cli/ca_renew.h"

#include <string.h>

#include "cli/output.h"
#include "der/x509.h"
#include "prim/prim.h"
#include "wire/msg_certify.h"

#define DAYS_MAX 10950u	 /* as the root's */
#define RENEW_MS 150000u /* the CA waits for the TPM for 120 s */

static struct btz_conn conn;

enum btz_rc
btz_ca_renew_plan(
    struct btz_cli *c, struct btz_approve_issuing *out, struct btz_err *err)
{
	struct btz_ca_renew_plan rq = { btz_span_str(btz_cli_opt(c, "ca")), 0 };
	uint64_t days;
	enum btz_rc rc = btz_cli_opt_num(c, "days", 0, 1, DAYS_MAX, &days, err);

	rq.days = (uint32_t)days;
	if (rc == BTZ_OK)
		rc = btz_cli_connect(c, BTZ_PROG_CA, &conn, err);
	if (rc != BTZ_OK)
		return rc;
	rc = btz_conn_call(&conn, BTZ_OP_CA_RENEW_PLAN, &btz_def_ca_renew_plan,
	    &rq, &btz_def_approve_issuing, out, NULL, err);
	btz_conn_close(&conn);
	if (rc == BTZ_E_RANGE)
		btz_cli_hint(c, "certificates that were issued must not outlive"
				" it: at least until the one in force ends,"
				" see 'bartizan ca show'");
	if (rc == BTZ_E_NOENT)
		btz_cli_hint(c, "leave --ca out: it means the only one");
	return rc;
}

static enum btz_rc
print_made(struct btz_cli *c, struct btz_span der, struct btz_err *err)
{
	static const struct btz_column cols[] = {
		{ BTZ_CELL_TEXT, "serial" },
		{ BTZ_CELL_TIME, "not_before" },
		{ BTZ_CELL_TIME, "not_after" },
		{ BTZ_CELL_TEXT, "sha256" },
	};
	uint8_t hash[BTZ_SHA256_LEN];
	struct btz_x509 x;
	struct btz_out *o;

	if (btz_x509_parse(der, &x) != BTZ_OK)
		return BTZ_FAIL(err, BTZ_E_PROTO, "certificate");
	o = btz_out_new(cols, BTZ_COUNT(cols));
	btz_out_hex(o, x.serial.p, x.serial.len);
	btz_out_num(o, x.not_before);
	btz_out_num(o, x.not_after);
	btz_sha256(der, hash);
	btz_out_hex(o, hash, sizeof(hash));
	btz_out_print_item(c, o);
	btz_out_free(o);
	return BTZ_OK;
}

enum btz_rc
btz_ca_renew(struct btz_cli *c, const struct btz_approve_issuing *plan,
    const uint8_t nonce[BTZ_SHA256_LEN], struct btz_span approvals,
    struct btz_err *err)
{
	struct btz_ca_renew rq = { .not_after = plan->not_after,
		.approvals = approvals };
	struct btz_certificate made;
	enum btz_rc rc = btz_cli_connect(c, BTZ_PROG_CA, &conn, err);

	if (rc != BTZ_OK)
		return rc;
	memcpy(rq.serial, plan->serial, sizeof(rq.serial));
	memcpy(rq.nonce, nonce, sizeof(rq.nonce));
	conn.timeout_ms = RENEW_MS;
	rc = btz_conn_call(&conn, BTZ_OP_CA_RENEW, &btz_def_ca_renew, &rq,
	    &btz_def_certificate, &made, NULL, err);
	if (rc == BTZ_OK)
		rc = print_made(c, made.der, err);
	btz_conn_close(&conn);
	if (rc == BTZ_OK)
		btz_cli_say(c, "An emergency list made before does not name it:"
			       " make a new one.");
	if (rc == BTZ_E_EXIST)
		btz_cli_hint(c, "this very certificate was made before: see"
				" 'bartizan ca show'");
	if (rc == BTZ_E_NO_LOG)
		btz_cli_hint(c, "the certificate is made and comes into force"
				" when the log can record it: see"
				" 'bartizan status'");
	return rc;
}

enum btz_rc
btz_ca_renew_local(struct btz_cli *c, struct btz_err *err)
{
	static const uint8_t nonce[BTZ_SHA256_LEN];
	struct btz_approve_issuing plan;
	enum btz_rc rc = btz_ca_renew_plan(c, &plan, err);

	if (rc == BTZ_OK)
		rc = btz_ca_renew(c, &plan, nonce, btz_span_of(NULL, 0), err);
	if (rc == BTZ_E_APPROVAL)
		btz_cli_hint(c, "administrators are pinned here: 'bartizan"
				" ceremony start issuing --out FILE'");
	return rc;
}
