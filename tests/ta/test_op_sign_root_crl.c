/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_op_sign_root_crl.c - lists of the root: windows, numbers, entries that
 * stay although the caller leaves them out, over crashes and lost answers; the
 * emergency list; what needs no approval; libcrypto believes the good ones.
 */
#include "admins.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "der/crl.h"
#include "der/x509.h"
#include "wire/msg_approval.h"

#define DAY 86400ull
#define ROOT_END (RIG_NOW + 7300 * DAY)

static struct rig r;
static uint8_t issuing[2048], root[2048];
static size_t issuing_len, root_len;
static const uint8_t issuing_serial[16] = { 0x41, 1 };

struct list {
	uint8_t der[16640];
	size_t len;
	struct btz_crl crl;
};

static enum btz_rc
ask(uint8_t operation, const struct btz_root_crl *req, uint64_t now,
    struct list *out)
{
	static uint8_t buf[60000];
	struct btz_approved ap = { .operation = operation, .now = now };
	struct btz_certificate got;
	struct btz_wr wr;
	enum btz_rc rc;

	btz_wr_init(&wr, buf, sizeof(buf));
	btz_msg_write(&btz_def_root_crl, req, &wr);
	assert_true(btz_wr_ok(&wr));
	ap.request = btz_wr_span(&wr);
	rc = rig_do(&r, BTZ_TA_SIGN_ROOT_CRL, &btz_def_approved, &ap,
	    &btz_def_certificate, &got);
	if (rc != BTZ_OK)
		return rc;
	memcpy(out->der, got.der.p, got.der.len);
	out->len = got.der.len;
	assert_int_equal(
	    btz_crl_parse(btz_span_of(out->der, out->len), &out->crl), BTZ_OK);
	return rc;
}

/* The usual request: n serials of one octet each, far from one another. */
static uint8_t serials[1024 * 16];

static struct btz_span
some(uint8_t first, size_t n)
{
	memset(serials, 0, n * 16);
	for (size_t i = 0; i < n; i++) {
		serials[16 * i] = 0x40;
		serials[16 * i + 14] = (uint8_t)((first + i) >> 8);
		serials[16 * i + 15] = (uint8_t)(first + i);
	}
	return btz_span_of(serials, n * 16);
}

static enum btz_rc
next(struct btz_span add, const struct list *previous, struct list *out)
{
	struct btz_root_crl req = { .next_update = RIG_NOW + 30 * DAY,
		.serials = add };

	if (previous != NULL)
		req.previous = btz_span_of(previous->der, previous->len);
	return ask(BTZ_APPROVE_ROOT_CRL, &req, RIG_NOW, out);
}

static bool
has(const struct list *l, uint8_t last)
{
	struct btz_crl_entry e;
	struct btz_rd it;

	btz_rd_span(&it, l->crl.entries);
	while (btz_crl_next(&it, &e) == 1)
		if (e.serial.len == 16 && e.serial.p[0] == 0x40 &&
		    e.serial.p[15] == last)
			return true;
	return false;
}

static X509 *
cert_of(const uint8_t *der, size_t len)
{
	X509 *x = d2i_X509(NULL, &der, (long)len);

	assert_non_null(x);
	return x;
}

/* Verdict of libcrypto about the issuing certificate with this list. */
static int
verdict(const struct list *l, uint64_t at)
{
	const uint8_t *p = l->der;
	X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)l->len);
	X509 *top = cert_of(root, root_len), *x = cert_of(issuing, issuing_len);
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int rc;

	assert_non_null(crl);
	assert_int_equal(X509_CRL_verify(crl, X509_get0_pubkey(top)), 1);
	assert_int_equal(X509_STORE_add_cert(store, top), 1);
	assert_int_equal(X509_STORE_add_crl(store, crl), 1);
	X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), (time_t)at);
	X509_STORE_set_flags(
	    store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
	assert_int_equal(X509_STORE_CTX_init(ctx, store, x, NULL), 1);
	(void)X509_verify_cert(ctx);
	rc = X509_STORE_CTX_get_error(ctx);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	X509_free(top);
	X509_free(x);
	X509_CRL_free(crl);
	return rc;
}

/* Made at init: the issuing certificate is revoked as long as the root lives.
 */
static void
test_emergency(void **state)
{
	static struct list l;
	struct btz_root_crl req = { .emergency = 1,
		.serials = btz_span_of(issuing_serial, 16) };

	(void)state;
	req.next_update = RIG_NOW + DAY;
	assert_int_equal(
	    ask(BTZ_APPROVE_ROOT_CRL, &req, RIG_NOW, &l), BTZ_E_INVAL);
	req.next_update = 0;
	req.serials.len = 0;
	assert_int_equal(
	    ask(BTZ_APPROVE_ROOT_CRL, &req, RIG_NOW, &l), BTZ_E_INVAL);
	req.serials.len = 16;
	assert_int_equal(ask(BTZ_APPROVE_ROOT_CRL, &req, RIG_NOW, &l), BTZ_OK);
	assert_true(l.crl.number == INT64_MAX);
	assert_true(l.crl.next_update == ROOT_END);
	assert_int_equal(verdict(&l, RIG_NOW + 60), X509_V_ERR_CERT_REVOKED);
	/* not the last list */
	assert_int_equal(next(some(1, 0), &l, &l), BTZ_E_CRL_NUMBER);
}

static const struct {
	const char *name;
	uint8_t operation;
	size_t len;	   /* of the serials */
	uint8_t first;	   /* octet of the serial */
	uint64_t next, at; /* at: added to now */
	enum btz_rc want;
} rows[] = {
	{ "another operation", BTZ_APPROVE_TIME_SET, 0, 0x40, RIG_NOW + DAY, 0,
	    BTZ_E_PROTO },
	{ "half a serial", BTZ_APPROVE_ROOT_CRL, 8, 0x40, RIG_NOW + DAY, 0,
	    BTZ_E_INVAL },
	{ "negative serial", BTZ_APPROVE_ROOT_CRL, 16, 0x80, RIG_NOW + DAY, 0,
	    BTZ_E_X509_SERIAL },
	{ "serial 0", BTZ_APPROVE_ROOT_CRL, 16, 0, RIG_NOW + DAY, 0,
	    BTZ_E_X509_SERIAL },
	{ "ends now", BTZ_APPROVE_ROOT_CRL, 0, 0x40, RIG_NOW, 0,
	    BTZ_E_CRL_WINDOW },
	{ "a second too long", BTZ_APPROVE_ROOT_CRL, 0, 0x40,
	    RIG_NOW + 366 * DAY + 1, 0, BTZ_E_CRL_WINDOW },
	{ "no time, and a serial", BTZ_APPROVE_ROOT_CRL, 16, 0x40, 0, 0,
	    BTZ_E_CRL_WINDOW },
	{ "time without end", BTZ_APPROVE_ROOT_CRL, 0, 0x40, UINT64_MAX, 0,
	    BTZ_E_CRL_WINDOW },
	{ "time put back", BTZ_APPROVE_ROOT_CRL, 0, 0x40, RIG_NOW + DAY,
	    (uint64_t)-301, BTZ_E_TIME_UNSURE },
};

static void
test_refused(void **state)
{
	static struct list l;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		uint8_t serial[16] = { rows[i].first };
		struct btz_root_crl req = { .next_update = rows[i].next,
			.serials = btz_span_of(serial, rows[i].len) };

		print_message("# case: %s\n", rows[i].name);
		assert_int_equal(
		    ask(rows[i].operation, &req, RIG_NOW + rows[i].at, &l),
		    rows[i].want);
	}
}

static struct list one, two;

static void
test_numbers(void **state)
{
	static struct list l;

	(void)state;
	/* longest allowed; nobody is revoked */
	const struct btz_root_crl req = { .next_update = RIG_NOW + 366 * DAY };

	assert_int_equal(
	    ask(BTZ_APPROVE_ROOT_CRL, &req, RIG_NOW, &one), BTZ_OK);
	assert_int_equal(one.crl.number, 1);
	assert_int_equal(one.crl.n_entries, 0);
	assert_true(one.crl.this_update == RIG_NOW);
	assert_int_equal(verdict(&one, RIG_NOW + 60), X509_V_OK);
	/* twice the same serial is one entry */
	(void)some(1, 1);
	memcpy(serials + 16, serials, 16);
	assert_int_equal(next(btz_span_of(serials, 32), &one, &two), BTZ_OK);
	assert_int_equal(two.crl.number, 2);
	assert_int_equal(two.crl.n_entries, 1);
	/* an older list as the last one; one that is not ours */
	assert_int_equal(next(some(2, 1), &one, &l), BTZ_E_CRL_NUMBER);
	l = two;
	l.der[l.len - 1] ^= 1; /* the signature is not asked for */
	l.der[60] ^= 1;
	assert_int_not_equal(next(some(2, 1), &l, &l), BTZ_OK);
}

/* An entry is never dropped, whatever the caller leaves out. */
static void
test_kept(void **state)
{
	static struct list l;
	struct btz_root_crl emergency = { .emergency = 1 };

	(void)state;
	assert_int_equal(next(some(2, 1), NULL, &l), BTZ_OK);
	assert_int_equal(l.crl.number, 3);
	assert_true(has(&l, 1) && has(&l, 2));
	/* again, after a crash */
	rig_kill(&r);
	rig_start(&r);
	assert_int_equal(
	    next(btz_span_of(issuing_serial, 16), NULL, &l), BTZ_OK);
	assert_int_equal(l.crl.number, 4);
	assert_int_equal(l.crl.n_entries, 3);
	assert_true(has(&l, 1) && has(&l, 2));
	assert_int_equal(verdict(&l, RIG_NOW + 60), X509_V_ERR_CERT_REVOKED);
	/* also on a list for an emergency */
	emergency.serials = some(9, 1);
	assert_int_equal(
	    ask(BTZ_APPROVE_ROOT_CRL, &emergency, RIG_NOW, &one), BTZ_OK);
	assert_int_equal(one.crl.n_entries, 4);
	/* our copy is gone: the caller's must be the last list */
	rig_storage_delete(&r, "root-crl0");
	assert_int_equal(next(some(3, 1), NULL, &one), BTZ_E_CRL_DROPPED);
	assert_int_equal(next(some(3, 1), &two, &one), BTZ_E_CRL_NUMBER);
	assert_int_equal(next(some(3, 1), &l, &one), BTZ_OK);
	assert_int_equal(one.crl.number, 5);
	assert_int_equal(one.crl.n_entries, 4);
}

static void
keep_signature(uint8_t *rsp, size_t *len)
{
	static const uint8_t ecdsa_sha256[4] = { 0, 0x18, 0, 0x0b };

	if (*len > 80 && memcmp(rsp + 14, ecdsa_sha256, 4) == 0)
		*len = 0;
}

/* Linux keeps the signature, or a commit fails: the entry stays on the list
 * and the number is not given out again. */
static void
test_lost(void **state)
{
	static struct list l;

	(void)state;
	btz_hostkit_tamper(keep_signature);
	assert_int_not_equal(next(some(7, 1), NULL, &l), BTZ_OK);
	btz_hostkit_tamper(NULL);
	rig_wait_ready(&r);
	rig_kill(&r);
	rig_start(&r);
	assert_int_equal(next(some(8, 1), NULL, &l), BTZ_OK);
	assert_int_equal(l.crl.number, 7);
	assert_true(has(&l, 7) && has(&l, 8) && has(&l, 1));
}

/* Power goes at every TPM command and every write of one request, then the
 * next: no entry of an answered list is missing. */
static void
test_cuts(void **state)
{
	static struct list l, after;

	(void)state;
	assert_int_equal(next(some(20, 1), NULL, &l), BTZ_OK);
	for (int i = 0; i < 24; i++) {
		uint8_t mark = (uint8_t)(30 + i);
		bool done;

		btz_hostkit_fail_storage_after(i % 8);
		if (i >= 8) {
			btz_hostkit_fail_storage_after(-1);
			btz_hostkit_fail_tpm_after(i - 8);
		}
		done = next(some(mark, 1), NULL, &l) == BTZ_OK;
		rig_kill(&r);
		rig_start(&r);
		rig_wait_ready(&r);
		assert_int_equal(next(some(20, 1), NULL, &after), BTZ_OK);
		assert_true(has(&after, 20) && has(&after, 1));
		assert_true(!done || has(&after, mark));
		assert_true(!done || after.crl.number > l.crl.number);
	}
}

/* More than fits into an answer is refused whole. */
static void
test_too_many(void **state)
{
	static struct list l, after;

	(void)state;
	assert_int_equal(next(some(0, 0), NULL, &l), BTZ_OK);
	assert_int_equal(next(some(40, 1024), NULL, &after), BTZ_E_TOOBIG);
	assert_int_equal(next(some(40, 200), NULL, &after), BTZ_OK);
	assert_int_equal(after.crl.number, l.crl.number + 1);
}

static enum btz_rc
list(uint8_t emergency, uint64_t next_update, struct btz_span add, uint64_t now,
    struct list *out)
{
	const struct btz_root_crl req = { .emergency = emergency,
		.next_update = next_update,
		.serials = add };

	return ask(BTZ_APPROVE_ROOT_CRL, &req, now, out);
}

static int
begin(void **state)
{
	struct btz_ta_sign_issuing req = { .not_before = RIG_NOW,
		.not_after = RIG_NOW + 365 * DAY,
		.now = RIG_NOW };
	struct btz_certificate c;
	struct btz_ta_info info;
	struct rig_key key;
	uint8_t tlv[512];

	(void)state;
	admins_make();
	rig_begin(&r);
	rig_start(&r);
	rig_provision(&r);
	assert_int_equal(
	    rig_create(&r, BTZ_KIND_ISSUING,
		btz_span_of(tlv, rig_constraints(tlv, sizeof(tlv))), &key),
	    BTZ_OK);
	memcpy(req.serial, issuing_serial, sizeof(req.serial));
	req.blob = btz_span_of(key.blob, key.blob_len);
	assert_int_equal(
	    rig_do(&r, BTZ_TA_SIGN_ISSUING, &btz_def_ta_sign_issuing, &req,
		&btz_def_certificate, &c),
	    BTZ_OK);
	memcpy(issuing, c.der.p, c.der.len);
	issuing_len = c.der.len;
	rig_info(&r, &info);
	memcpy(root, info.root_cert.p, info.root_cert.len);
	root_len = info.root_cert.len;
	return 0;
}

static int
end(void **state)
{
	(void)state;
	rig_end(&r);
	admins_free();
	return 0;
}

static void
pin(void)
{
	struct btz_approved ap = { .operation = BTZ_APPROVE_ADMIN_SET,
		.request = admins_set(1, 1) };

	assert_int_equal(
	    rig_do(&r, BTZ_TA_ADMIN_SET, &btz_def_approved, &ap, NULL, NULL),
	    BTZ_OK);
}

/* An administrator is pinned now; what init does needs nobody's approval, as
 * often as it is asked for, and gains nothing by it. */
static void
test_unapproved(void **state)
{
	const struct btz_span serial = btz_span_of(issuing_serial, 16);
	static struct list l;
	uint64_t until;

	(void)state;
	(void)end(NULL);
	(void)begin(NULL);
	pin();
	assert_int_equal(list(1, 0, serial, RIG_NOW, &l), BTZ_OK);
	assert_int_equal(list(1, 0, serial, RIG_NOW, &l), BTZ_OK);
	assert_true(l.crl.number == INT64_MAX);
	/* not free: a year of one's own choice, an entry */
	assert_int_equal(
	    list(0, RIG_NOW + DAY, some(1, 0), RIG_NOW, &l), BTZ_E_APPROVAL);
	assert_int_equal(
	    list(0, RIG_NOW + DAY, serial, RIG_NOW, &l), BTZ_E_APPROVAL);
	/* the first list: a year; again: the next number, the same end */
	assert_int_equal(list(0, 0, some(1, 0), RIG_NOW, &l), BTZ_OK);
	assert_true(l.crl.number == 1 && l.crl.n_entries == 0);
	until = l.crl.next_update;
	assert_true(until == RIG_NOW + 365 * DAY);
	assert_int_equal(verdict(&l, RIG_NOW + 60), X509_V_OK);
	assert_int_equal(list(0, 0, some(1, 0), RIG_NOW + 3 * DAY, &l), BTZ_OK);
	assert_true(l.crl.number == 2 && l.crl.next_update == until);
	/* and with it the time of free emergency lists is over */
	assert_int_equal(
	    list(1, 0, serial, RIG_NOW + 3 * DAY, &l), BTZ_E_APPROVAL);
	rig_kill(&r);
	rig_start(&r);
	assert_int_equal(
	    list(1, 0, serial, RIG_NOW + 3 * DAY, &l), BTZ_E_APPROVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_emergency),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_unapproved),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
