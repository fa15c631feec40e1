/* SPDX-License-Identifier: Apache-2.0 */
/* contract_import.c - keys that come in and keys that go out; see contract.h. */
#include <string.h>

#include "crypto/contract.h"
#include "crypto/contract_ref.h"
#include "support/cmocka_all.h"
#include "wire/keyblob.h"
#include "wire/msg_backup.h"

static uint8_t got[BTZ_SECRET_MAX];

static struct btz_span
raw(const struct ref_key *k)
{
	return btz_span_of(k->raw, k->raw_len);
}

static struct btz_span
pkcs8(const struct ref_key *k)
{
	return btz_span_of(k->pkcs8, k->pkcs8_len);
}

static enum btz_rc export(struct contract *c, struct btz_wr *out) {
	btz_wr_init(out, got, sizeof(got));
	return c->ops->export_key(c->be->st, c->hot, out, &c->err);
}

/* The first signature algorithm that the key has here; 0: none. */
static uint16_t
a_sig(const struct contract *c, uint8_t alg)
{
	for (uint16_t i = 1; i < 32; i++)
		if (btz_backend_has(c->ops->sigs, i) && btz_sig_fits(alg, i))
			return i;
	return 0;
}

/* What was imported is the key that it was, and goes out as it came in. */
static void
check_is(struct contract *c, uint8_t alg, const struct ref_key *k)
{
	const uint16_t sig_alg = a_sig(c, alg);
	struct btz_backend_sig sig = { .len = 0 };
	struct btz_wr out;

	assert_true(
	    btz_span_eq(contract_spki(c), btz_span_of(k->spki, k->spki_len)));
	contract_open_made(c);
	if (sig_alg != 0) {
		assert_int_equal(contract_sign(c, sig_alg, &sig), BTZ_OK);
		assert_true(ref_verify(contract_spki(c), sig_alg,
		    contract_signed(sig_alg), btz_span_of(sig.bytes, sig.len)));
	}
	if ((c->ops->caps & BTZ_CAP_EXPORT) != 0) {
		assert_int_equal(export(c, &out), BTZ_OK);
		assert_true(btz_span_eq(btz_wr_span(&out), raw(k)));
		btz_wr_init(&out, got, k->raw_len - 1);
		assert_int_equal(
		    c->ops->export_key(c->be->st, c->hot, &out, &c->err),
		    BTZ_E_TOOBIG);
	}
	contract_close(c);
}

static void
refused(struct contract *c, uint8_t alg, struct btz_span secret)
{
	static struct btz_backend_key before;

	before = c->key;
	assert_int_equal(contract_import(c, alg, 0, secret), BTZ_E_INVAL);
	assert_memory_equal(&before, &c->key, sizeof(before));
}

/* Of every family: one byte less, one more, nothing, everything zero. */
static void
check_lengths(struct contract *c, uint8_t alg, struct btz_span good)
{
	static uint8_t bad[BTZ_SECRET_MAX + 1];

	refused(c, alg, btz_span_of(NULL, 0));
	memset(bad, 0, sizeof(bad));
	refused(c, alg, btz_span_of(bad, sizeof(bad)));
	if (alg == BTZ_ALG_SECRET)
		return;
	memcpy(bad, good.p, good.len);
	refused(c, alg, btz_span_of(bad, good.len - 1));
	refused(c, alg, btz_span_of(bad, good.len + 1));
}

/* Forms of another key: each is refused by every algorithm but its own. */
static void
check_others(struct contract *c, uint8_t alg, const struct ref_key *foreign)
{
	static struct ref_key other;

	if (btz_family(alg) >= BTZ_FAMILY_AES)
		return;
	refused(c, alg, pkcs8(foreign));
	for (uint8_t i = 1; i <= BTZ_ALG_MAX; i++) {
		/* Drawing these takes long, and adds nothing. */
		if (i == alg || i == BTZ_ALG_RSA_3072 ||
		    i == BTZ_ALG_RSA_4096 || btz_family(i) >= BTZ_FAMILY_AES ||
		    (contract_quick() && btz_family(i) == BTZ_FAMILY_RSA))
			continue;
		ref_draw(&other, i);
		refused(c, alg, pkcs8(&other));
		ref_end(&other);
	}
}

static void
check_import(struct contract *c, uint8_t alg, const struct ref_key *foreign)
{
	const uint8_t flags = (c->ops->caps & BTZ_CAP_EXPORT) != 0
				  ? BTZ_KEYBLOB_EXPORTABLE
				  : 0;
	static struct ref_key k;

	print_message("# %s: %s\n", c->ops->name, btz_alg_name(alg));
	ref_draw(&k, alg);
	assert_int_equal(contract_import(c, alg, flags, raw(&k)), BTZ_OK);
	check_is(c, alg, &k);
	check_lengths(c, alg, raw(&k));
	if (k.pkey != NULL) {
		assert_int_equal(
		    contract_import(c, alg, flags, pkcs8(&k)), BTZ_OK);
		check_is(c, alg, &k);
		check_lengths(c, alg, pkcs8(&k));
		check_others(c, alg, foreign);
	}
	ref_end(&k);
}

static void
case_import(struct contract *c)
{
	static struct ref_key foreign;

	if ((c->ops->caps & BTZ_CAP_IMPORT) == 0)
		return;
	ref_draw_foreign(&foreign);
	for (uint8_t i = 1; i <= BTZ_ALG_MAX; i++)
		if (btz_backend_has(c->ops->algs, i) && i != BTZ_ALG_RSA_3072 &&
		    i != BTZ_ALG_RSA_4096)
			check_import(c, i, &foreign);
	ref_end(&foreign);
}

/* The order of P-256 (SP 800-186 3.2.1.3) and what lies around it. */
static void
case_import_ec_range(struct contract *c)
{
	uint8_t d[32] = { 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
		0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc,
		0x63, 0x25, 0x51 };
	static const uint8_t zero[32];

	if ((c->ops->caps & BTZ_CAP_IMPORT) == 0)
		return;
	refused(c, BTZ_ALG_EC_P256, btz_span_of(zero, sizeof(zero)));
	refused(c, BTZ_ALG_EC_P256, btz_span_of(d, sizeof(d)));
	d[31]++;
	refused(c, BTZ_ALG_EC_P256, btz_span_of(d, sizeof(d)));
	d[31] = 0x50;
	assert_int_equal(
	    contract_import(c, BTZ_ALG_EC_P256, 0, btz_span_of(d, sizeof(d))),
	    BTZ_OK);
}

/* Each byte of the encoding changed in turn (every 16th): the numbers do not
 * fit together any more. */
static void
case_import_false_rsa(struct contract *c)
{
	static struct ref_key k;

	if ((c->ops->caps & BTZ_CAP_IMPORT) == 0 ||
	    !btz_backend_has(c->ops->algs, BTZ_ALG_RSA_2048))
		return;
	ref_draw(&k, BTZ_ALG_RSA_2048);
	for (size_t i = 0; i < k.raw_len; i += 16) {
		k.raw[i] ^= 1;
		refused(c, BTZ_ALG_RSA_2048, raw(&k));
		k.raw[i] ^= 1;
	}
	if (btz_backend_has(c->ops->algs, BTZ_ALG_RSA_3072))
		refused(c, BTZ_ALG_RSA_3072, raw(&k));
	assert_int_equal(
	    contract_import(c, BTZ_ALG_RSA_2048, 0, raw(&k)), BTZ_OK);
	ref_end(&k);
}

static void
case_import_bits(struct contract *c)
{
	static const uint8_t bytes[64] = { 1 };
	struct btz_generate g = { .alg = BTZ_ALG_SECRET,
		.kind = BTZ_KIND_PLAIN,
		.usage = BTZ_USE_SIGN,
		.bits = 512 };

	if ((c->ops->caps & BTZ_CAP_IMPORT) == 0 ||
	    !btz_backend_has(c->ops->algs, BTZ_ALG_SECRET))
		return;
	assert_int_equal(c->ops->import(c->be->st, &g, btz_span_of(bytes, 64),
			     &c->key, &c->err),
	    BTZ_OK);
	assert_int_equal(c->ops->import(c->be->st, &g, btz_span_of(bytes, 63),
			     &c->key, &c->err),
	    BTZ_E_INVAL);
	g.bits = 511;
	assert_int_equal(
	    c->ops->generate(c->be->st, &g, &c->key, &c->err), BTZ_E_INVAL);
	g.alg = BTZ_ALG_AES_128;
	g.bits = 128;
	assert_int_equal(
	    c->ops->generate(c->be->st, &g, &c->key, &c->err), BTZ_E_INVAL);
}

/* Generated, out, in again: the same key. Not marked, it stays. */
static void
check_export(struct contract *c, uint8_t alg, uint8_t mark)
{
	static struct btz_backend_key first;
	struct btz_keyblob b;
	struct btz_wr out;

	print_message("# %s: %s\n", c->ops->name, btz_alg_name(alg));
	assert_int_equal(contract_make(c, alg, BTZ_KEYBLOB_EXPORTABLE), BTZ_OK);
	assert_true(btz_keyblob_decode(contract_blob(c), &b));
	assert_int_equal(b.flags, BTZ_KEYBLOB_EXPORTABLE);
	first = c->key;
	contract_open_made(c);
	assert_int_equal(export(c, &out), BTZ_OK);
	contract_close(c);
	if ((c->ops->caps & BTZ_CAP_IMPORT) == 0)
		return;
	assert_int_equal(
	    contract_import(c, alg, mark, btz_wr_span(&out)), BTZ_OK);
	assert_int_equal(first.spki_len, c->key.spki_len);
	assert_memory_equal(first.spki, c->key.spki, first.spki_len);
	assert_memory_not_equal(first.id, c->key.id, BTZ_ID_LEN);
	contract_open_made(c);
	assert_int_equal(export(c, &out), BTZ_E_KEY_USAGE);
	assert_int_equal(out.len, 0);
	contract_close(c);
}

static void
case_export(struct contract *c)
{
	uint8_t mark;

	if ((c->ops->caps & BTZ_CAP_EXPORT) == 0)
		return;
	mark = contract_backs_up(c) ? BTZ_KEYBLOB_BACKUPABLE : 0;
	for (uint8_t i = 1; i <= BTZ_ALG_MAX; i++)
		if (contract_has(c, i) && i != BTZ_ALG_RSA_4096)
			check_export(c, i, mark);
}

/* A backup as the service asks for it, of the key at hand. */
static enum btz_rc
backup(struct contract *c, uint8_t alg, uint8_t flags, const char *recovery,
    struct btz_wr *out)
{
	static uint8_t whole[BTZ_LIST_MAX], sealed[BTZ_LIST_MAX];
	uint8_t desc[512];
	struct btz_keyblob k;
	struct btz_backup_version v = { .version = 1,
		.state = BTZ_KEY_ENABLED,
		.secret = contract_blob(c) };
	struct btz_backup b = { .owner = btz_span_str("app"),
		.state = BTZ_KEY_ENABLED,
		.min_version = 1 };
	struct btz_generate g = {
		.alg = alg, .kind = BTZ_KIND_PLAIN, .flags = flags
	};
	struct btz_wr wd, wv, ww;
	uint8_t versions[BTZ_BLOB_MAX + 64];

	if (btz_keyblob_decode(contract_blob(c), &k)) {
		g.usage = k.operations;
		g.not_after = k.not_after;
		memcpy(g.tenant_id, k.tenant_id, sizeof(g.tenant_id));
	}
	btz_wr_init(&wd, desc, sizeof(desc));
	btz_msg_write(&btz_def_generate, &g, &wd);
	btz_wr_init(&wv, versions, sizeof(versions));
	btz_msg_write(&btz_def_backup_version, &v, &wv);
	b.key = btz_wr_span(&wd);
	b.versions = btz_wr_span(&wv);
	btz_wr_init(&ww, whole, sizeof(whole));
	btz_msg_write(&btz_def_backup, &b, &ww);
	btz_wr_init(out, sealed, sizeof(sealed));
	return c->ops->backup(
	    c->be->st, recovery, btz_wr_span(&ww), out, &c->err);
}

/* Sealed, and the private part is not to be seen in it. */
static void
check_backup(struct contract *c, uint8_t alg)
{
	const uint8_t both = BTZ_KEYBLOB_EXPORTABLE | BTZ_KEYBLOB_BACKUPABLE;
	static struct btz_backend_key good;
	struct btz_wr out, secret;

	print_message("# %s: %s\n", c->ops->name, btz_alg_name(alg));
	assert_int_equal(contract_make(c, alg, both), BTZ_OK);
	contract_open_made(c);
	assert_int_equal(export(c, &secret), BTZ_OK);
	contract_close(c);
	assert_int_equal(backup(c, alg, both, contract_recovery, &out), BTZ_OK);
	assert_true(out.len > BTZ_BACKUP_HEAD + BTZ_BACKUP_TAG + secret.len);
	assert_memory_equal(out.buf, BTZ_BACKUP_FORM, 5);
	assert_null(memmem(out.buf, out.len, secret.buf, secret.len));
	good = c->key;
	c->key.blob[c->key.blob_len - 1] ^= 1;
	assert_int_equal(
	    backup(c, alg, both, contract_recovery, &out), BTZ_E_KEY_BLOB);
	c->key = good;
	assert_int_equal(contract_make(c, alg, BTZ_KEYBLOB_EXPORTABLE), BTZ_OK);
	assert_int_equal(
	    backup(c, alg, BTZ_KEYBLOB_EXPORTABLE, contract_recovery, &out),
	    BTZ_E_KEY_USAGE);
	assert_int_equal(out.len, 0);
}

static void
case_backup(struct contract *c)
{
	if ((c->ops->caps & BTZ_CAP_BACKUP) == 0 || !contract_backs_up(c))
		return;
	for (uint8_t i = 1; i <= BTZ_ALG_MAX; i++)
		if (contract_has(c, i) && i != BTZ_ALG_RSA_3072 &&
		    i != BTZ_ALG_RSA_4096)
			check_backup(c, i);
}

/* Nothing is made that nobody could open. */
static void
case_backup_for_nobody(struct contract *c)
{
	struct btz_wr out;

	if ((c->ops->caps & BTZ_CAP_BACKUP) == 0)
		return;
	if (c->world->recovery != NULL) {
		if (c->world->foreign == NULL || c->world->foreign().len != 0)
			return; /* one that others use */
		assert_int_equal(
		    contract_make(c, BTZ_ALG_EC_P256, BTZ_KEYBLOB_BACKUPABLE),
		    BTZ_E_RECOVERY_KEY);
		return;
	}
	assert_int_equal(
	    contract_make(c, BTZ_ALG_EC_P256, BTZ_KEYBLOB_BACKUPABLE), BTZ_OK);
	assert_int_equal(
	    backup(c, BTZ_ALG_EC_P256, BTZ_KEYBLOB_BACKUPABLE, "", &out),
	    BTZ_E_RECOVERY_KEY);
}

const struct contract_case contract_imports[] = {
	{ "import", case_import, false },
	{ "import: range of EC", case_import_ec_range, false },
	{ "import: false RSA", case_import_false_rsa, false },
	{ "import: bits", case_import_bits, false },
	{ "export", case_export, false },
	{ "backup", case_backup, false },
	{ "backup for nobody", case_backup_for_nobody, false },
	{ NULL, NULL, false },
};
