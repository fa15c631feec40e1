/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy.c - who may have what: one row per kind of caller. Our own daemons
 * are known by their edge, administrators by the directory that they may
 * enter, applications by the kernel's uid and [app NAME].
 */
#include <stdio.h>
#include <string.h>

#include "broker/broker.h"
#include "wire/alg.h"

#define KEYS                                                                   \
	(BTZ_USE_SIGN | BTZ_USE_VERIFY | BTZ_USE_EXPORT_PUBLIC |               \
	    BTZ_USE_GENERATE | BTZ_USE_DESTROY | BTZ_USE_LIST |                \
	    BTZ_USE_RANDOM)
/* of those who are not daemons of this box */
#define ALL                                                                    \
	(KEYS | BTZ_USE_ENCRYPT | BTZ_USE_DECRYPT | BTZ_USE_DERIVE |           \
	    BTZ_USE_IMPORT | BTZ_USE_EXPORT_PRIVATE | BTZ_USE_MANAGE)
#define KIND(k) (1u << BTZ_KIND_##k)

static const struct row {
	uint32_t from;
	const char *application; /* NULL: by uid */
	const char *role;
	uint32_t ops, kinds;
	const char *backend; /* NULL: of the application */
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
row_of(uint32_t role)
{
	for (size_t i = 0; i < BTZ_COUNT(table); i++)
		if (table[i].from == role)
			return &table[i];
	return NULL;
}

enum btz_rc
btz_policy_allow(const struct btz_broker *b, const struct btz_call *c,
    struct btz_allowance *out, struct btz_err *err)
{
	const struct row *r = row_of(c->role);
	const struct btz_app *app = NULL;

	memset(out, 0, sizeof(*out));
	if (r == NULL)
		return BTZ_FAIL(err, BTZ_E_DENIED, "role 0x%x", c->role);
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
	return BTZ_OK;
}
