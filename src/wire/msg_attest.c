/* SPDX-License-Identifier: Apache-2.0 */
/* msg_attest.c - wire order of the fields; meaning in msg_attest.h. */
#include "wire/msg_attest.h"

BTZ_MSGDEF(attest, BTZ_FRAW(btz_attest, id, BTZ_ID_LEN),
    BTZ_FBYTES(btz_attest, blob, BTZ_ATTEST_MAX),
    BTZ_FBYTES(btz_attest, secret, BTZ_ATTEST_MAX));

BTZ_MSGDEF(attested, BTZ_FBYTES(btz_attested, name, BTZ_ATTEST_MAX),
    BTZ_FBYTES(btz_attested, area, BTZ_ATTEST_MAX),
    BTZ_FBYTES(btz_attested, endorsement, BTZ_ATTEST_MAX),
    BTZ_FBYTES(btz_attested, credential, BTZ_ATTEST_MAX));
