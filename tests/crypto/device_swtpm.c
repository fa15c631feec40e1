/* SPDX-License-Identifier: Apache-2.0 */
/* device_swtpm.c - a TPM and an emulated TA of its own for each case. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto/contract_device.h"
#include "support/cmocka_all.h"
#include "support/spawn.h"
#include "support/swtpm.h"

struct btz_device {
	struct btz_swtpm tpm;
	struct btz_box *box;
	int fd;
};

bool
btz_device_present(void)
{
	return btz_swtpm_present();
}

bool
btz_device_fresh(void)
{
	return true;
}

struct btz_device *
btz_device_begin(int *fd)
{
	struct btz_device *d = calloc(1, sizeof(*d));
	char path[128], conf[256];

	assert_non_null(d);
	assert_true(btz_swtpm_start(&d->tpm));
	if (d->tpm.fd >= 0)
		(void)close(d->tpm.fd); /* it serves one connection */
	d->tpm.fd = -1;
	btz_swtpm_socket(&d->tpm, path, sizeof(path));
	(void)snprintf(conf, sizeof(conf),
	    "[tpm]\ntcti = unix:%s\nexclusive = yes\n", path);
	d->box = btz_box_new(conf);
	btz_box_start(d->box, BTZ_PROG_TA, NULL);
	d->fd = btz_box_take(d->box, BTZ_PROG_CRYPTO_TEE, BTZ_PROG_TA);
	assert_true(d->fd >= 0);
	*fd = d->fd;
	return d;
}

void
btz_device_end(struct btz_device *d)
{
	if (d == NULL)
		return;
	(void)close(d->fd);
	assert_int_equal(btz_box_free(d->box), 0);
	btz_swtpm_end(&d->tpm);
	free(d);
}

struct btz_span
btz_device_foreign_blob(void)
{
	return btz_span_of(NULL, 0);
}
