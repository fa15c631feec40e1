/* SPDX-License-Identifier: Apache-2.0 */
/* list.c - the backends of the shipped program. */
#include "crypto/backend/backend.h"

const struct btz_backend_ops *const btz_backends[] = {
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
