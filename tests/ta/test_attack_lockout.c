/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_attack_lockout.c - Linux makes a sealed object under the storage key
 * that is its own, subject to dictionary-attack protection, and gives wrong
 * values for it until the TPM locks. The KMS goes on.
 */
#include "ta_box.h"

#include <string.h>

#include "tpm2/spec.h"

#define TRIES 64

static struct box box;
static uint8_t frame[BTZ_TPM_PLUGIN_BUFFER];

static void
put_session(struct btz_wr *wr, const char *password)
{
	size_t n = strlen(password);

	btz_wr_u32(wr, (uint32_t)(9 + n));
	btz_wr_u32(wr, BTZ_TPM_RS_PW);
	btz_wr_u16(wr, 0);
	btz_wr_u8(wr, 0);
	btz_wr_u16(wr, (uint16_t)n);
	btz_wr_raw(wr, password, n);
}

static void
begin_command(struct btz_wr *wr, uint32_t cc, uint32_t handle, const char *pw)
{
	btz_wr_init(wr, frame, sizeof(frame));
	btz_wr_u16(wr, BTZ_TPM_ST_SESSIONS);
	btz_wr_u32(wr, 0);
	btz_wr_u32(wr, cc);
	btz_wr_u32(wr, handle);
	put_session(wr, pw);
}

/* The TPM's code; the answer is in frame. */
static uint32_t
run(struct btz_wr *wr)
{
	size_t n = 0;

	assert_true(btz_wr_ok(wr));
	frame[4] = (uint8_t)(wr->len >> 8);
	frame[5] = (uint8_t)wr->len;
	assert_true(btz_hostkit_tpm_raw(frame, wr->len, sizeof(frame), &n));
	assert_true(n >= 10);
	return (uint32_t)frame[6] << 24 | (uint32_t)frame[7] << 16 |
	       (uint32_t)frame[8] << 8 | frame[9];
}

/* outPrivate and outPublic of the answer, as Load takes them. */
static struct btz_span
create(void)
{
	static uint8_t both[1024];
	struct btz_wr wr;
	struct btz_rd rd;
	struct btz_span priv, pub, skip;

	begin_command(&wr, BTZ_TPM_CC_CREATE, BTZ_TPM_H_SRK, "");
	btz_wr_u16(&wr, 2 + 6 + 2 + 1);
	btz_wr_bytes16(&wr, btz_span_str("secret"));
	btz_wr_bytes16(&wr, btz_span_str("x"));
	btz_wr_u16(&wr, 14);
	btz_wr_u16(&wr, BTZ_TPM_ALG_KEYEDHASH);
	btz_wr_u16(&wr, BTZ_TPM_ALG_SHA256);
	btz_wr_u32(&wr, 0x52); /* without noDA */
	btz_wr_u16(&wr, 0);
	btz_wr_u16(&wr, BTZ_TPM_ALG_NULL);
	btz_wr_u16(&wr, 0);
	btz_wr_u16(&wr, 0);
	btz_wr_u32(&wr, 0);
	assert_int_equal(run(&wr), 0);
	btz_rd_init(&rd, frame, sizeof(frame));
	assert_true(btz_rd_raw(&rd, &skip, 14) &&
		    btz_rd_bytes16(&rd, &priv, 512) &&
		    btz_rd_bytes16(&rd, &pub, 512));
	btz_wr_init(&wr, both, sizeof(both));
	btz_wr_bytes16(&wr, priv);
	btz_wr_bytes16(&wr, pub);
	assert_true(btz_wr_ok(&wr));
	return btz_wr_span(&wr);
}

static uint32_t sealed; /* its handle */

static uint32_t
unseal(const char *password)
{
	struct btz_wr wr;
	uint32_t rc = BTZ_TPM_RC_RETRY;

	while (rc == BTZ_TPM_RC_RETRY) { /* the TPM writes its counter */
		begin_command(&wr, BTZ_TPM_CC_UNSEAL, sealed, password);
		rc = run(&wr);
	}
	return rc;
}

static void
load(void)
{
	struct btz_span both = create();
	struct btz_wr wr;

	begin_command(&wr, BTZ_TPM_CC_LOAD, BTZ_TPM_H_SRK, "");
	btz_wr_raw(&wr, both.p, both.len);
	assert_int_equal(run(&wr), 0);
	sealed = (uint32_t)frame[10] << 24 | (uint32_t)frame[11] << 16 |
		 (uint32_t)frame[12] << 8 | frame[13];
}

/* Tried until the TPM has enough. */
static void
lock_out(void)
{
	uint32_t rc = 0;
	int n = 0;

	load();
	assert_int_equal(unseal("secret"), 0);
	while (rc != BTZ_TPM_RC_LOCKOUT && n++ < TRIES)
		rc = unseal("wrong");
	print_message("# locked after %d wrong values\n", n - 1);
	assert_int_equal(rc, BTZ_TPM_RC_LOCKOUT);
	assert_int_equal(unseal("secret"), BTZ_TPM_RC_LOCKOUT);
}

static void
test_lockout(void **state)
{
	struct rig_key k;

	(void)state;
	box_case("locked out");
	lock_out();
	assert_int_equal(box_certify(&box, &box.issuing), BTZ_OK);
	assert_int_equal(box_create(&box, BTZ_KIND_ISSUING, &k), BTZ_OK);
	assert_int_equal(box_destroy(&box, &k), BTZ_OK);
	box_recovers(&box); /* with a start, which unseals */
	rig_power_back(&box.r);
	box.handle = 0;
	load();
	assert_int_equal(unseal("secret"), BTZ_TPM_RC_LOCKOUT);
	box_recovers(&box);
}

static int
begin(void **state)
{
	static struct box made;

	(void)state;
	box_make(&made);
	box_copy(&box, &made);
	box_end(&made);
	box_start(&box);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	box_end(&box);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lockout),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
