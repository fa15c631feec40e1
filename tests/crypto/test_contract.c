/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_contract.c - what backend.h promises, over every backend in the array:
 * contract.h says how. What `tee` runs on: contract_device.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/contract.h"
#include "support/cmocka_all.h"

static void
run_cases(const struct btz_backend_ops *ops, const struct contract_case *k)
{
	struct contract c;

	for (; k->name != NULL; k++) {
		print_message("# case: %s: %s\n", ops->name, k->name);
		contract_begin(&c, ops, !k->raw);
		k->fn(&c);
		contract_end(&c);
	}
}

/* A device that there is only one of is provisioned by the first case. */
static void
over_all(const struct contract_case *cases)
{
	for (size_t b = 0; btz_backends[b] != NULL; b++) {
		const struct contract_world *w = contract_world_of(
		    btz_backends[b]);

		if (w->present != NULL && !w->present())
			print_message("# %s: skipped, it is not here\n",
			    btz_backends[b]->name);
		else
			run_cases(btz_backends[b], cases);
	}
}

static void
test_keys(void **state)
{
	(void)state;
	over_all(contract_keys);
}

static void
test_algorithms(void **state)
{
	(void)state;
	over_all(contract_algs);
}

static void
test_import_export(void **state)
{
	(void)state;
	over_all(contract_imports);
}

/* Of soft alone: a file key that others may read, or that is short. */
static void
test_soft_file_key(void **state)
{
	char dir[] = "/tmp/btz-test-XXXXXX", kek[64];
	struct btz_backend_env env = { .dir = dir, .device_fd = -1 };
	struct btz_backend *be;
	struct btz_err err;
	struct stat sb;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(kek, sizeof(kek), "%s/kek", dir);
	assert_int_equal(
	    btz_backend_new(&btz_backend_soft, &env, &be, &err), BTZ_OK);
	btz_backend_free(be);
	assert_int_equal(stat(kek, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0600);
	assert_int_equal(sb.st_size, 32);
	assert_int_equal(chmod(kek, 0640), 0);
	assert_int_equal(
	    btz_backend_new(&btz_backend_soft, &env, &be, &err), BTZ_E_CORRUPT);
	assert_int_equal(chmod(kek, 0600), 0);
	assert_int_equal(truncate(kek, 31), 0);
	assert_int_equal(
	    btz_backend_new(&btz_backend_soft, &env, &be, &err), BTZ_E_CORRUPT);
	assert_int_equal(unlink(kek), 0);
	assert_int_equal(rmdir(dir), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_algorithms),
		cmocka_unit_test(test_import_export),
		cmocka_unit_test(test_soft_file_key),
	};

	(void)setenv("BTZ_FAKE_TPM_MS", "20", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
