/* SPDX-License-Identifier: Apache-2.0 */
/* test_ocsp.c - response data that is refused, and ours against libcrypto. */
#include "der/ocsp.h"
#include "der_help.h"

#include <openssl/ocsp.h>
#include <string.h>

#define T0 1700000000ull
#define LEN(...) sizeof((const uint8_t[]){ __VA_ARGS__ })
#define TLV(tag, ...) tag, LEN(__VA_ARGS__), __VA_ARGS__
#define SEQ(...) TLV(0x30, __VA_ARGS__)
#define LONG(...) 0x30, 0x81, LEN(__VA_ARGS__), __VA_ARGS__ /* 128 or more */
#define GEN(d)                                                                 \
	TLV(0x18, '2', '0', '2', '6', '0', '1', '0', d, '0', '0', '0', '0',    \
	    '0', '0', 'Z')
#define UTC                                                                    \
	TLV(0x17, '2', '6', '0', '1', '0', '1', '0', '0', '0', '0', '0', '0',  \
	    'Z')
#define TEN 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
#define H19 TLV(4, TEN, 1, 2, 3, 4, 5, 6, 7, 8, 9)
#define H20 TLV(4, TEN, TEN)
#define H32 TLV(4, TEN, TEN, TEN, 1, 2)
#define SHA1_OID 6, 5, 0x2b, 0x0e, 3, 2, 0x1a
#define SHA2_OID(n) 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, n
#define SERIAL 2, 1, 5
#define ID SEQ(SEQ(SHA1_OID, 5, 0), H20, H20, SERIAL)
#define NEXT TLV(0xa0, GEN('2'))
#define GOOD 0x80, 0
#define ONE SEQ(ID, GOOD, GEN('1'), NEXT)
#define WITH_ID(...)                                                           \
	LONG(HEAD, SEQ(SEQ(SEQ(__VA_ARGS__), GOOD, GEN('1'), NEXT)))
#define WITH_ID_2(...)                                                         \
	LONG(HEAD, LONG(SEQ(SEQ(__VA_ARGS__), GOOD, GEN('1'), NEXT)))
#define WITH_STATUS(...) LONG(HEAD, SEQ(SEQ(ID, __VA_ARGS__, GEN('1'), NEXT)))
#define EXT(n, ...) SEQ(6, 9, 0x2b, 6, 1, 5, 5, 7, 0x30, 1, n, __VA_ARGS__)
#define NONCE EXT(2, 4, 4, 4, 2, 8, 9)
#define WITH_EXTS(...) LONG(HEAD, SEQ(ONE), TLV(0xa1, SEQ(__VA_ARGS__)))
#define BY_KEY TLV(0xa2, H20)
#define HEAD BY_KEY, GEN('1')

static const struct {
	const char *name;
	struct btz_span tbs;
	enum btz_rc rc;
} cases[] = {
	{ "nothing", { NULL, 0 }, BTZ_E_DER },
	{ "no responder", BYTES(SEQ(GEN('1'))), BTZ_E_OCSP_RESPONDER },
	{ "v1 in full", BYTES(LONG(0xa0, 3, 2, 1, 0, HEAD, SEQ(ONE))),
	    BTZ_E_OCSP_VERSION },
	{ "v2", BYTES(LONG(0xa0, 3, 2, 1, 1, HEAD, SEQ(ONE))),
	    BTZ_E_OCSP_VERSION },
	{ "by name", BYTES(SEQ(0xa1, 2, 0x30, 0, GEN('1'), SEQ(ONE))),
	    BTZ_E_OCSP_RESPONDER },
	{ "key hash of 19", BYTES(LONG(TLV(0xa2, H19), GEN('1'), SEQ(ONE))),
	    BTZ_E_OCSP_RESPONDER },
	{ "producedAt as UTCTime", BYTES(LONG(BY_KEY, UTC, SEQ(ONE))),
	    BTZ_E_OCSP_FORM },
	{ "no list", BYTES(SEQ(HEAD)), BTZ_E_OCSP_FORM },
	{ "empty list", BYTES(SEQ(HEAD, 0x30, 0)), BTZ_E_OCSP_FORM },
	{ "no nextUpdate", BYTES(SEQ(HEAD, SEQ(SEQ(ID, GOOD, GEN('1'))))),
	    BTZ_E_OCSP_FORM },
	{ "thisUpdate as UTCTime",
	    BYTES(LONG(HEAD, SEQ(SEQ(ID, GOOD, UTC, NEXT)))), BTZ_E_OCSP_FORM },
	{ "SHA-384", BYTES(WITH_ID_2(SEQ(SHA2_OID(2), 5, 0), H32, H32, SERIAL)),
	    BTZ_E_OCSP_HASH },
	{ "SHA-256 of 20 octets",
	    BYTES(WITH_ID(SEQ(SHA2_OID(1), 5, 0), H20, H20, SERIAL)),
	    BTZ_E_OCSP_HASH },
	{ "SHA-1 of 32 octets",
	    BYTES(WITH_ID(SEQ(SHA1_OID, 5, 0), H20, H32, SERIAL)),
	    BTZ_E_OCSP_HASH },
	{ "serial 0", BYTES(WITH_ID(SEQ(SHA1_OID, 5, 0), H20, H20, 2, 1, 0)),
	    BTZ_E_X509_SERIAL },
	{ "no serial", BYTES(WITH_ID(SEQ(SHA1_OID, 5, 0), H20, H20)),
	    BTZ_E_X509_SERIAL },
	{ "status 3", BYTES(WITH_STATUS(0x83, 0)), BTZ_E_OCSP_FORM },
	{ "good with content", BYTES(WITH_STATUS(0x80, 1, 0)),
	    BTZ_E_OCSP_FORM },
	{ "revoked without a date", BYTES(WITH_STATUS(0xa1, 0)),
	    BTZ_E_OCSP_FORM },
	{ "reason 7",
	    BYTES(WITH_STATUS(TLV(0xa1, GEN('1'), 0xa0, 3, 10, 1, 7))),
	    BTZ_E_OCSP_FORM },
	{ "removeFromCRL",
	    BYTES(WITH_STATUS(TLV(0xa1, GEN('1'), 0xa0, 3, 10, 1, 8))),
	    BTZ_E_OCSP_FORM },
	{ "single extensions",
	    BYTES(LONG(HEAD,
		SEQ(SEQ(ID, GOOD, GEN('1'), NEXT, TLV(0xa1, SEQ(NONCE)))))),
	    BTZ_E_OCSP_EXT },
	{ "two responses, the second bad",
	    BYTES(LONG(HEAD, LONG(ONE, SEQ(ID, 0x83, 0, GEN('1'), NEXT)))),
	    BTZ_E_OCSP_FORM },
	{ "another extension", BYTES(WITH_EXTS(EXT(5, 4, 2, 5, 0))),
	    BTZ_E_OCSP_EXT },
	{ "two nonces", BYTES(WITH_EXTS(NONCE, NONCE)), BTZ_E_OCSP_EXT },
	{ "critical nonce",
	    BYTES(WITH_EXTS(EXT(2, 1, 1, 0xff, 4, 4, 4, 2, 8, 9))),
	    BTZ_E_OCSP_EXT },
	{ "empty nonce", BYTES(WITH_EXTS(EXT(2, 4, 2, 4, 0))), BTZ_E_OCSP_EXT },
	{ "bare nonce", BYTES(WITH_EXTS(EXT(2, 4, 2, 8, 9))), BTZ_E_OCSP_EXT },
	{ "empty extensions", BYTES(LONG(HEAD, SEQ(ONE), 0xa1, 2, 0x30, 0)),
	    BTZ_E_DER },
	{ "trailing byte", BYTES(LONG(HEAD, SEQ(ONE)), 0), BTZ_E_DER },
	{ "trailing element", BYTES(LONG(HEAD, SEQ(ONE), 5, 0)), BTZ_E_DER },
	{ "good", BYTES(LONG(HEAD, SEQ(ONE))), BTZ_OK },
	{ "two", BYTES(LONG(HEAD, LONG(ONE, ONE))), BTZ_OK },
	{ "SHA-1 without parameters",
	    BYTES(WITH_ID(SEQ(SHA1_OID), H20, H20, SERIAL)), BTZ_OK },
	{ "SHA-256", BYTES(WITH_ID_2(SEQ(SHA2_OID(1), 5, 0), H32, H32, SERIAL)),
	    BTZ_OK },
	{ "unknown", BYTES(WITH_STATUS(0x82, 0)), BTZ_OK },
	{ "revoked", BYTES(WITH_STATUS(TLV(0xa1, GEN('1')))), BTZ_OK },
	{ "revoked with reason 1",
	    BYTES(WITH_STATUS(TLV(0xa1, GEN('1'), 0xa0, 3, 10, 1, 1))),
	    BTZ_OK },
	{ "nonce", BYTES(WITH_EXTS(NONCE)), BTZ_OK },
};

static void
test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		struct btz_ocsp o;

		print_message("# case: %s\n", cases[i].name);
		assert_int_equal(btz_ocsp_parse(cases[i].tbs, &o), cases[i].rc);
		assert_true(cases[i].rc == BTZ_OK || o.tbs.p == NULL);
	}
}

/* Response number i: status i % 3, every other with a reason. */
static struct btz_ocsp_single
nth(unsigned i, struct btz_span id)
{
	struct btz_ocsp_single s = { .cert_id = id,
		.status = (uint8_t)(i % 3),
		.this_update = T0 + i,
		.next_update = T0 + 86400 };

	if (s.status == BTZ_OCSP_REVOKED) {
		s.revoked_at = T0 - 7 * i;
		s.reason = i % 2 == 0 ? 1 : 0;
	}
	return s;
}

static size_t
build(unsigned n, bool sha256, struct btz_span nonce, uint8_t *buf, size_t cap)
{
	static const uint8_t hash[32] = { 7, 7, 7 };
	struct btz_ocsp_build b;
	struct btz_wr wr;

	btz_wr_init(&wr, buf, cap);
	btz_ocsp_begin(&b, btz_span_of(hash, 20), T0 + 5, &wr);
	for (unsigned i = 0; i < n; i++) {
		uint8_t id[160], serial[2] = { 0x80, (uint8_t)i };
		struct btz_span h = btz_span_of(hash, sha256 ? 32 : 20);
		struct btz_ocsp_single s;
		struct btz_wr wi;

		btz_wr_init(&wi, id, sizeof(id));
		btz_ocsp_put_cert_id(&wi, h, h, btz_span_of(serial, 2));
		s = nth(i, btz_wr_span(&wi));
		btz_ocsp_add(&b, &s);
	}
	return btz_ocsp_end(&b, nonce) == BTZ_OK ? wr.len : 0;
}

/* Ours, as libcrypto reads it. */
static void
check_theirs(struct btz_span tbs)
{
	const uint8_t *p = tbs.p;
	OCSP_RESPDATA *rd = d2i_OCSP_RESPDATA(NULL, &p, (long)tbs.len);
	uint8_t *again = NULL;
	int len;

	assert_non_null(rd);
	len = i2d_OCSP_RESPDATA(rd, &again);
	assert_true(btz_span_eq(btz_span_of(again, (size_t)len), tbs));
	OPENSSL_free(again);
	OCSP_RESPDATA_free(rd);
}

static void
check_ours(struct btz_span tbs, unsigned n, size_t nonce)
{
	struct btz_ocsp_single s, want;
	struct btz_ocsp o;
	struct btz_rd it;

	assert_int_equal(btz_ocsp_parse(tbs, &o), BTZ_OK);
	assert_int_equal(o.n_responses, n);
	assert_int_equal(o.produced_at, T0 + 5);
	assert_int_equal(o.nonce.len, nonce);
	btz_rd_span(&it, o.responses);
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(btz_ocsp_next(&it, &s), 1);
		want = nth(i, s.cert_id);
		assert_int_equal(s.status, want.status);
		assert_int_equal(s.reason, want.reason);
		assert_true(s.revoked_at == want.revoked_at &&
			    s.this_update == want.this_update &&
			    s.next_update == want.next_update);
		assert_int_equal(s.serial.p[s.serial.len - 1], i);
	}
	assert_int_equal(btz_ocsp_next(&it, &s), 0);
}

static const struct {
	const char *name;
	unsigned n;
	bool sha256;
	size_t nonce;
	bool ok;
} builds[] = {
	{ "none", 0, false, 0, false },
	{ "33", 33, false, 0, false },
	{ "nonce of 129", 1, false, 129, false },
	{ "one", 1, false, 0, true },
	{ "32", 32, false, 32, true },
	{ "SHA-256, longest nonce", 7, true, 128, true },
};

static void
test_build(void **state)
{
	static uint8_t buf[16384];
	uint8_t nonce[129];

	(void)state;
	memset(nonce, 0x5a, sizeof(nonce));
	for (size_t i = 0; i < BTZ_COUNT(builds); i++) {
		size_t len = build(builds[i].n, builds[i].sha256,
		    btz_span_of(nonce, builds[i].nonce), buf, sizeof(buf));

		print_message("# case: %s\n", builds[i].name);
		assert_int_equal(len != 0, builds[i].ok);
		if (len == 0)
			continue;
		check_ours(btz_span_of(buf, len), builds[i].n, builds[i].nonce);
		check_theirs(btz_span_of(buf, len));
		assert_int_equal(
		    build(builds[i].n, builds[i].sha256,
			btz_span_of(nonce, builds[i].nonce), buf, len - 1),
		    0);
	}
}

static void
add_theirs(OCSP_BASICRESP *bs, const EVP_MD *md, X509_NAME *name,
    const ASN1_BIT_STRING *key, int status)
{
	ASN1_TIME *now = ASN1_TIME_set(NULL, (time_t)T0);
	ASN1_TIME *next = ASN1_TIME_set(NULL, (time_t)T0 + 3600);
	ASN1_INTEGER *serial = ASN1_INTEGER_new();
	OCSP_CERTID *id;

	assert_int_equal(ASN1_INTEGER_set(serial, 77 + status), 1);
	id = OCSP_cert_id_new(md, name, key, serial);
	assert_non_null(id);
	assert_non_null(OCSP_basic_add1_status(bs, id, status,
	    status == V_OCSP_CERTSTATUS_REVOKED
		? OCSP_REVOKED_STATUS_KEYCOMPROMISE
		: 0,
	    now, now, next));
	OCSP_CERTID_free(id);
	ASN1_INTEGER_free(serial);
	ASN1_TIME_free(now);
	ASN1_TIME_free(next);
}

/* Theirs, as we read it: signed by libcrypto with a nonce, byKey. */
static void
test_theirs(void **state)
{
	struct test_key k;
	OCSP_BASICRESP *bs = OCSP_BASICRESP_new();
	X509 *cert = X509_new();
	uint8_t *der = NULL, nonce[32] = { 1 };
	struct btz_ocsp_single s;
	struct btz_ocsp o;
	struct btz_rd it;
	int len;

	(void)state;
	key_new(&k, false);
	assert_int_equal(X509_set_pubkey(cert, k.pkey), 1);
	add_theirs(bs, EVP_sha1(), X509_get_subject_name(cert),
	    X509_get0_pubkey_bitstr(cert), V_OCSP_CERTSTATUS_GOOD);
	add_theirs(bs, EVP_sha256(), X509_get_subject_name(cert),
	    X509_get0_pubkey_bitstr(cert), V_OCSP_CERTSTATUS_REVOKED);
	add_theirs(bs, EVP_sha256(), X509_get_subject_name(cert),
	    X509_get0_pubkey_bitstr(cert), V_OCSP_CERTSTATUS_UNKNOWN);
	assert_int_equal(OCSP_basic_add1_nonce(bs, nonce, 32), 1);
	assert_int_equal(OCSP_basic_sign(bs, cert, k.pkey, EVP_sha256(), NULL,
			     OCSP_RESPID_KEY),
	    1);
	len = i2d_OCSP_RESPDATA(
	    (OCSP_RESPDATA *)(uintptr_t)OCSP_resp_get0_respdata(bs), &der);
	assert_int_equal(
	    btz_ocsp_parse(btz_span_of(der, (size_t)len), &o), BTZ_OK);
	assert_true(btz_span_eq(o.key_hash, key_ski(&k)));
	assert_true(btz_span_eq(o.nonce, btz_span_of(nonce, 32)));
	assert_int_equal(o.n_responses, 3);
	btz_rd_span(&it, o.responses);
	for (uint8_t i = 0; i < 3; i++) {
		assert_int_equal(btz_ocsp_next(&it, &s), 1);
		assert_int_equal(s.status, i);
		assert_int_equal(s.reason, i == BTZ_OCSP_REVOKED ? 1 : 0);
		assert_int_equal(s.key_hash.len, i == 0 ? 20 : 32);
		assert_true(s.this_update == T0 && s.next_update == T0 + 3600);
		assert_int_equal(s.serial.p[0], 77 + i);
	}
	OPENSSL_free(der);
	OCSP_BASICRESP_free(bs);
	X509_free(cert);
	EVP_PKEY_free(k.pkey);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_build),
		cmocka_unit_test(test_theirs),
	};

	return cmocka_run_group_tests_name("ocsp", tests, NULL, NULL);
}
