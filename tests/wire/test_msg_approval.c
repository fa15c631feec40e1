/* SPDX-License-Identifier: Apache-2.0 */
/* test_msg_approval.c - what an administrator signs, byte by byte; the
 * limits of the messages around it. */
#include "support/cmocka_all.h"

#include <string.h>

#include "wire/msg_approval.h"

static void
test_text(void **state)
{
	struct btz_challenge c = { .operation = BTZ_APPROVE_TIME_SET };
	uint8_t want[BTZ_APPROVAL_TEXT_LEN], got[BTZ_APPROVAL_TEXT_LEN + 1];
	struct btz_wr wr;

	(void)state;
	memset(c.instance_id, 0x11, 32);
	memset(c.nonce, 0x22, 32);
	memset(c.digest, 0x33, 32);
	memcpy(want, "btz-approval/1", 15);
	memset(want + 15, 0x11, 32);
	memset(want + 47, 0x22, 32);
	want[79] = 4;
	memset(want + 80, 0x33, 32);
	btz_wr_init(&wr, got, sizeof(got));
	btz_approval_text(&c, &wr);
	assert_true(btz_wr_ok(&wr));
	assert_int_equal(wr.len, sizeof(want));
	assert_memory_equal(got, want, sizeof(want));
}

static const struct {
	const char *name;
	uint8_t operation;
	bool ok;
} operations[] = {
	{ "past the last", BTZ_APPROVE_RESTORE + 1, false },
	{ "last", BTZ_APPROVE_RESTORE, true },
	{ "first", BTZ_APPROVE_ISSUING, true },
};

static void
test_operations(void **state)
{
	struct btz_approval_request rq;
	uint8_t body[33] = { 0 };

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(operations); i++) {
		print_message("# case: %s\n", operations[i].name);
		body[0] = operations[i].operation;
		assert_int_equal(btz_msg_decode(&btz_def_approval_request,
				     btz_span_of(body, sizeof(body)), &rq),
		    operations[i].ok);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_operations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
