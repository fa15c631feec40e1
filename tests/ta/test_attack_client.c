/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_attack_client.c - Linux root has the TA's session: what it asks for and
 * must not get, each with its reason; and requests that it changes while the
 * TA reads them. Certificates: test_attack_certs.c.
 */
#include "ta_box.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/x509.h>

static struct box made, box;
static const struct btz_span nothing;

static struct btz_span
blob_of(const struct rig_key *k)
{
	return btz_span_of(k->blob, k->blob_len);
}

static enum btz_rc
certify_until(struct btz_span blob, uint64_t before, uint64_t after)
{
	struct btz_ta_sign_issuing req = { .blob = blob,
		.serial = { 0x41, 7 },
		.not_before = before,
		.not_after = after,
		.now = RIG_NOW };

	return rig_do(&box.r, BTZ_TA_SIGN_ISSUING, &btz_def_ta_sign_issuing,
	    &req, NULL, NULL);
}

/* A key made outside the TEE, dressed as an issuing key's blob. */
static enum btz_rc
outside_key(void)
{
	struct rig_key k = box.issuing;
	static const uint8_t prefix[] = { 0x30, 0x59, 0x30, 0x13 };
	uint8_t *spki = memmem(k.blob, k.blob_len, prefix, sizeof(prefix));
	EVP_PKEY *outside = EVP_EC_gen("P-256");

	/* 91 octets, like the TA's */
	assert_non_null(spki);
	assert_int_equal(i2d_PUBKEY(outside, &spki), 91);
	EVP_PKEY_free(outside);
	return certify_until(blob_of(&k), RIG_NOW, RIG_NOW + BOX_DAY);
}

static enum btz_rc
plain_key(void)
{
	return certify_until(blob_of(&box.plain), RIG_NOW, RIG_NOW + BOX_DAY);
}

static enum btz_rc
destroyed_key(void)
{
	struct rig_key k;

	assert_int_equal(box_create(&box, BTZ_KIND_ISSUING, &k), BTZ_OK);
	assert_int_equal(box_destroy(&box, &k), BTZ_OK);
	return certify_until(blob_of(&k), RIG_NOW, RIG_NOW + BOX_DAY);
}

static enum btz_rc
outlives_root(void)
{
	return certify_until(
	    blob_of(&box.issuing), RIG_NOW, RIG_NOW + 7301ull * BOX_DAY);
}

static enum btz_rc
pre_dated(void)
{
	return certify_until(
	    blob_of(&box.issuing), RIG_NOW - 3601, RIG_NOW + BOX_DAY);
}

static enum btz_rc
post_dated(void)
{
	return certify_until(
	    blob_of(&box.issuing), RIG_NOW + 301, RIG_NOW + BOX_DAY);
}

static enum btz_rc
create_with(uint8_t kind, uint8_t flags, struct btz_span constraints)
{
	struct btz_ta_key_create req = { .alg = BTZ_ALG_EC_P256,
		.kind = kind,
		.flags = flags,
		.operations = BTZ_USE_SIGN,
		.constraints = constraints };

	return rig_do(&box.r, BTZ_TA_KEY_CREATE, &btz_def_ta_key_create, &req,
	    NULL, NULL);
}

static enum btz_rc
exportable(void)
{
	return create_with(BTZ_KIND_ISSUING, BTZ_KEYBLOB_EXPORTABLE, nothing);
}

static enum btz_rc
backed_up(void)
{
	return create_with(BTZ_KIND_ISSUING, BTZ_KEYBLOB_BACKUPABLE, nothing);
}

/* Nobody has set a recovery key: whose would it be? */
static enum btz_rc
backed_up_for_nobody(void)
{
	return create_with(BTZ_KIND_PLAIN, BTZ_KEYBLOB_BACKUPABLE, nothing);
}

static enum btz_rc
issuing_without_limits(void)
{
	return create_with(BTZ_KIND_ISSUING, 0, nothing);
}

static enum btz_rc
another_root(void)
{
	return create_with(BTZ_KIND_ROOT, 0, nothing);
}

static enum btz_rc
another_checkpoint_key(void)
{
	return create_with(BTZ_KIND_CHECKPOINT, 0, nothing);
}

static enum btz_rc
sign_with(const struct rig_key *k, uint32_t command, struct btz_span in)
{
	uint32_t h;
	enum btz_rc rc = box_open(&box, k, &h);

	return rc != BTZ_OK
		   ? rc
		   : rig_sign(&box.r, command, h, RIG_NOW, in, nothing);
}

static enum btz_rc
raw_digest(void)
{
	uint8_t digest[32] = { 1 };

	return sign_with(
	    &box.issuing, BTZ_TA_SIGN_DIGEST, btz_span_of(digest, 32));
}

static enum btz_rc
tbs_by_plain_key(void)
{
	uint8_t tbs[2048];
	size_t n = box_tbs(
	    &box, tbs, sizeof(tbs), btz_span_of(box.plain.spki, 91));

	return sign_with(&box.plain, BTZ_TA_SIGN_TBS_CERT, btz_span_of(tbs, n));
}

/* The domain separation of certificates and lists. */
static enum btz_rc
certificate_as_list(void)
{
	uint8_t tbs[2048];
	size_t n = box_tbs(
	    &box, tbs, sizeof(tbs), btz_span_of(box.plain.spki, 91));

	return sign_with(
	    &box.issuing, BTZ_TA_SIGN_TBS_CRL, btz_span_of(tbs, n));
}

static enum btz_rc
other_box(void)
{
	struct btz_provision req = {
		.trust_domain = btz_span_str("evil.example"),
		.box = btz_span_str("nas"),
		.origin = btz_span_str("box.example/audit"),
		.now = RIG_NOW,
		.root_not_after = RIG_NOW + BOX_DAY,
	};

	return rig_do(
	    &box.r, BTZ_TA_PROVISION, &btz_def_provision, &req, NULL, NULL);
}

static enum btz_rc
forked_log(void)
{
	return box_checkpoint(&box, BOX_SIZE, true);
}

static enum btz_rc
forked_longer_log(void)
{
	return box_checkpoint(&box, BOX_SIZE + 4, true);
}

static enum btz_rc
shorter_log(void)
{
	return box_checkpoint(&box, BOX_SIZE - 1, false);
}

static enum btz_rc
list_again_from_one(void)
{
	box.crl_number = 0;
	box.crl_len = 0;
	box.crl_entry = 8;
	return box_list(&box);
}

static enum btz_rc
list_drops_an_entry(void)
{
	box.crl_entry = 8;
	return box_list(&box);
}

/* Not of this box's list: number 2, whose previous drops nothing but is not
 * given. */
static enum btz_rc
list_without_previous(void)
{
	box.crl_len = 0;
	return box_list(&box);
}

static const struct {
	const char *name;
	enum btz_rc (*fn)(void);
	enum btz_rc want;
} rows[] = {
	{ "sub-CA for a key outside the TEE", outside_key, BTZ_E_KEY_BLOB },
	{ "sub-CA for a plain key", plain_key, BTZ_E_KEY_KIND },
	{ "sub-CA for a destroyed key", destroyed_key, BTZ_E_KEY_GENERATION },
	{ "sub-CA that outlives the root", outlives_root, BTZ_E_X509_LIFETIME },
	{ "sub-CA of an hour ago", pre_dated, BTZ_E_X509_NOT_BEFORE },
	{ "sub-CA of tomorrow", post_dated, BTZ_E_X509_NOT_BEFORE },
	{ "issuing key that can be exported", exportable, BTZ_E_KEY_KIND },
	{ "issuing key that can be backed up", backed_up, BTZ_E_KEY_KIND },
	{ "backup for nobody", backed_up_for_nobody, BTZ_E_RECOVERY_KEY },
	{ "issuing key without limits", issuing_without_limits,
	    BTZ_E_KEY_CONSTRAINT },
	{ "second root key", another_root, BTZ_E_UNSUPPORTED },
	{ "second checkpoint key", another_checkpoint_key, BTZ_E_UNSUPPORTED },
	{ "raw digest with an issuing key", raw_digest, BTZ_E_KEY_KIND },
	{ "certificate by a plain key", tbs_by_plain_key, BTZ_E_KEY_KIND },
	{ "certificate as a list", certificate_as_list, BTZ_E_CRL_FORM },
	{ "another box in this one", other_box, BTZ_E_PROVISIONED },
	{ "another log of this size", forked_log, BTZ_E_LOG_FORKED },
	{ "longer log of another past", forked_longer_log, BTZ_E_LOG_FORKED },
	{ "shorter log", shorter_log, BTZ_E_LOG_SMALLER },
	{ "list that drops an entry", list_drops_an_entry, BTZ_E_CRL_DROPPED },
	{ "another list of number 1", list_again_from_one, BTZ_E_CRL_NUMBER },
	{ "list without the previous", list_without_previous,
	    BTZ_E_CRL_NUMBER },
};

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		enum btz_rc rc;

		print_message("# case: %s\n", rows[i].name);
		box_case("%s", rows[i].name);
		box_copy(&box, &made);
		box_start(&box);
		rc = rows[i].fn();
		if (rc != rows[i].want)
			print_message("# %s, wanted %s\n", btz_rc_name(rc),
			    btz_rc_name(rows[i].want));
		BOX_HOLD(rc == rows[i].want);
		BOX_HOLD(box_state(&box) == BTZ_TA_READY);
		BOX_HOLD(box_sign_plain(&box, &box.plain) == BTZ_OK);
		box_end(&box);
	}
}

/* --- a request that changes while it is read --- */

#define TURNS 3000

static atomic_bool over;
static size_t flip_at;
static uint8_t shared[4096]; /* what Linux and TA both see */

/* One octet of the name goes to and fro between tenant and tenant. */
static void *
flipper(void *arg)
{
	volatile uint8_t *p = arg;

	while (!atomic_load(&over))
		*p ^= 'h' ^ 's';
	return NULL;
}

static size_t
shared_request(void)
{
	uint8_t tbs[2048], *at;
	static const char uri[] = "box.example/home/user";
	size_t n = box_tbs(
	    &box, tbs, sizeof(tbs), btz_span_of(box.plain.spki, 91));
	struct btz_ta_sign req = { .handle = box.handle,
		.alg = BTZ_SIG_ECDSA_SHA256,
		.now = RIG_NOW,
		.input = btz_span_of(tbs, n) };
	struct btz_wr wr;

	btz_wr_init(&wr, shared, sizeof(shared));
	btz_msg_write(&btz_def_ta_sign, &req, &wr);
	assert_true(btz_wr_ok(&wr));
	at = memmem(shared, wr.len, uri, sizeof(uri) - 1);
	assert_non_null(at);
	flip_at = (size_t)(at - shared) + 12;
	return wr.len;
}

/* Is what was signed the certificate with tenant "home"? */
static bool
signed_home(struct btz_span tbs)
{
	struct btz_signature sig;

	assert_true(btz_msg_decode(&btz_def_signature,
	    btz_span_of(box.r.answer, box.r.answer_len), &sig));
	return rig_verify(
	    btz_span_of(box.issuing.spki, 91), tbs, sig.signature);
}

static enum btz_rc
ask_shared(size_t len)
{
	TEE_Param p[4];

	memset(p, 0, sizeof(p));
	p[0].memref.buffer = shared;
	p[0].memref.size = len;
	p[1].memref.buffer = box.r.answer;
	p[1].memref.size = sizeof(box.r.answer);
	assert_int_equal(
	    TA_InvokeCommandEntryPoint(box.r.session, BTZ_TA_SIGN_TBS_CERT,
		TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT,
		    TEE_PARAM_TYPE_MEMREF_OUTPUT, TEE_PARAM_TYPE_VALUE_OUTPUT,
		    TEE_PARAM_TYPE_NONE),
		p),
	    TEE_SUCCESS);
	box.r.answer_len = p[1].memref.size;
	return (enum btz_rc)p[2].value.a;
}

static void
test_changed_memref(void **state)
{
	uint8_t tbs[2048];
	unsigned ok = 0, refused = 0;
	pthread_t t;
	size_t n, len;

	(void)state;
	box_copy(&box, &made);
	box_start(&box);
	assert_int_equal(box_open(&box, &box.issuing, &box.handle), BTZ_OK);
	n = box_tbs(&box, tbs, sizeof(tbs), btz_span_of(box.plain.spki, 91));
	len = shared_request();
	atomic_store(&over, false);
	assert_int_equal(
	    pthread_create(&t, NULL, flipper, shared + flip_at), 0);
	for (int i = 0; i < TURNS; i++) {
		enum btz_rc rc = ask_shared(len);

		BOX_HOLD(rc == BTZ_OK || rc == BTZ_E_X509_SAN);
		BOX_HOLD(rc != BTZ_OK || signed_home(btz_span_of(tbs, n)));
		ok += rc == BTZ_OK;
		refused += rc != BTZ_OK;
	}
	atomic_store(&over, true);
	assert_int_equal(pthread_join(t, NULL), 0);
	print_message("# signed %u, refused %u\n", ok, refused);
	assert_true(ok > 0 && refused > 0);
	box_end(&box);
}

static int
begin(void **state)
{
	(void)state;
	box_make(&made);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	box_end(&made);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_changed_memref),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
