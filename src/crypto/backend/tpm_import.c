/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tpm_import.c - private keys from outside into a TPM. libcrypto checks them
 * (soft_part.h). Symmetric ones are given to Create; pairs to Import, inside a
 * wrapper whose key crosses the bus as the session's encrypted parameter. Such
 * a key is not fixedTPM, yet no policy lets it be duplicated.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* RSA_get0_*: what LibreSSL has too */
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <string.h>

#include "crypto/backend/soft_part.h"
#include "crypto/backend/tpm_direct.h"

#define PRIME_MAX 256u

/* The sensitive part: a scalar, or the first prime (Part 2 12.3.2.3). */
static bool
secret_of(const struct btz_softpart *p, uint8_t alg, uint8_t *prime,
    struct btz_span *out)
{
	const BIGNUM *n, *e, *d, *first, *second;
	const size_t len = btz_alg_bits(alg) / 16;
	RSA *rsa;
	bool ok;

	*out = btz_span_of(p->bytes, p->len);
	if (btz_family(alg) != BTZ_FAMILY_RSA)
		return true;
	rsa = EVP_PKEY_get1_RSA(p->pkey);
	if (rsa == NULL)
		return false;
	RSA_get0_key(rsa, &n, &e, &d);
	RSA_get0_factors(rsa, &first, &second);
	ok = BN_is_word(e, 65537) && len <= PRIME_MAX &&
	     BN_bn2binpad(first, prime, (int)len) > 0;
	RSA_free(rsa);
	*out = btz_span_of(prime, len);
	return ok;
}

/* x and y of an EC key, or the modulus, as they end its SPKI. */
static bool
public_of(const struct btz_softpart *p, const struct btz_tpm_keyform *f,
    struct btz_wr *area)
{
	uint8_t spki[BTZ_SPKI_MAX];
	size_t len, n = btz_tpm_keyform_coord(f->curve);
	struct btz_span x, y = { NULL, 0 };

	if (!btz_softpart_spki(p, spki, &len))
		return false;
	if (f->type == BTZ_TPM_ALG_ECC) {
		if (len < 2 * n)
			return false;
		x = btz_span_of(spki + len - 2 * n, n);
		y = btz_span_of(spki + len - n, n);
	} else {
		n = f->bits / 8u;
		if (len < n + 5) /* 02 03 01 00 01 behind it */
			return false;
		x = btz_span_of(spki + len - 5 - n, n);
	}
	btz_tpm_keyform_write(area, f, x, y);
	return btz_wr_ok(area);
}

struct import {
	struct btz_tpm_keyform form;
	struct btz_span secret, auth;
	struct btz_span area;
};

static enum btz_rc
give(struct btz_tpmd *t, const struct import *im, struct btz_tpm_key_blob *made,
    struct btz_err *err)
{
	const struct btz_tpm_keysecret s = {
		.type = im->form.type, .auth = im->auth, .secret = im->secret
	};
	struct btz_tpm_in_key_import in = { .pub = im->area };
	uint8_t wrapped[512];
	struct btz_tpm_name name;
	struct btz_wr wr;
	enum btz_rc rc;

	btz_wr_init(&wr, wrapped, sizeof(wrapped));
	if ((rc = btz_tpm_keyform_name(&t->crypto, im->area, &name)) !=
		BTZ_OK ||
	    (rc = t->crypto.random(t->crypto.arg, in.key, sizeof(in.key))) !=
		BTZ_OK ||
	    (rc = btz_tpm_keyform_wrap(&t->crypto, &s, &name, in.key, &wr)) !=
		BTZ_OK)
		return BTZ_FAIL(err, rc, "wrap the key");
	in.wrapped = btz_wr_span(&wr);
	rc = btz_tpmd_run(t, NULL, &btz_tpm_key_import, &in, made, err);
	btz_wipe(&in, sizeof(in));
	memcpy(made->pub, im->area.p, im->area.len);
	made->pub_len = (uint16_t)im->area.len;
	return rc;
}

static enum btz_rc
import_pair(struct btz_tpmd *t, const struct btz_generate *g,
    const struct btz_softpart *p, struct btz_backend_key *out,
    struct btz_err *err)
{
	static struct btz_tpm_key_blob made;
	static struct btz_backend_key key;
	uint8_t prime[PRIME_MAX], auth[32], area[BTZ_TPM_KEY_PUBLIC_MAX];
	struct import im = { .auth = { auth, sizeof(auth) } };
	struct btz_wr wr;
	enum btz_rc rc = btz_tpmd_begin_key(t, g, &key, auth, err);

	btz_wr_init(&wr, area, sizeof(area));
	if (rc == BTZ_OK &&
	    (!btz_tpmd_form(g->alg, g->usage, BTZ_TPMD_IMPORTED, &im.form) ||
		!secret_of(p, g->alg, prime, &im.secret) ||
		!public_of(p, &im.form, &wr)))
		rc = BTZ_FAIL(err, BTZ_E_UNSUPPORTED,
		    "a TPM takes RSA keys with the exponent 65537 only");
	im.area = btz_wr_span(&wr);
	if (rc == BTZ_OK)
		rc = give(t, &im, &made, err);
	if (rc == BTZ_OK)
		rc = btz_tpmd_seal_key(t, g, &im.form, &made, &key, err);
	btz_wipe(prime, sizeof(prime));
	btz_wipe(auth, sizeof(auth));
	if (rc == BTZ_OK)
		*out = key;
	return rc;
}

static enum btz_rc
import_secret(struct btz_tpmd *t, const struct btz_generate *g,
    const struct btz_softpart *p, struct btz_backend_key *out,
    struct btz_err *err)
{
	struct btz_generate of = *g;
	struct btz_tpm_keyform form;

	if (p->len > BTZ_TPMD_SECRET_MAX)
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED,
		    "%zu bytes: a TPM keeps at most %u", p->len,
		    BTZ_TPMD_SECRET_MAX);
	of.bits = 0;
	(void)btz_tpmd_form(g->alg, g->usage, BTZ_TPMD_GIVEN, &form);
	return btz_tpmd_create(
	    t, &of, &form, btz_span_of(p->bytes, p->len), out, err);
}

enum btz_rc
btz_tpmd_import(void *state, const struct btz_generate *g,
    struct btz_span secret, struct btz_backend_key *out, struct btz_err *err)
{
	struct btz_softpart p = { .pkey = NULL };
	struct btz_tpmd *t = state;
	enum btz_rc rc;

	if (g->alg > 31 || (t->algs & 1u << g->alg) == 0)
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED, "TPM takes no %s keys",
		    btz_alg_name(g->alg));
	rc = btz_softpart_import(&p, g->alg, g->bits, secret, err);
	if (rc == BTZ_OK && p.pkey != NULL)
		rc = import_pair(t, g, &p, out, err);
	else if (rc == BTZ_OK)
		rc = import_secret(t, g, &p, out, err);
	btz_softpart_end(&p);
	return rc;
}
