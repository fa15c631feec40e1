/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_ek_cert.c - endorsement certificates by libcrypto: chains of every
 * length and algorithm, and others that are wrong in one way each.
 */
#include "der/ek_cert.h"

#include <stdio.h>
#include <string.h>

#include "der/ek_form.h"
#include "ek_make.h"
#include "support/cmocka_all.h"

static const enum ek_key anchor_keys[] = { EK_ROOT_P256, EK_ROOT_P384,
	EK_ROOT_RSA2048, EK_ROOT_RSA3072 };
#define N_ANCHORS BTZ_COUNT(anchor_keys)

struct chain {
	uint8_t b[8 * EK_CERT_MAX];
	size_t len;
};

static void
add(struct chain *c, const struct ek_spec *s)
{
	struct ek_cert one;

	ek_ca(s, &one);
	assert_true(c->len + one.len <= sizeof(c->b));
	memcpy(c->b + c->len, one.b, one.len);
	c->len += one.len;
}

static enum btz_rc
check_bytes(struct btz_span leaf, struct btz_span chain)
{
	struct btz_span anchors[N_ANCHORS], spki;
	size_t anchor = 99;
	enum btz_rc rc;

	for (size_t i = 0; i < N_ANCHORS; i++)
		anchors[i] = ek_spki(anchor_keys[i]);
	rc = btz_ek_check(leaf, chain, anchors, N_ANCHORS, ek_ossl_verify, NULL,
	    &spki, &anchor);
	assert_int_equal(rc == BTZ_OK, anchor < N_ANCHORS);
	assert_int_equal(rc == BTZ_OK, spki.len > 0);
	assert_true(rc == BTZ_OK || anchor == N_ANCHORS);
	return rc;
}

static enum btz_rc
check(const struct ek_spec *leaf, const struct chain *c)
{
	struct ek_cert one;

	ek_leaf(leaf, &one);
	return check_bytes(
	    btz_span_of(one.b, one.len), btz_span_of(c->b, c->len));
}

static const struct {
	const char *name;
	struct ek_spec s;
} bad_leaves[] = {
#define ROOT .signer = EK_ROOT_P256
	{ "v1", { ROOT, .old = true } },
	{ "serial zero", { ROOT, .serial = -1 } },
	{ "CA", { ROOT, .bc = "critical,CA:TRUE" } },
	{ "path length without CA", { ROOT, .bc = "DER:3003020100" } },
	{ "FALSE encoded", { ROOT, .bc = "DER:3003010100" } },
	{ "no EKU", { ROOT, .eku = "-" } },
	{ "EKU of a client", { ROOT, .eku = "clientAuth" } },
	{ "any EKU", { ROOT, .eku = "anyExtendedKeyUsage" } },
	{ "EKU of a platform certificate", { ROOT, .eku = "2.23.133.8.2" } },
	{ "EKU of an attestation key", { ROOT, .eku = "2.23.133.8.3" } },
	{ "EKU below ours", { ROOT, .eku = "2.23.133.8.1.1" } },
	{ "empty EKU", { ROOT, .eku = "DER:3000" } },
	{ "no KU", { ROOT, .ku = "-" } },
	{ "KU of RSA", { ROOT, .ku = "critical,keyEncipherment" } },
	{ "KU of a signer", { ROOT, .ku = "critical,digitalSignature" } },
	{ "KU of a CA", { ROOT, .ku = "critical,keyAgreement,keyCertSign" } },
	{ "KU of three bytes", { ROOT, .ku = "DER:030400080000" } },
	{ "KU with a byte behind it", { ROOT, .ku = "DER:0302030800" } },
	{ "KU empty", { ROOT, .ku = "DER:030100" } },
	{ "no SAN", { ROOT, .san = "-" } },
	{ "no SAN but a subject", { ROOT, .subject = "tpm", .san = "-" } },
	{ "SAN of a host", { ROOT, .san = "critical,DNS:tpm.example" } },
	{ "no manufacturer", { ROOT, .san = "2=ST33,3=id:00010101" } },
	{ "no model", { ROOT, .san = "1=id:53540000,3=id:00010101" } },
	{ "no version", { ROOT, .san = "1=id:53540000,2=ST33" } },
	{ "model twice",
	    { ROOT, .san = "1=id:53540000,2=ST33,2=ST34,3=id:00010101" } },
	{ "other attributes",
	    { ROOT, .san = "4=id:53540000,5=ST33,6=id:00010101" } },
	{ "two names of parts",
	    { ROOT, .san = "1=id:53540000,|2=ST33,3=id:00010101" } },
	{ "empty attribute", { ROOT, .san = "critical,DER:302da42b3029"
					    "310c300a060567810502010c0131"
					    "310c300a060567810502020c0131"
					    "310b3009060567810502030c00" } },
	{ "an X.400 address", { ROOT, .san = "critical,DER:302ea32c302a"
					     "310c300a060567810502010c0131"
					     "310c300a060567810502020c0131"
					     "310c300a060567810502030c0131" } },
	{ "attributes of Teletex", { ROOT, .t61 = true } },
	{ "SAN not critical, no subject", { ROOT, .san_plain = true } },
	{ "unknown critical",
	    { ROOT, .ext = "1.2.3.4", .value = "critical,DER:0500" } },
	{ "unknown twice", { ROOT, .ext = "1.2.3.4", .value = "DER:0500",
			       .ext_twice = true } },
	{ "EKU twice", { ROOT, .eku = "2.23.133.8.1", .ext = "extendedKeyUsage",
			   .value = "2.23.133.8.1" } },
	{ "policy constraints",
	    { ROOT, .ext = "policyConstraints",
		.value = "critical,requireExplicitPolicy:0" } },
	{ "CRLDP critical", { ROOT, .ext = "crlDistributionPoints",
				.value = "critical,URI:http://a/b" } },
	{ "name constraints", { ROOT, .ext = "nameConstraints",
				  .value = "permitted;DNS:example" } },
	{ "RSA key", { ROOT, .key = EK_RSA,
			 .ku = "critical,keyAgreement,keyEncipherment" } },
	{ "P-521 key", { ROOT, .key = EK_P521 } },
	{ "Ed25519 key", { ROOT, .key = EK_ED25519 } },
	{ "explicit curve", { ROOT, .key = EK_P256_EXPLICIT } },
	{ "compressed point", { ROOT, .key = EK_P256_COMPRESSED } },
	{ "ECDSA with SHA-1", { ROOT, .md = "SHA1" } },
	{ "ECDSA with SHA-512", { ROOT, .md = "SHA512" } },
	{ "RSA with SHA-512", { .signer = EK_ROOT_RSA2048, .md = "SHA512" } },
	{ "RSA with SHA-1", { .signer = EK_ROOT_RSA2048, .md = "SHA1" } },
	{ "RSA-PSS", { .signer = EK_ROOT_RSA2048, .pss = true } },
	{ "signed by Ed25519", { .signer = EK_ED25519 } },
	{ "signed by nobody we know", { .signer = EK_CA1 } },
	{ "self-signed", { .signer = EK_P256, .subject = "a", .issuer = "a" } },
	{ "no issuer", { ROOT, .issuer = "" } },
};

static void
test_bad_leaves(void **state)
{
	const struct chain none = { .len = 0 };

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(bad_leaves); i++) {
		print_message("# case: %s\n", bad_leaves[i].name);
		assert_int_equal(check(&bad_leaves[i].s, &none), BTZ_E_EK_CERT);
	}
}

static const struct {
	const char *name;
	struct ek_spec s;
} good_leaves[] = {
	{ "P-256 by P-256", { ROOT } },
	{ "P-384 by P-256", { ROOT, .key = EK_P384 } },
	{ "P-256 by P-256 with SHA-384", { ROOT, .md = "SHA384" } },
	{ "by P-384", { .signer = EK_ROOT_P384, .md = "SHA384" } },
	{ "by RSA-2048", { .signer = EK_ROOT_RSA2048 } },
	{ "by RSA-2048 with SHA-384",
	    { .signer = EK_ROOT_RSA2048, .md = "SHA384" } },
	{ "by RSA-3072", { .signer = EK_ROOT_RSA3072 } },
	{ "no basicConstraints", { ROOT, .bc = "-" } },
	{ "a subject, SAN not critical",
	    { ROOT, .subject = "tpm", .san_plain = true } },
	{ "one RDN of three",
	    { ROOT, .san = "1=id:53540000,+2=ST33,+3=id:00010101" } },
	{ "the second name is it",
	    { ROOT, .san = "9=x,|1=id:53540000,2=ST33,3=id:00010101" } },
	{ "short attributes", { ROOT, .san = "critical,DER:302ea42c302a"
					     "310c300a060567810502010c0131"
					     "310c300a060567810502020c0131"
					     "310c300a060567810502030c0131" } },
	{ "more attributes", { ROOT, .san = EK_SAN ",9=x" } },
	{ "more purposes, critical",
	    { ROOT, .eku = "critical,clientAuth,2.23.133.8.1" } },
	{ "more usages",
	    { ROOT, .ku = "critical,digitalSignature,keyAgreement" } },
	{ "unknown extension",
	    { ROOT, .ext = "1.2.3.4", .value = "DER:0500" } },
	{ "policies", { ROOT, .ext = "certificatePolicies",
			  .value = "DER:3007300506032a0304" } },
};

static void
test_good_leaves(void **state)
{
	const struct chain none = { .len = 0 };

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(good_leaves); i++) {
		print_message("# case: %s\n", good_leaves[i].name);
		assert_int_equal(check(&good_leaves[i].s, &none), BTZ_OK);
	}
}

/* The chain root - a - b - c - d - TPM, its certificates in any order. */
static const struct ek_spec line[] = {
	{ .key = EK_CA1, .subject = "a", .signer = EK_ROOT_P256 },
	{ .key = EK_CA2, .subject = "b", .issuer = "a", .signer = EK_CA1 },
	{ .key = EK_CA_RSA, .subject = "c", .issuer = "b", .signer = EK_CA2 },
	{ .key = EK_CA3, .subject = "d", .issuer = "c", .signer = EK_CA_RSA },
};
static const struct ek_spec below[] = {
	{ ROOT },
	{ .signer = EK_CA1, .issuer = "a" },
	{ .signer = EK_CA2, .issuer = "b" },
	{ .signer = EK_CA_RSA, .issuer = "c" },
	{ .signer = EK_CA3, .issuer = "d" },
};
static const struct ek_spec foreign = {
	.key = EK_CA4, .subject = "x", .issuer = "y", .signer = EK_P384
};

/* order: letters of `line`, 'x': foreign; -: end */
static void
build(const char *order, struct chain *c)
{
	c->len = 0;
	for (; *order != '\0'; order++)
		add(c, *order == 'x' ? &foreign : &line[*order - 'a']);
}

static void
test_lengths(void **state)
{
	static const struct {
		size_t n;
		const char *order;
		enum btz_rc rc;
	} cases[] = {
		{ 0, "", BTZ_OK },
		{ 0, "abcd", BTZ_OK }, /* all unused */
		{ 1, "a", BTZ_OK },
		{ 1, "xa", BTZ_OK },
		{ 1, "ax", BTZ_OK },
		{ 1, "xxxa", BTZ_OK },
		{ 1, "aa", BTZ_OK },
		{ 1, "x", BTZ_E_EK_CERT },
		{ 1, "", BTZ_E_EK_CERT },
		{ 2, "ab", BTZ_OK },
		{ 2, "ba", BTZ_OK },
		{ 2, "b", BTZ_E_EK_CERT },
		{ 2, "a", BTZ_E_EK_CERT },
		{ 3, "abc", BTZ_OK },
		{ 3, "cab", BTZ_OK },
		{ 3, "bxca", BTZ_OK },
		{ 3, "ac", BTZ_E_EK_CERT },
		{ 4, "abcd", BTZ_OK },
		{ 4, "dcba", BTZ_OK },
		{ 4, "bdac", BTZ_OK },
		{ 4, "bcd", BTZ_E_EK_CERT },
		{ 4, "abcdx", BTZ_E_EK_CERT }, /* five */
		{ 0, "xxxxx", BTZ_E_EK_CERT },
	};
	struct chain c;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		print_message(
		    "# case: %zu below '%s'\n", cases[i].n, cases[i].order);
		build(cases[i].order, &c);
		assert_int_equal(check(&below[cases[i].n], &c), cases[i].rc);
	}
}

/* root - a - b - TPM with one oddity in a, or in b, and nothing else. */
static const struct {
	const char *name;
	struct ek_spec a, b;
	enum btz_rc rc;
} links[] = {
#define A .key = EK_CA1, .subject = "a", .signer = EK_ROOT_P256
#define B .key = EK_CA2, .subject = "b", .issuer = "a", .signer = EK_CA1
	{ "plain", { A }, { B }, BTZ_OK },
	{ "no CA", { A, .bc = "critical,CA:FALSE" }, { B }, BTZ_E_EK_CERT },
	{ "no constraints", { A, .bc = "-" }, { B }, BTZ_E_EK_CERT },
	{ "lower one is no CA", { A }, { B, .bc = "-" }, BTZ_E_EK_CERT },
	{ "no KU", { A, .ku = "-" }, { B }, BTZ_E_EK_CERT },
	{ "KU without keyCertSign", { A }, { B, .ku = "critical,cRLSign" },
	    BTZ_E_EK_CERT },
	{ "path length 0 above one", { A, .bc = "critical,CA:TRUE,pathlen:0" },
	    { B }, BTZ_E_EK_CERT },
	{ "path length 1 above one", { A, .bc = "critical,CA:TRUE,pathlen:1" },
	    { B, .bc = "critical,CA:TRUE,pathlen:0" }, BTZ_OK },
	{ "path length negative", { A, .bc = "DER:30060101ff0201ff" }, { B },
	    BTZ_E_EK_CERT },
	{ "unknown critical",
	    { A, .ext = "1.2.3.4", .value = "critical,DER:0500" }, { B },
	    BTZ_E_EK_CERT },
	{ "name constraints",
	    { A, .ext = "nameConstraints",
		.value = "critical,permitted;DNS:example" },
	    { B }, BTZ_E_EK_CERT },
	{ "name constraints, not critical", { A },
	    { B, .ext = "nameConstraints", .value = "permitted;DNS:example" },
	    BTZ_E_EK_CERT },
	{ "policy constraints",
	    { A, .ext = "policyConstraints",
		.value = "critical,requireExplicitPolicy:0" },
	    { B }, BTZ_E_EK_CERT },
	{ "policies critical", { A },
	    { B, .ext = "certificatePolicies",
		.value = "critical,DER:3007300506032a0304" },
	    BTZ_OK },
	{ "inhibit anyPolicy", { A },
	    { B, .ext = "inhibitAnyPolicy", .value = "critical,0" },
	    BTZ_E_EK_CERT },
	{ "extension twice",
	    { A, .ext = "1.2.3.4", .value = "DER:0500", .ext_twice = true },
	    { B }, BTZ_E_EK_CERT },
	{ "v1", { A }, { B, .old = true }, BTZ_E_EK_CERT },
	{ "names differ in case", { A },
	    { .key = EK_CA2, .subject = "b", .issuer = "A", .signer = EK_CA1 },
	    BTZ_E_EK_CERT },
	{ "names differ in string type", { A }, { B, .printable = true },
	    BTZ_E_EK_CERT },
	{ "key of another",
	    { .key = EK_CA3, .subject = "a", .signer = EK_ROOT_P256 }, { B },
	    BTZ_E_EK_CERT },
	{ "signed by another", { A },
	    { .key = EK_CA2, .subject = "b", .issuer = "a", .signer = EK_CA3 },
	    BTZ_E_EK_CERT },
	{ "ECDSA with SHA-512", { A }, { B, .md = "SHA512" }, BTZ_E_EK_CERT },
	{ "signed by itself",
	    { .key = EK_CA1, .subject = "a", .signer = EK_CA1, .issuer = "a" },
	    { B }, BTZ_E_EK_CERT },
	{ "signed by each other",
	    { .key = EK_CA1, .subject = "a", .signer = EK_CA2, .issuer = "b" },
	    { B }, BTZ_E_EK_CERT },
	{ "signed by the TPM's key",
	    { .key = EK_CA1, .subject = "a", .signer = EK_P256, .issuer = "t" },
	    { B }, BTZ_E_EK_CERT },
	{ "EKU critical", { A, .eku = "critical,2.23.133.8.1" }, { B },
	    BTZ_OK },
	{ "no subject",
	    { .key = EK_CA1, .subject = "", .signer = EK_ROOT_P256 },
	    { .key = EK_CA2, .subject = "b", .issuer = "", .signer = EK_CA1 },
	    BTZ_E_EK_CERT },
};

static void
test_links(void **state)
{
	const struct ek_spec leaf = { .signer = EK_CA2, .issuer = "b" };

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(links); i++) {
		struct chain c = { .len = 0 };

		print_message("# case: %s\n", links[i].name);
		add(&c, &links[i].a);
		add(&c, &links[i].b);
		assert_int_equal(check(&leaf, &c), links[i].rc);
	}
}

/* Several ways up: another key of the same name, one that ends nowhere, one
 * that is too long for a path length; and an anchor in the middle. */
static void
test_ways(void **state)
{
	const struct ek_spec leaf = { .signer = EK_CA2, .issuer = "b" };
	const struct ek_spec other = {
		.key = EK_CA4, .subject = "b", .signer = EK_ROOT_P256
	};
	const struct ek_spec nowhere = { .key = EK_CA2,
		.subject = "b",
		.issuer = "gone",
		.signer = EK_CA4 };
	const struct ek_spec short_a = { A,
		.bc = "critical,CA:TRUE,pathlen:0" };
	const struct ek_spec again = {
		.key = EK_CA2, .subject = "b", .issuer = "b", .signer = EK_CA2
	};
	const struct ek_spec root = {
		.key = EK_ROOT_P256, .subject = "root", .signer = EK_ROOT_P256
	};
	struct chain c = { .len = 0 };

	(void)state;
	add(&c, &other);
	add(&c, &nowhere);
	assert_int_equal(check(&leaf, &c), BTZ_E_EK_CERT);
	add(&c, &(struct ek_spec){ B });
	add(&c, &(struct ek_spec){ A });
	assert_int_equal(check(&leaf, &c), BTZ_OK);
	c.len = 0;
	add(&c, &short_a);
	add(&c, &again);
	add(&c, &root);
	assert_int_equal(check(&leaf, &c), BTZ_E_EK_CERT);
	add(&c, &(struct ek_spec){ B });
	assert_int_equal(check(&leaf, &c), BTZ_E_EK_CERT);
	c.len = 0;
	add(&c, &root);
	add(&c, &again);
	add(&c, &(struct ek_spec){ A });
	add(&c, &(struct ek_spec){ B });
	assert_int_equal(check(&leaf, &c), BTZ_OK);
}

/* The anchor named is the one that signed; none, and only others. */
static void
test_anchors(void **state)
{
	const struct ek_spec leaf = { .signer = EK_CA1, .issuer = "a" };
	const struct btz_span anchors[] = { btz_span_of(NULL, 0),
		ek_spki(EK_ROOT_RSA3072), ek_spki(EK_ROOT_P384),
		ek_spki(EK_CA1) };
	struct ek_cert l;
	struct btz_span spki;
	size_t at;

	(void)state;
	ek_leaf(&leaf, &l);
	assert_int_equal(
	    btz_ek_check(btz_span_of(l.b, l.len), btz_span_of(NULL, 0), anchors,
		4, ek_ossl_verify, NULL, &spki, &at),
	    BTZ_OK);
	assert_int_equal(at, 3);
	assert_true(btz_span_eq(spki, ek_spki(EK_P256)));
	assert_true(spki.p > l.b && spki.p < l.b + l.len);
	assert_int_equal(
	    btz_ek_check(btz_span_of(l.b, l.len), btz_span_of(NULL, 0), anchors,
		3, ek_ossl_verify, NULL, &spki, &at),
	    BTZ_E_EK_CERT);
	assert_int_equal(
	    btz_ek_check(btz_span_of(l.b, l.len), btz_span_of(NULL, 0), NULL, 0,
		ek_ossl_verify, NULL, &spki, &at),
	    BTZ_E_EK_CERT);
}

static enum btz_rc
no_memory(void *arg, struct btz_span spki, struct btz_span alg,
    struct btz_span message, struct btz_span signature)
{
	(void)spki, (void)alg, (void)message, (void)signature;
	return (*(int *)arg)-- == 0 ? BTZ_E_NOMEM : BTZ_E_SIGNATURE;
}

/* What is not about signatures comes through, from both kinds of step. */
static void
test_no_memory(void **state)
{
	const struct ek_spec leaf = { .signer = EK_CA1, .issuer = "a" };
	struct btz_span anchors[] = { ek_spki(EK_ROOT_P256) }, spki;
	struct chain c;
	struct ek_cert l;
	size_t at;

	(void)state;
	build("a", &c);
	ek_leaf(&leaf, &l);
	for (int n = 0; n < 3; n++) {
		int left = n;

		assert_int_equal(btz_ek_check(btz_span_of(l.b, l.len),
				     btz_span_of(c.b, c.len), anchors, 1,
				     no_memory, &left, &spki, &at),
		    n < 2 ? BTZ_E_NOMEM : BTZ_E_EK_CERT);
		assert_int_equal(at, 1);
		assert_int_equal(spki.len, 0);
	}
}

/* NV indices are longer than their certificate. */
static void
test_padding(void **state)
{
	static const struct {
		uint8_t pad[4];
		size_t n;
		enum btz_rc rc;
	} cases[] = {
		{ { 0 }, 4, BTZ_OK },
		{ { 0xff, 0xff, 0xff, 0xff }, 4, BTZ_OK },
		{ { 0x00, 0xff, 0xff, 0x00 }, 4, BTZ_OK },
		{ { 0x01 }, 1, BTZ_E_EK_CERT },
		{ { 0x00, 0x00, 0x00, 0x30 }, 4, BTZ_E_EK_CERT },
	};
	const struct ek_spec leaf = { ROOT };
	struct btz_span none = { NULL, 0 };
	struct ek_cert l;
	struct chain c;

	(void)state;
	ek_leaf(&leaf, &l);
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		memcpy(l.b + l.len, cases[i].pad, cases[i].n);
		assert_int_equal(
		    check_bytes(btz_span_of(l.b, l.len + cases[i].n), none),
		    cases[i].rc);
	}
	/* but not behind an intermediate, nor other things there */
	build("a", &c);
	c.b[c.len] = 0;
	assert_int_equal(
	    check_bytes(btz_span_of(l.b, l.len), btz_span_of(c.b, c.len + 1)),
	    BTZ_E_EK_CERT);
	assert_int_equal(
	    check_bytes(btz_span_of(l.b, l.len), btz_span_of(c.b, c.len - 1)),
	    BTZ_E_EK_CERT);
}

/* Every cut and every flipped byte of a certificate, signature and all. */
static void
test_bytes(void **state)
{
	const struct ek_spec leaf = { ROOT };
	struct btz_span none = { NULL, 0 };
	struct ek_cert l;

	(void)state;
	ek_leaf(&leaf, &l);
	for (size_t n = 0; n < l.len; n++)
		assert_int_equal(
		    check_bytes(btz_span_of(l.b, n), none), BTZ_E_EK_CERT);
	for (size_t i = 0; i < l.len; i++) {
		l.b[i] ^= 0x01;
		assert_int_equal(
		    check_bytes(btz_span_of(l.b, l.len), none), BTZ_E_EK_CERT);
		l.b[i] ^= 0x01;
	}
	assert_int_equal(check_bytes(btz_span_of(l.b, l.len), none), BTZ_OK);
}

static const char *const makers[] = { "infineon-ecc-010", "intel-spth",
	"nuvoton-1110", "stm-ecc-01" };

/* CAs of makers as they are. */
static void
test_makers(void **state)
{
	struct btz_ek_form f;
	uint8_t der[4096];
	char path[512];

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(makers); i++) {
		FILE *in;
		size_t n;

		print_message("# case: %s\n", makers[i]);
		(void)snprintf(path, sizeof(path),
		    BTZ_TOP "/tests/vectors/ek/makers/%s.der", makers[i]);
		in = fopen(path, "rb");
		assert_non_null(in);
		n = fread(der, 1, sizeof(der), in);
		(void)fclose(in);
		assert_true(btz_ek_form_parse(btz_span_of(der, n), &f));
		assert_true(btz_ek_form_ca(&f));
		assert_false(btz_ek_form_leaf(&f));
		assert_int_not_equal(btz_ek_sig_of(f.alg), BTZ_EK_SIG_NONE);
		assert_false(btz_ek_form_parse(btz_span_of(der, n - 1), &f));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_leaves),
		cmocka_unit_test(test_good_leaves),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_ways),
		cmocka_unit_test(test_anchors),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_makers),
	};

	return cmocka_run_group_tests_name(
	    "ek_cert", tests, ek_keys_make, ek_keys_free);
}
