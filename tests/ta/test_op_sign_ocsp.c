/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_op_sign_ocsp.c - a responder as it is used: a key of kind ocsp sealed
 * to an issuing key, its certificate from that key, answers from it; libcrypto
 * believes them, and nothing else is signed.
 */
#include "ta_rig.h"

#include <openssl/ocsp.h>
#include <openssl/x509.h>
#include <string.h>

#include "der/build.h"
#include "der/dn.h"
#include "der/ocsp.h"
#include "der/spki.h"
#include "der/x509.h"

#define DAY 86400u

struct ca { /* an issuing key */
	struct rig_key key;
	uint32_t handle;
	uint8_t name[64], ski[20], cert[2048], root[2048];
	size_t name_len, cert_len, root_len;
};

static struct rig r;
static struct ca ours, other;
static struct rig_key responder;
static uint32_t handle;
static uint8_t own[20];

static struct btz_span
ocsp_constraints(const struct ca *ca, const char *domain)
{
	static uint8_t buf[256];
	struct btz_constraints c = { .trust_domain = btz_span_str(domain) };
	struct btz_wr wr;

	memcpy(c.issuer_id, ca->key.id, sizeof(c.issuer_id));
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_constraints_encode(&c, &wr);
	assert_true(btz_wr_ok(&wr));
	return btz_wr_span(&wr);
}

static void
make_ca(struct ca *ca, const char *cn)
{
	struct btz_ta_sign_issuing req = { .serial = { 0x41, 1 },
		.not_before = RIG_NOW,
		.not_after = RIG_NOW + 300 * DAY,
		.now = RIG_NOW };
	struct btz_constraints c;
	struct btz_certificate got;
	struct btz_ta_info info;
	uint8_t tlv[512], mine[512];
	struct btz_wr wr;

	assert_true(btz_constraints_decode(
	    btz_span_of(tlv, rig_constraints(tlv, sizeof(tlv))), &c));
	c.subject_cn = btz_span_str(cn);
	btz_wr_init(&wr, mine, sizeof(mine));
	btz_constraints_encode(&c, &wr);
	assert_int_equal(
	    rig_create(&r, BTZ_KIND_ISSUING, btz_wr_span(&wr), &ca->key),
	    BTZ_OK);
	req.blob = btz_span_of(ca->key.blob, ca->key.blob_len);
	assert_int_equal(
	    rig_do(&r, BTZ_TA_SIGN_ISSUING, &btz_def_ta_sign_issuing, &req,
		&btz_def_certificate, &got),
	    BTZ_OK);
	memcpy(ca->cert, got.der.p, got.der.len);
	ca->cert_len = got.der.len;
	rig_info(&r, &info);
	memcpy(ca->root, info.root_cert.p, info.root_cert.len);
	ca->root_len = info.root_cert.len;
	(void)rig_sha1(ca->key.spki + ca->key.spki_len - 65, 65, ca->ski);
	btz_wr_init(&wr, ca->name, sizeof(ca->name));
	btz_dn_put(&wr, btz_span_str(cn));
	ca->name_len = wr.len;
}

static enum btz_rc
open_ca(struct ca *ca)
{
	return rig_open(
	    &r, btz_span_of(ca->key.blob, ca->key.blob_len), &ca->handle);
}

/* What is asked for a key of kind ocsp, and what is not given. */
static void
test_create(void **state)
{
	struct btz_constraints c;
	struct rig_key key;
	uint8_t buf[256];
	struct btz_wr wr;

	(void)state;
	make_ca(&ours, "nas issuing");
	make_ca(&other, "nas other");
	assert_int_equal(
	    rig_create(&r, BTZ_KIND_OCSP, btz_span_of(NULL, 0), &key),
	    BTZ_E_KEY_CONSTRAINT);
	/* the issuing key is not open: nobody has shown its blob */
	assert_int_equal(rig_create(&r, BTZ_KIND_OCSP,
			     ocsp_constraints(&ours, "box.example"), &key),
	    BTZ_E_NOENT);
	assert_int_equal(open_ca(&ours), BTZ_OK);
	assert_int_equal(rig_create(&r, BTZ_KIND_OCSP,
			     ocsp_constraints(&ours, "other.example"), &key),
	    BTZ_E_KEY_CONSTRAINT);
	/* what the TA writes is not the caller's to say */
	assert_true(
	    btz_constraints_decode(ocsp_constraints(&ours, "box.example"), &c));
	c.issuer_key = btz_span_of(other.key.spki, 65);
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_constraints_encode(&c, &wr);
	assert_int_equal(rig_create(&r, BTZ_KIND_OCSP, btz_wr_span(&wr), &key),
	    BTZ_E_KEY_CONSTRAINT);
	c.issuer_key.len = 0;
	c.subject_cn = btz_span_str("nas other");
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_constraints_encode(&c, &wr);
	assert_int_equal(rig_create(&r, BTZ_KIND_OCSP, btz_wr_span(&wr), &key),
	    BTZ_E_KEY_CONSTRAINT);
	assert_int_equal(
	    rig_create(&r, BTZ_KIND_OCSP,
		ocsp_constraints(&ours, "box.example"), &responder),
	    BTZ_OK);
	/* an ocsp key is nobody's issuer */
	assert_int_equal(
	    rig_open(
		&r, btz_span_of(responder.blob, responder.blob_len), &handle),
	    BTZ_OK);
	memcpy(c.issuer_id, responder.id, sizeof(c.issuer_id));
	c.subject_cn.len = 0;
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_constraints_encode(&c, &wr);
	assert_int_equal(rig_create(&r, BTZ_KIND_OCSP, btz_wr_span(&wr), &key),
	    BTZ_E_KEY_KIND);
	(void)rig_sha1(responder.spki + responder.spki_len - 65, 65, own);
}

/* The sealed constraints of the blob are the issuer's, from the TA. */
static void
test_sealed(void **state)
{
	struct btz_constraints c;
	struct btz_keyblob b;

	(void)state;
	assert_true(btz_keyblob_decode(
	    btz_span_of(responder.blob, responder.blob_len), &b));
	assert_true(btz_constraints_decode(b.constraints, &c));
	assert_true(btz_span_eq(c.subject_cn, btz_span_str("nas issuing")));
	assert_memory_equal(c.issuer_id, ours.key.id, 16);
	assert_true(btz_span_eq(c.issuer_key,
	    btz_span_of(ours.key.spki + ours.key.spki_len - 65, 65)));
}

static size_t
tbs_of(const struct ca *ca, const struct rig_key *key, uint64_t days,
    uint8_t *buf, size_t cap)
{
	static const uint8_t serial[16] = { 0x44 };
	uint8_t ski[20];
	struct btz_wr wr;

	(void)rig_sha1(key->spki + key->spki_len - 65, 65, ski);
	struct btz_cert_spec spec = { .profile = BTZ_PROFILE_OCSP,
		.sig_alg = BTZ_SIG_ECDSA_SHA256,
		.serial = btz_span_of(serial, 16),
		.issuer = btz_span_of(ca->name, ca->name_len),
		.subject_cn = btz_span_str("OCSP responder"),
		.not_before = RIG_NOW,
		.not_after = RIG_NOW + days * DAY,
		.spki = btz_span_of(key->spki, key->spki_len),
		.ski = btz_span_of(ski, 20),
		.aki = btz_span_of(ca->ski, 20),
		.ekus = BTZ_EKU_OCSP_SIGNING };

	btz_wr_init(&wr, buf, cap);
	assert_int_equal(btz_cert_build(&spec, &wr), BTZ_OK);
	return wr.len;
}

/* The signed whole into der; 0: refused, the code in *rc. */
static size_t
sign(uint32_t command, uint32_t h, struct btz_span tbs, uint8_t *der,
    size_t cap, enum btz_rc *rc)
{
	struct btz_signature sig;
	struct btz_wr wr;

	*rc = rig_sign(&r, command, h, RIG_NOW, tbs, btz_span_of(NULL, 0));
	if (*rc != BTZ_OK)
		return 0;
	assert_true(btz_msg_decode(
	    &btz_def_signature, btz_span_of(r.answer, r.answer_len), &sig));
	btz_wr_init(&wr, der, cap);
	assert_int_equal(
	    btz_signed_put(&wr, tbs, BTZ_SIG_ECDSA_SHA256, sig.signature),
	    BTZ_OK);
	return wr.len;
}

static uint8_t cert[2048];
static size_t cert_len;

static void
test_certificate(void **state)
{
	static const uint8_t none[1];
	struct rig_key plain;
	uint8_t tbs[1024];
	enum btz_rc rc;
	size_t n;

	(void)state;
	assert_int_equal(
	    rig_create(&r, BTZ_KIND_PLAIN, btz_span_of(none, 0), &plain),
	    BTZ_OK);
	n = tbs_of(&ours, &plain, 7, tbs, sizeof(tbs));
	(void)sign(BTZ_TA_SIGN_TBS_CERT, ours.handle, btz_span_of(tbs, n), cert,
	    sizeof(cert), &rc);
	assert_int_equal(rc, BTZ_E_X509_EKU);
	assert_int_equal(open_ca(&other), BTZ_OK);
	n = tbs_of(&other, &responder, 7, tbs, sizeof(tbs));
	(void)sign(BTZ_TA_SIGN_TBS_CERT, other.handle, btz_span_of(tbs, n),
	    cert, sizeof(cert), &rc);
	assert_int_equal(rc, BTZ_E_X509_SPKI_OURS);
	n = tbs_of(&ours, &responder, 8, tbs, sizeof(tbs));
	(void)sign(BTZ_TA_SIGN_TBS_CERT, ours.handle, btz_span_of(tbs, n), cert,
	    sizeof(cert), &rc);
	assert_int_equal(rc, BTZ_E_X509_LIFETIME);
	n = tbs_of(&ours, &responder, 7, tbs, sizeof(tbs));
	cert_len = sign(BTZ_TA_SIGN_TBS_CERT, ours.handle, btz_span_of(tbs, n),
	    cert, sizeof(cert), &rc);
	assert_int_equal(rc, BTZ_OK);
}

static size_t
response(const struct ca *of, const uint8_t by[20], uint64_t now, uint8_t *buf,
    size_t cap)
{
	uint8_t name_hash[20], id[128], serial[16] = { 0x42 };
	struct btz_ocsp_single s = { .status = BTZ_OCSP_GOOD,
		.this_update = now,
		.next_update = now + DAY };
	struct btz_ocsp_build b;
	struct btz_wr wr, wi;

	(void)rig_sha1(of->name, of->name_len, name_hash);
	btz_wr_init(&wi, id, sizeof(id));
	btz_ocsp_put_cert_id(&wi, btz_span_of(name_hash, 20),
	    btz_span_of(of->ski, 20), btz_span_of(serial, 16));
	s.cert_id = btz_wr_span(&wi);
	btz_wr_init(&wr, buf, cap);
	btz_ocsp_begin(&b, btz_span_of(by, 20), now, &wr);
	btz_ocsp_add(&b, &s);
	assert_int_equal(btz_ocsp_end(&b, btz_span_str("n-1")), BTZ_OK);
	return wr.len;
}

static X509 *
read_cert(const uint8_t *der, size_t len)
{
	X509 *x = d2i_X509(NULL, &der, (long)len);

	assert_non_null(x);
	return x;
}

/* BasicOCSPResponse with the responder's certificate, believed by libcrypto
 * that trusts nothing but the root. */
static bool
believed(const uint8_t *signed_der, size_t len)
{
	const struct {
		const uint8_t *der;
		size_t len;
	} all[] = { { ours.root, ours.root_len }, { ours.cert, ours.cert_len },
		{ cert, cert_len } };
	const uint8_t *p = signed_der;
	OCSP_BASICRESP *bs = d2i_OCSP_BASICRESP(NULL, &p, (long)len);
	STACK_OF(X509) *more = sk_X509_new_null();
	X509_STORE *store = X509_STORE_new();
	X509_VERIFY_PARAM *at = X509_STORE_get0_param(store);
	bool ok;

	assert_non_null(bs);
	X509_VERIFY_PARAM_set_time(at, RIG_NOW + 60);
	for (size_t i = 0; i < BTZ_COUNT(all); i++) {
		X509 *x = read_cert(all[i].der, all[i].len);

		if (i == 0)
			assert_int_equal(X509_STORE_add_cert(store, x), 1);
		else if (i == 1)
			assert_int_equal(sk_X509_push(more, x), 1);
		else
			assert_int_equal(OCSP_basic_add1_cert(bs, x), 1);
		if (i != 1)
			X509_free(x);
	}
	ok = OCSP_basic_verify(bs, more, store, 0) == 1;
	OCSP_BASICRESP_free(bs);
	sk_X509_pop_free(more, X509_free);
	X509_STORE_free(store);
	return ok;
}

static void
test_answers(void **state)
{
	struct btz_ta_info before, after;
	uint8_t tbs[1024], der[2048], digest[32] = { 1 };
	struct btz_span none = { NULL, 0 };
	enum btz_rc rc;
	size_t n;

	(void)state;
	assert_int_equal(rig_sign(&r, BTZ_TA_SIGN_DIGEST, handle, RIG_NOW,
			     btz_span_of(digest, 32), none),
	    BTZ_E_KEY_KIND);
	n = tbs_of(&ours, &responder, 7, tbs, sizeof(tbs));
	assert_int_equal(rig_sign(&r, BTZ_TA_SIGN_TBS_CERT, handle, RIG_NOW,
			     btz_span_of(tbs, n), none),
	    BTZ_E_KEY_KIND);
	assert_int_not_equal(rig_sign(&r, BTZ_TA_SIGN_OCSP, handle, RIG_NOW,
				 btz_span_of(tbs, n), none),
	    BTZ_OK);
	n = response(&other, own, RIG_NOW, tbs, sizeof(tbs));
	(void)sign(BTZ_TA_SIGN_OCSP, handle, btz_span_of(tbs, n), der,
	    sizeof(der), &rc);
	assert_int_equal(rc, BTZ_E_OCSP_ISSUER);
	n = response(&ours, ours.ski, RIG_NOW, tbs, sizeof(tbs));
	(void)sign(BTZ_TA_SIGN_OCSP, handle, btz_span_of(tbs, n), der,
	    sizeof(der), &rc);
	assert_int_equal(rc, BTZ_E_OCSP_RESPONDER);
	n = response(&ours, own, RIG_NOW + DAY, tbs, sizeof(tbs));
	(void)sign(BTZ_TA_SIGN_OCSP, handle, btz_span_of(tbs, n), der,
	    sizeof(der), &rc);
	assert_int_equal(rc, BTZ_E_OCSP_PRODUCED);
	/* an issuing key is no responder */
	n = response(&ours, ours.ski, RIG_NOW, tbs, sizeof(tbs));
	(void)sign(BTZ_TA_SIGN_OCSP, ours.handle, btz_span_of(tbs, n), der,
	    sizeof(der), &rc);
	assert_int_equal(rc, BTZ_E_KEY_KIND);
	rig_info(&r, &before);
	n = response(&ours, own, RIG_NOW, tbs, sizeof(tbs));
	n = sign(BTZ_TA_SIGN_OCSP, handle, btz_span_of(tbs, n), der,
	    sizeof(der), &rc);
	assert_int_equal(rc, BTZ_OK);
	rig_info(&r, &after);
	assert_int_equal(after.uncommitted, before.uncommitted + 1);
	assert_true(believed(der, n));
	der[n - 1] ^= 1;
	assert_false(believed(der, n));
}

/* Sealed to an issuing key that is gone: it has nothing more to say. */
static void
test_issuer_gone(void **state)
{
	struct btz_ta_blob gone = { btz_span_of(
	    ours.key.blob, ours.key.blob_len) };
	struct rig_key key;
	uint8_t tbs[1024], der[2048];
	enum btz_rc rc;
	size_t n;

	(void)state;
	rig_kill(&r);
	rig_start(&r);
	assert_int_equal(
	    rig_open(
		&r, btz_span_of(responder.blob, responder.blob_len), &handle),
	    BTZ_OK);
	n = response(&ours, own, RIG_NOW, tbs, sizeof(tbs));
	(void)sign(BTZ_TA_SIGN_OCSP, handle, btz_span_of(tbs, n), der,
	    sizeof(der), &rc);
	assert_int_equal(rc, BTZ_OK);
	assert_int_equal(open_ca(&ours), BTZ_OK);
	assert_int_equal(
	    rig_do(&r, BTZ_TA_KEY_DESTROY, &btz_def_ta_blob, &gone, NULL, NULL),
	    BTZ_OK);
	(void)sign(BTZ_TA_SIGN_OCSP, handle, btz_span_of(tbs, n), der,
	    sizeof(der), &rc);
	assert_int_equal(rc, BTZ_E_KEY_STATE);
	assert_int_equal(rig_create(&r, BTZ_KIND_OCSP,
			     ocsp_constraints(&ours, "box.example"), &key),
	    BTZ_E_NOENT);
}

static int
begin(void **state)
{
	(void)state;
	rig_begin(&r);
	rig_start(&r);
	rig_provision(&r);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	rig_end(&r);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_create),
		cmocka_unit_test(test_sealed),
		cmocka_unit_test(test_certificate),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_issuer_gone),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
