/* SPDX-License-Identifier: Apache-2.0 */
/* contract_env.c - a backend with what it needs around it; see contract.h. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/contract.h"
#include "crypto/contract_device.h"
#include "crypto/contract_ref.h"
#ifdef BTZ_HAVE_PKCS11
#include "crypto/softhsm.h"
#endif
#ifdef BTZ_HAVE_TPM_DIRECT
#include "base/conf.h"
#include "support/swtpm.h"
#endif
#include "support/cmocka_all.h"
#include "wire/alg.h"

#ifdef BTZ_HAVE_TEE
static void
tee_begin(struct contract *c)
{
	c->device = btz_device_begin(&c->env.device_fd);
}

static void
tee_end(struct contract *c)
{
	btz_device_end(c->device);
}

/* Not on a box that others use too: from then on administrators approve. */
static bool
tee_recovery(struct contract *c)
{
	static struct ref_key k;
	uint8_t list[256], set[512], none[1];
	struct btz_admin_set m = { .k = 1 };
	struct btz_approved ap = { .operation = BTZ_APPROVE_ADMIN_SET };
	struct btz_wr wl, ws, out;

	if (!btz_device_fresh())
		return false;
	ref_draw(&k, BTZ_ALG_EC_P256);
	m.recovery = btz_span_of(k.spki, k.spki_len);
	btz_wr_init(&wl, list, sizeof(list));
	btz_wr_bytes16(&wl, m.recovery);
	m.admins = btz_wr_span(&wl);
	btz_wr_init(&ws, set, sizeof(set));
	btz_msg_write(&btz_def_admin_set, &m, &ws);
	ap.request = btz_wr_span(&ws);
	btz_wr_init(&out, none, sizeof(none));
	assert_int_equal(
	    c->ops->approved(c->be->st, &ap, &out, &c->err), BTZ_OK);
	ref_end(&k);
	return true;
}

static struct btz_span
tee_foreign(void)
{
	return btz_device_fresh() ? btz_span_of(NULL, 0)
				  : btz_device_foreign_blob();
}

#endif

#ifdef BTZ_HAVE_PKCS11
static bool
token_present(void)
{
	return btz_softhsm_module() != NULL;
}

static void
token_begin(struct contract *c)
{
	struct btz_softhsm *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	btz_softhsm_begin(s);
	c->env.token = &s->b.token[0];
	c->device = s;
}

static void
token_end(struct contract *c)
{
	btz_softhsm_end(c->device);
	free(c->device);
}
#endif

#ifdef BTZ_HAVE_TPM_DIRECT
struct tpm {
	struct btz_swtpm sw;
	struct btz_conf_tpm_direct conf;
};

static void
tpm_begin(struct contract *c)
{
	struct tpm *t = calloc(1, sizeof(*t));
	char path[128];

	assert_non_null(t);
	assert_true(btz_swtpm_start(&t->sw));
	(void)close(t->sw.fd); /* it serves one connection */
	t->sw.fd = -1;
	btz_swtpm_socket(&t->sw, path, sizeof(path));
	(void)snprintf(t->conf.tcti, sizeof(t->conf.tcti), "unix:%s", path);
	(void)snprintf(t->conf.srk, sizeof(t->conf.srk), "0x81000001");
	(void)snprintf(t->conf.exclusive, sizeof(t->conf.exclusive), "auto");
	c->env.tpm = &t->conf;
	c->device = t;
}

static void
tpm_end(struct contract *c)
{
	struct tpm *t = c->device;

	btz_swtpm_end(&t->sw);
	free(t);
}
#endif

static const struct contract_world worlds[] = {
	{ .backend = "fake", .everywhere = true },
#ifdef BTZ_HAVE_TEE
	{ .backend = "tee",
	    .present = btz_device_present,
	    .begin = tee_begin,
	    .end = tee_end,
	    .ready = true,
	    .foreign = tee_foreign,
	    .recovery = tee_recovery },
#endif
#ifdef BTZ_HAVE_PKCS11
	{ .backend = "pkcs11",
	    .present = token_present,
	    .begin = token_begin,
	    .end = token_end },
#endif
#ifdef BTZ_HAVE_TPM_DIRECT
	{ .backend = "tpm-direct",
	    .present = btz_swtpm_present,
	    .begin = tpm_begin,
	    .end = tpm_end },
#endif
	{ .backend = NULL },
};

const struct contract_world *
contract_world_of(const struct btz_backend_ops *ops)
{
	const struct contract_world *w = worlds;

	while (w->backend != NULL && strcmp(w->backend, ops->name) != 0)
		w++;
	return w;
}

void
contract_begin(
    struct contract *c, const struct btz_backend_ops *ops, bool provisioned)
{
	struct btz_provision_ok ok;

	*c = (struct contract){ .ops = ops, .world = contract_world_of(ops) };
	(void)snprintf(c->dir, sizeof(c->dir), "/tmp/btz-test-XXXXXX");
	assert_non_null(mkdtemp(c->dir));
	c->env = (struct btz_backend_env){ .dir = c->dir, .device_fd = -1 };
	if (c->world->begin != NULL)
		c->world->begin(c);
	assert_int_equal(
	    btz_backend_new(ops, &c->env, &c->be, &c->err), BTZ_OK);
	c->ops = c->be->ops; /* what this device has */
	if (provisioned && c->world->ready)
		contract_provision(c, &ok);
}

static void
remove_dir(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	char path[400];

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		(void)unlink(path);
	}
	(void)closedir(d);
	assert_int_equal(rmdir(dir), 0);
}

void
contract_end(struct contract *c)
{
	if (c->hot != NULL)
		contract_close(c);
	btz_backend_free(c->be);
	if (c->world->end != NULL)
		c->world->end(c);
	remove_dir(c->dir);
}

void
contract_reopen(struct contract *c)
{
	const struct btz_backend_ops *ops = btz_backend_by_name(c->ops->name);

	btz_backend_free(c->be);
	assert_int_equal(
	    btz_backend_new(ops, &c->env, &c->be, &c->err), BTZ_OK);
	c->ops = c->be->ops;
}

void
contract_provision(struct contract *c, struct btz_provision_ok *ok)
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
		    c->ops->provision(c->be->st, &rq, &step, &c->err), BTZ_OK);
		assert_true(step.step >= 1 && step.step <= step.steps);
		if (step.done)
			break;
	}
	assert_true(step.done);
	assert_true(btz_msg_decode(
	    &btz_def_provision_ok, btz_span_of(step.ok, step.ok_len), ok));
}

/* The generator of P-256. */
const char contract_recovery[] =
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg"
    "9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==";

bool
contract_backs_up(struct contract *c)
{
	return c->world->recovery == NULL || c->world->recovery(c);
}

bool
contract_quick(void)
{
	return getenv("BTZ_CONTRACT_QUICK") != NULL;
}

bool
contract_has(const struct contract *c, uint8_t alg)
{
	return btz_backend_has(c->ops->algs, alg) &&
	       (!contract_quick() ||
		   (alg != BTZ_ALG_RSA_3072 && alg != BTZ_ALG_RSA_4096));
}

/* Each use that an algorithm of this backend makes of the key. */
static uint32_t
uses_of(const struct btz_backend_ops *ops, uint8_t alg)
{
	static const uint32_t of_verb[] = {
		[BTZ_VERB_ENCRYPT] = BTZ_USE_ENCRYPT,
		[BTZ_VERB_DECRYPT] = BTZ_USE_DECRYPT,
		[BTZ_VERB_MAC] = (uint32_t)BTZ_USE_SIGN | BTZ_USE_VERIFY,
		[BTZ_VERB_DERIVE] = BTZ_USE_DERIVE,
	};
	uint32_t uses = 0;

	for (uint16_t i = 1; i < 32; i++) {
		if (btz_backend_has(ops->sigs, i) && btz_sig_fits(alg, i))
			uses |= (uint32_t)BTZ_USE_SIGN | BTZ_USE_VERIFY;
		for (uint8_t v = BTZ_VERB_ENCRYPT; v <= BTZ_VERB_DERIVE; v++)
			if (btz_backend_has(ops->crypts, i) &&
			    btz_crypt_fits(alg, v, i))
				uses |= of_verb[v];
	}
	return uses;
}

static struct btz_generate
wanted(const struct contract *c, uint8_t alg, uint8_t flags)
{
	return (struct btz_generate){ .alg = alg,
		.kind = BTZ_KIND_PLAIN,
		.usage = uses_of(c->ops, alg),
		.flags = flags,
		.tenant_id = { 7 },
		.not_after = 4102444800 };
}

static enum btz_rc
import_drawn(struct contract *c, uint8_t alg, uint8_t flags)
{
	static struct ref_key k;
	enum btz_rc rc;

	ref_draw(&k, alg);
	rc = contract_import(c, alg, flags, btz_span_of(k.raw, k.raw_len));
	ref_end(&k);
	return rc;
}

enum btz_rc
contract_make(struct contract *c, uint8_t alg, uint8_t flags)
{
	const struct btz_generate g = wanted(c, alg, flags);

	if (contract_quick() && btz_family(alg) == BTZ_FAMILY_RSA &&
	    (c->ops->caps & BTZ_CAP_IMPORT) != 0)
		return import_drawn(c, alg, flags);
	return c->ops->generate(c->be->st, &g, &c->key, &c->err);
}

enum btz_rc
contract_import(
    struct contract *c, uint8_t alg, uint8_t flags, struct btz_span secret)
{
	const struct btz_generate g = wanted(c, alg, flags);

	return c->ops->import(c->be->st, &g, secret, &c->key, &c->err);
}

struct btz_span
contract_blob(const struct contract *c)
{
	return btz_span_of(c->key.blob, c->key.blob_len);
}

struct btz_span
contract_spki(const struct contract *c)
{
	return btz_span_of(c->key.spki, c->key.spki_len);
}

enum btz_rc
contract_open(struct contract *c, const uint8_t *id, struct btz_span blob)
{
	enum btz_rc rc;

	assert_null(c->hot);
	c->hot = calloc(1, c->ops->key_size);
	assert_non_null(c->hot);
	rc = c->ops->open_key(c->be->st, id, blob, c->hot, &c->err);
	if (rc != BTZ_OK) {
		free(c->hot);
		c->hot = NULL;
	}
	return rc;
}

void
contract_close(struct contract *c)
{
	c->ops->close_key(c->be->st, c->hot);
	free(c->hot);
	c->hot = NULL;
}

void
contract_open_made(struct contract *c)
{
	assert_int_equal(contract_open(c, c->key.id, contract_blob(c)), BTZ_OK);
}

const uint8_t contract_digest[BTZ_DIGEST_MAX] = { 0xd1, 0x9e };

struct btz_span
contract_signed(uint16_t alg)
{
	const size_t n = btz_sig_digest_len(alg);

	return btz_span_of(
	    contract_digest, n != 0 ? n : sizeof(contract_digest));
}

enum btz_rc
contract_sign_once(
    struct contract *c, uint16_t alg, struct btz_backend_sig *sig)
{
	struct btz_backend_sign rq = { .alg = alg,
		.input_kind = btz_sig_digest_len(alg) == 0 ? BTZ_IN_MESSAGE
							   : BTZ_IN_DIGEST,
		.input = contract_signed(alg),
		.now = 1790000000 };

	memcpy(rq.digest, contract_digest, sizeof(rq.digest));
	return c->ops->sign(c->be->st, c->hot, &rq, sig, &c->err);
}

enum btz_rc
contract_sign(struct contract *c, uint16_t alg, struct btz_backend_sig *sig)
{
	enum btz_rc rc = contract_sign_once(c, alg, sig);

	if (rc != BTZ_E_NOENT)
		return rc;
	contract_close(c);
	contract_open_made(c);
	return contract_sign_once(c, alg, sig);
}

enum btz_rc
contract_crypt(
    struct contract *c, const struct btz_backend_crypt *rq, struct btz_wr *out)
{
	struct btz_backend_crypt in = *rq;
	enum btz_rc rc;

	in.now = 1790000000;
	out->len = 0;
	rc = c->ops->crypt(c->be->st, c->hot, &in, out, &c->err);
	if (rc == BTZ_E_NOENT) {
		contract_close(c);
		contract_open_made(c);
		rc = c->ops->crypt(c->be->st, c->hot, &in, out, &c->err);
	}
	assert_true(rc == BTZ_OK || out->len == 0);
	assert_false(out->failed);
	return rc;
}
