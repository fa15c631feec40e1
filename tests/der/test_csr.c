/* SPDX-License-Identifier: Apache-2.0 */
/* test_csr.c - requests made by libcrypto, bad ones first. */
#include "der/csr.h"
#include "der/oid.h"
#include "der_help.h"
#include "wire/alg.h"

#include <openssl/objects.h>
#include <string.h>

static struct test_key key;

struct request {
	const char *name;
	const char *ext, *value; /* OpenSSL configuration names; or NULL */
	const char *ext2, *value2;
	const char *attr; /* one more attribute, by name */
	enum btz_rc parse, policy, policy_san;
};

static const struct request cases[] = {
	{ "CA:TRUE", "basicConstraints", "critical,CA:TRUE",
	    .policy = BTZ_E_X509_CA, .policy_san = BTZ_E_X509_CA },
	{ "CA:TRUE beside SAN", "subjectAltName", "DNS:a.b", "basicConstraints",
	    "CA:TRUE", .policy = BTZ_E_X509_CA, .policy_san = BTZ_E_X509_CA },
	{ "keyCertSign", "keyUsage", "keyCertSign", .policy = BTZ_E_CSR_EXT,
	    .policy_san = BTZ_E_CSR_EXT },
	{ "OCSPSigning", "extendedKeyUsage", "OCSPSigning",
	    .policy = BTZ_E_CSR_EXT, .policy_san = BTZ_E_CSR_EXT },
	{ "any EKU", "extendedKeyUsage", "anyExtendedKeyUsage",
	    .policy = BTZ_E_CSR_EXT, .policy_san = BTZ_E_CSR_EXT },
	{ "name constraints", "nameConstraints", "permitted;DNS:a",
	    .policy = BTZ_E_CSR_EXT, .policy_san = BTZ_E_CSR_EXT },
	{ "unknown extension", "1.2.3.4", "DER:0500", .policy = BTZ_E_CSR_EXT,
	    .policy_san = BTZ_E_CSR_EXT },
	{ "must-staple", "tlsfeature", "status_request",
	    .policy = BTZ_E_CSR_EXT, .policy_san = BTZ_E_CSR_EXT },
	{ "unknown attribute", .attr = "unstructuredAddress",
	    .policy = BTZ_E_CSR_EXT, .policy_san = BTZ_E_CSR_EXT },
	{ "an IP SAN", "subjectAltName", "IP:10.0.0.1",
	    .policy = BTZ_E_CSR_EXT },
	{ "SAN with a space", "subjectAltName", "DNS:a b",
	    .parse = BTZ_E_X509_SAN },
	{ "KU without bits", "keyUsage", "DER:030100", .parse = BTZ_E_DER },
	{ "KU with trailing zeros", "keyUsage", "DER:03020080",
	    .parse = BTZ_E_DER },
	{ "BC with explicit FALSE", "basicConstraints", "DER:3003010100",
	    .parse = BTZ_E_DER },
	{ "extension value with trailing byte", "basicConstraints",
	    "DER:300000", .parse = BTZ_E_DER },
	{ "CA:FALSE", "basicConstraints", "CA:FALSE" },
	{ "usual usages", "keyUsage", "digitalSignature,keyEncipherment",
	    "extendedKeyUsage", "clientAuth,serverAuth" },
	{ "challenge password", .attr = "challengePassword" },
	{ "plain" },
};

static void
add_ext(STACK_OF(X509_EXTENSION) * *list, const char *name, const char *value)
{
	X509_EXTENSION *e;

	if (name == NULL)
		return;
	e = X509V3_EXT_conf(NULL, NULL, name, value);
	assert_non_null(e);
	X509v3_add_ext(list, e, -1);
	X509_EXTENSION_free(e);
}

static size_t
make(const struct request *r, const struct test_key *k, uint8_t *der)
{
	STACK_OF(X509_EXTENSION) *exts = NULL;
	X509_REQ *req = X509_REQ_new();
	uint8_t *p = der;
	int n;

	X509_REQ_set_pubkey(req, k->pkey);
	X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(req), "CN",
	    MBSTRING_ASC, (const uint8_t *)"ignored", -1, -1, 0);
	add_ext(&exts, r->ext, r->value);
	add_ext(&exts, r->ext2, r->value2);
	if (exts != NULL)
		X509_REQ_add_extensions(req, exts);
	if (r->attr != NULL)
		X509_REQ_add1_attr_by_txt(
		    req, r->attr, MBSTRING_ASC, (const uint8_t *)"x", 1);
	assert_true(X509_REQ_sign(req, k->pkey, EVP_sha256()) > 0);
	n = i2d_X509_REQ(req, &p);
	assert_true(n > 0);
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	X509_REQ_free(req);
	return (size_t)n;
}

static bool
signed_by_itself(const struct btz_csr *c, EVP_PKEY *k)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	if (btz_sigalg_of(c->sig_alg) != BTZ_SIG_ECDSA_SHA256) {
		EVP_MD_CTX_free(ctx);
		return false;
	}
	EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, k);
	ok = EVP_DigestVerify(ctx, c->signature.p, c->signature.len, c->info.p,
		 c->info.len) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

static void
test_table(void **state)
{
	uint8_t der[2048];

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		size_t n = make(&cases[i], &key, der);
		struct btz_csr c;

		print_message("# case: %s\n", cases[i].name);
		assert_int_equal(
		    btz_csr_parse(btz_span_of(der, n), &c), cases[i].parse);
		if (cases[i].parse != BTZ_OK)
			continue;
		assert_int_equal(btz_csr_policy(&c, false), cases[i].policy);
		assert_int_equal(btz_csr_policy(&c, true), cases[i].policy_san);
		assert_true(btz_span_eq(c.spki, key_spki(&key)));
		assert_true(signed_by_itself(&c, key.pkey));
	}
}

/* Every single-byte change of a good request is refused, or breaks its
 * signature, or leaves the signed part alone (the signature's own bytes). */
static void
test_mutations(void **state)
{
	uint8_t der[2048];
	size_t n = make(&cases[BTZ_COUNT(cases) - 1], &key, der);
	size_t accepted = 0;

	(void)state;
	for (size_t i = 0; i < n; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			struct btz_csr c;

			der[i] ^= (uint8_t)(1u << bit);
			if (btz_csr_parse(btz_span_of(der, n), &c) == BTZ_OK) {
				accepted++;
				assert_false(signed_by_itself(&c, key.pkey));
			}
			der[i] ^= (uint8_t)(1u << bit);
		}
	print_message("# %zu of %zu parsed, none verified\n", accepted, n * 8);
	for (size_t cut = 0; cut < n; cut++) {
		struct btz_csr c;

		assert_int_equal(
		    btz_csr_parse(btz_span_of(der, cut), &c), BTZ_E_CSR);
	}
}

static void
test_two_requests(void **state)
{
	/* attributes [0] with two extensionRequest: built from one good
	 * request by repeating its attribute, lengths adjusted by hand. */
	uint8_t der[2048], out[4096];
	struct request r = cases[0];
	struct btz_csr c;
	struct btz_wr wr;
	size_t n, seq, info, attrs;

	(void)state;
	r.value = "CA:FALSE";
	n = make(&r, &key, der);
	assert_int_equal(btz_csr_parse(btz_span_of(der, n), &c), BTZ_OK);
	btz_wr_init(&wr, out, sizeof(out));
	seq = btz_der_begin(&wr, BTZ_DER_SEQ);
	info = btz_der_begin(&wr, BTZ_DER_SEQ);
	btz_der_put_u64(&wr, 0);
	btz_wr_raw(&wr, c.subject.p, c.subject.len);
	btz_wr_raw(&wr, c.spki.p, c.spki.len);
	attrs = btz_der_begin(&wr, BTZ_DER_CTXC(0));
	btz_wr_raw(&wr, c.attrs.p, c.attrs.len);
	btz_wr_raw(&wr, c.attrs.p, c.attrs.len);
	btz_der_end(&wr, attrs);
	btz_der_end(&wr, info);
	btz_wr_raw(&wr, c.sig_alg.p, c.sig_alg.len);
	btz_der_put_bits(&wr, c.signature);
	btz_der_end(&wr, seq);
	assert_int_equal(btz_csr_parse(btz_wr_span(&wr), &c), BTZ_E_CSR);
}

static int
setup(void **state)
{
	(void)state;
	key_new(&key, false);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	EVP_PKEY_free(key.pkey);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_mutations),
		cmocka_unit_test(test_two_requests),
	};

	return cmocka_run_group_tests_name("csr", tests, setup, teardown);
}
