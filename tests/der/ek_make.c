/* SPDX-License-Identifier: Apache-2.0 */
/* ek_make.c - see ek_make.h. */
#include "ek_make.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "der/ek_cert.h"
#include "support/cmocka_all.h"

static struct {
	EVP_PKEY *pkey;
	uint8_t *spki;
	size_t spki_len;
} keys[EK_KEYS];

/* A curve (default P-256) or the bits of an RSA key. */
static const struct {
	const char *curve;
	unsigned rsa;
} kinds[EK_KEYS] = {
	[EK_P384] = { .curve = "P-384" },
	[EK_ROOT_P384] = { .curve = "P-384" },
	[EK_P521] = { .curve = "P-521" },
	[EK_RSA] = { .rsa = 2048 },
	[EK_CA_RSA] = { .rsa = 2048 },
	[EK_ROOT_RSA2048] = { .rsa = 2048 },
	[EK_ROOT_RSA3072] = { .rsa = 3072 },
};

static EVP_PKEY *
generate(unsigned k)
{
	if (kinds[k].rsa != 0)
		return EVP_RSA_gen(kinds[k].rsa);
	if (k == EK_ED25519)
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	return EVP_EC_gen(kinds[k].curve == NULL ? "P-256" : kinds[k].curve);
}

int
ek_keys_make(void **state)
{
	(void)state;
	for (unsigned k = 0; k < EK_KEYS; k++) {
		EVP_PKEY *p = generate(k);
		int n;

		assert_non_null(p);
		if (k == EK_P256_EXPLICIT)
			assert_int_equal(EVP_PKEY_set_utf8_string_param(
					     p, "encoding", "explicit"),
			    1);
		if (k == EK_P256_COMPRESSED)
			assert_int_equal(EVP_PKEY_set_utf8_string_param(
					     p, "point-format", "compressed"),
			    1);
		keys[k].pkey = p;
		n = i2d_PUBKEY(p, &keys[k].spki);
		assert_true(n > 0);
		keys[k].spki_len = (size_t)n;
	}
	return 0;
}

int
ek_keys_free(void **state)
{
	(void)state;
	for (unsigned k = 0; k < EK_KEYS; k++) {
		EVP_PKEY_free(keys[k].pkey);
		OPENSSL_free(keys[k].spki);
		keys[k].spki = NULL;
	}
	return 0;
}

void
ek_key_set(enum ek_key key, struct btz_span spki)
{
	const uint8_t *p = spki.p;
	int n;

	EVP_PKEY_free(keys[key].pkey);
	OPENSSL_free(keys[key].spki);
	keys[key].spki = NULL;
	keys[key].pkey = d2i_PUBKEY(NULL, &p, (long)spki.len);
	assert_non_null(keys[key].pkey);
	n = i2d_PUBKEY(keys[key].pkey, &keys[key].spki);
	assert_true(n > 0);
	keys[key].spki_len = (size_t)n;
}

struct btz_span
ek_spki(enum ek_key key)
{
	return btz_span_of(keys[key].spki, keys[key].spki_len);
}

static X509_NAME *
name_of(const char *cn, bool printable)
{
	X509_NAME *n = X509_NAME_new();

	if (cn[0] != '\0')
		assert_int_equal(
		    X509_NAME_add_entry_by_txt(n, "CN",
			printable ? V_ASN1_PRINTABLESTRING : V_ASN1_UTF8STRING,
			(const uint8_t *)cn, -1, -1, 0),
		    1);
	return n;
}

static void
push_dir(GENERAL_NAMES *san, X509_NAME *n)
{
	GENERAL_NAME *g = GENERAL_NAME_new();

	g->type = GEN_DIRNAME;
	g->d.directoryName = n;
	sk_GENERAL_NAME_push(san, g);
}

/* One "N=text", perhaps behind '+'. */
static void
add_attribute(X509_NAME *n, const char *part, const struct ek_spec *s)
{
	const bool join = part[0] == '+';
	char oid[] = "2.23.133.2.0";
	ASN1_OBJECT *o;

	part += join;
	oid[sizeof(oid) - 2] = part[0];
	o = OBJ_txt2obj(oid, 1);
	assert_int_equal(X509_NAME_add_entry_by_OBJ(n, o,
			     s->t61 ? V_ASN1_T61STRING : V_ASN1_UTF8STRING,
			     (const uint8_t *)part + 2, (int)strlen(part + 2),
			     -1, join ? -1 : 0),
	    1);
	ASN1_OBJECT_free(o);
}

static void
add_san(X509 *x, const struct ek_spec *s)
{
	GENERAL_NAMES *san = sk_GENERAL_NAME_new_null();
	X509_NAME *n = X509_NAME_new();
	char *text = strdup(s->san == NULL ? EK_SAN : s->san), *rest = text;

	for (char *part; (part = strsep(&rest, ",")) != NULL;) {
		if (part[0] == '|') {
			push_dir(san, n);
			n = X509_NAME_new();
			part++;
		}
		add_attribute(n, part, s);
	}
	push_dir(san, n);
	assert_int_equal(
	    X509_add1_ext_i2d(x, NID_subject_alt_name, san, !s->san_plain, 0),
	    1);
	GENERAL_NAMES_free(san);
	free(text);
}

static void
add_ext(X509 *x, const char *name, const char *value, const char *good)
{
	X509_EXTENSION *e;
	X509V3_CTX ctx;

	X509V3_set_ctx_test(&ctx);
	X509V3_set_ctx_nodb(&ctx);
	value = value == NULL ? good : value;
	if (name == NULL || value == NULL || strcmp(value, "-") == 0)
		return;
	e = X509V3_EXT_conf(NULL, &ctx, name, value);
	assert_non_null(e);
	assert_int_equal(X509_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
}

static void
sign(X509 *x, const struct ek_spec *s)
{
	const EVP_MD *md = EVP_get_digestbyname(
	    s->md == NULL ? "SHA256" : s->md);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *p;

	if (EVP_PKEY_is_a(keys[s->signer].pkey, "ED25519"))
		md = NULL;
	assert_int_equal(
	    EVP_DigestSignInit(ctx, &p, md, NULL, keys[s->signer].pkey), 1);
	if (s->pss)
		EVP_PKEY_CTX_set_rsa_padding(p, RSA_PKCS1_PSS_PADDING);
	assert_true(X509_sign_ctx(x, ctx) > 0);
	EVP_MD_CTX_free(ctx);
}

static X509 *
begin(const struct ek_spec *s)
{
	X509_NAME *subject = name_of(s->subject == NULL ? "" : s->subject, 0);
	X509_NAME *issuer = name_of(
	    s->issuer == NULL ? "root" : s->issuer, s->printable);
	X509 *x = X509_new();

	X509_set_version(x, s->old ? X509_VERSION_1 : X509_VERSION_3);
	ASN1_INTEGER_set(
	    X509_get_serialNumber(x), s->serial == 0 ? 7 : s->serial);
	X509_set_subject_name(x, subject);
	X509_set_issuer_name(x, issuer);
	X509_NAME_free(subject);
	X509_NAME_free(issuer);
	/* long over: validity is not judged */
	ASN1_TIME_set_string(X509_getm_notBefore(x), "010101000000Z");
	ASN1_TIME_set_string(X509_getm_notAfter(x),
	    s->gentime ? "20020101000000Z" : "020101000000Z");
	X509_set_pubkey(x, keys[s->key].pkey);
	add_ext(x, s->ext, s->value, NULL);
	if (s->ext_twice)
		add_ext(x, s->ext, s->value, NULL);
	return x;
}

static void
end(X509 *x, const struct ek_spec *s, struct ek_cert *out)
{
	uint8_t *p = out->b;
	int n;

	sign(x, s);
	n = i2d_X509(x, NULL);
	assert_true(n > 0 && (size_t)n <= sizeof(out->b));
	out->len = (size_t)i2d_X509(x, &p);
	X509_free(x);
}

void
ek_leaf(const struct ek_spec *s, struct ek_cert *out)
{
	X509 *x = begin(s);

	add_ext(x, "basicConstraints", s->bc, "critical,CA:FALSE");
	add_ext(x, "keyUsage", s->ku, "critical,keyAgreement");
	add_ext(x, "extendedKeyUsage", s->eku, "2.23.133.8.1");
	add_ext(x, "authorityInfoAccess", NULL,
	    "caIssuers;URI:ldap://maker.example/ca");
	if (s->san == NULL || (s->san[0] >= '1' && s->san[0] <= '9'))
		add_san(x, s);
	else
		add_ext(x, "subjectAltName", s->san, NULL);
	end(x, s, out);
}

void
ek_ca(const struct ek_spec *s, struct ek_cert *out)
{
	X509 *x = begin(s);

	add_ext(x, "basicConstraints", s->bc, "critical,CA:TRUE");
	add_ext(x, "keyUsage", s->ku, "critical,keyCertSign,cRLSign");
	add_ext(x, "extendedKeyUsage", s->eku, "-");
	add_ext(x, "crlDistributionPoints", NULL,
	    "URI:http://maker.example/1.crl,URI:http://maker.example/2.crl");
	end(x, s, out);
}

enum btz_rc
ek_ossl_verify(void *arg, struct btz_span spki, struct btz_span alg,
    struct btz_span message, struct btz_span signature)
{
	const enum btz_ek_sig sig = btz_ek_sig_of(alg);
	const bool rsa = sig == BTZ_EK_SIG_RSA_SHA256 ||
			 sig == BTZ_EK_SIG_RSA_SHA384;
	const bool sha256 = sig == BTZ_EK_SIG_RSA_SHA256 ||
			    sig == BTZ_EK_SIG_ECDSA_SHA256;
	const uint8_t *p = spki.p;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)spki.len);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	enum btz_rc rc = BTZ_E_UNSUPPORTED;

	(void)arg;
	assert_int_not_equal(sig, BTZ_EK_SIG_NONE);
	if (key != NULL && EVP_PKEY_is_a(key, rsa ? "RSA" : "EC")) {
		assert_int_equal(
		    EVP_DigestVerifyInit(ctx, NULL,
			sha256 ? EVP_sha256() : EVP_sha384(), NULL, key),
		    1);
		rc = EVP_DigestVerify(ctx, signature.p, signature.len,
			 message.p, message.len) == 1
			 ? BTZ_OK
			 : BTZ_E_SIGNATURE;
	}
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return rc;
}
