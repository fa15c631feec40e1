/* SPDX-License-Identifier: Apache-2.0 */
/*
 * contract_device.h - the secure world that test_contract.c tries the backend
 * tee on: a swtpm and the emulated TA of its own for each case
 * (device_swtpm.c), or the one that the machine has (tests/target).
 */
#ifndef BTZ_TESTS_CRYPTO_CONTRACT_DEVICE_H
#define BTZ_TESTS_CRYPTO_CONTRACT_DEVICE_H

#include <stdbool.h>

#include "wire/cursor.h"

struct btz_device;

bool btz_device_present(void);
/* Is each one begun empty, and another box than the one before? */
bool btz_device_fresh(void);
/* Asserts; *fd for struct btz_backend_env. NULL is fine to end. */
struct btz_device *btz_device_begin(int *fd);
void btz_device_end(struct btz_device *d);
/* Of a key of another box, where btz_device_fresh is not. Static. */
struct btz_span btz_device_foreign_blob(void);

#endif
