/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys.c - from the name of a key to the key. Names are labels in the name
 * space of the client; only this program makes keys there, so that it alone
 * keeps them unique; of what others share with the client nothing is looked
 * at. What was found is remembered with the lease; the service
 * has the last word: when it does not know a remembered key, the name is
 * looked up once more.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "parsec/kms.h"
#include "tlog/utf8.h"
#include "wire/msg_key.h"

uint16_t
btz_pname_check(struct btz_span name)
{
	struct btz_rd rd;
	bool printable = true;
	uint32_t c;

	btz_rd_span(&rd, name);
	while (btz_rd_left(&rd) > 0) {
		if (!btz_utf8_next(&rd, &c))
			return BTZ_PS_BODY;
		if (c < 0x20 || (c >= 0x7f && c < 0xa0))
			printable = false;
	}
	/* '@' and '#' begin searches of LIST_KEYS that are not for a name */
	if (name.len == 0 || name.len > BTZ_PARSEC_NAME_MAX || !printable ||
	    name.p[0] == '@' || name.p[0] == '#')
		return BTZ_PS_INVALID;
	return BTZ_PS_OK;
}

static struct btz_pkept *
kept_of(struct btz_please *l, struct btz_span name)
{
	for (size_t i = 0; i < BTZ_PKEYS_KEPT; i++)
		if (btz_span_eq(
			btz_span_of(l->kept[i].name, l->kept[i].name_len),
			name))
			return &l->kept[i];
	return NULL;
}

void
btz_pkey_keep(struct btz_pjob *j)
{
	struct btz_please *l = j->lease;
	struct btz_pkept *k = kept_of(l, j->name);

	if (k == NULL)
		k = &l->kept[l->next_kept++ % BTZ_PKEYS_KEPT];
	memcpy(k->name, j->name.p, j->name.len);
	k->name_len = (uint8_t)j->name.len;
	k->key = j->key;
}

void
btz_pkey_forget(struct btz_pjob *j)
{
	struct btz_pkept *k = kept_of(j->lease, j->name);

	if (k != NULL)
		k->name_len = 0;
}

bool
btz_pkey_attributes(const struct btz_key_info *info, struct btz_pkey *out)
{
	Parsec__KeyAttributes *a = parsec__key_attributes__unpack(
	    NULL, info->app_data.len, info->app_data.p);
	bool ok = a != NULL && info->app_data.len > 0 &&
		  btz_pattr_read(a, &out->attr) == BTZ_PS_OK;

	if (a != NULL)
		parsec__key_attributes__free_unpacked(a, NULL);
	memcpy(out->id, info->id, BTZ_ID_LEN);
	out->alg = info->alg;
	return ok;
}

/* What PSA's policy says (PSA 1.1, 9.7); the service has its own. */
static void
use(struct btz_pjob *j)
{
	const struct btz_pattr *a = &j->key.attr;

	if ((j->flags != 0 && (a->flags & j->flags) == 0) ||
	    (j->alg.cls != 0 && !btz_palg_permits(&a->alg, &j->alg)))
		btz_pjob_fail(j, BTZ_PS_NOT_PERMITTED);
	else
		j->found(j);
}

bool
btz_pkey_own(uint32_t uid, const struct btz_key_info *info)
{
	char owner[24];

	(void)snprintf(owner, sizeof(owner), "parsec:%" PRIu32, uid);
	return info->kind == BTZ_KIND_PLAIN &&
	       btz_span_eq(btz_span_str(owner), info->owner);
}

static void
ask_name(struct btz_pjob *j,
    void (*fn)(struct btz_pjob *j, enum btz_rc rc, struct btz_span body))
{
	struct btz_list_keys rq = { .label = j->name };

	memcpy(rq.after, j->after, BTZ_ID_LEN);
	btz_please_ask(j, BTZ_OP_LIST_KEYS, &btz_def_list_keys, &rq, fn);
}

/* The client's own key among those that have this name. True: on to the next
 * page with the same fn. */
static bool
pick(struct btz_pjob *j, enum btz_rc *rc, struct btz_span body,
    struct btz_key_info *info,
    void (*fn)(struct btz_pjob *j, enum btz_rc rc, struct btz_span body))
{
	struct btz_key_rows rows = { .more = 0 };
	struct btz_rd rd;

	if (*rc == BTZ_OK && !btz_msg_decode(&btz_def_key_rows, body, &rows))
		*rc = BTZ_E_PROTO;
	if (*rc != BTZ_OK)
		return false;
	*rc = BTZ_E_NOENT;
	btz_rd_span(&rd, rows.rows);
	while (*rc == BTZ_E_NOENT && btz_rd_left(&rd) > 0) {
		if (!btz_msg_read(&btz_def_key_info, &rd, info)) {
			*rc = BTZ_E_PROTO;
			return false;
		}
		memcpy(j->after, info->id, BTZ_ID_LEN);
		if (btz_pkey_own(j->uid, info))
			*rc = BTZ_OK;
	}
	if (*rc != BTZ_E_NOENT || rows.more == 0)
		return false;
	ask_name(j, fn);
	return true;
}

static void
on_listed(struct btz_pjob *j, enum btz_rc rc, struct btz_span body)
{
	struct btz_key_info info;

	if (pick(j, &rc, body, &info, on_listed))
		return;
	if (rc != BTZ_OK) {
		btz_pjob_fail_rc(j, rc);
		return;
	}
	if (!btz_pkey_attributes(&info, &j->key)) {
		btz_pjob_fail(j, BTZ_PS_DATA); /* not made by a client */
		return;
	}
	btz_pkey_keep(j);
	use(j);
}

static void
look_up(struct btz_pjob *j)
{
	const struct btz_pkept *k = kept_of(j->lease, j->name);

	j->cached = k != NULL;
	if (k == NULL) {
		memset(j->after, 0, BTZ_ID_LEN);
		ask_name(j, on_listed);
		return;
	}
	j->key = k->key;
	use(j);
}

void
btz_pkey_failed(struct btz_pjob *j, enum btz_rc rc)
{
	if (!j->cached || rc != BTZ_E_NOENT) {
		btz_pjob_fail_rc(j, rc);
		return;
	}
	btz_pkey_forget(j);
	look_up(j);
}

void
btz_pkey_use(struct btz_pjob *j, struct btz_span name, uint32_t flags,
    void (*fn)(struct btz_pjob *j))
{
	const uint16_t status = btz_pname_check(name);

	if (status != BTZ_PS_OK) {
		btz_pjob_fail(j, status);
		return;
	}
	j->name = name;
	j->flags = flags;
	j->found = fn;
	btz_please_need(j, BTZ_OPEN_UID, j->uid, j->provider, look_up);
}

static void
on_absent(struct btz_pjob *j, enum btz_rc rc, struct btz_span body)
{
	struct btz_key_info info;

	if (pick(j, &rc, body, &info, on_absent))
		return;
	if (rc == BTZ_E_NOENT)
		j->found(j);
	else
		btz_pjob_fail_rc(j, rc == BTZ_OK ? BTZ_E_EXIST : rc);
}

static void
claim(struct btz_pjob *j)
{
	for (struct btz_pjob *o = j->lease->creating; o != NULL;
	     o = o->next_creating)
		if (o != j && btz_span_eq(o->name, j->name)) {
			btz_pjob_fail(j, BTZ_PS_EXISTS);
			return;
		}
	if (!j->creating) {
		j->creating = true;
		j->next_creating = j->lease->creating;
		j->lease->creating = j;
	}
	memset(j->after, 0, BTZ_ID_LEN);
	ask_name(j, on_absent);
}

void
btz_pkey_absent(
    struct btz_pjob *j, struct btz_span name, void (*fn)(struct btz_pjob *j))
{
	const uint16_t status = btz_pname_check(name);

	if (status != BTZ_PS_OK) {
		btz_pjob_fail(j, status);
		return;
	}
	j->name = name;
	j->found = fn;
	btz_please_need(j, BTZ_OPEN_UID, j->uid, j->provider, claim);
}

void
btz_pkey_unclaim(struct btz_pjob *j)
{
	struct btz_pjob **at;

	if (!j->creating)
		return;
	for (at = &j->lease->creating; *at != j;)
		at = &(*at)->next_creating;
	*at = j->next_creating;
	j->creating = false;
}
