/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy.c - who may have what: one row per kind of caller. Our own daemons
 * are known by their edge, administrators by the directory that they may
 * enter, applications by the kernel's uid and [app NAME]. The front end for
 * Parsec says for which uid it asks: each is an application of its own.
 */
#include <stdio.h>
#include <string.h>

#include "broker/broker.h"
#include "wire/alg.h"
#include "wire/msg_lease.h"
#include "wire/msg_open.h"

#define KEYS                                                                   \
	(BTZ_USE_SIGN | BTZ_USE_VERIFY | BTZ_USE_EXPORT_PUBLIC |               \
	    BTZ_USE_GENERATE | BTZ_USE_DESTROY | BTZ_USE_LIST |                \
	    BTZ_USE_RANDOM)
/* of those who are not daemons of this box */
#define ALL                                                                    \
	(KEYS | BTZ_USE_ENCRYPT | BTZ_USE_DECRYPT | BTZ_USE_DERIVE |           \
	    BTZ_USE_IMPORT | BTZ_USE_EXPORT_PRIVATE | BTZ_USE_MANAGE)
#define KIND(k) (1u << BTZ_KIND_##k)
/* What a Parsec client may do with keys of its own. */
#define PLAIN_KEYS                                                             \
	(KEYS | BTZ_USE_ENCRYPT | BTZ_USE_DECRYPT | BTZ_USE_DERIVE |           \
	    BTZ_USE_IMPORT | BTZ_USE_EXPORT_PRIVATE)

static const struct row {
	uint32_t from;
	const char *application; /* NULL: by uid */
	const char *role;
	uint32_t ops, kinds;
	const char *backend; /* NULL: of the application */
	uint8_t whose;	     /* enum btz_open_whose; left out: OWN */
} table[] = {
	{ BTZ_ROLE_APP, NULL, "app", ALL, KIND(PLAIN) | KIND(TLS), NULL },
	{ BTZ_ROLE_ADMIN, "admin", "admin",
	    ALL | BTZ_USE_CERTIFY | BTZ_USE_PROVISION | BTZ_USE_CEREMONY |
		BTZ_USE_BACKUP,
	    KIND(PLAIN) | KIND(TLS), "soft" },
	{ BTZ_ROLE_OF(BTZ_PROG_CA), "ca", "ca", KEYS | BTZ_USE_CERTIFY,
	    KIND(ISSUING) | KIND(CRL) | KIND(OCSP), "tee" },
	{ BTZ_ROLE_OF(BTZ_PROG_AUDIT), "audit", "audit",
	    BTZ_USE_CHECKPOINT | BTZ_USE_LIST | BTZ_USE_EXPORT_PUBLIC, 0,
	    "tee" },
	{ BTZ_ROLE_OF(BTZ_PROG_VPN), "vpn", "vpn",
	    BTZ_USE_SIGN | BTZ_USE_GENERATE | BTZ_USE_LIST |
		BTZ_USE_EXPORT_PUBLIC,
	    KIND(TLS), "tee" },
	{ BTZ_ROLE_OF(BTZ_PROG_PARSEC), "parsec:", "parsec", PLAIN_KEYS,
	    KIND(PLAIN), "soft", BTZ_OPEN_UID },
	{ BTZ_ROLE_OF(BTZ_PROG_PARSEC), "parsec", "parsec", BTZ_USE_RANDOM, 0,
	    "soft", BTZ_OPEN_NOBODY },
	{ BTZ_ROLE_OF(BTZ_PROG_PARSEC), "parsec", BTZ_ROLE_PARSEC_LIST,
	    BTZ_USE_LIST, 0, "soft", BTZ_OPEN_ALL },
};

static const struct btz_app *
app_of(const struct btz_broker *b, uid_t uid)
{
	for (size_t i = 0; i < b->n_apps; i++)
		if (b->apps[i].conf.uid == (int64_t)uid)
			return &b->apps[i];
	return NULL;
}

static const struct row *
row_of(uint32_t role, uint8_t whose)
{
	for (size_t i = 0; i < BTZ_COUNT(table); i++)
		if (table[i].from == role && table[i].whose == whose)
			return &table[i];
	return NULL;
}

enum btz_rc
btz_policy_allow(const struct btz_broker *b, const struct btz_call *c,
    const struct btz_open *rq, struct btz_allowance *out, struct btz_err *err)
{
	const struct row *r = row_of(c->role, rq->whose);
	const struct btz_app *app = NULL;

	memset(out, 0, sizeof(*out));
	if (r == NULL)
		return BTZ_FAIL(
		    err, BTZ_E_DENIED, "role 0x%x, for %u", c->role, rq->whose);
	if (rq->for_uid != 0 && rq->whose != BTZ_OPEN_UID)
		return BTZ_FAIL(err, BTZ_E_DENIED, "a lease for a uid");
	if (r->application == NULL) {
		app = app_of(b, c->peer.uid);
		if (app == NULL)
			return BTZ_FAIL(err, BTZ_E_DENIED,
			    "uid %u is no application", c->peer.uid);
	}
	*out = (struct btz_allowance){ .role = r->role,
		.uid = c->peer.uid,
		.ops = r->ops,
		.kinds = r->kinds,
		.rate = app != NULL ? (uint32_t)app->conf.rate : 0,
		.max_keys = app != NULL ? (uint32_t)app->conf.max_keys : 0,
		.backend = app != NULL ? app->conf.backend : r->backend };
	(void)snprintf(out->application, sizeof(out->application), "%s",
	    app != NULL ? app->name : r->application);
	if (rq->whose == BTZ_OPEN_UID)
		(void)snprintf(out->application, sizeof(out->application),
		    "%s%u", r->application, rq->for_uid);
	return BTZ_OK;
}
