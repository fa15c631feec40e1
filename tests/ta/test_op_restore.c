/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_op_restore.c - a key of one box on another: what is needed for it, and
 * everything that is not enough.
 */
#include "backups.h"

#include <openssl/sha.h>
#include <string.h>

#define MARK BTZ_KEYBLOB_BACKUPABLE
#define ALICE 1u
#define BOB 2u
#define MALLORY 8u

static struct rig a, b;
static struct rig_key keys[2];
static uint8_t backup[BTZ_LIST_MAX], plain[BTZ_LIST_MAX];
static struct btz_span content; /* of the backup, opened */
static const struct btz_span none = { NULL, 0 };

static uint32_t
slots(void)
{
	struct btz_ta_info info;

	rig_info(&b, &info);
	return info.slots_used;
}

static enum btz_rc
sign(const struct rig_key *k)
{
	static const uint8_t text[] = "text";
	struct btz_span blob = btz_span_of(k->blob, k->blob_len);
	uint8_t digest[32];
	struct btz_signature sig;
	uint32_t h;
	enum btz_rc rc = rig_open(&b, blob, &h);

	if (rc != BTZ_OK)
		return rc;
	SHA256(text, sizeof(text), digest);
	rc = rig_sign(&b, BTZ_TA_SIGN_DIGEST, h, RIG_NOW,
	    btz_span_of(digest, sizeof(digest)), none);
	if (rc != BTZ_OK)
		return rc;
	assert_true(btz_msg_decode(
	    &btz_def_signature, btz_span_of(b.answer, b.answer_len), &sig));
	assert_true(rig_verify(btz_span_of(k->spki, k->spki_len),
	    btz_span_of(text, sizeof(text)), sig.signature));
	return BTZ_OK;
}

/* A file for a new transport key of the box, and the plan for it. */
struct sealed {
	struct btz_transport t;
	uint8_t file[BTZ_LIST_MAX], plan[1024];
	struct btz_span f, p;
};

static void
seal(struct sealed *s, struct btz_span what)
{
	struct btz_wr wf, wp;

	backups_transport(&b, &s->t);
	btz_wr_init(&wf, s->file, sizeof(s->file));
	backups_seal(&s->t, what, &wf);
	s->f = btz_wr_span(&wf);
	btz_wr_init(&wp, s->plan, sizeof(s->plan));
	backups_plan(s->f, &wp);
	s->p = btz_wr_span(&wp);
}

/* On a box where nobody is pinned whoever is root would restore. */
static void
test_unpinned(void **state)
{
	static struct sealed s;

	(void)state;
	seal(&s, content);
	assert_int_equal(backups_restore(&b, s.f, s.p, 0), BTZ_E_RECOVERY_KEY);
	backups_pin(&b);
	assert_int_equal(backups_restore(&b, s.f, s.p, 0), BTZ_E_APPROVAL);
}

static const struct {
	const char *name;
	unsigned who;
	enum btz_rc want;
} approvals[] = {
	{ "nobody", 0, BTZ_E_APPROVAL },
	{ "one of two", ALICE, BTZ_E_APPROVAL },
	{ "a stranger as second", ALICE | MALLORY, BTZ_E_APPROVAL_KEY },
	{ "two", ALICE | BOB, BTZ_OK },
	{ "the same file again", ALICE | BOB, BTZ_E_TRANSPORT },
};

static void
test_approvals(void **state)
{
	static struct sealed s;
	struct rig_key k = { .blob_len = 0 };
	uint32_t before;

	(void)state;
	seal(&s, content);
	before = slots();
	for (size_t i = 0; i < BTZ_COUNT(approvals); i++) {
		print_message("# case: %s\n", approvals[i].name);
		assert_int_equal(
		    backups_restore(&b, s.f, s.p, approvals[i].who),
		    approvals[i].want);
		if (approvals[i].want != BTZ_OK) {
			assert_int_equal(b.answer_len, 0);
			assert_int_equal(slots(), before + (i > 3 ? 2 : 0));
			continue;
		}
		for (size_t n = 0; n < 2; n++) {
			backups_answer(&b, n, &k);
			/* a new id in a new slot, the same public key */
			assert_memory_not_equal(k.id, keys[n].id, 16);
			assert_memory_equal(
			    k.spki, keys[n].spki, keys[n].spki_len);
			if (n == 1)
				assert_int_equal(sign(&k), BTZ_OK);
		}
		assert_int_equal(slots(), before + 2);
	}
	/* what the other box made opens here no more than before */
	assert_int_equal(sign(&keys[0]), BTZ_E_KEY_BLOB);
}

/* One bit of the file at a time: of its head, of what is sealed, of the tag. */
static void
test_altered(void **state)
{
	static struct sealed s;
	static uint8_t file[BTZ_LIST_MAX];
	uint8_t plan[1024];
	struct btz_span f;
	enum btz_rc rc;

	(void)state;
	seal(&s, content);
	f = btz_span_of(file, s.f.len);
	memcpy(plan, s.plan, s.p.len);
	for (size_t i = 0; i < s.f.len; i++) {
		memcpy(file, s.file, s.f.len);
		file[i] ^= 1;
		/* approved is this very file */
		SHA256(file, s.f.len, plan);
		rc = backups_restore(&b, f, btz_span_of(plan, s.p.len), 0);
		if (rc != BTZ_E_VERIFY && rc != BTZ_E_INVAL &&
		    rc != BTZ_E_TRANSPORT)
			fail_msg("byte %zu: %u", i, rc);
	}
	for (size_t i = 0; i < s.f.len; i++) {
		rc = backups_restore(&b, btz_span_of(s.file, i), s.p, 0);
		if (rc != BTZ_E_VERIFY && rc != BTZ_E_INVAL)
			fail_msg("%zu bytes: %u", i, rc);
	}
	/* and with approvals for the whole file it is still there */
	assert_int_equal(backups_restore(&b, s.f, s.p, ALICE | BOB), BTZ_OK);
}

enum flaw {
	OTHER_FILE,
	OTHER_WORDS,
	CUT,
	OTHER_OPERATION,
	RESTARTED,
	REPLAYED,
};
static const struct {
	const char *name;
	enum flaw flaw;
	enum btz_rc want;
} plans[] = {
	{ "the plan of another file", OTHER_FILE, BTZ_E_APPROVAL_NONCE },
	{ "other words for the same file", OTHER_WORDS, BTZ_E_APPROVAL_NONCE },
	{ "a plan that was cut", CUT, BTZ_E_APPROVAL_NONCE },
	{ "approvals of another operation", OTHER_OPERATION,
	    BTZ_E_APPROVAL_NONCE },
	{ "after a restart of the TA", RESTARTED, BTZ_E_TRANSPORT },
	{ "approvals of the last time", REPLAYED, BTZ_E_APPROVAL_NONCE },
};

/* Approved by two, but not this. */
static enum btz_rc
try(enum flaw flaw)
{
	static struct sealed s, other;
	static uint8_t buf[2048];
	struct btz_ta_restore m;
	struct btz_challenge c;
	struct btz_wr wr;

	seal(&other, content);
	seal(&s, content);
	if (flaw == OTHER_WORDS)
		s.plan[s.p.len - 1] ^= 1;
	if (flaw == CUT)
		s.p.len--;
	m = (struct btz_ta_restore){ .file = s.f,
		.request = flaw == OTHER_FILE ? other.p : s.p };
	admins_challenge(&b,
	    flaw == OTHER_OPERATION ? BTZ_APPROVE_ADMIN_SET
				    : BTZ_APPROVE_RESTORE,
	    m.request, &c);
	btz_wr_init(&wr, buf, sizeof(buf));
	admin_sign(0, &c, &wr);
	admin_sign(1, &c, &wr);
	memcpy(m.nonce, c.nonce, sizeof(m.nonce));
	m.approvals = btz_wr_span(&wr);
	if (flaw == RESTARTED) {
		rig_kill(&b);
		rig_start(&b);
	}
	if (flaw == REPLAYED) {
		assert_int_equal(rig_do(&b, BTZ_TA_RESTORE, &btz_def_ta_restore,
				     &m, NULL, NULL),
		    BTZ_OK);
		seal(&s, content);
		m.file = s.f;
		m.request = s.p;
	}
	return rig_do(&b, BTZ_TA_RESTORE, &btz_def_ta_restore, &m, NULL, NULL);
}

static void
test_plans(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(plans); i++) {
		print_message("# case: %s\n", plans[i].name);
		assert_int_equal(try(plans[i].flaw), plans[i].want);
	}
}

enum content_flaw {
	LIMITS,
	ALG,
	SECRET,
	TRAILING,
};
static const struct {
	const char *name;
	enum content_flaw flaw;
	enum btz_rc want;
} contents[] = {
	{ "limits that nothing enforces", LIMITS, BTZ_E_KEY_CONSTRAINT },
	{ "an algorithm that the TA lacks", ALG, BTZ_E_UNSUPPORTED },
	{ "the private part of another key", SECRET, BTZ_E_INVAL },
	{ "a byte behind the end", TRAILING, BTZ_E_INVAL },
};

/* Sealed as it should be, by somebody who makes mistakes. */
static struct btz_span
spoiled(enum content_flaw flaw)
{
	static uint8_t out[BTZ_LIST_MAX], desc[4096], versions[4096];
	static const uint8_t tlv[] = { 1, 0, 1, 'x' };
	struct btz_backup_version v;
	struct btz_backup m;
	struct btz_generate g;
	struct btz_rd rd;
	struct btz_wr wd, wv, wo;
	uint8_t secret[32];

	assert_true(btz_msg_decode(&btz_def_backup, content, &m) &&
		    btz_msg_decode(&btz_def_generate, m.key, &g));
	if (flaw == LIMITS)
		g.constraints = btz_span_of(tlv, sizeof(tlv));
	if (flaw == ALG)
		g.alg = 0;
	btz_wr_init(&wd, desc, sizeof(desc));
	btz_msg_write(&btz_def_generate, &g, &wd);
	btz_rd_span(&rd, m.versions);
	btz_wr_init(&wv, versions, sizeof(versions));
	while (btz_msg_read(&btz_def_backup_version, &rd, &v)) {
		assert_int_equal(v.secret.len, sizeof(secret));
		memcpy(secret, v.secret.p, sizeof(secret));
		secret[9] ^= flaw == SECRET;
		v.secret.p = secret;
		btz_msg_write(&btz_def_backup_version, &v, &wv);
	}
	m.key = btz_wr_span(&wd);
	m.versions = btz_wr_span(&wv);
	btz_wr_init(&wo, out, sizeof(out));
	btz_msg_write(&btz_def_backup, &m, &wo);
	return btz_wr_span(&wo);
}

static void
test_contents(void **state)
{
	static struct sealed s;
	uint32_t before = slots();

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(contents); i++) {
		struct btz_span in = spoiled(contents[i].flaw);

		print_message("# case: %s\n", contents[i].name);
		/* A form that the administrators' side sees itself. */
		if (contents[i].flaw == TRAILING) {
			uint8_t *end = memcpy(plain, in.p, in.len);
			struct btz_transport t;
			struct btz_wr wr;
			struct btz_err err;

			end[in.len] = 0;
			backups_transport(&b, &t);
			btz_wr_init(&wr, s.file, sizeof(s.file));
			assert_int_equal(
			    btz_transport_seal(
				&t, btz_span_of(plain, in.len + 1), &wr, &err),
			    contents[i].want);
			continue;
		}
		seal(&s, in);
		assert_int_equal(backups_restore(&b, s.f, s.p, ALICE | BOB),
		    contents[i].want);
	}
	assert_int_equal(slots(), before);
}

/* Box a: two versions of a key, backed up. It is gone afterwards. */
static int
setup(void **state)
{
	const struct btz_generate g = backups_policy(BTZ_ALG_EC_P256, MARK);
	static uint8_t opened[BTZ_LIST_MAX];
	struct btz_span file;
	struct btz_wr wr;

	(void)state;
	backups_begin();
	rig_begin(&a);
	rig_start(&a);
	rig_provision(&a);
	backups_pin(&a);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(backups_create(&a, BTZ_ALG_EC_P256,
				     BTZ_KIND_PLAIN, MARK, &keys[i]),
		    BTZ_OK);
	assert_int_equal(backups_make(&a, &g, keys, 2, &file), BTZ_OK);
	memcpy(backup, file.p, file.len);
	btz_wr_init(&wr, opened, sizeof(opened));
	backups_open(btz_span_of(backup, file.len), &wr);
	content = btz_wr_span(&wr);
	rig_end(&a);
	rig_begin(&b);
	rig_start(&b);
	rig_provision(&b);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	rig_end(&b);
	backups_end();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unpinned),
		cmocka_unit_test(test_approvals),
		cmocka_unit_test(test_altered),
		cmocka_unit_test(test_plans),
		cmocka_unit_test(test_contents),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
