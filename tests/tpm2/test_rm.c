/* SPDX-License-Identifier: Apache-2.0 */
/* test_rm.c - the layer behind a resource manager (support/tpm_rm.h). */
#include "support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/tpm_rm.h"
#include "tpm2/box.h"

#define OK(call) assert_int_equal((call), BTZ_OK)

static void
five_keys(struct box *b)
{
	struct btz_tpm_public tmpl;
	struct btz_tpm_in_create in = { .tmpl = &tmpl,
		.user_auth = { b->key_auth, 32 } };
	struct btz_tpm_out_create out[5];
	struct btz_tpm_in_load ld;
	struct btz_tpm_entity keys[5];
	struct btz_tpm_out_sign sig;
	uint8_t digest[32] = { 4 };

	btz_tpm_tmpl_sign(&tmpl);
	for (int i = 0; i < 5; i++) {
		OK(btz_tpm_create(&b->t, &b->primary, &in, &out[i]));
		ld.priv = btz_span_of(out[i].priv, out[i].priv_len);
		ld.pub = &out[i].pub;
		OK(btz_tpm_load(
		    &b->t, &b->primary, &ld, in.user_auth, &keys[i]));
		assert_true(keys[i].handle > 0x80f00000);
	}
	for (int i = 0; i < 5; i++) {
		OK(btz_tpm_sign(&b->t, &keys[i], digest, &sig));
		assert_true(box_verify(&out[i].pub, digest, &sig));
		OK(btz_tpm_flush(&b->t, keys[i].handle));
	}
}

static void
managed(void **state)
{
	struct btz_tpm_rm *rm = calloc(1, sizeof(*rm));
	struct box *b = box_new();
	struct btz_tpm_out_sign sig;
	uint8_t digest[32] = { 4 };

	(void)state;
	assert_non_null(rm);
	assert_non_null(b);
	btz_tpm_rm_init(rm, b->t.crypto, b->t.transceive, b->t.arg);
	b->t.transceive = btz_tpm_rm_manage;
	b->t.arg = rm;
	OK(box_provision(b));
	OK(btz_tpm_sign(&b->t, &b->key, digest, &sig));
	assert_true(box_verify(&b->key_pub, digest, &sig));
	five_keys(b); /* the TPM has three slots */
	print_message("# %u contexts saved\n", rm->saved);
	assert_true(rm->saved > 20);
	box_free(b);
	free(rm);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(managed),
	};

	if (!btz_swtpm_present()) {
		printf("1..0 # SKIP swtpm is not installed\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
