/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_contract.c - one table of cases over every backend in the array: what
 * backend.h promises. What `tee` runs on: contract_device.h; where that is one
 * machine for all cases, the first one provisions it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/backend/backend.h"
#include "crypto/contract_device.h"
#include "prim/prim.h"
#include "support/cmocka_all.h"
#include "wire/alg.h"
#include "wire/keyblob.h"
#include "wire/table.h"

struct env {
	const struct btz_backend_ops *ops;
	char dir[64];
	struct btz_device *device;
	int device_fd;
	struct btz_backend *be;
	struct btz_backend_key key;
	void *hot;
	struct btz_err err;
};

static bool
is_tee(const struct btz_backend_ops *ops)
{
	return strcmp(ops->name, "tee") == 0;
}

static const uint8_t digest[48] = { 0xd1, 0x9e };

static enum btz_rc
make(struct env *e, uint8_t alg, uint8_t kind)
{
	struct btz_generate g = { .alg = alg,
		.kind = kind,
		.usage = BTZ_USE_SIGN | BTZ_USE_VERIFY,
		.tenant_id = { 7 },
		.not_after = 4102444800 };

	return e->ops->generate(e->be->st, &g, &e->key, &e->err);
}

static enum btz_rc
open_hot(struct env *e, const uint8_t *id, struct btz_span blob)
{
	enum btz_rc rc;

	e->hot = calloc(1, e->ops->key_size);
	assert_non_null(e->hot);
	rc = e->ops->open_key(e->be->st, id, blob, e->hot, &e->err);
	if (rc != BTZ_OK) {
		free(e->hot);
		e->hot = NULL;
	}
	return rc;
}

static void
close_hot(struct env *e)
{
	e->ops->close_key(e->be->st, e->hot);
	free(e->hot);
	e->hot = NULL;
}

static struct btz_span
blob(const struct env *e)
{
	return btz_span_of(e->key.blob, e->key.blob_len);
}

static enum btz_rc
sign(struct env *e, uint16_t alg, struct btz_backend_sig *sig)
{
	struct btz_backend_sign rq = { .alg = alg,
		.input_kind = alg == BTZ_SIG_ED25519 ? BTZ_IN_MESSAGE
						     : BTZ_IN_DIGEST,
		.input = { digest, alg == BTZ_SIG_ED25519
				       ? sizeof(digest)
				       : btz_sig_digest_len(alg) },
		.now = 1790000000 };

	memcpy(rq.digest, digest, sizeof(digest));
	return e->ops->sign(e->be->st, e->hot, &rq, sig, &e->err);
}

static void
provision(struct env *e, struct btz_provision_ok *ok)
{
	static struct btz_backend_step step;
	struct btz_provision rq = { .trust_domain = btz_span_str("box.test"),
		.box = btz_span_str("box"),
		.origin = btz_span_str("box.test/log"),
		.now = 1790000000,
		.root_not_after = 2100000000 };

	for (int i = 0; i < 40; i++) {
		memset(&step, 0, sizeof(step));
		assert_int_equal(
		    e->ops->provision(e->be->st, &rq, &step, &e->err), BTZ_OK);
		assert_true(step.step >= 1 && step.step <= step.steps);
		if (step.done)
			break;
	}
	assert_true(step.done);
	assert_true(btz_msg_decode(
	    &btz_def_provision_ok, btz_span_of(step.ok, step.ok_len), ok));
}

/* ready: provisioned, where that comes before keys. */
static void
env_begin(struct env *e, bool ready)
{
	struct btz_backend_env env = { .dir = e->dir };
	struct btz_provision_ok ok;

	(void)snprintf(e->dir, sizeof(e->dir), "/tmp/btz-test-XXXXXX");
	assert_non_null(mkdtemp(e->dir));
	e->device_fd = -1;
	e->device = is_tee(e->ops) ? btz_device_begin(&e->device_fd) : NULL;
	env.device_fd = e->device_fd;
	assert_int_equal(
	    btz_backend_new(e->ops, &env, &e->be, &e->err), BTZ_OK);
	if (ready && is_tee(e->ops))
		provision(e, &ok);
}

static void
env_end(struct env *e)
{
	char kek[96];

	btz_backend_free(e->be);
	btz_device_end(e->device);
	(void)snprintf(kek, sizeof(kek), "%s/kek", e->dir);
	(void)unlink(kek);
	assert_int_equal(rmdir(e->dir), 0);
}

/* What a key is stands in its blob, outside the encrypted part. */
static void
case_blob_says_what_it_is(struct env *e)
{
	struct btz_keyblob b;

	assert_int_equal(make(e, BTZ_ALG_EC_P256, BTZ_KIND_PLAIN), BTZ_OK);
	assert_true(btz_keyblob_decode(blob(e), &b));
	assert_int_equal(b.alg, BTZ_ALG_EC_P256);
	assert_int_equal(b.kind, BTZ_KIND_PLAIN);
	assert_int_equal(b.operations, BTZ_USE_SIGN | BTZ_USE_VERIFY);
	assert_int_equal(b.tenant_id[0], 7);
	assert_int_equal(b.not_after, 4102444800);
	assert_memory_equal(b.key_id, e->key.id, BTZ_ID_LEN);
	assert_true(
	    btz_span_eq(b.spki, btz_span_of(e->key.spki, e->key.spki_len)));
}

/* Any bit of the blob changed: it does not open. */
static void
case_blob_is_bound(struct env *e)
{
	uint8_t bad[BTZ_BLOB_MAX], other[BTZ_ID_LEN];
	size_t step;

	assert_int_equal(make(e, BTZ_ALG_EC_P256, BTZ_KIND_PLAIN), BTZ_OK);
	step = e->key.blob_len / 40 + 1;
	for (size_t i = 0; i < e->key.blob_len; i += step) {
		memcpy(bad, e->key.blob, e->key.blob_len);
		bad[i] ^= 1;
		assert_int_not_equal(
		    open_hot(e, e->key.id, btz_span_of(bad, e->key.blob_len)),
		    BTZ_OK);
	}
	for (size_t n = 0; n < e->key.blob_len; n += step)
		assert_int_not_equal(
		    open_hot(e, e->key.id, btz_span_of(e->key.blob, n)),
		    BTZ_OK);
	memcpy(other, e->key.id, sizeof(other));
	other[0] ^= 1;
	assert_int_equal(open_hot(e, other, blob(e)), BTZ_E_KEY_BLOB);
	assert_int_equal(open_hot(e, e->key.id, blob(e)), BTZ_OK);
	close_hot(e);
}

/* Ed25519: over the same bytes as a message. */
static enum btz_rc
verify(struct btz_span spki, uint16_t alg, const struct btz_backend_sig *sig)
{
	const struct btz_span s = btz_span_of(sig->bytes, sig->len);

	if (alg == BTZ_SIG_ED25519)
		return btz_verify(
		    spki, alg, btz_span_of(digest, sizeof(digest)), s);
	return btz_verify_digest(spki, alg, digest, s);
}

static void
check_alg(struct env *e, uint8_t alg, uint16_t sig_alg)
{
	struct btz_backend_sig sig = { .len = 0 };
	struct btz_span spki;

	print_message("# %s: %s\n", e->ops->name, btz_alg_name(alg));
	assert_int_equal(make(e, alg, BTZ_KIND_PLAIN), BTZ_OK);
	assert_int_equal(open_hot(e, e->key.id, blob(e)), BTZ_OK);
	spki = btz_span_of(e->key.spki, e->key.spki_len);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(sign(e, sig_alg, &sig), BTZ_OK);
		assert_int_equal(verify(spki, sig_alg, &sig), BTZ_OK);
	}
	sig.bytes[sig.len - 1] ^= 1;
	assert_int_equal(verify(spki, sig_alg, &sig), BTZ_E_SIGNATURE);
	close_hot(e);
}

static void
case_signatures_verify(struct env *e)
{
	if ((e->ops->algs & 1u << BTZ_ALG_EC_P256) != 0)
		check_alg(e, BTZ_ALG_EC_P256, BTZ_SIG_ECDSA_SHA256);
	if ((e->ops->algs & 1u << BTZ_ALG_RSA_2048) != 0) {
		check_alg(e, BTZ_ALG_RSA_2048, BTZ_SIG_RSA_PKCS1_SHA256);
		check_alg(e, BTZ_ALG_RSA_2048, BTZ_SIG_RSA_PSS_SHA256);
	}
	if ((e->ops->algs & 1u << BTZ_ALG_EC_P384) != 0)
		check_alg(e, BTZ_ALG_EC_P384, BTZ_SIG_ECDSA_SHA384);
	if ((e->ops->algs & 1u << BTZ_ALG_ED25519) != 0)
		check_alg(e, BTZ_ALG_ED25519, BTZ_SIG_ED25519);
}

/* A device may forget an open key: BTZ_E_NOENT, and opening helps. */
static void
case_forgotten_keys_open_again(struct env *e)
{
	struct btz_backend_sig sig;
	int forgot = 0;

	assert_int_equal(make(e, BTZ_ALG_EC_P256, BTZ_KIND_PLAIN), BTZ_OK);
	assert_int_equal(open_hot(e, e->key.id, blob(e)), BTZ_OK);
	for (int i = 0; i < 20; i++) {
		enum btz_rc rc = sign(e, BTZ_SIG_ECDSA_SHA256, &sig);

		if (rc == BTZ_OK)
			continue;
		assert_int_equal(rc, BTZ_E_NOENT);
		forgot++;
		close_hot(e);
		assert_int_equal(open_hot(e, e->key.id, blob(e)), BTZ_OK);
		assert_int_equal(sign(e, BTZ_SIG_ECDSA_SHA256, &sig), BTZ_OK);
	}
	assert_true(forgot <= 4);
	close_hot(e);
}

static void
foreign_blob(struct env *e)
{
	struct btz_span blob = btz_device_foreign_blob();
	struct btz_keyblob b;

	assert_true(btz_keyblob_decode(blob, &b));
	assert_int_not_equal(open_hot(e, b.key_id, blob), BTZ_OK);
}

/* Another box: a blob of this one does not open there, unless the backend
 * says that it protects nothing. */
static void
case_blob_of_another_box(struct env *e)
{
	struct env other = { .ops = e->ops };
	void *hot = calloc(1, e->ops->key_size);

	if (e->ops == &btz_backend_fake) {
		free(hot);
		return;
	}
	if (is_tee(e->ops) && !btz_device_fresh()) {
		free(hot);
		foreign_blob(e);
		return;
	}
	assert_int_equal(make(e, BTZ_ALG_EC_P256, BTZ_KIND_PLAIN), BTZ_OK);
	env_begin(&other, true);
	assert_int_not_equal(
	    e->ops->open_key(other.be->st, e->key.id, blob(e), hot, &e->err),
	    BTZ_OK);
	env_end(&other);
	free(hot);
}

static void
case_opened_again_after_restart(struct env *e)
{
	struct btz_backend_env env = { .dir = e->dir,
		.device_fd = e->device_fd };
	struct btz_backend_sig sig;

	assert_int_equal(make(e, BTZ_ALG_EC_P256, BTZ_KIND_PLAIN), BTZ_OK);
	btz_backend_free(e->be);
	assert_int_equal(
	    btz_backend_new(e->ops, &env, &e->be, &e->err), BTZ_OK);
	assert_int_equal(open_hot(e, e->key.id, blob(e)), BTZ_OK);
	assert_int_equal(sign(e, BTZ_SIG_ECDSA_SHA256, &sig), BTZ_OK);
	close_hot(e);
}

static void
case_random(struct env *e)
{
	uint8_t a[64] = { 0 }, b[64] = { 0 };

	assert_int_equal(
	    e->ops->random(e->be->st, a, sizeof(a), &e->err), BTZ_OK);
	assert_int_equal(
	    e->ops->random(e->be->st, b, sizeof(b), &e->err), BTZ_OK);
	assert_memory_not_equal(a, b, sizeof(a));
}

static void
case_status(struct env *e)
{
	static const struct btz_column cols[] = { { BTZ_CELL_TEXT, "item" },
		{ BTZ_CELL_TEXT, "value" }, { BTZ_CELL_TEXT, "level" } };
	static uint8_t rows[4096];
	struct btz_table_wr w;
	struct btz_table m;
	struct btz_table_rd rd;
	struct btz_span c[BTZ_TABLE_COLS_MAX];
	int n = 0, got;

	btz_table_begin(&w, cols, 3, rows, sizeof(rows));
	e->ops->status(e->be->st, &w);
	m = btz_table_done(&w, btz_span_of(NULL, 0));
	assert_true(btz_table_read(&rd, &m));
	while ((got = btz_table_row(&rd, c)) == 1) {
		n++;
		assert_true(btz_span_eq(c[2], btz_span_str("ok")) ||
			    btz_span_eq(c[2], btz_span_str("info")) ||
			    btz_span_eq(c[2], btz_span_str("warning")) ||
			    btz_span_eq(c[2], btz_span_str("weak")) ||
			    btz_span_eq(c[2], btz_span_str("error")));
	}
	assert_int_equal(got, 0);
	assert_true(n > 0);
	assert_non_null(e->ops->label(e->be->st));
}

/* Begun and ended, whatever stands in between; ended once. */
static enum btz_rc
checkpoint(struct env *e, const struct btz_checkpoint *cp, uint64_t *size,
    struct btz_wr *wr)
{
	void *st = e->be->st;
	uint64_t other;
	enum btz_rc rc = e->ops->checkpoint(st, cp, size, wr, &e->err);

	if (rc == BTZ_E_PENDING) {
		assert_int_equal(wr->len, 0);
		assert_int_equal(
		    e->ops->checkpoint(st, cp, &other, wr, &e->err),
		    BTZ_E_AGAIN);
		while (
		    (rc = e->ops->end(st, size, wr, &e->err)) == BTZ_E_PENDING)
			(void)usleep(1000);
	}
	assert_int_equal(e->ops->end(st, &other, wr, &e->err), BTZ_E_STATE);
	return rc;
}

static void
case_provision(struct env *e)
{
	struct btz_provision_ok ok, again;
	static uint8_t first[BTZ_ID_LEN], buf[32768];
	struct btz_checkpoint cp = { .size = 1 };
	struct btz_wr wr;
	uint64_t size;

	if ((e->ops->caps & BTZ_CAP_PROVISION) == 0)
		return;
	btz_wr_init(&wr, buf, sizeof(buf));
	assert_int_equal(
	    e->ops->root_cert(e->be->st, &wr, &e->err), BTZ_E_UNPROVISIONED);
	assert_int_equal(
	    e->ops->identity(e->be->st, &wr, &e->err), BTZ_E_UNPROVISIONED);
	provision(e, &ok);
	memcpy(first, ok.root_id, sizeof(first));
	provision(e, &again);
	assert_memory_equal(first, again.root_id, sizeof(first));
	btz_wr_init(&wr, buf, sizeof(buf));
	assert_int_equal(e->ops->root_cert(e->be->st, &wr, &e->err), BTZ_OK);
	assert_true(wr.len > 0);
	memcpy(cp.id, again.checkpoint_id, sizeof(cp.id));
	btz_wr_init(&wr, buf, sizeof(buf));
	assert_int_equal(checkpoint(e, &cp, &size, &wr), BTZ_OK);
	assert_int_equal(size, 1);
	assert_true(wr.len > 0);
	cp.root[0] ^= 1;
	assert_int_equal(checkpoint(e, &cp, &size, &wr), BTZ_E_LOG_FORKED);
}

static const struct {
	const char *name;
	void (*fn)(struct env *e);
} cases[] = {
	{ "provision", case_provision },
	{ "blob is bound", case_blob_is_bound },
	{ "blob of another box", case_blob_of_another_box },
	{ "blob says what it is", case_blob_says_what_it_is },
	{ "signatures verify", case_signatures_verify },
	{ "forgotten keys open again", case_forgotten_keys_open_again },
	{ "opened again after restart", case_opened_again_after_restart },
	{ "random", case_random },
	{ "status", case_status },
};

static void
run_case(const struct btz_backend_ops *ops, void (*fn)(struct env *e))
{
	struct env e = { .ops = ops };

	env_begin(&e, fn != case_provision);
	fn(&e);
	env_end(&e);
}

static void
test_every_backend(void **state)
{
	(void)state;
	for (size_t b = 0; btz_backends[b] != NULL; b++) {
		if (is_tee(btz_backends[b]) && !btz_device_present()) {
			print_message("# tee: skipped, no secure world here\n");
			continue;
		}
		for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
			print_message("# case: %s: %s\n", btz_backends[b]->name,
			    cases[i].name);
			run_case(btz_backends[b], cases[i].fn);
		}
	}
}

/* Of soft alone: a file key that others may read, or that is short. */
static void
test_soft_file_key(void **state)
{
	char dir[] = "/tmp/btz-test-XXXXXX", kek[64];
	struct btz_backend_env env = { .dir = dir, .device_fd = -1 };
	struct btz_backend *be;
	struct btz_err err;
	struct stat sb;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(kek, sizeof(kek), "%s/kek", dir);
	assert_int_equal(
	    btz_backend_new(&btz_backend_soft, &env, &be, &err), BTZ_OK);
	btz_backend_free(be);
	assert_int_equal(stat(kek, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0600);
	assert_int_equal(sb.st_size, 32);
	assert_int_equal(chmod(kek, 0640), 0);
	assert_int_equal(
	    btz_backend_new(&btz_backend_soft, &env, &be, &err), BTZ_E_CORRUPT);
	assert_int_equal(chmod(kek, 0600), 0);
	assert_int_equal(truncate(kek, 31), 0);
	assert_int_equal(
	    btz_backend_new(&btz_backend_soft, &env, &be, &err), BTZ_E_CORRUPT);
	assert_int_equal(unlink(kek), 0);
	assert_int_equal(rmdir(dir), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_backend),
		cmocka_unit_test(test_soft_file_key),
	};

	(void)setenv("BTZ_FAKE_TPM_MS", "20", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
