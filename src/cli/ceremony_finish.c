/* SPDX-License-Identifier: Apache-2.0 */
/* ceremony_finish.c - bartizan ceremony finish: the approvals together, to the
 * root, and what it made into files. Start at btz_ceremony_finish. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/adminkey.h"
#include "cli/ca_renew.h"
#include "cli/ceremony.h"
#include "cli/root_crl.h"
#include "client/kms.h"
#include "der/pem.h"
#include "prim/prim.h"

static struct btz_ceremony ceremony;
static struct btz_conn leased;

/* What is wrong with one approval, as far as it can be seen here. */
static enum btz_rc
judge(const struct btz_approval_file *a, const struct btz_challenge *ch,
    const uint8_t id[BTZ_SHA256_LEN], const struct btz_box_facts *f,
    struct btz_err *err)
{
	bool known = f->n == 0;

	for (size_t i = 0; i < f->n; i++)
		known = known || memcmp(f->admin[i], id, BTZ_SHA256_LEN) == 0;
	if (memcmp(a->nonce, ch->nonce, sizeof(a->nonce)) != 0)
		return BTZ_FAIL(
		    err, BTZ_E_APPROVAL_NONCE, "approves another ceremony");
	if (!known)
		return BTZ_FAIL(err, BTZ_E_APPROVAL_KEY,
		    "by nobody who administers this box");
	return btz_adminkey_verify(a, ch, err);
}

static enum btz_rc
take_approval(const char *path, const struct btz_challenge *ch,
    const struct btz_box_facts *f, uint8_t id[BTZ_SHA256_LEN],
    struct btz_wr *wr, struct btz_err *err)
{
	static struct btz_approval_file a;
	struct btz_approval m;
	char *text;
	size_t len;
	enum btz_rc rc = btz_cli_read_file(
	    path, BTZ_CEREMONY_FILE_MAX, &text, &len, err);

	if (rc != BTZ_OK)
		return rc;
	rc = btz_approval_parse(btz_span_of(text, len), &a, err);
	free(text);
	btz_sha256(btz_span_of(a.spki, a.spki_len), id);
	if (rc == BTZ_OK)
		rc = judge(&a, ch, id, f, err);
	if (rc != BTZ_OK)
		return btz_err_wrap(err, "%s", path);
	memcpy(m.key_id, id, sizeof(m.key_id));
	m.signature = btz_span_of(a.signature, a.signature_len);
	btz_msg_write(&btz_def_approval, &m, wr);
	return BTZ_OK;
}

enum btz_rc
btz_ceremony_approvals(struct btz_cli *c, const struct btz_challenge *ch,
    struct btz_wr *wr, struct btz_err *err)
{
	uint8_t ids[BTZ_CEREMONY_APPROVALS][BTZ_SHA256_LEN];
	static struct btz_box_facts f;
	enum btz_rc rc = btz_box_facts(c, &f, err);

	for (int i = 0; rc == BTZ_OK && i + 1 < c->n_args; i++) {
		rc = take_approval(
		    btz_cli_arg(c, i + 1), ch, &f, ids[i], wr, err);
		for (int j = 0; rc == BTZ_OK && j < i; j++)
			if (memcmp(ids[i], ids[j], BTZ_SHA256_LEN) == 0)
				rc = BTZ_FAIL(err, BTZ_E_APPROVAL_KEY,
				    "%s and %s are by the same administrator",
				    c->args[j + 1], c->args[i + 1]);
	}
	return rc;
}

struct places { /* of a list: where it goes is made before it is signed */
	struct btz_cli_file pem, der;
	bool stdout_too;
};

static void
drop(struct places *p)
{
	btz_cli_file_drop(&p->pem);
	btz_cli_file_drop(&p->der);
}

static enum btz_rc
begin(const struct btz_cli *c, struct places *p, struct btz_err *err)
{
	const char *pem = btz_cli_opt(c, "out"), *der = btz_cli_opt(c, "der");
	enum btz_rc rc;

	p->pem.fd = p->der.fd = -1;
	if (ceremony.challenge.operation != BTZ_APPROVE_ROOT_CRL)
		return pem == NULL && der == NULL
			   ? BTZ_OK
			   : BTZ_FAIL(err, BTZ_E_USAGE,
				 "--out and --der are for root-crl");
	p->stdout_too = pem == NULL && der == NULL;
	if (p->stdout_too && c->json)
		return BTZ_FAIL(err, BTZ_E_USAGE, "--json needs --out here");
	if (pem != NULL && der != NULL && strcmp(pem, der) == 0)
		return BTZ_FAIL(
		    err, BTZ_E_USAGE, "--out and --der name the same file");
	rc = btz_cli_file_begin(&p->pem, pem, 0644, err);
	if (rc == BTZ_OK)
		rc = btz_cli_file_begin(&p->der, der, 0644, err);
	return rc;
}

/* A list that was signed is never lost: what cannot be written is shown. */
static enum btz_rc
put_list(struct places *p, struct btz_span der, struct btz_err *err)
{
	static uint8_t pem[BTZ_PEM_ROOM(BTZ_CRL_MAX)];
	struct btz_err more;
	struct btz_wr wr;
	enum btz_rc rc;

	btz_wr_init(&wr, pem, sizeof(pem));
	btz_pem_encode(&wr, BTZ_PEM_CRL, der);
	if (!btz_wr_ok(&wr))
		return BTZ_FAIL(err, BTZ_E_PROTO, "list");
	rc = btz_cli_file_end(&p->pem, btz_wr_span(&wr), err);
	if (rc == BTZ_OK)
		rc = btz_cli_file_end(&p->der, der, err);
	else
		(void)!btz_cli_file_end(&p->der, der, &more);
	if (p->stdout_too || rc != BTZ_OK)
		(void)fwrite(pem, 1, wr.len, stdout);
	return rc;
}

static enum btz_rc
ask_root(struct btz_cli *c, struct btz_span approvals, struct btz_span *list,
    struct btz_err *err)
{
	struct btz_approved rq = { .operation = ceremony.challenge.operation,
		.request = btz_span_of(ceremony.request, ceremony.request_len),
		.approvals = approvals };
	enum btz_rc rc = btz_ceremony_lease(c, &leased, err);

	memcpy(rq.nonce, ceremony.challenge.nonce, sizeof(rq.nonce));
	if (rc == BTZ_OK)
		rc = btz_kms_approved(&leased, &rq, list, err);
	return rc;
}

/* The root alone is not enough: the certificate is for the CA to take. */
static enum btz_rc
ask_ca(struct btz_cli *c, struct btz_span approvals, struct btz_err *err)
{
	struct btz_approve_issuing plan;

	if (!btz_msg_decode(&btz_def_approve_issuing,
		btz_span_of(ceremony.request, ceremony.request_len), &plan))
		return BTZ_FAIL(err, BTZ_E_INVAL, "request");
	return btz_ca_renew(c, &plan, ceremony.challenge.nonce, approvals, err);
}

static enum btz_rc
ask(struct btz_cli *c, struct btz_span approvals, struct btz_span *list,
    struct btz_err *err)
{
	enum btz_rc rc;

	*list = btz_span_of(NULL, 0);
	rc = ceremony.challenge.operation == BTZ_APPROVE_ISSUING
		 ? ask_ca(c, approvals, err)
		 : ask_root(c, approvals, list, err);
	if (rc == BTZ_E_APPROVAL)
		btz_cli_hint(c, "%d given, %u needed", c->n_args - 1,
		    ceremony.challenge.k);
	return rc;
}

enum btz_rc
btz_ceremony_finish(struct btz_cli *c, struct btz_err *err)
{
	static uint8_t approvals[BTZ_APPROVALS_MAX];
	static struct places places = { { .fd = -1 }, { .fd = -1 }, false };
	struct btz_span list;
	struct btz_wr wr;
	enum btz_rc rc = btz_ceremony_load(btz_cli_arg(c, 0), &ceremony, err);

	btz_wr_init(&wr, approvals, sizeof(approvals));
	if (rc == BTZ_OK && ceremony.challenge.operation == BTZ_APPROVE_RESTORE)
		rc = BTZ_FAIL(err, BTZ_E_USAGE,
		    "with the key: 'bartizan key restore FILE --ceremony %.80s "
		    "APPROVAL...'",
		    btz_cli_arg(c, 0));
	if (rc == BTZ_OK)
		rc = btz_ceremony_approvals(c, &ceremony.challenge, &wr, err);
	if (rc == BTZ_OK)
		rc = begin(c, &places, err);
	if (rc == BTZ_OK)
		rc = ask(c, btz_wr_span(&wr), &list, err);
	if (rc == BTZ_OK && list.len > 0)
		rc = put_list(&places, list, err);
	if (rc == BTZ_OK && list.len > 0)
		rc = btz_root_crl_serve(c, list, err);
	drop(&places);
	btz_conn_close(&leased);
	if (rc == BTZ_OK)
		btz_cli_say(c, "Done: %s.",
		    btz_ceremony_name(ceremony.challenge.operation));
	return rc;
}
