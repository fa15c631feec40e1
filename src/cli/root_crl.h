/* SPDX-License-Identifier: Apache-2.0 */
/* root_crl.h - lists of the root: asked for, given to ca to be served. */
#ifndef BTZ_CLI_ROOT_CRL_H
#define BTZ_CLI_ROOT_CRL_H

#include "cli/cli.h"
#include "wire/msg_approval.h"

#define BTZ_ISSUING_MAX 80 /* more than ca lists */

/* What a box has certified: the root and the serials below it that have not
 * expired, the one in force first. */
struct btz_issued {
	uint8_t root[BTZ_CERT_MAX];
	size_t root_len;
	uint8_t serials[BTZ_ISSUING_MAX * BTZ_ID_LEN];
	size_t serials_len;
};
BTZ_MUST_CHECK enum btz_rc btz_root_issued(
    struct btz_cli *c, struct btz_issued *out, struct btz_err *err);

/* A list that needs no approval, or that the box lets Linux root make. out is
 * appended to. */
BTZ_MUST_CHECK enum btz_rc btz_root_crl_ask(struct btz_cli *c,
    const struct btz_root_crl *list, struct btz_wr *out, struct btz_err *err);
/* The list that ca serves, appended; BTZ_E_UNPROVISIONED: none. */
BTZ_MUST_CHECK enum btz_rc btz_root_crl_served(
    struct btz_cli *c, struct btz_wr *out, struct btz_err *err);
/* Gives ca a list to be served. The emergency list is left where it is:
 * BTZ_OK. */
BTZ_MUST_CHECK enum btz_rc btz_root_crl_serve(
    struct btz_cli *c, struct btz_span der, struct btz_err *err);
/* The same from a file, PEM or DER; here the emergency list is refused. */
BTZ_MUST_CHECK enum btz_rc btz_root_crl_import(
    struct btz_cli *c, const char *path, struct btz_err *err);

#endif
