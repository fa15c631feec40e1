/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_issuing.c - the chain as it is used: issuing key, its certificate from
 * the root, certificates and lists from it, time, the TA's own keys refused.
 */
#include "ta_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "der/build.h"
#include "der/crl.h"
#include "der/dn.h"
#include "der/spki.h"
#include "der/x509.h"

#define DAY 86400u

static struct rig r;
static struct rig_key issuing;
static uint32_t handle;
static uint8_t cert[4096], ski[20];
static size_t cert_len;

static enum btz_rc
certify(struct btz_span blob, uint64_t before, uint64_t after, uint64_t now)
{
	struct btz_ta_sign_issuing req = { .blob = blob,
		.serial = { 0x41, 1 },
		.not_before = before,
		.not_after = after,
		.now = now };
	struct btz_certificate c;
	enum btz_rc rc = rig_do(&r, BTZ_TA_SIGN_ISSUING,
	    &btz_def_ta_sign_issuing, &req, &btz_def_certificate, &c);

	if (rc != BTZ_OK)
		return rc;
	memcpy(cert, c.der.p, c.der.len);
	cert_len = c.der.len;
	return rc;
}

/* A key of another trust domain: may exist, is never certified. */
static void
test_foreign_domain(void **state)
{
	struct btz_constraints c;
	struct rig_key key;
	struct btz_ta_blob gone;
	uint8_t tlv[512], other[512];
	size_t n = rig_constraints(tlv, sizeof(tlv));
	struct btz_wr wr;

	(void)state;
	assert_true(btz_constraints_decode(btz_span_of(tlv, n), &c));
	c.trust_domain = btz_span_str("other.example");
	btz_wr_init(&wr, other, sizeof(other));
	btz_constraints_encode(&c, &wr);
	assert_int_equal(
	    rig_create(&r, BTZ_KIND_ISSUING, btz_wr_span(&wr), &key), BTZ_OK);
	gone.blob = btz_span_of(key.blob, key.blob_len);
	assert_int_equal(certify(gone.blob, RIG_NOW, RIG_NOW + DAY, RIG_NOW),
	    BTZ_E_KEY_CONSTRAINT);
	assert_int_equal(
	    rig_do(&r, BTZ_TA_KEY_DESTROY, &btz_def_ta_blob, &gone, NULL, NULL),
	    BTZ_OK);
}

static void
test_certificate(void **state)
{
	struct btz_ta_info info;
	struct btz_x509 x, root;
	struct rig_key plain;
	struct btz_span blob = btz_span_of(issuing.blob, issuing.blob_len);

	(void)state;
	assert_int_equal(
	    rig_create(&r, BTZ_KIND_PLAIN, btz_span_of(NULL, 0), &plain),
	    BTZ_OK);
	assert_int_equal(certify(btz_span_of(plain.blob, plain.blob_len),
			     RIG_NOW, RIG_NOW + DAY, RIG_NOW),
	    BTZ_E_KEY_KIND);
	assert_int_equal(certify(btz_span_of(issuing.blob, 80), RIG_NOW,
			     RIG_NOW + DAY, RIG_NOW),
	    BTZ_E_KEY_BLOB);
	assert_int_equal(certify(blob, RIG_NOW - 3601, RIG_NOW + DAY, RIG_NOW),
	    BTZ_E_X509_NOT_BEFORE);
	assert_int_equal(
	    certify(blob, RIG_NOW, RIG_NOW + 7301ull * DAY, RIG_NOW),
	    BTZ_E_X509_LIFETIME);
	assert_int_equal(
	    certify(blob, RIG_NOW, RIG_NOW + 365 * DAY, RIG_NOW), BTZ_OK);
	assert_int_equal(
	    btz_x509_parse(btz_span_of(cert, cert_len), &x), BTZ_OK);
	rig_info(&r, &info);
	assert_int_equal(btz_x509_parse(info.root_cert, &root), BTZ_OK);
	assert_true(rig_verify(root.spki, x.tbs, x.signature));
	assert_true(btz_span_eq(x.issuer, root.subject));
	assert_true(btz_span_eq(x.ext.aki, root.ext.ski));
	assert_true(
	    btz_span_eq(x.spki, btz_span_of(issuing.spki, issuing.spki_len)));
	assert_true(x.ext.ca && x.ext.has_path_len && x.ext.path_len == 0);
	assert_int_equal(x.ext.ku, BTZ_KU_KEY_CERT_SIGN | BTZ_KU_CRL_SIGN);
	assert_true(btz_exts_critical(&x.ext, BTZ_EXT_NC));
	memcpy(ski, x.ext.ski.p, 20);
}

static void
keep_signature(uint8_t *rsp, size_t *len)
{
	static const uint8_t ecdsa_sha256[4] = { 0, 0x18, 0, 0x0b };

	if (*len > 80 && memcmp(rsp + 14, ecdsa_sha256, 4) == 0)
		*len = 0;
}

/* Signatures of the root key as the next checkpoint tells them. */
static unsigned long
root_count(void)
{
	struct btz_ta_info info;
	struct btz_checkpoint req = { .size = 1 };
	struct btz_checkpoint_ok ok;
	char line[64] = "btz-chain ";
	const char *at;
	size_t n = strlen(line);

	rig_info(&r, &info);
	memcpy(req.id, info.checkpoint_id, sizeof(req.id));
	for (size_t i = 0; i < 16; i++)
		n += (size_t)snprintf(
		    line + n, sizeof(line) - n, "%02x", info.root_id[i]);
	assert_int_equal(rig_do(&r, BTZ_TA_SIGN_CHECKPOINT, &btz_def_checkpoint,
			     &req, &btz_def_checkpoint_ok, &ok),
	    BTZ_OK);
	at = memmem(ok.note.p, ok.note.len, line, n);
	assert_non_null(at);
	return strtoul(at + n, NULL, 10);
}

/* A certificate whose signature Linux keeps to itself is counted, and so
 * after a crash. */
static void
test_kept_signature(void **state)
{
	struct btz_span blob = btz_span_of(issuing.blob, issuing.blob_len);
	unsigned long before = root_count();

	(void)state;
	btz_hostkit_tamper(keep_signature);
	assert_int_not_equal(
	    certify(blob, RIG_NOW, RIG_NOW + DAY, RIG_NOW), BTZ_OK);
	btz_hostkit_tamper(NULL);
	rig_wait_ready(&r);
	rig_kill(&r);
	rig_start(&r);
	assert_int_equal(root_count(), before + 1);
	assert_int_equal(rig_open(&r, blob, &handle), BTZ_OK);
}

static size_t
leaf(uint8_t *buf, size_t cap, struct btz_span spki, uint64_t not_after)
{
	static uint8_t name[64], serial[16] = { 0x42 }, key_id[20] = { 1 };
	struct btz_wr wr, wn;

	btz_wr_init(&wn, name, sizeof(name));
	btz_dn_put(&wn, btz_span_str("nas issuing"));
	struct btz_cert_spec spec = { .profile = BTZ_PROFILE_USER,
		.sig_alg = BTZ_SIG_ECDSA_SHA256,
		.serial = btz_span_of(serial, 16),
		.issuer = btz_wr_span(&wn),
		.subject_cn = btz_span_str("alice"),
		.not_before = RIG_NOW,
		.not_after = not_after,
		.spki = spki,
		.ski = btz_span_of(key_id, 20),
		.aki = btz_span_of(ski, 20),
		.ekus = BTZ_EKU_CLIENT_AUTH,
		.uri = btz_span_str("spiffe://box.example/home/user/alice"),
		.crl_uri = btz_span_str("http://box.example/ca.crl") };

	/* The real key id: the bits are the last 65 octets. */
	spec.ski = btz_span_of(
	    key_id, rig_sha1(spki.p + spki.len - 65, 65, key_id));
	btz_wr_init(&wr, buf, cap);
	assert_int_equal(btz_cert_build(&spec, &wr), BTZ_OK);
	return wr.len;
}

static enum btz_rc
sign_cert(struct btz_span spki, uint64_t not_after, uint64_t now)
{
	uint8_t tbs[2048];
	size_t n = leaf(tbs, sizeof(tbs), spki, not_after);
	struct btz_signature sig;
	enum btz_rc rc = rig_sign(&r, BTZ_TA_SIGN_TBS_CERT, handle, now,
	    btz_span_of(tbs, n), btz_span_of(NULL, 0));

	if (rc != BTZ_OK)
		return rc;
	assert_true(btz_msg_decode(
	    &btz_def_signature, btz_span_of(r.answer, r.answer_len), &sig));
	assert_true(rig_verify(btz_span_of(issuing.spki, issuing.spki_len),
	    btz_span_of(tbs, n), sig.signature));
	return rc;
}

static void
test_leaf(void **state)
{
	struct rig_key user;
	struct btz_ta_info info;
	struct btz_x509 root;
	struct btz_span spki;
	uint8_t junk[64] = { 0x30, 0x3e }, digest[32] = { 0 };
	struct btz_span none = { NULL, 0 };

	(void)state;
	assert_int_equal(rig_create(&r, BTZ_KIND_PLAIN, none, &user), BTZ_OK);
	spki = btz_span_of(user.spki, user.spki_len);
	/* no way around the parser */
	assert_int_equal(rig_sign(&r, BTZ_TA_SIGN_DIGEST, handle, RIG_NOW,
			     btz_span_of(digest, 32), none),
	    BTZ_E_KEY_KIND);
	assert_int_not_equal(rig_sign(&r, BTZ_TA_SIGN_TBS_CERT, handle, RIG_NOW,
				 btz_span_of(junk, 64), none),
	    BTZ_OK);
	/* the keys of the TA itself */
	rig_info(&r, &info);
	assert_int_equal(
	    sign_cert(info.checkpoint_spki, RIG_NOW + DAY, RIG_NOW),
	    BTZ_E_X509_SPKI_OURS);
	rig_info(&r, &info);
	assert_int_equal(btz_x509_parse(info.root_cert, &root), BTZ_OK);
	assert_int_equal(
	    sign_cert(root.spki, RIG_NOW + DAY, RIG_NOW), BTZ_E_X509_SPKI_OURS);
	assert_int_equal(sign_cert(btz_span_of(issuing.spki, issuing.spki_len),
			     RIG_NOW + DAY, RIG_NOW),
	    BTZ_E_X509_SPKI_OURS);
	assert_int_equal(
	    sign_cert(spki, RIG_NOW + 31 * DAY, RIG_NOW), BTZ_E_X509_LIFETIME);
	assert_int_equal(sign_cert(spki, RIG_NOW + 30 * DAY, RIG_NOW), BTZ_OK);
	/* counted: provisioning has made none, the root one */
	rig_info(&r, &info);
	assert_int_equal(info.uncommitted, 1);
	assert_int_equal(info.constrained_keys, 2);
}

/* A plain key that ends, used at `now`. */
static enum btz_rc
sign_ending(uint64_t now)
{
	struct btz_ta_key_create req = { .alg = BTZ_ALG_EC_P256,
		.kind = BTZ_KIND_PLAIN,
		.operations = BTZ_USE_SIGN,
		.not_after = RIG_NOW + 50 };
	struct btz_ta_key k;
	uint8_t digest[32] = { 1 }, blob[BTZ_BLOB_MAX];
	uint32_t h;

	assert_int_equal(rig_do(&r, BTZ_TA_KEY_CREATE, &btz_def_ta_key_create,
			     &req, &btz_def_ta_key, &k),
	    BTZ_OK);
	memcpy(blob, k.blob.p, k.blob.len);
	assert_int_equal(
	    rig_open(&r, btz_span_of(blob, k.blob.len), &h), BTZ_OK);
	return rig_sign(&r, BTZ_TA_SIGN_DIGEST, h, now, btz_span_of(digest, 32),
	    btz_span_of(NULL, 0));
}

static void
test_time(void **state)
{
	struct rig_key user;
	struct btz_span spki;

	(void)state;
	assert_int_equal(
	    rig_create(&r, BTZ_KIND_PLAIN, btz_span_of(NULL, 0), &user),
	    BTZ_OK);
	spki = btz_span_of(user.spki, user.spki_len);
	assert_int_equal(
	    sign_cert(spki, RIG_NOW + DAY, RIG_NOW - 301), BTZ_E_TIME_UNSURE);
	assert_int_equal(r.state, BTZ_TA_TIME_UNSURE);
	assert_int_equal(
	    sign_cert(spki, RIG_NOW + DAY, UINT64_MAX), BTZ_E_TIME_UNSURE);
	assert_int_equal(sign_cert(spki, RIG_NOW + DAY, RIG_NOW - 300), BTZ_OK);
	assert_int_equal(r.state, BTZ_TA_READY);
	/* it went on: the way back is shut */
	assert_int_equal(sign_cert(spki, RIG_NOW + DAY, RIG_NOW + 400), BTZ_OK);
	assert_int_equal(
	    sign_cert(spki, RIG_NOW + DAY, RIG_NOW + 99), BTZ_E_TIME_UNSURE);
	assert_int_equal(sign_cert(spki, RIG_NOW + DAY, RIG_NOW + 400), BTZ_OK);
	assert_int_equal(sign_ending(RIG_NOW + 400), BTZ_E_EXPIRED);
	assert_int_equal(sign_ending(RIG_NOW + 49), BTZ_E_TIME_UNSURE);
}

struct crl {
	uint8_t tbs[1024], der[1200];
	size_t tbs_len, der_len;
};

static void
make_crl(struct crl *c, uint64_t number, uint8_t serial)
{
	static uint8_t name[64];
	struct btz_wr wr, wn;
	struct btz_crl_build b;

	btz_wr_init(&wn, name, sizeof(name));
	btz_dn_put(&wn, btz_span_str("nas issuing"));
	const struct btz_crl_spec spec = { .sig_alg = BTZ_SIG_ECDSA_SHA256,
		.issuer = btz_wr_span(&wn),
		.this_update = RIG_NOW + 400,
		.next_update = RIG_NOW + DAY,
		.number = number,
		.aki = btz_span_of(ski, 20) };

	btz_wr_init(&wr, c->tbs, sizeof(c->tbs));
	btz_crl_begin(&b, &spec, &wr);
	if (serial != 0)
		btz_crl_add(&b, btz_span_of(&serial, 1), RIG_NOW + 400, 0);
	assert_int_equal(btz_crl_end(&b), BTZ_OK);
	c->tbs_len = wr.len;
	c->der_len = 0;
}

static enum btz_rc
sign_crl(struct crl *c, const struct crl *previous)
{
	struct btz_signature sig;
	struct btz_wr wr;
	enum btz_rc rc = rig_sign(&r, BTZ_TA_SIGN_TBS_CRL, handle,
	    RIG_NOW + 400, btz_span_of(c->tbs, c->tbs_len),
	    previous != NULL ? btz_span_of(previous->der, previous->der_len)
			     : btz_span_of(NULL, 0));

	if (rc != BTZ_OK)
		return rc;
	assert_true(btz_msg_decode(
	    &btz_def_signature, btz_span_of(r.answer, r.answer_len), &sig));
	assert_true(rig_verify(btz_span_of(issuing.spki, issuing.spki_len),
	    btz_span_of(c->tbs, c->tbs_len), sig.signature));
	btz_wr_init(&wr, c->der, sizeof(c->der));
	assert_int_equal(btz_signed_put(&wr, btz_span_of(c->tbs, c->tbs_len),
			     BTZ_SIG_ECDSA_SHA256, sig.signature),
	    BTZ_OK);
	c->der_len = wr.len;
	return rc;
}

static void
crash(void)
{
	rig_kill(&r);
	rig_start(&r);
	assert_int_equal(
	    rig_open(&r, btz_span_of(issuing.blob, issuing.blob_len), &handle),
	    BTZ_OK);
}

static struct crl three; /* the last one of test_lists */

static void
test_lists(void **state)
{
	static struct crl one, two, forged;

	(void)state;
	make_crl(&two, 2, 0);
	assert_int_equal(sign_crl(&two, NULL), BTZ_E_CRL_NUMBER);
	make_crl(&one, 1, 9);
	/* the first one leaves only with a commit */
	btz_hostkit_fail_tpm_after(0);
	assert_int_equal(sign_crl(&one, NULL), BTZ_E_TPM_UNAVAILABLE);
	assert_int_equal(sign_crl(&one, NULL), BTZ_E_TPM_UNAVAILABLE);
	btz_hostkit_fail_tpm_after(-1);
	rig_wait_ready(&r);
	/* the answer was lost: the same list again, not another 1 */
	assert_int_equal(sign_crl(&one, NULL), BTZ_OK);
	assert_int_equal(sign_crl(&one, NULL), BTZ_OK);
	make_crl(&two, 1, 8);
	assert_int_equal(sign_crl(&two, NULL), BTZ_E_CRL_NUMBER);
	crash();
	assert_int_equal(sign_crl(&two, NULL), BTZ_E_CRL_NUMBER);
	/* entry 9 taken off; a previous list that we did not sign */
	make_crl(&two, 2, 0);
	assert_int_equal(sign_crl(&two, &one), BTZ_E_CRL_DROPPED);
	forged = one;
	forged.der[forged.der_len - 1] ^= 1;
	assert_int_equal(sign_crl(&two, &forged), BTZ_E_SIGNATURE);
	make_crl(&two, 2, 9);
	assert_int_equal(sign_crl(&two, &one), BTZ_OK);
	/* a crash forgets the number, the signed list brings it back */
	crash();
	make_crl(&three, 3, 9);
	assert_int_equal(sign_crl(&three, &two), BTZ_OK);
	make_crl(&two, 4, 9);
	assert_int_equal(sign_crl(&two, &one), BTZ_E_CRL_NUMBER);
}

/* Asked with list 3 as the previous one, after list 4 (entry 9) was signed,
 * its answer lost and the TA stopped. */
static const struct {
	const char *name;
	uint64_t number;
	uint8_t serial;
	enum btz_rc want;
} replays[] = {
	{ "another list of that number", 4, 8, BTZ_E_CRL_NUMBER },
	{ "the next number", 5, 9, BTZ_E_CRL_NUMBER },
	{ "the same list", 4, 9, BTZ_OK },
	{ "the same list once more", 4, 9, BTZ_OK },
	{ "another list after that", 4, 8, BTZ_E_CRL_NUMBER },
};

static void
test_lost_over_stop(void **state)
{
	static struct crl four, five;

	(void)state;
	make_crl(&four, 4, 9);
	assert_int_equal(sign_crl(&four, &three), BTZ_OK);
	for (size_t i = 0; i < 2 * BTZ_COUNT(replays); i++) {
		size_t row = i % BTZ_COUNT(replays);

		print_message("# case: %s\n", replays[row].name);
		if (row == 0) {
			assert_int_equal(
			    rig_do(&r, BTZ_TA_STOP, NULL, NULL, NULL, NULL),
			    BTZ_OK);
			crash();
		}
		make_crl(&four, replays[row].number, replays[row].serial);
		assert_int_equal(sign_crl(&four, &three), replays[row].want);
	}
	make_crl(&four, 4, 9);
	assert_int_equal(sign_crl(&four, &three), BTZ_OK);
	make_crl(&five, 5, 9);
	assert_int_equal(sign_crl(&five, &four), BTZ_OK);
}

/* now against the last time used, at a moment of the TEE's clock. */
static const struct {
	const char *name;
	uint64_t now;
	uint32_t clock;
	enum btz_rc want;
} times[] = {
	{ "2040", RIG_NOW + 5000 * DAY, 0, BTZ_E_TIME_UNSURE },
	{ "2040 again", RIG_NOW + 5000 * DAY, 1, BTZ_E_TIME_UNSURE },
	{ "2040 for less than an hour", RIG_NOW + 5000 * DAY + 3500, 3500,
	    BTZ_E_TIME_UNSURE },
	{ "the right time is not lost", RIG_NOW + 3500, 3500, BTZ_OK },
	{ "2040 begins anew", RIG_NOW + 5000 * DAY + 3700, 3700,
	    BTZ_E_TIME_UNSURE },
	{ "30 days and a second", RIG_NOW + 3500 + 30 * DAY + 1, 3700,
	    BTZ_E_TIME_UNSURE },
	{ "30 days", RIG_NOW + 3500 + 30 * DAY, 3700, BTZ_OK },
	{ "off for long", RIG_NOW + 100 * DAY, 4000, BTZ_E_TIME_UNSURE },
	{ "another claim", RIG_NOW + 101 * DAY, 5000, BTZ_E_TIME_UNSURE },
	{ "faster than the clock", RIG_NOW + 101 * DAY + 4000, 8600,
	    BTZ_E_TIME_UNSURE },
	{ "the same, nearly an hour", RIG_NOW + 101 * DAY + 7590, 12190,
	    BTZ_E_TIME_UNSURE },
	{ "the same, an hour", RIG_NOW + 101 * DAY + 7700, 12300, BTZ_OK },
	{ "and no way back", RIG_NOW + 101 * DAY, 12300, BTZ_E_TIME_UNSURE },
	{ "never", UINT64_MAX, 12300, BTZ_E_TIME_UNSURE },
};

static void
test_late_time(void **state)
{
	/* not a certificate: the time is judged before it */
	uint8_t tbs[16] = { 0 };

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(times); i++) {
		enum btz_rc rc;

		print_message("# case: %s\n", times[i].name);
		btz_hostkit_clock_ahead(times[i].clock);
		rc = rig_sign(&r, BTZ_TA_SIGN_TBS_CERT, handle, times[i].now,
		    btz_span_of(tbs, sizeof(tbs)), btz_span_of(NULL, 0));
		if (times[i].want == BTZ_OK)
			assert_int_not_equal(rc, BTZ_E_TIME_UNSURE);
		else
			assert_int_equal(rc, times[i].want);
	}
	btz_hostkit_clock_ahead(0);
}

/* The 257th constrained signature waits for a commit. */
static void
test_commit(void **state)
{
	struct rig_key user;
	struct btz_ta_info info;
	struct btz_span spki;

	(void)state;
	assert_int_equal(
	    rig_create(&r, BTZ_KIND_PLAIN, btz_span_of(NULL, 0), &user),
	    BTZ_OK);
	spki = btz_span_of(user.spki, user.spki_len);
	do {
		assert_int_equal(
		    sign_cert(spki, RIG_NOW + DAY, RIG_NOW + 400), BTZ_OK);
		rig_info(&r, &info);
	} while (info.uncommitted < 256);
	btz_hostkit_fail_tpm_after(0);
	assert_int_equal(sign_cert(spki, RIG_NOW + DAY, RIG_NOW + 400),
	    BTZ_E_TPM_UNAVAILABLE);
	btz_hostkit_fail_tpm_after(-1);
	rig_wait_ready(&r);
	assert_int_equal(sign_cert(spki, RIG_NOW + DAY, RIG_NOW + 400), BTZ_OK);
	rig_info(&r, &info);
	assert_int_equal(info.uncommitted, 1);
}

/* From half of it on the next checkpoint brings the commit along. What is
 * signed while the TPM works stays counted, and the 257th waits. */
static void
test_commit_early(void **state)
{
	struct btz_checkpoint cp = { .size = 1 };
	struct rig_key user;
	struct btz_ta_info info;
	struct btz_span spki;

	(void)state;
	assert_int_equal(
	    rig_create(&r, BTZ_KIND_PLAIN, btz_span_of(NULL, 0), &user),
	    BTZ_OK);
	spki = btz_span_of(user.spki, user.spki_len);
	for (rig_info(&r, &info); info.uncommitted < 128; rig_info(&r, &info))
		assert_int_equal(
		    sign_cert(spki, RIG_NOW + DAY, RIG_NOW + 400), BTZ_OK);
	memcpy(cp.id, info.checkpoint_id, sizeof(cp.id));
	r.split = true;
	assert_int_equal(rig_do(&r, BTZ_TA_SIGN_CHECKPOINT, &btz_def_checkpoint,
			     &cp, NULL, NULL),
	    BTZ_E_PENDING);
	assert_int_equal(
	    rig_do(&r, BTZ_TA_TPM_END, NULL, NULL, NULL, NULL), BTZ_E_PENDING);
	for (; info.uncommitted < 256; info.uncommitted++)
		assert_int_equal(
		    sign_cert(spki, RIG_NOW + DAY, RIG_NOW + 400), BTZ_OK);
	assert_int_equal(
	    sign_cert(spki, RIG_NOW + DAY, RIG_NOW + 400), BTZ_E_AGAIN);
	assert_int_equal(
	    rig_do(&r, BTZ_TA_TPM_END, NULL, NULL, NULL, NULL), BTZ_E_PENDING);
	assert_int_equal(
	    rig_do(&r, BTZ_TA_TPM_END, NULL, NULL, NULL, NULL), BTZ_OK);
	r.split = false;
	rig_info(&r, &info);
	assert_int_equal(info.uncommitted, 128);
	assert_int_equal(sign_cert(spki, RIG_NOW + DAY, RIG_NOW + 400), BTZ_OK);
}

static int
begin(void **state)
{
	uint8_t tlv[512];
	size_t n;

	(void)state;
	rig_begin(&r);
	rig_start(&r);
	rig_provision(&r);
	n = rig_constraints(tlv, sizeof(tlv));
	assert_int_equal(
	    rig_create(&r, BTZ_KIND_ISSUING, btz_span_of(tlv, n), &issuing),
	    BTZ_OK);
	assert_int_equal(
	    rig_open(&r, btz_span_of(issuing.blob, issuing.blob_len), &handle),
	    BTZ_OK);
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
		cmocka_unit_test(test_foreign_domain),
		cmocka_unit_test(test_certificate),
		cmocka_unit_test(test_kept_signature),
		cmocka_unit_test(test_leaf),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_lost_over_stop),
		cmocka_unit_test(test_commit),
		cmocka_unit_test(test_commit_early),
		cmocka_unit_test(test_late_time),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
