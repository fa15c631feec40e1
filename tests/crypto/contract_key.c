/* SPDX-License-Identifier: Apache-2.0 */
/* contract_key.c - blobs, hot keys, boxes, provisioning; see contract.h. */
#include <string.h>
#include <unistd.h>

#include "crypto/contract.h"
#include "support/cmocka_all.h"
#include "wire/keyblob.h"
#include "wire/table.h"

/* What a key is stands in its blob, outside the encrypted part. */
static void
case_blob_says_what_it_is(struct contract *c)
{
	struct btz_keyblob b;

	assert_int_equal(contract_make(c, BTZ_ALG_EC_P256, 0), BTZ_OK);
	assert_true(btz_keyblob_decode(contract_blob(c), &b));
	assert_int_equal(b.alg, BTZ_ALG_EC_P256);
	assert_int_equal(b.kind, BTZ_KIND_PLAIN);
	assert_int_equal(b.flags, 0);
	assert_int_equal(b.operations & (BTZ_USE_SIGN | BTZ_USE_VERIFY),
	    BTZ_USE_SIGN | BTZ_USE_VERIFY);
	assert_int_equal(b.tenant_id[0], 7);
	assert_int_equal(b.not_after, 4102444800);
	assert_memory_equal(b.key_id, c->key.id, BTZ_ID_LEN);
	assert_true(btz_span_eq(b.spki, contract_spki(c)));
}

static void
check_bound(struct contract *c, uint8_t alg)
{
	uint8_t bad[BTZ_BLOB_MAX], other[BTZ_ID_LEN];
	size_t step;

	print_message("# %s: %s\n", c->ops->name, btz_alg_name(alg));
	assert_int_equal(contract_make(c, alg, 0), BTZ_OK);
	step = c->key.blob_len / 40 + 1;
	for (size_t i = 0; i < c->key.blob_len; i += i < 16 ? 1 : step) {
		memcpy(bad, c->key.blob, c->key.blob_len);
		bad[i] ^= 1; /* of the flags: exportable */
		assert_int_not_equal(contract_open(c, c->key.id,
					 btz_span_of(bad, c->key.blob_len)),
		    BTZ_OK);
	}
	for (size_t n = 0; n < c->key.blob_len; n += step)
		assert_int_not_equal(
		    contract_open(c, c->key.id, btz_span_of(c->key.blob, n)),
		    BTZ_OK);
	memcpy(other, c->key.id, sizeof(other));
	other[0] ^= 1;
	assert_int_equal(
	    contract_open(c, other, contract_blob(c)), BTZ_E_KEY_BLOB);
	contract_open_made(c);
	contract_close(c);
}

/* Any bit of the blob changed: it does not open. */
static void
case_blob_is_bound(struct contract *c)
{
	static const uint8_t algs[] = { BTZ_ALG_EC_P256, BTZ_ALG_ED25519,
		BTZ_ALG_AES_128, BTZ_ALG_SECRET };

	for (size_t i = 0; i < BTZ_COUNT(algs); i++)
		if (contract_has(c, algs[i]))
			check_bound(c, algs[i]);
}

/* A device may forget an open key: BTZ_E_NOENT, and opening helps. */
static void
case_forgotten_keys_open_again(struct contract *c)
{
	struct btz_backend_sig sig;
	int forgot = 0;

	assert_int_equal(contract_make(c, BTZ_ALG_EC_P256, 0), BTZ_OK);
	contract_open_made(c);
	for (int i = 0; i < 20; i++) {
		enum btz_rc rc = contract_sign_once(
		    c, BTZ_SIG_ECDSA_SHA256, &sig);

		if (rc == BTZ_OK)
			continue;
		assert_int_equal(rc, BTZ_E_NOENT);
		forgot++;
		contract_close(c);
		contract_open_made(c);
		assert_int_equal(
		    contract_sign_once(c, BTZ_SIG_ECDSA_SHA256, &sig), BTZ_OK);
	}
	assert_true(forgot <= 4);
}

/* Another box: a blob of this one does not open there, unless the backend
 * protects nothing. */
static void
case_blob_of_another_box(struct contract *c)
{
	struct contract other;
	struct btz_keyblob b;
	struct btz_span blob = { NULL, 0 };

	if (c->world->everywhere)
		return;
	if (c->world->foreign != NULL)
		blob = c->world->foreign();
	if (blob.len > 0) {
		assert_true(btz_keyblob_decode(blob, &b));
		assert_int_not_equal(contract_open(c, b.key_id, blob), BTZ_OK);
		return;
	}
	assert_int_equal(contract_make(c, BTZ_ALG_EC_P256, 0), BTZ_OK);
	contract_begin(&other, c->ops, true);
	assert_int_not_equal(
	    contract_open(&other, c->key.id, contract_blob(c)), BTZ_OK);
	contract_end(&other);
}

static void
case_opened_again_after_restart(struct contract *c)
{
	struct btz_backend_sig sig;

	assert_int_equal(contract_make(c, BTZ_ALG_EC_P256, 0), BTZ_OK);
	contract_reopen(c);
	contract_open_made(c);
	assert_int_equal(contract_sign(c, BTZ_SIG_ECDSA_SHA256, &sig), BTZ_OK);
}

static void
case_random(struct contract *c)
{
	uint8_t a[64] = { 0 }, b[64] = { 0 };

	assert_int_equal(
	    c->ops->random(c->be->st, a, sizeof(a), &c->err), BTZ_OK);
	assert_int_equal(
	    c->ops->random(c->be->st, b, sizeof(b), &c->err), BTZ_OK);
	assert_memory_not_equal(a, b, sizeof(a));
}

static void
case_status(struct contract *c)
{
	static const struct btz_column cols[] = { { BTZ_CELL_TEXT, "item" },
		{ BTZ_CELL_TEXT, "value" }, { BTZ_CELL_TEXT, "level" } };
	static const char *const levels[] = { "ok", "info", "warning", "weak",
		"error" };
	static uint8_t rows[4096];
	struct btz_span cell[BTZ_TABLE_COLS_MAX];
	struct btz_table_wr w;
	struct btz_table_rd rd;
	struct btz_table m;
	int n = 0, got;

	btz_table_begin(&w, cols, 3, rows, sizeof(rows));
	c->ops->status(c->be->st, &w);
	m = btz_table_done(&w, btz_span_of(NULL, 0));
	assert_true(btz_table_read(&rd, &m));
	while ((got = btz_table_row(&rd, cell)) == 1) {
		bool known = false;

		for (size_t i = 0; i < BTZ_COUNT(levels); i++)
			known = known ||
				btz_span_eq(cell[2], btz_span_str(levels[i]));
		assert_true(known);
		n++;
	}
	assert_int_equal(got, 0);
	assert_true(n > 0);
	assert_non_null(c->ops->label(c->be->st));
}

/* Begun and ended, whatever stands in between; ended once. */
static enum btz_rc
checkpoint(struct contract *c, const struct btz_checkpoint *cp, uint64_t *size,
    struct btz_wr *wr)
{
	void *st = c->be->st;
	uint64_t other;
	enum btz_rc rc = c->ops->checkpoint(st, cp, size, wr, &c->err);

	if (rc == BTZ_E_PENDING) {
		assert_int_equal(wr->len, 0);
		assert_int_equal(
		    c->ops->checkpoint(st, cp, &other, wr, &c->err),
		    BTZ_E_AGAIN);
		while (
		    (rc = c->ops->end(st, size, wr, &c->err)) == BTZ_E_PENDING)
			(void)usleep(1000);
	}
	assert_int_equal(c->ops->end(st, &other, wr, &c->err), BTZ_E_STATE);
	return rc;
}

static void
case_provision(struct contract *c)
{
	struct btz_provision_ok ok, again;
	static uint8_t first[BTZ_ID_LEN], buf[32768];
	struct btz_checkpoint cp = { .size = 1 };
	struct btz_wr wr;
	uint64_t size;

	if ((c->ops->caps & BTZ_CAP_PROVISION) == 0)
		return;
	btz_wr_init(&wr, buf, sizeof(buf));
	assert_int_equal(
	    c->ops->root_cert(c->be->st, &wr, &c->err), BTZ_E_UNPROVISIONED);
	assert_int_equal(
	    c->ops->identity(c->be->st, &wr, &c->err), BTZ_E_UNPROVISIONED);
	contract_provision(c, &ok);
	memcpy(first, ok.root_id, sizeof(first));
	contract_provision(c, &again);
	assert_memory_equal(first, again.root_id, sizeof(first));
	btz_wr_init(&wr, buf, sizeof(buf));
	assert_int_equal(c->ops->root_cert(c->be->st, &wr, &c->err), BTZ_OK);
	assert_true(wr.len > 0);
	memcpy(cp.id, again.checkpoint_id, sizeof(cp.id));
	btz_wr_init(&wr, buf, sizeof(buf));
	assert_int_equal(checkpoint(c, &cp, &size, &wr), BTZ_OK);
	assert_int_equal(size, 1);
	assert_true(wr.len > 0);
	cp.root[0] ^= 1;
	assert_int_equal(checkpoint(c, &cp, &size, &wr), BTZ_E_LOG_FORKED);
}

/* Whoever lost the answer asks again. */
static void
case_destroyed_twice(struct contract *c)
{
	assert_int_equal(contract_make(c, BTZ_ALG_EC_P256, 0), BTZ_OK);
	for (int i = 0; i < 2; i++)
		assert_int_equal(
		    c->ops->destroy(c->be->st, contract_blob(c), &c->err),
		    BTZ_OK);
}

const struct contract_case contract_keys[] = {
	{ "provision", case_provision, true },
	{ "blob is bound", case_blob_is_bound, false },
	{ "blob of another box", case_blob_of_another_box, false },
	{ "blob says what it is", case_blob_says_what_it_is, false },
	{ "forgotten keys open again", case_forgotten_keys_open_again, false },
	{ "opened again after restart", case_opened_again_after_restart,
	    false },
	{ "destroyed twice", case_destroyed_twice, false },
	{ "random", case_random, false },
	{ "status", case_status, false },
	{ NULL, NULL, false },
};
