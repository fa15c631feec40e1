/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_change.c - BTZ_OP_CHANGE: the table of nouns and verbs. What name, a, b,
 * c and n mean is in docs/protocol/access.md; the changes themselves are in
 * op_tenant.c, op_principal.c, op_binding.c and op_invite.c.
 */
#include "access/access.h"
#include "wire/msg_change.h"

static void
answer(const struct btz_ticket *t, const struct btz_outcome *o)
{
	struct btz_change_ok ok = { .id = btz_span_str(o->id),
		.detail = btz_span_str(o->detail),
		.generation = o->generation };

	btz_reply(t, BTZ_OK, &btz_def_change_ok, &ok);
}

#define KIND(act, fn)                                                          \
	{                                                                      \
		act, &btz_def_change, fn, answer                               \
	}

static const struct {
	uint8_t noun, verb;
	struct btz_job_kind kind;
} changes[] = {
	{ BTZ_NOUN_TENANT, BTZ_VERB_ADD,
	    KIND("tenant.add", btz_apply_tenant_add) },
	{ BTZ_NOUN_TENANT, BTZ_VERB_REMOVE,
	    KIND("tenant.remove", btz_apply_tenant_remove) },
	{ BTZ_NOUN_USER, BTZ_VERB_ADD, KIND("user.add", btz_apply_user_add) },
	{ BTZ_NOUN_USER, BTZ_VERB_REMOVE,
	    KIND("user.remove", btz_apply_user_remove) },
	{ BTZ_NOUN_USER, BTZ_VERB_ENABLE,
	    KIND("user.enable", btz_apply_user_enable) },
	{ BTZ_NOUN_USER, BTZ_VERB_DISABLE,
	    KIND("user.disable", btz_apply_user_disable) },
	{ BTZ_NOUN_DEVICE, BTZ_VERB_ADD,
	    KIND("device.add", btz_apply_device_add) },
	{ BTZ_NOUN_DEVICE, BTZ_VERB_REMOVE,
	    KIND("device.remove", btz_apply_device_remove) },
	{ BTZ_NOUN_DEVICE, BTZ_VERB_ENABLE,
	    KIND("device.enable", btz_apply_device_enable) },
	{ BTZ_NOUN_DEVICE, BTZ_VERB_DISABLE,
	    KIND("device.disable", btz_apply_device_disable) },
	{ BTZ_NOUN_ROLE, BTZ_VERB_ADD, KIND("role.add", btz_apply_role_add) },
	{ BTZ_NOUN_ROLE, BTZ_VERB_REMOVE,
	    KIND("role.remove", btz_apply_role_remove) },
	{ BTZ_NOUN_BINDING, BTZ_VERB_ADD,
	    KIND("role.grant", btz_apply_binding_add) },
	{ BTZ_NOUN_BINDING, BTZ_VERB_REMOVE,
	    KIND("role.revoke", btz_apply_binding_remove) },
	{ BTZ_NOUN_SHARE, BTZ_VERB_ADD,
	    KIND("share.add", btz_apply_share_add) },
	{ BTZ_NOUN_SHARE, BTZ_VERB_REMOVE,
	    KIND("share.remove", btz_apply_share_remove) },
	{ BTZ_NOUN_VPN, BTZ_VERB_ADD, KIND("vpn.define", btz_apply_vpn_add) },
	{ BTZ_NOUN_VPN, BTZ_VERB_REMOVE,
	    KIND("vpn.undefine", btz_apply_vpn_remove) },
	{ BTZ_NOUN_INVITE, BTZ_VERB_ADD,
	    KIND("invite.create", btz_apply_invite_add) },
	{ BTZ_NOUN_INVITE, BTZ_VERB_REMOVE,
	    KIND("invite.cancel", btz_apply_invite_remove) },
};

void
btz_op_change(struct btz_host *h, struct btz_call *c, const void *msg)
{
	const struct btz_change *m = msg;

	for (size_t i = 0; i < BTZ_COUNT(changes); i++)
		if (changes[i].noun == m->noun && changes[i].verb == m->verb) {
			btz_job_start(btz_host_data(h), c, &changes[i].kind, m);
			return;
		}
	btz_reply(&c->ticket, BTZ_E_UNSUPPORTED, NULL, NULL);
}
