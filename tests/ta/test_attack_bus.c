/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_attack_bus.c - a man in the middle between TA and TPM does one thing of
 * mitm.h while a box starts, is used, or is provisioned. Whatever the TA
 * answers with BTZ_OK is right, it is in a state that allows for it, and when
 * the attack is over it comes back by itself.
 *
 * BTZ_MITM_CASES (500) cases from BTZ_MITM_SEED (drawn, printed); one case
 * alone: its seed and BTZ_MITM_CASES=1.
 */
#include "mitm.h"
#include "port.h"
#include "ta_box.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SCENES 3u

static struct box made, box;
static uint32_t chances[SCENES][MITM_ATTACKS]; /* of an honest run */
static uint32_t done[MITM_ATTACKS];
static bool honest; /* nobody is in between: everything works */
#define MAY_FAIL(call) BOX_HOLD((call) == BTZ_OK || !honest)

/* The TA is about to start. */
static void
scene_start(struct box *b)
{
	box_start(b);
	(void)box_state(b);
	MAY_FAIL(box_sign_plain(b, &b->plain));
	MAY_FAIL(box_leaf(b));
	MAY_FAIL(box_checkpoint(b, BOX_SIZE + 2, false));
}

/* A key that was destroyed stays so; one whose destruction failed is either
 * there or not, but not both. */
static void
check_destroyed(struct box *b, const struct rig_key *k, enum btz_rc rc)
{
	enum btz_rc now = box_sign_plain(b, k);

	BOX_HOLD(now == BTZ_OK || now == BTZ_E_KEY_GENERATION);
	BOX_HOLD(rc != BTZ_OK || now == BTZ_E_KEY_GENERATION);
}

static struct rig_key destroyed;
static enum btz_rc destroy_rc;

/* It has started: everything that it does with the TPM. */
static void
scene_use(struct box *b)
{
	struct rig_key k;

	destroy_rc = BTZ_E_AGAIN;
	if (box_create(b, BTZ_KIND_PLAIN, &destroyed) == BTZ_OK)
		destroy_rc = box_destroy(b, &destroyed);
	MAY_FAIL(destroy_rc);
	if (box_create(b, BTZ_KIND_ISSUING, &k) == BTZ_OK)
		MAY_FAIL(box_certify(b, &k));
	MAY_FAIL(box_leaf(b));
	MAY_FAIL(box_list(b));
	if (box_checkpoint(b, BOX_SIZE + 1, false) == BTZ_OK)
		BOX_HOLD(box_checkpoint(b, BOX_SIZE + 1, true) != BTZ_OK);
	MAY_FAIL(box_checkpoint(b, BOX_SIZE + 2, false));
	MAY_FAIL(box_stop(b));
	rig_wait(&b->r); /* the attack goes on when it is tried again */
	(void)box_state(b);
}

/* With the key of this boot in memory another TPM is one that is away. */
static bool
state_ok(uint32_t scene, uint32_t s)
{
	return s == BTZ_TA_READY || s == BTZ_TA_TPM_UNAVAILABLE ||
	       s == BTZ_TA_TAMPER || (s == BTZ_TA_TPM_SWAPPED && scene == 0);
}

static void
run_scene(struct box *b, uint32_t scene, const struct mitm_plan *plan)
{
	if (scene == 1)
		box_start(b);
	/* The hook is set when the hostkit opens: it starts once before. */
	if (scene == 0)
		rig_arm(&b->r, mitm_begin, plan);
	else
		mitm_begin(&b->r.tpm, plan);
	(scene == 0 ? scene_start : scene_use)(b);
}

static void
keep_chances(uint32_t scene, const struct mitm_plan *plan)
{
	for (size_t i = 0; plan == NULL && i < MITM_ATTACKS; i++)
		chances[scene][i] = mitm_chances((enum mitm_attack)i);
}

static void
attacked(uint32_t scene, const struct mitm_plan *plan)
{
	box_copy(&box, &made);
	run_scene(&box, scene, plan);
	BOX_HOLD(state_ok(scene, box_state(&box)));
	keep_chances(scene, plan);
	BOX_HOLD(plan == NULL || mitm_acted() > 0);
	mitm_end();
	box_recovers(&box);
	if (scene == 1 && destroy_rc != BTZ_E_AGAIN)
		check_destroyed(&box, &destroyed, destroy_rc);
	box_end(&box);
}

/* Linux asks for the next step, whatever it is told. */
static bool
provision(struct rig *r, int tries)
{
	struct btz_ta_step s = { 0 };

	for (int i = 0; i < tries && s.done == 0; i++) {
		(void)rig_step(r, &s);
		if (r->state == BTZ_TA_TPM_UNAVAILABLE ||
		    r->state == BTZ_TA_TAMPER || r->state == BTZ_TA_TPM_SWAPPED)
			rig_wait(r);
	}
	return s.done != 0;
}

/*
 * Does the TPM refuse everything that is authorized by the lockout value? It
 * does for its lockoutRecovery (1,000 s on swtpm) after one wrong HMAC: whoever
 * changes the very command that sets the value has that, and no more.
 * Asked with TPM2_DictionaryAttackLockReset and an empty value.
 */
static bool
lockout_refuses(void)
{
	static const uint8_t cmd[] = { 0x80, 0x02, 0, 0, 0, 27, 0, 0, 0x01,
		0x39, 0x40, 0, 0, 0x0a, 0, 0, 0, 9, 0x40, 0, 0, 0x09, 0, 0, 0,
		0, 0 };
	static const uint8_t want[] = { 0, 0, 0x09, 0x21 }; /* TPM_RC_LOCKOUT */
	uint8_t resp[4096];
	size_t len = 0;

	return ta_port_tpm(NULL, cmd, sizeof(cmd), resp, sizeof(resp), &len) ==
		   BTZ_OK &&
	       len == 10 && memcmp(resp + 6, want, sizeof(want)) == 0;
}

/* A box that is being made can be finished, or begun anew, with an honest
 * bus: what was on it is this TPM's and this storage's only. */
static void
attacked_provision(const struct mitm_plan *plan)
{
	static struct rig r;

	if (!rig_begin_ek(&r))
		rig_begin(&r);
	rig_arm(&r, mitm_begin, plan);
	rig_start(&r);
	(void)provision(&r, 30);
	keep_chances(2, plan);
	BOX_HOLD(plan == NULL || mitm_acted() > 0);
	mitm_end();
	rig_wait(&r);
	if (!provision(&r, 30)) {
		rig_kill(&r);
		rig_start(&r);
		rig_wait(&r);
		if (!provision(&r, 30)) {
			BOX_HOLD(r.state == BTZ_TA_PROVISIONING);
			BOX_HOLD(lockout_refuses());
			print_message("# lockout authorization refused\n");
			rig_end(&r);
			return;
		}
	}
	rig_kill(&r);
	rig_start(&r);
	BOX_HOLD(provision(&r, 1) && r.state == BTZ_TA_READY);
	rig_end(&r);
}

static void
run(uint32_t scene, const struct mitm_plan *plan)
{
	mitm_forget();
	honest = plan == NULL;
	if (scene == 2)
		attacked_provision(plan);
	else
		attacked(scene, plan);
}

static void
one_case(uint64_t seed)
{
	struct mitm_plan p = { .seed = seed };
	uint64_t s = seed;
	uint32_t scene = (uint32_t)(mitm_random(&s) % 8);

	/* one in eight is the slow one */
	scene = scene == 7 ? 2 : scene % 2;
	p.attack = (enum mitm_attack)(mitm_random(&s) % MITM_ATTACKS);
	while (chances[scene][p.attack] == 0)
		p.attack = (enum mitm_attack)((p.attack + 1) % MITM_ATTACKS);
	p.at = (uint32_t)(mitm_random(&s) % chances[scene][p.attack]);
	p.count = (uint32_t)(mitm_random(&s) % 4);
	p.count = p.count == 3 ? UINT32_MAX : 1 + p.count * 4;
	p.a = (uint32_t)mitm_random(&s);
	p.b = (uint32_t)mitm_random(&s);
	if (p.attack == MITM_RESET)
		p.count = 1;
	if (p.attack == MITM_SWAP)
		p.count = UINT32_MAX;
	box_case("BTZ_MITM_CASES=1 BTZ_MITM_SEED=%llu (scene %u, %s at %u of "
		 "%u, %u times)",
	    (unsigned long long)seed, scene, mitm_name(p.attack), p.at,
	    chances[scene][p.attack], p.count);
	if (getenv("BTZ_MITM_VERBOSE") != NULL)
		box_say();
	done[p.attack]++;
	run(scene, &p);
}

static uint64_t
number(const char *name, uint64_t otherwise)
{
	const char *s = getenv(name);

	return s != NULL && *s != '\0' ? strtoull(s, NULL, 10) : otherwise;
}

static void
test_honest(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < SCENES; i++) {
		box_case("honest scene %u", i);
		run(i, MITM_NO_PLAN);
		print_message(
		    "# scene %u: %u frames\n", i, chances[i][MITM_FLIP]);
	}
	assert_int_equal(chances[0][MITM_EK], 0);
	assert_int_not_equal(chances[2][MITM_EK], 0);
}

static void
test_cases(void **state)
{
	uint64_t n = number("BTZ_MITM_CASES", 500);
	uint64_t seed = number("BTZ_MITM_SEED", (uint64_t)time(NULL));

	(void)state;
	print_message("# %llu cases from BTZ_MITM_SEED=%llu\n",
	    (unsigned long long)n, (unsigned long long)seed);
	for (uint64_t i = 0; i < n; i++)
		one_case(seed + i);
	for (size_t i = 0; i < MITM_ATTACKS; i++)
		print_message(
		    "# %s: %u\n", mitm_name((enum mitm_attack)i), done[i]);
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
	mitm_forget();
	box_end(&made);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_honest),
		cmocka_unit_test(test_cases),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
