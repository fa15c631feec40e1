/* SPDX-License-Identifier: Apache-2.0 */
/* key_life.c - key rotate, versions, and what changes a key: one table of
 * verbs (changes[]), each one KEY_CHANGE. */
#include <string.h>
#include <time.h>

#include "cli/change.h"
#include "cli/key.h"
#include "cli/output.h"

const struct btz_cli_option btz_key_version_options[] = {
	{ 0, "version", "N", "only this version, not the whole key" },
	BTZ_KEY_BACKEND,
	BTZ_KEY_AS_APP,
	BTZ_KEY_END,
};
const struct btz_cli_option btz_key_policy_options[] = {
	{ 0, "min-version", "N", "older versions verify and decrypt no more" },
	{ 0, "not-after", "TIME", "an earlier end, e.g. 2030-01-01" },
	{ 0, "uses-max", "N", "fewer uses of its private part" },
	BTZ_KEY_BACKEND,
	BTZ_KEY_AS_APP,
	BTZ_KEY_END,
};
const struct btz_cli_option btz_key_share_options[] = {
	{ 0, "usage", "LIST",
	    "sign,verify,encrypt,decrypt,derive; default: as the key" },
	BTZ_KEY_BACKEND,
	BTZ_KEY_AS_APP,
	BTZ_KEY_END,
};
const struct btz_cli_option btz_key_doom_options[] = {
	{ 0, "at", "TIME",
	    "when, e.g. 2030-01-01 or 30d; default: crypto.destroy_grace" },
	BTZ_KEY_BACKEND,
	BTZ_KEY_AS_APP,
	BTZ_KEY_END,
};

enum btz_rc
btz_key_run_rotate(struct btz_cli *c, struct btz_err *err)
{
	struct btz_key_info k;
	uint8_t id[BTZ_ID_LEN];
	enum btz_rc rc = btz_key_find(c, &k, err);

	if (rc == BTZ_OK) {
		memcpy(id, k.id, sizeof(id));
		rc = btz_kms_rotate(btz_key_conn(), id, &k, err);
	}
	if (rc == BTZ_OK)
		btz_key_print(c, &k);
	else
		(void)btz_err_wrap(err, "rotate '%.60s'", btz_cli_arg(c, 0));
	btz_key_close();
	return rc;
}

static void
put_version(struct btz_out *o, const struct btz_key_info *k, uint32_t in_use)
{
	btz_out_num(o, k->version);
	btz_out_str(o, btz_key_state_name(k->state));
	btz_out_bool(o, k->version == in_use);
	btz_out_bool(o, k->version >= k->min_version);
	btz_out_num(o, k->created);
	btz_out_num(o, k->uses);
}

static enum btz_rc
all_versions(
    const uint8_t *id, uint32_t in_use, struct btz_out *o, struct btz_err *err)
{
	struct btz_key_info k = { .version = 0 };
	struct btz_key_rows rows;
	struct btz_rd rd;
	int got;

	do {
		enum btz_rc rc = btz_kms_versions(
		    btz_key_conn(), id, k.version, &rows, err);

		if (rc != BTZ_OK)
			return rc;
		btz_rd_span(&rd, rows.rows);
		while ((got = btz_kms_list_next(&rd, &k)) == 1)
			put_version(o, &k, in_use);
	} while (got == 0 && rows.more != 0);
	return got == 0 ? BTZ_OK : BTZ_FAIL(err, BTZ_E_PROTO, "versions");
}

enum btz_rc
btz_key_run_versions(struct btz_cli *c, struct btz_err *err)
{
	static const struct btz_column cols[] = {
		{ BTZ_CELL_NUMBER, "version" },
		{ BTZ_CELL_TEXT, "state" },
		{ BTZ_CELL_BOOL, "in_use" },
		{ BTZ_CELL_BOOL, "allowed" },
		{ BTZ_CELL_TIME, "created" },
		{ BTZ_CELL_NUMBER, "uses" },
	};
	struct btz_out *o = btz_out_new(cols, BTZ_COUNT(cols));
	struct btz_key_info k;
	uint8_t id[BTZ_ID_LEN];
	enum btz_rc rc = btz_key_find(c, &k, err);

	if (rc == BTZ_OK) {
		memcpy(id, k.id, sizeof(id));
		rc = all_versions(id, k.version, o, err);
	}
	if (rc == BTZ_OK)
		btz_out_print(c, o);
	btz_out_free(o);
	btz_key_close();
	return rc;
}

static enum btz_rc
version(const struct btz_cli *c, const struct btz_key_info *k,
    struct btz_key_set *rq, struct btz_err *err)
{
	(void)k;
	return btz_cli_opt_num(
	    c, "version", 0, 1, BTZ_VERSIONS_MAX, &rq->value, err);
}

static enum btz_rc
at_time(const struct btz_cli *c, const struct btz_key_info *k,
    struct btz_key_set *rq, struct btz_err *err)
{
	(void)k;
	return btz_cli_expiry(
	    "at", btz_cli_opt(c, "at"), (uint64_t)time(NULL), &rq->value, err);
}

static enum btz_rc
text(const struct btz_cli *c, const struct btz_key_info *k,
    struct btz_key_set *rq, struct btz_err *err)
{
	(void)k;
	rq->text = btz_span_str(btz_cli_arg(c, 1));
	return rq->text.len <= BTZ_TEXT_MAX
		   ? BTZ_OK
		   : BTZ_FAIL(
			 err, BTZ_E_TOOBIG, "text of %zu bytes", rq->text.len);
}

static enum btz_rc
shared_uses(const struct btz_cli *c, const struct btz_key_info *k,
    struct btz_key_set *rq, struct btz_err *err)
{
	const char *list = btz_cli_opt(c, "usage");
	uint32_t uses = k->usage;
	enum btz_rc rc = list == NULL ? BTZ_OK
				      : btz_key_parse_uses(list, &uses, err);

	rq->value = uses;
	return rc == BTZ_OK ? text(c, k, rq, err) : rc;
}

static const struct verb {
	const char *verb;
	uint8_t what; /* enum btz_key_change */
	/* Fills rq from the command line; NULL: nothing to fill. */
	enum btz_rc (*fill)(const struct btz_cli *c,
	    const struct btz_key_info *k, struct btz_key_set *rq,
	    struct btz_err *err);
} changes[] = {
	{ "enable", BTZ_KC_ENABLE, version },
	{ "disable", BTZ_KC_DISABLE, version },
	{ "label", BTZ_KC_LABEL, text },
	{ "rename", BTZ_KC_RENAME, text },
	{ "share", BTZ_KC_SHARE, shared_uses },
	{ "unshare", BTZ_KC_SHARE, text },
	{ "doom", BTZ_KC_DOOM, at_time },
	{ "rescue", BTZ_KC_RESCUE, NULL },
};

static const struct verb *
verb_of(const struct btz_cli *c)
{
	size_t i = 0;

	while (strcmp(changes[i].verb, c->cmd->verb) != 0)
		i++;
	return &changes[i];
}

enum btz_rc
btz_key_run_change(struct btz_cli *c, struct btz_err *err)
{
	const struct verb *v = verb_of(c);
	struct btz_key_set rq = { .what = v->what };
	struct btz_key_info k;
	enum btz_rc rc = btz_key_find(c, &k, err);

	if (rc == BTZ_OK && v->fill != NULL)
		rc = v->fill(c, &k, &rq, err);
	memcpy(rq.id, k.id, sizeof(rq.id));
	if (rc == BTZ_OK)
		rc = btz_kms_change(btz_key_conn(), &rq, &k, err);
	if (rc == BTZ_OK)
		btz_key_print(c, &k);
	else
		(void)btz_err_wrap(
		    err, "%s '%.60s'", v->verb, btz_cli_arg(c, 0));
	btz_key_close();
	return rc;
}

/* One change each, in this order; the first that is refused ends it. */
static size_t
policies(const struct btz_cli *c, struct btz_key_set rq[3], enum btz_rc *rc,
    struct btz_err *err)
{
	size_t n = 0;

	rq[n].what = BTZ_KC_MIN_VERSION;
	*rc = btz_cli_opt_num(
	    c, "min-version", 0, 1, BTZ_VERSIONS_MAX, &rq[n].value, err);
	n += rq[n].value != 0;
	rq[n].what = BTZ_KC_NOT_AFTER;
	if (*rc == BTZ_OK)
		*rc = btz_cli_time("not-after", btz_cli_opt(c, "not-after"),
		    (uint64_t)time(NULL), &rq[n].value, err);
	n += rq[n].value != 0;
	rq[n].what = BTZ_KC_USES_MAX;
	if (*rc == BTZ_OK)
		*rc = btz_cli_opt_num(
		    c, "uses-max", 0, 1, UINT32_MAX, &rq[n].value, err);
	n += rq[n].value != 0;
	if (*rc == BTZ_OK && n == 0)
		*rc = BTZ_FAIL(err, BTZ_E_USAGE,
		    "give --min-version, --not-after or --uses-max");
	return n;
}

enum btz_rc
btz_key_run_policy(struct btz_cli *c, struct btz_err *err)
{
	struct btz_key_set rq[3] = { { .what = 0 } };
	struct btz_key_info k = { .version = 0 };
	enum btz_rc rc;
	size_t n = policies(c, rq, &rc, err);

	if (rc == BTZ_OK)
		rc = btz_key_find(c, &k, err);
	for (size_t i = 0; rc == BTZ_OK && i < n; i++) {
		memcpy(rq[i].id, k.id, sizeof(rq[i].id));
		rc = btz_kms_change(btz_key_conn(), &rq[i], &k, err);
	}
	if (rc == BTZ_OK)
		btz_key_print(c, &k);
	else
		(void)btz_err_wrap(err, "policy of '%.60s'", btz_cli_arg(c, 0));
	btz_key_close();
	return rc;
}
