/* SPDX-License-Identifier: Apache-2.0 */
/* msg_certify.c - wire order of the fields; meaning in msg_certify.h. */
#include "wire/msg_certify.h"

BTZ_MSGDEF(certify_issuing, BTZ_FRAW(btz_certify_issuing, root_id, BTZ_ID_LEN),
    BTZ_FRAW(btz_certify_issuing, issuing_id, BTZ_ID_LEN),
    BTZ_FRAW(btz_certify_issuing, serial, BTZ_ID_LEN),
    BTZ_FU64(btz_certify_issuing, not_before),
    BTZ_FU64(btz_certify_issuing, not_after),
    BTZ_FRAW(btz_certify_issuing, nonce, BTZ_SHA256_LEN),
    BTZ_FBYTES(btz_certify_issuing, approvals, BTZ_APPROVALS_MAX));

BTZ_MSGDEF(certificate, BTZ_FBYTES(btz_certificate, der, BTZ_CRL_MAX));
