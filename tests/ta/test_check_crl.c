/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_check_crl.c - which revocation lists an issuing key signs: numbers,
 * windows, and that nobody is taken off a list early.
 */
#include "support/cmocka_all.h"

#include <string.h>

#include "der/dn.h"
#include "issuer.h"
#include "wire/alg.h"

#define NOW 1790000000u
#define DAY 86400u

struct entry {
	uint8_t serial;
	uint64_t date;
	uint8_t reason;
};

/* serial 0 ends */
struct list {
	uint64_t number;
	struct entry e[4];
};

static uint8_t ski[20] = { 7 };

static struct ta_issuer
issuer(void)
{
	struct ta_issuer is = { .now = NOW };
	struct btz_wr wr;

	is.c.max_lifetime = 30 * DAY;
	memcpy(is.ski, ski, sizeof(ski));
	btz_wr_init(&wr, is.name, sizeof(is.name));
	btz_dn_put(&wr, btz_span_str("nas issuing"));
	is.name_len = wr.len;
	return is;
}

static void
build(const struct ta_issuer *is, const struct list *l, uint8_t *buf,
    size_t cap, struct btz_crl *out)
{
	const struct btz_crl_spec spec = { .sig_alg = BTZ_SIG_ECDSA_SHA256,
		.issuer = btz_span_of(is->name, is->name_len),
		.this_update = NOW,
		.next_update = NOW + 7 * DAY,
		.number = l->number,
		.aki = btz_span_of(is->ski, sizeof(is->ski)) };
	struct btz_crl_build b;
	struct btz_wr wr;

	btz_wr_init(&wr, buf, cap);
	btz_crl_begin(&b, &spec, &wr);
	for (size_t i = 0; i < 4 && l->e[i].serial != 0; i++)
		btz_crl_add(&b, btz_span_of(&l->e[i].serial, 1), l->e[i].date,
		    l->e[i].reason);
	assert_int_equal(btz_crl_end(&b), BTZ_OK);
	assert_int_equal(btz_crl_parse_tbs(btz_wr_span(&wr), out), BTZ_OK);
}

#define LONG_AGO (NOW - 30 * DAY - 1)

static const struct {
	const char *name;
	uint64_t recorded;
	bool first; /* no previous list */
	struct list before, now;
	enum btz_rc want;
} rows[] = {
	{ "first list is not 1", 0, true, { 0 }, { 2, { { 0 } } },
	    BTZ_E_CRL_NUMBER },
	{ "previous withheld", 5, true, { 0 }, { 6, { { 0 } } },
	    BTZ_E_CRL_NUMBER },
	{ "previous is older than recorded", 5, false, { 4, { { 0 } } },
	    { 6, { { 0 } } }, BTZ_E_CRL_NUMBER },
	{ "same number again", 5, false, { 5, { { 0 } } }, { 5, { { 0 } } },
	    BTZ_E_CRL_NUMBER },
	{ "number skipped", 5, false, { 5, { { 0 } } }, { 7, { { 0 } } },
	    BTZ_E_CRL_NUMBER },
	{ "entry dropped", 5, false, { 5, { { 1, NOW - DAY, 1 } } },
	    { 6, { { 0 } } }, BTZ_E_CRL_DROPPED },
	{ "entry replaced", 5, false,
	    { 5, { { 1, NOW - DAY, 1 }, { 2, NOW - DAY, 0 } } },
	    { 6, { { 1, NOW - DAY, 1 }, { 3, NOW - DAY, 0 } } },
	    BTZ_E_CRL_DROPPED },
	{ "entry back-dated, to be dropped next", 5, false,
	    { 5, { { 1, NOW - DAY, 1 } } }, { 6, { { 1, LONG_AGO, 1 } } },
	    BTZ_E_CRL_DROPPED },
	{ "entry on its last second dropped", 5, false,
	    { 5, { { 1, NOW - 30 * DAY, 1 } } }, { 6, { { 0 } } },
	    BTZ_E_CRL_DROPPED },
	{ "reason changed into a hold, to be removed next", 5, false,
	    { 5, { { 1, NOW - DAY, 1 } } }, { 6, { { 1, NOW - DAY, 6 } } },
	    BTZ_E_CRL_DROPPED },
	{ "entry turned into removeFromCRL", 5, false,
	    { 5, { { 1, NOW - DAY, 1 } } }, { 6, { { 1, NOW - DAY, 8 } } },
	    BTZ_E_CRL_FORM },
	{ "removeFromCRL beside the entry", 5, false,
	    { 5, { { 1, NOW - DAY, 1 } } },
	    { 6, { { 1, NOW - DAY, 1 }, { 1, NOW, 8 } } }, BTZ_E_CRL_FORM },
	{ "reason changed", 5, false, { 5, { { 1, NOW - DAY, 6 } } },
	    { 6, { { 1, NOW - DAY, 1 } } }, BTZ_OK },
	{ "hold stays", 5, false, { 5, { { 1, NOW - DAY, 6 } } },
	    { 6, { { 1, NOW - DAY, 6 } } }, BTZ_OK },
	{ "first", 0, true, { 0 }, { 1, { { 1, NOW, 1 } } }, BTZ_OK },
	{ "next, one more", 5, false, { 5, { { 1, NOW - DAY, 1 } } },
	    { 6, { { 2, NOW, 0 }, { 1, NOW - DAY, 1 } } }, BTZ_OK },
	{ "other order", 5, false,
	    { 5, { { 1, NOW - DAY, 1 }, { 2, NOW - DAY, 1 } } },
	    { 6, { { 2, NOW - DAY, 1 }, { 1, NOW - DAY, 1 } } }, BTZ_OK },
	{ "expired entry dropped", 5, false, { 5, { { 1, LONG_AGO, 1 } } },
	    { 6, { { 0 } } }, BTZ_OK },
	{ "hold removed", 5, false, { 5, { { 1, NOW - DAY, 6 } } },
	    { 6, { { 0 } } }, BTZ_OK },
	{ "previous newer than recorded (crash)", 5, false, { 9, { { 0 } } },
	    { 10, { { 0 } } }, BTZ_OK },
};

static void
test_rows(void **state)
{
	struct ta_issuer is = issuer();

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		uint8_t a[1024], b[1024];
		struct btz_crl before, now;

		print_message("# case: %s\n", rows[i].name);
		build(&is, &rows[i].before, a, sizeof(a), &before);
		build(&is, &rows[i].now, b, sizeof(b), &now);
		assert_int_equal(ta_check_crl(&is, rows[i].recorded,
				     rows[i].first ? NULL : &before, &now),
		    rows[i].want);
	}
}

/* A key whose limit is "for ever": its certificates end with its own. */
static void
test_no_limit(void **state)
{
	static const struct list with = { 5, { { 1, NOW - DAY, 1 } } },
				 without = { 6, { { 0 } } };
	struct ta_issuer is = issuer();
	uint8_t a[1024], b[1024];
	struct btz_crl before, now;

	(void)state;
	is.c.max_lifetime = UINT64_MAX;
	build(&is, &with, a, sizeof(a), &before);
	build(&is, &without, b, sizeof(b), &now);
	assert_int_equal(
	    ta_check_crl(&is, 5, &before, &now), BTZ_E_CRL_DROPPED);
}

static void
unknown(struct btz_crl *c)
{
	c->n_unknown = 1;
}

static void
no_number(struct btz_crl *c)
{
	c->has_number = false;
}

static void
wrong_aki(struct btz_crl *c)
{
	c->aki.len = 19;
}

static void
wrong_issuer(struct btz_crl *c)
{
	c->issuer.len--;
}

static void
wrong_alg(struct btz_crl *c)
{
	c->inner_alg.len--;
}

static void
early(struct btz_crl *c)
{
	c->this_update = NOW - 3601;
}

static void
late(struct btz_crl *c)
{
	c->this_update = NOW + 301;
}

static void
no_window(struct btz_crl *c)
{
	c->next_update = c->this_update;
}

static void
long_window(struct btz_crl *c)
{
	c->next_update = c->this_update + 7 * DAY + 1;
}

static const struct {
	const char *name;
	void (*change)(struct btz_crl *c);
	enum btz_rc want;
} forms[] = {
	{ "unknown extension", unknown, BTZ_E_CRL_FORM },
	{ "no number", no_number, BTZ_E_CRL_FORM },
	{ "AKI of another", wrong_aki, BTZ_E_X509_AKI },
	{ "another issuer", wrong_issuer, BTZ_E_X509_ISSUER },
	{ "another algorithm", wrong_alg, BTZ_E_X509_SIGALG },
	{ "thisUpdate too early", early, BTZ_E_CRL_WINDOW },
	{ "thisUpdate in the future", late, BTZ_E_CRL_WINDOW },
	{ "no window", no_window, BTZ_E_CRL_WINDOW },
	{ "window over 7 days", long_window, BTZ_E_CRL_WINDOW },
};

static void
test_forms(void **state)
{
	const struct list one = { 1, { { 0 } } };
	struct ta_issuer is = issuer();

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(forms); i++) {
		uint8_t buf[1024];
		struct btz_crl c;

		print_message("# case: %s\n", forms[i].name);
		build(&is, &one, buf, sizeof(buf), &c);
		assert_int_equal(ta_check_crl(&is, 0, NULL, &c), BTZ_OK);
		forms[i].change(&c);
		assert_int_equal(ta_check_crl(&is, 0, NULL, &c), forms[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_no_limit),
		cmocka_unit_test(test_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
