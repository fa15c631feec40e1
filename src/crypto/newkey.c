/* SPDX-License-Identifier: Apache-2.0 */
/* newkey.c - a key comes into being; contract in newkey.h. */
#include "crypto/newkey.h"

#include <string.h>

#include "base/log.h"
#include "crypto/judge.h"

static struct btz_span
keep(uint8_t *at, struct btz_span s)
{
	if (s.len > 0)
		memcpy(at, s.p, s.len);
	return btz_span_of(at, s.len);
}

void
btz_newkey_keep(struct btz_newkey *n, const struct btz_generate *g)
{
	n->g = *g;
	n->g.label = keep(n->label, g->label);
	n->g.constraints = keep(n->constraints, g->constraints);
	n->g.labels = keep(n->labels, g->labels);
	n->g.app_data = keep(n->app_data, g->app_data);
}

enum btz_rc
btz_newkey_quota(
    struct btz_core *core, const struct btz_leased *l, struct btz_err *err)
{
	uint64_t most = (uint64_t)core->conf.max_keys_per_app, n;
	enum btz_rc rc = btz_keystore_count(
	    core->store, l->application, &n, err);

	if (l->max_keys != 0)
		most = l->max_keys;
	if (rc == BTZ_OK && n >= most)
		rc = BTZ_FAIL(err, BTZ_E_KEYS_MAX, "'%s' has %llu of %llu keys",
		    l->application, (unsigned long long)n,
		    (unsigned long long)most);
	return rc;
}

static struct btz_key_row
row_of(struct btz_core *core, const struct btz_leased *l,
    const struct btz_generate *g, const struct btz_backend_key *key)
{
	struct btz_key_row row = {
		.info = { .owner = btz_span_str(l->application),
		    .label = g->label,
		    .alg = g->alg,
		    .kind = g->kind,
		    .protection = core->ops->protection,
		    .state = BTZ_KEY_ENABLED,
		    .usage = g->usage,
		    .created = btz_unix_now(),
		    .not_after = g->not_after,
		    .constraints = g->constraints,
		    .spki = btz_span_of(key->spki, key->spki_len),
		    .flags = g->flags,
		    .bits = g->bits,
		    .only_sig = g->only_sig,
		    .only_crypt = g->only_crypt,
		    .uses_max = g->uses_max,
		    .version = 1,
		    .min_version = 1,
		    .labels = g->labels,
		    .app_data = g->app_data },
		.version_state = BTZ_KEY_ENABLED,
		.blob = btz_span_of(key->blob, key->blob_len)
	};

	memcpy(row.info.id, key->id, BTZ_ID_LEN);
	memcpy(row.version_id, key->id, BTZ_ID_LEN);
	memcpy(row.tenant_id, g->tenant_id, BTZ_ID_LEN);
	return row;
}

enum btz_rc
btz_newkey_put(struct btz_core *core, const struct btz_leased *l,
    const struct btz_generate *g, const struct btz_backend_key *key,
    struct btz_key_row *row, struct btz_err *err)
{
	enum btz_rc rc = btz_newkey_quota(core, l, err);

	*row = row_of(core, l, g, key);
	return rc == BTZ_OK ? btz_keystore_put(core->store, row, err) : rc;
}

enum btz_rc
btz_newkey_store(struct btz_core *core, const struct btz_leased *l,
    const struct btz_generate *g, const struct btz_backend_key *key,
    struct btz_key_row *row, struct btz_err *err)
{
	enum btz_rc rc = btz_newkey_quota(core, l, err);

	*row = row_of(core, l, g, key);
	return rc == BTZ_OK ? btz_keystore_add(core->store, row, err) : rc;
}

struct btz_generate
btz_newkey_again(const struct btz_key_row *row)
{
	const struct btz_key_info *k = &row->info;
	struct btz_generate g = { .alg = k->alg,
		.kind = k->kind,
		.usage = k->usage,
		.label = k->label,
		.not_after = k->not_after,
		.constraints = k->constraints,
		.flags = k->flags,
		.bits = k->bits,
		.only_sig = k->only_sig,
		.only_crypt = k->only_crypt,
		.uses_max = k->uses_max };

	memcpy(g.tenant_id, row->tenant_id, BTZ_ID_LEN);
	return btz_judge_sealed(&g);
}

void
btz_newkey_drop(
    struct btz_core *core, const struct btz_backend_key *key, enum btz_rc rc)
{
	struct btz_err err;

	if (rc == BTZ_OK || rc == BTZ_E_IO || core->be == NULL)
		return;
	if (core->be->ops->destroy(core->be->st,
		btz_span_of(key->blob, key->blob_len), &err) != BTZ_OK)
		btz_log_err(0, &err);
}
