/* SPDX-License-Identifier: Apache-2.0 */
/* test_ekchain.c - [tpm] ek_required and ek_chain, and what PROVISION gets. */
#include "crypto/ekchain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "der/ek_cert.h"
#include "der/pem.h"
#include "support/cmocka_all.h"

static char path[] = "/tmp/btz-chain-XXXXXX";
static struct btz_ek_conf ek;

/* n certificates of len bytes each, and more text. */
static void
write_file(size_t n, size_t len, const char *more)
{
	static uint8_t der[BTZ_EK_CHAIN_BYTES];
	static char text[4 * BTZ_EK_CHAIN_BYTES];
	FILE *f = fopen(path, "w");
	struct btz_wr wr;

	assert_non_null(f);
	btz_wr_init(&wr, text, sizeof(text));
	for (size_t i = 0; i < n; i++) {
		memset(der, (int)i + 1, len);
		btz_pem_encode(&wr, BTZ_PEM_CERT, btz_span_of(der, len));
	}
	assert_true(btz_wr_ok(&wr));
	assert_int_equal(fwrite(text, 1, wr.len, f), wr.len);
	assert_true(fputs(more, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static const struct {
	const char *name;
	size_t n, len;
	const char *more;
	const char *error; /* NULL: accepted */
} files[] = {
	{ "empty", 0, 0, "", "certificate 1 is not PEM" },
	{ "text behind", 1, 9, "x\n", "certificate 2 is not PEM" },
	{ "a key", 0, 0, "-----BEGIN PUBLIC KEY-----\n", "1 is not PEM" },
	{ "too many", BTZ_EK_CHAIN_MAX + 1, 9, "", "more than 4" },
	{ "too long together", 2, BTZ_EK_CHAIN_BYTES / 2 + 1, "", "too long" },
	{ "as long as it may be", 2, BTZ_EK_CHAIN_BYTES / 2, "", NULL },
	{ "as many as may be", BTZ_EK_CHAIN_MAX, 9, "", NULL },
	{ "one", 1, 700, "", NULL },
};

static void
test_files(void **state)
{
	struct btz_conf_tpm conf = { .ek_required = "no" };

	(void)state;
	(void)snprintf(conf.ek_chain, sizeof(conf.ek_chain), "%s", path);
	for (size_t i = 0; i < BTZ_COUNT(files); i++) {
		struct btz_provision rq = { .ek_required = 0 };
		struct btz_err err = { .rc = BTZ_OK };
		enum btz_rc rc;

		print_message("# case: %s\n", files[i].name);
		write_file(files[i].n, files[i].len, files[i].more);
		btz_ek_conf_read(&ek, &conf);
		rc = btz_ek_conf_use(&ek, &rq, &err);
		assert_int_equal(rq.ek_required, 0);
		if (files[i].error != NULL) {
			assert_int_equal(rc, BTZ_E_CONFIG);
			assert_non_null(strstr(err.msg, files[i].error));
			assert_int_equal(rq.ek_chain.len, 0);
			continue;
		}
		assert_int_equal(rc, BTZ_OK);
		assert_int_equal(rq.ek_chain.len, files[i].n * files[i].len);
		for (size_t k = 0; k < rq.ek_chain.len; k++)
			assert_int_equal(
			    rq.ek_chain.p[k], k / files[i].len + 1);
	}
}

static void
test_no_file(void **state)
{
	struct btz_conf_tpm conf = { .ek_required = "no",
		.ek_chain = "/nowhere/chain.pem" };
	struct btz_provision rq = { .ek_required = 0 };
	struct btz_err err = { .rc = BTZ_OK };

	(void)state;
	btz_ek_conf_read(&ek, &conf);
	assert_int_equal(btz_ek_conf_use(&ek, &rq, &err), BTZ_E_CONFIG);
	assert_non_null(strstr(err.msg, conf.ek_chain));
	conf.ek_chain[0] = '\0';
	btz_ek_conf_read(&ek, &conf);
	assert_int_equal(btz_ek_conf_use(&ek, &rq, &err), BTZ_OK);
	assert_int_equal(rq.ek_chain.len, 0);
}

/* The request may ask for more, not for less. */
static void
test_request(void **state)
{
	struct btz_conf_tpm conf = { .ek_required = "yes" };
	struct btz_provision rq = { .ek_chain = btz_span_str("its own") };
	struct btz_err err = { .rc = BTZ_OK };

	(void)state;
	write_file(1, 9, "");
	(void)snprintf(conf.ek_chain, sizeof(conf.ek_chain), "%s", path);
	btz_ek_conf_read(&ek, &conf);
	assert_int_equal(btz_ek_conf_use(&ek, &rq, &err), BTZ_OK);
	assert_int_equal(rq.ek_required, 1);
	assert_true(btz_span_eq(rq.ek_chain, btz_span_str("its own")));
	memcpy(conf.ek_required, "no", 3);
	btz_ek_conf_read(&ek, &conf);
	assert_int_equal(btz_ek_conf_use(&ek, &rq, &err), BTZ_OK);
	assert_int_equal(rq.ek_required, 1);
}

static int
make(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int
drop(void **state)
{
	(void)state;
	return unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_request),
	};

	return cmocka_run_group_tests(tests, make, drop);
}
