/* SPDX-License-Identifier: Apache-2.0 */
/* msg_ca.c - wire order of the fields; meaning in msg_ca.h. */
#include "wire/msg_ca.h"

BTZ_MSGDEF(ca_init, BTZ_FBYTES(btz_ca_init, root_cert, BTZ_CERT_MAX),
    BTZ_FTEXT(btz_ca_init, trust_domain, 253),
    BTZ_FTEXT(btz_ca_init, box, BTZ_NAME_MAX),
    BTZ_FTEXT(btz_ca_init, base_url, BTZ_URI_MAX));

BTZ_MSGDEF(
    revoke, BTZ_FTEXT(btz_revoke, id, 64), BTZ_FU8(btz_revoke, reason, 10));

BTZ_MSGDEF(revoke_ok, BTZ_FTEXT(btz_revoke_ok, id, 64),
    BTZ_FU64(btz_revoke_ok, generation));

BTZ_MSGDEF(issue_server, BTZ_FBYTES(btz_issue_server, csr, BTZ_CSR_MAX),
    BTZ_FTEXT(btz_issue_server, dns, 1024),
    BTZ_FTEXT(btz_issue_server, ips, 1024));

BTZ_MSGDEF(issue_vpn, BTZ_FBYTES(btz_issue_vpn, spki, BTZ_SPKI_MAX),
    BTZ_FTEXT(btz_issue_vpn, dns, 1024), BTZ_FTEXT(btz_issue_vpn, ips, 1024));

BTZ_MSGDEF(chain, BTZ_FBYTES(btz_chain, certs, 57344));

BTZ_MSGDEF(ca_renew_plan, BTZ_FTEXT(btz_ca_renew_plan, ca_id, BTZ_NAME_MAX),
    BTZ_FU32(btz_ca_renew_plan, days));

BTZ_MSGDEF(ca_renew, BTZ_FTEXT(btz_ca_renew, ca_id, BTZ_NAME_MAX),
    BTZ_FRAW(btz_ca_renew, serial, BTZ_ID_LEN),
    BTZ_FU64(btz_ca_renew, not_after),
    BTZ_FRAW(btz_ca_renew, nonce, BTZ_SHA256_LEN),
    BTZ_FBYTES(btz_ca_renew, approvals, BTZ_APPROVALS_MAX));

BTZ_MSGDEF(ca_ref, BTZ_FTEXT(btz_ca_ref, ca_id, BTZ_NAME_MAX));
