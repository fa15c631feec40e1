/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_build.c - every profile: refused specs, then certificates that our
 * reader, libcrypto and `openssl verify -x509_strict` take, and chains that
 * the name constraints must break.
 */
#include "der/build.h"
#include "der/dertime.h"
#include "der/dn.h"
#include "der/x509.h"
#include "der_help.h"
#include "wire/alg.h"
#include "wire/constraint.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TD "edge-1.bartizan.internal"

struct made {
	uint8_t der[2048];
	size_t len;
	struct btz_x509 x; /* borrows from der */
	X509 *o;
};

struct fixture {
	struct test_key root_key, ca_key, leaf_key;
	struct made root, ca;
	uint64_t now;
};
static struct fixture fx;

static const uint8_t serial[16] = { 0x7f, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
	13, 14, 15, 16 };
static const struct btz_span dns_space[] = { LIT("edge-1.lan") };
static const struct btz_span ip_space[] = { BYTES(
    192, 168, 0, 0, 255, 255, 0, 0) };
static const struct btz_span dns_names[] = { LIT("edge-1.lan"),
	LIT("files.edge-1.lan") };
static const struct btz_span ip_names[] = { BYTES(192, 168, 1, 1) };

static void
make(struct made *m, const struct btz_cert_spec *s, const struct test_key *by)
{
	uint8_t tbs[1500], sig[1024];
	const uint8_t *p = m->der;
	struct btz_wr wr, out;
	size_t n;

	btz_wr_init(&wr, tbs, sizeof(tbs));
	assert_int_equal(btz_cert_build(s, &wr), BTZ_OK);
	n = key_sign(by, btz_wr_span(&wr), sig);
	btz_wr_init(&out, m->der, sizeof(m->der));
	assert_int_equal(btz_signed_put(&out, btz_wr_span(&wr), s->sig_alg,
			     btz_span_of(sig, n)),
	    BTZ_OK);
	m->len = out.len;
	assert_int_equal(btz_x509_parse(btz_wr_span(&out), &m->x), BTZ_OK);
	m->o = d2i_X509(NULL, &p, (long)m->len);
	assert_non_null(m->o);
	assert_true(p == m->der + m->len);
}

static struct btz_cert_spec
root_spec(void)
{
	return (struct btz_cert_spec){ .profile = BTZ_PROFILE_ROOT,
		.sig_alg = BTZ_SIG_ECDSA_SHA256,
		.serial = btz_span_of(serial, 16),
		.subject_cn = btz_span_str("edge-1 root CA"),
		.not_before = fx.now - 300,
		.not_after = fx.now + 86400 * 7300ull,
		.spki = key_spki(&fx.root_key),
		.ski = key_ski(&fx.root_key) };
}

static struct btz_cert_spec
issuing_spec(void)
{
	return (struct btz_cert_spec){ .profile = BTZ_PROFILE_ISSUING,
		.sig_alg = BTZ_SIG_ECDSA_SHA256,
		.serial = btz_span_of(serial, 16),
		.issuer = fx.root.x.subject,
		.subject_cn = btz_span_str("edge-1 issuing CA 1"),
		.not_before = fx.now - 300,
		.not_after = fx.now + 86400 * 365,
		.spki = key_spki(&fx.ca_key),
		.ski = key_ski(&fx.ca_key),
		.aki = fx.root.x.ext.ski,
		.ekus = BTZ_EKU_CLIENT_AUTH | BTZ_EKU_SERVER_AUTH,
		.uri = btz_span_str(TD),
		.dns = dns_space,
		.n_dns = 1,
		.ips = ip_space,
		.n_ips = 1 };
}

static struct btz_cert_spec
user_spec(void)
{
	return (struct btz_cert_spec){ .profile = BTZ_PROFILE_USER,
		.sig_alg = BTZ_SIG_ECDSA_SHA256,
		.serial = btz_span_of(serial, 16),
		.issuer = fx.ca.x.subject,
		.subject_cn = btz_span_str("alice"),
		.not_before = fx.now - 300,
		.not_after = fx.now + 86400 * 30,
		.spki = key_spki(&fx.leaf_key),
		.ski = key_ski(&fx.leaf_key),
		.aki = fx.ca.x.ext.ski,
		.ekus = BTZ_EKU_CLIENT_AUTH,
		.uri = btz_span_str("spiffe://" TD "/home/user/alice"),
		.crl_uri = btz_span_str(
		    "https://edge-1.lan/.bartizan/crl/1.crl"),
		.ca_uri = btz_span_str("https://edge-1.lan/.bartizan/ca.pem") };
}

static struct btz_cert_spec
server_spec(void)
{
	struct btz_cert_spec s = user_spec();

	s.profile = BTZ_PROFILE_SERVER;
	s.ekus = BTZ_EKU_SERVER_AUTH;
	s.uri = btz_span_of(NULL, 0);
	s.subject_cn = btz_span_of(NULL, 0);
	s.dns = dns_names;
	s.n_dns = 2;
	s.ips = ip_names;
	s.n_ips = 1;
	return s;
}

static int
setup(void **state)
{
	struct btz_cert_spec s;

	(void)state;
	fx.now = (uint64_t)time(NULL);
	key_new(&fx.root_key, false);
	key_new(&fx.ca_key, false);
	key_new(&fx.leaf_key, false);
	s = root_spec();
	make(&fx.root, &s, &fx.root_key);
	s = issuing_spec();
	make(&fx.ca, &s, &fx.root_key);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	X509_free(fx.root.o);
	X509_free(fx.ca.o);
	EVP_PKEY_free(fx.root_key.pkey);
	EVP_PKEY_free(fx.ca_key.pkey);
	EVP_PKEY_free(fx.leaf_key.pkey);
	return 0;
}

/* One spoiler per row, applied to a good spec. */
enum spoil {
	SERIAL_15,
	SERIAL_ZERO,
	SERIAL_TOP,
	ALG,
	ISSUER_NONE,
	ISSUER_EMPTY,
	ISSUER_JUNK,
	CN_LONG,
	TIMES,
	TIME_LATE,
	SPKI,
	SKI_SHORT,
	AKI_NONE,
	EKU_NONE,
	URI_NONE,
	URI_AND_DNS,
	PROFILE_0,
	PROFILE_9,
	ROOT_ISSUER,
	ROOT_AKI,
	ROOT_NO_CN,
	SERVER_URI,
	SERVER_NO_NAME,
	NO_ROOM
};

static const struct {
	const char *name;
	enum spoil how;
	enum btz_rc rc;
} refused[] = {
	{ "serial of 15", SERIAL_15, BTZ_E_X509_SERIAL },
	{ "serial starts with 0", SERIAL_ZERO, BTZ_E_X509_SERIAL },
	{ "serial negative", SERIAL_TOP, BTZ_E_X509_SERIAL },
	{ "unknown algorithm", ALG, BTZ_E_X509_SIGALG },
	{ "no issuer", ISSUER_NONE, BTZ_E_X509_ISSUER },
	{ "empty issuer", ISSUER_EMPTY, BTZ_E_X509_ISSUER },
	{ "issuer is not a Name", ISSUER_JUNK, BTZ_E_X509_ISSUER },
	{ "CN of 65", CN_LONG, BTZ_E_X509_SUBJECT },
	{ "notAfter before notBefore", TIMES, BTZ_E_X509_TIME },
	{ "year 10000", TIME_LATE, BTZ_E_X509_TIME },
	{ "SPKI cut", SPKI, BTZ_E_X509_SPKI },
	{ "SKI of 19", SKI_SHORT, BTZ_E_X509_SKI },
	{ "no AKI", AKI_NONE, BTZ_E_X509_AKI },
	{ "user without EKU", EKU_NONE, BTZ_E_X509_EKU },
	{ "user without URI", URI_NONE, BTZ_E_X509_SAN },
	{ "user with a DNS name", URI_AND_DNS, BTZ_E_X509_SAN },
	{ "profile 0", PROFILE_0, BTZ_E_INVAL },
	{ "profile 9", PROFILE_9, BTZ_E_INVAL },
	{ "root with issuer", ROOT_ISSUER, BTZ_E_X509_ISSUER },
	{ "root with AKI", ROOT_AKI, BTZ_E_X509_AKI },
	{ "root without CN", ROOT_NO_CN, BTZ_E_X509_SUBJECT },
	{ "server with URI", SERVER_URI, BTZ_E_X509_SAN },
	{ "server without name", SERVER_NO_NAME, BTZ_E_X509_SAN },
	{ "no room", NO_ROOM, BTZ_E_TOOBIG },
};

static void
spoil(struct btz_cert_spec *s, enum spoil how)
{
	static const uint8_t bad_serial[2][16] = { { 0, 1 }, { 0x80, 1 } };
	static const uint8_t empty_name[] = { 0x30, 0 };
	static char cn[65];
	struct btz_span none = { NULL, 0 };

	memset(cn, 'a', sizeof(cn));
	if (how >= ROOT_ISSUER && how <= ROOT_NO_CN)
		*s = root_spec();
	if (how == SERVER_URI || how == SERVER_NO_NAME)
		*s = server_spec();
	switch (how) {
	case SERIAL_15:
		s->serial.len = 15;
		break;
	case SERIAL_ZERO:
		s->serial.p = bad_serial[0];
		break;
	case SERIAL_TOP:
		s->serial.p = bad_serial[1];
		break;
	case ALG:
		s->sig_alg = 9;
		break;
	case ISSUER_NONE:
		s->issuer = none;
		break;
	case ISSUER_EMPTY:
		s->issuer = btz_span_of(empty_name, 2);
		break;
	case ISSUER_JUNK:
		s->issuer = btz_span_str("junk");
		break;
	case CN_LONG:
		s->subject_cn = btz_span_of(cn, sizeof(cn));
		break;
	case TIMES:
		s->not_after = s->not_before;
		break;
	case TIME_LATE:
		s->not_after = BTZ_TIME_MAX + 1;
		break;
	case SPKI:
		s->spki.len--;
		break;
	case SKI_SHORT:
		s->ski.len--;
		break;
	case AKI_NONE:
		s->aki = none;
		break;
	case EKU_NONE:
		s->ekus = 0;
		break;
	case URI_NONE:
		s->uri = none;
		break;
	case URI_AND_DNS:
		s->dns = dns_names;
		s->n_dns = 1;
		break;
	case PROFILE_0:
		s->profile = 0;
		break;
	case PROFILE_9:
		s->profile = 9;
		break;
	case ROOT_ISSUER:
		s->issuer = fx.root.x.subject;
		break;
	case ROOT_AKI:
		s->aki = s->ski;
		break;
	case ROOT_NO_CN:
		s->subject_cn = none;
		break;
	case SERVER_URI:
		s->uri = btz_span_str("spiffe://a/b/user/c");
		break;
	case SERVER_NO_NAME:
		s->n_dns = s->n_ips = 0;
		break;
	case NO_ROOM:
		break;
	}
}

static void
test_refused(void **state)
{
	uint8_t buf[1500];

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(refused); i++) {
		struct btz_cert_spec s = user_spec();
		struct btz_wr wr;

		print_message("# case: %s\n", refused[i].name);
		spoil(&s, refused[i].how);
		btz_wr_init(
		    &wr, buf, refused[i].how == NO_ROOM ? 200 : sizeof(buf));
		assert_int_equal(btz_cert_build(&s, &wr), refused[i].rc);
	}
}

/* Chain leaf-ca-root with strict checks; X509_V_OK or what went wrong. */
static int
verify(X509 *leaf, int purpose)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *chain = sk_X509_new_null();
	X509_STORE *store = X509_STORE_new();
	int rc;

	X509_STORE_add_cert(store, fx.root.o);
	sk_X509_push(chain, fx.ca.o);
	X509_STORE_CTX_init(ctx, store, leaf, chain);
	X509_STORE_CTX_set_flags(
	    ctx, X509_V_FLAG_X509_STRICT | X509_V_FLAG_POLICY_CHECK);
	X509_STORE_CTX_set_purpose(ctx, purpose);
	rc = X509_verify_cert(ctx) == 1 ? X509_V_OK
					: X509_STORE_CTX_get_error(ctx);
	print_message("# %s\n", X509_verify_cert_error_string(rc));
	X509_STORE_CTX_free(ctx);
	sk_X509_free(chain);
	X509_STORE_free(store);
	return rc;
}

static void
test_user(void **state)
{
	static const uint8_t profiles[] = { BTZ_PROFILE_USER,
		BTZ_PROFILE_DEVICE };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct btz_cert_spec s = user_spec();
		struct btz_gn gn;
		struct btz_rd it;
		struct made m;

		s.profile = profiles[i];
		make(&m, &s, &fx.ca_key);
		assert_int_equal(verify(m.o, X509_PURPOSE_SSL_CLIENT), 0);
		assert_int_equal(verify(m.o, X509_PURPOSE_SSL_SERVER),
		    X509_V_ERR_INVALID_PURPOSE);
		assert_false(m.x.ext.ca);
		assert_int_equal(m.x.ext.ku, BTZ_KU_DIGITAL_SIGNATURE);
		assert_int_equal(m.x.ext.ekus, BTZ_EKU_CLIENT_AUTH);
		assert_int_equal(m.x.ext.n_unknown, 0);
		assert_true(m.x.not_before == s.not_before &&
			    m.x.not_after == s.not_after);
		assert_true(btz_span_eq(m.x.serial, s.serial));
		assert_true(btz_span_eq(m.x.issuer, s.issuer));
		assert_true(btz_span_eq(m.x.spki, s.spki));
		assert_true(btz_span_eq(m.x.ext.aki, fx.ca.x.ext.ski));
		assert_true(btz_span_eq(m.x.ext.crl_uri, s.crl_uri));
		assert_true(btz_span_eq(m.x.ext.ca_uri, s.ca_uri));
		assert_false(btz_exts_critical(&m.x.ext, BTZ_EXT_SAN));
		btz_rd_span(&it, m.x.ext.san);
		assert_int_equal(btz_gn_next(&it, &gn), 1);
		assert_int_equal(gn.type, BTZ_GN_URI);
		assert_true(btz_span_eq(gn.value, s.uri));
		assert_int_equal(btz_gn_next(&it, &gn), 0);
		X509_free(m.o);
	}
}

static void
test_server(void **state)
{
	struct btz_cert_spec s = server_spec();
	struct made m;

	(void)state;
	make(&m, &s, &fx.ca_key);
	assert_int_equal(verify(m.o, X509_PURPOSE_SSL_SERVER), 0);
	assert_true(btz_exts_critical(&m.x.ext, BTZ_EXT_SAN));
	assert_int_equal(
	    X509_check_host(m.o, "files.edge-1.lan", 0, 0, NULL), 1);
	assert_int_equal(X509_check_host(m.o, "other.lan", 0, 0, NULL), 0);
	assert_int_equal(X509_check_ip_asc(m.o, "192.168.1.1", 0), 1);
	X509_free(m.o);
}

/* What the issuing certificate does not allow, OpenSSL must refuse. */
static void
test_name_constraints(void **state)
{
	static const struct btz_span foreign_dns[] = { LIT("example.org") };
	const struct btz_span foreign_ip[] = { BYTES(10, 0, 0, 1) };
	const struct btz_span v6[] = { BYTES(
	    0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1) };
	struct btz_cert_spec s = user_spec();
	struct made m;

	(void)state;
	s.uri = btz_span_str("spiffe://other.internal/home/user/alice");
	make(&m, &s, &fx.ca_key);
	assert_int_equal(verify(m.o, X509_PURPOSE_SSL_CLIENT),
	    X509_V_ERR_PERMITTED_VIOLATION);
	X509_free(m.o);
	s = server_spec();
	s.dns = foreign_dns;
	s.n_dns = 1;
	make(&m, &s, &fx.ca_key);
	assert_int_equal(verify(m.o, X509_PURPOSE_SSL_SERVER),
	    X509_V_ERR_PERMITTED_VIOLATION);
	X509_free(m.o);
	s = server_spec();
	s.ips = foreign_ip;
	make(&m, &s, &fx.ca_key);
	assert_int_equal(verify(m.o, X509_PURPOSE_SSL_SERVER),
	    X509_V_ERR_PERMITTED_VIOLATION);
	X509_free(m.o);
	s.ips = v6; /* no IPv6 range is permitted, so all are excluded */
	make(&m, &s, &fx.ca_key);
	assert_int_not_equal(verify(m.o, X509_PURPOSE_SSL_SERVER), X509_V_OK);
	X509_free(m.o);
}

/* An issuing CA without name space of servers: all DNS and IP excluded. */
static void
test_no_name_space(void **state)
{
	struct btz_cert_spec s = issuing_spec();
	struct made old = fx.ca, m;

	(void)state;
	s.n_dns = s.n_ips = 0;
	make(&fx.ca, &s, &fx.root_key);
	s = server_spec();
	make(&m, &s, &fx.ca_key);
	assert_int_equal(verify(m.o, X509_PURPOSE_SSL_SERVER),
	    X509_V_ERR_EXCLUDED_VIOLATION);
	X509_free(m.o);
	s = user_spec();
	make(&m, &s, &fx.ca_key);
	assert_int_equal(verify(m.o, X509_PURPOSE_SSL_CLIENT), X509_V_OK);
	X509_free(m.o);
	X509_free(fx.ca.o);
	fx.ca = old;
	/* old.x borrowed from fx.ca.der, which is the same memory again */
	assert_int_equal(
	    btz_x509_parse(btz_span_of(fx.ca.der, fx.ca.len), &fx.ca.x),
	    BTZ_OK);
}

static void
test_ca_certificates(void **state)
{
	(void)state;
	assert_true(fx.root.x.ext.ca && fx.root.x.ext.path_len == 1);
	assert_true(btz_span_eq(fx.root.x.issuer, fx.root.x.subject));
	assert_true(fx.ca.x.ext.ca && fx.ca.x.ext.has_path_len &&
		    fx.ca.x.ext.path_len == 0);
	assert_int_equal(
	    fx.ca.x.ext.ku, BTZ_KU_KEY_CERT_SIGN | BTZ_KU_CRL_SIGN);
	assert_true(btz_exts_critical(&fx.ca.x.ext, BTZ_EXT_BC));
	assert_true(btz_exts_critical(&fx.ca.x.ext, BTZ_EXT_KU));
	assert_true(btz_exts_critical(&fx.ca.x.ext, BTZ_EXT_NC));
	assert_false(btz_exts_critical(&fx.ca.x.ext, BTZ_EXT_EKU));
	assert_true(btz_span_eq(fx.ca.x.ext.aki, fx.root.x.ext.ski));
	assert_int_equal(verify(fx.ca.o, X509_PURPOSE_ANY), X509_V_OK);
	assert_int_equal(X509_check_ca(fx.ca.o), 1);
}

/* No expiry, RSA subject key, and the boundary of the two time forms. */
static void
test_variants(void **state)
{
	struct btz_cert_spec s = user_spec();
	struct test_key rsa;
	struct made m;

	(void)state;
	key_new(&rsa, true);
	s.spki = key_spki(&rsa);
	s.ski = key_ski(&rsa);
	s.not_after = BTZ_TIME_MAX;
	make(&m, &s, &fx.ca_key);
	assert_true(m.x.not_after == BTZ_TIME_MAX);
	assert_int_equal(verify(m.o, X509_PURPOSE_SSL_CLIENT), X509_V_OK);
	X509_free(m.o);
	EVP_PKEY_free(rsa.pkey);
}

static void
test_signed_refused(void **state)
{
	static const uint8_t zero_r[] = { 0x30, 6, 2, 1, 0, 2, 1, 1 };
	struct btz_wr wr;
	uint8_t buf[64];

	(void)state;
	btz_wr_init(&wr, buf, sizeof(buf));
	assert_int_equal(btz_signed_put(&wr, btz_span_of(zero_r, 0), 9,
			     btz_span_of(zero_r, 8)),
	    BTZ_E_X509_SIGALG);
	assert_int_equal(btz_signed_put(&wr, btz_span_of(zero_r, 0),
			     BTZ_SIG_ECDSA_SHA256, btz_span_of(zero_r, 8)),
	    BTZ_E_SIGNATURE);
}

static void
put_pem(const char *path, const struct made *m)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	PEM_write_X509(f, m->o);
	fclose(f);
}

static void
test_command_line(void **state)
{
	char dir[] = "/tmp/btz-der-XXXXXX";
	struct btz_cert_spec s = user_spec();
	struct made m;

	(void)state;
	if (system("openssl version >/dev/null 2>&1") != 0)
		skip();
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chdir(dir), 0);
	make(&m, &s, &fx.ca_key);
	put_pem("root.pem", &fx.root);
	put_pem("ca.pem", &fx.ca);
	put_pem("leaf.pem", &m);
	assert_int_equal(system("openssl verify -x509_strict -purpose "
				"sslclient -CAfile root.pem -untrusted ca.pem "
				"leaf.pem >out 2>&1 || { sed 's/^/# /' out; "
				"false; }"),
	    0);
	assert_int_equal(
	    system("openssl x509 -in leaf.pem -noout -text >out 2>&1 && grep "
		   "-q 'URI:spiffe://" TD "/home/user/alice' out"),
	    0);
	assert_int_equal(system("rm -f root.pem ca.pem leaf.pem out"), 0);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(dir), 0);
	X509_free(m.o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_ca_certificates),
		cmocka_unit_test(test_user),
		cmocka_unit_test(test_server),
		cmocka_unit_test(test_name_constraints),
		cmocka_unit_test(test_no_name_space),
		cmocka_unit_test(test_variants),
		cmocka_unit_test(test_signed_refused),
		cmocka_unit_test(test_command_line),
	};

	return cmocka_run_group_tests_name("build", tests, setup, teardown);
}
