/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_approval.c - k of n administrators: what counts as an approval and what
 * does not, who may be one, what is free where nobody is pinned.
 */
#include "admins.h"

#include <openssl/sha.h>
#include <string.h>

static struct rig r;
static struct rig_key issuing;

static enum btz_rc
set_local(struct btz_span request)
{
	struct btz_approved ap = { .operation = BTZ_APPROVE_ADMIN_SET,
		.request = request };

	return rig_do(&r, BTZ_TA_ADMIN_SET, &btz_def_approved, &ap, NULL, NULL);
}

static struct btz_span
set_of(uint8_t k, const struct btz_span *keys, size_t n)
{
	static uint8_t list[2048], buf[4096];
	struct btz_admin_set m = { .k = k };
	struct btz_wr wl, wr;

	btz_wr_init(&wl, list, sizeof(list));
	for (size_t i = 0; i < n; i++)
		btz_wr_bytes16(&wl, keys[i]);
	m.admins = btz_wr_span(&wl);
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_msg_write(&btz_def_admin_set, &m, &wr);
	return btz_wr_span(&wr);
}

/* Before anybody is pinned. */
static void
test_who_may_be_one(void **state)
{
	struct btz_span cut = admins_set(2, 3);
	struct btz_span keys[2] = { admin_spki(0), admin_spki(0) };
	uint8_t off[128];

	(void)state;
	cut.len--;
	assert_int_equal(set_local(cut), BTZ_E_PROTO);
	assert_int_equal(set_local(admins_set(0, 3)), BTZ_E_RANGE);
	assert_int_equal(set_local(admins_set(4, 3)), BTZ_E_RANGE);
	assert_int_equal(set_local(admins_set(1, 0)), BTZ_E_RANGE);
	assert_int_equal(set_local(set_of(1, keys, 2)), BTZ_E_EXIST);
	memcpy(off, keys[0].p, keys[0].len);
	off[keys[0].len - 1] ^= 1;
	keys[1] = btz_span_of(off, keys[0].len);
	assert_int_equal(set_local(set_of(1, keys, 2)), BTZ_E_X509_SPKI);
	keys[1] = btz_span_of(issuing.spki, issuing.spki_len);
	assert_int_equal(set_local(set_of(1, keys, 2)), BTZ_E_X509_SPKI_OURS);
}

static enum btz_rc
time_local(void)
{
	static const uint8_t t[8] = { 0, 0, 0, 0, 0x70, 0, 0, 0 };
	struct btz_approved ap = { .operation = BTZ_APPROVE_TIME_SET,
		.request = btz_span_of(t, sizeof(t)) };

	return rig_do(&r, BTZ_TA_TIME_SET, &btz_def_approved, &ap, NULL, NULL);
}

static void
test_set(void **state)
{
	struct btz_ta_info before, after;
	uint8_t id[32];

	(void)state;
	assert_int_equal(time_local(), BTZ_E_APPROVAL);
	rig_info(&r, &before);
	assert_int_equal(before.admins.len, 0);
	memcpy(id, before.instance_id, sizeof(id));
	assert_int_equal(set_local(admins_set(2, 3)), BTZ_OK);
	rig_info(&r, &after);
	assert_true(btz_span_eq(after.admins, admins_set(2, 3)));
	/* Who administers a box is part of what it is. */
	assert_memory_not_equal(id, after.instance_id, sizeof(id));
	assert_null(memmem(after.weaknesses.p, after.weaknesses.len,
	    "root-approval", strlen("root-approval")));
	assert_int_equal(set_local(admins_set(1, 1)), BTZ_E_APPROVAL);
}

enum flaw {
	NONE,
	ONE_ONLY,
	SAME_TWICE,
	STRANGER,
	CHANGED_SIG,
	OTHER_NONCE,
	OTHER_REQUEST,
	OTHER_OPERATION,
	CANCELLED,
	RESTARTED,
	TRAILING,
};

static const struct {
	const char *name;
	enum flaw flaw;
	enum btz_rc want;
} rows[] = {
	{ "one of two", ONE_ONLY, BTZ_E_APPROVAL },
	{ "the same twice", SAME_TWICE, BTZ_E_APPROVAL_KEY },
	{ "a stranger as third", STRANGER, BTZ_E_APPROVAL_KEY },
	{ "changed signature", CHANGED_SIG, BTZ_E_APPROVAL_SIG },
	{ "signed for another challenge", OTHER_NONCE, BTZ_E_APPROVAL_SIG },
	{ "another request", OTHER_REQUEST, BTZ_E_APPROVAL_NONCE },
	{ "another operation", OTHER_OPERATION, BTZ_E_APPROVAL_NONCE },
	{ "cancelled", CANCELLED, BTZ_E_APPROVAL_NONCE },
	{ "the TA started again", RESTARTED, BTZ_E_APPROVAL_NONCE },
	{ "a byte too many", TRAILING, BTZ_E_PROTO },
	{ "two of three", NONE, BTZ_OK },
};

static void
cancel(const struct btz_challenge *c)
{
	struct btz_approval_request was;
	struct btz_approval_ref ref;

	memcpy(ref.nonce, c->nonce, sizeof(ref.nonce));
	assert_int_equal(
	    rig_do(&r, BTZ_TA_APPROVAL_CANCEL, &btz_def_approval_ref, &ref,
		&btz_def_approval_request, &was),
	    BTZ_OK);
	assert_int_equal(was.operation, c->operation);
	assert_memory_equal(was.digest, c->digest, sizeof(was.digest));
	assert_int_equal(rig_do(&r, BTZ_TA_APPROVAL_CANCEL,
			     &btz_def_approval_ref, &ref, NULL, NULL),
	    BTZ_E_APPROVAL_NONCE);
}

static void
sign_with(enum flaw flaw, const struct btz_challenge *c,
    const struct btz_challenge *other, struct btz_wr *wr)
{
	admin_sign(0, flaw == OTHER_NONCE ? other : c, wr);
	if (flaw == SAME_TWICE)
		admin_sign(0, c, wr);
	else if (flaw != ONE_ONLY)
		admin_sign(1, c, wr);
	if (flaw == STRANGER)
		admin_sign(3, c, wr);
	if (flaw == CHANGED_SIG)
		wr->buf[wr->len - 1] ^= 1;
	if (flaw == TRAILING)
		btz_wr_u8(wr, 0);
}

static enum btz_rc
try(enum flaw flaw, struct btz_approved *ap)
{
	static uint8_t buf[2048], request[4096];
	struct btz_span set = admins_set(2, 3);
	struct btz_challenge c, other;
	struct btz_wr wr;

	memcpy(request, set.p, set.len);
	admins_challenge(&r, BTZ_APPROVE_ADMIN_SET, set, &other);
	admins_challenge(&r,
	    flaw == OTHER_OPERATION ? BTZ_APPROVE_ROOT_CRL
				    : BTZ_APPROVE_ADMIN_SET,
	    set, &c);
	btz_wr_init(&wr, buf, sizeof(buf));
	sign_with(flaw, &c, &other, &wr);
	memset(ap, 0, sizeof(*ap));
	ap->operation = BTZ_APPROVE_ADMIN_SET;
	ap->request = flaw == OTHER_REQUEST ? admins_set(1, 3)
					    : btz_span_of(request, set.len);
	memcpy(ap->nonce, c.nonce, sizeof(ap->nonce));
	ap->approvals = btz_wr_span(&wr);
	if (flaw == CANCELLED)
		cancel(&c);
	if (flaw == RESTARTED) {
		rig_kill(&r);
		rig_start(&r);
	}
	return rig_do(&r, BTZ_TA_ADMIN_SET, &btz_def_approved, ap, NULL, NULL);
}

static void
test_rows(void **state)
{
	struct btz_approved ap;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		print_message("# case: %s\n", rows[i].name);
		assert_int_equal(try(rows[i].flaw, &ap), rows[i].want);
	}
	print_message("# case: the last one again\n");
	assert_int_equal(
	    rig_do(&r, BTZ_TA_ADMIN_SET, &btz_def_approved, &ap, NULL, NULL),
	    BTZ_E_APPROVAL_NONCE);
}

/* A challenge that was given before the administrators changed. */
static void
test_after_change(void **state)
{
	static uint8_t buf[1024];
	uint8_t request[2048];
	struct btz_span set = admins_set(1, 3);
	struct btz_approved ap = { .operation = BTZ_APPROVE_ADMIN_SET };
	struct btz_challenge c;
	struct btz_wr wr;

	(void)state;
	memcpy(request, set.p, set.len);
	ap.request = btz_span_of(request, set.len);
	admins_challenge(&r, BTZ_APPROVE_ADMIN_SET, ap.request, &c);
	btz_wr_init(&wr, buf, sizeof(buf));
	admin_sign(0, &c, &wr);
	admin_sign(1, &c, &wr);
	memcpy(ap.nonce, c.nonce, sizeof(ap.nonce));
	ap.approvals = btz_wr_span(&wr);
	assert_int_equal(admins_do(&r, BTZ_TA_ADMIN_SET, BTZ_APPROVE_ADMIN_SET,
			     admins_set(2, 3), 0),
	    BTZ_OK);
	assert_int_equal(
	    rig_do(&r, BTZ_TA_ADMIN_SET, &btz_def_approved, &ap, NULL, NULL),
	    BTZ_E_APPROVAL_NONCE);
}

static uint64_t now = RIG_NOW;

/* The first one (serial 1) is always asked for in the same words. */
static enum btz_rc
certify(const uint8_t nonce[32], struct btz_span approvals, uint8_t serial)
{
	struct btz_ta_sign_issuing m = {
		.blob = btz_span_of(issuing.blob, issuing.blob_len),
		.serial = { 0x40, serial },
		.not_before = serial == 1 ? RIG_NOW : now,
		.not_after = RIG_NOW + 86400,
		.now = now,
		.approvals = approvals,
	};

	memcpy(m.nonce, nonce, sizeof(m.nonce));
	return rig_do(
	    &r, BTZ_TA_SIGN_ISSUING, &btz_def_ta_sign_issuing, &m, NULL, NULL);
}

/* The answer to the first is lost: init, which has no approvals, asks for the
 * very same again, also hours later, and nothing else is free. */
static void
test_first_lost(void **state)
{
	static const uint8_t none[32];
	const struct btz_span nobody = { NULL, 0 };

	(void)state;
	r.split = true;
	assert_int_equal(certify(none, nobody, 1), BTZ_E_PENDING);
	r.split = false;
	rig_kill(&r);
	rig_start(&r);
	assert_int_equal(certify(none, nobody, 2), BTZ_E_APPROVAL);
	assert_int_equal(certify(none, nobody, 1), BTZ_OK);
	now = RIG_NOW + 7200;
	assert_int_equal(certify(none, nobody, 1), BTZ_OK);
}

/* The first belongs to the making of the box, the second does not. */
static void
test_issuing(void **state)
{
	static const uint8_t none[32];
	struct btz_approve_issuing what = { .serial = { 0x40, 2 },
		.not_after = RIG_NOW + 86400 };
	uint8_t buf[1024], request[128];
	struct btz_challenge c;
	struct btz_wr wq, wr;

	(void)state;
	memcpy(what.issuing_id, issuing.id, sizeof(what.issuing_id));
	SHA256(issuing.spki, issuing.spki_len, what.spki_digest);
	assert_int_equal(
	    certify(none, btz_span_of(NULL, 0), 2), BTZ_E_APPROVAL);
	btz_wr_init(&wq, request, sizeof(request));
	btz_msg_write(&btz_def_approve_issuing, &what, &wq);
	admins_challenge(&r, BTZ_APPROVE_ISSUING, btz_wr_span(&wq), &c);
	btz_wr_init(&wr, buf, sizeof(buf));
	admin_sign(1, &c, &wr);
	admin_sign(2, &c, &wr);
	/* another serial than the approved one */
	assert_int_equal(
	    certify(c.nonce, btz_wr_span(&wr), 3), BTZ_E_APPROVAL_NONCE);
	assert_int_equal(certify(c.nonce, btz_wr_span(&wr), 2), BTZ_OK);
	assert_int_equal(
	    certify(c.nonce, btz_wr_span(&wr), 2), BTZ_E_APPROVAL_NONCE);
	/* the first is one like any other now */
	assert_int_equal(
	    certify(none, btz_span_of(NULL, 0), 1), BTZ_E_X509_NOT_BEFORE);
}

static int
setup(void **state)
{
	uint8_t c[512];

	(void)state;
	admins_make();
	rig_begin(&r);
	rig_start(&r);
	rig_provision(&r);
	return rig_create(&r, BTZ_KIND_ISSUING,
		   btz_span_of(c, rig_constraints(c, sizeof(c))),
		   &issuing) == BTZ_OK
		   ? 0
		   : -1;
}

static int
teardown(void **state)
{
	(void)state;
	rig_end(&r);
	admins_free();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_may_be_one),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_after_change),
		cmocka_unit_test(test_first_lost),
		cmocka_unit_test(test_issuing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
