/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_powercut_provision.c - the power goes, for TEE and TPM, before or after
 * every TPM command and every storage write of PROVISION. The state after it
 * is named, what was answered is still there, and the box can be finished.
 */
#include "ta_box.h"

#include <string.h>

struct seen {
	uint32_t step; /* the last one that was answered */
	uint8_t instance_id[32];
};

static void
keep_step(struct rig *r, const struct btz_ta_step *s, struct seen *seen)
{
	struct btz_ta_info info;
	static const uint8_t zero[32];

	if (btz_hostkit_dark())
		return;
	BOX_HOLD(s->step > seen->step);
	seen->step = s->step;
	rig_info(r, &info);
	BOX_HOLD(memcmp(seen->instance_id, zero, 32) == 0 ||
		 memcmp(seen->instance_id, info.instance_id, 32) == 0);
	memcpy(seen->instance_id, info.instance_id, 32);
}

static bool
provision(struct rig *r, struct seen *seen)
{
	struct btz_ta_step s = { 0 };

	while (s.done == 0) {
		if (rig_step(r, &s) != BTZ_OK || btz_hostkit_dark())
			return false;
		keep_step(r, &s, seen);
	}
	return true;
}

/* Which state follows from the step that was answered last: the one after it
 * may have been done, too. */
static void
check_state(struct rig *r, const struct seen *seen, uint32_t steps)
{
	struct btz_ta_info info;

	rig_info(r, &info);
	if (seen->step == 0)
		BOX_HOLD(info.state == BTZ_TA_UNPROVISIONED ||
			 info.state == BTZ_TA_PROVISIONING);
	else if (seen->step + 1 < steps)
		BOX_HOLD(info.state == BTZ_TA_PROVISIONING);
	else
		BOX_HOLD(info.state == BTZ_TA_PROVISIONING ||
			 info.state == BTZ_TA_READY);
}

static bool
cut_provision(int n, bool after, uint32_t steps)
{
	static struct rig r;
	struct seen seen = { 0 };
	struct btz_ta_step s;
	bool whole;

	box_case("PROVISION, cut %s event %d", after ? "after" : "before", n);
	rig_begin(&r);
	rig_start(&r);
	btz_hostkit_power_cut(n, after);
	whole = provision(&r, &seen);
	rig_power_back(&r);
	if (!whole) {
		check_state(&r, &seen, steps);
		seen.step = 0; /* done before: the answer is repeated */
		BOX_HOLD(provision(&r, &seen));
	}
	rig_power_back(&r);
	BOX_HOLD(rig_step(&r, &s) == BTZ_OK && s.done == 1);
	BOX_HOLD(r.state == BTZ_TA_READY);
	rig_end(&r);
	return whole;
}

static void
test_provision(void **state)
{
	static struct rig r;
	struct btz_ta_step s;
	int n[2] = { 0, 0 };

	(void)state;
	rig_begin(&r);
	rig_start(&r);
	assert_int_equal(rig_step(&r, &s), BTZ_OK);
	rig_end(&r);
	for (int after = 0; after < 2; after++)
		while (!cut_provision(n[after], after == 1, s.steps))
			n[after]++;
	print_message("# %d events\n", n[0]);
	assert_int_equal(n[0], n[1]);
	assert_true(n[0] > 60);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_provision),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
