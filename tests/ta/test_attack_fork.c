/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_attack_fork.c - Linux carries the TPM's commands and keeps the secure
 * storage: it drops an NV_Write, or its answer, lets another operation follow,
 * and puts a record back that was never, or is no longer, the index's.
 */
#include "ta_box.h"

#include <string.h>

#include "tpm2/spec.h"

static struct box made, box;
static struct rig_key one, two;

enum fate { DONE, LOST_BEFORE, LOST_AFTER, REFUSED };

static enum fate fate; /* of each NV_Write */

static bool
on_wire(uint8_t *buf, size_t len, size_t cap, size_t *outlen)
{
	static const uint8_t failure[10] = { 0x80, 1, 0, 0, 0, 10, 0, 0, 9,
		0x22 };
	bool write = buf[8] == 1 && buf[9] == 0x37;

	*outlen = 0;
	if (write && fate == LOST_BEFORE)
		return false;
	if (write && fate == REFUSED) {
		memcpy(buf, failure, sizeof(failure));
		*outlen = sizeof(failure);
		return true;
	}
	return btz_hostkit_tpm_raw(buf, len, cap, outlen) &&
	       !(write && fate == LOST_AFTER);
}

/* Which record Linux puts back when the TA has ended. */
enum back { BEFORE_DROP, OF_DROP, NEWEST };

static const struct {
	const char *name;
	enum fate fate;
	bool follow;  /* another operation is carried out afterwards */
	bool restart; /* and before it the TA starts anew */
	enum back back;
	uint32_t want;
} rows[] = {
	{ "never sent, record of it kept", LOST_BEFORE, false, false, NEWEST,
	    BTZ_TA_READY },
	{ "never sent, record before it put back", LOST_BEFORE, false, false,
	    BEFORE_DROP, BTZ_TA_READY },
	{ "never sent, another, record of it put back", LOST_BEFORE, true,
	    false, OF_DROP, BTZ_TA_STORAGE_ROLLED_BACK },
	{ "never sent, another, record before put back", LOST_BEFORE, true,
	    false, BEFORE_DROP, BTZ_TA_STORAGE_ROLLED_BACK },
	{ "never sent, another, newest", LOST_BEFORE, true, false, NEWEST,
	    BTZ_TA_READY },
	{ "never sent, start, another, record of it", LOST_BEFORE, true, true,
	    OF_DROP, BTZ_TA_STORAGE_ROLLED_BACK },
	{ "never sent, start, another, newest", LOST_BEFORE, true, true, NEWEST,
	    BTZ_TA_READY },
	{ "answer lost, record of it kept", LOST_AFTER, false, false, NEWEST,
	    BTZ_TA_READY },
	{ "answer lost, record before it put back", LOST_AFTER, false, false,
	    BEFORE_DROP, BTZ_TA_STORAGE_ROLLED_BACK },
	{ "answer lost, another, record of it put back", LOST_AFTER, true,
	    false, OF_DROP, BTZ_TA_STORAGE_ROLLED_BACK },
	{ "answer lost, another, newest", LOST_AFTER, true, false, NEWEST,
	    BTZ_TA_READY },
	{ "refused, another, record of it put back", REFUSED, true, false,
	    OF_DROP, BTZ_TA_STORAGE_ROLLED_BACK },
	{ "refused, another, record before put back", REFUSED, true, false,
	    BEFORE_DROP, BTZ_TA_STORAGE_ROLLED_BACK },
	{ "refused, another, newest", REFUSED, true, false, NEWEST,
	    BTZ_TA_READY },
};

static void
keep_if(size_t i, enum back when)
{
	if (rows[i].back == when)
		rig_save(&box.r, "kept");
}

static void
attack(size_t i)
{
	btz_hostkit_interpose(on_wire);
	keep_if(i, BEFORE_DROP);
	fate = rows[i].fate;
	/* what is not in the index is not answered */
	BOX_HOLD(box_destroy(&box, &one) != BTZ_OK);
	keep_if(i, OF_DROP);
	fate = DONE;
	if (rows[i].restart) {
		box_kill(&box);
		box_start(&box);
	}
	if (rows[i].follow) {
		rig_wait(&box.r);
		BOX_HOLD(box_destroy(&box, &two) == BTZ_OK);
	}
	keep_if(i, NEWEST);
}

static void
run_row(size_t i)
{
	struct btz_ta_info info;
	uint32_t h;

	print_message("# case: %s\n", rows[i].name);
	box_case("%s", rows[i].name);
	box_copy(&box, &made);
	box_start(&box);
	attack(i);
	box_kill(&box);
	rig_restore(&box.r, "kept");
	box_start(&box);
	rig_info(&box.r, &info);
	BOX_HOLD(info.state == rows[i].want);
	if (rows[i].follow)
		BOX_HOLD(box_open(&box, &two, &h) != BTZ_OK);
	if (rows[i].want == BTZ_TA_READY)
		box_recovers(&box);
	else
		BOX_HOLD(
		    box_sign_plain(&box, &box.plain) == BTZ_E_STORAGE_ROLLED);
	box_end(&box);
}

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++)
		run_row(i);
}

static int
begin(void **state)
{
	(void)state;
	box_make(&made);
	box_copy(&box, &made);
	box_start(&box);
	assert_int_equal(box_create(&box, BTZ_KIND_PLAIN, &one), BTZ_OK);
	assert_int_equal(box_create(&box, BTZ_KIND_PLAIN, &two), BTZ_OK);
	assert_int_equal(box_stop(&box), BTZ_OK);
	box_kill(&box);
	btz_swtpm_halt(&box.r.tpm);
	box_end(&made);
	made = box;
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
	};

	return cmocka_run_group_tests(tests, begin, end);
}
