/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provision.h - the steps of PROVISION: what each does in the TPM, what it
 * leaves in the record in memory. Order, recording: op_provision.c.
 */
#ifndef BTZ_TA_PROVISION_H
#define BTZ_TA_PROVISION_H

#include "ta.h"
#include "tlog/note.h"
#include "wire/msg_provision.h"

typedef enum btz_rc ta_prov_step(struct ta *ta, const struct btz_provision *r);

ta_prov_step ta_prov_secrets, ta_prov_srk, ta_prov_nv, ta_prov_primary;
ta_prov_step ta_prov_seal, ta_prov_root_key, ta_prov_root_persist;
ta_prov_step ta_prov_cp_key, ta_prov_cp_persist, ta_prov_auths;
ta_prov_step ta_prov_clear, ta_prov_root_cert, ta_prov_finish;

#endif
