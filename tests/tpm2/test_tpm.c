/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_tpm.c - the whole layer against a real software TPM, directly (no
 * resource manager): provisioning, signing, sealing, NV, restart, wrong
 * authorizations, and that nothing secret was on the bus.
 */
#include "support/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "tpm2/box.h"

#define OK(call)                                                               \
	do {                                                                   \
		enum btz_rc rc_ = (call);                                      \
		if (rc_ != BTZ_OK)                                             \
			print_message("# %s: %s, tpm 0x%x, %s\n", #call,       \
			    btz_rc_name(rc_), b->t.tpm_rc, b->t.why);          \
		assert_int_equal(rc_, BTZ_OK);                                 \
	} while (0)

/* The TPM refuses, with this code. */
#define REFUSED(call, code)                                                    \
	do {                                                                   \
		assert_int_equal((call), BTZ_E_TPM_UNAVAILABLE);               \
		assert_int_equal(b->t.tpm_rc, (code));                         \
	} while (0)

static int
setup(void **state)
{
	struct box *b = box_new();

	*state = b;
	if (b == NULL)
		return -1;
	if (box_provision(b) == BTZ_OK)
		return 0;
	print_message("# provisioning: tpm 0x%x, %s\n", b->t.tpm_rc, b->t.why);
	box_free(b);
	return -1;
}

static int
teardown(void **state)
{
	box_free(*state);
	return 0;
}

static void
sign_and_verify(struct box *b)
{
	struct btz_tpm_out_sign sig;
	uint8_t digest[32];

	memset(digest, 0xd1, sizeof(digest));
	OK(btz_tpm_sign(&b->t, &b->key, digest, &sig));
	assert_true(box_verify(&b->key_pub, digest, &sig));
	digest[0] ^= 1;
	assert_false(box_verify(&b->key_pub, digest, &sig));
}

static void
signs(void **state)
{
	struct box *b = *state;

	for (int i = 0; i < 20; i++)
		sign_and_verify(b);
}

static void
platform_is_off(void **state)
{
	struct box *b = *state;
	struct btz_tpm_entity platform = btz_tpm_hierarchy(
	    BTZ_TPM_RH_PLATFORM, btz_span_of(NULL, 0));
	const struct btz_tpm_entity *ents[1] = { &platform };
	uint32_t v;

	REFUSED(btz_tpm_exec_how(
		    &b->t, BTZ_TPM_PASSWORD, BTZ_TPM_CLEAR, ents, NULL, NULL),
	    BTZ_TPM_RC_HIERARCHY_1);
	REFUSED(btz_tpm_exec(&b->t, BTZ_TPM_CLEAR, ents, NULL, NULL),
	    BTZ_TPM_RC_HIERARCHY_1);
	OK(btz_tpm_property(&b->t, BTZ_TPM_PT_STARTUP_CLEAR, &v));
	assert_int_equal(v & BTZ_TPM_STARTUP_PH_ENABLE, 0);
	assert_int_not_equal(v & BTZ_TPM_STARTUP_SH_ENABLE, 0);
	OK(btz_tpm_property_plain(&b->t, BTZ_TPM_PT_PERMANENT, &v));
	assert_int_equal(
	    v & 0xf, BTZ_TPM_PERM_OWNER_AUTH | BTZ_TPM_PERM_LOCKOUT_AUTH);
	assert_int_not_equal(v & BTZ_TPM_PERM_DISABLE_CLEAR, 0);
}

static void
clear_is_disabled(void **state)
{
	struct box *b = *state;
	const struct btz_tpm_entity *ents[1] = { &b->lockout };

	REFUSED(btz_tpm_exec(&b->t, BTZ_TPM_CLEAR, ents, NULL, NULL), 0x120);
	sign_and_verify(b);
}

static void
public_areas(void **state)
{
	struct box *b = *state;
	struct btz_tpm_entity srk = { .handle = BTZ_TPM_H_SRK };
	struct btz_tpm_public pub, tmpl;

	OK(btz_tpm_read_public(&b->t, BTZ_TPM_HMAC, &b->key, &pub));
	assert_memory_equal(&pub, &b->key_pub, sizeof(pub));
	OK(btz_tpm_read_public(&b->t, BTZ_TPM_HMAC, &b->primary, &pub));
	assert_memory_equal(&pub, &b->primary_pub, sizeof(pub));
	OK(btz_tpm_read_public(&b->t, BTZ_TPM_PLAIN, &srk, &pub));
	btz_tpm_tmpl_srk(&tmpl);
	OK(btz_tpm_public_check(&tmpl, &pub));
}

/* The pinned Name protects against another object at the same handle. */
static void
swapped_object(void **state)
{
	struct box *b = *state;
	struct btz_tpm_entity wrong = b->key;
	struct btz_tpm_public pub;
	struct btz_tpm_out_sign sig;
	uint8_t digest[32] = { 0 };

	wrong.name.b[5] ^= 1;
	REFUSED(
	    btz_tpm_sign(&b->t, &wrong, digest, &sig), BTZ_TPM_RC_BAD_AUTH_S1);
	assert_int_equal(btz_tpm_read_public(&b->t, BTZ_TPM_HMAC, &wrong, &pub),
	    BTZ_E_TPM_UNAVAILABLE);
	wrong = b->key;
	wrong.handle = b->primary.handle;
	assert_int_equal(
	    btz_tpm_sign(&b->t, &wrong, digest, &sig), BTZ_E_TPM_UNAVAILABLE);
	sign_and_verify(b);
}

static void
wrong_auth(void **state)
{
	struct box *b = *state;
	struct btz_tpm_entity wrong = b->key;
	struct btz_tpm_out_sign sig;
	uint8_t auth[32], digest[32] = { 0 };

	memcpy(auth, b->key_auth, sizeof(auth));
	auth[3] ^= 1;
	wrong.auth = btz_span_of(auth, sizeof(auth));
	for (int i = 0; i < 40; i++) /* noDA: never locked */
		REFUSED(btz_tpm_sign(&b->t, &wrong, digest, &sig),
		    BTZ_TPM_RC_BAD_AUTH_S1);
	assert_true(btz_tpm_rc_session(b->t.tpm_rc));
	sign_and_verify(b);
}

static enum btz_rc
seal(struct box *b, const uint8_t data[32], struct btz_tpm_out_create *out)
{
	struct btz_tpm_public tmpl;
	struct btz_tpm_in_create in = { .tmpl = &tmpl,
		.user_auth = { b->seal_auth, sizeof(b->seal_auth) },
		.data = { data, 32 } };

	btz_tpm_tmpl_sealed(&tmpl);
	return btz_tpm_create(&b->t, &b->primary, &in, out);
}

static void
seals(void **state)
{
	struct box *b = *state;
	struct btz_tpm_out_create out;
	struct btz_tpm_in_load load;
	struct btz_tpm_entity obj;
	struct btz_tpm_out_data got;
	uint8_t data[32], mix[32];

	OK(btz_tpm_get_random(&b->t, data, sizeof(data)));
	OK(btz_tpm_get_random(&b->t, mix, sizeof(mix)));
	assert_memory_not_equal(data, mix, sizeof(mix));
	OK(seal(b, data, &out));
	load.priv = btz_span_of(out.priv, out.priv_len);
	load.pub = &out.pub;
	for (int i = 0; i < 4; i++) { /* more often than there are slots */
		OK(btz_tpm_load(&b->t, &b->primary, &load,
		    btz_span_of(b->seal_auth, 32), &obj));
		assert_true(btz_tpm_name_eq(&obj.name, &out.name));
		OK(btz_tpm_unseal(&b->t, &obj, &got));
		OK(btz_tpm_flush(&b->t, obj.handle));
		assert_int_equal(got.len, 32);
		assert_memory_equal(got.b, data, 32);
	}
	assert_false(box_log_has(b, data, 16));
	assert_false(box_log_has(b, mix, 16));
	out.priv[20] ^= 1;
	assert_int_equal(
	    btz_tpm_load(&b->t, &b->primary, &load, btz_span_of(NULL, 0), &obj),
	    BTZ_E_TPM_UNAVAILABLE);
}

static void
nv_index(void **state)
{
	struct box *b = *state;
	struct btz_tpm_entity wrong = b->nv;
	struct btz_tpm_nv area;
	uint8_t data[32], got[32];

	memset(data, 0xa7, sizeof(data));
	data[7] = 1;
	OK(btz_tpm_nv_read_public(&b->t, BTZ_TPM_PLAIN, &b->nv, &area));
	OK(btz_tpm_nv_check(&b->nv_area, false, &area));
	OK(btz_tpm_nv_write(&b->t, &b->nv, btz_span_of(data, 32)));
	/* WRITTEN is part of the Name from now on */
	assert_int_equal(
	    btz_tpm_nv_read(&b->t, &b->nv, got, 32), BTZ_E_TPM_UNAVAILABLE);
	OK(btz_tpm_name_nv(b->t.crypto, &b->nv_area, true, &b->nv.name));
	OK(btz_tpm_nv_read(&b->t, &b->nv, got, 32));
	assert_memory_equal(got, data, 32);
	assert_false(box_log_has(b, data, 16));
	OK(btz_tpm_nv_read_public(&b->t, BTZ_TPM_HMAC, &b->nv, &area));
	OK(btz_tpm_nv_check(&b->nv_area, true, &area));
	assert_int_equal(area.attrs, 0x22040004);
	wrong.auth = btz_span_of(b->key_auth, 32);
	REFUSED(btz_tpm_nv_write(&b->t, &wrong, btz_span_of(got, 32)),
	    BTZ_TPM_RC_BAD_AUTH_S1);
}

static void
clock_and_nvundefine(void **state)
{
	struct box *b = *state;
	struct btz_tpm_out_clock c1, c2;
	struct btz_tpm_nv area;
	struct btz_tpm_entity tmp = { .handle = BTZ_TPM_NV_INDEX + 1 };
	const struct btz_tpm_entity *ents[2] = { &b->owner, &tmp };

	OK(btz_tpm_read_clock(&b->t, &c1));
	OK(btz_tpm_read_clock(&b->t, &c2));
	assert_true(c2.clock >= c1.clock);
	btz_tpm_tmpl_nv(&area, tmp.handle);
	OK(btz_tpm_nv_define(&b->t, &b->owner, &area, btz_span_of(NULL, 0)));
	OK(btz_tpm_name_nv(b->t.crypto, &area, false, &tmp.name));
	OK(btz_tpm_exec(&b->t, BTZ_TPM_NV_UNDEFINE_SPACE, ents, NULL, NULL));
}

static void
contexts(void **state)
{
	struct box *b = *state;
	struct btz_tpm_public tmpl;
	struct btz_tpm_in_create in = { .tmpl = &tmpl,
		.user_auth = { b->key_auth, 32 } };
	struct btz_tpm_out_create out;
	struct btz_tpm_in_load load;
	struct btz_tpm_entity key;
	const struct btz_tpm_entity *ents[1] = { &key };
	struct btz_tpm_context ctx;
	struct btz_tpm_out_load loaded;
	struct btz_tpm_out_sign sig;
	uint8_t digest[32] = { 1 };

	btz_tpm_tmpl_sign(&tmpl);
	OK(btz_tpm_create(&b->t, &b->primary, &in, &out));
	load.priv = btz_span_of(out.priv, out.priv_len);
	load.pub = &out.pub;
	OK(btz_tpm_load(&b->t, &b->primary, &load, in.user_auth, &key));
	OK(btz_tpm_exec(&b->t, BTZ_TPM_CONTEXT_SAVE, ents, NULL, &ctx));
	print_message("# context of %u octets\n", ctx.blob_len);
	OK(btz_tpm_flush(&b->t, key.handle));
	OK(btz_tpm_exec(&b->t, BTZ_TPM_CONTEXT_LOAD, NULL, &ctx, &loaded));
	key.handle = loaded.handle;
	OK(btz_tpm_sign(&b->t, &key, digest, &sig));
	assert_true(box_verify(&out.pub, digest, &sig));
	OK(btz_tpm_flush(&b->t, key.handle));
}

static void
restart(void **state)
{
	struct box *b = *state;
	struct btz_tpm_out_sign sig;
	uint8_t digest[32] = { 2 };

	assert_true(btz_swtpm_restart(&b->sw));
	assert_int_equal(
	    btz_tpm_sign(&b->t, &b->key, digest, &sig), BTZ_E_TPM_UNAVAILABLE);
	print_message("# after a restart: 0x%x\n", b->t.tpm_rc);
	assert_true(btz_tpm_rc_session(b->t.tpm_rc));
	OK(btz_tpm_open(&b->t, b->primary.handle, &b->primary_pub));
	OK(btz_tpm_platform_off(&b->t, BTZ_TPM_HMAC));
	REFUSED(
	    btz_tpm_platform_off(&b->t, BTZ_TPM_HMAC), BTZ_TPM_RC_HIERARCHY_1);
	sign_and_verify(b);
	OK(box_reopen(b));
	sign_and_verify(b);
}

static void
slots(void **state)
{
	struct box *b = *state;
	struct btz_tpm_session first = b->t.session;

	for (int i = 0; i < 2; i++) {
		btz_tpm_session_init(&b->t.session, b->t.crypto);
		OK(btz_tpm_open(&b->t, b->primary.handle, &b->primary_pub));
	}
	btz_tpm_session_init(&b->t.session, b->t.crypto);
	REFUSED(btz_tpm_open(&b->t, b->primary.handle, &b->primary_pub),
	    BTZ_TPM_RC_SESSION_MEMORY);
	b->t.session = first;
	sign_and_verify(b);
	OK(box_reopen(b));
	sign_and_verify(b);
}

/* As an EK of the high range: KDFe with SHA-384, a salt of 48 octets. */
static void
p384_salt(void **state)
{
	struct box *b = *state;
	struct btz_tpm_entity eh = btz_tpm_hierarchy(
	    BTZ_TPM_RH_ENDORSEMENT, btz_span_of(NULL, 0));
	struct btz_tpm_public tmpl, pub;
	struct btz_tpm_entity key;
	uint8_t unique[32] = { 0 };

	btz_tpm_tmpl_primary(&tmpl, unique);
	tmpl.name_alg = BTZ_TPM_ALG_SHA384;
	tmpl.curve = BTZ_TPM_ECC_P384;
	tmpl.sym_bits = 256;
	OK(btz_tpm_create_primary(
	    &b->t, &eh, &tmpl, btz_span_of(NULL, 0), &key, &pub));
	assert_int_equal(key.name.len, 50);
	assert_int_equal(pub.x_len, 48);
	OK(btz_tpm_open(&b->t, key.handle, &pub));
	OK(btz_tpm_flush(&b->t, key.handle));
	sign_and_verify(b);
}

/* On a TPM of its own: values of all shapes, then Clear by lockout. */
static void
hierarchy_values(void **state)
{
	struct box *b = box_new();
	struct btz_tpm_entity owner = btz_tpm_hierarchy(
	    BTZ_TPM_RH_OWNER, btz_span_of(NULL, 0));
	struct btz_tpm_in_startup off = { .type = BTZ_TPM_SU_CLEAR };
	const struct btz_tpm_entity *lockout[1] = { &b->lockout };
	uint8_t zeros[32] = { 1, 2, 0, 3 };
	struct btz_span values[] = { { b->owner_auth, 32 }, { zeros, 32 },
		{ zeros, 3 }, { NULL, 0 }, { b->owner_auth, 1 } };
	uint32_t v;

	(void)state;
	assert_non_null(b);
	OK(box_open_ek(b));
	for (size_t i = 0; i < BTZ_COUNT(values); i++) {
		print_message("# case: %zu octets\n", values[i].len);
		OK(btz_tpm_change_auth(&b->t, &owner, values[i]));
		owner.auth = values[i];
	}
	OK(btz_tpm_change_auth(
	    &b->t, &b->lockout, btz_span_of(b->lockout_auth, 32)));
	b->lockout.auth = btz_span_of(b->lockout_auth, 32);
	OK(btz_tpm_property(&b->t, BTZ_TPM_PT_PERMANENT, &v));
	assert_int_equal(v & 7, 5);
	OK(btz_tpm_exec(&b->t, BTZ_TPM_CLEAR, lockout, NULL, NULL));
	OK(btz_tpm_property(&b->t, BTZ_TPM_PT_PERMANENT, &v));
	assert_int_equal(v & 7, 0);
	OK(btz_tpm_exec(&b->t, BTZ_TPM_SHUTDOWN, NULL, &off, NULL));
	box_free(b);
}

static void
nothing_on_the_bus(void **state)
{
	struct box *b = *state;
	const uint8_t *const secrets[] = { b->owner_auth, b->lockout_auth,
		b->primary_auth, b->key_auth, b->nv_auth, b->seal_auth };

	assert_true(b->log_len > 10000 && b->log_len < BOX_LOG_MAX);
	for (size_t i = 0; i < BTZ_COUNT(secrets); i++)
		assert_false(box_log_has(b, secrets[i], 8));
	/* the search finds what is there: the key's public point */
	assert_true(box_log_has(b, b->key_pub.x, 32));
	print_message(
	    "# %u commands, %zu octets on the bus\n", b->commands, b->log_len);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs),
		cmocka_unit_test(platform_is_off),
		cmocka_unit_test(clear_is_disabled),
		cmocka_unit_test(public_areas),
		cmocka_unit_test(swapped_object),
		cmocka_unit_test(wrong_auth),
		cmocka_unit_test(seals),
		cmocka_unit_test(nv_index),
		cmocka_unit_test(clock_and_nvundefine),
		cmocka_unit_test(contexts),
		cmocka_unit_test(p384_salt),
		cmocka_unit_test(slots),
		cmocka_unit_test(restart),
		cmocka_unit_test(hierarchy_values),
		cmocka_unit_test(nothing_on_the_bus),
	};

	if (!btz_swtpm_present()) {
		printf("1..0 # SKIP swtpm is not installed\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
