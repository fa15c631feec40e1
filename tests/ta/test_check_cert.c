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
static uint8_t ocsp_of; /* first octet of the issuer that it is sealed to */

static enum ta_ours
ours(const void *ctx, const uint8_t issuer[16], struct btz_span spki)
{
	(void)ctx;
	if (!btz_span_eq(spki, ours_spki))
		return TA_OURS_NOT;
	return issuer[0] == ocsp_of ? TA_OURS_OCSP : TA_OURS_OTHER;
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
good(const struct ta_issuer *is, enum btz_profile profile, struct btz_x509 *x)
{
	const bool server = profile == BTZ_PROFILE_SERVER;
	const bool user = profile == BTZ_PROFILE_USER;

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
		.profile = (uint8_t)profile,
		.sig_alg = BTZ_SIG_ECDSA_SHA256,
		.serial = btz_span_of(serial, sizeof(serial)),
		.issuer = btz_span_of(is->name, is->name_len),
		.subject_cn = btz_span_str(user	    ? "alice"
					   : server ? ""
						    : "OCSP responder"),
		.not_before = NOW,
		.not_after = NOW + (user || server ? 30 : 7) * DAY,
		.spki = btz_span_of(spki, sizeof(spki)),
		.ski = btz_span_of(key_id, sizeof(key_id)),
		.aki = btz_span_of(is->ski, sizeof(is->ski)),
		.ekus = user	 ? BTZ_EKU_CLIENT_AUTH
			: server ? BTZ_EKU_SERVER_AUTH
				 : BTZ_EKU_OCSP_SIGNING,
		.uri = btz_span_str(user ? URI : ""),
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
ROW(server_cn, x->subject = other_cn("other.box.example"))
ROW(server_cn_part, x->subject = other_cn("box.example"))
ROW(server_named, (x->subject = other_cn("www.box.example"),
		      x->ext.critical &= (uint16_t)~BIT(SAN)))
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

/* The responder's certificate; whose key it has is set by each row. */
#define OCSP_ROW(fn, body)                                                     \
	ROW(fn, (ours_spki = x->spki, ocsp_of = is->id[0], body))
OCSP_ROW(ocsp_as_is, (void)x)
ROW(ocsp_of_caller, (void)x)
OCSP_ROW(ocsp_of_other, ocsp_of ^= 1)
OCSP_ROW(ocsp_8_days, x->not_after++)
OCSP_ROW(ocsp_past_issuer, is->not_after = x->not_after - 1)
OCSP_ROW(ocsp_past_limit, is->c.max_lifetime = 7 * DAY - 1)
OCSP_ROW(ocsp_early, x->not_before = NOW - 3601)
OCSP_ROW(ocsp_client, x->ext.ekus = BTZ_EKU_CLIENT_AUTH)
OCSP_ROW(ocsp_and_client, x->ext.ekus |= BTZ_EKU_CLIENT_AUTH)
OCSP_ROW(ocsp_and_other, x->ext.n_other_ekus = 1)
OCSP_ROW(ocsp_ca, x->ext.ca = true)
OCSP_ROW(ocsp_ku, x->ext.ku = BTZ_KU_CRL_SIGN)
OCSP_ROW(ocsp_nocheck_crit, x->ext.critical |= BIT(NOCHECK))
OCSP_ROW(ocsp_unknown, x->ext.n_unknown = 1)
OCSP_ROW(ocsp_cn, x->subject = other_cn("alice"))
OCSP_ROW(ocsp_no_name, x->subject = other_cn(""))
OCSP_ROW(ocsp_uri, (x->ext.present |= BIT(SAN), x->ext.san = san(0x86, URI)))
OCSP_ROW(ocsp_foreign_host,
    (x->ext.present |= BIT(SAN), x->ext.critical |= BIT(SAN),
	x->subject = other_cn(""), x->ext.san = san(0x82, "a.example.org")))
OCSP_ROW(
    ocsp_host_plain, (x->ext.present |= BIT(SAN), x->subject = other_cn(""),
			 x->ext.san = san(0x82, "box.example")))
OCSP_ROW(ocsp_host,
    (x->ext.present |= BIT(SAN), x->ext.critical |= BIT(SAN),
	x->subject = other_cn(""), x->ext.san = san(0x82, "box.example")))
OCSP_ROW(ocsp_no_nocheck, x->ext.present &= (uint16_t)~BIT(NOCHECK))
OCSP_ROW(user_of_ocsp, (void)x)
ROW(user_nocheck, x->ext.present |= BIT(NOCHECK))

#define USER BTZ_PROFILE_USER
#define SERVER BTZ_PROFILE_SERVER
#define OCSP BTZ_PROFILE_OCSP

static const struct {
	const char *name;
	void (*change)(struct ta_issuer *is, struct btz_x509 *x);
	enum btz_profile profile;
	enum btz_rc want;
} rows[] = {
	{ "serial of 15 octets", serial_short, USER, BTZ_E_X509_SERIAL },
	{ "serial of 17 octets", serial_long, USER, BTZ_E_X509_SERIAL },
	{ "unknown algorithm", alg, USER, BTZ_E_X509_SIGALG },
	{ "RSA algorithm", alg_rsa_known, USER, BTZ_E_X509_SIGALG },
	{ "another issuer", issuer_other, USER, BTZ_E_X509_ISSUER },
	{ "empty issuer", issuer_empty, USER, BTZ_E_X509_ISSUER },
	{ "back-dated", before_early, USER, BTZ_E_X509_NOT_BEFORE },
	{ "post-dated", before_late, USER, BTZ_E_X509_NOT_BEFORE },
	{ "no lifetime", after_equal, USER, BTZ_E_X509_LIFETIME },
	{ "ends before it begins", after_less, USER, BTZ_E_X509_LIFETIME },
	{ "a second too long", after_long, USER, BTZ_E_X509_LIFETIME },
	{ "outlives the issuer", after_issuer, USER, BTZ_E_X509_LIFETIME },
	{ "unknown extension", unknown, USER, BTZ_E_X509_EXT_UNKNOWN },
	{ "name constraints", name_constraints, USER, BTZ_E_X509_EXT_UNKNOWN },
	{ "no KU", no_ku, USER, BTZ_E_X509_EXT_MISSING },
	{ "no EKU", no_eku, USER, BTZ_E_X509_EXT_MISSING },
	{ "no AKI", no_aki, USER, BTZ_E_X509_EXT_MISSING },
	{ "no SAN", no_san, USER, BTZ_E_X509_EXT_MISSING },
	{ "BC not critical", bc_plain, USER, BTZ_E_X509_EXT_CRIT },
	{ "KU not critical", ku_plain, USER, BTZ_E_X509_EXT_CRIT },
	{ "EKU critical", eku_critical, USER, BTZ_E_X509_EXT_CRIT },
	{ "SKI critical", ski_critical, USER, BTZ_E_X509_EXT_CRIT },
	{ "AKI critical", aki_critical, USER, BTZ_E_X509_EXT_CRIT },
	{ "CRLDP critical", crldp_critical, USER, BTZ_E_X509_EXT_CRIT },
	{ "AIA critical", aia_critical, USER, BTZ_E_X509_EXT_CRIT },
	{ "SAN critical beside a subject", san_critical, USER,
	    BTZ_E_X509_EXT_CRIT },
	{ "key of another type", spki_type, USER, BTZ_E_X509_SPKI },
	{ "key of the TA", spki_ours, USER, BTZ_E_X509_SPKI_OURS },
	{ "SKI of another key", ski_wrong, USER, BTZ_E_X509_SKI },
	{ "short SKI", ski_short, USER, BTZ_E_X509_SKI },
	{ "CA:TRUE", ca, USER, BTZ_E_X509_CA },
	{ "path length", path_len, USER, BTZ_E_X509_CA },
	{ "keyCertSign", ku_cert_sign, USER, BTZ_E_X509_KU },
	{ "cRLSign", ku_crl_sign, USER, BTZ_E_X509_KU },
	{ "keyEncipherment", ku_more, USER, BTZ_E_X509_KU },
	{ "no usage", ku_none, USER, BTZ_E_X509_KU },
	{ "no purpose", eku_none, USER, BTZ_E_X509_EKU },
	{ "other purpose", eku_other, USER, BTZ_E_X509_EKU },
	{ "purpose not sealed", eku_not_sealed, USER, BTZ_E_X509_EKU },
	{ "OCSPSigning", eku_ocsp, USER, BTZ_E_X509_EKU },
	{ "AKI with serial", aki_other, USER, BTZ_E_X509_AKI },
	{ "AKI of another CA", aki_wrong, USER, BTZ_E_X509_AKI },
	{ "AKI empty", aki_empty, USER, BTZ_E_X509_AKI },
	{ "CRL elsewhere", crl_other, USER, BTZ_E_X509_URI },
	{ "CRL, none sealed", crl_none_sealed, USER, BTZ_E_X509_URI },
	{ "CRL by LDAP", crl_ldap, USER, BTZ_E_X509_URI },
	{ "AIA with other methods", aia_other, USER, BTZ_E_X509_URI },
	{ "AIA file", aia_file, USER, BTZ_E_X509_URI },
	{ "AIA empty", aia_empty, USER, BTZ_E_X509_URI },
	{ "trust domain cut", uri_domain, USER, BTZ_E_X509_SAN },
	{ "trust domain below", uri_sub, USER, BTZ_E_X509_SAN },
	{ "foreign tenant", uri_tenant, USER, BTZ_E_X509_SAN },
	{ "neither user nor device", uri_kind, USER, BTZ_E_X509_SAN },
	{ "more path", uri_more, USER, BTZ_E_X509_SAN },
	{ "upper case", uri_case, USER, BTZ_E_X509_SAN },
	{ "http URI", uri_http, USER, BTZ_E_X509_SAN },
	{ "two principals", uri_two, USER, BTZ_E_X509_SAN },
	{ "e-mail address", email, USER, BTZ_E_X509_SAN },
	{ "client with a host name", client_dns, USER, BTZ_E_X509_SAN },
	{ "client without principal", client_no_uri, USER, BTZ_E_X509_SAN },
	{ "empty SAN", san_empty, USER, BTZ_E_X509_SAN },
	{ "CN of another", cn_other, USER, BTZ_E_X509_SUBJECT },
	{ "CN cut", cn_prefix, USER, BTZ_E_X509_SUBJECT },
	{ "no subject, SAN not critical", cn_empty, USER, BTZ_E_X509_EXT_CRIT },
	{ "foreign host", dns_other, SERVER, BTZ_E_X509_SAN },
	{ "suffix without a dot", dns_suffix, SERVER, BTZ_E_X509_SAN },
	{ "wildcard", dns_wild, SERVER, BTZ_E_X509_SAN },
	{ "host names not sealed", dns_none_sealed, SERVER, BTZ_E_X509_SAN },
	{ "foreign address", ip_other, SERVER, BTZ_E_X509_SAN },
	{ "addresses not sealed", ip_none_sealed, SERVER, BTZ_E_X509_SAN },
	{ "IPv6, IPv4 sealed", ip6, SERVER, BTZ_E_X509_SAN },
	{ "server, CN that is no host of its SAN", server_cn, SERVER,
	    BTZ_E_X509_SUBJECT },
	{ "server, CN above its host", server_cn_part, SERVER,
	    BTZ_E_X509_SUBJECT },
	{ "server, SAN not critical", server_plain_san, SERVER,
	    BTZ_E_X509_EXT_CRIT },
	{ "server not sealed", server_not_sealed, SERVER, BTZ_E_X509_EKU },
	{ "nocheck for a user", user_nocheck, USER, BTZ_E_X509_EXT_UNKNOWN },
	{ "OCSP, key of the caller", ocsp_of_caller, OCSP, BTZ_E_X509_EKU },
	{ "OCSP, ocsp key of another issuer", ocsp_of_other, OCSP,
	    BTZ_E_X509_SPKI_OURS },
	{ "OCSP, longer than 7 days", ocsp_8_days, OCSP, BTZ_E_X509_LIFETIME },
	{ "OCSP, outlives the issuer", ocsp_past_issuer, OCSP,
	    BTZ_E_X509_LIFETIME },
	{ "OCSP, longer than sealed", ocsp_past_limit, OCSP,
	    BTZ_E_X509_LIFETIME },
	{ "OCSP, back-dated", ocsp_early, OCSP, BTZ_E_X509_NOT_BEFORE },
	{ "ocsp key as a client", ocsp_client, OCSP, BTZ_E_X509_EXT_UNKNOWN },
	{ "ocsp key as a user's", user_of_ocsp, USER, BTZ_E_X509_SPKI_OURS },
	{ "OCSP and client", ocsp_and_client, OCSP, BTZ_E_X509_EKU },
	{ "OCSP and another purpose", ocsp_and_other, OCSP, BTZ_E_X509_EKU },
	{ "OCSP, CA:TRUE", ocsp_ca, OCSP, BTZ_E_X509_CA },
	{ "OCSP, cRLSign", ocsp_ku, OCSP, BTZ_E_X509_KU },
	{ "OCSP, nocheck critical", ocsp_nocheck_crit, OCSP,
	    BTZ_E_X509_EXT_CRIT },
	{ "OCSP, unknown extension", ocsp_unknown, OCSP,
	    BTZ_E_X509_EXT_UNKNOWN },
	{ "OCSP, somebody's name", ocsp_cn, OCSP, BTZ_E_X509_SUBJECT },
	{ "OCSP, no name at all", ocsp_no_name, OCSP, BTZ_E_X509_SUBJECT },
	{ "OCSP, a principal", ocsp_uri, OCSP, BTZ_E_X509_SAN },
	{ "OCSP, foreign host", ocsp_foreign_host, OCSP, BTZ_E_X509_SAN },
	{ "OCSP, SAN not critical", ocsp_host_plain, OCSP,
	    BTZ_E_X509_EXT_CRIT },
	{ "OCSP", ocsp_as_is, OCSP, BTZ_OK },
	{ "OCSP for a host of the box", ocsp_host, OCSP, BTZ_OK },
	{ "OCSP without nocheck", ocsp_no_nocheck, OCSP, BTZ_OK },
	{ "user", as_is, USER, BTZ_OK },
	{ "server", as_is, SERVER, BTZ_OK },
	{ "server, CN of its host", server_named, SERVER, BTZ_OK },
	{ "user without subject", empty_subject, USER, BTZ_OK },
	{ "any tenant", any_tenant, USER, BTZ_OK },
	{ "device", device, USER, BTZ_OK },
	{ "without CRLDP", no_crldp, USER, BTZ_OK },
	{ "without BC", no_bc, USER, BTZ_OK },
	{ "times at their limits", edge_times, USER, BTZ_OK },
	{ "host equal to the name space", dns_equal, SERVER, BTZ_OK },
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
		ocsp_of = 0xff;
		good(&is, rows[i].profile, &x);
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
