/* SPDX-License-Identifier: Apache-2.0 */
/* tlscv.c - contract in tlscv.h. */
#include "wire/tlscv.h"

#include <string.h>

#define SPACES 64u

bool
btz_tls_cv_ok(struct btz_span in)
{
	static const char context[] = "TLS 1.3, server CertificateVerify";

	if (in.len != BTZ_TLS_CV_HEAD + 32u && in.len != BTZ_TLS_CV_HEAD + 48u)
		return false;
	for (size_t i = 0; i < SPACES; i++)
		if (in.p[i] != 0x20)
			return false;
	/* with its NUL: the separator */
	return memcmp(in.p + SPACES, context, sizeof(context)) == 0;
}
