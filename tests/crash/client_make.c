/* SPDX-License-Identifier: Apache-2.0 */
/* client_make.c - keys that a client makes: drawn in the box, imported,
 * restored; contract in client.h. Start at client_draw_key(). */
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/recovery_key.h"
#include "crash/client.h"
#include "wire/constraint.h"
#include "wire/keyblob.h"
#include "wire/msg_backup.h"

static const struct {
	uint8_t alg;
	uint32_t usage;
	bool tee;
} sorts[] = {
	{ BTZ_ALG_EC_P256, BTZ_USE_SIGN | BTZ_USE_VERIFY, true },
	{ BTZ_ALG_ED25519, BTZ_USE_SIGN | BTZ_USE_VERIFY, false },
	{ BTZ_ALG_AES_256, BTZ_USE_ENCRYPT | BTZ_USE_DECRYPT, false },
	{ BTZ_ALG_SECRET, BTZ_USE_DERIVE, false },
	{ BTZ_ALG_AES_256, BTZ_USE_ENCRYPT | BTZ_USE_DECRYPT, false },
};

void
client_draw_key(struct client *c, struct key *k)
{
	size_t sort = client_draw(c, BTZ_COUNT(sorts));

	if (c->site->tee)
		sort = 0;
	*k = (struct key){ .unborn = true,
		.owner = client_draw(c, 4) == 0 ? "admin" : "one",
		.alg = sorts[sort].alg,
		.kind = BTZ_KIND_PLAIN,
		.state = BTZ_KEY_ENABLED,
		.usage = sorts[sort].usage,
		.version = 1,
		.min_version = 1,
		.n = 1,
		.lineage = atomic_fetch_add(&c->site->lineages, 1) + 1 };
	k->v[1].state = BTZ_KEY_ENABLED;
	(void)snprintf(
	    k->label, sizeof(k->label), "c%u-%u", c->number, ++c->serial);
	if (client_draw(c, 2) == 0)
		(void)snprintf(
		    k->labels, sizeof(k->labels), "n=%u\n", c->serial);
	if (c->site->tee)
		return;
	if (client_draw(c, 3) == 0)
		k->flags = BTZ_KEYBLOB_BACKUPABLE;
	if (client_draw(c, 4) == 0)
		k->uses_max = client_draw(c, 2) == 0 ? 60 : 60000;
	if (client_draw(c, 4) == 0)
		k->not_after = 4000000000u;
}

static struct btz_span
constraints(void)
{
	static _Thread_local uint8_t buf[BTZ_CONSTRAINTS_MAX];
	const struct btz_constraints c = { .trust_domain = btz_span_str(
					       "box.test"),
		.subject_cn = btz_span_str("Issuing"),
		.ekus = BTZ_EKU_CLIENT_AUTH,
		.max_lifetime = 86400 };
	struct btz_wr wr;

	btz_wr_init(&wr, buf, sizeof(buf));
	btz_constraints_encode(&c, &wr);
	return btz_wr_span(&wr);
}

static struct btz_generate
description(const struct key *k)
{
	return (struct btz_generate){ .alg = k->alg,
		.kind = k->kind,
		.usage = k->usage,
		.label = btz_span_str(k->label),
		.labels = btz_span_str(k->labels),
		.flags = k->flags,
		.bits = k->alg == BTZ_ALG_SECRET ? 256 : 0,
		.uses_max = k->uses_max,
		.not_after = k->not_after };
}

static void
born(struct key *k, const struct btz_key_info *info)
{
	memcpy(k->id, info->id, sizeof(k->id));
	for (uint32_t i = 1; i <= k->n; i++)
		if (!k->v[i].known && i >= k->min_version)
			model_learn(&k->v[i], i == k->version
						  ? info->spki
						  : btz_span_of(NULL, 0));
	k->unborn = false;
}

enum btz_rc
client_generate(struct client *c, struct key *k)
{
	struct btz_generate g = description(k);
	struct btz_key_info info;
	enum btz_rc rc;

	if (k->kind == BTZ_KIND_ISSUING)
		g.constraints = constraints();
	rc = btz_kms_generate(client_conn(c, k), &g, &info, &c->err);
	if (rc == BTZ_OK)
		born(k, &info);
	return rc;
}

/* What the public key of an imported one has to be. */
static void
expect(struct key *k, const uint8_t secret[32])
{
	EVP_PKEY *key = NULL;
	uint8_t *p = k->v[1].spki;
	int n = 0;

	if (k->alg == BTZ_ALG_EC_P256) {
		struct btz_err err;

		if (btz_recovery_key(secret, &key, &err) != BTZ_OK)
			abort();
	} else if (k->alg == BTZ_ALG_ED25519) {
		key = EVP_PKEY_new_raw_private_key(
		    EVP_PKEY_ED25519, NULL, secret, 32);
	}
	if (key != NULL && (n = i2d_PUBKEY(key, &p)) <= 0)
		abort();
	EVP_PKEY_free(key);
	k->v[1].spki_len = (size_t)n;
	k->v[1].known = true;
}

enum btz_rc
client_import(struct client *c, struct key *k, bool wrapped)
{
	struct btz_generate g = description(k);
	uint8_t text[2048], secret[32], sealed[1024];
	struct btz_import rq = { .secret = { secret, sizeof(secret) } };
	struct btz_key_info info;
	struct btz_wr wr;
	enum btz_rc rc;

	if (RAND_bytes(secret, sizeof(secret)) <= 0)
		abort();
	secret[0] &= 0x7f; /* below the order of P-256 */
	btz_wr_init(&wr, text, sizeof(text));
	btz_msg_write(&btz_def_generate, &g, &wr);
	rq.key = btz_wr_span(&wr);
	expect(k, secret);
	if (wrapped) {
		btz_wr_init(&wr, sealed, sizeof(sealed));
		if (btz_recovery_wrap(
			btz_span_of(c->site->wrap_spki, c->site->wrap_len),
			rq.secret, &wr, &c->err) != BTZ_OK)
			abort();
		rq.secret = btz_wr_span(&wr);
		memcpy(rq.wrapped_by, c->site->wrap_id, BTZ_ID_LEN);
	}
	rc = btz_kms_import(client_conn(c, k), &rq, &info, &c->err);
	if (rc != BTZ_OK)
		return rc;
	if (!btz_span_eq(
		info.spki, btz_span_of(k->v[1].spki, k->v[1].spki_len)))
		client_complain(c, "%s: imported as another key", k->label);
	born(k, &info);
	return BTZ_OK;
}

/* Opened by the administrators, wrapped for this box. */
enum btz_rc
client_backup(
    struct client *c, const struct key *k, struct btz_span *restorable)
{
	static _Thread_local uint8_t plain[BTZ_LIST_MAX], out[BTZ_LIST_MAX];
	struct btz_span blob;
	struct btz_wr p, w;
	enum btz_rc rc = btz_kms_backup(&c->admin, k->id, &blob, &c->err);

	if (rc != BTZ_OK)
		return rc;
	btz_wr_init(&p, plain, sizeof(plain));
	btz_wr_init(&w, out, sizeof(out));
	btz_wr_raw(&w, BTZ_RESTORE_MAGIC "\1", 6);
	btz_wr_raw(&w, c->site->wrap_id, BTZ_ID_LEN);
	if (btz_recovery_open(c->site->recovery, blob, &p, &c->err) != BTZ_OK ||
	    btz_recovery_wrap(
		btz_span_of(c->site->wrap_spki, c->site->wrap_len),
		btz_wr_span(&p), &w, &c->err) != BTZ_OK)
		client_complain(c, "%s: backup: %s", k->label, c->err.msg);
	*restorable = btz_wr_span(&w);
	return BTZ_OK;
}

enum btz_rc
client_restore(struct client *c, struct key *k, struct btz_span restorable)
{
	struct btz_restore rq = { .blob = restorable };
	struct btz_key_info info;
	enum btz_rc rc;

	rc = btz_kms_restore(&c->admin, &rq, &info, &c->err);
	if (rc == BTZ_OK)
		born(k, &info);
	return rc;
}
