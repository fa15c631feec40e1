/* SPDX-License-Identifier: Apache-2.0 */
/* tbs_extensions.c - extensions of a TBSCertificate that must be refused. */
#include "tbs_fields.h"

#include <stdio.h>
#include <string.h>

#define EKU(last) "06082b060105050703" last

static const struct {
	const char *what;
	enum tbs_field f;
	const char *oid, *hex;
	bool critical;
	enum btz_rc want;
} rows[] = {
	{ "BC, CA:TRUE", TBS_BC, OID_BC, "30030101ff", true, BTZ_E_X509_CA },
	{ "BC, CA:TRUE, path 0", TBS_BC, OID_BC, "30060101ff020100", true,
	    BTZ_E_X509_CA },
	{ "BC, CA:TRUE, path 1", TBS_BC, OID_BC, "30060101ff020101", true,
	    BTZ_E_X509_CA },
	{ "BC, CA:TRUE, path 127", TBS_BC, OID_BC, "30060101ff02017f", true,
	    BTZ_E_X509_CA },
	{ "BC, CA:FALSE spelt out", TBS_BC, OID_BC, "3003010100", true,
	    BTZ_E_DER },
	{ "BC, CA:1", TBS_BC, OID_BC, "3003010101", true, BTZ_E_DER },
	{ "BC, trailing octet", TBS_BC, OID_BC, "300000", true, BTZ_E_DER },
	{ "KU, unused bits set", TBS_KU, OID_KU, "03020781", true, BTZ_E_DER },
	{ "KU, long form", TBS_KU, OID_KU, "0303078000", true, BTZ_E_DER },
	{ "EKU, empty", TBS_EKU, OID_EKU, "3000", false, BTZ_E_DER },
	{ "EKU, OCSPSigning", TBS_EKU, OID_EKU, "300a" EKU("09"), false,
	    BTZ_E_X509_EKU },
	{ "EKU, client and OCSPSigning", TBS_EKU, OID_EKU,
	    "3014" EKU("02") EKU("09"), false, BTZ_E_X509_EKU },
	{ "EKU, codeSigning", TBS_EKU, OID_EKU, "300a" EKU("03"), false,
	    BTZ_E_X509_EKU },
	{ "EKU, client and codeSigning", TBS_EKU, OID_EKU,
	    "3014" EKU("02") EKU("03"), false, BTZ_E_X509_EKU },
	{ "EKU, emailProtection", TBS_EKU, OID_EKU, "300a" EKU("04"), false,
	    BTZ_E_X509_EKU },
	{ "EKU, client and emailProtection", TBS_EKU, OID_EKU,
	    "3014" EKU("02") EKU("04"), false, BTZ_E_X509_EKU },
	{ "EKU, timeStamping", TBS_EKU, OID_EKU, "300a" EKU("08"), false,
	    BTZ_E_X509_EKU },
	{ "EKU, client and timeStamping", TBS_EKU, OID_EKU,
	    "3014" EKU("02") EKU("08"), false, BTZ_E_X509_EKU },
	{ "EKU, any", TBS_EKU, OID_EKU, "30060604551d2500", false,
	    BTZ_E_X509_EKU },
	{ "EKU, client and any", TBS_EKU, OID_EKU,
	    "3010" EKU("02") "0604551d2500", false, BTZ_E_X509_EKU },
	{ "SKI, of nobody", TBS_SKI, OID_SKI,
	    "04140000000000000000000000000000000000000000", false,
	    BTZ_E_X509_SKI },
	{ "SKI, short", TBS_SKI, OID_SKI, "04080102030405060708", false,
	    BTZ_E_X509_SKI },
	{ "SKI, empty", TBS_SKI, OID_SKI, "0400", false, BTZ_E_DER },
	{ "SKI, not octets", TBS_SKI, OID_SKI, "020101", false, BTZ_E_DER },
	{ "AKI, of nobody", TBS_AKI, OID_AKI,
	    "301680140000000000000000000000000000000000000000", false,
	    BTZ_E_X509_AKI },
	{ "AKI, short", TBS_AKI, OID_AKI, "300a80080102030405060708", false,
	    BTZ_E_X509_AKI },
	{ "AKI, without key", TBS_AKI, OID_AKI, "3000", false, BTZ_E_X509_AKI },
	{ "CRLDP, empty", TBS_CRLDP, OID_CRLDP, "3000", false, BTZ_E_X509_URI },
	{ "AIA, empty", TBS_AIA, OID_AIA, "3000", false, BTZ_E_X509_URI },
};

/* What has no business in a certificate of this box. */
static const struct {
	const char *what, *oid, *hex;
} unknown[] = {
	{ "certificatePolicies", "551d20", "300630040602551d" },
	{ "policyMappings", "551d21", "3000" },
	{ "policyConstraints", "551d24", "3003800100" },
	{ "inhibitAnyPolicy", "551d36", "020100" },
	{ "issuerAltName", "551d12", "3003820161" },
	{ "freshestCRL", "551d2e", "3000" },
	{ "subjectDirectoryAttributes", "551d09", "3000" },
	{ "subjectInfoAccess", "2b0601050507010b", "3000" },
	{ "TLS feature", "2b06010505070118", "3003020105" },
	{ "signed timestamps", "2b06010401d679020402", "04020000" },
	{ "Netscape type", "6086480186f8420101", "03020780" },
	{ "private arc", "2b0601040182371402", "1e00" },
	{ "basicConstraints of 1995", "551d0a", "3000" },
	{ "an identifier of nobody", "2a0304", "0500" },
};

/* GeneralName: tag, text. */
static const struct {
	const char *what;
	uint8_t tag;
	const char *text;
} names[] = {
	{ "domain cut", 0x86, "spiffe://box.exampl/home/user/alice" },
	{ "domain longer", 0x86, "spiffe://box.examples/home/user/alice" },
	{ "domain below", 0x86, "spiffe://a.box.example/home/user/alice" },
	{ "another domain", 0x86, "spiffe://evil.example/home/user/alice" },
	{ "domain in capitals", 0x86, "spiffe://BOX.example/home/user/alice" },
	{ "domain with port", 0x86, "spiffe://box.example:1/home/user/alice" },
	{ "domain with user", 0x86, "spiffe://a@box.example/home/user/alice" },
	{ "no domain", 0x86, "spiffe:///home/user/alice" },
	{ "foreign tenant", 0x86, "spiffe://box.example/shop/user/alice" },
	{ "tenant in capitals", 0x86, "spiffe://box.example/Home/user/alice" },
	{ "tenant cut", 0x86, "spiffe://box.example/hom/user/alice" },
	{ "tenant longer", 0x86, "spiffe://box.example/home2/user/alice" },
	{ "no tenant", 0x86, "spiffe://box.example/user/alice" },
	{ "empty tenant", 0x86, "spiffe://box.example//user/alice" },
	{ "tenant dot dot", 0x86, "spiffe://box.example/home/../user/alice" },
	{ "of an admin", 0x86, "spiffe://box.example/home/admin/alice" },
	{ "of users", 0x86, "spiffe://box.example/home/users/alice" },
	{ "of nothing", 0x86, "spiffe://box.example/home//alice" },
	{ "no name", 0x86, "spiffe://box.example/home/user/" },
	{ "no slash", 0x86, "spiffe://box.example/home/user" },
	{ "name in capitals", 0x86, "spiffe://box.example/home/user/Alice" },
	{ "name with space", 0x86, "spiffe://box.example/home/user/al ice" },
	{ "name with percent", 0x86, "spiffe://box.example/home/user/al%69ce" },
	{ "name with query", 0x86, "spiffe://box.example/home/user/alice?" },
	{ "name with fragment", 0x86, "spiffe://box.example/home/user/alice#" },
	{ "more path", 0x86, "spiffe://box.example/home/user/alice/x" },
	{ "trailing slash", 0x86, "spiffe://box.example/home/user/alice/" },
	{ "long name", 0x86,
	    "spiffe://box.example/home/user/"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "a" },
	{ "http", 0x86, "http://box.example/home/user/alice" },
	{ "scheme in capitals", 0x86, "SPIFFE://box.example/home/user/alice" },
	{ "one slash", 0x86, "spiffe:/box.example/home/user/alice" },
	{ "bare", 0x86, "alice" },
	{ "empty", 0x86, "" },
	{ "host only", 0x82, "box.example" },
	{ "foreign host", 0x82, "evil.example" },
	{ "wildcard", 0x82, "*.box.example" },
	{ "e-mail", 0x81, "alice@box.example" },
	{ "address", 0x87, "\xc0\x01\x02\x07" },
	{ "address of three octets", 0x87, "\xc0\x01\x02" },
	{ "registered id", 0x88, "\x2a\x03\x04" },
	{ "directory name", 0xa4,
	    "0\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x02"
	    "ab" },
	{ "other name", 0xa0,
	    "\x06\x03\x2a\x03\x04\xa0\x03\x0c\x01"
	    "a" },
};

static const char *const uris[] = { "http://box.example/ca.crI",
	"http://box.example/ca.crl2", "http://evil.example/ca.crl",
	"https://box.example/ca.crl", "ldap://box.example/ca.crl",
	"file:///etc/passwd", "http://box.example/",
	"HTTP://box.example/ca.crl", "" };

static const char *const places[] = { "ldap://box.example/ca.pem",
	"file:///etc/passwd", "ftp://box.example/ca.pem", "javascript:1",
	"http:", "" };

static void
key_usages(tbs_refuse *refuse)
{
	char text[64];

	for (unsigned bits = 0; bits < 0x200; bits++) {
		uint8_t v[5] = { 3, 0, 0, 0, 0 };
		unsigned unused = 0, others = bits & 0x1feu;

		/* one other bit, alone or beside digitalSignature; or none */
		if (bits == 1 || (others & (others - 1)) != 0)
			continue;
		for (unsigned i = 0; i < 9; i++)
			if ((bits & 1u << i) != 0)
				v[3 + i / 8] |= (uint8_t)(0x80u >> i % 8);
		v[1] = bits == 0 ? 1 : (bits & 0x100) != 0 ? 3 : 2;
		while (bits != 0 && (v[v[1] + 1] & 1u << unused) == 0)
			unused++;
		v[2] = (uint8_t)unused;
		tbs_ext(TBS_KU, OID_KU, true, v, v[1] + 2u);
		(void)snprintf(text, sizeof(text), "bits %03x", bits);
		refuse("KU", text, bits == 0 ? BTZ_E_DER : BTZ_E_X509_KU);
	}
}

static void
alternative_names(tbs_refuse *refuse)
{
	uint8_t gn[300], seq[320];

	for (size_t i = 0; i < BTZ_COUNT(names); i++) {
		size_t n = tbs_tlv(
		    gn, names[i].tag, names[i].text, strlen(names[i].text));

		n = tbs_tlv(seq, 0x30, gn, n);
		tbs_ext(TBS_SAN, OID_SAN, false, seq, n);
		refuse("SAN", names[i].what, BTZ_E_X509_SAN);
	}
	/* beside the good one: a second principal, a host, a mail address */
	for (size_t i = 0; i < BTZ_COUNT(names); i++) {
		static const char uri[] =
		    "spiffe://box.example/home/user/alice";
		size_t n = tbs_tlv(gn, 0x86, uri, sizeof(uri) - 1);

		n += tbs_tlv(
		    gn + n, names[i].tag, names[i].text, strlen(names[i].text));
		n = tbs_tlv(seq, 0x30, gn, n);
		tbs_ext(TBS_SAN, OID_SAN, false, seq, n);
		refuse("SAN, one more", names[i].what, BTZ_E_X509_SAN);
	}
}

static void
pointers(tbs_refuse *refuse)
{
	uint8_t a[300], b[320];
	static const uint8_t ca_issuers[10] = { 6, 8, 0x2b, 6, 1, 5, 5, 7, 0x30,
		2 };
	size_t n, m;

	for (size_t i = 0; i < BTZ_COUNT(uris); i++) {
		n = tbs_tlv(a, 0x86, uris[i], strlen(uris[i]));
		n = tbs_tlv(b, 0xa0, a, n);
		n = tbs_tlv(a, 0xa0, b, n);
		n = tbs_tlv(b, 0x30, a, n);
		/* and twice the same point */
		memcpy(b + n, b, n);
		m = tbs_tlv(a, 0x30, b, 2 * n);
		tbs_ext(TBS_CRLDP, OID_CRLDP, false, a, m);
		refuse("CRLDP, two", uris[i], BTZ_E_X509_URI);
		n = tbs_tlv(a, 0x30, b, n);
		tbs_ext(TBS_CRLDP, OID_CRLDP, false, a, n);
		refuse("CRLDP", uris[i], BTZ_E_X509_URI);
	}
	for (size_t i = 0; i < BTZ_COUNT(places); i++) {
		memcpy(a, ca_issuers, 10);
		n = 10 + tbs_tlv(a + 10, 0x86, places[i], strlen(places[i]));
		n = tbs_tlv(b, 0x30, a, n);
		n = tbs_tlv(a, 0x30, b, n);
		tbs_ext(TBS_AIA, OID_AIA, false, a, n);
		refuse("AIA", places[i], BTZ_E_X509_URI);
	}
}

/* The whole extension, with the other criticality, twice, or not at all. */
static const struct {
	const char *name;
	enum tbs_field f;
	bool needed;
} all[] = {
	{ "BC", TBS_BC, false },
	{ "KU", TBS_KU, true },
	{ "EKU", TBS_EKU, true },
	{ "SKI", TBS_SKI, false },
	{ "AKI", TBS_AKI, true },
	{ "SAN", TBS_SAN, true },
	{ "CRLDP", TBS_CRLDP, false },
	{ "AIA", TBS_AIA, false },
};

static void
whole_extensions(tbs_refuse *refuse)
{
	for (size_t i = 0; i < BTZ_COUNT(all); i++) {
		tbs_twice(all[i].f);
		refuse(all[i].name, "twice", BTZ_E_X509_EXT_DUP);
		tbs_flip_critical(all[i].f);
		refuse(all[i].name, "other criticality", BTZ_E_X509_EXT_CRIT);
		if (all[i].needed) {
			tbs_bytes(all[i].f, NULL, 0);
			refuse(all[i].name, "left out", BTZ_E_X509_EXT_MISSING);
		}
	}
	for (size_t i = 0; i < 2 * BTZ_COUNT(unknown); i++) {
		size_t k = i / 2;

		tbs_ext_hex(
		    TBS_MORE, unknown[k].oid, i % 2 == 1, unknown[k].hex);
		refuse("extension", unknown[k].what, BTZ_E_X509_EXT_UNKNOWN);
	}
	/* permitted DNS name "a" */
	tbs_ext_hex(TBS_MORE, "551d1e", true,
	    "3007a005300382"
	    "0161");
	refuse("extension", "nameConstraints", BTZ_E_X509_EXT_UNKNOWN);
	tbs_hex(TBS_UNIQUE, "810200aa");
	refuse("unique id", "of the issuer", BTZ_E_DER);
	tbs_hex(TBS_UNIQUE, "820200aa");
	refuse("unique id", "of the subject", BTZ_E_DER);
}

void
tbs_extension_rows(tbs_refuse *refuse)
{
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		tbs_ext_hex(
		    rows[i].f, rows[i].oid, rows[i].critical, rows[i].hex);
		refuse("extension", rows[i].what, rows[i].want);
	}
	key_usages(refuse);
	alternative_names(refuse);
	pointers(refuse);
	whole_extensions(refuse);
}
