/* SPDX-License-Identifier: Apache-2.0 */
/* rig.c - see rig.h. */
#include "parsec/rig.h"

#include <stdio.h>
#include <unistd.h>

void
rig_start(struct rig *r, const char *parsec_conf)
{
	char conf[512];

	(void)snprintf(conf, sizeof(conf),
	    "[parsec]\nenabled = yes\nproviders = soft\n%s", parsec_conf);
	r->box = btz_box_new(conf);
	btz_box_start(r->box, BTZ_PROG_CRYPTO_SOFT, NULL);
	btz_box_start(r->box, BTZ_PROG_BROKER, NULL);
	r->audit_broker = btz_auditor_new(
	    btz_box_take(r->box, BTZ_PROG_BROKER, BTZ_PROG_AUDIT));
	r->audit_crypto = btz_auditor_new(
	    btz_box_take(r->box, BTZ_PROG_CRYPTO_SOFT, BTZ_PROG_AUDIT));
	btz_box_start(r->box, BTZ_PROG_PARSEC, NULL);
}

int
rig_end(struct rig *r)
{
	btz_auditor_free(r->audit_broker);
	btz_auditor_free(r->audit_crypto);
	return btz_box_free(r->box);
}

int
rig_ask(struct rig *r, uint8_t provider, uint32_t opcode, const char *hex)
{
	uint8_t body[2048];
	struct pw p;

	pw_make(&p, provider, opcode, BTZ_PAUTH_PEER, getuid(), body,
	    pw_hex(hex, body));
	return pw_ask(r->box, &p, &r->a);
}

int
rig_ask_msg(
    struct rig *r, uint8_t provider, uint32_t opcode, const ProtobufCMessage *m)
{
	struct pw p;

	pw_make_msg(&p, provider, opcode, m);
	return pw_ask(r->box, &p, &r->a);
}
