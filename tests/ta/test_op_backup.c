/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_op_backup.c - which keys BACKUP seals, for whom, and that nothing of them
 * is to be seen in it. What comes in by KEY_IMPORT and goes out by KEY_EXPORT.
 */
#include "backups.h"

#include <string.h>

#include "wire/msg_crypt.h"

#define BOTH ((uint8_t)(BTZ_KEYBLOB_EXPORTABLE | BTZ_KEYBLOB_BACKUPABLE))

static struct rig r;
static struct rig_key keys[3];

static struct btz_span export(const struct rig_key *k, enum btz_rc want)
{
	static uint8_t secret[BTZ_SECRET_MAX];
	struct btz_ta_blob rq = { btz_span_of(k->blob, k->blob_len) };
	struct btz_secret_ok ok = { { NULL, 0 } };

	assert_int_equal(rig_do(&r, BTZ_TA_KEY_EXPORT, &btz_def_ta_blob, &rq,
			     &btz_def_secret_ok, &ok),
	    want);
	if (want != BTZ_OK)
		return ok.secret;
	memcpy(secret, ok.secret.p, ok.secret.len);
	return btz_span_of(secret, ok.secret.len);
}

/* Nobody is pinned: who is root could name himself. */
static void
test_unpinned(void **state)
{
	struct rig_key k;
	struct btz_span file;
	const struct btz_generate g = backups_policy(BTZ_ALG_EC_P256, 0);

	(void)state;
	assert_int_equal(backups_create(&r, BTZ_ALG_EC_P256, BTZ_KIND_PLAIN,
			     BTZ_KEYBLOB_BACKUPABLE, &k),
	    BTZ_E_RECOVERY_KEY);
	assert_int_equal(
	    backups_create(&r, BTZ_ALG_EC_P256, BTZ_KIND_PLAIN, 0, &k), BTZ_OK);
	assert_int_equal(
	    backups_make(&r, &g, &k, 1, &file), BTZ_E_RECOVERY_KEY);
}

/* What could never be opened is no recovery key. */
static void
test_recovery_key(void **state)
{
	uint8_t off[128];
	struct btz_span good = backups_recovery();
	struct btz_approved ap = { .operation = BTZ_APPROVE_ADMIN_SET };

	(void)state;
	memcpy(off, good.p, good.len);
	off[good.len - 1] ^= 1;
	ap.request = backups_set(btz_span_of(off, good.len));
	assert_int_equal(
	    rig_do(&r, BTZ_TA_ADMIN_SET, &btz_def_approved, &ap, NULL, NULL),
	    BTZ_E_X509_SPKI);
	ap.request = backups_set(btz_span_of(good.p, good.len - 1));
	assert_int_equal(
	    rig_do(&r, BTZ_TA_ADMIN_SET, &btz_def_approved, &ap, NULL, NULL),
	    BTZ_E_X509_SPKI);
	backups_pin(&r);
	/* and not another one without approvals */
	ap.request = backups_set(admin_spki(3));
	assert_int_equal(
	    rig_do(&r, BTZ_TA_ADMIN_SET, &btz_def_approved, &ap, NULL, NULL),
	    BTZ_E_APPROVAL);
}

static const struct {
	uint8_t kind;
	enum btz_rc want;
} kinds[] = {
	{ BTZ_KIND_ISSUING, BTZ_E_KEY_KIND },
	{ BTZ_KIND_CRL, BTZ_E_KEY_KIND },
	{ BTZ_KIND_OCSP, BTZ_E_KEY_KIND },
	{ BTZ_KIND_TLS, BTZ_E_KEY_KIND },
	{ BTZ_KIND_ROOT, BTZ_E_KEY_KIND },
	{ BTZ_KIND_CHECKPOINT, BTZ_E_KEY_KIND },
};

static void
test_kinds(void **state)
{
	struct rig_key k;
	struct btz_span file;
	const struct btz_generate g = backups_policy(BTZ_ALG_EC_P256, 0);
	uint8_t tlv[512];

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(kinds); i++)
		for (uint8_t flags = 1; flags < 4; flags++)
			assert_int_equal(backups_create(&r, BTZ_ALG_EC_P256,
					     kinds[i].kind, flags, &k),
			    kinds[i].want);
	/* nor those that were made without */
	assert_int_equal(
	    backups_create(&r, BTZ_ALG_EC_P256, BTZ_KIND_TLS, 0, &k), BTZ_OK);
	assert_int_equal(backups_make(&r, &g, &k, 1, &file), BTZ_E_KEY_KIND);
	(void)export(&k, BTZ_E_KEY_KIND);
	assert_int_equal(
	    rig_create(&r, BTZ_KIND_ISSUING,
		btz_span_of(tlv, rig_constraints(tlv, sizeof(tlv))), &k),
	    BTZ_OK);
	assert_int_equal(backups_make(&r, &g, &k, 1, &file), BTZ_E_KEY_KIND);
	(void)export(&k, BTZ_E_KEY_KIND);
	assert_int_equal(
	    backups_create(&r, BTZ_ALG_EC_P256, BTZ_KIND_PLAIN, 0, &k), BTZ_OK);
	assert_int_equal(backups_make(&r, &g, &k, 1, &file), BTZ_E_KEY_USAGE);
	(void)export(&k, BTZ_E_KEY_USAGE);
}

static const uint8_t algs[] = { BTZ_ALG_EC_P256, BTZ_ALG_EC_P384,
	BTZ_ALG_ED25519 };

/* The backup has the secret that KEY_EXPORT gives, and both have the mark. */
static void
test_content(void **state)
{
	static uint8_t buf[BTZ_LIST_MAX], copy[BTZ_LIST_MAX];
	struct btz_backup_version v;
	struct btz_backup b;
	struct btz_span file, secret;
	struct btz_rd rd;
	struct btz_wr plain;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(algs); i++) {
		const struct btz_generate g = backups_policy(algs[i], BOTH);

		print_message("# case: %s\n", btz_alg_name(algs[i]));
		for (size_t n = 0; n < 3; n++)
			assert_int_equal(backups_create(&r, algs[i],
					     BTZ_KIND_PLAIN, BOTH, &keys[n]),
			    BTZ_OK);
		assert_int_equal(backups_make(&r, &g, keys, 3, &file), BTZ_OK);
		assert_int_equal(file.p[5], BTZ_BACKUP_ANYWHERE);
		memcpy(copy, file.p, file.len);
		file.p = copy;
		btz_wr_init(&plain, buf, sizeof(buf));
		backups_open(file, &plain);
		assert_true(
		    btz_msg_decode(&btz_def_backup, btz_wr_span(&plain), &b));
		btz_rd_span(&rd, b.versions);
		for (size_t n = 0; n < 3; n++) {
			assert_true(
			    btz_msg_read(&btz_def_backup_version, &rd, &v));
			secret = export(&keys[n], BTZ_OK);
			assert_true(btz_span_eq(v.secret, secret));
			assert_true(btz_span_eq(v.spki,
			    btz_span_of(keys[n].spki, keys[n].spki_len)));
			assert_null(
			    memmem(file.p, file.len, secret.p, secret.len));
		}
		assert_true(btz_rd_end(&rd));
	}
}

enum lie {
	USAGE,
	FLAGS,
	ALG,
	KIND,
	TENANT,
	LATER,
	LIMITS,
	NO_VERSION,
	CUT_BLOB,
	ALTERED,
};
static const struct {
	const char *name;
	enum lie lie;
	enum btz_rc want;
} lies[] = {
	{ "another usage", USAGE, BTZ_E_KEY_POLICY },
	{ "exportable", FLAGS, BTZ_E_KEY_POLICY },
	{ "another algorithm", ALG, BTZ_E_KEY_POLICY },
	{ "another kind", KIND, BTZ_E_KEY_POLICY },
	{ "another tenant", TENANT, BTZ_E_KEY_POLICY },
	{ "constraints", LIMITS, BTZ_E_KEY_POLICY },
	{ "no version", NO_VERSION, BTZ_E_INVAL },
	{ "a blob that was cut", CUT_BLOB, BTZ_E_KEY_BLOB },
	{ "a blob that was altered", ALTERED, BTZ_E_KEY_BLOB },
	{ "it ends earlier", LATER, BTZ_OK },
};

/* Linux says what a key may do on the other box: no more than here. */
static void
test_lies(void **state)
{
	struct btz_span file;

	(void)state;
	assert_int_equal(backups_create(&r, BTZ_ALG_EC_P256, BTZ_KIND_PLAIN,
			     BTZ_KEYBLOB_BACKUPABLE, &keys[0]),
	    BTZ_OK);
	for (size_t i = 0; i < BTZ_COUNT(lies); i++) {
		struct btz_generate g = backups_policy(
		    BTZ_ALG_EC_P256, BTZ_KEYBLOB_BACKUPABLE);
		static const uint8_t tlv[] = { 1, 0, 1, 'x' };
		const enum lie lie = lies[i].lie;

		print_message("# case: %s\n", lies[i].name);
		keys[1] = keys[0];
		g.usage |= lie == USAGE ? BTZ_USE_DERIVE : 0;
		g.flags |= lie == FLAGS ? BTZ_KEYBLOB_EXPORTABLE : 0;
		g.alg = lie == ALG ? BTZ_ALG_EC_P384 : g.alg;
		g.kind = lie == KIND ? BTZ_KIND_TLS : g.kind;
		g.tenant_id[3] = lie == TENANT;
		g.not_after = lie == LATER ? RIG_NOW : 0;
		if (lie == LIMITS)
			g.constraints = btz_span_of(tlv, sizeof(tlv));
		keys[1].blob_len -= lie == CUT_BLOB;
		keys[1].blob[keys[1].blob_len - 1] ^= lie == ALTERED;
		assert_int_equal(
		    backups_make(&r, &g, &keys[1], lie != NO_VERSION, &file),
		    lies[i].want);
	}
	assert_int_equal(file.p[5], BTZ_BACKUP_TEE);
}

/* Every length of a request; none of them is one. */
static void
test_cut(void **state)
{
	static uint8_t buf[BTZ_BLOB_MAX];
	const struct btz_generate g = backups_policy(
	    BTZ_ALG_EC_P256, BTZ_KEYBLOB_BACKUPABLE);
	struct btz_wr wr;

	(void)state;
	btz_wr_init(&wr, buf, sizeof(buf));
	backups_write(&g, keys, 1, &wr);
	for (size_t i = 0; i < wr.len; i++)
		assert_int_not_equal(
		    rig_call(&r, BTZ_TA_BACKUP, btz_span_of(buf, i)), BTZ_OK);
	assert_int_equal(rig_call(&r, BTZ_TA_BACKUP, btz_wr_span(&wr)), BTZ_OK);
	/* and a key that was destroyed is in none */
	{
		struct btz_ta_blob rq = { btz_span_of(
		    keys[0].blob, keys[0].blob_len) };

		assert_int_equal(rig_do(&r, BTZ_TA_KEY_DESTROY,
				     &btz_def_ta_blob, &rq, NULL, NULL),
		    BTZ_OK);
	}
	assert_int_equal(rig_call(&r, BTZ_TA_BACKUP, btz_wr_span(&wr)),
	    BTZ_E_KEY_GENERATION);
}

static enum btz_rc
import(uint8_t alg, struct btz_span secret, struct btz_span spki,
    struct rig_key *out)
{
	struct btz_ta_key_import rq = { .alg = alg,
		.flags = BTZ_KEYBLOB_EXPORTABLE,
		.operations = BTZ_USE_SIGN,
		.spki = spki,
		.secret = secret };
	struct btz_ta_key k;
	enum btz_rc rc = rig_do(&r, BTZ_TA_KEY_IMPORT, &btz_def_ta_key_import,
	    &rq, &btz_def_ta_key, &k);

	if (rc == BTZ_OK) {
		memcpy(out->blob, k.blob.p, k.blob.len);
		out->blob_len = k.blob.len;
	}
	return rc;
}

/* -Q: the same x, another y. */
static void
negate(struct rig_key *k)
{
	static const uint8_t p[] = { 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	uint8_t *y = k->spki + k->spki_len - 32;
	unsigned borrow = 0;

	for (size_t i = 32; i-- > 0;) {
		const unsigned d = 256u + p[i] - y[i] - borrow;

		y[i] = (uint8_t)d;
		borrow = d < 256;
	}
}

static void
test_import(void **state)
{
	struct rig_key in = { .blob_len = 0 };
	struct btz_keyblob b;
	uint8_t secret[64];
	struct btz_span s, spki;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(algs); i++) {
		print_message("# case: %s\n", btz_alg_name(algs[i]));
		assert_int_equal(
		    backups_create(&r, algs[i], BTZ_KIND_PLAIN, BOTH, &keys[0]),
		    BTZ_OK);
		s = export(&keys[0], BTZ_OK);
		memcpy(secret, s.p, s.len);
		s.p = secret;
		spki = btz_span_of(keys[0].spki, keys[0].spki_len);
		assert_int_equal(import(algs[i], s, spki, &in), BTZ_OK);
		assert_true(
		    btz_keyblob_decode(btz_span_of(in.blob, in.blob_len), &b));
		assert_int_equal(b.kind, BTZ_KIND_PLAIN);
		assert_memory_not_equal(b.key_id, keys[0].id, 16);
		assert_true(btz_span_eq(export(&in, BTZ_OK), s));
		secret[5] ^= 1;
		assert_int_equal(import(algs[i], s, spki, &in), BTZ_E_INVAL);
		secret[5] ^= 1;
		s.len--;
		assert_int_equal(import(algs[i], s, spki, &in), BTZ_E_INVAL);
		s.len++;
		keys[0].spki[spki.len - 1] ^= 1;
		assert_int_equal(import(algs[i], s, spki, &in), BTZ_E_INVAL);
		keys[0].spki[spki.len - 1] ^= 1;
		if (algs[i] != BTZ_ALG_EC_P256)
			continue;
		negate(&keys[0]);
		assert_int_equal(import(algs[i], s, spki, &in), BTZ_E_INVAL);
	}
	assert_int_equal(import(99, s, spki, &in), BTZ_E_UNSUPPORTED);
}

static int
setup(void **state)
{
	(void)state;
	backups_begin();
	rig_begin(&r);
	rig_start(&r);
	rig_provision(&r);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	rig_end(&r);
	backups_end();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unpinned),
		cmocka_unit_test(test_recovery_key),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_content),
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_import),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
