/* SPDX-License-Identifier: Apache-2.0 */
/* device_optee.c - the OP-TEE of this machine, for test_contract.c. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/edges.h"
#include "crypto/contract_device.h"
#include "support/cmocka_all.h"
#include "wire/limits.h"

bool
btz_device_present(void)
{
	assert_int_equal(access(BTZ_TEE_DEVICE, R_OK | W_OK), 0);
	return true;
}

bool
btz_device_fresh(void)
{
	return false;
}

struct btz_device *
btz_device_begin(int *fd)
{
	*fd = -1; /* the client library opens it */
	return NULL;
}

void
btz_device_end(struct btz_device *d)
{
	(void)d;
}

struct btz_span
btz_device_foreign_blob(void)
{
	static uint8_t blob[BTZ_BLOB_MAX];
	FILE *f = fopen("/job/foreign.blob", "rb");
	size_t n;

	assert_non_null(f);
	n = fread(blob, 1, sizeof(blob), f);
	(void)fclose(f);
	return btz_span_of(blob, n);
}
