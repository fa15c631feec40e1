/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_attack_certs.c - Linux has the session and an issuing key: at least 200
 * TBSCertificates that differ from a good one in one field, each refused by
 * the TA for its own reason. The fields are bytes, so that form can be wrong,
 * too; each table below is one field.
 */
#include "ta_box.h"
#include "tbs_fields.h"

#include <string.h>
#include <unistd.h>

static struct box box;
static unsigned refused;

/* --- the runner --- */

static enum btz_rc
ask(void)
{
	struct btz_span tbs = tbs_whole();
	enum btz_rc rc = rig_sign(&box.r, BTZ_TA_SIGN_TBS_CERT, box.handle,
	    RIG_NOW, tbs, btz_span_of(NULL, 0));

	/* What it signed is verified by nobody but for the good one. */
	return rc;
}

static void
refuse(const char *field, const char *what, enum btz_rc want)
{
	enum btz_rc rc = ask();

	box_case("%s: %s", field, what);
	if (rc != want)
		print_message("# %s: %s: %s, wanted %s\n", field, what,
		    btz_rc_name(rc), btz_rc_name(want));
	BOX_HOLD(rc == want);
	BOX_HOLD(tbs_is_new());
	BOX_HOLD(box.r.answer_len == 0);
	refused++;
	tbs_good();
}

/* --- one function per shape of table --- */

struct raw {
	const char *what, *hex;
	enum btz_rc want;
};

static void
each_raw(enum tbs_field f, const char *name, const struct raw *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		tbs_hex(f, rows[i].hex);
		refuse(name, rows[i].what, rows[i].want);
	}
}
#define EACH_RAW(f, name, rows) each_raw(f, name, rows, BTZ_COUNT(rows))

static void
test_head(void **state)
{
	static const struct raw versions[] = {
		{ "v1, by default", "", BTZ_E_X509_VERSION },
		{ "v1, explicit", "a003020100", BTZ_E_X509_VERSION },
		{ "v2", "a003020101", BTZ_E_X509_VERSION },
		{ "v4", "a003020103", BTZ_E_X509_VERSION },
		{ "v3 in two octets", "a00402020002", BTZ_E_DER },
		{ "negative", "a0030201ff", BTZ_E_X509_VERSION },
	};
	static const struct raw algorithms[] = {
		{ "ecdsa-with-SHA1", "300906072a8648ce3d0401",
		    BTZ_E_X509_SIGALG },
		{ "ecdsa-with-SHA384", "300a06082a8648ce3d040303",
		    BTZ_E_X509_SIGALG },
		{ "ecdsa-with-SHA512", "300a06082a8648ce3d040304",
		    BTZ_E_X509_SIGALG },
		{ "with NULL", "300c06082a8648ce3d0403020500",
		    BTZ_E_X509_SIGALG },
		{ "sha256WithRSA", "300d06092a864886f70d01010b0500",
		    BTZ_E_X509_SIGALG },
		{ "md5WithRSA", "300d06092a864886f70d0101040500",
		    BTZ_E_X509_SIGALG },
		{ "Ed25519", "300506032b6570", BTZ_E_X509_SIGALG },
		{ "id-ecPublicKey", "300906072a8648ce3d0201",
		    BTZ_E_X509_SIGALG },
		{ "empty", "3000", BTZ_E_X509_SIGALG },
	};

	(void)state;
	EACH_RAW(TBS_VERSION, "version", versions);
	EACH_RAW(TBS_ALG, "algorithm", algorithms);
	for (size_t len = 1; len <= 21; len++) {
		uint8_t v[24] = { 2, (uint8_t)len, 0x41 };

		if (len == 16)
			continue;
		tbs_bytes(TBS_SERIAL, v, len + 2);
		refuse("serial", "of another length", BTZ_E_X509_SERIAL);
	}
	static const struct raw serials[] = {
		{ "zero", "020100", BTZ_E_X509_SERIAL },
		{ "negative", "0210c1000000000000000000000000000001",
		    BTZ_E_X509_SERIAL },
		{ "not minimal", "021000410000000000000000000000000001",
		    BTZ_E_DER },
		{ "empty", "0200", BTZ_E_DER },
		{ "an octet string", "041041000000000000000000000000000001",
		    BTZ_E_X509_SERIAL },
	};

	EACH_RAW(TBS_SERIAL, "serial", serials);
}

static void
test_names(void **state)
{
	static const struct {
		const char *what, *cn, *o;
		uint8_t tag;
	} names[] = {
		{ "another", "nas issuin", NULL, 0x0c },
		{ "upper case", "NAS issuing", NULL, 0x0c },
		{ "printable", "nas issuing", NULL, 0x13 },
		{ "with an organisation", "nas issuing", "box", 0x0c },
		{ "the root's", "nas", NULL, 0x0c },
		{ "a space more", "nas issuing ", NULL, 0x0c },
	};
	static const struct {
		const char *what, *cn, *o;
	} subjects[] = {
		{ "another", "bob", NULL },
		{ "cut", "alic", NULL },
		{ "longer", "alice2", NULL },
		{ "upper case", "Alice", NULL },
		{ "with an organisation", "alice", "home" },
		{ "the issuer", "nas issuing", NULL },
		{ "the root", "nas", NULL },
		{ "a host", "box.example", NULL },
	};

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(names); i++) {
		tbs_name(TBS_ISSUER, names[i].cn, names[i].o, names[i].tag);
		refuse("issuer", names[i].what, BTZ_E_X509_ISSUER);
	}
	tbs_hex(TBS_ISSUER, "3000");
	refuse("issuer", "empty", BTZ_E_X509_ISSUER);
	for (size_t i = 0; i < BTZ_COUNT(subjects); i++) {
		tbs_name(TBS_SUBJECT, subjects[i].cn, subjects[i].o, 0x0c);
		refuse("subject", subjects[i].what, BTZ_E_X509_SUBJECT);
	}
	tbs_hex(TBS_SUBJECT, "3000");
	refuse("subject", "none, SAN not critical", BTZ_E_X509_EXT_CRIT);
}

static void
test_times(void **state)
{
	static const struct {
		const char *what;
		int64_t before, after; /* against the good ones */
		enum btz_rc want;
	} rows[] = {
		{ "an hour and a second ago", -3601, -3601,
		    BTZ_E_X509_NOT_BEFORE },
		{ "yesterday", -86400, -86400, BTZ_E_X509_NOT_BEFORE },
		{ "last year", -31536000, -31536000, BTZ_E_X509_NOT_BEFORE },
		{ "in five minutes and a second", 301, 301,
		    BTZ_E_X509_NOT_BEFORE },
		{ "tomorrow", 86400, 86400, BTZ_E_X509_NOT_BEFORE },
		{ "next year", 31536000, 31536000, BTZ_E_X509_NOT_BEFORE },
		{ "a second too long", 0, 1, BTZ_E_X509_LIFETIME },
		{ "a day too long", 0, 86400, BTZ_E_X509_LIFETIME },
		{ "a year too long", 0, 31536000, BTZ_E_X509_LIFETIME },
		{ "ten years too long", 0, 315360000, BTZ_E_X509_LIFETIME },
		{ "begins early and lasts", -10, 0, BTZ_E_X509_LIFETIME },
		{ "no time at all", 0, -30 * 86400, BTZ_E_X509_LIFETIME },
		{ "ends before it begins", 0, -31 * 86400,
		    BTZ_E_X509_LIFETIME },
	};
	/* RFC 5280 4.1.2.5: UTCTime with seconds and Z, until 2049 */
	static const char *const forms[] = { "170b323630393231313431335a",
		"180f32303236303932313134313331305a",
		"17113236303932313134313331302b30303030",
		"170c323630393231313431333130",
		"170d3236313332313134313331305a",
		"170d3236303933313134313331305a",
		"170d3236303932313234313331305a",
		"170d3236303932313134363031305a",
		"170d3236303932313134313336305a",
		"181132303236303932313134313331302e305a",
		"130d3236303932313134313331305a" };

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		tbs_validity(rows[i].before, rows[i].after);
		refuse("validity", rows[i].what, rows[i].want);
	}
	for (size_t i = 0; i < BTZ_COUNT(forms); i++) {
		tbs_validity_hex(forms[i]);
		refuse("validity", forms[i], BTZ_E_X509_TIME);
	}
}

static void
test_key(void **state)
{
	static const struct raw keys[] = {
		{ "Ed25519 of nothing", "300506032b6570", BTZ_E_X509_SPKI },
		{ "empty", "3000", BTZ_E_X509_SPKI },
		{ "no key",
		    "301330090607"
		    "2a8648ce3d020106082a8648ce3d030107",
		    BTZ_E_DER },
	};
	static const struct {
		const char *what;
		size_t at;
		uint8_t with;
	} bytes[] = {
		{ "another curve's number", 22, 0x06 },
		{ "secp384r1's arc", 21, 0x02 },
		{ "compressed", 26, 0x02 },
		{ "hybrid", 26, 0x06 },
		{ "another algorithm", 12, 0x02 },
	};

	(void)state;
	EACH_RAW(TBS_SPKI, "key", keys);
	for (size_t i = 0; i < BTZ_COUNT(bytes); i++) {
		tbs_poke(TBS_SPKI, bytes[i].at, bytes[i].with);
		refuse("key", bytes[i].what, BTZ_E_X509_SPKI);
	}
	tbs_bytes(TBS_SPKI, box.root_spki, 91);
	refuse("key", "of the root", BTZ_E_X509_SPKI_OURS);
	tbs_bytes(TBS_SPKI, box.cp_spki, 91);
	refuse("key", "of the checkpoints", BTZ_E_X509_SPKI_OURS);
	tbs_bytes(TBS_SPKI, box.issuing.spki, 91);
	refuse("key", "of the issuer itself", BTZ_E_X509_SPKI_OURS);
}

static void
test_good(void **state)
{
	(void)state;
	tbs_good();
	BOX_HOLD(ask() == BTZ_OK);
	BOX_HOLD(tbs_is_new());
}

static void
test_sum(void **state)
{
	(void)state;
	print_message(
	    "# %u certificates, each refused for its reason\n", refused);
	assert_true(refused >= 200);
	assert_int_equal(refused + 1, tbs_count());
	/* the TA is none the worse */
	tbs_good();
	BOX_HOLD(box_leaf(&box) == BTZ_OK);
}

static void
test_extensions(void **state)
{
	(void)state;
	tbs_extension_rows(refuse);
}

static int
begin(void **state)
{
	struct rig_key *key;
	uint8_t key_id[20];

	(void)state;
	box_make(&box);
	assert_true(btz_swtpm_restart(&box.r.tpm));
	(void)close(box.r.tpm.fd);
	box.r.tpm.fd = -1;
	box_start(&box);
	assert_int_equal(box_open(&box, &box.issuing, &box.handle), BTZ_OK);
	key = &box.plain;
	(void)rig_sha1(key->spki + key->spki_len - 65, 65, key_id);
	tbs_begin(btz_span_of(key->spki, key->spki_len), key_id, box.ski);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	box_end(&box);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_extensions),
		cmocka_unit_test(test_sum),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
