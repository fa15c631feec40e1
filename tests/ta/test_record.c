/* SPDX-License-Identifier: Apache-2.0 */
/* test_record.c - the record: decode of encode is the same, the rest is
 * refused; a record of a newer TA is told from a damaged one. */
#include "support/cmocka_all.h"

#include <string.h>

#include "record.h"

static struct ta_record full, back;
static uint8_t buf[TA_RECORD_MAX], again[TA_RECORD_MAX];

static size_t
fill(void)
{
	struct btz_wr wr;

	/* Every field with bytes of its own, lengths at their limits. */
	memset(&full, 0x5a, sizeof(full));
	full.ta_version = TA_VERSION;
	full.phase = TA_PHASE_READY;
	full.trust_domain.len = 256;
	full.box.len = 1;
	full.origin.len = 0;
	full.primary_pub.len = full.sealed_pub.len = full.sealed_priv.len =
	    full.root_pub.len = full.root_priv.len = full.cp_pub.len =
		full.cp_priv.len = TA_AREA_MAX;
	full.root_cert_len = TA_ROOT_CERT_MAX;
	full.n_constrained = TA_CONSTRAINED_MAX;
	memset(full.constrained[TA_CONSTRAINED_MAX - 1].last_crl, 0xc7, 32);
	full.ek_state = TA_EK_TEST_ROOT;
	full.ek_name.len = TA_NAME_MAX;
	full.admins.k = 2;
	full.admins.n = TA_ADMINS_MAX;
	for (size_t i = 0; i < TA_ADMINS_MAX; i++)
		full.admins.key[i].len = TA_ADMIN_SPKI_MAX;
	full.admins.recovery.len = TA_AREA_MAX;
	full.n_pages = TA_PAGES;
	for (size_t i = 0; i < TA_PAGES; i++)
		full.pages[i].side = (uint8_t)(i & 1);
	btz_wr_init(&wr, buf, sizeof(buf));
	ta_record_write(&full, &wr);
	assert_true(btz_wr_ok(&wr));
	return wr.len;
}

static void
test_round_trip(void **state)
{
	size_t len = fill();
	struct btz_wr wr;

	(void)state;
	assert_int_equal(ta_record_read(btz_span_of(buf, len), &back), BTZ_OK);
	btz_wr_init(&wr, again, sizeof(again));
	ta_record_write(&back, &wr);
	assert_int_equal(wr.len, len);
	assert_memory_equal(buf, again, len);
	assert_memory_equal(back.constrained[TA_CONSTRAINED_MAX - 1].last_crl,
	    full.constrained[TA_CONSTRAINED_MAX - 1].last_crl, 32);
	assert_int_equal(back.cp_size, full.cp_size);
	assert_int_equal(back.pages[15].side, 1);
}

/* Layout 1 had no last_crl: keys with entries 32 bytes shorter. Where they
 * are cut out does not matter, all bytes up to there are the same. */
static void
test_layout_1(void **state)
{
	const size_t tail = 8 + 32 + 8 + 8 + 3 * 4 + 1 + TA_PAGES * 33;
	size_t len = fill(), cut = TA_CONSTRAINED_MAX * 32;
	uint8_t *end = buf + len - tail;

	(void)state;
	memset(end - 32, 0x5a, 32);
	memmove(end - cut, end, tail);
	assert_int_equal(
	    ta_record_read(btz_span_of(buf, len - cut), &back), BTZ_E_CORRUPT);
}

static void
test_refused(void **state)
{
	size_t len = fill();

	(void)state;
	for (size_t n = 0; n < len; n += 7)
		assert_int_equal(
		    ta_record_read(btz_span_of(buf, n), &back), BTZ_E_CORRUPT);
	assert_int_equal(
	    ta_record_read(btz_span_of(buf, len + 1), &back), BTZ_E_CORRUPT);
	buf[46] = TA_PHASE_READY + 1;
	assert_int_equal(
	    ta_record_read(btz_span_of(buf, len), &back), BTZ_E_CORRUPT);
	(void)fill();
	buf[35]++; /* low byte of ta_version */
	assert_int_equal(
	    ta_record_read(btz_span_of(buf, len), &back), BTZ_E_TA_TOO_OLD);
	assert_int_equal(
	    ta_record_read(btz_span_of(buf, 40), &back), BTZ_E_TA_TOO_OLD);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_layout_1),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
