/* SPDX-License-Identifier: Apache-2.0 */
/* list_tests.c - the array of backends in tests: the shipped ones and fake. */
#include "crypto/backend/backend.h"

const struct btz_backend_ops *const btz_backends[] = {
	&btz_backend_fake,
	&btz_backend_soft,
#ifdef BTZ_HAVE_PKCS11
	&btz_backend_pkcs11,
#endif
#ifdef BTZ_HAVE_TPM_DIRECT
	&btz_backend_tpm_direct,
#endif
#ifdef BTZ_HAVE_TEE
	&btz_backend_tee,
#endif
	NULL,
};
