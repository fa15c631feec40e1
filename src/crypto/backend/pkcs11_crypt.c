/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pkcs11_crypt.c - encryption, MACs and agreement by a token; contract in
 * backend.h. Start at btz_p11_crypt(). A failure that could mean a false tag,
 * padding or point is one, as long as the token answers.
 */
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/backend/pkcs11.h"

#define TAG_LEN 16u
#define BLOCK 16u

struct job {
	struct btz_p11 *t;
	const struct btz_p11_key *k;
	const struct btz_p11_crypt *c;
	const struct btz_backend_crypt *rq;
};

static CK_BYTE_PTR
bytes(struct btz_span s)
{
	static CK_BYTE none[1];

	/* PKCS #11 has no const; nor do all tokens take NULL for nothing. */
	return s.len == 0 ? none : (CK_BYTE_PTR)(uintptr_t)s.p;
}

static enum btz_rc
wrong(const struct job *j, CK_RV rv, enum btz_rc as, const char *what,
    struct btz_err *err)
{
	const bool vague = rv == CKR_GENERAL_ERROR ||
			   rv == CKR_FUNCTION_FAILED ||
			   rv == CKR_ENCRYPTED_DATA_INVALID ||
			   rv == CKR_DATA_INVALID ||
			   rv == CKR_ENCRYPTED_DATA_LEN_RANGE ||
			   rv == CKR_DATA_LEN_RANGE;

	if (vague && btz_p11_answers(j->t))
		return BTZ_FAIL(err, as, "%s: %s", what, btz_p11_name(rv));
	return btz_p11_failed(j->t, rv, what, err);
}

static CK_RV
cipher(const struct job *j, CK_MECHANISM *m, uint8_t *out, CK_ULONG *n)
{
	CK_FUNCTION_LIST *f = j->t->f;
	const CK_SESSION_HANDLE s = j->t->session;
	const struct btz_span in = j->rq->input;
	CK_RV rv;

	if (j->rq->verb == BTZ_VERB_ENCRYPT) {
		rv = f->C_EncryptInit(s, m, j->k->object);
		return rv != CKR_OK
			   ? rv
			   : f->C_Encrypt(s, bytes(in), in.len, out, n);
	}
	rv = f->C_DecryptInit(s, m, j->k->object);
	return rv != CKR_OK ? rv : f->C_Decrypt(s, bytes(in), in.len, out, n);
}

static enum btz_rc
check_lengths(const struct job *j, struct btz_err *err)
{
	const struct btz_backend_crypt *rq = j->rq;
	const bool decrypt = rq->verb == BTZ_VERB_DECRYPT;
	const size_t n = rq->input.len;

	if (rq->nonce.len != j->c->nonce)
		return BTZ_FAIL(
		    err, BTZ_E_INVAL, "nonce of %zu bytes", rq->nonce.len);
	if ((j->c->alg == BTZ_CRYPT_AES_GCM && decrypt && n < TAG_LEN) ||
	    (j->c->alg == BTZ_CRYPT_AES_CBC && decrypt &&
		(n == 0 || n % BLOCK != 0)) ||
	    (j->c->alg == BTZ_CRYPT_AES_CBC_NOPAD && n % BLOCK != 0))
		return BTZ_FAIL(err, BTZ_E_INVAL, "input of %zu bytes", n);
	return BTZ_OK;
}

/* Into memory of its own, as a token may write more than the result. */
static enum btz_rc
run_cipher(const struct job *j, CK_MECHANISM *m, struct btz_wr *out,
    struct btz_err *err)
{
	const size_t room = j->rq->input.len + 2 * BLOCK;
	CK_ULONG n = room;
	uint8_t *buf = malloc(room);
	enum btz_rc rc = BTZ_OK;
	CK_RV rv;

	if (buf == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "cipher");
	rv = cipher(j, m, buf, &n);
	if (rv != CKR_OK)
		rc = wrong(j, rv,
		    j->rq->verb == BTZ_VERB_DECRYPT ? BTZ_E_SIGNATURE
						    : BTZ_E_INTERNAL,
		    "cipher", err);
	else if (n > room || out->cap - out->len < n)
		rc = BTZ_FAIL(err, BTZ_E_TOOBIG, "%lu bytes", n);
	else
		btz_wr_raw(out, buf, n);
	btz_wipe(buf, room);
	free(buf);
	return rc;
}

static enum btz_rc
do_cipher(const struct job *j, struct btz_wr *out, struct btz_err *err)
{
	const struct btz_backend_crypt *rq = j->rq;
	CK_GCM_PARAMS gcm = { .iv_ptr = bytes(rq->nonce),
		.iv_len = rq->nonce.len,
		.iv_bits = 8 * rq->nonce.len,
		.aad_ptr = bytes(rq->aad),
		.aad_len = rq->aad.len,
		.tag_bits = 8 * TAG_LEN };
	CK_AES_CTR_PARAMS ctr = { .counter_bits = 128 };
	CK_MECHANISM m = { j->c->mechanism, bytes(rq->nonce), rq->nonce.len };
	enum btz_rc rc = check_lengths(j, err);

	if (rc != BTZ_OK)
		return rc;
	if (j->c->alg == BTZ_CRYPT_AES_GCM) {
		m.pParameter = &gcm;
		m.ulParameterLen = sizeof(gcm);
	} else if (j->c->alg == BTZ_CRYPT_AES_CTR) {
		memcpy(ctr.cb, rq->nonce.p, sizeof(ctr.cb));
		m.pParameter = &ctr;
		m.ulParameterLen = sizeof(ctr);
	}
	return run_cipher(j, &m, out, err);
}

static enum btz_rc
do_mac(const struct job *j, struct btz_wr *out, struct btz_err *err)
{
	CK_MECHANISM m = { j->c->mechanism, NULL, 0 };
	const struct btz_span in = j->rq->input;
	uint8_t mac[BTZ_DIGEST_MAX];
	CK_ULONG n = sizeof(mac);
	CK_RV rv = j->t->f->C_SignInit(j->t->session, &m, j->k->object);

	if (rv == CKR_OK)
		rv = j->t->f->C_Sign(j->t->session, bytes(in), in.len, mac, &n);
	if (rv != CKR_OK)
		return btz_p11_failed(j->t, rv, "mac", err);
	if (out->cap - out->len < n)
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "%lu bytes", n);
	btz_wr_raw(out, mac, n);
	btz_wipe(mac, sizeof(mac));
	return BTZ_OK;
}

/* SP 800-56A 5.6.2.3.4: not every token looks. */
static bool
on_curve(uint8_t alg, struct btz_span point)
{
	const int nid = alg == BTZ_ALG_EC_P256	 ? NID_X9_62_prime256v1
			: alg == BTZ_ALG_EC_P384 ? NID_secp384r1
						 : NID_secp521r1;
	EC_GROUP *g = EC_GROUP_new_by_curve_name(nid);
	EC_POINT *p = g == NULL ? NULL : EC_POINT_new(g);
	bool ok = p != NULL && point.p[0] == 4 &&
		  EC_POINT_oct2point(g, p, point.p, point.len, NULL) > 0;

	EC_POINT_free(p);
	EC_GROUP_free(g);
	ERR_clear_error();
	return ok;
}

/* The shared secret as an object of the session, read and dropped. */
static CK_RV
derive(const struct job *j, CK_ULONG len, uint8_t *out)
{
	static CK_OBJECT_CLASS secret = CKO_SECRET_KEY;
	static CK_KEY_TYPE generic = CKK_GENERIC_SECRET;
	static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	const struct btz_span peer = j->rq->input;
	CK_ECDH1_DERIVE_PARAMS p = { .kdf = CKD_NULL,
		.public_data_len = peer.len,
		.public_data = bytes(peer) };
	CK_MECHANISM m = { CKM_ECDH1_DERIVE, &p, sizeof(p) };
	CK_ATTRIBUTE tp[] = { { CKA_CLASS, &secret, sizeof(secret) },
		{ CKA_KEY_TYPE, &generic, sizeof(generic) },
		{ CKA_TOKEN, &no, sizeof(no) },
		{ CKA_SENSITIVE, &no, sizeof(no) },
		{ CKA_EXTRACTABLE, &yes, sizeof(yes) },
		{ CKA_VALUE_LEN, &len, sizeof(len) } };
	CK_ATTRIBUTE value = { CKA_VALUE, out, len };
	CK_FUNCTION_LIST *f = j->t->f;
	CK_OBJECT_HANDLE o;
	CK_RV rv = f->C_DeriveKey(
	    j->t->session, &m, j->k->object, tp, BTZ_COUNT(tp), &o);

	if (rv != CKR_OK)
		return rv;
	rv = f->C_GetAttributeValue(j->t->session, o, &value, 1);
	(void)f->C_DestroyObject(j->t->session, o);
	return rv == CKR_OK && value.ulValueLen != len ? CKR_FUNCTION_FAILED
						       : rv;
}

static enum btz_rc
do_agree(const struct job *j, struct btz_wr *out, struct btz_err *err)
{
	const size_t len = (btz_alg_bits(j->k->alg) + 7) / 8;
	uint8_t z[72];
	CK_RV rv;

	if (j->rq->input.len != 1 + 2 * len ||
	    !on_curve(j->k->alg, j->rq->input))
		return BTZ_FAIL(
		    err, BTZ_E_INVAL, "peer is not a point of the curve");
	if (out->cap - out->len < len)
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "%zu bytes", len);
	rv = derive(j, len, z);
	if (rv == CKR_OK)
		btz_wr_raw(out, z, len);
	btz_wipe(z, sizeof(z));
	return rv == CKR_OK ? BTZ_OK
			    : wrong(j, rv, BTZ_E_INVAL, "agreement", err);
}

/* Of AES, else of RSA. */
static enum btz_rc
do_either(const struct job *j, struct btz_wr *out, struct btz_err *err)
{
	return j->c->alg == BTZ_CRYPT_RSA_PKCS1
		   ? btz_p11_pkcs1(j->t, j->k, j->rq, out, err)
		   : do_cipher(j, out, err);
}

static const struct {
	uint8_t verb;
	uint32_t use; /* any of these */
	enum btz_rc (*fn)(
	    const struct job *j, struct btz_wr *out, struct btz_err *err);
} verbs[] = {
	{ BTZ_VERB_ENCRYPT, BTZ_USE_ENCRYPT, do_either },
	{ BTZ_VERB_DECRYPT, BTZ_USE_DECRYPT, do_either },
	{ BTZ_VERB_MAC, (uint32_t)BTZ_USE_SIGN | BTZ_USE_VERIFY, do_mac },
	{ BTZ_VERB_DERIVE, BTZ_USE_DERIVE, do_agree },
};

enum btz_rc
btz_p11_crypt(void *state, void *key, const struct btz_backend_crypt *rq,
    struct btz_wr *out, struct btz_err *err)
{
	const struct job j = {
		.t = state, .k = key, .c = btz_p11_crypt_of(rq->alg), .rq = rq
	};

	if (j.c == NULL || (j.t->crypts & 1u << rq->alg) == 0)
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED, "token has no %s",
		    btz_crypt_name(rq->alg));
	if (!btz_crypt_fits(j.k->alg, rq->verb, rq->alg))
		return BTZ_FAIL(
		    err, BTZ_E_KEY_ALG, "%s key", btz_alg_name(j.k->alg));
	for (size_t i = 0; i < BTZ_COUNT(verbs); i++) {
		if (verbs[i].verb != rq->verb)
			continue;
		if ((j.k->usage & verbs[i].use) == 0)
			return BTZ_FAIL(err, BTZ_E_KEY_USAGE, "usage");
		return verbs[i].fn(&j, out, err);
	}
	return BTZ_FAIL(err, BTZ_E_UNSUPPORTED, "verb %u", rq->verb);
}
