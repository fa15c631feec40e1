/* SPDX-License-Identifier: Apache-2.0 */
/* op_list_keys.c - keys that a lease may name, or the versions of one, a page
 * at a time. */
#include <string.h>

#include "crypto/keystore.h"
#include "crypto/lease.h"
#include "wire/msg_key.h"

struct page {
	const struct btz_leased *l;
	bool versions;
	struct btz_wr wr;
	uint8_t more;
	uint8_t buf[BTZ_LIST_MAX];
};

static bool
add_row(const struct btz_key_row *row, void *arg)
{
	struct page *p = arg;
	struct btz_key_info info = row->info;
	char owner[BTZ_NAME_MAX + 1] = "";
	struct btz_wr before = p->wr;

	memcpy(owner, info.owner.p, info.owner.len);
	if (!btz_leased_reaches(p->l, info.id, owner, true))
		return true;
	if (p->versions)
		info.state = row->version_state;
	(void)btz_key_veil(p->l, &info);
	btz_msg_write(&btz_def_key_info, &info, &p->wr);
	if (btz_wr_ok(&p->wr))
		return true;
	p->wr = before;
	p->more = 1;
	return false;
}

static int
nibble(uint8_t c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
				      : -1;
}

static bool
parse_id(struct btz_span hex, uint8_t out[BTZ_ID_LEN])
{
	if (hex.len != 2 * BTZ_ID_LEN)
		return false;
	for (size_t i = 0; i < BTZ_ID_LEN; i++) {
		int hi = nibble(hex.p[2 * i]), lo = nibble(hex.p[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

static enum btz_rc
list_versions(struct btz_core *core, struct page *p,
    const struct btz_list_keys *rq, struct btz_err *err)
{
	const uint8_t *a = rq->after + BTZ_ID_LEN - 4;
	uint32_t after = (uint32_t)a[0] << 24 | (uint32_t)a[1] << 16 |
			 (uint32_t)a[2] << 8 | a[3];
	uint8_t id[BTZ_ID_LEN];

	if (!parse_id(btz_span_of(rq->label.p + 1, rq->label.len - 1), id))
		return BTZ_FAIL(err, BTZ_E_INVAL, "id of a key");
	p->versions = true;
	return btz_keystore_versions(core->store, id, after, add_row, p, err);
}

void
btz_op_list_keys(struct btz_host *h, struct btz_call *c, const void *msg)
{
	static struct page p;
	struct btz_core *core = btz_core_of(h);
	const struct btz_list_keys *rq = msg;
	struct btz_key_rows out;
	struct btz_err err;
	enum btz_rc rc;
	bool all;

	p.l = btz_enter(c, BTZ_USE_LIST);
	if (p.l == NULL)
		return;
	p.more = 0;
	p.versions = false;
	btz_wr_init(&p.wr, p.buf, sizeof(p.buf));
	all = btz_leased_lists_all(p.l);
	if (rq->label.len > 0 && rq->label.p[0] == '#')
		rc = list_versions(core, &p, rq, &err);
	else
		rc = btz_keystore_list(core->store,
		    all ? NULL : p.l->application, rq->after, rq->label,
		    add_row, &p, &err);
	if (rc != BTZ_OK) {
		btz_reply_err(&c->ticket, &err);
		return;
	}
	out = (struct btz_key_rows){ .rows = btz_wr_span(&p.wr),
		.more = p.more };
	btz_reply(&c->ticket, BTZ_OK, &btz_def_key_rows, &out);
}
