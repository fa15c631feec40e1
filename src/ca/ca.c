/* SPDX-License-Identifier: Apache-2.0 */
/* ca.c - start, edges and end of the authority; contract in ca.h. */
#include "ca/ca.h"

#include "base/log.h"
#include "prim/prim.h"
#include "wire/alg.h"

enum btz_rc
btz_ca_reload(struct btz_ca *ca, struct btz_err *err)
{
	struct btz_ca_row *r = &ca->self;
	enum btz_rc rc;

	if (!r->ready)
		return BTZ_OK;
	rc = btz_x509_parse(
	    btz_span_of(r->issuing, r->issuing_len), &ca->issuing);
	if (rc == BTZ_OK)
		rc = btz_x509_parse(
		    btz_span_of(r->root, r->root_len), &ca->root);
	return rc == BTZ_OK ? BTZ_OK
			    : BTZ_FAIL(err, BTZ_E_CORRUPT,
				  "certificate of the CA: %s", btz_rc_text(rc));
}

enum btz_rc
btz_ca_check_issuing(const struct btz_x509 *root, struct btz_span spki,
    struct btz_span der, struct btz_x509 *x)
{
	enum btz_rc rc = btz_x509_parse(der, x);

	if (rc != BTZ_OK)
		return rc;
	if (!x->ext.ca || !btz_span_eq(x->issuer, root->subject) ||
	    !btz_span_eq(x->spki, spki) || x->ext.ski.len != 20 ||
	    x->serial.len != BTZ_ID_LEN || der.len > BTZ_CA_CERT_MAX)
		return BTZ_E_VERIFY;
	return btz_verify(
	    root->spki, BTZ_SIG_ECDSA_SHA256, x->tbs, x->signature);
}

enum btz_rc
btz_ca_open(struct btz_ca *ca, struct btz_host *h, const char *path,
    struct btz_err *err)
{
	enum btz_rc rc;

	ca->host = h;
	ca->step_ms = BTZ_CA_STEP_MS;
	btz_host_set_data(h, ca);
	if ((rc = btz_store_open(path, &ca->db, err)) != BTZ_OK ||
	    (rc = btz_store_ca_load(ca->db, &ca->self, err)) != BTZ_OK ||
	    (rc = btz_ca_reload(ca, err)) != BTZ_OK ||
	    (rc = btz_store_crl_load(ca->db, &ca->crl.cur, err)) != BTZ_OK ||
	    (rc = btz_store_root_crl_load(ca->db, &ca->root_crl, err)) !=
		BTZ_OK)
		return rc;
	return btz_signer_new(h, "tee", &ca->signer, err);
}

void
btz_ca_ready(struct btz_ca *ca)
{
	btz_ca_crl_start(ca);
	btz_ca_reconcile(ca);
	btz_ca_renew_resume(ca);
}

/* Also called while slots are opened, before the rest of the start. */
void
btz_ca_on_edge(struct btz_host *h, enum btz_prog other, bool up)
{
	struct btz_ca *ca = btz_host_data(h);

	if (ca == NULL)
		return;
	if (other == BTZ_PROG_AUDIT && up)
		btz_ca_renew_resume(ca);
	if (other != BTZ_PROG_ACCESS)
		return;
	if (up)
		btz_ca_reconcile(ca);
	else
		ca->reconciled = false;
}

void
btz_ca_close(struct btz_ca *ca)
{
	btz_signer_free(ca->signer);
	ca->signer = NULL;
	btz_ca_crl_end(ca);
	btz_crl_row_end(&ca->root_crl);
	btz_db_close(ca->db);
	ca->db = NULL;
}
