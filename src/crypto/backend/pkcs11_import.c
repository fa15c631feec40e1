/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pkcs11_import.c - keys from outside into a token. Start at btz_p11_import().
 * What comes in is checked as backend soft checks it, then given to the token:
 * by C_CreateObject; where the token wants no secret that was ever outside
 * in the clear, by C_UnwrapKey under an AES key of this session alone (PKCS #11
 * 3.0 6.13.4, CKM_AES_KEY_WRAP_PAD: RFC 5649). Which of them a token takes is
 * asked when it is opened, with an object of the session.
 */
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <string.h>

#include "crypto/backend/pkcs11.h"
#include "crypto/backend/soft_part.h"
#include "crypto/kwp.h"
#include "der/der.h"

#define NUMBERS 8u /* of RSAPrivateKey, behind its version */

struct job {
	struct btz_p11 *t;
	const struct btz_p11_alg *a;
	const struct btz_generate *g;
	const uint8_t *id;
	const struct btz_softpart *part;
};

static void
add_type(struct btz_p11_template *tp, uint8_t alg)
{
	static CK_KEY_TYPE types[] = { [BTZ_FAMILY_EC] = CKK_EC,
		[BTZ_FAMILY_RSA] = CKK_RSA,
		[BTZ_FAMILY_ED] = CKK_EC_EDWARDS,
		[BTZ_FAMILY_AES] = CKK_AES,
		[BTZ_FAMILY_SECRET] = CKK_GENERIC_SECRET };

	btz_p11_add(
	    tp, CKA_KEY_TYPE, &types[btz_family(alg)], sizeof(types[0]));
}

/* RFC 8017 A.1.2, as big integers without a sign. */
static bool
add_rsa(struct btz_p11_template *tp, struct btz_span in)
{
	static const CK_ATTRIBUTE_TYPE types[NUMBERS] = { CKA_MODULUS,
		CKA_PUBLIC_EXPONENT, CKA_PRIVATE_EXPONENT, CKA_PRIME_1,
		CKA_PRIME_2, CKA_EXPONENT_1, CKA_EXPONENT_2, CKA_COEFFICIENT };
	struct btz_rd rd, seq;
	struct btz_span n;
	uint64_t version;

	btz_rd_span(&rd, in);
	if (!btz_der_enter(&rd, BTZ_DER_SEQ, &seq) ||
	    !btz_der_u64(&seq, &version) || version != 0)
		return false;
	for (size_t i = 0; i < NUMBERS; i++) {
		if (!btz_der_positive(&seq, &n))
			return false;
		if (n.p[0] == 0)
			n = btz_span_of(n.p + 1, n.len - 1);
		btz_p11_add(tp, types[i], n.p, n.len);
	}
	return btz_rd_end(&seq) && btz_rd_end(&rd);
}

static CK_RV
create(const struct job *j, CK_OBJECT_HANDLE *out)
{
	const struct btz_span secret = btz_span_of(
	    j->part->bytes, j->part->len);
	struct btz_p11_template tp;

	btz_p11_describe(&tp, j->g, j->id);
	btz_p11_add_class(&tp, j->a->object);
	add_type(&tp, j->g->alg);
	if (btz_family(j->g->alg) == BTZ_FAMILY_RSA) {
		if (!add_rsa(&tp, secret))
			return CKR_ATTRIBUTE_VALUE_INVALID;
	} else {
		btz_p11_add(&tp, CKA_VALUE, secret.p, secret.len);
		if (j->a->params != NULL)
			btz_p11_add(
			    &tp, CKA_EC_PARAMS, j->a->params, j->a->params_len);
	}
	return j->t->f->C_CreateObject(j->t->session, tp.at, tp.n, out);
}

/* An AES key of the session that we know too. */
static CK_RV
make_wrapping(
    struct btz_p11 *t, uint8_t kek[BTZ_KWP_KEK_LEN], CK_OBJECT_HANDLE *out)
{
	static const CK_ULONG len = BTZ_KWP_KEK_LEN;
	CK_MECHANISM m = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_ATTRIBUTE value = { CKA_VALUE, kek, BTZ_KWP_KEK_LEN };
	struct btz_p11_template tp = { .n = 0 };
	CK_RV rv;

	btz_p11_add_bool(&tp, CKA_TOKEN, false);
	btz_p11_add_bool(&tp, CKA_SENSITIVE, false);
	btz_p11_add_bool(&tp, CKA_EXTRACTABLE, true);
	btz_p11_add_bool(&tp, CKA_UNWRAP, true);
	btz_p11_add(&tp, CKA_VALUE_LEN, &len, sizeof(len));
	rv = t->f->C_GenerateKey(t->session, &m, tp.at, tp.n, out);
	if (rv != CKR_OK)
		return rv;
	rv = t->f->C_GetAttributeValue(t->session, *out, &value, 1);
	if (rv == CKR_OK && value.ulValueLen != BTZ_KWP_KEK_LEN)
		rv = CKR_FUNCTION_FAILED;
	if (rv != CKR_OK)
		(void)t->f->C_DestroyObject(t->session, *out);
	return rv;
}

/* What is wrapped: PrivateKeyInfo (RFC 5208 5), or the bytes of a secret.
 * False: it does not fit. */
static bool
put_plain(const struct btz_softpart *part, struct btz_wr *wr)
{
	PKCS8_PRIV_KEY_INFO *info;
	unsigned char *der = NULL;
	int n = 0;

	if (part->pkey == NULL) {
		btz_wr_raw(wr, part->bytes, part->len);
		return btz_wr_ok(wr);
	}
	info = EVP_PKEY2PKCS8(part->pkey);
	if (info != NULL)
		n = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
	PKCS8_PRIV_KEY_INFO_free(info);
	if (n > 0) {
		btz_wr_raw(wr, der, (size_t)n);
		btz_wipe(der, (size_t)n);
		OPENSSL_free(der);
	}
	return n > 0 && btz_wr_ok(wr);
}

static CK_RV
unwrap(const struct job *j, CK_OBJECT_HANDLE wrapping,
    const uint8_t kek[BTZ_KWP_KEK_LEN], CK_OBJECT_HANDLE *out)
{
	static uint8_t plain[BTZ_SECRET_MAX + 64],
	    wrapped[sizeof(plain) + BTZ_KWP_MORE];
	CK_MECHANISM m = { CKM_AES_KEY_WRAP_PAD, NULL, 0 };
	struct btz_p11_template tp;
	struct btz_wr wr;
	size_t n = 0;
	CK_RV rv = CKR_FUNCTION_FAILED;

	btz_p11_describe(&tp, j->g, j->id);
	btz_p11_add_class(&tp, j->a->object);
	add_type(&tp, j->g->alg);
	btz_wr_init(&wr, plain, sizeof(plain));
	if (put_plain(j->part, &wr) &&
	    btz_kwp_wrap(kek, btz_wr_span(&wr), wrapped, &n))
		rv = j->t->f->C_UnwrapKey(
		    j->t->session, &m, wrapping, wrapped, n, tp.at, tp.n, out);
	btz_wipe(plain, sizeof(plain));
	return rv;
}

static CK_RV
wrap_in(const struct job *j, CK_OBJECT_HANDLE *out)
{
	uint8_t kek[BTZ_KWP_KEK_LEN];
	CK_OBJECT_HANDLE wrapping = 0;
	CK_RV rv = make_wrapping(j->t, kek, &wrapping);

	if (rv == CKR_OK) {
		rv = unwrap(j, wrapping, kek, out);
		(void)j->t->f->C_DestroyObject(j->t->session, wrapping);
	}
	btz_wipe(kek, sizeof(kek));
	return rv;
}

static enum btz_rc
put(const struct job *j, CK_OBJECT_HANDLE *out, struct btz_err *err)
{
	struct btz_p11 *t = j->t;
	CK_RV rv = CKR_FUNCTION_NOT_SUPPORTED;

	if ((t->import & BTZ_P11_CREATES) != 0)
		rv = create(j, out);
	if (btz_p11_refused(rv) && (t->import & BTZ_P11_UNWRAPS) != 0)
		rv = wrap_in(j, out);
	if (rv == CKR_OK)
		return BTZ_OK;
	if (!btz_p11_refused(rv))
		return btz_p11_failed(t, rv, "import", err);
	t->import_rv = rv;
	return BTZ_FAIL(err, BTZ_E_TOKEN_REFUSED,
	    "token '%.32s' takes no %s key from outside: %s",
	    t->token->conf.token, btz_alg_name(j->g->alg), btz_p11_name(rv));
}

static enum btz_rc
give(struct btz_p11 *t, const struct btz_p11_alg *a,
    const struct btz_generate *g, const struct btz_softpart *part,
    struct btz_backend_key *out, struct btz_err *err)
{
	const struct job j = { t, a, g, out->id, part };
	CK_OBJECT_HANDLE object = 0;
	enum btz_rc rc;

	if (RAND_bytes(out->id, sizeof(out->id)) <= 0 ||
	    !btz_softpart_spki(part, out->spki, &out->spki_len))
		return BTZ_FAIL(err, BTZ_E_INTERNAL, "id or public key");
	rc = put(&j, &object, err);
	if (rc == BTZ_E_NOENT) /* logged in again */
		rc = put(&j, &object, err);
	if (rc != BTZ_OK)
		return rc;
	rc = btz_p11_seal(t, g, a, out, err);
	if (rc != BTZ_OK)
		(void)t->f->C_DestroyObject(t->session, object);
	return rc;
}

enum btz_rc
btz_p11_import(void *state, const struct btz_generate *g,
    struct btz_span secret, struct btz_backend_key *out, struct btz_err *err)
{
	static struct btz_backend_key key;
	struct btz_softpart part = { .pkey = NULL };
	struct btz_p11 *t = state;
	const struct btz_p11_alg *a;
	enum btz_rc rc = btz_p11_judge(t, g, &a, err);

	if (rc == BTZ_OK && t->import == 0)
		rc = BTZ_FAIL(err, BTZ_E_UNSUPPORTED,
		    "token '%.32s' takes no keys from outside",
		    t->token->conf.token);
	if (rc == BTZ_OK)
		rc = btz_softpart_import(&part, g->alg, g->bits, secret, err);
	if (rc == BTZ_OK)
		rc = btz_p11_long_enough(t, g, part.len, err);
	memset(&key, 0, sizeof(key));
	if (rc == BTZ_OK)
		rc = give(t, a, g, &part, &key, err);
	btz_softpart_end(&part);
	if (rc == BTZ_OK)
		*out = key;
	return rc;
}

/* A secret of the session, sensitive as ours are: does it go in? */
static CK_RV
try_create(struct btz_p11 *t)
{
	uint8_t value[32];
	struct btz_p11_template tp = { .n = 0 };
	CK_OBJECT_HANDLE object = 0;
	CK_RV rv;

	if (RAND_bytes(value, sizeof(value)) <= 0)
		return CKR_FUNCTION_FAILED;
	btz_p11_add_class(&tp, CKO_SECRET_KEY);
	add_type(&tp, (t->algs & 1u << BTZ_ALG_AES_256) != 0 ? BTZ_ALG_AES_256
							     : BTZ_ALG_SECRET);
	btz_p11_add_bool(&tp, CKA_TOKEN, false);
	btz_p11_add_bool(&tp, CKA_SENSITIVE, true);
	btz_p11_add_bool(&tp, CKA_EXTRACTABLE, false);
	btz_p11_add(&tp, CKA_VALUE, value, sizeof(value));
	rv = t->f->C_CreateObject(t->session, tp.at, tp.n, &object);
	if (rv == CKR_OK)
		(void)t->f->C_DestroyObject(t->session, object);
	btz_wipe(value, sizeof(value));
	return rv;
}

void
btz_p11_ask_import(struct btz_p11 *t)
{
	const uint32_t secrets = 1u << BTZ_ALG_AES_256 | 1u << BTZ_ALG_SECRET;
	CK_MECHANISM_INFO i;

	t->import = 0;
	t->import_rv = CKR_OK;
	if (t->read_only) {
		t->import_rv = CKR_TOKEN_WRITE_PROTECTED;
		return;
	}
	/* Of a token without secrets the first import tells. */
	if ((t->algs & secrets) != 0)
		t->import_rv = try_create(t);
	if (t->import_rv == CKR_OK)
		t->import = BTZ_P11_CREATES;
	if ((t->algs & 1u << BTZ_ALG_AES_256) != 0 &&
	    t->f->C_GetMechanismInfo(t->slot, CKM_AES_KEY_WRAP_PAD, &i) ==
		CKR_OK &&
	    (i.flags & CKF_UNWRAP) != 0)
		t->import |= BTZ_P11_UNWRAPS;
}
