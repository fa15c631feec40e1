/* SPDX-License-Identifier: Apache-2.0 */
/* list_fake.c - bartizan-crypto-fake: the service with a fake backend in place
 * of the secure world. Its TA edge is held by the test. */
#include "crypto/backend/backend.h"

const struct btz_backend_ops *const btz_backends[] = {
	&btz_backend_fake_tee,
	NULL,
};
