/* SPDX-License-Identifier: Apache-2.0 */
/* op_list_keys.c - keys that a lease may name, a page at a time. */
#include <string.h>

#include "crypto/keystore.h"
#include "crypto/lease.h"
#include "wire/msg_key.h"

struct page {
	const struct btz_leased *l;
	struct btz_wr wr;
	uint8_t more;
	uint8_t buf[BTZ_LIST_MAX];
};

static bool
add_row(const struct btz_key_row *row, void *arg)
{
	struct page *p = arg;
	char owner[BTZ_NAME_MAX + 1] = "";
	struct btz_wr before = p->wr;

	memcpy(owner, row->info.owner.p, row->info.owner.len);
	if (!btz_leased_reaches(p->l, row->info.id, owner, true))
		return true;
	btz_msg_write(&btz_def_key_info, &row->info, &p->wr);
	if (btz_wr_ok(&p->wr))
		return true;
	p->wr = before;
	p->more = 1;
	return false;
}

void
btz_op_list_keys(struct btz_host *h, struct btz_call *c, const void *msg)
{
	static struct page p;
	struct btz_core *core = btz_core_of(h);
	const struct btz_list_keys *rq = msg;
	struct btz_key_rows out;
	struct btz_err err;
	bool all;

	p.l = btz_enter(c, BTZ_USE_LIST);
	if (p.l == NULL)
		return;
	p.more = 0;
	btz_wr_init(&p.wr, p.buf, sizeof(p.buf));
	all = strcmp(p.l->role, "admin") == 0;
	if (btz_keystore_list(core->store, all ? NULL : p.l->application,
		rq->after, rq->label, add_row, &p, &err) != BTZ_OK) {
		btz_reply_err(&c->ticket, &err);
		return;
	}
	out = (struct btz_key_rows){ .rows = btz_wr_span(&p.wr),
		.more = p.more };
	btz_reply(&c->ticket, BTZ_OK, &btz_def_key_rows, &out);
}
