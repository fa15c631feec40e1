/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_check_cert.c - the allow-list of an issuing key: one deviation a row,
 * each refused for its own reason; then what is allowed.
 */
#include "support/cmocka_all.h"

#include <string.h>

#include "der/build.h"
#include "der/dn.h"
#include "der/oid.h"
#include "der/spki.h"
#include "issuer.h"
#include "wire/alg.h"

#define NOW 1790000000u
#define DAY 86400u
#define URI "spiffe://box.example/home/user/alice"
#define BIT(e) ((uint16_t)(1u << BTZ_EXT_##e))

static uint8_t ski[20] = { 1, 2, 3 };
static uint8_t point[65] = { 4, 9, 9 };
static uint8_t range[8] = { 192, 0, 2, 0, 255, 255, 255, 0 };
static uint8_t tbs[2048], alg_rsa[64];
static struct btz_span ours_spki;

static bool
ours(const void *ctx, struct btz_span spki)
{
	(void)ctx;
	return btz_span_eq(spki, ours_spki);
}

/* Not SHA-1: any function of the key does for the comparison. */
static enum btz_rc
fake_sha1(struct btz_span in, uint8_t out[20])
{
	memset(out, 0, 20);
	memcpy(out, in.p, 3);
	return BTZ_OK;
}

static struct ta_issuer
issuer(void)
{
	struct ta_issuer is = {
		.c = { .trust_domain = btz_span_str("box.example"),
		    .subject_cn = btz_span_str("nas issuing"),
		    .ekus = BTZ_EKU_CLIENT_AUTH | BTZ_EKU_SERVER_AUTH,
		    .max_lifetime = 30 * DAY,
		    .crl_uri = btz_span_str("http://box.example/ca.crl"),
		    .n_tenants = 1,
		    .tenants = { btz_span_str("home") },
		    .n_dns = 1,
		    .dns = { btz_span_str("box.example") },
		    .n_ips = 1,
		    .ips = { btz_span_of(range, sizeof(range)) } },
		.now = NOW,
		.not_after = NOW + 300 * DAY,
		.ours = ours,
		.sha1 = fake_sha1,
	};
	struct btz_wr wr;

	memcpy(is.ski, ski, sizeof(ski));
	btz_wr_init(&wr, is.name, sizeof(is.name));
	btz_dn_put(&wr, is.c.subject_cn);
	is.name_len = wr.len;
	return is;
}

static void
good(const struct ta_issuer *is, bool server, struct btz_x509 *x)
{
	static uint8_t spki[BTZ_SPKI_P256_LEN], serial[16] = { 0x41 };
	static const uint8_t ip[4] = { 192, 0, 2, 7 };
	static uint8_t key_id[20];
	const struct btz_span dns[] = { btz_span_str("www.box.example") };
	const struct btz_span ips[] = { btz_span_of(ip, 4) };
	struct btz_wr wr;

	btz_wr_init(&wr, spki, sizeof(spki));
	btz_spki_put_p256(&wr, point);
	assert_int_equal(fake_sha1(btz_span_of(point, 65), key_id), BTZ_OK);
	struct btz_cert_spec spec = {
		.profile = server ? BTZ_PROFILE_SERVER : BTZ_PROFILE_USER,
		.sig_alg = BTZ_SIG_ECDSA_SHA256,
		.serial = btz_span_of(serial, sizeof(serial)),
		.issuer = btz_span_of(is->name, is->name_len),
		.subject_cn = btz_span_str(server ? "" : "alice"),
		.not_before = NOW,
		.not_after = NOW + 30 * DAY,
		.spki = btz_span_of(spki, sizeof(spki)),
		.ski = btz_span_of(key_id, sizeof(key_id)),
		.aki = btz_span_of(is->ski, sizeof(is->ski)),
		.ekus = server ? BTZ_EKU_SERVER_AUTH : BTZ_EKU_CLIENT_AUTH,
		.uri = btz_span_str(server ? "" : URI),
		.dns = dns,
		.n_dns = server ? 1 : 0,
		.ips = ips,
		.n_ips = server ? 1 : 0,
		.crl_uri = btz_span_str("http://box.example/ca.crl"),
		.ca_uri = btz_span_str("http://box.example/ca.pem"),
	};

	btz_wr_init(&wr, tbs, sizeof(tbs));
	assert_int_equal(btz_cert_build(&spec, &wr), BTZ_OK);
	assert_int_equal(btz_x509_parse_tbs(btz_wr_span(&wr), x), BTZ_OK);
}

/* GeneralNames content from (tag, text) pairs. */
static uint8_t san_buf[512];
static struct btz_wr san_wr;

static struct btz_span
san_add(uint8_t tag, const char *text)
{
	btz_wr_u8(&san_wr, tag);
	btz_wr_u8(&san_wr, (uint8_t)strlen(text));
	btz_wr_raw(&san_wr, text, strlen(text));
	assert_true(btz_wr_ok(&san_wr));
	return btz_wr_span(&san_wr);
}

static struct btz_span
san(uint8_t tag, const char *text)
{
	btz_wr_init(&san_wr, san_buf, sizeof(san_buf));
	return san_add(tag, text);
}

static struct btz_span
other_cn(const char *cn)
{
	static uint8_t buf[96];
	struct btz_wr wr;

	btz_wr_init(&wr, buf, sizeof(buf));
	btz_dn_put(&wr, btz_span_str(cn));
	return btz_wr_span(&wr);
}

#define ROW(fn, body)                                                          \
	static void fn(struct ta_issuer *is, struct btz_x509 *x)               \
	{                                                                      \
		(void)is, (void)x;                                             \
		body;                                                          \
	}

ROW(serial_short, x->serial.len = 15)
ROW(serial_long, x->serial.len = 17)
ROW(alg, x->inner_alg = btz_span_of(alg_rsa, sizeof(alg_rsa)))
ROW(alg_rsa_known, x->inner_alg = btz_sigalg_der(BTZ_SIG_RSA_PKCS1_SHA256))
ROW(issuer_other, x->issuer = other_cn("nas issuinG"))
ROW(issuer_empty, x->issuer = other_cn(""))
ROW(before_early, x->not_before = NOW - 3601)
ROW(before_late, x->not_before = NOW + 301)
ROW(after_equal, x->not_after = x->not_before)
ROW(after_less, x->not_after = x->not_before - 1)
ROW(after_long, x->not_after++)
ROW(after_issuer, is->not_after = x->not_after - 1)
ROW(unknown, x->ext.n_unknown = 1)
ROW(name_constraints, x->ext.present |= BIT(NC))
ROW(no_ku, x->ext.present &= (uint16_t)~BIT(KU))
ROW(no_eku, x->ext.present &= (uint16_t)~BIT(EKU))
ROW(no_aki, x->ext.present &= (uint16_t)~BIT(AKI))
ROW(no_san, x->ext.present &= (uint16_t)~BIT(SAN))
ROW(bc_plain, x->ext.critical &= (uint16_t)~BIT(BC))
ROW(ku_plain, x->ext.critical &= (uint16_t)~BIT(KU))
ROW(eku_critical, x->ext.critical |= BIT(EKU))
ROW(ski_critical, x->ext.critical |= BIT(SKI))
ROW(aki_critical, x->ext.critical |= BIT(AKI))
ROW(crldp_critical, x->ext.critical |= BIT(CRLDP))
ROW(aia_critical, x->ext.critical |= BIT(AIA))
ROW(san_critical, x->ext.critical |= BIT(SAN))
ROW(spki_type, x->spki.len--)
ROW(spki_ours, ours_spki = x->spki)
ROW(ski_wrong, x->ext.ski = btz_span_of(ski, 20))
ROW(ski_short, x->ext.ski.len = 8)
ROW(ca, x->ext.ca = true)
ROW(path_len, x->ext.has_path_len = true)
ROW(ku_cert_sign, x->ext.ku |= BTZ_KU_KEY_CERT_SIGN)
ROW(ku_crl_sign, x->ext.ku = BTZ_KU_CRL_SIGN)
ROW(ku_more, x->ext.ku |= BTZ_KU_KEY_ENCIPHERMENT)
ROW(ku_none, x->ext.ku = 0)
ROW(eku_none, x->ext.ekus = 0)
ROW(eku_other, x->ext.n_other_ekus = 1)
ROW(eku_not_sealed, is->c.ekus = BTZ_EKU_SERVER_AUTH)
ROW(eku_ocsp,
    (x->ext.ekus |= BTZ_EKU_OCSP_SIGNING, is->c.ekus |= BTZ_EKU_OCSP_SIGNING))
ROW(aki_other, x->ext.aki_other = true)
ROW(aki_wrong, is->ski[19] ^= 1)
ROW(aki_empty, x->ext.aki.len = 0)
ROW(crl_other, is->c.crl_uri = btz_span_str("http://box.example/ca.crI"))
ROW(crl_none_sealed, is->c.crl_uri.len = 0)
ROW(crl_ldap, (x->ext.crl_uri = btz_span_str("ldap://box.example/x"),
		  is->c.crl_uri = x->ext.crl_uri))
ROW(aia_other, x->ext.aia_other = true)
ROW(aia_file, x->ext.ca_uri = btz_span_str("file:///etc"))
ROW(aia_empty, x->ext.ca_uri.len = 0)
ROW(uri_domain, x->ext.san = san(0x86, "spiffe://box.exampl/home/user/alice"))
ROW(uri_sub, x->ext.san = san(0x86, "spiffe://a.box.example/home/user/alice"))
ROW(uri_tenant, x->ext.san = san(0x86, "spiffe://box.example/shop/user/alice"))
ROW(uri_kind, x->ext.san = san(0x86, "spiffe://box.example/home/admin/alice"))
ROW(uri_more, x->ext.san = san(0x86, URI "/x"))
ROW(uri_case, x->ext.san = san(0x86, "spiffe://box.example/home/user/Alice"))
ROW(uri_http, x->ext.san = san(0x86, "http://box.example/user/alice"))
ROW(uri_two, (san(0x86, URI), x->ext.san = san_add(0x86, URI)))
ROW(email, (san(0x86, URI), x->ext.san = san_add(0x81, "a@box.example")))
ROW(client_dns, (san(0x86, URI), x->ext.san = san_add(0x82, "box.example")))
ROW(client_no_uri, x->ext.san = san(0x82, "box.example"))
ROW(san_empty, x->ext.san.len = 0)
ROW(cn_other, x->subject = other_cn("bob"))
ROW(cn_prefix, x->subject = other_cn("alic"))
ROW(cn_empty, x->subject = other_cn("")) /* SAN must be critical then */

ROW(dns_other, x->ext.san = san(0x82, "box.example.org"))
ROW(dns_suffix, x->ext.san = san(0x82, "xbox.example"))
ROW(dns_wild, x->ext.san = san(0x82, "*.box.example"))
ROW(dns_none_sealed, is->c.n_dns = 0)
ROW(ip_other, x->ext.san = san(0x87, "\xc0\x01\x02\x07"))
ROW(ip_none_sealed, is->c.n_ips = 0)
ROW(ip6, x->ext.san = san(0x87, "\x20\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01"
				"\x01\x01\x01\x01\x01"))
ROW(server_cn, x->subject = other_cn("www.box.example"))
ROW(server_plain_san, x->ext.critical &= (uint16_t)~BIT(SAN))
ROW(server_not_sealed, is->c.ekus = BTZ_EKU_CLIENT_AUTH)

ROW(as_is, (void)x)
ROW(empty_subject, (x->subject = other_cn(""), x->ext.critical |= BIT(SAN)))
ROW(any_tenant,
    (is->c.n_tenants = 0,
	x->ext.san = san(0x86, "spiffe://box.example/shop/user/alice")))
ROW(device, (x->ext.san = san(0x86, "spiffe://box.example/home/device/d-1"),
		x->subject = other_cn("d-1")))
ROW(no_crldp, x->ext.present &= (uint16_t)~BIT(CRLDP))
ROW(no_bc, (x->ext.present &= (uint16_t)~BIT(BC),
	       x->ext.critical &= (uint16_t)~BIT(BC)))
ROW(edge_times,
    (x->not_before = NOW - 3600, x->not_after = x->not_before + 30 * DAY))
ROW(dns_equal, x->ext.san = san(0x82, "box.example"))

static const struct {
	const char *name;
	void (*change)(struct ta_issuer *is, struct btz_x509 *x);
	bool server;
	enum btz_rc want;
} rows[] = {
	{ "serial of 15 octets", serial_short, false, BTZ_E_X509_SERIAL },
	{ "serial of 17 octets", serial_long, false, BTZ_E_X509_SERIAL },
	{ "unknown algorithm", alg, false, BTZ_E_X509_SIGALG },
	{ "RSA algorithm", alg_rsa_known, false, BTZ_E_X509_SIGALG },
	{ "another issuer", issuer_other, false, BTZ_E_X509_ISSUER },
	{ "empty issuer", issuer_empty, false, BTZ_E_X509_ISSUER },
	{ "back-dated", before_early, false, BTZ_E_X509_NOT_BEFORE },
	{ "post-dated", before_late, false, BTZ_E_X509_NOT_BEFORE },
	{ "no lifetime", after_equal, false, BTZ_E_X509_LIFETIME },
	{ "ends before it begins", after_less, false, BTZ_E_X509_LIFETIME },
	{ "a second too long", after_long, false, BTZ_E_X509_LIFETIME },
	{ "outlives the issuer", after_issuer, false, BTZ_E_X509_LIFETIME },
	{ "unknown extension", unknown, false, BTZ_E_X509_EXT_UNKNOWN },
	{ "name constraints", name_constraints, false, BTZ_E_X509_EXT_UNKNOWN },
	{ "no KU", no_ku, false, BTZ_E_X509_EXT_MISSING },
	{ "no EKU", no_eku, false, BTZ_E_X509_EXT_MISSING },
	{ "no AKI", no_aki, false, BTZ_E_X509_EXT_MISSING },
	{ "no SAN", no_san, false, BTZ_E_X509_EXT_MISSING },
	{ "BC not critical", bc_plain, false, BTZ_E_X509_EXT_CRIT },
	{ "KU not critical", ku_plain, false, BTZ_E_X509_EXT_CRIT },
	{ "EKU critical", eku_critical, false, BTZ_E_X509_EXT_CRIT },
	{ "SKI critical", ski_critical, false, BTZ_E_X509_EXT_CRIT },
	{ "AKI critical", aki_critical, false, BTZ_E_X509_EXT_CRIT },
	{ "CRLDP critical", crldp_critical, false, BTZ_E_X509_EXT_CRIT },
	{ "AIA critical", aia_critical, false, BTZ_E_X509_EXT_CRIT },
	{ "SAN critical beside a subject", san_critical, false,
	    BTZ_E_X509_EXT_CRIT },
	{ "key of another type", spki_type, false, BTZ_E_X509_SPKI },
	{ "key of the TA", spki_ours, false, BTZ_E_X509_SPKI_OURS },
	{ "SKI of another key", ski_wrong, false, BTZ_E_X509_SKI },
	{ "short SKI", ski_short, false, BTZ_E_X509_SKI },
	{ "CA:TRUE", ca, false, BTZ_E_X509_CA },
	{ "path length", path_len, false, BTZ_E_X509_CA },
	{ "keyCertSign", ku_cert_sign, false, BTZ_E_X509_KU },
	{ "cRLSign", ku_crl_sign, false, BTZ_E_X509_KU },
	{ "keyEncipherment", ku_more, false, BTZ_E_X509_KU },
	{ "no usage", ku_none, false, BTZ_E_X509_KU },
	{ "no purpose", eku_none, false, BTZ_E_X509_EKU },
	{ "other purpose", eku_other, false, BTZ_E_X509_EKU },
	{ "purpose not sealed", eku_not_sealed, false, BTZ_E_X509_EKU },
	{ "OCSPSigning", eku_ocsp, false, BTZ_E_X509_EKU },
	{ "AKI with serial", aki_other, false, BTZ_E_X509_AKI },
	{ "AKI of another CA", aki_wrong, false, BTZ_E_X509_AKI },
	{ "AKI empty", aki_empty, false, BTZ_E_X509_AKI },
	{ "CRL elsewhere", crl_other, false, BTZ_E_X509_URI },
	{ "CRL, none sealed", crl_none_sealed, false, BTZ_E_X509_URI },
	{ "CRL by LDAP", crl_ldap, false, BTZ_E_X509_URI },
	{ "AIA with other methods", aia_other, false, BTZ_E_X509_URI },
	{ "AIA file", aia_file, false, BTZ_E_X509_URI },
	{ "AIA empty", aia_empty, false, BTZ_E_X509_URI },
	{ "trust domain cut", uri_domain, false, BTZ_E_X509_SAN },
	{ "trust domain below", uri_sub, false, BTZ_E_X509_SAN },
	{ "foreign tenant", uri_tenant, false, BTZ_E_X509_SAN },
	{ "neither user nor device", uri_kind, false, BTZ_E_X509_SAN },
	{ "more path", uri_more, false, BTZ_E_X509_SAN },
	{ "upper case", uri_case, false, BTZ_E_X509_SAN },
	{ "http URI", uri_http, false, BTZ_E_X509_SAN },
	{ "two principals", uri_two, false, BTZ_E_X509_SAN },
	{ "e-mail address", email, false, BTZ_E_X509_SAN },
	{ "client with a host name", client_dns, false, BTZ_E_X509_SAN },
	{ "client without principal", client_no_uri, false, BTZ_E_X509_SAN },
	{ "empty SAN", san_empty, false, BTZ_E_X509_SAN },
	{ "CN of another", cn_other, false, BTZ_E_X509_SUBJECT },
	{ "CN cut", cn_prefix, false, BTZ_E_X509_SUBJECT },
	{ "no subject, SAN not critical", cn_empty, false,
	    BTZ_E_X509_EXT_CRIT },
	{ "foreign host", dns_other, true, BTZ_E_X509_SAN },
	{ "suffix without a dot", dns_suffix, true, BTZ_E_X509_SAN },
	{ "wildcard", dns_wild, true, BTZ_E_X509_SAN },
	{ "host names not sealed", dns_none_sealed, true, BTZ_E_X509_SAN },
	{ "foreign address", ip_other, true, BTZ_E_X509_SAN },
	{ "addresses not sealed", ip_none_sealed, true, BTZ_E_X509_SAN },
	{ "IPv6, IPv4 sealed", ip6, true, BTZ_E_X509_SAN },
	{ "server with a subject", server_cn, true, BTZ_E_X509_SUBJECT },
	{ "server, SAN not critical", server_plain_san, true,
	    BTZ_E_X509_EXT_CRIT },
	{ "server not sealed", server_not_sealed, true, BTZ_E_X509_EKU },
	{ "user", as_is, false, BTZ_OK },
	{ "server", as_is, true, BTZ_OK },
	{ "user without subject", empty_subject, false, BTZ_OK },
	{ "any tenant", any_tenant, false, BTZ_OK },
	{ "device", device, false, BTZ_OK },
	{ "without CRLDP", no_crldp, false, BTZ_OK },
	{ "without BC", no_bc, false, BTZ_OK },
	{ "times at their limits", edge_times, false, BTZ_OK },
	{ "host equal to the name space", dns_equal, true, BTZ_OK },
};

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		struct ta_issuer is = issuer();
		struct btz_x509 x;

		print_message("# case: %s\n", rows[i].name);
		ours_spki = btz_span_of(NULL, 0);
		good(&is, rows[i].server, &x);
		rows[i].change(&is, &x);
		assert_int_equal(ta_check_cert(&is, &x), rows[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
