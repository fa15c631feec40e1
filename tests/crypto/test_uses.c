/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_uses.c - numbers of a key over 200 injections: writes that fail (a limit
 * on the size of files stands for the full disk), keys that go cold, stores
 * that are opened again. No number comes twice; counts are never too low.
 */
#include "crypto/uses.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "crypto/hot.h"
#include "crypto/keystore.h"
#include "support/cmocka_all.h"

#define A_ROUND 328 /* numbers at most */

static struct btz_core core;
static struct btz_hotkey key;
static struct btz_backend be = { &btz_backend_soft, NULL };
static char dir[] = "/tmp/btz-uses-XXXXXX", path[64];
static struct btz_err err;

static void
open_store(void)
{
	assert_int_equal(btz_keystore_open(path, &core.store, &err), BTZ_OK);
}

/* Nothing grows any more. */
static void
disk_is_full(bool full)
{
	struct rlimit r;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &r), 0);
	r.rlim_cur = full ? 4096 : r.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
}

static void
load_key(uint64_t uses_max)
{
	const struct btz_key_facts facts = { .uses_max = uses_max };

	memset(&key, 0, sizeof(key));
	memset(key.id, 7, BTZ_ID_LEN);
	memset(key.key_id, 7, BTZ_ID_LEN);
	key.version = 1;
	key.facts = facts;
}

/* As after a start of the service. */
static void
make_cold(uint64_t uses_max)
{
	btz_uses_free(core.uses);
	assert_int_equal(btz_uses_new(&core.uses, &err), BTZ_OK);
	load_key(uses_max);
}

static int
setup(void **state)
{
	struct btz_key_row row = { .info = { .owner = btz_span_str("one"),
				       .state = BTZ_KEY_ENABLED },
		.blob = btz_span_str("blob") };

	(void)state;
	(void)signal(SIGXFSZ, SIG_IGN);
	memcpy(dir + sizeof(dir) - 7, "XXXXXX", 6);
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/keys.db", dir);
	core = (struct btz_core){ .be = &be };
	core.conf.nonce_limit = 4294950912;
	open_store();
	memset(row.info.id, 7, BTZ_ID_LEN);
	assert_int_equal(btz_keystore_add(core.store, &row, &err), BTZ_OK);
	make_cold(0);
	return 0;
}

static int
teardown(void **state)
{
	char cmd[96];

	(void)state;
	disk_is_full(false);
	btz_keystore_close(core.store);
	btz_uses_free(core.uses);
	(void)snprintf(cmd, sizeof(cmd), "rm -r %s", dir);
	return system(cmd);
}

static int
order(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t
number_of(const uint8_t nonce[BTZ_NONCE_MAX])
{
	uint64_t n = 0;

	for (int i = 4; i < 12; i++)
		n = n << 8 | nonce[i];
	return n;
}

/* What may happen between two uses. */
static void
happen(void)
{
	switch (rand() % 4) {
	case 0:
		disk_is_full(true);
		break;
	case 1:
		disk_is_full(false);
		break;
	case 2:
		make_cold(0);
		break;
	default:
		disk_is_full(false);
		btz_keystore_close(core.store);
		open_store();
		make_cold(0);
	}
}

#define ROUNDS 200

static void
test_no_number_twice(void **state)
{
	uint64_t *seen = calloc(ROUNDS * A_ROUND, sizeof(*seen));
	unsigned seed = (unsigned)getpid(), failed = 0;
	uint8_t nonce[BTZ_NONCE_MAX];
	struct btz_key_row row;
	size_t n = 0;

	(void)state;
	print_message("# seed %u\n", seed);
	srand(seed);
	assert_non_null(seen);
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = rand() % A_ROUND; i > 0; i--) {
			enum btz_rc rc = btz_uses_nonce(
			    &core, &key, BTZ_CRYPT_AES_GCM, nonce, &err);

			if (rc == BTZ_OK)
				seen[n++] = number_of(nonce);
			failed += rc != BTZ_OK;
		}
		happen();
	}
	disk_is_full(false);
	qsort(seen, n, sizeof(seen[0]), order);
	for (size_t i = 1; i < n; i++)
		assert_true(seen[i - 1] < seen[i]);
	assert_int_equal(
	    btz_keystore_get(core.store, key.key_id, &row, &err), BTZ_OK);
	assert_true(row.info.uses > seen[n - 1]);
	free(seen);
	print_message("# %zu numbers, %u refused, %llu counted\n", n, failed,
	    (unsigned long long)row.info.uses);
	assert_true(n > 1000 && failed > 0);
}

static void
test_forms(void **state)
{
	uint8_t a[BTZ_NONCE_MAX], b[BTZ_NONCE_MAX];
	static const uint8_t zero[4];

	(void)state;
	assert_int_equal(
	    btz_uses_nonce(&core, &key, BTZ_CRYPT_AES_GCM, a, &err), BTZ_OK);
	assert_int_equal(
	    btz_uses_nonce(&core, &key, BTZ_CRYPT_AES_CTR, b, &err), BTZ_OK);
	assert_memory_equal(a, b, 4); /* one block */
	assert_int_equal(number_of(b), number_of(a) + 1);
	assert_memory_equal(b + 12, zero, 4);
	/* It comes back among the hot ones and goes on in its block. */
	load_key(0);
	assert_int_equal(
	    btz_uses_nonce(&core, &key, BTZ_CRYPT_AES_GCM, b, &err), BTZ_OK);
	assert_memory_equal(a, b, 4);
	assert_int_equal(number_of(b), number_of(a) + 2);
	/* Another version has its place. */
	key.id[2] ^= 1;
	assert_int_equal(
	    btz_uses_nonce(&core, &key, BTZ_CRYPT_AES_GCM, a, &err),
	    BTZ_E_NOENT);
	make_cold(0);
	assert_int_equal(
	    btz_uses_nonce(&core, &key, BTZ_CRYPT_AES_GCM, a, &err), BTZ_OK);
	assert_memory_not_equal(a, b, 4);
	assert_true(number_of(a) > number_of(b));
	make_cold(0);
	assert_int_equal(
	    btz_uses_nonce(&core, &key, BTZ_CRYPT_AES_CTR, b, &err), BTZ_OK);
	assert_memory_not_equal(a, b, 4);
	assert_true(number_of(b) > number_of(a));
	assert_int_equal(
	    btz_uses_nonce(&core, &key, BTZ_CRYPT_AES_CBC, a, &err), BTZ_OK);
	assert_int_equal(
	    btz_uses_nonce(&core, &key, BTZ_CRYPT_AES_CBC, b, &err), BTZ_OK);
	assert_memory_not_equal(a, b, 8);
	assert_memory_not_equal(a + 8, b + 8, 8);
}

/* The limit of a large count: never more, and little less over restarts. */
static void
test_large_limit(void **state)
{
	unsigned done = 0;

	(void)state;
	make_cold(5000);
	while (btz_uses_count(&core, &key, &err) == BTZ_OK)
		if (++done % 1000 == 0)
			make_cold(5000);
	assert_int_equal(err.rc, BTZ_E_KEY_SPENT);
	print_message("# %u of 5000\n", done);
	assert_true(done <= 5000 && done >= 2500);
	make_cold(5000);
	assert_int_equal(btz_uses_count(&core, &key, &err), BTZ_E_KEY_SPENT);
}

#define WITH(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_no_number_twice),
		WITH(test_forms),
		WITH(test_large_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
