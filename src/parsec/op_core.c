/* SPDX-License-Identifier: Apache-2.0 */
/* op_core.c - what the Core provider says about this service. */
#include <string.h>

#include "core.pb-c.h"
#include "parsec/kms.h"
#include "parsec/offers.h"

#define VENDOR "Bartizan"
#define CORE_UUID "47049873-2a43-4845-9d72-831eab668784"
#define VERSION_MAJOR 0
#define VERSION_MINOR 1
#define VERSION_REVISION 0

void
btz_pop_ping(struct btz_pjob *j)
{
	Parsec__PingOut out = PARSEC__PING_OUT__INIT;

	out.major = 1;
	btz_pjob_reply(j, &out.base);
}

static void
describe(const struct btz_pprovider *p, Parsec__ProviderInfo *out)
{
	static char vendor[] = VENDOR;

	parsec__provider_info__init(out);
	memcpy(&out->uuid, &p->uuid, sizeof(p->uuid));
	memcpy(&out->description, &p->description, sizeof(p->description));
	out->vendor = vendor;
	out->major = VERSION_MAJOR;
	out->minor = VERSION_MINOR;
	out->revision = VERSION_REVISION;
	out->id = p->id;
}

static void
reply_providers(struct btz_pjob *j)
{
	static const struct btz_pprovider core = { .uuid = CORE_UUID,
		.description = "Core of Bartizan's Parsec front end" };
	Parsec__ProviderInfo info[BTZ_PARSEC_PROVIDERS + 1];
	Parsec__ProviderInfo *rows[BTZ_PARSEC_PROVIDERS + 1];
	Parsec__ListProvidersOut out = PARSEC__LIST_PROVIDERS_OUT__INIT;
	size_t n = 0;

	for (size_t i = 0; i < j->d->n_providers; i++)
		if ((j->present & 1u << i) != 0)
			describe(j->d->providers[i], &info[n++]);
	describe(&core, &info[n++]);
	for (size_t i = 0; i < n; i++)
		rows[i] = &info[i];
	out.n_providers = n;
	out.providers = rows;
	btz_pjob_reply(j, &out.base);
}

static void look_at_next(struct btz_pjob *j);

static void
on_lease(struct btz_pjob *j)
{
	if (j->lease != NULL)
		j->present |= 1u << j->which;
	j->which++;
	look_at_next(j);
}

/* A backend is there when it gives a lease; that is kept for the next time. */
static void
look_at_next(struct btz_pjob *j)
{
	if (j->which == j->d->n_providers)
		reply_providers(j);
	else
		btz_please_need(
		    j, BTZ_OPEN_NOBODY, 0, j->d->providers[j->which], on_lease);
}

void
btz_pop_list_providers(struct btz_pjob *j)
{
	j->tolerant = true;
	look_at_next(j);
}

static void
reply_opcodes(struct btz_pjob *j, uint32_t *rows, size_t n)
{
	Parsec__ListOpcodesOut out = PARSEC__LIST_OPCODES_OUT__INIT;

	out.n_opcodes = n;
	out.opcodes = rows;
	btz_pjob_reply(j, &out.base);
}

static void
on_offers(struct btz_pjob *j, enum btz_rc rc, struct btz_span body)
{
	uint32_t rows[BTZ_POPCODES_MAX];
	struct btz_offers o;

	if (rc == BTZ_OK && !btz_msg_decode(&btz_def_offers, body, &o))
		rc = BTZ_E_PROTO;
	if (rc != BTZ_OK)
		btz_pjob_fail_rc(j, rc);
	else
		reply_opcodes(j, rows, btz_poffers_opcodes(&o, rows));
}

static void
ask_offers(struct btz_pjob *j)
{
	btz_please_ask(j, BTZ_OP_OFFERS, NULL, NULL, on_offers);
}

void
btz_pop_list_opcodes(struct btz_pjob *j)
{
	/* those for administrators are left out, as Parsec does */
	uint32_t core[] = { 1, 8, 9, 0x0e, 0x1a };
	const Parsec__ListOpcodesIn *in = j->msg;
	const struct btz_pprovider *p;

	if (in->provider > 5) {
		btz_pjob_fail(j, BTZ_PS_ENCODING);
		return;
	}
	p = btz_pprovider_of(j->d, (uint8_t)in->provider);
	if (in->provider == BTZ_PP_CORE)
		reply_opcodes(j, core, BTZ_COUNT(core));
	else if (p == NULL)
		btz_pjob_fail(j, BTZ_PS_NO_PROVIDER);
	else
		btz_please_need(j, BTZ_OPEN_NOBODY, 0, p, ask_offers);
}

void
btz_pop_list_authenticators(struct btz_pjob *j)
{
	static char text[] = "Uses Unix peer credentials to authenticate";
	Parsec__AuthenticatorInfo info;
	Parsec__AuthenticatorInfo *row = &info;
	Parsec__ListAuthenticatorsOut out =
	    PARSEC__LIST_AUTHENTICATORS_OUT__INIT;

	parsec__authenticator_info__init(&info);
	info.description = text;
	info.minor = 1;
	info.id = BTZ_PAUTH_PEER;
	out.n_authenticators = 1;
	out.authenticators = &row;
	btz_pjob_reply(j, &out.base);
}
