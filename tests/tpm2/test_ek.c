/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_ek.c - endorsement keys on a real software TPM: each template makes a
 * key that a session can be salted to, always the same one; certificates are
 * read from NV memory whole or not at all.
 */
#include "support/cmocka_all.h"

#include <string.h>

#include "tpm2/box.h"
#include "tpm2/ek.h"

static int
setup(void **state)
{
	*state = box_new();
	return *state == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	box_free(*state);
	return 0;
}

static void
keys(void **state)
{
	struct box *b = *state;
	struct btz_tpm_entity key, again;
	struct btz_tpm_public pub;
	uint32_t value;

	for (size_t i = 0; i < BTZ_COUNT(btz_tpm_eks); i++) {
		const struct btz_tpm_ek *ek = &btz_tpm_eks[i];

		print_message("# case: %s\n", ek->name);
		assert_int_equal(
		    btz_tpm_ek_create(&b->t, ek, &key, &pub), BTZ_OK);
		assert_int_equal(pub.name_alg, ek->name_alg);
		assert_int_equal(key.name.b[1], ek->name_alg);
		assert_int_equal(btz_tpm_open(&b->t, key.handle, &pub), BTZ_OK);
		assert_int_equal(btz_tpm_flush(&b->t, key.handle), BTZ_OK);
		/* authenticated: the TPM has the private half */
		assert_int_equal(
		    btz_tpm_property(&b->t, BTZ_TPM_PT_PERMANENT, &value),
		    BTZ_OK);
		assert_int_equal(
		    btz_tpm_ek_create(&b->t, ek, &again, &pub), BTZ_OK);
		assert_true(btz_tpm_name_eq(&key.name, &again.name));
		assert_int_equal(btz_tpm_flush(&b->t, again.handle), BTZ_OK);
	}
}

static void
put_cert(struct box *b, uint32_t index, const uint8_t *p, uint16_t len)
{
	struct btz_tpm_nv area = { .index = index,
		.name_alg = BTZ_TPM_ALG_SHA256,
		.attrs = BTZ_TPM_NVA_OURS,
		.size = len };
	struct btz_tpm_entity nv = { .handle = index };
	const struct btz_tpm_entity *ents[2] = { &nv, &nv };
	struct btz_tpm_in_nv_write in;

	assert_int_equal(
	    btz_tpm_nv_define(&b->t, &b->owner, &area, btz_span_of(NULL, 0)),
	    BTZ_OK);
	for (uint16_t at = 0; at < len; at = (uint16_t)(at + in.data.len)) {
		in.offset = at;
		in.data = btz_span_of(
		    p + at, len - at < 512 ? (size_t)(len - at) : 512);
		assert_int_equal(btz_tpm_exec_how(&b->t, BTZ_TPM_PASSWORD,
				     BTZ_TPM_NV_WRITE, ents, &in, NULL),
		    BTZ_OK);
	}
}

/* The answer to NV_Read has a byte less; its sizes fit. */
static void
shorten(void *arg, uint8_t *resp, size_t *len, size_t cap)
{
	const struct box *b = arg;

	(void)cap;
	if (b->last_cmd[9] != (BTZ_TPM_CC_NV_READ & 0xff))
		return;
	memmove(resp + 16 + resp[15] - 1, resp + 16 + resp[15],
	    *len - 16 - resp[15]);
	(*len)--;
	resp[5]--;
	resp[13]--;
	resp[15]--;
}

static void
certificates(void **state)
{
	static uint8_t cert[1500], got[1500];
	struct box *b = *state;
	const struct btz_tpm_ek *ek = &btz_tpm_eks[BTZ_TPM_EK_H2];
	size_t len = 1;

	for (size_t i = 0; i < sizeof(cert); i++)
		cert[i] = (uint8_t)(i * 7 + i / 256);
	assert_int_equal(box_open_ek(b), BTZ_OK);
	assert_int_equal(btz_tpm_ek_cert(&b->t, ek, got, sizeof(got), &len),
	    BTZ_E_TPM_UNAVAILABLE);
	assert_int_equal(b->t.tpm_rc, BTZ_TPM_RC_HANDLE_1);
	assert_int_equal(len, 0);
	put_cert(b, ek->cert, cert, sizeof(cert));
	assert_int_equal(btz_tpm_ek_cert(&b->t, ek, got, sizeof(got) - 1, &len),
	    BTZ_E_TOOBIG);
	assert_int_equal(len, 0);
	assert_int_equal(
	    btz_tpm_ek_cert(&b->t, ek, got, sizeof(got), &len), BTZ_OK);
	assert_int_equal(len, sizeof(cert));
	assert_memory_equal(got, cert, sizeof(cert));
	b->mangle = shorten;
	b->mangle_arg = b;
	assert_int_equal(btz_tpm_ek_cert(&b->t, ek, got, sizeof(got), &len),
	    BTZ_E_TPM_FORMAT);
	assert_int_equal(len, 0);
	b->mangle = NULL;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(keys, setup, teardown),
		cmocka_unit_test_setup_teardown(certificates, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
