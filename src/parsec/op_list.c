/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_list.c - walks over the keys of all providers: ListKeys, ListClients,
 * DeleteClient. Each provider in turn, each page in turn; a backend that is
 * down is left out of lists, and fails a deletion.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core.pb-c.h"
#include "parsec/kms.h"
#include "wire/msg_key.h"

static const char space[] = "parsec:"; /* of each client: with its uid */

/* One page after j->after. */
static void
ask_page(struct btz_pjob *j,
    void (*fn)(struct btz_pjob *j, enum btz_rc rc, struct btz_span body))
{
	struct btz_list_keys rq = { .label = { NULL, 0 } };

	memcpy(rq.after, j->after, BTZ_ID_LEN);
	btz_please_ask(j, BTZ_OP_LIST_KEYS, &btz_def_list_keys, &rq, fn);
}

/* Each key of a page to fn; the last id stays in j->after. */
static enum btz_rc
each_key(struct btz_pjob *j, struct btz_span body, bool *more,
    enum btz_rc (*fn)(struct btz_pjob *j, const struct btz_key_info *info))
{
	struct btz_key_rows rows;
	struct btz_key_info info;
	struct btz_rd rd;
	enum btz_rc rc = BTZ_OK;

	if (!btz_msg_decode(&btz_def_key_rows, body, &rows))
		return BTZ_E_PROTO;
	*more = rows.more != 0;
	btz_rd_span(&rd, rows.rows);
	while (rc == BTZ_OK && btz_rd_left(&rd) > 0) {
		if (!btz_msg_read(&btz_def_key_info, &rd, &info))
			return BTZ_E_PROTO;
		memcpy(j->after, info.id, BTZ_ID_LEN);
		rc = fn(j, &info);
	}
	return rc;
}

static void
fail(struct btz_pjob *j, enum btz_rc rc)
{
	if (rc == BTZ_E_TOOBIG)
		btz_pjob_fail(j, BTZ_PS_TOO_LARGE);
	else
		btz_pjob_fail_rc(j, rc);
}

/* ListKeys */
static enum btz_rc
put_key(struct btz_pjob *j, const struct btz_key_info *info)
{
	Parsec__KeyEntry row = PARSEC__KEY_ENTRY__INIT;
	struct btz_pkey key;
	bool ok;

	if (!btz_pkey_own(j->uid, info) || !btz_pkey_attributes(info, &key))
		return BTZ_OK; /* not made by this client */
	row.provider = j->lease->provider->id;
	memcpy(&row.name.data, &info->label.p, sizeof(info->label.p));
	row.name.len = info->label.len;
	row.attributes = parsec__key_attributes__unpack(
	    NULL, info->app_data.len, info->app_data.p);
	if (row.attributes == NULL)
		return BTZ_E_NOMEM;
	ok = btz_pjob_put_row(j, &row.base);
	parsec__key_attributes__free_unpacked(row.attributes, NULL);
	return ok ? BTZ_OK : BTZ_E_TOOBIG;
}

static void keys_of_next(struct btz_pjob *j);

static void
on_keys(struct btz_pjob *j, enum btz_rc rc, struct btz_span body)
{
	bool more = false;

	if (rc == BTZ_OK &&
	    (rc = each_key(j, body, &more, put_key)) != BTZ_OK) {
		fail(j, rc);
		return;
	}
	if (more) {
		ask_page(j, on_keys);
		return;
	}
	j->which++;
	keys_of_next(j);
}

static void
on_keys_lease(struct btz_pjob *j)
{
	if (j->lease != NULL) {
		ask_page(j, on_keys);
		return;
	}
	j->which++;
	keys_of_next(j);
}

static void
keys_of_next(struct btz_pjob *j)
{
	memset(j->after, 0, BTZ_ID_LEN);

	if (j->which == j->d->n_providers)
		btz_pjob_out(j);
	else
		btz_please_need(j, BTZ_OPEN_UID, j->uid,
		    j->d->providers[j->which], on_keys_lease);
}

void
btz_pop_list_keys(struct btz_pjob *j)
{
	j->tolerant = true;
	keys_of_next(j);
}

/* ListClients: their uids, gathered in j->out. */
static bool
uid_of(struct btz_span owner, uint32_t *uid)
{
	const size_t n = sizeof(space) - 1;
	uint64_t v = 0;

	if (owner.len <= n || owner.len > n + 10 ||
	    memcmp(owner.p, space, n) != 0)
		return false;
	for (size_t i = n; i < owner.len; i++) {
		if (owner.p[i] < '0' || owner.p[i] > '9')
			return false;
		v = 10 * v + (uint64_t)(owner.p[i] - '0');
	}
	*uid = (uint32_t)v;
	return v <= UINT32_MAX && (owner.p[n] != '0' || owner.len == n + 1);
}

static uint32_t
nth_uid(const struct btz_pjob *j, size_t i)
{
	uint32_t v;

	memcpy(&v, j->out + 4 * i, 4);
	return v;
}

static enum btz_rc
put_client(struct btz_pjob *j, const struct btz_key_info *info)
{
	uint32_t uid;

	if (!uid_of(info->owner, &uid))
		return BTZ_OK;
	for (size_t i = 0; i < j->out_len / 4; i++)
		if (nth_uid(j, i) == uid)
			return BTZ_OK;
	return btz_pjob_put(j, btz_span_of(&uid, 4)) ? BTZ_OK : BTZ_E_TOOBIG;
}

/* The uids become rows of text: strings of field 1. */
static void
reply_clients(struct btz_pjob *j)
{
	const size_t n = j->out_len / 4;
	char text[16];
	uint8_t head[2] = { 0x0a };

	for (size_t i = 0; i < n; i++) {
		head[1] = (uint8_t)snprintf(
		    text, sizeof(text), "%" PRIu32, nth_uid(j, i));
		if (!btz_pjob_put(j, btz_span_of(head, 2)) ||
		    !btz_pjob_put(j, btz_span_of(text, head[1]))) {
			btz_pjob_fail(j, BTZ_PS_TOO_LARGE);
			return;
		}
	}
	memmove(j->out, j->out + 4 * n, j->out_len - 4 * n);
	j->out_len -= 4 * n;
	btz_pjob_out(j);
}

static void clients_of_next(struct btz_pjob *j);

static void
on_clients(struct btz_pjob *j, enum btz_rc rc, struct btz_span body)
{
	bool more = false;

	if (rc == BTZ_OK &&
	    (rc = each_key(j, body, &more, put_client)) != BTZ_OK) {
		fail(j, rc);
		return;
	}
	if (more) {
		ask_page(j, on_clients);
		return;
	}
	j->which++;
	clients_of_next(j);
}

static void
on_clients_lease(struct btz_pjob *j)
{
	if (j->lease != NULL) {
		ask_page(j, on_clients);
		return;
	}
	j->which++;
	clients_of_next(j);
}

static void
clients_of_next(struct btz_pjob *j)
{
	memset(j->after, 0, BTZ_ID_LEN);
	if (j->which == j->d->n_providers && j->out_len == 0)
		btz_pjob_out(j);
	else if (j->which == j->d->n_providers)
		reply_clients(j);
	else
		btz_please_need(j, BTZ_OPEN_ALL, 0, j->d->providers[j->which],
		    on_clients_lease);
}

void
btz_pop_list_clients(struct btz_pjob *j)
{
	j->tolerant = true;
	clients_of_next(j);
}

/* DeleteClient: a page of ids in j->out, destroyed one by one, then the next
 * page from the start, until there is none. */
static enum btz_rc
put_id(struct btz_pjob *j, const struct btz_key_info *info)
{
	if (!btz_pkey_own(j->uid, info))
		return BTZ_OK;
	return btz_pjob_put(j, btz_span_of(info->id, BTZ_ID_LEN))
		   ? BTZ_OK
		   : BTZ_E_TOOBIG;
}

static void delete_in_next(struct btz_pjob *j);
static void delete_page(struct btz_pjob *j);

static void
on_deleted(struct btz_pjob *j, enum btz_rc rc, struct btz_span body)
{
	(void)body;
	if (rc != BTZ_OK && rc != BTZ_E_NOENT)
		fail(j, rc);
	else
		delete_page(j);
}

static void
on_ids(struct btz_pjob *j, enum btz_rc rc, struct btz_span body)
{
	bool more;

	j->out_len = j->taken = 0;
	if (rc == BTZ_OK)
		rc = each_key(j, body, &more, put_id);
	if (rc != BTZ_OK) {
		fail(j, rc);
	} else if (j->out_len == 0) {
		j->which++;
		delete_in_next(j);
	} else {
		delete_page(j);
	}
}

static void
delete_page(struct btz_pjob *j)
{
	struct btz_key_ref rq;

	if (j->taken == j->out_len) {
		memset(j->after, 0, BTZ_ID_LEN);
		ask_page(j, on_ids);
		return;
	}
	memcpy(rq.id, j->out + j->taken, BTZ_ID_LEN);
	j->taken += BTZ_ID_LEN;
	btz_please_ask(j, BTZ_OP_DESTROY, &btz_def_key_ref, &rq, on_deleted);
}

/* Also once more, when the lease was over on the way. */
static void
on_delete_lease(struct btz_pjob *j)
{
	if (j->lease == NULL && j->rc == BTZ_E_NOENT) { /* no such backend */
		j->which++;
		delete_in_next(j);
		return;
	}
	if (j->lease == NULL) {
		btz_pjob_fail_rc(j, j->rc);
		return;
	}
	for (size_t i = 0; i < BTZ_PKEYS_KEPT; i++)
		j->lease->kept[i].name_len = 0;
	j->taken = j->out_len = 0;
	delete_page(j);
}

static void
delete_in_next(struct btz_pjob *j)
{
	if (j->which == j->d->n_providers)
		btz_pjob_ok(j);
	else
		btz_please_need(j, BTZ_OPEN_UID, j->uid,
		    j->d->providers[j->which], on_delete_lease);
}

void
btz_pop_delete_client(struct btz_pjob *j)
{
	const Parsec__DeleteClientIn *in = j->msg;
	char owner[sizeof(space) + 10];
	size_t n = sizeof(space) - 1;
	uint32_t uid;

	memcpy(owner, space, n);
	if (in->client.len <= 10 && in->client.len > 0)
		memcpy(owner + n, in->client.data, in->client.len);
	if (in->client.len > 10 ||
	    !uid_of(btz_span_of(owner, n + in->client.len), &uid)) {
		btz_pjob_fail(j, BTZ_PS_INVALID);
		return;
	}
	j->uid = uid; /* whose keys this is about from here on */
	j->tolerant = true;
	delete_in_next(j);
}
