/* SPDX-License-Identifier: Apache-2.0 */
/* client_use.c - what a client does with the private parts of its keys, and
 * what it remembers of that; contract in client.h. */
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crash/client.h"

#define TEXT "a text to be signed"

static bool
verifies(const struct version *v, uint8_t alg, struct btz_span sig)
{
	const uint8_t *p = v->spki;
	EVP_PKEY *pub = d2i_PUBKEY(NULL, &p, (long)v->spki_len);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	ok = pub != NULL && ctx != NULL &&
	     EVP_DigestVerifyInit(ctx, NULL,
		 alg == BTZ_ALG_ED25519 ? NULL : EVP_sha256(), NULL,
		 pub) == 1 &&
	     EVP_DigestVerify(ctx, sig.p, sig.len, (const uint8_t *)TEXT,
		 sizeof(TEXT) - 1) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pub);
	return ok;
}

/* Only what has a limit is counted, and what takes a nonce. */
static void
used(struct client *c, struct key *k)
{
	uint64_t n;

	if (k->uses_max == 0 && (k->usage & BTZ_USE_ENCRYPT) == 0)
		return;
	n = ++model_in_use(k)->used;

	if (k->uses_max != 0 && n > k->uses_max)
		client_complain(
		    c, "%s: used %llu times", k->label, (unsigned long long)n);
}

enum btz_rc
client_sign(struct client *c, struct btz_conn *conn, struct key *k)
{
	struct btz_sign rq = { .alg = k->alg == BTZ_ALG_ED25519
					  ? BTZ_SIG_ED25519
					  : BTZ_SIG_ECDSA_SHA256,
		.input_kind = BTZ_IN_MESSAGE,
		.input = btz_span_str(TEXT) };
	struct btz_span sig;
	enum btz_rc rc;

	memcpy(rq.id, k->id, BTZ_ID_LEN);
	rc = btz_kms_sign(conn, &rq, &sig, &c->err);
	if (rc != BTZ_OK)
		return rc;
	used(c, k);
	if (!verifies(model_in_use(k), k->alg, sig))
		client_complain(
		    c, "%s: signature of version %u", k->label, k->version);
	return BTZ_OK;
}

void
client_nonce(
    struct client *c, const struct key *k, uint32_t version, struct btz_span n)
{
	uint8_t *to;

	if (c->n_nonces == c->nonces_cap) {
		c->nonces_cap = c->nonces_cap * 2 + 1024;
		c->nonces = realloc(c->nonces, c->nonces_cap * CLIENT_NONCE);
		if (c->nonces == NULL)
			abort();
	}
	to = c->nonces[c->n_nonces++];
	memset(to, 0, CLIENT_NONCE);
	memcpy(to, &k->lineage, sizeof(k->lineage));
	memcpy(to + 8, &version, sizeof(version));
	memcpy(to + 12, n.p, n.len);
	memcpy(to + 28, k->id, 8);
}

/* Under GCM, CCM and CTR in turn: the numbers are the same ones. */
enum btz_rc
client_encrypt(struct client *c, struct key *k)
{
	struct btz_crypt rq = { .alg = BTZ_CRYPT_AES_GCM,
		.input = btz_span_str(k->label) };
	struct btz_crypt_ok ok;
	struct version *v = model_in_use(k);
	struct btz_span number;
	enum btz_rc rc;

	if (v->sealed_len != 0 && client_draw(c, 2) == 0)
		rq.alg = BTZ_CRYPT_AES_CTR;
	memcpy(rq.id, k->id, BTZ_ID_LEN);
	rc = btz_kms_encrypt(client_conn(c, k), &rq, &ok, &c->err);
	if (rc != BTZ_OK)
		return rc;
	number = btz_span_of(ok.nonce.p, 12);
	client_nonce(c, k, ok.version, number);
	if (ok.version != k->version)
		client_complain(c, "%s: encrypted by version %u, not %u",
		    k->label, ok.version, k->version);
	used(c, k);
	if (rq.alg != BTZ_CRYPT_AES_GCM || ok.output.len > sizeof(v->sealed))
		return BTZ_OK;
	memcpy(v->nonce, ok.nonce.p, 12);
	memcpy(v->sealed, ok.output.p, ok.output.len);
	v->sealed_len = ok.output.len;
	return BTZ_OK;
}

enum btz_rc
client_derive(struct client *c, struct key *k)
{
	struct btz_derive rq = { .alg = BTZ_CRYPT_HKDF_SHA256,
		.info = btz_span_str("crash"),
		.len = 32 };
	struct version *v = model_in_use(k);
	struct btz_span out;
	enum btz_rc rc;

	memcpy(rq.id, k->id, BTZ_ID_LEN);
	rc = btz_kms_derive(client_conn(c, k), &rq, &out, &c->err);
	if (rc != BTZ_OK)
		return rc;
	used(c, k);
	if (v->has_derived && memcmp(v->derived, out.p, 32) != 0)
		client_complain(c, "%s: another secret is derived", k->label);
	memcpy(v->derived, out.p, 32);
	v->has_derived = true;
	return BTZ_OK;
}
