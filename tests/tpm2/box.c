/* SPDX-License-Identifier: Apache-2.0 */
/* box.c - a provisioned swtpm behind a recording bus; see box.h. */
#include "tpm2/box.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/tpm_crypto_ossl.h"

#define PRIMARY_HANDLE BTZ_TPM_H_FIRST
#define KEY_HANDLE (BTZ_TPM_H_FIRST + 1)

static void
record(struct box *b, const uint8_t *p, size_t len)
{
	if (b->log_len + len <= BOX_LOG_MAX) {
		memcpy(b->log + b->log_len, p, len);
		b->log_len += len;
	}
}

static enum btz_rc
bus(void *arg, const uint8_t *cmd, size_t cmd_len, uint8_t *resp, size_t cap,
    size_t *resp_len)
{
	struct box *b = arg;
	enum btz_rc rc;

	record(b, cmd, cmd_len);
	memcpy(b->last_cmd, cmd, cmd_len);
	b->commands++;
	rc = btz_swtpm_transceive(&b->sw, cmd, cmd_len, resp, cap, resp_len);
	if (rc != BTZ_OK)
		return rc;
	record(b, resp, *resp_len);
	if (b->mangle != NULL)
		b->mangle(b->mangle_arg, resp, resp_len, cap);
	return BTZ_OK;
}

struct box *
box_new(void)
{
	struct box *b = calloc(1, sizeof(*b));

	if (b == NULL || (b->log = malloc(BOX_LOG_MAX)) == NULL ||
	    !btz_swtpm_start(&b->sw)) {
		box_free(b);
		return NULL;
	}
	RAND_bytes(b->owner_auth, sizeof(b->owner_auth));
	RAND_bytes(b->lockout_auth, sizeof(b->lockout_auth));
	RAND_bytes(b->primary_auth, sizeof(b->primary_auth));
	RAND_bytes(b->key_auth, sizeof(b->key_auth));
	RAND_bytes(b->nv_auth, sizeof(b->nv_auth));
	RAND_bytes(b->seal_auth, sizeof(b->seal_auth));
	/* one value whose end the TPM strips */
	b->key_auth[31] = b->key_auth[30] = 0;
	b->owner = btz_tpm_hierarchy(BTZ_TPM_RH_OWNER, btz_span_of(NULL, 0));
	b->lockout = btz_tpm_hierarchy(
	    BTZ_TPM_RH_LOCKOUT, btz_span_of(NULL, 0));
	btz_tpm_init(&b->t, &btz_tpm_crypto_ossl, bus, b);
	return b;
}

void
box_free(struct box *b)
{
	if (b == NULL)
		return;
	btz_tpm_end(&b->t);
	btz_swtpm_end(&b->sw);
	free(b->log);
	free(b);
}

enum btz_rc
box_open_ek(struct box *b)
{
	struct btz_tpm_entity eh = btz_tpm_hierarchy(
	    BTZ_TPM_RH_ENDORSEMENT, btz_span_of(NULL, 0));
	const struct btz_tpm_entity *ents[1] = { &eh };
	struct btz_tpm_public tmpl;
	struct btz_tpm_in_create in = { .tmpl = &tmpl };
	struct btz_tpm_out_create out;
	enum btz_rc rc;

	btz_tpm_tmpl_ek_p256(&tmpl);
	if ((rc = btz_tpm_exec_how(&b->t, BTZ_TPM_PASSWORD,
		 BTZ_TPM_CREATE_PRIMARY, ents, &in, &out)) != BTZ_OK ||
	    (rc = btz_tpm_created_check(b->t.crypto, &tmpl, &out)) != BTZ_OK ||
	    (rc = btz_tpm_open(&b->t, out.handle, &out.pub)) != BTZ_OK)
		return rc;
	return btz_tpm_flush(&b->t, out.handle);
}

/* Makes the object persistent and frees its transient slot. */
static enum btz_rc
persist(struct box *b, struct btz_tpm_entity *obj, uint32_t handle)
{
	uint32_t transient = obj->handle;
	enum btz_rc rc = btz_tpm_evict(&b->t, &b->owner, obj, handle);

	if (rc != BTZ_OK)
		return rc;
	obj->handle = handle;
	return btz_tpm_flush(&b->t, transient);
}

static enum btz_rc
make_srk(struct box *b)
{
	struct btz_tpm_public tmpl, pub;
	struct btz_tpm_entity srk;
	enum btz_rc rc;

	btz_tpm_tmpl_srk(&tmpl);
	rc = btz_tpm_create_primary(
	    &b->t, &b->owner, &tmpl, btz_span_of(NULL, 0), &srk, &pub);
	return rc != BTZ_OK ? rc : persist(b, &srk, BTZ_TPM_H_SRK);
}

static enum btz_rc
make_nv(struct box *b)
{
	enum btz_rc rc;

	btz_tpm_tmpl_nv(&b->nv_area, BTZ_TPM_NV_INDEX);
	b->nv.handle = BTZ_TPM_NV_INDEX;
	b->nv.auth = btz_span_of(b->nv_auth, sizeof(b->nv_auth));
	rc = btz_tpm_nv_define(&b->t, &b->owner, &b->nv_area, b->nv.auth);
	return rc != BTZ_OK ? rc
			    : btz_tpm_name_nv(
				  b->t.crypto, &b->nv_area, false, &b->nv.name);
}

static enum btz_rc
make_primary(struct box *b)
{
	struct btz_tpm_public tmpl;
	uint8_t unique[32];
	enum btz_rc rc;

	RAND_bytes(unique, sizeof(unique));
	btz_tpm_tmpl_primary(&tmpl, unique);
	rc = btz_tpm_create_primary(&b->t, &b->owner, &tmpl,
	    btz_span_of(b->primary_auth, sizeof(b->primary_auth)), &b->primary,
	    &b->primary_pub);
	return rc != BTZ_OK ? rc : persist(b, &b->primary, PRIMARY_HANDLE);
}

static enum btz_rc
make_key(struct box *b)
{
	struct btz_tpm_public tmpl;
	struct btz_tpm_in_create in = { .tmpl = &tmpl,
		.user_auth = { b->key_auth, sizeof(b->key_auth) } };
	struct btz_tpm_out_create out;
	struct btz_tpm_in_load load;
	enum btz_rc rc;

	btz_tpm_tmpl_sign(&tmpl);
	rc = btz_tpm_create(&b->t, &b->primary, &in, &out);
	if (rc != BTZ_OK)
		return rc;
	b->key_pub = out.pub;
	load.priv = btz_span_of(out.priv, out.priv_len);
	load.pub = &out.pub;
	rc = btz_tpm_load(&b->t, &b->primary, &load, in.user_auth, &b->key);
	return rc != BTZ_OK ? rc : persist(b, &b->key, KEY_HANDLE);
}

static enum btz_rc
take_hierarchy(struct box *b, struct btz_tpm_entity *h, const uint8_t auth[32])
{
	struct btz_span s = btz_span_of(auth, 32);
	enum btz_rc rc = btz_tpm_change_auth(&b->t, h, s);

	if (rc == BTZ_OK)
		h->auth = s;
	return rc;
}

enum btz_rc
box_provision(struct box *b)
{
	enum btz_rc rc;

	if ((rc = btz_tpm_platform_off(&b->t, BTZ_TPM_PASSWORD)) != BTZ_OK ||
	    (rc = box_open_ek(b)) != BTZ_OK || (rc = make_srk(b)) != BTZ_OK ||
	    (rc = make_nv(b)) != BTZ_OK || (rc = make_primary(b)) != BTZ_OK ||
	    (rc = btz_tpm_open(&b->t, b->primary.handle, &b->primary_pub)) !=
		BTZ_OK ||
	    (rc = make_key(b)) != BTZ_OK ||
	    (rc = take_hierarchy(b, &b->owner, b->owner_auth)) != BTZ_OK ||
	    (rc = take_hierarchy(b, &b->lockout, b->lockout_auth)) != BTZ_OK)
		return rc;
	return btz_tpm_clear_disable(&b->t, &b->lockout);
}

enum btz_rc
box_reopen(struct box *b)
{
	enum btz_rc rc = btz_tpm_flush_all(&b->t);

	return rc != BTZ_OK
		   ? rc
		   : btz_tpm_open(&b->t, b->primary.handle, &b->primary_pub);
}

bool
box_log_has(const struct box *b, const void *p, size_t len)
{
	return memmem(b->log, b->log_len, p, len) != NULL;
}

static EVP_PKEY *
public_key(const struct btz_tpm_public *pub)
{
	static char group[] = "P-256";
	uint8_t pt[65] = { 4 };
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;
	OSSL_PARAM p[3];

	memcpy(pt + 1, pub->x, 32);
	memcpy(pt + 33, pub->y, 32);
	p[0] = OSSL_PARAM_construct_utf8_string(
	    OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	p[1] = OSSL_PARAM_construct_octet_string(
	    OSSL_PKEY_PARAM_PUB_KEY, pt, sizeof(pt));
	p[2] = OSSL_PARAM_construct_end();
	if (EVP_PKEY_fromdata_init(c) != 1 ||
	    EVP_PKEY_fromdata(c, &key, EVP_PKEY_PUBLIC_KEY, p) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(c);
	return key;
}

bool
box_verify(const struct btz_tpm_public *pub, const uint8_t digest[32],
    const struct btz_tpm_out_sign *sig)
{
	EVP_PKEY *key = public_key(pub);
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(key, NULL);
	ECDSA_SIG *es = ECDSA_SIG_new();
	uint8_t *der = NULL;
	int len;
	bool ok;

	ECDSA_SIG_set0(
	    es, BN_bin2bn(sig->r, 32, NULL), BN_bin2bn(sig->s, 32, NULL));
	len = i2d_ECDSA_SIG(es, &der);
	ok = c != NULL && len > 0 && EVP_PKEY_verify_init(c) == 1 &&
	     EVP_PKEY_verify(c, der, (size_t)len, digest, 32) == 1;
	OPENSSL_free(der);
	ECDSA_SIG_free(es);
	EVP_PKEY_CTX_free(c);
	EVP_PKEY_free(key);
	return ok;
}
