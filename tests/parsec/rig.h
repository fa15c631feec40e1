/* SPDX-License-Identifier: Apache-2.0 */
/* rig.h - front end, broker and a soft crypto service, started for a test. */
#ifndef BTZ_TESTS_PARSEC_RIG_H
#define BTZ_TESTS_PARSEC_RIG_H

#include "parsec/wire.h"
#include "support/auditor.h"

struct rig {
	struct btz_box *box;
	struct btz_auditor *audit_broker, *audit_crypto;
	struct pw_answer a;
};

void rig_start(struct rig *r, const char *parsec_conf);
int rig_end(struct rig *r); /* as btz_box_free */
/* Body in hex; uid of the auth field: ours. */
int rig_ask(struct rig *r, uint8_t provider, uint32_t opcode, const char *hex);
int rig_ask_msg(struct rig *r, uint8_t provider, uint32_t opcode,
    const ProtobufCMessage *m);

#endif
